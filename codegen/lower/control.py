"""Loops and branches of the entry: their inner programs are lowered into the body of a For, a While or an If.

The states of a loop are kept in one of three ways. *rows*: the new state is also a row of a stacked result: the state is then simply
the address of that row, and nothing is copied. *small*: a few numbers on the stack, which compilers keep in registers. *turns*: two
buffers that take turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.loopir.scalar import is_number
from codegen.lower.arrays import Memory, product
from codegen.lower.foresight import foresee
from codegen.lower.memory import SMALL, item_bytes
from codegen.program import Branch, Loop

__all__ = ["BranchPlan", "LoopPlan"]


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
        self.growing: dict[int, int] = {}  # stacked result whose rows have a size that only a step tells -> its scratch block
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
                b.check(b.less_equal(n + s.offset, rows), "ValueError", text, rows, n)
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
            self.row_shapes |= foresee(body, sorted(self.late), LoopPlan)
        for k, v in enumerate(outputs[: self.count]):
            self.check_state(k, self.row_shapes[v])
            self.row_shapes[v] = frame.shapes[loop.states[k]]
            out = loop.outputs[k]
            if out is not None:
                frame.shapes[out] = self.row_shapes[v]
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
            if self.steps is None:
                raise TypeError("a loop without a number of steps cannot stack its results")
            if None in self.row_shapes[v]:
                self.growing[j] = self.frame.unit.new_slot()
                self.kinds = ["turns" if kind == f"row {j}" else kind for kind in self.kinds]
            elif not loop.until:
                self.frame.shapes[out] = (self.steps, *self.row_shapes[v])
        return loop.until or bool(self.growing)

    def choose(self) -> None:
        """How each state is kept."""
        loop, body = self.loop, self.body
        outputs = loop.body.outputs
        for k, v in enumerate(self.states):
            row = next((j for j in range(loop.stacked) if outputs[self.count + j] == outputs[k] and loop.outputs[self.count + j] is not None), None)
            shape = body.shapes[v]
            small = all(is_number(n) for n in shape) and product(shape) * item_bytes(body.types[v].dtype) <= SMALL
            made_here = outputs[k] in body.maker
            self.kinds.append("small" if small else f"row {row}" if row is not None and made_here and outputs.index(outputs[k]) == k else "turns")

    def claim(self, k: int, shape: Any) -> Memory | None:
        """Where the body should put its output k in this round."""
        if k < self.count:
            if self.loop.body.outputs[k] in self.late:
                self.check_state(k, shape)
            kind = self.kinds[k]
            j = int(kind[4:]) if kind.startswith("row") else None
            return self.targets.setdefault(k if j is None else self.count + j, Memory())
        if k - self.count in self.growing:
            return Memory(self.b.offset(self.grown(k - self.count, shape), self.now * product(shape)))
        if k < self.count + self.loop.stacked and self.loop.outputs[k] is not None:
            if k in self.targets and any(kind == f"row {k - self.count}" for kind in self.kinds):
                return self.targets[k]
            return self.targets.setdefault(k, Memory())
        return None

    def grown(self, j: int, shape: Sequence[Any]) -> Any:
        """Address of a stack of rows of this shape; it is asked for in each round, and stays what it is while rows are of one size."""
        dtype = self.body.types[self.loop.body.outputs[self.count + j]].dtype
        bytes = product((self.steps, *shape)) * item_bytes(dtype)
        return self.b.recast(self.frame.unit.scratch(bytes, self.growing[j]), f"{dtype}*")

    def open_sizes(self, j: int) -> list[int]:
        """The dimensions of a row whose size the type does not tell."""
        return [axis for axis, n in enumerate(self.body.types[self.loop.body.outputs[self.count + j]].shape) if n is None]

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
            else:
                initial.append(start.pointer)
        initial += [b.constant(0, "int64") for j in self.growing for _ in self.open_sizes(j)]
        if loop.until or self.steps is None:
            self.repeat(initial)
        else:
            final = b.fold(0, self.steps, initial, lambda t, *carried: self.round(t, carried)[1])
            self.finish(final, self.steps)

    def prepare_stacks(self) -> None:
        frame, loop = self.frame, self.loop
        for j in range(loop.stacked):
            out = loop.outputs[self.count + j]
            if out is None or j in self.growing:
                continue
            if not loop.until:
                self.stacks[j] = frame.memory[out]
            else:  # as many rows as there may be; how many there are shows at the end
                v = loop.body.outputs[self.count + j]
                dtype = self.body.types[v].dtype
                bytes = product((self.steps, *self.row_shapes[v])) * item_bytes(dtype)
                self.stacks[j] = Memory(self.b.recast(frame.unit.scratch(bytes), f"{dtype}*"))

    def repeat(self, initial: list[Any]) -> None:
        """With a condition: rounds until it holds, at most `steps`."""
        b = self.b
        start: Any = b.constant(0, "int64")

        def rounds() -> list[Any]:
            def once(t: Any, *carried: Any) -> tuple[Any, list[Any]]:
                condition, after = self.round(t, carried)
                go_on = b.invert(condition) if condition is not None else b.constant(True, "bool")
                following = t + 1
                if self.steps is not None:
                    go_on = b.both(go_on, b.less(following, self.steps))
                return go_on, [following, *after]

            return b.repeat([start, *initial], once)

        ran: Any = rounds() if self.steps is None else b.when(b.less(0, self.steps), rounds, lambda: [start, *initial])
        self.finish(ran[1:], ran[0])

    def round(self, t: Any, carried: Any) -> tuple[Any, list[Any]]:
        """One step; (condition or None, what is carried to the next)."""
        frame, loop, b, body = self.frame, self.loop, self.b, self.body
        self.now = t
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
        rest = list(carried)
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
            else:
                body.memory[v].pointer = rest.pop(0)
        body.run()
        after: list[Any] = []
        for k, v in enumerate(self.states):
            kind = self.kinds[k]
            if kind == "small":
                here, there = self.buffers[k]
                frame.copy(Memory(here), Memory(there), body.types[v].dtype, product(body.shapes[v]))
            elif kind == "turns":
                after += turns[k]
            else:
                after.append(self.targets[self.count + int(kind[4:])].pointer)
        frame.unit.where = loop.where
        for j in self.growing:
            for axis in self.open_sizes(j):
                before, size = rest.pop(0), body.shapes[loop.body.outputs[self.count + j]][axis]
                text = f"result {j} of the loop: a step changes the size of dimension {axis} from {{}} to {{}}"
                b.check(b.either(b.equal(t, 0), b.equal(before, size)), "ValueError", text, before, size)
                after.append(size)
        condition = None
        if loop.until:
            condition = body.scalar(loop.body.outputs[-1], ())
        return condition, after

    def finish(self, final: list[Any], ran: Any) -> None:
        frame, loop = self.frame, self.loop
        rest = list(final)
        for k, out in enumerate(loop.outputs[: self.count]):
            kind = self.kinds[k]
            pointer = self.buffers[k][0] if kind == "small" else rest[0]
            del rest[: {"small": 0, "turns": 3}.get(kind, 1)]
            if out is not None:
                frame.copy(frame.memory[out], Memory(pointer), frame.types[out].dtype, frame.total(out))
        for j in self.growing:
            out, row = loop.outputs[self.count + j], loop.body.outputs[self.count + j]
            sizes: list[Any] = list(self.body.types[row].shape)
            for axis in self.open_sizes(j):
                sizes[axis] = rest.pop(0)
            frame.memory[out] = Memory(self.grown(j, sizes))
            frame.shapes[out] = (ran, *sizes)
        if loop.until:
            for j, memory in self.stacks.items():
                out = loop.outputs[self.count + j]
                frame.shapes[out] = (ran, *self.row_shapes[loop.body.outputs[self.count + j]])
                frame.memory[out] = memory


class BranchPlan:
    """One Branch in the making: what each side computes stays where it is; address and sizes come out of the If."""

    def __init__(self, frame: Any, branch: Branch, frame_class: Any) -> None:
        self.frame = frame
        self.branch = branch
        self.frame_class = frame_class

    def run(self) -> None:
        frame, branch, b = self.frame, self.branch, self.frame.builder
        condition = frame.scalar(branch.condition, ())
        values = b.when(b.cast(condition, "bool"), lambda: self.side(branch.then), lambda: self.side(branch.otherwise))
        for out in branch.outputs:
            pointer = values.pop(0)
            shape = []
            for n in frame.types[out].shape:
                size = values.pop(0)
                shape.append(size if n is None else n)
            frame.memory[out] = Memory(pointer)
            frame.shapes[out] = tuple(shape)

    def side(self, program: Any) -> list[Any]:
        frame, b = self.frame, self.frame.builder
        inner = self.frame_class(frame.unit, program, lambda k, shape: None)
        for v, outer in zip(program.inputs, self.branch.captured):
            inner.bind(v, frame.shapes[outer], Memory(frame.located(outer).pointer), (frame, outer))
        inner.enter()
        inner.plan()
        inner.run()
        values: list[Any] = []
        for v in program.outputs:
            values.append(inner.located(v).pointer)
            values += [b.cast(b.constant(n, "int64"), "int64") if is_number(n) else n for n in inner.shapes[v]]
        return values


