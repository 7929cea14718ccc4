"""A matrix product that is added to another matrix, in its memory; passes make it of `beta * z + alpha * dot(a, b)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.op import Op
from symgraph.expr.stacks import aligned
from symgraph.ops.linalg.blas import LETTERS, multiply
from symgraph.ops.linalg.dot import Dot

__all__ = ["Gemm"]


class Gemm(Op):
    """beta z + alpha op(a) op(b). Inputs: z, a, b, alpha, beta: alpha and beta without dimensions, all of one dtype, float or
    complex. a: a matrix, b and z: matrices, or vectors. The result takes over z's memory where nobody else needs it."""

    __props__ = ("transpose_a", "transpose_b")
    holomorphic = True
    alias = ((0, 0),)
    kernel_name = "gemm"
    cost = 100
    by_address = (0, 1, 2)

    def __init__(self, transpose_a: bool = False, transpose_b: bool = False) -> None:
        self.transpose_a = transpose_a
        self.transpose_b = transpose_b

    def output_dtypes(self, z: Any, a: Any, b: Any, alpha: Any, beta: Any) -> list[str]:
        Dot(self.transpose_a, self.transpose_b).output_dtypes(a, b)
        if len({x.dtype for x in (z, a, b, alpha, beta)}) > 1 or z.dtype not in LETTERS:
            raise TypeError(f"Gemm takes arrays of one dtype, of {', '.join(LETTERS)}, got {z.dtype}, {a.dtype}, {b.dtype}")
        if z.ndim != a.ndim + b.ndim - 2 or z.ndim == 0 or alpha.ndim or beta.ndim:
            raise TypeError(f"Gemm: {z.type} cannot take up a product of {a.type} and {b.type}")
        return [z.dtype]

    def sizes(self, s: Any, z: Any, a: Any, b: Any, alpha: Any, beta: Any) -> Any:
        (product,) = Dot(self.transpose_a, self.transpose_b).sizes(s, a, b)
        text = "Gemm: the product has size {} where the matrix it is added to has size {}"
        return [tuple(s.same(n, m, text) for n, m in zip(product, z.shape))]

    def compute(self, z: Any, a: Any, b: Any, alpha: Any, beta: Any) -> Any:
        product = Dot(self.transpose_a, self.transpose_b).compute(a, b)
        if product.shape != z.shape:
            raise ValueError(f"Gemm: the product has size {product.shape} where the matrix it is added to has size {z.shape}")
        return (beta * z + alpha * product).astype(z.dtype)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        _, x, y, alpha, beta = inputs
        (out,) = outputs
        left = tuple(reversed(x.shape)) if self.transpose_a else tuple(x.shape)
        right = tuple(reversed(y.shape)) if self.transpose_b else tuple(y.shape)
        rows = left[0] if len(left) == 2 else 1
        columns = right[1] if len(right) == 2 else 1
        multiply(b, out.dtype, out.pointer, x.pointer, y.pointer, rows, columns, left[-1], (self.transpose_a, self.transpose_b), alpha(), beta())

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        z, a, b, alpha, beta = inputs
        (g,) = output_grads
        product = Dot(self.transpose_a, self.transpose_b)
        by_a, by_b = product.grad([a, b], [alpha * g])
        return [beta * g, by_a, by_b, (g * product(a, b)).sum(), (g * z).sum()]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        z, a, b, alpha, beta = inputs
        product = Dot(self.transpose_a, self.transpose_b)
        out = product.batch([a, b], stacked[1:3])[0] if any(stacked[1:3]) else product(a, b)
        ndim = z.ndim - stacked[0]
        alpha, beta = (aligned(x, s, ndim) for x, s in zip((alpha, beta), stacked[3:]))
        return [beta * z + alpha * out]


