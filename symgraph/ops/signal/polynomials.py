"""Polynomials after numpy's old ones: vectors of coefficients, that of the highest power first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import SizedOp, size_constant, size_of

__all__ = ["PolynomialValue", "PowerSums", "polyder", "polyval"]


class PolynomialValue(Op):
    """p[0] x**(n - 1) + ... + p[n - 1], for each element of x, by Horner's rule. p: vector, x: any shape, of one dtype."""

    __props__ = ()
    holomorphic = True
    cost = 40

    def output_dtypes(self, p: Any, x: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, p: Any, x: Any) -> Any:
        return [x.shape]

    def compute(self, p: Any, x: Any) -> Any:
        y = np.zeros_like(x)
        for c in p:
            y = y * x + c
        return np.asarray(y)

    def element(self, b: Any, index: Any, p: Any, x: Any) -> Any:
        value = x(*index)
        return b.fold(0, p.shape[0], [b.constant(0, x.dtype)], lambda k, y: [b.add(b.mul(y, value), p(k))])[0]

    def reads(self, node: Any) -> list[str]:
        return ["many", "same"]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        p, x = inputs
        (g,) = output_grads
        return [PowerSums()(g.flatten(), x.flatten(), size_of(p, 0)), g * self(polyder(p), x)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        p, x = inputs
        parts = [] if tangents[0] is None else [self(tangents[0], x)]
        parts += [] if tangents[1] is None else [tangents[1] * self(polyder(p), x)]
        return [parts[0] + parts[1] if len(parts) == 2 else parts[0] if parts else None]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(*inputs)] if not stacked[0] else None


class PowerSums(SizedOp):
    """The sums of g x**(n - 1), ..., g x, g over all elements of two vectors. Inputs: g, x, of one dtype; n."""

    __props__ = ()
    holomorphic = True

    def output_dtypes(self, g: Any, x: Any, n: Any) -> list[str]:
        return [g.dtype]

    def sizes(self, s: Any, g: Any, x: Any, n: Any) -> Any:
        s.same(g.shape[0], x.shape[0])
        return [(n.item(0),)]

    def compute(self, g: Any, x: Any, n: Any) -> Any:
        out = np.zeros(int(n), g.dtype)
        for k in range(int(n) - 1, -1, -1):
            out[k] = g.sum()
            g = g * x
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        g, x, _ = inputs
        (out,) = outputs
        count = out.shape[0]
        with b.loop(0, count, independent=True) as k:
            b.store(out.pointer, k, b.constant(0, out.dtype))
        with b.loop(0, g.shape[0]) as i:

            def step(k: Any, power: Any) -> list[Any]:
                place = count - 1 - k
                b.store(out.pointer, place, b.add(b.load(out.pointer, place), power))
                return [b.mul(power, x.load(i))]

            b.fold(0, count, [g.load(i)], step)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        g, x, _ = inputs
        (again,) = output_grads
        return [PolynomialValue()(again, x), g * PolynomialValue()(polyder(again), x), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        g, x, n = inputs
        parts = [] if tangents[0] is None else [self(tangents[0], x, n)]
        if tangents[1] is not None:  # the power n - 1 - k falls by one, and comes as a factor
            powers = self(g * tangents[1], x, n)
            parts.append(np.concatenate([powers[1:] * _falling(powers), powers[:1].zeros_like()]))
        return [parts[0] + parts[1] if len(parts) == 2 else parts[0] if parts else None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [True], [False]]


def _falling(p: Any) -> Any:
    """n - 1, ..., 2, 1 of a vector of n coefficients, in its dtype."""
    return np.arange(size_of(p, 0) - size_constant(1), size_constant(0), size_constant(-1), like=p).astype(p.dtype)


# What a user calls ----------------------------------------------------------------------------------------------------


def _coefficients(p: Any, name: str) -> Any:
    p = as_tensor(p)
    if p.ndim != 1:
        raise ValueError(f"{name}: the coefficients must be a vector, got {p.type}")
    return p


def polyval(p: Any, x: Any) -> Any:
    """The polynomial p[0] x**(n - 1) + ... + p[n - 1] at each element of x. ValueError where p is no vector.

    >>> polyval([1.0, 0.0, -2.0], [3.0, 4.0]).eval()
    array([ 7., 14.])
    """
    p, x = _coefficients(p, "polyval"), as_tensor(x)
    dtype = dtypes.upcast(p.dtype, x.dtype)
    return PolynomialValue()(p.astype(dtype), x.astype(dtype))


def polyder(p: Any, m: int = 1) -> Any:
    """The coefficients of the derivative of order m. ValueError for m < 0, or p that is no vector.

    >>> polyder([1.0, 3.0, 5.0]).eval()
    array([2., 3.])
    """
    p = _coefficients(p, "polyder")
    if m < 0:
        raise ValueError(f"polyder: the order must not be negative, got {m}")
    for _ in range(m):
        p = p[:-1] * _falling(p)
    return p
