"""Linear algebra under the names of numpy.linalg and scipy.linalg: names only. All take stacks of matrices."""

from symgraph.ops.diagonal import diag
from symgraph.ops.linalg import (
    block_diag,
    circulant,
    companion,
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
from symgraph.ops.linalg.banded import solve_banded, solveh_banded
from symgraph.ops.linalg.cholesky import cho_factor, cho_solve, cholesky
from symgraph.ops.linalg.eig import eig, eigvals
from symgraph.ops.linalg.eigh import eigh, eigvalsh
from symgraph.ops.linalg.exponential import expm, logm, sqrtm
from symgraph.ops.linalg.inverse import det, inv, slogdet
from symgraph.ops.linalg.leastsquares import lstsq
from symgraph.ops.linalg.lu import lu, lu_factor, lu_solve
from symgraph.ops.linalg.norms import cond, matrix_norm, norm, vector_norm
from symgraph.ops.linalg.powers import matrix_power, spectral_radius_bound
from symgraph.ops.linalg.qr import qr
from symgraph.ops.linalg.solve import solve
from symgraph.ops.linalg.stacks import matrix_diagonal as diagonal
from symgraph.ops.linalg.stacks import matrix_trace as trace
from symgraph.ops.linalg.svd import matrix_rank, pinv, polar, svd, svdvals
from symgraph.ops.linalg.sylvester import (
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
    solve_lyapunov,
    solve_sylvester,
)
from symgraph.ops.linalg.tensors import tensorinv, tensorsolve
from symgraph.ops.linalg.triangular import solve_triangular

__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion", "cond", "cross", "det", "diag", "diagonal", "dot",
    "eig", "eigh", "eigvals", "eigvalsh", "einsum", "expm", "hankel", "inner", "inv", "kron", "logm", "lstsq", "lu", "lu_factor",
    "lu_solve", "matmul", "matrix_dot", "matrix_norm", "matrix_power", "matrix_rank", "matrix_transpose", "matvec", "multi_dot",
    "norm", "outer", "pinv", "polar", "qr", "slogdet", "solve", "solve_banded", "solveh_banded", "solve_continuous_lyapunov",
    "solve_discrete_lyapunov", "solve_lyapunov", "solve_sylvester", "solve_triangular", "spectral_radius_bound", "sqrtm", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "toeplitz", "trace", "vander", "vecdot", "vecmat", "vector_norm",
]
