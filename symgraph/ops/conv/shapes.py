"""The sizes that convolutions lead to, as functions of tuples: of ints, of None for sizes that are not known, or of integer variables.

Each shape is (batch, channels, *places) of images and outputs, (outputs, channels, *places) of filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import static_int
from symgraph.ops.conv.geometry import as_border, output_size, padding, reach

__all__ = [
    "SizeAtLeast", "assert_conv_shape", "assert_shape", "border_mode_to_pad", "check_conv_gradinputs_shape", "get_conv_gradinputs_shape",
    "get_conv_gradinputs_shape_1axis",
    "get_conv_gradweights_shape", "get_conv_gradweights_shape_1axis", "get_conv_output_shape", "get_conv_shape_1axis",
]


def border_mode_to_pad(mode: Any, convdim: int, kshp: Sequence[Any]) -> tuple[tuple[Any, Any], ...]:
    """A border mode as pairs of zeros before and behind, for filters of kshp places (if dilated, those that they reach over).

    ValueError for a mode that is none.

    >>> border_mode_to_pad("half", 2, (3, 4)), border_mode_to_pad((1, (2, 0)), 2, (3, 4))
    (((1, 1), (2, 2)), ((1, 1), (2, 0)))
    """
    return tuple(padding(as_border(mode, convdim), list(kshp), [1] * convdim))


def _pads(kernel: Any, border_mode: Any, dilation: int) -> tuple[Any, Any]:
    """Of one axis. border_mode: a name, an int or a pair."""
    one = border_mode if isinstance(border_mode, (str, int)) else (tuple(border_mode),)
    return padding(as_border(one, 1), [kernel], [dilation])[0]


def _modes(border_mode: Any, count: int) -> list[Any]:
    return list(border_mode) if isinstance(border_mode, (tuple, list)) else [border_mode] * count


def _each_axis(function: Any, first: Sequence[Any], second: Sequence[Any], border_mode: Any, subsample: Sequence[int], dilation: Any) -> list[Any]:
    dilation = dilation if dilation is not None else (1,) * len(subsample)
    return [function(*axis) for axis in zip(first, second, _modes(border_mode, len(subsample)), subsample, dilation)]


def get_conv_output_shape(image_shape: Sequence[Any], kernel_shape: Sequence[Any], border_mode: Any, subsample: Sequence[int],
                          filter_dilation: Sequence[int] | None = None) -> tuple[Any, ...]:
    """The shape of the output. Where a size that it depends on is None it is None; it is not checked whether it is positive.

    >>> get_conv_output_shape((None, 3, 7, 8), (4, 3, 3, 2), "half", (2, 1))
    (None, 4, 4, 9)
    """
    ndim = len(image_shape) - 2
    places = _each_axis(get_conv_shape_1axis, image_shape[2:], kernel_shape[len(kernel_shape) - ndim:], border_mode, subsample, filter_dilation)
    return (image_shape[0], kernel_shape[0], *places)


def get_conv_shape_1axis(image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any, dilation: Any = 1) -> Any:
    """`get_conv_output_shape` of one axis. border_mode: a name, an integer or a pair.

    >>> get_conv_shape_1axis(8, 3, (1, 0), 2)
    4
    """
    if None in (image_shape, kernel_shape, border_mode, subsample, dilation):
        return None
    return output_size(image_shape, kernel_shape, _pads(kernel_shape, border_mode, dilation), subsample, dilation)


def get_conv_gradinputs_shape(kernel_shape: Sequence[Any], top_shape: Sequence[Any], border_mode: Any, subsample: Sequence[int],
                              filter_dilation: Sequence[int] | None = None, num_groups: int = 1) -> tuple[Any, ...]:
    """The shape of the images that lead to an output of top_shape; None for places with strides, where there are several.

    >>> get_conv_gradinputs_shape((4, 3, 3, 2), (2, 4, 5, 6), "valid", (1, 2))
    (2, 3, 7, None)
    """
    ndim = len(top_shape) - 2
    channels = kernel_shape[len(kernel_shape) - ndim - 1]
    kernel = kernel_shape[len(kernel_shape) - ndim:]
    places = _each_axis(get_conv_gradinputs_shape_1axis, kernel, top_shape[2:], border_mode, subsample, filter_dilation)
    return (top_shape[0], channels if channels is None or num_groups == 1 else channels * num_groups, *places)


def get_conv_gradinputs_shape_1axis(kernel_shape: Any, top_shape: Any, border_mode: Any, subsample: Any, dilation: Any) -> Any:
    """`get_conv_gradinputs_shape` of one axis."""
    if None in (kernel_shape, top_shape, border_mode, subsample, dilation) or subsample != 1:
        return None
    before, behind = _pads(kernel_shape, border_mode, dilation)
    return top_shape + reach(kernel_shape, dilation) - 1 - before - behind


def get_conv_gradweights_shape(image_shape: Sequence[Any], top_shape: Sequence[Any], border_mode: Any, subsample: Sequence[int],
                               filter_dilation: Sequence[int] | None = None, num_groups: int = 1, unshared: bool = False) -> tuple[Any, ...]:
    """The shape of the filters that lead from images to an output of top_shape; None for places with strides or mode "half", where
    there are several.

    >>> get_conv_gradweights_shape((2, 3, 7, 8), (2, 4, 5, 7), "valid", (1, 1))
    (4, 3, 3, 2)
    """
    channels = image_shape[1]
    channels = channels if channels is None or num_groups == 1 else channels // num_groups
    places = _each_axis(get_conv_gradweights_shape_1axis, image_shape[2:], top_shape[2:], border_mode, subsample, filter_dilation)
    return (top_shape[1], *(top_shape[2:] if unshared else ()), channels, *places)


def get_conv_gradweights_shape_1axis(image_shape: Any, top_shape: Any, border_mode: Any, subsample: Any, dilation: Any) -> Any:
    """`get_conv_gradweights_shape` of one axis."""
    if None in (image_shape, top_shape, border_mode, subsample, dilation) or subsample != 1 or border_mode == "half":
        return None
    if border_mode == "full":
        rest = top_shape - image_shape
    else:
        before, behind = _pads(1, border_mode, 1)
        rest = image_shape + before + behind - top_shape
    return rest // dilation + 1


def check_conv_gradinputs_shape(image_shape: Sequence[Any], kernel_shape: Sequence[Any], output_shape: Sequence[Any], border_mode: Any,
                                subsample: Sequence[int], filter_dilation: Sequence[int] | None = None) -> bool:
    """Whether images of this shape can lead to this output: False only where known sizes say no.

    >>> check_conv_gradinputs_shape((1, 1, 6, 6), (1, 1, 3, 3), (1, 1, 4, None), "valid", (1, 1))
    True
    """
    if len(image_shape) != len(output_shape) or len(image_shape) - 2 != len(subsample) or len(kernel_shape) < len(image_shape):
        return False
    if filter_dilation is not None and len(filter_dilation) != len(subsample):
        return False
    wanted = get_conv_output_shape(image_shape, kernel_shape, border_mode, subsample, filter_dilation)
    pairs = [(_known(n), _known(m)) for n, m in zip(output_shape, wanted)]
    return all(n is None or m is None or n == m for n, m in pairs)


def _known(n: Any) -> int | None:
    return None if n is None else static_int(as_tensor(n))


class SizeAtLeast(Op):
    """A 0-d integer, of which the call checks that it is at least so much; ValueError. dimension: for the error."""

    __props__ = ("least", "dimension")

    def __init__(self, least: int, dimension: int) -> None:
        self.least, self.dimension = least, dimension

    def output_dtypes(self, n: Any) -> list[str]:
        return [n.dtype]

    def sizes(self, s: Any, n: Any) -> Any:
        s.check(s.less(self.least - 1, n.item(0)), "ValueError", self._text(), n.item(0))
        return [()]

    def _text(self) -> str:
        return f"a convolution of an impossible shape: size {{}} of dimension {self.dimension}"

    def compute(self, n: Any) -> Any:
        if n < self.least:
            raise ValueError(self._text().format(n))
        return n

    def element(self, b: Any, index: Any, n: Any) -> Any:
        return n()

    def reads(self, node: Any) -> list[str]:
        return ["same"]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [inputs[0].zeros_like()]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]]


def assert_conv_shape(shape: Sequence[Any]) -> tuple[Any, ...]:
    """The shape, of whose sizes the first two are 0 or more and the others 1 or more: ValueError where known sizes are not, at the call
    where variables are not.

    >>> assert_conv_shape((2, 0, 5))
    (2, 0, 5)
    """
    checked = []
    for d, n in enumerate(shape):
        least = 0 if d < 2 else 1
        value = None if n is None else static_int(as_tensor(n))
        if value is not None and value < least:
            raise ValueError(f"a convolution of an impossible shape: size {value} of dimension {d}")
        checked.append(n if n is None or value is not None else SizeAtLeast(least, d)(n))
    return tuple(checked)


def assert_shape(x: Any, expected_shape: Sequence[Any], msg: str = "Unexpected shape.") -> Any:
    """x, whose sizes are checked in the call to be these (None: any): ValueError that names the size. msg is accepted for Theano's sake.

    >>> import symgraph.tensor as T
    >>> assert_shape(T.matrix(), (2, None)).type.shape
    (2, None)
    """
    return as_tensor(x).specify_shape(list(expected_shape))
