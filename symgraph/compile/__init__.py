"""How expressions become functions: `function`, modes, shared variables, and ops that wrap or hand on. Names only; the stations are
in docs/architecture.md."""

from symgraph.compile.function import function
from symgraph.compile.modes import Mode
from symgraph.compile.signature import In, Out
from symgraph.expr.shared import Container, SharedVariable, shared, shared_constructor
from symgraph.late import late

SymbolicOutput = Out

__all__ = [
    "AddDestroyHandler", "BadDestroyMap", "BadOptimization", "BadThunkOutput", "BadViewMap", "CLinker", "Container", "DebugMode",
    "DebugModeError", "DeepCopyOp", "DisconnectedType", "DualLinker", "FAST_COMPILE", "FAST_RUN", "FromFunctionOp", "Function", "FunctionMaker", "In",
    "InvalidValueError", "Linker", "LocalLinker", "MergeOptimizer", "Mode", "MonitorMode", "NanGuardMode", "OPT_FAST_COMPILE", "OPT_FAST_RUN",
    "OPT_FAST_RUN_STABLE", "OPT_MERGE", "OPT_NONE", "OPT_O2", "OPT_O3", "OPT_STABILIZE", "OPT_UNSAFE", "OpWiseCLinker", "Out", "Param",
    "PerformLinker", "PrintCurrentFunctionGraph", "Profile", "ProfileMode", "ProfileStats", "Rebroadcast", "ScanProfileStats", "Shape", "Shape_i",
    "SharedVariable", "SpecifyShape", "StochasticOrder", "SymbolicOutput", "UnusedInputError", "VM_Linker", "ViewOp", "as_op", "deep_copy_op",
    "detect_nan", "function", "function_dump", "get_default_mode", "get_mode", "io_connection_pattern", "is_same_graph", "optdb",
    "orig_function", "predefined_linkers", "predefined_modes",
    "predefined_optimizers", "register_canonicalize", "register_linker", "register_mode", "register_optimizer",
    "register_specialize", "register_specialize_device", "register_stabilize", "register_uncanonicalize", "register_useless", "shape", "shape_i",
    "shared", "shared_constructor", "specify_shape", "view_op", "wrap_py",
]

__getattr__, __dir__ = late(__name__, {
    "symgraph.compile.checking": "DebugMode MonitorMode NanGuardMode ProfileMode detect_nan",
    "symgraph.compile.dump": "function_dump",
    "symgraph.compile.face": "Function=FunctionFace",
    "symgraph.compile.named": "FAST_COMPILE FAST_RUN get_default_mode get_mode register_mode",
    "symgraph.compile.linkers": "CLinker DualLinker Linker LocalLinker OpWiseCLinker PerformLinker VM_Linker register_linker",
    "symgraph.compile.maker": "FunctionMaker Param orig_function predefined_modes",
    "symgraph.compile.modes": "predefined_linkers=known_linkers predefined_optimizers",
    "symgraph.compile.profile": "Profile",
    "symgraph.compile.profiling": "ProfileStats ScanProfileStats",
    "symgraph.compile.registered": "AddDestroyHandler MergeOptimizer OPT_FAST_COMPILE OPT_FAST_RUN OPT_FAST_RUN_STABLE OPT_MERGE OPT_NONE OPT_O2"
    " OPT_O3 OPT_STABILIZE OPT_UNSAFE PrintCurrentFunctionGraph optdb register_canonicalize register_optimizer register_specialize"
    " register_specialize_device register_stabilize register_uncanonicalize register_useless",
    "symgraph.errors": "BadDestroyMap BadOptimization BadThunkOutput BadViewMap DebugModeError InvalidValueError StochasticOrder"
    " UnusedInputError",
    "symgraph.expr.nogradient": "DisconnectedType",
    "symgraph.graph.alike": "is_same_graph",
    "symgraph.graph.walks": "io_connection_pattern",
    "symgraph.ops.layout": "Rebroadcast",
    "symgraph.ops.passing": "DeepCopyOp ViewOp deep_copy_op view_op",
    "symgraph.ops.python": "FromFunctionOp as_op wrap_py",
    "symgraph.ops.shape": "Shape Shape_i SpecifyShape shape shape_i specify_shape",
})
