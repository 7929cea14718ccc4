"""Writes blocks of loop IR. What the lowering rule of an op may say, it says to a Builder.

Scalars are `Scalar` handles or Python numbers: ``i * n + j``, ``x < y`` (through `b.less`, ...) fold at once when all operands are
known, so sizes that are static cost nothing. Complex scalars are pairs of real ones and never reach the nodes; float16
arithmetic is done in float32 and rounded after each operation, as numpy does.

Example, the body of a kernel that adds one to n numbers::

    b = Builder()
    x, y, n = b.parameter('float64*'), b.parameter('float64*'), b.parameter('int64')
    with b.loop(0, n) as i:
        b.store(y, i, b.add(b.load(x, i), 1.0))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.arithmetic import Arithmetic
from codegen.loopir.scalar import Scalar, is_number, pointed

__all__ = ["LANES", "Builder"]

LANES = 32  # accumulators side by side: four vectors of doubles, as many as hide the time of an addition


class Builder(Arithmetic):
    """Memory and control; the arithmetic is in the base class. One Builder writes one Function."""

    def __init__(self) -> None:
        self.block: ir.Block = []
        self.count = 0
        self.parameters: list[ir.Value] = []
        self.fails = False
        self.libraries: list[str] = []
        self.on_check: Callable[[str, str], int] | None = None  # (error class, message) -> failure number
        self.on_routine: Callable[[Any, Callable[[], ir.Function]], str] | None = None  # (key, what writes it) -> name of the kernel
        self.within: dict[int, ir.Operand | None] = {}  # number of an index that is at least 0 -> what it stays below, if anything
        self.passed: dict[int, tuple[ir.Block, set[Any]]] = {}  # per block: the comparisons that were checked there
        self.levels: list[tuple[ir.Block, int | None]] = []  # open loops: body, and the number of the index; None: code that may not run
        self.outside = False  # whether what is written now has left the loop it was asked for in
        self.equals: dict[int, tuple[ir.Block, dict[int, Any]]] = {}  # per block: number of a size -> the one it was found equal to

    # Values -----------------------------------------------------------------------------------------------------------
    def value(self, type: str) -> ir.Value:
        self.count += 1
        return ir.Value(self.count, type)

    def parameter(self, type: str) -> Scalar:
        """A new parameter of the function."""
        value = self.value(type)
        self.parameters.append(value)
        return Scalar(self, value)

    def emit(self, operation: str, args: Sequence[Any], type: str) -> Scalar:
        out = self.value(type)
        self.block.append(ir.Assign(out, operation, tuple(a.value if isinstance(a, Scalar) else a for a in args)))
        return Scalar(self, out)

    # Memory -----------------------------------------------------------------------------------------------------------
    def load(self, pointer: Scalar, index: Any) -> Any:
        """The element at `index`; of a 'complex64*' or 'complex128*' pointer the pair."""
        type = pointed(pointer.dtype)
        if type.startswith("complex"):
            part = self.recast(pointer, f"{self.part_type(type)}*")
            return self.complex(self.load(part, index * 2), self.load(part, index * 2 + 1), type)
        out = self.value(type)
        self.block.append(ir.Load(out, pointer.value, operand(index)))
        return Scalar(self, out)

    def store(self, pointer: Scalar, index: Any, value: Any) -> None:
        """pointer[index] = value, cast to the element type."""
        type = pointed(pointer.dtype)
        if type.startswith("complex"):
            part = self.recast(pointer, f"{self.part_type(type)}*")
            pair = self.cast(value, type)
            self.store(part, index * 2, self.real(pair))
            self.store(part, index * 2 + 1, self.imag(pair))
            return
        self.block.append(ir.Store(pointer.value, operand(index), operand(self.cast(value, type))))

    def local(self, type: str, count: int) -> Scalar:
        """Address of `count` uninitialised elements that live as long as the function runs."""
        parts = count * (2 if type.startswith("complex") else 1)
        out = self.value(f"{self.part_type(type)}*")
        self.block.append(ir.Local(out, parts))
        return self.recast(Scalar(self, out), f"{type}*")

    def offset(self, pointer: Scalar, index: Any) -> Scalar:
        """Address of the element at `index`."""
        if is_number(index) and index == 0:
            return pointer
        if pointed(pointer.dtype).startswith("complex"):
            index = index * 2
        out = self.value(pointer.value.type)
        self.block.append(ir.Assign(out, "offset", (pointer.value, operand(index))))
        return Scalar(self, out, pointer.dtype)

    def recast(self, pointer: Scalar, type: str) -> Scalar:
        """The same address as a pointer to another type."""
        plain = f"{self.part_type(pointed(type))}*"
        if pointer.value.type == plain:
            return Scalar(self, pointer.value, type)
        out = self.value(plain)
        self.block.append(ir.Assign(out, "recast", (pointer.value,)))
        return Scalar(self, out, type)

    # Control ----------------------------------------------------------------------------------------------------------
    @contextmanager
    def loop(self, start: Any, stop: Any, step: int = 1, independent: bool = False) -> Iterator[Any]:
        """``with b.loop(0, n) as i:`` writes a loop that carries nothing; a loop of exactly one round is written without one."""
        if is_number(start) and is_number(stop) and start < stop <= start + step:
            yield start
            return
        index = self.value("int64")
        self.note_range(index, start, stop)
        outer, self.block = self.block, []
        self.levels.append((self.block, index.number))
        yield Scalar(self, index)
        self.levels.pop()
        body, self.block = self.block, outer
        kind = "independent" if independent else "serial"
        self.block.append(ir.For(index, operand(start), operand(stop), step, body, kind=kind))

    def fold(self, start: Any, stop: Any, initial: Sequence[Any], body: Callable[..., Sequence[Any]], step: int = 1) -> list[Any]:
        """Carries values: ``values = body(i, *values)`` for each i; returns the last ones. Types are those of `initial`."""
        initial, types = self.flat(initial)
        index = self.value("int64")
        self.note_range(index, start, stop)
        carried = tuple(self.value(self.operand_type(x)) for x in initial)
        outer, self.block = self.block, []
        self.levels.append((self.block, index.number))
        new = body(Scalar(self, index), *self.unflat(carried, types))
        self.levels.pop()
        yields = self.flat_as(new, types)
        inner, self.block = self.block, outer
        results = tuple(self.value(v.type) for v in carried)
        self.block.append(ir.For(index, operand(start), operand(stop), step, inner, carried,
                                 tuple(operand(x) for x in initial), yields, results))
        return self.unflat(results, types)

    @contextmanager
    def where_known(self, index: Sequence[Any]) -> Iterator[None]:
        """What is written within depends on these indices alone, and may run although the loops inside of theirs have no round: it is written once
        before those loops, if the code in between surely runs."""
        needed = {i.value.number for i in index if isinstance(i, Scalar) and isinstance(i.value, ir.Value)}
        target = self.block
        for block, number in reversed(self.levels):
            if number is None:
                break
            if number in needed:
                target = block
                break
        if target is self.block or not needed <= {number for _, number in self.levels}:
            yield
            return
        here, self.block, outside, self.outside = self.block, target, self.outside, True
        yield
        self.block, self.outside = here, outside

    def note_range(self, index: Any, start: Any, stop: Any) -> None:
        """The index counts from `start`, and stays below `stop`: if it is not negative, it need not be compared with either."""
        if (is_number(start) and start >= 0) or (isinstance(start, Scalar) and getattr(start.value, "number", None) in self.within):
            self.within[index.number] = operand(stop)

    def accumulate(
        self, n: Any, start: Sequence[Any], join: Callable[..., Sequence[Any]], combine: Callable[..., Sequence[Any]] | None, lanes: int = 0,
        parts: int = 1,
    ) -> list[Any]:
        """The values of `start` joined with the elements 0 .. n - 1: ``join(i, accumulators) -> accumulators``, in order if `combine` is None.

        Else ``combine(left, right)`` may join two runs, and where n is large `LANES` accumulators stand side by side, each taking
        every LANES-th element; fewer where there are several values, so that all are kept in registers. So loops become vectors, and
        sums more accurate, without another rule of floating point; all targets add in the same order. lanes: how many, if that is decided.
        parts: the lanes are walked in so many loops, one after the other, where there is much to do for each: what is computed between needs few
        registers then.
        """
        lanes = lanes or LANES >> (len(start) - 1).bit_length()

        def rest(first: Any, accumulators: Sequence[Any]) -> list[Any]:
            return self.fold(first, n, accumulators, lambda i, *values: join(i, values))

        if combine is None or (is_number(n) and n < 2 * lanes):
            return rest(0, start)

        def side_by_side() -> list[Any]:
            width = lanes // parts
            groups = [[self.local(self.dtype_of(x), width) for x in start] for _ in range(parts)]
            whole = n - n % lanes
            for rows in groups:
                with self.loop(0, width, independent=True) as j:
                    for row, x in zip(rows, start):
                        self.store(row, j, x)
            with self.loop(0, whole, step=lanes) as i:
                for k, rows in enumerate(groups):
                    with self.loop(0, width, independent=True) as j:
                        place = i + j if k == 0 else i + k * width + j
                        self.note_range(place.value, 0, n)
                        for row, x in zip(rows, join(place, [self.load(row, j) for row in rows])):
                            self.store(row, j, x)
            while len(groups) > 1:
                half = len(groups) // 2
                for rows, others in zip(groups, groups[half:]):
                    with self.loop(0, width, independent=True) as j:
                        for row, x in zip(rows, combine([self.load(row, j) for row in rows], [self.load(row, j) for row in others])):
                            self.store(row, j, x)
                del groups[half:]
            return [whole, *self.halved(groups[0], width, combine)]

        # What is left over, or all where n is small, in one loop for both: the elements may be much code.
        done, *total = side_by_side() if is_number(n) else self.when(self.less(n, 2 * lanes), lambda: [0, *start], side_by_side, alike=True)
        if isinstance(done, Scalar):
            self.note_range(done.value, 0, None)
        results = rest(done, total)
        self.block[-1].kind = "rest"  # type: ignore[union-attr]
        return results

    def halved(self, rows: Sequence[Any], lanes: int, combine: Callable[..., Sequence[Any]]) -> list[Any]:
        """The accumulators side by side in `rows` joined to one, each of the first half with its opposite, so that this too is done side by side."""
        half = lanes // 2
        while half:
            with self.loop(0, half, independent=True) as j:
                for row, x in zip(rows, combine([self.load(row, j) for row in rows], [self.load(row, j + half) for row in rows])):
                    self.store(row, j, x)
            half //= 2
        return [self.load(row, 0) for row in rows]

    def repeat(self, initial: Sequence[Any], body: Callable[..., tuple[Any, Sequence[Any]]]) -> list[Any]:
        """``go_on, values = body(*values)`` again while `go_on`; the body runs at least once."""
        initial, types = self.flat(initial)
        carried = tuple(self.value(self.operand_type(x)) for x in initial)
        outer, self.block = self.block, []
        self.levels.append((self.block, None))
        go_on, new = body(*self.unflat(carried, types))
        self.levels.pop()
        yields = self.flat_as(new, types)
        inner, self.block = self.block, outer
        results = tuple(self.value(v.type) for v in carried)
        self.block.append(ir.While(inner, operand(go_on), carried, tuple(operand(x) for x in initial), yields, results))
        return self.unflat(results, types)

    def when(self, condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any] | None = None, alike: bool = False) -> Any:
        """The value (or list of values) of the branch taken; only that branch runs. Without `otherwise`: no value. alike: the branches, and
        what follows them, look at the same elements, so that what one of them may find wrong may be looked for before."""
        if is_number(condition):
            chosen = then if condition else otherwise
            return chosen() if chosen else None
        outer = self.block
        first: ir.Block = []
        second: ir.Block = []
        self.block = first
        levels = len(self.levels)
        self.levels += [] if alike else [(first, None)]
        a = then()
        del self.levels[levels:]
        several = isinstance(a, (list, tuple))
        a_flat, types = self.flat(a if several else [] if otherwise is None else [a])
        a_operands = tuple(operand(x) for x in a_flat)
        self.block = second
        b_operands: tuple[ir.Operand, ...] = ()
        if otherwise is not None:
            self.levels += [] if alike else [(second, None)]
            b = otherwise()
            del self.levels[levels:]
            b_operands = self.flat_as(b if several else [b], types)
        self.block = outer
        results = tuple(self.value(self.operand_type(x)) for x in a_flat)
        self.block.append(ir.If(operand(condition), first, second, a_operands, b_operands, results))
        values = self.unflat(results, types)
        return values if several else values[0] if values else None

    def check(self, condition: Any, error: str, message: str, *values: Any) -> None:
        """Leaves with a failure unless the condition holds: class name `error`, `message` with a ``{}`` for each of `values`.

        Floats are noted by their bits, and stand as ``{:real}`` in the message of the failure table. What was checked before in this block is
        not checked again.
        """
        if is_number(condition) and condition:
            return
        last = self.block[-1] if self.block else None
        if isinstance(last, ir.Assign) and isinstance(condition, Scalar) and condition.value is last.out:
            passed = self.passed.setdefault(id(self.block), (self.block, set()))[1]
            if (last.operation, last.args) in passed:
                return  # the comparison stays: whoever wrote it may go on to use it
            passed.add((last.operation, last.args))
        if self.on_check is None:
            raise RuntimeError("this function has no failure table")
        floats = [self.dtype_of(v).startswith("float") for v in values]
        if any(floats):
            rest = iter(message.split("{}"))
            message = next(rest) + "".join(f"{{:{'real' if real else ''}}}{text}" for real, text in zip(floats, rest))
        number = self.on_check(error, message)
        self.fails = True
        outer, self.block = self.block, []
        noted = [self.bits(self.cast(v, "float64"), "int64") if real else self.cast(v, "int64") for v, real in zip(values, floats)]
        self.block.append(ir.Fail(number, tuple(operand(v) for v in noted)))
        failed, self.block = self.block, outer
        if is_number(condition):
            self.block.extend(failed)
        else:
            self.block.append(ir.If(operand(condition), [], failed, likely=True))

    def routine(self, key: tuple[Any, ...], arguments: Sequence[Any], body: Callable[..., None]) -> None:
        """``body(b, *parameters)`` as a kernel of its own, called here. The module has one for each key, whoever calls it: so what ops have in
        common is written, and compiled, once.

        key: tells the code from all other; the types of the arguments count with it. Pointers must reach memory of their own; numbers are int64
        or have a dtype. What a routine does cannot fail. Without a module (`on_routine`) the code is written in its place.
        """
        handed = [x if isinstance(x, Scalar) else Scalar(self, x, self.dtype_of(x)) for x in arguments]
        if self.on_routine is None:
            body(self, *handed)
            return

        def function() -> ir.Function:
            b = Builder()
            b.on_routine = self.on_routine
            body(b, *[Scalar(b, b.parameter(self.operand_type(x)).value, x.dtype) for x in handed])
            pointers = frozenset(k for k, x in enumerate(handed) if x.is_pointer)
            return ir.Function("", tuple(b.parameters), b.block, distinct=pointers)

        name = self.on_routine((key, tuple(x.dtype for x in handed)), function)
        self.block.append(ir.Call(name, tuple(operand(x) for x in handed)))

    def library(self, name: str, *args: Any) -> None:
        """Calls a BLAS or LAPACK routine by its Fortran name; pointers go as they are, scalars by address.

        A known scalar of a dtype (`b.constant(n, 'int32')`) is put into memory here, since a number alone has none.
        """
        if name not in self.libraries:
            self.libraries.append(name)
        passed: list[Any] = []
        for arg in args:
            if not isinstance(arg, Scalar) or not (arg.is_pointer or isinstance(arg.value, ir.Value)):
                arg = arg if isinstance(arg, Scalar) else self.typed(arg, self.dtype_of(arg))
                place = self.local(arg.dtype, 1)
                self.store(place, 0, arg)
                arg = place
            passed.append(operand(arg))
        self.block.append(ir.Library(self.libraries.index(name), tuple(passed)))

    def external(self, module: str, name: str, *args: Any) -> Scalar:
        """Calls a function of doubles of a Python module's native interface: ``b.external('scipy.special', 'betaln', a, b)``, float64.

        The module is imported as code that uses it is loaded, and not before.
        """
        routine = f"{module}.{name}/{len(args)}"
        if routine not in self.libraries:
            self.libraries.append(routine)
        out = self.value("float64")
        self.block.append(ir.External(out, self.libraries.index(routine), tuple(operand(self.cast(x, "float64")) for x in args)))
        return Scalar(self, out)

    # Sizes: the algebra that shape rules are written in ---------------------------------------------------------------
    def same(self, a: Any, b: Any, message: str = "sizes {} and {} differ", *values: Any) -> Any:
        """The common size of two that must be equal; two that were found equal in this block are not compared again."""
        values = values or (a, b)
        a, b = self.settled(a), self.settled(b)
        if a is b:
            return a
        self.check(self.equal(a, b), "ValueError", message, *values)
        kept, other = (b, a) if is_number(b) else (a, b)
        if isinstance(other, Scalar) and isinstance(other.value, ir.Value):
            self.equals.setdefault(id(self.block), (self.block, {}))[1][other.value.number] = kept
        return kept

    def settled(self, size: Any) -> Any:
        """The size that stands for all that were found equal to this one in the present block."""
        known = self.equals.get(id(self.block))
        while known is not None and isinstance(size, Scalar) and isinstance(size.value, ir.Value) and size.value.number in known[1]:
            size = known[1][size.value.number]
        return size

    # Pairs and lists of values ----------------------------------------------------------------------------------------
    def flat(self, values: Sequence[Any]) -> tuple[list[Any], list[str]]:
        parts: list[Any] = []
        types: list[str] = []
        for x in values:
            type = self.dtype_of(x)
            types.append(type)
            parts.extend((self.real(x), self.imag(x)) if type.startswith("complex") and not type.endswith("*") else (x,))
        return parts, types

    def flat_as(self, values: Sequence[Any], types: Sequence[str]) -> tuple[ir.Operand, ...]:
        if len(values) != len(types):
            raise TypeError(f"{len(values)} values where {len(types)} were expected")
        cast = [x if type.endswith("*") else self.cast(x, type) for x, type in zip(values, types)]
        return tuple(operand(x) for x in self.flat(cast)[0])

    def unflat(self, parts: Sequence[ir.Value], types: Sequence[str]) -> list[Any]:
        values: list[Any] = []
        rest = iter(parts)
        for type in types:
            if type.startswith("complex") and not type.endswith("*"):
                values.append(self.complex(Scalar(self, next(rest)), Scalar(self, next(rest)), type))
            else:
                values.append(Scalar(self, next(rest), type))
        return values

    def operand_type(self, x: Any) -> str:
        return x.value.type if isinstance(x, Scalar) and isinstance(x.value, ir.Value) else self.dtype_of(x)


def operand(x: Any) -> ir.Operand:
    return x.value if isinstance(x, Scalar) else x
