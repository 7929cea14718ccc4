"""What tests of old programs take from `theano.tests.unittest_tools`: seeds, nearness, checks of gradients and of shapes."""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.compile.function import function
from symgraph.gradient.check import verify_grad as checked_grad
from symgraph.settings import config

__all__ = ["InferShapeTester", "assert_allclose", "fetch_seed", "seed_rng", "verify_grad"]

TOLERANCE = {"float16": 1e-3, "float32": 1e-5, "complex64": 1e-5, "float64": 1e-7, "complex128": 1e-7}


def fetch_seed(pseed: Any = None) -> Any:
    """The seed: pseed, or the setting `unittests.rseed`, of which `random` means None.

    >>> fetch_seed(5)
    5
    """
    seed = config.unittests.rseed if pseed is None else pseed
    return None if seed in ("random", None) else int(seed)


def seed_rng(pseed: Any = None) -> Any:
    """Seed numpy's own generator with `fetch_seed(pseed)`, which is returned."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


def verify_grad(op: Any, pt: Sequence[Any], n_tests: int = 2, rng: Any = None, *args: Any, **options: Any) -> None:
    """`symgraph.gradient.verify_grad`, by a generator of the seed of the settings.

    >>> import symgraph.tensor as T
    >>> verify_grad(T.exp, [np.array([0.5, -1.0])])
    """
    checked_grad(op, pt, n_tests, np.random.RandomState(fetch_seed()) if rng is None else rng, *args, **options)


def assert_allclose(expected: Any, value: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """AssertionError unless two arrays are near: as near as the coarser of their dtypes allows, if nothing else is said.

    >>> assert_allclose(np.float32(0.1), 0.1)
    """
    coarse = max(TOLERANCE.get(np.asarray(x).dtype.name, 0.0) for x in (expected, value))
    np.testing.assert_allclose(value, expected, rtol=coarse if rtol is None else rtol, atol=coarse if atol is None else atol)


class InferShapeTester(unittest.TestCase):
    """Base of tests of an op's shape rule: `self._compile_and_check(inputs, outputs, values, cls)`."""

    def setUp(self) -> None:
        seed_rng()

    def _compile_and_check(self, inputs: Sequence[Any], outputs: Sequence[Any], numeric_inputs: Sequence[Any], cls: Any, excluding: Any = None,
                           warn: bool = True, check_topo: bool = True) -> None:
        """That the shapes of the outputs, as expressions, are those of their values; and that they are found without the op, whose class is
        `cls`."""
        values = function(list(inputs), list(outputs), on_unused_input="ignore")(*numeric_inputs)
        shapes = function(list(inputs), [x.shape for x in outputs], on_unused_input="ignore")
        if check_topo:
            ops = {type(node.op) for node in shapes.maker.fgraph.toposort()}
            assert not any(issubclass(op, cls) for op in ops), f"the shape of {outputs} is not known without {cls}"
        for x, value, shape in zip(outputs, values, shapes(*numeric_inputs)):
            assert tuple(shape) == np.shape(value), f"the shape of {x} is {np.shape(value)}, by its rule {tuple(shape)}"
