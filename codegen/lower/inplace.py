"""Results that take over the memory of an argument: rows of a table are changed where the table stands.

The caller says which result replaces which argument (`Program.replaced`); whether an argument's memory may really be had, or a copy has to do,
is decided at each call by whoever gives memory for results. So that a call that fails has changed nothing, all such steps come last: when every
other result stands where it is wanted, what these may find wrong is looked for (`Loops.in_parts`), and then they run, and cannot fail.
"""

from __future__ import annotations

from typing import Any

from codegen.lower.arrays import Memory
from codegen.lower.fuse import Group, inputs_of
from codegen.lower.memory import alias_of
from codegen.lower.nests import loops_kernel
from codegen.program import Program, Step
from codegen.record import record
from codegen.rules import Loops

__all__ = ["Chain", "chains", "finish"]


@record()
class Chain:
    """Steps that change one value after another in place: `output` (its number) is made of the argument `argument` (its number)."""

    output: int
    argument: int
    groups: list[Group]


def chains(program: Program, groups: list[Group]) -> list[Chain]:
    """Those that may run at the end: nobody else reads what they make, and none of them reads an argument that another one changes."""
    if not program.replaced:
        return []
    makers = {v: group for group in groups for v in outputs_of(program.steps[group.root])}
    reads: dict[int, int] = {}
    for step in program.steps:
        for v in inputs_of(step):
            reads[v] = reads.get(v, 0) + 1
    found = [chain for k, j in program.replaced if (chain := chain_of(program, makers, reads, k, j)) is not None]
    changed = {program.inputs[chain.argument] for chain in found}
    return [chain for chain in found if not any(reads_changed(program, makers, group, changed) for group in chain.groups)]


def chain_of(program: Program, makers: dict[int, Group], reads: dict[int, int], k: int, j: int) -> Chain | None:
    v, start = program.outputs[k], program.inputs[j]
    if program.outputs.count(v) > 1 or program.types[v] != program.types[start]:
        return None
    chain: list[Group] = []
    while v != start:
        group = makers.get(v)
        step = None if group is None else program.steps[group.root]
        rule = step.rule if isinstance(step, Step) else None
        if group is None or not isinstance(rule, Loops) or rule.in_parts is None or rule.workspace is not None or reads.get(v, 0) != len(chain[:1]):
            return None
        source = alias_of(step, v)
        if source is None:
            return None
        chain.append(group)
        v = source
    return Chain(k, j, chain[::-1]) if chain else None


def reads_changed(program: Program, makers: dict[int, Group], group: Group, changed: set[int]) -> bool:
    """Whether the group reads a changed argument otherwise than as what it is to change."""
    root = program.steps[group.root]
    alias = alias_of(root, outputs_of(root)[0])
    own = False
    for position in group.members:
        for v in inputs_of(program.steps[position]):
            if v == alias and position == group.root and not own:
                own = True
                continue
            while v in makers and makers[v].kind == "view":
                v = inputs_of(program.steps[makers[v].root])[0]
            if v in changed or v == alias:
                return True
    return False


def outputs_of(step: Any) -> list[int]:
    return [v for v in step.outputs if v is not None]


def finish(frame: Any, chains: list[Chain]) -> None:
    """The code of the chains, behind all other code of the frame."""
    b, unit = frame.builder, frame.unit
    groups = [group for chain in chains for group in chain.groups]
    for group in groups:
        frame.size_now(group)
    for chain in chains:
        source = frame.program.inputs[chain.argument]
        memory: Memory = frame.claim(chain.output, frame.shapes[source])
        total = frame.total(source)
        for group in chain.groups:
            frame.memory[frame.program.steps[group.root].outputs[0]] = memory
        old = frame.memory[source]
        b.when(b.emit("ne", (memory.pointer, old.pointer), "bool"),
               lambda memory=memory, old=old, source=source, total=total: frame.copy(memory, old, frame.types[source].dtype, total))
    kernels = []
    for group in groups:
        step = frame.program.steps[group.root]
        unit.where = step.where
        frame.constants_of(group)
        check, write = step.rule.in_parts
        if check is not None:
            frame.call(loops_kernel(frame, group, (), check))
        kernels.append((group, loops_kernel(frame, group, (), write)))
    for group, kernel in kernels:
        unit.where = frame.program.steps[group.root].where
        frame.call(kernel)
        unit.tick([frame.program.steps[position].where for position in group.members])
