"""scan_checkpoints: a scan in chunks, of which only the last row of each is kept; derivatives run through a chunk again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symgraph.expr.make import as_variable
from symgraph.expr.sizes import as_size
from symgraph.expr.variable import TensorVariable
from symgraph.loops.result import OrderedUpdates, until
from symgraph.loops.scan import scan
from symgraph.loops.specification import listed, read_non_sequences
from symgraph.ops.create import arange, zeros
from symgraph.ops.join import concatenate

__all__ = ["scan_checkpoints"]


def scan_checkpoints(
    fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None, name: str = "checkpointscan_fn",
    n_steps: Any = None, save_every_N: int = 10, padding: bool = True,
) -> tuple[Any, OrderedUpdates]:
    """`scan` that keeps one row in `save_every_N`: the outputs have the rows of the steps N, 2 N, ... and of the last step.

    Between these rows nothing is stored; derivatives compute the steps of a chunk again. sequences: variables without taps, of which
    the shortest, or n_steps, says how many steps there are. outputs_info: None or initial values without taps. padding: sequences are
    filled up with rows of zeros, which no step reads, where N does not divide the number of steps; False saves this copy, and then
    N must divide it.

    Raises RuntimeError for taps, ValueError for neither sequences nor n_steps, a step that ends by `until` and (in the call, where
    it is not known before) a number of steps that N does not divide without padding; TypeError for N that is no positive integer.

    >>> import symgraph.tensor as T
    >>> start, n = T.dscalar('start'), T.lscalar('n')
    >>> rows, updates = scan_checkpoints(lambda x: 2 * x, outputs_info=start, n_steps=n, save_every_N=4)
    >>> rows.eval({start: 1.0, n: 10})
    array([  16.,  256., 1024.])
    """
    if not isinstance(save_every_N, (int, np.integer)) or isinstance(save_every_N, bool) or save_every_N < 1:
        raise TypeError(f"scan_checkpoints: save_every_N must be a positive integer, got {save_every_N!r}")
    rows = [_without_taps(x, f"sequence {k}") for k, x in enumerate(listed(sequences))]
    starts = [None if x is None or x == {} else _without_taps(x, f"output {k}") for k, x in enumerate(listed(outputs_info))]
    others = read_non_sequences(non_sequences)
    steps = _steps(rows, n_steps)
    whole = int(save_every_N)
    chunks = (steps + (whole - 1)) // whole if padding else steps // whole
    counts = (steps - arange(chunks) * whole).minimum(whole)
    blocks = [_in_chunks(x, steps, chunks, whole, padding) for x in rows]

    def chunk(*arguments: Any) -> Any:
        count, given = arguments[0], arguments[1 : 1 + len(rows)]
        prior = iter(arguments[1 + len(rows) :])
        info = [None if start is None else next(prior) for start in starts]
        outputs, updates = scan(_endless(fn), list(given), info, others, count, name=f"{name}_inner", return_list=True)
        return [x[-1] for x in outputs or ()], updates

    kept, updates = scan(chunk, [counts, *blocks], starts, None, chunks, name=f"{name}_outer")
    for x in listed(kept)[:1]:
        x.owner.op.recompute = True  # what derivatives need of a chunk is computed again
    return kept, updates


def _without_taps(given: Any, what: str) -> Any:
    if isinstance(given, Mapping):
        if given.get("taps") not in (None, 0, -1, [0], [-1]):
            raise RuntimeError(f"scan_checkpoints does not work with taps, {what} has {given['taps']}")
        given = given.get("initial", given.get("input"))
    x = as_variable(given)
    if not isinstance(x, TensorVariable) or what.startswith("sequence") and x.ndim == 0:
        raise TypeError(f"scan_checkpoints: {what} must be an array{' to run along' if what.startswith('sequence') else ''}, got {given!r}")
    return x


def _steps(rows: list[Any], n_steps: Any) -> Any:
    if n_steps is not None:
        return as_size(n_steps, "n_steps of scan_checkpoints").astype("int64")
    if not rows:
        raise ValueError("scan_checkpoints has no sequences, so n_steps must say how many steps to run")
    steps = rows[0].shape[0]
    for x in rows[1:]:
        steps = steps.minimum(x.shape[0])
    return steps


def _in_chunks(x: Any, steps: Any, chunks: Any, whole: int, padding: bool) -> Any:
    """The first rows of x as an array (chunk, row, ...)."""
    sizes = [x.shape[axis] for axis in range(1, x.ndim)]
    x = x[:steps]
    if padding:
        x = concatenate([x, zeros([chunks * whole - steps, *sizes], x.dtype)])
    return x.reshape([chunks, whole, *sizes])


def _endless(fn: Callable[..., Any]) -> Callable[..., Any]:
    def step(*arguments: Any) -> Any:
        returned = fn(*arguments)
        if isinstance(returned, until) or isinstance(returned, (list, tuple)) and any(isinstance(x, until) for x in returned):
            raise ValueError("scan_checkpoints runs a number of steps that is known before: its step cannot end it by until")
        return returned

    return step
