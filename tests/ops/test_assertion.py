"""Assert stays through passes and fails in the call; breakpoints stop where their condition holds."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.ifelse import ifelse
from symgraph.ops.assertion import Assert, PdbBreakpoint


@pytest.mark.parametrize("mode", [("py", "fast_run"), ("llvm", "fast_run"), ("llvm", None), ("c", "fast_run")], ids=str)
def test_a_condition_that_does_not_hold(mode):
    x = T.dvector("x")
    state = symgraph.shared(1.0)
    y = T.exp(T.assert_(x, (x > 0).all(), T.lt(x.sum(), 10), message="x {is} out of range"))  # the line of the check
    f = symgraph.function([x], y, updates={state: state + y.sum()}, mode=symgraph.Mode(*mode))
    np.testing.assert_allclose(f([1.0, 2.0]), np.exp([1.0, 2.0]))
    before = state.get_value()
    for wrong in ([1.0, -1.0], [9.0, 9.0]):
        with pytest.raises(AssertionError, match=r"x \{is\} out of range[\s\S]*the line of the check"):
            f(wrong)
    assert state.get_value() == before


def test_what_is_not_needed_is_not_checked():
    x, c = T.dvector("x"), T.bscalar("c")
    checked = Assert("no")(x, x.sum() > 0)
    assert symgraph.function([x], checked.shape[0])([-1.0]) == 1
    f = symgraph.function([c, x], ifelse(c, checked, x * 2))
    np.testing.assert_array_equal(f(0, [-1.0]), [-2.0])
    with pytest.raises(AssertionError, match="no"):
        f(1, [-1.0])


def test_known_conditions():
    x = T.dvector("x")
    assert len(symgraph.function([x], Assert("fine")(x, True)).maker.fgraph.toposort()) <= 1
    wrong = symgraph.function([], Assert("never", "IndexError")(T.constant([1.0]), False))
    with pytest.raises(IndexError, match="never"):
        wrong()


def test_bad_input():
    x = T.dvector("x")
    with pytest.raises(TypeError, match="must be scalars"):
        Assert()(x, x > 0)
    with pytest.raises(TypeError, match="message"):
        Assert(3)
    with pytest.raises(TypeError, match="scalar"):
        PdbBreakpoint("name")(x, x)


def test_breakpoint_stops(monkeypatch, capsys):
    stops = []
    monkeypatch.setattr(builtins, "breakpoint", lambda: stops.append(True))
    x = T.dscalar("x")
    y = PdbBreakpoint("x is negative")(x < 0, x * 2)
    f = symgraph.function([x], [y, symgraph.grad(y, x)])
    assert f(1.0) == [2.0, 2.0] and not stops
    assert f(-1.0) == [-2.0, 2.0] and len(stops) == 1
    assert "x is negative" in capsys.readouterr().out
