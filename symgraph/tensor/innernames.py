"""Names of Theano's `tensor` that few programs use, for its tree of modules (symgraph/theano/tree.py): names only, each loaded when asked for."""

from typing import Any

from symgraph.late import late

__getattr__, _names = late(__name__, {
    "symgraph.ops.slices": "MakeSlice NoneConst NoneTypeT SliceConstant SliceType as_int_none_variable make_slice none_type_t slicetype",
    "symgraph.tensor.older": "MulWithoutZeros ProdWithoutZeros advanced_inc_subtensor advanced_inc_subtensor1 advanced_set_subtensor"
    " advanced_set_subtensor1 advanced_subtensor advanced_subtensor1 hash_from_ndarray mul_without_zeros scalar_from_tensor=as_it_is"
    " shape_of_variables tensor_from_scalar=as_it_is",
    "symgraph.tensor.olderops": "ARange AdvancedBooleanIncSubtensor AdvancedBooleanSubtensor AdvancedIncSubtensor1 AdvancedSubtensor1 AllocEmpty"
    " Choose CrossentropyCategorical1Hot CrossentropyCategorical1HotGrad CrossentropySoftmax1HotWithBiasDx CrossentropySoftmaxArgmax1HotWithBias"
    " Default MaxAndArgmax Mean PermuteRowElements Prepend_scalar_constant_to_each_row Prepend_scalar_to_each_row ScalarFromTensor SoftmaxGrad"
    " SoftmaxWithBias TensorFromScalar Tri advanced_boolean_inc_subtensor advanced_boolean_set_subtensor advanced_boolean_subtensor"
    " crossentropy_categorical_1hot_grad crossentropy_softmax_1hot_with_bias_dx default join_ prepend_0_to_each_row prepend_1_to_each_row"
    " prepend_scalar_to_each_row setdefault softmax_grad",
    "symgraph.tensor.olderscalars": "div_proxy",
    "symgraph.tensor.oldervalues": "MATRIX_STRUCTURES check_and_normalize_axes check_equal_numpy complex_matrix_types complex_scalar_types"
    " complex_types complex_vector_types constructor equal_slices float16_atol float16_rtol float32_atol float32_rtol float64_atol float64_rtol"
    " float_matrix_types float_scalar_types float_types float_vector_types hash_from_sparse int32 int32_t int_matrix_types int_scalar_types"
    " int_types int_vector_types is_flat key_to_cmp makeKeepDims numpy_diagonal_return_view numpy_scalar register_transfer transfer"
    " values_eq_approx values_eq_approx_always_true values_eq_approx_remove_inf values_eq_approx_remove_inf_nan values_eq_approx_remove_nan",
})


def __dir__() -> list[Any]:
    """Nothing: what `import *` brings stays what the face of tensors has."""
    return []
