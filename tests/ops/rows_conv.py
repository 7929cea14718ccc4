"""Convolutions, pooling and patches in the table of all ops, judged by sums written out."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from cases import row

from symgraph.expr.sizes import size_constant
from symgraph.ops.conv import convolution as ops
from symgraph.ops.conv.neighbours import Images2Neibs, Neibs2ImagesSum
from symgraph.ops.conv.shapes import SizeAtLeast
from symgraph.ops.pool.pooling import AveragePoolGrad, MaxPoolGrad, MaxPoolTangent, Pool

BASES = {"conv.convolution.BaseAbstractConv", "conv.convolution._TwoDimensional", "conv.convolution._ThreeDimensional", "conv.neighbours._Patches",
         "pool.pooling.PoolOp", "pool.pooling._OfMaxima"}


def _terms(op: Any, x: Any, w: Any, y: Any) -> Any:
    """The index into image, filter and output of every product that takes part."""
    n = op.convdim
    kernel = w[len(w) - n:]
    pads = {"valid": [0] * n, "half": [((k - 1) * d + 1) // 2 for k, d in zip(kernel, op.filter_dilation)],
            "full": [(k - 1) * d for k, d in zip(kernel, op.filter_dilation)]}.get(op.border_mode) or [p for p, _ in op.border_mode]
    groups, inputs, outputs = op.num_groups, w[len(w) - n - 1], w[0] // op.num_groups
    for b, g, o, c in itertools.product(range(x[0]), range(groups), range(outputs), range(inputs)):
        for place, k in itertools.product(np.ndindex(*y[2:]), np.ndindex(*kernel)):
            at = [i * s + (m - 1 - j if op.filter_flip else j) * d - p
                  for i, j, m, s, d, p in zip(place, k, kernel, op.subsample, op.filter_dilation, pads)]
            if all(0 <= i < m for i, m in zip(at, x[2:])):
                f = g * outputs + o
                yield (b, g * inputs + c, *at), (f, *(place if op.unshared else ()), c, *k), (b, f, *place)


def _output(op: Any) -> Any:
    def wanted(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        shape = op(np.zeros(x.shape), np.zeros(w.shape)).type.shape
        y = np.zeros(shape, x.dtype)
        for i, k, o in _terms(op, x.shape, w.shape, shape):
            y[o] += x[i] * w[k]
        return y

    return wanted


def _image(op: Any, places: tuple[int, ...]) -> Any:
    def wanted(w: np.ndarray, y: np.ndarray) -> np.ndarray:
        shape = (y.shape[0], w.shape[w.ndim - op.convdim - 1] * op.num_groups, *places)
        x = np.zeros(shape, y.dtype)
        for i, k, o in _terms(op, shape, w.shape, y.shape):
            x[i] += w[k] * y[o]
        return x

    return wanted


def _filter(op: Any, places: tuple[int, ...]) -> Any:
    def wanted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        shape = (y.shape[1], *(y.shape[2:] if op.unshared else ()), x.shape[1] // op.num_groups, *places)
        w = np.zeros(shape, y.dtype)
        for i, k, o in _terms(op, x.shape, shape, y.shape):
            w[k] += x[i] * y[o]
        return w

    return wanted


def _rows() -> Any:
    c1 = ops.AbstractConv(1, border_mode=((2, 0),), subsample=2, filter_dilation=2)
    i1 = ops.AbstractConv_gradInputs(1, subsample=2, filter_dilation=2, border_mode=((2, 0),))
    w1 = ops.AbstractConv_gradWeights(1, subsample=2, filter_dilation=2, border_mode=((2, 0),))
    plain = ops.AbstractConv2d()
    grouped = ops.AbstractConv2d(border_mode="half", num_groups=2, subsample=(1, 2), filter_flip=False)
    own = ops.AbstractConv2d(unshared=True, border_mode=1, subsample=(2, 1))
    i2, w2 = ops.AbstractConv2d_gradInputs(border_mode="full"), ops.AbstractConv2d_gradWeights(border_mode="full")
    i2own = ops.AbstractConv2d_gradInputs(unshared=True, num_groups=2)
    w2own = ops.AbstractConv2d_gradWeights(unshared=True, num_groups=2, filter_flip=False)
    c3, i3, w3 = (kind(border_mode=(1, 0, 0), subsample=(2, 1, 1)) for kind in (
        ops.AbstractConv3d, ops.AbstractConv3d_gradInputs, ops.AbstractConv3d_gradWeights))
    kinds = ("float64", "float32", "complex128", "int32")
    loose: dict[str, Any] = {"looser": {"float32": 1e-5}, "slopes": None}
    yield row("convolution of sequences", c1, _output(c1), [((2, 3, 6), (2, 3, 2)), ((0, 1, 4), (2, 1, 3)), ((1, 1, 1), (1, 1, 1))], dtypes=kinds,
              small=((1, 2, 4), (2, 2, 2)), **loose)
    yield row("its gradient by the sequences", lambda w, y: i1(w, y, [6]), _image(i1, (6,)), [((2, 3, 2), (2, 2, 3)), ((2, 1, 2), (0, 2, 3))],
              dtypes=kinds[:2],
              small=((2, 1, 2), (1, 2, 3)), **loose)
    yield row("its gradient by the filters", lambda x, y: w1(x, y, [2]), _filter(w1, (2,)), [((2, 3, 6), (2, 2, 3)), ((0, 3, 6), (0, 2, 3))],
              dtypes=kinds[:2],
              small=((1, 2, 6), (1, 1, 3)), **loose)
    yield row("conv2d", plain, _output(plain), [((2, 2, 4, 5), (3, 2, 2, 3)), ((1, 1, 3, 3), (1, 1, 1, 1)), ((2, 0, 3, 3), (2, 0, 2, 2)),
                                                ((1, 3, 5, 20), (9, 3, 3, 3)), ((2, 1, 3, 3), (2, 1, 3, 3))],
              dtypes=kinds, small=((1, 2, 3, 3), (2, 2, 2, 2)), **loose)
    yield row("conv2d in groups", grouped, _output(grouped),
              [((1, 4, 3, 4), (2, 2, 2, 1)), ((2, 4, 4, 5), (6, 2, 3, 2)), ((1, 6, 5, 5), (2, 3, 3, 3))], dtypes=kinds,
              small=((1, 2, 3, 3), (2, 1, 2, 3)), **loose)
    yield row("conv2d with unshared filters", own, _output(own), [((2, 2, 4, 4), (2, 2, 5, 2, 3, 2)), ((1, 1, 2, 3), (1, 1, 3, 1, 3, 3))],
              dtypes=kinds[:2],
              small=((1, 1, 2, 2), (1, 1, 2, 1, 3, 3)), **loose)
    yield row("gradient of conv2d by images", lambda w, y: i2(w, y, [3, 4]), _image(i2, (3, 4)),
              [((2, 2, 2, 2), (1, 2, 4, 5)), ((10, 2, 3, 3), (1, 10, 5, 6))],
              dtypes=kinds, small=((2, 1, 2, 1), (1, 2, 4, 4)), **loose)
    yield row("gradient of conv2d by filters", lambda x, y: w2(x, y, [2, 2]), _filter(w2, (2, 2)),
              [((1, 2, 3, 4), (1, 1, 4, 5)), ((3, 2, 4, 4), (3, 9, 5, 5))],
              dtypes=kinds, small=((2, 1, 2, 2), (2, 1, 3, 3)), **loose)
    yield row("by images, unshared", lambda w, y: i2own(w, y, [3, 3]), _image(i2own, (3, 3)), [((2, 2, 2, 1, 2, 2), (2, 2, 2, 2))], dtypes=kinds[:2],
              **loose)
    yield row("by filters, unshared", lambda x, y: w2own(x, y, [2, 2]), _filter(w2own, (2, 2)), [((2, 2, 3, 3), (2, 2, 2, 2))],
              dtypes=kinds[:2], **loose)
    yield row("conv3d", c3, _output(c3), [((2, 2, 3, 4, 4), (2, 2, 2, 2, 3)), ((1, 1, 2, 1, 2), (1, 1, 1, 1, 1))], dtypes=kinds[:2],
              small=((1, 1, 2, 2, 3), (1, 1, 2, 2, 2)), **loose)
    yield row("gradient of conv3d by volumes", lambda w, y: i3(w, y, [3, 3, 2]), _image(i3, (3, 3, 2)), [((2, 2, 2, 2, 2), (1, 2, 2, 2, 1))],
              dtypes=kinds[:2],
              **loose)
    yield row("gradient of conv3d by filters", lambda x, y: w3(x, y, [2, 2, 2]), _filter(w3, (2, 2, 2)), [((1, 2, 3, 3, 2), (1, 1, 2, 2, 1))],
              dtypes=kinds[:2],
              small=((1, 1, 3, 3, 2), (1, 1, 2, 2, 1)), **loose)


# Pooling --------------------------------------------------------------------------------------------------------------

_USES = [(True, (2, 2), (2, 2), (0, 0)), (False, (2, 3), (2, 3), (0, 0)), (True, (3, 3), (2, 1), (1, 2)), (False, (3, 2), (1, 1), (0, 0)),
         (False, (1, 2), (2, 3), (0, 0))]


def _bounds(n: int, size: int, stride: int, pad: int, ignore: bool) -> list[tuple[int, int, int]]:
    """From, to and how many count with padding, for each window along a dimension."""
    found = []
    for start in range(-pad, n + pad, stride):
        if ignore and start + size > n + pad:
            break
        found.append((max(start, 0), min(start + size, n), min(start + size, n + pad) - start))
        if not ignore and stride < size and start + size >= n:
            break
    return found


def _pooled(x: np.ndarray, mode: str, use: Any) -> tuple[np.ndarray, list[Any]]:
    ignore, ws, stride, pad = use
    rows, columns = (_bounds(n, *part, ignore) for n, *part in zip(x.shape[-2:], ws, stride, pad))
    out = np.zeros((*x.shape[:-2], len(rows), len(columns)), x.dtype)
    windows = []
    for (i, (r0, r1, r)), (j, (c0, c1, c)) in itertools.product(enumerate(rows), enumerate(columns)):
        part = x[..., r0:r1, c0:c1]
        flat = part.reshape(*part.shape[:-2], (r1 - r0) * (c1 - c0))
        count = r * c if mode == "average_inc_pad" else flat.shape[-1]
        out[..., i, j] = flat.max(-1) if mode == "max" else flat.sum(-1) / (count if mode.startswith("average") else 1)
        windows.append(((..., i, j), (..., slice(r0, r1), slice(c0, c1)), count if mode.startswith("average") else 1))
    return out, windows


def _pools(mode: str) -> Any:
    uses = _USES if mode == "max" else _USES[1:3]
    return (lambda x: [Pool(use[0], mode)(x, *use[1:]) for use in uses]), (lambda x: [_pooled(x, mode, use)[0] for use in uses])


def _of_maxima(kind: Any, to_elements: bool) -> Any:
    """x and a third array, cut to the shape that is wanted; elements of x are few, so that there are ties."""

    def build(x: Any, t: Any) -> list[Any]:
        found = []
        for use in _USES[1:3]:
            maxima = Pool(use[0], "max")(x, *use[1:])
            third = Pool(use[0], "sum")(t, *use[1:]) if to_elements else t
            found.append(kind(use[0])(x, maxima, third, *use[1:]))
        return found

    def wanted(x: np.ndarray, t: np.ndarray) -> list[np.ndarray]:
        found = []
        for use in _USES[1:3]:
            maxima, windows = _pooled(x, "max", use)
            third = _pooled(t, "sum", use)[0] if to_elements else t
            out = np.zeros_like(x if to_elements else maxima)
            for at, inside, _ in windows:
                same = x[inside] == maxima[at][..., None, None]
                if to_elements:
                    out[inside] += same * third[at][..., None, None]
                else:
                    out[at] = (same * third[inside]).sum((-1, -2))
            found.append(out)
        return found

    return build, wanted


def _spread(mode: str) -> Any:
    def wanted(g: np.ndarray) -> np.ndarray:
        out = np.zeros((*g.shape[:-2], 5, 6), g.dtype)
        for at, inside, count in _pooled(out, mode, _USES[2])[1]:
            out[inside] += (g[at] / count)[..., None, None]
        return out

    places = [size_constant(5), size_constant(6)]
    return (lambda g: AveragePoolGrad(True, mode)(g, *places, *_USES[2][1:])), wanted


def _patches(mode: str, x: np.ndarray, size: tuple[int, int], step: tuple[int, int]) -> np.ndarray:
    before = {"half": [n // 2 for n in size], "full": [n - 1 for n in size], "wrap_centered": [n // 2 for n in size]}.get(mode, [0, 0])
    pads = [(0, 0), (0, 0), *[(p, p) for p in before]]
    wide = np.pad(x, pads, mode="wrap" if mode == "wrap_centered" else "constant")
    found = []
    for image in wide.reshape(-1, *wide.shape[2:]):
        for i in range(0, image.shape[0] - size[0] + 1, step[0]):
            for j in range(0, image.shape[1] - size[1] + 1, step[1]):
                found.append(image[i:i + size[0], j:j + size[1]].ravel())
    return np.array(found, x.dtype).reshape(-1, size[0] * size[1])


_MODES = [("valid", (2, 3), (2, 1)), ("ignore_borders", (3, 2), (2, 2)), ("wrap_centered", (3, 1), (2, 2)), ("half", (2, 3), (2, 5)),
          ("full", (2, 2), (2, 2))]


def _images(x: Any) -> list[Any]:
    return [Images2Neibs(mode)(x, *map(size_constant, (*size, *step))) for mode, size, step in _MODES]


def _summed(mode: str, size: tuple[int, int], step: tuple[int, int]) -> Any:
    def wanted(g: np.ndarray) -> np.ndarray:
        place = np.arange(1, 25.0).reshape(1, 1, 4, 6)
        out = np.zeros(25, g.dtype)
        np.add.at(out, _patches(mode, place, size, step).astype(int), g)
        return out[1:].reshape(1, 1, 4, 6)

    return (lambda g: Neibs2ImagesSum(mode)(g, *map(size_constant, (1, 1, 4, 6, *size, *step)))), wanted


def _together(pairs: Any) -> Any:
    """Several builders and their judges as one."""
    return (lambda *xs: [y for build, _ in pairs for y in listed(build(*xs))]), (lambda *xs: [y for _, judge in pairs for y in listed(judge(*xs))])


def listed(x: Any) -> list[Any]:
    return x if isinstance(x, list) else [x]


def _of_patches() -> Any:
    """The images of patches in every mode; each takes as much of one vector as it needs."""
    pairs = []
    for (mode, size, step), rows in zip(_MODES, (8, 3, 6, 6, 12)):
        build, judge = _summed(mode, size, step)
        shape = (rows, size[0] * size[1])
        pairs.append(tuple(lambda g, f=f, shape=shape: f(g[:shape[0] * shape[1]].reshape(shape)) for f in (build, judge)))
    return _together(pairs)


def _pooling_rows() -> Any:
    loose: dict[str, Any] = {"looser": {"float32": 1e-5}}
    sums = ("sum", "average_inc_pad", "average_exc_pad")
    yield row("pooled maxima", *_pools("max"), [((3, 7),), ((0, 3, 4),), ((2, 12, 40),)],
              dtypes=("float64", "float32", "int32", "float16"), slopes=None, small=((3, 4),))
    yield row("pooled sums and averages", *_together([_pools(mode) for mode in sums]), [((3, 7),), ((0, 3, 4),), ((2, 12, 40),)],
              dtypes=("float64", "float32"), slopes=None, small=((3, 4),), **loose)
    for name, kind, to_elements in (("gradient of pooled maxima", MaxPoolGrad, True), ("tangent of pooled maxima", MaxPoolTangent, False)):
        yield row(name, *_of_maxima(kind, to_elements), [((3, 7),) * 2, ((0, 3, 4),) * 2, ((2, 12, 40),) * 2],
                  dtypes=("float64", "float32", "int64"), slopes=(1,), small=((3, 4),) * 2, **loose)
    yield row("gradient of pooled sums and averages", *_together([_spread(mode) for mode in sums]), [((3, 8),), ((0, 3, 8),)],
              dtypes=("float64", "float32"), slopes=None, small=((3, 8),), **loose)
    yield row("patches of images", _images, lambda x: [_patches(mode, x, size, step) for mode, size, step in _MODES],
              [((1, 2, 4, 6),), ((0, 1, 4, 6),)], dtypes=("float64", "float32", "int32", "complex128"), slopes=None, small=((1, 1, 4, 6),))
    yield row("images of patches", *_of_patches(), [((48,),)], dtypes=("float64", "int32"), slopes=None, domain=(-1.0, 1.0))
    yield row("a size that is checked", SizeAtLeast(1, 2), lambda n: n, [()], beside=[np.asarray(3, "int64")])


ROWS = [*_rows(), *_pooling_rows()]
