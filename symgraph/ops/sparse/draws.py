"""Sparse matrices of counts that numpy's own generator draws (`numpy.random.seed` sets it): of each function anew in every call.

The draws and their order are those of Theano's `sparse.sandbox.sp2`. They have no derivatives, and no seed of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.errors import SymgraphError
from symgraph.expr.dtypes import DISCRETE
from symgraph.expr.nogradient import DisconnectedType, grad_undefined
from symgraph.expr.op import Apply
from symgraph.expr.sparse import SparseType
from symgraph.ops.sparse.structure import SparseOp

__all__ = [
    "Binomial", "Multinomial", "Poisson", "csc_dbinomial", "csc_fbinomial", "csr_dbinomial", "csr_fbinomial", "multinomial", "poisson",
]


class WrongDtype(SymgraphError, AssertionError, TypeError):
    """A draw is asked for with parameters of another kind of numbers; Theano said so by an assertion."""


class OnlyRows(SymgraphError, NotImplementedError):
    """A draw goes row by row, and the matrix does not hold rows."""


class _Draw(SparseOp):
    """Base of the draws: what is drawn differs from call to call, so nothing is computed as a function is made."""

    def do_constant_folding(self, node: Apply) -> bool:
        """Never."""
        return False

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [grad_undefined(self, k, x, "What is drawn has no derivative.") for k, x in enumerate(inputs)]


class Poisson(_Draw):
    """Counts drawn from Poisson's distribution, their means the stored elements of the matrix x: of its type; counts of 0 are not stored.

    ValueError in the call where an element is negative.
    """

    __props__ = ()

    def output_types(self, x: Any) -> list[Any]:
        return [x.type]

    def compute(self, x: Any) -> Any:
        drawn = x.copy()
        drawn.data = np.asarray(np.random.poisson(x.data), dtype=x.dtype)
        drawn.eliminate_zeros()
        return drawn


class Binomial(_Draw):
    """How many of n trials succeed, each with probability p, for each element of a matrix of that shape: ``Binomial(format, dtype)(n, p, shape)``.

    n: an integer; p: a float; shape: a vector of two integers. TypeError (AssertionError) for other dtypes, ValueError in the call for an
    impossible n or p, TypeError for a shape of more than two sizes.
    """

    __props__ = ("format", "dtype")
    kinds = "ddd"

    def __init__(self, format: str, dtype: str) -> None:
        self.format, self.dtype = format, dtype

    def output_types(self, n: Any, p: Any, shape: Any) -> list[Any]:
        for what, x, integer in (("n", n, True), ("p", p, False), ("shape", shape, True)):
            if (x.dtype in DISCRETE) != integer:
                raise WrongDtype(f"{what} of {self} must be of {'integers' if integer else 'floats'}, got {x.type}")
        return [SparseType(self.format, self.dtype)]

    def compute(self, n: Any, p: Any, shape: Any) -> Any:
        from scipy.sparse import csc_matrix, csr_matrix

        if len(shape) > 2:
            raise TypeError(f"a sparse matrix has two dimensions, asked for is a draw of shape {tuple(map(int, shape))}")
        return (csc_matrix if self.format == "csc" else csr_matrix)(np.random.binomial(n, p, size=tuple(shape)), dtype=self.dtype)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [*super().grad(inputs[:2], output_grads), DisconnectedType()()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [False]]


class Multinomial(_Draw):
    """For each row of the csr matrix p, whose stored elements are probabilities that sum to 1, how often each comes in n trials: of p's type.

    n: an integer for all rows, or one for each: ValueError in the call if it is of another length. NotImplementedError for csc.
    """

    __props__ = ()
    kinds = "ds"

    def output_types(self, n: Any, p: Any) -> list[Any]:
        return [p.type]

    def compute(self, n: Any, p: Any) -> Any:
        if p.format != "csr":
            raise OnlyRows(f"{self} draws row by row: it takes a csr matrix, got {p.format}")
        if n.ndim and len(n) != p.shape[0]:
            raise ValueError(f"The number of element of n must be the same as the number of row of p: {len(n)} and {p.shape[0]}")
        drawn = p.copy()
        for row, trials in enumerate(np.broadcast_to(n, p.shape[:1])):
            inside = slice(p.indptr[row], p.indptr[row + 1])
            drawn.data[inside] = np.random.multinomial(trials, p.data[inside])
        return drawn


poisson, multinomial = Poisson(), Multinomial()
csr_fbinomial, csc_fbinomial = Binomial("csr", "float32"), Binomial("csc", "float32")
csr_dbinomial, csc_dbinomial = Binomial("csr", "float64"), Binomial("csc", "float64")
