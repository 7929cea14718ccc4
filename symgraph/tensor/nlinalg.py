"""Linear algebra under the names of Theano's nlinalg: names only."""

from symgraph.ops.diagonal import AllocDiag, diag, trace
from symgraph.ops.linalg import matrix_dot
from symgraph.ops.linalg.eig import Eig, eig
from symgraph.ops.linalg.eigh import Eigh, EighGrad, eigh
from symgraph.ops.linalg.inverse import Det, MatrixInverse, det, matrix_inverse
from symgraph.ops.linalg.leastsquares import Lstsq
from symgraph.ops.linalg.norms import norm
from symgraph.ops.linalg.powers import matrix_power
from symgraph.ops.linalg.qr import QRFull, QRIncomplete, qr
from symgraph.ops.linalg.svd import SVD, MatrixPinv, pinv, svd
from symgraph.ops.linalg.tensors import TensorInv, TensorSolve, tensorinv, tensorsolve

alloc_diag = extract_diag = diag

lstsq = Lstsq

__all__ = [
    "AllocDiag", "Det", "Eig", "Eigh", "EighGrad", "MatrixInverse", "MatrixPinv", "QRFull", "QRIncomplete", "SVD", "TensorInv",
    "TensorSolve", "alloc_diag", "det", "diag", "eig", "eigh", "extract_diag", "lstsq", "matrix_dot", "matrix_inverse",
    "matrix_power", "norm", "pinv", "qr", "svd", "tensorinv", "tensorsolve", "trace",
]
