"""Matrices that a loop multiplies with at every step: which are packed before it, with what for how many rows; values as before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.variable import Constant
from symgraph.loops.loopop import LoopOp
from symgraph.loops.scan import scan
from symgraph.ops.linalg.packed import Packed, PackedDot

pytestmark = pytest.mark.usefixtures("quick")

U = T.dmatrix("U")
h = T.dmatrix("h")
xs = T.dtensor3("xs")


def loops_of(f: Any) -> list[Any]:
    return [node for node in f.maker.fgraph.toposort() if isinstance(node.op, LoopOp)]


def packs_of(f: Any) -> list[Any]:
    return [node for node in f.maker.fgraph.toposort() if isinstance(node.op, Packed)]


def products_of(loop: Any) -> list[Any]:
    found, stack = [], list(loop.op.inner_outputs)
    while stack:
        node = stack.pop().owner
        if node is not None:
            found += [node.op] if isinstance(node.op, PackedDot) else []
            stack += node.inputs
    return found


def test_forward_and_reverse_loop_have_panels_of_their_own() -> None:
    states, _ = scan(lambda x, h, U: T.tanh(x + T.dot(h, U)), sequences=xs, outputs_info=h, non_sequences=U)
    loss = (states[-1] ** 2).sum()
    found = [loss, *T.grad(loss, [U, h])]
    f, g = (symgraph.function([xs, h, U], found, mode=mode) for mode in (symgraph.Mode("llvm"), symgraph.Mode("llvm").excluding("loops")))
    packs = packs_of(f)
    assert sorted(node.op.transposed for node in packs) == [False, True] and not packs_of(g)
    assert all(node.inputs[1].owner is not None for node in packs)  # the rows are those of h, or of its derivative
    assert all(len(products_of(loop)) >= 1 for loop in loops_of(f))
    rng = np.random.default_rng(3)
    for batch, hidden in ((1, 5), (4, 20), (7, 33), (0, 3), (3, 0), (98, 4)):
        given = [rng.normal(size=shape) for shape in ((6, batch, hidden), (batch, hidden), (hidden, hidden))]
        for value, wanted in zip(f(*given), g(*given), strict=True):
            np.testing.assert_allclose(value, wanted, rtol=1e-10, atol=1e-12)


def test_products_one_after_the_other_in_a_step() -> None:
    def step(h: Any, U: Any) -> Any:
        return T.tanh(T.dot(T.tanh(T.dot(h, U)), U) + T.dot(h, U.T))

    states, _ = scan(step, outputs_info=h, non_sequences=U, n_steps=5)
    f = symgraph.function([h, U], states[-1])
    assert len(packs_of(f)) == 2  # one serves for two products
    rng = np.random.default_rng(4)
    value, u = rng.normal(size=(3, 9)), rng.normal(size=(9, 9))
    wanted = value
    for _ in range(5):
        wanted = np.tanh(np.tanh(wanted @ u) @ u + wanted @ u.T)
    np.testing.assert_allclose(f(value, u), wanted, rtol=1e-12)


def test_what_is_not_packed() -> None:
    v, C = T.dvector("v"), T.matrix("C", dtype="complex128")
    unpacked = {
        "vectors": scan(lambda v, U: T.dot(v, U), outputs_info=v, non_sequences=U, n_steps=9)[0],
        "one row": scan(lambda h, U: T.dot(h, U), outputs_info=v.dimshuffle("x", 0), non_sequences=U, n_steps=9)[0],
        "many rows": scan(lambda h, U: T.dot(h, U) - h, outputs_info=T.zeros((97, 4)) + v, non_sequences=U, n_steps=9)[0],
        "few steps": scan(lambda h, U: T.dot(h, U) - h, outputs_info=h, non_sequences=U, n_steps=3)[0],
        "complex numbers": scan(lambda h, C: T.dot(h, C) - h, outputs_info=C, non_sequences=C, n_steps=9)[0],
        "a matrix that changes": scan(lambda u, h: T.dot(h, u) - h, sequences=xs, outputs_info=h)[0],
        "small matrices": scan(lambda h, U: T.dot(h, U) - h, outputs_info=T.zeros((2, 3)), non_sequences=U[:3, :3].specify_shape((3, 3)),
                               n_steps=9)[0],
    }
    for why, states in unpacked.items():
        f = symgraph.function([v, U, h, C, xs], states[-1], on_unused_input="ignore")
        assert not packs_of(f) and not any(products_of(loop) for loop in loops_of(f)), why


def test_of_nested_loops_the_panels_stand_before_the_outer_where_they_can() -> None:
    def outer(h: Any, U: Any) -> Any:
        return scan(lambda h, U: T.tanh(T.dot(h, U)), outputs_info=h, non_sequences=U, n_steps=6)[0][-1]

    start = T.zeros((4, 20)) + h
    states, _ = scan(outer, outputs_info=start, non_sequences=U, n_steps=4)
    f = symgraph.function([h, U], states[-1])
    (pack,) = packs_of(f)
    assert isinstance(pack.inputs[1], Constant) and int(pack.inputs[1].data) == 4
    rng = np.random.default_rng(6)
    given, u = rng.normal(size=(4, 20)), rng.normal(size=(20, 20))
    wanted = given
    for _ in range(24):
        wanted = np.tanh(wanted @ u)
    np.testing.assert_allclose(f(given, u), wanted, rtol=1e-9)


def test_second_derivatives_and_forward_mode_through_packed_products() -> None:
    states, _ = scan(lambda h, U: T.tanh(T.dot(h, U)), outputs_info=h, non_sequences=U, n_steps=5)
    loss = (states[-1] ** 2).sum()
    (by_u,) = T.grad(loss, [U])
    found = [T.grad((by_u**2).sum(), U), symgraph.Rop(states[-1], U, U)]
    rng = np.random.default_rng(7)
    given = rng.normal(size=(3, 6)), rng.normal(size=(6, 6)) / 3
    values = [symgraph.function([h, U], found, mode=mode)(*given) for mode in (symgraph.Mode("llvm"), symgraph.Mode("llvm").excluding("loops"))]
    for value, wanted in zip(*values, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-10)
