"""Loop IR as text, for people and for comparison in tests: one node a line, blocks in braces.

    kernel shift(%1: float64*, %2: int64) {
      for %3 = 0 to %2 independent {
        %4: float64 = load %1[%3]
        %5: float64 = add %4, 1.0
        store %1[%3] = %5
      }
    }
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from codegen.loopir import nodes as ir

__all__ = ["function_text", "module_text", "node_text"]


def module_text(module: ir.Module) -> str:
    """The kernels, then the entry; equal modules give equal texts."""
    parts = [f"libraries {', '.join(module.libraries)}\n"] if module.libraries else []
    parts += [function_text(kernel, "kernel") for kernel in module.kernels]
    return "\n".join([*parts, function_text(module.entry, "entry")])


def function_text(function: ir.Function, kind: str = "kernel") -> str:
    """A function as lines; `kind` is the word it starts with."""
    parameters = []
    for position, value in enumerate(function.parameters):
        marks = " readonly" * (position in function.readonly) + " distinct" * (position in function.distinct)
        parameters.append(declared(value) + marks)
    head = f"{kind} {function.name}({', '.join(parameters)}){' fails' if function.fails else ''} {{"
    return "\n".join([head, *block_lines(function.body, "  "), "}", ""])


def node_text(node: ir.Node) -> str:
    """The first line of a node: a loop or If without its blocks."""
    return next(node_lines(node, ""))


def declared(value: ir.Value) -> str:
    return f"{value}: {value.type}"


def listed(operands: Iterable[Any]) -> str:
    return ", ".join(map(str, operands))


def carrying(node: ir.For | ir.While) -> str:
    pairs = [f"{declared(value)} = {initial}" for value, initial in zip(node.carried, node.initial)]
    return f" carrying {', '.join(pairs)}" if pairs else ""


def closing(results: Sequence[ir.Value]) -> str:
    return f"}} -> {', '.join(map(declared, results))}" if results else "}"


def array(pointer: ir.Value, sizes: Sequence[ir.Operand]) -> str:
    return f"{pointer}[{listed(sizes)}]"


def block_lines(block: ir.Block, margin: str, yields: Sequence[ir.Operand] = ()) -> Iterator[str]:
    for node in block:
        yield from node_lines(node, margin)
    if yields:
        yield f"{margin}yield {listed(yields)}"


def node_lines(node: ir.Node, margin: str) -> Iterator[str]:
    inner = margin + "  "
    match node:
        case ir.Assign():
            yield f"{margin}{declared(node.out)} = {node.operation} {listed(node.args)}"
        case ir.Load():
            yield f"{margin}{declared(node.out)} = load {node.pointer}[{node.index}]"
        case ir.Store():
            yield f"{margin}store {node.pointer}[{node.index}] = {node.value}"
        case ir.Local():
            yield f"{margin}{declared(node.out)} = local {node.count}"
        case ir.For():
            step = f" step {node.step}" if node.step != 1 else ""
            kind = f" {node.kind}" if node.kind != "serial" else ""
            yield f"{margin}for {node.index} = {node.start} to {node.stop}{step}{kind}{carrying(node)} {{"
            yield from block_lines(node.body, inner, node.yields)
            yield margin + closing(node.results)
        case ir.While():
            yield f"{margin}while{carrying(node)} {{"
            yield from block_lines(node.body, inner, node.yields)
            yield f"{margin}}} again if {node.condition}" + closing(node.results)[1:]
        case ir.If():
            likely = {None: "", True: " likely", False: " unlikely"}[node.likely]
            yield f"{margin}if {node.condition}{likely} {{"
            yield from block_lines(node.then, inner, node.then_yields)
            if node.otherwise or node.otherwise_yields:
                yield f"{margin}}} else {{"
                yield from block_lines(node.otherwise, inner, node.otherwise_yields)
            yield margin + closing(node.results)
        case ir.Call():
            yield f"{margin}call {node.kernel}({listed(node.args)})"
        case ir.Split():
            kind = " library" * node.library
            yield f"{margin}split {node.kernel}({node.start} to {node.stop} by {node.multiple}; {listed(node.args)}) work {node.work}{kind}"
        case ir.Library():
            yield f"{margin}library {node.slot}({listed(node.args)})"
        case ir.External():
            yield f"{margin}{declared(node.out)} = external {node.slot}({listed(node.args)})"
        case ir.Callback():
            arrays, outs = ", ".join(array(*x) for x in node.arrays), ", ".join(array(*x) for x in node.outs)
            yield f"{margin}{outs} = callback {node.slot}({arrays}) or fail {node.number}"
        case ir.Result():
            yield f"{margin}{declared(node.out)} = result {node.slot}[{listed(node.sizes)}]{or_fail(node)}"
        case ir.Scratch():
            yield f"{margin}{declared(node.out)} = scratch {node.slot}: {node.size} bytes{or_fail(node)}"
        case ir.Pulse():
            yield f"{margin}pulse {node.counters}"
        case ir.Fail():
            yield f"{margin}fail {node.number}({listed(node.values)})"


def or_fail(node: ir.Result | ir.Scratch) -> str:
    return f" or fail {node.number}" if node.number > 0 else ""
