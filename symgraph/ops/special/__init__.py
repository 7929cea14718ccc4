"""Special functions: error functions, the gamma and beta families, Bessel functions, the normal distribution, zeta functions.

scipy.special is the numpy rule. Of native rules there are two kinds: published series, continued fractions and rational approximations,
calculated in float64 whatever the dtype, each naming its source; and calls of scipy's own functions of doubles (`rules.by_scipy`).
tests/ops/test_special.py says how near the first kind is to scipy.
"""

from symgraph.ops.special.bessel import i0, i1, j0, j1
from symgraph.ops.special.besselorders import i0e, i1e, iv, ive, jv, k0, k0e, k1, k1e, kv, kve, y0, y1, yv
from symgraph.ops.special.betafunction import beta, betainc, betaincc, betainccinv, betaincinv, betaln, binom, comb, factorial, poch
from symgraph.ops.special.byparameters import betainc_a, betainc_aa, betainc_ab, betainc_b, betainc_bb, gammainc_k, gammainc_kk
from symgraph.ops.special.errorfunction import erf, erfc, erfcinv, erfcx, erfinv
from symgraph.ops.special.gammafunction import digamma, gamma, gammaln, polygamma, psi, tri_gamma, trigamma
from symgraph.ops.special.incompletegamma import chi2sf, gammainc, gammaincc, gammainccinv, gammaincinv, gammal, gammau
from symgraph.ops.special.logarithms import entr, expit, log1mexp, log1pexp, log_expit, logit, sinc, xlog1py, xlogx, xlogy, xlogy0
from symgraph.ops.special.normal import log_ndtr, ndtr, ndtri, owens_t
from symgraph.ops.special.zetafunction import hurwitz_zeta, hyp2f1, multigammaln, riemann_zeta, zeta
from symgraph.ops.special.zetaparameters import hurwitz_zeta_x, hurwitz_zeta_xx, hyp2f1_a, hyp2f1_c

__all__ = [
    "beta", "betainc", "betainc_a", "betainc_aa", "betainc_ab", "betainc_b", "betainc_bb", "betaincc", "betainccinv", "betaincinv",
    "betaln", "binom", "chi2sf", "comb", "digamma", "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "expit", "factorial", "gamma",
    "gammainc", "gammainc_k", "gammainc_kk", "gammaincc", "gammainccinv", "gammaincinv", "gammal", "gammaln", "gammau", "hurwitz_zeta",
    "hurwitz_zeta_x", "hurwitz_zeta_xx", "hyp2f1", "hyp2f1_a", "hyp2f1_c", "i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1", "jv", "k0",
    "k0e", "k1", "k1e", "kv", "kve", "log1mexp", "log1pexp", "log_expit", "log_ndtr", "logit", "multigammaln", "ndtr", "ndtri", "owens_t",
    "poch", "polygamma", "psi", "riemann_zeta", "sinc", "tri_gamma", "trigamma", "xlog1py", "xlogx", "xlogy", "xlogy0", "y0", "y1", "yv",
    "zeta",
]
