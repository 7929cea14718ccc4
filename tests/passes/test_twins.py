"""Loops that derivatives wrote again are run once."""

from __future__ import annotations

from typing import Any

import numpy as np

import symgraph
import symgraph.tensor as T
from symgraph import Rop, function, grad, scan
from symgraph.expr.walk import toposort


def loops_of(f: Any) -> list[Any]:
    """The loops of what is compiled, those in bodies too."""
    found, waiting = [], list(f.maker.fgraph.outputs)
    while waiting:
        inner: list[Any] = []
        for node in toposort(waiting):
            if getattr(node.op, "control", None) == "loop":
                found.append(node)
                inner += node.op.inner_outputs
        waiting = inner
    return found


def elman() -> tuple[list[Any], Any]:
    x, w, h = T.dmatrix("x"), T.dmatrix("w"), T.dvector("h")
    out, _ = scan(lambda x, h, w: T.tanh(x + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return [x, w, h], out


VALUES = [np.arange(12.0).reshape(4, 3) / 7, np.eye(3) * 0.4 + 0.1, np.array([0.1, -0.3, 0.5])]


def test_value_gradient_and_tangent_share_the_forward_loop() -> None:
    xs, out = elman()
    cost = (out**2).sum()
    alone = function(xs, cost)
    assert len(loops_of(alone)) == 1
    f = function(xs, [cost, *grad(cost, xs), Rop(out, xs[1], xs[1])])
    assert len(loops_of(f)) == 2
    slow = function(xs, [cost, *grad(cost, xs), Rop(out, xs[1], xs[1])], mode=symgraph.Mode("py", optimizer="none"))
    for a, b in zip(f(*VALUES), slow(*VALUES), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_two_gradients_share_it() -> None:
    xs, out = elman()
    f = function(xs, [grad((out**2).sum(), xs[0]), grad(T.exp(out[-1]).sum(), xs[1])])
    assert len(loops_of(f)) == 3  # one forward, a reverse for each
    a, b = f(*VALUES)
    assert a.shape == (4, 3) and b.shape == (3, 3)


def test_in_bodies() -> None:
    w = T.dvector("w")

    def outer(h: Any) -> Any:
        return scan(lambda s: T.tanh(s * w), outputs_info=h, n_steps=20)[0][-1]

    out, _ = scan(outer, outputs_info=T.ones_like(w), n_steps=4)
    f = function([w], [out, grad(out.sum(), w)])
    assert len(loops_of(f)) == 4  # outer and inner, forward and reverse


def test_loops_that_need_each_other_stay_apart() -> None:
    xs, out = elman()
    moved = Rop(out, xs[0], out)  # the tangent loop reads what the loop gives
    f = function(xs, [out, moved])
    assert len(loops_of(f)) == 2
    slow = function(xs, [out, moved], mode=symgraph.Mode("py", optimizer="none"))
    for a, b in zip(f(*VALUES), slow(*VALUES), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
