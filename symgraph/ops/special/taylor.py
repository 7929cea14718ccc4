"""Derivatives of series and continued fractions by their parameters: each number is computed with its Taylor coefficients.

A truncated series in parameters p, q, ... is a dict from powers (i, j, ...) to the coefficients of p**i q**j ..., scalars of a builder; powers that
are not there are 0 and cost nothing. So the derivative of an algorithm is the algorithm, written with these operations
(forward differentiation: Griewank and Walther, Evaluating derivatives, 2008, chapter 13).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

__all__ = ["Taylor"]

Series = dict[tuple[int, ...], Any]


class Taylor:
    """Series up to the powers `orders`, one for each parameter."""

    def __init__(self, b: Any, orders: Sequence[int]) -> None:
        self.b = b
        self.orders = tuple(orders)
        self.powers = sorted(product(*[range(n + 1) for n in orders]), key=lambda p: (sum(p), p))
        self.none = (0,) * len(self.orders)

    def variable(self, value: Any, parameter: int) -> Series:
        """A parameter, at a value."""
        found = {self.none: value}
        if self.orders[parameter]:
            found[tuple(int(k == parameter) for k in range(len(self.orders)))] = 1.0
        return found

    def constant(self, value: Any) -> Series:
        """What does not depend on the parameters."""
        return {self.none: value}

    def add(self, x: Series, y: Series) -> Series:
        """x + y."""
        found = dict(x)
        for p, v in y.items():
            found[p] = self.b.add(found[p], v) if p in found else v
        return found

    def shift(self, x: Series, number: Any) -> Series:
        """x + a number."""
        return self.add(x, {self.none: number})

    def scale(self, x: Series, factor: Any) -> Series:
        """x times what does not depend on the parameters."""
        return {p: self.b.mul(v, factor) for p, v in x.items()}

    def mul(self, x: Series, y: Series) -> Series:
        """x y."""
        found: Series = {}
        for p, v in x.items():
            for q, w in y.items():
                power = tuple(i + j for i, j in zip(p, q))
                if power in self.powers:
                    term = self.b.mul(v, w)
                    found[power] = self.b.add(found[power], term) if power in found else term
        return found

    def inverse(self, x: Series) -> Series:
        """1 / x."""
        b = self.b
        first = b.div(1.0, x[self.none])
        found = {self.none: first}
        for power in self.powers[1:]:
            total: Any = None
            for p, v in x.items():
                rest = tuple(j - i for i, j in zip(p, power))
                if p != self.none and rest in found:
                    term = b.mul(v, found[rest])
                    total = term if total is None else b.add(total, term)
            if total is not None:
                found[power] = b.neg(b.mul(total, first))
        return found

    def apply(self, x: Series, derivatives: Sequence[Any]) -> Series:
        """f(x), from f and its derivatives at the value of x; as many as the sum of the orders and one."""
        rest = {p: v for p, v in x.items() if p != self.none}
        found = {self.none: derivatives[0]}
        power: Series = rest
        for k, derivative in enumerate(derivatives[1:], 1):
            found = self.add(found, {p: self.b.mul(self.b.mul(v, derivative), 1 / math.factorial(k)) for p, v in power.items()})
            power = self.mul(power, rest)
        return found

    def exp(self, x: Series) -> Series:
        """exp(x)."""
        value = self.b.exp(x[self.none])
        return self.apply(x, [value] * (sum(self.orders) + 1))

    def flat(self, x: Series) -> list[Any]:
        """The coefficients of all powers, for a loop to carry."""
        return [x.get(p, 0.0) for p in self.powers]

    def series(self, values: Sequence[Any]) -> Series:
        """The series again."""
        return dict(zip(self.powers, values))

    def derivative(self, x: Series) -> Any:
        """The derivative of the full orders."""
        return self.b.mul(x.get(self.orders, 0.0), float(math.prod(map(math.factorial, self.orders))))

    def unsettled(self, change: Series, total: Series, epsilon: float) -> Any:
        """Whether a term still counts, in any power."""
        b = self.b
        found: Any = False
        for p in change:
            found = b.either(found, b.greater(b.abs(change[p]), b.mul(b.abs(total.get(p, 0.0)), epsilon)))
        return found
