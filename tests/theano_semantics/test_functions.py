"""Functions, givens, updates and scan where Theano 1.0.5 differs from what one may expect; values are Theano's."""

from collections import OrderedDict

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

V = np.array([1.0, -2, 3])
LINKERS = pytest.mark.parametrize("linker", ["py", "llvm"])


@LINKERS
@pytest.mark.parametrize(("taps", "expected"), [([0, 1], [-17, 8]), ([1, -1], [31]), ([-1, 0], [-17, 8])])
def test_scan_backwards_keeps_the_taps_order_in_the_sequence(linker, taps, expected):
    v = T.dvector()
    outputs, _ = symgraph.scan(lambda first, second: first * 10 + second, [{"input": v, "taps": taps}], go_backwards=True)
    np.testing.assert_array_equal(symgraph.function([v], outputs, mode=symgraph.Mode(linker=linker))(V), expected)


@LINKERS
def test_scan_backwards_with_steps_reads_the_last_rows(linker):
    v = T.dvector()
    outputs, _ = symgraph.scan(lambda x: x, v, go_backwards=True, n_steps=2)
    np.testing.assert_array_equal(symgraph.function([v], outputs, mode=symgraph.Mode(linker=linker))(V), [3, -2])


@pytest.mark.parametrize("text", ["1", "2.5"])
def test_text_is_no_number(text):
    x = T.dscalar()
    with pytest.raises(TypeError):
        symgraph.function([x], x)(text)


def test_an_input_cannot_be_given():
    x, a = T.dscalar("x"), symgraph.shared(1.0)
    for unused in ("raise", "ignore"):
        with pytest.raises(RuntimeError, match="givens"):
            symgraph.function([x], x, givens={x: a}, on_unused_input=unused)


def test_updates_that_are_no_pairs():
    a = symgraph.shared(1.0)
    for updates in ([a, a + 1], (a, a + 1), [(a,)]):
        with pytest.raises(ValueError):
            symgraph.function([], [], updates=updates)


def test_a_known_size_one_may_stand_for_any_size():
    """More sizes are known here than in Theano (`stack([s])` has one row): what was a vector there must still serve as one."""
    s, v, row = T.dscalar(), T.dvector(), T.drow()
    one = T.stack([s])
    state = symgraph.shared(np.zeros(1))
    symgraph.function([s], [], updates=[(state, one)])(3)
    assert state.get_value() == [3]
    assert symgraph.function([s], v * 2, givens={v: one})(3) == [6]
    assert symgraph.function([s], symgraph.clone(v * 2, {v: one}))(3) == [6]
    assert v.type.accepts(one.type) and not row.type.accepts(T.dmatrix().type)
    double = symgraph.as_op([T.dvector], [T.dvector])(lambda x: 2 * x)
    assert double(one).eval({s: 3}) == [6]


def test_updates_use_old_values_and_outputs_too():
    a, b = symgraph.shared(1.0), symgraph.shared(2.0)
    f = symgraph.function([], a + b, updates=OrderedDict([(a, b), (b, a)]))
    assert (f(), a.get_value(), b.get_value()) == (3, 2, 1)
