"""scan: Theano's call for loops over time. It reads what the user gave, calls `fn` once on symbols, and makes a LoopOp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph.expr.make import as_variable, constant
from symgraph.expr.sizes import static_int
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.loops.agreement import check_options, check_states, check_strict, check_updates
from symgraph.loops.assembly import Assembly, cast_up
from symgraph.loops.result import OrderedUpdates, call_step
from symgraph.loops.specification import Rows, State, read_non_sequences, read_outputs_info, read_sequences

__all__ = ["scan"]


def scan(
    fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None, n_steps: Any = None,
    truncate_gradient: int = -1, go_backwards: bool = False, mode: Any = None, name: str | None = None, profile: Any = False, allow_gc: Any = None,
    strict: bool = False, return_list: bool = False, checkpoint: Any = None, progress: Any = None,
) -> tuple[Any, OrderedUpdates]:
    """Run `fn` step after step; returns (outputs, updates).

    fn gets, in this order: an element of each of `sequences` (each of its taps), the earlier values of each output that has
    initial values in `outputs_info` (each of its taps), then `non_sequences`. It returns the new values (and updates of shared
    variables, and `until(condition)`). Each output is stacked along a new leading dimension, one row a step.

    sequences: variables, or dict(input=, taps=[0, 1]); the loop runs over the shortest, or n_steps. outputs_info: for each
    output None, an initial value, or dict(initial=, taps=[-1, -2]) with as many leading rows as the largest tap.
    Shared variables with a default update that the step reads (random streams) are updated in each step, and stand in `updates`.
    strict: only `non_sequences` may be read beside sequences and outputs. truncate_gradient: how many steps derivatives go back (-1: all).
    checkpoint: derivatives in reverse store the states of one step in so many, and run the steps between again: memory for time. A number of
    steps; "sqrt": of n steps each sqrt(n)th, which keeps some 2 sqrt(n) rows; a tuple of numbers for segments of segments, or "root 3" and so on;
    "log": some log2(n) states and as many steps, nested as deep as that takes; "64 MB": as many as stay within so many bytes (MemoryError, when
    called, with what is needed, where not even two states and a step do).
    progress: how far the loop is, while it runs. A function is called as progress(done, steps) some ten times a second and once after the last step,
    then with done equal to steps; steps is None where nobody knows how many there will be. (function, n) calls it every n steps. True or "bar"
    draws a bar on stderr. What the function raises ends the call. Of loops in loops the outermost that was asked reports; a loop run again
    for derivatives does not.
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
    others = read_non_sequences(non_sequences)
    steps = _steps(inputs, n_steps, title)
    while True:
        arguments = [x for s in inputs for x in s.rows] + [x for s in states for x in s.arguments] + others
        result = call_step(fn, arguments, title)
        if not states:
            states = [State.none() for _ in result.outputs]
        if not cast_up(states, result):
            break
    check_states(states, result, title)
    check_updates(result.updates, title)
    loop = Assembly(inputs, states, result)
    if strict:
        check_strict(loop.captured, others, title)
    _, outputs, updates = loop.build(steps, name, truncate=truncate_gradient, checkpoint=checkpoint, progress=progress)
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
