"""The linker for objects: what it lays out, what it leaves to LLVM's."""

from __future__ import annotations

import ctypes
import math
import platform

import pytest

from codegen.archive import members, packed
from codegen.runtime.elf import Unsupported, link
from codegen.runtime.loader import load_by_llvm, load_object
from codegen.targets.llvm import compile_llvm

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="it links objects for x86-64")

TEXTS = {
    "constants": (
        """
        define double @entry(double %x) {
            %y = fadd double %x, 0x3FF3333333333333
            ret double %y
        }
        """,
        2.0, 3.2,
    ),
    "library": (
        """
        declare double @exp(double)
        declare double @cbrt(double)
        define double @entry(double %x) {
            %y = call double @cbrt(double %x)
            %z = call double @exp(double %y)
            ret double %z
        }
        """,
        0.0, 1.0,
    ),
    "array": (
        """
        @table = internal constant [4 x double] [double 1.0, double 2.0, double 4.0, double 8.0]
        define double @entry(double %x) {
            %k = fptosi double %x to i64
            %p = getelementptr double, ptr @table, i64 %k
            %y = load double, ptr %p
            ret double %y
        }
        """,
        3.0, 8.0,
    ),
    "written": (
        """
        @count = internal global double 5.0
        @zeros = internal global [9000 x double] zeroinitializer
        define double @entry(double %x) {
            %a = load volatile double, ptr @count
            %k = fptosi double %x to i64
            %p = getelementptr double, ptr @zeros, i64 %k
            store volatile double %a, ptr %p
            %b = load volatile double, ptr %p
            %y = fadd double %a, %b
            store volatile double %y, ptr @count
            %z = load volatile double, ptr @count
            ret double %z
        }
        """,
        8999.0, 10.0,
    ),
    "addresses of functions": (
        """
        declare double @sqrt(double)
        declare double @fabs(double)
        @functions = internal constant [2 x ptr] [ptr @sqrt, ptr @fabs]
        define double @entry(double %x) {
            %k = fptosi double %x to i64
            %r = srem i64 %k, 2
            %p = getelementptr ptr, ptr @functions, i64 %r
            %f = load volatile ptr, ptr %p
            %y = call double %f(double %x)
            ret double %y
        }
        """,
        16.0, 4.0,
    ),
    "visible": (
        """
        @place = global double 7.0
        define double @other(double %x) noinline {
            %a = load volatile double, ptr @place
            %y = fadd double %x, %a
            ret double %y
        }
        define double @entry(double %x) {
            %y = call double @other(double %x)
            ret double %y
        }
        """,
        1.0, 8.0,
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_same_as_llvm(name):
    text, x, wanted = TEXTS[name]
    content = compile_llvm(text)
    address, keep = link([content], "entry")
    judge = load_by_llvm([content], "entry")
    for at in (address, judge.address):
        assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(at)(x) == pytest.approx(wanted)
    assert keep


def test_jump_table():
    cases = "\n".join(f"  i64 {k}, label %b{k}" for k in range(12))
    blocks = "\n".join(f"b{k}:\n %y{k} = call double @{name}(double %x)\n ret double %y{k}" for k, name in enumerate(NAMES))
    declared = "\n".join(f"declare double @{name}(double)" for name in NAMES)
    content = compile_llvm(
        f"{declared}\ndefine double @entry(i64 %k, double %x) {{\n switch i64 %k, label %b0 [\n{cases}\n ]\n{blocks}\n}}"
    )
    address, _keep = link([content], "entry")
    f = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, ctypes.c_double)(address)
    library = ctypes.CDLL("libm.so.6")
    for k, name in enumerate(NAMES):
        function = getattr(library, name)
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double]
        assert f(k, 0.5) == function(0.5)


NAMES = "exp log sin cos tan sinh cosh tanh asin acos atan cbrt".split()


def test_what_is_missing_is_named():
    content = compile_llvm("declare double @no_such_function(double)\ndefine double @entry(double %x) {\n"
                           " %y = call double @no_such_function(double %x)\n ret double %y\n}")
    with pytest.raises(LookupError, match="no_such_function"):
        load_object(content, "entry")
    with pytest.raises(LookupError, match="entrance"):
        load_object(compile_llvm(TEXTS["constants"][0]), "entrance")


def test_what_is_left_to_llvm():
    for content in (b"", b"\x7fELF", compile_llvm(TEXTS["constants"][0])[:18] + b"\xb7" + b"\0" * 80):
        with pytest.raises(Unsupported):
            link([content], "entry")
    with pytest.raises(Unsupported):
        link([compile_llvm("@here = thread_local global double 7.0\ndefine double @entry(double %x) {\n"
                           " %y = load volatile double, ptr @here\n ret double %y\n}")], "entry")


def test_code_cannot_be_written():
    address, _keep = link([compile_llvm(TEXTS["constants"][0])], "entry")
    with open("/proc/self/maps") as file:
        for line in file:
            first, last = (int(x, 16) for x in line.split()[0].split("-"))
            if first <= address < last:
                assert line.split()[1] == "r-xp"
                return
    raise AssertionError("the code is nowhere")


TWO = (
    "declare hidden double @half(double)\ndeclare double @exp(double)\ndefine double @entry(double %x) {\n %y = call double @half(double %x)\n"
    " %z = call double @exp(double %y)\n ret double %z\n}",
    "define hidden double @half(double %x) {\n %y = fmul double %x, 0x3FE3333333333333\n ret double %y\n}",
)


def test_files_are_linked_with_each_other_and_kept_as_one():
    files = [compile_llvm(text) for text in TWO]
    content = packed(files)
    assert members(content) == files
    for found in (load_object(content, "entry"), load_by_llvm(files, "entry"), load_object(packed(files[::-1]), "entry")):
        assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(found.address)(2.0) == pytest.approx(math.exp(1.2))
    with pytest.raises(LookupError, match="half"):
        load_object(files[0], "entry")


def test_an_archive_that_is_cut_off_is_refused():
    content = packed([b"one", b"three"])
    for end in (20, 70, 80, 131, len(content) - 2):
        with pytest.raises(ValueError):
            members(content[:end])
