"""Shared variables: values that outlive a call, read by functions and changed by their updates."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph import source
from symgraph.errors import locate
from symgraph.expr.dtypes import ALL
from symgraph.expr.randomstate import RandomStateType, is_random_state, random_state_type
from symgraph.expr.sparse import FORMATS, SparseType, SparseVariable, is_sparse_value
from symgraph.expr.types import TensorType, Type, canonical, generic, tensor_type
from symgraph.expr.variable import TensorVariable, Variable

__all__ = ["Container", "RandomStateSharedVariable", "SharedVariable", "SparseSharedVariable", "TensorSharedVariable", "shared", "shared_constructor"]


class Container:
    """Where a shared variable keeps its value: a list of one element, which native code reads and replaces. options: how its type filters
    new values."""

    __slots__ = ("name", "options", "storage", "type")

    def __init__(self, type: Type, value: Any, name: str | None = None) -> None:
        self.type = type
        self.storage = [value]
        self.name = name
        self.options: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple):  # as Python pickles slots; Theano's had a dictionary, and more in it
            state = state[1]
        self.type, self.name, self.storage, self.options = state["type"], state["name"], state["storage"], state.get("options", {})

    @property
    def data(self) -> Any:
        return self.storage[0]

    @data.setter
    def data(self, value: Any) -> None:
        self.storage[0] = value

    @property
    def value(self) -> Any:
        return self.storage[0]


class SharedVariable(Variable):
    """A variable with a value.

    default_update: an expression that every function using this variable applies as its update, unless told otherwise. Theano's order of
    the arguments, (name, type, value, strict, allow_downcast), is taken too. strict, allow_downcast: where one is said, the value goes
    through the `filter` of the type.
    """

    __slots__ = ("container", "default_update")

    def __init__(self, type: Any, value: Any, name: Any = None, container: Any = None, strict: bool | None = None,
                 allow_downcast: bool | None = None) -> None:
        if not isinstance(type, Type):
            type, value, name, container, strict = value, name, type, None, container if isinstance(container, bool) else strict
        super().__init__(type, name=name)
        if container is None and (strict is not None or allow_downcast is not None):
            value = type.filter(value, strict=bool(strict), allow_downcast=allow_downcast)
        self.container = Container(type, value, name) if container is None else container
        if container is None and (strict or allow_downcast is not None):
            self.container.options = {"strict": bool(strict), "allow_downcast": allow_downcast}
        self.default_update: Any = None

    def __getattr__(self, name: str) -> Any:
        """None for a `default_update` that was deleted. Python asks here for what a property refuses, too."""
        if name == "default_update":
            return None
        if name == "value":
            raise AttributeError("a shared variable has no attribute value: x.get_value() gives its value, x.set_value(v) changes it")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def value(self) -> Any:
        """Gone since Theano 0.3: raises, and names `get_value` and `set_value`."""
        raise AttributeError("value")

    @value.setter
    def value(self, new_value: Any) -> None:
        raise AttributeError("a shared variable has no attribute value: x.set_value(v) changes it")

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """The value; a copy of it unless borrow."""
        value = self.container.storage[0]
        if borrow:
            return value
        return value.copy() if isinstance(value, np.ndarray) else copy.deepcopy(value)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the value; TypeError, and no change, if it is not of the variable's type. borrow: the array itself is kept,
        if it is one that native code can read as it is."""
        try:
            proper = self.type.filter(new_value, **self.container.options)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise locate(kind(f"the shared variable {self} cannot take this value: {error}"), self.line) from None
        self.container.storage[0] = _kept(proper, new_value, borrow)

    def clone(self) -> Any:
        """Another variable for the same value."""
        twin = type(self)(self.type, None, self.name, container=self.container)
        twin.default_update = self.default_update
        return twin

    def __copy__(self) -> Any:
        """By `copy.copy`: a variable with the same value, of which both see changes."""
        return self.clone()

    def __getstate__(self) -> Any:
        return super().__getstate__() | {"value": self.container.storage[0], "default_update": self.default_update, "container": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        value, update = state.pop("value", None), state.get("default_update")
        held = state.get("container")
        if held is not None:  # as Theano pickled it
            value = held.storage[0]
            value = canonical(value) if isinstance(value, np.ndarray) else value
        super().__setstate__(state)
        self.default_update = update
        self.container = Container(self.type, value, self.name)


class TensorSharedVariable(SharedVariable, TensorVariable):
    """A shared array."""

    __slots__ = ()

    def zero(self, borrow: bool = False) -> None:
        """Set every element to 0."""
        self.container.storage[0] = np.zeros_like(self.container.storage[0])


class SparseSharedVariable(SharedVariable, SparseVariable):
    """A shared sparse matrix of scipy."""

    __slots__ = ()


class RandomStateSharedVariable(SharedVariable):
    """A shared generator of numpy, a RandomState."""

    __slots__ = ()


TensorType.shared_class = TensorSharedVariable
RandomStateType.shared_class = RandomStateSharedVariable
SparseType.shared_class = SparseSharedVariable


def shared(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, borrow: bool = False,
    broadcastable: Any = None, shape: Any = None, **options: Any,
) -> Any:
    """A shared variable with this value.

    Arrays keep their dtype and number of dimensions (no dimension is broadcastable unless `broadcastable` or `shape` says so);
    Python int gives int64, float float64, bool bool; a matrix of scipy.sparse a sparse variable (of another `format` if said); a RandomState
    one of symgraph.tensor.raw_random's type;
    anything else (lists too) is kept as a generic object. The array is copied unless borrow.

    >>> import numpy as np
    >>> w = shared(np.zeros((2, 3)), name='w')
    >>> w.get_value().shape
    (2, 3)
    """
    if isinstance(value, Variable):
        raise TypeError("shared() wants a value, not a variable: a variable has no value yet")
    for constructor in reversed(_CONSTRUCTORS):
        try:
            made = constructor(value, name=name, strict=strict, allow_downcast=allow_downcast, **_given(borrow, broadcastable, shape), **options)
        except TypeError:  # it is not for this value
            continue
        made.line = source.here()
        return made
    array = _as_array(value)
    if is_sparse_value(value):
        format = options.pop("format", None) or (value.format if value.format in FORMATS else "csr")
        sparse = SparseType(format, value.dtype)
        proper = sparse.filter(value, strict, allow_downcast)
        result: SharedVariable = SparseSharedVariable(sparse, _kept(proper, value, borrow), name)
    elif is_random_state(value):
        result = RandomStateSharedVariable(random_state_type, _kept(value, value, borrow), name)
    elif array is None:
        result = SharedVariable(generic, value if borrow else copy.deepcopy(value), name)
    else:
        if shape is not None:
            pattern = tuple(shape)
        elif broadcastable is not None:
            pattern = tuple(1 if flag else None for flag in broadcastable)
        else:
            pattern = (None,) * array.ndim
        type = tensor_type(array.dtype.name, pattern)
        array = type.filter(array, strict, allow_downcast)
        result = TensorSharedVariable(type, _kept(array, value, borrow), name)
    if strict or allow_downcast is not None:  # of later values, too
        result.container.options = {"strict": strict, "allow_downcast": allow_downcast}
    result.line = source.here()
    for key, attribute in options.items():
        if key not in ("target", "force"):
            raise TypeError(f"shared() got an unexpected argument {key!r}: {attribute!r}")
    return result


_CONSTRUCTORS: list[Callable[..., SharedVariable]] = []


def shared_constructor(ctor: Callable[..., SharedVariable], remove: bool = False) -> Callable[..., SharedVariable]:
    """Let `shared` try this function first: ctor(value, name=, strict=, allow_downcast=, ...) makes the shared variable, or raises
    TypeError for a value that is not its business. The last one that was told is tried first. remove: no longer. Returns the function.

    >>> @shared_constructor
    ... def of_words(value, name=None, strict=False, allow_downcast=None):
    ...     if not isinstance(value, str):
    ...         raise TypeError('no word')
    ...     return SharedVariable(generic, value.upper(), name)
    >>> shared('word').get_value()
    'WORD'
    >>> _ = shared_constructor(of_words, remove=True)
    """
    if not callable(ctor):
        raise TypeError(f"a constructor of shared variables is a function, got {ctor!r}")
    if remove:
        if ctor not in _CONSTRUCTORS:
            raise ValueError(f"{ctor} was not told to shared_constructor")
        _CONSTRUCTORS.remove(ctor)
    else:
        _CONSTRUCTORS.append(ctor)
    return ctor


def _given(borrow: bool, broadcastable: Any, shape: Any) -> dict[str, Any]:
    """The options that were given: a constructor need not know the others."""
    options = {"borrow": borrow or None, "broadcastable": broadcastable, "shape": shape}
    return {name: value for name, value in options.items() if value is not None}


def _kept(proper: Any, given: Any, borrow: bool) -> Any:
    """`proper`, made of `given`, as the variable may keep it: an array in C order that is its own, unless borrow."""
    if not isinstance(proper, np.ndarray):
        return proper if borrow else copy.deepcopy(proper)
    fresh = isinstance(given, (bool, int, float, complex, list, tuple))
    return canonical(proper) if borrow or fresh else np.array(proper, proper.dtype.newbyteorder("="), order="C")


def _as_array(value: Any) -> np.ndarray | None:
    if isinstance(value, np.ndarray):
        return value if value.dtype.name in ALL else None
    if isinstance(value, np.generic):
        return np.asarray(value) if value.dtype.name in ALL else None
    if isinstance(value, bool):
        return np.asarray(value, dtype="bool")
    if isinstance(value, int):
        fitting = [dtype for dtype in ("int64", "uint64") if np.iinfo(dtype).min <= value <= np.iinfo(dtype).max]
        return np.asarray(value, dtype=fitting[0]) if fitting else None
    if isinstance(value, float):
        return np.asarray(value, dtype="float64")
    if isinstance(value, complex):
        return np.asarray(value, dtype="complex128")
    return None
