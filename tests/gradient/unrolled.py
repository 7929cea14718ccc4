"""Loops for the tests of derivatives: each said once, and written both as a scan and as a plain expression, step after step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import symgraph.tensor as T
from symgraph import until


class LoopCase(NamedTuple):
    """build(loop, *variables) -> a scalar; `loop` is scan, or what writes the same without one.

    values: of the variables. steps: how many steps run, for the plain expression.
    """

    name: str
    build: Callable[..., Any]
    values: tuple[Any, ...]
    steps: int


def unrolled(steps: int) -> Callable[..., tuple[Any, dict[Any, Any]]]:
    """scan, written without a loop, for this number of steps."""

    def loop(fn: Any, sequences: Any = (), outputs_info: Any = (), non_sequences: Any = (), n_steps: Any = None, go_backwards: bool = False,
             return_list: bool = False, **ignored: Any) -> tuple[Any, dict[Any, Any]]:
        rows = []
        for given in _listed(sequences):
            array, taps = (given["input"], given.get("taps", [0])) if isinstance(given, dict) else (given, [0])
            rows += [(array, tap - min(0, *taps), max(0, *taps) - tap) for tap in taps]
        before: list[Any] = []  # of each output the earlier values, oldest first, and its taps
        for given in _listed(outputs_info):
            if given is None:
                before.append((None, []))
            elif isinstance(given, dict):
                taps = given["taps"]
                before.append(([given["initial"][k] for k in range(-min(taps))], taps))
            else:
                before.append(([given], [-1]))
        results: list[list[Any]] = []
        for t in range(steps):
            arguments = [array[array.shape[0] - 1 - t - behind] if go_backwards else array[t + ahead] for array, ahead, behind in rows]
            arguments += [past[tap] for past, taps in before for tap in taps]
            returned = fn(*arguments, *_listed(non_sequences))
            if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], until):
                returned = returned[0]
            values = _listed(returned)
            if not results:
                results = [[] for _ in values]
                before = before or [(None, [])] * len(values)
            for (past, _), stack, value in zip(before, results, values):
                stack.append(value)
                if past is not None:
                    past.append(value)
        stacks = [T.stack(stack) for stack in results]
        return (stacks[0] if len(stacks) == 1 and not return_list else stacks), {}

    return loop


def _listed(x: Any) -> list[Any]:
    return [] if x is None else list(x) if isinstance(x, (list, tuple)) else [x]


def weighted(x: Any) -> Any:
    """A scalar to which each element counts differently."""
    n = 1
    for axis in range(x.ndim):
        n = n * x.shape[axis]
    return (x.flatten() * T.cos(T.arange(n).astype(x.dtype) + 1)).sum() if x.ndim else x * 0.7


rng = np.random.default_rng(5)


def draw(*shape: int) -> np.ndarray:
    return np.asarray(rng.normal(size=shape) * 0.7)


def _power(loop: Any, a: Any) -> Any:
    return weighted(loop(lambda prior, a: prior * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=3)[0][-1])


def _linear(loop: Any, x: Any, w: Any) -> Any:
    return weighted(loop(lambda x, h: T.dot(w, h) + x, sequences=x, outputs_info=T.zeros_like(x[0]))[0])


def _elman(loop: Any, x: Any, w: Any, h: Any, b: Any) -> Any:
    return weighted(loop(lambda x, h: T.tanh(x + T.dot(h, w) + b), sequences=x, outputs_info=h)[0])


def _batch(loop: Any, x: Any, w: Any, h: Any) -> Any:
    def step(x: Any, h: Any, c: Any, w: Any) -> Any:
        z = T.dot(T.concatenate([x, h], axis=1), w)
        n = 2
        i, f, o, g = z[:, :n], z[:, n : 2 * n], z[:, 2 * n : 3 * n], z[:, 3 * n :]
        new = T.nnet.sigmoid(f) * c + T.nnet.sigmoid(i) * T.tanh(g)
        return T.nnet.sigmoid(o) * T.tanh(new), new

    out, _ = loop(step, sequences=x, outputs_info=[h, T.zeros_like(h)], non_sequences=w)
    return weighted(out[0]) + (out[1][-1] ** 2).sum()


def _taps(loop: Any, x: Any, start: Any) -> Any:
    def step(later: Any, earlier: Any, second: Any, first: Any) -> Any:
        return T.sin(later) * second + earlier * first, second * first

    out, _ = loop(step, sequences={"input": x, "taps": [1, -1]}, outputs_info=[{"initial": start, "taps": [-3, -1]}, None])
    return weighted(out[0]) + weighted(out[1])


def _backwards(loop: Any, x: Any, y: Any) -> Any:
    return weighted(loop(lambda x, y, s: T.tanh(s * x) + y, sequences=[x, y], outputs_info=T.as_tensor_variable(0.5), go_backwards=True)[0])


def _shorter(loop: Any, x: Any, y: Any) -> Any:
    return weighted(loop(lambda x, y, s: s * x + y * s**2, sequences=[x, y], outputs_info=x[-1] * 0.1, n_steps=2)[0])


def _map(loop: Any, x: Any, w: Any) -> Any:
    return weighted(loop(lambda row, w: T.exp(T.dot(row, w)).sum() * row, sequences=x, non_sequences=w)[0])


def _several(loop: Any, x: Any, h: Any) -> Any:
    def step(x: Any, a: Any, count: Any, h: Any) -> Any:
        return a * x.sum() + h.sum(), count + 1, T.exp(a) * count, h * a

    out, _ = loop(step, sequences=x, outputs_info=[h.sum(), T.zeros((), "int64"), None, h])
    return out[0][-1] * out[2].sum() + weighted(out[3]) + out[1].sum() * h[0]


def _nested(loop: Any, x: Any, w: Any) -> Any:
    def outer(row: Any, h: Any, w: Any) -> Any:
        inner, _ = loop(lambda s, w: T.tanh(s * w + row.sum()), outputs_info=h, non_sequences=w, n_steps=3)
        return inner[-1] + inner.sum(axis=0) * 0.1

    return weighted(loop(outer, sequences=x, outputs_info=T.ones_like(w), non_sequences=w)[0])


def _gather(loop: Any, table: Any) -> Any:
    ids = T.constant(np.array([0, 2, 2]))
    return weighted(loop(lambda k, h, table: T.tanh(table[k] + h), sequences=ids, outputs_info=T.zeros_like(table[0]), non_sequences=table)[0])


def _products(loop: Any, x: Any, w: Any, v: Any) -> Any:
    def step(x: Any, h: Any, m: Any) -> Any:
        new = T.tanh(T.dot(w.T, h) + T.dot(h, w.T) * T.dot(h, v) + T.dot(T.tanh(x * w), v) + v)
        return new, T.dot(w, T.dot(m, w.T)) * 0.2 + T.outer(x, new)

    out, _ = loop(step, sequences=x, outputs_info=[v * 0.3, w])
    return weighted(out[0]) + weighted(out[1])


def _gather_batch(loop: Any, table: Any, b: Any) -> Any:
    ids = T.constant(np.array([[0, 2], [2, 2], [1, 0]]))
    return weighted(loop(lambda k, h: T.tanh(table[k] * b + h + b), sequences=ids, outputs_info=T.zeros_like(table[:2]))[0])


def _handed_on(loop: Any, x: Any, h: Any) -> Any:
    out, _ = loop(lambda x, a, b: (b, T.sin(a) * x), sequences=x, outputs_info=[h, 2 * h])
    return weighted(out[0]) + weighted(out[1])


def _counted(loop: Any, x: Any) -> Any:
    out, _ = loop(lambda t, s, x: s * x + t, sequences=T.arange(3), outputs_info=x, non_sequences=x)
    return weighted(out)


def _reductions(loop: Any, x: Any) -> Any:
    out, _ = loop(lambda row, s: T.nnet.softmax(row * s).flatten() * s.max() + T.sqrt((s**2).sum() + 1), sequences=x, outputs_info=x[0])
    return weighted(out)


def _until(loop: Any, x: Any, r: Any) -> Any:
    out, _ = loop(lambda x, s, r: (s * r + T.sin(x), until(s * r + T.sin(x) > 4)), sequences=x, outputs_info=T.ones_like(r), non_sequences=r,
                  n_steps=5)
    return weighted(out) + out[-1] ** 2


CASES = [
    LoopCase("power", _power, (draw(4),), 3),
    LoopCase("linear", _linear, (draw(3, 2), draw(2, 2)), 3),
    LoopCase("elman", _elman, (draw(4, 3), draw(3, 3), draw(3), draw(3)), 4),
    LoopCase("lstm of a batch", _batch, (draw(3, 2, 3), draw(5, 8), draw(2, 2)), 3),
    LoopCase("taps", _taps, (draw(6), draw(3)), 4),
    LoopCase("rows of taps", _taps, (draw(5, 2), draw(3, 2)), 3),
    LoopCase("backwards", _backwards, (draw(4), draw(4)), 4),
    LoopCase("shorter than its sequences", _shorter, (draw(4), draw(3)), 2),
    LoopCase("map", _map, (draw(3, 2), draw(2, 2)), 3),
    LoopCase("several outputs", _several, (draw(3, 2), draw(2)), 3),
    LoopCase("nested", _nested, (draw(3, 2), draw(2)), 3),
    LoopCase("gather", _gather, (draw(3, 2),), 3),
    LoopCase("products", _products, (draw(3, 2), draw(2, 2), draw(2)), 3),
    LoopCase("gather of a batch", _gather_batch, (draw(3, 2), draw(2)), 3),
    LoopCase("handed on", _handed_on, (draw(4), draw()), 4),
    LoopCase("counted", _counted, (draw(),), 3),
    LoopCase("reductions", _reductions, (draw(3, 3),), 3),
    LoopCase("until", _until, (np.array([0.72, 0.27, 0.61, 0.35, 0.17, 1.31]), np.asarray(1.4)), 3),
]
