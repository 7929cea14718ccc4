"""Arrays turned, spaced and laid out as grids; differences, averages: what numpy has for arranging, as compositions of ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.ops.arrange.differences import DiffOp, diff, ediff1d
from symgraph.ops.arrange.grids import (
    RavelMultiIndex,
    UnravelIndex,
    diag_indices,
    indices,
    ix_,
    meshgrid,
    ravel_multi_index,
    tril_indices,
    tril_indices_from,
    triu_indices,
    triu_indices_from,
    unravel_index,
)
from symgraph.ops.arrange.spaced import Bartlett, bartlett, bartlett_, blackman, geomspace, hamming, hanning, kaiser, linspace, logspace
from symgraph.ops.arrange.statistics import average, corrcoef, count_nonzero, cov, nan_to_num
from symgraph.ops.arrange.turning import (
    CpuContiguous,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    atleast_Nd,
    atleast_nd,
    broadcast_arrays,
    broadcast_shapes,
    cpu_contiguous,
    flip,
    fliplr,
    flipud,
    rollaxis,
    rot90,
)

__all__ = [
    "NUMPY",
    "Bartlett",
    "CpuContiguous",
    "DiffOp",
    "RavelMultiIndex",
    "UnravelIndex",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "atleast_Nd",
    "atleast_nd",
    "average",
    "bartlett",
    "bartlett_",
    "blackman",
    "broadcast_arrays",
    "broadcast_shapes",
    "corrcoef",
    "count_nonzero",
    "cov",
    "cpu_contiguous",
    "diag_indices",
    "diff",
    "ediff1d",
    "flip",
    "fliplr",
    "flipud",
    "geomspace",
    "hamming",
    "hanning",
    "indices",
    "ix_",
    "kaiser",
    "linspace",
    "logspace",
    "meshgrid",
    "nan_to_num",
    "ravel_multi_index",
    "rollaxis",
    "rot90",
    "tril_indices",
    "tril_indices_from",
    "triu_indices",
    "triu_indices_from",
    "unravel_index",
]

# numpy's functions on variables, under numpy's names and signatures.
NUMPY: dict[str, Callable[..., Any]] = {
    "flip": flip, "fliplr": fliplr, "flipud": flipud, "rot90": rot90, "rollaxis": rollaxis, "atleast_1d": atleast_1d,
    "atleast_2d": atleast_2d, "atleast_3d": atleast_3d, "broadcast_arrays": broadcast_arrays,
    "linspace": linspace, "logspace": logspace, "geomspace": geomspace, "bartlett": bartlett, "hanning": hanning, "hamming": hamming,
    "blackman": blackman, "kaiser": kaiser,
    "diff": lambda a, n=1, axis=-1, prepend=None, append=None: diff(a, n, axis, prepend, append), "ediff1d": ediff1d,
    "meshgrid": meshgrid, "ix_": ix_, "tril_indices_from": tril_indices_from, "triu_indices_from": triu_indices_from,
    "unravel_index": lambda indices, shape, order="C": unravel_index(indices, shape, order), "ravel_multi_index": ravel_multi_index,
    "average": average, "cov": cov, "corrcoef": corrcoef, "count_nonzero": count_nonzero, "nan_to_num": nan_to_num,
}
