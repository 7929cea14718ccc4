"""What a loop does while it runs: it ends when the user asks for it, and a failure says in which step it was met."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, scan, shared, until

on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))
natively = pytest.mark.parametrize("linker", ("llvm", "c"))


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """Ctrl-C is Python's own, also in a process started in the background, where it would be ignored and a loop never end."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# Interruption ---------------------------------------------------------------------------------------------------------
def scalar(n: Any) -> Any:
    return scan(lambda x: 3.7 * x * (1 - x), outputs_info=T.constant(0.3), n_steps=n)[0][-1]


def until_never(n: Any) -> Any:
    return scan(lambda x: (x + 1.0, until(x < 0)), outputs_info=T.constant(0.0), n_steps=n)[0][-1]


def nested(n: Any) -> Any:
    rows, _ = scan(lambda k: scan(lambda q: q * 0.5 + k, outputs_info=T.ones((10,)), n_steps=20)[0][-1].sum(), sequences=T.arange(n))
    return rows[-1]


def products(n: Any) -> Any:
    a = T.ones((60, 60)) / 60
    return scan(lambda x: T.tanh(x.dot(a)), outputs_info=a, n_steps=n)[0][-1].sum()


@natively
@pytest.mark.parametrize("program", (scalar, until_never, nested, products))
def test_a_long_loop_ends_when_it_is_asked_to(program: Any, linker: str) -> None:
    n, calls = T.lscalar("n"), shared(1.0, "calls")
    result = program(n)
    f = function([n], result, updates=[(calls, calls + 1 + 0 * result)], mode=symgraph.Mode(linker))
    f(3)
    before = calls.get_value()
    asked: list[float] = []

    def ask() -> None:
        asked.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.1, ask)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        f({scalar: 10**11, until_never: 10**11, nested: 10**7}.get(program, 10**8))
    ended = time.perf_counter()
    timer.join()
    assert ended - asked[0] < 2  # 0.02 s on a quiet machine
    assert calls.get_value() == before
    f(3)
    assert calls.get_value() == before + 1


@natively
def test_a_handler_of_a_signal_runs_and_the_loop_goes_on(linker: str) -> None:
    n = T.lscalar("n")
    f = function([n], scalar(n), mode=symgraph.Mode(linker))
    expected, seen = f(3 * 10**7), []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    try:
        timer = threading.Timer(0.01, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        timer.start()
        assert f(3 * 10**7) == expected
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]


def test_a_loop_in_another_thread_goes_on() -> None:
    n = T.lscalar("n")
    f = function([n], scalar(n))
    expected, found = f(2 * 10**7), []
    thread = threading.Thread(target=lambda: found.append(f(2 * 10**7)))
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)
    thread.join()
    assert found == [expected]


def test_short_loops_do_not_count() -> None:
    x = T.dvector("x")
    short, _ = scan(lambda r: r * 2.0, outputs_info=T.constant(1.0), n_steps=1000)
    assert "pulse" not in function([x], short[-1] * x).source("ir")
    assert "pulse" in function([x], scan(lambda r: r * 2.0, outputs_info=x, n_steps=1000)[0][-1]).source("ir")


# The step of a failure ------------------------------------------------------------------------------------------------
@on_every_linker
def test_a_failure_says_its_step(linker: str) -> None:
    x, k = T.dvector("x"), T.lvector("k")
    picked, _ = scan(lambda i, before: T.sgn(before + 1) * x[i] * 2, sequences=k, outputs_info=T.constant(0.0), name="pick")
    f = function([x, k], picked, mode=symgraph.Mode(linker))
    assert f([1.0, 2.0], [0, 1, 1]).tolist() == [2.0, 4.0, 4.0]
    with pytest.raises(IndexError, match=r"test_while_they_run.py(.|\n)*\n  in step 3 of scan\{pick\}"):
        f([1.0, 2.0], [0, 1, 1, 2, 0])


@on_every_linker
def test_a_failure_in_a_nest_says_all_steps(linker: str) -> None:
    x, k = T.dvector("x"), T.lmatrix("k")
    rows, _ = scan(lambda row, before: scan(lambda i, total: total + x[i] * T.sgn(total + 1), sequences=row, outputs_info=before * 0,
                                            name="inner")[0][-1], sequences=k, outputs_info=T.constant(0.0, dtype="float64"), name="outer")
    f = function([x, k], rows, mode=symgraph.Mode(linker))
    assert f([1.0, 2.0], [[0, 1], [1, 1]]).tolist() == [3.0, 4.0]
    with pytest.raises(IndexError, match=r"in step 1 of scan\{inner\}\n  in step 2 of scan\{outer\}$"):
        f([1.0, 2.0], [[0, 1], [1, 1], [0, 7]])


@on_every_linker
def test_a_python_op_in_a_loop_fails_with_its_step(linker: str) -> None:
    @symgraph.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def root(x: Any) -> Any:
        if x < 0:
            raise ArithmeticError(f"no root of {x}")
        return np.sqrt(x)

    v, total = T.dvector("v"), shared(0.0, "total")
    roots, _ = scan(lambda x: root(x), sequences=v, name="roots")
    f = function([v], roots, updates=[(total, total + roots.sum())], mode=symgraph.Mode(linker))
    assert f([4.0, 9.0]).tolist() == [2.0, 3.0]
    with pytest.raises(ArithmeticError, match=r"no root of -1.0(.|\n)*in step 2 of scan\{roots\}"):
        f([4.0, 9.0, -1.0])
    assert total.get_value() == 5.0


def test_a_loop_that_cannot_fail_puts_nothing_down() -> None:
    x = T.dvector("x")
    assert "round" not in function([x], scan(lambda r: r * 2.0, outputs_info=x, n_steps=1000)[0][-1]).source("ir")
