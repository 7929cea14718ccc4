"""Draws by numpy's RandomState, called back: Theano's tensor.raw_random, with the very numbers that numpy gives.

Each function takes a generator (a variable of `random_state_type`) and gives the pair of the generator after the draw and the draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.errors import AxisError
from symgraph.expr.dtypes import INTEGER, upcast
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.nogradient import grad_undefined
from symgraph.expr.op import Apply, Op
from symgraph.expr.randomstate import RandomStateType
from symgraph.expr.sizes import as_size, as_sizes, items_of, size_constant, size_of, static_int
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant, Variable
from symgraph.ops.random.twister import CallOnWords, TwisterDraw, most_trials
from symgraph.settings import config

__all__ = [
    "RandomFunction", "binomial", "choice", "choice_helper", "multinomial", "multinomial_helper", "normal", "permutation",
    "permutation_helper", "poisson", "random_integers", "random_integers_helper", "uniform",
]


class RandomFunction(Op):
    """What a method of RandomState, by name, or fn(state, *args, size) draws. Inputs: a generator, an int64 vector of sizes (empty: those
    of the arguments), arguments; outputs: the generator after it, the draw, of type `outtype`.

    ndim_added: how many dimensions the draw has behind those of its size. No derivative is defined.
    """

    __props__ = ("fn", "outtype", "inplace", "ndim_added")

    def __init__(self, fn: Any, outtype: TensorType, inplace: bool = False, ndim_added: int = 0) -> None:
        self.fn = fn
        self.outtype = outtype
        self.inplace = inplace  # what a caller holds is never written to; kept for old programs
        self.ndim_added = ndim_added

    @property
    def exec_fn(self) -> Callable[..., Any]:
        """The function that draws."""
        return getattr(np.random.RandomState, self.fn) if isinstance(self.fn, str) else self.fn

    def make_node(self, r: Any, shape: Any, *args: Any) -> Apply:
        if not isinstance(r, Variable) or not isinstance(r.type, RandomStateType):
            raise TypeError(f"{self} draws by a variable of type RandomStateType, got {r!r}")
        sizes = _vector(shape)
        if sizes.ndim != 1 or sizes.dtype not in INTEGER:
            raise TypeError(f"{self}: the shape must be a vector of integers, got {sizes.type}")
        return Apply(self, [r, sizes.astype("int64"), *map(as_tensor, args)], [r.type(), self.outtype()])

    def draw(self, state: Any, shape: Any, args: Sequence[Any]) -> np.ndarray:
        """An array of `outtype` by a RandomState, which moves on; ValueError if it is not what was said of it."""
        size = tuple(int(n) for n in shape) if len(shape) else None
        added, ndim = self.ndim_added, self.outtype.ndim
        if size is not None and ndim != len(size) + added:
            raise ValueError(f"{self}: {len(size)} sizes for a draw of {ndim} dimensions, {added} of them its own")
        found = np.asarray(self.exec_fn(state, *args, size)).astype(self.outtype.dtype)
        if size is None and found.ndim == 0 and ndim:
            found = found.reshape([1] * ndim)
        if found.ndim != ndim:
            raise ValueError(f"{self}: the draw should have {ndim} dimensions, and has {found.ndim}")
        if size is not None and found.shape[: found.ndim - added] != size:
            raise ValueError(f"{self}: the draw should have shape {size}, and has {found.shape}")
        return found

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        given, shape, *args = inputs
        kind = node.inputs[0].type
        state = kind.join(kind.split(given))  # the one that was given stays as it is
        output_storage[0][0], output_storage[1][0] = state, self.draw(state, shape, args)

    def on_parts(self, node: Any, inputs: Sequence[Any]) -> Any:
        (words, place, ahead, number), shape, *args = inputs
        native = self._native(shape, args)
        if native is not None:
            kind, n, numbers = native
            sizes = as_sizes(shape, "a size", self.outtype.ndim)
            op = TwisterDraw(kind, self.outtype.dtype, len(sizes), n)
            words, place, out = op(words, place, *sizes, *[x.astype("float64") for x in numbers])
            return [[words, place, ahead, number], out]
        if isinstance(self.fn, str) or self.fn.__module__ == __name__:  # which keep no generator that they are given
            *after, out = CallOnWords(self)(*inputs[0], shape, *args)
            return [after, out]
        return None

    def _native(self, shape: Any, args: Sequence[Any]) -> tuple[str, int, Sequence[Any]] | None:
        """What a native draw is made of: its kind, the trials, the arguments; None if it has to be called back."""
        if shape.type.shape[0] != self.outtype.ndim or self.ndim_added or any(x.dtype.startswith("complex") for x in args):
            return None
        if self.fn == "uniform" and len(args) == 2:
            return "uniform", 0, args
        trials: Any = args[0] if args else None
        if self.fn == "binomial" and len(args) == 2 and isinstance(trials, Constant) and trials.type in _WHOLE:
            n = int(trials.data)
            return ("binomial", n, args[1:]) if 1 <= n <= most_trials else None
        return None

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        none = [None, None]
        return [*none, *[grad_undefined(self, k, x, "No gradient defined through raw random numbers op") for k, x in enumerate(inputs) if k > 1]]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None, None]

    def __str__(self) -> str:
        return f"RandomFunction{{{self.fn if isinstance(self.fn, str) else getattr(self.fn, '__name__', self.fn)}}}"


_WHOLE = [TensorType(dtype, ()) for dtype in INTEGER]


def _vector(shape: Any) -> Any:
    """Sizes as one int64 vector."""
    if isinstance(shape, Variable):
        return shape
    parts = [as_size(n) for n in shape]
    if all(isinstance(n, Constant) for n in parts):
        return constant(np.array([int(n.data) for n in parts], "int64"))
    return np.stack([n.astype("int64") for n in parts])


# Sizes ----------------------------------------------------------------------------------------------------------------


def _infer(name: str, ndim: int | None, size: Any, *args: Any) -> tuple[int, Any, tuple[bool, ...]]:
    """The number of dimensions, the sizes (a list of variables, or a vector), and which of them are 1, of a draw with these arguments.

    size: None: that of the arguments; -1 in a list: that of the arguments there. ValueError for what does not fit.
    """
    needed = max((x.ndim for x in args), default=0)
    if size is None:
        if not args:
            raise TypeError(f"{name}: the size cannot be found without arguments; give size=")
        sizes = [_size_of_arguments(args, d, needed) for d in range(needed)]
    elif isinstance(size, (list, tuple)):
        sizes = [_size_of_arguments(args, d, len(size), name) if isinstance(n, (int, np.integer)) and n == -1 else as_size(n, f"{name}: a size")
                 for d, n in enumerate(size)]
    else:
        known = items_of(size) if isinstance(size, Variable) else None
        if isinstance(size, Variable) and known is None and size.type.ndim == 1 and ndim is not None:
            return _enough(name, needed, ndim), size, (False,) * ndim
        sizes = as_sizes(size, f"{name}: a size", ndim)
    if any((static_int(n) or 0) < 0 for n in sizes):
        raise ValueError(f"{name}: negative dimensions are not allowed, got {[static_int(n) for n in sizes]}")
    if ndim is not None and ndim != len(sizes):
        raise ValueError(f"{name}: ndim should be equal to the number of sizes, but ndim = {ndim}, {len(sizes)} sizes")
    _enough(name, needed, len(sizes))
    for x in args:
        for n, wanted in zip(x.type.shape, sizes[len(sizes) - x.ndim :]):
            if n not in (None, 1) and static_int(wanted) not in (None, n):
                raise ValueError(f"{name}: an argument of size {n} does not fit the size {static_int(wanted)} that is asked for")
    return len(sizes), sizes, tuple(static_int(n) == 1 for n in sizes)


def _enough(name: str, needed: int, ndim: int) -> int:
    if needed > ndim:
        raise ValueError(f"{name}: ndim should be at least as big as required by the arguments: {ndim} and {needed}")
    return ndim


def _size_of_arguments(args: Sequence[Any], d: int, ndim: int, name: str = "") -> Any:
    own = [(x, d - ndim + x.ndim) for x in args if d - ndim + x.ndim >= 0]
    if not own:
        raise ValueError(f"{name}: a size of -1 must overlap with the shape of one of the arguments")
    for x, axis in own:
        if x.type.shape[axis] != 1:
            return as_size(size_of(x, axis))
    return size_constant(1)


def _floats(dtype: Any, *args: Any) -> str:
    return upcast(config.floatX, *[x.dtype for x in args]) if dtype is None else config.floatX if dtype == "floatX" else str(np.dtype(dtype))


def _check(name: str, what: str, x: Any, holds: Callable[[Any], Any]) -> None:
    """ValueError for a constant that numpy would refuse at the call."""
    if isinstance(x, Constant) and not np.all(holds(x.data)):
        raise ValueError(f"{name}: {what}, got {x.data}")


# Draws ----------------------------------------------------------------------------------------------------------------


def _draw(name: str, fn: Any, state: Any, size: Any, ndim: Any, dtype: str, args: Sequence[Any], inferred: Sequence[Any], added: int = 0) -> Any:
    _, sizes, ones = _infer(name, ndim, size, *inferred)
    last = (False,) * added
    return RandomFunction(fn, TensorType(dtype, (*ones, *last)), ndim_added=added)(state, sizes, *args)


def uniform(random_state: Any, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None, dtype: str | None = None) -> Any:
    """Uniform between low and high. dtype: None: floatX, or that of an argument that is more precise.

    >>> import numpy as np, symgraph
    >>> state = symgraph.shared(np.random.RandomState(1))
    >>> after, x = uniform(state, (2,))
    >>> bool((x.eval() == np.random.RandomState(1).uniform(size=2)).all())
    True
    """
    args = [as_tensor(low), as_tensor(high)]
    return _draw("uniform", "uniform", random_state, size, ndim, _floats(dtype, *args), args, args)


def normal(random_state: Any, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None) -> Any:
    """Normal of mean avg and standard deviation std, which must not be negative (ValueError). dtype as for `uniform`."""
    args = [as_tensor(avg), as_tensor(std)]
    _check("normal", "std must not be negative", args[1], lambda x: x >= 0)
    return _draw("normal", "normal", random_state, size, ndim, _floats(dtype, *args), args, args)


def binomial(
    random_state: Any, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64", prob: Any = None
) -> Any:
    """Successes in n trials of probability p (prob: its older name). ValueError for p outside [0, 1]."""
    args = [as_tensor(n), as_tensor(p if prob is None else prob)]
    _check("binomial", "n must not be negative", args[0], lambda x: x >= 0)
    _check("binomial", "p must lie within [0, 1]", args[1], lambda x: (x >= 0) & (x <= 1))
    return _draw("binomial", "binomial", random_state, size, ndim, dtype, args, args)


def poisson(random_state: Any, size: Any = None, lam: Any = 1.0, ndim: int | None = None, dtype: str = "int64") -> Any:
    """Poisson's of mean lam, which must not be negative (ValueError)."""
    mean = as_tensor(lam)
    _check("poisson", "lam must not be negative", mean, lambda x: x >= 0)
    return _draw("poisson", "poisson", random_state, size, ndim, dtype, [mean], [mean])


def random_integers(random_state: Any, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64") -> Any:
    """Integers from low to high, both included, drawn one by one."""
    args = [as_tensor(low), as_tensor(high)]
    if all(isinstance(x, Constant) for x in args) and (args[0].data > args[1].data).any():
        raise ValueError(f"random_integers: low must not be greater than high, got {args[0].data} and {args[1].data}")
    return _draw("random_integers", random_integers_helper, random_state, size, ndim, dtype, args, args)


def random_integers_helper(random_state: Any, low: Any, high: Any, size: Any) -> Any:
    """One randint for each element of low and high, broadcast to the size."""
    shape = np.broadcast_shapes(low.shape, high.shape) if size is None else size
    low, high = _spread(low, shape, 0), _spread(high, shape, 0)
    out = np.empty(shape)
    for place in np.ndindex(*shape):
        out[place] = random_state.randint(low=low[place], high=high[place] + 1)
    return out


def _spread(x: Any, shape: Any, last: int) -> Any:
    """x broadcast to the shape, but for its last dimensions; ValueError if it does not fit."""
    try:
        return np.broadcast_to(x, (*shape, *x.shape[x.ndim - last :]))
    except ValueError:
        raise ValueError(f"an argument of shape {x.shape} does not fit the size {tuple(shape)} that is asked for") from None


def choice(
    random_state: Any, size: Any = None, a: Any = 2, replace: Any = True, p: Any = None, ndim: int | None = None, dtype: str = "int64"
) -> Any:
    """Elements of the vector a, or of 0, ... a - 1, each with probability p (None: alike); size None: one."""
    a = as_tensor(a)
    again = constant(np.asarray(replace, "int8")) if isinstance(replace, bool) else as_tensor(replace)
    weights = as_tensor(np.zeros(0) if p is None else p)
    _check("choice", "p must not be negative", weights, lambda x: x >= 0)
    return _draw("choice", choice_helper, random_state, () if size is None else size, ndim, dtype, [a, again, weights], [])


def choice_helper(random_state: Any, a: Any, replace: Any, p: Any, size: Any) -> Any:
    """numpy's choice; p: an empty vector for None."""
    if a.ndim > 1:
        raise ValueError(f"a.ndim ({a.ndim}) must be 0 or 1")
    if p.ndim != 1:
        raise ValueError(f"p.ndim ({p.ndim}) must be 1")
    return random_state.choice(int(a) if a.ndim == 0 else a, size, bool(replace), p if p.size else None)


def permutation(random_state: Any, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64") -> Any:
    """Permutations of 0, ... n - 1 along a last dimension, as many as the size says; None: one."""
    count = as_size(n, "permutation: n")
    known = static_int(count)
    if known is not None and known < 0:
        raise ValueError(f"permutation: n must not be negative, got {known}")
    if size is None or (isinstance(size, (list, tuple)) and not size):
        if ndim not in (None, 0, 1):
            raise TypeError("You asked for just one permutation but asked for more than 1 dimensions.")
        size, ndim = (), None
    return _draw("permutation", permutation_helper, random_state, size, ndim, dtype, [count], [], 1)


def permutation_helper(random_state: Any, n: Any, shape: Any) -> Any:
    """Permutations of n integers, one after another."""
    count = int(n)
    if count < 0:
        raise ValueError(f"permutation: n must not be negative, got {count}")
    out = np.empty((*(shape or ()), count), "int64")
    for place in np.ndindex(*(shape or ())):
        out[place] = random_state.permutation(count)
    return out


def multinomial(random_state: Any, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5), ndim: int | None = None, dtype: str = "int64") -> Any:
    """How often each outcome comes in n trials; pvals has the probabilities along its last dimension, and so has the draw the counts."""
    n, pvals = as_tensor(n), as_tensor(pvals)
    if not pvals.ndim:
        raise AxisError("multinomial: pvals must have the outcomes along its last dimension")
    _check("multinomial", "n must not be negative", n, lambda x: x >= 0)
    _check("multinomial", "pvals must not be negative", pvals, lambda x: x >= 0)
    return _draw("multinomial", multinomial_helper, random_state, size, ndim, dtype, [n, pvals], [n, pvals[..., 0]], 1)


_ROUNDED = 5e-5  # by this much are probabilities made less that numpy would find to be more than 1 together


def multinomial_helper(random_state: Any, n: Any, pvals: Any, size: Any) -> Any:
    """One multinomial for each element of n and row of pvals, broadcast to the size; probabilities are scaled as Theano scaled them."""
    shape = np.broadcast_shapes(n.shape, pvals.shape[:-1]) if size is None else size
    n, pvals = _spread(n, shape, 0), _spread(pvals, shape, 1)
    if not (pvals >= 0).all():
        raise ValueError("multinomial: pvals must not be negative")
    out = np.empty(pvals.shape)
    for place in np.ndindex(*shape):
        row = pvals[place]
        total = np.sum(row)
        if 1.0 < total < 1.0 + 1e-5 or row[-1] < _ROUNDED:
            row = row * (1.0 - _ROUNDED)
            total = np.sum(row)
        if not total <= 1.0:
            raise ValueError(f"multinomial: the sum of pvals must not be greater than 1, got {total}")
        out[place] = random_state.multinomial(n=n[place], pvals=row.astype("float64"))
    return out
