"""How expressions become functions: `function`, modes, shared variables, and ops that wrap or hand on. Names only; the stations are
in docs/architecture.md."""

from symgraph.compile.checking import DebugMode, MonitorMode, NanGuardMode, detect_nan
from symgraph.compile.dump import function_dump
from symgraph.compile.face import FunctionFace as Function
from symgraph.compile.function import function
from symgraph.compile.modes import Mode
from symgraph.compile.named import FAST_COMPILE, FAST_RUN, get_default_mode, get_mode, register_mode
from symgraph.compile.profile import Profile
from symgraph.compile.signature import In, Out
from symgraph.errors import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugModeError,
    InvalidValueError,
    StochasticOrder,
    UnusedInputError,
)
from symgraph.expr.nogradient import DisconnectedType
from symgraph.expr.shared import Container, SharedVariable, shared, shared_constructor
from symgraph.graph.alike import is_same_graph
from symgraph.graph.walks import io_connection_pattern
from symgraph.ops.layout import Rebroadcast
from symgraph.ops.passing import DeepCopyOp, ViewOp, deep_copy_op, view_op
from symgraph.ops.python import FromFunctionOp, as_op, wrap_py
from symgraph.ops.shape import Shape, Shape_i, SpecifyShape, shape, shape_i, specify_shape

SymbolicOutput = Out

__all__ = [
    "BadDestroyMap", "BadOptimization", "BadThunkOutput", "BadViewMap", "Container", "DebugMode", "DebugModeError", "DeepCopyOp",
    "DisconnectedType", "FAST_COMPILE", "FAST_RUN", "FromFunctionOp", "Function", "In", "InvalidValueError", "Mode", "MonitorMode",
    "NanGuardMode", "Out", "Profile", "Rebroadcast", "Shape", "Shape_i", "SharedVariable", "SpecifyShape", "StochasticOrder",
    "SymbolicOutput", "UnusedInputError", "ViewOp", "as_op", "deep_copy_op", "detect_nan", "function", "function_dump", "get_default_mode",
    "get_mode", "io_connection_pattern", "is_same_graph", "register_mode", "shape", "shape_i", "shared", "shared_constructor",
    "specify_shape", "view_op", "wrap_py",
]
