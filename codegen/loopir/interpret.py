"""Runs a module node by node on numpy scalars of the exact dtypes: the judge of lowering, passes and targets.

Slow, and strict: accesses outside of an array, of unaligned or released memory raise `Fault`; new memory is filled with a pattern; the
rounds of an independent loop run backwards; scratch memory that is asked for again moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.layout import CallbackType
from codegen.loopir import nodes as ir
from codegen.loopir.evaluate import TABLE, convert
from codegen.loopir.externals import external
from codegen.loopir.fortran import routine
from codegen.loopir.memory import Buffer, Fault, Pointer
from codegen.loopir.text import node_text
from codegen.program import ArrayType

__all__ = ["Fault", "interpret"]

LEVELS = 4  # of loops whose rounds are numbered
MEMORY = 1 << 32  # bytes of one block; what asks for more does not get it, on any machine

Environment = dict[int, Any]
Action = Callable[[Environment], None]


class Left(Exception):
    """A Fail was met."""

    def __init__(self, status: int, values: list[int]) -> None:
        super().__init__(status)
        self.status = status
        self.values = values


def interpret(
    module: ir.Module,
    arguments: Sequence[Any],
    results: Sequence[ArrayType],
    callbacks: Sequence[Callable[..., Any]] = (),
    libraries: Mapping[str, Callable[..., Any]] | None = None,
    callback_types: Sequence[CallbackType] = (),
) -> tuple[int, list[int], list[Any]]:
    """Runs the entry; returns status, values noted by a failure, and the result arrays (None for one that was not asked for).

    arguments: C-contiguous arrays, those of the Layout, then its constants. callbacks: by slot, called with arrays, to return one
    array or a tuple; `callback_types` says the dtypes and is needed where they are complex. libraries: routines beside those of
    codegen/loopir/fortran.py (and before them), called with the address of each argument.

    Raises Fault for what native code must not do, KeyError for a library routine that is not there.
    """
    machine = Machine(module, arguments, results, callbacks, libraries or {}, callback_types)
    with np.errstate(all="ignore"):
        try:
            machine.function(module.entry)(())
        except Left as left:
            return left.status, left.values, machine.arrays
    return 0, [], machine.arrays


class Machine:
    """Turns functions into Python closures, each once."""

    def __init__(
        self,
        module: ir.Module,
        arguments: Sequence[Any],
        results: Sequence[ArrayType],
        callbacks: Sequence[Callable[..., Any]],
        libraries: Mapping[str, Callable[..., Any]],
        callback_types: Sequence[CallbackType],
    ) -> None:
        self.module = module
        self.arguments = arguments
        self.buffers = [Buffer.of(array) for array in arguments]
        self.results = results
        self.arrays: list[Any] = [None] * len(results)
        self.callbacks = callbacks
        self.callback_types = callback_types
        self.called: dict[int, list[Buffer]] = {}  # what the last call of each callback gave
        self.blocks: dict[int, Buffer] = {}  # scratch memory
        self.rounds = Buffer.of(np.zeros(LEVELS, np.int64))  # in which a failure is met
        self.libraries = libraries
        self.kernels = {kernel.name: kernel for kernel in module.kernels}
        self.closures: dict[str, Callable[[Sequence[Any]], None]] = {}
        self.name = ""

    def function(self, function: ir.Function) -> Callable[[Sequence[Any]], None]:
        if function.name not in self.closures:
            outer, self.name = self.name, function.name
            run = self.block(function.body)
            self.name = outer
            numbers = [value.number for value in function.parameters]
            readonly = function.readonly

            def closure(args: Sequence[Any]) -> None:
                environment: Environment = {}
                for position, (number, arg) in enumerate(zip(numbers, args)):
                    if position in readonly:
                        arg = Pointer(arg.buffer, arg.type, arg.offset, readonly=True)
                    environment[number] = arg
                run(environment)

            self.closures[function.name] = closure
        return self.closures[function.name]

    def block(self, nodes: ir.Block) -> Action:
        actions = [METHODS[type(node)](self, node) for node in nodes]

        def run(environment: Environment) -> None:
            for action in actions:
                action(environment)

        return run

    def operand(self, operand: Any, type: str) -> Callable[[Environment], Any]:
        """What reads an operand; a constant becomes a numpy scalar of the type asked for."""
        if isinstance(operand, ir.Value):
            number = operand.number
            return lambda environment: environment[number]
        constant = convert(operand, type)
        return lambda environment: constant

    def operands(self, operands: Sequence[Any], types: Sequence[str]) -> Callable[[Environment], list[Any]]:
        readers = [self.operand(operand, type) for operand, type in zip(operands, types, strict=True)]
        return lambda environment: [read(environment) for read in readers]

    def guarded(self, node: ir.Node, action: Action) -> Action:
        """A Fault says where."""
        where = f"{self.name}: {node_text(node)}"

        def guarded(environment: Environment) -> None:
            try:
                action(environment)
            except Fault as fault:
                raise Fault(f"{where}: {fault}") from None

        return guarded

    # Values -----------------------------------------------------------------------------------------------------------
    def assign(self, node: ir.Assign) -> Action:
        operation, out = node.operation, node.out.number
        if operation in ADDRESSES:
            return self.address(node)
        type = node.out.type
        if operation in ("cast", "bits"):
            read = self.operand(node.args[0], type)
            dtype = np.dtype(type)
            if operation == "bits":

                def bits(environment: Environment) -> None:
                    environment[out] = read(environment).view(dtype)

                return bits

            def cast(environment: Environment) -> None:
                environment[out] = read(environment).astype(dtype)

            return cast
        typed = next((x.type for x in node.args if isinstance(x, ir.Value)), type)
        types = [typed if type == "bool" else type] * len(node.args)
        if operation == "select":
            types = ["bool", type, type]
        function = TABLE[operation]
        readers = [self.operand(operand, t) for operand, t in zip(node.args, types)]
        if len(readers) == 2:
            first, second = readers

            def binary(environment: Environment) -> None:
                environment[out] = function(first(environment), second(environment))

            return binary

        def apply(environment: Environment) -> None:
            environment[out] = function(*[read(environment) for read in readers])

        return apply

    def address(self, node: ir.Assign) -> Action:
        out, type = node.out.number, node.out.type[:-1]
        if node.operation == "argument":
            buffer = self.buffers[node.args[0]]  # type: ignore[index]
            pointer = Pointer(buffer, type)
            return lambda environment: environment.__setitem__(out, pointer)
        if node.operation == "round":
            place = Pointer(self.rounds, type, node.args[0] * 8)  # type: ignore[operator, arg-type]
            return lambda environment: environment.__setitem__(out, place)
        if node.operation == "size":
            size = np.int64(self.arguments[node.args[0]].shape[node.args[1]])  # type: ignore[index]
            return lambda environment: environment.__setitem__(out, size)
        if node.operation in ("thread", "threads"):
            number = np.int64(node.operation == "threads")
            return lambda environment: environment.__setitem__(out, number)
        read = self.operand(node.args[0], "")
        if node.operation == "recast":
            return lambda environment: environment.__setitem__(out, read(environment).moved(0, type))
        width = np.dtype(type).itemsize if node.operation == "offset" else 1
        count = self.operand(node.args[1], "int64")
        return lambda environment: environment.__setitem__(out, read(environment).moved(int(count(environment)) * width, type))

    # Memory -----------------------------------------------------------------------------------------------------------
    def load(self, node: ir.Load) -> Action:
        pointer, index, out = node.pointer.number, self.operand(node.index, "int64"), node.out.number

        def load(environment: Environment) -> None:
            environment[out] = environment[pointer].load(int(index(environment)))

        return self.guarded(node, load)

    def store(self, node: ir.Store) -> Action:
        pointer, index = node.pointer.number, self.operand(node.index, "int64")
        value = self.operand(node.value, node.pointer.type[:-1])

        def store(environment: Environment) -> None:
            environment[pointer].store(int(index(environment)), value(environment))

        return self.guarded(node, store)

    def local(self, node: ir.Local) -> Action:
        out, type = node.out.number, node.out.type[:-1]
        size = node.count * np.dtype(type).itemsize

        def local(environment: Environment) -> None:
            environment[out] = Pointer(Buffer.new(size), type)

        return local

    def result(self, node: ir.Result) -> Action:
        out, type, slot = node.out.number, node.out.type[:-1], node.slot
        sizes = self.operands(node.sizes, ["int64"] * len(node.sizes))
        wanted = self.results[slot]

        def result(environment: Environment) -> None:
            shape = tuple(int(n) for n in sizes(environment))
            fits = len(shape) == wanted.ndim and all(n >= 0 and m in (None, n) for n, m in zip(shape, wanted.shape))
            if not fits:
                raise Fault(f"a result of shape {shape}, expected {wanted}")
            bytes = math.prod(shape) * np.dtype(wanted.dtype).itemsize
            if bytes > MEMORY:
                raise Left(node.number, list(shape))
            buffer = Buffer.new(bytes)
            self.arrays[slot] = buffer.data.view(wanted.dtype).reshape(shape)
            environment[out] = Pointer(buffer, type)

        return self.guarded(node, result)

    def scratch(self, node: ir.Scratch) -> Action:
        out, type, slot = node.out.number, node.out.type[:-1], node.slot
        size = self.operand(node.size, "int64")

        def scratch(environment: Environment) -> None:
            old = self.blocks.get(slot)
            wanted = int(size(environment))
            if wanted > MEMORY:
                raise Left(node.number, [wanted])
            new = Buffer.new(max(wanted, len(old.data)) if old else wanted)
            if old:
                new.data[: len(old.data)] = old.data
                old.release()
            self.blocks[slot] = new
            environment[out] = Pointer(new, type)

        return self.guarded(node, scratch)

    def pulse(self, node: ir.Pulse) -> Action:
        counters = node.counters.number

        def pulse(environment: Environment) -> None:
            for place in (0, 1):  # often, so that the way there is tested
                environment[counters].store(place, np.int64(2))

        return pulse

    # Control ----------------------------------------------------------------------------------------------------------
    def for_(self, node: ir.For) -> Action:
        start, stop = self.operand(node.start, "int64"), self.operand(node.stop, "int64")
        index, step, body = node.index.number, node.step, self.block(node.body)
        backwards = node.kind == "independent"
        types = [value.type for value in node.carried]
        initial, yields = self.operands(node.initial, types), self.operands(node.yields, types)
        carried, results = [v.number for v in node.carried], [v.number for v in node.results]

        def run(environment: Environment) -> None:
            rounds = range(int(start(environment)), int(stop(environment)), step)
            values = initial(environment)
            for i in reversed(rounds) if backwards else rounds:
                environment[index] = np.int64(i)
                environment.update(zip(carried, values))
                body(environment)
                values = yields(environment)
            environment.update(zip(results, values))

        return run

    def while_(self, node: ir.While) -> Action:
        body, condition = self.block(node.body), self.operand(node.condition, "bool")
        types = [value.type for value in node.carried]
        initial, yields = self.operands(node.initial, types), self.operands(node.yields, types)
        carried, results = [v.number for v in node.carried], [v.number for v in node.results]

        def run(environment: Environment) -> None:
            values = initial(environment)
            while True:
                environment.update(zip(carried, values))
                body(environment)
                values = yields(environment)
                if not condition(environment):
                    break
            environment.update(zip(results, values))

        return run

    def if_(self, node: ir.If) -> Action:
        condition = self.operand(node.condition, "bool")
        types = [value.type for value in node.results]
        then, otherwise = self.block(node.then), self.block(node.otherwise)
        then_yields, otherwise_yields = self.operands(node.then_yields, types), self.operands(node.otherwise_yields, types)
        results = [value.number for value in node.results]

        def run(environment: Environment) -> None:
            branch, yields = (then, then_yields) if condition(environment) else (otherwise, otherwise_yields)
            branch(environment)
            environment.update(zip(results, yields(environment)))

        return run

    def fail(self, node: ir.Fail) -> Action:
        values = self.operands(node.values, ["int64"] * len(node.values))

        def fail(environment: Environment) -> None:
            raise Left(node.number, [int(value) for value in values(environment)])

        return fail

    # Calls ------------------------------------------------------------------------------------------------------------
    def call(self, node: ir.Call) -> Action:
        kernel = self.kernels[node.kernel]
        run = self.function(kernel)
        args = self.operands(node.args, [value.type for value in kernel.parameters])
        return lambda environment: run(args(environment))

    def split(self, node: ir.Split) -> Action:
        return self.call(ir.Call(node.kernel, (node.start, node.stop, *node.args)))

    def library(self, node: ir.Library) -> Action:
        name = self.module.libraries[node.slot]
        given = self.libraries.get(name)
        function = None if given else routine(name)
        if given is None and function is None:
            raise KeyError(f"the interpreter knows no library routine {name}")
        args = self.operands(node.args, ["int64"] * len(node.args))

        def call(environment: Environment) -> None:
            pointers = [arg if isinstance(arg, Pointer) else in_memory(arg) for arg in args(environment)]
            if given:
                given(*[pointer.address() for pointer in pointers])
            elif function:
                function(*pointers)

        return self.guarded(node, call)

    def external(self, node: ir.External) -> Action:
        function, out = external(self.module.libraries[node.slot]), node.out.number
        args = self.operands(node.args, ["float64"] * len(node.args))

        def call(environment: Environment) -> None:
            environment[out] = np.float64(function(*args(environment)))

        return call

    def callback(self, node: ir.Callback) -> Action:
        slot, function = node.slot, self.callbacks[node.slot]
        types = self.callback_types[slot] if slot < len(self.callback_types) else None
        inputs = []
        for position, (pointer, sizes) in enumerate(node.arrays):
            dtype = types.inputs[position].dtype if types else pointer.type[:-1]
            inputs.append((pointer.number, dtype, self.operands(sizes, ["int64"] * len(sizes))))

        def call(environment: Environment) -> None:
            arrays = [environment[number].array(tuple(map(int, sizes(environment))), dtype).copy() for number, dtype, sizes in inputs]
            try:
                given = function(*arrays)
            except Exception:
                raise Left(node.number, []) from None
            for buffer in self.called.get(slot, ()):
                buffer.release()
            given = given if isinstance(given, tuple) else (given,)
            outs = [np.array(array, order="C") for array in given]
            self.called[slot] = [Buffer.of(array) for array in outs]
            for (pointer, sizes), array, buffer in zip(node.outs, outs, self.called[slot], strict=True):
                environment[pointer.number] = Pointer(buffer, pointer.type[:-1])
                for value, size in zip(sizes, array.shape, strict=True):
                    environment[value.number] = np.int64(size)

        return self.guarded(node, call)


def in_memory(value: Any) -> Pointer:
    """A scalar put where its address can be handed over."""
    pointer = Pointer(Buffer.new(value.dtype.itemsize), str(value.dtype))
    pointer.store(0, value)
    return pointer


ADDRESSES = ("argument", "size", "round", "thread", "threads", "offset", "bytes", "recast")

METHODS: dict[type, Callable[[Machine, Any], Action]] = {
    ir.Assign: Machine.assign, ir.Load: Machine.load, ir.Store: Machine.store, ir.Local: Machine.local, ir.For: Machine.for_,
    ir.While: Machine.while_, ir.If: Machine.if_, ir.Call: Machine.call, ir.Split: Machine.split,
    ir.Library: Machine.library, ir.External: Machine.external,
    ir.Callback: Machine.callback,
    ir.Result: Machine.result, ir.Scratch: Machine.scratch, ir.Pulse: Machine.pulse, ir.Fail: Machine.fail,
}
