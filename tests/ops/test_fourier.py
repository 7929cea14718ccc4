"""Fourier transforms: Theano's forms, real input from complex gradients, stacks, bad input."""

import numpy as np
import pytest
import scipy.fft
from agreement import agree, fails, values

import symgraph
import symgraph.tensor as T
from symgraph.errors import AxisError

F = T.fourier


def test_pairs_of_theano():
    """What Theano 1.0.5 gave for these."""
    a = np.array([[1.0, 2.0, 4.0, 8.0], [0.5, -1.0, 3.0, 0.0]])
    pairs = np.array([[[15, 0], [-3, 6], [-5, 0]], [[2.5, 0], [-2.5, 1], [4.5, 0]]])
    agree(lambda x: [T.fft.rfft(x), T.fft.rfft(x, "ortho"), T.fft.rfft(x, norm="no_norm")], a, wanted=[pairs, pairs / 2, pairs])
    agree(lambda x: [T.fft.irfft(x), T.fft.irfft(x, "ortho"), T.fft.irfft(x, norm="no_norm")], pairs, wanted=[a, a * 2, a * 4])
    odd = np.stack([np.fft.irfft(pairs[..., 0] + 1j * pairs[..., 1], 5)])[0]
    agree(lambda x: T.fft.irfft(x, is_odd=True), pairs, wanted=odd)
    agree(lambda x: [T.fft.rfft_op(x), T.fft.rfft_op(x, [2]), T.fft.irfft_op(T.fft.rfft_op(x)), T.fft.irfft_op(T.fft.rfft_op(x), [4])],
          a, wanted=[pairs, [[[3, 0], [-1, 0]], [[-0.5, 0], [1.5, 0]]], a * 4, a * 4])  # fmt: skip


@pytest.mark.parametrize("shape", [(6,), (5,), (3, 4), (4, 3, 5)])
def test_the_gradient_is_the_adjoint(shape):
    """<F x, g> = <x, F* g> for each transform, by random vectors, to the last digits."""
    random = np.random.RandomState(0)
    a = random.standard_normal(shape)
    for name in ("fftn", "ifftn", "rfftn"):
        x = T.tensor("float64", shape=(None,) * len(shape))
        y = getattr(F, name)(x, norm="ortho")
        weight = y.eval({x: a}) * 0 + random.standard_normal(y.eval({x: a}).shape) + 1j * random.standard_normal(y.eval({x: a}).shape)
        g = symgraph.grad((y * T.constant(weight.conj())).real.sum(), x).eval({x: a})
        basis = np.eye(a.size).reshape(a.size, *shape)
        matrix = getattr(scipy.fft, name)(basis, axes=tuple(range(1, a.ndim + 1)), norm="ortho").reshape(a.size, -1)
        np.testing.assert_allclose(g.ravel(), (matrix @ weight.conj().ravel()).real, rtol=1e-12, atol=1e-13)


def test_gradient_of_a_complex_input():
    """d/dRe + i d/dIm of |F z - t|**2."""
    random = np.random.RandomState(1)
    a, t = (random.standard_normal((2, 4, 2)) @ [1, 1j] for _ in range(2))
    z = T.zmatrix()
    difference = F.fft(z) - T.constant(t)
    g = symgraph.grad((difference.real**2 + difference.imag**2).sum(), z)
    np.testing.assert_allclose(g.eval({z: a}), 8 * np.fft.ifft(np.fft.fft(a) - t), rtol=1e-12)


def test_convolution_theorem_and_stacks():
    random = np.random.RandomState(2)
    a, b = random.standard_normal(8), random.standard_normal(8)
    product = lambda x, y: F.irfft(F.rfft(x) * F.rfft(y), 8)
    wanted = np.array([sum(a[j] * b[(k - j) % 8] for j in range(8)) for k in range(8)])
    agree(product, a, b, wanted=wanted, tolerance=1e-12)
    x, y = T.dvectors(2)
    stack = T.dmatrix()
    rows = symgraph.vectorize_graph(product(x, y), {x: stack})
    np.testing.assert_allclose(rows.eval({stack: np.stack([a, b]), y: b})[0], wanted, rtol=1e-12)


def test_strides_and_orders():
    a = np.arange(24.0).reshape(4, 6)
    for view in (a[::-1, ::2], np.asfortranarray(a), a[1:, 1:]):
        agree(lambda x: F.fft(x, axis=0), view, wanted=np.fft.fft(view, axis=0))


def test_numpy_functions_build_expressions():
    x = T.dmatrix()
    a = np.random.RandomState(0).standard_normal((3, 4))
    built = [np.fft.fft(x), np.fft.irfft(x, 5, 0, "ortho"), np.fft.rfftn(x, axes=(0,)), np.fft.fftshift(x, axes=1), np.fft.ifft2(x)]
    wanted = [np.fft.fft(a), np.fft.irfft(a, 5, 0, "ortho"), np.fft.rfftn(a, axes=(0,)), np.fft.fftshift(a, axes=1), np.fft.ifft2(a)]
    for got, right in zip(symgraph.function([x], built)(a), wanted):
        np.testing.assert_allclose(got, right, rtol=1e-12, atol=1e-14)


BAD = [
    (lambda: F.fft(T.dscalar()), AxisError, "out of bounds"),
    (lambda: F.fft(T.dvector(), axis=1), AxisError, "out of bounds"),
    (lambda: F.fft(T.dvector(), norm="whole"), ValueError, "norm must be"),
    (lambda: F.hfft(T.dvector(), norm="whole"), ValueError, "norm must be"),
    (lambda: F.fft(T.dvector(), n=0), ValueError, "of 0 elements"),
    (lambda: F.irfft(T.dvector(), n=-1), ValueError, "of -1 elements"),
    (lambda: F.fft(T.dvector(), n=2.5), TypeError, "must be an integer"),
    (lambda: F.fftn(T.dmatrix(), (2, 3, 4)), ValueError, "3 sizes for 2 dimensions"),
    (lambda: F.fftn(T.dmatrix(), (2, 3), (0,)), ValueError, "2 sizes for 1 axes"),
    (lambda: F.fftn(T.dmatrix(), axes=(0, 0)), ValueError, "twice"),
    (lambda: F.fft2(T.dvector()), AxisError, "out of bounds"),
    (lambda: F.rfft(T.zvector()), TypeError, "takes real numbers"),
    (lambda: F.fftfreq(0), ValueError, "frequencies of 0"),
    (lambda: T.fft.rfft(T.dvector()), TypeError, "two dimensions or more"),
    (lambda: T.fft.irfft(T.dmatrix()), TypeError, "three dimensions or more"),
    (lambda: T.fft.rfft(T.dmatrix(), "123"), ValueError, "norm"),
    (lambda: T.fft.irfft(T.dtensor3(), is_odd=2), ValueError, "is_odd"),
    (lambda: T.fft.rfft_op(T.dmatrix(), [1.5]), TypeError, "integer"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD)
def test_bad_input(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_bad_input_of_a_call():
    fails(ValueError, "no element along axis 1", lambda x: F.fft(x), np.zeros((2, 0)))
    fails(ValueError, "no element along axis", lambda x: F.irfft(x), np.zeros((2, 1), complex))
    fails(ValueError, "elements", lambda x, n: F.fft(x, n), np.zeros((2, 3)), np.asarray(-1))
    fails(ValueError, "frequencies of 0 elements", lambda n: F.fftfreq(n), np.asarray(0))


def test_empty_batches():
    assert all(r[0].shape == (0, 3) for r in values(lambda x: F.fft(x), np.zeros((0, 3))))
