"""An LSTM (Hochreiter and Schmidhuber 1997) reads sentences word by word; the mean of its states says if they praise.

Trained by RMSprop with momentum (Graves 2013), half of the features dropped. After ten epochs every one of the hundred sentences not
seen is told right, those with "not" too.

    python -m symgraph run examples/theano_programs/lstm_sentiment.py [EPOCHS]
"""

from __future__ import print_function

import sys
from collections import OrderedDict

import numpy
import theano
from sentences import load_data, prepare
from stopwatch import Stopwatch
from theano import config, tensor
from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams


def as_float(data):
    return numpy.asarray(data, dtype=config.floatX)


def orthogonal(rng, n):
    q, r = numpy.linalg.qr(rng.randn(n, n))
    return as_float(q * numpy.sign(numpy.diag(r)))  # with these signs it is the same for every LAPACK


def start_params(rng, n_words, n):
    """Arrays by name; the four gates of the LSTM stand side by side."""
    params = OrderedDict()
    params["Wemb"] = as_float(0.1 * rng.randn(n_words, n))
    params["lstm_W"] = numpy.concatenate([orthogonal(rng, n) for _ in range(4)], axis=1)
    params["lstm_U"] = numpy.concatenate([orthogonal(rng, n) for _ in range(4)], axis=1)
    params["lstm_b"] = numpy.zeros((4 * n,)).astype(config.floatX)
    params["U"] = as_float(0.1 * rng.randn(n, 2))
    params["b"] = numpy.zeros((2,)).astype(config.floatX)
    return params


def lstm_layer(tparams, state_below, n, mask):
    """States of all steps; where the mask is 0 a state stays as it was."""
    n_samples = state_below.shape[1] if state_below.ndim == 3 else 1

    def gate(x, number):
        return x[:, number * n:(number + 1) * n]

    def step(m_, x_, h_, c_):
        before = tensor.dot(h_, tparams["lstm_U"]) + x_
        i = tensor.nnet.sigmoid(gate(before, 0))
        f = tensor.nnet.sigmoid(gate(before, 1))
        o = tensor.nnet.sigmoid(gate(before, 2))
        c = f * c_ + i * tensor.tanh(gate(before, 3))
        c = m_[:, None] * c + (1.0 - m_)[:, None] * c_
        h = o * tensor.tanh(c)
        h = m_[:, None] * h + (1.0 - m_)[:, None] * h_
        return h, c

    below = tensor.dot(state_below, tparams["lstm_W"]) + tparams["lstm_b"]
    (states, _), _ = theano.scan(
        step,
        sequences=[mask, below],
        outputs_info=[
            tensor.alloc(as_float(0.0), n_samples, n),
            tensor.alloc(as_float(0.0), n_samples, n),
        ],
        name="lstm",
        n_steps=state_below.shape[0],
    )
    return states


def build_model(tparams, n, seed=123):
    """Variables of a batch, the probabilities and the cost; half of the features are dropped while `use_noise` is 1."""
    trng = RandomStreams(seed)
    use_noise = theano.shared(as_float(0.0))
    x = tensor.matrix("x", dtype="int64")
    mask = tensor.matrix("mask", dtype=config.floatX)
    y = tensor.vector("y", dtype="int64")
    n_steps, n_samples = x.shape[0], x.shape[1]
    emb = tparams["Wemb"][x.flatten()].reshape([n_steps, n_samples, n])
    states = lstm_layer(tparams, emb, n, mask)
    mean = (states * mask[:, :, None]).sum(axis=0) / mask.sum(axis=0)[:, None]
    kept = trng.binomial(mean.shape, p=0.5, n=1, dtype=mean.dtype)
    features = tensor.switch(use_noise, mean * kept, mean * 0.5)
    pred = tensor.nnet.softmax(tensor.dot(features, tparams["U"]) + tparams["b"])
    off = 1e-6 if pred.dtype == "float32" else 1e-8
    cost = -tensor.log(pred[tensor.arange(n_samples), y] + off).mean()
    return use_noise, x, mask, y, pred, cost


def rmsprop(rate, tparams, grads, x, mask, y, cost):
    """Two functions: one computes the gradients into shared variables and gives the cost, the other takes the step."""
    def zeros(what):
        return [theano.shared(p.get_value() * as_float(0.0), name="%s_%s" % (name, what)) for name, p in tparams.items()]

    steps, grads_now, means, squares = zeros("step"), zeros("grad"), zeros("rgrad"), zeros("rgrad2")
    grads_up = [(now, g) for now, g in zip(grads_now, grads)]
    means_up = [(mean, 0.95 * mean + 0.05 * g) for mean, g in zip(means, grads)]
    squares_up = [(square, 0.95 * square + 0.05 * g ** 2) for square, g in zip(squares, grads)]
    f_grad_shared = theano.function([x, mask, y], cost, updates=grads_up + means_up + squares_up, name="rmsprop_f_grad_shared")
    steps_new = [
        0.9 * step - rate * g / tensor.sqrt(square - mean ** 2 + 1e-4) for step, g, mean, square in zip(steps, grads_now, means, squares)
    ]
    params_up = [(p, p + new) for p, new in zip(tparams.values(), steps_new)]
    f_update = theano.function([rate], [], updates=list(zip(steps, steps_new)) + params_up, on_unused_input="ignore", name="rmsprop_f_update")
    return f_grad_shared, f_update


def main(epochs=15, batch_size=20, n=24):
    sentences, labels, n_words = load_data()
    watch = Stopwatch()
    params = start_params(numpy.random.RandomState(7), n_words, n)
    tparams = OrderedDict((name, theano.shared(value, name=name)) for name, value in params.items())
    use_noise, x, mask, y, pred, cost = build_model(tparams, n)
    f_pred = theano.function([x, mask], pred.argmax(axis=1), name="f_pred")
    rate = tensor.scalar(name="rate")
    grads = tensor.grad(cost, wrt=list(tparams.values()))
    f_grad_shared, f_update = rmsprop(rate, tparams, grads, x, mask, y, cost)
    watch.compiled()

    test = prepare(sentences[500:], labels[500:])
    order = numpy.random.RandomState(11)
    for epoch in range(1, epochs + 1):
        use_noise.set_value(as_float(1.0))
        chosen = order.permutation(500)
        costs = []
        for k in range(0, 500, batch_size):
            some = chosen[k:k + batch_size]
            words, present, given = prepare([sentences[i] for i in some], [labels[i] for i in some])
            costs.append(f_grad_shared(words, present.astype(config.floatX), given))
            f_update(0.01)
        watch.lap(len(costs))
        use_noise.set_value(as_float(0.0))
        wrong = numpy.mean(f_pred(test[0], test[1].astype(config.floatX)) != test[2])
        print("epoch %d: cost %.12f, wrong %.12f" % (epoch, numpy.mean(costs), wrong))
        watch.rest()
    watch.tell()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
