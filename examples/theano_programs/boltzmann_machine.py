"""A restricted Boltzmann machine by contrastive divergence, from the data (CD-k, Hinton 2002) or along a chain that goes on (PCD, Tieleman 2008).

The k steps of Gibbs sampling are a scan whose updates are those of the random numbers. At the end the machine draws digits of its own.
What is watched rises in eight epochs from -43 to -31 (CD-5: minus the cross-entropy of the dots) and from -33 to -21 (PCD-5: pseudo-likelihood).

    python -m symgraph run examples/theano_programs/boltzmann_machine.py [EPOCHS]
"""

from __future__ import print_function

import sys

import numpy
import theano
import theano.tensor as T
from digits import batches, shared_parts
from stopwatch import Stopwatch
from theano.tensor.shared_randomstreams import RandomStreams


class BoltzmannMachine(object):
    """Binary visible and hidden units; the weights and the hidden bias may be those of a layer of another network."""

    def __init__(self, input, n_visible=64, n_hidden=48, W=None, hbias=None, vbias=None, numpy_rng=None, theano_rng=None):
        self.n_visible, self.n_hidden = n_visible, n_hidden
        numpy_rng = numpy_rng or numpy.random.RandomState(1234)
        self.rng = theano_rng or RandomStreams(numpy_rng.randint(2 ** 30))
        if W is None:
            bound = 4 * numpy.sqrt(6.0 / (n_hidden + n_visible))
            start = numpy.asarray(numpy_rng.uniform(low=-bound, high=bound, size=(n_visible, n_hidden)), dtype=theano.config.floatX)
            W = theano.shared(value=start, name="W", borrow=True)
        if hbias is None:
            hbias = theano.shared(value=numpy.zeros(n_hidden, dtype=theano.config.floatX), name="hbias", borrow=True)
        if vbias is None:
            vbias = theano.shared(value=numpy.zeros(n_visible, dtype=theano.config.floatX), name="vbias", borrow=True)
        self.input, self.W, self.hbias, self.vbias = input, W, hbias, vbias
        self.params = [self.W, self.hbias, self.vbias]

    def free_energy(self, v):
        return -T.dot(v, self.vbias) - T.sum(T.log(1 + T.exp(T.dot(v, self.W) + self.hbias)), axis=1)

    def draw_hidden(self, v):
        """What goes into the hidden units, their means, and a draw of them."""
        before = T.dot(v, self.W) + self.hbias
        mean = T.nnet.sigmoid(before)
        return [before, mean, self.rng.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)]

    def draw_visible(self, h):
        before = T.dot(h, self.W.T) + self.vbias
        mean = T.nnet.sigmoid(before)
        return [before, mean, self.rng.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)]

    def hidden_to_hidden(self, h):
        visible = self.draw_visible(h)
        return visible + self.draw_hidden(visible[2])

    def visible_to_visible(self, v):
        hidden = self.draw_hidden(v)
        return hidden + self.draw_visible(hidden[2])

    def cost_and_updates(self, rate=0.1, persistent=None, k=1):
        """What to watch, and updates of one step: CD-k, or PCD-k where the hidden units of the chains are a shared variable."""
        start = self.draw_hidden(self.input)[2] if persistent is None else persistent
        outputs, updates = theano.scan(
            self.hidden_to_hidden, outputs_info=[None, None, None, None, None, start], n_steps=k, name="gibbs_sampling"
        )
        before, _, visible, _, _, hidden = outputs
        end = visible[-1]
        cost = T.mean(self.free_energy(self.input)) - T.mean(self.free_energy(end))
        for p, g in zip(self.params, T.grad(cost, self.params, consider_constant=[end])):
            updates[p] = p - g * T.cast(rate, dtype=theano.config.floatX)
        if persistent is None:
            return self.reconstruction(before[-1]), updates
        updates[persistent] = hidden[-1]
        return self.pseudo_likelihood(updates), updates

    def pseudo_likelihood(self, updates):
        """Logarithm of the probability of one dot given the others, times the number of dots; each call looks at the next dot."""
        dot = theano.shared(value=0, name="dot")
        v = T.round(self.input)
        flipped = T.set_subtensor(v[:, dot], 1 - v[:, dot])
        updates[dot] = (dot + 1) % self.n_visible
        return T.mean(self.n_visible * T.log(T.nnet.sigmoid(self.free_energy(flipped) - self.free_energy(v))))

    def reconstruction(self, before):
        """Minus the cross-entropy of the data and the means of what was drawn last."""
        p = T.nnet.sigmoid(before)
        return T.mean(T.sum(self.input * T.log(p) + (1 - self.input) * T.log(1 - p), axis=1))


def main(epochs=8, batch_size=20, k=5, n_chains=4):
    (train_x, _), _, (test_x, _) = shared_parts()
    watch = Stopwatch()
    index = T.lscalar("index")
    x = T.matrix("x")
    part = train_x[index * batch_size:(index + 1) * batch_size]
    machines = []
    for persistent in (False, True):
        rng = numpy.random.RandomState(123)
        rbm = BoltzmannMachine(x, numpy_rng=rng, theano_rng=RandomStreams(rng.randint(2 ** 30)))
        chain = None
        if persistent:
            chain = theano.shared(numpy.zeros((batch_size, rbm.n_hidden), dtype=theano.config.floatX), borrow=True)
        cost, updates = rbm.cost_and_updates(rate=0.05, persistent=chain, k=k)
        machines.append(theano.function([index], cost, updates=updates, givens={x: part}, name="train"))

    visible = theano.shared(numpy.asarray(test_x.get_value(borrow=True)[:n_chains], dtype=theano.config.floatX))
    (_, _, _, _, means, draws), updates = theano.scan(
        rbm.visible_to_visible, outputs_info=[None, None, None, None, None, visible], n_steps=100, name="sampling"
    )
    updates.update({visible: draws[-1]})
    sample = theano.function([], [means[-1], draws[-1]], updates=updates, name="sample")
    watch.compiled()

    for name, train in zip(("CD-%d" % k, "PCD-%d" % k), machines):
        for epoch in range(1, epochs + 1):
            costs = [train(i) for i in range(batches(train_x, batch_size))]
            watch.lap(len(costs))
            print("%s, epoch %d: %.12f" % (name, epoch, numpy.mean(costs)))
            watch.rest()
    for _ in range(3):
        mean, draw = sample()
        print("mean of the dots drawn: %.12f, dots drawn: %d" % (mean.mean(), draw.sum()))
    for row in mean.reshape(n_chains, 8, 8).transpose(1, 0, 2):
        print("  ".join("".join(" .oO#"[int(4.99 * dot)] for dot in part) for part in row))
    watch.tell()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
