"""MRG31k3p: L'Ecuyer and Touzin, Fast combined multiple recursive generators with multipliers of the form a = +/- 2^d +/- 2^e (2000).

A state is six int32, three of each of two recurrences; many states, one a row, are streams that take turns: element i of a draw comes from
stream i % n. Streams and substreams lie 2**134 and 2**72 steps apart (L'Ecuyer, Simard, Chen and Kelton, 2002). All of this, and the
precision of the products, is as Theano had it, so the numbers are its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.arrays import Arrays
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import SizedOp, as_sizes
from symgraph.expr.types import TensorType

__all__ = ["A1p72", "A1p134", "A2p72", "A2p134", "DotModulo", "M1", "M2", "mrg_uniform", "mrg_uniform_base", "steps_ahead"]

M1, M2 = 2**31 - 1, 2**31 - 21069

# The matrices of one step, to the power of 2**72 and 2**134
def _power(step: list[list[int]], modulus: int, doublings: int) -> np.ndarray:
    matrix = np.array(step, "object")
    for _ in range(doublings):
        matrix = matrix.dot(matrix) % modulus
    return matrix.astype("int64")


_STEP1 = [[0, 4194304, 129], [1, 0, 0], [0, 1, 0]]
_STEP2 = [[32768, 0, 32769], [1, 0, 0], [0, 1, 0]]
A1p72, A1p134 = _power(_STEP1, M1, 72), _power(_STEP1, M1, 134)
A2p72, A2p134 = _power(_STEP2, M2, 72), _power(_STEP2, M2, 134)


def steps_ahead(states: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """States (rows of six) moved by the matrices of both recurrences."""
    parts = []
    for k, matrix, modulus in ((0, first, M1), (3, second, M2)):
        a, b, c = np.moveaxis(states[..., k : k + 3], -1, 0).astype("uint64")
        for row in matrix.astype("uint64"):
            total = a * row[0] + b * row[1] + c * row[2]  # three products of numbers below 2**31 fit into 64 bits
            parts.append(total - total // np.uint64(modulus) * np.uint64(modulus))  # numpy divides by one number in vectors, but has no such %
    return np.stack(parts, axis=-1).astype("int32")


def _folded(b: Any, y: Any, modulus: int) -> Any:
    """y less the modulus if it is not below it, or has passed the largest int32."""
    return b.select(b.either(b.less(y, 0), b.less_equal(modulus, y)), b.sub(y, modulus), y)


def _next(b: Any, state: Sequence[Any]) -> tuple[list[Any], Any]:
    """The next state, and the int32 in [1, 2**31 - 1] that it gives."""
    x11, x12, x13, x21, x22, x23 = state
    c = lambda n: b.constant(n, "int32")
    y = b.add(b.add(b.shift_left(b.both(x12, c(511)), c(22)), b.shift_right(x12, c(9))),
              b.add(b.shift_left(b.both(x13, c(16777215)), c(7)), b.shift_right(x13, c(24))))
    first = _folded(b, b.add(_folded(b, y, M1), x13), M1)
    parts = [_folded(b, b.add(b.shift_left(b.both(x, c(65535)), c(15)), b.mul(b.shift_right(x, c(16)), 21069)), M2) for x in (x21, x23)]
    second = _folded(b, b.add(_folded(b, b.add(parts[1], x23), M2), parts[0]), M2)
    apart = b.sub(first, second)
    return [first, x11, x12, second, x21, x22], b.select(b.less_equal(first, second), b.add(apart, M1), apart)


def _number(b: Any, word: Any, dtype: str) -> Any:
    if dtype == "float64":
        return b.mul(b.cast(word, "float64"), 4.656612873077392578125e-10)
    if dtype == "float32":
        return b.mul(b.cast(word, "float32"), float(np.float32(4.6566126e-10)))
    few = b.add(b.both(word, b.constant(0x7FFF, "int32")), 1)
    return b.cast(b.mul(b.cast(few, "float32"), float(np.float16(3.0458e-05))), "float16")


_STATES = "the states of mrg streams are the rows of an int32 matrix of 6 columns, got {} columns"
_NONE = "mrg_uniform needs at least one stream, got {}"
_MANY = "rng_mrg does not support more than 2**31 - 1 samples, got {}"
_NEGATIVE = "negative dimensions are not allowed, got {}"


class mrg_uniform_base(SizedOp):
    """Base of ops that draw uniform numbers by MRG31k3p. output_type: a TensorType, of a float dtype, with as many dimensions as sizes."""

    __props__ = ("output_type",)

    def __init__(self, output_type: TensorType, inplace: bool = False) -> None:
        if output_type.dtype not in ("float16", "float32", "float64"):
            raise TypeError(f"mrg_uniform draws floats, not {output_type.dtype}")
        self.output_type = TensorType(output_type.dtype, (False,) * output_type.ndim)
        self.inplace = inplace  # results never share memory with what the caller holds; kept for old programs

    def make_node(self, rstate: Any, *size: Any) -> Any:
        rstate = as_tensor(rstate)
        if rstate.ndim != 2 or rstate.dtype != "int32" or rstate.type.shape[1] not in (None, 6):
            raise TypeError(_STATES.format(f"{rstate.type} with {rstate.type.shape[-1] if rstate.ndim else 0}"))
        sizes = as_sizes(size[0], "a size", self.output_type.ndim) if len(size) == 1 and as_tensor(size[0]).ndim else as_sizes(list(size))
        if len(sizes) != self.output_type.ndim:
            raise ValueError(f"mrg_uniform: {len(sizes)} sizes for an output of {self.output_type.ndim} dimensions")
        return super().make_node(rstate, *sizes)

    def output_dtypes(self, rstate: Any, *sizes: Any) -> list[str]:
        return ["int32", self.output_type.dtype]

    def sizes(self, s: Any, rstate: Any, *sizes: Any) -> Any:
        streams, columns = rstate.shape
        s.check(s.equal(columns, 6), "ValueError", _STATES, columns)
        s.check(s.less(0, streams), "ValueError", _NONE, streams)
        out = tuple([x.item(0) for x in sizes])
        total: Any = 1
        for n in out:
            s.check(s.less(-1, n), "ValueError", _NEGATIVE, n)
            total = total * n
        s.check(s.less(total, 2**31), "ValueError", _MANY, total)
        return [(streams, 6), out]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False, False] for _ in node.inputs]


class mrg_uniform(mrg_uniform_base):
    """Uniform numbers in (0, 1). Inputs: the states, an int32 matrix of six columns, then sizes (or a vector of them); outputs: the states
    after the draw, and the numbers."""

    alias = ((0, 0),)

    @classmethod
    def new(cls, rstate: Any, ndim: int | None, dtype: str, size: Any) -> list[Any]:
        """The two outputs for a size; ndim is needed if the length of a vector of sizes is not known."""
        sizes = as_sizes(size, "a size", ndim)
        return list(cls(TensorType(dtype, (False,) * len(sizes)))(rstate, *sizes))

    def compute(self, rstate: Any, *sizes: Any) -> Any:
        shape = tuple(int(n) for n in sizes)
        count, (streams, columns) = math.prod(shape), rstate.shape
        for wrong, message, value in ((columns != 6, _STATES, columns), (streams < 1, _NONE, streams), (min(shape, default=0) < 0, _NEGATIVE,
                                      min(shape, default=0)), (count >= 2**31, _MANY, count)):
            if wrong:
                raise ValueError(message.format(value))
        states, b = rstate.copy(), Arrays()
        out = np.empty(count, self.output_type.dtype)
        for first in range(0, count, streams):
            used = min(streams, count - first)
            found, words = _next(b, [states[:used, k].copy() for k in range(6)])
            states[:used] = np.stack(found, axis=1)
            out[first : first + used] = _number(b, words, self.output_type.dtype)
        return states, out.reshape(shape)

    def rounds(self, rstate: Any, *sizes: Any) -> int:
        """How many calls of numpy's functions `compute` takes, each over all streams."""
        return -(-math.prod(int(n) for n in sizes) // max(len(rstate), 1))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        states, out = outputs[0].pointer, outputs[1]
        count, streams = math.prod(out.shape), outputs[0].shape[0]
        with b.loop(0, (count + streams - 1) // streams) as turn:
            first = turn * streams
            with b.loop(0, b.minimum(streams, count - first)) as i:
                found, word = _next(b, [b.load(states, i * 6 + k) for k in range(6)])
                for k, x in enumerate(found):
                    b.store(states, i * 6 + k, x)
                b.store(out.pointer, first + i, _number(b, word, self.output_type.dtype))


class DotModulo(Op):
    """Two products of a matrix and a vector, each by a modulus, one after the other: (A s % m, A2 s2 % m2).

    Inputs: A (int64 matrix), s (int32 vector), m (int32), A2, s2, m2; out: int32.
    """

    __props__ = ()

    def make_node(self, A: Any, s: Any, m: Any, A2: Any, s2: Any, m2: Any) -> Any:
        given = [as_tensor(x) for x in (A, s, m, A2, s2, m2)]
        if [x.ndim for x in given] != [2, 1, 0] * 2 or any(x.dtype[0] not in "iu" for x in given):
            raise TypeError(f"DotModulo takes an integer matrix, vector and number, twice; got {', '.join(str(x.type) for x in given)}")
        return super().make_node(*[x.astype("int64") for x in given])

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return ["int32"]

    def sizes(self, s: Any, A: Any, v: Any, m: Any, A2: Any, v2: Any, m2: Any) -> Any:
        for matrix, vector in ((A, v), (A2, v2)):
            s.same(matrix.shape[1], vector.shape[0], "DotModulo: a matrix of {} columns by a vector of {}")
        return [(A.shape[0] + A2.shape[0],)]

    def compute(self, A: Any, s: Any, m: Any, A2: Any, s2: Any, m2: Any) -> Any:
        for matrix, vector in ((A, s), (A2, s2)):
            if matrix.shape[1] != len(vector):
                raise ValueError(f"DotModulo: a matrix of {matrix.shape[1]} columns by a vector of {len(vector)}")
        return np.concatenate([(a * v % n).sum(axis=1) % n for a, v, n in ((A, s, m), (A2, s2, m2))]).astype("int32")

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        first: Any = 0
        for k in (0, 3):
            matrix, vector, modulus = inputs[k : k + 3]
            m = modulus.load()
            with b.loop(0, matrix.shape[0]) as i:
                term = lambda j, total, i=i, matrix=matrix, vector=vector, m=m: [b.add(total, b.mod(b.mul(matrix.load(i, j), vector.load(j)), m))]
                (total,) = b.fold(0, matrix.shape[1], [b.constant(0, "int64")], term)
                b.store(outputs[0].pointer, first + i, b.mod(total, m))
            first = matrix.shape[0]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * 6

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]] * 6
