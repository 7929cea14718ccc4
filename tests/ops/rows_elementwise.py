"""The elementwise ops in the table of all ops: numpy's function, and where the operands lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.special
from oprow import OpRow

from symgraph.expr.dtypes import ALL, FLOAT, INTEGER
from symgraph.expr.make import as_variable
from symgraph.ops.elementwise import function

Domain = tuple[float, float]
_REAL = ("bool", *INTEGER, *FLOAT)
_BITS = ("bool", *INTEGER)
_SHAPES: dict[int, list[list[tuple[int, ...]]]] = {
    1: [[()], [(3, 5)], [(0, 3)], [(1, 4)], [(2, 1, 3)]],
    2: [[(), ()], [(3, 5), (3, 5)], [(3, 5), (1, 5)], [(3, 1), (1, 5)], [(4,), (3, 4)], [(), (2, 3)], [(0, 3), (1, 3)], [(2, 3), ()]],
    3: [[(), (), ()], [(3, 5), (3, 5), (3, 5)], [(3, 5), (), ()], [(3, 1), (5,), (3, 5)], [(0,), (0,), ()]],
}


def values(random: np.random.RandomState, dtype: str, shape: tuple[int, ...], domain: Domain) -> np.ndarray:
    """Numbers of the dtype in the domain; of integers those whole ones, or what is near."""
    low, high = domain
    if dtype == "bool":
        return np.asarray(random.randint(0, 2, shape) if low <= 0 else np.ones(shape), "bool")
    if dtype in INTEGER:
        first = max(int(np.ceil(low)), 0 if dtype.startswith("u") else -100)
        return np.asarray(random.randint(first, max(int(high), first) + 1, shape)).astype(dtype)
    found = random.uniform(low, high, shape)
    if dtype.startswith("complex"):
        found = found + 1j * random.uniform(low, high, shape)
    return np.asarray(found).astype(dtype)


def strided(x: np.ndarray, how: int) -> np.ndarray:
    """The same values under other strides: every second of a larger array, backwards, in Fortran's order, read-only."""
    if not x.ndim:
        return x
    if how == 1:
        larger = np.repeat(x, 2, axis=-1)
        return larger[..., ::2]
    if how == 2:
        return np.ascontiguousarray(x[::-1])[::-1]
    return np.asfortranarray(x)


def row(
    name: str, wanted: Callable[..., Any], *domains: Domain, dtypes: Sequence[str] = _REAL, slopes: tuple[int, ...] | None = None,
    tolerance: float = 1e-13, second: bool = True, count: int = 0, mixed: bool = True, looser: dict[str, float] | None = None,
) -> OpRow:
    """An elementwise op. count: of operands, where there are more than domains. slopes: inputs with a derivative; None: all."""
    op = function(name)
    operands = list(domains) * (count or 1)

    def judge(*arrays: np.ndarray) -> np.ndarray:
        taken, dtype = op.types(*[as_variable(x).dtype for x in arrays])
        exact = [x.astype("float64" if t in FLOAT else "complex128" if t.startswith("complex") else t) for x, t in zip(arrays, taken)]
        with np.errstate(all="ignore"):
            return np.asarray(wanted(*exact)).astype(dtype)

    def arguments(random: np.random.RandomState) -> list[list[np.ndarray]]:
        sets = []
        for number, dtype in enumerate(dtypes):
            shapes = _SHAPES[len(operands)]
            for shape in shapes[1:2] if dtype not in ("float64", "float32") else shapes:
                sets.append([values(random, dtype, s, d) for s, d in zip(shape, operands)])
            if len(operands) > 1 and mixed:
                other = dtypes[(number * 5 + 3) % len(dtypes)]
                kinds = [dtype, other, dtype][: len(operands)]
                sets.append([values(random, kind, (2, 3), d) for kind, d in zip(kinds, operands)])
        for how in (1, 2, 3):
            sets.append([strided(values(random, dtypes[-1], (4, 3), d), how) for d in operands])
        return sets

    def points(random: np.random.RandomState) -> list[np.ndarray]:
        shape = {1: [(2, 3)], 2: [(2, 1), (3,)], 3: [(2, 1), (3,), (2, 3)]}[len(operands)]
        return [random.uniform(*d, s) for s, d in zip(shape, operands)]

    taken = tuple(range(len(operands))) if slopes is None else slopes
    return OpRow(name, op, judge, arguments, points, taken, second, tolerance, looser or {})


def step(name: str, wanted: Callable[..., Any], *domains: Domain, **options: Any) -> OpRow:
    """An elementwise op without slope."""
    return row(name, wanted, *domains, slopes=(), **options)


def _floor_div(x: Any, y: Any) -> Any:
    return np.where(y == 0, np.zeros_like(x), np.floor_divide(x, np.where(y == 0, np.ones_like(y), y))) if x.dtype.kind in "iu" else x // y


def _half_away(x: Any) -> Any:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


WIDE, UNIT, ABOVE, OPEN = (-3.0, 3.0), (-0.9, 0.9), (0.1, 4.0), (-2.5, 2.6)
ROWS = [
    row("add", np.add, WIDE, WIDE, dtypes=ALL),
    row("sub", np.subtract, WIDE, WIDE, dtypes=ALL[1:]),
    row("mul", np.multiply, WIDE, WIDE, dtypes=ALL),
    row("true_div", np.true_divide, WIDE, (0.5, 3.0), dtypes=(*FLOAT, "complex64", "complex128")),
    step("floor_div", _floor_div, WIDE, ABOVE, dtypes=(*INTEGER, *FLOAT), looser={"float16": 1.1, "float32": 1.1}),
    row("mod", lambda x, y: x - _floor_div(x, y) * y if x.dtype.kind == "f" else np.mod(x, y), (0.1, 0.9), (1.1, 3.0),
        dtypes=(*INTEGER, *FLOAT)),
    row("pow", np.power, ABOVE, (0.0, 3.0), dtypes=(*INTEGER, *FLOAT, "complex128"), tolerance=1e-12),
    row("neg", np.negative, WIDE, dtypes=ALL[1:]),
    row("abs", np.abs, WIDE, dtypes=ALL),
    step("sign", np.sign, WIDE, dtypes=(*INTEGER, *FLOAT)),
    row("square", np.square, WIDE, dtypes=ALL),
    row("sqrt", np.sqrt, ABOVE, dtypes=ALL),
    row("cbrt", np.cbrt, ABOVE),
    row("reciprocal", lambda x: 1 / x, ABOVE, dtypes=ALL),
    row("identity", np.array, WIDE, dtypes=ALL),
    row("exp", np.exp, WIDE, dtypes=ALL),
    row("exp2", np.exp2, WIDE, dtypes=ALL),
    row("expm1", np.expm1, WIDE, dtypes=ALL),
    row("log", np.log, ABOVE, dtypes=ALL),
    row("log2", np.log2, ABOVE, dtypes=ALL),
    row("log10", np.log10, ABOVE, dtypes=ALL),
    row("log1p", np.log1p, ABOVE, dtypes=ALL),
    row("sigmoid", scipy.special.expit, WIDE),
    row("softplus", lambda x: np.log1p(np.exp(x)), WIDE),
    row("sin", np.sin, WIDE, dtypes=ALL),
    row("cos", np.cos, WIDE, dtypes=ALL),
    row("tan", np.tan, UNIT, dtypes=ALL),
    row("arcsin", np.arcsin, UNIT, dtypes=ALL),
    row("arccos", np.arccos, UNIT, dtypes=ALL),
    row("arctan", np.arctan, WIDE, dtypes=ALL),
    row("sinh", np.sinh, WIDE, dtypes=ALL),
    row("cosh", np.cosh, WIDE, dtypes=ALL),
    row("tanh", np.tanh, WIDE, dtypes=ALL),
    row("arcsinh", np.arcsinh, WIDE, dtypes=ALL),
    row("arccosh", np.arccosh, (1.1, 4.0), dtypes=ALL),
    row("arctanh", np.arctanh, UNIT, dtypes=("bool", *FLOAT, "complex64", "complex128")),
    row("deg2rad", np.deg2rad, (-180, 180)),
    row("rad2deg", np.rad2deg, WIDE),
    row("arctan2", np.arctan2, WIDE, ABOVE),
    row("hypot", np.hypot, ABOVE, ABOVE),
    row("logaddexp", np.logaddexp, WIDE, WIDE),
    step("floor", np.floor, OPEN),
    step("ceil", np.ceil, OPEN),
    step("trunc", np.trunc, OPEN),
    step("round_half_even", np.rint, OPEN, dtypes=FLOAT),
    step("round_half_away", _half_away, OPEN, dtypes=FLOAT),
    row("real", lambda z: z.real, WIDE, dtypes=ALL),
    step("imag", lambda z: z.imag, WIDE, dtypes=ALL),
    row("conj", np.conj, WIDE, dtypes=ALL),
    step("angle", lambda z: np.arctan2(z.imag, z.real), WIDE, dtypes=ALL),
    row("maximum", np.maximum, WIDE, WIDE),
    row("minimum", np.minimum, WIDE, WIDE),
    row("second", lambda x, y: np.broadcast_arrays(x, y)[1].copy(), WIDE, WIDE, dtypes=ALL, slopes=(1,)),
    step("complex", lambda x, y: x + 1j * y, WIDE, WIDE),
    step("complex_from_polar", lambda r, t: r * np.exp(1j * t), ABOVE, WIDE),
    *[step(name, ufunc, (-1.0, 2.0), (-1.0, 2.0), dtypes=ALL) for name, ufunc in (("eq", np.equal), ("neq", np.not_equal))],
    *[step(name, ufunc, (-1.0, 2.0), (-1.0, 2.0)) for name, ufunc in
      (("lt", np.less), ("le", np.less_equal), ("gt", np.greater), ("ge", np.greater_equal))],
    step("isnan", np.isnan, WIDE, dtypes=ALL),
    step("isinf", np.isinf, WIDE, dtypes=ALL),
    step("isfinite", np.isfinite, WIDE, dtypes=ALL),
    step("logical_not", np.logical_not, (-1.0, 1.0), dtypes=ALL),
    step("invert", np.invert, WIDE, dtypes=_BITS),
    *[step(name, ufunc, (-5.0, 9.0), (-5.0, 9.0), dtypes=_BITS, mixed=False) for name, ufunc in
      (("and_", np.bitwise_and), ("or_", np.bitwise_or), ("xor", np.bitwise_xor))],
    step("left_shift", np.left_shift, (-5.0, 9.0), (0.0, 9.0), dtypes=INTEGER[:-1], mixed=False),
    step("right_shift", np.right_shift, (-5.0, 9.0), (0.0, 9.0), dtypes=INTEGER[:-1], mixed=False),
    row("switch", np.where, (-1.0, 1.0), WIDE, WIDE, slopes=(1, 2)),
    row("clip", np.clip, WIDE, (-1.5, -0.5), (0.5, 1.5)),
    row("erf", scipy.special.erf, WIDE),
    row("erfc", scipy.special.erfc, WIDE),
    row("erfcx", scipy.special.erfcx, WIDE),
    row("erfinv", scipy.special.erfinv, UNIT),
    row("erfcinv", scipy.special.erfcinv, (0.1, 1.9)),
    row("gamma", scipy.special.gamma, ABOVE),
    row("gammaln", scipy.special.gammaln, ABOVE),
    row("digamma", scipy.special.psi, ABOVE),
    row("trigamma", lambda x: scipy.special.polygamma(1, x), ABOVE),
    row("polygamma", lambda n, x: scipy.special.polygamma(np.rint(n).astype(int), x), (2.0, 2.0), ABOVE, slopes=(1,)),
    row("gammainc", scipy.special.gammainc, ABOVE, ABOVE),
    row("gammaincc", scipy.special.gammaincc, ABOVE, ABOVE),
    row("chi2sf", lambda x, k: scipy.special.chdtrc(k, x), ABOVE, ABOVE),
    row("j0", scipy.special.j0, (-20.0, 20.0)),
    row("j1", scipy.special.j1, (-20.0, 20.0)),
    row("i0", scipy.special.i0, WIDE),
    row("i1", scipy.special.i1, WIDE),
]
