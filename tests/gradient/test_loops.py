"""Derivatives of loops against those of the same expression written without a loop."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from unrolled import CASES, LoopCase, unrolled

import symgraph
import symgraph.tensor as T
from symgraph import Rop, function, grad, scan
from symgraph.expr.walk import toposort
from symgraph.loops.loopop import LoopOp

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

BY_NAME = {case.name: case for case in CASES}
on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))
cases = pytest.mark.parametrize("name", BY_NAME)


def variables(case: LoopCase) -> list[Any]:
    return [T.tensor(v.dtype.name, shape=(None,) * v.ndim, name=f"v{k}") for k, v in enumerate(case.values)]


def written(case: LoopCase, derive: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The variables, and what `derive` makes of the scan and of the expression without one."""
    xs = variables(case)
    return xs, derive(case.build(scan, *xs), xs), derive(case.build(unrolled(case.steps), *xs), xs)


def agree(case: LoopCase, linker: str, derive: Any, rtol: float = 1e-9) -> None:
    xs, ours, theirs = written(case, derive)
    got = function(xs, ours, mode=symgraph.Mode(linker), on_unused_input="ignore")(*case.values)
    wanted = function(xs, theirs, mode=symgraph.Mode("py"), on_unused_input="ignore")(*case.values)
    for a, b in zip(got, wanted, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


def first(cost: Any, xs: list[Any]) -> list[Any]:
    return [cost, *grad(cost, xs)]


def second(cost: Any, xs: list[Any]) -> list[Any]:
    return grad(sum((g * T.sin(x + 1)).sum() for x, g in zip(xs, grad(cost, xs))), xs, disconnected_inputs="ignore")


def forward(cost: Any, xs: list[Any]) -> list[Any]:
    return [Rop(cost, xs, [T.cos(x + 2) for x in xs])]


@on_every_linker
@cases
def test_reverse(name: str, linker: str) -> None:
    agree(BY_NAME[name], linker, first)


@pytest.mark.parametrize("linker", ("llvm", "py"))
@cases
def test_forward(name: str, linker: str) -> None:
    agree(BY_NAME[name], linker, forward)


@pytest.mark.parametrize("linker", ("llvm", "py"))
@cases
def test_second_order(name: str, linker: str) -> None:
    agree(BY_NAME[name], linker, second)


# What the reverse loop is made of --------------------------------------------------------------------------------------


def reverse_and_forward(cost: Any, xs: list[Any]) -> tuple[Any, list[Any]]:
    """The only loop named as a gradient in the gradients, and the loops that it reads."""
    (reverse,) = {node for node in toposort(grad(cost, xs)) if str(node.op).startswith("scan{gradient")}
    sources = {x.owner for x in reverse.inputs if x.owner is not None}
    return reverse, [node for node in sources if isinstance(node.op, LoopOp)]


def test_a_linear_loop_stores_nothing() -> None:
    a, x = T.dvectors("a", "x")
    out, _ = scan(lambda h, a: h * a + 1, outputs_info=x, non_sequences=a, n_steps=9)
    node, forward = reverse_and_forward(out[-1].sum(), [x])
    assert not node.op.layout.sequences and not forward


def test_what_is_cheap_is_computed_again_and_the_rest_stored_once() -> None:
    x = T.dvector("x")
    out, _ = scan(lambda h: 3.7 * h * (1 - h) + h**2 * 0.1, outputs_info=x, n_steps=9)
    _, (loop,) = reverse_and_forward(out[-1].sum(), [x])
    assert loop.op.layout.stacked == 2  # the user's stack, and the state before each step
    w = T.dmatrix("w")
    out, _ = scan(lambda h: T.nnet.sigmoid(T.dot(h, w)) * h, outputs_info=x, n_steps=9)
    _, (loop,) = reverse_and_forward(out[-1].sum(), [x, w])
    assert loop.op.layout.stacked == 3  # the state and the sigmoid


def test_a_state_after_a_step_is_carried_and_not_stored() -> None:
    x = T.dvector("x")
    out, _ = scan(lambda h: T.tanh(h * x), outputs_info=x, n_steps=9)
    node, (loop,) = reverse_and_forward(T.exp(out[-1]).sum(), [x])
    assert loop.op.layout.stacked == 2
    assert node.op.layout.states == 3  # the gradient by the state, the sum for x, the state after the step


@pytest.mark.parametrize("kind", ["matrix", "vector"])
def test_gradients_by_weights_are_one_product_after_the_loop(kind: str) -> None:
    x, w = T.tensor3("x", "float64") if kind == "matrix" else T.dmatrix("x"), T.dmatrix("w")
    out, _ = scan(lambda x, h: T.tanh(T.dot(x, w) + T.dot(h, w) + T.dot(h, w.T)), sequences=x, outputs_info=T.zeros_like(x[0]))
    node, _ = reverse_and_forward((out**2).sum(), [w])
    assert node.op.layout.states == 2  # the gradient by the state, and the state after the step: no sum of matrices


def test_the_gradient_by_the_last_row_is_that_by_the_last_state() -> None:
    a = T.dvector("a")
    out, _ = scan(lambda h, a: h * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=T.iscalar("k"))
    node, _ = reverse_and_forward(out[-1].sum() + out[-1, 0], [a])
    assert len(node.op.layout.sequences) == 1  # the states; nothing of the rows


def test_a_gradient_does_not_wait_for_what_only_compiling_needs() -> None:
    program = ("import sys, symgraph.tensor as T; from symgraph import grad, scan; x = T.dvector('x')\n"
               "grad(scan(lambda h: T.tanh(h * x), outputs_info=x, n_steps=3)[0].sum(), x); print('networkx' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
