"""The part of the face that is loaded with the first name that symgraph/tensor/__init__.py does not have itself."""

from typing import Any

from symgraph.gradient import check, matrices
from symgraph.ops import arrange, assertion, cumulate, disk, messages, methods, nans, passing, search, signal, sort
from symgraph.ops import special as _functions
from symgraph.printing.formula import pp
from symgraph.tensor import fft, fourier, linalg, nlinalg, slinalg, special

__all__ = ["NAMES"]

methods.complete()  # whoever asks for a name of these will ask for their methods

_FILES = (arrange, messages, search, _functions, signal, cumulate, nans, sort)
NAMES: dict[str, Any] = {name: getattr(file, name) for file in _FILES for name in file.__all__ if not name.isupper()}
NAMES |= {
    "Assert": assertion.Assert, "assert_": assertion.assert_, "assert_op": assertion.assert_op,
    "load": disk.load, "LoadFromDisk": disk.LoadFromDisk, "DeepCopyOp": passing.DeepCopyOp, "ViewOp": passing.ViewOp,
    "jacobian": matrices.jacobian, "hessian": matrices.hessian, "hessian_vector_product": matrices.hessian_vector_product,
    "verify_grad": check.verify_grad, "numeric_grad": check.numeric_grad, "pprint": pp, "pp": pp,
    "fft": fft, "fourier": fourier, "special": special, "linalg": linalg, "nlinalg": nlinalg, "slinalg": slinalg,
}
