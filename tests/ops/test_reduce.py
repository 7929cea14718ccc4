"""Reductions against numpy: values, dtypes, shapes, empty arrays, gradients."""

import numpy as np
import pytest
from differences import run, same, slopes

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate

RANDOM = np.random.RandomState(0)
CUBE = RANDOM.uniform(-2, 2, (3, 4, 5))
AXES = [None, 0, 1, -1, (0, 1), (0, 2), (2, 1), [1], (0, 1, 2), ()]



@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "var", "std"])
def test_floats_as_numpy(name, axis, keepdims):
    wanted = getattr(np, name)(CUBE, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    same(run(lambda x: getattr(T, name)(x, axis=axis, keepdims=keepdims), CUBE), wanted)
    same(run(lambda x: getattr(x, name)(axis=axis, keepdims=keepdims), CUBE), wanted)


@pytest.mark.parametrize("axis", [None, 0, 1, -1], ids=str)
@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places_as_numpy(name, axis):
    x = RANDOM.randint(0, 3, (4, 5, 3)).astype("float64")  # many ties
    same(run(lambda v: getattr(T, name)(v, axis=axis), x), getattr(np, name)(x, axis=axis))
    same(run(lambda v: getattr(T, name)(v, axis=axis, keepdims=True), x), getattr(np, name)(x, axis=axis, keepdims=True))


def test_places_along_several_axes_count_in_c_order():
    flat = CUBE.transpose(1, 0, 2).reshape(4, 15)
    same(run(lambda v: T.argmax(v, axis=(0, 2)), CUBE), flat.argmax(axis=1))


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint8", "uint64", "float16", "float32", "float64", "complex64", "complex128"])
def test_dtypes(dtype):
    x = T.tensor(dtype, shape=(None,))
    kind = np.dtype(dtype).kind
    whole = {"b": "int64", "i": "int64", "u": "uint64"}.get(kind, dtype)
    assert T.sum(x).dtype == T.prod(x).dtype == whole
    assert T.mean(x).dtype == ("float64" if kind in "biu" else dtype)
    assert T.var(x).dtype == {"complex64": "float32", "complex128": "float64"}.get(dtype, T.mean(x).dtype)
    assert T.any(x).dtype == T.all(x).dtype == "bool"
    if kind == "c":
        for function in (T.max, T.min, T.argmax, T.argmin):
            with pytest.raises(TypeError, match="order"):
                function(x)
    else:
        assert T.max(x).dtype == T.min(x).dtype == dtype
        assert T.argmax(x).dtype == T.argmin(x).dtype == "int64"
    values = np.array([1, 0, 1, 1, 0]).astype(dtype)
    assert run(T.sum, values) == 3 and run(T.prod, values) == 0
    assert abs(complex(run(T.mean, values)) - 0.6) < 1e-3
    assert run(T.any, values) and not run(T.all, values)


def test_dtype_and_acc_dtype():
    x = T.ivector()
    assert T.sum(x, dtype="float32").dtype == "float32"
    assert T.sum(x, dtype="int8").dtype == "int8"
    assert T.mean(x, dtype="float32").dtype == "float32"
    with pytest.raises(TypeError, match="acc_dtype"):
        T.sum(T.dvector(), acc_dtype="float32")
    with pytest.raises(TypeError, match="complex"):
        T.sum(T.zvector(), dtype="float64")
    with pytest.raises(TypeError, match="no integer"):
        T.mean(T.dvector(), dtype="int32")


def test_accumulation_is_wide():
    half = np.full(5000, 0.1, "float16")
    assert abs(float(run(T.sum, half)) - 5000 * float(half[0])) < 0.5
    assert np.isfinite(run(T.mean, np.full(10, 60000, "float16")))  # their sum is no float16
    single = np.full(1 << 18, 0.1, "float32")
    np.testing.assert_allclose(run(T.sum, single), (1 << 18) * float(single[0]), rtol=1e-7)
    assert run(T.sum, np.full(3, 100, "int8")) == 300


def test_nothing_to_reduce():
    empty = np.zeros((0, 3))
    same(run(lambda x: T.sum(x, axis=0), empty), np.zeros(3))
    same(run(lambda x: T.prod(x, axis=0), empty), np.ones(3))
    same(run(lambda x: T.sum(x, axis=1), empty), np.zeros(0))
    same(run(lambda x: T.max(x, axis=1), empty), np.zeros(0))
    assert np.isnan(run(T.mean, empty))
    assert not run(T.any, empty) and run(T.all, empty)
    for function in (T.max, T.min, T.argmax, T.argmin):
        with pytest.raises(ValueError):
            run(lambda x, f=function: f(x, axis=0), empty)
    with pytest.raises(ValueError, match="zero-size array to reduction operation maximum which has no identity"):
        T.max(T.constant(np.zeros((0, 3))))


def test_scalars():
    x = T.dscalar()
    assert all(float(evaluate([f(x)], {x: 3.0})[0]) == 3 for f in (T.sum, T.prod, T.max, T.min, T.mean))
    assert int(evaluate([T.argmax(x)], {x: 3.0})[0]) == 0
    assert bool(evaluate([T.any(x)], {x: 3.0})[0])


def test_nan_wins():
    x = np.array([1.0, np.nan, 3.0, np.nan])
    assert np.isnan(run(T.max, x)) and np.isnan(run(T.min, x))
    assert run(T.argmax, x) == 1 == run(T.argmin, x)


@pytest.mark.parametrize("name", ["sum", "max", "argmax", "any", "mean", "var"])
def test_axes_are_checked(name):
    function = getattr(T, name)
    for axis in (2, -3):
        with pytest.raises(ValueError, match="out of bounds"):
            function(T.dmatrix(), axis=axis)
    with pytest.raises(ValueError, match="twice"):
        function(T.dmatrix(), axis=(0, -2))
    with pytest.raises(TypeError):
        function(T.dmatrix(), axis=1.5)


def test_static_shapes():
    x = T.tensor("float64", shape=(2, None, 1))
    assert T.sum(x, axis=1).static_shape == (2, 1)
    assert T.max(x, axis=0, keepdims=True).static_shape == (1, None, 1)
    assert T.mean(x, axis=(0, 2), keepdims=True).broadcastable == (True, False, True)


def test_moments():
    x = CUBE
    same(run(lambda v: T.var(v, axis=1, ddof=1), x), x.var(axis=1, ddof=1))
    same(run(lambda v: T.std(v, ddof=1, keepdims=True), x), x.std(ddof=1, keepdims=True))
    shifted = RANDOM.uniform(size=1000).astype("float32") + np.float32(1e3)
    exact = shifted.astype("float64").var()
    assert abs(run(lambda v: T.var(v, corrected=True), shifted) - exact) < 1e-6
    z = x[0] + 1j * x[1]
    same(run(lambda v: T.var(v, axis=0), z), z.var(axis=0))
    same(run(lambda v: T.ptp(v, axis=0), x), np.ptp(x, axis=0))
    for order in (1, 2, 3, np.inf, -np.inf):
        same(run(lambda v, L=order: v.norm(L, axis=1), x[0]), np.linalg.norm(x[0], order, axis=1))
    assert run(lambda v: v.norm(0), np.array([0.0, 2.0, 3.0])) == 2


def test_gradients_by_differences():
    point = CUBE[:, :, 0].copy()
    for build in (
        lambda x: T.sum(x, axis=1), lambda x: T.sum(x), lambda x: T.prod(x, axis=0), lambda x: T.prod(x, axis=1, no_zeros_in_input=True),
        lambda x: T.max(x, axis=0), lambda x: T.min(x), lambda x: T.mean(x, axis=1, keepdims=True), lambda x: T.var(x, axis=0),
        lambda x: T.std(x, ddof=1), lambda x: T.var(x, corrected=True), lambda x: x.norm(2), lambda x: x.norm(3, axis=0), T.ptp,
    ):
        slopes(build, point)


@pytest.mark.parametrize(("at", "wanted"), [([0.0, 2, 3], [6.0, 0, 0]), ([0.0, 0, 3], [0.0, 0, 0]), ([1.0, 2, 3], [6.0, 3, 2])])
def test_gradient_of_prod_with_zeros(at, wanted):
    x = T.dvector()
    same(evaluate([T.grad(T.prod(x), x)], {x: at})[0], np.array(wanted))


def test_gradient_of_ties_goes_to_each():
    x = T.dvector()
    same(evaluate([T.grad(T.max(x), x)], {x: [1.0, 3, 3]})[0], np.array([0.0, 1, 1]))
    same(evaluate([T.grad(T.min(x), x)], {x: [1.0, 1, 3]})[0], np.array([1.0, 1, 0]))


def test_second_gradients():
    slopes(lambda x: T.grad(T.prod(x), x), np.array([1.5, -2.0, 3.0]))
    slopes(lambda x: T.grad(T.var(x), x), np.array([1.5, -2.0, 3.0]))


def test_places_have_no_slope():
    x = T.dvector()
    same(evaluate([T.grad((T.argmax(x) * x).sum(), x)], {x: [1.0, 5, 3]})[0], np.ones(3))


def test_forward_mode():
    x, t = T.dmatrices("x", "t")
    at = {x: CUBE[0], t: CUBE[1]}
    same(evaluate([T.Rop(T.sum(x, axis=0), x, t)], at)[0], CUBE[1].sum(axis=0))
    same(evaluate([T.Rop(T.max(x), x, t)], at)[0], CUBE[1].reshape(-1)[CUBE[0].argmax()])


def test_max_and_argmax():
    largest, place = T.max_and_argmax(T.constant([[1, 5], [7, 2]]), axis=1)
    got = evaluate([largest, place], {})
    assert got[0].tolist() == [5, 7] and got[1].tolist() == [1, 0]


# The rules of lowering, as a machine with interleaved accumulators uses them -------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "float16", "float32", "float64"])
def test_native_places(dtype):
    x = T.tensor(dtype, shape=(None, None))
    f = symgraph.function([x], [T.argmax(x, axis=1), T.argmin(x, axis=1), T.max(x), T.argmax(x)])
    a = RANDOM.randint(0, 2 if dtype == "bool" else 4, (3, 301)).astype(dtype)
    got = f(a)
    for g, wanted in zip(got, (a.argmax(1), a.argmin(1), a.max(), a.argmax())):
        same(g, wanted)
    if dtype.startswith("float"):
        a[1, 200] = a[1, 7] = np.nan
        assert f(a)[0][1] == 7 and f(a)[1][1] == 7
        a[:] = -np.inf
        assert f(a)[0].tolist() == [0, 0, 0]


def test_native_empty_max_names_the_failure():
    x = T.dvector()
    with pytest.raises(ValueError, match="zero-size array to reduction operation maximum"):
        symgraph.function([x], T.max(x))(np.zeros(0))


@pytest.mark.parametrize("linker", ["llvm", "c"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_blocks_of_columns_and_pairs_of_rows(linker, dtype):
    """More columns than a block has; an odd number of rows; NaN, ties."""
    x = np.random.RandomState(0).randint(-9, 9, (5, 4100)).astype(dtype)
    if dtype != "int64":
        x[3, ::7] = np.nan
        x[1, 5] = np.nan
    m = T.tensor(dtype, shape=(None, None))
    functions = [np.sum, np.max, np.min, np.argmax, np.argmin, np.any]
    outputs = [getattr(T, f.__name__)(m, axis=axis) for f in functions for axis in (0, 1)]
    found = symgraph.function([m], outputs, mode=symgraph.Mode(linker, "fast_run"))(x)
    for got, right in zip(found, [f(x, axis=axis) for f in functions for axis in (0, 1)]):
        np.testing.assert_allclose(got, right, rtol=1e-5)


@pytest.mark.parametrize("linker", ["llvm", "c"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_rows_in_parts(dtype, linker):
    """Rows are joined from several parts of the array at once: the first of equals stays the first, and the first NaN."""
    m = T.tensor(dtype, shape=(None,) * 3)
    functions = [np.sum, np.prod, np.max, np.min, np.argmax, np.argmin, np.var]
    f = symgraph.function([m], [getattr(T, f.__name__)(m, axis=1) for f in functions], mode=symgraph.Mode(linker, "fast_run"))
    for n in (1, 3, 4, 7, 13):
        x = RANDOM.randint(-1, 2, (2, n, 9)).astype(dtype)
        if dtype != "int64" and n > 1:
            x[RANDOM.rand(*x.shape) < 0.1] = np.nan
            x[0, :, 0] = -np.inf
        with np.errstate(invalid="ignore"):
            for got, right in zip(f(x), [f(x, axis=1) for f in functions]):
                np.testing.assert_allclose(got, right, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, (0, 1), (1, 2), 2])
def test_variance_far_from_zero(axis):
    """As many digits as two passes have, though it takes one: over several blocks of rows, and columns."""
    x = 1e8 + np.random.RandomState(0).standard_normal((6, 1027, 3))
    exact = (x - 1e8).var(axis=axis)
    v = T.tensor("float64", shape=(None,) * 3)
    np.testing.assert_allclose(symgraph.function([v], v.var(axis=axis))(x), exact, rtol=1e-13, atol=1e-15)
    x[0, 0, 0] = np.inf
    assert np.isnan(symgraph.function([v], v.var(axis=axis))(x)).any()


@pytest.mark.parametrize("build", [lambda v: v.mean(), lambda v: v.var(), lambda v: v.sum() / 1e6])
def test_long_sums_are_at_least_as_accurate_as_numpys(build):
    x = (np.full(1_000_000, 0.1) + np.random.RandomState(0).rand(1_000_000) * 1e-3 + 100).astype("float32")
    v = T.fvector()
    exact = build(x.astype("float64"))
    assert abs(float(symgraph.function([v], build(v))(x)) - exact) <= max(abs(float(build(x)) - exact), 4e-6 * abs(exact))


@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (7, 3, 2, 33), (2, 3, 1, 70), (5, 2, 0, 3)])
def test_over_dimensions_that_are_no_neighbours(shape):
    """The last one may be short: accumulators stand side by side over all of them, where there are many elements."""
    x = T.dtensor4()
    values = np.random.default_rng(2).integers(0, 9, shape).astype("float64")
    axes = [(0, 2, 3), (0, 3), (1, 3)]
    f = symgraph.function([x], [y for a in axes for y in (x.sum(axis=a), (x / 8 + 0.5).prod(axis=a), x.any(axis=a))])
    wanted = [y for a in axes for y in (values.sum(axis=a), (values / 8 + 0.5).prod(axis=a), values.any(axis=a))]
    for got, right in zip(f(values), wanted):
        np.testing.assert_allclose(got, right, rtol=1e-12)
    if values.size:
        at = symgraph.function([x], [y for a in axes[:2] for y in (x.max(axis=a), x.argmax(axis=a))])(values)
        kept = [[d for d in range(4) if d not in a] for a in axes[:2]]
        turned = [values.transpose(*k, *a).reshape(*[shape[d] for d in k], -1) for k, a in zip(kept, axes)]
        for got, right in zip(at, [y for t in turned for y in (t.max(axis=-1), t.argmax(axis=-1))]):
            np.testing.assert_array_equal(got, right)
