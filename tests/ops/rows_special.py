"""Special functions in the table of all ops, beside those in rows_elementwise.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
from cases import row as other
from rows_elementwise import ABOVE, UNIT, WIDE, row

import symgraph.tensor as T
from symgraph.ops.elementwise import function

_FLOATS = ("float64", "float32", "float16", "int32")
_INSIDE, _ORDER, _SMALL, _MIDDLE = (0.1, 0.9), (0.3, 2.5), (0.5, 3.0), (1.1, 4.0)


def _of_scipy(name: str, *domains: Any, slopes: tuple[int, ...] | None = None, tolerance: float = 1e-12, **options: Any) -> Any:
    """A row whose judge is scipy's function of the same name."""
    return row(name, getattr(scipy.special, name), *domains, dtypes=_FLOATS, slopes=slopes, tolerance=tolerance, **options)


def _by_parameters(name: str, *domains: Any, slopes: tuple[int, ...] | None) -> Any:
    """A derivative by a parameter, native code against the numpy rule; test_special_parameters.py compares both with others."""
    return row(name, function(name).row.compute, *domains, dtypes=("float64", "float32"), slopes=slopes, second=False, tolerance=1e-11,
               looser={"float32": 1e-5})


ELEMENTWISE = [
    _of_scipy("beta", ABOVE, ABOVE),
    _of_scipy("betaln", ABOVE, ABOVE),
    _of_scipy("betainc", ABOVE, ABOVE, _INSIDE),
    _of_scipy("betaincc", ABOVE, ABOVE, _INSIDE, second=False),
    _of_scipy("betaincinv", _MIDDLE, _MIDDLE, _INSIDE, second=False),
    _of_scipy("betainccinv", _MIDDLE, _MIDDLE, _INSIDE, second=False),
    _of_scipy("gammaincinv", _MIDDLE, _INSIDE),
    _of_scipy("gammainccinv", _MIDDLE, _INSIDE),
    *[_by_parameters(name, ABOVE, ABOVE, slopes=slopes) for name, slopes in (("gammainc_k", None), ("gammainc_kk", (1,)))],
    *[_by_parameters(name, ABOVE, ABOVE, _INSIDE, slopes=slopes) for name, slopes in (
        ("betainc_a", None), ("betainc_b", None), ("betainc_aa", (2,)), ("betainc_ab", (2,)), ("betainc_bb", (2,)))],
    _of_scipy("poch", ABOVE, ABOVE),
    _of_scipy("binom", (3.1, 5.0), (0.2, 2.9)),
    *[_of_scipy(name, _ORDER, _SMALL, slopes=(1,)) for name in ("jv", "yv", "iv", "ive", "kv", "kve")],
    *[_of_scipy(name, _SMALL) for name in ("y0", "y1", "k0", "k1", "k0e", "k1e", "i0e", "i1e")],
    _of_scipy("ndtr", WIDE),
    _of_scipy("log_ndtr", WIDE),
    _of_scipy("ndtri", _INSIDE),
    _of_scipy("owens_t", WIDE, WIDE),
    _of_scipy("xlogy", ABOVE, ABOVE),
    _of_scipy("xlog1py", ABOVE, ABOVE),
    _of_scipy("entr", ABOVE),
    _of_scipy("logit", _INSIDE),
    row("xlogx", lambda x: scipy.special.xlogy(x, x), ABOVE, dtypes=_FLOATS),
    row("log1mexp", lambda x: np.log(-np.expm1(x)), (-4.0, -0.1), dtypes=("float64", "float32", "float16")),
    row("sinc", np.sinc, UNIT, dtypes=_FLOATS),
    row("hurwitz_zeta", scipy.special.zeta, (1.2, 4.0), ABOVE, dtypes=_FLOATS, tolerance=1e-12),
    row("riemann_zeta", scipy.special.zeta, (1.2, 4.0), dtypes=_FLOATS),
    *[_by_parameters(name, (1.2, 4.0), ABOVE, slopes=slopes) for name, slopes in (("hurwitz_zeta_x", None), ("hurwitz_zeta_xx", (1,)))],
]
COMPOSED = [
    other("hyp2f1", T.hyp2f1, scipy.special.hyp2f1,
          [((3, 2), (3, 2), (3, 2), (3, 2)), ((), (), (), ()), ((2,), (), (), (2,)), ((0,), (0,), (0,), (0,))],
          dtypes=("float64", "float32"), domain=(0.3, 0.8), slopes=None, second=False),
    *[other(name, function(name), function(name).row.compute, [((2, 2),) * 4, ((),) * 4], domain=(0.3, 0.8), slopes=(3,), tolerance=1e-11)
      for name in ("hyp2f1_a", "hyp2f1_c")],
    other("factorial", T.factorial, lambda n: scipy.special.factorial(n), [((3, 4),), ((),), ((0,),)], domain=(0.0, 5.0), slopes=None),
    other("comb", T.comb, scipy.special.comb, [((3, 4), (3, 4)), ((), ()), ((0,), (0,))], domain=(0.0, 5.0), flat=False),
    other("log_expit", T.log_expit, scipy.special.log_expit, [((3, 4),), ((),)], domain=(-50.0, 50.0), slopes=None, small=((3,),)),
    other("multigammaln", lambda a: T.multigammaln(a, 3), lambda a: scipy.special.multigammaln(a, 3).astype(a.dtype), [((3, 4),), ((0,),)],
          domain=(1.5, 6.0), slopes=None, dtypes=("float64", "float32")),
    other("zeta", lambda x: [T.zeta(x), T.zeta(x, 2.5)], lambda x: [scipy.special.zeta(x), scipy.special.zeta(x, 2.5)], [((3, 4),), ((),)],
          domain=(1.5, 6.0), flat=False),
]
ROWS = [*ELEMENTWISE, *COMPOSED]
