"""Fourier transforms in the table of all ops; real and imaginary parts apart, so that every cost is real."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import row, sizes

import symgraph.tensor as T

F = T.fourier
_SOME = [((3, 4),), ((5,),), ((2, 1, 3),), ((0, 4),), ((1, 1),)]
_COMPLEX = ("float64", "complex128", "float32", "complex64", "int32", "bool")
_REAL = ("float64", "float32", "int64")


def _parts(*results: Any) -> list[Any]:
    return [part for z in results for part in (z.real, z.imag)]


def _narrow(x: np.ndarray, *results: np.ndarray) -> list[Any]:
    """numpy computes in single precision since 2.0 only for float32 input: said here for all versions."""
    single = x.dtype.name in ("float16", "float32", "complex64")
    return [np.asarray(z).astype(("complex64" if z.dtype.kind == "c" else "float32") if single else z.dtype) for z in results]


def _both(name: str, **options: Any) -> tuple[Any, Any]:
    """The transform by us and by numpy, of both directions, with each norm."""
    build = lambda x: _parts(*[getattr(F, kind)(x, norm=norm, **options) for kind in (name, f"i{name}") for norm in ("ortho", "forward", None)])
    judge = lambda x: _parts(*_narrow(x, *[
        getattr(np.fft, kind)(x, norm=norm, **options) for kind in (name, f"i{name}") for norm in ("ortho", "forward", None)]))
    return build, judge


def _numpy(function: Any) -> Any:
    def judge(x: np.ndarray, *rest: np.ndarray) -> list[Any]:
        return [part for z in _narrow(x, *function(np.fft, x, *map(int, rest))) for part in ((z.real, z.imag) if z.dtype.kind == "c" else (z,))]

    return judge


def _ours(function: Any) -> Any:
    def build(x: Any, *rest: Any) -> list[Any]:
        return [part for z in function(F, x, *rest) for part in ((z.real, z.imag) if z.dtype.startswith("complex") else (z,))]

    return build


def _row(name: str, function: Any, shapes: Any, **options: Any) -> Any:
    """function(names, x, ...): a list of transforms; names: numpy.fft or our face of it."""
    return row(name, _ours(function), _numpy(function), shapes, tolerance=1e-12, looser={"float32": 2e-5, "complex64": 2e-5}, **options)


ROWS = [
    row("fft, ifft", *_both("fft"), _SOME, dtypes=_COMPLEX, slopes=None, looser={"float32": 1e-5, "complex64": 1e-5}),
    row("fft2, ifft2", *_both("fft2"), [((3, 4),), ((2, 1, 3),), ((0, 2, 2),)], dtypes=("float64", "complex64"), slopes=None,
        looser={"complex64": 2e-5}, small=((2, 3),)),
    row("fftn along two axes of three", *_both("fftn", axes=(2, 0)), [((3, 2, 4),)], dtypes=("float64", "complex128"), slopes=None,
        small=((2, 1, 3),)),
    _row("fft of another size", lambda f, x: [f.fft(x, n=3, axis=0), f.ifft(x, 6, 1), f.fftn(x, (2, 5), (0, 1)), f.fftn(x, (2,), (0,))],
         [((4, 4),), ((3, 6),)], dtypes=("float64", "complex128"), slopes=None),
    _row("rfft", lambda f, x: [f.rfft(x), f.rfft(x, axis=0, norm="ortho"), f.rfft(x, n=5, norm="forward"), f.ihfft(x)],
         [((3, 4),), ((2, 5),), ((1, 2),), ((2, 1),)], dtypes=_REAL, slopes=None),
    _row("irfft", lambda f, x: [f.irfft(x), f.irfft(x, axis=0, norm="ortho", n=3), f.irfft(x, n=5, norm="forward"), f.hfft(x, 4)],
         [((3, 4),), ((2, 5),)], dtypes=("float64", "complex128", "complex64"), slopes=None),
    _row("rfftn", lambda f, x: [f.rfftn(x), f.rfft2(x), f.rfftn(x, (3, 4), (0, 1), "ortho")],
         [((2, 3, 4),), ((1, 4, 3),)], dtypes=_REAL, slopes=None, small=((2, 3, 2),)),
    _row("irfftn", lambda f, x: [f.irfftn(x), f.irfft2(x, norm="ortho"), f.irfftn(x, (3, 4), (0, 1)), f.irfftn(x, (5,), axes=(1,))],
         [((2, 3, 4),), ((1, 4, 3),)], dtypes=("float64", "complex128"), slopes=None, small=((2, 3, 2),)),
    _row("fft of a size that is a variable", lambda f, x, n: [f.fft(x, n), f.rfft(x, n, 0), f.irfft(x, n)], [((4, 3),), ((2, 5),)], slopes=None,
         beside=sizes(4)),
    row("fftshift", lambda x: [F.fftshift(x), F.ifftshift(x), F.fftshift(x, axes=(0,))],
        lambda x: [np.fft.fftshift(x), np.fft.ifftshift(x), np.fft.fftshift(x, axes=(0,))], [((3, 4),), ((5,),), ((0, 2),)], slopes=None),
    row("fftfreq", lambda x, n: [F.fftfreq(n, 0.5) + x, F.rfftfreq(n) * x[0]],
        lambda x, n: [np.fft.fftfreq(int(n), 0.5) + x, np.fft.rfftfreq(int(n)) * x[0]],
        [((5,),)], beside=sizes(5), slopes=None),
    row("Theano's rfft, irfft", lambda x: [T.fft.rfft(x), T.fft.irfft(T.fft.rfft(x, "ortho"), "ortho"), T.fft.irfft(T.fft.rfft(x), is_odd=False)],
        lambda x: [np.stack([np.fft.rfftn(x, axes=(1, 2)).real, np.fft.rfftn(x, axes=(1, 2)).imag], -1), x, x],
        [((2, 3, 4),), ((1, 1, 2),)], slopes=None, small=((1, 2, 4),)),
]
