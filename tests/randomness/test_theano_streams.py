"""The streams that Theano had: the very numbers that it drew, and how they are used."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import theano_numbers
import theano_programs

import symgraph
import symgraph.tensor as T
from symgraph.random import MRG_RandomStreams, rng_mrg
from symgraph.tensor import raw_random
from symgraph.tensor.shared_randomstreams import RandomStreams

STREAMS = {"MRG": lambda: MRG_RandomStreams(1234), "NUMPY": lambda: RandomStreams(234)}
PY = symgraph.Mode("py", "fast_run")


@pytest.mark.parametrize("which", STREAMS)
def test_theanos_numbers(which):
    stream = STREAMS[which]()
    draws = {name: build(stream, T) for name, build in getattr(theano_programs, which).items()}
    wanted, again = getattr(theano_numbers, which), getattr(theano_numbers, f"{which}_AGAIN")
    f = symgraph.function([], list(draws.values()))
    for call in range(2):
        for name, x in zip(draws, f()):
            # Recorded by its Python code, which multiplies in float64 where its C code, and this, has float32.
            tolerance = 3e-6 if name.endswith("32") else 1e-13
            np.testing.assert_allclose(x.ravel(), wanted[name][call], rtol=tolerance, atol=tolerance, err_msg=name)
            assert x.dtype == draws[name].dtype
    stream.seed(99)
    for name, x in zip(draws, f()):
        if name in again:
            np.testing.assert_allclose(x.ravel(), again[name][0], rtol=1e-13)


@pytest.mark.parametrize("which", STREAMS)
def test_targets_agree(which):
    found = []
    for mode in (symgraph.Mode("llvm", "fast_run"), symgraph.Mode("c", "fast_run"), PY):
        stream = STREAMS[which]()
        draws = [stream.uniform((3,)), stream.uniform((3, 2), dtype="float32"), stream.normal((4,)), stream.binomial((5,), p=0.5)]
        f = symgraph.function([], draws, mode=mode)
        found.append([*f(), *f()])
    for rows in zip(*found):
        for x in rows:
            np.testing.assert_allclose(x, rows[0], rtol=1e-14)


@pytest.mark.parametrize("which", STREAMS)
def test_used_as_theanos(which):
    stream = STREAMS[which]()
    x = stream.uniform((2,))
    f = symgraph.function([], x, no_default_updates=True)
    np.testing.assert_array_equal(f(), f())
    g = symgraph.function([], [x, x * 1])
    first, same = g()
    np.testing.assert_array_equal(first, same)
    assert (g()[0] != first).all()
    state = stream.state_updates[0][0]
    assert state.tag.is_rng
    assert len(stream.updates()) == 1
    value = state.get_value()
    wanted = g()[0]
    state.set_value(value)
    np.testing.assert_array_equal(g()[0], wanted)
    twin = pickle.loads(pickle.dumps(stream))
    assert len(twin.state_updates) == 1


def test_generators():
    stream = RandomStreams(234)
    x = stream.uniform((2,))
    assert type(stream[x.rng]) is np.random.RandomState
    stream[x.rng] = np.random.RandomState(823)
    np.testing.assert_array_equal(symgraph.function([], x)(), np.random.RandomState(823).uniform(size=2))
    with pytest.raises(TypeError):
        x.rng.set_value(5)
    assert raw_random.random_state_type.values_eq(np.random.RandomState(3), np.random.RandomState(3))
    assert not raw_random.random_state_type.values_eq(np.random.RandomState(3), np.random.RandomState(4))
    own = stream.gen(raw_random.RandomFunction("laplace", symgraph.TensorType("float64", (False,))), (2,), 0.0, 1.0)
    assert symgraph.function([], own)().shape == (2,)
    generator = raw_random.random_state_type()
    after, draw = raw_random.normal(generator, (3,))
    f = symgraph.function([generator], [after, draw])
    state = np.random.RandomState(5)
    before = state.get_state()[1].copy()
    new, numbers = f(state)
    np.testing.assert_array_equal(numbers, np.random.RandomState(5).normal(size=3))
    np.testing.assert_array_equal(new.uniform(size=2), _after(5, 3))
    np.testing.assert_array_equal(state.get_state()[1], before)


def _after(seed, count):
    state = np.random.RandomState(seed)
    state.normal(size=count)
    return state.uniform(size=2)


def test_gradients():
    """Theano's MRG forbade derivatives by the parameters; here draws move with them. numpy's draws have none."""
    a, s = T.dscalars("a", "s")
    stream = MRG_RandomStreams(3)
    u, z = stream.uniform((4,), low=a, high=s), stream.normal((4,), avg=a, std=s)
    f = symgraph.function([a, s], [u, z, *symgraph.grad(u.sum(), [a, s]), *symgraph.grad(z.sum(), [a, s])])
    u, z, ua, us, za, zs = f(1.0, 3.0)
    np.testing.assert_allclose([ua, us, za, zs], [(1 - (u - 1) / 2).sum(), ((u - 1) / 2).sum(), 4.0, ((z - 1) / 3).sum()])
    with pytest.raises(symgraph.errors.NullTypeGradError):
        symgraph.grad(RandomStreams(1).normal((2,), a).sum(), a)


def test_streams_of_a_generator():
    """Substreams lie 2**72 steps apart, streams 2**134: against the matrices' powers by Python's integers, as the paper has them."""
    stream = MRG_RandomStreams(12345)
    rows = stream.get_substream_rstates(20, "float64", inc_rstate=False)
    for before, after in zip(rows[:-1], rows[1:]):
        np.testing.assert_array_equal(rng_mrg.ff_2p72(before), after)
    assert rng_mrg.A1p72[0].tolist() == [1516919229, 758510237, 499121365]
    assert rng_mrg.A2p134[2].tolist() == [1401213391, 1178684362, 1431130166]
    np.testing.assert_array_equal(rng_mrg.multMatVect(rows[0], rng_mrg.A1p134, rng_mrg.M1, rng_mrg.A2p134, rng_mrg.M2), rng_mrg.ff_2p134(rows[0]))
    new = np.zeros(6, "int32")
    value = rng_mrg.mrg_next_value(rows[0], new)
    states, found = rng_mrg.mrg_uniform.new(T.constant(rows[:1]), 1, "float64", (1,))
    np.testing.assert_array_equal(states.eval()[0], new)
    assert found.eval()[0] == value
    assert [rng_mrg.guess_n_streams(size) for size in ((2,), (7,), (100, 1000), (T.lscalar(),))] == [2, 1, 15360, 15360]
    with pytest.warns(UserWarning, match="guessing"):
        rng_mrg.guess_n_streams(T.lvector(), warn=True)


R, X = MRG_RandomStreams(1), RandomStreams(1)
REFUSED = [
    (lambda: MRG_RandomStreams(0), ValueError, "not be 0"),
    (lambda: MRG_RandomStreams(-3), ValueError, "positive"),
    (lambda: MRG_RandomStreams(rng_mrg.M2), ValueError, "less than"),
    (lambda: MRG_RandomStreams([0, 0, 0, 1, 1, 1]), ValueError, "first 3"),
    (lambda: MRG_RandomStreams([1, 1, 1, 0, 0, 0]), ValueError, "last 3"),
    (lambda: MRG_RandomStreams([rng_mrg.M1, 1, 1, 1, 1, 1]), ValueError, "less than"),
    (lambda: MRG_RandomStreams([1, 2, 3]), TypeError, "1 integer or 6"),
    (lambda: MRG_RandomStreams("1"), TypeError, "1 integer or 6"),
    (lambda: MRG_RandomStreams(1.5), TypeError, "1 integer or 6"),
    (lambda: R.uniform((2, 0)), ValueError, "<= 0"),
    (lambda: R.uniform((2.5,)), TypeError, "tuple of ints"),
    (lambda: R.uniform(3), TypeError, "tuple of int"),
    (lambda: R.uniform((1,), low=np.zeros(3)), NotImplementedError, "broadcasting"),
    (lambda: R.uniform((2,), wrong=1), TypeError, "unexpected"),
    (lambda: R.normal((2, -1)), ValueError, "Non-positive"),
    (lambda: R.normal("2"), ValueError, "Size must be"),
    (lambda: R.binomial((2,), n=2), NotImplementedError, "n > 1"),
    (lambda: R.binomial((2,), p=1.5), ValueError, "p must lie"),
    (lambda: R.multinomial(), TypeError, "specify pvals"),
    (lambda: R.multinomial(size=(2,), pvals=theano_programs.P), ValueError, "size argument"),
    (lambda: R.multinomial(pvals=[0.5, 0.5]), NotImplementedError, "2 dimensions"),
    (lambda: R.choice(p=theano_programs.P), NotImplementedError, "without replacement"),
    (lambda: R.choice(replace=False, a=3, p=theano_programs.P), TypeError, "a has to be None"),
    (lambda: R.choice(size=4, replace=False, p=theano_programs.P), ValueError, "Cannot sample"),
    (lambda: RandomStreams(-1), ValueError, "[Ss]eed"),
    (lambda: RandomStreams("seed"), TypeError, "[Cc]a"),
    (lambda: X.normal((2,), std=-1.0), ValueError, "std"),
    (lambda: X.binomial((2,), p=2.0), ValueError, "p must lie"),
    (lambda: X.random_integers((2,), low=5, high=3), ValueError, "low must not"),
    (lambda: X.normal((3,), avg=[0.0, 1.0]), ValueError, "does not fit"),
    (lambda: X.normal((3,), ndim=2), ValueError, "ndim"),
    (lambda: X.normal((-2,)), ValueError, "negative"),
    (lambda: X.uniform("2"), TypeError, "integer"),
    (lambda: raw_random.uniform(3, (2,)), TypeError, "RandomStateType"),
    (lambda: X.permutation((2,), n=-1), ValueError, "n must not"),
    (lambda: X.multinomial((2,), pvals=[0.5, -0.5]), ValueError, "pvals"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    build, error, says = REFUSED[number]
    with pytest.raises(error, match=says):
        build()


def test_refused_at_the_call():
    n, p = T.lscalar(), T.dvector()
    f = symgraph.function([n], R.uniform((n, 2)))
    with pytest.raises(ValueError, match="negative"):
        f(-1)
    assert f(0).shape == (0, 2)
    with pytest.raises(ValueError, match="2\\*\\*31"):
        f(2**31)
    x = X.binomial((2,), p=p)
    g = symgraph.function([p], x)
    before = x.rng.get_value()
    with pytest.raises(ValueError):
        g([0.5, 1.5])
    assert raw_random.random_state_type.values_eq(before, x.rng.get_value())
    with pytest.raises(ValueError):
        g([0.5, 0.5, 0.5])
    h = symgraph.function([p], X.multinomial((1,), pvals=p))
    with pytest.raises(ValueError, match="sum of pvals"):
        h([0.9, 0.9])
