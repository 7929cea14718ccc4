"""Stacks of loops whose number of steps, or whose rows' size, shows only as they run; and what is said when memory does not suffice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, scan, until
from symgraph.compile.handoff import hand_over
from symgraph.loops.loopop import LoopLayout, LoopOp

on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))


def interpreted(inputs: list[Any], outputs: list[Any], values: list[Any]) -> list[Any]:
    """The values by the loop IR's interpreter, which moves a tape whenever it grows."""
    from codegen.loopir.interpret import interpret
    from codegen.lower.entry import lower

    lowered = lower(hand_over(inputs, outputs).program)
    arrays = [np.asarray(v, x.type.dtype) for v, x in zip(values, inputs)]
    status, _, results = interpret(lowered.module, [*arrays, *lowered.layout.constants], lowered.layout.results)
    assert status == 0
    return results


def collatz(start: Any, width: int = 0) -> tuple[Any, Any, Any]:
    """(last value, all values, a stack beside them) of a loop that ends at 1, without a bound on its steps."""
    x = start.type()
    after = T.switch(T.eq(x % 2, 0), x // 2, 3 * x + 1)
    row = after if not width else T.ones((width,)) * after
    op = LoopOp([x], [after, after, row, T.eq(after, 1)], LoopLayout([], 1, 0, 2, until=True, unbounded=True), "collatz")
    return tuple(op(start, return_list=True))


def collatz_values(start: int) -> list[int]:
    values = []
    while True:
        start = start // 2 if start % 2 == 0 else 3 * start + 1
        values.append(start)
        if start == 1:
            return values


@on_every_linker
@pytest.mark.parametrize("width", (0, 3, 700))
def test_a_loop_without_a_bound_stacks_its_results(linker: str, width: int) -> None:
    n = T.lscalar("n")
    outputs = list(collatz(n, width))
    f = function([n], outputs, mode=symgraph.Mode(linker))
    for start in (2, 27, 6171, 4):
        values = collatz_values(start)
        last, every, rows = f(start)
        assert last == 1 and every.tolist() == values
        assert rows.shape == ((len(values), width) if width else (len(values),)) and (rows.reshape(len(values), -1)[:, 0] == values).all()
    if linker == "llvm" and width < 700:
        last, every, rows = interpreted([n], outputs, [27])
        assert last == 1 and every.tolist() == collatz_values(27)


@on_every_linker
def test_states_that_are_rows_of_a_tape_move_with_it(linker: str) -> None:
    start, limit = T.dvector("start"), T.dscalar("limit")
    stack, _ = scan(lambda x: (x * 1.5 + x[::-1], until(x.sum() > limit)), outputs_info=start, n_steps=10**12)
    outputs = [stack, stack[-1]]
    f = function([start, limit], outputs, mode=symgraph.Mode(linker))
    for size, most in ((130, 1e30), (2, 1e5), (1, 0.0)):
        x, rows = np.linspace(0.0, 1.0, size) + 1, []
        while True:
            total = x.sum()
            x = x * 1.5 + x[::-1]
            rows.append(x)
            if total > most:
                break
        got, last = f(np.linspace(0.0, 1.0, size) + 1, most)
        assert got.shape == (len(rows), size) and np.allclose(got, rows, rtol=1e-13) and np.allclose(last, rows[-1], rtol=1e-13)
    if linker == "llvm":
        got, last = interpreted([start, limit], outputs, [np.ones(200), 1e8])
        assert np.allclose(got, f(np.ones(200), 1e8)[0], rtol=1e-13)


@on_every_linker
def test_a_bound_far_beyond_memory_costs_nothing(linker: str) -> None:
    limit = T.lscalar("limit")
    stack, _ = scan(lambda x: (x + 1, until(x >= limit)), outputs_info=T.constant(0, dtype="int64"), n_steps=2**60)
    assert function([limit], stack, mode=symgraph.Mode(linker))(1000).tolist() == list(range(1, 1002))


@on_every_linker
def test_rows_of_a_size_that_the_step_tells_grow_too(linker: str) -> None:
    width, limit = T.lscalar("width"), T.lscalar("limit")
    stack, _ = scan(lambda k: ([k + 1, T.ones((T.switch(k > 40, width + 1, width),)) * k], until(k >= limit)),
                    outputs_info=[T.constant(0, dtype="int64"), None], n_steps=2**50)
    f = function([width, limit], stack[1], mode=symgraph.Mode(linker))
    for size in (5, 700):
        assert np.array_equal(f(size, 30), np.arange(31.0)[:, None] * np.ones(size))
    if linker != "py":
        with pytest.raises(ValueError, match=r"result \d of the loop: a step changes the size of dimension 0 from 5 to 6"):
            f(5, 100)
    else:
        with pytest.raises(ValueError):
            f(5, 100)


def test_a_nested_loop_uses_its_tape_again() -> None:
    counts = T.lvector("counts")

    def outer(count: Any) -> Any:
        inner, _ = scan(lambda k: (k + 1, until(k + 1 >= count)), outputs_info=T.constant(0, dtype="int64"), n_steps=2**50)
        return (inner * inner).sum()

    sums, _ = scan(outer, sequences=counts)
    for linker in ("llvm", "c"):
        assert function([counts], sums, mode=symgraph.Mode(linker))([5, 3000, 1, 20]).tolist() == [
            sum(k * k for k in range(1, n + 1)) for n in (5, 3000, 1, 20)]


# Memory that is not there ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("linker", ("llvm", "c"))
def test_what_does_not_fit_in_memory_is_named_with_its_size(linker: str) -> None:
    x, n = T.dvector("x"), T.lscalar("n")
    stack, _ = scan(lambda s: s * 0.5, outputs_info=x, n_steps=n, name="halves")
    f = function([x, n], stack, mode=symgraph.Mode(linker))
    with pytest.raises(MemoryError, match=r"result of 1000000000000 x 1000 numbers of float64\n.*scan\{halves\}(.|\n)*test_tapes.py"):
        f(np.ones(1000), 10**12)
    with pytest.raises(MemoryError, match=r"4611686018427387904 rows of 1000 numbers of float64\n.*scan\{halves\}"):
        f(np.ones(1000), 2**62)
    assert f(np.ones(3), 2).shape == (2, 3)  # and the function is as good as before


@pytest.mark.parametrize("linker", ("llvm", "c"))
def test_intermediate_stacks_that_do_not_fit_are_named(linker: str) -> None:
    x, n, k = T.dvector("x"), T.lscalar("n"), T.lscalar("k")
    stack, _ = scan(lambda s: s * 0.5, outputs_info=x, n_steps=n, name="halves")
    f = function([x, n, k], stack[k] + stack[n - 1 - k], mode=symgraph.Mode(linker))
    with pytest.raises(MemoryError, match=r"8000000000000[0-9]* bytes(.|\n)*scan\{halves\}(.|\n)*test_tapes.py"):
        f(np.ones(1000), 10**12, 1)
    assert np.allclose(f(np.ones(3), 3, 0), 0.5 + 0.125)
