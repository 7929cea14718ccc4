"""The names of arguments and the kinds of results that programs written for Theano rely on; expected values are Theano 1.0.5's."""

import inspect

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

V = np.array([1.0, -2, 3])
M = np.arange(6.0).reshape(2, 3) - 2


def same(found, expected, dtype="float64"):
    found = found.eval() if hasattr(found, "eval") else found
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_methods_take_theanos_keywords():
    v, m = T.constant(V), T.constant(M)
    same(v.clip(a_min=0, a_max=1), [1, 0, 1])
    same(m.dot(right=v), M @ V)
    same(v.fill(value=2.5), [2.5, 2.5, 2.5], "float32")
    same(m.reshape(shape=(3, 2)), M.reshape(3, 2))
    same(m.mean(0, None, True), M.mean(0, keepdims=True))
    same(T.constant([True, False, True]).compress(a=v), [1, 3])


@pytest.mark.parametrize("arguments", [{"axes": (2, 0, 1)}, {"axes": None}, {}])
def test_transpose_by_keyword(arguments):
    x = np.arange(24.0).reshape(2, 3, 4)
    same(T.transpose(T.constant(x), **arguments), x.transpose(arguments.get("axes")))


def test_stack_by_keyword():
    same(T.stack(tensors=[T.constant(V), T.constant(V)], axis=1), np.stack([V, V], axis=1))
    with pytest.raises(TypeError):
        T.stack(arrays=[T.constant(V)])


def test_axis_as_array():
    x = np.arange(24.0).reshape(2, 3, 4)
    same(T.constant(x).sum(axis=np.array(1)), x.sum(1))
    same(T.constant(x).sum(axis=np.array([0, 2])), x.sum((0, 2)))
    same(T.constant(x).argmax(axis=np.array(1)), x.argmax(1), "int64")


@pytest.mark.parametrize("build", [
    lambda m: T.join(-3, m, m), lambda m: T.stack([m, m], axis=5), lambda m: m.swapaxes(0, 3), lambda m: m.sum(axis=2)])
@pytest.mark.parametrize("error", [ValueError, IndexError])
def test_wrong_axis_is_both_errors_of_theano(build, error):
    with pytest.raises(error, match="out of bounds"):
        build(T.constant(M))


@pytest.mark.parametrize(("function", "names"), [
    (symgraph.In, ["variable", "name", "value", "update", "mutable", "strict", "allow_downcast", "autoname", "implicit", "borrow", "shared"]),
    (symgraph.clone, ["output", "replace", "strict", "share_inputs", "copy_inputs"]),
    (T.constant, ["x", "name", "ndim", "dtype"]),
    (symgraph.scan, ["fn", "sequences", "outputs_info", "non_sequences", "n_steps", "truncate_gradient", "go_backwards", "mode", "name",
                     "profile", "allow_gc", "strict", "return_list"]),
    (symgraph.function, ["inputs", "outputs", "mode", "updates", "givens", "no_default_updates", "accept_inplace", "name", "rebuild_strict",
                         "allow_input_downcast", "profile", "on_unused_input"]),
    (symgraph.grad, ["cost", "wrt", "consider_constant", "disconnected_inputs", "add_names", "known_grads", "return_disconnected",
                     "null_gradients"]),
    (symgraph.shared(0).set_value, ["new_value", "borrow"]),
    (T.sum, ["input", "axis", "dtype", "keepdims", "acc_dtype"]),
    (T.var, ["input", "axis", "ddof", "keepdims", "corrected"]),
])
def test_order_of_arguments(function, names):
    assert list(inspect.signature(function).parameters)[:len(names)] == names


def test_clone():
    x, y, w = T.dvector("x"), T.dvector("y"), T.fvector("w")
    same(symgraph.clone(x * 2, replace={x: T.constant(V)}), 2 * V)
    outputs = symgraph.clone([x * 2, x + 1], [(x, y)])
    same(symgraph.function([y], outputs)(V)[1], V + 1)
    with pytest.raises(TypeError, match="replaced"):
        symgraph.clone(x * 2, {x: w})
    assert symgraph.clone(x * 2, {x: w}, strict=False).dtype == "float32"
    same(symgraph.clone(x * 2, {x: [1, 2]}), [2, 4])
    other = symgraph.clone(x * 2, share_inputs=False)
    assert other.owner.inputs[0] is not x
    assert symgraph.clone(x * 2, share_inputs=True).owner.inputs[0] is x


@pytest.mark.parametrize("value", [None, {}, "a", slice(1, 2), object(), [[1], [1, 2]], [1, "a"]])
def test_what_is_no_array_is_no_constant(value):
    with pytest.raises(TypeError):
        T.constant(value)


def test_shared_integers_of_any_size():
    assert symgraph.shared(2**63).dtype == "uint64"
    assert symgraph.shared(2**63 - 1).dtype == "int64"
    assert symgraph.shared(2**64).get_value() == 2**64


def test_losses():
    m, labels = T.constant(M), T.constant(np.array([1, 0], "int32"))
    for found in (T.nnet.crossentropy_softmax_1hot(m, labels), T.nnet.crossentropy_softmax_1hot_with_bias(m, V * 0, labels)):
        assert isinstance(found, list)
        same(found[0], [1.4076059644443804, 2.4076059644443806])
    assert T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, V * 0, labels)[2].dtype == "int32"
    same(T.nnet.softmax_graph(T.constant(V)), [0.11849965453500957, 0.005899750401902781, 0.8756005950630876])
    assert T.nnet.softmax(T.constant(V)).ndim == 2


@pytest.mark.parametrize("count", [1, 3])
def test_a_label_for_every_row(count):
    m, labels = T.dmatrix(), T.ivector()
    f = symgraph.function([m, labels], T.nnet.categorical_crossentropy(T.nnet.softmax(m), labels))
    same(f(M, [0, 0]), [2.4076059644443806, 2.4076059644443806])
    with pytest.raises((ValueError, IndexError)):
        f(M, [0] * count)


@pytest.mark.parametrize(("y", "x", "dtype"), [("int8", "uint16", "float32"), ("bool", "float16", "float32"), ("int32", "int8", "float64")])
def test_dtype_of_arctan2(y, x, dtype):
    assert T.arctan2(T.tensor(y), T.tensor(x)).dtype == dtype


@pytest.mark.parametrize(("re", "im", "dtype"), [
    ("int8", "int8", "complex64"), ("int16", "uint16", "complex128"), ("int32", "int8", "complex128"), ("float32", "int8", "complex64")])
def test_dtype_of_complex(re, im, dtype):
    assert T.complex(T.tensor(re), T.tensor(im)).dtype == dtype


def test_norm_of_integers_is_a_float():
    same(T.constant(np.array([-3, 4], "int8")).norm(1), 7.0)


def test_remainder_of_complex_numbers():
    with pytest.raises(symgraph.errors.ComplexError):
        T.zscalar() % 2


def test_constructors_up_to_seven_dimensions():
    assert T.tensor7().ndim == 7 and T.ftensor6("x").dtype == "float32" and [x.name for x in T.dtensor6s("a", "b")] == ["a", "b"]
