"""The function of a scan's step: how it is called, and what it may return: values, updates of shared variables, a condition to end."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.shared import SharedVariable
from symgraph.expr.types import TensorType, generic
from symgraph.expr.variable import Variable
from symgraph.expr.walk import ancestors

__all__ = ["OrderedUpdates", "StepResult", "call_step", "until"]

FORMS = ("outputs, updates, (outputs, updates), (outputs, until(condition)), (outputs, updates, until(condition)) or (updates, until(condition)), "
         "where several outputs stand in a list or tuple of their own")


class OrderedUpdates(OrderedDict):  # type: ignore[type-arg]
    """shared variable -> new value, in order; ``+`` joins two that do not disagree."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, SharedVariable):
            raise TypeError(f"the keys of OrderedUpdates are shared variables, got {key!r} of {type(key)}")
        super().__setitem__(key, value)

    def update(self, other: Any = (), **options: Any) -> None:  # type: ignore[override]
        """Take over further updates; KeyError if one variable would get two different new values."""
        for key, value in other.items() if isinstance(other, Mapping) else other:
            if key in self and self[key] is not value:
                raise KeyError(f"two different updates of {key}")
            self[key] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        result = OrderedUpdates()
        result.update(self)
        result.update(other)
        return result

    def __radd__(self, other: Any) -> OrderedUpdates:
        result = OrderedUpdates()
        result.update(other)
        result.update(self)
        return result


class until:
    """``return values, until(condition)``: the step in which the condition is true is the last, and is included."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_variable(condition)
        if not isinstance(self.condition.type, TensorType):
            raise TypeError(f"the condition of until must be a scalar, got {condition!r} of {type(condition)}")
        if self.condition.ndim != 0:
            raise ValueError(f"the condition of until must be a scalar, got {self.condition.type}")


class StepResult:
    """outputs, updates and condition (or None) of one step; nodes: those that the function made."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self.updates = OrderedUpdates()
        self.condition: Any = None
        self.nodes: set[Apply] = set()

    @property
    def roots(self) -> list[Any]:
        return [*self.outputs, *self.updates.values(), *([] if self.condition is None else [self.condition])]


def call_step(fn: Callable[..., Any], arguments: Sequence[Variable], title: str) -> StepResult:
    """Call the function of a step once, on symbols. Raises TypeError for what cannot be called so, ValueError for what it must not return.

    Shared variables with a `default_update` (the states of random streams) that a node of the function reads are updated in each step,
    unless the function says another update. What was drawn before the function was called is read as it is.
    """
    _check_callable(fn, arguments, title)
    made: set[Apply] = set()
    note = made.add
    Op.watchers = (*Op.watchers, note)
    try:
        returned = fn(*arguments)
    finally:
        Op.watchers = tuple(watch for watch in Op.watchers if watch is not note)
    result = read_result(returned, title)
    result.nodes = made
    _take_default_updates(result)
    return result


def _check_callable(fn: Any, arguments: Sequence[Variable], title: str) -> None:
    if not callable(fn):
        raise TypeError(f"{title}: the step must be a function, got {fn!r} of {type(fn)}")
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # some builtin functions do not tell
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        names = ", ".join(x.name or str(x.type) for x in arguments)
        raise TypeError(f"{title}: the step {getattr(fn, '__name__', fn)}{signature} is called with {len(arguments)} arguments ({names}): "
                        f"elements of sequences, earlier values of outputs, then non_sequences; {error}") from None


def _take_default_updates(result: StepResult) -> None:
    """Add the default updates of the shared variables that the step's own nodes read, and of those that these updates read."""
    waiting: list[Any] = [x for x in result.roots if isinstance(x, SharedVariable)]
    for x in ancestors(result.roots):
        if x.owner in result.nodes:
            waiting += [y for y in x.owner.inputs if isinstance(y, SharedVariable)]
    while waiting:
        x = waiting.pop()
        if x.default_update is not None and x not in result.updates:
            result.updates[x] = x.default_update
            waiting += [y for y in ancestors([x.default_update]) if isinstance(y, SharedVariable)]


def read_result(returned: Any, title: str) -> StepResult:
    """Sort what the function returned; ValueError if it is none of the forms scan knows."""
    if returned is None:
        raise ValueError(f"{title}: the function of the step returned None where variables or updates were expected")
    result = StepResult()
    parts = _parts(returned, title)
    if parts is None:
        result.outputs = [_variable(x, title) for x in (returned if isinstance(returned, (list, tuple)) else [returned])]
    for position, part in enumerate(parts or ()):
        kind = _kind(part, position)
        if kind == 2:
            result.condition = part.condition
        elif kind == 1:
            result.updates.update((key, _new_value(key, value, title)) for key, value in (part.items() if isinstance(part, Mapping) else part))
        else:
            result.outputs = [_variable(x, title) for x in (part if isinstance(part, (list, tuple)) else [part])]
    if not result.outputs and not result.updates:
        raise ValueError(f"{title}: the function of the step returned neither outputs nor updates: {returned!r}")
    return result


def _parts(returned: Any, title: str) -> list[Any] | None:
    """The parts if the value is (outputs, updates), (outputs, until), updates alone ...; None if it is outputs only."""
    if isinstance(returned, (until, Mapping)) or (_is_updates(returned) and len(returned) > 0):
        return [returned]
    if not isinstance(returned, (list, tuple)):
        return None
    kinds = [_kind(part, position) for position, part in enumerate(returned)]
    if not any(kinds):
        return None
    if kinds != sorted(set(kinds)):
        said = ", ".join(("outputs", "updates", "until")[kind] for kind in kinds)
        raise ValueError(f"{title}: the function of the step returned ({said}); it may return {FORMS}")
    return list(returned)


def _kind(part: Any, position: int) -> int:
    """0: outputs, 1: updates, 2: until. An empty list is no outputs if it comes first, else no updates."""
    if isinstance(part, until):
        return 2
    return 0 if isinstance(part, (list, tuple)) and not part and position == 0 else int(_is_updates(part))


def _is_updates(x: Any) -> bool:
    if isinstance(x, Mapping):
        return True
    return isinstance(x, (list, tuple)) and all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], SharedVariable) for pair in x)


def _variable(x: Any, title: str) -> Any:
    try:
        made = as_variable(x)
    except (TypeError, ValueError):
        made = None
    if made is None or made is not x and made.type == generic:
        raise ValueError(f"{title}: the function of the step must return variables, updates or until(...), got {x!r} of {type(x)}")
    return made


def _new_value(target: Any, value: Any, title: str) -> Any:
    """The new value of a shared variable: a variable of its dtype and number of dimensions, or a number that is given these."""
    if not isinstance(target, SharedVariable):
        raise TypeError(f"{title}: the keys of updates are shared variables, got {target!r} of {type(target)}")
    old = target.type
    if not isinstance(value, Variable):
        try:
            return as_variable(old.filter(value))
        except (TypeError, ValueError) as error:
            raise TypeError(f"{title}: the update of {target} cannot be of its type {old}: {error}") from None
    if isinstance(old, TensorType) and (not isinstance(value.type, TensorType) or value.type.dtype != old.dtype or value.type.ndim != old.ndim):
        raise TypeError(f"{title}: the update of {target} must have its type {old}, got {value.type}; cast it with .astype('{old.dtype}') or "
                        "change its number of dimensions")
    return value
