"""Random programs with scans, as plain data: drawn, run by plain Python loops, and written with scan.

A program reads `INPUTS`: scalars (s), vectors of 2 (v), matrices with rows of 2 (m), long vectors (w). A body is a list of
instructions on what is in scope, numbered in order; loops stand in bodies, to any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

import symgraph
import symgraph.tensor as T

__all__ = ["INPUTS", "NUMPY", "SYMBOLIC", "Library", "Loop", "draw", "run_plainly", "variables", "written"]

WIDTH = 2
INPUTS = (("a", "s"), ("b", "s"), ("x", "v"), ("y", "v"), ("m", "m"), ("k", "m"), ("w", "w"), ("A", "square"))


def variables() -> list[Any]:
    make = {"s": T.dscalar, "v": lambda name: T.tensor("float64", shape=(WIDTH,), name=name), "w": T.dvector,
            "m": lambda name: T.tensor("float64", shape=(None, WIDTH), name=name), "square": T.dmatrix}
    return [make[kind](name) for name, kind in INPUTS]


class Do(NamedTuple):
    """One instruction: what is done with which values of the scope."""

    name: str
    reads: tuple[int, ...]


class Rows(NamedTuple):
    source: int
    taps: tuple[int, ...]


class State(NamedTuple):
    """sources: one value (taps (-1,), or None for an output without state), or the initial rows, oldest first."""

    sources: tuple[int, ...]
    taps: tuple[int, ...] | None
    kind: str


class Loop(NamedTuple):
    sequences: tuple[Rows, ...]
    outputs: tuple[State, ...]
    steps: int | None
    chosen: int | None  # a value of the scope by which a loop within a step takes 3 steps or 1
    backwards: bool
    until: int | None  # a value of the body; the loop ends where it is above a bound
    body: tuple[Any, ...]
    results: tuple[int, ...]
    counter: int | None  # the value of the body that a shared variable takes up


LIMIT = 0.35  # of `until`

# name: (kinds it reads, kind it gives: that of its widest operand if "?")
OPERATIONS: dict[str, tuple[str, str]] = {
    "mix": ("??", "?"), "times": ("??", "?"), "most": ("??", "?"), "choose": ("??", "?"), "flip": ("v", "v"), "sum": ("v", "s"), "first": ("v", "s"),
    "product": ("v", "v"), "wave": ("?", "?"),
}


# Drawing ----------------------------------------------------------------------------------------------------------------
def draw(random: Random, depth: int = 3) -> tuple[Loop, ...]:
    """One or two loops, one after the other; the second sees the results of the first."""
    kinds = [kind for _, kind in INPUTS]
    loops = []
    for number in range(random.choice((1, 1, 2))):
        loop = _loop(random, kinds, depth, top=not number)
        loops.append(loop)
        kinds = kinds + [{"s": "w", "v": "m"}[o.kind] for o in loop.outputs]
    return tuple(loops)


def _pick(random: Random, kinds: Sequence[str], wanted: str) -> int:
    found = [k for k, kind in enumerate(kinds) if kind in wanted]
    return random.choice(found[-8:] if random.random() < 0.6 else found)


def _loop(random: Random, kinds: Sequence[str], depth: int, top: bool) -> Loop:
    sequences = []
    for _ in range(random.choice((0, 1, 1, 2))):
        source = _pick(random, kinds, "mw" if random.random() < 0.8 or top else "v")
        sequences.append(Rows(source, tuple(random.sample((-2, -1, 0, 1), random.choice((1, 2))) if random.random() < 0.4 else (0,))))
    outputs = []
    for _ in range(random.choice((0, 1, 1, 2))):
        kind = random.choice("sv")
        taps = tuple(random.sample((-1, -2, -3), random.choice((1, 2)))) if random.random() < 0.4 else (-1,)
        rows = 1 if taps == (-1,) else -min(taps) + random.choice((0, 0, 1))
        outputs.append(State(tuple(_pick(random, kinds, kind) for _ in range(rows)), taps, kind))
    for _ in range(random.choice((0, 1, 1)) if outputs else 1):
        outputs.append(State((), None, random.choice("sv")))
    random.shuffle(outputs)
    steps = random.randint(0, 4) if not sequences or random.random() < 0.2 else None
    chosen = _pick(random, kinds, "s") if not top and random.random() < 0.3 else None
    counted = top and random.random() < 0.3
    inside = list(kinds) + [_row(kinds[s.source]) for s in sequences for _ in s.taps]
    inside += [o.kind for o in outputs if o.taps is not None for _ in o.taps] + ["s"] * counted
    body: list[Any] = []
    for _ in range(random.randint(1, 5)):
        if depth > 1 and random.random() < 0.25:
            inner = _loop(random, inside, depth - 1, False)
            body.append(inner)
            inside += [o.kind for o in inner.outputs]
        else:
            name = random.choice(tuple(OPERATIONS))
            takes, gives = OPERATIONS[name]
            reads = tuple(_pick(random, inside, "sv" if one == "?" else one) for one in takes)
            body.append(Do(name, reads))
            inside.append(gives if gives != "?" else max(inside[k] for k in reads))
    results = tuple(_pick(random, inside, o.kind) for o in outputs)
    until = _pick(random, inside, "s") if random.random() < 0.2 else None
    return Loop(tuple(sequences), tuple(outputs), None if chosen is not None else steps, chosen,
                bool(sequences) and random.random() < 0.3, until, tuple(body), results,
                _pick(random, inside, "s") if counted else None)


def _row(kind: str) -> str:
    return {"m": "v", "w": "s", "v": "s"}[kind]


# Doing ------------------------------------------------------------------------------------------------------------------
class Library(NamedTuple):
    tanh: Callable[..., Any]
    maximum: Callable[..., Any]
    where: Callable[..., Any]
    dot: Callable[..., Any]
    sin: Callable[..., Any]
    stack: Callable[..., Any]
    zeros: Callable[..., Any]


NUMPY = Library(np.tanh, np.maximum, np.where, np.dot, np.sin, np.stack, np.zeros)
SYMBOLIC = Library(T.tanh, T.maximum, T.switch, T.dot, T.sin, T.stack, T.zeros)


def _done(lib: Library, do: Do, scope: Sequence[Any]) -> Any:
    a = scope[do.reads[0]]
    b = scope[do.reads[-1]]
    return {
        "mix": lambda: lib.tanh(a + b * 0.5), "times": lambda: a * b * 0.5, "most": lambda: lib.maximum(a, b * 0.75),
        "choose": lambda: lib.where(a > 0.1, a * 0.5, b), "flip": lambda: a[::-1], "sum": lambda: a.sum(), "first": lambda: a[0] + 0.125,
        "product": lambda: lib.dot(scope[len(INPUTS) - 1], a), "wave": lambda: lib.sin(a),
    }[do.name]()


def _renewed(lib: Library, loop: Loop, scope: Sequence[Any], priors: Sequence[Any]) -> list[Any]:
    """What a step gives: states stay bounded."""
    given = iter(priors)
    return [scope[k] * 1.0 if prior is None else lib.tanh(scope[k] * 0.5 + prior * 0.25) for k, prior in zip(loop.results, given)]


# Plain loops ------------------------------------------------------------------------------------------------------------
def run_plainly(
    lib: Library, loops: Sequence[Loop], scope: list[Any], lengths: dict[str, int], counter: Any, ran: list[int] | Iterator[int]
) -> tuple[list[Any], Any]:
    """The outputs of the loops, and what the shared variable ends as. ran: a list that is filled with the steps of each loop as it ends,
    or an iterator of such numbers, where conditions have no value yet. lengths: of the inputs that are sequences."""
    sizes: list[int | None] = [lengths.get(name, WIDTH if kind == "v" else None) for name, kind in INPUTS]
    outputs: list[Any] = []
    for loop in loops:
        found, counter, count = _run(lib, loop, list(scope), list(sizes), counter, ran)
        outputs += found
        scope = scope + found
        sizes = sizes + [count] * len(found)
    return outputs, counter


def _run(lib: Library, loop: Loop, scope: list[Any], sizes: list[Any], counter: Any, ran: Any) -> tuple[list[Any], Any, int]:
    first = [max(0, -min(s.taps)) for s in loop.sequences]  # the earliest place all taps exist for, and the latest
    last = [sizes[s.source] - 1 - max(0, *s.taps) for s in loop.sequences]
    counts = [max(0, b - a + 1) for a, b in zip(first, last)]
    limit = None if isinstance(ran, list) else next(ran)
    steps = loop.steps if loop.chosen is None else limit if limit is not None else 3 if scope[loop.chosen] > 0 else 1
    count = min(counts) if steps is None else min([steps, *counts])
    histories: list[Any] = [[scope[k] for k in o.sources] for o in loop.outputs]
    for history, o in zip(histories, loop.outputs):
        del history[-min(o.taps) if o.taps else 0 :]
    rows: list[list[Any]] = [[] for _ in loop.outputs]
    place = len(ran) if isinstance(ran, list) else 0
    if isinstance(ran, list):
        ran.append(-1)
    t = 0
    while t < count and (limit is None or t < limit):
        inside, widths = list(scope), list(sizes)
        for s, low, high in zip(loop.sequences, first, last):
            at = high - t if loop.backwards else low + t
            inside += [scope[s.source][at + tap] for tap in s.taps]
            widths += [None] * len(s.taps)
        priors = []
        for o, history in zip(loop.outputs, histories):
            inside += [history[tap] for tap in o.taps or ()]
            priors.append(None if o.taps is None else history[o.taps[0]])
        inside += [] if loop.counter is None else [counter]
        widths += [WIDTH] * (len(inside) - len(widths))
        widths = [WIDTH if n is None else n for n in widths]
        for do in loop.body:
            if isinstance(do, Do):
                inside.append(_done(lib, do, inside))
                widths.append(WIDTH)
            else:
                found, _, _ = _run(lib, do, inside, widths, None, ran)
                inside += [x.sum(0) for x in found]
                widths += [WIDTH] * len(found)
        new = _renewed(lib, loop, inside, priors)
        for history, row, value in zip(histories, rows, new):
            history.append(value)
            row.append(value)
        if loop.counter is not None:
            counter = lib.tanh(inside[loop.counter] * 0.5 + counter * 0.5)
        t += 1
        if loop.until is not None and limit is None and inside[loop.until] > LIMIT:
            break
    if isinstance(ran, list):
        ran[place] = t
    return [lib.stack(row) if row else lib.zeros((0,) if o.kind == "s" else (0, WIDTH)) for row, o in zip(rows, loop.outputs)], counter, t


# The same with scan -----------------------------------------------------------------------------------------------------
def written(loops: Sequence[Loop], scope: list[Any], counter: Any) -> tuple[list[Any], Any]:
    """The outputs as expressions, and the updates."""
    outputs: list[Any] = []
    updates = symgraph.OrderedUpdates()
    for loop in loops:
        found, more = _scanned(loop, list(scope), counter)
        updates.update(more)
        outputs += found
        scope = scope + found
    return outputs, updates


def _scanned(loop: Loop, scope: list[Any], counter: Any) -> tuple[list[Any], Any]:
    sequences = [{"input": scope[s.source], "taps": list(s.taps)} if s.taps != (0,) else scope[s.source] for s in loop.sequences]
    starts: list[Any] = []
    for o in loop.outputs:
        if o.taps is None:
            starts.append(None)
        elif o.taps == (-1,):
            starts.append(scope[o.sources[0]])
        else:
            starts.append({"initial": T.stack([scope[k] for k in o.sources]), "taps": list(o.taps)})
    steps = loop.steps if loop.chosen is None else T.switch(scope[loop.chosen] > 0, 3, 1)
    if steps is not None and sequences:  # not more than there are
        for s in loop.sequences:
            steps = T.minimum(steps, T.maximum(0, scope[s.source].shape[0] - max(0, *s.taps) + min(0, *s.taps))).astype("int64")

    def step(*arguments: Any) -> Any:
        inside = scope + list(arguments)
        at = len(scope) + sum(len(s.taps) for s in loop.sequences)
        priors = []
        for o in loop.outputs:
            priors.append(None if o.taps is None else inside[at])
            at += len(o.taps or ())
        inside += [] if loop.counter is None else [counter]
        for do in loop.body:
            if isinstance(do, Do):
                inside.append(_done(SYMBOLIC, do, inside))
            else:
                inside += [x.sum(axis=0) for x in _scanned(do, inside, None)[0]]
        new = _renewed(SYMBOLIC, loop, inside, priors)
        answer: list[Any] = [new[0] if len(new) == 1 else new]
        if loop.counter is not None:
            answer.append({counter: T.tanh(inside[loop.counter] * 0.5 + counter * 0.5)})
        if loop.until is not None:
            answer.append(symgraph.until(inside[loop.until] > LIMIT))
        return answer[0] if len(answer) == 1 else tuple(answer)

    found, updates = symgraph.scan(step, sequences, starts, n_steps=steps, go_backwards=loop.backwards, return_list=True)
    return found, updates
