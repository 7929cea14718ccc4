"""A recurrent network that gives a Boltzmann machine its biases at each step (RNN-RBM; Boulanger-Lewandowski, Bengio and Vincent 2012).

Its sequences are digits read row by row, eight binary dots at a time. It learns to continue them, and draws some of its own. What is watched
(minus the cross-entropy of a row, a draw away) is noise of some -3.2.

    python -m symgraph run examples/theano_programs/recurrent_boltzmann_machine.py [EPOCHS]
"""

from __future__ import print_function

import sys

import numpy
import theano
import theano.tensor as T
from digits import arrays
from stopwatch import Stopwatch
from theano.tensor.shared_randomstreams import RandomStreams

rng = RandomStreams(seed=numpy.random.RandomState(0).randint(1 << 30))
random = numpy.random.RandomState(0xbeef)


def gibbs_sampling(v, W, bv, bh, k):
    """A cost whose gradient is that of CD-k, a monitoring cost, the dots drawn, and the updates of the random numbers."""
    def gibbs_step(v):
        mean_h = T.nnet.sigmoid(T.dot(v, W) + bh)
        h = rng.binomial(size=mean_h.shape, n=1, p=mean_h, dtype=theano.config.floatX)
        mean_v = T.nnet.sigmoid(T.dot(h, W.T) + bv)
        v = rng.binomial(size=mean_v.shape, n=1, p=mean_v, dtype=theano.config.floatX)
        return mean_v, v

    chain, updates = theano.scan(lambda v: gibbs_step(v)[1], outputs_info=[v], n_steps=k)
    drawn = chain[-1]
    mean_v = gibbs_step(drawn)[0]
    monitor = T.xlogx.xlogy0(v, mean_v) + T.xlogx.xlogy0(1 - v, 1 - mean_v)

    def free_energy(v):
        return -(v * bv).sum() - T.log(1 + T.exp(T.dot(v, W) + bh)).sum()

    cost = (free_energy(v) - free_energy(drawn)) / v.shape[0]
    return drawn, cost, monitor.sum() / v.shape[0], updates


def shared_normal(n_rows, n_columns, scale=1):
    return theano.shared(random.normal(scale=scale, size=(n_rows, n_columns)).astype(theano.config.floatX))


def shared_zeros(*shape):
    return theano.shared(numpy.zeros(shape, dtype=theano.config.floatX))


def build(n_visible, n_hidden, n_recurrent, k=5):
    """Variables and updates for training on one sequence, and for drawing one."""
    W = shared_normal(n_visible, n_hidden, 0.01)
    bv, bh = shared_zeros(n_visible), shared_zeros(n_hidden)
    Wuh, Wuv = shared_normal(n_recurrent, n_hidden, 0.0001), shared_normal(n_recurrent, n_visible, 0.0001)
    Wvu, Wuu = shared_normal(n_visible, n_recurrent, 0.0001), shared_normal(n_recurrent, n_recurrent, 0.0001)
    bu = shared_zeros(n_recurrent)
    params = W, bv, bh, Wuh, Wuv, Wvu, Wuu, bu
    v = T.matrix()
    u0 = T.zeros((n_recurrent,))

    def recurrence(v_t, u_before):
        """With a row of dots: the biases for it and the next state. Without: a row is drawn first."""
        bv_t = bv + T.dot(u_before, Wuv)
        bh_t = bh + T.dot(u_before, Wuh)
        draw = v_t is None
        if draw:
            v_t, _, _, updates = gibbs_sampling(T.zeros((n_visible,)), W, bv_t, bh_t, k=25)
        u_t = T.tanh(bu + T.dot(v_t, Wvu) + T.dot(u_before, Wuu))
        return ([v_t, u_t], updates) if draw else [u_t, bv_t, bh_t]

    (_, bv_t, bh_t), updates_train = theano.scan(
        lambda v_t, u_before, *_: recurrence(v_t, u_before), sequences=v, outputs_info=[u0, None, None], non_sequences=params
    )
    drawn, cost, monitor, updates_gibbs = gibbs_sampling(v, W, bv_t[:], bh_t[:], k=k)
    updates_train.update(updates_gibbs)
    (v_t, _), updates_draw = theano.scan(
        lambda u_before, *_: recurrence(None, u_before), outputs_info=[None, u0], non_sequences=params, n_steps=8
    )
    return v, drawn, cost, monitor, params, updates_train, v_t, updates_draw


def main(epochs=8, n_sequences=150, rate=0.05):
    watch = Stopwatch()
    v, drawn, cost, monitor, params, updates_train, v_t, updates_draw = build(8, 24, 16)
    gradient = T.grad(cost, params, consider_constant=[drawn])
    updates_train.update(((p, p - rate * g) for p, g in zip(params, gradient)))
    train = theano.function([v], monitor, updates=updates_train)
    draw = theano.function([], v_t, updates=updates_draw)
    watch.compiled()

    images = (arrays()[0][:n_sequences].reshape(-1, 8, 8) > 0.5).astype(theano.config.floatX)
    for epoch in range(1, epochs + 1):
        costs = [train(image) for image in images]
        watch.lap(len(costs))
        print("epoch %d: %.12f" % (epoch, numpy.mean(costs)))
        watch.rest()
    pictures = [draw() for _ in range(6)]
    for rows in zip(*pictures):
        print("   ".join("".join("#" if dot else "." for dot in row) for row in rows))
    watch.tell()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
