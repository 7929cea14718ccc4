"""Denoising autoencoders trained one on the other, then the whole as a classifier (Vincent et al. 2010).

Ten epochs each: 7.7 % of the digits to choose by are told wrongly.

    python -m symgraph run examples/theano_programs/stacked_autoencoder.py [EPOCHS]
"""

from __future__ import print_function

import sys

import numpy
import theano
import theano.tensor as T
from denoising_autoencoder import DenoisingAutoencoder
from digits import batches, shared_parts
from logistic_regression import LogisticRegression
from mlp import HiddenLayer
from stopwatch import Stopwatch
from theano.tensor.shared_randomstreams import RandomStreams


class StackedAutoencoder(object):
    """Sigmoid layers, each shared with an autoencoder of what comes in, and logistic regression on top."""

    def __init__(self, numpy_rng, n_ins=64, hidden_layers_sizes=(48, 32), n_outs=10):
        theano_rng = RandomStreams(numpy_rng.randint(2 ** 30))
        self.layers, self.autoencoders, self.params = [], [], []
        self.x = T.matrix("x")
        self.y = T.ivector("y")
        below, n_below = self.x, n_ins
        for size in hidden_layers_sizes:
            layer = HiddenLayer(numpy_rng, below, n_below, size, activation=T.nnet.sigmoid)
            self.layers.append(layer)
            self.params.extend(layer.params)
            self.autoencoders.append(
                DenoisingAutoencoder(numpy_rng, theano_rng, input=below, n_visible=n_below, n_hidden=size, W=layer.W, bhid=layer.b)
            )
            below, n_below = layer.output, size
        self.top = LogisticRegression(below, n_below, n_outs)
        self.params.extend(self.top.params)
        self.cost = self.top.loss(self.y)

    def pretraining_functions(self, train_x, batch_size):
        """One function a layer: a step on a batch, with its level of corruption and rate as arguments that have defaults."""
        index = T.lscalar("index")
        level = T.scalar("level")
        rate = T.scalar("rate")
        functions = []
        for autoencoder in self.autoencoders:
            cost, updates = autoencoder.cost_and_updates(level, rate)
            functions.append(theano.function(
                inputs=[index, theano.In(level, value=0.2), theano.In(rate, value=0.1)],
                outputs=cost,
                updates=updates,
                givens={self.x: train_x[index * batch_size:(index + 1) * batch_size]},
            ))
        return functions

    def finetuning_functions(self, parts, batch_size, rate):
        """A step on a batch, and errors on all batches of the second part."""
        (train_x, train_y), (valid_x, valid_y), _ = parts
        index = T.lscalar("index")
        part = slice(index * batch_size, (index + 1) * batch_size)
        updates = [(p, p - g * rate) for p, g in zip(self.params, T.grad(self.cost, self.params))]
        train = theano.function([index], self.cost, updates=updates, givens={self.x: train_x[part], self.y: train_y[part]}, name="train")
        errors = theano.function([index], self.top.errors(self.y), givens={self.x: valid_x[part], self.y: valid_y[part]}, name="valid")
        return train, lambda: [errors(i) for i in range(batches(valid_x, batch_size))]


def main(epochs=10, batch_size=20):
    parts = shared_parts()
    n_batches = batches(parts[0][0], batch_size)
    watch = Stopwatch()
    network = StackedAutoencoder(numpy.random.RandomState(89677))
    pretrain = network.pretraining_functions(parts[0][0], batch_size)
    train, errors = network.finetuning_functions(parts, batch_size, 0.2)
    watch.compiled()

    for number, step in enumerate(pretrain):
        for epoch in range(1, epochs + 1):
            costs = [step(index=i, level=0.1 * (number + 1)) for i in range(n_batches)]
            print("layer %d, epoch %d: cost %.12f" % (number, epoch, numpy.mean(costs)))
    watch.rest()
    for epoch in range(1, epochs + 1):
        losses = [train(i) for i in range(n_batches)]
        watch.lap(n_batches)
        print("epoch %d: loss %.12f, wrong %.12f" % (epoch, numpy.mean(losses), numpy.mean(errors())))
        watch.rest()
    watch.tell()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
