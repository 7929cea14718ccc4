"""A call that fails changes nothing: not the shared variables, not the function; wherever it fails."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import In, shared

on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))


def compiled(linker: str, *args: Any, **options: Any) -> Any:
    return symgraph.function(*args, mode=symgraph.Mode(linker=linker), **options)


@on_every_linker
def test_a_bad_argument_changes_no_shared_variable(linker: str) -> None:
    x = T.dvector("x")
    w = shared(np.zeros(2), name="w")
    f = compiled(linker, [x], w * 1, updates=[(w, w + x)])
    f([1.0, 1.0])
    for wrong in (3, "a", None, [[1.0]], [1j]):
        with pytest.raises((TypeError, ValueError)):
            f(wrong)
    with pytest.raises(TypeError):
        f()
    with pytest.raises(TypeError):
        f([1.0, 2.0], [3.0])
    assert w.get_value().tolist() == [1.0, 1.0]
    assert f([1.0, 1.0]).tolist() == [1.0, 1.0]  # and the function still works


@on_every_linker
def test_a_failure_after_an_update_was_computed(linker: str) -> None:
    x, k = T.dvector("x"), T.lscalar("k")
    w, count = shared(np.zeros(2), name="w"), shared(0, name="count")
    picked = (w + x)[k]  # needs the new value of w
    f = compiled(linker, [x, k], [picked, x * 3], updates=[(w, w + x), (count, count + 1)])
    kept = w.get_value(borrow=True)
    with pytest.raises(IndexError, match="index 7"):
        f([1.0, 2.0], 7)
    assert w.get_value(borrow=True) is kept and kept.tolist() == [0.0, 0.0] and count.get_value() == 0
    with pytest.raises(ValueError):
        f([1.0, 2.0, 3.0], 0)
    assert w.get_value(borrow=True) is kept and kept.tolist() == [0.0, 0.0] and count.get_value() == 0
    assert f([1.0, 2.0], 1)[0] == 2.0 and w.get_value().tolist() == [1.0, 2.0] and count.get_value() == 1


@on_every_linker
def test_a_failure_in_a_loop(linker: str) -> None:
    x, n = T.dvector("x"), T.iscalar("n")
    w = shared(np.zeros(3), name="w")
    rows, updates = symgraph.scan(lambda t, w: w[t], sequences=T.arange(n), non_sequences=w)
    f = compiled(linker, [x, n], rows.sum(), updates=[*updates.items(), (w, w + x)])
    with pytest.raises(IndexError, match="3"):
        f([1.0, 2.0, 3.0], 5)
    assert w.get_value().tolist() == [0.0] * 3
    f([1.0, 2.0, 3.0], 3)
    assert f([0.0, 0.0, 0.0], 3) == 6.0


def failing(error: Exception) -> Any:
    @symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])
    def careful(v: Any) -> Any:
        if v[0] < 0:
            raise error
        return v + 1

    return careful


@on_every_linker
def test_a_python_op_that_fails(linker: str) -> None:
    x = T.dvector("x")
    w = shared(np.zeros(2), name="w")
    careful = failing(RuntimeError("negative"))
    f = compiled(linker, [x], careful(x * 1) * 2, updates=[(w, w + x)])
    with pytest.raises(RuntimeError, match="negative") as caught:
        f([-1.0, 1.0])
    text = str(caught.value)
    assert "careful" in text and "float64(2)" in text and f'File "{__file__}", line ' in text
    assert w.get_value().tolist() == [0.0, 0.0]
    assert f([1.0, 1.0]).tolist() == [4.0, 4.0] and w.get_value().tolist() == [1.0, 1.0]


@on_every_linker
def test_a_python_op_may_fail_again_and_again_with_one_error(linker: str) -> None:
    x = T.dvector("x")
    f = compiled(linker, [x], failing(KeyError("k"))(x))
    texts = []
    for _ in range(3):
        with pytest.raises(KeyError) as caught:
            f([-1.0])
        texts.append(str(caught.value))
    assert texts[0] == texts[1] == texts[2] and texts[0].count("careful") == 1


@on_every_linker
def test_an_interrupt_in_a_python_op_goes_through(linker: str) -> None:
    x = T.dvector("x")
    w = shared(np.zeros(1), name="w")
    f = compiled(linker, [x], failing(KeyboardInterrupt())(x), updates=[(w, w + x)])  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        f([-1.0])
    assert w.get_value().tolist() == [0.0]


@pytest.mark.parametrize("wrong", [lambda v: v.astype("float32"), lambda v: v[None], lambda v: None, lambda v: [v, v], lambda v: "text",
    lambda v: 1.0],
                         ids=["dtype", "dimensions", "None", "two", "text", "number"])
@on_every_linker
def test_a_python_op_that_breaks_its_word(linker: str, wrong: Any) -> None:
    x = T.dvector("x")
    lying = symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])(lambda v: wrong(v))
    w = shared(np.zeros(2), name="w")
    f = compiled(linker, [x], lying(x + 1) * 2, updates=[(w, w + x)])
    with pytest.raises((TypeError, ValueError)) as caught:
        f([1.0, 1.0])
    assert f'File "{__file__}", line ' in str(caught.value)
    assert w.get_value().tolist() == [0.0, 0.0]


@on_every_linker
def test_a_state_stays_when_its_function_fails(linker: str) -> None:
    x, k, total = T.dvector("x"), T.lscalar("k"), T.dscalar("total")
    f = compiled(linker, [x, k, In(total, value=0.0, update=total + x[k])], total * 2)
    f([1.0, 2.0], 1)
    with pytest.raises(IndexError):
        f([1.0, 2.0], 2)
    assert f["total"] == 2.0
    with pytest.raises(ValueError):
        f["total"] = "a"
    assert f["total"] == 2.0


@on_every_linker
def test_too_large_a_result(linker: str) -> None:
    n = T.lscalar("n")
    w = shared(1, name="w")
    f = compiled(linker, [n], T.zeros((n, n)) + 1, updates=[(w, w + 1)])
    with pytest.raises((MemoryError, ValueError)):
        f(2**40)
    assert w.get_value() == 1
    assert f(2).tolist() == [[1.0, 1.0], [1.0, 1.0]]


@on_every_linker
def test_a_size_below_zero(linker: str) -> None:
    n = T.lscalar("n")
    f = compiled(linker, [n], T.zeros((n,)) + 1)
    with pytest.raises(ValueError):
        f(-1)
    assert f(0).shape == (0,)


def test_a_function_called_by_its_own_callback() -> None:
    x = T.dvector("x")
    f: Any = None

    @symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])
    def again(v: Any) -> Any:
        return v if len(v) == 0 else np.concatenate([v[:1], f(v[1:]) * 2])

    f = symgraph.function([x], again(x) + 1)
    expected = lambda v: np.array([]) if len(v) == 0 else np.concatenate([v[:1], expected(v[1:]) * 2]) + 1
    value = np.arange(5.0)
    assert f(value).tolist() == expected(value).tolist()
