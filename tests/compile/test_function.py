"""What `function` gives for each form of outputs, inputs and givens, on every linker."""

from __future__ import annotations

import copy
import resource
import warnings
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import In, Out, shared

LINKERS = ("llvm", "c", "py")
on_every_linker = pytest.mark.parametrize("linker", LINKERS)


def compiled(linker: str, *args: Any, **options: Any) -> Any:
    return symgraph.function(*args, mode=symgraph.Mode(linker=linker), **options)


# Outputs --------------------------------------------------------------------------------------------------------------
@on_every_linker
def test_forms_of_outputs(linker: str) -> None:
    x = T.dvector("x")
    value = np.array([1.0, 2.0])
    single = compiled(linker, [x], x * 2)(value)
    assert type(single) is np.ndarray and single.tolist() == [2.0, 4.0]
    listed = compiled(linker, [x], [x * 2])(value)
    assert type(listed) is list and len(listed) == 1 and listed[0].tolist() == [2.0, 4.0]
    pair = compiled(linker, [x], (x * 2, x.sum()))(value)
    assert type(pair) is list and pair[0].tolist() == [2.0, 4.0] and pair[1] == 3.0
    named = compiled(linker, [x], {"double": x * 2, "all": x.sum()})(value)
    assert type(named) is dict and set(named) == {"double", "all"}
    assert named["double"].tolist() == [2.0, 4.0] and named["all"] == 3.0
    assert compiled(linker, [x], [], on_unused_input="ignore")(value) == []
    assert compiled(linker, [], None)() == []
    wrapped = compiled(linker, [x], [Out(x + 1, borrow=True), Out(x + 1)])(value)
    assert wrapped[0].tolist() == wrapped[1].tolist() == [2.0, 3.0] and wrapped[0] is not wrapped[1]


@on_every_linker
def test_scalar_results_are_arrays_without_dimensions(linker: str) -> None:
    x = T.dscalar("x")
    result = compiled(linker, [x], x + 1)(2)
    assert type(result) is np.ndarray and result.shape == () and result.dtype == "float64" and result == 3.0


@on_every_linker
def test_outputs_that_are_constants_inputs_shared_or_twice_the_same(linker: str) -> None:
    x = T.dvector("x")
    s = shared(np.arange(3.0), name="s")
    y = x * x
    f = compiled(linker, [x], [T.constant([1.0, 5.0]), 7, x, s, y, y, np.float32(2.5)])
    argument = np.array([3.0, 4.0])
    for _ in range(2):
        constant, number, same, state, first, second, half = f(argument)
        assert constant.tolist() == [1.0, 5.0] and number == 7 and half == 2.5 and half.dtype == "float32"
        assert same.tolist() == [3.0, 4.0] and state.tolist() == [0.0, 1.0, 2.0]
        assert first.tolist() == second.tolist() == [9.0, 16.0]
        arrays = [constant, number, same, state, first, second, half]
        for k, a in enumerate(arrays):  # whatever the caller does to one result is seen nowhere else
            assert not any(np.shares_memory(a, b) for b in [*arrays[:k], argument, s.get_value(borrow=True)])
            a[...] = -1
    assert argument.tolist() == [3.0, 4.0] and s.get_value().tolist() == [0.0, 1.0, 2.0]


# Inputs ---------------------------------------------------------------------------------------------------------------
@on_every_linker
def test_defaults_and_keywords(linker: str) -> None:
    x, y, z = T.dscalars("x", "y", "z")
    f = compiled(linker, [x, In(y, value=10.0), In(z, name="last", value=100)], x + y * 2 + z * 3)
    assert f(1) == 321 and f(1, 2) == 305 and f(1, last=0) == 21 and f(y=0, last=0, x=4) == 4 and f(1, 2, 3) == 14
    assert f(1) == 321  # a default comes back after a call that gave another value
    assert f["last"] == 100 and f[y] == 10
    f["last"] = 0
    assert f(1) == 21
    g = compiled(linker, [x, (y, 5.0)], x * y)
    assert g(2) == 10


@on_every_linker
def test_defaults_in_any_memory_order(linker: str) -> None:
    x, m = T.dscalar("x"), T.dmatrix("m")
    base = np.arange(6.0).reshape(2, 3)
    f = compiled(linker, [x, In(m, value=base.T)], m[0] + x)
    assert f(1).tolist() == [1.0, 4.0]
    f[m] = base[::-1, ::2]
    assert f(1).tolist() == [4.0, 6.0]


@on_every_linker
def test_state_of_a_function(linker: str) -> None:
    x, total = T.dscalars("x", "total")
    f = compiled(linker, [x, In(total, value=0.0, update=total + x)], total * 1)
    assert [float(f(k)) for k in (1, 2, 3)] == [0.0, 1.0, 3.0]
    assert f[total] == 6.0 and f["total"] == 6.0 and "total" in f and "nothing" not in f
    f["total"] = 100.0
    assert f(1) == 100.0 and f[total] == 101.0


def test_on_unused_input() -> None:
    x, y = T.dscalars("x", "y")
    with pytest.raises(symgraph.errors.UnusedInputError, match="index 1 is not part of the computational graph.*: y"):
        symgraph.function([x, y], x * 2)
    with pytest.warns(UserWarning, match="index 1 is not part"):
        f = symgraph.function([x, y], x * 2, on_unused_input="warn")
    assert f(1, 2) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        g = symgraph.function([x, y], x * 2, on_unused_input="ignore")
        with symgraph.config.change_flags(on_unused_input="ignore"):
            symgraph.function([x, y], x * 2)
    assert g(3, 4) == 6
    with pytest.raises(TypeError, match="argument 'y'"):  # an input that is not read is checked all the same
        g(3, None)


@on_every_linker
def test_givens(linker: str) -> None:
    x, y = T.dvectors("x", "y")
    s = shared(np.array([1.0, 2.0]), name="s")
    total = (x * y).sum()
    assert compiled(linker, [x], total, givens={y: s})([3.0, 4.0]) == 11.0
    assert compiled(linker, [x], total, givens=[(y, x + 1)])([3.0, 4.0]) == 32.0
    assert compiled(linker, [], total, givens={x: np.array([1.0, 1.0]), y: T.constant([2.0, 3.0])})() == 5.0
    assert compiled(linker, [x], s.sum() + x.sum(), givens={s: x * 10})([1.0, 1.0]) == 22.0
    f = compiled(linker, [x], x.sum(), givens={y: s}, updates=[(s, s + y)])  # givens reach updates too
    f([0.0])
    assert s.get_value().tolist() == [2.0, 4.0]


def test_an_inner_variable_may_be_given() -> None:
    x = T.dscalar("x")
    middle = T.exp(x)
    assert symgraph.function([middle], middle * 2)(5) == 10.0
    assert symgraph.function([x], middle * 2, givens={middle: x + 1})(5) == 12.0


@on_every_linker
def test_copy_and_swap(linker: str) -> None:
    x = T.dscalar("x")
    a, b = shared(1.0, name="a"), shared(100.0, name="b")
    f = compiled(linker, [x], a + x, updates=[(a, a + x)], name="step")
    same = f.copy()
    assert same(1) == 2.0 and a.get_value() == 2.0 and same.name == "step"
    other = f.copy(swap={a: b}, name="other")
    assert other(5) == 105.0 and b.get_value() == 105.0 and a.get_value() == 2.0 and other.name == "other"
    still = f.copy(delete_updates=True)
    assert still(5) == 7.0 and a.get_value() == 2.0
    assert f.get_shared() == [a] and other.get_shared() == [b]


@on_every_linker
def test_copies_of_a_function_with_state(linker: str) -> None:
    x, total = T.dscalars("x", "total")
    f = compiled(linker, [x, In(total, value=0.0, update=total + x)], total * 1)
    f(5)
    apart = copy.deepcopy(f)
    apart(100)
    assert f["total"] == 5.0 and apart["total"] == 105.0


# eval, names, and looking inside ---------------------------------------------------------------------------------------
def test_eval_keeps_what_it_compiled() -> None:
    x, y = T.dscalars("x", "y")
    z = x * y
    assert z.eval({x: 2, y: 3}) == 6.0 and z.eval({y: 4, x: 3}) == 12.0
    assert len(z._evaluate) == 1
    assert (T.constant(2) + 3).eval() == 5
    assert z.eval({x: 2, y: 3}).dtype == "float64"


def test_a_function_tells_what_it_is() -> None:
    x = T.dscalar("x")
    f = symgraph.function([x], x + 1, name="successor")
    assert f.name == "successor" and "successor" in str(f) and "x" in repr(f)
    assert [i.variable for i in f.inputs] == [x] and len(f.outputs) == 1 and [i.variable for i in f.maker.inputs] == [x]
    assert "ret" in f.source("llvm") and "double" in f.source("c")


@on_every_linker
def test_many_calls_give_their_memory_back(linker: str) -> None:
    x = T.dvector("x")
    f = compiled(linker, [x], [x + 1, x * 2])
    value = np.ones(100_000)
    for _ in range(5):
        f(value)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(300):
        f(value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # 300 calls of 1.6 MB would be 480 MB


@on_every_linker
def test_values_that_are_no_arrays(linker: str) -> None:
    word, x = symgraph.generic("word"), T.dscalar("x")
    kept = shared({"a": 1}, name="kept")
    f = compiled(linker, [word, x], [word, kept, x + 1])
    thing = ["any", object()]
    same, table, number = f(thing, 1)
    assert same is thing and table == {"a": 1} and number == 2.0
