"""Loops as programs written for Theano have them: those of its tutorials, under its module paths."""

from __future__ import annotations

from typing import Any

import numpy as np

import symgraph.theano as theano
import symgraph.theano.tensor as T


def test_a_polynomial() -> None:
    coefficients, x = T.vector("coefficients"), T.scalar("x")
    terms, _ = theano.scan(fn=lambda c, power, x: c * (x**power), outputs_info=None, sequences=[coefficients, T.arange(10000)], non_sequences=x)
    assert theano.function(inputs=[coefficients, x], outputs=terms.sum())(np.asarray([1, 0, 2], dtype=theano.config.floatX), 3) == 19.0


def test_a_triangular_sequence() -> None:
    up_to = T.iscalar("up_to")
    start = T.as_tensor_variable(np.asarray(0, up_to.dtype))
    sums, _ = theano.scan(fn=lambda arange_val, sum_to_date: sum_to_date + arange_val, outputs_info=start, sequences=T.arange(up_to))
    assert theano.function(inputs=[up_to], outputs=sums)(15).tolist() == np.cumsum(np.arange(15)).tolist()


def test_elements_set_in_turn() -> None:
    location, values, model = T.imatrix("location"), T.vector("values"), T.matrix("model")

    def set_value_at_position(a_location: Any, a_value: Any, output_model: Any) -> Any:
        return T.set_subtensor(T.zeros_like(output_model)[a_location[0], a_location[1]], a_value)

    result, _ = theano.scan(fn=set_value_at_position, outputs_info=None, sequences=[location, values], non_sequences=model)
    found = theano.function(inputs=[location, values, model], outputs=result)(np.array([[1, 1], [2, 3]], "int32"), [42.0, 50.0], np.zeros((5, 5)))
    assert found.shape == (2, 5, 5) and found[0, 1, 1] == 42 and found[1, 2, 3] == 50 and found.sum() == 92


def test_doubling_until_it_is_enough() -> None:
    most = T.scalar("most")
    values, _ = theano.scan(lambda previous, most: (previous * 2, theano.scan_module.until(previous * 2 > most)), outputs_info=T.constant(1.0),
                            non_sequences=most, n_steps=1024)
    assert theano.function([most], values)(45).tolist() == [2, 4, 8, 16, 32, 64]


def test_a_boltzmann_machine_with_a_persistent_chain() -> None:
    from symgraph.theano.tensor.shared_randomstreams import RandomStreams

    random, theano_rng = np.random.RandomState(0), RandomStreams(5)
    x = T.matrix("x")
    W = theano.shared(random.normal(0, 0.1, (9, 16)), "W", borrow=True)
    hbias, vbias = theano.shared(np.zeros(16), "hbias"), theano.shared(np.zeros(9), "vbias")

    def sampled(activation: Any) -> Any:
        mean = T.nnet.sigmoid(activation)
        return [activation, mean, theano_rng.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)]

    def gibbs_hvh(h0_sample: Any) -> Any:
        down = sampled(T.dot(h0_sample, W.T) + vbias)
        return down + sampled(T.dot(down[2], W) + hbias)

    def free_energy(v: Any) -> Any:
        return -T.dot(v, vbias) - T.sum(T.log(1 + T.exp(T.dot(v, W) + hbias)), axis=1)

    persistent = theano.shared(np.zeros((20, 16)), borrow=True)
    outputs, updates = theano.scan(gibbs_hvh, outputs_info=[None, None, None, None, None, persistent], n_steps=3, name="gibbs_hvh")
    chain_end = outputs[2][-1]
    cost = T.mean(free_energy(x)) - T.mean(free_energy(chain_end))
    parameters = [W, hbias, vbias]
    for slope, parameter in zip(T.grad(cost, parameters, consider_constant=[chain_end]), parameters):
        updates[parameter] = parameter - slope * T.cast(0.1, dtype=theano.config.floatX)
    updates[persistent] = outputs[5][-1]
    train = theano.function([x], cost, updates=updates, name="train_rbm")
    chains = []
    for _ in range(3):
        assert np.isfinite(train((random.rand(20, 9) > 0.5).astype("float64")))
        chains.append(persistent.get_value())
        assert set(np.unique(chains[-1])) == {0.0, 1.0}
    assert not np.array_equal(chains[0], chains[1]) and not np.array_equal(chains[1], chains[2])  # the stream goes on
    assert np.abs(hbias.get_value()).max() > 0
