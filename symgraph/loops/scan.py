"""scan: Theano's call for loops over time. It reads what the user gave, calls `fn` once on symbols, and makes a LoopOp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph.expr.dtypes import upcast
from symgraph.expr.make import as_variable, constant
from symgraph.expr.shared import SharedVariable
from symgraph.expr.sizes import static_int
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.loops.agreement import check_options, check_states, check_strict, check_updates
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.loops.result import OrderedUpdates, StepResult, call_step
from symgraph.loops.specification import Rows, State, listed, read_outputs_info, read_sequences

__all__ = ["scan"]


def scan(
    fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None, n_steps: Any = None,
    truncate_gradient: int = -1, go_backwards: bool = False, mode: Any = None, name: str | None = None, profile: Any = False, allow_gc: Any = None,
    strict: bool = False, return_list: bool = False,
) -> tuple[Any, OrderedUpdates]:
    """Run `fn` step after step; returns (outputs, updates).

    fn gets, in this order: an element of each of `sequences` (each of its taps), the earlier values of each output that has
    initial values in `outputs_info` (each of its taps), then `non_sequences`. It returns the new values (and updates of shared
    variables, and `until(condition)`). Each output is stacked along a new leading dimension, one row a step.

    sequences: variables, or dict(input=, taps=[0, 1]); the loop runs over the shortest, or n_steps. outputs_info: for each
    output None, an initial value, or dict(initial=, taps=[-1, -2]) with as many leading rows as the largest tap.
    Shared variables with a default update that the step reads (random streams) are updated in each step, and stand in `updates`.
    strict: only `non_sequences` may be read beside sequences and outputs. truncate_gradient: how many steps derivatives go back (-1: all).
    mode, profile and allow_gc are accepted for Theano's sake: a loop is compiled as the function around it is.

    Raises ValueError for taps >= 0 of outputs, too few initial rows for them, no sequences and no n_steps, a negative number of steps
    or more than a sequence has (when called, where not known before), a state whose dtype or shape changes, a function that returns
    something else than it may; TypeError for taps or n_steps that are no integers, and a function that cannot take these arguments.

    >>> import symgraph.tensor as T
    >>> A, k = T.dvector('A'), T.iscalar('k')
    >>> result, updates = scan(lambda prior, A: prior * A, outputs_info=T.ones_like(A), non_sequences=A, n_steps=k)
    >>> result[-1].eval({A: [0.0, 1.0, 2.0], k: 3})
    array([0., 1., 8.])
    """
    title = check_options(name, truncate_gradient)
    inputs = read_sequences(sequences, go_backwards)
    states = read_outputs_info(outputs_info)
    others = [as_variable(x) for x in listed(non_sequences)]
    steps = _steps(inputs, n_steps, title)
    while True:
        arguments = [x for s in inputs for x in s.rows] + [x for s in states for x in s.arguments] + others
        result = call_step(fn, arguments, title)
        if not states:
            states = [State.none() for _ in result.outputs]
        if not _cast_up(states, result):
            break
    check_states(states, result, title)
    check_updates(result.updates, title)
    loop = _Assembly(inputs, states, result)
    captured = loop.captured()
    if strict:
        check_strict(captured, others, title)
    outputs, updates = loop.build(steps, captured, name, truncate_gradient)
    if not outputs:
        return None, updates
    return (outputs[0] if len(outputs) == 1 and not return_list else outputs), updates


def _steps(inputs: Sequence[Rows], n_steps: Any, title: str) -> Any:
    """The number of steps as an int64 scalar: n_steps, else what the shortest sequence allows."""
    if n_steps is not None:
        steps = n_steps if isinstance(n_steps, float) else as_variable(n_steps)
        if not isinstance(steps, TensorVariable) or steps.ndim != 0 or "int" not in steps.dtype:
            raise TypeError(f"{title}: n_steps must be an integer scalar, got {n_steps!r}"
                            f"{f' of type {steps.type}' if isinstance(steps, Variable) else ''}")
        count = static_int(steps)
        if count is None:
            return steps.astype("int64")
        if count < 0:
            raise ValueError(f"{title}: n_steps must not be negative, got {count}")
        for position, s in enumerate(inputs):
            length = s.length()
            if isinstance(length, int) and length < count:
                raise ValueError(f"{title}: sequence {position} is long enough for {length} steps, n_steps is {count}")
        return constant(count, dtype="int64")
    if not inputs:
        raise ValueError(f"{title} has no sequences, so n_steps must say how many steps to run")
    lengths = [s.length() for s in inputs]
    known = [x for x in lengths if isinstance(x, int)]
    total = constant(min(known), dtype="int64") if known else None
    for x in lengths:
        if not isinstance(x, int):
            total = x if total is None else total.minimum(x).astype("int64")
    return total


def _cast_up(states: list[State], result: StepResult) -> bool:
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


class _Assembly:
    """Puts the LoopOp together: lags of deep taps become states handed on from step to step, updated shared variables states."""

    def __init__(self, inputs: list[Rows], states: list[State], result: StepResult) -> None:
        self.inputs, self.states, self.result = inputs, states, result
        self.shared = list(result.updates)
        self.inside = [_stand_in(x) for x in self.shared]
        roots = clone_nodes(result.roots, dict(zip(self.shared, self.inside)))
        count = len(result.outputs)
        self.outputs = roots[:count]
        self.new_shared = roots[count : count + len(self.shared)]
        self.condition = roots[-1] if result.condition is not None else None
        self.rows = [x for s in inputs for x in s.rows]
        self.carried = [x for s in states for x in s.lags] + self.inside

    @property
    def roots(self) -> list[Any]:
        return [*self.outputs, *self.new_shared, *([] if self.condition is None else [self.condition])]

    def captured(self) -> list[Variable]:
        """The outer variables that a step reads: the largest parts of it that do not depend on the step."""
        inner = {*self.rows, *self.carried}
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

    def build(self, steps: Any, captured: list[Variable], name: str | None, truncate: int) -> tuple[list[Any], OrderedUpdates]:
        states = [s for s in self.states if s.initial is not None]
        starts = [x for s in states for x in s.starts()] + list(self.shared)
        inner_captured = [_stand_in(x) for x in captured]
        new_states: list[Any] = []
        for state, new in zip(self.states, self.outputs):
            if state.initial is not None:
                new_states += [new, *state.lags[:-1]]
        stacked = self.outputs
        inner_outputs = clone_nodes([*new_states, *self.new_shared, *stacked, *([] if self.condition is None else [self.condition.astype("bool")])],
                                    dict(zip(captured, inner_captured)))
        layout = LoopLayout([(offset, s.backwards) for s in self.inputs for offset in s.offsets], len(starts), len(captured), len(stacked),
                            until=self.condition is not None)
        op = LoopOp([*self.rows, *self.carried, *inner_captured], inner_outputs, layout, name, truncate)
        arrays = [s.array for s in self.inputs for _ in s.offsets]
        results = op(steps, *arrays, *[_fitted(x, inner) for x, inner in zip(starts, self.carried)], *captured, return_list=True)
        finals, stacks = results[: len(starts)], results[len(starts) :]
        updates = OrderedUpdates()
        for x, final in zip(self.shared, finals[len(starts) - len(self.shared) :]):
            updates[x] = final
        return stacks, updates


def _stand_in(x: Any) -> Any:
    """A plain variable of the same type and name."""
    return x.type.variable_class(x.type, name=x.name)


def _fitted(start: Any, inner: Any) -> Any:
    """The initial value; that of a shared variable has its type already."""
    return start if isinstance(start, SharedVariable) or start.dtype == inner.dtype else start.astype(inner.dtype)
