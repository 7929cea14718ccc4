"""Random expressions whose values can be compared: built step by step, each step kept only if numpy's rules say that it is sound.

Every value is known under two assignments of the sizes, from the moment it is written. So a step can ask for what fits, and is dropped
where a value is not finite, too large, or near a jump (a comparison of two almost equal floats says nothing about a compiler).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import run_nodes
from symgraph.expr.walk import toposort

__all__ = ["Generator", "Item", "RuleBroken"]

DTYPES = ("float64",) * 6 + ("float32",) * 2 + ("int64",) * 3 + ("bool",) + ("int8",) + ("complex128",)
STATIC = (1, 1, 2, 3, 3, 7, 33, 0)
SYMBOLS = {"n": (5, 3), "m": (4, 9), "k": (2, 1), "p": (17, 40), "z": (6, 0)}
LARGEST = {"f": 1e3, "c": 1e3, "i": 1e6, "b": 1}
ELEMENTS = 4000
MARGIN = 1e-3


class RuleBroken(AssertionError):
    """The numpy rule gives a value that the variable's type forbids."""


@dataclass
class Item:
    """A variable with its value under each assignment. exact: its floats are small fractions, which no order of arithmetic rounds."""

    variable: Any
    values: tuple[np.ndarray, np.ndarray]
    exact: bool

    @property
    def kind(self) -> str:
        return np.dtype(self.variable.dtype).kind

    @property
    def ndim(self) -> int:
        return int(self.variable.ndim)

    @property
    def dims(self) -> list[tuple[int, int]]:
        return list(zip(*[v.shape for v in self.values])) if self.ndim else []

    @property
    def ones(self) -> tuple[bool, ...]:
        return tuple(self.variable.type.broadcastable)


def fits(a: Item, b: Item) -> bool:
    """Whether the two broadcast."""
    pairs = list(zip(reversed(list(zip(a.dims, a.ones))), reversed(list(zip(b.dims, b.ones)))))
    return all(p or q or m == n for (m, p), (n, q) in pairs)


def fits_into(small: Item, large: Item) -> bool:
    """Whether `small` broadcasts to the shape of `large`."""
    if small.ndim > large.ndim:
        return False
    return all(p or m == n for (m, p), n in zip(reversed(list(zip(small.dims, small.ones))), reversed(large.dims)))


class Generator:
    """The pool of what has been written. `inputs`: variable and its two values; `shared`: variables with a value of their own."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.items: list[Item] = []
        self.inputs: list[Item] = []
        self.shared: list[Item] = []
        self.known: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
        self.inside = False  # in the step of a loop
        self.alike = False  # leaves are float64, and of one shape: so that values compete for the same memory
        self.first: tuple[list[Any], list[tuple[int, int]]] | None = None
        self.refused: dict[str, int] = {}

    # Leaves -----------------------------------------------------------------------------------------------------------
    def leaf(self) -> Item:
        r = self.random
        dtype = r.choice(DTYPES)
        pattern: list[Any] = []
        dims: list[tuple[int, int]] = []
        for _ in range(r.choice((0, 1, 1, 1, 2, 2, 2, 3))):
            if r.random() < 0.6:
                dims.append(SYMBOLS[r.choice("nnnmmkpz")])
                pattern.append(None)
            else:
                size = r.choice(STATIC)
                dims.append((size, size))
                pattern.append(size if size == 1 or r.random() < 0.4 else None)
        if self.alike:
            dtype = "float64" if r.random() < 0.9 else dtype
            self.first = pattern, dims = self.first or (pattern, dims)
        values = tuple(self.data(dtype, [d[j] for d in dims]) for j in range(2))
        shared = not self.inside and r.random() < 0.15
        if shared:  # one value serves both assignments, so its sizes do not depend on them
            values = (values[0], values[0])
            x = symgraph.shared(values[0], name=f"s{len(self.shared)}", shape=tuple(pattern))
        else:
            x = T.TensorType(dtype, shape=tuple(pattern))(f"x{len(self.inputs)}")
        item = Item(x, values, True)
        (self.shared if shared else self.inputs).append(item)
        for known, value in zip(self.known, values):
            known[x] = value
        self.items.append(item)
        return item

    def data(self, dtype: str, shape: Sequence[int]) -> np.ndarray:
        count = int(np.prod(shape, dtype=int))
        numbers = np.random.default_rng(self.random.randint(0, 10**6)).integers(-12, 13, count).reshape(shape)
        if dtype == "bool":
            return np.asarray(numbers > 0)
        if dtype.startswith("complex"):
            return np.asarray(numbers / 4 + 0.5j * (numbers % 5), dtype)
        return np.asarray(numbers / 4 if dtype.startswith("float") else numbers // 2, dtype)

    # Choices ----------------------------------------------------------------------------------------------------------
    def pick(self, test: Callable[[Item], bool] = lambda item: True) -> Item | None:
        """An item that passes; late ones twice as likely, so that graphs grow deep."""
        fitting = [item for item in self.items if test(item)]
        if not fitting:
            return None
        if self.random.random() < 0.5:
            fitting = fitting[-6:]
        return self.random.choice(fitting)

    def real(self) -> Item | None:
        return self.pick(lambda item: item.kind == "f")

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # Growth -----------------------------------------------------------------------------------------------------------
    def add(self, variable: Any, exact: bool) -> Item | None:
        """Evaluate by the numpy rules; None if the value is no good."""
        known = []
        try:
            for table in self.known:
                own = {**table, variable: variable.data} if isinstance(variable, symgraph.Constant) else dict(table)
                with np.errstate(all="ignore"):
                    run_nodes(toposort([variable], own), own, [variable])
                known.append(own)
        except (ValueError, IndexError, ZeroDivisionError, AssertionError, TypeError, NotImplementedError, np.linalg.LinAlgError) as error:
            self.refuse(str(variable.owner.op), error)
            return None
        for old, new in zip(self.known, known):
            if not all(sound(new[x]) for x in new.keys() - old.keys()):
                return None
        values = (np.asarray(known[0][variable]), np.asarray(known[1][variable]))
        for value in values:
            pattern = variable.type.shape
            if value.dtype.name != variable.dtype or value.ndim != len(pattern) or any(n not in (None, m) for n, m in zip(pattern, value.shape)):
                raise RuleBroken(f"{variable.owner.op} gives {value.dtype}{value.shape} for {variable.type}")
        for old, new in zip(self.known, known):
            old.update(new)
        item = Item(variable, values, exact and all(fine(v) for v in values))
        self.items.append(item)
        return item

    def grow(self, steps: int, operations: Sequence[Callable[[Generator], Any]]) -> None:
        """Apply operations picked at random."""
        for _ in range(steps):
            operation = self.random.choice(operations)
            try:
                operation(self)
            except (TypeError, ValueError, IndexError, NotImplementedError) as error:  # refused as it is written
                self.refuse(operation.__name__, error)

    def refuse(self, where: str, error: Exception) -> None:
        """Note what was refused, to be looked at: a generator that is refused too often tests little."""
        name = f"{where}: {type(error).__name__}: {str(error).splitlines()[0][:80] if str(error) else ''}"
        self.refused[name] = self.refused.get(name, 0) + 1


def sound(value: Any) -> bool:
    """Finite, of moderate size, and nowhere near zero without being zero (underflow)."""
    if not isinstance(value, np.ndarray):
        return True
    if value.size > ELEMENTS:
        return False
    if value.dtype.kind not in LARGEST or not value.size:
        return True
    limit = LARGEST[value.dtype.kind] if value.dtype.itemsize > 1 else 60
    if value.dtype.kind == "b":
        return True
    return bool(np.isfinite(value).all() and np.abs(value.astype("complex128")).max() <= limit)


def fine(value: np.ndarray) -> bool:
    """Whether a float array holds small multiples of a fraction that leaves room in its mantissa."""
    if value.dtype.kind not in "fc":
        return True
    grid = 2.0**20 if value.dtype.itemsize >= 8 else 2.0**8
    parts = (value.real, value.imag) if value.dtype.kind == "c" else (value,)
    return all(bool((np.rint(p * grid) == p * grid).all()) for p in parts)


def apart(value: np.ndarray, exact: bool) -> bool:
    """Whether no element is so near zero that rounding may change its sign."""
    return exact or value.dtype.kind not in "fc" or bool((np.abs(value) > MARGIN).all())
