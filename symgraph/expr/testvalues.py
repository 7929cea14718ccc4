"""Test values: what an expression gives for values that its inputs have in ``x.tag.test_value``, computed as it is written.

The setting compute_test_value turns it on: `Op.watchers` then holds `computed`, which is called with each new node, runs its numpy rule and
keeps the results in the tags of its outputs; so what does not fit fails on the user's line. Nothing of this file is loaded before that.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from symgraph import source
from symgraph.errors import ValueNotKnownError, locate
from symgraph.expr.failures import located
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Constant, Variable
from symgraph.settings import config

__all__ = ["computed", "computing", "debug_assert", "debug_error_message", "get_debug_values", "get_test_value", "hand_rows", "missing_test_message"]


def get_test_value(v: Any) -> Any:
    """The test value of a variable, the value of a constant, a shared variable or of what is no variable.

    AttributeError if it has none; TypeError, ValueError if ``v.tag.test_value`` is not of its type.

    >>> import symgraph.tensor as T
    >>> x = T.fvector('x')
    >>> x.tag.test_value = [1.0, 2.0]
    >>> get_test_value(x)
    array([1., 2.], dtype=float32)
    """
    x = v if isinstance(v, Variable) else as_variable(v)
    if isinstance(x, Constant):
        return x.data
    if isinstance(x, SharedVariable):
        return x.get_value(borrow=True)
    if x._tag is None or not hasattr(x._tag, "test_value"):
        raise locate(AttributeError(f"{x} has no test value"), x.line)
    try:
        return x.type.filter(x._tag.test_value)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise locate(kind(f"the test value of {x} is not of its type: {error}"), x.line) from None


def computing(action: Callable[[], str]) -> Callable[[Apply], None]:
    """What computes test values of each new node; `action` says what to do where a value is missing, if anything is to be computed."""

    def compute(node: Apply) -> None:
        wish = action()
        arrays = []
        for position, x in enumerate(node.inputs):
            try:
                arrays.append(get_test_value(x))
            except AttributeError as error:
                _missing(f"no test value can be computed: input {position} ({x}) of {node.op} has none", node, wish, error)
                return
        try:
            results = node.op.run(node, arrays)
        except Exception as error:
            raise located(error, node, arrays) from error.__cause__
        for x, value in zip(node.outputs, results):
            x.tag.test_value = value

    return compute


computed = computing(lambda: config.compute_test_value)


def _missing(message: str, node: Apply, action: str, error: AttributeError) -> None:
    if action == "raise":
        where = getattr(error, "line", None)
        made = "" if where is None else f"; the variable was made here:\n  {source.describe(where)}\n  and is read here:"
        raise ValueNotKnownError(message + made, line=node.line) from None
    if action == "warn":
        warnings.warn_explicit(message, UserWarning, node.line.filename, node.line.line)
    elif action == "pdb":
        print(f"{message}\n{source.describe(node.line)}")
        breakpoint()


def hand_rows(array: Any, places: Sequence[int | None], rows: Sequence[Any]) -> None:
    """Give inner variables of a loop the rows of an outer value as test values (None: all of it), if that has one: what the first step sees."""
    try:
        value = get_test_value(array)
    except AttributeError:
        return
    for place, x in zip(places, rows):
        if place is None:
            x.tag.test_value = value
        elif -len(value) <= place < len(value):
            x.tag.test_value = value[place]


# What functions that build expressions check by test values ------------------------------------------------------------
def missing_test_message(msg: str) -> None:
    """Say that a test value is missing, as compute_test_value wants it: AttributeError (raise), a warning (warn) or nothing."""
    if config.compute_test_value == "raise":
        raise AttributeError(msg)
    if config.compute_test_value == "warn":
        warnings.warn(msg, stacklevel=2)


def debug_error_message(msg: str) -> None:
    """Say that test values are not as they should be: a warning if compute_test_value is 'warn', else ValueError. It is an error to come here
    while it is 'off' (AssertionError)."""
    if config.compute_test_value == "off":
        raise AssertionError("debug_error_message is for values of get_debug_values, which gives none while compute_test_value is off")
    if config.compute_test_value != "warn":
        raise ValueError(msg)
    warnings.warn(msg, stacklevel=2)


def debug_assert(condition: Any, msg: str | None = None) -> None:
    """AssertionError with this message unless the condition holds; a warning if compute_test_value is 'warn'."""
    if condition:
        return
    text = "debug_assert failed" if msg is None else msg
    if config.compute_test_value == "warn":
        warnings.warn(text, stacklevel=2)
    else:
        raise AssertionError(text)


def get_debug_values(*args: Any) -> Iterator[tuple[Any, ...]]:
    """One tuple of the test values of all arguments, or none at all if compute_test_value is 'off' or one is missing (which is then said as
    `missing_test_message` does): for the head of a loop whose body looks at them.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> x.tag.test_value = 3.0
    >>> with config.change_flags(compute_test_value='ignore'):
    ...     for (value,) in get_debug_values(x):
    ...         print(float(value))
    3.0
    """
    if config.compute_test_value == "off":
        return iter(())
    values = []
    for position, x in enumerate(args):
        try:
            values.append(get_test_value(x))
        except AttributeError:
            missing_test_message(f"argument {position} has no test value")
            return iter(())
    return iter([tuple(values)])
