"""What LLVM makes of a module's text: vectors, sums in their order, an object that asks for little; and the target's key."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from running import Call, Entry
from test_llvm import run

from codegen.runtime.loader import load_object
from codegen.targets import processor
from codegen.targets.llvm import compile_llvm, offers_few, optimized_text
from codegen.targets.llvmtext import llvm_text
from codegen.targets.processor import target_key
from codegen.targets.survey import SEVERAL


def chain(length: int, type: str = "float64", function: str = "") -> Entry:
    e = Entry()
    b, n = e.b, e.size(0)
    x, y, out = e.argument(0, type), e.argument(1, type), e.result(0, type, n)
    with b.loop(0, n, independent=True) as i:
        first, second = b.load(x, i), b.load(y, i)
        value = b.add(first, second)
        for k in range(length):
            value = b.mul(value, first) if k % 2 else b.add(value, second)
        b.store(out, i, b.math(function, value) if function else value)
    return e


@pytest.mark.parametrize("type", ["float64", "float32", "int32", "uint8"])
def test_elementwise_loops_become_vectors(type: str) -> None:
    text = optimized_text(llvm_text(chain(2, type).module()))
    name = {"float64": "double", "float32": "float", "int32": "i32", "uint8": "i8"}[type]
    assert f"x {name}> " in text and "vector.memcheck" not in text


def test_independent_accumulators_become_vectors() -> None:
    """A fold with several accumulators, as the lowering of reductions writes it, in one vector; no order is changed."""
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, "float64"), e.result(0, "float64", 8)
    sums = b.fold(0, n, [0.0] * 8, lambda i, *s: [b.add(s[k], b.load(x, b.add(i, k))) for k in range(8)], step=8)
    for k in range(8):
        b.store(out, k, sums[k])
    assert "x double> " in optimized_text(llvm_text(e.module()))
    a = np.random.default_rng(0).standard_normal(80)
    wanted = np.zeros(8)
    for row in a.reshape(10, 8):
        wanted += row
    np.testing.assert_array_equal(run(e, [a], ["float64"]).results[0], wanted)


def test_sums_keep_their_order_at_every_level() -> None:
    e = Entry()
    b = e.b
    total = b.fold(0, e.size(0), [0.0], lambda i, s: [b.add(s, b.load(e.argument(0, "float64"), i))])[0]
    b.store(e.result(0, "float64", 1), 0, total)
    assert "reassoc" not in llvm_text(e.module())
    a = np.random.default_rng(0).standard_normal(1000) * 1e10
    wanted = 0.0
    for value in a:
        wanted += value
    assert run(e, [a], ["float64"], 3).results[0][0] == wanted


def test_the_object_needs_nothing_but_the_mathematical_library() -> None:
    everything = chain(1, "float64", "sin")
    h = everything.argument(0, "float16")
    out = everything.result(1, "float16", 8)
    with everything.b.loop(0, 8) as i:
        everything.b.store(out, i, everything.b.cast(everything.b.cast(everything.b.load(h, i), "float64"), "float16"))
    names = undefined(compile_llvm(llvm_text(everything.module())))
    assert names <= {"sin", "_GLOBAL_OFFSET_TABLE_"}, names


def undefined(content: bytes) -> set[str]:
    """Names of the symbols that an ELF object of 64 bits asks for."""
    at, = struct.unpack_from("<Q", content, 40)
    size, count = struct.unpack_from("<HH", content, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", content, at + k * size) for k in range(count)]
    names = set()
    for section in sections:
        if section[1] == 2:  # the table of symbols
            strings = sections[section[6]][4]
            for place in range(section[4], section[4] + section[5], 24):
                name, _, _, where, _, _ = struct.unpack_from("<IBBHQQ", content, place)
                if where == 0 and name:
                    end = content.index(b"\0", strings + name)
                    names.add(content[strings + name:end].decode())
    return names


def test_the_entry_is_named_as_asked_and_is_the_only_symbol() -> None:
    e = chain(0)
    e.kernel("inside", ["int64"], lambda b, n: None)
    first = load_object(compile_llvm(llvm_text(e.module("first"))), "first")
    a = np.arange(3.0)
    assert Call(first.address, [a, a], ["float64"]).results[0].tolist() == [0.0, 2.0, 4.0]
    with pytest.raises(LookupError):
        load_object(compile_llvm(llvm_text(e.module("first"))), "inside")


def test_equal_modules_have_equal_text_and_object() -> None:
    first, second = (llvm_text(chain(5, "float32", "tanh").module()) for _ in range(2))
    assert first == second and compile_llvm(first) == compile_llvm(second)


def test_a_module_that_is_not_well_formed_is_refused() -> None:
    with pytest.raises(RuntimeError):
        compile_llvm("define i64 @entry() { ret i32 0 }")


def test_the_targets_key_needs_no_llvm() -> None:
    code = (
        "import sys; from codegen.targets.processor import target_key; print(target_key());"
        "assert 'llvmlite.binding' not in sys.modules"
    )
    key = subprocess.check_output([sys.executable, "-c", code], text=True).strip()
    assert key == target_key()
    import llvmlite

    assert llvmlite.__version__ in key and ("flags=" in key or "Features=" in key or "+" in key)


def test_without_the_systems_description_llvm_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "processor_of_linux", lambda: "")
    processor.target_key.cache_clear()
    try:
        assert "+" in processor.target_key()
    finally:
        processor.target_key.cache_clear()


@pytest.mark.parametrize("kernels", [SEVERAL - 1, SEVERAL])
def test_what_does_not_loop_among_several_that_do_is_left_nearly_as_written(kernels: int) -> None:
    e = Entry()
    x, n = e.argument(0, "float64"), e.size(0)
    for k in range(kernels):

        def body(b: Any, out: Any, x: Any, n: Any, k: int = k) -> None:
            with b.loop(0, n, independent=True) as i:
                b.store(out, i, b.add(b.load(x, i), float(k)))

        add = e.kernel(f"add{k}", ["float64*", "float64*", "int64"], body, distinct=frozenset({0, 1}), readonly=frozenset({1}))
        add(e.result(k, "float64", n), x, n)
    once = e.kernel("once", ["float64*"], lambda b, out: b.store(out, 0, 7.0))
    again = e.kernel("again", ["float64*"], lambda b, out: b.store(out, 0, b.add(b.load(out, 0), 1.0)))
    place = e.result(kernels, "float64", 1)
    once(place)
    text = llvm_text(e.module())
    assert text.count('"straight"') == 3 * (kernels == SEVERAL)  # the entry, once, again
    with e.b.loop(0, n):
        again(place)  # a loop, so one function more that does: neither the entry nor what is called in it is straight now
    text = llvm_text(e.module())
    assert re.findall(r'@(\w+)\(.*"straight"', text) == ["once"]
    optimised = optimized_text(text)
    assert ("optnone" in optimised) == offers_few() and "x double> " in optimised
    a = np.arange(33.0)
    results = run(e, [a], ["float64"] * (kernels + 1)).results
    assert results[kernels].tolist() == [40.0]
    for k in range(kernels):
        np.testing.assert_array_equal(results[k], a + k)
