"""Checks that a module keeps the grammar of the loop IR: what every pass and target may rely on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from codegen.errors import VerifyError
from codegen.loopir import nodes as ir
from codegen.loopir.operations import MATH, OPERATIONS
from codegen.loopir.text import node_text

__all__ = ["verify"]

SIGNED = ("int8", "int16", "int32", "int64")
INTEGERS = (*SIGNED, "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64")
NUMBERS = ("bool", *INTEGERS, "float16", *FLOATS)
POINTERS = tuple(f"{type}*" for type in (*NUMBERS, "void"))

# What the operands of an operation may be; those not listed take integers and floats.
OPERANDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("rem", "min", "max", "shl", "shr"), INTEGERS),
    **dict.fromkeys(("and", "or", "xor", "not"), ("bool", *INTEGERS)),
    **dict.fromkeys(("lt", "le", "gt", "ge"), ("bool", *INTEGERS, *FLOATS)),
    **dict.fromkeys(("eq", "ne"), ("bool", *INTEGERS, *FLOATS, *POINTERS)),
    **dict.fromkeys(("isnan", "isinf", "signbit", "sqrt", "fabs", "floor", "ceil", "trunc", "rint", "copysign", "fma", *MATH), FLOATS),
    "select": (*NUMBERS, *POINTERS),
}


def verify(module: ir.Module, failures: int | None = None) -> None:
    """Raises VerifyError, naming function and node, for the first offence. Takes time linear in the module.

    Checked: every value is given once and used only where it is known; types of operands; lengths and types of what loops and
    branches carry; arguments of kernels, no recursion; what only the entry may do; status numbers, within ``1 .. failures`` if given.
    """
    kernels = {kernel.name: kernel for kernel in module.kernels}
    if len(kernels) < len(module.kernels) or module.entry.name in kernels:
        raise VerifyError(f"{module.entry.name}: two functions of one name")
    calls: dict[str, set[str]] = {}
    for function in (module.entry, *module.kernels):
        checker = Checker(function, module, kernels, failures)
        checker.run()
        calls[function.name] = checker.calls
    refuse_recursion(calls)


def refuse_recursion(calls: dict[str, set[str]]) -> None:
    callers = dict.fromkeys(calls, 0)
    for callees in calls.values():
        for callee in callees:
            callers[callee] += 1
    free = [name for name, count in callers.items() if not count]
    while free:
        for callee in calls.pop(free.pop()):
            callers[callee] -= 1
            if not callers[callee]:
                free.append(callee)
    if calls:
        raise VerifyError(f"{min(calls)}: calls itself, directly or through others")


class Checker:
    def __init__(self, function: ir.Function, module: ir.Module, kernels: dict[str, ir.Function], failures: int | None) -> None:
        self.function = function
        self.module = module
        self.kernels = kernels
        self.failures = failures
        self.is_entry = function is module.entry
        self.given: set[int] = set()  # numbers ever given
        self.known: dict[int, ir.Value] = {}  # those that may be used here
        self.calls: set[str] = set()
        self.node: ir.Node | None = None

    def run(self) -> None:
        types = [value.type for value in self.function.parameters]
        if self.is_entry:
            self.require(types == ["context*"], "the entry takes the context and nothing else")
            value = self.function.parameters[0]
            self.given.add(value.number)
            self.known[value.number] = value
        else:
            for value in self.function.parameters:
                self.give(value)
            for position in self.function.readonly | self.function.distinct:
                self.require(0 <= position < len(types) and types[position].endswith("*"), f"parameter {position} is marked as a pointer")
        self.block(self.function.body)

    def require(self, condition: bool, message: str) -> None:
        if not condition:
            where = f"{node_text(self.node)}: " if self.node is not None else ""
            raise VerifyError(f"{self.function.name}: {where}{message}")

    # Values -----------------------------------------------------------------------------------------------------------
    def give(self, value: ir.Value, types: Sequence[str] = NUMBERS + POINTERS) -> None:
        self.require(value.number not in self.given, f"{value} is given twice")
        self.require(value.type in types, f"{value} is of type {value.type}")
        self.given.add(value.number)
        self.known[value.number] = value

    def use(self, operand: Any, type: str) -> None:
        """The operand is known here and of this type, or a constant that fits it."""
        if isinstance(operand, ir.Value):
            self.require(self.known.get(operand.number) is operand, f"{operand} is not known here")
            self.require(operand.type == type, f"{operand} is of type {operand.type}, expected {type}")
            return
        if type == "bool":
            fits = isinstance(operand, bool)
        elif type in INTEGERS:
            info = np.iinfo(type)
            fits = isinstance(operand, int) and not isinstance(operand, bool) and int(info.min) <= operand <= int(info.max)
        else:
            fits = type in NUMBERS and isinstance(operand, (int, float)) and not isinstance(operand, bool)
        self.require(fits, f"{operand!r} is no constant of type {type}")

    def pointer(self, operand: Any) -> None:
        self.require(isinstance(operand, ir.Value) and operand.type.endswith("*"), f"{operand} is not a pointer")
        self.use(operand, operand.type)

    def index(self, operand: Any) -> None:
        self.use(operand, "int64")

    # Blocks -----------------------------------------------------------------------------------------------------------
    def block(self, block: ir.Block, then: Callable[[], None] = lambda: None) -> None:
        """The nodes of a block; `then` looks at what the block hands out; afterwards what it gave is unknown again."""
        outer = self.node
        before = len(self.known)
        for node in block:
            self.node = node
            method = METHODS.get(type(node))
            self.require(method is not None, f"a {type(node).__name__} is no node")
            assert method is not None
            method(self, node)
        self.node = outer
        then()
        while len(self.known) > before:
            self.known.popitem()

    def uses(self, operands: Sequence[Any], values: Sequence[ir.Value], what: str) -> None:
        self.require(len(operands) == len(values), f"{len(operands)} {what} for {len(values)} values")
        for operand, value in zip(operands, values):
            self.use(operand, value.type)

    def loop(self, node: ir.For | ir.While) -> None:
        self.uses(node.initial, node.carried, "initial values")
        self.require([v.type for v in node.results] == [v.type for v in node.carried], "results are not as the values carried")
        before = len(self.known)
        if isinstance(node, ir.For):
            self.give(node.index, ("int64",))
        for value in node.carried:
            self.give(value)

        def after() -> None:
            self.uses(node.yields, node.carried, "yields")
            if isinstance(node, ir.While):
                self.use(node.condition, "bool")

        self.block(node.body, after)
        while len(self.known) > before:
            self.known.popitem()
        for value in node.results:
            self.give(value)

    # Nodes ------------------------------------------------------------------------------------------------------------
    def assign(self, node: ir.Assign) -> None:
        operation, args, out = node.operation, node.args, node.out
        self.require(operation in OPERATIONS, f"there is no operation {operation}")
        count, rule = OPERATIONS[operation]
        self.require(len(args) == count, f"{operation} takes {count} operands")
        if operation in ("argument", "size", "round", "threads"):
            self.require(self.is_entry, "only the entry knows the arguments")
            self.require(all(isinstance(x, int) and x >= 0 for x in args), "slot and axis are numbers")
            self.give(out, {"argument": POINTERS, "round": ("int64*",)}.get(operation, ("int64",)))
        elif operation == "thread":
            self.give(out, ("int64",))
        elif operation in ("offset", "bytes"):
            self.pointer(args[0])
            self.index(args[1])
            self.give(out, (args[0].type,) if operation == "offset" else ("void*",))  # type: ignore[union-attr]
            self.require(operation == "bytes" or out.type != "void*", "elements of void have no size")
        elif operation == "recast":
            self.pointer(args[0])
            self.give(out, POINTERS)
        elif rule == "to":
            self.conversion(node)
        elif rule == "bool":
            typed = next((x for x in args if isinstance(x, ir.Value)), None)
            self.require(typed is not None, "the type of constants only is not known")
            assert typed is not None
            self.operands(operation, args, typed.type)
            self.give(out, ("bool",))
        else:
            rest = args
            if operation == "select":
                self.use(args[0], "bool")
                rest = args[1:]
            self.operands(operation, rest, out.type)
            self.give(out)

    def operands(self, operation: str, args: Sequence[ir.Operand], type: str) -> None:
        self.require(type in OPERANDS.get(operation, INTEGERS + FLOATS), f"no {operation} of {type}")
        for operand in args:
            self.use(operand, type)

    def conversion(self, node: ir.Assign) -> None:
        operand = node.args[0]
        self.require(isinstance(operand, ir.Value) and operand.type in NUMBERS, "a conversion takes a value that is a number")
        assert isinstance(operand, ir.Value)
        self.use(operand, operand.type)
        self.give(node.out, NUMBERS)
        if node.operation == "bits":
            same = np.dtype(operand.type).itemsize == np.dtype(node.out.type).itemsize
            self.require(same and "bool" not in (operand.type, node.out.type), "the types differ in width")

    def load(self, node: ir.Load) -> None:
        self.pointer(node.pointer)
        self.index(node.index)
        self.give(node.out, NUMBERS)
        self.require(node.pointer.type == f"{node.out.type}*", f"loads {node.out.type} from {node.pointer.type}")

    def store(self, node: ir.Store) -> None:
        self.pointer(node.pointer)
        self.index(node.index)
        self.use(node.value, node.pointer.type[:-1])

    def local(self, node: ir.Local) -> None:
        self.require(type(node.count) is int and node.count > 0, "the count of a local is a positive constant")
        self.give(node.out, POINTERS)
        self.require(node.out.type != "void*", "elements of void have no size")

    def for_(self, node: ir.For) -> None:
        self.index(node.start)
        self.index(node.stop)
        self.require(type(node.step) is int and node.step > 0, "the step is a positive constant")
        self.require(node.kind in ("serial", "rest", "independent"), f"there is no kind {node.kind}")
        self.require(node.kind != "independent" or not node.carried, "independent rounds carry nothing")
        self.loop(node)

    def while_(self, node: ir.While) -> None:
        self.loop(node)

    def if_(self, node: ir.If) -> None:
        self.use(node.condition, "bool")
        self.block(node.then, lambda: self.uses(node.then_yields, node.results, "yields"))
        self.block(node.otherwise, lambda: self.uses(node.otherwise_yields, node.results, "yields"))
        for value in node.results:
            self.give(value)

    def call(self, node: ir.Call) -> None:
        kernel = self.kernels.get(node.kernel)
        self.require(kernel is not None, f"there is no kernel {node.kernel}")
        assert kernel is not None
        self.uses(node.args, kernel.parameters, "arguments")
        self.require(self.is_entry or self.function.fails or not kernel.fails, "calls what may fail, but is not said to fail")
        self.calls.add(node.kernel)

    def split(self, node: ir.Split) -> None:
        self.index(node.work)
        self.require(type(node.multiple) is int and node.multiple > 0, "parts begin at multiples of a positive constant")
        self.call(ir.Call(node.kernel, (node.start, node.stop, *node.args)))
        self.require(self.is_entry or self.function.fails, "calls what may fail, but is not said to fail")
        self.require(self.kernels[node.kernel].fails, "what runs in parts gives a status")

    def library(self, node: ir.Library) -> None:
        self.require(0 <= node.slot < len(self.module.libraries), f"there is no library routine {node.slot}")
        for arg in node.args:
            self.require(isinstance(arg, ir.Value), f"the type of the constant {arg!r} is not known: put it into memory")
            assert isinstance(arg, ir.Value)
            self.use(arg, arg.type)

    def external(self, node: ir.External) -> None:
        self.require(0 <= node.slot < len(self.module.libraries), f"there is no library routine {node.slot}")
        name = self.module.libraries[node.slot]
        self.require(name.endswith(f"/{len(node.args)}"), f"{len(node.args)} arguments for {name}")
        for arg in node.args:
            self.use(arg, "float64")
        self.give(node.out, ("float64",))

    def callback(self, node: ir.Callback) -> None:
        self.require(self.is_entry, "only the entry calls back")
        self.status(node.number)
        for pointer, sizes in node.arrays:
            self.pointer(pointer)
            for size in sizes:
                self.index(size)
        for pointer, given in node.outs:
            self.give(pointer, POINTERS)
            for value in given:
                self.give(value, ("int64",))

    def result(self, node: ir.Result) -> None:
        self.require(self.is_entry, "only the entry asks for results")
        self.require(type(node.slot) is int and node.slot >= 0, "the slot is a number")
        for size in node.sizes:
            self.index(size)
        self.status(node.number)
        self.give(node.out, POINTERS)

    def scratch(self, node: ir.Scratch) -> None:
        self.require(self.is_entry, "only the entry asks for scratch memory")
        self.require(type(node.slot) is int and node.slot >= 0, "the slot is a number")
        self.index(node.size)
        self.status(node.number)
        self.give(node.out, POINTERS)

    def pulse(self, node: ir.Pulse) -> None:
        self.require(self.is_entry, "only the entry can be interrupted")
        self.use(node.counters, "int64*")

    def fail(self, node: ir.Fail) -> None:
        self.require(self.is_entry or self.function.fails, "the function is not said to fail")
        self.status(node.number)
        self.require(len(node.values) <= 8, "at most 8 values are noted")
        for value in node.values:
            self.index(value)

    def status(self, number: int) -> None:
        self.require(type(number) is int and number != 0, "a status that is not 0")
        self.require(self.failures is None or number <= self.failures, f"status {number} of {self.failures} failures")


METHODS: dict[type, Callable[[Checker, Any], None]] = {
    ir.Assign: Checker.assign, ir.Load: Checker.load, ir.Store: Checker.store, ir.Local: Checker.local, ir.For: Checker.for_,
    ir.While: Checker.while_, ir.If: Checker.if_, ir.Call: Checker.call, ir.Split: Checker.split,
    ir.Library: Checker.library, ir.External: Checker.external,
    ir.Callback: Checker.callback, ir.Result: Checker.result, ir.Scratch: Checker.scratch, ir.Pulse: Checker.pulse, ir.Fail: Checker.fail,
}
