"""Definitions that take the place of calls of the C library in an LLVM module, so that loops with them become vectors."""

from __future__ import annotations

from functools import cache

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.targets.elementary import ELEMENTARY
from codegen.targets.llvmcalls import Shared
from codegen.targets.llvmplan import Plan
from codegen.targets.llvmspelling import PURE, pattern, type_name, vector
from codegen.targets.llvmtext import FunctionText
from codegen.targets.llvmvectors import Lanes

__all__ = ["with_elementary"]


SIDE_BY_SIDE = (1, 2, 4, 8, 16, 32)


def with_elementary(text: str, fma: bool = True, inline: bool = True) -> str:
    """The module with its declarations of elementary functions made definitions, which its passes put in the place of calls.

    Declarations stand in the first lines of a module, as `llvm_text` writes them. fma: the processor multiplies and adds in one; else the
    functions of the C library stay, and those of vectors call them lane by lane. inline: those of single numbers too take the place of calls;
    where loops were written as vectors, these are left to the last few rounds, and a call each is less code.
    """
    head, gap, rest = text.partition("\n\n")
    lines = head.split("\n")
    known = replaceable()
    replaced = [line for line in lines if line in known and (fma or known[line][2] > 1)]
    if not replaced:
        return text
    declarations = set(lines).difference(replaced)
    definitions = []
    for line in replaced:
        if f"@{line.partition('@')[2].partition('(')[0]}(" in rest:
            needed, definition = define(*known[line]) if fma else by_lanes(*known[line])
            declarations |= needed
            definitions.append(definition if inline or known[line][2] > 1 else definition.replace("alwaysinline", "noinline", 1))
    return "\n".join(sorted(declarations)) + "\n\n" + "\n\n".join(definitions) + gap + rest


@cache
def replaceable() -> dict[str, tuple[str, str, int]]:
    """Declaration -> (name, type, lanes)."""
    return {pattern(name, type, n)[1]: (name, type, n) for name in ELEMENTARY for type in ("float32", "float64") for n in SIDE_BY_SIDE}


def head_of(name: str, type: str, lanes: int) -> str:
    spelled, declaration = vector(type_name(type), lanes), pattern(name, type, lanes)[1]
    return f"define internal {spelled} {declaration[declaration.index('@'):declaration.index('(')]}({spelled} %v1) alwaysinline {PURE} {{\nstart:"


@cache
def define(name: str, type: str, lanes: int) -> tuple[frozenset[str], str]:
    """(declarations that it needs, the definition)."""
    b = Builder()
    x = b.parameter(type)
    y = ELEMENTARY[name](b, x)
    shared = Shared({})
    writer = FunctionText(shared, ir.Function(name, (x.value,), b.block), False)
    if lanes == 1:
        writer.block(b.block)
        result = writer.operand(y.value, type)
    else:
        side = Lanes(writer, ir.For(ir.Value(0, "int64"), 0, lanes, 1, b.block), Plan(lanes, 1))
        side.vectors[x.value.number] = "%v1"
        side.body()
        result = side.vector(y.value, type)
    body = "\n".join([head_of(name, type, lanes), *writer.lines, f"  ret {vector(type_name(type), lanes)} {result}", "}"])
    return frozenset(shared.declarations.values()), body


def by_lanes(name: str, type: str, lanes: int) -> tuple[frozenset[str], str]:
    one, many = type_name(type), vector(type_name(type), lanes)
    call, declaration = pattern(name, type)
    lines = [head_of(name, type, lanes)]
    for k in range(lanes):
        lines += [f"  %x{k} = extractelement {many} %v1, i64 {k}", "  " + call.format(f"%y{k}", f"%x{k}")]
        lines.append(f"  %r{k + 1} = insertelement {many} {f'%r{k}' if k else 'poison'}, {one} %y{k}, i64 {k}")
    return frozenset({declaration}), "\n".join([*lines, f"  ret {many} %r{lanes}", "}"])
