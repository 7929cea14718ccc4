"""Products of matrices: transposed operands as flags, factors and signs outside."""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.layout import DimShuffle
from symgraph.ops.linalg import Dot, Gemm
from symgraph.passes.match import inputs_of, is_float, node_of, only_use
from symgraph.passes.replacement import call, number

__all__ = ["BLAS"]


def _transposed(x: Any) -> Any:
    """a where x is the matrix a.T; None otherwise."""
    inner = node_of(x, DimShuffle)
    return inner.inputs[0] if inner is not None and inner.op.order == (1, 0) else None


@rule(Dot, tags=("local_dot_to_dot22", "BlasOpt"))
def transposed_operands(graph: Graph, node: Apply) -> Any:
    """dot(a.T, b) -> dot(a, b) that reads a transposed; so for b: no transposed copy is made"""
    a, b = node.inputs
    left, right = _transposed(a), _transposed(b)
    if left is None and right is None:
        return None
    op = Dot(node.op.transpose_a != (left is not None), node.op.transpose_b != (right is not None))
    return op(a if left is None else left, b if right is None else right)


@rule(DimShuffle, tags=("local_lift_transpose_through_dot", "BlasOpt"))
def transposed_product(graph: Graph, node: Apply) -> Any:
    """dot(a, b).T -> dot(b.T, a.T), by the flags"""
    inner = node_of(node.inputs[0], Dot)
    if inner is None or node.op.order != (1, 0) or not only_use(graph, node.inputs[0]) or any(x.ndim != 2 for x in inner.inputs):
        return None
    a, b = inner.inputs
    return Dot(not inner.op.transpose_b, not inner.op.transpose_a)(b, a)


@rule(Dot, tags=("local_dot22_to_dot22scalar", "BlasOpt"))
def factor_out_of_dot(graph: Graph, node: Apply) -> Any:
    """dot(neg(a), b) -> neg(dot(a, b)); dot(mul(c, a), b) -> mul(c, dot(a, b)) where c has one element: vectors and matrices"""
    for position, x in enumerate(node.inputs):
        if not only_use(graph, x) or x.dtype != node.outputs[0].dtype or not is_float(x):
            continue
        inner = inputs_of(x, "neg")
        if inner is not None:
            return call("neg", _with(node, position, inner[0]))
        inner = inputs_of(x, "mul")
        factors = [y for y in inner or () if all(y.broadcastable)]
        rest = [y for y in inner or () if not all(y.broadcastable)]
        if inner is None or not factors or not rest or any(y.dtype != x.dtype for y in inner):
            continue
        product = rest[0] if len(rest) == 1 else call("mul", *rest)
        if product.type.broadcastable != x.type.broadcastable:
            continue
        bare = [DimShuffle(y.ndim, ())(y) if y.ndim else y for y in factors]
        return call("mul", *bare, _with(node, position, product))
    return None


# What the library's gemm and gemv know.
_KINDS = frozenset({"float32", "float64", "complex64", "complex128"})


@rule("add", "sub", tags=("local_gemm", "gemm", "BlasOpt"))
def add_product(graph: Graph, node: Apply) -> Any:
    """add(z, mul(c, dot(a, b))) -> gemm(z, a, b, c, 1), in the memory of z; sub(z, dot(a, b)) -> gemm(z, a, b, -1, 1); d z likewise"""
    out = node.outputs[0]
    if len(node.inputs) != 2 or out.dtype not in _KINDS or not out.ndim or any(x.dtype != out.dtype for x in node.inputs):
        return None
    signs = (1.0, 1.0 if node.op.name == "add" else -1.0)
    for place in (1, 0):
        alpha, product = _scaled(graph, node.inputs[place], signs[place])
        inner = node_of(product, Dot)
        if inner is None or inner.inputs[0].ndim != 2 or not only_use(graph, product) or product.dtype != out.dtype:
            continue
        beta, z = _scaled(graph, node.inputs[1 - place], signs[1 - place])
        if not z.ndim == product.ndim == out.ndim or z.broadcastable != product.broadcastable or z.dtype != out.dtype or z is product:
            continue
        return Gemm(inner.op.transpose_a, inner.op.transpose_b)(z, *inner.inputs, alpha, beta)
    return None


def _scaled(graph: Graph, x: Any, sign: float) -> tuple[Any, Any]:
    """A factor without dimensions and what it is multiplied with: sign * x = factor * rest."""
    inner = inputs_of(x, "mul")
    if inner is not None and len(inner) == 2 and only_use(graph, x) and all(y.dtype == x.dtype for y in inner):
        for factor, rest in (inner, inner[::-1]):
            if all(factor.broadcastable) and rest.broadcastable == x.broadcastable:
                bare = DimShuffle(factor.ndim, ())(factor) if factor.ndim else factor
                return (bare if sign > 0 else call("neg", bare)), rest
    return number(sign, x), x


def _with(node: Apply, position: int, x: Any) -> Any:
    return node.op(*[x if k == position else y for k, y in enumerate(node.inputs)])


BLAS: list[Rule] = [transposed_operands, transposed_product, factor_out_of_dot, add_product]
