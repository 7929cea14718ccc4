"""Special functions: error functions, the gamma family, Bessel functions.

scipy.special is the numpy rule. The native rules, where the C library has none, are published series, continued fractions and
rational approximations, calculated in float64 whatever the dtype; each names its source. tests/ops/test_special.py says how near
they are to scipy.
"""

from symgraph.ops.special.bessel import i0, i1, j0, j1
from symgraph.ops.special.errorfunction import erf, erfc, erfcinv, erfcx, erfinv
from symgraph.ops.special.gammafunction import digamma, gamma, gammaln, polygamma, psi, tri_gamma, trigamma
from symgraph.ops.special.incompletegamma import chi2sf, gammainc, gammaincc, gammal, gammau

__all__ = [
    "chi2sf", "digamma", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "gamma", "gammainc", "gammaincc", "gammal", "gammaln", "gammau", "i0",
    "i1", "j0", "j1", "polygamma", "psi", "tri_gamma", "trigamma",
]
