"""Long rows of calls are cut into functions of bounded length, for the time that compilers take grows faster than a function.

A row computes the addresses that it hands on for itself, from few values, so that no address is kept alive from one end
of a long function to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codegen.loopir import nodes as ir

__all__ = ["outline"]

LONG = 256  # calls of one block that stay where they are
ROW = 24  # calls of a new function: of 24 to 160 the fewer, the faster to compile
ADDRESSES = ("bytes", "offset", "recast", "mul")  # computed again where they are needed
DEPTH = 6


def outline(module: ir.Module) -> None:
    """Cut the entry's long blocks, in place; the new kernels come last. A row of calls of which one may fail may fail too."""
    makers: dict[int, ir.Assign] = {}
    _Outliner(module, makers).block(module.entry.body)
    if makers:
        remove_unused(module.entry)


class _Outliner:
    def __init__(self, module: ir.Module, makers: dict[int, ir.Assign]) -> None:
        self.module = module
        self.makers = makers
        self.kernels = {kernel.name: kernel for kernel in module.kernels}

    def block(self, block: ir.Block) -> None:
        for node in block:
            for part in nested(node):
                self.block(part)
        if sum(isinstance(node, ir.Call) for node in block) <= LONG:
            return
        if not self.makers:
            self.makers.update((node.out.number, node) for node in assigns(self.module.entry.body) if node.operation in ADDRESSES)
        found: ir.Block = []
        row: list[ir.Call] = []
        for node in block:
            if isinstance(node, ir.Call):
                row.append(node)
                if len(row) < ROW:
                    continue
            elif isinstance(node, ir.Assign):
                found.append(node)  # reads no memory: it may as well come before the calls
                continue
            if row:
                found.append(self.function(row))
                row = []
            if not isinstance(node, ir.Call):
                found.append(node)
        if row:
            found.append(self.function(row))
        block[:] = found

    def function(self, row: list[ir.Call]) -> ir.Call:
        """A call of a new kernel that does what the row does."""
        writer = _Writer(self.makers)
        calls = [ir.Call(call.kernel, tuple(writer.operand(x) for x in call.args)) for call in row]
        name = f"row_{len(self.module.kernels)}"
        fails = any(self.kernels[call.kernel].fails for call in row)
        self.module.kernels.append(ir.Function(name, tuple(writer.parameters), [*writer.body, *calls], fails))
        return ir.Call(name, tuple(writer.args))


class _Writer:
    """The values of one new function: those that are cheap are computed anew, the others are parameters."""

    def __init__(self, makers: dict[int, ir.Assign]) -> None:
        self.makers = makers
        self.body: ir.Block = []
        self.parameters: list[ir.Value] = []
        self.args: list[ir.Value] = []
        self.here: dict[int, ir.Value] = {}

    def operand(self, x: Any, depth: int = 0) -> Any:
        if not isinstance(x, ir.Value):
            return x
        found = self.here.get(x.number)
        if found is not None:
            return found
        maker = self.makers.get(x.number)
        args = None if maker is None or depth == DEPTH else tuple(self.operand(arg, depth + 1) for arg in maker.args)
        new = ir.Value(len(self.here) + 1, x.type)
        if maker is not None and args is not None:
            self.body.append(ir.Assign(new, maker.operation, args))
        else:
            self.parameters.append(new)
            self.args.append(x)
        self.here[x.number] = new
        return new


def assigns(block: ir.Block) -> Iterator[ir.Assign]:
    for node in block:
        if isinstance(node, ir.Assign):
            yield node
        for part in nested(node):
            yield from assigns(part)


def nested(node: ir.Node) -> tuple[ir.Block, ...]:
    if isinstance(node, (ir.For, ir.While)):
        return (node.body,)
    return (node.then, node.otherwise) if isinstance(node, ir.If) else ()


def remove_unused(function: ir.Function) -> None:
    """Take out what is computed and not used any more."""
    counts: dict[int, int] = {}
    makers = {node.out.number: node for node in assigns(function.body)}
    for number in used(function.body):
        counts[number] = counts.get(number, 0) + 1
    waiting = [number for number in makers if not counts.get(number)]
    gone: set[int] = set()
    while waiting:
        number = waiting.pop()
        gone.add(number)
        for arg in makers[number].args:
            if isinstance(arg, ir.Value):
                counts[arg.number] -= 1
                if not counts[arg.number] and arg.number in makers:
                    waiting.append(arg.number)
    sweep(function.body, gone)


def sweep(block: ir.Block, gone: set[int]) -> None:
    block[:] = [node for node in block if not (isinstance(node, ir.Assign) and node.out.number in gone)]
    for node in block:
        for part in nested(node):
            sweep(part, gone)


def used(x: Any) -> Iterator[int]:
    """The numbers of all values that code reads, each as often as it does."""
    if isinstance(x, ir.Value):
        yield x.number
    elif isinstance(x, (list, tuple)):
        for part in x:
            yield from used(part)
    elif isinstance(x, ir.Assign):
        yield from used(x.args)
    elif hasattr(x.__class__, "__slots__"):
        for name in x.__class__.__slots__:
            yield from used(getattr(x, name))
