"""What the function of a scan's step may return: values, updates of shared variables, a condition to end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from symgraph.expr.make import as_variable
from symgraph.expr.shared import SharedVariable
from symgraph.expr.types import generic
from symgraph.expr.variable import Variable

__all__ = ["OrderedUpdates", "StepResult", "read_result", "until"]


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


class until:
    """``return values, until(condition)``: the step in which the condition is true is the last, and is included."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_variable(condition)
        if self.condition.ndim != 0:
            raise ValueError(f"the condition of until must be a scalar, got {self.condition.type}")


class StepResult:
    """outputs, updates and condition (or None) of one step."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self.updates = OrderedUpdates()
        self.condition: Any = None


def read_result(returned: Any) -> StepResult:
    """Sort what fn returned; ValueError if it is none of the forms scan knows."""
    result = StepResult()
    parts = _parts(returned)
    if parts is None:
        result.outputs = [_variable(x) for x in (returned if isinstance(returned, (list, tuple)) else [returned])]
        return result
    for part in parts:
        if isinstance(part, until):
            result.condition = part.condition
        elif _is_updates(part):
            result.updates.update((key, _variable(value)) for key, value in (part.items() if isinstance(part, Mapping) else part))
        else:
            result.outputs = [_variable(x) for x in (part if isinstance(part, (list, tuple)) else [part])]
    return result


def _parts(returned: Any) -> list[Any] | None:
    """The parts if the value is (outputs, updates), (outputs, until), updates alone ...; None if it is outputs only."""
    if isinstance(returned, (until, Mapping)) or (_is_updates(returned) and len(returned) > 0):
        return [returned]
    if isinstance(returned, (list, tuple)):
        rest = [part for part in returned if isinstance(part, until) or (_is_updates(part) and not isinstance(part, Variable))]
        if rest and len(returned) <= 3 and not isinstance(returned[-1], Variable):
            plain = [part for part in returned if not any(part is r for r in rest)]
            if len(plain) <= 1:
                return plain + rest
    return None


def _is_updates(x: Any) -> bool:
    if isinstance(x, Mapping):
        return True
    return isinstance(x, (list, tuple)) and all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], SharedVariable) for pair in x)


def _variable(x: Any) -> Any:
    if x is None:
        raise ValueError("the function of scan returned None where a variable was expected")
    try:
        made = as_variable(x)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the function of scan must return variables, updates or until(...), got {x!r} of {type(x)}") from error
    if made is not x and made.type == generic:
        raise ValueError(f"the function of scan must return variables, updates or until(...), got {x!r} of {type(x)}")
    return made
