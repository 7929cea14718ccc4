"""Linear algebra under the names of Theano's nlinalg: names only."""

from symgraph.ops.diagonal import AllocDiag, diag, trace
from symgraph.ops.linalg import matrix_dot
from symgraph.ops.moments import norm

alloc_diag = extract_diag = diag

__all__ = ["AllocDiag", "alloc_diag", "diag", "extract_diag", "matrix_dot", "norm", "trace"]
