"""Functions of two or more numbers: arithmetic, powers, extremes, and the shape of one with the value of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import BOOL, COMPLEX, DISCRETE, SIGNED, float_of, upcast
from symgraph.expr.make import as_variable
from symgraph.ops.elementwise import (
    Elementwise,
    Row,
    Types,
    common,
    function,
    is_complex,
    is_constant,
    joined,
    number,
    real_floats,
    refusing,
    table,
)
from symgraph.settings import config

__all__ = [
    "add", "arctan2", "ceil_intdiv", "complex", "complex_from_polar", "fill", "floor_div", "hypot", "int_div", "largest", "logaddexp",
    "maximum", "minimum", "mod", "mod_check", "mul", "pow", "power", "second", "smallest", "sub", "true_div",
]


# dtypes ---------------------------------------------------------------------------------------------------------------


def _quotient_types(x: str, y: str) -> Types:
    dtype = float_of(upcast(x, y))
    return (dtype, dtype), dtype


def _floats_of_discrete(inputs: list[Any]) -> list[Any]:
    """Theano's rule: integers over integers are divided in floatX."""
    if all(getattr(x.type, "dtype", None) in DISCRETE for x in inputs):
        return [x.astype(config.floatX) for x in inputs]
    return inputs


def _power_types(x: str, y: str) -> Types:
    dtype = upcast(x, y)
    dtype = "int8" if dtype == "bool" else dtype
    return (dtype, dtype), dtype


def _second_types(x: str, y: str) -> Types:
    return (x, y), y


def _float_of_each(*dtypes: str) -> Types:
    """All in the common dtype of what each would be as a float."""
    dtype = upcast(*map(float_of, dtypes))
    return (dtype,) * len(dtypes), dtype


def _complex_types(re: str, im: str) -> Types:
    part = float_of(upcast(re, im))
    if part in COMPLEX:
        raise TypeError(f"complex takes real numbers, got {re} and {im}")
    part = "float64" if part == "float64" else "float32"
    return (part, part), "complex128" if part == "float64" else "complex64"


# Rules longer than a line ---------------------------------------------------------------------------------------------


def _sum(*arrays: Any) -> Any:
    total = arrays[0]
    for x in arrays[1:]:
        total = total + x
    return np.array(total)


def _product(*arrays: Any) -> Any:
    total = arrays[0]
    for x in arrays[1:]:
        total = total * x
    return np.array(total)


def _mul_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    if len(inputs) == 1:
        return [g]
    if len(inputs) == 2:
        return [g * inputs[1], g * inputs[0]]
    return [mul(g, *inputs[:k], *inputs[k + 1 :]) for k in range(len(inputs))]


def _true_div_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    _, y = inputs
    first = g / y
    return [first, -first * z]


def _power_scalar(b: Any, x: Any, y: Any) -> Any:
    """Refused as numpy does: an integer to a negative power is no integer."""
    if b.dtype_of(y) in SIGNED:
        b.check(b.greater_equal(y, 0), "ValueError", "Integers to negative integer powers are not allowed.")
    return b.pow(x, y)


def _power_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    """y x**(y - 1), and 0 where y is 0, whatever x; x**y log(x), and 0 where x is 0."""
    x, y = inputs
    switch, eq = function("switch"), function("eq")
    if is_constant(y, 2):
        by_base = g * (number(2, z) * x)
    else:
        slope = y * x ** (y - number(1, z) if y.type.dtype in DISCRETE else y - number(1, y))
        by_base = g * (slope if not _may_be_zero(y) else switch(eq(y, 0), number(0, z), slope))
    by_exponent = g * z * switch(eq(x, 0), number(0, z), x.log())
    return [by_base, by_exponent]


def _may_be_zero(y: Any) -> bool:
    data = getattr(y, "data", None)
    return data is None or bool(np.any(data == 0))


def _mod_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    x, y = inputs
    return [g, -g * (x // y)]


def _extreme_gradient(better: str) -> Any:
    """At a tie all of it goes to the first."""

    def gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
        first = function(better)(*inputs)
        zero = g.zeros_like()
        switch = function("switch")
        return [switch(first, g, zero), switch(first, zero, g)]

    return gradient


def _arctan2_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    y, x = inputs
    scale = g / (x * x + y * y)
    return [x * scale, -y * scale]


def _hypot_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    x, y = inputs
    scale = g / z
    return [x * scale, y * scale]


def _logaddexp_scalar(b: Any, x: Any, y: Any) -> Any:
    """The greater, and log(1 + exp(-difference)); equal infinities have no difference."""
    size = b.select(b.equal(x, y), 0.0, b.abs(b.sub(x, y)))
    return b.add(b.maximum(x, y), b.log1p(b.exp(b.neg(size))))


def _logaddexp_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    x, y = inputs
    sigmoid = function("sigmoid")
    return [g * sigmoid(x - y), g * sigmoid(y - x)]


def _filled(x: Any, y: Any) -> Any:
    return np.array(np.broadcast_to(y, np.broadcast_shapes(x.shape, y.shape)))


def _complex(re: Any, im: Any) -> Any:
    z = np.empty(np.broadcast_shapes(re.shape, im.shape), np.result_type(re.dtype, np.complex64))
    z.real, z.imag = re, im
    return z


def _polar(size: Any, angle: Any) -> Any:
    return _complex(size * np.cos(angle), size * np.sin(angle))


def _polar_scalar(b: Any, size: Any, angle: Any) -> Any:
    return b.complex(b.mul(size, b.cos(angle)), b.mul(size, b.sin(angle)))


def _polar_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    size, angle = inputs
    c, s = angle.cos(), angle.sin()
    return [g.real * c + g.imag * s, size * (g.imag * c - g.real * s)]


def _polar_tangent(inputs: Any, z: Any, tangents: Any) -> list[Any]:
    """exp(i angle) times the tangent of the size, i z times that of the angle."""
    size, angle = inputs
    by_size, by_angle = tangents
    c, s = angle.cos(), angle.sin()
    return [None if by_size is None else complex(by_size * c, by_size * s),
            None if by_angle is None else complex(-by_angle * size * s, by_angle * size * c)]


def _complex_tangent(inputs: Any, z: Any, tangents: Any) -> list[Any]:
    by_re, by_im = tangents
    return [None if by_re is None else complex(by_re, by_re.zeros_like()), None if by_im is None else complex(by_im.zeros_like(), by_im)]


# The table ------------------------------------------------------------------------------------------------------------

table(__name__, [
    Row("add", ("*",), common, _sum, joined("add"), lambda inputs, z, g: [g] * len(inputs),
        "The sum of any number of operands; of bool: or."),
    Row("sub", ("x", "y"), refusing(common, BOOL, "sub"), np.subtract, lambda b, x, y: b.sub(x, y), lambda inputs, z, g: [g, -g],
        "x - y; TypeError for two of bool."),
    Row("mul", ("*",), common, _product, joined("mul"), _mul_gradient, "The product of any number of operands; of bool: and."),
    Row("true_div", ("x", "y"), _quotient_types, np.true_divide, lambda b, x, y: b.div(x, y), _true_div_gradient,
        "x / y; of two discrete dtypes in floatX.", 4, prepare=_floats_of_discrete),
    Row("floor_div", ("x", "y"), refusing(common, (*BOOL, *COMPLEX), "floor_div"), np.floor_divide, lambda b, x, y: b.floor_div(x, y),
        None, "The quotient rounded down; of integers by 0 it is 0. TypeError for bool and complex.", 10),
    Row("mod", ("x", "y"), refusing(common, (*BOOL, *COMPLEX), "mod"), np.remainder, lambda b, x, y: b.mod(x, y), _mod_gradient,
        "The remainder, with the sign of y; of integers by 0 it is 0. TypeError for bool and complex.", 10),
    Row("pow", ("x", "y"), _power_types, np.power, _power_scalar, _power_gradient,
        "x to the power of y; ValueError at the call for integers with y < 0.", 40),
    Row("maximum", ("x", "y"), refusing(common, COMPLEX, "maximum"), np.maximum, lambda b, x, y: b.maximum(x, y), _extreme_gradient("ge"),
        "The greater of two; NaN if either is. At a tie x has the whole gradient.", 2),
    Row("minimum", ("x", "y"), refusing(common, COMPLEX, "minimum"), np.minimum, lambda b, x, y: b.minimum(x, y), _extreme_gradient("le"),
        "The lesser of two; NaN if either is. At a tie x has the whole gradient.", 2),
    Row("arctan2", ("y", "x"), refusing(_float_of_each, COMPLEX, "arctan2"), np.arctan2, lambda b, y, x: b.atan2(y, x), _arctan2_gradient,
        "The angle of the point (x, y), in [-pi, pi].", 30),
    Row("hypot", ("x", "y"), real_floats("hypot"), np.hypot, lambda b, x, y: b.hypot(x, y), _hypot_gradient,
        "sqrt(x**2 + y**2), without overflow.", 10),
    Row("logaddexp", ("x", "y"), real_floats("logaddexp"), np.logaddexp, _logaddexp_scalar, _logaddexp_gradient,
        "log(exp(x) + exp(y)), without overflow.", 40),
    Row("second", ("x", "y"), _second_types, _filled, lambda b, x, y: y, lambda inputs, z, g: [None, g],
        "y, repeated to the common shape of x and y.", shape_only=(0,)),
    Row("complex", ("real", "imag"), _complex_types, _complex, lambda b, re, im: b.complex(re, im),
        lambda inputs, z, g: [g.real, g.imag] if is_complex(g) else [g, None], "The complex number of two parts.",
        holomorphic=False, tangent=_complex_tangent),
    Row("complex_from_polar", ("abs", "angle"), _complex_types, _polar, _polar_scalar,
        _polar_gradient, "The complex number of absolute value and argument.", 40, holomorphic=False, tangent=_polar_tangent),
])

add, sub, mul, true_div, floor_div = map(Elementwise, ("add", "sub", "mul", "true_div", "floor_div"))
mod, pow, maximum, minimum = map(Elementwise, ("mod", "pow", "maximum", "minimum"))
arctan2, hypot, logaddexp, second = map(Elementwise, ("arctan2", "hypot", "logaddexp", "second"))
complex, complex_from_polar = map(Elementwise, ("complex", "complex_from_polar"))

# Names of Theano
int_div, power, fill = floor_div, pow, second


def mod_check(x: Any, y: Any) -> Any:
    """`mod`, under the name that Theano's operator % calls."""
    return mod(x, y)


def ceil_intdiv(a: Any, b: Any) -> Any:
    """The quotient of integers rounded up.

    >>> ceil_intdiv(7, 2).eval()
    array(4, dtype=int8)
    """
    a, b = as_variable(a), as_variable(b)
    return a // b + function("neq")(a % b, 0).astype("int8")


def largest(*args: Any) -> Any:
    """The greatest of any number of operands, element by element."""
    return _joined(maximum, args)


def smallest(*args: Any) -> Any:
    """The least of any number of operands, element by element."""
    return _joined(minimum, args)


def _joined(op: Any, args: Any) -> Any:
    if not args:
        raise TypeError("at least one operand is needed")
    result = as_variable(args[0])
    for x in args[1:]:
        result = op(result, x)
    return result
