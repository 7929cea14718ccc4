"""The face of sparse matrices: names only. Values are matrices of scipy.sparse, csr or csc; bsr is taken, and works as csr.

Everything a file of symgraph/ops/sparse lists in its `__all__` is here under the same name.
"""

import sys
from typing import Any

from symgraph.expr.shared import SparseSharedVariable, shared
from symgraph.expr.sparse import (
    SparseConstant,
    SparseConstantSignature,
    SparseType,
    SparseVariable,
    as_sparse_variable,
    is_sparse_value,
    sparse_constant,
    sparse_matrices,
)
from symgraph.gradient.markers import DisconnectedType, grad_not_implemented, grad_undefined
from symgraph.ops.sparse import arithmetic, compare, convert, functions, index, product, reduce, stack, structure
from symgraph.settings import config

_FILES = (arithmetic, compare, convert, functions, index, product, reduce, stack, structure)
_INNER = {"SparseOp", "getitem", "places", "rows_and_columns", "GetItem2dGrad", "Repeated", "OuterProduct", "RowsWithSparseGrad", "real", "imag"}
_NAMES: dict[str, Any] = {name: getattr(file, name) for file in _FILES for name in file.__all__ if name not in _INNER}
_NAMES |= sparse_matrices()
_NAMES |= {
    "SparseType": SparseType, "SparseVariable": SparseVariable, "SparseConstant": SparseConstant, "SparseSharedVariable": SparseSharedVariable,
    "SparseTensorSharedVariable": SparseSharedVariable, "SparseConstantSignature": SparseConstantSignature, "constant": sparse_constant,
    "as_sparse": as_sparse_variable, "as_sparse_variable": as_sparse_variable, "shared": shared, "csm_grad": structure.CSMGrad,
    "eliminate_zeros": convert.remove0,
    "DisconnectedType": DisconnectedType, "grad_undefined": grad_undefined, "grad_not_implemented": grad_not_implemented,
    "config": config, "enable_sparse": True, "is_sparse_value": is_sparse_value,
    "basic": sys.modules[__name__],  # where Theano keeps them
}
for _file in _FILES:
    globals().pop(_file.__name__.rpartition(".")[2], None)  # what is behind the face is not part of it
del _file
globals().update(_NAMES)
__all__ = sorted(_NAMES)
