"""Names of Theano's `scalar` beside its ops: more bases for classes of one's own, more result types, casts by name, rounding of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor, constant
from symgraph.ops import scalarops
from symgraph.ops.binary import int_div, true_div
from symgraph.ops.cast import cast
from symgraph.ops.scalarops import BinaryScalarOp, Scalar, ScalarOp, UnaryScalarOp, as_scalar, upcast, upcast_out
from symgraph.settings import config

__all__ = [
    "BinaryBitOp", "FixedLogicalComparison", "InRange", "LogicalComparison", "UnaryBitOp", "as_common_dtype", "complexs", "complexs128",
    "complexs64", "convert", "div_proxy", "float_out_nocomplex", "floats", "inclosedrange", "inopenrange", "int_or_true_div", "int_out_nocomplex",
    "integer_types", "ints", "round_half_away_from_zero_", "round_half_away_from_zero_vec", "same_out_min8", "same_out_nobool", "unary_out_lookup",
]

integer_types = tuple(t for t in scalarops.discrete_types if t != scalarops.bool)
imported_scipy_special = True


# Values and variables -------------------------------------------------------------------------------------------------


def convert(x: Any, dtype: str | None = None) -> np.ndarray:
    """A number as the array that a constant of it holds: of that dtype, or of the smallest that does."""
    return np.array(x, dtype=dtype) if dtype is not None else np.array(constant(x).data)


def as_common_dtype(*vars: Any) -> Iterator[Any]:
    """The variables, cast to the dtype that holds them all."""
    variables = [as_tensor(x) for x in vars]
    return (x.astype(upcast(*[y.dtype for y in variables])) for x in variables)


def _several(dtype: str | None, kind: str) -> Callable[..., Any]:
    def make(*names: str) -> Any:
        separate = names[0].split() if len(names) == 1 else names
        made = [Scalar(dtype or f"complex{2 * int(config.floatX[5:])}" if kind == "complex" else dtype or config.floatX)(name) for name in separate]
        return made[0] if len(made) == 1 else made

    make.__name__ = make.__qualname__ = f"{kind}s"
    make.__doc__ = f"Variables without dimensions, of {dtype or 'floatX'}: a list with one for each name, of one text for each word; or the only one."
    return make


ints, floats = _several("int64", "int"), _several(None, "float")
complexs, complexs64, complexs128 = _several(None, "complex"), _several("complex64", "complex"), _several("complex128", "complex")


def _caster(dtype: str) -> Callable[[Any], Any]:
    def convert_to(x: Any) -> Any:
        return cast(as_tensor(x), dtype)

    convert_to.__name__ = convert_to.__qualname__ = f"convert_to_{dtype}"
    convert_to.__doc__ = f"x as {dtype}."
    return convert_to


for _dtype in dtypes.ALL:
    globals()[f"convert_to_{_dtype}"] = _caster(_dtype)


def int_or_true_div(x_discrete: bool, y_discrete: bool) -> Any:
    """Which division `/` of two numbers was in Theano, told whether each is an integer: T.int_div for two integers, else T.true_div."""
    return int_div if x_discrete and y_discrete else true_div


def div_proxy(x: Any, y: Any) -> Any:
    """x // y of two integers, else x / y."""
    x, y = as_tensor(x), as_tensor(y)
    return int_or_true_div(x.dtype in dtypes.DISCRETE, y.dtype in dtypes.DISCRETE)(x, y)


def round_half_away_from_zero_(a: Any) -> float:
    """A number rounded, halves away from zero.

    >>> round_half_away_from_zero_(-2.5)
    -3.0
    """
    return float(np.floor(a + 0.5) if a > 0 else np.ceil(a - 0.5))


def round_half_away_from_zero_vec(a: Any) -> np.ndarray:
    """The numbers of an array rounded, halves away from zero, in its dtype; integers as float64."""
    array = np.asarray(a)
    return np.asarray(np.trunc(array + np.copysign(0.5, array)), array.dtype if array.dtype.kind == "f" else np.float64)


# Types of results -----------------------------------------------------------------------------------------------------


def same_out_min8(type: Any) -> tuple[Any, ...]:
    """The type of the only argument, int8 for bool."""
    return (scalarops.int8 if type == scalarops.bool else type,)


def same_out_nobool(type: Any) -> tuple[Any, ...]:
    """The type of the only argument; TypeError if it is bool."""
    if type == scalarops.bool:
        raise TypeError("bool input not supported")
    return (type,)


def float_out_nocomplex(*types: Any) -> tuple[Any, ...]:
    """float64; TypeError for complex arguments."""
    scalarops.upcast_out_no_complex(*types)
    return (scalarops.float64,)


def int_out_nocomplex(*types: Any) -> tuple[Any, ...]:
    """int64; TypeError for complex arguments."""
    scalarops.upcast_out_no_complex(*types)
    return (scalarops.int64,)


class unary_out_lookup:
    """The type that a table says for that of the only argument; TypeError for one that it does not have."""

    def __init__(self, type_table: Mapping[Any, Any]) -> None:
        self.tbl = dict(type_table)

    def __call__(self, *types: Any) -> list[Any]:
        if len(types) != 1 or types[0] not in self.tbl:
            raise TypeError(f"no type is said for {types}")
        found = self.tbl[types[0]]
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.tbl == other.tbl  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), tuple(map(str, self.tbl))))


# Bases ----------------------------------------------------------------------------------------------------------------


def _of_bits(types: Any) -> tuple[Any, ...]:
    if any(t not in scalarops.discrete_types for t in types):
        raise TypeError(f"input to a BitOp must have an integer type, got {', '.join(map(str, types))}")
    return upcast_out(*types)


class UnaryBitOp(UnaryScalarOp):
    """Base of functions of the bits of one integer, whose result has its type."""

    def output_types(self, types: Any) -> Any:  # type: ignore[override]
        return _of_bits(types)

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return [inputs[0].zeros_like(dtype=config.floatX)]


class BinaryBitOp(BinaryScalarOp):
    """Base of functions of the bits of two integers, whose result has the type that holds both."""

    def output_types(self, types: Any) -> Any:  # type: ignore[override]
        return _of_bits(types)

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return [x.zeros_like(dtype=config.floatX) for x in inputs]


class LogicalComparison(BinaryScalarOp):
    """Base of questions about two numbers: the answer is a bool."""

    def output_types(self, types: Any) -> Any:  # type: ignore[override]
        return (scalarops.bool,)

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return [x.zeros_like(dtype=config.floatX) for x in inputs]


class FixedLogicalComparison(UnaryScalarOp):
    """Base of questions about one number: the answer is a bool."""

    def output_types(self, types: Any) -> Any:  # type: ignore[override]
        return (scalarops.bool,)

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return [x.zeros_like(dtype=config.floatX) for x in inputs]


class InRange(ScalarOp):
    """Whether the first number lies between the others; openlow, openhi: whether that bound itself does not count.

    >>> inopenrange(1.0, 0.0, 1.0).eval(), inclosedrange(1.0, 0.0, 1.0).eval()
    (array(False), array(True))
    """

    __props__ = ("openlow", "openhi")
    nin = 3

    def __init__(self, openlow: bool, openhi: bool) -> None:
        super().__init__(name="in_range")
        self.openlow, self.openhi = openlow, openhi

    def output_types(self, types: Any) -> Any:  # type: ignore[override]
        return (scalarops.bool,)

    def impl(self, x: Any, low: Any, hi: Any) -> Any:
        """Of numbers."""
        return (low < x if self.openlow else low <= x) and (x < hi if self.openhi else x <= hi)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Of variables without dimensions, as an expression of comparisons."""
        return self.on_arrays(*map(as_scalar, inputs))

    def on_arrays(self, x: Any, low: Any, hi: Any) -> Any:
        """Of arrays, element by element."""
        x, low, hi = map(as_tensor, (x, low, hi))
        return (low < x if self.openlow else low <= x) & (x < hi if self.openhi else x <= hi)


inopenrange, inclosedrange = InRange(True, True), InRange(False, False)
