"""Random numbers in the table of all ops. Every target must give the very numbers of the numpy rule, so nothing is tolerated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from cases import sizes
from oprow import OpRow

from symgraph.expr.checks import Vouch
from symgraph.expr.evaluate import evaluate
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.randomstate import random_state_type
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant
from symgraph.ops.random.bounded import Integers
from symgraph.ops.random.fromuniform import ChoiceFromUniform, MultinomialFromUniform
from symgraph.ops.random.keys import ChildKeys, NextKey, key
from symgraph.ops.random.mrg import M1, M2, A1p72, A2p72, DotModulo, mrg_uniform
from symgraph.ops.random.noise import KINDS, Noise
from symgraph.ops.random.randomstate import normal
from symgraph.ops.random.require import Require
from symgraph.ops.random.rules import RULES
from symgraph.ops.random.sampler import Multinomial, Sampler
from symgraph.ops.random.twister import TwisterDraw

KEY = key(2026).data
COUNTED = np.array([5, 7, 0xFFFFFFFF, 3], "uint32")  # whose count of draws carries
BASES = {"random.noise.Drawn", "random.sampler.WithParameters", "random.mrg.mrg_uniform_base", "random.fromuniform._FromUniform"}


def exactly(name: str, build: Callable[..., Any], sets: list[list[Any]], wanted: Callable[..., Any] | None = None) -> OpRow:
    """wanted: None: what the numpy rule gives, node after node."""

    def by_rule(*arrays: Any) -> Any:
        inputs = [as_tensor(a).type() for a in arrays]
        return evaluate([build(*inputs)], dict(zip(inputs, arrays)))[0]

    arguments = [[np.asarray(x) for x in one] for one in sets]
    return OpRow(name, build, wanted or by_rule, lambda random: arguments, tolerance=0.0, looser={"float32": 0.0, "float16": 0.0})


def philox(counter: list[int], key: list[int]) -> list[int]:
    """The cipher in Python's integers, after the paper."""
    c, k = list(counter), list(key)
    for _ in range(10):
        low, high = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [high >> 32 ^ c[1] ^ k[0], high % 2**32, low >> 32 ^ c[3] ^ k[1], low % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


def words(key: Any, *shape: Any) -> np.ndarray:
    """Bits by the layout that noise.py describes, one by one."""
    count = int(np.prod(shape))
    k = [int(x) for x in key]
    found = []
    for i in range(count):
        group, slot, lane = i // 64, i % 64 // 16, i % 16
        found.append(philox([group * 16 + lane, 0, k[2], k[3]], k[:2])[slot])
    return np.array(found, "uint32").reshape([int(n) for n in shape])


def next_key(k: np.ndarray) -> np.ndarray:
    """Its count, the last two words, one higher."""
    count = ((int(k[2]) | int(k[3]) << 32) + 1) % 2**64
    return np.array([k[0], k[1], count % 2**32, count >> 32], "uint32")


_SHAPES = [sizes(3, 50), sizes(0, 4), sizes(1, 1), sizes(64, 1), sizes(1, 65)]
_SMALL = [sizes(2, 4), sizes(1, 1), sizes(0, 2), sizes(3, 4)]
_PARAMETERS: dict[str, list[list[Any]]] = {
    "log_gamma": [[np.array([0.01, 0.4, 3.0, 80.0])], [2.5]],
    "poisson": [[np.array([0.0, 0.7, 30.0, 1e7])], [12.0]],
    "binomial": [[np.array([0, 9, 100, 10**9]), 0.3], [50, np.array([[0.9], [0.01]][:1])]],
    "geometric": [[np.array([1.0, 0.7, 0.3, 1e-8])], [0.5]],
    "von_mises": [[np.array([0.0, 1e-3, 2.0, 1e5])], [0.5]],
    "hypergeometric": [[np.array([5, 0, 100, 30]), np.array([7, 4, 0, 500]), np.array([4, 2, 50, 40])], [3, 4, 7]],
    "integers": [[np.array([0, -5, -(2**62), 1]), np.array([1, 9, 2**62, 4])], [-3, 3]],
}

_STATES = np.arange(1, 31).reshape(5, 6).astype("int32") * 70_000_000
_PVALS = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])


def by_mrg(dtype: str, output: int) -> Callable[..., Any]:
    """One of the two outputs of a draw by MRG31k3p."""
    return lambda states, *n: mrg_uniform(TensorType(dtype, (False,) * len(n)))(states, *n)[output]


_WORDS = np.random.RandomState(6).get_state()[1]  # inside the expression: the interpreter gets small arguments
_UNIFORM = [(sizes(2, 3), [0.0, np.array([1.0, 2.0, 3.0])]), (sizes(0, 3), [0.0, 1.0]), (sizes(4, 1), [np.ones((1, 1)), 0.5]),
            (sizes(1, 400), [0.0, 1.0])]
_COINS = [(sizes(3, 2), [np.array([0.2, 0.9])]), (sizes(2, 0), [0.5]), (sizes(2, 2), [np.array([[0.0], [1.0]])])]


def by_twister(kind: str, dtype: str, n: int, output: int) -> Callable[..., Any]:
    """One of the three outputs of a draw of two dimensions."""
    return lambda *given: TwisterDraw(kind, dtype, 2, n)(constant(_WORDS), *given)[output]


def by_numpy(x: Any) -> Any:
    """A draw by numpy's generator, of mean x."""
    state: Any = Constant(random_state_type, np.random.RandomState(5))
    return normal(state, None, x, 1.0)[1]


ROWS = [
    *[exactly(f"mrg {name} of {dtype}", by_mrg(dtype, output),
              [[_STATES, *sizes(3, 4)], [_STATES[:1], *sizes(7)], [_STATES, *sizes(0)], [_STATES, *sizes()]])
      for output, name in enumerate(("states", "numbers")) for dtype in ("float64", "float32", "float16")],
    exactly("DotModulo", DotModulo(), [[A1p72, _STATES[0, :3], np.int32(M1), A2p72, _STATES[0, 3:], np.int32(M2)],
                                       [A1p72[:0], _STATES[0, :3], np.int32(M1), A2p72[:2], _STATES[0, 3:], np.int32(M2)]],
            lambda A, s, m, B, t, n: np.concatenate([(A * s.astype("int64") % m).sum(axis=1) % m, (B * t % n).sum(axis=1) % n]).astype("int32")),
    exactly("multinomial from uniform", MultinomialFromUniform("int64"), [
        [_PVALS, np.array([0.05, 0.6, 0.95, 0.2]), np.int64(2)], [_PVALS.astype("float32"), np.array([0.3, 1.0]), np.int64(1)],
        [_PVALS[:0], np.zeros(0), np.int64(3)]]),
    *[exactly(f"choice from uniform{' again' if replace else ''}", ChoiceFromUniform("auto", replace), [
        [_PVALS, np.array([0.05, 0.6, 0.95, 0.2]), np.int64(2)], [_PVALS.astype("float32"), np.array([0.3, 1.0]), np.int64(1)],
        [_PVALS, np.zeros(0), np.int64(0)]]) for replace in (False, True)],
    *[exactly(f"twister {kind}, {what}", by_twister(kind, dtype, n, output), [[623, *s, *arguments] for s, arguments in sets])
      for kind, dtype, n, sets in (("uniform", "float64", 0, _UNIFORM), ("binomial", "int64", 9, _COINS), ("binomial", "float32", 1, _COINS))
      for output, what in enumerate(("words", "place", "numbers")) if what == "numbers" or dtype == "float32"],
    exactly("numpy's generator", by_numpy, [[np.zeros((2, 3))], [np.ones(4)]],
            lambda x: np.random.RandomState(5).normal(x, 1.0)),
    *[exactly(f"{kind} of {dtype}", lambda k, *n, kind=kind, dtype=dtype: Noise(kind, dtype)(k, *n), [[KEY, *s] for s in _SHAPES] + [[COUNTED]])
      for kind in KINDS for dtype in (("uint32", "uint64") if kind == "bits" else ("float32", "float64", "float16"))],
    exactly("bits one by one", lambda k, *n: Noise("bits", "uint32")(k, *n), [[KEY, *s] for s in _SHAPES] + [[COUNTED, *sizes(70)]], words),
    exactly("child keys", ChildKeys(), [[KEY, np.array([[0, 1], [2**40, -1]])], [COUNTED, np.zeros((0, 3), "int64")], [KEY, np.asarray(3, "int8")]]),
    exactly("next key", NextKey(), [[KEY], [COUNTED], [np.array([1, 2, 0xFFFFFFFF, 0xFFFFFFFF], "uint32")]], next_key),
    *[exactly(f"sampler {name}", lambda k, *rest, name=name, dtype=dtype: Sampler(name, dtype)(k, *rest),
              [[KEY, *_PARAMETERS[name][0], *_SMALL[0]], [KEY, *_PARAMETERS[name][0], *_SMALL[3]], [COUNTED, *_PARAMETERS[name][1], *_SMALL[0]],
               [KEY, *_PARAMETERS[name][1], *_SMALL[1]], [KEY, *_PARAMETERS[name][1], *_SMALL[2]]])
      for name in RULES for dtype in (("int64", "float32") if RULES[name].discrete else ("float64", "float32"))],
    *[exactly(f"integers {high} {dtype}", lambda k, low, high, *s, dtype=dtype: Integers(dtype)(k, low, high, *s),
              [[key, np.asarray(low), np.asarray(high), *s] for key in (KEY, COUNTED) for s in (_SMALL[0], _SMALL[3], sizes(150))])
      for low, high, dtype in ((-3, 4, "int64"), (0, 3 * 2**30, "float64"), (-(2**62), 2**62, "int64"), (np.int8(0), np.uint8(200), "uint8"))],
    exactly("multinomial", lambda k, n, p, *s: Multinomial()(k, n, p, *s), [
        [KEY, 20, np.array([0.2, 0.0, 0.5, 0.3]), *sizes(3)],
        [KEY, np.array([[3], [100]]), np.full((2, 1, 3), 1.0, "float32"), *sizes(2, 1)],
        [KEY, 5, np.ones((2, 1)), *sizes(2)], [KEY, 5, np.ones(3), *sizes(0)], [COUNTED, 1000, np.array([1, 2, 3]), *sizes()]]),
    exactly("required", lambda x: Require("not negative", "x")(x) * 2, [[np.array([0.0, 2.0])], [np.zeros((0, 2), "float32")], [np.asarray(3)]],
            lambda x: x * 2),
    exactly("vouched for", lambda x, one: Vouch("not negative", "x")(x, one) * x, [
        [np.linspace(0, 2, 100), 1.0], [np.zeros((0, 2), "float32"), 1], [np.asarray(3), np.int8(2)], [np.ones((3, 2, 4), "float16"), 1.0]],
            lambda x, one: one * x),
]
