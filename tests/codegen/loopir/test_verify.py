"""Modules that break the grammar, one rule each, and what the verifier says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from codegen.errors import VerifyError
from codegen.loopir import nodes as ir
from codegen.loopir.verify import verify

N, X, P = ir.Value(1, "int64"), ir.Value(2, "float64"), ir.Value(3, "float64*")


def new(number: int, type: str = "float64") -> ir.Value:
    return ir.Value(number, type)


def module(body: ir.Block, entry: ir.Block | None = None, **words: Any) -> ir.Module:
    """A kernel k(n, x, p) of this body, and an entry."""
    kernel = ir.Function("k", (N, X, P), body, **words)
    return ir.Module(ir.Function("entry", (ir.Value(1, "context*"),), entry or []), [kernel], ["dscal", "scipy.special.psi/1"])


def add(out: ir.Value, *args: Any) -> ir.Assign:
    return ir.Assign(out, "add", args)


def loop(**words: Any) -> ir.For:
    return ir.For(**{"index": new(10, "int64"), "start": 0, "stop": N, "step": 1, "body": [], **words})


V, W = new(11), new(12)
CASES: list[tuple[Callable[[], ir.Block], str]] = [
    (lambda: [add(V, X, new(50))], "k: %11: float64 = add %2, %50: %50 is not known here"),
    (lambda: [add(V, X, 1.0), add(V, X, 2.0)], "%11 is given twice"),
    (lambda: [add(V, V, 1.0)], "%11 is not known here"),
    (lambda: [loop(body=[add(V, X, 1.0)]), add(W, V, 1.0)], "%11 is not known here"),
    (lambda: [loop(), ir.Store(P, new(10, "int64"), 1.0)], "%10 is not known here"),
    (lambda: [ir.If(True, [add(V, X, 1.0)], [add(W, V, 1.0)])], "%11 is not known here"),
    (lambda: [loop(body=[add(V, X, 1.0)]), ir.If(True, [add(V, X, 1.0)])], "given twice"),
    (lambda: [add(V, X, N)], "%1 is of type int64, expected float64"),
    (lambda: [add(V, X)], "takes 2 operands"),
    (lambda: [ir.Assign(V, "plus", (X, X))], "no operation plus"),
    (lambda: [ir.Assign(V, "rem", (X, X))], "no rem of float64"),
    (lambda: [ir.Assign(new(11, "int64"), "exp", (N,))], "no exp of int64"),
    (lambda: [ir.Assign(new(11, "float16"), "add", (1.0, 1.0))], "no add of float16"),
    (lambda: [ir.Assign(new(11, "complex128"), "select", (True, X, X))], "no select of complex128"),
    (lambda: [ir.Assign(V, "lt", (X, X))], "%11 is of type float64"),
    (lambda: [ir.Assign(new(11, "bool"), "lt", (1, 2))], "type of constants only"),
    (lambda: [add(new(11, "int64"), N, 1.5)], "1.5 is no constant of type int64"),
    (lambda: [add(new(11, "int64"), N, 2**63)], "no constant of type int64"),
    (lambda: [add(new(11, "int64"), N, True)], "True is no constant of type int64"),
    (lambda: [ir.If(1, [])], "1 is no constant of type bool"),
    (lambda: [ir.If(N, [])], "expected bool"),
    (lambda: [ir.Assign(V, "cast", (1,))], "takes a value"),
    (lambda: [ir.Assign(new(11, "int32"), "bits", (X,))], "differ in width"),
    (lambda: [ir.Load(new(11, "float32"), P, 0)], "loads float32 from float64*"),
    (lambda: [ir.Load(V, X, 0)], "%2 is not a pointer"),
    (lambda: [ir.Load(V, P, X)], "expected int64"),
    (lambda: [ir.Store(P, 0, N)], "expected float64"),
    (lambda: [ir.Local(new(11, "float64*"), 0)], "positive constant"),
    (lambda: [ir.Local(new(11, "void*"), 1)], "void have no size"),
    (lambda: [ir.Assign(new(11, "float32*"), "offset", (P, N))], "of type float32*"),
    (lambda: [loop(step=0)], "positive constant"),
    (lambda: [loop(stop=X)], "expected int64"),
    (lambda: [loop(kind="vector")], "no kind vector"),
    (lambda: [loop(kind="independent", carried=(V,), initial=(1.0,), yields=(V,), results=(W,))], "carry nothing"),
    (lambda: [loop(carried=(V,), initial=(), yields=(V,), results=(W,))], "0 initial values for 1 values"),
    (lambda: [loop(carried=(V,), initial=(0.0,), yields=(), results=(W,))], "0 yields for 1 values"),
    (lambda: [loop(carried=(V,), initial=(0.0,), yields=(N,), results=(W,))], "expected float64"),
    (lambda: [loop(carried=(V,), initial=(0.0,), yields=(V,), results=())], "results are not as the values carried"),
    (lambda: [ir.While([], X)], "expected bool"),
    (lambda: [ir.If(True, [], [], (X,), (N,), (V,))], "expected float64"),
    (lambda: [ir.If(True, [], [], (X,), (), (V,))], "0 yields for 1 values"),
    (lambda: [ir.Call("m", ())], "no kernel m"),
    (lambda: [ir.Call("k", (N, X))], "2 arguments for 3 values"),
    (lambda: [ir.Call("k", (N, X, P))], "k: calls itself"),
    (lambda: [ir.Library(2, (P,))], "no library routine 2"),
    (lambda: [ir.Library(0, (3,))], "put it into memory"),
    (lambda: [ir.External(V, 2, (X,))], "no library routine 2"),
    (lambda: [ir.External(V, 0, (X,))], "1 arguments for dscal"),
    (lambda: [ir.External(V, 1, (X, X))], "2 arguments for scipy.special.psi/1"),
    (lambda: [ir.External(V, 1, (N,))], "expected float64"),
    (lambda: [ir.External(new(11, "float32"), 1, (X,))], "of type float32"),
    (lambda: [ir.Fail(1)], "not said to fail"),
    (lambda: [ir.Result(new(11, "float64*"), 0, (N,))], "only the entry"),
    (lambda: [ir.Scratch(new(11, "float64*"), N)], "only the entry"),
    (lambda: [ir.Callback(0, (), (), 1)], "only the entry"),
    (lambda: [ir.Assign(new(11, "int64"), "size", (0, 0))], "only the entry"),
]


@pytest.mark.parametrize(("body", "message"), CASES, ids=lambda x: x.replace(" ", "-") if isinstance(x, str) else "")
def test_offences(body: Callable[[], ir.Block], message: str) -> None:
    with pytest.raises(VerifyError) as caught:
        verify(module(body()))
    assert message in str(caught.value) and str(caught.value).startswith("k: ")


ENTRY: list[tuple[ir.Block, str]] = [
    ([ir.Fail(0)], "not 0"), ([ir.Fail(6)], "status 6 of 5 failures"), ([ir.Fail(1, (1,) * 9)], "at most 8"),
    ([ir.Fail(1, (1.5,))], "no constant of type int64"), ([ir.Callback(0, (), (), 0)], "not 0"),
    ([ir.Assign(new(2, "int64"), "argument", (0,))], "of type int64"), ([ir.Result(new(2), 0, ())], "of type float64"),
    ([ir.Assign(new(2, "int64"), "size", (0, -1))], "slot and axis"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message"), ENTRY)
def test_offences_of_an_entry(body: ir.Block, message: str) -> None:
    with pytest.raises(VerifyError, match=message):
        verify(module([], body), failures=5)


def test_what_is_right_passes() -> None:
    v, w = new(11), new(12)
    body: ir.Block = [
        loop(carried=(v,), initial=(0.0,), body=[add(w, v, 1)], yields=(w,), results=(new(13),)), ir.Store(P, 0, new(13)),
    ]  # fmt: skip
    with pytest.raises(VerifyError, match="%13 is not known here"):  # another Value of the same number
        verify(module(body))
    body[1] = ir.Store(P, 0, body[0].results[0])  # type: ignore[union-attr]
    verify(module(body))
    verify(module([ir.Fail(5)], [ir.Fail(-1)], fails=True), failures=5)


def test_marks_and_names() -> None:
    with pytest.raises(VerifyError, match="parameter 0 is marked as a pointer"):
        verify(module([], readonly=frozenset([0])))
    both = module([])
    both.kernels.append(ir.Function("k", (), []))
    with pytest.raises(VerifyError, match="two functions of one name"):
        verify(both)
    with pytest.raises(VerifyError, match="takes the context"):
        verify(ir.Module(ir.Function("entry", (N,), [])))


def test_what_may_fail_is_called_by_what_may_fail() -> None:
    caller = module([])
    caller.kernels += [ir.Function("a", (), [ir.Call("b", ())]), ir.Function("b", (), [ir.Fail(1)], fails=True)]
    with pytest.raises(VerifyError, match="a: call b.*not said to fail"):
        verify(caller)
    caller.kernels[1].fails = True
    verify(caller)


def test_a_circle_of_calls() -> None:
    circle = module([])
    circle.kernels += [ir.Function("a", (), [ir.Call("b", ())]), ir.Function("b", (), [ir.Call("a", ())])]
    with pytest.raises(VerifyError, match="a: calls itself"):
        verify(circle)
