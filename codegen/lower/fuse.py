"""Which steps are computed together: steps -> groups, each of which becomes one loop nest.

A pointwise step may be a *member* of the group of its reader: its elements are computed where they are read, and need no memory.
A member is *aligned* if it is read only at the very index that the loop nest is at; an aligned member may also be *stored*,
if others read it later. One sweep from the last step to the first; a budget keeps kernels small, because the time
that compilers take grows faster than a function's length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from codegen.lower.flat import is_flat, neighbours
from codegen.lower.siblings import families
from codegen.program import Branch, Loop, Program, Step
from codegen.record import field, record
from codegen.rules import Loops, Pointwise, Python, Reduction

__all__ = ["STEPS", "Group", "fuse", "inputs_of"]

# Budget of one kernel: steps, their cost, and arrays. Measured: the time of LLVM's passes per step is about level up to 200 values.
STEPS = 150
COST = 200
ARRAYS = 40
DEPTH = 16  # of members that are read at an index of their own: evaluating those recurses
CHEAP = 3  # cost up to which a step is computed again in each of its readers rather than stored


@record(eq=False)
class Group:
    """kind: 'pointwise', 'reduction', 'loops', 'python', 'view', 'loop', 'branch'. members: positions of steps, in order; root: the last of them, but
    of several reductions (all but it are `stored`) the first."""

    kind: str
    root: int
    members: list[int] = field(default_factory=list)
    aligned: set[int] = field(default_factory=set)
    stored: set[int] = field(default_factory=set)
    cost: int = 0
    arrays: set[int] = field(default_factory=set)
    depth: dict[int, int] = field(default_factory=dict)
    most: int = STEPS

    def room_for(self, step: Step, cost: int) -> bool:
        return len(self.members) < self.most and self.cost + cost <= COST and len(self.arrays | set(step.inputs)) <= ARRAYS


@record()
class Use:
    """Step `position` reads the value as its input number `operand`."""

    position: int
    operand: int


def reads_elements(step: Step | Loop | Branch, operand: int) -> bool:
    """Whether a step reads this input element by element, so that it need not stand in memory."""
    if not isinstance(step, Step):
        return False
    if isinstance(step.rule, Loops):
        return step.rule.by_address is not None and operand not in step.rule.by_address
    return isinstance(step.rule, Pointwise) or (isinstance(step.rule, Reduction) and operand == 0)


def inputs_of(step: Step | Loop | Branch) -> tuple[int, ...]:
    """The values a step reads."""
    if isinstance(step, Step):
        return step.inputs
    if isinstance(step, Branch):
        return (step.condition, *step.captured)
    count = () if step.steps is None else (step.steps,)
    return (*count, *(s.value for s in step.sequences), *step.states, *step.captured)


def fuse(program: Program, most: int = STEPS) -> list[Group]:
    """The groups in an order in which they can run. most: steps in one of them."""
    makers = {value: position for position, step in enumerate(program.steps) for value in step.outputs if value is not None}
    together = families(program, makers)
    while True:
        fusion = _Fusion(program, most, makers, together)
        groups = fusion.groups()
        apart = fusion.apart() if together else set()
        if not apart:
            return groups
        together = {position: family for position, family in together.items() if family[0] not in apart}


class _Fusion:
    def __init__(self, program: Program, most: int, makers: Mapping[int, int], together: Mapping[int, tuple[int, ...]]) -> None:
        self.program = program
        self.most = most
        self.steps = program.steps
        self.types = program.types
        self.results = set(program.outputs)
        self.makers = makers
        self.together = together
        self.begun: dict[int, Group] = {}  # first of a family -> their group
        self.uses: dict[int, list[Use]] = {}
        for position, step in enumerate(program.steps):
            for operand, value in enumerate(inputs_of(step)):
                self.uses.setdefault(value, []).append(Use(position, operand))
        self.homes: list[list[Group]] = [[] for _ in program.steps]
        self.again: dict[int, int] = {}  # position -> cost computed again for each of several readers
        self.all: list[Group] = []

    def groups(self) -> list[Group]:
        for position in range(len(self.steps) - 1, -1, -1):
            step = self.steps[position]
            if not isinstance(step, Step):
                self.open("loop" if isinstance(step, Loop) else "branch", position)
            elif isinstance(step.rule, Pointwise):
                self.place(position, step, step.rule)
            elif isinstance(step.rule, Reduction):
                self.reduce(position)
            elif isinstance(step.rule, Loops):
                self.open("view" if step.rule.view else "loops", position)
            else:
                assert isinstance(step.rule, Python)
                self.open("python", position)
        for group in self.all:
            group.members.sort()
        return sorted(self.all, key=lambda group: group.root)

    def reduce(self, position: int) -> None:
        """A reduction: into the loop nest of its family, or into one of its own."""
        family = self.together.get(position, (position,))
        group = self.begun.get(family[0])
        if group is None:
            group = self.begun[family[0]] = self.open("reduction", position)
            group.root = family[0]
        else:
            self.join(group, position, aligned=True)
        if position != family[0]:
            group.stored.add(position)

    def apart(self) -> set[int]:
        """The families, by their first, that cannot be: they need what is computed only after them, a step between them that could not become a
        member, or one of them would be walked, and so added, in another order alone."""
        where = {value: group for group in self.all for position in (group.root, *group.stored) for value in self.steps[position].outputs}
        found = set()
        for first, group in self.begun.items():
            family = self.together.get(first, ())
            if len(family) < 2:
                continue
            needed = {where.get(value, group) for position in group.members for value in inputs_of(self.steps[position])} - {group}
            if any(home.root > first for home in needed) or len({self.order(group, position) for position in family}) > 1:
                found.add(first)
        return found

    def order(self, group: Group, position: int) -> tuple[bool, int]:
        """Which dimensions a reduction of a group would be walked over as one, alone with what it needs of the members."""
        step = self.steps[position]
        assert isinstance(step, Step) and isinstance(step.rule, Reduction)
        value = step.inputs[0]
        ndim = self.types[value].ndim
        if ndim < 2:
            return True, 1
        axes = {a % ndim for a in step.rule.axes}
        together = 0
        while together < ndim and ndim - 1 - together in axes:
            together += 1
        members = {position}
        open = [value]
        for v in open:
            maker = self.makers.get(v, -1)
            if maker in group.depth and maker not in members and maker not in self.together:
                members.add(maker)
                open += inputs_of(self.steps[maker])
        return len(axes) == ndim and is_flat(self.program, members, group.aligned, ndim), neighbours(self.program, members, value, together)

    def open(self, kind: str, position: int) -> Group:
        group = Group(kind, position, most=self.most)
        self.all.append(group)
        step = self.steps[position]
        self.join(group, position, aligned=kind in ("pointwise", "reduction"))
        if kind == "pointwise":
            group.stored.add(position)
        group.arrays.update(inputs_of(step))
        return group

    def join(self, group: Group, position: int, aligned: bool, depth: int = 0) -> None:
        step = self.steps[position]
        group.members.append(position)
        group.cost += step.rule.cost if isinstance(step, Step) and isinstance(step.rule, Pointwise) else 1
        group.arrays.update(inputs_of(step))
        group.depth[position] = depth
        if aligned:
            group.aligned.add(position)
        self.homes[position].append(group)

    def place(self, position: int, step: Step, rule: Pointwise) -> None:
        value = step.outputs[0]
        uses = self.uses.get(value, [])
        homes: dict[int, Group] = {}
        in_memory = value in self.results or not uses
        for use in uses:
            reader = self.steps[use.position]
            if reads_elements(reader, use.operand):
                for group in self.homes[use.position]:
                    if group.kind == "view" or (group.kind == "loops" and not self.fed_by_scalars(step, group)):
                        in_memory = True  # a view computes nothing: it hands on memory
                    else:
                        homes[id(group)] = group
            else:
                in_memory = True
        if not in_memory and len(homes) == 1 and self.absorbed(position, step, rule, *homes.values()):
            return
        if not in_memory and len(homes) > 1 and self.repeated(position, step, rule, list(homes.values())):
            return
        if rule.view and value in self.results and self.stands_whole(step.inputs[0]):
            self.open("view", position)
            return
        if self.stored_beside(position, step, rule, uses, list(homes.values())):
            return
        if rule.view and value not in self.results:
            self.open("view", position)
        else:
            self.open("pointwise", position)

    def stands_whole(self, value: int) -> bool:
        """Whether a kernel of its own writes the value into memory: then it may be the very memory of a result that is a view of it."""
        position = self.makers.get(value)
        step = None if position is None else self.steps[position]
        if not isinstance(step, Step):
            return False
        if isinstance(step.rule, (Pointwise, Loops)) and step.rule.view:
            return self.stands_whole(step.inputs[0])
        return isinstance(step.rule, (Loops, Reduction))

    # Ways to be a member ----------------------------------------------------------------------------------------------
    def absorbed(self, position: int, step: Step, rule: Pointwise, group: Group) -> bool:
        """Into the one group that reads it."""
        reads = self.reads(step.outputs[0], group)
        aligned = all(how == "same" for how, _ in reads)
        depth = 0 if aligned else 1 + max(group.depth[p] for _, p in reads)
        if not group.room_for(step, rule.cost) or depth > DEPTH:
            return False
        if not aligned and not self.scalar(step) and rule.cost > CHEAP:
            # Read at other places: worth it where no element is computed twice.
            if len(reads) > 1 or reads[0][0] == "many" or self.again.get(reads[0][1], 0) > 0:
                return False
        again = 0 if aligned else max(self.again.get(p, 0) for _, p in reads)
        if not aligned and (len(reads) > 1 or reads[0][0] == "many") and not self.scalar(step):
            again += rule.cost
            if again > CHEAP:
                return False
        self.again[position] = again
        self.join(group, position, aligned, depth)
        return True

    def repeated(self, position: int, step: Step, rule: Pointwise, groups: list[Group]) -> bool:
        """Into each of several groups, where computing it again is cheaper than its memory."""
        if len(groups) > 4 or not all(group.room_for(step, rule.cost) for group in groups):
            return False
        reads = {id(group): self.reads(step.outputs[0], group) for group in groups}
        again = rule.cost + max(self.again.get(p, 0) for found in reads.values() for _, p in found)
        if again > (8 * CHEAP if self.scalar(step) else CHEAP):
            return False
        depths = {key: 0 if all(how == "same" for how, _ in found) else 1 + max(self.depth(groups, key, p) for _, p in found)
                  for key, found in reads.items()}
        if max(depths.values()) > DEPTH:
            return False
        self.again[position] = again
        for group in groups:
            found = reads[id(group)]
            self.join(group, position, all(how == "same" for how, _ in found), depths[id(group)])
        return True

    @staticmethod
    def depth(groups: list[Group], key: int, position: int) -> int:
        return next(group.depth[position] for group in groups if id(group) == key)

    def stored_beside(self, position: int, step: Step, rule: Pointwise, uses: Sequence[Use], groups: Sequence[Group]) -> bool:
        """Computed in the loop nest of its first reader, and stored for the others."""
        if not groups or self.again.get(position):
            return False
        group = min(groups, key=lambda g: g.root)
        if group.kind not in ("pointwise", "reduction") or not group.room_for(step, rule.cost):
            return False
        reads = self.reads(step.outputs[0], group)
        if any(how != "same" or self.again.get(p) for how, p in reads):
            return False
        # Whoever else reads it must run after the whole group, or the two would wait for each other.
        if any(home is not group and home.root < group.root for use in uses for home in self.homes[use.position]):
            return False
        self.join(group, position, aligned=True)
        group.stored.add(position)
        group.arrays.add(step.outputs[0])
        return True

    def reads(self, value: int, group: Group) -> list[tuple[str, int]]:
        """How the members of a group read a value: 'same' (at the index of the loop nest), 'once' or 'many', and who reads."""
        found = []
        members = group.aligned
        for use in self.uses.get(value, ()):
            if not any(home is group for home in self.homes[use.position]):
                continue
            reader = self.steps[use.position]
            assert isinstance(reader, Step)
            if isinstance(reader.rule, Loops):
                how = "many"
            else:
                how = "same" if isinstance(reader.rule, Reduction) else reader.rule.reads[use.operand]  # type: ignore[union-attr]
            if how == "same" and use.position not in members:
                how = "once"
            found.append((how, use.position))
        return found

    def fed_by_scalars(self, step: Step, group: Group) -> bool:
        """Whether a step reads no array that loops might be overwriting, and none that it would read again and again."""
        root = self.steps[group.root]
        assert isinstance(root, Step) and isinstance(root.rule, Loops)
        overwritten = {root.inputs[operand] for _, operand in root.rule.alias}
        return all(self.types[v].ndim == 0 and v not in overwritten for v in step.inputs)

    def scalar(self, step: Step) -> bool:
        """Computed once a kernel, before the loops."""
        return all(n == 1 for n in self.types[step.outputs[0]].shape) and self.types[step.outputs[0]].ndim == 0
