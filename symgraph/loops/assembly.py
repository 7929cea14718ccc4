"""From what a step was called with and what it gave to a LoopOp: shared by scan and the loops of trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dtypes import upcast
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.loops.result import OrderedUpdates, StepResult
from symgraph.loops.specification import Rows, State

__all__ = ["Assembly", "cast_up"]


def cast_up(states: list[State], result: StepResult) -> bool:
    """Cast initial values that are constants to the dtype that a step makes of them; whether one was (fn is then asked again)."""
    changed = False
    for k, (state, new) in enumerate(zip(states, result.outputs)):
        if state.initial is None or not isinstance(new, TensorVariable):
            continue
        dtype = state.element.dtype
        if new.dtype != dtype and upcast(new.dtype, dtype) == new.dtype and state.constant:
            states[k] = state.cast(new.dtype)
            changed = True
    return changed


class Assembly:
    """Puts the LoopOp together: lags of deep taps become states handed on from step to step, updated shared variables states.

    counter: the inner variable that is the number of the step, if the step reads it. captured: the outer variables that a step reads.
    """

    def __init__(self, inputs: list[Rows], states: list[State], result: StepResult, counter: Any = None) -> None:
        self.inputs, self.states, self.result = inputs, states, result
        self.counter = [] if counter is None else [counter]
        self.shared = list(result.updates)
        self.inside = [_stand_in(x) for x in self.shared]
        roots = clone_nodes(result.roots, dict(zip(self.shared, self.inside)))
        count = len(result.outputs)
        self.outputs = roots[:count]
        self.new_shared = roots[count : count + len(self.shared)]
        self.condition = roots[-1] if result.condition is not None else None
        self.rows = [x for s in inputs for x in s.rows]
        self.carried = [x for s in states for x in s.lags] + self.inside
        self.captured = self._captured()

    @property
    def roots(self) -> list[Any]:
        return [*self.outputs, *self.new_shared, *([] if self.condition is None else [self.condition])]

    def _captured(self) -> list[Variable]:
        """The largest parts of a step that do not depend on it."""
        inner = {*self.counter, *self.rows, *self.carried}
        order = toposort(self.roots)
        for node in order:
            if any(x in inner for x in node.inputs):
                inner.update(node.outputs)
        found: dict[Variable, None] = {}
        for node in order:
            if node.outputs[0] in inner:
                for x in node.inputs:
                    if x not in inner and not isinstance(x, Constant):
                        found[x] = None
        for x in self.roots:
            if x not in inner and not isinstance(x, Constant):
                found[x] = None
        return list(found)

    def build(
        self, steps: Any, name: str | None, stacked: Sequence[Any] | None = None, **options: Any,
    ) -> tuple[list[Any], list[Any], OrderedUpdates]:
        """The loop: final states, stacks, updates of shared variables. stacked: the numbers of the outputs that are stacked (None: all);
        options: what LoopOp takes besides."""
        captured = self.captured
        states = [s for s in self.states if s.initial is not None]
        starts = [x for s in states for x in s.starts()] + list(self.shared)
        inner_captured = [_stand_in(x) for x in captured]
        new_states: list[Any] = []
        for state, new in zip(self.states, self.outputs):
            if state.initial is not None:
                new_states += [new, *state.lags[:-1]]
        rows = self.outputs if stacked is None else [self.outputs[k] for k in stacked]
        inner_outputs = clone_nodes([*new_states, *self.new_shared, *rows, *([] if self.condition is None else [self.condition.astype("bool")])],
                                    dict(zip(captured, inner_captured)))
        layout = LoopLayout([(offset, s.backwards) for s in self.inputs for offset in s.offsets], len(starts), len(captured), len(rows),
                            counts=bool(self.counter), until=self.condition is not None)
        op = LoopOp([*self.counter, *self.rows, *self.carried, *inner_captured], inner_outputs, layout, name, **options)
        arrays = [s.array for s in self.inputs for _ in s.offsets]
        results = op(steps, *arrays, *[_fitted(x, inner) for x, inner in zip(starts, self.carried)], *captured, return_list=True)
        finals, stacks = results[: len(starts)], results[len(starts) :]
        updates = OrderedUpdates()
        for x, final in zip(self.shared, finals[len(starts) - len(self.shared) :]):
            updates[x] = final
        return finals[: len(starts) - len(self.shared)], stacks, updates


def _stand_in(x: Any) -> Any:
    """A plain variable of the same type and name."""
    return x.type.variable_class(x.type, name=x.name)


def _fitted(start: Any, inner: Any) -> Any:
    """The initial value; that of a shared variable has its type already."""
    return start if isinstance(start, SharedVariable) or start.dtype == inner.dtype else start.astype(inner.dtype)
