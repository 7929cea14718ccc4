"""Linear algebra under the names of Theano's slinalg: names only."""

from symgraph.ops.linalg import kron
from symgraph.ops.linalg.cholesky import Cholesky, cho_solve, cholesky
from symgraph.ops.linalg.eigh import Eigvalsh, EigvalshGrad, eigvalsh
from symgraph.ops.linalg.exponential import Expm, ExpmGrad, expm
from symgraph.ops.linalg.triangular import solve_triangular

__all__ = ["Eigvalsh", "EigvalshGrad", "Expm", "ExpmGrad", "eigvalsh", "expm",
    "Cholesky", "cho_solve", "cholesky", "kron", "solve_triangular"]
