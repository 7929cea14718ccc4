"""symgraph: compiles symbolic expressions to native code. This is its face: names only, no logic."""

from symgraph import errors, tensor
from symgraph.batching.graph import vectorize_graph
from symgraph.batching.signature import vectorize
from symgraph.compile.function import function
from symgraph.compile.modes import Mode
from symgraph.compile.signature import In, Out
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.shared import SharedVariable, shared
from symgraph.expr.types import Generic, TensorType, Type, generic
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import replace as clone
from symgraph.gradient.check import verify_grad
from symgraph.gradient.forward import Rop
from symgraph.gradient.matrices import hessian, jacobian
from symgraph.gradient.reverse import Lop, grad
from symgraph.loops.folds import foldl, foldr, map, reduce
from symgraph.loops.result import OrderedUpdates, until
from symgraph.loops.scan import scan
from symgraph.ops.linalg import dot
from symgraph.ops.python import as_op
from symgraph.ops.scalars import get_scalar_constant_value
from symgraph.ops.stop import consider_constant, disconnected_grad, grad_clip, grad_scale, zero_grad
from symgraph.printing.formula import pp
from symgraph.printing.tree import debugprint
from symgraph.settings import config

dprint = debugprint
pprint = pp
__version__ = "0.1.0"

__all__ = [
    "Apply", "Constant", "Generic", "In", "Lop", "Mode", "Op", "OrderedUpdates", "Out", "Rop", "SharedVariable", "TensorType", "Type",
    "Variable", "as_op", "as_variable", "clone", "config", "consider_constant", "debugprint", "disconnected_grad", "dot", "dprint",
    "errors", "foldl", "foldr", "function", "generic", "get_scalar_constant_value", "grad", "grad_clip", "grad_scale", "hessian",
    "jacobian", "map", "pp", "pprint", "reduce", "scan", "shared", "tensor", "until", "vectorize", "vectorize_graph", "verify_grad", "zero_grad",
]
