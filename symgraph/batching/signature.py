"""vectorize: a function of variables, written for one example, called with stacks of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from symgraph.batching.graph import vectorize_graph
from symgraph.expr.make import as_tensor
from symgraph.expr.types import tensor_type

__all__ = ["vectorize"]

_ARGUMENT = r"\(\s*(?:\w+\s*(?:,\s*\w+\s*)*)?\)"
_SIGNATURE = re.compile(rf"^\s*{_ARGUMENT}(\s*,\s*{_ARGUMENT})*\s*->\s*{_ARGUMENT}(\s*,\s*{_ARGUMENT})*\s*$")

Dims = list[tuple[str, ...]]


def vectorize(function: Callable[..., Any], signature: str | None = None) -> Callable[..., Any]:
    """The function of variables, for arguments with more leading dimensions than it was written for; these broadcast.

    signature: numpy's, as ``"(m,n),(n)->(m)"``: the dimensions of each argument and each result of one example, equal names for
    equal sizes, a number for a size that is known. Without it: numbers in, numbers out. The function is called once a call,
    with variables of one example.

    Raises ValueError for what is no signature; TypeError, when called, for a wrong number of arguments or of dimensions of a
    result, ValueError for an argument of too few dimensions and for sizes of one name that are known to differ.

    >>> import symgraph.tensor as T
    >>> distance = vectorize(lambda x, y: ((x - y) ** 2).sum(), "(n),(n)->()")
    >>> distance(T.constant([[0.0, 0.0], [1.0, 1.0]]), T.constant([1.0, 1.0])).eval()
    array([2., 0.])
    """
    parsed = None if signature is None else _parsed(signature)

    @wraps(function)
    def of_stacks(*arguments: Any) -> Any:
        given = [as_tensor(x) for x in arguments]
        ins: Dims = [()] * len(given) if parsed is None else parsed[0]
        if len(given) != len(ins):
            raise TypeError(f"vectorize: the signature {signature} has {len(ins)} arguments, got {len(given)}")
        _check_sizes(given, ins, signature)
        examples = []
        for x, dims in zip(given, ins):
            t = tensor_type(x.dtype, x.type.shape[x.ndim - len(dims) :])
            examples.append(t.variable_class(t, name=x.name))
        results = function(*examples)
        listed = list(results) if isinstance(results, (list, tuple)) else [results]
        outs: Dims = [()] * len(listed) if parsed is None else parsed[1]
        if len(listed) != len(outs):
            raise TypeError(f"vectorize: the signature {signature} has {len(outs)} results, the function gave {len(listed)}")
        for x, dims in zip(listed, outs):
            if x.ndim != len(dims):
                raise TypeError(f"vectorize: a result of the function has {x.ndim} dimensions, {len(dims)} in the signature {signature or '()'}")
        stacks = vectorize_graph(listed, list(zip(examples, given)))
        return type(results)(stacks) if isinstance(results, (list, tuple)) else stacks[0]

    return of_stacks


def _parsed(signature: str) -> tuple[Dims, Dims]:
    if not isinstance(signature, str) or not _SIGNATURE.match(signature):
        raise ValueError(f"vectorize: {signature!r} is no signature like '(m,n),(n)->(m)'")
    left, right = signature.split("->")
    ins, outs = ([tuple(re.findall(r"\w+", part)) for part in re.findall(_ARGUMENT, side)] for side in (left, right))
    return ins, outs


def _check_sizes(given: list[Any], ins: Dims, signature: str | None) -> None:
    """ValueError for too few dimensions, and for sizes that the signature says are equal and the types say are not."""
    sizes: dict[str, int] = {}
    for position, (x, dims) in enumerate(zip(given, ins)):
        if x.ndim < len(dims):
            raise ValueError(f"vectorize: argument {position} has {x.ndim} dimensions, the signature {signature} wants {len(dims)} or more")
        for name, n in zip(dims, x.type.shape[x.ndim - len(dims) :]):
            wanted = int(name) if name.isdigit() else sizes.setdefault(name, n) if n is not None else None
            if n is not None and wanted is not None and n != wanted:
                raise ValueError(f"vectorize: argument {position} has size {n} where {name} of the signature {signature} is {wanted}")
