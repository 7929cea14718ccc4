"""Small functions of Theano's `scan_module.scan_utils`, which programs with loops of their own borrowed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symgraph import tensor as T
from symgraph.expr.make import as_tensor
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import clone_nodes, replace
from symgraph.loops.result import read_result

__all__ = [
    "expand_empty", "forced_replace", "get_updates_and_outputs", "hash_listsDictsTuples", "isNaN_or_Inf_or_None", "reconstruct_graph",
    "safe_new",
]


def isNaN_or_Inf_or_None(x: Any) -> bool:  # Theano's name
    """Whether x is None, or a number, or a constant, that is NaN or infinite. Other variables and texts are not."""
    if x is None:
        return True
    value = x.data if isinstance(x, Constant) else x
    if isinstance(value, (Variable, str)):
        return False
    try:
        return bool(np.any(~np.isfinite(value)))
    except TypeError:
        return False


def expand_empty(tensor_var: Any, size: Any) -> Any:
    """The array with `size` more rows behind it, whose values are not said; itself for 0."""
    x = as_tensor(tensor_var)
    if isinstance(size, int) and size == 0:
        return x
    longer = T.empty([x.shape[0] + size, *[x.shape[k] for k in range(1, x.ndim)]], dtype=x.dtype)
    return T.set_subtensor(longer[: x.shape[0]], x)


def safe_new(x: Any, tag: str = "", dtype: str | None = None) -> Any:
    """A fresh variable of the type of x, or of another dtype, named after it; a constant stays one."""
    if isinstance(x, Constant):
        return x.clone() if dtype in (None, x.type.dtype) else as_tensor(x.data.astype(dtype), name=x.name)
    like: Any = x if isinstance(x, Variable) else as_tensor(x)
    if dtype is not None and like.dtype != dtype:
        like = like.astype(dtype)
    name = getattr(x, "name", None)
    return like.type(None if name is None else name + tag)


def forced_replace(out: Any, x: Any, y: Any) -> Any:
    """`out` with y in the place of the variable x; None stays None."""
    return None if out is None else replace(out, {x: y})


def get_updates_and_outputs(ls: Any) -> tuple[Any, list[Any], Any]:
    """What the function of a step may return, sorted: (condition or None, outputs, updates). ValueError for what it may not."""
    if isinstance(ls, Mapping) and not ls or isinstance(ls, (list, tuple)) and not ls:
        return None, [], OrderedDict()
    found = read_result(ls, "scan")
    return found.condition, found.outputs, OrderedDict(found.updates)


def reconstruct_graph(inputs: Sequence[Any], outputs: Sequence[Any], tag: str | None = None) -> tuple[list[Any], list[Any]]:
    """Copies of inputs, named with the tag behind, and of the outputs in terms of these. Other leaves are shared with the old graph."""
    fresh = [safe_new(x, "" if tag is None else tag) for x in inputs]
    return fresh, clone_nodes(list(outputs), dict(zip(inputs, fresh)))


def hash_listsDictsTuples(x: Any) -> int:  # Theano's name
    """A hash of what lists, dictionaries and tuples hold, whatever their order."""
    if isinstance(x, Mapping):
        parts = [part for pair in x.items() for part in pair]
    elif isinstance(x, (list, tuple)):
        parts = list(x)
    else:
        return hash(x)
    value = 0
    for part in parts:
        value ^= hash_listsDictsTuples(part)
    return value
