"""Loops: what passes take out of bodies, put into them, and leave away; values as before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph.tensor as T
from symgraph.compile.modes import Mode
from symgraph.expr.evaluate import evaluate
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.loops.nested import fori, iterate
from symgraph.loops.result import until
from symgraph.loops.scan import scan
from symgraph.ops.reduce import Sum
from symgraph.passes.pipeline import optimise

x = T.dmatrix("x")
h = T.dvector("h")
W = T.dmatrix("W")
s = T.dscalar("s")

THREE = T.constant(3, dtype="int64")

RNG = np.random.default_rng(5)
GIVEN = {x: RNG.normal(size=(4, 3)), h: RNG.normal(size=3), W: RNG.normal(size=(3, 3)), s: 0.7}


def optimised(outputs: list[Any], *excluded: str) -> tuple[list[Any], list[Any]]:
    """The outputs after all passes, and the LoopOps' nodes there; the values have been compared."""
    graph = Graph(graph_inputs(outputs), outputs)
    optimise(graph, Mode(linker="py", optimizer="fast_run", check=True).excluding(*excluded))
    given = {u: GIVEN[u] for u in graph_inputs(outputs) if u in GIVEN}
    for old, new in zip(evaluate(outputs, given), evaluate(graph.outputs, given)):
        np.testing.assert_allclose(new, old, rtol=1e-12)
    return graph.outputs, [node for node in graph.toposort() if isinstance(node.op, LoopOp)]


def names(node: Any) -> list[str]:
    """The ops of a loop's body."""
    body = Graph(node.op.inner_inputs, node.op.inner_outputs)
    return sorted(str(inner.op.name if hasattr(inner.op, "row") else type(inner.op).__name__) for inner in body.nodes())


def test_bodies_go_through_the_passes() -> None:
    stack, _ = scan(lambda row, state: T.log(1 + T.exp(row * state)), sequences=x, outputs_info=h)
    _, (loop,) = optimised([stack])
    assert names(loop) == ["mul", "softplus"]
    _, (loop,) = optimised([stack], "stability")
    assert "log" in names(loop)


def test_the_users_loop_is_not_touched() -> None:
    stack, _ = scan(lambda row, state: T.log(1 + T.exp(row * state)), sequences=x, outputs_info=h)
    before = list(stack.owner.op.inner_outputs)
    count = len(Graph(stack.owner.op.inner_inputs, before))
    optimised([stack])
    assert stack.owner.op.inner_outputs == before
    assert len(Graph(stack.owner.op.inner_inputs, before)) == count


def test_only_the_last_state_is_kept_where_only_that_is_read() -> None:
    stack, _ = scan(lambda row, state: T.tanh(row + state), sequences=x, outputs_info=h)
    _, (loop,) = optimised([stack[-1]])
    assert (loop.op.layout.states, loop.op.layout.stacked) == (1, 0)
    _, (loop,) = optimised([(stack * 2)[-1, 0]])
    assert loop.op.layout.stacked == 0
    _, (loop,) = optimised([stack[-1], stack[0]])
    assert loop.op.layout.stacked == 1
    _, (loop,) = optimised([stack[-1]], "last_row")
    assert loop.op.layout.stacked == 1


def test_the_length_of_a_stack_runs_no_loop() -> None:
    stack, _ = scan(lambda row, state: row + state, sequences=x, outputs_info=h)
    _, found = optimised([stack.shape[0]])
    assert not found


def test_states_that_serve_only_themselves_go() -> None:
    a, b = T.dvectors("a", "b")
    p, q = T.dvectors("p", "q")
    op = LoopOp([p, q, a, b], [q + 1, p * 2, a + b], LoopLayout([], 2, 2, 1))
    first, second, stack = op(THREE, h, h, h, h, return_list=True)
    assert optimised([stack])[1] == []
    _, (loop,) = optimised([first], "unroll")
    assert (loop.op.layout.states, loop.op.layout.captured, loop.op.layout.stacked) == (2, 0, 0)
    del second


def test_what_each_step_repeats_is_done_once_before() -> None:
    stack, _ = scan(lambda row, state, m, c: row + state * T.exp(m * c).sum(), sequences=x, outputs_info=h, non_sequences=[W, s])
    outputs, (loop,) = optimised([stack])
    assert "exp" not in names(loop) and loop.op.layout.captured == 1


def test_constants_move_into_the_body() -> None:
    a, c = T.dvector("a"), T.dscalar("c")
    op = LoopOp([a, c], [a * c], LoopLayout([], 1, 1, 0))
    (final,) = op(THREE, h, T.constant(1.0, dtype="float64"), return_list=True)
    _, (loop,) = optimised([final], "unroll")
    assert loop.op.layout.captured == 0 and names(loop) == []


@pytest.mark.parametrize("backwards", [False, True])
def test_products_of_rows_become_one_product(backwards: bool) -> None:
    stack, _ = scan(lambda row, state: T.tanh(T.dot(row, W) + T.dot(W, row) + state), sequences=x, outputs_info=h, go_backwards=backwards)
    _, (loop,) = optimised([stack])
    assert "Dot" not in names(loop)
    _, (loop,) = optimised([stack], "loops")
    assert names(loop).count("Dot") + names(loop).count("Gemm") == 2


def test_products_of_batches_of_rows_become_one_product() -> None:
    batches = x.reshape((2, 2, 3))
    stack, _ = scan(lambda rows, state: T.tanh(T.dot(rows, W) + state), sequences=batches, outputs_info=T.zeros((2, 3)))
    _, (loop,) = optimised([stack])
    assert "Dot" not in names(loop) and "Gemm" not in names(loop)


def test_fewer_steps_than_rows_multiply_fewer_rows() -> None:
    stack, _ = scan(lambda row, state: T.tanh(T.dot(row, W) + state), sequences=x, outputs_info=h, n_steps=2)
    outputs, (loop,) = optimised([stack])
    assert "Dot" not in names(loop)
    (product,) = [u for u in loop.inputs if u.owner is not None and type(u.owner.op).__name__ == "Dot"]
    assert product.type.shape[0] == 2 or "Subtensor" in type(product.owner.inputs[0].owner.op).__name__


def test_one_op_at_two_places_stays_one() -> None:
    a = T.dvector("a")
    op = LoopOp([a], [T.exp(a) * 1], LoopLayout([], 1, 0, 0))
    (first,) = op(THREE, h, return_list=True)
    (second,) = op(THREE, h, return_list=True)
    _, found = optimised([first + second])
    assert len(found) == 1


# After the loop -------------------------------------------------------------------------------------------------------
def test_weight_gradients_are_one_product_after_the_loop() -> None:
    def step(row: Any, state: Any, total: Any) -> list[Any]:
        new = T.tanh(row + W.dot(state))
        return [new, total + T.outer(row, new)]

    (states, totals), _ = scan(step, sequences=x, outputs_info=[h, T.zeros_like(W)])
    outputs, (loop,) = optimised([states[-1], totals[-1]])
    assert (loop.op.layout.states, loop.op.layout.stacked) == (1, 1)
    assert "Dot" in str(outputs[1].owner) or "Gemm" in str(outputs[1].owner)
    _, (loop,) = optimised([totals])  # every row of it is wanted
    assert loop.op.layout.states == 2


def test_products_of_matrices_add_up_in_one_product() -> None:
    cube = T.dtensor3("cube")
    GIVEN[cube] = RNG.normal(size=(4, 2, 3))

    def step(rows: Any, state: Any, total: Any) -> list[Any]:
        new = T.tanh(rows.dot(W) + state)
        return [new, total + rows.T.dot(new)]

    for backwards in (False, True):
        (states, totals), _ = scan(step, sequences=cube, outputs_info=[T.zeros_like(cube[0]), W], go_backwards=backwards)
        _, (loop,) = optimised([states[-1], totals[-1]])
        assert (loop.op.layout.states, loop.op.layout.stacked) == (1, 1)


def test_sums_of_what_depends_on_rows_alone_need_no_loop() -> None:
    total, _ = scan(lambda row, total: total + T.exp(row * s), sequences=x, outputs_info=h)
    assert optimised([total[-1]])[1] == []
    total, _ = scan(lambda row, total: total + row.dot(W).sum(), sequences=x, outputs_info=s)
    assert optimised([total[-1]])[1] == []
    weighted, _ = scan(lambda row, total: total * s + row, sequences=x, outputs_info=h)
    assert len(optimised([weighted[-1]])[1]) == 1


def test_a_map_needs_no_loop() -> None:
    rows, _ = scan(lambda row, other: [row * s + T.log1p(other**2), row.dot(W), row.sum()], sequences=[x, W])
    assert optimised(list(rows))[1] == []
    turned, _ = scan(lambda row: T.tanh(row), sequences=x, go_backwards=True)
    assert optimised([turned])[1] == []
    taps, _ = scan(lambda before, now: now - before * s, sequences={"input": h, "taps": [-1, 0]})
    assert optimised([taps])[1] == []
    numbered, _ = scan(lambda k: x[k] * k, sequences=T.arange(4))
    assert optimised([numbered])[1] == []
    same, _ = scan(lambda row: h * 2, sequences=x)
    assert optimised([same])[1] == []


def test_a_map_that_may_read_too_far_keeps_its_check() -> None:
    n = T.lscalar("n")
    GIVEN[n] = np.array(2)
    rows, _ = scan(lambda row: row * 2, sequences=x, n_steps=n)
    assert len(optimised([rows])[1]) == 1
    GIVEN[n] = np.array(9)
    with pytest.raises(ValueError, match="9 steps"):
        optimised([rows])


def test_what_is_made_of_a_states_rows_by_a_product_is_made_after_the_loop() -> None:
    def step(row: Any, state: Any) -> list[Any]:
        new = T.tanh(row + state)
        return [new, T.exp(new.dot(W))]

    (states, outs), _ = scan(step, sequences=x, outputs_info=[h, None])
    _, (loop,) = optimised([outs])
    assert loop.op.layout.stacked == 1 and "Dot" not in names(loop) and "exp" not in names(loop)

    def cheap(row: Any, state: Any) -> list[Any]:
        new = T.tanh(row + state)
        return [new, T.exp(new)]

    (states, outs), _ = scan(cheap, sequences=x, outputs_info=[h, None])
    _, (loop,) = optimised([outs])
    assert "exp" in names(loop)  # no second stack for it


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("rows", [x, T.tensor("float64", shape=(4, 3), name="known")], ids=["unknown", "known"])
def test_rows_at_several_taps_need_no_loop(rows: Any, backwards: bool) -> None:
    """Of so many rows, known or not, each step reads some that are further on."""
    GIVEN[rows] = GIVEN[x]
    stack, _ = scan(lambda now, before, ahead: now * before + ahead, {"input": rows, "taps": [0, -1, 1]}, go_backwards=backwards)
    _, found = optimised([stack])
    assert not found
    ahead, _ = scan(lambda row: row * 2.0, {"input": rows, "taps": [1]}, go_backwards=backwards)
    _, found = optimised([ahead])
    assert not found


@pytest.mark.parametrize("backwards", [False, True])
def test_gradients_that_add_up_over_rows_at_several_taps_need_no_loop(backwards: bool) -> None:
    """As of the likelihood of an autoregressive process; the reverse reads parts of the rows, from their ends."""
    def error(number: Any, now: Any, one: Any, two: Any, a: Any) -> Any:
        return (now - a[0] * one - a[1] * two * number) ** 2

    numbers = T.arange(10.0)
    errors, _ = scan(error, [numbers, {"input": x, "taps": [0, -1, -2]}], non_sequences=h, go_backwards=backwards)
    outputs, found = optimised([errors.sum(), T.grad(errors.sum(), h)])
    if not backwards:
        assert not found and any(isinstance(node.op, Sum) for node in Graph(graph_inputs(outputs), outputs).nodes())
    weighted = T.grad((errors * T.arange(2.0)[:, None]).sum(), [h, x])
    optimised(weighted)


def test_counters_of_sums_in_reverse() -> None:
    """Where all rows are read from their ends, terms are added in the other order, and the number of the step with them."""
    counter, state, row = T.lscalar(), T.dvector(), T.dvector()
    layout = LoopLayout([(0, True)], 1, 0, 0, counts=True)
    (total,) = LoopOp([counter, row, state], [state + row * counter], layout)(x.shape[0], x, h, return_list=True)
    _, found = optimised([total])
    assert not found


known = T.tensor("float64", shape=(4, 3), name="known")
GIVEN[known] = GIVEN[x]


def reads_two_back(row: Any, one: Any, two: Any) -> Any:
    return row * one - two / (1 + s**2)


def long(a: Any) -> Any:
    for k in range(8):
        a = (a * h + k) / (1 + a * a)
    return a


WRITTEN_OUT = {
    "a product": lambda: [iterate(lambda a: a * h, h, 5)],
    "with its gradient": lambda: [T.grad(iterate(lambda a: a * h + s, h**2, 5).sum(), h)],
    "second derivatives": lambda: [T.grad(T.grad(iterate(lambda a: a * h, h, 3).sum(), h).sum(), h)],
    "the number of the step": lambda: [fori(2, 6, lambda i, a: a * s + i, h)],
    "rows of known number": lambda: [scan(reads_two_back, known, {"initial": known[:2], "taps": [-1, -2]}, go_backwards=back)[0][-1]
                                     for back in (False, True)],
    "single rows of the results": lambda: [stack[k] for stack in scan(lambda a: [a * 2 + h, a - 1], outputs_info=[h, None], n_steps=3)[0]
                                           for k in (0, 1, -1)],
}
STAYS = {
    "many steps": lambda: [iterate(lambda a: a * h, h, 17)],
    "a long step": lambda: [iterate(long, h, 6)],
    "a dear step": lambda: [iterate(lambda a: T.tanh(a * h), h, 3)],
    "all rows": lambda: [scan(lambda a: a * h, outputs_info=h, n_steps=3)[0]],
    "rows of unknown number": lambda: [scan(lambda row, a: row * a, x, h, n_steps=3)[0][-1]],
    "a condition": lambda: [scan(lambda a: (a * h, until(a.sum() > 2)), outputs_info=h, n_steps=3)[0][-1]],
    "a product of matrices": lambda: [iterate(lambda a: a.dot(W), h, 3)],
}


@pytest.mark.parametrize("name", [*WRITTEN_OUT, *STAYS])
def test_short_loops_of_simple_steps_are_written_out(name: str) -> None:
    _, found = optimised((WRITTEN_OUT | STAYS)[name]())
    assert bool(found) == (name in STAYS)


def summed(a: Any, start: Any, factor: float = 1.0) -> Any:
    """The rows of a recurrence of numbers over those of a vector."""
    return scan(lambda row, t: T.tanh(row * factor + t), a, start)[0]


def crossed() -> list[Any]:
    """Of four loops the second two read the first two, crosswise; each of one pair is over the range of one of the other."""
    short, long = h[:2], h
    first, second = summed(short, s), summed(long, s, 2.0)
    return [summed(long, first[-1], 3.0)[-1], summed(short, second[-1], 4.0)[-1]]


BESIDE = {
    "over one sequence": (lambda: [summed(h, s)[-1], summed(h, s, 2.0)[-1]], 1),
    "all rows": (lambda: [summed(h, s), summed(h, 2 * s, 2.0)], 1),
    "over several sequences": (lambda: [summed(h, s, k)[-1] for k in (0.5, 2.0)] + [scan(lambda a, b, t: a * t + b, [h, h[::-1]], s)[0][-1]], 1),
    "with their gradients": (lambda: T.grad(summed(h, s)[-1] * summed(h, s, 2.0).sum(), [h, s]), 2),
    "with the number of the step": (lambda: [fori(0, h.shape[0], lambda i, a, k=k: T.tanh(a) * i + k, s) for k in range(3)], 1),
    "for so many steps": (lambda: [iterate(lambda a, k=k: T.tanh(a * s) - k, s, 20) for k in range(4)], 1),
    "many": (lambda: [summed(h, s, 1.0 + k)[-1] for k in range(30)], 2),
    "one after the other": (lambda: [summed(h, summed(h, s)[-1])[-1]], 2),
    "over other ranges": (lambda: [summed(h, s)[-1], summed(h[1:], s)[-1]], 2),
    "of arrays": (lambda: [scan(lambda row, a, k=k: T.tanh(row * a * k), x, h)[0][-1] for k in (1.0, 2.0)], 2),
    "crosswise": (crossed, 4),
    "with a condition": (lambda: [scan(lambda row, a, k=k: (row * a * k, until(a > 9)), h, s)[0][-1] for k in (1.0, 2.0)], 2),
}


@pytest.mark.parametrize("name", BESIDE)
def test_loops_of_numbers_run_side_by_side(name: str) -> None:
    build, count = BESIDE[name]
    _, found = optimised(build())
    assert len(found) == count
    assert len(optimised(build(), "beside")[1]) >= count
