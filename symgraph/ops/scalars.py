"""The one number an expression is known to be, if it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.errors import EmptyConstantError, NotScalarConstantError
from symgraph.expr.make import as_tensor, as_variable
from symgraph.expr.sizes import items_of, static_int
from symgraph.expr.variable import Constant, TensorVariable

__all__ = ["extract_constant", "get_scalar_constant_value", "get_vector_length"]

_HAND_ON = {"DimShuffle": 0, "Reshape": 0, "Flatten": 0, "Rebroadcast": 0, "SpecifyShape": 0, "Identity": 0, "Alloc": 0}
_COMPUTED = 32  # nodes looked at


def get_scalar_constant_value(orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10) -> Any:
    """The value of which every element of an expression is known to be a copy, as a 0-d array.

    elemwise: compute elementwise ops of such values. only_process_constants: look at constants only. max_recur: how deep to
    look. NotScalarConstantError (a ValueError) if the value is not known or not one; EmptyConstantError if there is none.

    >>> import symgraph.tensor as T
    >>> get_scalar_constant_value(T.constant(3) * T.ones((2, 2)))
    array(3.)
    """
    budget = [_COMPUTED]
    found = _find(as_variable(orig_v), elemwise, only_process_constants, max_recur, budget)
    if found is None:
        raise NotScalarConstantError(f"{orig_v} is not known to be one number")
    return found


def _find(x: Any, elemwise: bool, only_constants: bool, depth: int, budget: list[int]) -> Any:
    if isinstance(x, Constant):
        data = np.asarray(x.data)
        if data.size == 0:
            raise EmptyConstantError(f"the constant {x} has no element")
        first = data.reshape(-1)[0]
        same = data == first if first == first else data != data
        return np.asarray(first, dtype=data.dtype) if bool(np.all(same)) else None
    budget[0] -= 1
    node = x.owner
    if only_constants or node is None or not isinstance(x, TensorVariable) or depth <= 0 or budget[0] < 0:
        return None
    kind = type(node.op).__name__
    name = getattr(node.op, "name", "")
    if kind in _HAND_ON:
        return _find(node.inputs[0], elemwise, only_constants, depth - 1, budget)
    if name == "second":
        return _find(node.inputs[1], elemwise, only_constants, depth - 1, budget)
    size = static_int(x) if x.ndim == 0 else None
    if size is not None:
        return np.asarray(size, dtype=x.dtype)
    if elemwise and (kind == "Elementwise" or kind == "Cast"):
        values = [_find(y, elemwise, only_constants, depth - 1, budget) for y in node.inputs]
        if all(v is not None for v in values):
            lifted = [v.reshape((1,) * y.ndim) for v, y in zip(values, node.inputs)]
            return np.asarray(node.op.run(node, lifted)[0]).reshape(())
    return None


def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """The value `get_scalar_constant_value` finds, or else x itself."""
    try:
        return get_scalar_constant_value(x, elemwise, only_process_constants)
    except NotScalarConstantError:
        return x


def get_vector_length(v: Any) -> int:
    """How many elements a vector is known to have; ValueError if that is not known, TypeError if v is no vector.

    >>> import symgraph.tensor as T
    >>> get_vector_length(T.dtensor3().shape)
    3
    """
    v = as_tensor(v)
    if v.ndim != 1:
        raise TypeError(f"argument must be symbolic vector, got {v} of {v.ndim} dimensions")
    known = v.type.shape[0]
    items = items_of(v) if known is None else None
    if known is None and items is None:
        raise ValueError(f"length not known: {v}")
    return len(items) if items is not None else known
