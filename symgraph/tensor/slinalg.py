"""Linear algebra under the names of Theano's slinalg: names only."""

from symgraph.ops.linalg import kron
from symgraph.ops.linalg.cholesky import Cholesky, cho_solve, cholesky
from symgraph.ops.linalg.eigh import Eigvalsh, EigvalshGrad, eigvalsh
from symgraph.ops.linalg.exponential import Expm, ExpmGrad, expm
from symgraph.ops.linalg.solve import Solve, solve, solve_lower_triangular, solve_symmetric, solve_upper_triangular
from symgraph.ops.linalg.triangular import solve_triangular

__all__ = [
    "Cholesky", "Eigvalsh", "EigvalshGrad", "Expm", "ExpmGrad", "Solve", "cho_solve", "cholesky", "eigvalsh", "expm", "kron", "solve",
    "solve_lower_triangular", "solve_symmetric", "solve_triangular", "solve_upper_triangular",
]
