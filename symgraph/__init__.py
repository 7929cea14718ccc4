"""symgraph: compiles symbolic expressions to native code. This is its face: names only."""

from importlib import import_module
from typing import Any

from symgraph import errors, gradient, graph, tensor
from symgraph.batching.graph import vectorize_graph
from symgraph.batching.signature import vectorize
from symgraph.compile.dump import function_dump
from symgraph.compile.function import function
from symgraph.compile.modes import Mode
from symgraph.compile.signature import In, Out
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.shared import Container, SharedVariable, shared
from symgraph.expr.types import Generic, TensorType, Type, generic
from symgraph.expr.values import _asarray
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import replace as clone
from symgraph.gradient.check import verify_grad
from symgraph.gradient.custom import custom_gradient
from symgraph.gradient.forward import Rop, jvp
from symgraph.gradient.fromgraph import OpFromGraph
from symgraph.gradient.matrices import hessian, hessian_vector_product, jacobian
from symgraph.gradient.pieces import subgraph_grad
from symgraph.gradient.reverse import Lop, grad, vjp
from symgraph.graph.alike import equal_computations, is_same_graph
from symgraph.graph.copies import clone_replace, graph_replace, map_variables
from symgraph.graph.rule import rewrite_rule
from symgraph.loops.folds import foldl, foldr, map, reduce
from symgraph.loops.result import OrderedUpdates, until
from symgraph.loops.scan import scan
from symgraph.ops.linalg import dot
from symgraph.ops.python import as_op, wrap_py
from symgraph.ops.scalars import get_scalar_constant_value
from symgraph.ops.stop import consider_constant, disconnected_grad, grad_clip, grad_scale, stop_gradient, undefined_grad, zero_grad
from symgraph.passes.pattern import pattern
from symgraph.printing.formula import pp
from symgraph.printing.tree import debugprint
from symgraph.settings import config

dprint = debugprint
pprint = pp
SymbolicOutput = Out
__version__ = "0.1.0"

__all__ = [
    "Apply", "Constant", "Container", "Generic", "In", "Lop", "Mode", "Op", "OpFromGraph", "OrderedUpdates", "Out", "Rop",
    "SharedVariable", "SymbolicOutput", "TensorType", "Type", "Variable", "_asarray", "as_op", "as_variable", "clone", "clone_replace",
    "config", "consider_constant", "custom_gradient", "debugprint", "disconnected_grad", "dot", "dprint", "equal_computations", "errors",
    "foldl", "foldr", "function", "function_dump", "generic", "get_scalar_constant_value", "grad", "grad_clip", "grad_scale", "gradient",
    "graph", "graph_replace", "hessian", "hessian_vector_product", "is_same_graph", "jacobian", "jvp", "map", "map_variables", "pattern",
    "pp", "pprint", "reduce", "rewrite_rule", "scan", "shared", "sparse", "sparse_grad", "stop_gradient", "subgraph_grad", "tensor",
    "undefined_grad", "until", "vectorize", "vectorize_graph", "verify_grad", "vjp", "wrap_py", "zero_grad",
]


def __getattr__(name: str) -> Any:
    """Sparse matrices are loaded when they are asked for: few programs need them."""
    if name == "sparse":
        return import_module("symgraph.sparse")
    if name == "sparse_grad":
        return import_module("symgraph.ops.sparse.index").sparse_grad
    raise AttributeError(f"symgraph has no {name!r}")
