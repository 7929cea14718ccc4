"""Types of variables: TensorType for arrays, Generic for any other Python object; a user may write more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symgraph import source
from symgraph.expr import dtypes
from symgraph.expr.ccode import TypeInC
from symgraph.expr.values import refuse_masked
from symgraph.settings import config

if TYPE_CHECKING:
    from symgraph.expr.variable import Variable

__all__ = ["Composite", "Generic", "SingletonType", "TensorType", "Type", "canonical", "generic", "tensor_type"]

_NAMES = {
    (): "scalar", (False,): "vector", (True,): "(True,)", (False, False): "matrix", (True, False): "row", (False, True): "col",
    (False,) * 3: "3D", (False,) * 4: "4D", (False,) * 5: "5D",
}


class Type(TypeInC):
    """What values a variable may take. A subclass says `filter` (a value made proper, or TypeError), `variable_class` and equality."""

    variable_class: Any = None  # set by symgraph/expr/variable.py, which builds on this file
    constant_class: Any = None  # likewise
    shared_class: Any = None  # set by symgraph/expr/shared.py
    add_tag_trace = staticmethod(source.add_tag_trace)
    __props__: tuple[str, ...]  # where a subclass has it, types of one class with equal parameters are equal

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls)
        for theirs, ours in (("Variable", "variable_class"), ("Constant", "constant_class")):  # Theano's names of these attributes
            if theirs in own:
                setattr(cls, ours, own[theirs])
        if "__props__" in own and "__eq__" not in own:
            cls.__eq__, cls.__hash__ = _equal_by_props, _hash_by_props  # type: ignore[assignment,method-assign]

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value as this type wants it; TypeError if it cannot be had without loss (see TensorType.filter)."""
        raise NotImplementedError(f"{type(self).__name__} must define filter(value, strict, allow_downcast)")

    def make_variable(self, name: str | None = None) -> Variable:
        """A fresh variable of this type."""
        return self.variable_class(self, name=name)

    def __call__(self, name: str | None = None) -> Variable:
        return self.make_variable(name)

    def make_constant(self, value: Any, name: str | None = None) -> Any:
        """A constant of this type."""
        return self.constant_class(self, self.filter(value), name)

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Any:
        """A variable of this type that stands for `other`, a variable or a value; TypeError if there is none. allow_convert: what
        `convert_variable` makes of it is taken too."""
        if not hasattr(other, "owner"):
            return self.make_constant(other)
        if other.type == self or self.accepts(other.type):
            return other
        converted = self.convert_variable(other) if allow_convert else None
        if converted is None:
            raise TypeError(f"Cannot convert Type {other.type} (of Variable {other}) into Type {self}. You can try to manually convert {other} into "
                            f"a {self}.")
        return converted

    def convert_variable(self, var: Any) -> Any:
        """The variable as one of this type, or None: it cannot be converted."""
        return var if self.accepts(var.type) else None

    def value_validity_msg(self, value: Any) -> str:
        """Why a value is not proper; "value is valid" if it is."""
        try:
            self.filter(value, strict=True)
        except (TypeError, ValueError) as error:
            return str(error)
        return "value is valid"

    def is_valid_value(self, value: Any) -> bool:
        """Whether the value is proper as it is."""
        try:
            self.filter(value, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two values are the same."""
        return bool(a == b)

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        """Whether two values are the same up to rounding."""
        return self.values_eq(a, b)

    def accepts(self, other: Type) -> bool:
        """Whether a variable of type `other` may stand where this type is asked for."""
        return self == other


def _equal_by_props(self: Any, other: Any) -> bool:
    return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self.__props__)


def _hash_by_props(self: Any) -> int:
    return hash((type(self), tuple(getattr(self, name) for name in self.__props__)))


class SingletonType(Type):
    """A type without parameters: all objects of one such class are one object.

    >>> class Text(SingletonType):
    ...     def filter(self, value, strict=False, allow_downcast=None):
    ...         if not isinstance(value, str):
    ...             raise TypeError(f'no text: {value!r}')
    ...         return value
    >>> Text() is Text(), Text()
    (True, <Text>)
    """

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        if "_single" not in vars(cls):
            setattr(cls, "_single", super().__new__(cls))  # noqa: B010  # one for each class, those below it too
        return vars(cls)["_single"]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Composite(Type):
    """Values that are several arrays each. A function hands these on to native code as arrays; see symgraph/compile/parts.py."""

    def part_types(self) -> Sequence[TensorType]:
        """The types of the arrays."""
        raise NotImplementedError

    def split(self, value: Any) -> list[np.ndarray]:
        """The arrays of a proper value, of exactly the types of `part_types`."""
        raise NotImplementedError

    def splits(self, value: Any) -> bool:
        """Whether a value can be split as it is, without `filter`; quick."""
        return False

    def join(self, arrays: Sequence[np.ndarray]) -> Any:
        """The value of these arrays."""
        raise NotImplementedError

    def fitted(self, gradient: Any) -> Any:
        """A gradient by a variable of this type, in the type that it shall have."""
        return gradient


class Generic(Type):
    """Any Python object, untouched."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        return value

    def __eq__(self, other: object) -> bool:
        return type(other) is Generic

    def __hash__(self) -> int:
        return hash(Generic)

    def __str__(self) -> str:
        return "Generic"

    def __repr__(self) -> str:
        return "<Generic>"


generic = Generic()


class TensorType(Type):
    """Arrays of one dtype and number of dimensions, some of whose sizes may be known.

    shape: an int for each known size, None for an unknown one; size 1 broadcasts. `broadcastable` may be given instead, True
    standing for size 1. Types are equal if dtype and shape are.

    >>> TensorType('float64', (False, True)).shape
    (None, 1)
    >>> TensorType('int8', shape=(None, 10)).broadcastable
    (False, False)
    """

    __slots__ = ("broadcastable", "dtype", "name", "ndim", "shape")
    dtype: str
    shape: tuple[int | None, ...]
    broadcastable: tuple[bool, ...]
    ndim: int

    def __init__(
        self, dtype: Any, broadcastable: Iterable[Any] | None = None, name: str | None = None, shape: Sequence[int | None] | None = None
    ) -> None:
        if dtype == "floatX":
            dtype = config.floatX
        self.dtype = dtypes.normal(dtype)
        if shape is None:
            if broadcastable is None:
                raise TypeError("TensorType needs broadcastable= or shape=")
            shape = tuple(_size_of_flag(flag) for flag in broadcastable)
        else:
            shape = tuple(None if n is None else int(n) for n in shape)
            if any(n is not None and n < 0 for n in shape):
                raise ValueError(f"sizes must not be negative, got shape={shape}")
        self.shape = shape
        self.broadcastable = tuple(n == 1 for n in shape)
        self.ndim = len(shape)
        self.name = name

    # What it accepts --------------------------------------------------------------------------------------------------
    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> np.ndarray:
        """The value as an array of this dtype and number of dimensions.

        Arrays are cast up but never down, lists and Python numbers are cast if no value changes, a Python float may become
        floatX; allow_downcast=True casts everything, False not even a float to floatX float32; strict refuses every cast.
        TypeError if it cannot be; ValueError for text that is no number.
        """
        array = value if type(value) is np.ndarray and value.dtype == self.dtype else self._converted(value, strict, allow_downcast)
        if array.ndim != self.ndim:
            raise TypeError(f"Wrong number of dimensions: expected {self.ndim}, got {array.ndim} with shape {array.shape}.")
        for axis, (size, wanted) in enumerate(zip(array.shape, self.shape)):
            if wanted is not None and size != wanted:
                word = "non-unit value on shape on a broadcastable dimension" if wanted == 1 else "wrong size"
                raise TypeError(f"{word}: dimension {axis} must be {wanted}, got shape {array.shape}")
        return array

    def _converted(self, value: Any, strict: bool, allow_downcast: bool | None) -> np.ndarray:
        if hasattr(value, "owner") and hasattr(value, "type"):
            raise TypeError("Expected an array-like object, but found a Variable: maybe you are trying to call a function on a (possibly shared) "
                            "variable instead of a numeric array?")
        if value is None:
            raise TypeError(f"expected an array-like object for {self}, got None")
        if strict:
            raise TypeError(f"{self} expected an array of dtype {self.dtype}, got {_kind(value)} (strict: nothing is cast)")
        refuse_masked(value)
        if isinstance(value, np.ndarray) and value.dtype.name == self.dtype:
            return np.asarray(value)  # a subclass such as memmap
        real_wanted = self.dtype not in dtypes.COMPLEX
        if real_wanted and np.iscomplexobj(value):
            raise TypeError(f"a complex value cannot become {self.dtype}: {_kind(value)}")
        if allow_downcast:
            return np.asarray(value).astype(self.dtype)
        if isinstance(value, np.ndarray):
            if value.dtype.name in dtypes.ALL and dtypes.upcast(self.dtype, value.dtype.name) == self.dtype:
                return np.asarray(value, dtype=self.dtype)
            raise TypeError(
                f"{self} cannot store a value of dtype {value.dtype} without risking loss of precision. If you do not mind this loss, you can: "
                f"1) explicitly cast your data to {self.dtype}, or 2) set \"allow_input_downcast=True\" when calling \"function\". "
                f"Value: {_short(value)}")
        if allow_downcast is None and type(value) is float and self.dtype == config.floatX:
            return np.asarray(value, dtype=self.dtype)
        try:
            plain = np.asarray(value)
            converted = plain.astype(self.dtype) if plain.dtype.kind in "biufc" else np.asarray(value, dtype=self.dtype)
            same = plain.dtype.kind not in "biufc" or bool(((plain == converted) | ((plain != plain) & (converted != converted))).all())
        except OverflowError as error:
            raise TypeError(f"{self} cannot store {_short(value)}: {error}") from None
        if plain.dtype.kind in "US":
            raise TypeError(f"{self} cannot store the text {_short(value)}; float() makes a number of it")
        if not same:
            raise TypeError(f"{self} cannot store accurately value {_short(value)}, it would be represented as {_short(converted)}. If you do not "
                            f"mind this precision loss, you can: 1) explicitly convert your data to a numpy array of dtype {self.dtype}, or 2) set "
                            "\"allow_input_downcast=True\" when calling \"function\".")
        return converted

    def accepts(self, other: Type) -> bool:
        """Same dtype and number of dimensions, and no size that contradicts a known one; where this type broadcasts, so must the other."""
        return (isinstance(other, TensorType) and self.dtype == other.dtype and self.ndim == other.ndim
                and all(mine is None or mine == n or (n is None and mine != 1) for mine, n in zip(self.shape, other.shape)))

    def values_eq(self, a: Any, b: Any) -> bool:
        a, b = np.asarray(a), np.asarray(b)
        return a.dtype == b.dtype and a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        a, b = np.asarray(a), np.asarray(b)
        tolerance = {"float16": 1e-2, "float32": 1e-4, "complex64": 1e-4}.get(a.dtype.name, 1e-6) * 10.0**config.tensor.cmp_sloppy
        return a.dtype == b.dtype and a.shape == b.shape and bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))

    def __call__(self, name: str | None = None, shape: Sequence[int | None] | None = None) -> Any:
        """A variable of this type; `shape` says sizes that are known. TypeError, ValueError for a name or shape that cannot be."""
        if name is not None and not isinstance(name, str):
            raise TypeError(f"the name of a variable is a string, got {name!r}")
        type = self
        if shape is not None:
            if len(shape) != self.ndim:
                raise ValueError(f"{self} has {self.ndim} dimensions, got shape={tuple(shape)}")
            type = tensor_type(self.dtype, TensorType(self.dtype, shape=[b if a is None else a for a, b in zip(self.shape, shape)]).shape)
        variable = type.make_variable(name)
        variable.line = source.here()
        return variable

    # Its kin ----------------------------------------------------------------------------------------------------------
    def clone(self, dtype: str | None = None, shape: Sequence[int | None] | None = None, broadcastable: Iterable[bool] | None = None) -> TensorType:
        """This type with another dtype or shape."""
        if broadcastable is not None:
            return TensorType(dtype or self.dtype, broadcastable)
        return tensor_type(dtype or self.dtype, self.shape if shape is None else tuple(shape))

    context_name = "cpu"
    filter_checks_isfinite = False  # whether NaN and infinities are refused

    def dtype_specs(self) -> tuple[type, str, str]:
        """The type of a number in Python, in C, and its name among those of numpy's."""
        kind = {"b": int, "i": int, "u": int, "f": float, "c": complex}[np.dtype(self.dtype).kind]
        return kind, f"{'theano' if kind is complex else 'npy'}_{self.dtype}", f"NPY_{self.dtype.upper()}"

    def c_element_type(self) -> str:
        """The type of an element in C, by numpy's name."""
        return self.dtype_specs()[1]

    def get_shape_info(self, obj: Any) -> tuple[int, ...]:
        """What `get_size` wants to know of a value: its shape."""
        return tuple(obj.shape)

    def get_size(self, shape_info: Sequence[int]) -> int:
        """The bytes of a value of that shape."""
        return int(np.prod(shape_info)) * np.dtype(self.dtype).itemsize

    def may_share_memory(self, a: Any, b: Any) -> bool:
        """Whether two arrays may lie in the same memory; False for what is none."""
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)

    def to_scalar_type(self) -> TensorType:
        """The type of an element."""
        return tensor_type(self.dtype, ())

    def value_zeros(self, shape: Sequence[int]) -> np.ndarray:
        """Zeros of that shape."""
        return np.zeros(shape, self.dtype)

    @property
    def numpy_dtype(self) -> np.dtype:
        return np.dtype(self.dtype)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, TensorType) and self.dtype == other.dtype and self.shape == other.shape)

    def __hash__(self) -> int:
        return hash((self.dtype, self.shape))

    def __reduce__(self) -> Any:
        return TensorType, (self.dtype, None, self.name, self.shape)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The state of a type that Theano pickled; its first type of arrays on a GPU knew float32 only."""
        TensorType.__init__(self, state.get("dtype", "float32"), state["broadcastable"], state.get("name"))

    def __str__(self) -> str:
        if self.name:
            return self.name
        if all(n is None or n == 1 for n in self.shape):
            kind = _NAMES.get(self.broadcastable, str(self.broadcastable))
        else:
            kind = str(tuple("?" if n is None else n for n in self.shape)).replace("'", "")
        return f"TensorType({self.dtype}, {kind})"

    def __repr__(self) -> str:
        return str(self)


_interned: dict[tuple[str, tuple[int | None, ...]], TensorType] = {}


def tensor_type(dtype: str, shape: tuple[int | None, ...]) -> TensorType:
    """The TensorType of a canonical dtype and shape; one object for equal ones (a type is made for every node of a graph)."""
    found = _interned.get((dtype, shape))
    if found is None:
        if len(_interned) > 10000:
            _interned.clear()
        found = _interned[dtype, shape] = TensorType(dtype, shape=shape)
    return found


def canonical(array: np.ndarray) -> np.ndarray:
    """The array as native code wants it, itself where possible."""
    flags = array.flags
    if type(array) is np.ndarray and flags.c_contiguous and flags.aligned and array.dtype.isnative:
        return array
    fresh = np.empty(array.shape, array.dtype.newbyteorder("="))
    fresh[...] = array
    return fresh


def _size_of_flag(flag: Any) -> int | None:
    if isinstance(flag, (bool, np.bool_)) or flag in (0, 1):
        return 1 if flag else None
    raise TypeError(f"broadcastable must hold True or False for each dimension, got {flag!r} (for sizes use shape=)")


def _kind(value: Any) -> str:
    return f"array of dtype {value.dtype}" if isinstance(value, np.ndarray) else f"{type(value).__name__} {_short(value)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
