"""Every switch once, as data.

A row: name, default, allowed, standing, part of the code's key, one line of doc.

* default: a value, or `Derived(rule)`: worked out when it is asked for, unless the user sets it.
* allowed: a kind (a word that values.py explains), a tuple of words, or a range.
* standing: ACTS; WAITING, checked and kept, but nothing reads it yet; MAPPED, taken for something else here, as the doc says; ACCEPTED,
  obsolete and without effect; OWN, one that a program declared.
* part of the code's key: whether two compilations that differ in this switch may differ in their code.

ALIASES: words of old programs and what they mean here. A switch with a dot lies in a section: `config.scan.allow_gc`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["ACCEPTED", "ACTS", "ALIASES", "MAPPED", "OWN", "TABLE", "WAITING", "Derived", "Row"]

ACTS, WAITING, MAPPED, ACCEPTED, OWN = "acts", "waiting", "mapped", "accepted", "own"


class Derived:
    """A default that is worked out: `rule` names one of values.DERIVED, or is a function."""

    __slots__ = ("rule",)

    def __init__(self, rule: Any) -> None:
        self.rule = rule


class Row:
    """One switch; the columns are explained at the top of this file."""

    # A plain class: making a named tuple or a dataclass costs 0.5 ms at each import of symgraph.
    __slots__ = ("allowed", "default", "doc", "in_key", "name", "standing")

    def __init__(self, name: str, default: Any, allowed: Any, standing: str, in_key: bool, doc: str) -> None:
        self.name = name
        self.default = default
        self.allowed = allowed
        self.standing = standing
        self.in_key = in_key
        self.doc = doc


_ANSWER = ("off", "ignore", "warn", "raise", "pdb")
_COMPLAINT = ("ignore", "warn", "raise", "pdb")
_SETERR = ("None", "ignore", "warn", "raise", "call", "print", "log")
_STRENGTH = ("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile", "merge", "None")
_OLD_CONVOLUTION = (
    *("none", "small", "large", "deterministic", "fft", "fft_tiling", "winograd", "winograd_non_fused"),
    *("guess_once", "guess_on_shape_change", "time_once", "time_on_shape_change"),
)
_OLD_PRECISION = ("as_input_f32", "as_input", "float16", "float32", "float64")
_OLD_VERSIONS = (
    *("None", "all", "0.3", "0.4", "0.4.1", "0.5", "0.6", "0.7", "0.8", "0.8.1", "0.8.2", "0.9", "0.10"),
    *("1.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5"),
)
_OLD_BUGS = (
    *("argmax_pushdown_bug", "gpu_set_subtensor1", "gpusum_01_011_0111_bug", "identify_1pexp_bug"),
    *("inc_set_subtensor1", "inc_subtensor1_opt", "reduce_join", "round", "signal_conv2d_interface"),
    *("subtensor_merge_bug", "sum_div_dimshuffle_bug", "sum_sum_bug", "vm_gc_bug"),
)

_ROWS: tuple[tuple[str, Any, Any, str, bool, str], ...] = (
    # What is computed
    ("floatX", "float64", ("float64", "float32", "float16"), ACTS, True, "dtype of scalar() and kin, of int / int"),
    ("cast_policy", "custom", ("custom", "numpy+floatX"), ACTS, True, "dtype of Python numbers: least, or numpy's"),
    ("int_division", "int", ("int", "raise", "floatX"), ACTS, False, "raise: int / int is an error; int and floatX: true division, as in Python 3"),
    ("warn_float64", "ignore", _COMPLAINT, ACTS, False, "what to do when a float64 variable is made"),
    ("deterministic", "default", ("default", "more"), ACTS, False, "more: BLAS runs on one thread; of loops no result depends on their number"),
    ("numpy.seterr_all", "ignore", _SETERR, ACTS, False, "numpy.seterr(all=) for numpy rules, Python ops and linker=py"),
    ("numpy.seterr_divide", "None", _SETERR, ACTS, False, "as numpy.seterr_all, for division by zero"),
    ("numpy.seterr_over", "None", _SETERR, ACTS, False, "as numpy.seterr_all, for overflow"),
    ("numpy.seterr_under", "None", _SETERR, ACTS, False, "as numpy.seterr_all, for underflow"),
    ("numpy.seterr_invalid", "None", _SETERR, ACTS, False, "as numpy.seterr_all, for NaN out of numbers"),
    # Where it runs and by what
    ("device", "cpu", "device", ACTS, True, "cpu, cuda, or cuda0, cuda1 ...; gpu, gpu0 ... mean cuda, cuda0 ..."),
    ("init_gpu_device", "", "device or nothing", MAPPED, False, "device to open first"),
    ("force_device", False, "bool", MAPPED, False, "a device that is missing is an error always"),
    ("contexts", "", "text", MAPPED, False, "there is one context"),
    ("print_active_device", True, "bool", WAITING, False, "there is no target for GPUs so far"),
    ("linker", "llvm", ("llvm", "c", "py"), ACTS, True, "llvm in process, the system's C compiler, or numpy rules"),
    ("mode", "Mode", "mode", ACTS, True, "default mode of function(); Mode: what linker and optimizer describe"),
    ("cxx", Derived("first_compiler"), "path", ACTS, True, "compiler of linker=c; empty: none"),
    ("gcc.cxxflags", "", "text", ACTS, True, "more flags for the compiler of linker=c"),
    ("blas.ldflags", "", "text", MAPPED, True, "-lNAME: that BLAS library is tried before numpy's and scipy's"),
    ("threads", 0, "count", ACTS, False, "threads of loops, and of BLAS, numpy's too; 0: as OMP_NUM_THREADS says, else all cores"),
    ("openmp", True, "bool", ACTS, False, "False: loops run on one thread, whatever `threads` says"),
    ("openmp_elemwise_minsize", 200000, "count", ACTS, False, "the work from which loops run on several threads: 50 us at 200000, in proportion"),
    ("cuda.root", "", "path", MAPPED, False, "folder where NVRTC is searched first"),
    ("gpuarray.preallocate", 0.0, "float", WAITING, False, "there is no target for GPUs so far"),
    # How it is made better
    ("optimizer", "o4", _STRENGTH, ACTS, True, "strength of the passes; o4 and fast_run: all of them"),
    ("optimizer_excluding", "", "text", ACTS, True, "passes and rules to leave out, by name or tag: a:b:c"),
    ("optimizer_including", "", "text", ACTS, True, "passes and rules to add, by name or tag: a:b:c"),
    ("optimizer_requiring", "", "text", ACTS, True, "passes and rules that must be there, by name or tag: a:b:c"),
    ("optdb.max_use_ratio", 30.0, "float", ACTS, False, "how often rules may change one node, on average"),
    ("tensor.local_elemwise_fusion", True, "bool", ACTS, True, "fuse elementwise operations into one loop"),
    ("gpu.local_elemwise_fusion", True, "bool", MAPPED, True, "tensor.local_elemwise_fusion serves both devices"),
    ("fusion_budget", 150, "count", ACTS, True, "most nodes in one generated kernel"),
    ("allow_gc", True, "bool", MAPPED, False, "64 MB of scratch memory are kept for the next call, more is given back"),
    ("scan.allow_gc", False, "bool", MAPPED, False, "the memory of a step is planned as its code is made"),
    ("scan.allow_output_prealloc", True, "bool", MAPPED, False, "steps always write their outputs in place"),
    ("vm.lazy", None, "bool or None", ACTS, False, "False: ifelse computes both sides, where no derivative was taken through it"),
    ("conv.assert_shape", False, "bool", MAPPED, False, "stated image and kernel shapes are always checked"),
    # What is checked, and what is said when it fails
    ("check_input", True, "bool", MAPPED, False, "arguments are always checked"),
    ("on_unused_input", "raise", ("raise", "warn", "ignore"), ACTS, False, "an input that no output needs"),
    ("on_opt_error", "warn", ("warn", "raise", "pdb", "ignore"), ACTS, False, "a pass or rule that fails"),
    ("on_shape_error", "warn", ("warn", "raise"), ACTS, False, "a shape rule that fails"),
    ("exception_verbosity", "low", ("low", "high"), ACTS, False, "high adds the graph; line and shapes always show"),
    ("compute_test_value", "off", _ANSWER, ACTS, False, "compute with test values as the expression is written"),
    ("compute_test_value_opt", "off", _ANSWER, ACTS, False, "the same while passes run"),
    ("print_test_value", False, "bool", ACTS, False, "show test values in repr() and debugprint"),
    ("pickle_test_value", True, "bool", ACTS, False, "keep test values in pickles"),
    ("unpickle_function", True, "bool", ACTS, False, "False: functions unpickle as None"),
    ("reoptimize_unpickled_function", False, "bool", MAPPED, False, "functions are pickled as written, and compiled again"),
    ("assert_no_cpu_op", "ignore", _COMPLAINT, MAPPED, False, "a step that calls Python in a function for the GPU"),
    ("traceback.limit", 1, "count", ACTS, False, "places in the user's program kept at each node: 1 is the line that made it"),
    ("traceback.compile_limit", 0, "count", MAPPED, False, "nodes made by passes carry the line of what they replace"),
    ("tensor.cmp_sloppy", 0, range(3), ACTS, False, "tolerance of verify_grad and of comparisons of values, ten times as much a level"),
    ("unittests.rseed", 666, "seed", ACTS, False, "seed of verify_grad; random: a new one each time"),
    ("DebugMode.patience", 2, "count", ACTS, False, "how often the passes are run; they must give the same"),
    ("DebugMode.check_c", False, "bool", ACTS, False, "compare the code of linker=c too"),
    ("DebugMode.check_py", True, "bool", ACTS, False, "compare each step with its numpy rule"),
    ("DebugMode.check_finite", True, "bool", ACTS, False, "no NaN or infinity out of finite inputs"),
    ("DebugMode.check_strides", 0, range(3), ACTS, False, "also try inputs that are not contiguous; 1: warn, 2: raise"),
    ("DebugMode.check_preallocated_output", "", "text", ACCEPTED, False, "ops are never given results to fill"),
    ("DebugMode.check_preallocated_output_ndim", 4, "count", ACCEPTED, False, "ops are never given results to fill"),
    ("DebugMode.warn_input_not_reused", True, "bool", ACTS, False, "warn when an input declared overwritten is not"),
    ("NanGuardMode.nan_is_error", True, "bool", ACTS, False, "NaN is an error"),
    ("NanGuardMode.inf_is_error", True, "bool", ACTS, False, "an infinity is an error"),
    ("NanGuardMode.big_is_error", True, "bool", ACTS, False, "a value beyond 1e10 is an error"),
    ("NanGuardMode.action", "raise", ("raise", "warn", "pdb"), ACTS, False, "what to do about one"),
    # What can be looked at
    ("debug", 0, range(6), ACTS, False, "each level adds: 1 times, 2 passes and rules, 3 graphs, 4 loop IR, 5 code"),
    ("debug_directory", "", "path", ACTS, False, "folder that gets the text of every station, in numbered files"),
    ("optimizer_verbose", False, "bool", ACTS, False, "print each rule that fires"),
    ("metaopt.verbose", 0, "count", ACCEPTED, False, "there is one way to compute each thing"),
    ("scan.debug", False, "bool", ACTS, False, "print what passes do to loops"),
    ("nocleanup", False, "bool", ACTS, False, "keep the C sources of linker=c, and say where"),
    ("profile", False, "bool", ACTS, False, "measure functions; a table of times at exit"),
    ("profile_memory", False, "bool", ACTS, False, "memory of the values of the first call in that table"),
    ("profile_optimizer", False, "bool", ACTS, False, "times of passes in that table"),
    ("print_global_stats", False, "bool", ACTS, False, "number and time of all calls at exit"),
    ("profiling.time_thunks", True, "bool", ACTS, False, "native code reads a clock behind each kernel"),
    ("profiling.n_apply", 20, "count", ACTS, False, "rows of the table of kernels"),
    ("profiling.n_ops", 20, "count", ACTS, False, "rows of the table of ops"),
    ("profiling.output_line_width", 512, "count", ACTS, False, "width of the table"),
    ("profiling.min_memory_size", 1024, "count", ACTS, False, "fewest bytes that get a row"),
    ("profiling.min_peak_memory", False, "bool", ACTS, False, "peak of memory of the nodes in order, unfused"),
    ("profiling.destination", "stderr", "text", ACTS, False, "stderr, stdout, or a file"),
    ("profiling.ignore_first_call", False, "bool", ACTS, False, "leave the first call out"),
    # The disk cache
    ("base_compiledir", Derived("cache_folder"), "path", ACTS, False, "root of the disk cache; empty: none"),
    ("compiledir", Derived("base_compiledir"), "path", ACTS, False, "folder of the disk cache; empty: none"),
    ("compiledir_format", "", "text", MAPPED, False, "the key of an entry holds these facts"),
    ("cache_optimizations", False, "bool", MAPPED, False, "the disk cache always holds what the passes found"),
    ("gpuarray.cache_path", "", "path", MAPPED, False, "kernels of the GPU lie in the disk cache"),
    # Obsolete: old programs set them
    ("warn.ignore_bug_before", "0.9", _OLD_VERSIONS, MAPPED, False, "there is nothing to warn of"),
    *((f"warn.{bug}", bug == "inc_subtensor1_opt", "bool", ACCEPTED, False, "a bug Theano had") for bug in _OLD_BUGS),
    ("experimental.unpickle_gpu_on_cpu", False, "bool", MAPPED, False, "always possible"),
    ("check_stack_trace", "off", ("off", "log", "warn", "raise"), ACCEPTED, False, "every node has its line"),
    ("cycle_detection", "regular", ("regular", "fast"), ACCEPTED, False, "of Theano's graphs"),
    ("optdb.position_cutoff", float("inf"), "float", ACCEPTED, False, "passes stand in a list, without numbers"),
    ("metaopt.optimizer_excluding", "", "text", ACCEPTED, False, "of Theano's optimizer"),
    ("metaopt.optimizer_including", "", "text", ACCEPTED, False, "of Theano's optimizer"),
    ("tensor.insert_inplace_optimizer_validate_nb", -1, "int", ACCEPTED, False, "of Theano's optimizer"),
    ("experimental.local_alloc_elemwise", True, "bool", ACCEPTED, False, "of Theano's optimizer"),
    ("experimental.local_alloc_elemwise_assert", True, "bool", ACCEPTED, False, "of Theano's optimizer"),
    ("profiling.debugprint", False, "bool", ACCEPTED, False, "of Theano's profiler"),
    ("compile.timeout", 120, "int", ACCEPTED, False, "the cache has no lock"),
    ("compile.wait", 5, "int", ACCEPTED, False, "the cache has no lock"),
    ("cmodule.age_thresh_use", 2073600, "int", ACCEPTED, False, "of Theano's cache"),
    ("cmodule.compilation_warning", False, "bool", ACCEPTED, False, "of Theano's cache"),
    ("cmodule.debug", False, "bool", ACCEPTED, False, "of Theano's cache"),
    ("cmodule.preload_cache", False, "bool", ACCEPTED, False, "of Theano's cache"),
    ("cmodule.remove_gxx_opt", False, "bool", ACCEPTED, False, "of Theano's cache"),
    ("cmodule.warn_no_version", False, "bool", ACCEPTED, False, "of Theano's cache"),
    ("blas.check_openmp", True, "bool", ACCEPTED, False, "of Theano's BLAS"),
    ("lib.amdlibm", False, "bool", ACCEPTED, False, "of Theano's compiler"),
    ("cuda.include_path", "", "path", ACCEPTED, False, "no headers are needed"),
    ("ctc.root", "", "path", ACCEPTED, False, "no library is needed"),
    ("lib.cnmem", 0.0, "float", ACCEPTED, False, "of Theano's first GPU back end"),
    ("nvcc.compiler_bindir", "", "text", ACCEPTED, False, "of Theano's first GPU back end"),
    ("nvcc.fastmath", False, "bool", ACCEPTED, False, "of Theano's first GPU back end"),
    ("nvcc.flags", "", "text", ACCEPTED, False, "of Theano's first GPU back end"),
    ("gpuarray.sched", "default", ("default", "multi", "single"), ACCEPTED, False, "of libgpuarray"),
    ("gpuarray.single_stream", True, "bool", ACCEPTED, False, "of libgpuarray"),
    ("gpuarray.sync", False, "bool", ACCEPTED, False, "of libgpuarray"),
    ("gpuelemwise.sync", True, "bool", ACCEPTED, False, "of libgpuarray"),
    ("dnn.enabled", "auto", ("auto", "True", "False", "no_check"), ACCEPTED, False, "cuDNN is not used"),
    ("dnn.base_path", "", "path", ACCEPTED, False, "cuDNN is not used"),
    ("dnn.bin_path", "", "path", ACCEPTED, False, "cuDNN is not used"),
    ("dnn.include_path", "", "path", ACCEPTED, False, "cuDNN is not used"),
    ("dnn.library_path", "", "path", ACCEPTED, False, "cuDNN is not used"),
    ("dnn.conv.algo_fwd", "small", _OLD_CONVOLUTION, ACCEPTED, False, "cuDNN is not used"),
    ("dnn.conv.algo_bwd", "", "text", ACCEPTED, False, "cuDNN is not used"),
    ("dnn.conv.algo_bwd_data", "none", _OLD_CONVOLUTION, ACCEPTED, False, "cuDNN is not used"),
    ("dnn.conv.algo_bwd_filter", "none", _OLD_CONVOLUTION, ACCEPTED, False, "cuDNN is not used"),
    ("dnn.conv.precision", "as_input_f32", _OLD_PRECISION, ACCEPTED, False, "cuDNN is not used"),
    ("dnn.conv.workmem", "", "text", ACCEPTED, False, "cuDNN is not used"),
    ("dnn.conv.workmem_bwd", "", "text", ACCEPTED, False, "cuDNN is not used"),
    ("magma.enabled", False, "bool", ACCEPTED, False, "MAGMA is not used"),
    ("magma.include_path", "", "path", ACCEPTED, False, "MAGMA is not used"),
    ("magma.library_path", "", "path", ACCEPTED, False, "MAGMA is not used"),
)

TABLE: dict[str, Row] = {row[0]: Row(*row) for row in _ROWS}

ALIASES: dict[str, dict[str, str]] = {
    "floatX": {"64": "float64", "32": "float32", "16": "float16"},
    "linker": dict.fromkeys(("vm", "cvm", "c|py", "vm_nogc", "cvm_nogc", "c|py_nogc"), "llvm"),
    "mode": {"DEBUG_MODE": "DebugMode", "PROFILE_MODE": "ProfileMode"},
}
