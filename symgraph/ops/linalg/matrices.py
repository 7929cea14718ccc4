"""What the ops on stacks of matrices share: which dtypes they take, how stacks meet, what is square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dims import STATIC
from symgraph.expr.dtypes import COMPLEX, DISCRETE, upcast
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of

__all__ = ["MatrixOp", "adjoint", "as_matrices", "only_triangle", "square", "together", "transposed"]


def computed_in(*dtypes: str) -> str:
    """The dtype that LAPACK computes in: integers and bools as float64, float16 as float32."""
    dtype = upcast(*dtypes)
    return "float64" if dtype in DISCRETE else "float32" if dtype == "float16" else dtype


def as_matrices(what: str, *arrays: Any) -> list[Any]:
    """Each as a variable of at least two dimensions (ValueError if not), all of the one dtype that is computed in."""
    found = [as_tensor(x) for x in arrays]
    for x in found:
        if x.ndim < 2:
            raise ValueError(f"{what} takes a matrix or a stack of matrices, got {x.type}: at least two dimensions are needed")
    dtype = computed_in(*[x.dtype for x in found])
    return [x if x.dtype == dtype else x.astype(dtype) for x in found]


def square(s: Any, x: Any, what: str) -> Any:
    """The size of square matrices; LinAlgError where rows and columns differ in number."""
    rows, columns = x.shape[-2:]
    s.check(s.equal(rows, columns), "LinAlgError", what + " takes square matrices, got {} rows and {} columns", rows, columns)
    return columns if isinstance(columns, int) else rows


def transposed(x: Any) -> Any:
    """Rows and columns exchanged."""
    return x.dimshuffle(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)


def adjoint(x: Any) -> Any:
    """Rows and columns exchanged, conjugated."""
    return transposed(x.conj() if x.dtype in COMPLEX else x)


def only_triangle(g: Any, lower: bool, hermitian: bool = True) -> Any:
    """The derivative by the triangle that is read of Hermitian (or symmetric) matrices, given that by all their elements."""
    both = g + (adjoint(g) if hermitian else transposed(g))
    return (both.tril() + both.tril(-1)) * 0.5 if lower else (both.triu() + both.triu(1)) * 0.5


def together(a: Any, b: Any, shared: bool = False) -> tuple[Any, Any]:
    """Two stacks with equal leading dimensions: where one is known to have size 1, or lacks the dimension, it is repeated.

    shared: a single matrix a without leading dimensions stays as it is, for all matrices of b.
    """
    if shared and a.ndim == 2:
        return a, b
    leading = max(a.ndim, b.ndim) - 2
    a, b = (x.dimshuffle(*["x"] * (leading + 2 - x.ndim), *range(x.ndim)) if x.ndim < leading + 2 else x for x in (a, b))
    for d in range(leading):
        one, other = a.type.shape[d] == 1, b.type.shape[d] == 1
        if one and not other:
            a = a.repeat(size_of(b, d), axis=d)
        elif other and not one:
            b = b.repeat(size_of(a, d), axis=d)
    return a, b


class MatrixOp(Op):
    """An op of stacks of matrices: leading dimensions are examples, so a further one is nothing new. An op says `value` in the place of `compute`."""

    cost = 100

    def value(self, *arrays: Any) -> Any:
        """The numpy rule, for arrays whose sizes fit."""
        raise NotImplementedError

    def compute(self, *arrays: Any) -> Any:
        self.sizes(STATIC, *arrays)
        return self.value(*arrays)

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> Sequence[Any]:
        """Inputs that are not stacked are repeated."""
        count = next(size_of(x, 0) for x, is_stacked in zip(inputs, stacked) if is_stacked)
        ready = [x if is_stacked else x.dimshuffle("x", *range(x.ndim)).repeat(count, axis=0) for x, is_stacked in zip(inputs, stacked)]
        return self(*ready, return_list=True)  # type: ignore[no-any-return]
