"""Streams by numpy's RandomState, as Theano's tensor.shared_randomstreams: of a seed the very numbers that it gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.shared import SharedVariable, shared
from symgraph.ops.random import randomstate as draws

__all__ = ["RandomStreams", "RandomStreamsBase"]


class RandomStreamsBase:
    """The draws of a stream, made by its `gen`: functions of symgraph.tensor.raw_random with the generator left out."""

    def gen(self, op: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """A draw by a function of a generator; a subclass says where that comes from."""
        raise NotImplementedError(f"{type(self).__name__} must define gen")

    def binomial(self, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64", prob: Any = None) -> Any:
        """Successes in n trials of probability p."""
        return self.gen(draws.binomial, size, n, p if prob is None else prob, ndim=ndim, dtype=dtype)

    def uniform(self, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None, dtype: str | None = None) -> Any:
        """Uniform between low and high."""
        return self.gen(draws.uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None) -> Any:
        """Normal of mean avg and standard deviation std."""
        return self.gen(draws.normal, size, avg, std, ndim=ndim, dtype=dtype)

    def random_integers(self, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64") -> Any:
        """Integers from low to high, both included."""
        return self.gen(draws.random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def choice(self, size: Any = None, a: Any = 2, replace: Any = True, p: Any = None, ndim: int | None = None, dtype: str = "int64") -> Any:
        """Elements of a, or of 0, ... a - 1."""
        return self.gen(draws.choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(self, size: Any = None, lam: Any = None, ndim: int | None = None, dtype: str = "int64") -> Any:
        """Poisson's of mean lam (None: 1)."""
        return self.gen(draws.poisson, size, 1.0 if lam is None else lam, ndim=ndim, dtype=dtype)

    def permutation(self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64") -> Any:
        """Permutations of 0, ... n - 1."""
        return self.gen(draws.permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(self, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5), ndim: int | None = None, dtype: str = "int64") -> Any:
        """How often each outcome comes in n trials."""
        return self.gen(draws.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Any) -> Any:
        """Every row (along the last dimension) in an order of its own; `permutation` of the result is that order."""
        x = as_tensor(input)
        if not x.ndim:
            raise ValueError("shuffle_row_elements: a number has no rows")
        order = self.permutation(size=tuple(x.shape[d] for d in range(x.ndim - 1)), n=x.shape[x.ndim - 1])
        shuffled: Any = np.take_along_axis(x, order, axis=-1)
        shuffled.permutation = order
        return shuffled


class RandomStreams(RandomStreamsBase):
    """Each draw has a RandomState of its own in a shared variable, seeded in turn by one of the seed; calls go on from it.

    seed: an int from 0 to 2**32 - 1, or None for another one each time (ValueError, TypeError by numpy for others). Of a draw `rng` is its
    generator and `update` the pair of it and the next one.

    >>> import symgraph
    >>> x = RandomStreams(seed=234).uniform((2,))
    >>> symgraph.function([], x)().round(8)
    array([0.12672381, 0.97091597])
    """

    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[SharedVariable, Any]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def updates(self) -> list[tuple[SharedVariable, Any]]:
        """Pairs of a draw's generator and the next one."""
        return list(self.state_updates)

    def seed(self, seed: Any = None) -> None:
        """Begin again, every draw made so far; None: from the seed that the stream began with."""
        seeds = np.random.RandomState(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(np.random.RandomState(int(seeds.randint(2**30))), borrow=True)

    def __getitem__(self, item: SharedVariable) -> Any:
        """The generator of a draw: `stream[draw.rng]`."""
        return item.get_value(borrow=True)

    def __setitem__(self, item: SharedVariable, value: Any) -> None:
        item.set_value(value, borrow=True)

    def gen(self, op: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """A draw by op(generator, *args, **options) -> (generator after it, draw)."""
        state = shared(np.random.RandomState(int(self.gen_seedgen.randint(2**30))), borrow=True)
        state.tag.is_rng = True
        following, out = op(state, *args, **options)
        out.rng, out.update = state, (state, following)
        self.state_updates.append(out.update)
        state.default_update = following
        return out
