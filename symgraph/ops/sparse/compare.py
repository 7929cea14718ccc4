"""Comparisons element by element: uint8, sparse of two sparse matrices, dense of a sparse and a dense one."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.sparse import SparseType
from symgraph.expr.types import tensor_type
from symgraph.ops.sparse.arithmetic import same_shape
from symgraph.ops.sparse.kernels import ToDense
from symgraph.ops.sparse.structure import SparseOp, as_sparse_or_tensor_variable, is_sparse, layout_of, no_gradient

__all__ = [
    "EqualSD", "EqualSS", "GreaterEqualSD", "GreaterEqualSS", "GreaterThanSD", "GreaterThanSS", "LessEqualSD", "LessEqualSS", "LessThanSD",
    "LessThanSS", "NotEqualSD", "NotEqualSS", "eq", "equal_s_d", "equal_s_s", "ge", "greater_equal_s_d", "greater_equal_s_s",
    "greater_than_s_d", "greater_than_s_s", "gt", "le", "less_equal_s_d", "less_equal_s_s", "less_than_s_d", "less_than_s_s", "lt", "neq",
    "not_equal_s_d", "not_equal_s_s",
]


class ComparisonSS(SparseOp):
    """Base: two sparse matrices of one format. Stored is where the comparison holds, so mind that 0 <= 0 does. name: of the operator."""

    kinds = "ss"
    name = ""

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if layout_of(x) != layout_of(y):
            raise TypeError(f"{self} compares matrices of one format, got {x.type} and {y.type}")
        return [SparseType(layout_of(x), "uint8")]

    def compute(self, x: Any, y: Any) -> Any:
        from scipy.sparse import SparseEfficiencyWarning

        same_shape(x, y)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SparseEfficiencyWarning)
            return getattr(operator, self.name)(x, y).astype("uint8")

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return no_gradient(inputs)


class ComparisonSD(SparseOp):
    """Base: a sparse and a dense matrix. name: of the operator."""

    kinds = "sd"
    name = ""

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if y.ndim != 2:
            raise TypeError(f"{self} compares a sparse matrix with a matrix, got {y.type}")
        return [tensor_type("uint8", (None, None))]

    def compute(self, x: Any, y: Any) -> Any:
        same_shape(x, y)
        return getattr(operator, self.name)(x.toarray(), y).astype("uint8")

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        x, y = inputs
        method = "neq" if self.name == "ne" else self.name
        dense = ToDense(layout_of(node.inputs[0]))(*x)
        return [getattr(dense, method)(y.specify_shape([x[3][0], x[3][1]])).astype("uint8")]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return no_gradient(inputs)


class EqualSS(ComparisonSS):
    """x == y of two sparse matrices, uint8."""

    __props__ = ()
    name = "eq"


class EqualSD(ComparisonSD):
    """x == y of a sparse and a dense matrix, uint8."""

    __props__ = ()
    name = "eq"


class NotEqualSS(ComparisonSS):
    """x != y of two sparse matrices, uint8."""

    __props__ = ()
    name = "ne"


class NotEqualSD(ComparisonSD):
    """x != y of a sparse and a dense matrix, uint8."""

    __props__ = ()
    name = "ne"


class LessThanSS(ComparisonSS):
    """x < y of two sparse matrices, uint8."""

    __props__ = ()
    name = "lt"


class LessThanSD(ComparisonSD):
    """x < y of a sparse and a dense matrix, uint8."""

    __props__ = ()
    name = "lt"


class GreaterThanSS(ComparisonSS):
    """x > y of two sparse matrices, uint8."""

    __props__ = ()
    name = "gt"


class GreaterThanSD(ComparisonSD):
    """x > y of a sparse and a dense matrix, uint8."""

    __props__ = ()
    name = "gt"


class LessEqualSS(ComparisonSS):
    """x <= y of two sparse matrices, uint8."""

    __props__ = ()
    name = "le"


class LessEqualSD(ComparisonSD):
    """x <= y of a sparse and a dense matrix, uint8."""

    __props__ = ()
    name = "le"


class GreaterEqualSS(ComparisonSS):
    """x >= y of two sparse matrices, uint8."""

    __props__ = ()
    name = "ge"


class GreaterEqualSD(ComparisonSD):
    """x >= y of a sparse and a dense matrix, uint8."""

    __props__ = ()
    name = "ge"


equal_s_s, equal_s_d = EqualSS(), EqualSD()
not_equal_s_s, not_equal_s_d = NotEqualSS(), NotEqualSD()
less_than_s_s, less_than_s_d = LessThanSS(), LessThanSD()
greater_than_s_s, greater_than_s_d = GreaterThanSS(), GreaterThanSD()
less_equal_s_s, less_equal_s_d = LessEqualSS(), LessEqualSD()
greater_equal_s_s, greater_equal_s_d = GreaterEqualSS(), GreaterEqualSD()


def _comparison(name: str, sign: str, both: Any, one: Any, other: Any) -> Callable[..., Any]:
    """both, one, other: the op of two sparse operands, of a sparse and a dense one, of a dense and a sparse one exchanged."""

    def compare(x: Any, y: Any) -> Any:
        x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
        if not is_sparse(x) and not is_sparse(y):
            raise TypeError(f"{name}: one of the operands must be sparse, got {x.type} and {y.type}")
        if is_sparse(x):
            return both(x, y) if is_sparse(y) else one(x, y)
        return other(y, x)

    compare.__name__ = compare.__qualname__ = name
    compare.__doc__ = (f"x {sign} y of matrices of which at least one is sparse, uint8: sparse if both are, else dense. TypeError if neither is "
                       "or the formats differ, ValueError for different shapes.")
    return compare


eq = _comparison("eq", "==", equal_s_s, equal_s_d, equal_s_d)
neq = _comparison("neq", "!=", not_equal_s_s, not_equal_s_d, not_equal_s_d)
lt = _comparison("lt", "<", less_than_s_s, less_than_s_d, greater_than_s_d)
gt = _comparison("gt", ">", greater_than_s_s, greater_than_s_d, less_than_s_d)
le = _comparison("le", "<=", less_equal_s_s, less_equal_s_d, greater_equal_s_d)
ge = _comparison("ge", ">=", greater_equal_s_s, greater_equal_s_d, less_equal_s_d)
