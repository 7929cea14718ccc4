"""Every form in which scan may be told what it runs over, and in which a step may answer, against plain loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, scan, shared, until

V = np.array([0.5, -1.0, 2.0, 3.0, -0.25])
W = V[::-1] * 2
M = np.arange(12.0).reshape(4, 3) / 7
v, w, m, s, n = T.dvector("v"), T.dvector("w"), T.dmatrix("m"), T.dscalar("s"), T.iscalar("n")
GIVEN = {v: V, w: W, m: M, s: 1.5, n: 4}


def run(outputs: Any, updates: Any = None, linker: str = "py") -> Any:
    return function(list(GIVEN), outputs, updates=updates, mode=symgraph.Mode(linker), on_unused_input="ignore")(*GIVEN.values())


def by_steps(count: int, start: list[Any], step: Callable[[int, list[Any]], Any]) -> np.ndarray:
    """The values that a state has after each step; step(t, earlier) sees all earlier ones."""
    values = list(start)
    for t in range(count):
        values.append(step(t, values))
    return np.array(values[len(start) :])


# name: (what scan is called with, what its outputs are)
FORMS: dict[str, tuple[Callable[[], Any], Any]] = {
    # sequences
    "taps of a sequence, in any order": (lambda: scan(lambda a, b, c: a * 100 + b * 10 + c, sequences={"input": v, "taps": [2, -1, 0]}),
                                         V[3:] * 100 + V[:2] * 10 + V[1:3]),
    "one tap, as a number": (lambda: scan(lambda a: a * 2, sequences={"input": v, "taps": 1}), V[1:] * 2),
    "taps as a tuple": (lambda: scan(lambda a, b: a - 2 * b, sequences=({"input": v, "taps": (0, 1)},)), V[:-1] - 2 * V[1:]),
    "taps that are None": (lambda: scan(lambda a: a * 2, sequences={"input": v, "taps": None}), V * 2),
    "one tap twice": (lambda: scan(lambda a, b: a * 2 + b, sequences={"input": v, "taps": [0, 0]}), V * 3),
    "earlier taps alone": (lambda: scan(lambda a, b: a * 2 + b, sequences=[{"input": v, "taps": [-2]}, w]), V[:3] * 2 + W[:3]),
    "taps of two sequences": (lambda: scan(lambda a, b: a * 10 + b, sequences=[{"input": v, "taps": [1]}, {"input": w, "taps": [-1]}]),
                              V[1:] * 10 + W[:-1]),
    "backwards with taps": (lambda: scan(lambda a, b: a * 10 + b, sequences={"input": v, "taps": [0, 1]}, go_backwards=True),
                            (V[:-1] * 10 + V[1:])[::-1]),
    "backwards, the last ones": (lambda: scan(lambda a: a * 1, sequences=v, go_backwards=True, n_steps=n), V[::-1][:4]),
    "an array": (lambda: scan(lambda a: a * 2, sequences=V), V * 2),
    "a list of arrays and lists": (lambda: scan(lambda a, b: a * b, sequences=[V[:3], [1.0, 2.0, 3.0]]), V[:3] * [1, 2, 3]),
    "sequences of different lengths": (lambda: scan(lambda row, x, y: row * x + y, sequences=[m, v, w[:2]]), M[:2] * V[:2, None] + W[:2, None]),
    "numbers, sequences, states and others": (
        lambda: scan(lambda x, y, a, b, c, q: [x + y * a - b, c * q + x], sequences=[v, {"input": w, "taps": [0]}],
                     outputs_info=[{"initial": v, "taps": [-2, -1]}, {"initial": s}], non_sequences=[s]),
        [by_steps(5, [V[0], V[1]], lambda t, e: V[t] + W[t] * e[-2] - e[-1]), by_steps(5, [1.5], lambda t, e: e[-1] * 1.5 + V[t])]),
    # outputs_info
    "taps -1 and -3": (lambda: scan(lambda a, b: a - 2 * b, outputs_info={"initial": v, "taps": [-1, -3]}, n_steps=4),
                       by_steps(4, list(V[:3]), lambda t, e: e[-1] - 2 * e[-3])),
    "taps -3 and -1": (lambda: scan(lambda b, a: a - 2 * b, outputs_info={"initial": v, "taps": [-3, -1]}, n_steps=4),
                       by_steps(4, list(V[:3]), lambda t, e: e[-1] - 2 * e[-3])),
    "tap -2 alone, more rows than needed": (lambda: scan(lambda a: a * 2 + 1, outputs_info={"initial": v, "taps": [-2]}, n_steps=5),
                                            by_steps(5, list(V[:2]), lambda t, e: e[-2] * 2 + 1)),
    "tap -2, as a number": (lambda: scan(lambda a: a * 2 + 1, outputs_info={"initial": m, "taps": -2}, n_steps=3),
                            by_steps(3, list(M[:2]), lambda t, e: e[-2] * 2 + 1)),
    "tap -1, said": (lambda: scan(lambda a: a * 2, outputs_info={"initial": v, "taps": [-1]}, n_steps=2), [V * 2, V * 4]),
    "initial alone": (lambda: scan(lambda a: a * 2, outputs_info={"initial": v}, n_steps=2), [V * 2, V * 4]),
    "taps None": (lambda: scan(lambda a: a * 2, outputs_info=[{"initial": s, "taps": None}], n_steps=2), [3.0, 6.0]),
    "a number": (lambda: scan(lambda x, a: a * 2 + x, sequences=v, outputs_info=0.5), by_steps(5, [0.5], lambda t, e: e[-1] * 2 + V[t])),
    "an array to start from": (lambda: scan(lambda a: a * 2, outputs_info=V, n_steps=2), [V * 2, V * 4]),
    "None, {} and a state in a tuple": (lambda: scan(lambda x, a: (x, a * x, x * 2), sequences=v, outputs_info=(None, s, {})),
                                        [V, 1.5 * np.cumprod(V), V * 2]),
    "no state, said by an empty list": (lambda: scan(lambda x: [x * 2, x], sequences=v, outputs_info=[]), [V * 2, V]),
    # n_steps
    "a numpy number of steps": (lambda: scan(lambda a: a * 2, outputs_info=s, n_steps=np.int64(2)), [3.0, 6.0]),
    "a shared number of steps": (lambda: scan(lambda a: a * 2, outputs_info=s, n_steps=shared(np.int32(2))), [3.0, 6.0]),
    "a length as number of steps": (lambda: scan(lambda a: a * 2, outputs_info=s, n_steps=m.shape[1]), [3.0, 6.0, 12.0]),
    "one step keeps the leading axis": (lambda: scan(lambda row, a: row + a, sequences=m, outputs_info=T.zeros((3,)), n_steps=1), M[:1]),
    # non_sequences
    "numbers and arrays as non_sequences": (lambda: scan(lambda x, q, r: x * q + r, sequences=v, non_sequences=[2, np.array(0.5)]), V * 2 + 0.5),
    "one that is not used, one given twice": (lambda: scan(lambda x, p, q, r: x * q + r, sequences=v, non_sequences=[m, s, s]), V * 1.5 + 1.5),
    "strict with what it needs": (lambda: scan(lambda x, q: x * q + T.constant(2.0), sequences=v, non_sequences=s, strict=True), V * 1.5 + 2),
    # what a step gives
    "a number, an array": (lambda: scan(lambda x: [x, np.array([1.0, 2.0])], sequences=v), [V, np.tile([1.0, 2.0], (5, 1))]),
    "what it got, and that twice": (lambda: scan(lambda x: (x, x), sequences=v), [V, V]),
    "an outer variable": (lambda: scan(lambda x: m, sequences=v), np.tile(M, (5, 1, 1))),
    "the names of Theano's options": (
        lambda: scan(fn=lambda x: x * 2, sequences=v, mode="FAST_COMPILE", profile=True, allow_gc=False, name="twice", truncate_gradient=-1),
        V * 2),
    # the others of the family
    "map of two": (lambda: symgraph.map(lambda x, y: (x + y, x - y), [v, w]), [V + W, V - W]),
    "reduce": (lambda: symgraph.reduce(lambda x, a: x + 2 * a, v, s), by_steps(5, [1.5], lambda t, e: V[t] + 2 * e[-1])[-1]),
    "reduce of two": (lambda: symgraph.reduce(lambda x, a, b: [x + 2 * a, b * x], v, [s, 1.0]),
                      [by_steps(5, [1.5], lambda t, e: V[t] + 2 * e[-1])[-1], np.prod(V)]),
    "foldl": (lambda: symgraph.foldl(lambda x, a: x + 2 * a, v, s), by_steps(5, [1.5], lambda t, e: V[t] + 2 * e[-1])[-1]),
    "foldr": (lambda: symgraph.foldr(lambda x, a: x + 2 * a, v, s), by_steps(5, [1.5], lambda t, e: V[4 - t] + 2 * e[-1])[-1]),
}


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_forms(linker: str) -> None:
    results = [form()[0] for form, _ in FORMS.values()]
    flat = [x for result in results for x in (result if isinstance(result, list) else [result])]
    values = iter(run(flat, linker=linker))
    for (name, (_, wanted)), result in zip(FORMS.items(), results):
        for one in wanted if isinstance(result, list) else [wanted]:
            found = next(values)
            assert found.shape == np.shape(one) and np.allclose(found, one, rtol=1e-13, atol=0), name


def test_updates_in_every_form() -> None:
    def counted(form: Callable[[Any, Any], Any]) -> tuple[Any, list[float]]:
        c = shared(0.0, name="c")
        result, updates = scan(lambda x: form(x, c), sequences=v)
        assert type(updates) is symgraph.OrderedUpdates and list(updates) == [c]
        return run([] if result is None else result, updates), [float(c.get_value())]

    assert counted(lambda x, c: {c: c + x}) == ([], [4.25])
    assert counted(lambda x, c: [(c, c + x)]) == ([], [4.25])
    assert counted(lambda x, c: ([], {c: c + x})) == ([], [4.25])
    assert counted(lambda x, c: ({c: c + 1}, until(x > 1))) == ([], [3.0])
    assert counted(lambda x, c: {c: 7})[1] == [7.0]  # a number takes the dtype of what it updates
    before = np.concatenate([[0], np.cumsum(V)[:-1]])
    for form in (lambda x, c: (x * c, {c: c + x}), lambda x, c: [x * c, [(c, c + x)]], lambda x, c: ((x * c,), ((c, c + x),))):
        found, after = counted(form)
        assert np.allclose(found, V * before) and after == [4.25]
    (found, twice), after = counted(lambda x, c: ([x * c, x * 2], {c: c + x}, until(x > 1)))
    assert np.allclose(found, (V * before)[:3]) and np.array_equal(twice, V[:3] * 2) and after == [1.5]


def test_until_in_every_form() -> None:
    single, _ = scan(lambda x: (x * 2, until(x > 1)), sequences=v)
    pair, _ = scan(lambda x: ([x * 2, x], until(T.gt(x, 1))), sequences=v)
    listed, _ = scan(lambda x: ([x * 2], until(x > 1)), sequences=v, return_list=True)
    assert np.array_equal(run(single), V[:3] * 2) and len(listed) == 1
    assert all(np.array_equal(a, b) for a, b in zip(run(pair), [V[:3] * 2, V[:3]]))


# Default updates: the states of random streams --------------------------------------------------------------------------
def counter() -> Any:
    c = shared(0.0, name="c")
    c.default_update = c + 1
    return c


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_default_updates_advance_in_each_step(linker: str) -> None:
    c = counter()
    read, updates = scan(lambda x: x * 0 + c, sequences=v)
    assert list(updates) == [c]
    assert run(read, updates, linker).tolist() == [0, 1, 2, 3, 4] and c.get_value() == 5
    assert run(read, updates, linker).tolist() == [5, 6, 7, 8, 9] and c.get_value() == 10
    assert run(read, None, linker).tolist() == [10, 11, 12, 13, 14] and c.get_value() == 11  # as any function that reads it
    handed, updates = scan(lambda x, c: x * 0 + c, sequences=v, non_sequences=c)
    assert run(handed, updates, linker).tolist() == [11, 12, 13, 14, 15]


def test_a_step_may_say_another_update() -> None:
    c = counter()
    read, updates = scan(lambda x: (x * 0 + c, {c: c + 10}), sequences=v)
    assert run(read, updates).tolist() == [0, 10, 20, 30, 40] and c.get_value() == 50


def test_default_updates_that_read_others() -> None:
    a, b = shared(1.0, name="a"), counter()
    a.default_update = a * 2 + b
    read, updates = scan(lambda: a + 0, n_steps=4)
    assert set(updates) == {a, b}
    assert run(read, updates).tolist() == [1, 2, 5, 12] and b.get_value() == 4


def test_what_was_drawn_before_the_loop_stays() -> None:
    c = counter()
    drawn = c * 2 + 1  # a mask of dropout, say: one for all steps
    read, updates = scan(lambda x: x * 0 + drawn, sequences=v)
    assert not updates and run(read).tolist() == [1] * 5 and c.get_value() == 1


def test_default_updates_in_nested_loops() -> None:
    c = counter()

    def outer(x: Any) -> Any:
        inner, updates = scan(lambda y: y * 0 + c, sequences=w[:2])
        return inner + x * 0, updates

    table, updates = scan(outer, sequences=v[:3])
    assert run(table, updates).tolist() == [[0, 1], [2, 3], [4, 5]] and c.get_value() == 6
    forgotten, updates = scan(lambda x: outer(x)[0], sequences=v[:3])  # the inner updates are not passed on: one a step
    assert run(forgotten, updates).tolist() == [[6, 7], [7, 8], [8, 9]] and c.get_value() == 9


# Names ------------------------------------------------------------------------------------------------------------------
def test_arguments_have_names() -> None:
    names: list[Any] = []

    def step(*arguments: Any) -> Any:
        names.extend(x.name for x in arguments)
        return arguments[2] + 0

    scan(step, sequences={"input": v, "taps": [0, 1]}, outputs_info={"initial": w, "taps": [-2, -1]}, non_sequences=s)
    assert names == ["v[t]", "v[t+1]", "w[t-2]", "w[t-1]", "s"]


# scan_checkpoints ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("linker", ["py", "llvm"])
@pytest.mark.parametrize("every", [1, 2, 3, 5, 7])
def test_one_row_in_several(every: int, linker: str) -> None:
    total = shared(0.0, name="total")

    def step(x: Any, row: Any, h: Any, factor: Any) -> Any:
        return [h * factor + row * x, row + x], {total: total + x}

    rows = T.concatenate([m, m * 2])
    few, updates = symgraph.scan_checkpoints(step, [v, rows], [T.zeros((3,)), None], [s], save_every_N=every)
    every_row, _ = scan(step, [v, rows], [T.zeros((3,)), None], [s])
    call = function([v, m, s], [*few, *every_row], updates=updates, mode=symgraph.Mode(linker))
    *found, states, others = call(V, M, 1.5)
    kept = [k for k in range(5) if (k + 1) % every == 0 or k == 4]
    assert all(np.allclose(a, b[kept], rtol=1e-13) for a, b in zip(found, (states, others), strict=True))
    assert total.get_value() == V.sum()
    assert call(V[:0], M, 1.5)[0].shape == (0, 3)


def test_chunks_without_padding_need_whole_ones() -> None:
    few, _ = symgraph.scan_checkpoints(lambda x, h: h + x, v, s, save_every_N=2, padding=False)
    assert np.allclose(few.eval({v: V[:4], s: 0.0}), np.cumsum(V)[[1, 3]])
    with pytest.raises(ValueError):
        few.eval({v: V, s: 0.0})


def test_what_chunks_cannot_do() -> None:
    several = {"initial": v, "taps": [-2, -1]}
    with pytest.raises(RuntimeError, match="does not work with taps, output 0 has"):
        symgraph.scan_checkpoints(lambda a, b: a + b, outputs_info=several, n_steps=4)
    with pytest.raises(ValueError, match="by until"):
        symgraph.scan_checkpoints(lambda x: (x, until(x > 1)), v)
    with pytest.raises(ValueError, match="n_steps must say"):
        symgraph.scan_checkpoints(lambda x: x, outputs_info=s)
    for wrong in (0, 2.5, True, "2"):
        with pytest.raises(TypeError, match="save_every_N"):
            symgraph.scan_checkpoints(lambda x: x, v, save_every_N=wrong)
    with pytest.raises(TypeError, match="sequence 0 must be an array to run along"):
        symgraph.scan_checkpoints(lambda x: x, s)


def test_the_module_of_scan() -> None:
    from symgraph.scan_module import scan_utils

    assert symgraph.scan_module.scan is scan and scan_utils.until is until
    rows, _ = scan(lambda x: x * 2, v)
    assert isinstance(rows.owner.op, symgraph.scan_module.scan_op.Scan)
