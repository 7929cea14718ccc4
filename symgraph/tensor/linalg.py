"""Linear algebra under the names of numpy.linalg and scipy.linalg: names only. All take stacks of matrices."""

from symgraph.ops.diagonal import diag, diagonal, trace
from symgraph.ops.linalg import dot, kron, matmul, matrix_dot, outer, tensordot
from symgraph.ops.linalg.cholesky import cho_factor, cho_solve, cholesky
from symgraph.ops.linalg.eigh import eigh, eigvalsh
from symgraph.ops.linalg.svd import matrix_rank, pinv, polar, svd, svdvals
from symgraph.ops.linalg.triangular import solve_triangular
from symgraph.ops.moments import norm

__all__ = [
    "cho_factor", "cho_solve", "cholesky", "diag", "diagonal", "dot", "kron", "matmul", "matrix_dot", "norm", "outer", "solve_triangular",
    "tensordot", "trace",
    "eigh", "eigvalsh", "matrix_rank", "pinv", "polar", "svd", "svdvals",
]
