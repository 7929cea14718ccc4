"""Normalisation of activations: batch (Theano's two functions and the older one), layer, group, instance, and local response.

They bring their arrays into the four dimensions of `Standardise`, which is a view, so that forward and reverse are one walk over memory each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import ViewOp, size_constant, size_of, static_int, times
from symgraph.expr.stacks import along_next
from symgraph.ops.nnet.floats import floating, like
from symgraph.ops.nnet.standardise import Standardise

__all__ = [
    "batch_normalization", "batch_normalization_test", "batch_normalization_train", "group_normalization", "instance_normalization",
    "layer_normalization", "local_response_normalization",
]


def _axes(axes: Any, ndim: int, name: str) -> tuple[int, ...]:
    """The axes that statistics are taken over; ValueError for none, or for one that is not there."""
    if isinstance(axes, str):
        if axes not in ("per-activation", "spatial"):
            raise ValueError(f"{name}: invalid axes: {axes!r}; 'per-activation', 'spatial' and tuples of ints are known")
        axes = (0,) if axes == "per-activation" else (0, *range(2, ndim))
    elif not isinstance(axes, (tuple, list, np.ndarray)):
        raise ValueError(f"{name}: invalid axes: {axes!r}; 'per-activation', 'spatial' and tuples of ints are known")
    found = tuple(sorted(int(d) for d in axes))
    if not found:
        raise ValueError(f"{name}: there should be at least one normalization axis")
    if found[0] < 0 or found[-1] >= ndim or len(set(found)) < len(found):
        raise ValueError(f"{name}: axes must be different ones of 0 to {ndim - 1}, got {found}")
    return found


def _parameters(given: dict[str, Any], inputs: Any, axes: tuple[int, ...], name: str) -> dict[str, Any]:
    """Parameters as arrays of the dimensions of the inputs, of size 1 along the axes."""
    ndim, kept = inputs.ndim, [d for d in range(inputs.ndim) if d not in axes]
    found = {key: as_tensor(x) for key, x in given.items()}
    counts = {x.ndim for x in found.values()}
    if len(counts) > 1 or not counts <= {ndim, len(kept)}:
        said = ", ".join(f"{key} has {x.ndim}" for key, x in found.items())
        raise ValueError(f"{name}: all parameters must have {len(kept)} dimensions, or {ndim} as the inputs have; {said}")
    for key, x in found.items():
        for n, d in zip((x.type.shape[d] for d in kept) if x.ndim == ndim else x.type.shape, kept):
            if n not in (None, 1) and inputs.type.shape[d] not in (None, n):
                raise ValueError(f"{name}: {key} has size {n} where the inputs have {inputs.type.shape[d]} (their dimension {d})")
    if counts == {ndim}:
        return {key: _ones_known(x, axes) for key, x in found.items()}
    order = ["x"] * ndim
    for position, d in enumerate(kept):
        order[d] = position  # type: ignore[call-overload]
    return {key: x.dimshuffle(*order) for key, x in found.items()}


def _ones_known(x: Any, axes: Sequence[int]) -> Any:
    return x.specify_shape([1 if d in axes else size_of(x, d) for d in range(x.ndim)]) if any(not x.broadcastable[d] for d in axes) else x


def _epsilon(epsilon: Any, name: str) -> float:
    if not isinstance(epsilon, (int, float, np.floating)) or not epsilon >= 0:
        raise ValueError(f"{name}: epsilon must be a number that is not negative, got {epsilon!r}")
    return float(epsilon)


def _four(x: Any, axes: Sequence[int]) -> tuple[list[Any], list[int], list[int]]:
    """Sizes (a, n, c, m) that x may be reshaped to so that statistics over `axes` are over n and m; the order its dimensions must stand in
    for this (0, 1, ... as a rule), and which of them are c."""
    runs: list[tuple[bool, list[int]]] = []
    for d in range(x.ndim):
        if runs and runs[-1][0] == (d in axes):
            runs[-1][1].append(d)
        else:
            runs.append((d in axes, [d]))
    kinds = [joined for joined, _ in runs]
    if len(kinds) > 4 or (len(kinds) == 4 and kinds[0]):  # too often in turn: once in another order
        kept, joined = [d for d in range(x.ndim) if d not in axes], [d for d in range(x.ndim) if d in axes]
        runs, kinds = [(False, kept), (True, joined)], [False, True]
    order = [d for _, dims in runs for d in dims]
    places = {(True,): (3,), (False,): (2,), (False, True): (2, 3), (True, False): (1, 2), (True, False, True): (1, 2, 3),
              (False, True, False): (0, 1, 2), (False, True, False, True): (0, 1, 2, 3)}[tuple(kinds)]
    dims: list[list[int]] = [[], [], [], []]
    for place, (_, found) in zip(places, runs):
        dims[place] = found
    return [times([size_of(x, d) for d in group]) for group in dims], order, dims[2]


def _standardised(x: Any, axes: Sequence[int], epsilon: float, scale: Any = None, offset: Any = None) -> tuple[Any, Any, Any]:
    """x with mean 0 and variance 1 over `axes`, times scale plus offset; mean and variance. The last four have x's dimensions, of size 1 along
    the axes."""
    wide = x.astype("float32") if x.dtype == "float16" else x
    if scale is not None and (wide.dtype != x.dtype or any(z.dtype != wide.dtype for z in (scale, offset))):
        y, mean, variance = _standardised(x, axes, epsilon)
        return y * scale + offset, mean, variance
    sizes, order, channel = _four(wide, axes)
    moved = wide if order == sorted(order) else wide.dimshuffle(*order)
    inside = len(channel) == x.ndim - len(axes)  # all that is kept is c: there is a scale for each
    inside = inside and scale is not None and all(not z.broadcastable[d] or size_known_one(x, d) for z in (scale, offset) for d in channel)
    flat = lambda z: z.dimshuffle(*channel) if len(channel) == 1 else z.reshape([sizes[2]])
    vectors = [flat(z) for z in (scale, offset)] if inside else []
    y, mean, variance = Standardise(epsilon, "channel" if inside else "")(moved.reshape(sizes), *vectors)
    y = y.reshape([size_of(moved, d) for d in range(x.ndim)])
    if moved is not wide:
        y = y.dimshuffle(*[order.index(d) for d in range(x.ndim)])
    mean, variance = (z.reshape([size_constant(1) if d in axes else size_of(x, d) for d in range(x.ndim)]) for z in (mean, variance))
    if scale is not None and not inside:
        y = y * scale + offset
    return (y, mean, variance) if wide is x else (y.astype(x.dtype), mean.astype(x.dtype), variance.astype(x.dtype))


def size_known_one(x: Any, d: int) -> bool:
    """Whether the size is known to be 1."""
    return static_int(size_of(x, d)) == 1


# Batch normalisation --------------------------------------------------------------------------------------------------


def batch_normalization_train(
    inputs: Any, gamma: Any, beta: Any, axes: Any = "per-activation", epsilon: float = 1e-4, running_average_factor: Any = 0.1,
    running_mean: Any = None, running_var: Any = None,
) -> tuple[Any, ...]:
    """The inputs with mean 0 and variance 1 over `axes`, times gamma plus beta (Ioffe and Szegedy 2015).

    inputs: floats of any shape. axes: "per-activation" (the first), "spatial" (all but the second), or a tuple of ints. gamma, beta,
    running_mean, running_var: of the dimensions that are kept, in order, or of the inputs' dimensions with size 1 along the axes.

    Out: the tuple of the normalised array; the mean; 1 / sqrt(variance + epsilon); and, with running statistics, their new values:
    running (1 - factor) + factor times mean, or variance times m / (m - 1) for m numbers that go into each. All but the first have the
    parameters' dimensions. ValueError: axes that are not there, parameters of other dimensions, one running statistic without the other.

    >>> import symgraph.tensor as T
    >>> y, mean, invstd = batch_normalization_train(T.constant([[1.0], [3.0]]), T.ones(1), T.zeros(1), epsilon=0)
    >>> y.eval(), mean.eval()
    (array([[-1.],
           [ 1.]]), array([2.]))
    """
    name = "batch_normalization_train"
    inputs = floating(inputs, name)
    over = _axes(axes, inputs.ndim, name)
    if (running_mean is None) != (running_var is None):
        raise ValueError(f"{name}: running_mean and running_var must either both be given or not given")
    given = {"gamma": gamma, "beta": beta}
    if running_mean is not None:
        given |= {"running_mean": running_mean, "running_var": running_var}
    found = _parameters(given, inputs, over, name)
    whole = as_tensor(gamma).ndim == inputs.ndim
    number = _epsilon(epsilon, name)
    y, mean, variance = _standardised(inputs, over, number, found["gamma"], found["beta"])
    results = [mean, (variance + like(number, variance)) ** like(-0.5, variance)]
    if running_mean is not None:
        factor = like(running_average_factor, mean) if isinstance(running_average_factor, (int, float)) else as_tensor(running_average_factor)
        m = times([size_of(inputs, d) for d in over])
        m = constant(np.asarray(m, mean.dtype)) if isinstance(m, int) else m.astype(mean.dtype)
        rest = like(1, mean) - factor
        unbiased = m / (m - like(1, mean))
        results += [found["running_mean"] * rest + mean * factor, found["running_var"] * rest + unbiased * variance * factor]
    if not whole:
        results = [x.dimshuffle(*[d for d in range(inputs.ndim) if d not in over]) for x in results]
    return (y, *results)


def batch_normalization_test(
    inputs: Any, gamma: Any, beta: Any, mean: Any, var: Any, axes: Any = "per-activation", epsilon: float = 1e-4
) -> Any:
    """(inputs - mean) gamma / sqrt(var + epsilon) + beta, with statistics that are known: what `batch_normalization_train` is at use.

    axes and the dimensions of parameters as there; ValueError likewise. Out: of the inputs' shape.

    >>> batch_normalization_test([[1.0], [3.0]], [2.0], [0.5], [2.0], [1.0], epsilon=0).eval()
    array([[-1.5],
           [ 2.5]])
    """
    name = "batch_normalization_test"
    inputs = floating(inputs, name)
    found = _parameters({"gamma": gamma, "beta": beta, "mean": mean, "var": var}, inputs, _axes(axes, inputs.ndim, name), name)
    variance = floating(found["var"], name)
    root = (variance + like(_epsilon(epsilon, name), variance)).sqrt()
    return (inputs - found["mean"]) * (found["gamma"] / root) + found["beta"]


def batch_normalization(inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem") -> Any:
    """(inputs - mean) gamma / std + beta: the older function, of statistics that broadcast against the inputs. mode: "low_mem" or "high_mem"
    (ValueError otherwise), which compute the same here.

    >>> batch_normalization([1.0, 3.0], 1.0, 0.0, 2.0, 2.0).eval()
    array([-0.5,  0.5])
    """
    if mode not in ("low_mem", "high_mem"):
        raise ValueError(f'mode must be either "low_mem", "high_mem", got {mode!r}')
    return (floating(inputs, "batch_normalization") - as_tensor(mean)) * (as_tensor(gamma) / as_tensor(std)) + as_tensor(beta)


# Others ---------------------------------------------------------------------------------------------------------------


def layer_normalization(x: Any, gamma: Any = None, beta: Any = None, axes: int = 1, epsilon: float = 1e-5) -> Any:
    """Mean 0 and variance 1 over the last `axes` dimensions, times gamma plus beta (Ba, Kiros and Hinton 2016).

    x: floats; gamma, beta: of the shape of these dimensions, or None (both: TypeError for one alone). ValueError for a number of dimensions
    that x does not have. Out: as x.

    >>> layer_normalization([[1.0, 3.0], [2.0, 2.0]], epsilon=0.0).eval()[0]
    array([-1.,  1.])
    """
    name = "layer_normalization"
    x = floating(x, name)
    if not isinstance(axes, int) or not 1 <= axes <= x.ndim:
        raise ValueError(f"{name}: axes must be the number of the last dimensions to be normalised, 1 to {x.ndim}, got {axes!r}")
    over = range(x.ndim - axes, x.ndim)
    scales = _scales(gamma, beta, axes, name)
    number = _epsilon(epsilon, name)
    if not scales or x.dtype == "float16" or any(z.dtype != x.dtype or any(z.broadcastable) for z in scales):
        y = _standardised(x, over, number)[0]
        return y * scales[0] + scales[1] if scales else y
    sizes, _, _ = _four(x, over)
    vectors = scales if axes == 1 else [z.reshape([sizes[3]]) for z in scales]
    y = Standardise(number, "element")(x.reshape(sizes), *vectors)[0]
    return y.reshape([size_of(x, d) for d in range(x.ndim)])


def _scales(gamma: Any, beta: Any, ndim: int, name: str) -> list[Any]:
    if (gamma is None) != (beta is None):
        raise TypeError(f"{name}: gamma and beta must either both be given or not given")
    found = [] if gamma is None else [as_tensor(gamma), as_tensor(beta)]
    for key, z in zip(("gamma", "beta"), found):
        if z.ndim != ndim:
            raise ValueError(f"{name}: {key} must have {ndim} dimensions, got {z.type}")
    return found


class InGroups(ViewOp):
    """One dimension, of unknown size, parted into two: the groups, and what is in each. ValueError at the call if it cannot be divided so."""

    __props__ = ("groups", "axis")

    def __init__(self, groups: int, axis: int) -> None:
        self.groups = groups
        self.axis = axis

    def sizes(self, s: Any, x: Any) -> Any:
        n = x.shape[self.axis]
        s.check(s.equal(n % self.groups, 0), "ValueError", f"{{}} channels cannot be divided into {self.groups} groups", n)
        return [(*x.shape[: self.axis], self.groups, n // self.groups, *x.shape[self.axis + 1 :])]

    def compute(self, x: Any) -> Any:
        n = x.shape[self.axis]
        if n % self.groups:
            raise ValueError(f"{n} channels cannot be divided into {self.groups} groups")
        return x.reshape(*x.shape[: self.axis], self.groups, n // self.groups, *x.shape[self.axis + 1 :])

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [output_grads[0].reshape([size_of(inputs[0], d) for d in range(inputs[0].ndim)])]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)]


def group_normalization(x: Any, groups: int, gamma: Any = None, beta: Any = None, epsilon: float = 1e-5) -> Any:
    """Mean 0 and variance 1 over each of `groups` equal parts of the channels of each example (Wu and He 2018).

    x: floats (examples, channels, ...); gamma, beta: (channels,), or None. ValueError if the channels cannot be divided so, now or at the
    call. Out: as x.

    >>> group_normalization([[1.0, 3.0, 5.0, 9.0]], 2, epsilon=0.0).eval()
    array([[-1.,  1., -1.,  1.]])
    """
    name = "group_normalization"
    x = floating(x, name)
    if x.ndim < 2:
        raise ValueError(f"{name}: x has the dimensions examples, channels and perhaps more, got {x.type}")
    if not isinstance(groups, int) or isinstance(groups, bool) or groups < 1:
        raise ValueError(f"{name}: the number of groups must be a positive integer, got {groups!r}")
    channels = size_of(x, 1)
    known = static_int(channels)
    if known is not None and known % groups:
        raise ValueError(f"{name}: {known} channels cannot be divided into {groups} groups")
    sizes = [size_of(x, d) for d in range(x.ndim)]
    split = InGroups(groups, 1)(x) if known is None else x.reshape([sizes[0], size_constant(groups), size_constant(known // groups), *sizes[2:]])
    y = _standardised(split, range(2, split.ndim), _epsilon(epsilon, name))[0].reshape(sizes)
    scales = [z.dimshuffle(0, *["x"] * (x.ndim - 2)) for z in _scales(gamma, beta, 1, name)]
    return y * scales[0] + scales[1] if scales else y


def instance_normalization(x: Any, gamma: Any = None, beta: Any = None, epsilon: float = 1e-5) -> Any:
    """Mean 0 and variance 1 over each channel of each example (Ulyanov, Vedaldi and Lempitsky 2016).

    x: floats (examples, channels, ...), of three dimensions at least (ValueError); gamma, beta: (channels,), or None. Out: as x.

    >>> instance_normalization([[[1.0, 3.0]]], epsilon=0.0).eval()
    array([[[-1.,  1.]]])
    """
    name = "instance_normalization"
    x = floating(x, name)
    if x.ndim < 3:
        raise ValueError(f"{name}: x has the dimensions examples, channels and more, got {x.type}")
    scales = _scales(gamma, beta, 1, name)
    number = _epsilon(epsilon, name)
    if not scales or x.dtype == "float16" or any(z.dtype != x.dtype or z.broadcastable[0] for z in scales):
        y = _standardised(x, range(2, x.ndim), number)[0]
        spread = [z.dimshuffle(0, *["x"] * (x.ndim - 2)) for z in scales]
        return y * spread[0] + spread[1] if spread else y
    sizes = [size_of(x, d) for d in range(x.ndim)]
    four = [sizes[0], size_constant(1), sizes[1], times(sizes[2:])]
    return Standardise(number, "channel")(x.reshape(four), *scales)[0].reshape(sizes)


def local_response_normalization(x: Any, size: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75) -> Any:
    """x / (k + alpha s) ** beta, where s is the sum of the squares of the `size` channels around each (Krizhevsky, Sutskever and Hinton 2012).

    x: floats (examples, channels, ...); size: odd (ValueError otherwise). Out: as x.

    >>> local_response_normalization([[1.0, 2.0]], size=1, k=0.0, alpha=1.0, beta=0.5).eval()
    array([[1., 1.]])
    """
    name = "local_response_normalization"
    x = floating(x, name)
    if x.ndim < 2:
        raise ValueError(f"{name}: x has the dimensions examples, channels and perhaps more, got {x.type}")
    if not isinstance(size, int) or size < 1 or size % 2 == 0:
        raise ValueError(f"{name}: size must be an odd positive integer, got {size!r}")
    channels, half = size_of(x, 1), size // 2
    widths = [(0, 0), (half, half), *[(0, 0)] * (x.ndim - 2)]
    squares: Any = np.pad(x.square(), widths) if half else x.square()  # type: ignore[call-overload]
    total = squares[:, :channels]
    for shift in range(1, size):
        total = total + squares[:, shift : channels + shift]
    return x * (like(k, x) + like(alpha, x) * total) ** like(-beta, x)
