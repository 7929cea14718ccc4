"""The data that codegen compiles: numbered values and the steps that compute them.

A Program is plain: it can be printed, compared and digested. Its values are numbered `0 .. len(types) - 1`; every value is a
C-contiguous array (a scalar is an array without dimensions). `inputs` come in with each call, `constants` are known, and each
remaining value is the output of exactly one step; steps stand in an order in which they can run.

Example (``y = exp(x) + x`` for a vector, rules left out)::

    Program(types=[ArrayType('float64', (None,))] * 3, inputs=[0], constants={}, outputs=[2],
            steps=[Step(exp, (0,), (1,), where=0), Step(add, (1, 0), (2,), where=1)])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from codegen.record import field, record

if TYPE_CHECKING:
    from codegen.rules import Rule

__all__ = ["ArrayType", "Branch", "Loop", "Program", "Sequenced", "Step"]


@record(frozen=True)
class ArrayType:
    """dtype by its numpy name; shape: one entry a dimension, None where the size is known only at run time."""

    dtype: str
    shape: tuple[int | None, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join('?' if n is None else str(n) for n in self.shape)}]"


@record()
class Step:
    """One op applied: `outputs` are computed from `inputs` (value numbers) as `rule` says.

    where: the number under which failures of this step are reported to the caller of `compile`.
    """

    rule: Rule
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    where: int = 0


@record(frozen=True)
class Sequenced:
    """An inner input that is a row of an outer value: row ``t + offset`` in step t; `backwards` counts rows from the end."""

    value: int
    offset: int = 0
    backwards: bool = False


@record()
class Loop:
    """Repeats the inner program `body`; (final state, stacked results) = fold(body, state, sequences).

    `body.inputs` are, in this order: the step number (int64, no dimensions) if `counts`, one row for each of `sequences`,
    the `states`, then the `captured` values. `body.outputs` are: the new states, the `stacked` results, then the condition
    (bool, no dimensions) if `until`: after the step in which it is true the loop ends.

    steps: the value (int64, no dimensions) that says how many steps; None: until the condition holds.
    states: outer values, the initial states. captured: outer values, the same in each step.
    outputs: outer values: the final states, the stacks (leading dimension: steps that ran; None where nobody reads it),
    kept: of each stack how many of its last rows there are at most, None: all; (): all of all stacks.
    report: (number under which a callback is known, rounds before its first call), see codegen/lower/reports.py; None: it tells nobody.
    """

    body: Program
    steps: int | None
    sequences: tuple[Sequenced, ...]
    states: tuple[int, ...]
    captured: tuple[int, ...]
    stacked: int
    outputs: tuple[int | None, ...]
    counts: bool = False
    until: bool = False
    where: int = 0
    report: tuple[int, int] | None = None
    kept: tuple[int | None, ...] = ()


@record()
class Branch:
    """Runs one of two inner programs: `then` if the value `condition` (bool, no dimensions) is true, else `otherwise`.

    Both read the outer values `captured` as their inputs and give values for `outputs`.
    """

    condition: int
    then: Program
    otherwise: Program
    captured: tuple[int, ...]
    outputs: tuple[int, ...]
    where: int = 0


AnyStep = Step | Loop | Branch


@record()
class Program:
    """types: of each value; constants: value number -> array; outputs: value numbers (one may stand twice, or be an input).

    replaced: (number of an output, number of an input) where the caller has no use for the input once it has the output. Of the outermost
    Program only.
    """

    types: list[ArrayType]
    inputs: list[int]
    constants: dict[int, Any]
    outputs: list[int]
    steps: Sequence[AnyStep] = field(default_factory=list)
    replaced: Sequence[tuple[int, int]] = ()
