"""Rules of linear algebra: what becomes of an expression, that the values stay, and where a rule must keep off.

A row: what is written, names that must be in the optimised graph, names that must not.
"""

from __future__ import annotations

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.expr.walk import toposort
from symgraph.tensor.linalg import cholesky, det, inv, slogdet, solve

x, y, v = T.dmatrix("x"), T.dmatrix("y"), T.dvector("v")
stack, sides = T.dtensor3("stack"), T.dtensor3("sides")
square = x + 5 * T.eye(x.shape[0])
wide = T.tensor("float64", shape=(2, 3), name="wide")


def with_diagonal(a):
    return a.T @ a + 0.5 * T.eye(a.shape[1])


ROWS = {
    "inv @ matrix": (lambda: inv(square) @ y, "SolveSystem", "MatrixInverse"),
    "inv @ vector": (lambda: inv(square) @ v, "SolveSystem", "MatrixInverse"),
    "inv' @ matrix": (lambda: inv(square).T @ y, "SolveSystem", "MatrixInverse"),
    "matrix @ inv": (lambda: y @ inv(square), "SolveSystem", "MatrixInverse"),
    "matrix' @ inv'": (lambda: y.T @ inv(square).T, "SolveSystem", "MatrixInverse"),
    "vector @ inv": (lambda: v @ inv(square), "SolveSystem", "MatrixInverse"),
    "inv @ stack": (lambda: inv(stack) @ sides, "SolveSystem", "MatrixInverse"),
    "inverse looked at": (lambda: [inv(square) @ y, inv(square)], "MatrixInverse", "SolveSystem"),
    "inv of inv": (lambda: inv(inv(square)), "", "MatrixInverse"),
    "det of inv": (lambda: det(inv(square)), "Det", "MatrixInverse"),
    "det of a triangle": (lambda: det(T.tril(square)), "Prod", "Det"),
    "log of abs of det": (lambda: T.log(abs(det(square))), "SLogDet", "Det"),
    "log of det": (lambda: T.log(det(square)), "SLogDet", "Det"),
    "log of det of a definite matrix": (lambda: T.log(det(with_diagonal(x))), "Cholesky", "Det SLogDet"),
    "log of abs of det of a triangle": (lambda: T.log(abs(det(T.triu(x)))), "ExtractDiag", "Det SLogDet"),
    "trace of a product": (lambda: T.linalg.trace(x @ y), "Sum", "dot"),
    "trace of x' y": (lambda: T.linalg.trace(x.T @ y), "Sum", "dot"),
    "trace of a product that is not square": (lambda: T.linalg.trace(wide @ y[:, :2]), "Sum", "dot"),
    "trace of a product looked at": (lambda: [T.linalg.trace(x @ y), x @ y], "dot", ""),
    "solve of a transposed matrix": (lambda: solve(square.T, y), "transposed=True", ""),
    "solve of a Cholesky factor": (lambda: solve(cholesky(with_diagonal(x)), y), "SolveTriangular", "SolveSystem"),
    "solve of its transposed": (lambda: solve(cholesky(with_diagonal(x)).T, y), "SolveTriangular{lower=True, transposed=True", "SolveSystem"),
    "solve of triu": (lambda: solve(T.triu(square) * 2.0, y), "SolveTriangular", "SolveSystem"),
    "solve of tril but one": (lambda: solve(T.tril(square, 1), y), "SolveSystem", "SolveTriangular"),
    "solve of a diagonal": (lambda: solve(T.diag(v + 3), y), "", "SolveSystem SolveTriangular"),
    "solve of a definite matrix": (lambda: solve(with_diagonal(x), y), "assume_a=pos", "assume_a=gen"),
    "solve of x' x": (lambda: solve(x.T @ x, y), "assume_a=gen", "assume_a=pos"),
    "two systems": (lambda: [solve(square, y), solve(square.T, v)], "LuFactor", "SolveSystem"),
    "one system": (lambda: [solve(square, y), solve(square + 1, v)], "SolveSystem", "LuFactor"),
    "a system and its gradient": (lambda: [(c := solve(square, y).sum()), symgraph.grad(c, y)], "LuFactor", "SolveSystem"),
}


def values():
    random = np.random.RandomState(0)
    near = random.uniform(-1, 1, (2, 3, 3)) + 3 * np.eye(3)
    return {
        x: random.uniform(-1, 1, (3, 3)), y: random.uniform(-1, 1, (3, 3)), v: random.uniform(-1, 1, 3), stack: near,
        sides: random.uniform(-1, 1, (2, 3, 2)), wide: random.uniform(-1, 1, (2, 3)),
    }


@pytest.mark.parametrize("name", ROWS)
def test_rule(name):
    build, there, gone = ROWS[name]
    built = build()
    outputs = built if isinstance(built, list) else [built]
    given = values()
    f = symgraph.function(list(given), outputs, on_unused_input="ignore")
    names = [str(node.op) for node in toposort(f.maker.fgraph.outputs)]
    for part in there.split(" ") if "=" not in there else [there]:
        assert any(part in one for one in names), names
    for part in gone.split():
        assert not any(one == part or one.startswith(part + "{") or ("=" in part and part in one) for one in names), names
    for got, right in zip(f(*given.values()), evaluate(outputs, given)):
        np.testing.assert_allclose(got, right, rtol=1e-9, atol=1e-11)


def test_logarithms_gain_digits():
    """The determinant of 1e-3 times the identity of 200 rows is 0 in float64; its logarithm is not."""
    n, a = 200, T.dmatrix()
    f = symgraph.function([a], [T.log(det(a)), T.log(det(-a)), slogdet(a)[1]])
    first, second, wanted = f(1e-3 * np.eye(n))
    assert first == second == wanted
    np.testing.assert_allclose(first, n * np.log(1e-3))
    negative = np.diag([-1.0] + [1.0] * 8)
    assert np.isnan(f(negative)[0])


def test_errors_stay():
    """A singular matrix is one by either way; of a diagonal the division says it."""
    f = symgraph.function([x, y], [inv(x) @ y, solve(x, y)])
    with pytest.raises(np.linalg.LinAlgError, match="(?i)singular"):
        f(np.zeros((9, 9)), np.zeros((9, 1)))
