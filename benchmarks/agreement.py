"""Whether sides computed the same numbers, told from summaries of their results (`summary` of programs/worker.py).

Each side rounds and adds in its own order, so equal means: but for half of the digits of the coarser of both dtypes. A sum is held to that
part of the sum of absolute values, and an element to that part of itself and of the mean absolute value: what cancels says nothing of
how exact its parts are.
"""

import math
from typing import Any

EXACT = 2.0**-52  # what integers and booleans are held to: their sums are made in float64


def close(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether two summaries are of equal arrays."""
    if ours["shape"] != theirs["shape"] or ours["finite"] != theirs["finite"]:
        return False
    tolerance = math.sqrt(max(ours["epsilon"], theirs["epsilon"], EXACT))
    total = max(ours["absolute"], theirs["absolute"])
    typical = total / max(1, ours["finite"])
    sums = all(abs(ours[name] - theirs[name]) <= tolerance * total for name in ("sum", "absolute"))
    pairs = zip(ours["some"], theirs["some"], strict=True)
    return sums and all(same(a, b, tolerance, typical) for a, b in pairs)


def same(a: float, b: float, tolerance: float, typical: float) -> bool:
    """Whether two elements are equal: NaN is NaN, an infinity itself."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= tolerance * (max(abs(a), abs(b)) + typical)


def agree(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> bool:
    """Whether two lists of summaries, one for each array that a call gave, are of equal arrays."""
    return len(ours) == len(theirs) and all(map(close, ours, theirs))
