"""The size of a draw, from what was asked for and from its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.sizes import as_size, as_sizes, size_constant, size_of, static_int

__all__ = ["fit", "sizes_of"]


def sizes_of(name: str, shape: Any, ndim: int | None, parameters: Sequence[Any], given: Sequence[int]) -> list[Any]:
    """The sizes as 0-d variables. shape: None (that of the parameters), an int, a list of ints and variables, an integer vector.

    given: how many last dimensions of each parameter belong to one draw. ValueError where the parameters do not fit, or ndim is another.
    """
    leading = [x.type.shape[: x.ndim - count] for x, count in zip(parameters, given)]
    if shape is None:
        sizes = [_common(name, parameters, leading, d) for d in range(-max(map(len, leading), default=0), 0)]
    else:
        sizes = as_sizes(shape, f"{name}: a size", ndim)
    if ndim is not None and ndim != len(sizes):
        raise ValueError(f"{name}: ndim is {ndim}, the size has {len(sizes)} dimensions")
    for n in sizes:
        value = static_int(n)
        if value is not None and value < 0:
            raise ValueError(f"{name}: negative dimensions are not allowed, got {value}")
    for shape_of_one in leading:
        if len(shape_of_one) > len(sizes):
            raise ValueError(f"{name}: a parameter has {len(shape_of_one)} dimensions, the size {len(sizes)}")
        for n, size in zip(shape_of_one, sizes[len(sizes) - len(shape_of_one) :]):
            value = static_int(size)
            if n not in (None, 1) and value is not None and value != n:
                raise ValueError(f"{name}: a parameter of size {n} does not fit the size {value} that is asked for")
    return sizes


def _common(name: str, parameters: Sequence[Any], leading: Sequence[tuple[int | None, ...]], d: int) -> Any:
    """The size in dimension d (counted from the end) of all parameters broadcast together: of the first that is not known to be 1."""
    found: Any = None
    known: int | None = None
    for x, shape in zip(parameters, leading):
        if len(shape) < -d or shape[d] == 1:
            continue
        n = shape[d]
        if n is not None and known not in (None, n):
            raise ValueError(f"{name}: parameters of sizes {known} and {n} do not fit together")
        known = n if known is None else known
        if found is None or (n is not None and static_int(found) is None):
            found = as_size(size_of(x, len(shape) + d))
    return size_constant(1) if found is None else found


def fit(x: Any, sizes: Sequence[Any], given: int = 0) -> Any:
    """A parameter that must have size 1 where the draw has: such an unknown size would otherwise spread the draw."""
    leading = x.ndim - given
    own = list(x.type.shape)
    changed = False
    for d, size in enumerate(sizes[len(sizes) - leading :] if leading else []):
        if own[d] is None and static_int(size) == 1:
            own[d], changed = 1, True
    return x.specify_shape([size_constant(n) if n is not None else x.shape[d] for d, n in enumerate(own)]) if changed else x
