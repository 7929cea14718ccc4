"""The steps a random graph is made of. Each takes a Generator, and adds to its pool what it can make of what is there."""

from __future__ import annotations

from typing import Any

import numpy as np

import symgraph
import symgraph.tensor as T
from tests.random_graphs.generator import Generator, Item, apart, fits, fits_into

__all__ = ["INSIDE", "OPERATIONS"]

SMOOTH = (
    lambda x: T.exp(x / 4), T.tanh, T.nnet.sigmoid, T.sin, T.cos, lambda x: T.log1p(abs(x)), lambda x: T.sqrt(x * x + 1), T.nnet.softplus,
    lambda x: T.exp(-x * x), lambda x: 1 / (1 + x * x), T.erf, lambda x: T.arctan(x), lambda x: T.log(x * x + 2), lambda x: T.expm1(x / 8),
)
PLAIN = (lambda x: -x, lambda x: x * x, lambda x: x + x, lambda x: x * 2, lambda x: 1 - x, lambda x: x / 2, lambda x: x + 0, lambda x: x * 1,
         lambda x: x - 3, lambda x: T.zeros_like(x) + x, lambda x: T.ones_like(x) * x, lambda x: x**2)
SLICES = tuple(slice(*parts) for parts in (
    (None, None, -1), (1, None), (None, -1), (None, None, 2), (1, -1), (-2, None), (None, 2), (-1, None, -2), (0, 0), (2, 40, 3), (-1, 0, -1)))


def smooth(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind == "f" and i.variable.dtype in ("float64", "float32"))
    return x and g.add(g.random.choice(SMOOTH)(x.variable), False)


def plain(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind in "fic")
    return x and g.add(g.random.choice(PLAIN)(x.variable), x.exact)


def jump(g: Generator) -> Any:
    """abs, sign, rounding, clip, casts to integers."""
    x = g.pick(lambda i: i.kind in "fi" and i.exact)
    if x is None:
        return None
    functions = [T.abs_, T.sgn, T.floor, T.ceil, T.trunc, lambda v: T.clip(v, -2, 3), lambda v: T.maximum(v, 0), T.nnet.relu, lambda v: T.round(v),
                 lambda v: v.astype("int64"), lambda v: v.astype("float32"), lambda v: v.astype("float64"), lambda v: v.astype("bool")]
    return g.add(g.random.choice(functions)(x.variable), True)


def binary(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind in "fic")
    y = x and g.pick(lambda i: i.kind in "fic" and fits(i, x))
    if x is None or y is None:
        return None
    a, b = x.variable, y.variable
    exact = x.exact and y.exact
    which = g.number(0, 9)
    if which < 3:
        return g.add(a + b, exact)
    if which < 5:
        return g.add(a - b, exact)
    if which < 8:
        return g.add(a * b, exact)
    if x.kind == "c" or y.kind == "c":
        return g.add(a * b + a, exact)
    if which == 8:
        return g.add(a / (1 + b * b), False)
    if all(apart(u, True) for u in (*x.values, *y.values)) and exact:
        return g.add(g.random.choice((T.maximum, T.minimum))(a, b), True)
    return None


def integers(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind == "i")
    y = x and g.pick(lambda i: i.kind == "i" and fits(i, x))
    if x is None or y is None:
        return None
    a, b = x.variable, y.variable
    return g.add(g.random.choice((lambda: a // b, lambda: a % b, lambda: a & b, lambda: a | b, lambda: a ^ b, lambda: a // 3, lambda: a % 5))(), True)


def compare(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind in "fi" and i.exact)
    y = x and g.pick(lambda i: i.kind in "fi" and i.exact and fits(i, x))
    if x is None or y is None:
        return None
    test = g.random.choice((T.lt, T.gt, T.le, T.ge, T.eq, T.neq))
    return g.add(test(x.variable, y.variable if g.chance(0.7) else 0), True)


def logic(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind == "b")
    y = x and g.pick(lambda i: i.kind == "b" and fits(i, x))
    if x is None or y is None:
        return None
    a, b = x.variable, y.variable
    return g.add(g.random.choice((lambda: a & b, lambda: a | b, lambda: ~a, lambda: a ^ b))(), True)


def switch(g: Generator) -> Any:
    c = g.pick(lambda i: i.kind == "b")
    x = c and g.pick(lambda i: i.kind in "fi" and fits(i, c))
    y = x and g.pick(lambda i: i.kind in "fi" and fits(i, c) and fits(i, x))
    if c is None or x is None or y is None:
        return None
    return g.add(T.switch(c.variable, x.variable, y.variable), x.exact and y.exact)


def reduction(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim > 0 or g.chance(0.1))
    if x is None:
        return None
    axes = [a for a in range(x.ndim) if g.chance(0.5)]
    axis: Any = None if not axes or g.chance(0.2) else axes[0] if len(axes) == 1 else axes
    if isinstance(axis, int) and g.chance(0.5):
        axis -= x.ndim
    keep = g.chance(0.3)
    if x.kind == "b":
        return g.add(g.random.choice((T.any, T.all, T.sum))(x.variable, axis=axis, keepdims=keep), True)
    which = g.number(0, 9)
    if which < 5 or x.kind == "c":
        return g.add(T.sum(x.variable, axis=axis, keepdims=keep), x.exact)
    if which == 5:
        return g.add(T.mean(x.variable, axis=axis, keepdims=keep), False)
    if which == 6:
        return g.add(T.prod(T.clip(x.variable, -1, 1) if x.exact else T.tanh(x.variable), axis=axis, keepdims=keep), x.exact)
    if not x.exact:
        return g.add(T.var(x.variable, axis=axis, keepdims=keep), False) if x.kind == "f" else None
    if which == 7:
        return g.add(T.max(x.variable, axis=axis, keepdims=keep), True)
    if which == 8:
        return g.add(T.min(x.variable, axis=axis, keepdims=keep), True)
    return g.add(T.argmax(x.variable, axis=axis if isinstance(axis, int) else None, keepdims=keep), True)


# Layout ---------------------------------------------------------------------------------------------------------------
def dimshuffle(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim < 4)
    if x is None:
        return None
    kept = [a for a in range(x.ndim) if not (x.ones[a] and g.chance(0.3))]
    order: list[Any] = kept[:]
    if g.chance(0.5):
        g.random.shuffle(order)
    while len(order) < 4 and g.chance(0.35):
        order.insert(g.number(0, len(order)), "x")
    return g.add(x.variable.dimshuffle(*order), x.exact)


def reshape(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim > 0)
    if x is None:
        return None
    v = x.variable
    sizes: list[Any] = [v.shape[a] if n is None or g.chance(0.3) else n for a, n in enumerate(v.type.shape)]
    which = g.number(0, 4)
    if which == 0:
        return g.add(v.flatten(g.number(1, x.ndim)), x.exact)
    if which == 1 and x.ndim > 1:
        a = g.number(0, x.ndim - 2)
        sizes[a : a + 2] = [sizes[a] * sizes[a + 1]]
        return g.add(v.reshape(sizes), x.exact)
    if which == 2:
        a = g.number(0, x.ndim - 1)
        part = g.random.choice((1, 2, 3, 11))
        sizes[a : a + 1] = [sizes[a] // part, part] if g.chance(0.5) else [part, sizes[a] // part]
        return g.add(v.reshape(sizes), x.exact) if len(sizes) < 5 else None
    if which == 3:
        g.random.shuffle(sizes)
        return g.add(v.reshape(sizes), x.exact)
    sizes[g.number(0, x.ndim - 1)] = -1
    return g.add(v.reshape(sizes, ndim=x.ndim), x.exact)


def key(g: Generator, x: Item) -> tuple[Any, ...]:
    """A random subscript of basic indexing, valid under both assignments."""
    entries: list[Any] = []
    for low in map(min, x.dims):
        which = g.number(0, 9)
        if which == 0 and low > 0:
            entries.append(g.number(-low, low - 1))
        elif which == 1 and low > 0:
            scalar = g.pick(lambda i, low=low: i.kind == "i" and i.ndim == 0 and all(-low <= int(v) < low for v in i.values))
            entries.append(scalar.variable if scalar is not None else 0)
        elif which < 7:
            entries.append(g.random.choice(SLICES))
        elif which == 7:
            ends = [g.pick(lambda i: i.kind == "i" and i.ndim == 0), g.pick(lambda i: i.kind == "i" and i.ndim == 0)]
            entries.append(slice(*[e.variable if e is not None and g.chance(0.6) else None for e in ends], g.random.choice((None, 2, -1))))
        else:
            entries.append(slice(None))
    if g.chance(0.1):
        entries.insert(g.number(0, len(entries)), None)
    if entries and g.chance(0.15):
        return (Ellipsis, *entries[1:])
    while entries and entries[-1] == slice(None) and g.chance(0.5):
        entries.pop()
    return tuple(entries)


def subtensor(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim > 0)
    return x and g.add(x.variable[key(g, x)], x.exact)


def _part(g: Generator, x: Item, place: Any) -> Any:
    """set or inc at a place of x by something that fits there."""
    region = g.add(place, x.exact)
    if region is None:
        return None
    sources = [i for i in g.items if fits_into(i, region) and np.can_cast(i.variable.dtype, x.variable.dtype, "safe")]
    if x in sources and g.chance(0.3):  # what is read is what is written
        sources = [x]
    y = g.random.choice(sources[-8:]) if sources and g.chance(0.8) else None
    value: Any = y.variable if y is not None else 2 if x.kind != "b" else True
    exact = x.exact and (y is None or y.exact)
    if y is region and g.chance(0.5) and x.kind in "fic":
        value = value * 2
    change = T.set_subtensor if x.kind == "b" or g.chance(0.5) else T.inc_subtensor
    return g.add(change(place, value), exact)


def change(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim > 0)
    return x and _part(g, x, x.variable[tuple(e for e in key(g, x) if e is not None)])


def gather_key(g: Generator, x: Item) -> Any:
    axis = g.number(0, x.ndim - 1)
    index = g.pick(lambda i: i.kind == "i" and i.ndim in (1, 2))
    low = min(x.dims[axis])
    if index is None or low == 0:
        return None
    v = index.variable
    wrapped = g.random.choice((v % x.variable.shape[axis], v % low, v % low - low))
    if g.add(wrapped, True) is None:
        return None
    entries: list[Any] = [slice(None)] * axis + [wrapped]
    if g.chance(0.3) and axis + 1 < x.ndim:
        entries.append(g.random.choice((slice(None, None, -1), slice(1, None))))
    return tuple(entries)


def gather(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim > 0)
    place = x and gather_key(g, x)
    return g.add(x.variable[place], x.exact) if x is not None and place is not None else None


def scatter(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim > 0)
    place = x and gather_key(g, x)
    if x is None or place is None:
        return None
    region = g.add(x.variable[place], x.exact)
    sources = [i for i in g.items if region is not None and fits_into(i, region) and np.can_cast(i.variable.dtype, x.variable.dtype, "safe")]
    if region is None or x.kind == "b":
        return None
    y = g.random.choice(sources[-8:]) if sources and g.chance(0.7) else None
    value: Any = y.variable if y is not None else 3
    alone = g.chance(0.5) or region.ndim == 0
    change = T.inc_subtensor if alone else T.set_subtensor
    return g.add(change(x.variable[place], value), x.exact and (y is None or y.exact))


def mask(g: Generator) -> Any:
    m = g.pick(lambda i: i.kind == "b" and i.ndim > 0)
    x = m and g.pick(lambda i: i.ndim >= m.ndim and i.dims[: m.ndim] == m.dims)
    if m is None or x is None:
        return None
    if g.chance(0.5):
        return g.add(x.variable[m.variable], x.exact)
    return g.add(T.set_subtensor(x.variable[m.variable], 1), x.exact)


def join(g: Generator) -> Any:
    x = g.pick(lambda i: 0 < i.ndim < 4)
    if x is None:
        return None
    axis = g.number(0, x.ndim - 1)
    parts = [x]
    for _ in range(g.number(1, 3)):
        y = g.pick(lambda i: i.ndim == x.ndim and i.kind == x.kind and all(a == axis or m == n for a, (m, n) in enumerate(zip(i.dims, x.dims))))
        parts.append(y or x)
    g.random.shuffle(parts)
    return g.add(T.concatenate([p.variable for p in parts], axis=axis - (x.ndim if g.chance(0.2) else 0)), all(p.exact for p in parts))


def stack(g: Generator) -> Any:
    x = g.pick(lambda i: i.ndim < 3)
    if x is None:
        return None
    parts = [x] + [g.pick(lambda i: i.dims == x.dims and i.kind == x.kind) or x for _ in range(g.number(0, 3))]
    return g.add(T.stack([p.variable for p in parts], axis=g.number(0, x.ndim)), all(p.exact for p in parts))


def copies(g: Generator) -> Any:
    x = g.pick(lambda i: 0 < i.ndim < 4)
    if x is None:
        return None
    axis = g.number(0, x.ndim - 1)
    v = x.variable
    which = g.number(0, 5)
    if which == 0:
        return g.add(T.repeat(v, g.number(1, 3), axis=axis), x.exact)
    if which == 1:
        return g.add(T.tile(v, (1,) * axis + (2,) + (1,) * (x.ndim - axis - 1)), x.exact)
    if which == 2:
        return g.add(T.roll(v, g.number(-3, 3), axis=axis), x.exact)
    if which == 3 and x.ndim == 2:
        return g.add(g.random.choice((T.triu, T.tril))(v, g.number(-1, 1)), x.exact)
    if which == 4 and x.ndim < 3:
        return g.add(T.diag(v), x.exact)
    return g.add(v.T, x.exact)


def create(g: Generator) -> Any:
    x = g.pick()
    if x is None:
        return None
    v = x.variable
    which = g.number(0, 5)
    if which == 0 and x.kind == "i" and x.ndim == 0:
        return g.add(T.arange(abs(v) % 9), True)
    if which == 1 and x.ndim:
        return g.add(T.arange(v.shape[g.number(0, x.ndim - 1)]), True)
    if which == 2 and x.ndim:
        return g.add(v.shape[g.number(0, x.ndim - 1)], True)
    if which == 3 and x.ndim:
        return g.add(v.shape, True)
    if which == 4:
        y = g.pick(lambda i: i.ndim > 0)
        sizes = [] if y is None else [y.variable.shape[a] for a in range(y.ndim)]
        if x.ndim == 0 and y is not None:
            return g.add(T.alloc(v, *sizes), x.exact)
        y = g.pick(lambda i: i.ndim >= x.ndim and fits_into(x, i))
        return y and g.add(T.alloc(v, *[y.variable.shape[a] for a in range(y.ndim)]), x.exact)
    y = g.pick(lambda i: fits_into(x, i))
    return y and g.add(T.fill(y.variable, v), x.exact)


def product(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind in "fi" and 1 <= i.ndim <= 2)
    y = x and g.pick(lambda i: i.kind in "fi" and 1 <= i.ndim <= 2 and i.dims[-2:][0] == x.dims[-1])
    if x is None or y is None:
        return None
    return g.add(T.dot(x.variable, y.variable), x.exact and y.exact)


def batches(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind == "f" and i.ndim == 3)
    y = x and g.pick(lambda i: i.kind == "f" and i.ndim == 3 and i.dims[0] == x.dims[0] and i.dims[1] == x.dims[2])
    if x is None:
        return None
    if y is None:
        return g.add(T.batched_dot(x.variable, x.variable.dimshuffle(0, 2, 1)), x.exact)
    return g.add(T.batched_dot(x.variable, y.variable), x.exact and y.exact)


def softmax(g: Generator) -> Any:
    x = g.pick(lambda i: i.kind == "f" and i.ndim in (1, 2))
    return x and g.add(g.random.choice((T.nnet.softmax, T.nnet.logsoftmax, lambda v: T.logsumexp(v, axis=-1)))(x.variable), False)


def gradient(g: Generator) -> Any:
    cost = g.real()
    if cost is None or g.inside and g.chance(0.5):
        return None
    wanted = g.pick(lambda i: i.kind == "f" and i is not cost)
    if wanted is None:
        return None
    try:
        slope = T.grad(cost.variable.sum() if cost.ndim else cost.variable, wanted.variable, disconnected_inputs="raise")
    except (symgraph.errors.DisconnectedInputError, symgraph.errors.NullTypeGradError, NotImplementedError):
        return None
    return g.add(slope, False)


INSIDE = (smooth, smooth, plain, plain, binary, binary, binary, binary, integers, logic, switch, reduction, reduction, dimshuffle, reshape, subtensor,
          subtensor, change, gather, scatter, join, stack, copies, create, product, softmax)
OPERATIONS = (*INSIDE, *INSIDE, jump, jump, compare, compare, switch, mask, batches, gradient, gradient, gradient)
