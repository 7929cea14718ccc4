"""Linear algebra under the names of numpy.linalg and scipy.linalg: names only. All take stacks of matrices."""

from symgraph.ops.diagonal import diag, diagonal, trace
from symgraph.ops.linalg import (
    block_diag,
    circulant,
    cross,
    dot,
    einsum,
    hankel,
    inner,
    kron,
    matmul,
    matrix_dot,
    matrix_transpose,
    matvec,
    multi_dot,
    outer,
    tensordot,
    toeplitz,
    vander,
    vecdot,
    vecmat,
)
from symgraph.ops.linalg.cholesky import cho_factor, cho_solve, cholesky
from symgraph.ops.linalg.eigh import eigh, eigvalsh
from symgraph.ops.linalg.exponential import expm, logm, sqrtm
from symgraph.ops.linalg.norms import matrix_norm, norm, vector_norm
from symgraph.ops.linalg.svd import matrix_rank, pinv, polar, svd, svdvals
from symgraph.ops.linalg.sylvester import solve_continuous_lyapunov, solve_lyapunov, solve_sylvester
from symgraph.ops.linalg.triangular import solve_triangular

__all__ = [
    "cho_factor", "cho_solve", "cholesky", "diag", "diagonal", "dot", "kron", "matmul", "matrix_dot", "norm", "outer", "solve_triangular",
    "tensordot", "trace",
    "eigh", "eigvalsh", "matrix_rank", "pinv", "polar", "svd", "svdvals",
    "expm", "logm", "matrix_norm", "solve_continuous_lyapunov", "solve_lyapunov", "solve_sylvester", "sqrtm", "vector_norm",
    "block_diag", "circulant", "cross", "einsum", "hankel", "inner", "matrix_transpose", "matvec", "multi_dot", "toeplitz", "vander", "vecdot",
    "vecmat",
]
