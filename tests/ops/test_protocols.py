"""numpy's protocols on variables: methods of ufuncs, options, mixed arguments, and what is refused, naming the nearest there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.ops.methods import METHODS, NUMPY_FUNCTIONS

A = np.array([[1.5, -2.0, 0.5], [3.0, np.nan, -1.0]])
B = np.array([[2.0, 0.5, -1.0], [1.0, 2.0, 3.0]])
WHOLE = np.array([3, -7, 5])


def run(build: Any, *arrays: Any) -> np.ndarray:
    variables = [T.tensor(a.dtype.name, shape=(None,) * a.ndim) for a in arrays]
    return evaluate([build(*variables)], dict(zip(variables, arrays)))[0]


BUILT = {
    "outer": lambda x: np.subtract.outer(x, B),
    "outer of an array": lambda x: np.multiply.outer(B, x),
    "outer in float32": lambda x: np.add.outer(x, B, dtype="float32"),
    "reduceat": lambda x: np.add.reduceat(x, [0, 2, 1], axis=1),
    "reduceat of rows": lambda x: np.maximum.reduceat(x, [0, 1]),
    "reduce with dtype": lambda x: np.add.reduce(x, dtype="float32"),
    "reduce of all": lambda x: np.multiply.reduce(x, axis=None),
    "dtype": lambda x: np.add(x, B, dtype="float32"),
    "fmax": lambda x: np.fmax(x, B),
    "fmin": lambda x: np.fmin(B, x),
    "degrees": lambda x: np.degrees(x),
    "radians": lambda x: np.radians(x),
    "concatenate": lambda x: np.concatenate([B, x, B]),
    "stack": lambda x: np.stack((x, B)),
    "where": lambda x: np.where(x > 0, B, x),
    "an array first": lambda x: np.arctan2(B, x),
    "nothing of the kind": lambda x: np.exp(x, out=None, where=True, casting="same_kind"),
}
ACCUMULATED = {"add": "cumsum", "multiply": "cumprod", "maximum": "cummax", "minimum": "cummin", "logaddexp": "logcumsumexp"}


@pytest.mark.parametrize("name", list(BUILT))
def test_what_is_built(name: str) -> None:
    got, wanted = run(BUILT[name], A), BUILT[name](A)
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-6 if got.dtype == "float32" else 1e-14)


@pytest.mark.parametrize("name", [n for n, word in ACCUMULATED.items() if word in {*METHODS, *NUMPY_FUNCTIONS}])
def test_accumulate(name: str) -> None:
    ufunc = getattr(np, name)
    for options in ({}, {"axis": 1}):
        np.testing.assert_allclose(run(lambda x, o=options: ufunc.accumulate(x, **o), B), ufunc.accumulate(B, **options), rtol=1e-14)


def test_integers_and_scalars() -> None:
    assert run(lambda i: np.add.reduceat(i, T.constant([0, 1])), WHOLE).tolist() == [3, -2]
    assert run(lambda i: np.power(2.0, i), np.abs(WHOLE)).tolist() == [8, 128, 32]


x, v = T.dmatrix("x"), T.dvector("v")
REFUSED = {
    "unknown function": (lambda: np.histogram2d(v, v), r"numpy\.histogram2d of a variable is not supported; the nearest that is: T\.digitize"),
    "nearest": (lambda: np.array_repr(x), r"numpy\.array_repr .* the nearest that is: symgraph\.pp"),
    "writes in place": (lambda: np.put(x, [0], 1), r"numpy\.put writes in place.*T\.set_subtensor"),
    "of some": (lambda: np.median(x, where=x > 0), "where"),
    "unknown ufunc": (lambda: np.spacing(x), r"numpy\.spacing of a variable is not supported"),
    "method of a ufunc": (lambda: np.hypot.reduce(x), r"numpy\.hypot\.reduce of a variable is not supported"),
    "accumulate": (lambda: np.hypot.accumulate(x), "not supported"),
    "at": (lambda: np.add.at(x, [0], 1.0), r"writes in place.*inc_subtensor"),
    "out": (lambda: np.add(x, 1, out=np.zeros((2, 3))), "out= is refused"),
    "out of a function": (lambda: np.sum(x, out=np.zeros(3)), "out= is refused"),
    "in place": (lambda: np.zeros((2, 3)).__iadd__(x), "out= is refused"),
    "where": (lambda: np.add(x, 1, where=np.ones((2, 3), bool)), "where= has no meaning"),
    "casting": (lambda: np.add(x, 1, casting="unsafe"), "casting= has no meaning"),
    "reduceat": (lambda: np.add.reduceat(x, T.lvector()), "indices that are known"),
    "option": (lambda: np.sum(x, nonsense=1), "nonsense"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_refused(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        call()


def test_the_lines_of_the_call_and_of_the_variable_are_told() -> None:
    made = T.exp(x)  # the variable
    with pytest.raises(TypeError) as caught:
        np.array_repr(made)  # the call
    text = str(caught.value)
    assert "# the variable" in text and "# the call" in text and text.count("test_protocols.py") == 2


def test_classes_that_know_more_are_asked() -> None:
    class Other:
        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> str:
            return "other"

        def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> str:
            return "other"

    assert np.add(x, Other()) == "other"
    assert np.concatenate([x, Other()]) == "other"


COMPOSED = {
    "around": np.around, "fix": np.fix, "nansum": lambda x: np.nansum(x, axis=1), "nanprod": np.nanprod, "nanmax": lambda x: np.nanmax(x, axis=0),
    "nanmin": lambda x: np.nanmin(x, axis=1, keepdims=True), "nanmean": np.nanmean, "nanvar": lambda x: np.nanvar(x, axis=1, ddof=1),
    "nanstd": np.nanstd, "nan_to_num": np.nan_to_num, "nan_to_num with numbers": lambda x: np.nan_to_num(x, nan=2.0, posinf=5.0),
    "isneginf": np.isneginf, "isposinf": np.isposinf, "vdot": lambda x: np.vdot(x[0], B[0]), "array_equal": lambda x: np.array_equal(x, x),
    "array_equal with nan": lambda x: np.array_equal(x, x, equal_nan=True), "angle": np.angle, "full_like": lambda x: np.full_like(x, 2.5),
    "pad": lambda x: np.pad(x, 1), "a border": lambda x: np.pad(x, ((0, 1), (2, 0)), constant_values=3.0),
    "round": lambda x: np.round(x, 1), "round to tens": lambda x: np.round(x, -1), "clip below": lambda x: np.clip(x, -1, None),
    "clip above": lambda x: np.clip(x, None, 2), "sum where": lambda x: np.sum(x, axis=1, where=x > 0),
    "sum and more": lambda x: np.sum(x, initial=5), "max where": lambda x: np.max(x, axis=0, initial=-9, where=x > 1),
    "any where": lambda x: np.any(x > 0, where=x < 0, axis=1), "mean where": lambda x: np.mean(x, where=x > -9),
    "var with correction": lambda x: np.var(x, 1, ddof=1), "ravel in columns": lambda x: np.ravel(x, order="F"),
    "reshape in columns": lambda x: np.reshape(x, (3, -1), order="F"), "logaddexp.reduce": lambda x: np.logaddexp.reduce(x, axis=1),
    "signbit": lambda x: np.signbit(np.nan_to_num(x, nan=1)), "copysign": lambda x: np.copysign(x, -B), "fmod": lambda x: np.fmod(x, 0.7 * B),
    "modf": lambda x: np.stack(np.modf(x)), "heaviside": lambda x: np.heaviside(x - 1.5, 0.25), "logaddexp2": lambda x: np.logaddexp2(x, 2),
    "ldexp": lambda x: np.ldexp(x, np.array([1, -2, 3])), "ptp": lambda x: np.ptp(x, axis=1, keepdims=True),
    "piecewise": lambda x: np.piecewise(x, [x < 0, x > 2], [lambda y: -y, 7, lambda y: y * y]), "sort_complex": np.sort_complex,
    "isreal": np.isreal, "iscomplex": lambda x: np.iscomplex(x * 1j), "over axes": lambda x: np.apply_over_axes(np.sum, x, [0, 1]),
    "polyadd": lambda x: np.polyadd(x[0], [1, 2]), "polysub": lambda x: np.polysub([2, 1], x[0]), "polymul": lambda x: np.polymul(x[0], [1, 2]),
    "polyint": lambda x: np.polyint(x[0], 2, [3, 1]), "where alone": lambda x: np.where(x > 0)[1],
    "indices of a diagonal": lambda x: x[:2, :2][np.diag_indices_from(x[:2, :2])], "flipped": lambda x: np.linalg.qr(np.nan_to_num(x[:, :2])).R,
}
WILD = [A, np.array([[np.inf, -np.inf, np.nan], [np.nan, np.nan, np.nan]]), A.astype("float32"), np.array([[1, -2, 3], [4, 5, 6]])]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", list(COMPOSED))
def test_functions_that_are_expressions_of_others(name: str) -> None:
    for array in WILD:
        if name in ("angle", "fix") and array.dtype.kind == "i":
            continue
        got, wanted = run(COMPOSED[name], array), np.asarray(COMPOSED[name](array))
        assert got.shape == wanted.shape and got.dtype.kind == wanted.dtype.kind
        np.testing.assert_allclose(got, wanted, rtol=1e-5 if array.dtype == "float32" else 1e-14)


def test_functions_of_newer_numpy() -> None:
    if hasattr(np, "permute_dims"):
        assert run(lambda x: np.permute_dims(x, (1, 0)), B).tolist() == B.T.tolist()
        assert run(lambda x: np.astype(x, np.float32), B).dtype == "float32"
        assert run(lambda x: np.concat([x, x]), B).shape == (4, 3)
    assert np.isrealobj(x) and not np.iscomplexobj(x)
    z = T.zvector("z")
    if hasattr(np, "unique_all"):
        for k, part in enumerate(np.unique_all(WHOLE)):
            assert run(lambda i, k=k: np.unique_all(i)[k], WHOLE).tolist() == part.tolist()
        got = run(lambda x: np.cumulative_sum(x, axis=1, include_initial=True), B)
        np.testing.assert_array_equal(got, np.cumulative_sum(B, axis=1, include_initial=True))
    np.testing.assert_allclose(run(lambda x: np.polyfit(x[0], x[1], 1), B), np.polyfit(B[0], B[1], 1), rtol=1e-12)
    assert np.linalg.eigh(x).eigenvalues.ndim == 1 and np.linalg.svd(x).S.ndim == 1 and np.linalg.slogdet(x).sign.ndim == 0
    assert np.result_type(x, np.float32) == "float64" and np.common_type(T.fvector()) is np.float32
    for call in (lambda: np.nanmax(z), lambda: np.around(x, 0.5), lambda: np.reshape(x, T.lvector(), order="F")):
        with pytest.raises(TypeError):
            call()
