"""Borders around arrays, as numpy.pad's."""

import numpy as np
import pytest

import symgraph.tensor as T
from symgraph.ops.pad import pad
from tests.ops.agreement import agree, fails
from tests.ops.differences import slopes

A = np.arange(6.0).reshape(2, 3)
WIDTHS = [0, 1, (1, 2), ((0, 2), (3, 1)), ((5,),), np.array([[1, 0], [0, 7]])]


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_modes(mode, widths):
    agree(lambda x: pad(x, widths, mode), A, wanted=np.pad(A, widths, mode))
    agree(lambda x: pad(x, widths, mode), A[:, :1], wanted=np.pad(A[:, :1], widths, mode))
    slopes(lambda x: pad(x, widths, mode) ** 2, A)


def test_constant():
    agree(lambda x, v: pad(x, 1, constant_values=v), A, np.float64(7), wanted=np.pad(A, 1, constant_values=7))
    agree(lambda x: pad(x, (2, 1)), np.zeros((0, 2)), wanted=np.zeros((3, 5)))
    slopes(lambda x, v: pad(x, ((1, 0), (2, 2)), constant_values=v) ** 2, A, np.array(2.0))


def test_symbolic_widths():
    agree(lambda x, n: pad(x, ((n, 0), (0, n + 1)), "edge"), A, np.int64(2), wanted=np.pad(A, ((2, 0), (0, 3)), "edge"))
    assert pad(T.tensor("float64", shape=(2, None)), 1).type.shape == (4, None)
    fails(ValueError, "negative", lambda x, n: pad(x, n), A, np.int64(-1))
    fails(ValueError, "nothing in dimension 0", lambda x: pad(x, 1, "edge"), A[:0])


def test_refused():
    for error, build in (
        (ValueError, lambda: pad(T.dmatrix(), 1, "other")),
        (ValueError, lambda: pad(T.dmatrix(), ((1, 2),) * 3)),
        (TypeError, lambda: pad(T.dmatrix(), 1.5)),
        (TypeError, lambda: pad(T.dmatrix(), 1, constant_values=[1, 2])),
    ):
        with pytest.raises(error):
            build()
