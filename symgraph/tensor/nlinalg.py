"""Linear algebra under the names of Theano's nlinalg: names only."""

from symgraph.ops.diagonal import AllocDiag, diag, trace
from symgraph.ops.linalg import matrix_dot
from symgraph.ops.linalg.eig import Eig, eig
from symgraph.ops.linalg.eigh import Eigh, EighGrad, eigh
from symgraph.ops.linalg.inverse import Det, MatrixInverse, det, matrix_inverse
from symgraph.ops.linalg.norms import norm
from symgraph.ops.linalg.powers import matrix_power
from symgraph.ops.linalg.svd import SVD, MatrixPinv, pinv, svd

alloc_diag = extract_diag = diag

__all__ = [
    "Eig", "eig", "matrix_power",
    "AllocDiag", "Det", "Eigh", "EighGrad", "MatrixInverse", "MatrixPinv", "SVD", "alloc_diag", "det", "diag", "eigh", "extract_diag",
    "matrix_dot", "matrix_inverse", "norm", "pinv", "svd", "trace",
]
