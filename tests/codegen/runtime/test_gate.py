"""The class the native gate makes: subclasses, unbound objects, its code on disk."""

from __future__ import annotations

import subprocess
import sys

import pytest
from entries import SCALAR, adder

from codegen.runtime.executable import NativeCallable, PlainCallable
from codegen.runtime.gate import HAVE_VECTORCALL, Vectorcalled
from codegen.runtime.native import gate_is_possible

pytestmark = pytest.mark.skipif(not gate_is_possible(), reason="the native gate is for CPython with the GIL")


class Face:
    name: str | None = None

    def title(self) -> str:
        return f"<{self.name}>"


class Named(Face, NativeCallable):
    def __init__(self, name: str) -> None:
        self.name = name


class Wrapped(Named):
    def __call__(self, *args: object) -> dict[str, object]:
        return {"sum": super().__call__(*args)}


@pytest.mark.parametrize("cls", [NativeCallable, Named])
def test_python_calls_objects_through_their_pointer(cls):
    assert cls.__flags__ & HAVE_VECTORCALL


def test_subclass():
    f = adder(SCALAR).bind([0, 1], [0], single=True, into=Named("f"))
    assert f(1.0, 2.0) == 3 and f.title() == "<f>" and f.run([f(1.0, 1.0), f(1.0, 1.0)]) == 4
    assert f.__call__(1.0, 2.0) == 3 and isinstance(f, Vectorcalled) and callable(f)
    assert list(map(f, [1.0, 2.0], [3.0, 4.0])) == [4, 6]


def test_a_subclass_with_a_call_of_its_own():
    assert not Wrapped.__flags__ & HAVE_VECTORCALL
    f = adder(SCALAR).bind([0, 1], [0], single=True, into=Wrapped("f"))
    assert f(1.0, 2.0) == {"sum": 3}


def test_an_unbound_object_is_not_called():
    with pytest.raises(TypeError):
        Named("f")(1.0, 2.0)


def test_bound_again():
    f = adder(SCALAR).bind([0, 1], [0], single=True)
    adder(SCALAR).bind([0, 1], [0], single=False, into=f)
    assert f(1.0, 2.0) == [3]


def test_default_is_native():
    assert isinstance(adder(SCALAR).bind([0, 1], [0]), NativeCallable)
    assert not isinstance(NativeCallable(), PlainCallable)


PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from codegen.runtime import gate
kept = {{}}
gate.keep_code(kept.get, kept.__setitem__)
from entries import SCALAR, adder
def missing(text): raise ImportError("no llvmlite")
if {missing}:
    gate.compiled = missing
f = adder(SCALAR).bind([0, 1], [0], single=True)
assert f(1.0, 2.0) == 3 and f.run([f(1.0, 1.0), f(1.0, 1.0)]) == 4
print(len(kept), gate.code() is not None)
gate.made.cache_clear()
gate.compiled = missing
print(gate.code() is not None)
"""


@pytest.mark.parametrize(("missing", "said"), [(False, "1 True\nTrue\n"), (True, "0 False\nFalse\n")])
def test_code_is_kept_and_may_be_missing(missing, said, request):
    """What is kept needs no compiler; without code the call goes through ctypes."""
    program = PROGRAM.format(here=str(request.path.parent), missing=missing)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=request.config.rootpath)
    assert (run.returncode, run.stdout, run.stderr) == (0, said, "")
