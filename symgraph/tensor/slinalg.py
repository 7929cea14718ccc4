"""Linear algebra under the names of Theano's slinalg: names only."""

from symgraph.ops.linalg import kron
from symgraph.ops.linalg.banded import solve_banded, solveh_banded
from symgraph.ops.linalg.cholesky import Cholesky, CholeskyGrad, cho_factor, cho_solve, cholesky
from symgraph.ops.linalg.eigh import Eigvalsh, EigvalshGrad, eigvalsh
from symgraph.ops.linalg.exponential import Expm, ExpmGrad, expm
from symgraph.ops.linalg.lu import lu, lu_factor, lu_solve
from symgraph.ops.linalg.solve import Solve, solve, solve_lower_triangular, solve_symmetric, solve_upper_triangular
from symgraph.ops.linalg.triangular import solve_triangular

__all__ = [
    "Cholesky", "CholeskyGrad", "Eigvalsh", "EigvalshGrad", "Expm", "ExpmGrad", "Solve", "cho_factor", "cho_solve", "cholesky", "eigvalsh", "expm",
    "kron", "lu", "lu_factor", "lu_solve", "solve", "solve_banded", "solveh_banded", "solve_lower_triangular", "solve_symmetric", "solve_triangular",
    "solve_upper_triangular",
]
