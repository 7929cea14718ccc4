"""Which modules Theano had, and where the names of each are in symgraph. Data only: `modules.py` makes modules of it.

A path has homes of its own (symgraph modules, or attributes of them, searched in order; where none are said, symgraph's module of the same
path, if there is one), then those of the paths around it: most of Theano's files had no names but those that its packages handed on.
"""

from __future__ import annotations

__all__ = ["HIDING", "HOMES", "NAMES", "OBJECTS", "PATHS"]

HOMES: dict[str, str] = {
    "": "symgraph symgraph.errors",
    "compat": "symgraph.theano.six builtins",
    "compat.python2x": "collections builtins",
    "compat.six": "symgraph.theano.six",
    "compile": "symgraph.compile symgraph symgraph.errors",
    "config": "symgraph.config",
    "configdefaults": "symgraph.settings",
    "configparser": "symgraph.settings.declared symgraph.settings symgraph.errors",
    "gof": "symgraph.graph symgraph symgraph.expr.types symgraph.errors symgraph.compile.linkers",
    "d3viz": "symgraph.printing.page symgraph.printing.dot",
    "gof.fg": "symgraph.errors",
    "gof.python25": "collections builtins",
    "gof.op": "symgraph.expr.testvalues symgraph.expr.op symgraph",
    "gof.opt": "symgraph.graph symgraph.compile",
    "gof.utils": "symgraph.graph.sequences symgraph.errors",
    "gradient": "symgraph.gradient symgraph symgraph.tensor symgraph.errors",
    "misc.pkl_utils": "symgraph.archive",
    "raise_op": "symgraph.tensor",
    "sandbox": "symgraph.random",
    "sandbox.rng_mrg": "symgraph.random.rng_mrg",
    "sandbox.fourier": "symgraph.tensor.oldervalues symgraph.random",
    "sandbox.multinomial": "symgraph.ops.random.fromuniform symgraph.random",
    "sandbox.linalg.ops": "symgraph.tensor.hints symgraph.tensor.nlinalg symgraph.tensor.slinalg symgraph.tensor",
    "sandbox.linalg": "symgraph.tensor.nlinalg symgraph.tensor.slinalg symgraph.tensor",
    "sandbox.conv": "symgraph.tensor.nnet.conv",
    "sandbox.cuda": "symgraph.compile.devices symgraph.compile.gpunames",
    "sandbox.gpuarray": "symgraph.compile.gpunames",
    "sandbox.neighbours": "symgraph.tensor.nnet.neighbours",
    "gpuarray": "symgraph.compile.gpunames",
    "scalar": "symgraph.ops.scalarops symgraph.tensor.scalarclasses symgraph.tensor symgraph.tensor.special symgraph.tensor.olderscalars"
    " symgraph.errors",
    "scan_module": "symgraph.scan_module symgraph",
    "scan_module.scan_utils": "symgraph.scan_module symgraph.tensor.olderscan symgraph.loops.result",
    "sparse.sandbox.sp": "symgraph.ops.sparse.patches symgraph.sparse",
    "sparse.sandbox.sp2": "symgraph.ops.sparse.draws symgraph.sparse",
    "tensor": "symgraph.tensor symgraph.errors symgraph.tensor.innernames",
    "tensor.io": "symgraph.ops.messages symgraph.ops.disk symgraph.expr.types",
    "tensor.inplace": "symgraph.tensor.inplace",
    "tensor.opt": "symgraph.compile symgraph.graph",
    "tensor.sharedvar": "symgraph.compile symgraph.tensor symgraph",
    "typed_list": "symgraph.typed_list",
    "tests.disturb_mem": "symgraph.compile.record",
    "tests.record": "symgraph.compile.record",
    "tests.unittest_tools": "symgraph.gradient.assertions",
    "tests.breakpoint": "symgraph.ops.assertion",
    "updates": "symgraph",
}

# Names that are spelled otherwise, or stand for an object: path of Theano's -> symgraph's.
NAMES: dict[str, str] = {
    "compile.function": "symgraph.function",
    "compile.function.function": "symgraph.function",
    "compile.function.function_dump": "symgraph.function_dump",
    "compile.pfunc": "symgraph.function",
    "compile.Function": "symgraph.compile.Function",
    "SymbolicInput": "symgraph.In",
    "compile.SymbolicInput": "symgraph.In",
    "compile.io.SymbolicInput": "symgraph.In",
    "compile.function_module.Function": "symgraph.compile.Function",
    "compat.six.moves.cPickle": "pickle",
    "compat.six.moves.cStringIO": "io.StringIO",
    "compat.six.moves.reduce": "functools.reduce",
    "compat.six.moves.xrange": "builtins.range",
    "change_flags": "symgraph.config.change_flags",
    "FunctionMaker": "symgraph.compile.FunctionMaker",
    "Param": "symgraph.compile.Param",
    "ProfileMode": "symgraph.compile.ProfileMode",
    "ProfileStats": "symgraph.compile.ProfileStats",
    "pp": "symgraph.printing.pprint",
    "printing.pp": "symgraph.printing.pprint",
    "config": "symgraph.config",
    "gpuarray.type.GpuArraySharedVariable": "symgraph.expr.shared.TensorSharedVariable",
    "gpuarray.type.GpuArrayType": "symgraph.TensorType",
    "gpuarray.type.GpuArray_unpickler": "symgraph.archive.of_gpu",
    "sandbox.cuda.CudaNdarray_unpickler": "symgraph.archive.of_gpu",
    "sandbox.cuda.float32_shared_constructor": "symgraph.shared",
    "sandbox.cuda.var.float32_shared_constructor": "symgraph.shared",
    "sandbox.cuda.type.CudaNdarrayType": "symgraph.TensorType",
    "sandbox.cuda.var.CudaNdarraySharedVariable": "symgraph.expr.shared.TensorSharedVariable",
    "scalar.sharedvar.ScalarSharedVariable": "symgraph.expr.shared.TensorSharedVariable",
    "FunctionGraph": "symgraph.graph.functiongraph.FunctionGraph",
    "sandbox.softsign.softsign": "symgraph.tensor.nnet.softsign",
    "tensor.sharedvar.scalar_constructor": "symgraph.shared",
    "tensor.sharedvar.tensor_constructor": "symgraph.shared",
    "version.full_version": "symgraph.theano.modules.VERSION",
    "version.release": "builtins.True",
    "version.short_version": "symgraph.theano.modules.VERSION",
    "version.version": "symgraph.theano.modules.VERSION",
    "object2": "builtins.object",
    "compile.debugmode.char_from_number": "symgraph.printing.descriptions.char_from_number",
    "compile.debugmode.default_make_thunk": "symgraph.compile.checking.default_make_thunk",
    "compile.ops.OutputGuard": "symgraph.ops.passing.OutputGuard",
    "compile.ops._output_guard": "symgraph.ops.passing.output_guard",
    "compile.ops.load_back": "symgraph.ops.python.load_back",
    "compile.pfunc.pfunc": "symgraph.function",
    "compile.ops.shape_i_op": "symgraph.compile.Shape_i",
    "compile.nanguardmode.contains_inf": "symgraph.compile.checking.contains_inf",
    "compile.nanguardmode.contains_nan": "symgraph.compile.checking.contains_nan",
    "disable_log_handler": "symgraph.oldworld.containers.disable_log_handler",
    "has_handlers": "symgraph.oldworld.containers.has_handlers",
    "gof.null_type.null_type": "symgraph.gradient.markers.null_type",
    "gradient.disconnected_type": "symgraph.gradient.markers.disconnected_type",
    "misc.doubleop.DoubleOp": "symgraph.tensor.olderops.DoubleOp",
    "misc.strutil.pretty_format": "symgraph.oldworld.containers.pretty_format",
    "misc.strutil.strip_leading_white_space": "symgraph.oldworld.containers.strip_leading_white_space",
    "printing.default_colorCodes": "symgraph.printing.dot.COLOURS",
    "sandbox.multinomial.MultinomialWOReplacementFromUniform": "symgraph.ops.random.fromuniform.ChoiceFromUniform",
    "scalar.FunctionGraph": "symgraph.graph.functiongraph.FunctionGraph",
    "scalar.sharedvar.shared": "symgraph.shared",
    "scan_module.scan_checkpoints.scan_checkpoints": "symgraph.scan_checkpoints",
    "sparse.basic.all_dtypes": "symgraph.expr.dtypes.ALL",
    "sparse.basic.complex_dtypes": "symgraph.expr.dtypes.COMPLEX",
    "sparse.basic.continuous_dtypes": "symgraph.expr.dtypes.CONTINUOUS",
    "sparse.basic.discrete_dtypes": "symgraph.expr.dtypes.DISCRETE",
    "sparse.basic.float_dtypes": "symgraph.expr.dtypes.FLOAT",
    "sparse.basic.int_dtypes": "symgraph.expr.dtypes.SIGNED",
    "sparse.basic.integer_dtypes": "symgraph.expr.dtypes.INTEGER",
    "sparse.basic.uint_dtypes": "symgraph.expr.dtypes.UNSIGNED",
    "sparse.hash_from_sparse": "symgraph.tensor.oldervalues.hash_from_sparse",
    "sparse.utils.hash_from_sparse": "symgraph.tensor.oldervalues.hash_from_sparse",
    "sparse.sandbox.sp2.EliminateZeros": "symgraph.sparse.Remove0",
    "sparse.sharedvar.sparse_constructor": "symgraph.shared",
    "tensor.basic.python_all": "builtins.all",
    "tensor.basic.python_any": "builtins.any",
    "tensor.nnet.ctc.ctc_available": "symgraph.tensor.olderops.ctc_available",
    "tensor.nnet.ctc.ctc_present": "symgraph.tensor.olderops.ctc_available",
    "tensor.nnet.nnet.scalar_softsign": "symgraph.tensor.nnet.softsign",
    "tensor.nnet.sigm.ultra_fast_scalar_sigmoid": "symgraph.tensor.nnet.ultra_fast_sigmoid",
    "tensor.nnet.sigm.ultra_fast_sigmoid_inplace": "symgraph.tensor.nnet.ultra_fast_sigmoid",
    "tensor.sharedvar.load_shared_variable": "symgraph.shared",
    "tensor.xlogx.scalar_xlogx": "symgraph.tensor.xlogx",
    "tensor.xlogx.scalar_xlogy0": "symgraph.tensor.xlogy0",
    "typed_list.SliceType": "symgraph.ops.slices.SliceType",
    "version.FALLBACK_VERSION": "symgraph.theano.modules.VERSION",
    "compile.NullType": "symgraph.gradient.markers.NullType",
    "gof.MergeOptimizer": "symgraph.compile.registered.MergeOptimizer",
    "gof.fg.NullType": "symgraph.gradient.markers.NullType",
    "gof.null_type.NullType": "symgraph.gradient.markers.NullType",
    "gof.Value": "symgraph.Constant",
    "gof.object2": "builtins.object",
    "tensor.ParamsType": "symgraph.expr.parameters.ParamsType",
    "tensor.basic._tensor_py_operators": "symgraph.tensor.TensorVariable",
    "tensor.var._tensor_py_operators": "symgraph.tensor.TensorVariable",
    "tensor.basic.hashtype": "symgraph.graph.sequences.hashtype",
    "tensor.hashtype": "symgraph.graph.sequences.hashtype",
    "CLinker": "symgraph.compile.CLinker",
    "DualLinker": "symgraph.compile.DualLinker",
    "Linker": "symgraph.compile.Linker",
    "LocalLinker": "symgraph.compile.LocalLinker",
    "OpWiseCLinker": "symgraph.compile.OpWiseCLinker",
    "PerformLinker": "symgraph.compile.PerformLinker",
    "theano_logger": "symgraph.oldworld.containers.theano_logger",
    "logging_default_formatter": "symgraph.oldworld.containers.logging_default_formatter",
    "logging_default_handler": "symgraph.oldworld.containers.logging_default_handler",
    "compat.DefaultOrderedDict": "symgraph.oldworld.containers.DefaultOrderedDict",
    "gof.python25.DefaultOrderedDict": "symgraph.oldworld.containers.DefaultOrderedDict",
    "misc.cpucount.cpuCount": "os.cpu_count",
    "misc.frozendict.FrozenOrderedDict": "symgraph.oldworld.containers.FrozenOrderedDict",
    "misc.frozendict.frozendict": "symgraph.oldworld.containers.frozendict",
    "misc.may_share_memory.may_share_memory": "numpy.may_share_memory",
    "misc.ordered_set.OrderedSet": "symgraph.oldworld.containers.OrderedSet",
    "misc.safe_asarray._asarray": "symgraph._asarray",
    "misc.strutil.render_string": "symgraph.oldworld.containers.render_string",
    "raise_op.Raise": "symgraph.ops.assertion.Raise",
    "sandbox.linalg.ops.spectral_radius_bound": "symgraph.tensor.older.spectral_radius_bound",
    "tensor.Argmax": "symgraph.ops.reduce.ArgMax",
    "tensor.basic.Argmax": "symgraph.ops.reduce.ArgMax",
    "tensor.basic._allclose": "symgraph.tensor.older.allclose_numbers",
    "tensor.elemwise.DimShufflePrinter": "symgraph.printing.DimShufflePrinter",
    "tensor.min_informative_str": "symgraph.printing.min_informative_str",
    "tensor.nnet.nnet.logsoftmax_op": "symgraph.tensor.nnet.logsoftmax",
    "tensor.nnet.nnet.softmax_op": "symgraph.tensor.nnet.softmax",
    "tensor.nnet.logsoftmax_op": "symgraph.tensor.nnet.logsoftmax",
    "tensor.nnet.softmax_op": "symgraph.tensor.nnet.softmax",
    "tensor.nnet.scalar_sigmoid": "symgraph.tensor.nnet.sigmoid",
    "tensor.nnet.sigm.ScalarSigmoid": "symgraph.tensor.scalarclasses.ScalarSigmoid",
    "tensor.nnet.sigm.ScalarSoftplus": "symgraph.tensor.scalarclasses.ScalarSoftplus",
    "tensor.nnet.sigm.scalar_sigmoid": "symgraph.tensor.nnet.sigmoid",
    "tensor.nnet.sigm.scalar_softplus": "symgraph.tensor.nnet.softplus",
    "tensor.nnet.sigm.sigmoid_inplace": "symgraph.tensor.inplace.sigmoid_inplace",
    "tensor.nnet.sigmoid_inplace": "symgraph.tensor.inplace.sigmoid_inplace",
    "tensor.xlogx.XlogX": "symgraph.tensor.scalarclasses.XlogX",
    "tensor.xlogx.XlogY0": "symgraph.tensor.scalarclasses.XlogY0",
    "printing._TagGenerator": "symgraph.printing.descriptions.TagGenerator",
    "printing.pydot_imported": "builtins.True",
    "tensor.nnet.abstract_conv.imported_scipy_signal": "builtins.True",
    "tensor.nnet.conv.imported_scipy_signal": "builtins.True",
    "tensor.slinalg.imported_scipy": "builtins.True",
    "sparse.sandbox.sp.register_specialize": "symgraph.compile.registered.register_specialize",
    "sparse.type.imported_scipy": "builtins.True",
    "tensor.nlinalg.logger": "symgraph.oldworld.containers.theano_logger",
    "tensor.slinalg.logger": "symgraph.oldworld.containers.theano_logger",
    "updates.logger": "symgraph.oldworld.containers.theano_logger",
    "tensor.grad": "symgraph.grad",
    "tensor.sharedvar.ScalarSharedVariable": "symgraph.expr.shared.TensorSharedVariable",
}

# Names of Python's own that `from theano.tensor import *` and its like hide, as they did.
_OF_TENSORS = ("all", "any", "complex", "divmod", "max", "min", "pow", "round", "sum")
HIDING: dict[str, tuple[str, ...]] = {"": ("map",), "scalar": ("bool", "complex", "pow"), "tensor": _OF_TENSORS, "tensor.basic": _OF_TENSORS}

# Functions that hide a file of the same name, in Theano too: `theano.tensor.sort` is the function, `from theano.tensor.sort import ...` works.
OBJECTS: frozenset[str] = frozenset({"compile.function", "compile.pfunc", "d3viz.d3viz", "scan_module.scan", "tensor.sort", "tensor.var"})

# Every module that could be imported from Theano 1.0.5, and from the releases before it.
PATHS: frozenset[str] = frozenset("""
    compat compat.python2x compat.six compat.six.moves compat.six.moves.cPickle compile compile.builders compile.debugmode compile.function
    compile.function_module compile.io compile.mode compile.monitormode compile.nanguardmode compile.ops compile.pfunc compile.profilemode
    compile.profiling compile.sharedvalue configdefaults configparser d3viz d3viz.d3viz d3viz.formatting gof gof.callcache gof.cc
    gof.cmodule gof.compiledir gof.compilelock gof.cutils gof.destroyhandler gof.fg gof.graph gof.lazylinker_c gof.link gof.null_type gof.op
    gof.opt gof.optdb gof.params_type gof.python25 gof.sched gof.toolbox gof.type gof.unify gof.utils gof.vm gpuarray gpuarray.basic_ops
    gpuarray.blas gpuarray.blocksparse gpuarray.ctc gpuarray.cudnn_defs gpuarray.dnn gpuarray.elemwise gpuarray.extra_ops gpuarray.fft
    gpuarray.fp16_help gpuarray.linalg gpuarray.multinomial gpuarray.neighbours gpuarray.nnet gpuarray.opt gpuarray.opt_util gpuarray.pool
    gpuarray.reduction gpuarray.rng_mrg gpuarray.sort gpuarray.subtensor gpuarray.type gradient ifelse misc misc.burn_gpu misc.check_blas
    misc.check_duplicate_key misc.cpucount misc.doubleop misc.frozendict misc.latence_gpu_transfert misc.may_share_memory misc.ordered_set
    misc.pkl_utils misc.safe_asarray misc.strutil misc.windows pathparse printing raise_op sandbox sandbox.blocksparse sandbox.conv
    sandbox.cuda sandbox.cuda.basic_ops sandbox.cuda.blas sandbox.cuda.dnn sandbox.cuda.type sandbox.cuda.var sandbox.fourier
    sandbox.gpuarray sandbox.linalg sandbox.linalg.ops sandbox.minimal sandbox.multinomial sandbox.neighbours sandbox.rng_mrg
    sandbox.softsign sandbox.solve scalar scalar.basic scalar.basic_scipy scalar.sharedvar scan_module scan_module.scan
    scan_module.scan_checkpoints scan_module.scan_op scan_module.scan_opt scan_module.scan_utils scan_module.scan_views sparse sparse.basic
    sparse.opt sparse.sandbox sparse.sandbox.sp sparse.sandbox.sp2 sparse.sandbox.truedot sparse.sharedvar sparse.type sparse.utils tensor
    tensor.basic tensor.blas tensor.blas_c tensor.blas_headers tensor.blas_scipy tensor.elemwise tensor.elemwise_cgen tensor.extra_ops
    tensor.fft tensor.fourier tensor.inplace tensor.io tensor.nlinalg tensor.nnet tensor.nnet.Conv3D tensor.nnet.abstract_conv
    tensor.nnet.blocksparse tensor.nnet.bn tensor.nnet.conv tensor.nnet.conv3d2d tensor.nnet.corr tensor.nnet.corr3d tensor.nnet.ctc
    tensor.nnet.neighbours tensor.nnet.nnet tensor.nnet.opt tensor.nnet.sigm tensor.opt tensor.opt_uncanonicalize tensor.raw_random
    tensor.shared_randomstreams tensor.sharedvar tensor.signal tensor.signal.conv tensor.signal.downsample tensor.signal.pool tensor.slinalg
    tensor.sort tensor.subtensor tensor.type tensor.type_other tensor.utils tensor.var tensor.xlogx tests tests.breakpoint tests.disturb_mem
    tests.diverse_tests tests.main tests.record tests.unittest_tools typed_list typed_list.basic typed_list.opt typed_list.type updates
    version
""".split())
