"""Indices drawn at random: any mixture of integers, slices, None, Ellipsis, integer arrays and masks, right and wrong ones, gives
what numpy gives: read, set and added to, by the numpy rules and as native code; and the gradients are those of a sum over copies."""

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate

NATIVE = symgraph.Mode("llvm", "fast_run")
DRAWN = settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
SIZES = st.integers(0, 4)


@st.composite
def arrays_of_places(draw, n, wild):
    """An integer array for a dimension of size n; `wild`: perhaps out of range."""
    shape = draw(st.sampled_from([(), (1,), (2,), (3,), (0,), (2, 1), (1, 3), (2, 3)]))
    if n == 0 and not wild and 0 not in shape:
        shape = (0,)
    low, high = (-n, max(n - 1, -n)) if not wild else (-n - 2, n + 2)
    count = int(np.prod(shape))
    values = draw(st.lists(st.integers(low, high), min_size=count, max_size=count))
    return np.array(values, draw(st.sampled_from(["int64", "int8", "int32"]))).reshape(shape)


@st.composite
def masks(draw, shape, wild):
    """A mask for dimensions of these sizes."""
    shape = tuple(n + draw(st.integers(0, 1)) for n in shape) if wild else shape
    count = int(np.prod(shape))
    return np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool).reshape(shape)


@st.composite
def indices(draw):
    """An array, and an index of it, of which few are wrong."""
    shape = tuple(draw(st.lists(SIZES, max_size=4)))
    wild = draw(st.integers(0, 9)) == 0
    parts, axis, ellipsis = [], 0, False
    while len(parts) < 5:
        kinds = ["new", "truth"] + ([] if ellipsis else ["ellipsis"])
        if axis < len(shape):
            kinds += ["int", "slice", "array", "array", "mask", "slice"]
        kind = draw(st.sampled_from(["stop", *kinds]))
        if kind == "stop":
            break
        if kind == "new":
            parts.append(None)
        elif kind == "truth":
            parts.append(draw(st.booleans()))
        elif kind == "ellipsis":
            skipped = draw(st.integers(0, len(shape) - axis))
            parts.append(Ellipsis)
            axis, ellipsis = axis + skipped, True
        elif kind == "mask":
            dims = draw(st.integers(1, len(shape) - axis))
            parts.append(draw(masks(shape[axis : axis + dims], wild)))
            axis += dims
        else:
            n = shape[axis]
            bound = st.none() | st.integers(-n - 2, n + 2)
            if kind == "slice":
                parts.append(slice(draw(bound), draw(bound), draw(st.none() | st.sampled_from([1, 2, -1, -2]))))
            elif kind == "array":
                parts.append(draw(arrays_of_places(n, wild)))
            elif n == 0 and not wild:
                parts.append(slice(None))
            else:
                parts.append(draw(st.integers(-n, n - 1) if not wild else st.integers(-n - 1, n + 1)))
            axis += 1
    hypothesis.assume(not any(repeated_mask(part, parts) for part in parts))
    return np.arange(1.0, 1 + np.prod(shape)).reshape(shape), tuple(parts), draw(st.booleans())


def repeated_mask(part, parts):
    """Whether a mask has one place only, which numpy repeats to meet the other arrays: no size is known to be 1 there."""
    others = [other for other in parts if other is not part and isinstance(other, (np.ndarray, bool))]
    return isinstance(part, np.ndarray) and part.dtype == bool and part.sum() == 1 and bool(others)


def given_as(x, key, symbolic):
    """Variables for x and (`symbolic`) for the arrays of the key; the key made of them; the arrays that are given."""
    inputs, values = [T.tensor("float64", shape=[None] * x.ndim)], [x]
    parts = []
    for part in key:
        if symbolic and isinstance(part, np.ndarray):
            inputs.append(T.tensor(part.dtype.name, shape=[1 if n == 1 and part.dtype != bool else None for n in part.shape]))
            values.append(part)
            part = inputs[-1]
        parts.append(part)
    return inputs, tuple(parts), values


def outcome(compute):
    """What is computed, or the classes of the error."""
    try:
        return compute()
    except (IndexError, ValueError) as error:
        return type(error).__mro__


def by_rules(inputs, outputs, values):
    return evaluate(outputs, dict(zip(inputs, values)))


def by_native_code(inputs, outputs, values):
    return symgraph.function(inputs, outputs, mode=NATIVE, on_unused_input="ignore")(*values)


WAYS = (by_rules, by_native_code)


def same_outcome(build, wanted):
    """`build()` gives (inputs, outputs, values); each way of computing gives what `wanted()` gives, or fails as it does."""
    right = outcome(wanted)
    for way in WAYS:
        if isinstance(right, tuple):
            with pytest.raises(IndexError):
                way(*build())
            continue
        (got,) = way(*build())
        assert got.dtype == right.dtype
        assert got.shape == right.shape
        np.testing.assert_array_equal(got, right)


@DRAWN
@given(indices())
def test_read(case):
    x, key, symbolic = case

    def build():
        inputs, own, values = given_as(x, key, symbolic)
        return inputs, [inputs[0][own]], values

    same_outcome(build, lambda: x[key])


def changed(x, key, y, sets):
    out = x.copy()
    if sets:
        out[key] = y
    else:
        np.add.at(out, key, y)
    return out


@DRAWN
@given(indices(), st.booleans(), st.integers(0, 3), st.integers(0, 7))
def test_written(case, sets, dropped, ones):
    x, key, symbolic = case
    region = outcome(lambda: x[key])
    if isinstance(region, tuple):
        return
    if all(part is None or part is Ellipsis or isinstance(part, slice) and part == slice(None) for part in key):
        return  # no index: what is changed is not a part
    shape = region.shape[min(dropped, region.ndim) :]
    shape = tuple(1 if ones >> d & 1 else n for d, n in enumerate(shape))
    y = np.random.RandomState(len(key)).uniform(size=shape)

    def build():
        inputs, own, values = given_as(x, key, symbolic)
        inputs.append(T.tensor("float64", shape=[1 if n == 1 else None for n in shape]))
        return inputs, [(T.set_subtensor if sets else T.inc_subtensor)(inputs[0][own], inputs[-1])], [*values, y]

    same_outcome(build, lambda: changed(x, key, y, sets))
    inputs, outputs, values = build()
    weights = np.random.RandomState(1).uniform(0.5, 1.5, x.shape)
    gradients = symgraph.grad((outputs[0] * T.constant(weights)).sum(), [inputs[0], inputs[-1]])
    wanted = slopes_of_change(x, key, y, sets, weights)
    for way in WAYS:
        for g, right in zip(way(inputs, gradients, values), wanted):
            assert g.shape == right.shape
            np.testing.assert_allclose(g, right, rtol=1e-12, atol=1e-12)


def slopes_of_change(x, key, y, sets, weights):
    """By x and y, of the weighted sum of x changed: the change is linear in both, so it is done to unit vectors."""
    found = []
    for own in (x, y):
        g = np.empty(own.shape)
        for at in np.ndindex(*own.shape):
            unit = np.zeros(own.shape)
            unit[at] = 1
            pair = (unit, np.zeros(y.shape)) if own is x else (np.zeros(x.shape), unit)
            g[at] = (changed(pair[0], key, pair[1], sets) * weights).sum()
        found.append(g)
    return found


@DRAWN
@given(indices())
def test_gradient_of_reading(case):
    x, key, symbolic = case
    region = outcome(lambda: x[key])
    if isinstance(region, tuple):
        return
    inputs, own, values = given_as(x, key, symbolic)
    weights = np.random.RandomState(1).uniform(0.5, 1.5, region.shape)
    gradient = symgraph.grad((inputs[0][own] * T.constant(weights)).sum(), inputs[0])
    for way in WAYS:
        (got,) = way(inputs, [gradient], values)
        np.testing.assert_allclose(got, changed(np.zeros(x.shape), key, weights, False), rtol=1e-12)
