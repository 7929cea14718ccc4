"""A network with one hidden layer of tanh units and penalties on its weights; it stops when patience is at an end.

After 30 epochs 1.8 % of the digits of the test set are told wrongly, where logistic regression gets 4.7 %. A second of one core.

    python -m symgraph run examples/theano_programs/mlp.py [EPOCHS]
"""

from __future__ import print_function

import sys

import numpy
import theano
import theano.tensor as T
from digits import batches, shared_parts
from logistic_regression import LogisticRegression
from stopwatch import Stopwatch


class HiddenLayer(object):
    """activation(x W + b); weights start uniform, after Glorot and Bengio (2010)."""

    def __init__(self, rng, input, n_in, n_out, W=None, b=None, activation=T.tanh):
        self.input = input
        if W is None:
            bound = numpy.sqrt(6.0 / (n_in + n_out)) * (4 if activation == T.nnet.sigmoid else 1)
            start = numpy.asarray(rng.uniform(low=-bound, high=bound, size=(n_in, n_out)), dtype=theano.config.floatX)
            W = theano.shared(value=start, name="W", borrow=True)
        if b is None:
            b = theano.shared(value=numpy.zeros((n_out,), dtype=theano.config.floatX), name="b", borrow=True)
        self.W, self.b = W, b
        linear = T.dot(input, self.W) + self.b
        self.output = linear if activation is None else activation(linear)
        self.params = [self.W, self.b]


class MLP(object):
    """A hidden layer and logistic regression on it."""

    def __init__(self, rng, input, n_in, n_hidden, n_out):
        self.hidden = HiddenLayer(rng, input, n_in, n_hidden)
        self.top = LogisticRegression(self.hidden.output, n_hidden, n_out)
        self.L1 = abs(self.hidden.W).sum() + abs(self.top.W).sum()
        self.L2 = (self.hidden.W ** 2).sum() + (self.top.W ** 2).sum()
        self.params = self.hidden.params + self.top.params


def main(epochs=30, batch_size=20, rate=0.1, l1=0.0001, l2=0.0001, n_hidden=100):
    (train_x, train_y), (valid_x, valid_y), (test_x, test_y) = shared_parts()
    watch = Stopwatch()
    index = T.lscalar()
    x = T.matrix("x")
    y = T.ivector("y")
    network = MLP(numpy.random.RandomState(1234), x, 64, n_hidden, 10)
    cost = network.top.loss(y) + l1 * network.L1 + l2 * network.L2
    updates = [(p, p - rate * g) for p, g in zip(network.params, T.grad(cost, network.params))]

    def errors_on(x_all, y_all):
        part = slice(index * batch_size, (index + 1) * batch_size)
        return theano.function(inputs=[index], outputs=network.top.errors(y), givens={x: x_all[part], y: y_all[part]})

    test, validate = errors_on(test_x, test_y), errors_on(valid_x, valid_y)
    train = theano.function(
        inputs=[index],
        outputs=cost,
        updates=updates,
        givens={
            x: train_x[index * batch_size:(index + 1) * batch_size],
            y: train_y[index * batch_size:(index + 1) * batch_size],
        },
    )
    watch.compiled()

    n_batches = batches(train_x, batch_size)
    patience, best, step = 10 * n_batches, numpy.inf, 0
    for epoch in range(1, epochs + 1):
        losses = [train(i) for i in range(n_batches)]
        watch.lap(len(losses))
        step += n_batches
        error = numpy.mean([validate(i) for i in range(batches(valid_x, batch_size))])
        print("epoch %d: loss %.12f, wrong %.12f" % (epoch, numpy.mean(losses), error))
        if error < best:
            if error < best * 0.995:
                patience = max(patience, 2 * step)
            best = error
            print("    test set %.12f" % numpy.mean([test(i) for i in range(batches(test_x, batch_size))]))
        if step > patience:
            print("no more patience")
            break
        watch.rest()
    watch.tell()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
