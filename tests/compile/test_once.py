"""The first `x.eval()`: which expressions it computes by numpy's rules, and that these are the values that compiled code gives, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.compile import once
from symgraph.errors import MissingInputError
from symgraph.ops.elementwise import _ROWS
from symgraph.random import MRG_RandomStreams

rng = np.random.default_rng(5)
A = rng.standard_normal((5, 7))
B = np.where(rng.random((5, 7)) < 0.3, 0.0, rng.standard_normal((5, 7)) * 1e3)
K = rng.integers(-9, 9, (5, 7))
x, y, k = T.dmatrix("x"), T.dmatrix("y"), T.lmatrix("k")
x32, y32 = x.astype("float32"), y.astype("float32")
GIVEN = {x: A, y: B, k: K}

AT_ONCE = {
    "nothing": x,
    "a constant": T.constant([1.5, 2.5]),
    "transposed, reversed": x.T[::-1, 1::2],
    "reshaped": x.reshape((7, 5)).flatten(),
    "joined": T.concatenate([x, y, x], axis=1),
    "split": T.split(x, [2, 5], 2, axis=1)[1],
    "stacked": T.stack([x, y]),
    "shape": x.shape,
    "sizes": T.zeros((x.shape[0], 3)) + 1.0,
    "arange, eye": T.arange(10)[::2].dimshuffle(0, "x") * T.eye(5, dtype="int64"),
    "repeated, tiled, rolled": T.roll(T.tile(x.repeat(2, axis=0), (2, 1)), 3, axis=1),
    "a vector of numbers": T.stack([x[0, 0], y[1, 1], x[2, 2]]),
    "by places": x[[3, 0, 0]],
    "by a mask": x[x > 0],
    "diagonal": T.diagonal(x),
    "affine": x * 0.37 + 1.1,
    "affine float32": x32 * np.float32(0.37) - y32,
    "a quotient": (x / y).clip(-3, 3),
    "a root": T.sqrt(abs(x)),
    "an inverse": 1 / y,
    "constants alone": x * (T.constant(0.1) * 3 + 0.7),
    "comparisons": T.switch(T.and_(x > y, x <= 1), x, T.maximum(y, 0)),
    "rounding": T.round(x * 7.0) + 0,
    "signs": T.sgn(x) + T.floor(y),
    "integers": (k * k * 3 + k - 5 * k).sum(axis=0),
    "product of integers": T.prod(k[:2], axis=1),
    "extremes": T.max(x, axis=1) - T.min(x),
    "places of extremes": T.argmax(x, axis=0) + T.argmin(y, axis=0),
    "counted": (x > 0).sum(),
    "any": T.any(x > 2, axis=0),
    "casts": T.cast(x > 0, "float32"),
}
COMPILED = {
    "exponential": T.exp(x), "power": x**3.5, "sum of floats": x.sum(), "product": T.dot(x, y.T), "two products": x * 0.1 * 3.3,
    "two sums": x + 0.1 + 3.3, "read twice": x + 3.1 * x, "to integers": T.cast(x, "int8"), "float16": x.astype("float16"), "complex": x * 1j,
    "many nodes": sum([T.maximum(x, i) > 3 for i in range(60)], T.zeros((), "int64")),
}


def kept(expression: Any) -> list[Any]:
    return list(expression._evaluate.values())


def fed(expression: Any) -> dict[Any, Any]:
    needed = set(symgraph.graph.ancestors([expression]))
    return {variable: value for variable, value in GIVEN.items() if variable in needed}


@pytest.mark.parametrize("name", AT_ONCE)
def test_the_first_value_is_that_of_compiled_code(name: str) -> None:
    expression = AT_ONCE[name].copy()
    first = expression.eval(fed(expression))
    assert kept(expression) == [None], "it was compiled"
    second = expression.eval(fed(expression))
    assert type(kept(expression)[0]).__name__ == "NativeFunction"
    assert first.dtype == second.dtype == expression.dtype and first.shape == second.shape
    assert np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
    assert first.flags.writeable and not any(np.shares_memory(first, value) for value in GIVEN.values())


@pytest.mark.parametrize("name", COMPILED)
def test_what_rounds_differently_is_compiled(name: str) -> None:
    expression = COMPILED[name].copy()
    expression.eval(fed(expression))
    assert kept(expression) != [None]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_are_the_same_and_move_on(dtype: str) -> None:
    one, other = MRG_RandomStreams(7), MRG_RandomStreams(7)
    drawn, again = one.uniform((20, 30), -0.05, 0.07, dtype=dtype), other.uniform((20, 30), -0.05, 0.07, dtype=dtype)
    f = symgraph.function([], again)
    for _ in range(3):
        assert np.array_equal(drawn.eval(), f())
    assert kept(drawn) != [None]


def test_long_draws_of_few_streams_are_compiled() -> None:
    few, many = (MRG_RandomStreams(7).uniform((1000,), nstreams=n) for n in (1, 100))
    assert few.eval().shape == many.eval().shape == (1000,)
    assert kept(few) != [None] and kept(many) == [None]


def test_names_are_those_of_ops() -> None:
    assert set(_ROWS) >= once.EXACT_ELEMENTWISE | once.SUMS | once.PRODUCTS
    met: set[str] = set()
    for expression in AT_ONCE.values():
        met |= {type(node.op).__name__ for node in symgraph.graph.toposort([expression.copy()])}
    elsewhere = {"AdvancedSubtensor", "AllOf", "Rebroadcast", "SpecifyShape", "mrg_uniform", "ArangeLength", "Eye", "Split", "Tile", "Nonzero"}
    assert once.EXACT - met <= elsewhere


def test_errors_are_those_of_compiled_code() -> None:
    total = symgraph.shared(np.zeros(2), "total")
    wrong = x[0] + total
    messages = []
    for call in (lambda: wrong.eval({x: A}), lambda: symgraph.function([x], wrong)(A)):
        with pytest.raises(ValueError) as caught:
            call()
        messages.append(str(caught.value).splitlines()[0])
    assert messages[0] == messages[1]
    with pytest.raises(IndexError):
        x[9].eval({x: A})
    with pytest.raises(MissingInputError):
        (x + 1).eval()
    with pytest.raises(TypeError):
        (k + 1).eval({k: A})
    assert np.array_equal(total.get_value(), [0, 0])


def test_what_makes_much_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "BYTES", 200)
    small, large = x[0] + 1, x + 1
    small.eval({x: A})
    large.eval({x: A})
    assert kept(small) == [None] and kept(large) != [None]


@pytest.mark.parametrize("flags", [{"linker": "py"}, {"mode": "CHECK"}, {"mode": "NanGuardMode"}, {"optimizer_verbose": True}])
def test_modes_that_look_see_it(flags: dict[str, Any]) -> None:
    expression = x + 1
    with symgraph.config.change_flags(**flags):
        assert np.array_equal(expression.eval({x: A}), A + 1)
    assert kept(expression) != [None]
