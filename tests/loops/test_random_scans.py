"""Random scans on every target and by the interpreter of the loop IR against plain Python loops: values, updates, gradients."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from programs import INPUTS, NUMPY, SYMBOLIC, draw, run_plainly, variables, written

import codegen.stations
import symgraph
import symgraph.tensor as T
from codegen.loopir.interpret import interpret
from symgraph.compile.handoff import hand_over
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


class Case:
    """A program with two sets of arguments, and what it gives for each."""

    def __init__(self, random: Random) -> None:
        self.loops = draw(random)
        numbers = np.random.RandomState(random.randint(0, 2**31))
        self.sets = [self.arguments(random, numbers) for _ in range(2)]
        self.inputs = variables()
        self.counter = symgraph.shared(0.25, name="counter")
        self.outputs, self.updates = written(self.loops, list(self.inputs), self.counter)
        self.wanted: list[tuple[list[Any], Any, list[int]]] = []
        for arrays, lengths in self.sets:
            ran: list[int] = []
            found, ended = run_plainly(NUMPY, self.loops, arrays, lengths, np.float64(0.25), ran)
            self.wanted.append((found, ended, ran))

    @staticmethod
    def arguments(random: Random, numbers: Any) -> tuple[list[Any], dict[str, int]]:
        lengths = {name: random.randint(0, 4) for name, kind in INPUTS if kind in "mw"}
        shapes = {"s": lambda name: (), "v": lambda name: (2,), "m": lambda name: (lengths[name], 2), "w": lambda name: (lengths[name],),
                  "square": lambda name: (2, 2)}
        return [np.asarray(numbers.uniform(-1, 1, shapes[kind](name))) for name, kind in INPUTS], lengths

    def rows_unknown(self, k: int, value: Any, wanted: Any) -> bool:
        """Of a loop of no step the size of rows that only a step tells is 0; of states the initial rows tell it."""
        stateless = [o.taps is None for loop in self.loops for o in loop.outputs]
        return stateless[k] and wanted.ndim > 1 and not len(wanted) and value.shape == (0,) * value.ndim

    def compare(self, found: Any, which: int, what: str) -> None:
        for k, (value, wanted) in enumerate(zip(found, self.wanted[which][0], strict=True)):
            unknown = self.rows_unknown(k, value, wanted)
            assert value.ndim == wanted.ndim and (value.shape == wanted.shape or unknown), f"{what}, output {k}: {value.shape}, wanted {wanted.shape}"
            assert value.dtype == wanted.dtype, f"{what}, output {k}: {value.dtype}, wanted {wanted.dtype}"
            if unknown:
                continue
            assert np.allclose(value, wanted, rtol=1e-9, atol=1e-10), f"{what}, output {k}:\n{value}\nwanted\n{wanted}"


def judged(check: Any, count: int) -> None:
    @settings(max_examples=count, derandomize=True, deadline=None, database=None, suppress_health_check=RELAXED,
              phases=[Phase.explicit, Phase.generate, Phase.shrink])
    @given(st.randoms(use_true_random=False))
    def run(random: Random) -> None:
        check(Case(random))

    run()


def compiled(linker: str, optimizer: str | None) -> Any:
    def check(case: Case) -> None:
        call = symgraph.function(case.inputs, case.outputs, updates=case.updates, mode=symgraph.Mode(linker, optimizer), on_unused_input="ignore")
        for which in (0, 1, 0):
            case.counter.set_value(0.25)
            case.compare(call(*case.sets[which][0]), which, f"{linker} {optimizer}")
            assert np.isclose(case.counter.get_value(), case.wanted[which][1])

    return check


@pytest.mark.slow
@pytest.mark.parametrize(("linker", "optimizer", "count"), [("llvm", "fast_run", 40), ("llvm", None, 15), ("c", "fast_run", 5), ("py", None, 60)])
def test_values(linker: str, optimizer: str | None, count: int, full: bool) -> None:
    judged(compiled(linker, optimizer), count * (20 if full else 1))


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["fast_run", None])
def test_values_by_the_interpreter(optimizer: str | None, full: bool) -> None:
    """It sees accesses outside of arrays, and reads of what was never written."""

    def check(case: Case) -> None:
        results = [*case.outputs, *case.updates.values()]
        graph = Graph(case.inputs, results)
        optimise(graph, symgraph.Mode("llvm", optimizer))
        used = [*case.inputs, *[x for x in [case.counter] if x in graph_inputs(graph.outputs)]]
        handed = hand_over(used, graph.outputs)
        module, layout = codegen.stations.lowered(handed.program)
        for which in range(2):
            given = [np.ascontiguousarray(a).reshape(a.shape) for a in [*case.sets[which][0], np.asarray(0.25)][: len(used)]]
            status, values, found = interpret(module, [*given, *layout.constants], layout.results)
            assert not status, f"{layout.failures[status - 1]} {values}"
            case.compare(found[: len(case.outputs)], which, f"interpreter {optimizer}")

    judged(check, 400 if full else 15)


def slopes(outputs: list[Any], inputs: list[Any], order: int) -> list[Any]:
    """The gradient of a sum of the outputs; of order 2, that of the sum of its squares."""
    cost = sum((x * (0.3 + k)).sum() for k, x in enumerate(outputs))
    for _ in range(order - 1):
        cost = sum((slope**2).sum() for slope in symgraph.grad(cost, inputs, disconnected_inputs="ignore"))
    return symgraph.grad(cost, inputs, disconnected_inputs="ignore")


@pytest.mark.slow
@pytest.mark.parametrize(("order", "count"), [(1, 12), (2, 4)])
def test_gradients(order: int, count: int, full: bool) -> None:
    """Of the loops against those of the same steps written one after the other."""

    def check(case: Case) -> None:
        call = symgraph.function(case.inputs, slopes(case.outputs, case.inputs, order), on_unused_input="ignore")
        for which, (arrays, lengths) in enumerate(case.sets):
            case.counter.set_value(0.25)
            inputs = variables()
            outputs, _ = run_plainly(SYMBOLIC, case.loops, list(inputs), lengths, T.constant(0.25, dtype="float64"), iter(case.wanted[which][2]))
            unrolled = symgraph.function(inputs, slopes(outputs, inputs, order), on_unused_input="ignore", mode=symgraph.Mode("py", None))
            for x, value, one in zip(case.inputs, call(*arrays), unrolled(*arrays), strict=True):
                assert value.shape == one.shape and np.allclose(value, one, rtol=1e-7, atol=1e-8), f"by {x}:\n{value}\nwanted\n{one}"

    judged(check, count * (25 if full else 1))


@pytest.mark.slow
def test_the_last_rows(full: bool) -> None:
    """Only these are kept."""

    def check(case: Case) -> None:
        random = Random(len(case.outputs))
        ends = [slice(-random.randint(1, 3), None, random.choice((None, 1, 2))) for _ in case.outputs]
        call = symgraph.function(case.inputs, [x[end] for x, end in zip(case.outputs, ends)], updates=case.updates, on_unused_input="ignore")
        for which in (0, 1):
            case.counter.set_value(0.25)
            for k, (value, wanted, end) in enumerate(zip(call(*case.sets[which][0]), case.wanted[which][0], ends, strict=True)):
                fine = value.shape == wanted[end].shape and np.allclose(value, wanted[end], rtol=1e-9, atol=1e-10)
                assert fine or case.rows_unknown(k, value, wanted), f"{end}:\n{value}\nwanted\n{wanted}"

    judged(check, 400 if full else 8)
