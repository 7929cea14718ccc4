"""Streams: what each call draws, seeds, states, pickling, and that the numbers themselves never change."""

from __future__ import annotations

import pickle
import re
import warnings

import numpy as np
import pytest
from drawn import CASES
from recorded import NUMBERS

import symgraph
import symgraph.random as R
import symgraph.tensor as T
from symgraph.expr.walk import toposort
from symgraph.random import RandomStreams


def test_each_call_draws_new_numbers():
    stream = RandomStreams(7)
    f = symgraph.function([], stream.normal((3,)))
    first, second = f(), f()
    assert (first != second).all()
    assert stream.state_updates[0][0].get_value()[2] == 2
    again = symgraph.function([], RandomStreams(7).normal((3,)))
    np.testing.assert_array_equal(again(), first)
    np.testing.assert_array_equal(again(), second)


def test_a_draw_used_twice_is_one_draw():
    x = RandomStreams(1).uniform((4,))
    f = symgraph.function([], [x, x + 0, (x - x).sum()])
    a, b, zero = f()
    np.testing.assert_array_equal(a, b)
    assert zero == 0
    g = symgraph.function([], x)
    assert (f()[0] != g()).all()  # functions that share a draw share its key


def test_draws_of_one_stream_differ():
    stream = RandomStreams(1)
    f = symgraph.function([], [stream.normal((5,)), stream.normal((5,)), stream.uniform((5,))])
    a, b, _ = f()
    assert (a != b).all()


def test_without_updates():
    x = RandomStreams(2).normal((3,))
    f = symgraph.function([], x, no_default_updates=True)
    np.testing.assert_array_equal(f(), f())
    g = symgraph.function([], x, no_default_updates=[x.rng])
    np.testing.assert_array_equal(g(), f())
    h = symgraph.function([], x, updates=[x.update])
    np.testing.assert_array_equal(h(), f_of_first())
    assert (f() != f_of_first()).all()


def f_of_first():
    """The first numbers of the draw of `RandomStreams(2)`."""
    return symgraph.function([], RandomStreams(2).normal((3,)))()


def test_not_one_number_in_a_constant():
    """A draw is computed at each call, however it is simplified."""
    f = symgraph.function([], RandomStreams(3).uniform((2, 2)).sum())
    assert f() != f()


def test_seeds():
    stream = RandomStreams(5)
    x, y = stream.normal((2,)), stream.uniform((2,))
    f = symgraph.function([], [x, y])
    first = f()
    f()
    stream.seed()
    np.testing.assert_array_equal(f(), first)
    stream.seed(6)
    other = f()
    assert (other[0] != first[0]).all()
    np.testing.assert_array_equal(symgraph.function([], RandomStreams(6).normal((2,)))(), other[0])
    assert RandomStreams().default_instance_seed != RandomStreams().default_instance_seed


def test_states():
    stream = RandomStreams(5)
    f = symgraph.function([], stream.normal((2,)))
    f()
    state = stream.get_state()
    wanted = f()
    stream.set_state(state)
    np.testing.assert_array_equal(f(), wanted)
    rng = stream.state_updates[0][0]
    value = stream[rng].copy()
    f()
    stream[rng] = value
    before = f()
    stream[rng] = value
    np.testing.assert_array_equal(f(), before)
    with pytest.raises(ValueError, match="0 draws"):
        RandomStreams(1).get_state() and stream.set_state(RandomStreams(1).get_state())
    with pytest.raises(ValueError, match="uint32"):
        stream.set_state({"key": np.zeros(4), "made": 0, "states": [np.zeros(4, "uint32")]})
    np.testing.assert_array_equal(stream[rng][:2], value[:2])


def test_spawned_streams():
    stream = RandomStreams(5)
    first, second = stream.spawn(2)
    draws = [symgraph.function([], s.normal((50,)))() for s in (stream, first, second, *RandomStreams(5).spawn(1))]
    assert len({x.tobytes() for x in draws}) == 3
    np.testing.assert_array_equal(draws[1], draws[3])
    first.seed(None)


def test_pickled():
    stream = RandomStreams(5)
    f = symgraph.function([], stream.normal((3,)))
    f()
    twin, g = pickle.loads(pickle.dumps((stream, f)))
    np.testing.assert_array_equal(f(), g())
    assert twin.get_state()["made"] == 1


def test_symbolic_sizes_and_parameters():
    n, avg = T.lscalar(), T.vector("avg")
    stream = RandomStreams(1)
    x = stream.normal((n, 3), avg, 0.0)
    assert x.type.shape == (None, 3)
    f = symgraph.function([n, avg], x)
    np.testing.assert_array_equal(f(2, [1.0, 2.0, 3.0]), [[1.0, 2.0, 3.0]] * 2)
    assert f(0, [1.0, 2.0, 3.0]).shape == (0, 3)
    with pytest.raises(ValueError, match=r"mis-match|does not fit|cannot fill"):
        f(2, [1.0, 2.0])
    assert stream.normal(avg=T.matrix(), std=T.row()).type.ndim == 2
    vector = T.lvector()
    assert symgraph.function([vector], stream.uniform(vector, ndim=2))([2, 3]).shape == (2, 3)
    assert stream.uniform().type.ndim == 0


def test_dtypes():
    stream = RandomStreams(1)
    assert stream.normal((2,), dtype="float32").dtype == "float32"
    assert stream.normal((2,), avg=T.fvector()).dtype == "float64"
    with symgraph.config.change_flags(floatX="float32"):
        assert stream.normal((2,)).dtype == "float32"
        assert stream.gamma((2,), 0.5).dtype == "float32"
        assert stream.normal((2,), avg=T.dvector()).dtype == "float64"
    assert stream.binomial((2,)).dtype == "int64"
    assert stream.binomial((2,), dtype="int8").dtype == "int8"
    assert stream.bernoulli((2,), dtype="bool").eval().dtype == bool
    assert stream.poisson((2,), 3.0, dtype="float32").dtype == "float32"


@pytest.mark.parametrize("kind", [RandomStreams, R.MRG_RandomStreams, T.shared_randomstreams.RandomStreams], ids=lambda k: k.__module__)
def test_in_scan(kind):
    """Each step draws anew, and the next call goes on from there."""
    stream = kind(4)
    values, updates = symgraph.scan(lambda: stream.uniform((2,)), n_steps=5)
    f = symgraph.function([], values, updates=updates)
    found = np.concatenate([f(), f()])
    assert len(np.unique(found)) == 20
    one = symgraph.function([], kind(4).uniform((2,)))
    np.testing.assert_array_equal(found, [one() for _ in range(10)])


def test_symbolic_seeds():
    seed = T.lscalar()
    f = symgraph.function([seed], [R.key(seed), R.normal(R.key(seed), 3)])
    for value in (0, 7, 2**62):
        key, numbers = f(value)
        np.testing.assert_array_equal(key, R.key(value).data)
        np.testing.assert_array_equal(numbers, R.normal(R.key(value), 3).eval())
    np.testing.assert_array_equal(f(-1)[0], R.key(2**64 - 1).data)


def test_a_draw_is_not_written_into_several_kernels():
    """What reads a draw many times over reads an array: the generator stands in the code once."""
    x = RandomStreams(1).normal((30, 20))
    f = symgraph.function([], [x.sum(axis=0), x.max(axis=1), T.exp(x), x.T.dot(x)])
    assert f.source("ir").count(str(0xD2511F53)) == 10  # once a round


def test_gen_and_rows():
    stream = RandomStreams(4)
    x = stream.gen(R.normal, (2,), 5.0, 0.0)
    np.testing.assert_array_equal(x.eval(), [5.0, 5.0])
    assert x.rng.tag.is_rng
    rows = T.matrix()
    y = stream.shuffle_row_elements(rows)
    values = np.arange(12.0).reshape(3, 4)
    shuffled, order = symgraph.function([rows], [y, y.permutation])(values)
    np.testing.assert_array_equal(np.take_along_axis(values, order, 1), shuffled)
    np.testing.assert_array_equal(np.sort(shuffled, axis=1), values)


def test_merged_and_kept_apart():
    """Equal draws of one key are one, of several keys several; none is computed twice."""
    key = T.tensor("uint32", shape=[4])
    f = symgraph.function([key], [R.normal(key, 5) * 2, R.normal(key, 5) + 1, R.normal(R.fold_in(key, 1), 5)])
    assert len(set(re.findall(r"Noise.*(\[id \w+\])", str(symgraph.debugprint(f, file="str"))))) == 2
    a, b, c = f(R.key(1).data)
    np.testing.assert_allclose(a / 2, b - 1)
    assert (c != a / 2).all()


def test_vectorised_over_keys():
    """A stack of keys gives each its own numbers."""
    keys = R.split(R.key(1), 3).eval()
    draw = symgraph.vectorize(lambda k: R.normal(k, 4), signature="(k)->(n)")
    k = T.tensor("uint32", shape=[None, 4])
    with warnings.catch_warnings():
        warnings.simplefilter("error", symgraph.errors.VectorizeWarning)  # no loop over the keys
        found = symgraph.function([k], draw(k))(keys)
    np.testing.assert_array_equal(found, [R.normal(one, 4).eval() for one in keys])


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_stay(name):
    """Of key 42: a program that is run again next year shall draw the same."""
    rv = getattr(R, name)(R.key(42), 2, *CASES[name][0])
    f = symgraph.function([], rv, mode=symgraph.Mode("py", "fast_run"))
    np.testing.assert_allclose(f().ravel(), NUMBERS[name], rtol=1e-12)


DRAWS = {
    "normal": lambda k, a: R.normal(k, (2, 3)),
    "gamma": lambda k, a: R.gamma(k, (300, 3), a),
    "poisson": lambda k, a: R.poisson(k, (20, 3), a * 20),
    "hypergeometric": lambda k, a: R.hypergeometric(k, (7,), 3, 4, 5),
    "integers": lambda k, a: R.integers(k, (70,), -2, 3 * 2**30),
    "cauchy": lambda k, a: R.cauchy(k, (3, 5)),
    "short rows": lambda k, a: R.gamma(k, (2, 150, 3), T.arange(2).dimshuffle(0, "x", "x") + a.sum() + np.arange(1.0, 4.0)),
    "a single number": lambda k, a: R.gamma(k, (), a[0]),
}


@pytest.mark.parametrize("linker", ["llvm", "py"])
@pytest.mark.parametrize("name", DRAWS)
def test_stacks_of_keys_and_of_parameters_need_no_loop(name: str, linker: str) -> None:
    key, keys, a, rows = T.tensor("uint32", shape=[None]), T.tensor("uint32", shape=[None, None]), T.dvector(), T.dmatrix()
    given, shapes = R.split(R.key(3), 4).eval(), np.arange(1, 13.0).reshape(4, 3)
    one = DRAWS[name](key, a)
    f = symgraph.function([key, a], one, on_unused_input="ignore")
    wanted = np.array([f(k, s) for k, s in zip(given, shapes)])
    many = symgraph.vectorize_graph(one, {key: keys, a: rows})
    assert not any(getattr(node.op, "control", None) for node in toposort([many]))
    found = symgraph.function([keys, rows], many, on_unused_input="ignore", mode=symgraph.Mode(linker))(given, shapes)
    np.testing.assert_allclose(found, wanted, rtol=1e-14)
    if name in ("gamma", "poisson"):  # the same key for all examples
        many = symgraph.vectorize_graph(one, {a: rows})
        found = symgraph.function([key, rows], many, mode=symgraph.Mode(linker))(given[0], shapes)
        np.testing.assert_allclose(found, [f(given[0], s) for s in shapes], rtol=1e-14)
