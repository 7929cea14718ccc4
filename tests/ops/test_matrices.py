"""Factorizations and linear systems: what is refused, what fails at the call, derivatives by complex matrices."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from agreement import agree, fails

import symgraph
import symgraph.tensor as T
from symgraph.errors import DisconnectedInputError, locate
from symgraph.expr.evaluate import evaluate
from symgraph.ops.linalg.banded import solve_banded, solveh_banded
from symgraph.ops.linalg.cholesky import Cholesky, cho_solve, cholesky
from symgraph.ops.linalg.inverse import det, inv, slogdet
from symgraph.ops.linalg.leastsquares import lstsq
from symgraph.ops.linalg.lu import ApplyPivots, lu, lu_factor, lu_solve
from symgraph.ops.linalg.qr import qr
from symgraph.ops.linalg.solve import Solve, solve
from symgraph.ops.linalg.tensors import tensorinv, tensorsolve
from symgraph.ops.linalg.triangular import SolveTriangular, solve_triangular

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

LinAlgError = np.linalg.LinAlgError
random = np.random.RandomState(3)


def definite(n, *leading, dtype="float64"):
    a = random.uniform(-1, 1, (*leading, n, n))
    if dtype.startswith("complex"):
        a = a + 1j * random.uniform(-1, 1, (*leading, n, n))
    return (a @ a.swapaxes(-1, -2).conj() + np.eye(n)).astype(dtype)


OBLONG = T.tensor("float64", shape=(2, 3))

# What is refused as the expression is built: error, text, what is built.
REFUSED = [
    (ValueError, "at least two dimensions", lambda: cholesky(T.dvector())),
    (ValueError, "at least two dimensions", lambda: cholesky(2.0)),
    (LinAlgError, "got 2 rows and 3 columns", lambda: cholesky(T.tensor("float64", shape=(2, 3)))),
    (ValueError, "on_error", lambda: Cholesky(on_error="warn")),
    (ValueError, "at least two dimensions", lambda: solve_triangular(T.dvector(), T.dvector())),
    (ValueError, "at least two dimensions", lambda: solve_triangular(T.dmatrix(), T.dscalar())),
    (ValueError, "trans must be", lambda: solve_triangular(T.dmatrix(), T.dvector(), trans=3)),
    (ValueError, "the matrix has 3 rows, but the right side 2",
     lambda: solve_triangular(T.tensor("float64", shape=(3, 3)), T.tensor("float64", shape=(2, 1)))),
    (ValueError, "stacks of 2 and 3 matrices",
     lambda: solve_triangular(T.tensor("float64", shape=(2, 3, 3)), T.tensor("float64", shape=(3, 3, 1)))),
    (LinAlgError, "square", lambda: solve_triangular(T.tensor("float64", shape=(3, 2)), T.dvector())),
    (LinAlgError, "inv takes square", lambda: inv(T.tensor("float64", shape=(4, 3, 2)))),
    (LinAlgError, "det takes square", lambda: det(T.tensor("float64", shape=(3, 2)))),
    (LinAlgError, "slogdet takes square", lambda: slogdet(T.tensor("float64", shape=(3, 2)))),
    (ValueError, "inv takes a matrix or a stack", lambda: inv(T.dvector())),
    (ValueError, "det takes a matrix or a stack", lambda: det(3.0)),
    (ValueError, "assume_a must be one of", lambda: solve(T.dmatrix(), T.dvector(), assume_a="nice")),
    (ValueError, "solve takes a matrix", lambda: solve(T.dvector(), T.dvector())),
    (ValueError, "but the right side 2", lambda: solve(T.tensor("float64", shape=(3, 3)), T.tensor("float64", shape=(2,)))),
    (ValueError, "Invalid matrix structure", lambda: Solve("diagonal")),
    (ValueError, "lu_factor takes a matrix", lambda: lu_factor(T.dvector())),
    (ValueError, "trans must be 0, 1 or 2", lambda: lu_solve(lu_factor(T.dmatrix()), T.dvector(), "T")),
    (TypeError, "pivots must be", lambda: ApplyPivots()(T.dmatrix(), T.dvector())),
    (NotImplementedError, "square matrices", lambda: symgraph.grad(lu_factor(OBLONG)[0].sum(), OBLONG)),
    (ValueError, "mode must be one of", lambda: qr(T.dmatrix(), "thin")),
    (ValueError, "qr takes a matrix", lambda: qr(T.dvector())),
    (NotImplementedError, "reflectors", lambda: symgraph.grad(qr(OBLONG, "raw")[0].sum(), OBLONG)),
    (NotImplementedError, "known not to be tall", lambda: symgraph.grad(qr(T.transpose(OBLONG), "complete")[0].sum(), OBLONG)),
    (TypeError, "rcond must be a number", lambda: lstsq(T.dmatrix(), T.dvector(), rcond="small")),
    (DisconnectedInputError, "not part of|disconnected|does not|influence", lambda: symgraph.grad(lstsq(OBLONG, T.dvector())[3].sum(), OBLONG)),
    (ValueError, "has 2 rows, but the right side 3", lambda: lstsq(OBLONG, T.tensor("float64", shape=(3,)))),
    (ValueError, "must be known", lambda: solveh_banded(T.dmatrix(), T.dvector())),
    (ValueError, "must be known", lambda: solveh_banded(T.dvector(), T.dvector())),
    (TypeError, "known integers", lambda: solve_banded((1.0, 1), T.dmatrix(), T.dvector())),
    (ValueError, "must not be negative", lambda: solve_banded((-1, 1), T.dmatrix(), T.dvector())),
    (ValueError, "1 \\+ 1 \\+ 1 diagonals, but 2 rows", lambda: solve_banded((1, 1), T.tensor("float64", shape=(2, 4)), T.dvector())),
    (ValueError, "Invalid ind argument", lambda: tensorinv(T.dtensor3(), 0)),
    (LinAlgError, "inv takes square", lambda: tensorinv(T.tensor("float64", shape=(2, 3, 5)))),
    (ValueError, "b has 3 dimensions, a only 2", lambda: tensorsolve(T.dmatrix(), T.dtensor3())),
    (TypeError, "of one dtype", lambda: SolveTriangular()(T.dmatrix(), T.fmatrix())),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[1])
def test_refused(case):
    error, text, build = case
    with pytest.raises(error, match=text):
        build()


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
INFINITE = np.array([[1.0, np.inf], [0.0, 1.0]])
SHORT = np.ones((2, 3))

# What fails at the call: error, text, what is built, arrays.
FAILING = [
    (LinAlgError, "not positive definite", cholesky, [-np.eye(3)]),
    (LinAlgError, "not positive definite", cholesky, [-np.eye(12)]),
    (LinAlgError, "not positive definite", cholesky, [np.stack([np.eye(2), -np.eye(2)])]),
    (LinAlgError, "not positive definite", cholesky, [np.zeros((2, 2), "int64")]),
    (LinAlgError, "got 2 rows and 3 columns|square", cholesky, [SHORT]),
    (ValueError, "infs or NaNs", lambda a: cholesky(a, check_finite=True), [INFINITE]),
    (LinAlgError, "singular", lambda a, b: solve_triangular(a, b), [np.zeros((2, 2)), np.ones(2)]),
    (LinAlgError, "singular", lambda a, b: solve_triangular(a, b), [np.zeros((10, 10)), np.ones(10)]),
    (LinAlgError, "Singular matrix", inv, [SINGULAR]),
    (LinAlgError, "Singular matrix", inv, [np.ones((12, 12))]),
    (LinAlgError, "Singular matrix", inv, [np.zeros((9, 2, 2), "complex64")]),
    (LinAlgError, "square", inv, [SHORT]),
    (LinAlgError, "square", det, [SHORT]),
    *[(LinAlgError, "Singular matrix", solve, [a, np.ones(len(a))]) for a in (SINGULAR, np.ones((12, 12)))],
    (LinAlgError, "Singular matrix", lambda a, b: solve(a, b, assume_a="sym"), [np.zeros((12, 12)), np.ones(12)]),
    *[(LinAlgError, "not positive definite", lambda a, b: solve(a, b, assume_a="pos"), [-np.eye(n), np.ones(n)]) for n in (2, 12)],
    (LinAlgError, "singular", lambda a, b: lu_solve(lu_factor(a), b), [SINGULAR, np.ones(2)]),
    (IndexError, "a pivot is no row: 2 rows", lambda x, p: ApplyPivots()(x, p), [np.eye(2), np.array([0, 2])]),
    (ValueError, "cannot be exchanged", lambda x, p: ApplyPivots()(x, p), [np.eye(2), np.array([0, 1, 1])]),
    (LinAlgError, "singular", lambda a, b: solve_banded((0, 0), a, b), [np.zeros((1, 3)), np.ones(3)]),
    (ValueError, "but the right side|mismatch", lambda a, b: lstsq(a, b)[0], [np.eye(2), np.ones(3)]),
    (ValueError, "but the right side|mismatch", solve, [np.eye(2), np.ones(3)]),
    (ValueError, "infs or NaNs", lambda a, b: solve(a, b, check_finite=True), [np.eye(2), np.array([np.nan, 1])]),
    (ValueError, "infs or NaNs", lambda a, b: solve_triangular(a, b, check_finite=True), [INFINITE, np.ones(2)]),
    (ValueError, "but the right side|mismatch", lambda a, b: solve_triangular(a, b), [np.eye(2), np.ones(3)]),
    (ValueError, "stacks of|mismatch|broadcast", lambda a, b: solve_triangular(a, b), [np.ones((2, 2, 2)), np.ones((3, 2, 2))]),
]


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case[1])
def test_failing(case):
    error, text, build, arrays = case
    fails(error, text, build, *arrays)


def test_failure_has_the_line():
    x = T.dmatrix("x")
    f = symgraph.function([x], cholesky(x))
    with pytest.raises(LinAlgError, match=r"not positive definite\n.*Cholesky.*x: float64\(2, 2\)\n.*test_matrices.py") as caught:
        f(-np.eye(2))
    assert locate(caught.value, None).line.filename.endswith("test_matrices.py")


def test_nan():
    """No error where numpy gives none: NaN in, NaN out."""
    a = np.array([[4.0, 0.0], [np.nan, 9.0]])
    (judge,) = evaluate([cholesky(T.constant(a), on_error="nan")], {})
    assert np.isnan(judge[1]).all()


def test_singular_determinants():
    for n in (2, 12):
        agree(lambda x: [det(x), *slogdet(x)], np.zeros((n, n)), wanted=[0.0, 0.0, -np.inf])


def test_forms_of_theano():
    a, b = definite(3), random.uniform(-1, 1, 3)
    for structure, lower, matrix in [
        ("general", False, a), ("symmetric", True, a), ("lower_triangular", True, np.tril(a)), ("upper_triangular", False, np.triu(a)),
    ]:
        agree(Solve(structure, lower), a, b, wanted=np.linalg.solve(matrix, b))
    x, y = T.dmatrix(), T.dvector()
    found = evaluate([f(x, y) for f in (T.slinalg.solve_lower_triangular, T.slinalg.solve_upper_triangular, T.slinalg.solve_symmetric)], {x: a, y: b})
    for value, matrix in zip(found, (np.tril(a), np.triu(a), a)):
        np.testing.assert_allclose(value, np.linalg.solve(matrix, b))


def test_classes_of_theano():
    a, b = definite(3), random.uniform(-1, 1, (3, 2))
    x, y = T.dmatrix(), T.dmatrix()
    n, s = T.nlinalg, T.slinalg
    found = evaluate([
        *n.QRFull("reduced")(x), n.QRIncomplete("r")(x), n.lstsq()(x, y, 1e-10)[0], n.TensorInv(1)(x), n.TensorSolve()(x, y[:, 0]),
        s.CholeskyGrad()(x, s.cholesky(x), y @ y.T),
    ], {x: a, y: b})
    (slope,) = evaluate([symgraph.grad((s.cholesky(x) * (y @ y.T)).sum(), x)], {x: a, y: b})
    wanted = [*np.linalg.qr(a), np.linalg.qr(a, "r"), np.linalg.solve(a, b), np.linalg.inv(a), np.linalg.solve(a, b[:, 0]), slope]
    for got, right in zip(found, wanted):
        np.testing.assert_allclose(got, right, rtol=1e-9, atol=1e-12)


def test_numpy_functions():
    a, b = definite(3), random.uniform(-1, 1, (3, 2))
    x, y = T.dmatrix(), T.dmatrix()
    calls = [
        lambda p, q: np.linalg.cholesky(p), lambda p, q: np.linalg.solve(p, q), lambda p, q: np.linalg.inv(p), lambda p, q: np.linalg.det(p),
        lambda p, q: np.linalg.slogdet(p)[1], lambda p, q: np.linalg.qr(p, mode="r"), lambda p, q: np.linalg.lstsq(p, q, rcond=None)[0],
        lambda p, q: np.linalg.tensorinv(p, ind=1), lambda p, q: np.linalg.tensorsolve(p, q[:, 0]),
    ]
    for call, value in zip(calls, evaluate([call(x, y) for call in calls], {x: a, y: b})):
        np.testing.assert_allclose(value, call(a, b), rtol=1e-9)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 17])
def test_blocks_of_small_matrices(count):
    """Stacks that fill blocks and stacks that do not; rows must be exchanged."""
    a = random.uniform(-1, 1, (count, 3, 3)) * np.array([1e-3, 1, 1e3])[:, None]
    b = random.uniform(-1, 1, (count, 3, 2))
    wanted = [np.linalg.inv(a), np.linalg.det(a), np.linalg.solve(a, b)]
    agree(lambda x, y: [inv(x), det(x), solve(x, y)], a, b, wanted=wanted, tolerance=1e-9)


def test_integers_and_half():
    agree(cholesky, np.array([[4, 2], [2, 5]]), wanted=np.array([[2.0, 0], [1, 2]]))
    agree(cholesky, np.array([[4, 2], [2, 5]], "float16"), wanted=np.array([[2, 0], [1, 2]], "float32"), tolerance=1e-6)


def slopes_by_parts(build, point, step=1e-6):
    """The gradient d/dRe + i d/dIm of a real cost of a complex matrix, by central differences and by `grad`."""
    x = T.tensor("complex128", shape=(None,) * point.ndim)
    cost = build(x)
    (got,) = evaluate([symgraph.grad(cost, x)], {x: point})
    wanted = np.zeros_like(point)
    for at in np.ndindex(*point.shape):
        for part in (1, 1j):
            ends = []
            for sign in (1, -1):
                moved = point.copy()
                moved[at] += sign * step * part
                ends.append(float(evaluate([cost], {x: moved})[0]))
            wanted[at] += part * (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


def weighted(x):
    weights = np.random.RandomState(0).uniform(0.5, 1.5, (3, 3)) + 1j * np.random.RandomState(1).uniform(0.5, 1.5, (3, 3))
    return (x * T.constant(weights)).real.sum()


COMPLEX = {
    "cholesky": lambda x: weighted(cholesky(x)),
    "cholesky upper": lambda x: weighted(cholesky(x, lower=False)),
    "solve_triangular": lambda x: weighted(solve_triangular(x, x + 1)),
    "solve_triangular C": lambda x: weighted(solve_triangular(x, x + 1, trans="C", lower=True)),
    "qr": lambda x: weighted(qr(x)[0]) + weighted(qr(x)[1]),
    "lu": lambda x: weighted(lu_factor(x)[0]),
    "lstsq": lambda x: weighted(lstsq(x, x + 1)[0]),
    "inv": lambda x: weighted(inv(x)),
    "det": lambda x: (det(x) * (2 - 1j)).real,
    "slogdet": lambda x: (slogdet(x)[0] * (2 - 1j)).real + slogdet(x)[1],
    "solve": lambda x: weighted(solve(x, x + 1)),
    "solve transposed": lambda x: weighted(solve(x, x + 1, transposed=True)),
    **{f"solve {kind}": lambda x, kind=kind: weighted(solve(x, x + 1, assume_a=kind)) for kind in ("sym", "her", "pos")},
    "solve pos transposed": lambda x: weighted(solve(x, x + 1, assume_a="pos", lower=True, transposed=True)),
    "cho_solve": lambda x: weighted(cho_solve((x, True), x + 1)),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_derivatives(name):
    slopes_by_parts(COMPLEX[name], definite(3, dtype="complex128"))


@pytest.mark.parametrize("n", [3, 12])
def test_single_precision_stays(n):
    a, b = definite(n, dtype="float32"), random.uniform(-1, 1, (n, 2)).astype("float32")

    def build(x, y):
        kinds = [solve(x, y, assume_a=kind) for kind in ("gen", "pos", "sym")]
        return [cholesky(x), inv(x), slogdet(x)[1], solve_triangular(x, y, lower=True), lu_solve(lu_factor(x), y), qr(x, "r"), lstsq(x, y)[0], *kinds]

    x = np.linalg.solve(a, b)
    wanted = [
        np.linalg.cholesky(a), np.linalg.inv(a), np.linalg.slogdet(a)[1], np.linalg.solve(np.tril(a), b), x, np.linalg.qr(a, "r"), x, x, x, x,
    ]
    agree(build, a, b, wanted=wanted, tolerance=2e-4)


def test_examples_side_by_side():
    """vectorize: stacks of what is written for one matrix, also where an input is shared."""
    a, b = definite(3, 4), random.uniform(-1, 1, (4, 3))
    x, y, stack, sides = T.dmatrix(), T.dvector(), T.dtensor3(), T.dmatrix()
    built = [cholesky(x), inv(x), det(x), solve(x, y), lu_solve(lu_factor(x), y), qr(x, "r"), lstsq(x, y)[0]]
    for over in ({x: stack, y: sides}, {x: stack}, {y: sides}):
        outputs = symgraph.vectorize_graph(built, over)
        given = {x: a[0], y: b[0], stack: a, sides: b}
        for got, plain in zip(evaluate(outputs, given), built):
            wanted = np.array([evaluate([plain], {x: a[k] if x in over else a[0], y: b[k] if y in over else b[0]})[0] for k in range(4)])
            np.testing.assert_allclose(np.broadcast_to(got, wanted.shape), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("lower", [False, True])
def test_definite_banded_systems(lower, dtype):
    bands, right = random.uniform(-1, 1, (3, 5)).astype(dtype), random.uniform(-1, 1, (5, 2)).astype(dtype)
    if dtype == "complex128":
        bands += 1j * random.uniform(-1, 1, (3, 5))
    bands[0 if lower else 2] = 9
    a, b = T.tensor(dtype, shape=(3, None)), T.tensor(dtype, shape=(None, None))
    for n in (5, 2):  # of two rows the third diagonal has no element
        wanted = scipy.linalg.solveh_banded(bands[:, :n], right[:n], lower=lower)
        np.testing.assert_allclose(solveh_banded(a, b, lower).eval({a: bands[:, :n], b: right[:n]}), wanted, rtol=1e-12)
    if dtype == "float64":
        T.verify_grad(lambda p, q: solveh_banded(T.specify_shape(p, (3, 5)), q, lower), [bands, right])


def test_places_of_lu():
    x = T.dmatrix()
    for value in (random.uniform(-1, 1, (4, 3)), random.uniform(-1, 1, (3, 4)), np.eye(3)[::-1]):
        places, low, upper = (y.eval({x: value}) for y in lu(x, p_indices=True))
        assert places.dtype == "int32"
        np.testing.assert_allclose((low @ upper)[places], value, atol=1e-14)
        np.testing.assert_array_equal(places, scipy.linalg.lu(value, p_indices=True)[0])
