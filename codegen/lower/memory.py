"""Memory of one epoch: who needs it, how long, and who may take over whose.

A value lives from the group that computes it to the last group that reads it. Values of equal size share memory after one another;
a pointwise result takes the place of an input that is read at the very same index and is not needed any more. Small
values of known size stand on the stack, all others in one block of scratch memory whose size is known when the epoch begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.loopir.scalar import is_number
from codegen.lower.arrays import Memory
from codegen.lower.fuse import Group, inputs_of
from codegen.program import Step
from codegen.rules import Loops, Pointwise

__all__ = ["allocate", "item_bytes"]

SMALL = 512  # bytes of a value that may stand on the stack
STACK = 32768  # bytes of all of them in one epoch
ALIGNMENT = 64
WIDTHS = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "float16": 2, "int32": 4, "uint32": 4, "float32": 4, "complex128": 16}


def item_bytes(dtype: str) -> int:
    """Bytes of an element."""
    return WIDTHS.get(dtype, 8)


class Block:
    """A stretch of memory: `bytes` is a number or a size of the entry; key: equal for blocks known to be of equal size."""

    __slots__ = ("bytes", "key", "users")

    def __init__(self, bytes: Any, key: Any) -> None:
        self.bytes = bytes
        self.key = key
        self.users: list[tuple[Memory, str]] = []


def allocate(frame: Any, groups: Sequence[Group]) -> None:
    """Give every value that the groups store its Memory, in the frame's present block."""
    _Allocation(frame, groups).run()


class _Allocation:
    def __init__(self, frame: Any, groups: Sequence[Group]) -> None:
        self.frame = frame
        self.groups = groups
        self.number = {group.root: k for k, group in enumerate(frame.groups)}
        self.last = last_uses(frame)
        self.free: dict[Any, list[Block]] = {}
        self.blocks: list[Block] = []
        self.extents: dict[Any, tuple[Any, Any]] = {}  # sizes -> bytes and key of a block
        self.owned: dict[int, tuple[Block, Memory]] = {}  # id(memory) -> its block
        self.dying: dict[int, list[Memory]] = {}  # group number -> memory that is free after it
        self.held: dict[int, int] = {}  # id(memory) -> number of the last group that reads it
        self.heirs = heirs(frame) if frame.outermost else {}
        self.promised: dict[int, Memory] = {}  # what the memory of an output passes through before it gets there
        self.views = views(frame) if frame.outermost else {}

    def run(self) -> None:
        for group in self.groups:
            now = self.number[group.root]
            for v in stored_values(self.frame, group):
                self.place(v, group, now)
            if group.kind == "loop":
                self.settle(self.frame.plans[group.root], group, now)
            for memory, dtype, count, each in self.frame.workspaces.get(group.root, ()):
                self.take(memory, dtype, (count * self.frame.unit.threads() if each else count,), now)
            for memory in self.dying.pop(now, ()):
                if self.held.get(id(memory)) == now and id(memory) in self.owned:
                    block, _ = self.owned.pop(id(memory))
                    self.free.setdefault(block.key, []).append(block)
        for key, (block, memory) in self.owned.items():
            self.frame.standing[key] = block, memory, self.held[key]
        self.point()

    def place(self, v: int, group: Group, now: int) -> None:
        frame = self.frame
        if v in frame.memory:
            return
        step = frame.program.steps[frame.maker[v]]
        if group.kind == "view":
            source = step.inputs[0]
            memory = frame.located(source)
            frame.memory[v] = memory
            self.hold(memory, max(self.last.get(v, now), now))
            return
        claimed = frame.stays.get(v) or self.claimed(v) or self.claimed_by_views(v)
        alias = alias_of(step, v) if group.kind != "loop" else frame.plans[group.root].begins_as(v)
        if claimed is not None:
            frame.memory[v] = claimed
            if alias is not None and frame.memory.get(alias) is not claimed:
                frame.in_place[v] = alias
            return
        if v in self.promised or self.becomes_output(v):
            frame.memory[v] = self.promised[v]
            if alias is not None and frame.memory.get(alias) is not self.promised[v]:
                frame.in_place[v] = alias
            return
        donor = self.donor(v, group, now, alias)
        if donor is not None:
            frame.memory[v] = donor
            self.hold(donor, self.last.get(v, now))
            return
        if alias is not None:
            frame.in_place[v] = alias
        memory = frame.memory[v] = Memory()
        self.take(memory, frame.types[v].dtype, frame.shapes[v], self.last.get(v, now))

    def settle(self, plan: Any, group: Group, now: int) -> None:
        """States that a loop changes where they stand, and whose last values nobody reads: where they begin, if nobody needs that either."""
        for k, source in plan.staying():
            if plan.loop.outputs[k] is None and source in self.frame.shapes:
                plan.homes[k] = self.donor(source, group, now, source)

    def becomes_output(self, v: int) -> bool:
        """Whether steps in place make an output of the value: then it stands where the caller wants that, and nothing is copied."""
        frame = self.frame
        if not frame.outermost or not self.heirs:
            return False
        wanted = frame.types[v].dtype, self.extent(frame.types[v].dtype, frame.shapes[v])[1]
        chain = [v]
        while (heir := self.heirs.get(chain[-1])) is not None and heir in frame.shapes:
            if wanted != (frame.types[heir].dtype, self.extent(frame.types[heir].dtype, frame.shapes[heir])[1]):
                return False
            chain.append(heir)
            memory = self.claimed(heir)
            if memory is not None:
                self.promised.update(dict.fromkeys(chain, memory))
                return True
        return False

    def claimed(self, v: int) -> Memory | None:
        """The memory in which the caller wants the value, if it is an output."""
        frame = self.frame
        for k, output in enumerate(frame.program.outputs):
            if output == v and k not in frame.claimed:
                memory = frame.claim(k, frame.shapes[v])
                if memory is not None:
                    frame.claimed[k] = memory
                    return memory
        return None

    def claimed_by_views(self, v: int) -> Memory | None:
        """The memory in which the caller wants a value of which an output is a view, so that nothing is copied."""
        for w in self.views.get(v, ()):
            if w in self.frame.shapes:
                memory = self.claimed(w) or self.claimed_by_views(w)
                if memory is not None:
                    return memory
        return None

    def hold(self, memory: Memory, until: int) -> None:
        until = max(until, self.held.get(id(memory), -1))
        self.held[id(memory)] = until
        self.dying.setdefault(until, []).append(memory)

    def take(self, memory: Memory, dtype: str, shape: Sequence[Any], until: int) -> None:
        """A free block of this size, or a new one."""
        bytes, key = self.extent(dtype, shape)
        free = self.free.get(key)
        if free:
            block = free.pop()
        else:
            block = Block(bytes, key)
            self.blocks.append(block)
        block.users.append((memory, dtype))
        self.owned[id(memory)] = (block, memory)
        self.hold(memory, until)

    def extent(self, dtype: str, shape: Sequence[Any]) -> tuple[Any, Any]:
        known = item_bytes(dtype)
        unknown = []
        for n in shape:
            if is_number(n):
                known *= n
            else:
                unknown.append(n)
        if not unknown:
            rounded = -(-known // 8) * 8 if known <= SMALL else -(-known // ALIGNMENT) * ALIGNMENT
            return rounded, rounded
        key = known, tuple(sorted(id(n.value) for n in unknown))
        found = self.extents.get(key)
        if found is None:
            total: Any = known
            for n in unknown:
                total = n * total
            total = (total + (ALIGNMENT - 1)) // ALIGNMENT * ALIGNMENT if known % ALIGNMENT else total
            found = self.extents[key] = total, key
        return found

    # In place ---------------------------------------------------------------------------------------------------------
    def donor(self, v: int, group: Group, now: int, alias: int | None) -> Memory | None:
        """Memory of an input that the result may overwrite."""
        frame = self.frame
        if alias is not None:
            # What is added to a part of x may be x itself: then it must not change while it is read.
            memories = [id(frame.memory.get(u)) for u in inputs_of(frame.program.steps[group.root])]
            candidates = [alias] if memories.count(id(frame.memory.get(alias))) == 1 else []
        elif group.kind == "pointwise":
            candidates = self.read_in_place(group, frame.maker[v])
        else:
            return None
        wanted = self.extent(frame.types[v].dtype, frame.shapes[v])[1]
        for source in candidates:
            memory = frame.memory.get(source)
            block, until = self.standing(memory, group)
            if memory is None or block is None or until != now:
                continue
            if any(frame.memory.get(other) is memory for other in stored_values(frame, group)):
                continue
            if block.key == wanted and frame.types[source].dtype == frame.types[v].dtype:
                return memory
        return None

    def standing(self, memory: Memory | None, group: Group) -> tuple[Block | None, int | None]:
        """The block that a memory is in, and the last group that reads it; for a loop also that of an earlier epoch."""
        if id(memory) in self.owned:
            return self.owned[id(memory)][0], self.held.get(id(memory))
        block, _, until = self.frame.standing.get(id(memory), (None, None, None)) if group.kind == "loop" else (None, None, None)
        return block, until if id(memory) not in self.held else self.held[id(memory)]

    def read_in_place(self, group: Group, writer: int) -> list[int]:
        """The inputs that are read by aligned members only, each at the index that is written, and by none after `writer` has stored."""
        steps = self.frame.program.steps
        inside = {steps[p].outputs[0] for p in group.members}
        fine: dict[int, bool] = {}
        for p in group.members:
            step = steps[p]
            if not isinstance(step.rule, Pointwise):
                return []
            for source, how in zip(step.inputs, step.rule.reads):
                if source not in inside:
                    fine[source] = fine.get(source, True) and how == "same" and p in group.aligned and p <= writer
        memories = [id(self.frame.memory.get(s)) for s in fine]
        return [s for s, good in fine.items() if good and memories.count(id(self.frame.memory.get(s))) == 1]

    # Addresses --------------------------------------------------------------------------------------------------------
    def point(self) -> None:
        """Stack or scratch for every block, and the addresses that follow."""
        b = self.frame.builder
        stack = 0
        total: Any = 0
        places: list[tuple[Block, Any]] = []
        alike: dict[Any, list[Block]] = {}
        for block in self.blocks:
            if is_number(block.bytes) and block.bytes <= SMALL and stack + block.bytes <= STACK:
                stack += block.bytes
                places.append((block, None))
            else:
                alike.setdefault(block.key, []).append(block)
        for blocks in alike.values():  # those of one size beside one another: the address of each is short to compute
            bytes = blocks[0].bytes
            bytes = -(-bytes // ALIGNMENT) * ALIGNMENT if is_number(bytes) else bytes
            places += [(block, (total, k * bytes)) for k, block in enumerate(blocks)]
            total = total + len(blocks) * bytes
        base = None if is_number(total) and total == 0 else self.scratch(total)
        for block, offset in places:
            seen: dict[str, Any] = {}
            local = None
            for memory, dtype in block.users:
                pointer = seen.get(dtype)
                if pointer is None:
                    if offset is None:
                        local = b.local(dtype, max(1, block.bytes // item_bytes(dtype))) if local is None else local
                        start = local
                    else:
                        start = self.moved(base, offset)
                    pointer = seen[dtype] = b.recast(start, f"{dtype}*")
                memory.pointer = pointer

    def scratch(self, total: Any) -> Any:
        """The memory of all values that are not on the stack: where there are stacks of a loop among them, those are what takes it."""
        frame = self.frame
        loops = [group for group in self.groups if group.kind == "loop" and stored_values(frame, group)]
        if not loops:
            return frame.unit.scratch(total)
        where, frame.unit.where = frame.unit.where, frame.program.steps[loops[0].root].where
        base = frame.unit.scratch(total, purpose="the stacked rows of the loop, and what is computed from them")
        frame.unit.where = where
        return base

    def moved(self, base: Any, offset: tuple[Any, Any]) -> Any:
        """The address so many bytes further: past other blocks, and past those of the same size."""
        b = self.frame.builder
        for by in offset:
            if not (is_number(by) and by == 0):
                base = b.emit("bytes", (base, by), "void*")
        return base


def stored_values(frame: Any, group: Group) -> list[int]:
    """The values that a group puts into memory."""
    steps = frame.program.steps
    if group.kind == "python" or group.kind == "branch":
        return []  # theirs comes from elsewhere
    if group.kind in ("pointwise", "reduction"):
        return [steps[p].outputs[0] for p in group.members if p in group.stored or p == group.root]
    return [v for v in steps[group.root].outputs if v is not None and v in frame.shapes]


def alias_of(step: Any, v: int) -> int | None:
    """The input whose memory the output starts from."""
    if isinstance(step, Step) and isinstance(step.rule, Loops):
        for output, operand in step.rule.alias:
            if step.outputs[output] == v:
                return step.inputs[operand]
    return None


def last_uses(frame: Any) -> dict[int, int]:
    """For each value the number of the last group that reads it; outputs live to the end."""
    found: dict[int, int] | None = frame.last_uses
    if found is None:
        found = {}
        for k, group in enumerate(frame.groups):
            for p in group.members:
                for v in inputs_of(frame.program.steps[p]):
                    found[v] = k
        for chain in frame.final:
            for group in chain.groups:
                for p in group.members:
                    found.update(dict.fromkeys(inputs_of(frame.program.steps[p]), len(frame.groups)))
        for v in frame.program.outputs:
            found[v] = len(frame.groups)
        frame.last_uses = found
    return found


def views(frame: Any) -> dict[int, list[int]]:
    """For each value the values that are views of it."""
    found: dict[int, list[int]] = {}
    for group in frame.groups:
        if group.kind == "view":
            step = frame.program.steps[group.root]
            found.setdefault(step.inputs[0], []).append(step.outputs[0])
    return found


def heirs(frame: Any) -> dict[int, int]:
    """For each value that a step changes in place, and that nothing else needs then: what becomes of it."""
    last = last_uses(frame)
    viewed = views(frame)
    found = {}
    for k, group in enumerate(frame.groups):
        step = frame.program.steps[group.root]
        if group.kind == "loops":
            for v in step.outputs:
                source = None if v is None else alias_of(step, v)
                if source is not None and source not in viewed and last.get(source) == k and step.inputs.count(source) == 1:
                    found[source] = v
    return found
