"""symgraph: compiles symbolic expressions to native code. This is its face: names only."""

import symgraph.launch  # isort: skip  # noqa: F401 - first: `python -m symgraph run` goes no further
from symgraph import errors, gradient, graph, tensor
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
from symgraph.gradient.forward import Rop, jvp
from symgraph.gradient.reverse import Lop, grad, vjp
from symgraph.late import late
from symgraph.ops.linalg import dot
from symgraph.ops.scalars import get_scalar_constant_value
from symgraph.ops.stop import consider_constant, disconnected_grad, grad_clip, grad_scale, stop_gradient, undefined_grad, zero_grad
from symgraph.settings import config

SymbolicOutput = Out
__version__ = "0.1.0"

__all__ = [
    "Apply", "Constant", "Container", "Generic", "In", "Lop", "Mode", "Op", "OpFromGraph", "OrderedUpdates", "Out", "Rop",
    "SharedVariable", "SymbolicOutput", "TensorType", "Type", "Variable", "_asarray", "as_op", "as_variable", "clone", "clone_replace",
    "config", "consider_constant", "custom_gradient", "debugprint", "disconnected_grad", "dot", "dprint", "equal_computations", "errors",
    "foldl", "foldr", "function", "function_dump", "generic", "get_scalar_constant_value", "grad", "grad_clip", "grad_scale", "gradient",
    "graph", "graph_replace", "hessian", "hessian_vector_product", "ifelse", "is_same_graph", "jacobian", "jvp", "loops", "map", "map_variables",
    "pattern", "pp", "pprint", "random", "reduce", "rewrite_rule", "scan", "scan_checkpoints", "scan_module", "shared", "sparse",
    "sparse_grad",
    "stop_gradient", "subgraph_grad", "symbolic", "tensor", "typed_list", "undefined_grad", "until", "vectorize", "vectorize_graph", "verify_grad",
    "vjp", "wrap_py", "zero_grad",
]


__getattr__, __dir__ = late(__name__, {
    "symgraph.batching.graph": "vectorize_graph",
    "symgraph.batching.signature": "vectorize",
    "symgraph.compile.dump": "function_dump",
    "symgraph.gradient.check": "verify_grad",
    "symgraph.gradient.custom": "custom_gradient",
    "symgraph.gradient.fromgraph": "OpFromGraph",
    "symgraph.gradient.matrices": "hessian hessian_vector_product jacobian",
    "symgraph.gradient.pieces": "subgraph_grad",
    "symgraph.graph.alike": "equal_computations is_same_graph",
    "symgraph.graph.copies": "clone_replace graph_replace map_variables",
    "symgraph.graph.rule": "rewrite_rule",
    "symgraph.loops.chunks": "scan_checkpoints",
    "symgraph.loops": "",
    "symgraph.loops.folds": "foldl foldr map reduce",
    "symgraph.loops.result": "OrderedUpdates until",
    "symgraph.loops.scan": "scan",
    "symgraph.ifelse": "",
    "symgraph.ops.python": "as_op wrap_py",
    "symgraph.ops.sparse.index": "sparse_grad",
    "symgraph.passes.pattern": "pattern",
    "symgraph.printing.formula": "pp",
    "symgraph.printing.printers": "pprint",
    "symgraph.printing.tree": "debugprint dprint=debugprint",
    "symgraph.random": "",
    "symgraph.scan_module": "",
    "symgraph.sparse": "",
    "symgraph.syntax": "range symbolic",
    "symgraph.typed_list": "",
})
