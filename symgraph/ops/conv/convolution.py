"""Convolution in one, two or three dimensions, and its gradients by images and by filters, as ops.

The three are one sum of products, image x filter -> output, of which each computes one array from the other two. So the gradients of
each are the others, and derivatives of every order stay among them.

Arrays: images (batch, channels, *places); filters (outputs, channels / groups, *places), or unshared (outputs, *places of the output,
channels / groups, *places); outputs (batch, outputs, *places).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.dims import STATIC, Known
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply
from symgraph.expr.sizes import SizedOp, as_size, as_sizes, size_of, static_int, times
from symgraph.expr.stacks import count, repeated
from symgraph.ops.conv.geometry import TOO_LARGE, as_border, as_steps, output_size, padding, reach
from symgraph.ops.conv.lowering import lower, scratch
from symgraph.ops.conv.reference import by_numpy

__all__ = [
    "AbstractConv", "AbstractConv2d", "AbstractConv2d_gradInputs", "AbstractConv2d_gradWeights", "AbstractConv3d", "AbstractConv3d_gradInputs",
    "AbstractConv3d_gradWeights", "AbstractConv_gradInputs", "AbstractConv_gradWeights", "BaseAbstractConv",
]

_LETTERS = {"image": "x", "filter": "w", "output": "y"}


class BaseAbstractConv(SizedOp):
    """What the three have in common.

    convdim: 1, 2 or 3. border_mode: "valid", "half", "full", an integer, or for each dimension an integer or a pair (before, behind).
    subsample, filter_dilation: integers, one for each dimension. filter_flip: convolution; False: correlation. num_groups: channels and
    outputs fall into so many groups that do not mix. unshared: each place of the output has filters of its own. imshp, kshp: the
    sizes of images and filters as far as they are known (None where not): said of the variables, checked in the call.
    """

    __props__ = ("convdim", "border_mode", "subsample", "filter_flip", "filter_dilation", "num_groups", "unshared")
    holomorphic = True
    cost = 1000
    roles: tuple[str, str, str] = ("image", "filter", "output")  # of both inputs and of the result

    def __init__(self, convdim: int, imshp: Any = None, kshp: Any = None, border_mode: Any = "valid", subsample: Any = None,
                 filter_flip: bool = True, filter_dilation: Any = None, num_groups: int = 1, unshared: bool = False) -> None:
        if convdim not in (1, 2, 3):
            raise ValueError(f"convolutions have 1, 2 or 3 dimensions, got convdim={convdim!r}")
        self.convdim = convdim
        self.border_mode = as_border(border_mode, convdim)
        self.subsample = as_steps(subsample, convdim, "subsample")
        self.filter_dilation = as_steps(filter_dilation, convdim, "filter_dilation")
        if isinstance(num_groups, bool) or not isinstance(num_groups, int):
            raise TypeError(f"num_groups must be an integer, got {num_groups!r}")
        if num_groups < 1:
            raise ValueError(f"num_groups must be 1 or more, got {num_groups}")
        self.num_groups = num_groups
        self.filter_flip, self.unshared = bool(filter_flip), bool(unshared)
        self.imshp = _said(imshp, self._ndim("image"), "the shape of the images")
        self.kshp = _said(kshp, self._ndim("filter"), "the shape of the filters")

    def _ndim(self, role: str) -> int:
        return self.convdim + 2 + (self.convdim if role == "filter" and self.unshared else 0)

    def _as(self, result: str, **changed: Any) -> Any:
        """The op that computes outputs, images or filters, with the options of this one."""
        options = {name: getattr(self, name) for name in BaseAbstractConv.__props__[1:]}
        cls, *dimension = _CLASSES[result, self.convdim]
        return cls(*dimension, **{**options, **changed})

    # Types and sizes --------------------------------------------------------------------------------------------------
    def __call__(self, *inputs: Any, return_list: bool = False, **options: Any) -> Any:
        """The result for two arrays; gradients take the places of what they compute, too. What imshp and kshp say is checked.

        Numbers of half precision are computed in single precision. Theano's `add_assert_shape` is accepted: sizes are always checked.
        """
        if options.keys() - {"add_assert_shape"}:
            raise TypeError(f"{type(self).__name__} has no options {', '.join(options)} in the call")
        said = {"image": self.imshp, "filter": self.kshp, "output": None}
        taken = [_specified(as_tensor(x), said[role]) for x, role in zip(inputs[:2], self.roles)]
        half = [x.dtype for x in taken] == ["float16"] * 2
        if half:
            taken = [x.astype("float32") for x in taken]
        out = _specified(super().__call__(*taken, *inputs[2:]), said[self.roles[2]])
        out = out.astype("float16") if half else out
        return [out] if return_list else out

    def make_node(self, first: Any, second: Any, *shape: Any) -> Apply:
        """Both arrays in the dtype that holds them."""
        pair = [as_tensor(first), as_tensor(second)]
        for x, role in zip(pair, self.roles):
            if x.ndim != self._ndim(role):
                raise TypeError(f"{self._words(role)} must have {self._ndim(role)} dimensions, got {x.type}")
        dtype = dtypes.upcast(*[x.dtype for x in pair])
        if dtype in ("bool", "float16"):
            raise TypeError(f"convolutions take numbers, of half precision both, got {pair[0].type} and {pair[1].type}")
        sizes: list[Any] = []
        if self.roles[2] != "output":
            what = f"the places of the {self._words(self.roles[2])}"
            sizes = as_sizes(shape[0] if len(shape) == 1 else list(shape), what, self.convdim)
            if len(sizes) != self.convdim:
                raise ValueError(f"{what} are {self.convdim} sizes, got {len(sizes)}")
        elif shape:
            raise TypeError(f"{type(self).__name__} takes images and filters, got {2 + len(shape)} arguments")
        return super().make_node(*[x if x.dtype == dtype else x.astype(dtype) for x in pair], *sizes)

    @staticmethod
    def _words(role: str) -> str:
        return {"image": "images", "filter": "filters", "output": "outputs"}[role]

    def output_dtypes(self, first: Any, second: Any, *places: Any) -> list[str]:
        return [first.dtype]

    def sizes(self, s: Any, first: Any, second: Any, *places: Any) -> Any:
        shapes: dict[str, Any] = {role: x.shape for x, role in zip((first, second), self.roles)}
        ndim, groups = self.convdim, self.num_groups
        given = [n.item(0) for n in places]
        x, w, y = (shapes.get(role) for role in ("image", "filter", "output"))
        channels: Any = None if x is None else x[1]
        inputs: Any
        outputs: Any
        if w is not None:
            inputs, outputs, kernel = w[len(w) - ndim - 1], w[0], w[len(w) - ndim:]
        else:
            kernel = given
            s.check(s.equal(channels % groups, 0), "ValueError", f"convolution: {{}} channels do not fall into {groups} groups", channels)
            inputs, outputs = channels // groups, shapes["output"][1]
        if x is None:
            channels = inputs * groups
        s.check(s.equal(outputs % groups, 0), "ValueError", f"convolution: {{}} outputs do not fall into {groups} groups", outputs)
        if x is not None and w is not None:
            s.check(s.equal(channels, inputs * groups), "ValueError",
                    f"convolution: the images have {{}} channels, the filters take {{}}{f' in each of {groups} groups' if groups > 1 else ''}",
                    channels, inputs)
        if w is not None and y is not None:
            s.check(s.equal(outputs, y[1]), "ValueError", "convolution: there are {} filters, the output has {} channels", outputs, y[1])
        batches = [shape[0] for shape in (x, y) if shape is not None]
        batch = s.same(*batches, "convolution: a batch of {} images, outputs of {}") if len(batches) == 2 else batches[0]
        image = given if x is None else list(x[2:])
        pads = padding(self.border_mode, kernel, self.filter_dilation)
        out = []
        for d, (n, k, pad) in enumerate(zip(image, kernel, pads)):
            s.check(s.less(0, k), "ValueError", "convolution: a filter without elements")
            width, padded = reach(k, self.filter_dilation[d]), n + pad[0] + pad[1]
            s.check(s.less(width, padded + 1), "ValueError", TOO_LARGE, width, padded, d)
            out.append(output_size(n, k, pad, self.subsample[d], self.filter_dilation[d]))
        if y is not None:
            text = "convolution: the output has {} places along dimension {} of the image, there would be {}"
            for d, (m, n) in enumerate(zip(y[2:], out)):
                s.check(s.equal(m, n), "ValueError", text, m, d, n)
        if w is not None and self.unshared:
            text = "convolution: unshared filters for {} places along dimension {} of the image, the output has {}"
            for d, (m, n) in enumerate(zip(w[1:1 + ndim], out)):
                s.check(s.equal(m, n), "ValueError", text, m, d, n)
        if y is None:
            return [(batch, outputs, *out)]
        if x is None:
            return [(batch, channels, *image)]
        return [(outputs, *(out if self.unshared else ()), inputs, *kernel)]

    # Values -----------------------------------------------------------------------------------------------------------
    def compute(self, first: Any, second: Any, *places: Any) -> Any:
        (shape,) = self.sizes(STATIC, *[Known(x.dtype.name, x.shape, x if x.ndim == 0 else None) for x in map(np.asarray, (first, second, *places))])
        arrays = dict(zip(self.roles, (first, second, np.zeros(shape, first.dtype))))
        x, w, y = (arrays[role] for role in ("image", "filter", "output"))
        pads = padding(self.border_mode, w.shape[w.ndim - self.convdim:], self.filter_dilation)
        return by_numpy(_LETTERS[self.roles[2]], x, w, y, pads, self.subsample, self.filter_dilation, self.filter_flip, self.num_groups,
                        self.unshared)

    def workspace(self, s: Any, *inputs: Any) -> list[tuple[str, Any]]:
        """Scratch memory of the fast loops."""
        (shape,) = self.sizes(s, *inputs)
        shapes = {role: tuple(x.shape) for role, x in zip(self.roles, inputs)}
        shapes[self.roles[2]] = shape
        return scratch(s, self, inputs[0].dtype, shapes)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        used = dict(zip(self.roles, (*inputs[:2], outputs[0])))
        arrays = {_LETTERS[role]: (used[role].pointer, tuple(used[role].shape)) for role in self.roles}
        lower(b, self, _LETTERS[self.roles[2]], outputs[0].dtype, arrays, outputs[1:])

    # Derivatives ------------------------------------------------------------------------------------------------------
    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (a, c, *places), (da, dc) = inputs, tangents[:2]
        parts = [] if da is None else [self(da, c, *places)]
        parts += [] if dc is None else [self(a, dc, *places)]
        return [parts[0] + parts[1] if len(parts) == 2 else parts[0] if parts else None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [True], *[[False]] * (len(node.inputs) - 2)]

    # Stacks -----------------------------------------------------------------------------------------------------------
    def batch(self, inputs: Any, stacked: Any) -> Any:
        """Examples of images are a larger batch; of filters or outputs beside one image, more filters; all with their own, groups."""
        if any(stacked[2:]):
            return None
        if "image" in self.roles[:2] and not stacked[self.roles.index("image")]:
            return [self._more_filters(inputs)]
        if "filter" in self.roles[:2] and not stacked[self.roles.index("filter")]:
            return [self._larger_batch(inputs)]
        examples = count(inputs, stacked)
        pair = [x if flag else repeated(x, examples) for x, flag in zip(inputs[:2], stacked)]
        number = pair[0].type.shape[0] or pair[1].type.shape[0]
        if number is None:
            return None  # how many groups there are must be known
        flat = [self._one_behind_the_other(x, role) for x, role in zip(pair, self.roles)]
        out = self._as(self.roles[2], num_groups=self.num_groups * number)(*flat, *inputs[2:])
        lead = _lead(self.roles[2])
        sizes = [size_of(out, d) for d in range(out.ndim)]
        apart = out.reshape([*sizes[:lead], number, sizes[lead] // number, *sizes[lead + 1:]])
        return [apart if lead == 0 else apart.dimshuffle(1, 0, *range(2, apart.ndim))]

    def _larger_batch(self, inputs: Any) -> Any:
        pair = list(inputs[:2])
        k = 1 - self.roles.index("filter")
        sizes = [size_of(pair[k], d) for d in range(pair[k].ndim)]
        pair[k] = pair[k].reshape([times(sizes[:2]), *sizes[2:]])
        out = self._as(self.roles[2])(*pair, *inputs[2:])  # without what is said of the sizes: that was checked
        return out.reshape([*sizes[:2], *[size_of(out, d) for d in range(1, out.ndim)]])

    def _more_filters(self, inputs: Any) -> Any:
        """The filters, or outputs, of all examples one behind the other in each group."""
        pair, groups = list(inputs[:2]), self.num_groups
        k = 1 - self.roles.index("image")
        x, lead = pair[k], _lead(self.roles[k])
        sizes = [size_of(x, d) for d in range(x.ndim)]
        n, filters = sizes[0], sizes[lead + 1]
        x = x.reshape([*sizes[:lead + 1], groups, filters // groups, *sizes[lead + 2:]])
        x = x.dimshuffle(*range(1, lead + 2), 0, *range(lead + 2, x.ndim))
        pair[k] = x.reshape([*sizes[1:lead + 1], times([n, filters]), *sizes[lead + 2:]])
        out = self._as(self.roles[2])(*pair, *inputs[2:])
        lead = _lead(self.roles[2])
        sizes = [size_of(out, d) for d in range(out.ndim)]
        out = out.reshape([*sizes[:lead], groups, n, filters // groups, *sizes[lead + 1:]])
        out = out.dimshuffle(lead + 1, *range(lead + 1), *range(lead + 2, out.ndim))
        return out.reshape([n, *sizes[:lead], filters, *sizes[lead + 1:]])

    def _one_behind_the_other(self, x: Any, role: str) -> Any:
        """A stack of images (or outputs) as channels behind each other, of filters as outputs."""
        if role != "filter":
            x = x.dimshuffle(1, 0, *range(2, x.ndim))
        sizes = [size_of(x, d) for d in range(x.ndim)]
        lead = _lead(role)
        return x.reshape([*sizes[:lead], times(sizes[lead:lead + 2]), *sizes[lead + 2:]])


def _lead(role: str) -> int:
    """The dimension of an array in which its filters stand."""
    return 0 if role == "filter" else 1


class AbstractConv(BaseAbstractConv):
    """The convolution of images with filters; see `BaseAbstractConv`."""

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, w = inputs
        (g,) = output_grads
        return [self._as("image")(w, g, *_places(x, self.convdim)), self._as("filter")(x, g, *_places(w, self.convdim))]


class AbstractConv_gradInputs(BaseAbstractConv):
    """The gradient of a convolution by its images: filters, the gradient by the output, the places of the images (a list, a vector, or one
    by one). It is the transposed convolution, too.
    """

    roles = ("filter", "output", "image")

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        w, y, *places = inputs
        (g,) = output_grads
        return [self._as("filter")(g, y, *_places(w, self.convdim)), self._as("output")(g, w), *[None] * len(places)]


class AbstractConv_gradWeights(BaseAbstractConv):
    """The gradient of a convolution by its filters: images, the gradient by the output, the places of the filters (a list, a vector, or one
    by one)."""

    roles = ("image", "output", "filter")

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, y, *places = inputs
        (g,) = output_grads
        return [self._as("image")(g, y, *_places(x, self.convdim)), self._as("output")(x, g), *[None] * len(places)]


class _TwoDimensional(BaseAbstractConv):
    def __init__(self, imshp: Any = None, kshp: Any = None, border_mode: Any = "valid", subsample: Any = (1, 1), filter_flip: bool = True,
                 filter_dilation: Any = (1, 1), num_groups: int = 1, unshared: bool = False) -> None:
        super().__init__(2, imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)


class _ThreeDimensional(BaseAbstractConv):
    def __init__(self, imshp: Any = None, kshp: Any = None, border_mode: Any = "valid", subsample: Any = (1, 1, 1), filter_flip: bool = True,
                 filter_dilation: Any = (1, 1, 1), num_groups: int = 1, unshared: bool = False) -> None:
        super().__init__(3, imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)


class AbstractConv2d(_TwoDimensional, AbstractConv):
    """`AbstractConv` in two dimensions."""


class AbstractConv2d_gradInputs(_TwoDimensional, AbstractConv_gradInputs):
    """`AbstractConv_gradInputs` in two dimensions."""


class AbstractConv2d_gradWeights(_TwoDimensional, AbstractConv_gradWeights):
    """`AbstractConv_gradWeights` in two dimensions."""


class AbstractConv3d(_ThreeDimensional, AbstractConv):
    """`AbstractConv` in three dimensions."""


class AbstractConv3d_gradInputs(_ThreeDimensional, AbstractConv_gradInputs):
    """`AbstractConv_gradInputs` in three dimensions."""


class AbstractConv3d_gradWeights(_ThreeDimensional, AbstractConv_gradWeights):
    """`AbstractConv_gradWeights` in three dimensions."""


# What computes outputs, images and filters, by the number of dimensions.
_CLASSES: dict[tuple[str, int], tuple[Any, ...]] = {
    ("output", 1): (AbstractConv, 1), ("image", 1): (AbstractConv_gradInputs, 1), ("filter", 1): (AbstractConv_gradWeights, 1),
    ("output", 2): (AbstractConv2d,), ("image", 2): (AbstractConv2d_gradInputs,), ("filter", 2): (AbstractConv2d_gradWeights,),
    ("output", 3): (AbstractConv3d,), ("image", 3): (AbstractConv3d_gradInputs,), ("filter", 3): (AbstractConv3d_gradWeights,),
}


def _places(x: Any, ndim: int) -> list[Any]:
    return [size_of(x, d) for d in range(x.ndim - ndim, x.ndim)]


def _said(shape: Any, ndim: int, what: str) -> tuple[int | None, ...] | None:
    """A shape of which sizes may be None; constants as ints."""
    if shape is None:
        return None
    if not isinstance(shape, (tuple, list)) or len(shape) != ndim:
        raise ValueError(f"{what} must have {ndim} sizes, each an integer or None, got {shape!r}")
    sizes = [n if n is None else static_int(as_size(n, what)) for n in shape]
    if any(n is None and given is not None for n, given in zip(sizes, shape)):
        raise ValueError(f"{what}: sizes must be known as the expression is built, or None, got {shape!r}")
    if any(n is not None and n < 0 for n in sizes):
        raise ValueError(f"{what} has a negative size: {shape!r}")
    return tuple(sizes)


def _specified(x: Any, shape: tuple[int | None, ...] | None) -> Any:
    """x, of which these sizes are said."""
    if shape is None or x.ndim != len(shape) or all(n is None or n == m for n, m in zip(shape, x.type.shape)):
        return x
    return x.specify_shape([size_of(x, d) if n is None else n for d, n in enumerate(shape)])
