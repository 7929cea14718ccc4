"""The rows of symgraph/ops/methods.py for families that few programs need; loaded with the first name that is not in its own tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.ops import arrange, assertion, cumulate, fourier, nans, numpyfunctions, search, signal, sort, special
from symgraph.ops.compositions import named
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.linalg import cholesky, eig, eigh, inverse, leastsquares, norms, powers, qr, solve, stacks, svd, tensors
from symgraph.ops.nnet import softmax
from symgraph.ops.protocols import of_this_numpy

__all__ = ["METHODS", "NUMPY_FUNCTIONS", "PARTIAL_REDUCTIONS", "UFUNCS", "UFUNC_REDUCTIONS"]

METHODS: dict[str, Callable[..., Any]] = {
    **{name: op for name in special.__all__ if isinstance(op := getattr(special, name), Elementwise)},
    "sort": sort.sort, "argsort": sort.argsort, "searchsorted": search.searchsorted, "cumsum": cumulate.cumsum, "cumprod": cumulate.cumprod,
    "cummax": cumulate.cummax, "cummin": cumulate.cummin, "logcumsumexp": cumulate.logcumsumexp,
    "_take_along": sort.along.take_along, "_add_along": sort.along.add_along,  # for gradients: places are not checked
    "_asserted": assertion.asserted,
}
UFUNCS: dict[str, Callable[..., Any]] = {
    **{name: getattr(special, name) for name in special.__all__},  # scipy.special's are ufuncs, too
    **numpyfunctions.UFUNCS,
}
UFUNC_REDUCTIONS: dict[str, Callable[..., Any]] = {"logaddexp": softmax.logsumexp}
PARTIAL_REDUCTIONS = numpyfunctions.PARTIAL_REDUCTIONS
NUMPY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cumsum": cumulate.cumsum, "cumprod": cumulate.cumprod,
    "sort": lambda a, axis=-1, kind=None, order=None, stable=None: sort.sort(a, axis, kind, order, stable=stable),
    "argsort": lambda a, axis=-1, kind=None, order=None, stable=None: sort.argsort(a, axis, kind, order, stable=stable),
    **of_this_numpy({
        "linalg.svdvals": svd.svdvals, "linalg.diagonal": stacks.matrix_diagonal, "linalg.trace": stacks.matrix_trace,
        "linalg.vector_norm": norms.vector_norm, "linalg.matrix_norm": norms.matrix_norm}),
    "linalg.norm": norms.norm, "linalg.eigh": named("EighResult", "eigenvalues eigenvectors", eigh.eigh),
    "linalg.eigvalsh": eigh.eigvalsh, "linalg.svd": named("SVDResult", "U S Vh", svd.svd), "linalg.pinv": svd.pinv,
    "linalg.matrix_rank": svd.matrix_rank, "linalg.eig": named("EigResult", "eigenvalues eigenvectors", eig.eig),
    "linalg.eigvals": eig.eigvals, "linalg.cond": norms.cond,
    "linalg.matrix_power": powers.matrix_power,
    "linalg.cholesky": lambda a, upper=False: cholesky.cholesky(a, lower=not upper), "linalg.solve": solve.solve,
    "linalg.inv": inverse.inv, "linalg.det": inverse.det, "linalg.slogdet": named("SlogdetResult", "sign logabsdet", inverse.slogdet),
    "linalg.qr": named("QRResult", "Q R", qr.qr), "linalg.lstsq": leastsquares.lstsq,
    "linalg.tensorinv": tensors.tensorinv, "linalg.tensorsolve": tensors.tensorsolve,
    "sinc": special.sinc, "i0": special.i0,
    **{f"fft.{name}": getattr(fourier, name) for name in fourier.__all__ if name.islower()},
    **sort.NUMPY, **{name: getattr(nans, name) for name in nans.__all__},
    **arrange.NUMPY, **search.NUMPY, **signal.NUMPY, **of_this_numpy({"trapezoid": signal.trapezoid}),
    **of_this_numpy(numpyfunctions.FUNCTIONS),
    **of_this_numpy({
        "unique_values": search.unique,
        "unique_counts": named("UniqueCountsResult", "values counts", lambda x: search.unique(x, return_counts=True)),
        "unique_inverse": named("UniqueInverseResult", "values inverse_indices", lambda x: search.unique(x, return_inverse=True)),
        "unique_all": named("UniqueAllResult", "values indices inverse_indices counts", lambda x: search.unique(x, True, True, True))}),
}
