"""Small names of Theano: folds, lengths, dtype lists; values are Theano 1.0.5's."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

V = np.array([1.0, -2, 3])


@pytest.mark.parametrize(("fold", "expected"), [(symgraph.foldl, 11), (symgraph.foldr, 17)])
def test_folds(fold, expected):
    v = T.dvector()
    result, updates = fold(lambda x, total: x - 2 * total, v, T.constant(0.0, dtype="float64"))
    assert result.eval({v: V}) == expected
    assert not updates


def test_map_and_reduce():
    v, w = T.dvector(), T.dvector()
    doubled, _ = symgraph.map(lambda x, y, k: x * y + k, [v, w], non_sequences=10.0)
    np.testing.assert_array_equal(doubled.eval({v: V, w: V}), V * V + 10)
    backwards, _ = symgraph.map(lambda x: x, v, go_backwards=True)
    np.testing.assert_array_equal(backwards.eval({v: V}), V[::-1])
    both, _ = symgraph.reduce(lambda x, a, b: [a + x, b * x], v, [T.constant(0.0, dtype="float64"), T.constant(1.0, dtype="float64")])
    assert [x.eval({v: V}) for x in both] == [2, -6]


def test_length_of_vectors():
    s = T.dscalar()
    assert T.get_vector_length(T.dmatrix().shape) == 2
    assert T.get_vector_length(T.stack([s, s])) == 2
    assert T.get_vector_length([1, 2, 3]) == 3
    with pytest.raises(ValueError, match="length not known"):
        T.get_vector_length(T.dvector())
    with pytest.raises(TypeError):
        T.get_vector_length(T.dmatrix())


@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_the_empty_list_is_floats(floatx):
    with symgraph.config.change_flags(floatX=floatx):
        assert T.constant([]).dtype == floatx
        assert T.constant(np.zeros(0)).dtype == "float64"


def test_parents():
    x = T.dvector()
    y = x * 2
    assert y.get_parents() == [y.owner] and x.get_parents() == []


def test_lists_of_dtypes():
    assert set(T.all_dtypes) == set(T.discrete_dtypes) | set(T.continuous_dtypes)
    assert set(T.int_dtypes) | set(T.uint_dtypes) == set(T.integer_dtypes)
