"""Discrete Fourier transforms along any axes, of complex and of real arrays, with numpy's names, sizes and norms.

The transform of x of n elements is the sum of x[j] exp(-2 pi i j k / n) over j; the inverse has the other sign and the factor 1/n (norm
"backward"; "ortho" gives both 1/sqrt(n), "forward" gives 1/n to the transform). They are computed by scipy.fft (pocketfft), called back
from native code: it is C++ without an interface for other native code.

Each is linear, so the gradient is its adjoint, which is in the same family: the transform of the other sign and the same factor. Of real
arrays only the frequencies up to n/2 are kept, each standing for itself and its conjugate but the first and, of even n, the last: the adjoints
count these differently (`doubled`, `halved`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import SizedOp, as_axis, as_size, as_sizes, size_constant, size_of, static_int

__all__ = [
    "FFT", "IRFFT", "RFFT", "Frequencies", "Resize", "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn",
    "ifftshift", "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]

# By norm: the factor of the transform and that of the inverse: 1, 1/sqrt(n) or 1/n.
_NORMS = {None: ("none", "mean"), "backward": ("none", "mean"), "ortho": ("ortho", "ortho"), "forward": ("mean", "none")}
_SCIPY = {False: {"none": "backward", "ortho": "ortho", "mean": "forward"}, True: {"none": "forward", "ortho": "ortho", "mean": "backward"}}


class _Transform(SizedOp):
    """Along `axes`, counted from the end (-1, ...), so that a stack of examples is transformed as one is. factor: "none", "ortho", "mean"."""

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        return [self.adjoint(inputs[0], output_grads[0]), *[None] * (len(inputs) - 1)]

    def adjoint(self, x: Any, g: Any) -> Any:
        """What a gradient of the output gives of the input."""
        raise NotImplementedError

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return None if any(stacked[1:]) else [self(*inputs)]

    def _checked(self, x: Any, sizes: Any = None) -> Any:
        """x, which may have no element but along the transformed axes."""
        for d in self.axes:  # type: ignore[attr-defined]
            if x.shape[d] < 1 or (sizes is not None and sizes[-1] < 1):
                raise ValueError(f"a Fourier transform of no element along axis {d % x.ndim} of an array of shape {x.shape}")
        return x


class FFT(_Transform):
    """The complex transform. x, out: complex, of one shape."""

    __props__ = ("axes", "inverse", "factor")

    def __init__(self, axes: Sequence[int], inverse: bool, factor: str) -> None:
        self.axes = tuple(axes)
        self.inverse = inverse
        self.factor = factor

    def output_dtypes(self, x: Any) -> list[str]:
        if x.dtype not in dtypes.COMPLEX:
            raise TypeError(f"FFT takes complex numbers, got {x.type}")
        return [x.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any) -> Any:
        from scipy import fft as scipy_fft

        transform = scipy_fft.ifftn if self.inverse else scipy_fft.fftn
        return transform(self._checked(x), axes=self.axes, norm=_SCIPY[self.inverse][self.factor])

    def adjoint(self, x: Any, g: Any) -> Any:
        return FFT(self.axes, not self.inverse, self.factor)(g)


class RFFT(_Transform):
    """The transform of a real array: along the last of `axes` the frequencies 0 ... n // 2 of n. x: float32 or float64, out: complex.

    doubled: those frequencies that stand for their conjugates as well count twice.
    """

    __props__ = ("axes", "factor", "doubled")

    def __init__(self, axes: Sequence[int], factor: str, doubled: bool = False) -> None:
        self.axes = tuple(axes)
        self.factor = factor
        self.doubled = doubled

    def output_dtypes(self, x: Any) -> list[str]:
        if x.dtype not in ("float32", "float64"):
            raise TypeError(f"RFFT takes float32 or float64, got {x.type}")
        return ["complex64" if x.dtype == "float32" else "complex128"]

    def sizes(self, s: Any, x: Any) -> Any:
        last = self.axes[-1] % len(x.shape)
        return [tuple(n // 2 + 1 if d == last else n for d, n in enumerate(x.shape))]

    def compute(self, x: Any) -> Any:
        from scipy import fft as scipy_fft

        y = scipy_fft.rfftn(self._checked(x), axes=self.axes, norm=_SCIPY[False][self.factor])
        if self.doubled:
            y[_pairs(y.ndim, self.axes[-1], x.shape[self.axes[-1]])] *= 2
        return y

    def adjoint(self, x: Any, g: Any) -> Any:
        return IRFFT(self.axes, self.factor, not self.doubled)(g, size_of(x, self.axes[-1] % x.ndim))


class IRFFT(_Transform):
    """The real array of n elements along the last of `axes` whose transform begins with x, n // 2 + 1 frequencies. Inputs: x, n.

    halved: frequencies that stand for their conjugates as well count half.
    """

    __props__ = ("axes", "factor", "halved")

    def __init__(self, axes: Sequence[int], factor: str, halved: bool = False) -> None:
        self.axes = tuple(axes)
        self.factor = factor
        self.halved = halved

    def output_dtypes(self, x: Any, n: Any) -> list[str]:
        if x.dtype not in dtypes.COMPLEX:
            raise TypeError(f"IRFFT takes complex numbers, got {x.type}")
        return [dtypes.part_of(x.dtype)]

    def sizes(self, s: Any, x: Any, n: Any) -> Any:
        last = self.axes[-1] % len(x.shape)
        return [tuple(n.item(0) if d == last else size for d, size in enumerate(x.shape))]

    def compute(self, x: Any, n: Any) -> Any:
        from scipy import fft as scipy_fft

        sizes = [*[x.shape[d] for d in self.axes[:-1]], int(n)]
        self._checked(x, sizes)
        if self.halved:
            x = x.copy()
            x[_pairs(x.ndim, self.axes[-1], int(n))] *= 0.5
        return scipy_fft.irfftn(x, s=sizes, axes=self.axes, norm=_SCIPY[True][self.factor])

    def adjoint(self, x: Any, g: Any) -> Any:
        return RFFT(self.axes, self.factor, not self.halved)(g)


def _pairs(ndim: int, axis: int, n: int) -> Any:
    """The key of those of the n // 2 + 1 frequencies that stand for two."""
    return (*[slice(None)] * (axis % ndim), slice(1, (n + 1) // 2))


class Resize(_Transform):
    """x cut off, or filled up with zeros, at the end of `axes`. Inputs: x, one new size for each axis."""

    __props__ = ("axes",)

    def __init__(self, axes: Sequence[int]) -> None:
        self.axes = tuple(axes)

    def output_dtypes(self, x: Any, *sizes: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, *sizes: Any) -> Any:
        shape = list(x.shape)
        for d, n in zip(self.axes, sizes):
            s.check(s.less(-1, n.item(0)), "ValueError", "a Fourier transform of {} elements", n.item(0))
            shape[d] = n.item(0)
        return [tuple(shape)]

    def compute(self, x: Any, *sizes: Any) -> Any:
        shape = list(x.shape)
        for d, n in zip(self.axes, sizes):
            if n < 0:
                raise ValueError(f"a Fourier transform of {n} elements")
            shape[d] = int(n)
        out = np.zeros(shape, x.dtype)
        kept = tuple(slice(min(n, m)) for n, m in zip(x.shape, shape))
        out[kept] = x[kept]
        return out

    def element(self, b: Any, index: Any, x: Any, *sizes: Any) -> Any:
        inside: Any = True
        for d in self.axes:
            inside = b.both(inside, b.less(index[d], x.shape[d]))
        return b.when(inside, lambda: x(*index), lambda: b.constant(0, x.dtype))

    def reads(self, node: Any) -> list[str]:
        return ["once", *["many"] * len(self.axes)]

    def adjoint(self, x: Any, g: Any) -> Any:
        return self(g, *[size_of(x, d % x.ndim) for d in self.axes])


class Frequencies(SizedOp):
    """The frequencies of a transform of n elements, in cycles per element: 0, 1/n, 2/n ..., float64. Input: n.

    half: of a real array, up to 1/2; else the upper half is negative.
    """

    __props__ = ("half",)

    def __init__(self, half: bool) -> None:
        self.half = half

    def output_dtypes(self, n: Any) -> list[str]:
        return ["float64"]

    def sizes(self, s: Any, n: Any) -> Any:
        count = n.item(0)
        s.check(s.less(0, count), "ValueError", "frequencies of {} elements", count)
        return [(count // 2 + 1 if self.half else count,)]

    def compute(self, n: Any) -> Any:
        if n < 1:
            raise ValueError(f"frequencies of {n} elements")
        return (np.fft.rfftfreq if self.half else np.fft.fftfreq)(int(n))

    def element(self, b: Any, index: Any, n: Any) -> Any:
        (k,) = index
        count = b.cast(n.item(0) if hasattr(n, "item") else n(), "int64")
        place = k if self.half else b.select(b.less(k, b.floor_div(b.add(count, 1), 2)), k, b.sub(k, count))
        return b.mul(b.cast(place, "float64"), b.div(1.0, b.cast(count, "float64")))

    def reads(self, node: Any) -> list[str]:
        return ["many"]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]]


# What a user calls ----------------------------------------------------------------------------------------------------


def _factor(norm: Any, inverse: bool) -> str:
    if norm not in _NORMS:
        raise ValueError(f'norm must be None, "backward", "ortho" or "forward", got {norm!r}')
    return _NORMS[norm][inverse]


def _where(x: Any, s: Any, axes: Any, name: str) -> tuple[list[int], list[Any]]:
    """Axes counted from the end, in the order given, and for each its new size, or None: as it is."""
    if axes is None:
        count = x.ndim if s is None else len(_list(s))
        if count > x.ndim:
            raise ValueError(f"{name}: {count} sizes for {x.ndim} dimensions")
        found = list(range(x.ndim - count, x.ndim))
    else:
        found = [as_axis(d, x.ndim, f"{name}: axis") for d in _list(axes)]
    if not found:
        raise ValueError(f"{name}: at least one axis is needed, of {x.type}")
    if len(set(found)) < len(found):
        raise ValueError(f"{name}: an axis stands twice in {axes}")
    wanted = [None] * len(found) if s is None else _list(s)
    if len(wanted) != len(found):
        raise ValueError(f"{name}: {len(wanted)} sizes for {len(found)} axes")
    whole = (None, -1) if name.endswith(("n", "2")) else (None,)  # numpy's -1 of several axes
    sizes = [None if isinstance(n, (int, type(None))) and n in whole else as_size(n, f"{name}: a size") for n in wanted]
    for n in sizes:
        value = None if n is None else static_int(n)
        if value is not None and value < 1:
            raise ValueError(f"{name}: a transform of {value} elements")
    return [d - x.ndim for d in found], sizes


def _list(x: Any) -> list[Any]:
    if isinstance(x, (list, tuple, range)):
        return list(x)
    return as_sizes(x) if hasattr(x, "type") else np.ravel(x).tolist()


def _resized(x: Any, axes: Sequence[int], sizes: Sequence[Any]) -> Any:
    pairs = [(d, n) for d, n in zip(axes, sizes) if n is not None]
    pairs = [(d, n) for d, n in pairs if x.type.shape[d] is None or x.type.shape[d] != static_int(n)]
    return Resize([d for d, _ in pairs])(x, *[n for _, n in pairs]) if pairs else x


def _complex(x: Any) -> Any:
    if x.dtype in dtypes.COMPLEX:
        return x
    return x.astype("complex64" if x.dtype in ("float16", "float32") else "complex128")


def _real(x: Any, name: str) -> Any:
    if x.dtype in dtypes.COMPLEX:
        raise TypeError(f"{name} takes real numbers, got {x.type}")
    return x if x.dtype in ("float32", "float64") else x.astype("float32" if x.dtype == "float16" else "float64")


def _full(x: Any, s: Any, axes: Any, norm: Any, inverse: bool, name: str) -> Any:
    x = as_tensor(x)
    places, sizes = _where(x, s, axes, name)
    return FFT(places, inverse, _factor(norm, inverse))(_complex(_resized(x, places, sizes)))


def _to_half(x: Any, s: Any, axes: Any, norm: Any, name: str) -> Any:
    x = _real(as_tensor(x), name)
    places, sizes = _where(x, s, axes, name)
    return RFFT(places, _factor(norm, False))(_resized(x, places, sizes))


def _from_half(x: Any, s: Any, axes: Any, norm: Any, name: str) -> Any:
    x = as_tensor(x)
    places, sizes = _where(x, s, axes, name)
    last = sizes[-1]
    if last is None:
        last = (size_of(x, places[-1] % x.ndim) - size_constant(1)) * size_constant(2)
    kept = last // size_constant(2) + size_constant(1)
    return IRFFT(places, _factor(norm, True))(_complex(_resized(x, places, [*sizes[:-1], kept])), last)


def fft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The transform of `a` along `axis`; complex.

    n: the size it is cut off or filled up with zeros to, an int or a variable. norm: None or "backward" (no factor), "ortho"
    (1/sqrt(n)), "forward" (1/n). float32 gives complex64, other real numbers complex128. AxisError for an axis that is not there,
    ValueError for another norm or n < 1; at the call for an axis without elements.

    >>> fft([1.0, 2.0, 3.0, 4.0]).eval()
    array([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    return _full(a, None if n is None else [n], [axis], norm, False, "fft")


def ifft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `fft`, with the factor 1/n (norm "ortho": 1/sqrt(n), "forward": none); arguments as there."""
    return _full(a, None if n is None else [n], [axis], norm, True, "ifft")


def rfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The transform of a real array, frequencies 0 ... n // 2 only: the others are conjugates of these. Arguments as of `fft`.

    TypeError for complex numbers.
    """
    return _to_half(a, None if n is None else [n], [axis], norm, "rfft")


def irfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `rfft`: a real array of n elements along `axis`, without n of 2 (m - 1), m those of `a`."""
    return _from_half(a, None if n is None else [n], [axis], norm, "irfft")


def hfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The transform, real, of an array that is its own conjugate backwards, of which `a` is the first half."""
    return _from_half(as_tensor(a).conj(), None if n is None else [n], [axis], _swapped(norm), "hfft")


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `hfft`, of real numbers."""
    return _to_half(a, None if n is None else [n], [axis], _swapped(norm), "ihfft").conj()


def _swapped(norm: Any) -> Any:
    return {None: "forward", "backward": "forward", "forward": "backward"}.get(norm, norm)


def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The transform along several axes: `axes`, or without it the last len(s), or all. s: new sizes, one for each; -1: as it is."""
    return _full(a, s, axes, norm, False, "fftn")


def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `fftn`."""
    return _full(a, s, axes, norm, True, "ifftn")


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """`rfft` along the last of the axes, then `fft` along the others."""
    return _to_half(a, s, axes, norm, "rfftn")


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `rfftn`; the size of the last axis is that in s, or 2 (m - 1)."""
    return _from_half(a, s, axes, norm, "irfftn")


def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`fftn` along the last two axes."""
    return _full(a, s, axes, norm, False, "fft2")


def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of `fft2`."""
    return _full(a, s, axes, norm, True, "ifft2")


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`rfftn` along the last two axes."""
    return _to_half(a, s, axes, norm, "rfft2")


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of `rfft2`."""
    return _from_half(a, s, axes, norm, "irfft2")


def _frequencies(n: Any, d: Any, half: bool) -> Any:
    return Frequencies(half)(as_size(n, "the number of elements")) / (np.float64(d) if isinstance(d, (int, float)) else as_tensor(d))


def fftfreq(n: Any, d: Any = 1.0) -> Any:
    """The frequencies of `fft` of n elements, d apart: 0, 1, ..., -2, -1 over n d. n: an int or a variable; ValueError for n < 1.

    >>> fftfreq(5, 0.1).eval()
    array([ 0.,  2.,  4., -4., -2.])
    """
    return _frequencies(n, d, False)


def rfftfreq(n: Any, d: Any = 1.0) -> Any:
    """The frequencies of `rfft` of n elements, d apart: 0, 1, ..., n // 2 over n d."""
    return _frequencies(n, d, True)


def _shifted(x: Any, axes: Any, back: bool) -> Any:
    x = as_tensor(x)
    for d in sorted({as_axis(a, x.ndim) for a in (range(x.ndim) if axes is None else _list(axes))}):
        n = size_of(x, d)
        half = n // size_constant(2)
        x = x.roll(-half if back else half, axis=d)
    return x


def fftshift(x: Any, axes: Any = None) -> Any:
    """x turned so that what belongs to frequency 0 stands in the middle of `axes` (None: of all)."""
    return _shifted(x, axes, False)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """What `fftshift` did, undone."""
    return _shifted(x, axes, True)

