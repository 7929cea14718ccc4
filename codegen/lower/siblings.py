"""Reductions over one range that share what they read, as the sums of a loss and of its gradient do: found before steps are put into groups.

A family becomes one loop nest with the accumulators of all of them; it runs where the first one stands. Each keeps the accumulators, and so
the order of joining, that it would have alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from codegen.loopir.builder import Builder
from codegen.program import Program, Step
from codegen.record import record
from codegen.rules import Pointwise, Reduction

__all__ = ["families"]

MOST = 3  # reductions in a family: of four cheap ones of float32 the accumulators that no register is left for cost what one walk saves
DEAR = 8  # cost of a step beyond which what is shared is better stored: with exp one nest took 1.2 to 2 times as long
REACH = 40  # steps that are looked at behind a reduction


@record()
class _Family:
    members: list[int]
    kind: tuple[object, ...]


def families(program: Program, makers: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """Position of a reduction -> those of its family in order; reductions without one are left out."""
    found: list[_Family] = []
    latest: dict[int, _Family] = {}  # value -> the last family that walks over it
    kinds = {position: kind for position, step in enumerate(program.steps) if (kind := _kind(program, step)) is not None}
    if len(kinds) < 2:
        return {}
    for position, kind in kinds.items():
        walked = _walked(program, makers, position)
        if any(_dear(program, makers, v) for v in walked):
            continue
        family = next((f for v in walked if (f := latest.get(v)) is not None and f.kind == kind and _fits(program, makers, f, position)), None)
        if family is None:
            family = _Family([], kind)
            found.append(family)
        family.members.append(position)
        latest.update(dict.fromkeys(walked, family))
    return {position: tuple(family.members) for family in found if len(family.members) > 1 for position in family.members}


def _kind(program: Program, step: object) -> tuple[object, ...] | None:
    """What the reductions of a family have in common; None for what stays alone: what is joined in order, and columns, whose accumulators fill the
    cache."""
    if not isinstance(step, Step) or not isinstance(step.rule, Reduction) or step.rule.combine is None:
        return None
    given = program.types[step.inputs[0]]
    axes = {a % given.ndim for a in step.rule.axes} if given.ndim else set()
    if given.ndim - 1 not in axes:
        return None
    return given.dtype, given.ndim, tuple(sorted(axes)), len(step.rule.start(Builder()))


def _walked(program: Program, makers: Mapping[int, int], position: int) -> list[int]:
    """Values that the nest of a reduction meets element by element, each at the index where it is: they have the shape of what it reduces."""
    step = program.steps[position]
    assert isinstance(step, Step)
    found = [step.inputs[0]]
    for v in found:
        maker = makers.get(v)
        made = None if maker is None else program.steps[maker]
        if isinstance(made, Step) and isinstance(made.rule, Pointwise) and len(found) < REACH:
            found += [u for u, how in zip(made.inputs, made.rule.reads) if how == "same" and u not in found and _alike(program, u, v)]
    return found


def _dear(program: Program, makers: Mapping[int, int], v: int) -> bool:
    made = program.steps[makers[v]] if v in makers else None
    return isinstance(made, Step) and isinstance(made.rule, Pointwise) and made.rule.cost > DEAR


def _alike(program: Program, u: int, v: int) -> bool:
    one, other = program.types[u].shape, program.types[v].shape
    return len(one) == len(other) and all((n == 1) == (m == 1) for n, m in zip(one, other))


def _fits(program: Program, makers: Mapping[int, int], family: _Family, position: int) -> bool:
    """Whether a reduction can run where the first of the family does: what it needs and stands behind that is computed element by element."""
    if len(family.members) == MOST:
        return False
    step = program.steps[position]
    assert isinstance(step, Step)
    seen = [step.inputs[0]]
    for v in seen:
        maker = makers.get(v)
        if maker is None or maker < family.members[0]:
            continue
        made = program.steps[maker]
        if not isinstance(made, Step) or not isinstance(made.rule, Pointwise) or len(seen) > REACH:
            return False
        seen += [u for u in made.inputs if u not in seen]
    return True
