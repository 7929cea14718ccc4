"""One kernel for all that differ in float constants only: those become parameters.

Large expressions repeat few patterns (an unrolled recurrence, one update after the other), so the time to compile them grows with the
number of patterns. Bits stay the same: a constant that is handed over takes part in the same operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from codegen.loopir import nodes as ir
from codegen.record import field, record

__all__ = ["Kernels"]

# Whose float operands have the type of what comes out, and for which no target has a better way if it knows the number.
PLAIN = frozenset({"add", "sub", "mul"})
FLOATS = ("float32", "float64")


@record()
class Shared:
    """A kernel and its calls, each with the constants that stand in the kernel's places for them."""

    function: ir.Function
    calls: list[tuple[ir.Call, tuple[float, ...]]] = field(default_factory=list)


class Kernels:
    """The kernels of one module."""

    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], Shared] = {}

    def __len__(self) -> int:
        return len(self.known)

    def failing(self) -> set[str]:
        """The names of those that may fail."""
        return {shared.function.name for shared in self.known.values() if shared.function.fails}

    def call(self, function: ir.Function, args: tuple[ir.Operand, ...]) -> ir.Call:
        """A call of the kernel, or of one that is there already."""
        parts: list[Any] = []
        constants: list[float] = []
        for part in (function.parameters, function.body, function.fails, sorted(function.readonly), sorted(function.distinct)):
            describe(part, parts, constants)
        shared = self.known.setdefault(tuple(parts), Shared(function))
        call = ir.Call(shared.function.name, args)
        shared.calls.append((call, tuple(constants)))
        return call

    def routine(self, key: Any, write: Callable[[], ir.Function]) -> str:
        """The name of the kernel of this key, which is written if there is none yet. Such kernels call each other, so none is given parameters."""
        found = self.known.get((key,))
        if found is None:
            function = write()
            function.name = f"kernel_{len(self.known)}"
            found = self.known[(key,)] = Shared(function)
        return found.function.name

    def finished(self) -> list[ir.Function]:
        """The kernels, in the order of their first calls; the calls hand over what differs between them."""
        for shared in self.known.values():
            parametrise(shared)
        return [shared.function for shared in self.known.values()]


def describe(x: Any, parts: list[Any], constants: list[float]) -> None:
    """Add what tells a piece of code from others: numbers of values as int, all else as text; None for a constant that may differ."""
    kind = x.__class__
    if kind is ir.Value:
        parts.append(x.number)
        parts.append(x.type)
    elif kind is ir.Assign:
        parts += (x.out.number, x.out.type, x.operation)
        plain = may_differ(x)
        for arg in x.args:
            if arg.__class__ is ir.Value:
                parts.append(arg.number)
            elif plain and arg.__class__ is float:
                parts.append(None)
                constants.append(arg)
            else:
                parts.append(repr(arg))
    elif kind is list or kind is tuple:
        parts.append(f"{len(x)}:")
        for part in x:
            describe(part, parts, constants)
    elif hasattr(kind, "__slots__"):
        parts.append(kind.__name__)
        for name in kind.__slots__:
            describe(getattr(x, name), parts, constants)
    else:
        parts.append(repr(x))


def may_differ(node: ir.Assign) -> bool:
    """Whether float constants among its operands may be handed over."""
    return node.operation in PLAIN and node.out.type in FLOATS


def parametrise(shared: Shared) -> None:
    """Make parameters of the constants that differ between the calls; those that always are equal share one."""
    columns = list(zip(*(constants for _, constants in shared.calls)))
    places = {k: tuple(map(repr, column)) for k, column in enumerate(columns) if len(set(map(repr, column))) > 1}
    if not places:
        return
    function = shared.function
    number = max(value.number for value in values_of(function))
    parameters: dict[tuple[str, tuple[str, ...]], ir.Value] = {}
    sources: list[int] = []
    place = 0
    for node in assigns(function.body):
        if not may_differ(node):
            continue
        args = list(node.args)
        for k, arg in enumerate(args):
            if arg.__class__ is not float:
                continue
            if place in places:
                key = node.out.type, places[place]
                if key not in parameters:
                    number += 1
                    parameters[key] = ir.Value(number, node.out.type)
                    sources.append(place)
                args[k] = parameters[key]
            place += 1
        node.args = tuple(args)
    function.parameters += tuple(parameters.values())
    for call, constants in shared.calls:
        call.args += tuple(constants[k] for k in sources)


def assigns(block: ir.Block) -> Iterator[ir.Assign]:
    """All Assign nodes, in the order in which `describe` meets them."""
    for node in block:
        if isinstance(node, ir.Assign):
            yield node
        elif isinstance(node, (ir.For, ir.While)):
            yield from assigns(node.body)
        elif isinstance(node, ir.If):
            yield from assigns(node.then)
            yield from assigns(node.otherwise)


def values_of(x: Any) -> Iterator[ir.Value]:
    """All values that a piece of code names."""
    if isinstance(x, ir.Value):
        yield x
    elif isinstance(x, (list, tuple)):
        for part in x:
            yield from values_of(part)
    elif hasattr(x.__class__, "__slots__"):
        for name in x.__class__.__slots__:
            yield from values_of(getattr(x, name))
