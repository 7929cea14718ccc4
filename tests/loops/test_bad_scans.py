"""Wrong uses of scan: what is raised, when, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, scan, shared, until
from symgraph.errors import MissingInputError

v, w, m, s, n, f = T.dvector("v"), T.dvector("w"), T.dmatrix("m"), T.dscalar("s"), T.iscalar("n"), T.fscalar("f")
c = shared(np.float32(0), name="c")
thrice = T.tensor("float64", shape=(3,), name="thrice")

# What cannot work is refused as the loop is built: (class, words of the message, the use)
AT_ONCE: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    # steps
    "neither sequences nor n_steps": (ValueError, "scan walk has no sequences, so n_steps", lambda: scan(lambda x: x, outputs_info=s, name="walk")),
    "n_steps that is a float": (TypeError, "n_steps must be an integer scalar, got 2.0", lambda: scan(lambda x: x, outputs_info=s, n_steps=2.0)),
    "n_steps that is a float variable": (TypeError, "got s of type", lambda: scan(lambda x: x, outputs_info=s, n_steps=s)),
    "n_steps that is a bool": (TypeError, "got True", lambda: scan(lambda x: x, outputs_info=s, n_steps=True)),
    "n_steps that is a vector": (TypeError, "integer scalar", lambda: scan(lambda x: x, outputs_info=s, n_steps=T.lvector())),
    "n_steps that is text": (TypeError, "got 'three'", lambda: scan(lambda x: x, outputs_info=s, n_steps="three")),
    "n_steps below zero": (ValueError, "must not be negative, got -2", lambda: scan(lambda x: x, outputs_info=s, n_steps=-2)),
    "more steps than a known length": (ValueError, "long enough for 3 steps, n_steps is 4", lambda: scan(lambda x: x, sequences=thrice, n_steps=4)),
    # sequences
    "a sequence without dimensions": (ValueError, "sequence 1 of scan must have at least one dimension", lambda: scan(lambda x, y: x, [v, s])),
    "a sequence that is text": (TypeError, "sequence 0 of scan must be an array, got 'abc'", lambda: scan(lambda x: x, "abc")),
    "a function as sequence": (TypeError, "sequence 0 of scan must be an array", lambda: scan(lambda x: x, len)),
    "an unknown key": (ValueError, r"got the keys \['input', 'tap'\]", lambda: scan(lambda x: x, {"input": v, "tap": [0]})),
    "a dictionary without input": (ValueError, "must be dict.input=", lambda: scan(lambda x: x, {"taps": [0]})),
    "taps of a sequence that are floats": (TypeError, "taps of sequence 0 .* integers", lambda: scan(lambda x: x, {"input": v, "taps": [0.5]})),
    "no taps of a sequence": (ValueError, "sequence 0 of scan has no taps", lambda: scan(lambda x: x, {"input": v, "taps": []})),
    "a non_sequence that is text": (TypeError, "non_sequence 1 of scan must be a variable, a number or an array, got 'abc'",
                                    lambda: scan(lambda x, y, z: x, v, non_sequences=[s, "abc"])),
    "a non_sequence that is no variable": (TypeError, "non_sequence 0 of scan must be", lambda: scan(lambda x, y: x, v, non_sequences=len)),
    "None among non_sequences": (TypeError, "non_sequence 0 of scan must be", lambda: scan(lambda x, y: x, v, non_sequences=[None])),
    # outputs_info
    "a tap of an output that is not past": (ValueError, r"output 0 of scan must be negative, got \[0\]",
                                            lambda: scan(lambda x: x, outputs_info={"initial": v, "taps": [0]}, n_steps=2)),
    "a tap of an output to come": (ValueError, "must be negative",
                                   lambda: scan(lambda x, y: x, outputs_info={"initial": v, "taps": [-1, 1]}, n_steps=2)),
    "one tap of an output twice": (ValueError, "stand twice", lambda: scan(lambda x, y: x, outputs_info={"initial": v, "taps": [-1, -1]}, n_steps=2)),
    "taps of an output that are text": (TypeError, "taps of output 0",
                                        lambda: scan(lambda x: x, outputs_info={"initial": v, "taps": "-1"}, n_steps=2)),
    "taps without initial value": (ValueError, "has taps .-1. but no initial value", lambda: scan(lambda x: x, v, [{"taps": [-1]}])),
    "an unknown key of an output": (ValueError, "unknown keys .'start'.", lambda: scan(lambda x: x, v, [{"start": s}])),
    "a scalar where rows are needed": (ValueError, "leading dimension of 2 rows",
                                       lambda: scan(lambda x: x, outputs_info={"initial": s, "taps": [-2]}, n_steps=2)),
    "known to be too few rows": (ValueError, r"the taps \[-1, -4\] of an output of scan need 4 initial rows, its initial value has 3",
                                 lambda: scan(lambda x, y: x, outputs_info={"initial": thrice, "taps": [-1, -4]}, n_steps=2)),
    "an initial value that is text": (TypeError, "initial value of output 0", lambda: scan(lambda x: x, outputs_info="abc", n_steps=2)),
    # the function
    "no function": (TypeError, "the step must be a function, got 3", lambda: scan(3, v)),
    "too few parameters": (TypeError, r"called with 2 arguments \(v\[t\], w\[t\]\)", lambda: scan(lambda x: x, [v, w])),
    "too many parameters": (TypeError, "missing a required argument: 'y'", lambda: scan(lambda x, y: x, v)),
    "an error of its own": (ZeroDivisionError, "division", lambda: scan(lambda x: x * (1 // 0), v)),
    # what it returns
    "nothing": (ValueError, "returned None", lambda: scan(lambda x: None, v)),
    "an empty list": (ValueError, "neither outputs nor updates", lambda: scan(lambda x: [], v)),
    "None among outputs": (ValueError, "must return variables", lambda: scan(lambda x: [x, None], v)),
    "text": (ValueError, "got 'abc' of <class 'str'>", lambda: scan(lambda x: "abc", v)),
    "until alone": (ValueError, "neither outputs nor updates", lambda: scan(lambda x: until(x > 1), v)),
    "updates before outputs": (ValueError, r"returned \(updates, outputs\); it may return", lambda: scan(lambda x: ({c: c}, x), v)),
    "until before updates": (ValueError, r"returned \(outputs, until, updates\)", lambda: scan(lambda x: (x, until(x > 1), {c: c}), v)),
    "outputs beside each other and updates": (ValueError, r"\(outputs, outputs, updates\)", lambda: scan(lambda x: (x, x, {c: c}), v)),
    "more outputs than described": (ValueError, "describes 1 outputs, .* returned 2", lambda: scan(lambda x, y: [y, y], v, s)),
    "fewer outputs than described": (ValueError, "describes 2 outputs, .* returned 1", lambda: scan(lambda x, y: y, v, [s, None])),
    "updates of what is not shared": (TypeError, "keys of updates are shared variables, got 'c'", lambda: scan(lambda x: {"c": x}, v)),
    "an update of another dtype": (TypeError, r"update of c must have its type .*float32.* cast it with .astype\('float32'\)",
                                   lambda: scan(lambda x: {c: c + x}, v)),
    "an update of more dimensions": (TypeError, "update of c must have its type", lambda: scan(lambda x: {c: T.ones((2,), "float32")}, v)),
    "an update that is no number": (TypeError, "update of c cannot be of its type", lambda: scan(lambda x: {c: "abc"}, v)),
    "a condition with dimensions": (ValueError, "condition of until must be a scalar", lambda: scan(lambda x: (x, until(x > 1)), m)),
    "a condition that is text": (TypeError, "condition of until must be a scalar", lambda: scan(lambda x: (x, until("abc")), v)),
    # states
    "a state that gets more precise": (ValueError, r"output 0 \(f\) starts as .*float32.*float64.*\.astype\('float64'\)",
                                       lambda: scan(lambda x: x * s, outputs_info=f, n_steps=2)),
    "a state that gets less precise": (ValueError, r"\.astype\('float64'\)", lambda: scan(lambda x: f * 2, outputs_info=s, n_steps=2)),
    "a state that gets dimensions": (ValueError, "starts with 0 dimensions .* gives it 1", lambda: scan(lambda x: x * v, outputs_info=s, n_steps=2)),
    "a state that loses dimensions": (ValueError, "starts with 1 dimensions .* gives it 0",
                                      lambda: scan(lambda x: x.sum(), outputs_info=v, n_steps=2)),
    "a state of size 1 that grows": (TypeError, "unbroadcast", lambda: scan(lambda x: x + v, outputs_info=T.zeros((1,)), n_steps=2)),
    "a state that changes its known size": (ValueError, "3 elements along dimension 0, but a step makes them 2",
                                            lambda: scan(lambda x: x[1:], outputs_info=thrice, n_steps=2)),
    # options
    "strict, and more is read": (MissingInputError, "scan is strict, but its step uses s", lambda: scan(lambda x: x * s, v, strict=True)),
    "strict, and a shared variable is read": (ValueError, "strict, but its step uses c", lambda: scan(lambda x: x * c, v, strict=True)),
    "truncate_gradient that is a float": (TypeError, "truncate_gradient", lambda: scan(lambda x: x, v, truncate_gradient=1.5)),
    "truncate_gradient below -1": (ValueError, "truncate_gradient", lambda: scan(lambda x: x, v, truncate_gradient=-2)),
    "a name that is a number": (TypeError, "name of a scan must be a string", lambda: scan(lambda x: x, v, name=3)),
}


@pytest.mark.parametrize("use", AT_ONCE)
def test_refused_at_once(use: str) -> None:
    kind, words, build = AT_ONCE[use]
    with pytest.raises(kind, match=words) as caught:
        build()
    assert type(caught.value) is kind or issubclass(type(caught.value), symgraph.errors.SymgraphError)
    assert c.get_value() == 0


# What shows only with the values: (class, words, the loop, what makes it fail)
AT_CALL: dict[str, tuple[type[Exception], str, Callable[[], Any], dict[Any, Any]]] = {
    "n_steps below zero": (ValueError, "-1", lambda: scan(lambda x: x * 2, outputs_info=s, n_steps=n)[0], {n: -1}),
    "more steps than elements": (ValueError, "2 rows, too few for 3 steps",
                                 lambda: scan(lambda x: x * 2, sequences=v, n_steps=n)[0], {v: [1.0, 2.0]}),
    "too few initial rows": (ValueError, r"taps \[-1, -3\] of an output of scan need 3 initial rows, its initial value has 2",
                             lambda: scan(lambda a, b: a - b, outputs_info={"initial": v, "taps": [-1, -3]}, n_steps=n)[0], {v: [1.0, 2.0]}),
    "a state that shrinks": (ValueError, "state 0 of the loop: a step changes the size of dimension 0 from 4 to 3",
                             lambda: scan(lambda x: x[1:], outputs_info=v, n_steps=n)[0], {}),
    "a state of size 1 that grows": (ValueError, "1.* 4",
                                     lambda: scan(lambda x: x + w, outputs_info=T.unbroadcast(s.dimshuffle("x"), 0), n_steps=n)[0], {}),
    "rows of different sizes": (ValueError, "same shape|changes the size", lambda: scan(lambda k: v[:k], sequences=T.arange(n))[0], {}),
    "shapes that do not meet": (ValueError, "4.*3|3.*4", lambda: scan(lambda x: x + w, sequences=m)[0], {}),
    "an index out of range": (IndexError, "index 4 is out of bounds for axis 0 with size 4",
                              lambda: scan(lambda k: v[k], sequences=T.arange(n))[0], {n: 6}),
    "a product that does not fit": (ValueError, "4", lambda: scan(lambda row, h: T.dot(h, m) + row, sequences=m, outputs_info=w)[0], {}),
}
GIVEN = {v: np.arange(4.0), w: np.arange(4.0) + 1, m: np.ones((2, 3)), s: 1.5, n: 3}


@pytest.mark.parametrize("linker", ["py", "llvm", "c"])
def test_refused_at_the_call(linker: str) -> None:
    for use, (kind, words, build, bad) in AT_CALL.items():
        if linker == "c" and use not in ("too few initial rows", "a state that shrinks", "an index out of range"):
            continue
        counts = shared(0, name="counts")
        call = function(list(GIVEN), build(), updates={counts: counts + 1}, mode=symgraph.Mode(linker), on_unused_input="ignore")
        for _ in range(2):
            with pytest.raises(kind, match=words) as caught:
                call(*[bad.get(x, value) for x, value in GIVEN.items()])
            assert type(caught.value) is kind, use
            assert caught.value.line.filename == __file__ and counts.get_value() == 0, use  # type: ignore[attr-defined]


@pytest.mark.parametrize("linker", ["py", "llvm", "c"])
def test_an_error_says_where_in_the_loop(linker: str) -> None:
    def pick(k: Any) -> Any:
        return v[k] * 2  # the line that is named

    outer, _ = scan(lambda x, k: scan(pick, sequences=T.arange(k), name="inner")[0].sum() + x, sequences=[w, n + T.arange(2)], name="outer")
    call = function([v, w, n], outer, mode=symgraph.Mode(linker))
    with pytest.raises(IndexError) as caught:
        call([1.0, 2.0], [1.0, 2.0], 2)  # 2 steps within the first, 3 within the second
    said = str(caught.value)
    assert "index 2 is out of bounds for axis 0 with size 2" in said and "float64(2)" in said and "# the line that is named" in said
    assert said.index("in step 2 of scan{inner}") < said.index("in step 1 of scan{outer}")
    assert caught.value.line.function == "pick"  # type: ignore[attr-defined]


class Odd(Exception):
    """An error without a text."""


@pytest.mark.parametrize("linker", ["py", "llvm", "c"])
@pytest.mark.parametrize("raised", [RuntimeError("boom"), Odd(3, 4)], ids=["text", "no text"])
def test_an_exception_in_a_python_op_of_a_step(linker: str, raised: Exception) -> None:
    ran: list[int] = []

    @symgraph.as_op(itypes=[T.lscalar], otypes=[T.dscalar])
    def careful(k: Any) -> Any:
        ran.append(int(k))
        if k == 3:
            raise raised
        return np.float64(k)

    total, count = shared(0.0, name="total"), shared(np.zeros(3), name="count")
    rows, updates = scan(lambda k: (careful(k), {total: total + careful(k), count: count + 1}), sequences=T.arange(n), name="careful")
    call = function([n], rows, updates=updates, mode=symgraph.Mode(linker))
    assert call(3).tolist() == [0, 1, 2] and total.get_value() == 3
    for _ in range(2):
        ran.clear()
        with pytest.raises(type(raised)) as caught:
            call(6)
        assert max(ran) == 3 and caught.value is raised
        assert total.get_value() == 3 and count.get_value().tolist() == [3.0] * 3
    assert call(2).tolist() == [0, 1] and total.get_value() == 4
