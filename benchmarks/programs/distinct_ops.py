"""Two hundred different ops of the tensor library, each of which is one output of a function of two square matrices."""

import numpy as np

ONE = (
    "neg abs sign square sqrt cbrt reciprocal exp exp2 expm1 log log2 log10 log1p sigmoid softplus sin cos tan arcsin arccos arctan deg2rad rad2deg "
    "sinh cosh tanh arcsinh arctanh floor ceil trunc isnan isfinite erf erfc erfcx erfinv gamma gammaln digamma trigamma j0 j1 i0 i0e k0e xlogx entr "
    "logit sinc ndtr log_ndtr ndtri y0 y1 k0 k1 i1e k1e erfcinv real imag conj isinf logical_not round_half_away"
).split()
TWO = (
    "add sub mul true_div floor_div mod pow maximum minimum arctan2 logaddexp eq neq lt le gt ge xlogy xlog1py beta betaln gammainc gammaincc "
    "jv yv iv kv poch binom owens_t hypot second"
).split()
REDUCED = "sum prod max min argmax argmin any all mean var std ptp logsumexp".split()
WALKED = "cumsum cumprod sort argsort median diff flip nonzero unique".split()
MATRICES = "inv det slogdet cholesky eigh eigvalsh svd pinv qr lu_factor expm matrix_rank".split()


def outputs(T, x, y):
    """Name and variable of each, families mixed: the first n of them are of all kinds."""
    linalg, special = T.linalg, T.special
    positive = x @ x.T + T.eye(x.shape[0])
    families = [
        [(name, (getattr(T, name, None) or getattr(special, name))(x)) for name in ONE],
        [(name, (getattr(T, name, None) or getattr(special, name))(x, y)) for name in TWO],
        [(name, getattr(T, name)(x, axis=0)) for name in REDUCED],
        [(name, getattr(T, name)(x)) for name in WALKED],
        [(name, getattr(linalg, name)(positive)) for name in MATRICES],
        [
            ("dot", T.dot(x, y)), ("outer", T.outer(x[0], y[0])), ("inner", T.inner(x, y)), ("vecdot", T.vecdot(x, y)),
            ("tensordot", T.tensordot(x, y, 2)), ("kron", linalg.kron(x[:2], y[:2])), ("solve", linalg.solve(positive, y)),
            ("lstsq", linalg.lstsq(x, y[:, :1])[0]),
            ("solve_triangular", linalg.solve_triangular(positive, y)), ("norm", linalg.norm(x, "nuc")), ("matrix_power", linalg.matrix_power(x, 3)),
            ("block_diag", linalg.block_diag(x, y)), ("toeplitz", linalg.toeplitz(x[0])), ("trace", linalg.trace(x)),
            ("einsum", T.einsum("ij,kj->i", x, y)),
        ],
        [
            ("row", x[0]), ("slice", x[1:-1, ::2]), ("turned", x[::-1]), ("places", x[[3, 0, 3]]), ("pairs", x[[0, 1], [1, 0]]), ("mask", x[x > 0.5]),
            ("set", T.set_subtensor(x[0], 0.0)), ("inc", T.inc_subtensor(x[[1, 1]], 1.0)), ("take_along_axis", T.take_along_axis(x, T.argsort(x), 1)),
            ("concatenate", T.concatenate([x, y])), ("stack", T.stack([x, y])), ("transpose", x.T), ("reshape", x.flatten()),
            ("tile", T.tile(x, (2, 1))), ("repeat", T.repeat(x, 2, axis=0)), ("roll", T.roll(x, 1, axis=1)), ("rot90", T.rot90(x)),
            ("triu", T.triu(x)), ("tril", T.tril(x)),
            ("diag", T.diag(x)), ("fill_diagonal", T.fill_diagonal(x, 1.0)), ("where", T.where(x > y, x, y)), ("clip", x.clip(0.2, 0.7)),
            ("switch", T.switch(x[0] > 0.5, x, y)), ("eye", T.eye(x.shape[0])), ("arange", T.arange(x.shape[0])), ("fill", T.fill(x, 2.0)),
        ],
        [
            ("searchsorted", T.searchsorted(T.sort(y[0]), x)), ("histogram", T.histogram(x, 8)[0]), ("isin", T.isin(x, y)), ("topk", T.topk(x, 3)),
            ("partition", T.partition(x, 4)), ("quantile", T.quantile(x, 0.3)), ("cummax", T.cummax(x)),
            ("logcumsumexp", T.logcumsumexp(x)), ("convolve", np.convolve(x[0], y[0])), ("interp", T.interp(x, T.sort(y[0]), x[0])),
            ("trapezoid", T.trapezoid(x)), ("polyval", T.polyval(x[0], y)), ("fft", T.fft.fft(x)), ("ifft", T.fft.ifft(x)),
            ("bincount", T.bincount((8 * x[0]).astype("int64"))), ("softmax", T.nnet.softmax(x)), ("logsoftmax", T.nnet.logsoftmax(x)),
            ("relu", T.nnet.relu(x - 0.5)), ("cast", x.astype("float32")),
            ("astype", x.astype("int16")), ("round", T.round(x)), ("nan_to_num", np.nan_to_num(x)), ("cov", np.cov(x)), ("angle", T.angle(x)),
            ("average", np.average(x, axis=0)),
        ],
    ]
    ranked = [(k / len(family), f, k) for f, family in enumerate(families) for k in range(len(family))]
    return [families[f][k] for _, f, k in sorted(ranked)]
