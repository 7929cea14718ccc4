"""What elements must be: a table of checks with what is said of those that do not pass, and an op that makes one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.arrays import Arrays
from symgraph.expr.dtypes import COMPLEX, DISCRETE
from symgraph.expr.make import constant
from symgraph.expr.op import Op
from symgraph.expr.stacks import count, only_first
from symgraph.expr.stacks import repeated as repeated_in_stack
from symgraph.expr.variable import Constant

__all__ = ["CHECKS", "PLACES", "Vouch", "check_array", "got", "is_probability"]

PLACES = 6  # indices that a message has room for


def positive(b: Any, x: Any) -> Any:
    return b.both(b.less(0.0, x), b.less(x, math.inf))


def not_negative(b: Any, x: Any) -> Any:
    return b.both(b.less_equal(0.0, x), b.less(x, math.inf))


def probability(b: Any, x: Any) -> Any:
    return b.both(b.less_equal(0.0, x), b.less_equal(x, 1.0))


def success(b: Any, x: Any) -> Any:
    return b.both(b.less(0.0, x), b.less_equal(x, 1.0))


def above_zero(b: Any, x: Any) -> Any:
    return b.less(0.0, x)


def at_least_one(b: Any, x: Any) -> Any:
    return b.less_equal(1.0, x)


def rounded_probability(b: Any, x: Any) -> Any:
    return b.invert(b.either(b.less(x, 0.0), b.less(1.001, x)))


CHECKS: dict[str, tuple[Callable[..., Any], str]] = {
    "above zero": (above_zero, "must be positive"),
    "positive": (positive, "must be positive and finite"),
    "not negative": (not_negative, "must be finite and not negative"),
    "probability": (probability, "must lie within [0, 1]"),
    "success": (success, "must lie within (0, 1]"),
    "at least one": (at_least_one, "must be 1 or more"),
    # Of computed probabilities: a sum of such may be above 1 by rounding, and NaN stays NaN.
    "rounded probability": (rounded_probability, "must lie within [0, 1]"),
}


_MOVES = {"AdvancedSubtensor", "Cast", "DimShuffle", "Flatten", "Join", "Reshape", "SpecifyShape", "Subtensor"}  # elements of their inputs
_LOOKED_AT = 30  # nodes


def is_probability(x: Any) -> bool:
    """Whether it is plain from an expression that every element lies between 0 and 1, or is NaN: of sigmoids, softmaxes, what is clipped, and what
    moves, picks, joins or multiplies such."""
    waiting, budget = [x], _LOOKED_AT
    while waiting:
        y = waiting.pop()
        budget -= 1
        if isinstance(y, Constant):
            if y.data.size and not (y.data.min() >= 0 and y.data.max() <= 1):
                return False
            continue
        op = None if y.owner is None else y.owner.op
        if budget < 0 or not type(op).__module__.startswith("symgraph.ops."):
            return False
        kind, name, inputs = type(op).__name__, getattr(op, "name", ""), y.owner.inputs
        if kind == "Softmax" or name == "sigmoid":
            continue
        if kind in _MOVES:
            waiting += [z for z in inputs if z.dtype == y.dtype] if kind != "Cast" else inputs
        elif name == "clip":
            waiting += inputs[1:]
            if not all(isinstance(z, Constant) for z in inputs[1:]):
                return False
        elif name in ("mul", "switch"):
            waiting += inputs[name == "switch" :]
        else:
            return False
    return True


def check_array(check: tuple[Callable[..., Any], str], what: str, array: Any) -> None:
    """ValueError if an element does not pass: (test(b, array), what is said)."""
    test, text = check
    wrong = ~np.asarray(test(Arrays(), np.asarray(array, "float64")))
    if wrong.any():
        at = np.unravel_index(int(wrong.argmax()), wrong.shape)
        raise ValueError(got(f"{what} {text}", wrong.ndim).format(f"{float(np.asarray(array)[at]):.6g}", *map(int, at)))


def got(text: str, ndim: int) -> str:
    """The text with a place for the value that is wrong, and for its index."""
    place = "" if not 0 < ndim <= PLACES else " at index {}" if ndim == 1 else f" at index ({', '.join(['{}'] * ndim)})"
    return f"{text}, got {{}}{place}"


class Vouch(Op):
    """The second input, a number, if every element of the first passes a check of CHECKS: else a ValueError at the call that names `what`, the
    first element that does not, and its place.

    Multiplied by a 1 that is vouched for, an array costs one reading of it in vectors; a check within the loop that uses it keeps that from
    becoming vectors (cross-entropy of 1,000,000 float32 took 34 ms in place of 1.8).
    """

    __props__ = ("check", "what")

    def __init__(self, check: str, what: str) -> None:
        self.check = check
        self.what = what

    def output_types(self, x: Any, value: Any) -> Any:
        if x.dtype in COMPLEX or value.ndim:
            raise TypeError(f"Vouch takes real numbers and a value without dimensions, got {x.type} and {value.type}")
        return [value.type]

    def sizes(self, s: Any, x: Any, value: Any) -> Any:
        return [()]

    def compute(self, x: Any, value: Any) -> Any:
        check_array(CHECKS[self.check], self.what, x)
        return value

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, value = inputs
        test, text = CHECKS[self.check]
        dtype = "float64" if x.dtype in DISCRETE else "float32" if x.dtype == "float16" else x.dtype
        taken = lambda element: b.cast(element, dtype)
        one, zero = b.constant(1, dtype), b.constant(0, dtype)
        missing = lambda k, found: [b.maximum(found[0], b.select(test(b, taken(b.load(x.pointer, k))), zero, one))]
        (wrong,) = b.accumulate(math.prod(x.shape), [zero], missing, lambda left, right: [b.maximum(left[0], right[0])])

        def walk(index: list[Any]) -> None:
            if len(index) < x.ndim:
                with b.loop(0, x.shape[len(index)]) as i:
                    walk([*index, i])
            else:
                found = taken(x(*index))
                b.check(test(b, found), "ValueError", got(f"{self.what} {text}", x.ndim), b.cast(found, "float64"), *index[:PLACES])

        b.when(b.less(zero, wrong), lambda: walk([]))
        outputs[0].store([], value.load())

    by_address = (0,)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None, output_grads[0]]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [tangents[1]]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [True]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        x, value = inputs
        if only_first(stacked):
            return [repeated_in_stack(self(x, value), count(inputs, stacked))]
        return [value * self(x, constant(1, dtype=value.dtype))]
