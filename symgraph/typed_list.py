"""Lists of values of one type in expressions, by Theano's names: names only. See `TypedListType`."""

from symgraph.expr.op import Apply, Op
from symgraph.expr.variable import Constant, Variable
from symgraph.ops.typedlists import (
    Append,
    Count,
    Extend,
    GetItem,
    Index,
    Insert,
    Length,
    MakeList,
    Remove,
    Reverse,
    TypedListConstant,
    TypedListType,
    TypedListVariable,
    append,
    count,
    extend,
    getitem,
    index_,
    insert,
    length,
    make_list,
    remove,
    reverse,
)

__all__ = [
    "Append", "Apply", "Constant", "Count", "Extend", "GetItem", "Index", "Insert", "Length", "MakeList", "Op", "Remove", "Reverse",
    "TypedListConstant", "TypedListType", "TypedListVariable", "Variable", "append", "count", "extend", "getitem", "index_", "insert", "length",
    "make_list", "remove", "reverse",
]
