"""Which part of an array an index means: numpy's rules for integers, slices and index arrays, written once in the algebra of sizes.

An index is a tuple of entries, one for each dimension of the array, as far as it goes:

* an int: the place itself;
* a `Slice` of three parts, each an int, None, or INPUT;
* INPUT: the place is an extra input of the op, a 0-d integer variable (so for the parts of a Slice);
* ARRAY: the places are an extra input, an array of integers;
* NEW: a new dimension of size 1, of no dimension of the array;
* TRUTH: a bool without dimensions: a new dimension of size 1 or 0, which is among those of the index arrays. Its extra input is
  the vector of the places where it is true.

The extra inputs stand in the order of the entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = [
    "ARRAY", "FULL", "INPUT", "NEW", "TRUTH", "Region", "Slice", "bad_place",
    "entries_text", "numpy_key", "place_of_arrays", "region_ndim", "summed_as",
]

INPUT = "?"
ARRAY = "[]"
NEW = "new"
TRUTH = "bool"


class Slice(NamedTuple):
    """start:stop:step, each an int, None or INPUT."""

    start: Any = None
    stop: Any = None
    step: Any = None


FULL = Slice()


class Region:
    """The elements that an index takes out of an array of some shape. s: the algebra; parts: the op's extra inputs."""

    def __init__(self, s: Any, entries: Sequence[Any], shape: Sequence[Any], parts: Sequence[Any]) -> None:
        self.s = s
        self.shape = tuple(shape)
        self.entries: list[Any] = []  # as those of the index, with the values of the inputs in place of INPUT and ARRAY
        self.arrays: list[Any] = []
        rest = iter(parts)
        for entry in entries:
            if isinstance(entry, Slice):
                self.entries.append(Slice(*[next(rest).item(0) if part == INPUT else part for part in entry]))
            elif entry in (ARRAY, TRUTH):
                self.arrays.append(next(rest))
                self.entries.append(_Array(self.arrays[-1]) if entry == ARRAY else TRUTH)
            else:
                self.entries.append(next(rest).item(0) if entry == INPUT else entry)
        self.at = place_of_arrays(entries)

    def sizes(self, check: bool = True) -> list[Any]:
        """The sizes of the region; integers out of range are an IndexError, arrays are looked at when they are read."""
        s, sizes, axis = self.s, [], 0
        for entry in self.entries:
            if entry == NEW:
                sizes.append(1)
            if entry in (NEW, TRUTH):
                continue
            n = self.shape[axis]
            if isinstance(entry, Slice):
                if check and entry.step is not None and not isinstance(entry.step, int):
                    s.check(s.either(s.less(0, entry.step), s.less(entry.step, 0)), "ValueError", "slice step cannot be zero")
                sizes.append(_length(s, n, entry))
            elif check and not isinstance(entry, _Array):
                text = f"index {{}} is out of bounds for axis {axis} with size {{}}"
                s.check(s.both(s.less(-1 - n, entry), s.less(entry, n)), "IndexError", text, entry, n)
            axis += 1
        sizes.extend(self.shape[axis:])
        sizes[self.at : self.at] = self.common(check)
        return sizes

    def common(self, check: bool = True) -> list[Any]:
        """The sizes of the index arrays, broadcast against each other."""
        if not self.arrays:
            return []
        ndim = max(len(a.shape) for a in self.arrays)
        sizes: list[Any] = [1] * ndim
        for a in self.arrays:
            for d, n in enumerate(a.shape, ndim - len(a.shape)):
                if is_one(n):
                    continue
                if not is_one(sizes[d]) and check:
                    text = "shape mismatch: indexing arrays could not be broadcast together: sizes {} and {}"
                    self.s.check(self.s.equal(sizes[d], n), "IndexError", text, sizes[d], n)
                if is_one(sizes[d]) or isinstance(n, int):
                    sizes[d] = n
        return sizes

    @property
    def common_ndim(self) -> int:
        """The number of dimensions of the region that belong to the index arrays, from `at` on."""
        return max((len(a.shape) for a in self.arrays), default=0)

    def by_arrays(self, common: Sequence[Any], check: bool = True) -> list[Any]:
        """What the index arrays say where the indices of their dimensions are `common`: from the front. The algebra must be a builder."""
        s, axis, found = self.s, 0, []
        for entry in self.entries:
            if isinstance(entry, _Array):
                a, n = entry.array, self.shape[axis]
                own = common[len(common) - len(a.shape) :]
                at = [0 if is_one(size) else k for size, k in zip(a.shape, own)]
                with s.where_known(at):  # once a row, not once an element of it
                    i = s.cast(a(*at), "int64")
                    wrapped = s.where(s.less(i, 0), i + n, i)
                    if check:
                        fits = s.both(s.less(-1, wrapped), s.less(wrapped, n))
                        s.check(fits, "IndexError", bad_place(axis, len(at)), i, n, *at[: place_known(len(at))])
                found.append(wrapped)
            axis += entry != NEW and entry != TRUTH
        return found

    def place(self, index: Sequence[Any], found: Sequence[Any] | None = None) -> list[Any]:
        """Where in the array the region's element at `index` is; found: what `by_arrays` gave. The algebra must be a builder."""
        s = self.s
        ndim = self.common_ndim
        wrapped = iter(self.by_arrays(index[self.at : self.at + ndim]) if found is None else found)
        rest = iter([*index[: self.at], *index[self.at + ndim :]])
        place: list[Any] = []
        for entry in self.entries:
            if entry == NEW:
                next(rest)
            if entry in (NEW, TRUTH):
                continue
            axis = len(place)
            n = self.shape[axis]
            if isinstance(entry, Slice):
                i = next(rest)
                step = 1 if entry.step is None else entry.step
                place.append(_first(s, n, entry) + (i if isinstance(step, int) and step == 1 else step * i))
            elif isinstance(entry, _Array):
                place.append(next(wrapped))
            elif isinstance(entry, int):
                place.append(entry if entry >= 0 else n + entry)
            else:
                place.append(s.where(s.less(entry, 0), entry + n, entry))
        return [*place, *rest]


class _Array:
    """An index array in place of ARRAY."""

    def __init__(self, array: Any) -> None:
        self.array = array


def bad_place(axis: int, ndim: int) -> str:
    """What is said of an index out of range: it, the size of the axis, and where in its array it stands."""
    ndim = place_known(ndim)
    place = "" if not ndim else ", at {} of the index array" if ndim == 1 else f", at ({', '.join(['{}'] * ndim)}) of the index array"
    return f"index {{}} is out of bounds for axis {axis} with size {{}}{place}"


def place_known(ndim: int) -> int:
    """How many indices of the place can be noted: all, or none where there are more than a failure has room for."""
    return ndim if ndim <= 6 else 0


def is_one(n: Any) -> bool:
    """A size that is known to be 1, which broadcasts."""
    return isinstance(n, int) and n == 1


def _first(s: Any, n: Any, part: Slice) -> Any:
    """The place of a slice's first element, right wherever there is one."""
    start, _, step = part

    def forward() -> Any:
        if start is None:
            return 0
        if isinstance(start, int):
            return start if start >= 0 else s.maximum(n + start, 0)
        return s.where(s.less(start, 0), s.maximum(start + n, 0), start)

    def backward() -> Any:
        if start is None:
            return n - 1
        if isinstance(start, int):
            return n + start if start < 0 else s.minimum(start, n - 1)
        return s.where(s.less(start, 0), start + n, s.minimum(start, n - 1))

    if step is None or isinstance(step, int):
        return forward() if step is None or step > 0 else backward()
    return s.where(s.less(0, step), forward(), backward())


def _length(s: Any, n: Any, part: Slice) -> Any:
    """How many elements a slice of n elements has (numpy's and Python's rule: bounds are cut to what is there)."""
    start, stop, step = part

    def bound(value: Any, low: Any, high: Any) -> Any:
        if isinstance(value, int):
            return s.minimum(value, high) if value >= 0 else s.maximum(n + value, low)
        return s.where(s.less(value, 0), s.maximum(n + value, low), s.minimum(value, high))

    def forward() -> Any:
        if start is None:
            return n if stop is None else bound(stop, 0, n)
        if stop is None and isinstance(start, int):
            return s.maximum(n - start, 0) if start >= 0 else s.minimum(n, -start)
        return s.maximum((n if stop is None else bound(stop, 0, n)) - bound(start, 0, n), 0)

    def backward() -> Any:
        if start is None and stop is None:
            return n
        last = n - 1
        first = last if start is None else bound(start, -1, last)
        return s.maximum(first - (-1 if stop is None else bound(stop, -1, last)), 0)

    def divided(span: Any, by: Any) -> Any:
        return (span + (by - 1)) // by

    if step is None or isinstance(step, int):
        step = 1 if step is None else step
        span = forward() if step > 0 else backward()
        return span if step in (1, -1) else divided(span, abs(step))
    up = s.less(0, step)
    return divided(s.where(up, forward(), backward()), s.maximum(s.where(up, step, -step), 1))


def place_of_arrays(entries: Sequence[Any]) -> int:
    """The first dimension of the region that belongs to the index arrays: where they stand, if they (and the integers
    beside them) stand together, else 0."""
    if ARRAY not in entries and TRUTH not in entries:
        return 0
    places = [k for k, entry in enumerate(entries) if not isinstance(entry, Slice) and entry != NEW]
    return places[0] if places == list(range(places[0], places[-1] + 1)) else 0


def region_ndim(entries: Sequence[Any], ndim: int, parts: Sequence[Any]) -> int:
    """The number of dimensions of a region of an array of `ndim` dimensions."""
    rest = iter(parts)
    arrays = [0]
    taken = 0
    for entry in entries:
        if isinstance(entry, Slice):
            for part in entry:
                if part == INPUT:
                    next(rest)
        elif entry in (INPUT, ARRAY, TRUTH):
            part = next(rest)
            if entry != INPUT:
                arrays.append(part.ndim)
        taken += not isinstance(entry, Slice) and entry not in (NEW, TRUTH)
    return ndim - taken + entries.count(NEW) + max(arrays)


def numpy_key(entries: Sequence[Any], parts: Sequence[Any]) -> tuple[Any, ...]:
    """The index for numpy."""
    rest = iter(parts)
    key: list[Any] = []
    for entry in entries:
        if isinstance(entry, Slice):
            key.append(slice(*[int(next(rest)) if part == INPUT else part for part in entry]))
        elif entry == NEW:
            key.append(None)
        elif entry == ARRAY:
            key.append(next(rest))
        elif entry == TRUTH:
            key.append(bool(next(rest).size))
        else:
            key.append(int(next(rest)) if entry == INPUT else entry)
    return tuple(key)


def entries_text(entries: Sequence[Any]) -> str:
    """The index as one would write it."""
    return ", ".join(_entry_text(entry) for entry in entries)


def _entry_text(entry: Any) -> str:
    if not isinstance(entry, Slice):
        return "None" if entry == NEW else str(entry)
    start, stop, step = ("" if part is None else str(part) for part in entry)
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


def summed_as(g: Any, y: Any) -> Any:
    """g, of the shape of a region, summed over what y was broadcast along, so that it has y's shape."""
    extra = g.ndim - y.ndim
    axes = [*range(extra), *[extra + d for d in range(y.ndim) if y.type.shape[d] == 1 and g.type.shape[extra + d] != 1]]
    if axes:
        g = g.sum(axis=axes, keepdims=True)
    return g.dimshuffle(*range(extra, g.ndim)) if extra else g
