"""MRG_RandomStreams: Theano's streams by MRG31k3p, with its very numbers; and the functions around them under its names."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

import symgraph.tensor as T
from symgraph.expr.dtypes import upcast
from symgraph.expr.shared import SharedVariable, shared
from symgraph.expr.sizes import as_sizes
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Variable
from symgraph.ops.random.fromuniform import ChoiceFromUniform, MultinomialFromUniform
from symgraph.ops.random.mrg import M1, M2, A1p72, A1p134, A2p72, A2p134, DotModulo, mrg_uniform, mrg_uniform_base, steps_ahead
from symgraph.ops.random.require import require
from symgraph.settings import config

__all__ = [
    "A1p72", "A1p134", "A2p72", "A2p134", "DotModulo", "M1", "M2", "MRG_RandomStreams", "ff_2p72", "ff_2p134", "guess_n_streams",
    "matVecModM", "mrg_next_value", "mrg_uniform", "mrg_uniform_base", "multMatVect",
]

MASK12, MASK13, MASK2, MULT2, NORM = 511, 16777215, 65535, 21069, 4.656612873077392578125e-10  # of the generator's paper
np_int32_vals = [np.int32(k) for k in (0, 7, 9, 15, 16, 22, 24)]
_MOST = 60 * 256  # streams, as many as kept a graphics card of Theano's day busy


def matVecModM(A: Any, s: Any, m: Any) -> Any:
    """A s % m for an int64 matrix, an int32 vector and a modulus, as int32."""
    return np.int32(np.sum((A * s) % m, 1) % m)


def multMatVect(v: Any, A: Any, m1: Any, B: Any, m2: Any) -> Any:
    """The first three of v by A, the last three by B, each by its modulus."""
    v = np.asarray(v)
    return np.concatenate((matVecModM(A, v[:3], m1), matVecModM(B, v[3:], m2)))


def ff_2p72(rstate: Any) -> Any:
    """A state of six numbers, 2**72 steps on."""
    return steps_ahead(np.asarray(rstate), A1p72, A2p72)


def ff_2p134(rstate: Any) -> Any:
    """A state of six numbers, 2**134 steps on."""
    return steps_ahead(np.asarray(rstate), A1p134, A2p134)


def mrg_next_value(rstate: Any, new_rstate: Any, NORM: Any = 4.656612873077392578125e-10, mask: int = 0xFFFFFFFF, offset: int = 0) -> Any:
    """The next number of a state of six int32; the state after it is written to `new_rstate`."""
    states, value = mrg_uniform(TensorType("float64", (False,))).compute(np.asarray(rstate, "int32")[None], 1)
    new_rstate[...] = states[0]
    return ((round(float(value[0]) * 2**31) & mask) + offset) * NORM


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """How many streams a size is drawn by: a sixth of its elements, at most 15,360, which it is too where the size is symbolic.

    >>> guess_n_streams((10, 10)), guess_n_streams((2, 3))
    (16, 6)
    """
    if isinstance(size, (tuple, list)) and all(isinstance(n, int) for n in size):
        count = math.prod(size)
        return min(count // 6 if count > 6 else count, _MOST)
    if warn:
        warnings.warn(f"MRG_RandomStreams can't determine #streams from size ({size}), guessing {_MOST}", stacklevel=3)
    return _MOST


class MRG_RandomStreams:
    """Random numbers by MRG31k3p (L'Ecuyer and Touzin, 2000): of a seed those of Theano.

    seed: an int (six times the same number), or six, of which the first three must be below 2147483647 and not all 0, the others below
    2147462579 and not all 0 (ValueError, TypeError otherwise). Each draw has states of its own, an int32 matrix in a shared variable, which
    every call of a function goes on from. Draws of `normal` and `uniform` can be derived by their parameters.

    >>> MRG_RandomStreams(1234).uniform((3,)).eval().round(4)
    array([0.3726, 0.6577, 0.5925])
    """

    def __init__(self, seed: Any = 12345) -> None:
        self.state_updates: list[tuple[SharedVariable, Any, Any, int | None]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    def updates(self) -> list[Any]:
        """For each draw its states, the next ones, its size and number of streams."""
        return list(self.state_updates)

    # Seeds ------------------------------------------------------------------------------------------------------------
    def set_rstate(self, seed: Any) -> None:
        """The state from which draws to come get theirs."""
        if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
            if seed == 0:
                raise ValueError("seed should not be 0")
            if not 0 < seed < M2:
                raise ValueError(f"seed should be positive and less than {M2}, got {seed}")
            self.rstate = np.asarray([seed] * 6, dtype="int32")
            return
        if not isinstance(seed, (list, tuple, np.ndarray)) or len(seed) != 6 or np.asarray(seed).dtype.kind not in "iu":
            raise TypeError(f"seed should be 1 integer or 6 integers, got {seed!r}")
        for part, bound, word in ((seed[:3], M1, "first"), (seed[3:], M2, "last")):
            if not any(part):
                raise ValueError(f"The {word} 3 values of seed should not be all 0: {seed}")
            if any(not 0 <= x < bound for x in part):
                raise ValueError(f"The {word} 3 values of seed should be less than {bound} and not negative: {seed}")
        self.rstate = np.asarray(seed, dtype="int32")

    def seed(self, seed: Any = None) -> None:
        """Begin again, every draw made so far and those to come; None: from the seed that the stream began with."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for states, following, size, nstreams in self.state_updates:
            count = self.n_streams(size) if nstreams is None else nstreams
            states.set_value(self.get_substream_rstates(count, following.owner.outputs[1].dtype), borrow=True)

    def inc_rstate(self) -> None:
        """On by 2**134 steps: where the next stream begins."""
        self.rstate = ff_2p134(self.rstate)

    def get_substream_rstates(self, n_streams: int, dtype: str, inc_rstate: bool = True) -> np.ndarray:
        """The states of so many streams, 2**72 steps apart, one a row."""
        if not 0 < n_streams < 2**72:
            raise ValueError(f"the number of streams must be positive, got {n_streams}")
        states = self.rstate[None]
        first, second = A1p72, A2p72
        while len(states) < n_streams:  # twice as many each time, by the square of the matrices
            states = np.concatenate([states, steps_ahead(states, first, second)])
            first, second = (_square(m, modulus) for m, modulus in ((first, M1), (second, M2)))
        if inc_rstate:
            self.inc_rstate()
        return np.ascontiguousarray(states[:n_streams])

    def n_streams(self, size: Any) -> int:
        """How many streams a size is drawn by."""
        return guess_n_streams(size)

    def pretty_return(self, node_rstate: Any, new_rstate: Any, sample: Any, size: Any, nstreams: Any) -> Any:
        """A draw that knows its states, which are told to go on."""
        sample.rstate = node_rstate
        sample.update = (node_rstate, new_rstate)
        self.state_updates.append((node_rstate, new_rstate, size, nstreams))
        node_rstate.default_update = new_rstate
        return sample

    # Draws ------------------------------------------------------------------------------------------------------------
    def uniform(
        self, size: Any, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None, dtype: str | None = None, nstreams: int | None = None,
        **options: Any,
    ) -> Any:
        """Between low and high, without the ends. size: a tuple of positive ints and integer variables, or an integer vector (ValueError,
        TypeError otherwise). dtype: None: floatX, or that of a more precise parameter."""
        low, high, dtype = _parameters(low, high, dtype)
        size = _tuple(size)
        if isinstance(size, tuple):
            if not all(isinstance(n, (int, np.integer, Variable)) and not isinstance(n, bool) for n in size):
                raise TypeError(f"size must be a tuple of ints and integer variables, got {size}")
            if any(isinstance(n, (int, np.integer)) and n <= 0 for n in size):
                raise ValueError(f"The specified size contains a dimension with value <= 0: {size}")
        elif not (isinstance(size, Variable) and size.type.ndim == 1):
            raise TypeError(f"size must be a tuple of int or a variable with 1 dimension, got {size} of type {type(size)}")
        options.pop("target", None)
        if options:
            raise TypeError(f"uniform() got unexpected keyword arguments {', '.join(options)}")
        count = self.n_streams(size) if nstreams is None else nstreams
        states = shared(self.get_substream_rstates(count, dtype), shape=(None, 6))
        states.tag.is_rng = True
        following, sample = mrg_uniform.new(states, ndim, dtype, size)
        sample = self.pretty_return(states, following, sample, size, nstreams)
        out = sample * (high - low) + low
        if out.type.broadcastable != sample.type.broadcastable:
            raise NotImplementedError("Increase the size to match the broadcasting pattern of `low` and `high` arguments")
        return out

    def binomial(
        self, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64", nstreams: int | None = None,
        **options: Any,
    ) -> Any:
        """1 with probability p, else 0; NotImplementedError for another n than 1 (symgraph.random.RandomStreams has them)."""
        if isinstance(n, Variable) or n != 1:
            raise NotImplementedError("MRG_RandomStreams.binomial with n > 1; symgraph.random.RandomStreams.binomial takes any n")
        p = require(T.as_tensor(p), "probability", "binomial: p")
        return (self.uniform(size=size, ndim=ndim, nstreams=nstreams, **options) < p).astype(dtype)

    def multinomial(
        self, size: Any = None, n: Any = 1, pvals: Any = None, ndim: int | None = None, dtype: str = "int64", nstreams: int | None = None,
        **options: Any,
    ) -> Any:
        """How often each outcome comes in n trials, for each row of the matrix pvals; size and ndim must be None. ValueError for negative
        pvals, at the call where they are not known."""
        pvals = require(_rows(pvals, "pvals"), "not negative", "multinomial: pvals")
        for name, value in (("size", size), ("ndim", ndim)):
            if value is not None:
                raise ValueError(f"Provided a {name} argument to MRG_RandomStreams.multinomial, which does not use the {name} argument.")
        unis = self.uniform(size=pvals[:, 0].shape * n, ndim=1, nstreams=nstreams, **options)
        return MultinomialFromUniform(dtype)(pvals, unis, n)

    def choice(
        self, size: Any = 1, a: Any = None, replace: bool = True, p: Any = None, ndim: int | None = None, dtype: str = "int64",
        nstreams: int | None = None, **options: Any,
    ) -> Any:
        """`size` outcomes of each row of the matrix p without replacement: replace=False, and a=None, which are all that there is."""
        if replace:
            raise NotImplementedError("MRG_RandomStreams.choice only works without replacement; symgraph.random.choice does both.")
        if a is not None:
            raise TypeError("a has to be None in MRG_RandomStreams.choice. Sampled values are between 0 and p.shape[1]-1")
        if ndim is not None:
            raise ValueError("ndim argument to MRG_RandomStreams.choice is not used.")
        p = require(_rows(p, "p"), "not negative", "choice: p")
        unis = self.uniform(size=p[:, 0].shape * size, ndim=1, nstreams=nstreams, **options)
        return ChoiceFromUniform(dtype)(p, unis, size)

    def multinomial_wo_replacement(
        self, size: Any = None, n: Any = 1, pvals: Any = None, ndim: int | None = None, dtype: str = "int64", nstreams: int | None = None,
        **options: Any,
    ) -> Any:
        """An older name of `choice` without replacement."""
        if size is not None:
            raise ValueError("multinomial_wo_replacement does not use the size argument")
        return self.choice(size=n, a=None, replace=False, p=pvals, dtype=dtype, nstreams=nstreams, ndim=ndim, **options)

    def normal(
        self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None, nstreams: int | None = None,
        truncate: bool = False, **options: Any,
    ) -> Any:
        """Normal of mean avg and standard deviation std, by Box and Muller; truncate: drawn again beyond two standard deviations."""
        sizes = _sizes(size, ndim)
        avg, std, dtype = _parameters(avg, std, dtype)
        wanted: Any = T.constant(1)
        for n in sizes:
            wanted = wanted * n
        even = wanted + wanted % 2
        u = self.uniform((even,), ndim=1, dtype=dtype, nstreams=nstreams, **options)
        radius = T.sqrt(-2.0 * T.log(u[: even // 2]))
        theta = T.constant(2.0 * np.pi, dtype=dtype) * u[even // 2 :]
        waves = T.cos(theta), T.sin(theta)
        found = [radius * wave for wave in waves]
        if truncate:
            found = self._again(found, waves, dtype, nstreams, options)
        samples = T.concatenate(found)[:wanted].reshape(sizes)
        return samples * std + avg

    def _again(self, found: Sequence[Any], waves: Sequence[Any], dtype: str, nstreams: Any, options: dict[str, Any]) -> list[Any]:
        """Those that lie within; those that do not with another radius; of each half."""
        beyond = [T.or_(z < -2.0, z > 2.0) for z in found]
        places = [T.nonzero(x)[0] for x in beyond]
        first = places[0].size
        u = self.uniform((first + places[1].size,), low=T.constant(1.0 / np.e**2, dtype=dtype), high=1.0, ndim=1, dtype=dtype,
                         nstreams=nstreams, **options)
        radius = T.sqrt(-2.0 * T.log(u))
        parts = []
        for z, x, wave, place, r in zip(found, beyond, waves, places, (radius[:first], radius[first:])):
            parts += [z[T.nonzero(T.invert(x))], r * wave[place]]
        return parts

    def truncated_normal(
        self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None, nstreams: int | None = None,
        **options: Any,
    ) -> Any:
        """Normal within two standard deviations of another normal such that its own is std."""
        std = std / T.constant(0.87962566103423978)
        return self.normal(size=size, avg=avg, std=std, truncate=True, ndim=ndim, dtype=dtype, nstreams=nstreams, **options)


def _square(matrix: np.ndarray, modulus: int) -> np.ndarray:
    wide = matrix.astype("object")
    return (wide.dot(wide) % modulus).astype("int64")


def _parameters(first: Any, second: Any, dtype: str | None) -> tuple[Any, Any, str]:
    """Both in the dtype of the draw."""
    first, second = T.as_tensor(first), T.as_tensor(second)
    dtype = upcast(config.floatX, first.dtype, second.dtype) if dtype is None else config.floatX if dtype == "floatX" else str(np.dtype(dtype))
    return first.astype(dtype), second.astype(dtype), dtype


def _tuple(size: Any) -> Any:
    """Lists are taken as tuples, which Theano refused; they say the same."""
    return tuple(size) if isinstance(size, list) else size


def _rows(p: Any, name: str) -> Any:
    if p is None:
        raise TypeError(f"You have to specify {name}")
    p = T.as_tensor(p)
    if p.ndim != 2:
        raise NotImplementedError(f"only implemented for {name} with 2 dimensions, got {p.type}")
    return p


def _sizes(size: Any, ndim: int | None) -> list[Any]:
    """The sizes of a draw as variables; ValueError for what is no size, as Theano's."""
    if isinstance(size, Variable):
        if size.type.ndim > 1:
            raise ValueError(f"A variable must have 1 dimension to be a valid size, got {size.type}")
    elif isinstance(size, (tuple, list)):
        for n in size:
            if isinstance(n, Variable) and n.type.ndim:
                raise ValueError(f"Non-scalar variable in size: {size}")
            if not isinstance(n, (Variable, int, np.integer)) or isinstance(n, bool):
                raise ValueError(f"Only variables and integers are allowed in a size-tuple: {size}")
            if not isinstance(n, Variable) and n <= 0:
                raise ValueError(f"Non-positive dimensions not allowed in size: {size}")
    elif not isinstance(size, (int, np.integer)) or isinstance(size, bool):
        raise ValueError(f"Size must be a int, tuple, list or variable, got {size!r}")
    return as_sizes(size, "a size", ndim)
