"""Fourier transforms. `rfft` and `irfft` are Theano's: real and imaginary parts as pairs along a last dimension. All else is numpy's.

numpy's own `rfft` and `irfft`, with complex numbers, are in `symgraph.tensor.fourier`; `np.fft.rfft(x)` builds them as well.
"""

from __future__ import annotations

from typing import Any

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_sizes, size_constant, size_of
from symgraph.ops.binary import complex as complex_of
from symgraph.ops.fourier import (
    FFT,
    IRFFT,
    RFFT,
    fft,
    fft2,
    fftfreq,
    fftn,
    fftshift,
    hfft,
    ifft,
    ifft2,
    ifftn,
    ifftshift,
    ihfft,
    irfft2,
    irfftn,
    rfft2,
    rfftfreq,
    rfftn,
)
from symgraph.ops.join import stack

__all__ = [
    "FFT", "IRFFT", "RFFT", "IRFFTOp", "RFFTOp", "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "irfft", "irfft2", "irfft_op", "irfftn", "rfft", "rfft2", "rfft_op", "rfftfreq", "rfftn",
]

_NORMS = {None: ("backward", "backward"), "ortho": ("ortho", "ortho"), "no_norm": ("backward", "forward")}


class RFFTOp:
    """What Theano's op of this name does, as a function: the transform of each a[k], not normalised, in pairs of real and imaginary part.

    a: floats of two dimensions or more. s: the sizes transformed, a list of integers or an integer vector; those of `a` without it.
    TypeError for fewer dimensions.
    """

    def __call__(self, a: Any, s: Any = None) -> Any:
        a = as_tensor(a)
        if a.ndim < 2:
            raise TypeError(f"RFFTOp: two dimensions or more are wanted, the first of them batches, got {a.type}")
        return _pairs(rfftn(a, _sizes(s, a.ndim - 1, "RFFTOp"), range(1, a.ndim)))


class IRFFTOp:
    """The inverse of `RFFTOp`, not normalised: from pairs to real arrays of the sizes s; without s of the even size that fits."""

    def __call__(self, a: Any, s: Any = None) -> Any:
        a = as_tensor(a)
        if a.ndim < 3:
            raise TypeError(f"IRFFTOp: three dimensions or more are wanted, the first of them batches, the last pairs, got {a.type}")
        return irfftn(_from_pairs(a), _sizes(s, a.ndim - 2, "IRFFTOp"), range(1, a.ndim - 1), norm="forward")


rfft_op, irfft_op = RFFTOp(), IRFFTOp()


def _sizes(s: Any, count: int, name: str) -> Any:
    if s is None:
        return None
    if as_tensor(s).dtype not in dtypes.INTEGER:
        raise TypeError(f"{name}: length of the transformed axis must be of type integer")
    return as_sizes(s, f"{name}: a size", count)


def _pairs(z: Any) -> Any:
    return stack([z.real, z.imag], axis=-1)


def _from_pairs(a: Any) -> Any:
    return complex_of(a[..., 0], a[..., 1])


def _norm(norm: Any, inverse: bool) -> str:
    if norm not in _NORMS:
        raise ValueError(f"Invalid value {norm} for norm, must be None, 'ortho' or 'no_norm'")
    return _NORMS[norm][inverse]


def rfft(inp: Any, norm: str | None = None) -> Any:
    """The transforms of inp[0], inp[1], ..., real arrays of one dimension or more: (m, ..., n) gives (m, ..., n // 2 + 1, 2), with
    real and imaginary part in the last dimension.

    norm: None or "no_norm": no factor; "ortho": 1 / sqrt of the number of elements; ValueError for another. TypeError for a vector.

    >>> rfft([[1.0, 2.0, 3.0]]).eval()
    array([[[ 6.       ,  0.       ],
            [-1.5      ,  0.8660254]]])
    """
    inp = as_tensor(inp)
    if inp.ndim < 2:
        raise TypeError(f"rfft: two dimensions or more are wanted, the first of them batches, got {inp.type}")
    return _pairs(rfftn(inp, axes=range(1, inp.ndim), norm=_norm(norm, False)))


def irfft(inp: Any, norm: str | None = None, is_odd: bool = False) -> Any:
    """The inverse of `rfft`: (m, ..., n // 2 + 1, 2) gives (m, ..., n), n being even, or odd if `is_odd`.

    norm: None: divided by the number of elements; "ortho": by its square root; "no_norm": not at all.
    """
    inp = as_tensor(inp)
    if is_odd not in (True, False):
        raise ValueError(f"Invalid value {is_odd} for is_odd, must be True or False")
    if inp.ndim < 3:
        raise TypeError(f"irfft: three dimensions or more are wanted, the first of them batches, the last pairs, got {inp.type}")
    last = (size_of(inp, inp.ndim - 2) - size_constant(1)) * size_constant(2) + size_constant(int(is_odd))
    sizes: list[Any] = [*[-1] * (inp.ndim - 3), last]
    return irfftn(_from_pairs(inp), sizes, range(1, inp.ndim - 1), norm=_norm(norm, True))
