"""Boltzmann machines trained one on the other, then the whole as a classifier (Hinton, Osindero and Teh 2006).

Eight epochs each: 16 % of the digits to choose by are told wrongly, and falling.

    python -m symgraph run examples/theano_programs/deep_belief_network.py [EPOCHS]
"""

from __future__ import print_function

import sys

import numpy
import theano
import theano.tensor as T
from boltzmann_machine import BoltzmannMachine
from digits import batches, shared_parts
from logistic_regression import LogisticRegression
from mlp import HiddenLayer
from stopwatch import Stopwatch
from theano.sandbox.rng_mrg import MRG_RandomStreams


class DeepBeliefNetwork(object):
    """Sigmoid layers, each shared with a Boltzmann machine of what comes in, and logistic regression on top."""

    def __init__(self, numpy_rng, theano_rng=None, n_ins=64, hidden_layers_sizes=(48, 48), n_outs=10):
        if not theano_rng:
            theano_rng = MRG_RandomStreams(numpy_rng.randint(2 ** 30))
        self.sigmoid_layers, self.rbm_layers, self.params = [], [], []
        self.x = T.matrix("x")
        self.y = T.ivector("y")
        for i, size in enumerate(hidden_layers_sizes):
            size_below = n_ins if i == 0 else hidden_layers_sizes[i - 1]
            below = self.x if i == 0 else self.sigmoid_layers[-1].output
            layer = HiddenLayer(rng=numpy_rng, input=below, n_in=size_below, n_out=size, activation=T.nnet.sigmoid)
            self.sigmoid_layers.append(layer)
            self.params.extend(layer.params)
            self.rbm_layers.append(BoltzmannMachine(
                below, n_visible=size_below, n_hidden=size, W=layer.W, hbias=layer.b, numpy_rng=numpy_rng, theano_rng=theano_rng
            ))
        self.top = LogisticRegression(self.sigmoid_layers[-1].output, hidden_layers_sizes[-1], n_outs)
        self.params.extend(self.top.params)

    def pretraining_functions(self, train_x, batch_size, k):
        index = T.lscalar("index")
        rate = T.scalar("rate")
        functions = []
        for rbm in self.rbm_layers:
            cost, updates = rbm.cost_and_updates(rate, persistent=None, k=k)
            functions.append(theano.function(
                inputs=[index, theano.In(rate, value=0.1)],
                outputs=cost,
                updates=updates,
                givens={self.x: train_x[index * batch_size:(index + 1) * batch_size]},
            ))
        return functions


def main(epochs=8, batch_size=20, k=1):
    (train_x, train_y), (valid_x, valid_y), _ = shared_parts()
    n_batches = batches(train_x, batch_size)
    watch = Stopwatch()
    network = DeepBeliefNetwork(numpy.random.RandomState(123))
    pretrain = network.pretraining_functions(train_x, batch_size, k)
    index = T.lscalar("index")
    begin, end = index * batch_size, (index + 1) * batch_size
    cost = network.top.loss(network.y)
    train = theano.function(
        [index],
        cost,
        updates=[(p, p - 0.2 * g) for p, g in zip(network.params, T.grad(cost, network.params))],
        givens={network.x: train_x[begin:end], network.y: train_y[begin:end]},
    )
    errors = theano.function([], network.top.errors(network.y), givens={network.x: valid_x, network.y: valid_y})
    watch.compiled()

    for number, step in enumerate(pretrain):
        for epoch in range(1, epochs + 1):
            costs = [step(i, 0.05) for i in range(n_batches)]
            watch.lap(n_batches)
            print("layer %d, epoch %d: %.12f" % (number, epoch, numpy.mean(costs)))
            watch.rest()
    for epoch in range(1, epochs + 1):
        losses = [train(i) for i in range(n_batches)]
        print("epoch %d: loss %.12f, wrong %.12f" % (epoch, numpy.mean(losses), errors()))
    watch.tell()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
