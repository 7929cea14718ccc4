"""What of Theano's names is not here: pattern of names -> why not, and what to use instead. docs/coverage.md shows the same rows.

Names of these can be imported; whoever calls one is told its row.
"""

from __future__ import annotations

__all__ = ["ABSENT", "INNER", "LEFT_OUT"]

LEFT_OUT: dict[str, tuple[str, str]] = {
    "theano.gof.cc.*": ("C code is not assembled from strings", "the lowering of an op, docs/architecture.md"),
    "theano.gof.cmodule.*": ("C code is not assembled from strings", "`function.source('c')` for the C of a function"),
    "theano.gof.compilelock.*": ("the cache needs no lock", "nothing"),
    "theano.gof.callcache.*": ("calls are not cached", "nothing"),
    "theano.gof.cutils.*": ("C code is not assembled from strings", "nothing"),
    "theano.gof.destroyhandler.*": ("what is overwritten is planned below the graph", "nothing"),
    "theano.gof.lazylinker_c.*": ("a function is one native call", "nothing"),
    "theano.gof.link.*": ("a function is one native call; partly: linkers by their names are here", "`Mode(linker=...)`"),
    "theano.gof.opt.*": (
        "passes stand in one list; partly: Optimizers, `local_optimizer`, `PatternSub` and their kin are here",
        "`symgraph.rewrite_rule`, `symgraph.pattern`, `Mode(rules=[...])`",
    ),
    "theano.gof.sched.*": ("a function is one native call", "nothing"),
    "theano.gof.unify.*": ("patterns are text", "`symgraph.pattern`"),
    "theano.gof.vm.*": ("a function is one native call; partly: `VM_Linker` is here", "nothing"),
    "theano.gpuarray.*": (
        "there is no libgpuarray; partly: `dnn_conv`, `gpu_contiguous` and their kin are here",
        "`device=cuda` compiles the same program for a GPU",
    ),
    "theano.sandbox.blocksparse.*": ("an experiment of Theano's", "`symgraph.sparse`"),
    "theano.sandbox.cuda.*": (
        "the first GPU back end of Theano, gone since 0.10; partly: `dnn_conv`, `gpu_contiguous` and their kin are here",
        "`device=cuda` compiles the same program for a GPU",
    ),
    "theano.sandbox.gpuarray.*": (
        "there is no libgpuarray; partly: `dnn_conv`, `gpu_contiguous` and their kin are here",
        "`device=cuda` compiles the same program for a GPU",
    ),
    "theano.scan_module.scan_opt.*": ("passes stand in one list", "symgraph/passes"),
    "theano.sparse.opt.*": ("passes stand in one list", "symgraph/passes"),
    "theano.tensor.blas.*": ("products call BLAS as they are compiled", "`T.dot`"),
    "theano.tensor.blas_c.*": ("products call BLAS as they are compiled", "`T.dot`"),
    "theano.tensor.blas_headers.*": ("products call BLAS as they are compiled", "`T.dot`"),
    "theano.tensor.blas_scipy.*": ("products call BLAS as they are compiled", "`T.dot`"),
    "theano.tensor.elemwise_cgen.*": ("C code is not assembled from strings", "nothing"),
    "theano.tensor.nnet.opt.*": ("passes stand in one list", "symgraph/passes"),
    "theano.tensor.opt.*": (
        "passes stand in one list; partly: `register_canonicalize` and its kin are here",
        "`symgraph.rewrite_rule`, `Mode(rules=[...])`",
    ),
    "theano.tensor.opt_uncanonicalize.*": ("passes stand in one list", "`symgraph.rewrite_rule`"),
    "theano.typed_list.opt.*": ("passes stand in one list", "`symgraph.rewrite_rule`"),
}

# Modules whose names programs use are here; of the rest, inner to Theano, each name imports, and says this when it is used.
INNER: dict[str, str] = {
    "compile.function_module": "`symgraph.function`, `symgraph.compile.FunctionMaker`, or attributes of a function (`f.maker`, `f.input_storage`)",
    "compile.nanguardmode": "`symgraph.compile.NanGuardMode`",
    "compile.pfunc": "`symgraph.function`",
    "compile.profiling": "`f.profile`, `symgraph.compile.ProfileStats`",
    "gof.toolbox": "`symgraph.graph`",
    "ifelse": "`symgraph.ifelse`",
    "misc": "Python's own: `dict`, `collections.OrderedDict`, `str.format`, `numpy.may_share_memory`",
    "sandbox.fourier": "`T.fft`",
    "sandbox.linalg.ops": "`T.nlinalg`, `T.slinalg`; `solve(..., assume_a=\"pos\")` says what a matrix is",
    "sandbox.minimal": "an op of your own: `symgraph.Op`",
    "sandbox.multinomial": "`MRG_RandomStreams().multinomial`",
    "sandbox.solve": "`T.slinalg.solve`",
    "scalar": "the function of the same name in `T`, of variables without dimensions; `UnaryScalarOp`, `BinaryScalarOp` for functions of your own",
    "scan_module.scan_op": "`symgraph.scan`",
    "scan_module.scan_utils": "`symgraph.scan`, `symgraph.clone`",
    "tensor.fourier": "`T.fft`",
    "tensor.nnet.bn": "`T.nnet.bn.batch_normalization_train`, `batch_normalization_test`",
    "tensor.nnet.conv3d2d": "`T.nnet.conv3d`",
    "tensor.nnet.corr": "`T.nnet.conv2d`",
    "tensor.nnet.corr3d": "`T.nnet.conv3d`",
    "tensor.nnet.nnet": "the functions of `T.nnet`",
    "tensor.nnet.sigm": "`T.nnet.sigmoid`, `hard_sigmoid`, `softplus`",
    "tensor.subtensor": "`x[...]`, `T.set_subtensor`, `T.inc_subtensor`",
    "tensor.type_other": "Python's slices and None",
    "tensor.xlogx": "`T.xlogx`, `T.xlogy0`",
    "tests": "`symgraph.gradient.verify_grad`, `numpy.testing`",
}

# Further names that Theano 1.0.5 had, by module: names there -> what to use instead. Those of a package are names of the modules below it, too.
ABSENT: dict[str, tuple[str, str]] = {
    "": (
        "OpenMPOp rpath test",
        "`symgraph`",
    ),
    "compat": (
        "decode_with maybe_add_to_os_environ_pathlist",
        "Python's own",
    ),
    "compile": (
        "AddFeatureOptimizer alias_root check_equal convert_function_input fgraph_updated_vars get_info_on_inputs infer_reuse_pattern "
        "inline_ofg_expansion insert_deepcopy local_useless rebuild_collect_shared register_checker register_deep_copy_op_c_code "
        "register_rebroadcast_c_code register_shape_c_code register_shape_i_c_code register_specify_shape_c_code register_view_op_c_code "
        "std_fgraph Supervisor view_tree_set",
        "`symgraph.function`, or attributes of a function (`f.maker`, `f.input_storage`)",
    ),
    "compile.builders": (
        "ops_with_inner_function",
        "`symgraph.OpFromGraph`",
    ),
    "compile.debugmode": (
        "check_eq data_destroyed DataDestroyed NoDuplicateOptWarningFilter",
        "`symgraph.compile.DebugMode`",
    ),
    "compile.mode": (
        "exclude instantiated_default_mode",
        "`symgraph.Mode`",
    ),
    "compile.ops": (
        "expandable_types",
        "the functions of `symgraph.compile.ops`",
    ),
    "compile.sharedvalue": (
        "generic_constructor",
        "`symgraph.shared`",
    ),
    "configdefaults": (
        "check_mkl_openmp compiledir_format_dict compiledir_format_keys ContextsParam count default_base_compiledir default_blas_ldflags "
        "default_compiledir default_compiledir_format default_compiledirname default_cuda_include default_dnn_base_path default_dnn_bin_path "
        "default_dnn_inc_path default_dnn_lib_path default_openmp deprecated_gpuarray_sync DeviceParam filter_base_compiledir filter_compiledir "
        "filter_mode filter_vm_lazy floatX_convert gcc_version_str get_cuda_root get_home_dir good_seed_param "
        "is_valid_check_preallocated_output_param p_out rc safe_no_dnn_algo_bwd safe_no_dnn_workmem safe_no_dnn_workmem_bwd short_platform "
        "split_version SUPPORTED_DNN_CONV_ALGO_BWD_DATA SUPPORTED_DNN_CONV_ALGO_BWD_FILTER SUPPORTED_DNN_CONV_ALGO_FWD "
        "SUPPORTED_DNN_CONV_ALGO_RUNTIME SUPPORTED_DNN_CONV_PRECISION try_blas_flag var warn_cxx warn_default",
        "`symgraph.config`",
    ),
    "configparser": (
        "config_files theano_cfg THEANO_FLAGS_DICT theano_raw_cfg",
        "`symgraph.config`",
    ),
    "d3viz.formatting": (
        "apply_label apply_profile broadcastable_to_str dict_to_pdnode dtype_to_char PyDotFormatter type_to_str var_label var_tag",
        "`symgraph.printing`",
    ),
    "gof": (
        "CachedConstantError CheckStackTraceOptimization DestroyHandler HideC WrapLinker WrapLinkerMany",
        "`symgraph.graph`",
    ),
    "gof.compiledir": (
        "basecompiledir_ls basecompiledir_purge cleanup compiledir_purge print_compiledir_content print_title",
        "nothing; `symgraph.config.compiledir` is where compiled functions are kept",
    ),
    "gof.graph": (
        "is_same_graph_with_merge NoParams",
        "`symgraph.graph`",
    ),
    "gof.op": (
        "apply_meth CLinkerObject ops_with_inner_function simple_meth",
        "`symgraph.graph`",
    ),
    "gof.utils": (
        "c_cpp_keywords",
        "`symgraph.graph`",
    ),
    "gradient": (
        "grad_time",
        "`symgraph.gradient`",
    ),
    "pathparse": (
        "PathParser",
        "nothing",
    ),
    "printing": (
        "greek pydot_imported_msg special use_ascii VALID_ASSOC",
        "`symgraph.printing`",
    ),
    "sandbox.rng_mrg": (
        "mrg_random_make_inplace",
        "`MRG_RandomStreams`",
    ),
    "sparse": (
        "scipy_ver",
        "`symgraph.sparse`",
    ),
    "sparse.basic": (
        "sparse_formats",
        "`symgraph.sparse`",
    ),
    "tensor": (
        "adv_index_broadcastable_pattern alloc_validate_shape as_index_variable BaseAdvancedIncSubtensor BaseAdvancedSubtensor "
        "check_advanced_indexing_dimensions check_and_reject_bool get_canonical_form_slice get_idx_list inc_code make_constant SubtensorPrinter "
        "TensorConstantSignature",
        "the functions of `symgraph.tensor`, `x[...]`, `T.set_subtensor`",
    ),
    "tensor.basic": (
        "constant_cache get_scalar_constant_value_elemwises",
        "the functions of `symgraph.tensor`, `x[...]`, `T.set_subtensor`",
    ),
    "tensor.nnet": (
        "crossentropy_to_crossentropy_with_softmax crossentropy_to_crossentropy_with_softmax_with_bias "
        "graph_merge_softmax_with_crossentropy_softmax softmax_simplifier",
        "the functions of `T.nnet`",
    ),
    "tensor.nnet.conv": (
        "gen_conv_code_unroll_batch_kern",
        "the functions of `T.nnet`",
    ),
    "tensor.nnet.ctc": (
        "local_ctc_no_grad",
        "the functions of `T.nnet`",
    ),
    "tensor.raw_random": (
        "random_make_inplace",
        "`T.raw_random`",
    ),
    "tensor.signal.pool": (
        "MaxPoolRop PoolGrad PoolingMode_t",
        "`T.signal.pool.pool_2d`, whose derivatives are those of `T.grad`",
    ),
    "version": (
        "git_revision",
        "`symgraph.__version__`",
    ),
}
