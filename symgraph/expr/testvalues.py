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

    While compute_test_value is on, that of an expression is worked out if it has none yet.
    AttributeError if there is none; TypeError, ValueError if ``v.tag.test_value`` is not of its type.

    >>> import symgraph.tensor as T
    >>> x = T.fvector('x')
    >>> x.tag.test_value = [1.0, 2.0]
    >>> get_test_value(x)
    array([1., 2.], dtype=float32)
    """
    x = v if isinstance(v, Variable) else as_variable(v)
    if x.owner is not None and config.compute_test_value != "off":
        try:
            return _value(x)
        except _Missing:
            pass
    return _held(x)


def _held(x: Any) -> Any:
    """The value that a variable has; AttributeError if it has none."""
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


class _Missing(Exception):
    """`leaf` is the variable without a value."""

    def __init__(self, leaf: Any) -> None:
        super().__init__(leaf)
        self.leaf = leaf


def _value(x: Any) -> Any:
    """The test value of a variable; of one that was made while nothing was computed it is worked out now. Raises _Missing."""
    try:
        return _held(x)
    except AttributeError:
        if x.owner is None:
            raise _Missing(x) from None
    stack: list[tuple[Apply, int]] = [(x.owner, 0)]
    seen = {x.owner}
    while stack:
        node, position = stack.pop()
        if position < len(node.inputs):
            stack.append((node, position + 1))
            above = node.inputs[position]
            if above.owner is not None and above.owner not in seen and not _is_decided(above):
                seen.add(above.owner)
                stack.append((above.owner, 0))
        else:
            _compute(node)
    tag = x.tag
    if not hasattr(tag, "test_value"):
        if not hasattr(tag, "earlier"):
            raise _Missing(tag.missing)
        tag.test_value = tag.earlier  # of what it is a copy of, as in Theano
    return _held(x)


def _is_decided(x: Any) -> bool:
    """Whether a variable has a test value, or is known to have none."""
    tag = x.tag
    return hasattr(tag, "test_value") or (hasattr(tag, "missing") and not hasattr(tag.missing.tag, "test_value"))


def _compute(node: Apply) -> None:
    """Put test values into the tags of a node's outputs, or there the variable for whose value they wait."""
    arrays = []
    for x in node.inputs:
        try:
            arrays.append(_held(x))
        except AttributeError:
            leaf = x.tag.missing if x.owner is not None else x
            for y in node.outputs:
                y.tag.missing = leaf
            return
    try:
        results = node.op.run(node, arrays)
    except Exception as error:
        raise located(error, node, arrays) from error.__cause__
    for x, value in zip(node.outputs, results):
        x.tag.test_value = value


def computing(action: Callable[[], str]) -> Callable[[Apply], None]:
    """What computes test values of each new node; `action` says what to do where a value is missing, if anything is to be computed.

    Variables that no user made (they have no line: stand-ins within the bodies of loops, say) may be without, and so may what is made of them.
    """

    def compute(node: Apply) -> None:
        for position, x in enumerate(node.inputs):
            try:
                _value(x)
            except _Missing as missing:
                for y in node.outputs:
                    y.tag.missing = missing.leaf
                if missing.leaf.line is not None:
                    told = f"no test value can be computed: input {position} ({x}) of {node.op} has none"
                    _complain(told if x is missing.leaf else f"{told}, for {missing.leaf} has none", node, action(), missing.leaf)
                return
        _compute(node)

    return compute


computed = computing(lambda: config.compute_test_value)


def _complain(message: str, node: Apply, action: str, leaf: Any) -> None:
    if action == "raise":
        made = f"; the variable was made here:\n  {source.describe(leaf.line)}\n  and is read here:"
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
