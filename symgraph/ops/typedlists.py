"""Lists of values of one type as values of expressions: `TypedListType`, and what Python's lists can do. None of them changes its input.

They are values for Python code, as functions of generic objects are: a function with one runs step by step.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import TensorType, Type, tensor_type
from symgraph.expr.variable import Constant, Variable

__all__ = [
    "Append", "Count", "Extend", "GetItem", "Index", "Insert", "Length", "MakeList", "Remove", "Reverse", "TypedListConstant", "TypedListType",
    "TypedListVariable", "append", "count", "extend", "getitem", "index_", "insert", "length", "make_list", "remove", "reverse",
]

_INTEGER = tensor_type("int64", ())


class TypedListType(Type):
    """Lists whose items are all of type `ttype`; depth: lists of lists, so many more. TypeError: ttype is no type; ValueError: depth < 0.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = TypedListType(T.dvector)('x')
    >>> f = symgraph.function([x], [x[0], length(x)])
    >>> f([[1.0, 2.0], [3.0]])
    [array([1., 2.]), array(2)]
    """

    def __init__(self, ttype: Any, depth: int = 0) -> None:
        if depth < 0:
            raise ValueError(f"depth must be 0 or more, got {depth}")
        if not isinstance(ttype, Type):
            raise TypeError(f"a list is of items of one type, got {ttype!r} of {type(ttype)}")
        self.ttype = ttype if depth == 0 else TypedListType(ttype, depth - 1)

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> list[Any]:
        """A list of proper items; TypeError for anything else."""
        if not isinstance(value, (list, tuple)) or (strict and not isinstance(value, list)):
            raise TypeError(f"{self}: expected a python list, got {value!r}")
        return [self.ttype.filter(item, strict=strict, allow_downcast=allow_downcast) for item in value]

    def get_depth(self) -> int:
        """0 for a list of items, 1 for a list of lists of them, and so on."""
        return self.ttype.get_depth() + 1 if isinstance(self.ttype, TypedListType) else 0

    def values_eq(self, a: Any, b: Any) -> bool:
        return len(a) == len(b) and all(self.ttype.values_eq(x, y) for x, y in zip(a, b))

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        return len(a) == len(b) and all(self.ttype.values_eq_approx(x, y) for x, y in zip(a, b))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.ttype == other.ttype  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((TypedListType, self.ttype))

    def __repr__(self) -> str:
        return f"TypedList <{self.ttype}>"


class _Methods:
    """What can be said of a variable that is a list."""

    type: Any

    @property
    def ttype(self) -> Type:
        """The type of the items."""
        return self.type.ttype

    @property
    def dtype(self) -> str:
        """The dtype of the items."""
        return self.type.ttype.dtype

    @property
    def ndim(self) -> int:
        """One more than the items have."""
        return int(self.type.ttype.ndim) + 1

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __iter__(self) -> Any:
        raise TypeError("a list that is not known yet cannot be iterated over; scan over its indices: T.arange(length(x))")

    def append(self, toAppend: Any) -> Any:  # Theano's name
        """The list with one item more."""
        return append(self, toAppend)

    def extend(self, toAppend: Any) -> Any:
        """The list and another behind it."""
        return extend(self, toAppend)

    def insert(self, index: Any, toInsert: Any) -> Any:
        """The list with an item put before place `index`."""
        return insert(self, index, toInsert)

    def remove(self, elem: Any) -> Any:
        """The list without the first item that equals `elem`."""
        return remove(self, elem)

    def reverse(self) -> Any:
        """The list from the end to the beginning."""
        return reverse(self)

    def count(self, elem: Any) -> Any:
        """How many items equal `elem`."""
        return count(self, elem)

    def ind(self, elem: Any) -> Any:
        """The place of the first item that equals `elem`."""
        return index_(self, elem)

    index_ = ind


class TypedListVariable(_Methods, Variable):
    """A list to come."""


class TypedListConstant(_Methods, Constant):
    """A known list."""


TypedListType.variable_class = TypedListType.Variable = TypedListVariable  # type: ignore[attr-defined]
TypedListType.constant_class = TypedListType.Constant = TypedListConstant  # type: ignore[attr-defined]


def _list(x: Any) -> Any:
    if not isinstance(getattr(x, "type", None), TypedListType):
        raise TypeError(f"a variable of TypedListType is wanted, got {x!r}")
    return x


def _item(x: Any, item: Any) -> Any:
    """An item for list x as a variable; TypeError if it is of another type."""
    found = item if isinstance(item, Variable) else x.type.ttype.make_constant(item)
    if not x.type.ttype.accepts(found.type):
        raise TypeError(f"the items of {x} are of type {x.type.ttype}, got {found} of type {found.type}")
    return found


def _place(index: Any) -> Any:
    found = as_variable(index)
    if not isinstance(found.type, TensorType) or found.type.ndim or not found.type.dtype.startswith(("int", "uint")):
        raise TypeError(f"an index of a list is an integer, got {found} of type {found.type}")
    return found


class _OfLists(Op):
    """What ops of lists have in common: lists in, lists or items out. `inplace` is accepted: no op changes its input."""

    __props__: tuple[str, ...] = ()
    takes = ""  # what follows the list: i an index, e an item, l a list of the same type
    gives: Any = None  # the type of the output, if it is not that of the list

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def make_node(self, x: Any, *more: Any) -> Apply:
        x = _list(x)
        if len(more) != len(self.takes):
            raise TypeError(f"{self} takes {len(self.takes) + 1} arguments, got {len(more) + 1}")
        variables = [x]
        for kind, y in zip(self.takes, more):
            if kind == "l" and _list(y).type != x.type:
                raise TypeError(f"{self}: lists of one type are wanted, got {x.type} and {y.type}")
            variables.append(_place(y) if kind == "i" else _item(x, y) if kind == "e" else y)
        return Apply(self, variables, [(self.gives or x.type)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        x = list(inputs[0])
        found = self.done(node.inputs[0].type.ttype, x, *inputs[1:])
        output_storage[0][0] = np.asarray(found, dtype="int64") if self.gives else x if found is None else found

    def done(self, ttype: Any, x: list[Any], *more: Any) -> Any:
        """The result; None: the list x, as it has become."""
        raise NotImplementedError

    def __str__(self) -> str:
        return type(self).__name__


class Append(_OfLists):
    """The list with one item more."""

    takes = "e"

    def done(self, ttype: Any, x: list[Any], item: Any) -> None:
        x.append(copy.copy(item))


class Extend(_OfLists):
    """A list and another behind it."""

    takes = "l"

    def done(self, ttype: Any, x: list[Any], other: Any) -> None:
        x.extend(other)


class Insert(_OfLists):
    """The list with an item put before a place."""

    takes = "ie"

    def done(self, ttype: Any, x: list[Any], index: Any, item: Any) -> None:
        x.insert(int(index), copy.copy(item))


class Remove(_OfLists):
    """The list without the first item that equals another; ValueError in the call if none does."""

    takes = "e"

    def done(self, ttype: Any, x: list[Any], item: Any) -> None:
        del x[_found(ttype, x, item)]


class Reverse(_OfLists):
    """The list from the end to the beginning."""

    def done(self, ttype: Any, x: list[Any]) -> None:
        x.reverse()


class Index(_OfLists):
    """The place of the first item that equals another, int64; ValueError in the call if none does."""

    takes, gives = "e", _INTEGER

    def done(self, ttype: Any, x: list[Any], item: Any) -> Any:
        return _found(ttype, x, item)


class Count(_OfLists):
    """How many items equal another, int64."""

    takes, gives = "e", _INTEGER

    def done(self, ttype: Any, x: list[Any], item: Any) -> Any:
        return sum(bool(ttype.values_eq(y, item)) for y in x)


class Length(_OfLists):
    """How many items a list has, int64."""

    gives = _INTEGER

    def done(self, ttype: Any, x: list[Any]) -> Any:
        return len(x)


def _found(ttype: Any, x: list[Any], item: Any) -> int:
    for position, y in enumerate(x):
        if ttype.values_eq(y, item):
            return position
    raise ValueError(f"{item!r} is not in the list")


class GetItem(Op):
    """An item of a list by its place, or, by a slice, a list; IndexError in the call for a place that there is not."""

    __props__ = ("bounds",)

    def __init__(self, bounds: tuple[bool, ...] | None = None) -> None:
        self.bounds = bounds  # of a slice: which of start, stop and step are said

    def make_node(self, x: Any, index: Any) -> Apply:
        x = _list(x)
        if isinstance(index, slice):
            said = (index.start, index.stop, index.step)
            op = GetItem(tuple(n is not None for n in said))
            return Apply(op, [x, *[_place(n) for n in said if n is not None]], [x.type()])
        return Apply(GetItem(), [x, _place(index)], [x.type.ttype()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        x, *numbers = inputs
        if self.bounds is None:
            output_storage[0][0] = copy.deepcopy(x[int(numbers[0])])
            return
        rest = iter(numbers)
        output_storage[0][0] = x[slice(*[int(next(rest)) if said else None for said in self.bounds])]

    def __str__(self) -> str:
        return "GetItem"


class MakeList(Op):
    """A list of variables of one type: make_list((a, b)). TypeError for no variable, or such of several types."""

    __props__ = ()

    def make_node(self, a: Any) -> Apply:
        if not isinstance(a, (list, tuple)) or not a:
            raise TypeError(f"a tuple or list of variables is wanted, got {a!r}")
        variables = [as_variable(x) for x in a]
        first = variables[0].type
        if isinstance(first, TensorType):  # sizes that are known of the first item are not those of all
            first = tensor_type(first.dtype, tuple(1 if n == 1 else None for n in first.shape))
        if any(not first.accepts(x.type) for x in variables):
            raise TypeError(f"MakeList needs variables of one type, got {', '.join(str(x.type) for x in variables)}")
        return Apply(self, variables, [TypedListType(first)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = [copy.copy(x) for x in inputs]


append, extend, insert, remove, reverse = Append(), Extend(), Insert(), Remove(), Reverse()
index_, count, length, getitem, make_list = Index(), Count(), Length(), GetItem(), MakeList()
