"""What is known of matrices: inverses that are only multiplied with, determinants that are only looked at by their logarithm, triangles,
diagonals and positive definite sums, which cheaper routines solve; factors that several systems share."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import FLOAT
from symgraph.expr.op import Apply
from symgraph.expr.sizes import static_int
from symgraph.expr.variable import TensorConstant
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.create import Eye
from symgraph.ops.diagonal import AllocDiag, ExtractDiag, Triangle
from symgraph.ops.layout import DimShuffle
from symgraph.ops.linalg import BatchedDot, Dot
from symgraph.ops.linalg.cholesky import Cholesky
from symgraph.ops.linalg.inverse import Det, MatrixInverse, SLogDet
from symgraph.ops.linalg.lu import LuFactor, lu_solve
from symgraph.ops.linalg.solve import SolveSystem
from symgraph.ops.linalg.triangular import SolveTriangular
from symgraph.ops.reduce import Prod, Sum
from symgraph.passes.match import inputs_of, node_of, only_use, scalar_value
from symgraph.passes.replacement import call, keeps_ones, number

__all__ = ["LINEAR", "SHARED_FACTORS", "structure"]

_DEPTH = 4  # of the expression that is looked at for what is known of a matrix
_SMALL = 8  # up to so many rows a matrix is factored as fast as factors are handed on


def _swap(ndim: int) -> tuple[int, ...]:
    return (*range(ndim - 2), ndim - 1, ndim - 2)


def _turned(x: Any) -> Any:
    """x with the last two dimensions exchanged."""
    return DimShuffle(x.ndim, _swap(x.ndim))(x)


def _untransposed(x: Any) -> Any:
    """a where x is a with its last two dimensions exchanged; None otherwise."""
    inner = node_of(x, DimShuffle)
    if inner is None or x.ndim < 2 or inner.inputs[0].ndim != x.ndim or tuple(inner.op.order) != _swap(x.ndim):
        return None
    return inner.inputs[0]


def structure(x: Any, depth: int = _DEPTH) -> str | None:
    """What is known of matrices: "lower" or "upper" triangles, "diagonal"; None: nothing."""
    node = x.owner
    if node is None or depth == 0 or x.ndim < 2:
        return None
    op = node.op
    if isinstance(op, Cholesky):
        return "lower" if op.lower else "upper"
    if isinstance(op, Triangle):
        k = static_int(node.inputs[1])
        return None if k is None or (k < 0 if op.upper else k > 0) else "upper" if op.upper else "lower"
    if isinstance(op, Eye):
        return None if static_int(node.inputs[2]) != 0 else "lower" if op.below else "diagonal"
    if isinstance(op, AllocDiag):
        return "diagonal" if op.offset == 0 and (op.axis1, op.axis2) == (x.ndim - 2, x.ndim - 1) else None
    inner = _untransposed(x)
    if inner is not None:
        return {"lower": "upper", "upper": "lower", "diagonal": "diagonal"}.get(structure(inner, depth - 1) or "")
    factors = inputs_of(x, "mul") or inputs_of(x, "neg")
    if factors is not None:  # zeros stay zeros
        found = [kind for y in factors if not any(y.broadcastable[-2:]) and (kind := structure(y, depth - 1))]
        others = [y for y in factors if scalar_value(y) is not None]
        return found[0] if len(found) == 1 and len(others) == len(factors) - 1 else None
    return None


def _gram(x: Any) -> bool:
    """Whether x is a product of a real matrix with its own transposed."""
    node = node_of(x, Dot)
    if node is None or x.ndim != 2 or x.dtype not in FLOAT:
        return False
    plain = []
    for y, flag in zip(node.inputs, (node.op.transpose_a, node.op.transpose_b)):
        inner = _untransposed(y)
        plain.append((y, flag) if inner is None else (inner, not flag))
    return plain[0][0] is plain[1][0] and plain[0][1] != plain[1][1]


def _positive(x: Any) -> bool:
    """Whether x is a diagonal matrix whose diagonal is known to be positive."""
    if isinstance(x, TensorConstant):
        data = x.data
        square = data.ndim == 2 and data.shape[0] == data.shape[1]
        return bool(square and (np.diag(data) > 0).all() and np.count_nonzero(data) == len(data))
    if node_of(x, Eye) is not None:
        return structure(x) == "diagonal"
    factors = inputs_of(x, "mul")
    if factors is None:
        return False
    values = [scalar_value(y) for y in factors]
    rest = [y for y, value in zip(factors, values) if value is None]
    return len(rest) == 1 and all(value > 0 for value in values if value is not None) and _positive(rest[0])


def _definite(x: Any) -> bool:
    """Whether x is a sum of products with their own transposed and a positive diagonal."""
    terms = inputs_of(x, "add")
    if terms is None or x.ndim != 2 or x.dtype not in FLOAT or any(y.dtype != x.dtype for y in terms):
        return False
    positive = [_positive(y) for y in terms]
    return any(positive) and all(p or _gram(y) for p, y in zip(positive, terms))


# Inverses and determinants --------------------------------------------------------------------------------------------


@rule(Dot, BatchedDot, tags=("inv_as_solve",))
def inverse_times(graph: Graph, node: Apply) -> Any:
    """dot(inv(a), b) -> solve(a, b); dot(b, inv(a)) -> solve(a', b')'; so for stacks"""
    flags = (node.op.transpose_a, node.op.transpose_b)
    for place in (0, 1):
        given = node.inputs[place]
        inner = _untransposed(given) if given.ndim >= 2 else None
        flag = flags[place] != (inner is not None)
        inverse = node_of(given if inner is None else inner, MatrixInverse)
        if inverse is None or not only_use(graph, given) or (inner is not None and not only_use(graph, inner)):
            continue
        (a,), b = inverse.inputs, node.inputs[1 - place]
        vector = b.ndim == 1
        if vector:
            b = DimShuffle(1, (0, "x"))(b)
        elif flags[1 - place] != (place == 1):
            b = _turned(b)
        x = SolveSystem("gen", False, flag != (place == 1))(a, b)
        if vector:
            return DimShuffle(2, (0,))(x)
        return _turned(x) if place == 1 else x
    return None


@rule(MatrixInverse)
def inverse_of_inverse(graph: Graph, node: Apply) -> Any:
    """inv(inv(a)) -> a"""
    inner = node_of(node.inputs[0], MatrixInverse)
    return None if inner is None else inner.inputs[0]


@rule(Det)
def determinant_of(graph: Graph, node: Apply) -> Any:
    """det(inv(a)) -> reciprocal(det(a)); det of a triangle -> the product of its diagonal"""
    (a,) = node.inputs
    inner = node_of(a, MatrixInverse)
    if inner is not None:
        return call("reciprocal", Det()(inner.inputs[0]))
    if structure(a) is None:
        return None
    diagonal = ExtractDiag(0, a.ndim - 2, a.ndim - 1)(a)
    return Prod((diagonal.ndim - 1,), a.dtype, a.dtype)(diagonal)


@rule("log", tags=("local_det_chol", "local_log_prod_sqr"))
def logarithm_of_determinant(graph: Graph, node: Apply) -> Any:
    """log(abs(det(a))) -> slogdet(a)[1]; log(det(a)) -> the same, NaN where det is negative; from the Cholesky factor where a is known to be
    positive definite: products neither overflow nor underflow"""
    (x,) = node.inputs
    absolute = inputs_of(x, "abs")
    found = node_of(absolute[0] if absolute else x, Det)
    if found is None or (absolute is None and x.dtype not in FLOAT):
        return None
    (a,) = found.inputs
    if _definite(a):
        factor = Cholesky()(a)
    elif structure(a) is not None and absolute is not None:
        factor = None
        diagonal = call("abs", ExtractDiag(0, a.ndim - 2, a.ndim - 1)(a))
        out = call("log", diagonal)
        return Sum((out.ndim - 1,), out.dtype, out.dtype)(out)
    else:
        sign, logarithm = SLogDet()(a)
        return logarithm if absolute else call("add", call("log", sign), logarithm)
    out = call("log", ExtractDiag()(factor))
    return call("mul", number(2, out), Sum((0,), out.dtype, out.dtype)(out))


# Systems --------------------------------------------------------------------------------------------------------------


@rule(SolveSystem, SolveTriangular, tags=("transinv_to_invtrans",))
def transposed_system(graph: Graph, node: Apply) -> Any:
    """solve(a', b) -> solve(a, b) that reads a transposed; so for triangles and symmetric matrices"""
    a, b = node.inputs
    inner, op = _untransposed(a), node.op
    if inner is None:
        return None
    if isinstance(op, SolveTriangular):
        return SolveTriangular(not op.lower, not op.transposed, op.unit)(inner, b)
    if op.assume_a == "gen":
        return SolveSystem("gen", False, not op.transposed)(inner, b)
    if op.assume_a != "sym" and a.dtype not in FLOAT:
        return None
    return SolveSystem(op.assume_a, not op.lower)(inner, b)


@rule(SolveSystem, tags=("tag_solve_triangular", "psd_solve_with_chol"))
def system_of_known_structure(graph: Graph, node: Apply) -> Any:
    """solve(a, b) -> that of a triangle, a division by a diagonal, or by Cholesky, where a is known to be so"""
    if node.op.assume_a != "gen":
        return None
    a, b = node.inputs
    kind = structure(a)
    if kind == "diagonal" and node_of(a, AllocDiag) is not None:
        v = a.owner.inputs[0]
        return call("true_div", b, DimShuffle(v.ndim, (*range(v.ndim), "x"))(v))
    if kind in ("lower", "upper"):
        return SolveTriangular(kind == "lower", node.op.transposed)(a, b)
    return SolveSystem("pos", True)(a, b) if _definite(a) else None


@rule(SolveSystem)
def shared_factors(graph: Graph, node: Apply) -> Any:
    """solve(a, b) and solve(a, c) -> lu_solve of one factorization"""
    a, b = node.inputs
    if node.op.assume_a != "gen" or a.ndim != 2 or (a.type.shape[0] is not None and a.type.shape[0] <= _SMALL):
        return None
    others = [user for user, place in graph.users(a) if place == 0 and user is not node]
    if not any(isinstance(u.op, LuFactor) or (isinstance(u.op, SolveSystem) and u.op.assume_a == "gen") for u in others):
        return None
    factors, pivots = LuFactor()(a)
    return lu_solve((factors, pivots), b, 1 if node.op.transposed else 0)


LINEAR: list[Rule] = [keeps_ones(r) for r in (
    inverse_times, inverse_of_inverse, determinant_of, logarithm_of_determinant, transposed_system, system_of_known_structure,
)]
SHARED_FACTORS: list[Rule] = [keeps_ones(shared_factors)]
