"""map, reduce and the folds: scans of usual forms under their usual names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.loops.scan import scan

__all__ = ["foldl", "foldr", "map", "reduce"]


def map(
    fn: Callable[..., Any], sequences: Any, non_sequences: Any = None, truncate_gradient: int = -1, go_backwards: bool = False, mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """fn of the elements of one or more sequences, stacked: the pair of outputs and updates of `scan`.

    >>> import symgraph.tensor as T
    >>> squares, updates = map(lambda x: x * x, T.arange(4))
    >>> squares.eval()
    array([0, 1, 4, 9])
    """
    return scan(fn, sequences=sequences, outputs_info=[], non_sequences=non_sequences, truncate_gradient=truncate_gradient,
                go_backwards=go_backwards, mode=mode, name=name)


def reduce(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, go_backwards: bool = False, mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """What ``accumulator = fn(element, accumulator)`` comes to over the sequences, from `outputs_info` on, and the updates.

    >>> import symgraph.tensor as T
    >>> total, updates = reduce(lambda x, total: 10 * total + x, T.arange(1, 4), T.constant(0, dtype='int64'))
    >>> total.eval()
    array(123)
    """
    outputs, updates = scan(fn, sequences=sequences, outputs_info=outputs_info, non_sequences=non_sequences, go_backwards=go_backwards, mode=mode,
                            name=name)
    return ([x[-1] for x in outputs] if isinstance(outputs, (list, tuple)) else outputs[-1]), updates


def foldl(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, mode: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """`reduce` from the first element to the last."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, mode: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """`reduce` from the last element to the first."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)
