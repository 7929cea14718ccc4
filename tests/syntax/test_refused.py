"""What @symbolic refuses, by name and with the line in the user's text."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

symbolic = symgraph.symbolic


def undefined_on_one_path(x):
    if x > 0:
        y = x
    return y


def other_structure(x):
    return (x, x) if x > 0 else x


def other_dtype(x, v):
    y = x
    if x > 0:
        y = v
    return y


def no_value_on_one_path(x):
    if x > 0:
        return x


def return_in_a_loop(x, n):
    for i in range(n):
        if x > i:
            return x
    return x


def jump_out_of_try(x, n):
    for _ in range(n):
        try:
            if x > 3:
                break
        finally:
            x = x + 1
    return x


def jump_out_of_with(x):
    with np.errstate(all="ignore"):
        if x > 0:
            return x
    return -x


def loop_with_else(x, n):
    for _ in range(n):
        x = x + 1
    else:
        x = x * 2
    return x


class Holder:
    """Something that can be changed."""

    value = 0


def changes_an_object(x):
    if x > 0:
        Holder.value = x
    return x


def changes_a_list(x, n):
    out = [1, 2]
    for _ in range(n):
        out.pop()
    return x


def appends_on_one_side(x, n):
    out = []
    for i in range(n):
        if x > i:
            out.append(i)
    return out


def appends_to_what_is_there(x, n):
    out = [x]
    for i in range(n):
        out.append(x + i)
    return out


def nothing_before_the_loop(x, n):
    for _ in range(n):
        y = x
    return y


def a_state_that_changes_dtype(x, n):
    for _ in range(n):
        n = n * 0.5
    return n


def rows_of_a_scalar(x):
    total = 0.0
    for y in x:
        total += y
    return total


def a_condition_with_dimensions(x, v):
    return x if v > 0 else -x


def raises_on_one_side(x):
    if x > 0:
        raise ValueError("too large")
    return x


def raises_after_a_branch(x):
    if x > 0:
        return x
    raise ValueError("too small")


def asserts(x):
    assert x > 0
    return x


def sets_a_name_that_may_not_be_needed(x, v):
    return x > 0 and (y := v[0]) > 0 and y < 2


REFUSED = {
    undefined_on_one_path: "y has a value only if the condition is true",
    other_structure: "different structures",
    other_dtype: "different types at",
    no_value_on_one_path: "returns a value if this is true, and none if it is not",
    return_in_a_loop: "a return in a loop on a symbolic condition",
    jump_out_of_try: "a jump out of `try`",
    jump_out_of_with: "a jump out of `try`, `with`",
    loop_with_else: "a loop with an `else`",
    changes_an_object: "sets Holder.value",
    changes_a_list: "may change out by pop",
    appends_on_one_side: "different structures",
    appends_to_what_is_there: "out must be empty before a symbolic loop",
    nothing_before_the_loop: "y has no value before this loop",
    a_state_that_changes_dtype: r"the dtype of state\['n'\] changes",
    rows_of_a_scalar: "no dimension to run along",
    a_condition_with_dimensions: "scalar",
    raises_on_one_side: r"a symbolic branch raises ValueError\('too large'\)",
    raises_after_a_branch: r"a symbolic branch raises ValueError\('too small'\)",
    asserts: "an `assert` .* cannot be expressed",
    sets_a_name_that_may_not_be_needed: "`:=` in what may not be computed",
}


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_what_cannot_be_expressed_is_named_with_its_line(function):
    kinds = {"x": T.dscalar, "n": T.lscalar, "v": T.dvector}
    with pytest.raises(TypeError, match=REFUSED[function]) as caught:
        symbolic(function)(*[kinds[name](name) for name in inspect.signature(function).parameters])
    lines, first = inspect.getsourcelines(function)
    assert caught.value.line.filename == __file__
    assert first <= caught.value.line.line < first + len(lines)
    assert Holder.value == 0


def generator(x):
    yield x


async def waits(x):
    return x


@pytest.mark.parametrize("given", [generator, waits, lambda x: x, print, Holder, 3],
                         ids=["a generator", "a coroutine", "a lambda", "a function of C", "a class", "a number"])
def test_what_is_refused_at_once(given):
    with pytest.raises(TypeError, match="symbolic"):
        symbolic(given)


def test_ranges():
    n = T.lscalar("n")
    assert symgraph.range(3) == range(3)
    for wrong, error in (((n, n, n), TypeError), ((0, n, 0), ValueError), ((T.dscalar(),), TypeError), ((n, 1, 1, 1), TypeError)):
        with pytest.raises(error):
            symgraph.range(*wrong)
    with pytest.raises(TypeError, match="symgraph.symbolic"):
        for _ in symgraph.range(n):
            pass
