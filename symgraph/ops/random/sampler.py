"""Draws of distributions that need more than a function of noise: each element by a rule, with its own words of the generator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.errors import NullTypeGradError
from symgraph.expr.arrays import Arrays
from symgraph.expr.checks import CHECKS, PLACES, check_array, got
from symgraph.expr.dtypes import COMPLEX, DISCRETE, FLOAT, INTEGER, normal
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.nogradient import grad_not_implemented
from symgraph.expr.stacks import count as examples_of
from symgraph.expr.stacks import repeated
from symgraph.expr.variable import Constant
from symgraph.ops.random.noise import Drawn, as_key, as_keys, key_sizes, sizes_given
from symgraph.ops.random.philox import words_of
from symgraph.ops.random.rules import RULES, Draws, binomial

__all__ = ["Multinomial", "Sampler"]

BLOCK = 256  # elements that are drawn together: what is kept of them fits into the first cache


def own_index(x: Any, index: Sequence[Any]) -> list[Any]:
    """Where the element of a parameter is that belongs to an index of the output."""
    return [0 if _is_one(n) else index[d] for d, n in enumerate(x.shape, len(index) - x.ndim)]


def _is_one(n: Any) -> bool:
    return isinstance(n, int) and n == 1


class WithParameters(Drawn):
    """An op of a key, then parameters, then sizes."""

    def sized(self, s: Any, key: Any, parameters: Sequence[Any], sizes: Sequence[Any]) -> list[Any]:
        """The sizes, which the parameters must fit."""
        out = list(key_sizes(s, key, sizes))
        for x in parameters:
            first = len(out) - len(x.shape)
            for d, n in enumerate(x.shape):
                if not (isinstance(n, int) and n == 1):
                    text = f"{self}: a parameter of size {{}} in dimension {d} does not fit the size {{}} that is asked for"
                    out[first + d] = s.same(out[first + d], n, text, n, out[first + d])
        return out


class Sampler(WithParameters):
    """Elements drawn by a rule of symgraph/ops/random/rules.py. Inputs: a key, the parameters, which broadcast, and the sizes. Of a stack of keys,
    a matrix, a stack of what each key gives; its dimension is one more in front for the parameters, too.

    Of log_gamma there is a derivative by the shape, by implicit differentiation: Figurnov, Mohamed and Mnih, Implicit reparameterization
    gradients (2018): the distribution function stays the same while shape and draw move.
    """

    __props__ = ("name", "dtype")

    def __init__(self, name: str, dtype: str) -> None:
        self.name = name
        self.dtype = normal(dtype)
        self.rule = RULES[name]
        if self.dtype not in (INTEGER + FLOAT if self.rule.discrete else FLOAT):
            raise TypeError(f"{name} is not drawn as {dtype}")

    def make_node(self, key: Any, *inputs: Any) -> Any:
        count, key = len(self.rule.parameters), as_keys(key)
        parameters = [as_tensor(x) for x in inputs[:count]]
        sizes = inputs[count:]
        for (name, check), x in zip(self.rule.parameters, parameters):
            if x.dtype in COMPLEX or (self.rule.kind == "int64" and x.dtype not in DISCRETE):
                raise TypeError(f"{self.name}: {name} cannot be of type {x.type}")
            if x.ndim > len(sizes) + key.ndim - 1:
                raise ValueError(f"{self.name}: {name} has {x.ndim} dimensions, more than the size that is asked for")
            if check is not None and isinstance(x, Constant):
                check_array(CHECKS[check], f"{self.name}: {name}", x.data)
        if self.rule.joint is not None and all(isinstance(x, Constant) for x in parameters):
            self._check_jointly([x.data for x in parameters])
        return super().make_node(key, *parameters, *sizes)

    def _check_jointly(self, arrays: Sequence[Any]) -> None:
        test, text = self.rule.joint  # type: ignore[misc]
        if not np.all(test(Arrays(), *np.broadcast_arrays(*[np.asarray(x, self.rule.kind) for x in arrays]))):
            raise ValueError(f"{self.name}: {text}")

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return [self.dtype]

    def sizes(self, s: Any, key: Any, *inputs: Any) -> Any:
        count = len(self.rule.parameters)
        return [tuple(self.sized(s, key, inputs[:count], inputs[count:]))]

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        key, *rest = inputs
        count = len(self.rule.parameters)
        shape = _shape_of(self, node.inputs[1 : count + 1], rest[:count], [*key.shape[:-1], *rest[count:]])
        for (name, check), x in zip(self.rule.parameters, rest):
            if check is not None:
                check_array(CHECKS[check], f"{self.name}: {name}", x)
        if self.rule.joint is not None:
            self._check_jointly(rest[:count])
        keys = key.reshape(-1, key.shape[-1])
        b, out = Arrays(), np.empty(shape, self.dtype)
        output_storage[0][0] = out
        if not out.size:
            return
        parameters = [np.broadcast_to(x.astype(self.rule.kind), shape).reshape(len(keys), -1) for x in rest[:count]]
        place = np.arange(math.prod(shape[key.ndim - 1 :]), dtype="uint64")
        with np.errstate(all="ignore"):
            for one, row in enumerate(out.reshape(len(keys), -1)):
                row[:] = np.asarray(self.rule.draw(b, Draws(b, words_of(keys[one]), place), *[x[one] for x in parameters])).astype(self.dtype)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        key, *parameters = inputs[: 1 + len(self.rule.parameters)]
        out = outputs[0]
        examples = key.ndim - 1  # dimensions of the stack
        count = math.prod(out.shape[examples:])

        def values_at(index: list[Any]) -> list[Any]:
            return [b.cast(read(x, index), self.rule.kind) for x in parameters]

        def checked(index: list[Any]) -> list[Any]:
            values = values_at(index)
            for (name, check), parameter, x in zip(self.rule.parameters, parameters, values):
                if check is not None:
                    test, text = CHECKS[check]
                    b.check(test(b, x), "ValueError", got(f"{self.name}: {name} {text}", parameter.ndim), x, *own_index(parameter, index)[:PLACES])
            if self.rule.joint is not None:
                b.check(self.rule.joint[0](b, *values), "ValueError", f"{self.name}: {self.rule.joint[1]}")
            return values

        def words_at(example: list[Any]) -> list[Any]:
            return [b.cast(key.load(*example, k), "uint64") for k in range(4)]

        if self.rule.attempt is None or out.ndim == examples:

            def alone(index: list[Any], place: Any) -> None:
                draws = Draws(b, words_at(index[:examples]), b.cast(place - index[0] * count if examples else place, "uint64"))
                b.store(out.pointer, place, b.cast(self.rule.draw(b, draws, *checked(index)), self.dtype))

            nest(b, out.shape, alone)
            return
        found, latest = (b.local("int64" if self.rule.kind == "int64" else "float64", BLOCK) for _ in range(2))
        waiting, taken = b.local("int64", BLOCK), b.local("bool", BLOCK)
        single = [all(map(_is_one, x.shape)) for x in parameters]
        rooms = [None if one else b.local(self.rule.kind, BLOCK) for one in single]  # of each element of a block its own parameters
        sizes = [] if all(single) else list(out.shape[examples:])  # where all have the same, nobody asks which element it is

        def block(first: Any, draws: Callable[[Any], Draws], start: Any, example: list[Any]) -> None:
            """BLOCK elements: an attempt for all that wait, side by side, until none does."""
            width = b.minimum(count - first, BLOCK)
            at = _index_of(first, sizes)

            def begin(j: Any, waits: Any, *at: Any) -> list[Any]:
                """A search at once; the others wait."""
                values = checked([*example, *(at or [j] * (out.ndim - examples))])
                for room, value in zip(rooms, values):
                    if room is not None:
                        b.store(room, j, value)
                b.store(waiting, waits, j)
                following = _next_index(b, at, sizes)
                if self.rule.search is None:
                    return [waits + 1, *following]

                def search() -> Any:
                    b.store(found, j, self.rule.search(b, draws(first + j), *values))  # type: ignore[misc]
                    return waits

                return [b.when(self.rule.condition(b, *values), search, lambda: waits + 1), *following]  # type: ignore[misc]

            waits, *_ = b.fold(0, width, [b.constant(0, "int64"), *at], begin)

            def attempt(number: Any, waits: Any) -> Any:
                same = values_at([*example, *[0] * (out.ndim - examples)]) if any(single) else rooms
                with b.loop(0, waits, independent=True) as k:
                    j = b.load(waiting, k)
                    values = [value if room is None else b.load(room, j) for room, value in zip(rooms, same)]
                    good, value = self.rule.attempt(b, draws(first + j), number, *values)  # type: ignore[misc]
                    b.store(taken, k, good)
                    b.store(latest, k, value)

                def sort(k: Any, left: Any) -> list[Any]:
                    j = b.load(waiting, k)
                    b.store(found, j, b.load(latest, k))
                    b.store(waiting, left, j)
                    return [b.select(b.load(taken, k), left, left + 1)]

                (left,) = b.fold(0, waits, [b.constant(0, "int64")], sort)
                return b.less(0, left), [number + 1, left]

            b.when(b.less(0, waits), lambda: b.repeat([b.constant(self.rule.first, "int64"), waits], attempt) and None)
            with b.loop(0, width, independent=True) as j:
                b.store(out.pointer, start + first + j, b.cast(b.load(found, j), self.dtype))

        def blocks(example: list[Any], number: Any) -> None:
            words, start = words_at(example), number * count if example else 0
            draws = lambda place: Draws(b, words, b.cast(place, "uint64"))
            with b.loop(0, count, step=BLOCK, independent=True) as first:
                block(first, draws, start, example)

        nest(b, out.shape[:examples], blocks)

    def batch(self, inputs: Any, stacked: Any) -> Any:
        """A key for each example; the same one, where all have it."""
        count = len(self.rule.parameters)
        if any(stacked[1 + count :]) or inputs[0].ndim - stacked[0] > 1:
            return None
        key = inputs[0] if stacked[0] else repeated(inputs[0], examples_of(inputs, stacked))
        ndim = len(inputs) - 1 - count
        parameters = [x.dimshuffle(0, *["x"] * (ndim - x.ndim + 1), *range(1, x.ndim)) if one else x
                      for x, one in zip(inputs[1 : 1 + count], stacked[1:])]
        return [self(key, *parameters, *inputs[1 + count :])]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        found: list[Any] = [None] * len(inputs)
        if self.name == "log_gamma":
            shape, (g,) = inputs[1], output_grads
            found[1] = _folded(_slope(shape, outputs[0]) * g, shape)
        elif not self.rule.discrete:
            found[1] = grad_not_implemented(self, 1, inputs[1], "Its draws have no derivative by the parameters here.")
        return found

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        if self.rule.discrete or tangents[1] is None:
            return [None]
        if self.name != "log_gamma":
            raise NullTypeGradError(grad_not_implemented(self, 1, inputs[1]).type.why_null)
        draw = self(*inputs)
        return [_slope(inputs[1], draw) * tangents[1]]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        moving = 0 if self.rule.discrete else len(self.rule.parameters)
        return [[False], *[[True]] * moving, *[[False]] * (len(node.inputs) - 1 - moving)]

    def __str__(self) -> str:
        return self.name


def _slope(shape: Any, draw: Any) -> Any:
    """The derivative of log z by the shape a, at z = exp(draw): - dP(a, z)/da / (z p(z)); of a small z - (log z - psi(a + 1)) / a, the limit."""
    a, logarithm = shape.astype("float64"), draw.astype("float64")
    small = logarithm < -25.0
    inner = np.where(small, constant(-25.0), logarithm)
    z = np.exp(inner)
    exact = -a.gammainc_k(z) * np.exp(a.gammaln() - a * inner + z)
    limit = ((a + 1.0).psi() - logarithm) / a
    return np.where(small, limit, exact).astype(draw.dtype)


def _folded(term: Any, x: Any) -> Any:
    """Summed over the dimensions along which x was repeated."""
    extra = term.ndim - x.ndim
    axes = [d for d in range(term.ndim) if d < extra or (x.type.shape[d - extra] == 1 and term.type.shape[d] != 1)]
    if axes:
        term = term.sum(axis=axes, keepdims=True)
    return term.dimshuffle(*range(extra, term.ndim)) if extra else term


def read(x: Any, index: Sequence[Any]) -> Any:
    """The element of a parameter that belongs to an index of the output."""
    return x.load(*own_index(x, index))


def _next_index(b: Any, index: Sequence[Any], sizes: Sequence[Any]) -> list[Any]:
    """The index of the element behind, in C order."""
    found: list[Any] = []
    step: Any = b.constant(1, "int64")
    for i, n in zip(reversed(index), reversed(sizes)):
        i = i + step
        full = b.equal(i, n)
        found.append(b.select(full, b.constant(0, "int64"), i))
        step = b.select(full, b.constant(1, "int64"), b.constant(0, "int64"))
    return found[::-1]


def _index_of(place: Any, sizes: Sequence[Any]) -> list[Any]:
    """The index of the element at a place, in C order."""
    found: list[Any] = []
    for n in reversed(sizes[1:]):
        found.append(place % n)
        place = place // n
    return [place, *found[::-1]] if sizes else []


def nest(b: Any, shape: Sequence[Any], element: Callable[[list[Any], Any], None]) -> None:
    """Calls element(index, place in C order) within a loop for each dimension; no element looks at another."""

    def level(index: list[Any], place: Any) -> None:
        if len(index) == len(shape):
            element(index, place)
            return
        with b.loop(0, shape[len(index)], independent=True) as i:
            level([*index, i], place * shape[len(index)] + i if index else i)

    level([], b.constant(0, "int64"))


def _shape_of(op: Any, variables: Sequence[Any], arrays: Sequence[Any], sizes: Sequence[Any]) -> tuple[int, ...]:
    """The shape that is asked for, checked with the parameters (only sizes known to be 1 broadcast)."""
    shape = sizes_given(sizes)
    for x, array in zip(variables, arrays):
        for d, n in enumerate(array.shape):
            wanted = shape[len(shape) - array.ndim + d]
            if x.type.shape[d] != 1 and n != wanted:
                raise ValueError(f"{op}: a parameter of size {n} in dimension {d} does not fit the size {wanted} that is asked for")
    return shape


class Multinomial(WithParameters):
    """How often each of several outcomes comes in n trials. Inputs: a key, n, p with the outcomes along its last dimension, the sizes of
    the output but its last one. Each count is binomial given those before it (Devroye, Non-uniform random variate generation, 1986, XI.1.4).

    p must not be negative, and is divided by its sum, which must be positive: ValueErrors, as for a negative n.
    """

    __props__ = ("dtype",)

    def __init__(self, dtype: str = "int64") -> None:
        self.dtype = normal(dtype)
        if self.dtype not in INTEGER + FLOAT:
            raise TypeError(f"counts are not drawn as {dtype}")

    def make_node(self, key: Any, n: Any, p: Any, *sizes: Any) -> Any:
        n, p = as_tensor(n), as_tensor(p)
        if n.dtype not in INTEGER:
            raise TypeError(f"multinomial: n must be of integers, got {n.type}")
        if p.dtype in COMPLEX or not p.ndim:
            raise TypeError(f"multinomial: p must hold the probabilities of the outcomes, along its last dimension; got {p.type}")
        if max(n.ndim, p.ndim - 1) > len(sizes):
            raise ValueError("multinomial: n or p have more dimensions than the size that is asked for")
        if isinstance(n, Constant):
            check_array(_NATURAL, "multinomial: n", n.data)
        if isinstance(p, Constant):
            _check_weights(p.data)
        return super().make_node(as_key(key), n, p, *sizes)

    def batch(self, inputs: Any, stacked: Any) -> Any:
        """One example after the other: an element's words depend on its place among those of one key."""
        return None

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return [self.dtype]

    def sizes(self, s: Any, key: Any, n: Any, p: Any, *sizes: Any) -> Any:
        return [(*self.sized(s, key, [n, _Rows(p)], sizes), p.shape[-1])]

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        key, n, p, *sizes = inputs
        declared = [node.inputs[1], _Rows(node.inputs[2])]
        shape = _shape_of(self, declared, [n, np.empty(p.shape[:-1])], sizes)
        check_array(_NATURAL, "multinomial: n", n)
        _check_weights(p)
        outcomes, b, words = p.shape[-1], Arrays(), words_of(key)
        rest = np.broadcast_to(n, shape).reshape(-1).astype("float64")
        weights = np.broadcast_to(p, (*shape, outcomes)).reshape(-1, outcomes).astype("float64")
        out = np.zeros((len(rest), outcomes), self.dtype)
        whole = np.zeros(len(rest))
        for k in range(outcomes):
            whole = whole + weights[:, k]
        row = np.arange(len(rest), dtype="uint64")
        for k in range(outcomes if len(rest) else 0):
            with np.errstate(all="ignore"):
                part = _share(b, weights[:, k], whole)
                count = rest if k == outcomes - 1 else binomial(b, Draws(b, words, row * np.uint64(outcomes) + np.uint64(k)), rest, part)
            out[:, k] = count
            rest, whole = rest - count, whole - weights[:, k]
        output_storage[0][0] = out.reshape(*shape, outcomes)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        key, n, p = inputs[:3]
        words = [b.cast(key.load(k), "uint64") for k in range(4)]
        out, outcomes = outputs[0], p.shape[-1]
        none = b.constant(0.0, "float64")

        def row(index: list[Any], place: Any) -> None:
            trials = b.cast(read(n, index), "float64")
            b.check(b.less_equal(0.0, trials), "ValueError", got(f"multinomial: n {_NOT_NEGATIVE}", n.ndim), trials, *own_index(n, index))
            own = [0 if isinstance(m, int) and m == 1 else i for m, i in zip(p.shape, index[len(index) - p.ndim + 1 :])]
            weight = lambda k: b.cast(p.load(*own, k), "float64")

            def add(k: Any, total: Any) -> list[Any]:
                x = weight(k)
                b.check(b.less_equal(0.0, x), "ValueError", got(f"multinomial: p {_NOT_NEGATIVE}", p.ndim), x, *own, k)
                return [b.add(total, x)]

            (whole,) = b.fold(0, outcomes, [none], add)
            b.check(b.either(b.both(b.less(0.0, whole), b.less(whole, math.inf)), b.equal(outcomes, 0)), "ValueError", f"multinomial: p {_SUM}")

            def outcome(k: Any, rest: Any, whole: Any) -> list[Any]:
                x = weight(k)
                draws = Draws(b, words, b.cast(place * outcomes + k, "uint64"))
                count = b.when(b.equal(k, outcomes - 1), lambda: b.add(rest, 0.0), lambda: binomial(b, draws, rest, _share(b, x, whole)))
                b.store(out.pointer, place * outcomes + k, b.cast(count, self.dtype))
                return [b.sub(rest, count), b.sub(whole, x)]

            b.fold(0, outcomes, [trials, whole], outcome)

        nest(b, out.shape[:-1], row)


def _share(b: Any, x: Any, whole: Any) -> Any:
    """The probability of an outcome among those that are left."""
    left = b.less(0.0, whole)
    return b.minimum(b.select(left, b.div(x, b.select(left, whole, 1.0)), b.constant(0.0, "float64")), 1.0)


_NOT_NEGATIVE = "must not be negative"
_SUM = "must have a positive, finite sum"


_NATURAL = (lambda b, x: b.less_equal(0.0, x), _NOT_NEGATIVE)


def _check_weights(p: Any) -> None:
    check_array(_NATURAL, "multinomial: p", p)
    total = p.sum(axis=-1)
    if p.shape[-1] and not ((total > 0) & (total < math.inf)).all():
        raise ValueError(f"multinomial: p {_SUM}")


class _Rows:
    """A parameter without its last dimension."""

    def __init__(self, x: Any) -> None:
        self.type = self
        self.shape = (x.shape if isinstance(x.shape, tuple) else x.type.shape)[:-1]
