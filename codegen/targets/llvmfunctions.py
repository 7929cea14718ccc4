"""Definitions that take the place of calls of the C library in an LLVM module, so that loops with them become vectors."""

from __future__ import annotations

from functools import cache

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.targets.elementary import ELEMENTARY
from codegen.targets.llvmcalls import Shared
from codegen.targets.llvmspelling import PURE, pattern, type_name
from codegen.targets.llvmtext import FunctionText

__all__ = ["with_elementary"]


def with_elementary(text: str) -> str:
    """The module with its declarations of elementary functions made definitions, which its passes put in the place of calls.

    Declarations stand in the first lines of a module, as `llvm_text` writes them.
    """
    head, gap, rest = text.partition("\n\n")
    lines = head.split("\n")
    known = replaceable()
    if not any(line in known for line in lines):
        return text
    declarations = {line for line in lines if line not in known}
    definitions = []
    for line in lines:
        if line in known:
            needed, definition = define(*known[line])
            declarations |= needed
            definitions.append(definition)
    return "\n".join(sorted(declarations)) + "\n\n" + "\n\n".join(definitions) + gap + rest


@cache
def replaceable() -> dict[str, tuple[str, str]]:
    """Declaration -> (name, type)."""
    return {pattern(name, type)[1]: (name, type) for name in ELEMENTARY for type in ("float32", "float64")}


@cache
def define(name: str, type: str) -> tuple[frozenset[str], str]:
    """(declarations that it needs, the definition)."""
    b = Builder()
    x = b.parameter(type)
    y = ELEMENTARY[name](b, x)
    shared = Shared({})
    writer = FunctionText(shared, ir.Function(name, (x.value,), b.block), False)
    writer.block(b.block)
    spelled, routine = type_name(type), name if type == "float64" else name + "f"
    head = f"define internal {spelled} @{routine}({spelled} %v{x.value.number}) alwaysinline {PURE} {{\nstart:"
    body = "\n".join([head, *writer.lines, f"  ret {spelled} {writer.operand(y.value, type)}", "}"])
    return frozenset(shared.declarations.values()), body
