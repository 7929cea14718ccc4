"""Sorting and cumulative ops where the table of all ops does not reach: long rows, corners of floats, bad input, numpy's names."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from targets import run

import symgraph
import symgraph.tensor as T
from symgraph.errors import AxisError
from symgraph.expr.evaluate import evaluate
from symgraph.ops.sort import digits, native, selection
from symgraph.ops.sort.ordered import TakeOrdered
from tests.quick import quick_code


def drawn(dtype, shape, seed=0):
    """Values of a dtype with all that is special in it."""
    random = np.random.RandomState(seed)
    x = random.uniform(-100, 100, shape)
    if dtype == "bool":
        return x > 0
    if dtype.startswith("float"):
        for special in (np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0):
            x[random.rand(*shape) < 0.04] = special
        return x.astype(dtype)
    info = np.iinfo(dtype)
    x = np.where(random.rand(*shape) < 0.5, random.randint(0, 4, shape), random.uniform(info.min, info.max * 0.99, shape))
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint64", "uint32", "float16", "int8"])
def test_long_rows(dtype):
    """Digits, insertion, and (small numbers beside large ones) all digits; in one function, along both axes."""
    x = drawn(dtype, (2, 3100))
    v = T.tensor(dtype, shape=(None, None))
    outputs = [T.sort(v), T.argsort(v), *T.topk_and_argtopk(v, 7), T.argtopk(v, -900)]
    with nullcontext() if dtype in ("float64", "uint32") else quick_code():
        f = symgraph.function([v], outputs)
    for got, right in zip(f(x), evaluate(outputs, {v: x})):
        np.testing.assert_array_equal(got, right)


@pytest.mark.parametrize("n", [300, 3000, 3001])
@pytest.mark.parametrize("kind", ["equal", "sorted", "reversed", "two", "hidden"])
def test_rows_that_insertion_would_suffer_from(kind, n, sorters):
    random = np.random.RandomState(n)
    x = {
        "equal": np.full(n, 3.5),
        "sorted": np.arange(n) * 0.25,
        "reversed": -np.arange(n) * 0.25,
        "two": random.choice([1.0, np.nextafter(1.0, 2)], n),
        "hidden": np.where(random.rand(n) < 0.5, 1e300, 1.0) + 1e-13 * random.randint(0, 1000, n),  # one leading digit, many last ones
    }[kind]
    ordered, places, top = sorters(x)
    np.testing.assert_array_equal(ordered, np.sort(x))
    np.testing.assert_array_equal(places, np.argsort(x, kind="stable"))
    np.testing.assert_array_equal(top, np.argsort(-x, kind="stable")[:5])


@pytest.fixture(scope="module")
def sorters():
    v = T.dvector()
    return symgraph.function([v], [T.sort(v), T.argsort(v), T.argtopk(v, 5)])


@pytest.mark.parametrize("target", ["interpreter", "c"])
def test_digits_on_every_target(target, monkeypatch):
    """What long rows go through, made to sort short ones, with a check of every access."""
    monkeypatch.setattr(native, "ALONE", 4)
    monkeypatch.setattr(native, "FEW", 100)
    monkeypatch.setattr(digits, "BITS", ((10**9, 2),))
    monkeypatch.setattr(digits, "WIDEST", 3)
    monkeypatch.setattr(digits, "SHORT", ((4, 8, 4), (20, 11, 3)))
    for dtype in ("float64", "int32"):
        x = drawn(dtype, (2, 9))
        v = T.tensor(dtype, shape=(2, 9))
        outputs = [T.sort(v), T.argsort(v), *T.topk_and_argtopk(v, 3)]
        for got, right in zip(run([v], outputs, [x], target), evaluate(outputs, {v: x})):
            np.testing.assert_array_equal(got, right)


@pytest.mark.parametrize("rows", [1, 3, 8, 9])
def test_tiles(rows):
    """Rows that fill the lanes, and rows that do not."""
    v = T.dmatrix()
    f = symgraph.function([v], [T.sort(v), T.argsort(v), T.sort(v, axis=0)])
    for n in (0, 1, 2, 3, 17, 64, 65, 256, 257):
        x = np.random.RandomState(n).randint(0, 9, (rows, n)).astype("float64")
        for got, right in zip(f(x), [np.sort(x), np.argsort(x, kind="stable"), np.sort(x, axis=0)]):
            np.testing.assert_array_equal(got, right)


@pytest.mark.parametrize("target", ["interpreter", "c", "llvm"])
@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_samples_on_every_target(dtype, target, monkeypatch):
    """What selects in long rows, made to do so in short ones: bounds that hold, bounds that do not, rounds that keep everything."""
    monkeypatch.setattr(native, "ALONE", 4)
    monkeypatch.setattr(native, "FEW", 100)
    monkeypatch.setattr(digits, "BITS", ((10**9, 2),))
    monkeypatch.setattr(digits, "WIDEST", 3)
    monkeypatch.setattr(digits, "SHORT", ((4, 8, 4), (20, 11, 3)))
    monkeypatch.setattr(selection, "SAMPLED", 6)
    monkeypatch.setattr(selection, "SHARE", 2)
    monkeypatch.setattr(selection, "BLOCK", 4)
    random = np.random.RandomState(5)
    x = np.concatenate([drawn(dtype, (2, 25)), random.randint(0, 2, (1, 25)).astype(dtype), np.arange(25).reshape(1, 25).astype(dtype)])
    ranks = random.randint(0, 25, (4, 3))
    v, r = T.tensor(dtype, shape=(4, 25)), T.lmatrix()
    outputs = [TakeOrdered(1)(v, r), TakeOrdered(1, True)(v, r), *T.topk_and_argtopk(v, 3), T.argtopk(v, -20)]
    for got, right in zip(run([v, r], outputs, [x, ranks], target), evaluate(outputs, {v: x, r: ranks})):
        np.testing.assert_array_equal(got, right)


@pytest.fixture(scope="module")
def selectors():
    v, r = T.dvector(), T.lvector()
    return symgraph.function([v, r], [TakeOrdered(0)(v, r), TakeOrdered(0, True)(v, r), T.argtopk(v, 5), T.argtopk(v, -2000)])


@pytest.mark.parametrize("kind", ["normal", "equal", "sorted", "two", "few", "hidden", "misleading"])
def test_elements_by_ranks(kind, selectors):
    """Rows of which samples are taken; misleading: the words that samples are made of are larger than all others."""
    n = 20000
    apart = n // min(n // selection.SHARE, selection.SAMPLE)
    random = np.random.RandomState(1)
    x = {
        "normal": random.randn(n),
        "equal": np.full(n, 3.5),
        "sorted": np.arange(n) * 0.25,
        "two": random.choice([1.0, np.nextafter(1.0, 2)], n),
        "few": random.randint(0, 4, n).astype("float64"),
        "hidden": np.where(random.rand(n) < 0.5, 1e300, 1.0) + 1e-13 * random.randint(0, 1000, n),
        "misleading": np.where(np.arange(n) % apart == 0, 1e9, 0) + random.randn(n),
    }[kind]
    order = np.argsort(x, kind="stable")
    down = np.argsort(-x, kind="stable")
    for ranks in ([9999, 10000], [0], [n - 1, 5], [100, 10000, 19000, 3], list(range(0, n, 1000)), []):
        values, places, top, least = selectors(x, np.array(ranks, "int64"))
        np.testing.assert_array_equal(values, np.sort(x)[ranks])
        np.testing.assert_array_equal(places, order[ranks])
        np.testing.assert_array_equal(top, down[:5])
        np.testing.assert_array_equal(least, order[:2000])
    for wrong in (-1, n):
        with pytest.raises(IndexError, match="out of bounds for size 20000"):
            selectors(x, [3, wrong])


def test_complex_numbers_by_real_part_then_imaginary():
    x = np.array([2 + 1j, 2 - 1j, 1 + 5j, np.nan + 0j, -3j])
    v = T.zvector()
    ordered, places = symgraph.function([v], [T.sort(v), v.argsort()])(x)
    np.testing.assert_array_equal(ordered, np.sort(x))
    np.testing.assert_array_equal(places, np.argsort(x, kind="stable"))


def test_zeros_keep_their_order_in_argsort():
    v = T.dvector()
    np.testing.assert_array_equal(symgraph.function([v], v.argsort())([0.0, -0.0, 0.0, -1.0, -0.0]), [3, 0, 1, 2, 4])


def test_ties_in_the_gradient_of_sort_and_topk():
    v = T.dvector()
    weights = T.constant([1.0, 2.0, 4.0])
    f = symgraph.function([v], [symgraph.grad((v.sort() * weights).sum(), v), symgraph.grad(T.topk(v, 2).sum(), v)])
    by_sort, by_top = f([5.0, 5.0, 1.0])
    np.testing.assert_array_equal(by_sort, [2, 4, 1])
    np.testing.assert_array_equal(by_top, [1, 1, 0])


def test_topk_of_a_number_known_at_the_call():
    v, k = T.dvector(), T.lscalar()
    f = symgraph.function([v, k], T.topk(v, k))
    x = np.random.RandomState(0).randn(400)
    for kth in (1, 399, 400):
        np.testing.assert_array_equal(f(x, kth), np.sort(x)[::-1][:kth])
        np.testing.assert_array_equal(f(x, -kth), np.sort(x)[:kth])
    for kth in (0, 401, -401):
        with pytest.raises(ValueError, match="topk: kth"):
            f(x, kth)


def test_cumprod_is_exact_at_zeros():
    v = T.dvector()
    y = v.cumprod()
    (g,) = symgraph.grad(y.sum(), [v])
    second = symgraph.grad(g[0], v)
    f = symgraph.function([v], [g, second])
    gradient, by_first = f([2.0, 0.0, 3.0, 0.0, 5.0])
    np.testing.assert_array_equal(gradient, [1, 2 + 6, 0, 0, 0])  # 2 and 6 by the first zero: everything behind it but the second
    np.testing.assert_array_equal(by_first, [0, 1 + 3, 0, 0, 0])


def test_logcumsumexp_at_infinities():
    v = T.dvector()
    y = T.logcumsumexp(v)
    value, gradient = symgraph.function([v], [y, symgraph.grad(y[-1], v)])([-np.inf, -np.inf, 1000.0, -np.inf])
    np.testing.assert_array_equal(value, [-np.inf, -np.inf, 1000.0, 1000.0])
    np.testing.assert_array_equal(gradient, [0, 0, 1, 0])


def test_running_extremes_follow_nan():
    v = T.dvector()
    x = np.array([1.0, 3.0, np.nan, 5.0])
    for ours, theirs in ((T.cummax, np.maximum), (T.cummin, np.minimum)):
        np.testing.assert_array_equal(symgraph.function([v], ours(v))(x), theirs.accumulate(x))


def test_a_sum_of_negative_zeros_keeps_the_sign():
    v = T.dvector()
    assert np.signbit(symgraph.function([v], v.cumsum())([-0.0, -0.0])).all()


def test_numpys_names_build_expressions():
    m = T.dmatrix()
    x = np.random.RandomState(0).randn(3, 4)
    for function in (np.sort, np.argsort, np.cumsum, np.cumprod, lambda y: np.sort(y, axis=0, kind="stable"),
                     lambda y: np.cumsum(y, axis=1), np.maximum.accumulate, lambda y: np.add.accumulate(y, axis=1)):
        np.testing.assert_allclose(symgraph.function([m], function(m))(x), function(x))


def test_theanos_classes():
    m = T.dmatrix()
    x = np.random.RandomState(0).randn(3, 4)
    outputs = [T.SortOp("quicksort")(m, 0), T.ArgSortOp("quicksort")(m), T.CumOp(axis=1, mode="mul")(m), T.CumsumOp(axis=0)(m), T.CumprodOp()(m)]
    wanted = [np.sort(x, 0), np.argsort(x), np.cumprod(x, 1), np.cumsum(x, 0), np.cumprod(x)]
    for got, right in zip(symgraph.function([m], outputs)(x), wanted):
        np.testing.assert_allclose(got, right)


@pytest.mark.parametrize(
    ("error", "build", "says"),
    [
        (AxisError, lambda m: T.sort(m, axis=2), "axis 2"),
        (AxisError, lambda m: T.argsort(m[0, 0]), "axis -1"),
        (TypeError, lambda m: T.sort(m, axis=1.5), "axis"),
        (TypeError, lambda m: T.sort(m, axis=(0, 1)), "axis"),
        (ValueError, lambda m: T.sort(m, kind="bogo"), "bogo"),
        (ValueError, lambda m: T.sort(m, kind="stable", stable=True), "not both"),
        (ValueError, lambda m: T.topk(m, 0), "zero"),
        (TypeError, lambda m: T.topk(m, 1.5), "kth"),
        (TypeError, lambda m: T.topk(m, m[0]), "kth"),
        (TypeError, lambda m: T.topk(m.astype("complex128"), 1), "complex"),
        (TypeError, lambda m: T.topk(m, 1, idx_dtype="float32"), "idx_dtype"),
        (ValueError, lambda m: T.topk(T.constant([1.0, 2.0]), 3), "size 2"),
        (AxisError, lambda m: T.cumsum(m, axis=-3), "axis -3"),
        (TypeError, lambda m: T.cumsum(m, axis="x"), "axis"),
        (TypeError, lambda m: T.cummax(m.astype("complex64")), "complex"),
        (TypeError, lambda m: T.logcumsumexp(m.astype("complex64")), "complex"),
        (ValueError, lambda m: T.CumOp(0, "xor")(m), "xor"),
        (TypeError, lambda m: T.cumsum(m, dtype="str"), "dtype"),
    ],
)
def test_what_is_refused_as_it_is_written(error, build, says):
    with pytest.raises(error, match=says):
        build(T.dmatrix())
