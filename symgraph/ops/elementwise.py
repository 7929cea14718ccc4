"""Elementwise ops: the pattern. An op is a row of a table: numpy function, scalar rule, gradient, dtype rule.

Operands are aligned at their last dimension, as in numpy; a dimension broadcasts where its size is *known* to be 1. Two sizes that only
a call tells must be equal (ValueError). All operands are cast to the dtypes that the row's rule says, the result to the output's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from symgraph.errors import MethodNotDefined
from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply, Op
from symgraph.settings import config

__all__ = ["Elementwise", "Row", "choose_float", "keep", "named", "to_bool", "to_float"]

DtypeRule = Callable[..., "tuple[Sequence[str], str]"]

MISMATCH = "Input dimension mis-match. (input[{}].shape[{}] = {{}}, input[{}].shape[{}] = {{}})"


def keep(*kinds: str) -> tuple[Sequence[str], str]:
    """All operands and the result in the smallest dtype that holds them."""
    joined = dtypes.upcast(*kinds)
    return (joined,) * len(kinds), joined


def to_float(*kinds: str) -> tuple[Sequence[str], str]:
    """As `keep`, integers as floats: float32 up to 16 bits, float64 above."""
    joined = dtypes.float_of(dtypes.upcast(*kinds))
    return (joined,) * len(kinds), joined


def choose_float(*kinds: str) -> tuple[Sequence[str], str]:
    """As `keep`, but floatX for integers: true division."""
    joined = dtypes.upcast(*kinds)
    joined = config.floatX if joined in dtypes.DISCRETE else joined
    return (joined,) * len(kinds), joined


def to_bool(*kinds: str) -> tuple[Sequence[str], str]:
    """Operands in one dtype, the result bool."""
    joined = dtypes.upcast(*kinds)
    return (joined,) * len(kinds), "bool"


@dataclass(frozen=True, slots=True)
class Row:
    """One elementwise op.

    count: operands (None: any number from one). compute(*arrays): by numpy. scalar(b, *values): by the builder. gradient(inputs, output, g)
    -> one term an input (None: zero), or None: flat everywhere. kinds: dtypes of operands -> (dtypes computed in, dtype of the result).
    cost: rough number of operations. symbol: an operator for print-outs.
    """

    name: str
    count: int | None
    compute: Callable[..., Any]
    scalar: Callable[..., Any]
    gradient: Callable[..., Any] | None = None
    kinds: DtypeRule = keep
    cost: int = 1
    symbol: str = ""
    doc: str = ""


class Elementwise(Op):
    """The op of one row. It is the function that users call: ``exp(x)``."""

    __props__ = ("name",)

    def __init__(self, row: Row, home: str, public: str | None = None) -> None:
        self.row = row
        self.name = row.name
        self.cost = row.cost
        self.home = (home, public or row.name)
        self.__name__ = public or row.name
        self.__doc__ = row.doc

    def __reduce__(self) -> Any:
        return named, self.home

    def make_node(self, *inputs: Any) -> Apply:
        variables = [as_tensor(x) for x in inputs]
        count = self.row.count
        if (count is not None and len(variables) != count) or not variables:
            raise TypeError(f"{self.name} takes {count or 'at least 1'} argument{'s' if count != 1 else ''}, got {len(variables)}")
        return Apply(self, variables, [t.variable_class(t) for t in self.output_types(*variables)])

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return [self.row.kinds(*[x.dtype for x in inputs])[1]]

    # Shapes -----------------------------------------------------------------------------------------------------------
    def sizes(self, s: Any, *inputs: Any) -> Any:
        ndim = max(len(x.shape) for x in inputs)
        out = []
        for d in range(ndim):
            size: Any = 1
            first = 0
            for k, x in enumerate(inputs):
                at = d - ndim + len(x.shape)
                if at < 0 or is_one(x.shape[at]):
                    continue
                if is_one(size):
                    size, first = x.shape[at], k
                elif size is not x.shape[at]:
                    at_first = d - ndim + len(inputs[first].shape)
                    size = s.same(size, x.shape[at], MISMATCH.format(first, at_first, k, at), size, x.shape[at])
            out.append(size)
        return [tuple(out)]

    def reads(self, node: Any) -> list[str]:
        (out,) = node.outputs
        shape = out.type.shape
        found = []
        for x in node.inputs:
            sizes = x.type.shape
            found.append("same" if len(sizes) == len(shape) and all(n != 1 or m == 1 for n, m in zip(sizes, shape)) else "many")
        return found

    # Values -----------------------------------------------------------------------------------------------------------
    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        kinds, out = self.row.kinds(*[x.type.dtype for x in node.inputs])
        self.check(node, inputs)
        arrays = [np.asarray(a).astype(kind, copy=False) for a, kind in zip(inputs, kinds)]
        output_storage[0][0] = np.asarray(self.row.compute(*arrays)).astype(out, copy=False)

    @staticmethod
    def check(node: Apply, inputs: Sequence[Any]) -> None:
        """Sizes that meet must be equal unless they are known to be 1."""
        shapes = [[1 if n == 1 else m for n, m in zip(x.type.shape, a.shape)] for x, a in zip(node.inputs, inputs)]
        ndim = node.outputs[0].type.ndim
        for d in range(ndim):
            seen: tuple[int, int, int] | None = None
            for k, (x, shape) in enumerate(zip(node.inputs, shapes)):
                at = d - ndim + len(shape)
                if at < 0 or x.type.shape[at] == 1:
                    continue
                if seen is None:
                    seen = (k, at, shape[at])
                elif seen[2] != shape[at]:
                    raise ValueError(MISMATCH.format(seen[0], seen[1], k, at).format(seen[2], shape[at]))

    def compute(self, *arrays: Any) -> Any:
        """The numpy rule on arrays of any dtypes; sizes 1 broadcast."""
        kinds, out = self.row.kinds(*[a.dtype.name for a in arrays])
        return np.asarray(self.row.compute(*[a.astype(kind, copy=False) for a, kind in zip(arrays, kinds)])).astype(out, copy=False)

    def element(self, b: Any, index: Sequence[Any], *inputs: Any) -> Any:
        kinds, out = self.row.kinds(*[x.dtype for x in inputs])
        ndim = len(index)
        single = [all(len(x.shape) <= ndim - 1 - d or is_one(x.shape[d - ndim + len(x.shape)]) for x in inputs) for d in range(ndim)]
        values = []
        for x, kind in zip(inputs, kinds):
            missing = ndim - len(x.shape)
            place = [0 if is_one(n) and not single[d] else index[d] for d, n in enumerate(x.shape, missing)]
            values.append(b.cast(x(*place), kind))
        return b.cast(self.row.scalar(b, *values), out)

    # Derivatives ------------------------------------------------------------------------------------------------------
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (out,), (g,) = outputs, output_grads
        terms = [None] * len(inputs) if self.row.gradient is None else self.row.gradient(inputs, out, g)
        result = []
        for x, term in zip(inputs, terms):
            if term is None:
                term = x.zeros_like(dtype=config.floatX if x.dtype in dtypes.DISCRETE else x.dtype)
            result.append(gathered(as_tensor(term), x))
        return result

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """A term of the gradient is g times a derivative, element by element: with the tangent as g it is the tangent's term."""
        out = self(*inputs)
        total: Any = None
        for k, t in enumerate(tangents):
            if t is None or self.row.gradient is None:
                continue
            term = self.row.gradient(inputs, out, t.conj() if out.dtype in dtypes.COMPLEX else t)[k]
            if term is not None:
                total = term if total is None else total + term
        if total is None:
            return [out.zeros_like(dtype=config.floatX if out.dtype in dtypes.DISCRETE else out.dtype)]
        total = total.conj() if out.dtype in dtypes.COMPLEX else total
        return [total if total.type.broadcastable == out.type.broadcastable else out.zeros_like(dtype=total.dtype) + total]

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def gathered(term: Any, x: Any) -> Any:
    """The term summed, once, over the dimensions along which x was repeated."""
    lead = term.ndim - x.ndim
    if lead < 0:
        return x.zeros_like(dtype=term.dtype) + term
    repeated = [d for d in range(term.ndim) if d < lead or (x.type.shape[d - lead] == 1 and term.type.shape[d] != 1)]
    if repeated:
        term = term.sum(axis=repeated, keepdims=True)
        if lead:
            term = term.dimshuffle(*range(lead, term.ndim))
    return term


def is_one(n: Any) -> bool:
    return isinstance(n, int) and n == 1


def named(home: str, name: str) -> Elementwise:
    """The op of a name in a module: how a pickle finds it."""
    found = getattr(import_module(home), name)
    if not isinstance(found, Elementwise):
        raise MethodNotDefined(f"{home}.{name} is not an elementwise op")
    return found
