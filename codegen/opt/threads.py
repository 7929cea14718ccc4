"""Loops of independent rounds that may be much work are made functions of a range of rounds, which a caller with threads runs in parts.

A loop is moved, not copied: the function is the one place of its code, called for the whole range where there is little to do or one thread.
What it needs from before the loop are its parameters; what is cheap (addresses, sizes) is computed again, so that parameters are the kernel's
own where that is possible and keep what is known of them. A Local that serves a round only becomes the function's own, so each part has one.

How much work it is, is estimated in scalar operations, of numbers that are known as the loop is reached; the rest is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.operations import MATH
from codegen.opt.outline import nested, used
from codegen.record import field, record

__all__ = ["LEAST", "split_loops"]

LEAST = 250_000  # operations of a loop that may be worth two threads: about 25 us
LINE = 64  # rounds of a loop without loops in it that stay together: no two threads write to one line of the cache
GUESS = 8  # rounds of a loop of which nobody knows how many it has
ROUTINE = 20_000  # operations of a call of a library, if nothing is known of it
OWN = -1
FEW = 64  # calls in an entry that what hands a loop on becomes a part of; of more it would grow long, and so be dear to compile
FOLDED: dict[str, Callable[[int, int], int]] = {"mul": lambda a, c: a * c, "add": lambda a, c: a + c, "sub": lambda a, c: a - c}
# Functions that all targets' loops compute side by side, or nearly.
VECTORS = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "tanh", "sin", "cos")
# Operations that a node counts for.
DEAR = {"div": 4, "rem": 8, "sqrt": 4, **{name: 10 if name in VECTORS else 80 for name in MATH}}
NOT_AGAIN = frozenset({*DEAR, "argument", "size", "round"})  # is handed over, not computed again


@record()
class Cost:
    """Operations: `fixed`, and for each of `loops` its rounds (a number, or a value known before) times what one costs."""

    fixed: int = 0
    loops: list[tuple[ir.Operand, Cost]] = field(default_factory=list)


def split_loops(module: ir.Module) -> None:
    """Rewrites the kernels in place; the new functions come before those that they were a part of."""
    calls = sum(isinstance(node, ir.Call) for node in nodes(module.entry.body))
    repeated = {node.kernel for node in nodes(module.entry.body, within=False) if isinstance(node, ir.Call)}
    kernels: list[ir.Function] = []
    thin: dict[str, _Thin] = {}
    known = {kernel.name: kernel for kernel in module.kernels}
    routines = {node.kernel for kernel in module.kernels for node in nodes(kernel.body) if isinstance(node, ir.Call)}
    for kernel in module.kernels:
        writer = _Kernel(kernel, kernel.name in repeated, known)
        if kernel.name not in routines:
            writer.block(kernel.body)
        alone(kernel.body)
        kernel.fails |= bool(writer.made)
        kernels += writer.made
        if writer.made and calls <= FEW and all(isinstance(node, (ir.Assign, ir.Split)) for node in kernel.body):
            thin[kernel.name] = _Thin(kernel)
        else:
            kernels.append(kernel)
    module.kernels[:] = kernels
    if thin:
        put_in_place(module.entry, thin)


def nodes(block: ir.Block, within: bool = True) -> Iterator[ir.Node]:
    """All nodes of a block, nested ones too; within=False: those in loops only."""
    for node in block:
        if within:
            yield node
        for part in nested(node):
            yield from nodes(part, within or isinstance(node, (ir.For, ir.While)))


def given(node: ir.Node) -> Iterator[ir.Value]:
    """The values that a node gives, to what follows or to its own blocks."""
    if isinstance(node, (ir.Assign, ir.Load, ir.Local, ir.External, ir.Result, ir.Scratch)):
        yield node.out
    elif isinstance(node, ir.Callback):
        for pointer, sizes in node.outs:
            yield from (pointer, *sizes)
    elif isinstance(node, (ir.For, ir.While)):
        yield from (*node.carried, *node.results)
        if isinstance(node, ir.For):
            yield node.index
    elif isinstance(node, ir.If):
        yield from node.results


def alone(block: ir.Block) -> None:
    """Code that is not in parts is that of thread 0. The number is asked for at the start of a kernel only."""
    for k, node in enumerate(block):
        if isinstance(node, ir.Assign) and node.operation == "thread":
            block[k] = ir.Assign(node.out, "add", (0, 0))


class _Thin:
    """A kernel of which nothing is left but what hands a loop on. It becomes a part of its caller: a function costs more to compile."""

    def __init__(self, kernel: ir.Function) -> None:
        self.kernel = kernel
        wanted: set[int] = set()
        self.nodes: ir.Block = []
        for node in reversed(kernel.body):
            if isinstance(node, ir.Split) or (isinstance(node, ir.Assign) and node.out.number in wanted):
                self.nodes.append(node)
                wanted.update(used(node.args if isinstance(node, ir.Assign) else [node]))
        self.nodes.reverse()

    def copy(self, args: tuple[ir.Operand, ...], number: int) -> ir.Block:
        """The nodes for one call. number: of the first new value."""
        known: dict[int, ir.Operand] = {value.number: x for value, x in zip(self.kernel.parameters, args)}

        def here(x: ir.Operand) -> Any:
            return known[x.number] if isinstance(x, ir.Value) else x

        found: ir.Block = []
        for node in self.nodes:
            if isinstance(node, ir.Assign):
                operands = tuple(map(here, node.args))
                a, c = (*operands, None, None)[:2]
                if node.operation in FOLDED and node.out.type == "int64" and isinstance(a, int) and isinstance(c, int):
                    known[node.out.number] = FOLDED[node.operation](a, c)
                    continue
                out = known[node.out.number] = ir.Value(number, node.out.type)
                number += 1
                found.append(ir.Assign(out, node.operation, operands))
            elif isinstance(node, ir.Split):
                found.append(ir.Split(node.kernel, here(node.start), here(node.stop), tuple(map(here, node.args)), here(node.work), node.multiple,
                                      node.library))
        return found


def put_in_place(entry: ir.Function, thin: dict[str, _Thin]) -> None:
    """Their nodes where they were called."""
    number = 1 + max((value.number for node in nodes(entry.body) for value in given(node)), default=0)
    waiting = [entry.body]
    while waiting:
        block = waiting.pop()
        found: ir.Block = []
        for node in block:
            waiting += nested(node)
            if isinstance(node, ir.Call) and node.kernel in thin:
                found += thin[node.kernel].copy(node.args, number)
                number += len(thin[node.kernel].nodes)
            else:
                found.append(node)
        block[:] = found


class _Kernel:
    """One kernel. repeated: it is called in loops, where only what surely is much work is worth a function that is no part of the loop."""

    def __init__(self, kernel: ir.Function, repeated: bool, known: dict[str, ir.Function]) -> None:
        self.kernel = kernel
        self.known = known
        self.repeated = repeated
        self.made: list[ir.Function] = []
        self.parameters = {value.number: k for k, value in enumerate(kernel.parameters)}
        self.makers: dict[int, ir.Node] = {}
        self.roots: dict[int, int] = {}  # what is made of Locals' addresses, or of the number of the thread -> the Local, or OWN
        self.last = max(self.parameters, default=0)
        self.looked = False

    def look(self) -> None:
        """Finds what gives which value; only where there is a loop to be moved."""
        self.looked = True
        for node in nodes(self.kernel.body):
            for value in given(node):
                self.makers[value.number] = node
                self.last = max(self.last, value.number)
            if isinstance(node, ir.Local):
                self.roots[node.out.number] = node.out.number
            elif isinstance(node, ir.Assign):
                if node.operation == "thread":
                    self.roots[node.out.number] = OWN
                for x in node.args:
                    if isinstance(x, ir.Value) and x.number in self.roots:
                        self.roots[node.out.number] = self.roots[x.number]

    def value(self) -> ir.Value:
        self.last += 1
        return ir.Value(self.last, "int64")

    def block(self, block: ir.Block) -> None:
        for node in reversed(block[:]):
            if isinstance(node, ir.For) and node.kind == "independent":
                moved = self.loop(node)
                if moved is not None:
                    k = next(k for k, other in enumerate(block) if other is node)
                    block[k : k + 1] = moved
            elif isinstance(node, ir.If):
                self.block(node.then)
                self.block(node.otherwise)

    def loop(self, node: ir.For) -> ir.Block | None:
        """What stands in the place of a loop; None: it stays."""
        rounds = difference(node.start, node.stop)
        if rounds is not None and rounds < 2 * node.step or any(isinstance(x, (ir.External, ir.Callback)) for x in nodes(node.body)):
            return None
        if not self.looked:
            self.look()
        inside = {node.index.number}.union(value.number for x in nodes(node.body) for value in given(x))
        cost = self.cost(node.body, inside)
        if not cost.loops and rounds is not None and rounds // node.step * cost.fixed < LEAST:
            return None
        if self.repeated and (rounds is None or rounds // node.step * cost.fixed < LEAST):
            return None
        function = self.function(node, inside)
        if function is None:
            return None
        self.made.append(function)
        taken = {x.out.number for x in function.body if isinstance(x, ir.Local)}
        if taken:
            drop(self.kernel.body, {number for number, root in self.roots.items() if root in taken} - inside)
        before: ir.Block = []
        count: ir.Operand = rounds if rounds is not None else self.rounds(before, node)
        if node.step > 1:
            count = self.times(before, "div", count, node.step)
        work = self.times(before, "mul", count, self.total(before, cost))
        deep = any(nested(x) for x in node.body)
        split = ir.Split(
            function.name, node.start, node.stop, function.parameters[2:], work, node.step if deep else node.step * LINE,
            any(isinstance(x, ir.Library) for x in nodes(node.body)))
        return [*before, split]

    # The function -------------------------------------------------------------------------------------------------------
    def function(self, node: ir.For, inside: set[int]) -> ir.Function | None:
        """The function of a range of rounds; None if something it needs cannot be had there. Values keep their numbers."""
        prefix: ir.Block = []
        parameters: list[ir.Value] = []
        known = set(inside)
        for number in dict.fromkeys(used(node.body)):
            if not self.need(number, known, prefix, parameters):
                return None
        own = {x.out.number for x in prefix if isinstance(x, ir.Local)}
        own |= {OWN for x in prefix if isinstance(x, ir.Assign) and x.operation == "thread"}
        if own and not self.serve(own, node):
            return None
        first, last = ir.Value(self.last + 1, "int64"), ir.Value(self.last + 2, "int64")
        marks = [self.parameters.get(value.number, -1) for value in parameters]
        readonly = frozenset(k for k, p in enumerate(marks, 2) if p in self.kernel.readonly)
        distinct = frozenset(k for k, p in enumerate(marks, 2) if p in self.kernel.distinct)
        loop = ir.For(node.index, first, last, node.step, node.body, kind=node.kind)
        return ir.Function(f"{self.kernel.name}_part{len(self.made) or ''}", (first, last, *parameters), [*prefix, loop], True, readonly, distinct)

    def need(self, number: int, known: set[int], prefix: ir.Block, parameters: list[ir.Value]) -> bool:
        """Makes a value known in the function; whether that is possible."""
        waiting = [number]
        while waiting:
            number = waiting[-1]
            if number in known:
                waiting.pop()
                continue
            maker = self.makers.get(number)
            again = isinstance(maker, ir.Assign) and maker.operation not in NOT_AGAIN
            if again:
                missing = [x.number for x in maker.args if isinstance(x, ir.Value) and x.number not in known]  # type: ignore[union-attr]
                if missing:
                    waiting += missing
                    continue
            if again or isinstance(maker, ir.Local):
                prefix.append(maker)  # type: ignore[arg-type]
            else:
                value = self.kernel.parameters[self.parameters[number]] if maker is None else next(v for v in given(maker) if v.number == number)
                if maker is not None and value.type.endswith("*"):
                    return False  # of several memories, or carried: nothing is known of it
                parameters.append(value)
            known.add(number)
            waiting.pop()
        return True

    def serve(self, own: set[int], node: ir.For) -> bool:
        """Whether these Locals, and what each thread has for itself, serve the rounds of this loop only."""
        within = {id(x) for x in nodes(node.body)}
        for other in nodes(self.kernel.body):
            if id(other) in within or other is node or isinstance(other, ir.Local):
                continue
            if isinstance(other, ir.Assign) and other.out.number in self.roots:
                continue
            if any(self.roots.get(number) in own for number in shallow(other)):
                return False
        return True

    # Work ---------------------------------------------------------------------------------------------------------------
    def cost(self, block: ir.Block, inside: set[int]) -> Cost:
        found = Cost()
        for node in block:
            if isinstance(node, ir.Assign):
                found.fixed += DEAR.get(node.operation, 1)
            elif isinstance(node, (ir.Load, ir.Store)):
                found.fixed += 1
            elif isinstance(node, ir.Library):
                found.fixed += ROUTINE
            elif isinstance(node, ir.Call):
                routine = _Kernel(self.known[node.kernel], False, self.known)
                routine.look()
                args = {value.number: GUESS if isinstance(x, ir.Value) and x.number in inside else x
                        for value, x in zip(routine.kernel.parameters, node.args)}
                found.loops.append((1, handed(routine.cost(routine.kernel.body, {*routine.makers}), args)))
            elif isinstance(node, ir.If):
                for part in (node.then, node.otherwise):
                    inner = self.cost(part, inside)
                    found.fixed += inner.fixed
                    found.loops += inner.loops
            elif isinstance(node, (ir.For, ir.While)):
                inner = self.cost(node.body, inside)
                rounds: ir.Operand = GUESS
                if isinstance(node, ir.For):
                    rounds = self.known_rounds(node, inside)
                    if node.step > 1 and isinstance(rounds, int):
                        rounds = max(1, rounds // node.step)
                    elif node.step > 1:
                        inner = Cost(max(1, inner.fixed // node.step), inner.loops)
                if isinstance(rounds, int) and not inner.loops:
                    found.fixed += rounds * inner.fixed
                else:
                    found.loops.append((rounds, inner))
        return found

    def known_rounds(self, node: ir.For, inside: set[int]) -> ir.Operand:
        """How often a loop runs, roughly: a number, or a value that is known before the outer loop."""
        known = difference(node.start, node.stop)
        if known is not None:
            return max(known, 0)
        if not isinstance(node.stop, ir.Value):
            return GUESS
        if node.stop.number not in inside:
            return node.stop
        maker = self.makers.get(node.stop.number)
        if isinstance(maker, ir.Assign) and maker.operation in ("min", "add", "sub"):  # the rest of a block; a place and a length
            for x in maker.args:
                if isinstance(x, int) and x > 0 and maker.operation == "min":
                    return x
            for x in maker.args:
                if isinstance(x, ir.Value) and x.number not in inside:
                    return x
        return GUESS

    def rounds(self, before: ir.Block, node: ir.For) -> ir.Operand:
        return node.stop if node.start == 0 and not isinstance(node.start, ir.Value) else self.times(before, "sub", node.stop, node.start)

    def times(self, before: ir.Block, operation: str, a: ir.Operand, c: ir.Operand) -> ir.Operand:
        """A product, sum, difference or quotient of two operands, written down where one is not known."""
        if isinstance(a, int) and isinstance(c, int):
            return {"mul": a * c, "add": a + c, "sub": a - c, "div": a // c if c else 0}[operation]
        if operation == "mul" and (a == 1 or c == 1):
            return c if a == 1 else a
        out = self.value()
        before.append(ir.Assign(out, operation, (a, c)))
        return out

    def total(self, before: ir.Block, cost: Cost) -> ir.Operand:
        found: ir.Operand = cost.fixed
        for rounds, inner in cost.loops:
            found = self.times(before, "add", self.times(before, "mul", rounds, self.total(before, inner)), found)
        return found


def drop(block: ir.Block, numbers: set[int]) -> None:
    """Takes out what gives these values."""
    block[:] = [node for node in block if not (isinstance(node, (ir.Assign, ir.Local)) and node.out.number in numbers)]
    for node in block:
        for part in nested(node):
            drop(part, numbers)


def handed(cost: Cost, args: dict[int, ir.Operand]) -> Cost:
    """The cost of a routine with these arguments in the places of its parameters."""
    loops = [(args.get(rounds.number, GUESS) if isinstance(rounds, ir.Value) else rounds, handed(inner, args)) for rounds, inner in cost.loops]
    return Cost(cost.fixed, loops)


def difference(start: ir.Operand, stop: ir.Operand) -> int | None:
    return int(stop) - int(start) if isinstance(start, int) and isinstance(stop, int) else None


def shallow(node: ir.Node) -> Iterable[int]:
    """The numbers of the values that a node reads itself, its blocks left out."""
    if isinstance(node, (ir.For, ir.While)):
        parts: list[Any] = [node.initial, node.yields]
        parts += [(node.start, node.stop)] if isinstance(node, ir.For) else [(node.condition,)]
        return used(parts)
    return used([node.condition, node.then_yields, node.otherwise_yields]) if isinstance(node, ir.If) else used(node)
