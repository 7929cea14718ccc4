"""A denoising autoencoder (Vincent, Larochelle, Bengio and Manzagol 2008): a digit with some dots put out comes back whole through 40 units.

With three dots in ten put out, the mean square of what it misses of new digits is .030; of one that has learnt from whole digits it is .037.

    python -m symgraph run examples/theano_programs/denoising_autoencoder.py [EPOCHS]
"""

from __future__ import print_function

import sys

import numpy
import theano
import theano.tensor as T
from digits import batches, shared_parts
from stopwatch import Stopwatch
from theano.tensor.shared_randomstreams import RandomStreams


class DenoisingAutoencoder(object):
    """Sigmoid units with tied weights; W and the hidden bias may be those of a layer of another network."""

    def __init__(self, numpy_rng, theano_rng=None, input=None, n_visible=64, n_hidden=40, W=None, bhid=None, bvis=None):
        self.n_visible, self.n_hidden = n_visible, n_hidden
        self.theano_rng = theano_rng or RandomStreams(numpy_rng.randint(2 ** 30))
        if W is None:
            bound = 4 * numpy.sqrt(6.0 / (n_hidden + n_visible))
            start = numpy.asarray(numpy_rng.uniform(-bound, bound, (n_visible, n_hidden)), dtype=theano.config.floatX)
            W = theano.shared(start, name="W", borrow=True)
        if bvis is None:
            bvis = theano.shared(numpy.zeros(n_visible, dtype=theano.config.floatX), name="bvis", borrow=True)
        if bhid is None:
            bhid = theano.shared(numpy.zeros(n_hidden, dtype=theano.config.floatX), name="b", borrow=True)
        self.W, self.b, self.b_prime, self.W_prime = W, bhid, bvis, W.T
        self.x = T.dmatrix(name="input") if input is None else input
        self.params = [self.W, self.b, self.b_prime]

    def corrupted(self, x, level):
        """x with each number put to 0 with probability `level`."""
        return self.theano_rng.binomial(size=x.shape, n=1, p=1 - level, dtype=theano.config.floatX) * x

    def hidden(self, x):
        return T.nnet.sigmoid(T.dot(x, self.W) + self.b)

    def reconstructed(self, hidden):
        return T.nnet.sigmoid(T.dot(hidden, self.W_prime) + self.b_prime)

    def cost_and_updates(self, level, rate):
        """Cross-entropy of the dots a digit, and a step against its gradient."""
        z = self.reconstructed(self.hidden(self.corrupted(self.x, level)))
        cost = T.mean(-T.sum(self.x * T.log(z) + (1 - self.x) * T.log(1 - z), axis=1))
        return cost, [(p, p - rate * g) for p, g in zip(self.params, T.grad(cost, self.params))]


def main(epochs=10, batch_size=20, rate=0.1):
    (train_x, _), _, (test_x, _) = shared_parts()
    watch = Stopwatch()
    index = T.lscalar()
    x = T.matrix("x")
    trainers = []
    for level in (0.0, 0.3):
        rng = numpy.random.RandomState(123)
        da = DenoisingAutoencoder(rng, RandomStreams(rng.randint(2 ** 30)), x)
        cost, updates = da.cost_and_updates(level, rate)
        train = theano.function([index], cost, updates=updates, givens={x: train_x[index * batch_size:(index + 1) * batch_size]})
        again = da.reconstructed(da.hidden(da.corrupted(x, 0.3)))
        trainers.append((level, train, theano.function([], T.mean((again - x) ** 2), givens={x: test_x})))
    watch.compiled()

    for level, train, miss in trainers:
        for epoch in range(1, epochs + 1):
            costs = [train(i) for i in range(batches(train_x, batch_size))]
            watch.lap(len(costs))
            print("%.1f put out, epoch %d: cost %.12f" % (level, epoch, numpy.mean(costs)))
            watch.rest()
        print("mean square of what is missed in the test set: %.12f" % miss())
        watch.rest()
    watch.tell()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
