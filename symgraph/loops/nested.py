"""Loops whose state and results are nestings of variables: fold, fori, while_, iterate. Each makes one LoopOp.

The step is a Python function, called once, on symbols, in the same nesting as the state that was given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symgraph import source
from symgraph.errors import locate
from symgraph.expr.make import as_variable, constant
from symgraph.expr.sizes import static_int
from symgraph.expr.types import TensorType, tensor_type
from symgraph.expr.variable import TensorVariable
from symgraph.loops.assembly import Assembly, cast_up
from symgraph.loops.branch import as_condition
from symgraph.loops.progress import MOST_STEPS
from symgraph.loops.result import StepResult, call_step, until
from symgraph.loops.specification import Rows, State
from symgraph.loops.trees import Tree, beside, flatten
from symgraph.settings import config

__all__ = ["MOST_STEPS", "Traced", "fold", "fori", "iterate", "step_count", "while_"]


def fold(
    step: Callable[..., Any], state: Any, xs: Any = None, n_steps: Any = None, go_backwards: bool = False, name: str | None = None, **options: Any,
) -> tuple[Any, Any]:
    """``state, result = step(state, x)`` for each row x of `xs`; gives (the final state, the results stacked along a new first dimension).

    state: variables, numbers and arrays in any nesting of tuples, lists, dictionaries, dataclasses and named tuples; `step` gets it, and
    gives the next one, in the same nesting, each leaf of the same dtype and number of dimensions. xs: a nesting of arrays; x is the same
    nesting of their rows; the loop runs to the end of the shortest, or n_steps. Without xs the step is called with the state alone.
    result: any nesting, or None. go_backwards: rows from the last to the first (results stand in the order of the steps).

    A number that the step makes wider (1 that becomes float64) starts in the wider dtype. Shared variables with a default update that the
    step reads (random streams) go on from step to step, and their default update becomes what the last step leaves. name: for print-outs.
    Python numbers begin as int64 and floatX.
    options: checkpoint, progress and truncate, which are `scan`'s checkpoint, progress and truncate_gradient: what derivatives store, who is
    told how far the loop is, and how far derivatives go back.

    Raises TypeError for a state or result that is no nesting of variables, and for a step that gives another structure or dtype;
    ValueError for another number of dimensions or size; both show the two nestings beside each other. Raises ValueError
    without xs and n_steps, TypeError for rows that are scalars.

    >>> import symgraph.tensor as T
    >>> xs = T.dvector('xs')
    >>> state, sums = fold(lambda state, x: ({'sum': state['sum'] + x, 'count': state['count'] + 1}, state['sum'] + x), {'sum': 0.0, 'count': 0}, xs)
    >>> (state['sum'] / state['count']).eval({xs: [1.0, 2.0, 6.0]}), sums.eval({xs: [1.0, 2.0, 6.0]})
    (array(3.), array([1., 3., 9.]))
    """
    title = _title("fold", name, options)
    arrays, form = flatten(xs)
    for array, path in zip(arrays, form.paths("xs")):
        if not isinstance(array, TensorVariable) or array.ndim == 0:
            raise TypeError(f"{title}: {path} must have a dimension to run along, got {array} of type {array.type}")
    inputs = [_rows(array, path, go_backwards) for array, path in zip(arrays, form.paths("x"))]

    def flat(state: Any, *rows: Any) -> tuple[Any, Any]:
        returned = step(state, form.build(rows)) if xs is not None else step(state)
        if not isinstance(returned, tuple) or len(returned) != 2:
            text = f"{title}: a step must return a pair (state, result), got {_brief(returned)}; result is None where there is none"
            raise _located(TypeError(text), step)
        return returned

    loop = Traced(title, step, state, flat, inputs)
    finals, stacks, _ = loop.build(step_count(inputs, n_steps, title), name, options)
    return loop.tree.build(finals), loop.form.build(stacks)


def fori(lower: Any, upper: Any, body: Callable[[Any, Any], Any], state: Any, name: str | None = None, **options: Any) -> Any:
    """``state = body(i, state)`` for i from lower to upper - 1; gives the final state. i is an int64 without dimensions.

    The state is any nesting, as for `fold`, whose errors this raises too; TypeError for bounds that are no integers.

    >>> import symgraph.tensor as T
    >>> n = T.lscalar('n')
    >>> fori(1, n + 1, lambda i, product: product * i, 1).eval({n: 5})
    array(120)
    """
    title = _title("fori", name, options)
    first, last = (_integer(x, title, what) for x, what in ((lower, "lower"), (upper, "upper")))
    counter = tensor_type("int64", ()).make_variable("step")
    start = static_int(first)
    index = counter if start == 0 else counter + first
    index.name = "i"
    loop = Traced(title, body, state, lambda state: (body(index, state), None), [], counter)
    finals, _, _ = loop.build((last - first).maximum(0).astype("int64"), name, options)
    return loop.tree.build(finals)


def iterate(f: Callable[[Any], Any], x: Any, n: Any, name: str | None = None, **options: Any) -> Any:
    """f(f(... f(x))), n times. x is any nesting, as for `fold`, whose errors this raises too; TypeError if n is no integer, ValueError
    if it is negative.

    >>> import symgraph.tensor as T
    >>> x, n = T.dscalar('x'), T.lscalar('n')
    >>> iterate(lambda x: x * x, x, n).eval({x: 2.0, n: 3})
    array(256.)
    """
    title = _title("iterate", name, options)
    loop = Traced(title, f, x, lambda state: (f(state), None), [])
    finals, _, _ = loop.build(step_count([], n, title), name, options)
    return loop.tree.build(finals)


def while_(
    condition: Callable[[Any], Any], body: Callable[[Any], Any], state: Any, max_steps: Any = None, name: str | None = None, **options: Any,
) -> Any:
    """``while condition(state): state = body(state)``; gives the final state. Derivatives in both directions need no bound.

    The state is any nesting, as for `fold`, whose errors this raises too. condition gives a scalar. max_steps: the loop ends after so many
    steps, whatever the condition says; without it a condition that stays true runs for ever (Ctrl-C ends it). TypeError for a
    condition that is no scalar, ValueError for a negative max_steps.

    >>> import symgraph.tensor as T
    >>> n = T.lscalar('n')
    >>> collatz = lambda s: (T.switch(T.eq(s[0] % 2, 0), s[0] // 2, 3 * s[0] + 1), s[1] + 1)
    >>> while_(lambda s: s[0] > 1, collatz, (n, 0))[1].eval({n: 6})
    array(8)
    """
    title = _title("while_", name, options)
    most = constant(MOST_STEPS, dtype="int64") if max_steps is None else step_count([], max_steps, title, "max_steps")

    def flat(state: Any) -> tuple[Any, Any]:
        return body(state), None

    def holds(state: Any) -> Any:
        try:
            return as_condition(condition(state))
        except TypeError as error:
            raise _located(TypeError(f"{title}: {error}"), condition) from None

    loop = Traced(title, body, state, flat, [], stop=lambda state: ~holds(state))
    begins = holds(loop.tree.build(loop.starts))
    finals, _, _ = loop.build(most * begins.astype("int64"), name, options)
    return loop.tree.build(finals)


class Traced:
    """A step that was called on symbols. tree: of the state; form: of the results; starts: the initial values.

    flat(state, *rows) gives (new state, result); step is the user's function, for the line in errors; counter: see Assembly; stop(new state)
    gives the condition after which the loop ends, or None.
    """

    def __init__(
        self, title: str, step: Callable[..., Any] | None, state: Any, flat: Callable[..., tuple[Any, Any]], inputs: list[Rows], counter: Any = None,
        stop: Callable[[Any], Any] | None = None,
    ) -> None:
        self.title, self.step, self.flat, self.stop, self.inputs, self.counter = title, step, flat, stop, inputs, counter
        if step is not None and not callable(step):
            raise TypeError(f"{title}: the step must be a function, got {step!r} of {type(step)}")
        starts, self.tree = flatten(state, numbers=True)
        starts = [_number(x) if type(x) in (int, float) else as_variable(x) for x in starts]
        self.paths = self.tree.paths("state")
        self.form = Tree(type(None))
        for x, path in zip(starts, self.paths):
            if not isinstance(x.type, TensorType):
                raise TypeError(f"{title}: {path} is no array but {x} of type {x.type}")
        self.states = [_state(x, path) for x, path in zip(starts, self.paths)]
        if not starts and not inputs:
            raise TypeError(f"{title}: the state {state!r} holds nothing that could change")
        while True:
            result = self._called()
            if not cast_up(self.states, result):
                break
            for s, path in zip(self.states, self.paths):
                s.element.name = path
        self._check(result.outputs[: len(starts)])
        self.states += [State.none() for _ in result.outputs[len(starts) :]]
        self.result = result

    @property
    def starts(self) -> list[Any]:
        return [s.initial for s in self.states if s.initial is not None]

    def _called(self) -> StepResult:
        rows = [x for s in self.inputs for x in s.rows]

        def outputs(*given: Any) -> Any:
            new, result = self.flat(self.tree.build(given[len(rows) :]), *given[: len(rows)])
            leaves, tree = self._flat("state", new)
            if tree != self.tree:
                raise _located(TypeError(self._beside("a step gives a state of another structure", tree, leaves)), self.step)
            results, self.form = self._flat("result", result)
            end = None if self.stop is None else self.stop(new)
            return [*leaves, *results] if end is None else ([*leaves, *results], until(end))

        return call_step(outputs, [*rows, *(x for s in self.states for x in s.arguments)], self.title)

    def _flat(self, what: str, x: Any) -> tuple[list[Any], Tree]:
        try:
            return flatten(x)
        except TypeError as error:
            raise _located(TypeError(f"{self.title}: the {what} of a step is no nesting of variables: {error}"), self.step) from None

    def _beside(self, text: str, tree: Tree, leaves: Sequence[Any]) -> str:
        return beside(f"{self.title}: {text}", ("it began as", self.tree, [s.element.type for s in self.states]),
                      ("a step gives", tree, [x.type for x in leaves]))

    def _check(self, leaves: Sequence[Any]) -> None:
        """The types of a new state against those it began with."""
        for s, path, new in zip(self.states, self.paths, leaves):
            old = s.element.type
            if not isinstance(new.type, TensorType) or new.dtype != old.dtype:
                hint = f": begin with .astype('{new.dtype}'), or give .astype('{old.dtype}')" if isinstance(new.type, TensorType) else ""
                raise self._wrong(TypeError, f"the dtype of {path} changes{hint}", leaves)
            if new.ndim != old.ndim:
                raise self._wrong(ValueError, f"the number of dimensions of {path} changes", leaves)
            if any(a == 1 and b is None for a, b in zip(old.shape, new.type.shape)):
                raise self._wrong(ValueError, f"{path} begins with a size known to be 1, and grows: begin with unbroadcast(initial, axis)", leaves)
            if any(a is not None and b is not None and a != b for a, b in zip(old.shape, new.type.shape)):
                raise self._wrong(ValueError, f"the size of {path} changes", leaves)

    def _wrong(self, kind: type[Exception], text: str, leaves: Sequence[Any]) -> Exception:
        return _located(kind(self._beside(text, self.tree, leaves)), self.step)

    def build(self, steps: Any, name: str | None, options: dict[str, Any]) -> tuple[list[Any], list[Any], Any]:
        """The final states, the stacked results, the updates of shared variables, which become their default updates."""
        count = len(self.starts)
        assembly = Assembly(self.inputs, self.states, self.result, self.counter)
        results = range(count, len(self.result.outputs))
        finals, stacks, updates = assembly.build(steps, name, list(results), **options)
        for x, new in updates.items():
            x.default_update = new
        return finals, stacks, updates


def _title(kind: str, name: Any, options: Mapping[str, Any]) -> str:
    unknown = sorted(set(options) - {"checkpoint", "progress", "truncate"})
    if unknown:
        raise TypeError(f"{kind} has no option {unknown[0]!r}; there are checkpoint, progress and truncate")
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a {kind} must be a string, got {name!r} of {type(name)}")
    return f"{kind} {name}" if name else kind


def _number(x: Any) -> Any:
    """A Python number that a state begins with: wide enough to count."""
    return constant(x, dtype="int64" if isinstance(x, int) else config.floatX)


def _rows(array: Any, path: str, go_backwards: bool) -> Rows:
    rows = Rows(array, [0], go_backwards)
    rows.rows[0].name = path
    return rows


def _state(x: Any, path: str) -> State:
    state = State.of(x, [-1], False)
    state.element.name = path
    return state


def _brief(x: Any) -> str:
    return f"a tuple of {len(x)}" if isinstance(x, tuple) else f"{x!r} of {type(x)}"


def _located(error: Exception, function: Any) -> Exception:
    """The error with the line where the function is written."""
    function = function.func if isinstance(function, functools.partial) else function
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return error if code is None else locate(error, source.Where.at(code.co_filename, code.co_firstlineno, code.co_name))


def _integer(given: Any, title: str, what: str) -> Any:
    x: Any = given if isinstance(given, (float, str)) else as_variable(given)
    if not isinstance(x, TensorVariable) or x.ndim or "int" not in x.dtype:
        raise TypeError(f"{title}: {what} must be an integer scalar, got {given!r}{f' of type {x.type}' if hasattr(x, 'type') else ''}")
    return constant(np.int64(x.data)) if hasattr(x, "data") else x.astype("int64")


def step_count(inputs: Sequence[Rows], given: Any, title: str, what: str = "the number of steps") -> Any:
    """The number of steps as an int64 scalar: as given, else what the shortest sequence allows."""
    lengths = [s.length() for s in inputs]
    known = [n for n in lengths if isinstance(n, int)]
    if given is not None:
        steps = _integer(given, title, what)
        count = static_int(steps)
        if count is not None and count < 0:
            raise ValueError(f"{title}: {what} must not be negative, got {count}")
        if count is not None and known and count > min(known):
            raise ValueError(f"{title}: {what} is {count}, but xs have {min(known)} rows")
        return steps
    if not inputs:
        raise ValueError(f"{title} without xs needs n_steps")
    total = constant(min(known), dtype="int64") if known else None
    for n in lengths:
        if not isinstance(n, int):
            total = n if total is None else total.minimum(n).astype("int64")
    return total
