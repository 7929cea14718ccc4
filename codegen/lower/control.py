"""Loops of the entry: their inner programs are lowered into the body of a For or a While.

The states of a loop are kept in one of four ways. *row*: the new state is also a row of a stacked result: the state is then simply
the address of that row, and nothing is copied. *small*: a few numbers on the stack, which compilers keep in registers. *place*: a step
changes parts of it where it stands, in the memory of the final state (`staying.py`). *turns*: two buffers that take turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.scalar import is_number
from codegen.lower.arrays import Memory, product
from codegen.lower.foresight import foresee
from codegen.lower.memory import SMALL, item_bytes
from codegen.lower.pulse import Countdown, countdown_of
from codegen.lower.reports import Reports
from codegen.lower.rings import Ring, kept_rows
from codegen.lower.staying import way
from codegen.lower.tapes import Tape
from codegen.lower.unit import LEVELS
from codegen.program import Loop

__all__ = ["LoopPlan"]

MOST_BYTES = 1 << 62  # of a stack
HELD = ("small", "place")  # states whose address stays the same, so that nothing of them is carried


class LoopPlan:
    """One Loop in the making."""

    def __init__(self, frame: Any, loop: Loop, frame_class: Any) -> None:
        self.frame = frame
        self.loop = loop
        self.body = frame_class(frame.unit, loop.body, self.claim)
        self.b = frame.builder
        self.count = len(loop.states)
        self.stacks: dict[int, Memory] = {}  # stacked result -> its memory
        self.targets: dict[int, Memory] = {}  # output of the body -> where this round puts it
        self.steps: Any = None
        self.kinds: list[str] = []
        self.homes: dict[int, Memory | None] = {}  # state whose last value nobody reads -> where it may stay during the loop
        self.rings: dict[int, Ring] = {}  # stacked result of which only the last rows are kept
        self.tapes: dict[int, Tape] = {}  # stacked result whose length, or whose rows' size, only the rounds tell
        self.open: dict[int, list[int]] = {}  # stacked result -> dimensions of a row whose size only a step tells
        self.likely: dict[int, list[Any]] = {}  # output of the body -> its sizes, guesses included
        self.before: dict[int, list[Any]] = {}  # their sizes in the round before
        self.countdown: Countdown | None = None
        self.reports: Reports | None = None
        self.now: Any = None  # the number of the round whose code is being written
        self.late: set[int] = set()  # outputs of the body whose sizes show only inside the loop

    # Sizes, before the loop -------------------------------------------------------------------------------------------
    def size(self) -> bool:
        """Check lengths, plan the body's first epoch, and tell the sizes of what comes out."""
        frame, loop, b, body = self.frame, self.loop, self.b, self.body
        frame.unit.where = loop.where
        if loop.steps is not None:
            self.steps = n = frame.item(loop.steps, 0)
            b.check(b.greater_equal(n, 0), "ValueError", "the number of steps must not be negative, got {}", n)
            for k, s in enumerate(loop.sequences):
                rows = frame.shapes[s.value][0]
                text = f"sequence {k} of the loop has {{}} rows, too few for {{}} steps that read {s.offset} rows ahead"
                enough = b.less_equal(n + s.offset, rows)
                b.check(b.either(b.equal(n, 0), enough) if s.offset else enough, "ValueError", text, rows, n)
        inputs = iter(loop.body.inputs)
        self.counter = next(inputs) if loop.counts else None
        if self.counter is not None:
            body.bind(self.counter, (), Memory())
        self.rows = [next(inputs) for _ in loop.sequences]
        for v, s in zip(self.rows, loop.sequences):
            body.bind(v, frame.shapes[s.value][1:], Memory())
        self.states = [next(inputs) for _ in loop.states]
        for v, outer in zip(self.states, loop.states):
            body.bind(v, frame.shapes[outer], Memory())
        self.captured = [next(inputs) for _ in loop.captured]
        for v, outer in zip(self.captured, loop.captured):
            body.bind(v, frame.shapes[outer], Memory(), (frame, outer))
        self.choose()
        body.plan()
        outputs = loop.body.outputs[: self.count + loop.stacked]
        self.late = {v for v in outputs if v not in body.shapes}
        self.row_shapes: dict[int, Sequence[Any]] = {v: body.shapes[v] for v in outputs if v in body.shapes}
        if self.late:
            found, self.likely = foresee(body, sorted(self.late), LoopPlan)
            self.row_shapes |= found
        for k, v in enumerate(outputs[: self.count]):
            self.check_state(k, self.row_shapes[v])
            self.row_shapes[v] = frame.shapes[loop.states[k]]
            out = loop.outputs[k]
            if out is not None:
                frame.shapes[out] = self.row_shapes[v]
        frame.unit.where = loop.where
        return self.size_stacks()

    def check_state(self, k: int, shape: Sequence[Any]) -> None:
        """The new state must have the sizes of the old one; None: a size that is not known yet."""
        frame, b = self.frame, self.b
        where, frame.unit.where = frame.unit.where, self.loop.where
        for axis, (new, old) in enumerate(zip(shape, frame.shapes[self.loop.states[k]])):
            text = f"state {k} of the loop: a step changes the size of dimension {axis} from {{}} to {{}}"
            if new is not None:
                b.check(b.equal(old, new), "ValueError", text, old, new)
        frame.unit.where = where

    def size_stacks(self) -> bool:
        loop = self.loop
        for j in range(loop.stacked):
            out = loop.outputs[self.count + j]
            if out is None:
                continue
            v = loop.body.outputs[self.count + j]
            counted = self.steps is not None and not loop.until
            if None in self.row_shapes[v]:
                self.open[j] = [axis for axis, n in enumerate(self.body.types[v].shape) if n is None]
                self.kinds = ["turns" if kind == f"row {j}" else kind for kind in self.kinds]
            most = self.kept(j)
            if most is not None and j not in self.open:
                self.rings[j] = Ring(self.frame, most, self.body.types[v].dtype, product(self.row_shapes[v]), self.steps if counted else None)
                if counted:
                    self.frame.shapes[out] = (kept_rows(self.b, most, self.steps), *self.row_shapes[v])
                continue
            if counted:
                self.check_bytes(product(self.row_shapes[v]) if j not in self.open else 1, self.body.types[v].dtype)
            if j in self.open or not counted:
                self.tapes[j] = Tape(self.frame.unit, self.body.types[v].dtype, self.steps if counted else None, self.steps)
            else:
                self.frame.shapes[out] = (self.steps, *self.row_shapes[v])
        return bool(self.tapes) or any(ring.steps is None for ring in self.rings.values())

    def kept(self, j: int) -> int | None:
        """How many of the last rows of a stack there are at most."""
        return self.loop.kept[j] if self.loop.kept else None

    def check_bytes(self, size: Any, dtype: str) -> None:
        """The number of bytes of all rows must be a number of 64 bits."""
        b, room = self.b, MOST_BYTES // item_bytes(dtype)
        if is_number(self.steps) and is_number(size):
            fits: Any = self.steps * size <= room
        else:
            fits = b.less_equal(b.cast(self.steps, "float64") * b.cast(size, "float64"), float(room))
        b.check(fits, "MemoryError", f"there is no memory for {{}} rows of {{}} numbers of {dtype}", self.steps, size)

    def choose(self) -> None:
        """How each state is kept."""
        loop, body = self.loop, self.body
        outputs = loop.body.outputs
        for k, v in enumerate(self.states):
            row = next((j for j in range(loop.stacked) if outputs[self.count + j] == outputs[k] and loop.outputs[self.count + j] is not None
                        and self.kept(j) != 1), None)
            shape = body.shapes[v]
            small = all(is_number(n) for n in shape) and product(shape) * item_bytes(body.types[v].dtype) <= SMALL
            made_here = outputs[k] in body.maker
            if small:
                self.kinds.append("small")
            elif row is not None and made_here and outputs.index(outputs[k]) == k:
                self.kinds.append(f"row {row}")
            else:
                steps_between = way(body, v, k)
                self.kinds.append("turns" if steps_between is None else "place")
                body.stays.update(dict.fromkeys(steps_between or (), body.memory[v]))

    def claim(self, k: int, shape: Any) -> Memory | None:
        """Where the body should put its output k in this round."""
        if k < self.count:
            if self.loop.body.outputs[k] in self.late:
                self.check_state(k, shape)
            kind = self.kinds[k]
            if kind == "place":
                return self.body.memory[self.states[k]]
            j = int(kind[4:]) if kind.startswith("row") else None
            return self.targets.setdefault(k if j is None else self.count + j, Memory())
        if k - self.count in self.open:
            self.check_open(k - self.count, shape)
            return Memory(self.tapes[k - self.count].row(self.now, product(shape))[0])
        if k < self.count + self.loop.stacked and self.loop.outputs[k] is not None:
            if k in self.targets and any(kind == f"row {k - self.count}" for kind in self.kinds):
                return self.targets[k]
            return self.targets.setdefault(k, Memory())
        return None

    def check_open(self, j: int, shape: Sequence[Any]) -> None:
        """All rows of a stack have the sizes of the first."""
        b, unit = self.b, self.frame.unit
        where, unit.where = unit.where, self.loop.where
        for axis, before in zip(self.open[j], self.before[j]):
            text = f"result {j} of the loop: a step changes the size of dimension {axis} from {{}} to {{}}"
            b.check(b.either(b.equal(self.now, 0), b.equal(before, shape[axis])), "ValueError", text, before, shape[axis])
        unit.where = where

    # Code -------------------------------------------------------------------------------------------------------------
    def run(self) -> None:
        frame, loop, b = self.frame, self.loop, self.b
        self.prepare_stacks()
        for v, outer in zip(self.captured, loop.captured):
            self.body.memory[v].pointer = frame.located(outer).pointer
        initial: list[Any] = []
        self.buffers: dict[int, Any] = {}
        for k, outer in enumerate(loop.states):
            start = frame.located(outer)
            dtype = self.body.types[self.states[k]].dtype
            kind = self.kinds[k]
            if kind == "small":
                count = max(1, product(self.body.shapes[self.states[k]]))
                self.buffers[k] = b.local(dtype, count), b.local(dtype, count)
                frame.copy(Memory(self.buffers[k][0]), start, dtype, product(self.body.shapes[self.states[k]]))
            elif kind == "turns":
                bytes = product(self.body.shapes[self.states[k]]) * item_bytes(dtype)
                pair = [b.recast(frame.unit.scratch(bytes), f"{dtype}*") for _ in range(2)]
                initial += [start.pointer, *pair]
            elif kind == "place":
                self.body.memory[self.states[k]].pointer = self.settle(k, start, dtype)
            else:
                initial.append(start.pointer)
        initial += [self.without_a_step(j, axis) for j, axes in self.open.items() for axis in axes]
        for tape in self.tapes.values():
            initial += tape.initial()
        self.countdown = countdown_of(frame.unit, loop, self.steps)
        if self.countdown is not None:
            initial.append(self.countdown.initial())
        if loop.report is not None:
            self.reports = Reports(frame.unit, loop, self.steps)
            initial.append(self.reports.initial())
        if loop.until or self.steps is None:
            self.repeat(initial)
        else:
            final = b.fold(0, self.steps, initial, lambda t, *carried: self.counted_round(t, carried)[1])
            self.finish(final, self.steps)

    def staying(self) -> list[tuple[int, int]]:
        """The states that a step changes where they stand: number, initial value."""
        return [(k, self.loop.states[k]) for k, kind in enumerate(self.kinds) if kind == "place"]

    def begins_as(self, v: int) -> int | None:
        """The initial value of such a state, whose final value v is."""
        return next((source for k, source in self.staying() if self.loop.outputs[k] == v), None)

    def settle(self, k: int, start: Memory, dtype: str) -> Any:
        """Where a state stays during the loop: in the memory of the final one, into which the initial one is copied unless it stands there."""
        frame, out, count = self.frame, self.loop.outputs[k], product(self.body.shapes[self.states[k]])
        home = frame.memory[out] if out is not None else self.homes.get(k)
        if home is None:
            home = Memory(self.b.recast(frame.unit.scratch(count * item_bytes(dtype)), f"{dtype}*"))
        if home is not start:
            frame.copy(home, start, dtype, count)
        return home.pointer

    def without_a_step(self, j: int, axis: int) -> Any:
        """The size of a row if there is no step to tell it."""
        sizes = self.likely.get(self.loop.body.outputs[self.count + j])
        size = 0 if sizes is None or sizes[axis] is None else sizes[axis]
        return self.b.constant(size, "int64") if is_number(size) else size

    def prepare_stacks(self) -> None:
        for j in range(self.loop.stacked):
            out = self.loop.outputs[self.count + j]
            if j in self.rings:
                self.rings[j].prepare(None if self.rings[j].steps is None else self.frame.memory[out])
            elif out is not None and j not in self.tapes:
                self.stacks[j] = self.frame.memory[out]

    def repeat(self, initial: list[Any]) -> None:
        """With a condition: rounds until it holds, at most `steps`."""
        b = self.b
        start: Any = b.constant(0, "int64")

        def rounds() -> list[Any]:
            def once(t: Any, *carried: Any) -> tuple[Any, list[Any]]:
                condition, after = self.counted_round(t, carried)
                go_on = b.invert(condition) if condition is not None else b.constant(True, "bool")
                following = t + 1
                if self.steps is not None:
                    go_on = b.both(go_on, b.less(following, self.steps))
                return go_on, [following, *after]

            return b.repeat([start, *initial], once)

        ran: Any = rounds() if self.steps is None else b.when(b.less(0, self.steps), rounds, lambda: [start, *initial])
        self.finish(ran[1:], ran[0])

    def counted_round(self, t: Any, carried: Any) -> tuple[Any, list[Any]]:
        """One step, then a look at whether to go on, and a report, if it is time for them."""
        rest = list(carried)
        until_report = rest.pop() if self.reports is not None else None
        until_look = rest.pop() if self.countdown is not None else None
        condition, after = self.round(t, rest)
        if self.countdown is not None:
            after.append(self.countdown.after(until_look))
        if self.reports is not None:
            after.append(self.reports.after(until_report, t, condition))
        return condition, after

    def round(self, t: Any, carried: Any) -> tuple[Any, list[Any]]:
        """One step; (condition or None, what is carried to the next)."""
        frame, loop, b, body = self.frame, self.loop, self.b, self.body
        self.now = t
        block = b.block
        if self.counter is not None:
            place = b.local("int64", 1)
            b.store(place, 0, t)
            body.memory[self.counter].pointer = place
        for v, s in zip(self.rows, loop.sequences):
            rows = frame.shapes[s.value][0]
            row = rows - 1 - t - s.offset if s.backwards else t + s.offset
            body.memory[v].pointer = b.offset(frame.located(s.value).pointer, row * product(body.shapes[v]))
        for j, memory in self.stacks.items():
            v = loop.body.outputs[self.count + j]
            self.targets.setdefault(self.count + j, Memory()).pointer = b.offset(memory.pointer, t * product(self.row_shapes[v]))
        for j, ring in self.rings.items():
            self.targets.setdefault(self.count + j, Memory()).pointer = ring.row(t)
        rest = list(carried)
        first_of_tapes = len(rest) - 2 * len(self.tapes)
        for k, (j, tape) in enumerate(self.tapes.items()):
            tape.start(rest[first_of_tapes + 2 * k : first_of_tapes + 2 * k + 2])
            if j not in self.open:
                self.next_row(j, tape, t, rest)
        at = first_of_tapes - sum(map(len, self.open.values()))
        for j, axes in self.open.items():
            self.before[j] = rest[at : at + len(axes)]
            at += len(axes)
        turns: dict[int, Any] = {}
        for k, v in enumerate(self.states):
            if self.kinds[k] == "small":
                body.memory[v].pointer = self.buffers[k][0]
                self.targets.setdefault(k, Memory()).pointer = self.buffers[k][1]
            elif self.kinds[k] == "turns":
                now, write, other = rest[:3]
                del rest[:3]
                body.memory[v].pointer = now
                self.targets.setdefault(k, Memory()).pointer = write
                turns[k] = [write, other, write]
            elif self.kinds[k] != "place":
                body.memory[v].pointer = rest.pop(0)
        frame.unit.loops.append(loop.where)
        body.run()
        frame.unit.loops.pop()
        self.number_rounds(block, t)
        after: list[Any] = []
        for k, v in enumerate(self.states):
            kind = self.kinds[k]
            if kind == "small":
                here, there = self.buffers[k]
                frame.copy(Memory(here), Memory(there), body.types[v].dtype, product(body.shapes[v]))
            elif kind == "turns":
                after += turns[k]
            elif kind != "place":
                after.append(self.targets[self.count + int(kind[4:])].pointer)
        frame.unit.where = loop.where
        for j, axes in self.open.items():
            after += [body.shapes[loop.body.outputs[self.count + j]][axis] for axis in axes]
        for tape in self.tapes.values():
            after += tape.carried()
        condition = None
        if loop.until:
            condition = body.scalar(loop.body.outputs[-1], ())
        return condition, after

    def number_rounds(self, block: Any, t: Any) -> None:
        """A round in which something may fail begins by putting down its number."""
        level = len(self.frame.unit.loops)
        if level < LEVELS and may_fail(block, self.frame.unit.kernels.failing()):
            place = self.b.value("int64*")
            block[:0] = [ir.Assign(place, "round", (level,)), ir.Store(place, 0, t.value)]

    def next_row(self, j: int, tape: Tape, t: Any, carried: list[Any]) -> None:
        """Row t of a tape is where the body puts its result. States that are the row before it move with the tape (in `carried`)."""
        b, k = self.b, self.count + j
        size = product(self.row_shapes[self.loop.body.outputs[k]])
        places = [at for at, kind in self.carried_places() if kind == f"row {j}"]
        states = [carried[at] for at in places]

        def again(base: Any) -> list[Any]:
            return b.when(b.equal(t, 0), lambda: states, lambda: [b.offset(base, (t - 1) * size) for _ in states]) if states else []

        address, states = tape.row(t, size, states, again)
        for at, state in zip(places, states):
            carried[at] = state
        self.targets.setdefault(k, Memory()).pointer = address

    def carried_places(self) -> list[tuple[int, str]]:
        """For each state that is carried as addresses: where the first of them stands, and how the state is kept."""
        places, at = [], 0
        for kind in self.kinds:
            if kind not in HELD:
                places.append((at, kind))
                at += 3 if kind == "turns" else 1
        return places

    def finish(self, final: list[Any], ran: Any) -> None:
        frame, loop = self.frame, self.loop
        rest = list(final)
        if self.reports is not None:
            rest.pop()
            self.reports.finish(ran)
        if self.countdown is not None:
            self.countdown.finish(rest.pop())
        for k, out in enumerate(loop.outputs[: self.count]):
            kind = self.kinds[k]
            if kind == "place":
                continue
            pointer = self.buffers[k][0] if kind == "small" else rest[0]
            del rest[: {"small": 0, "turns": 3}.get(kind, 1)]
            if out is not None:
                frame.copy(frame.memory[out], Memory(pointer), frame.types[out].dtype, frame.total(out))
        sizes: dict[int, list[Any]] = {}
        for j, axes in self.open.items():
            sizes[j] = list(self.body.types[loop.body.outputs[self.count + j]].shape)
            for axis in axes:
                sizes[j][axis] = rest.pop(0)
        for j in self.tapes:
            out, most = loop.outputs[self.count + j], self.kept(j)
            row = sizes.get(j, self.row_shapes[loop.body.outputs[self.count + j]])
            rows = ran if most is None else kept_rows(self.b, most, ran)
            address = rest.pop(0)
            frame.shapes[out] = (rows, *row)
            frame.memory[out] = Memory(address if most is None else self.b.offset(address, (ran - rows) * product(row)))
            del rest[0]
        for j, ring in self.rings.items():
            if ring.steps is None:
                out = loop.outputs[self.count + j]
                address, rows = ring.finish(ran)
                frame.memory[out], frame.shapes[out] = Memory(address), (rows, *self.row_shapes[loop.body.outputs[self.count + j]])


def may_fail(block: ir.Block, failing: set[str]) -> bool:
    """Whether a failure, or a call of Python, may be met in a block; kernels by their names."""
    for node in block:
        if isinstance(node, (ir.Fail, ir.Callback)) or (isinstance(node, ir.Call) and node.kernel in failing):
            return True
        if isinstance(node, (ir.For, ir.While)):
            parts = [node.body]
        else:
            parts = [node.then, node.otherwise] if isinstance(node, ir.If) else []
        if any(may_fail(part, failing) for part in parts):
            return True
    return False
