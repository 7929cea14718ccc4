"""What a symbolic `for` can run over: ranges whose ends are symbolic, rows of variables, and several of these in step."""

from __future__ import annotations

import builtins
from typing import Any

from symgraph.expr.make import as_variable, constant
from symgraph.expr.variable import TensorVariable
from symgraph.loops.specification import Rows

__all__ = ["BUILTINS", "Numbers", "Together", "is_source", "range"]


class Numbers:
    """start, start + step, ... below stop (None: without end): int64 variables."""

    def __init__(self, start: Any, stop: Any, step: int) -> None:
        self.start, self.stop, self.step = start, stop, step

    def __iter__(self) -> Any:
        raise TypeError("a range of symbolic length runs in a function that is decorated with symgraph.symbolic; elsewhere there is "
                        "symgraph.loops.fori")

    def count(self) -> Any:
        """How many there are, an int64 variable; None without end."""
        if self.stop is None:
            return None
        span = self.stop - self.start if self.step > 0 else self.start - self.stop
        size = abs(self.step)
        return ((span + (size - 1)) // size).maximum(0).astype("int64")

    def item(self, counter: Any, rows: Any) -> Any:
        """That of the step with this number."""
        return counter * self.step + self.start

    def inputs(self) -> list[Rows]:
        """Nothing is read."""
        return []


class _OfRows:
    """The rows of a variable."""

    def __init__(self, array: Any) -> None:
        if array.ndim == 0:
            raise TypeError(f"a for loop cannot run over {array} of type {array.type}: it has no dimension to run along")
        self.array = array

    def count(self) -> Any:
        return constant(n, dtype="int64") if isinstance(n := self.inputs()[0].length(), int) else n

    def item(self, counter: Any, rows: Any) -> Any:
        return next(rows)

    def inputs(self) -> list[Rows]:
        rows = Rows(self.array, [0], False)
        rows.rows[0].name = f"row of {self.array.name}" if self.array.name else "row"
        return [rows]


class Together:
    """Several sources in step, to the end of the shortest: items are tuples."""

    def __init__(self, parts: Any) -> None:
        self.parts = [source_of(part) for part in parts]

    __iter__ = Numbers.__iter__

    def count(self) -> Any:
        """That of the shortest."""
        counts = [n for part in self.parts if (n := part.count()) is not None]
        total = counts[0]
        for n in counts[1:]:
            total = total.minimum(n).astype("int64")
        return total

    def item(self, counter: Any, rows: Any) -> Any:
        """One of each."""
        return tuple([part.item(counter, rows) for part in self.parts])

    def inputs(self) -> list[Rows]:
        """The rows of all parts."""
        return [rows for part in self.parts for rows in part.inputs()]


def source_of(x: Any) -> Any:
    """A source for anything that a for loop may run over together with symbolic things."""
    if isinstance(x, (Numbers, Together, _OfRows)):
        return x
    if isinstance(x, builtins.range):
        return Numbers(as_variable(x.start), as_variable(x.stop), x.step)
    return _OfRows(as_variable(list(x) if isinstance(x, (tuple, zip, enumerate)) else x))


def is_source(x: Any) -> bool:
    """Whether a loop over x has to be symbolic."""
    return isinstance(x, (TensorVariable, Numbers, Together))


def range(*ends: Any) -> Any:
    """Python's range, whose ends may be symbolic integers; in a function decorated with `symgraph.symbolic` a loop over it is one loop.

    range(stop), range(start, stop), range(start, stop, step); the step is a Python integer. With plain integers it is Python's own.
    Raises TypeError for ends that are no integers and for a symbolic step, ValueError for a step of zero.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> @symgraph.symbolic
    ... def power(x, n):
    ...     result = T.ones_like(x)
    ...     for _ in symgraph.range(n):
    ...         result = result * x
    ...     return result
    >>> x, n = T.dscalar('x'), T.lscalar('n')
    >>> power(x, n).eval({x: 3.0, n: 4})
    array(81.)
    """
    if not any(isinstance(x, TensorVariable) for x in ends):
        return builtins.range(*ends)
    if len(ends) > 3:
        raise TypeError(f"range takes at most 3 arguments, got {len(ends)}")
    start, stop, step = (0, ends[0], 1) if len(ends) == 1 else (*ends, 1)[:3]
    if not isinstance(step, int):
        raise TypeError(f"the step of a symbolic range must be a Python integer, got {step!r}")
    if step == 0:
        raise ValueError("the step of a range must not be zero")
    first, last = (as_variable(x) for x in (start, stop))
    for x in (first, last):
        if not isinstance(x, TensorVariable) or x.ndim or "int" not in x.dtype:
            raise TypeError(f"the ends of a range must be integer scalars, got {x} of type {x.type}")
    return Numbers(first.astype("int64"), last.astype("int64"), step)  # type: ignore[attr-defined]


def _zip(*parts: Any, strict: bool = False) -> Any:
    return Together(parts) if any(map(is_source, parts)) else builtins.zip(*parts, strict=strict)


def _enumerate(x: Any, start: Any = 0) -> Any:
    return Together([Numbers(as_variable(start), None, 1), x]) if is_source(x) or is_source(start) else builtins.enumerate(x, start)


def _reversed(x: Any) -> Any:
    if isinstance(x, Numbers):
        last = x.start + (x.count() - 1) * x.step
        return Numbers(last, x.start - (1 if x.step > 0 else -1), -x.step)
    return x[::-1] if isinstance(x, TensorVariable) else builtins.reversed(x)  # type: ignore[index]


BUILTINS = {builtins.range: range, builtins.zip: _zip, builtins.enumerate: _enumerate, builtins.reversed: _reversed}
