"""Shared variables and their updates: old values, sizes, sharing, and whose memory is whose, on every linker."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import shared

LINKERS = ("llvm", "c", "py")
on_every_linker = pytest.mark.parametrize("linker", LINKERS)


def compiled(linker: str, *args: Any, **options: Any) -> Any:
    return symgraph.function(*args, mode=symgraph.Mode(linker=linker), **options)


@on_every_linker
def test_updates_use_old_values_and_outputs_come_first(linker: str) -> None:
    a, b = shared(1.0, name="a"), shared(10.0, name="b")
    swap = compiled(linker, [], [a, b, a + b], updates=[(a, b), (b, a)])
    assert [float(v) for v in swap()] == [1.0, 10.0, 11.0]
    assert a.get_value() == 10.0 and b.get_value() == 1.0
    assert [float(v) for v in swap()] == [10.0, 1.0, 11.0]
    assert a.get_value() == 1.0 and b.get_value() == 10.0
    x = T.dscalar("x")
    chain = compiled(linker, [x], a + b, updates=OrderedDict([(a, a + x), (b, a * 100)]))
    assert chain(5) == 11.0 and a.get_value() == 6.0 and b.get_value() == 100.0


@on_every_linker
def test_arrays_that_are_swapped_stay_apart(linker: str) -> None:
    a, b = shared(np.zeros(3), name="a"), shared(np.ones(3), name="b")
    f = compiled(linker, [], None, updates=[(a, b), (b, a)])
    for _ in range(3):
        f()
        assert not np.shares_memory(a.get_value(borrow=True), b.get_value(borrow=True))
    assert a.get_value().tolist() == [1, 1, 1] and b.get_value().tolist() == [0, 0, 0]
    g = compiled(linker, [], None, updates=[(a, b)])
    g()
    a.get_value(borrow=True)[0] = 5.0
    assert b.get_value().tolist() == [0, 0, 0]


@on_every_linker
def test_new_values_may_be_numbers_arrays_or_inputs(linker: str) -> None:
    x = T.dvector("x")
    a, b, c = shared(1.0, name="a"), shared(np.zeros(2), name="b"), shared(np.zeros(2), name="c")
    f = compiled(linker, [x], None, updates={a: 4, b: np.array([1.0, 2.0]), c: x})
    argument = np.array([7.0, 8.0])
    for _ in range(2):
        assert f(argument) == []
        assert a.get_value() == 4.0 and a.get_value().dtype == "float64"
        assert b.get_value().tolist() == [1.0, 2.0] and c.get_value().tolist() == [7.0, 8.0]
        assert not np.shares_memory(c.get_value(borrow=True), argument)
        b.get_value(borrow=True)[0] = 50.0  # the constant of the update is not what is kept
        argument[:] = [7.0, 8.0]


@on_every_linker
def test_an_update_that_changes_the_size(linker: str) -> None:
    s = shared(np.ones(1), name="s")
    f = compiled(linker, [], s.sum(), updates=[(s, T.concatenate([s, s * 2]))])
    assert [float(f()) for _ in range(4)] == [1.0, 3.0, 9.0, 27.0]
    assert s.get_value().shape == (16,)


@on_every_linker
def test_results_and_kept_values_never_change_later(linker: str) -> None:
    w = shared(np.zeros(4), name="w")
    x = T.dvector("x")
    f = compiled(linker, [x], [w * 2, w, x + 1], updates=[(w, w + x)])
    first = f(np.ones(4))
    copies = [a.copy() for a in first]
    borrowed = w.get_value(borrow=True)
    before = borrowed.copy()
    f(np.full(4, 9.0))
    f(np.full(4, 9.0))
    assert all(np.array_equal(a, b) for a, b in zip(first, copies))
    assert np.array_equal(borrowed, before)
    assert w.get_value().tolist() == [19.0] * 4


@on_every_linker
def test_default_updates(linker: str) -> None:
    n = shared(0, name="n")
    n.default_update = n + 1
    other = shared(0, name="other")
    other.default_update = other + n  # read only through the default update of another
    m = shared(5, name="m")
    m.default_update = other * 0 + m + 1
    f = compiled(linker, [], n * 1)
    assert [int(f()) for _ in range(3)] == [0, 1, 2] and n.get_value() == 3 and other.get_value() == 0
    compiled(linker, [], n * 1, no_default_updates=True)()
    compiled(linker, [], n * 1, no_default_updates=[n])()
    assert n.get_value() == 3
    compiled(linker, [], n * 1, updates=[(n, n * 10)])()
    assert n.get_value() == 30
    compiled(linker, [], m * 1)()  # m brings in other, which brings in n
    assert (m.get_value(), other.get_value(), n.get_value()) == (6, 30, 31)


@on_every_linker
def test_functions_share_their_variables(linker: str) -> None:
    w = shared(np.array([1.0, 2.0]), name="w")
    x = T.dvector("x")
    add = compiled(linker, [x], None, updates=[(w, w + x)])
    read = compiled("py" if linker == "llvm" else "llvm", [], w * 1)
    add([10.0, 20.0])
    assert read().tolist() == [11.0, 22.0]
    w.set_value([0.0, 0.0])
    assert read().tolist() == [0.0, 0.0]
    w.set_value(np.ones(5))  # another size
    assert read().tolist() == [1.0] * 5


class Holder:
    """Something that numpy can read and that keeps its array."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.array


def test_a_shared_value_is_a_copy_of_what_was_given() -> None:
    for wrap in (np.asarray, Holder, lambda a: a.view(np.matrix), lambda a: a[::-1], lambda a: a.T):
        source = np.zeros((2, 2))
        w, s = shared(np.ones((2, 2))), shared(source.view(np.matrix))
        w.set_value(wrap(source))
        source[...] = 7.0
        assert not w.get_value().any() and not s.get_value().any()
        assert type(w.get_value(borrow=True)) is type(s.get_value()) is np.ndarray


def test_borrowing_shared_values() -> None:
    value = np.arange(3.0)
    kept, copied = shared(value, borrow=True), shared(value)
    f = symgraph.function([], [kept * 1, copied * 1])
    value[0] = 9.0
    assert [a[0] for a in f()] == [9.0, 0.0]
    assert kept.get_value(borrow=True) is value and kept.get_value() is not value
    fresh = np.array([4.0, 5.0, 6.0])
    copied.set_value(fresh)
    fresh[0] = 0.0
    assert copied.get_value()[0] == 4.0
    copied.set_value(fresh, borrow=True)
    assert copied.get_value(borrow=True) is fresh


@on_every_linker
def test_shared_values_in_any_memory_order(linker: str) -> None:
    w = shared(np.zeros((2, 3)), name="w")
    f = compiled(linker, [], w[0] * 2)
    for value in (np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(12.0).reshape(2, 6)[:, ::-2], np.arange(6.0).reshape(3, 2).T,
                  np.arange(6.0).reshape(2, 3).astype(">f8")):
        w.set_value(value, borrow=True)
        assert f().tolist() == (value[0] * 2).tolist()
