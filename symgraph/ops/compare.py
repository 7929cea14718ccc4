"""Comparison, tests, logic, bits, and choice between numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph.expr.dtypes import BOOL, COMPLEX, DISCRETE, INTEGER, part_of, upcast
from symgraph.expr.make import as_tensor
from symgraph.ops.elementwise import Elementwise, Row, Types, common, function, joined, refusing, table

__all__ = [
    "allclose", "and_", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "clip", "eq", "ge", "gt", "invert", "isclose",
    "isfinite", "isinf", "isinf_", "isnan", "isnan_", "le", "left_shift", "logical_not", "lt", "neq", "or_", "right_shift", "switch",
    "where", "xor",
]


# dtypes ---------------------------------------------------------------------------------------------------------------


def _compared(x: str, y: str) -> Types:
    dtype = upcast(x, y)
    return (dtype, dtype), "bool"


def _tested(x: str) -> Types:
    return (x,), "bool"


def _bits(name: str, kinds: tuple[str, ...]) -> Callable[..., Types]:
    """Operands all bool, or all integers."""

    def types(*dtypes: str) -> Types:
        if not all(dtype in kinds for dtype in dtypes) or len({dtype == "bool" for dtype in dtypes}) > 1:
            raise TypeError(f"{name} takes {'integers only' if kinds == INTEGER else 'either integers or bool'}, got {', '.join(dtypes)}")
        return common(*dtypes)

    return types


def _chosen(condition: str, x: str, y: str) -> Types:
    if condition in COMPLEX:
        raise TypeError(f"the condition of switch must be real, got {condition}")
    dtype = upcast(x, y)
    return ("bool", dtype, dtype), dtype


# Rules longer than a line ---------------------------------------------------------------------------------------------


def _switch_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    condition = inputs[0]
    zero = g.zeros_like()
    return [None, switch(condition, g, zero), switch(condition, zero, g)]


def _clip(x: Any, low: Any, high: Any) -> Any:
    x = np.where(x < low, low, x)
    return np.where(x > high, high, x)


def _clip_scalar(b: Any, x: Any, low: Any, high: Any) -> Any:
    x = b.select(b.less(x, low), low, x)
    return b.select(b.greater(x, high), high, x)


def _clip_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    """1 between the bounds and at them; else that of the bound that is taken."""
    x, low, high = inputs
    zero = g.zeros_like()
    below, above = lt(x, low), gt(function("maximum")(x, low), high)
    return [switch(below, zero, switch(above, zero, g)), switch(above, zero, switch(below, g, zero)), switch(above, g, zero)]


def _and_all(*arrays: Any) -> Any:
    return _from_left(np.bitwise_and, arrays)


def _or_all(*arrays: Any) -> Any:
    return _from_left(np.bitwise_or, arrays)


def _xor_all(*arrays: Any) -> Any:
    return _from_left(np.bitwise_xor, arrays)


def _from_left(operation: Any, arrays: tuple[Any, ...]) -> Any:
    result = arrays[0]
    for x in arrays[1:]:
        result = operation(result, x)
    return np.array(result)


# The table ------------------------------------------------------------------------------------------------------------


def _comparison(name: str, compute: Any, scalar: str, doc: str, kinds: tuple[str, ...] = ()) -> Row:
    return Row(name, ("x", "y"), refusing(_compared, kinds, name), compute, lambda b, x, y: getattr(b, scalar)(x, y), None, doc)


def _test(name: str, compute: Any) -> Row:
    return Row(name, ("x",), _tested, compute, lambda b, x: getattr(b, name)(x), None, f"Whether each element {_SAYS[name]}, as bool.")


_SAYS = {"isnan": "is not a number", "isinf": "is infinite", "isfinite": "is neither infinite nor NaN"}
_EITHER = (*BOOL, *INTEGER)

table(__name__, [
    _comparison("eq", np.equal, "equal", "Whether x = y, as bool (the operator == asks whether two variables are the same)."),
    _comparison("neq", np.not_equal, "not_equal", "Whether x and y differ, as bool."),
    _comparison("lt", np.less, "less", "Whether x < y, as bool.", COMPLEX),
    _comparison("le", np.less_equal, "less_equal", "Whether x <= y, as bool.", COMPLEX),
    _comparison("gt", np.greater, "greater", "Whether x > y, as bool.", COMPLEX),
    _comparison("ge", np.greater_equal, "greater_equal", "Whether x >= y, as bool.", COMPLEX),
    _test("isnan", np.isnan),
    _test("isinf", np.isinf),
    _test("isfinite", np.isfinite),
    Row("logical_not", ("x",), _tested, np.logical_not, lambda b, x: b.invert(b.cast(x, "bool")), None, "Whether x is 0, as bool."),
    Row("invert", ("x",), _bits("invert", _EITHER), np.invert, lambda b, x: b.invert(x), None, "not of bool; all bits turned of integers."),
    Row("and_", ("*",), _bits("and_", _EITHER), _and_all, joined("both"), None, "and of bool; the common bits of integers."),
    Row("or_", ("*",), _bits("or_", _EITHER), _or_all, joined("either"), None, "or of bool; the bits of any of integers."),
    Row("xor", ("*",), _bits("xor", _EITHER), _xor_all, joined("exclusive"), None, "Exclusive or, of bool or of the bits of integers."),
    Row("left_shift", ("x", "y"), _bits("left_shift", INTEGER), np.left_shift, lambda b, x, y: b.shift_left(x, y), None,
        "The bits of integers moved up by y; 0 if y is the width or more."),
    Row("right_shift", ("x", "y"), _bits("right_shift", INTEGER), np.right_shift, lambda b, x, y: b.shift_right(x, y), None,
        "The bits of integers moved down by y, the sign kept."),
    Row("switch", ("condition", "x", "y"), _chosen, np.where, lambda b, condition, x, y: b.select(condition, x, y), _switch_gradient,
        "x where the condition is not 0, else y; both are computed."),
    Row("clip", ("x", "min", "max"), refusing(common, COMPLEX, "clip"), _clip, _clip_scalar, _clip_gradient,
        "x, but min where it is less, and then max where it is greater. The derivative at the bounds is 1.", 2),
])


eq, neq, lt, le, gt, ge = map(Elementwise, ("eq", "neq", "lt", "le", "gt", "ge"))
isnan, isinf, isfinite, logical_not = map(Elementwise, ("isnan", "isinf", "isfinite", "logical_not"))
invert, and_, or_, xor = map(Elementwise, ("invert", "and_", "or_", "xor"))
left_shift, right_shift, switch, clip = map(Elementwise, ("left_shift", "right_shift", "switch", "clip"))

# Names of Theano and numpy
isnan_, isinf_ = isnan, isinf
bitwise_and, bitwise_or, bitwise_xor, bitwise_not = and_, or_, xor, invert


def where(condition: Any, *choices: Any) -> Any:
    """`switch(condition, x, y)`; of a condition alone the places where it is not 0, as `nonzero` gives them: a vector for each dimension.

    >>> where([True, False], [1, 2], [3, 4]).eval()
    array([1, 4])
    >>> where([0.0, 2.0, 3.0])[0].eval()
    array([1, 2])
    """
    return switch(condition, *choices) if choices else as_tensor(condition).nonzero()


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether ``abs(a - b) <= atol + rtol * abs(b)``, element by element; equal infinities are close, and NaN if equal_nan.

    >>> isclose([1.0, 2.0], [1.0, 2.1]).eval()
    array([ True, False])
    """
    a, b = as_tensor(a), as_tensor(b)
    if upcast(a.dtype, b.dtype) in DISCRETE:
        a, b = a.astype("float64"), b.astype("float64")
    size = abs(b)
    near = le(abs(a - b), size * np.asarray(rtol, part_of(size.dtype)) + np.asarray(atol, part_of(size.dtype)))
    close = or_(and_(near, isfinite(a), isfinite(b)), eq(a, b))
    return or_(close, and_(isnan(a), isnan(b))) if equal_nan else close


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all elements are close, as one bool; see `isclose`."""
    return isclose(a, b, rtol, atol, equal_nan).all()
