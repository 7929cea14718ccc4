"""The text of modules."""

from __future__ import annotations

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.text import function_text, module_text, node_text


def shift() -> ir.Function:
    b = Builder()
    b.on_check = lambda error, message: 2
    x, n = b.parameter("float64*"), b.parameter("int64")
    b.check(b.less(0, n), "ValueError", "{}", n)
    with b.loop(0, n, independent=True) as i:
        b.store(x, i, b.add(b.load(x, i), 1.0))
    b.fold(0, n, [0.0], lambda i, total: [b.when(b.less(i, 3), lambda: total, lambda: b.exp(total))], step=2)
    b.repeat([1], lambda k: (b.less(k, 9), [k * 2]))
    return ir.Function("shift", tuple(b.parameters), b.block, True, frozenset(), frozenset([0]))


SHIFT = """\
kernel shift(%1: float64* distinct, %2: int64) fails {
  %3: bool = lt 0, %2
  if %3 likely {
  } else {
    fail 2(%2)
  }
  for %4 = 0 to %2 independent {
    %5: float64 = load %1[%4]
    %6: float64 = add %5, 1.0
    store %1[%4] = %6
  }
  for %7 = 0 to %2 step 2 carrying %8: float64 = 0.0 {
    %9: bool = lt %7, 3
    if %9 {
      yield %8
    } else {
      %10: float64 = exp %8
      yield %10
    } -> %11: float64
    yield %11
  } -> %12: float64
  while carrying %13: int64 = 1 {
    %14: bool = lt %13, 9
    %15: int64 = mul %13, 2
    yield %15
  } again if %14 -> %16: int64
}
"""


def test_a_kernel() -> None:
    assert function_text(shift()) == SHIFT


def test_a_module() -> None:
    b = Builder()
    context = b.parameter("context*")
    n = b.emit("size", [0, 0], "int64")
    place, block, given, count = b.value("float64*"), b.value("void*"), b.value("float32*"), b.value("int64")
    b.block += [
        ir.Result(place, 0, (n.value, 3)), ir.Scratch(block, n.value, 1), ir.Callback(0, ((place, (n.value, 3)),), ((given, (count,)),), 4),
        ir.Call("shift", (place, n.value)), ir.Local(b.value("int8*"), 2), ir.Library(0, (place,)),
        ir.External(b.value("float64"), 2, (1.5, 2.0)),
    ]  # fmt: skip
    module = ir.Module(ir.Function("entry", (context.value,), b.block), [shift()], ["dscal", "dgemm", "scipy.special.betaln/2"])
    assert module_text(module) == f"""\
libraries dscal, dgemm, scipy.special.betaln/2

{SHIFT}
entry entry(%1: context*) {{
  %2: int64 = size 0, 0
  %3: float64* = result 0[%2, 3]
  %4: void* = scratch 1: %2 bytes
  %5[%6] = callback 0(%3[%2, 3]) or fail 4
  call shift(%3, %2)
  %7: int8* = local 2
  library 0(%3)
  %8: float64 = external 2(1.5, 2.0)
}}
"""


def test_a_node_is_one_line() -> None:
    assert node_text(shift().body[2]) == "for %4 = 0 to %2 independent {"


def test_what_was_checked_in_a_block_is_not_checked_there_again() -> None:
    b = Builder()
    b.on_check = lambda error, message: 1
    n, m = b.parameter("int64"), b.parameter("int64")
    for _ in range(2):
        b.check(b.less(n, m), "ValueError", "too many")
    b.check(b.less(m, n), "ValueError", "too few")
    b.when(b.less(0, n), lambda: b.check(b.less(n, m), "ValueError", "in a branch, which is another block"))
    assert sum(isinstance(node, ir.If) for node in b.block) == 3
    assert [isinstance(node, ir.If) for node in b.block] == [False, True, False, False, True, False, True]
    again = b.less(n, m)
    b.check(again, "ValueError", "too many")
    assert b.block[-1].out is again.value  # it may be used behind the check
