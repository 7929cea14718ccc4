"""A restricted Boltzmann machine, trained by contrastive divergence: k steps of Gibbs sampling as a scan with a random stream.

Visible and hidden units are 0 or 1, each side independent given the other. The gradient of the likelihood is that of the free energy
of the data less that of samples; these come from k steps of a chain that starts at the data (CD-k). The pictures are the 14 patterns of
bars and stripes of 3 x 3 squares. After 600 updates at k = 3, the exact log-likelihood, by the sum over all 512 pictures, has risen
from -6.4 to -2.9 a picture; -2.64 would be perfect, -6.24 is that of pictures that are all alike.
"""

from itertools import product

import numpy as np

import symgraph
import symgraph.tensor as T
from symgraph.random import RandomStreams

SIDE, HIDDEN, GIBBS = 3, 16, 3
random, stream = np.random.RandomState(0), RandomStreams(seed=5)
W = symgraph.shared(random.normal(0, 0.1, (SIDE * SIDE, HIDDEN)), name="W")
a, b = symgraph.shared(np.zeros(SIDE * SIDE), name="a"), symgraph.shared(np.zeros(HIDDEN), name="b")
parameters = [W, a, b]


def free_energy(v):
    return -T.dot(v, a) - T.nnet.softplus(T.dot(v, W) + b).sum(axis=1)


def draw(probability):
    return (stream.uniform(probability.shape) < probability).astype("float64")


def gibbs(v):
    h = draw(T.nnet.sigmoid(T.dot(v, W) + b))
    return draw(T.nnet.sigmoid(T.dot(h, W.T) + a))


pictures, rate = T.dmatrix("pictures"), T.dscalar("rate")
samples, updates = symgraph.scan(gibbs, outputs_info=pictures, n_steps=GIBBS, name="gibbs")
divergence = free_energy(pictures).mean() - free_energy(symgraph.gradient.disconnected_grad(samples[-1])).mean()
for parameter, slope in zip(parameters, symgraph.grad(divergence, parameters)):
    updates[parameter] = parameter - rate * slope
train = symgraph.function([pictures, rate], divergence, updates=updates)
energies = symgraph.function([pictures], free_energy(pictures))


def bars_and_stripes():
    rows = [np.repeat([bits], SIDE, axis=0) for bits in product((0, 1), repeat=SIDE)]
    return np.unique([picture.ravel() for row in rows for picture in (row, row.T)], axis=0).astype("float64")


def likelihood(data):
    """The mean log-likelihood, by the sum over every picture there is."""
    every = np.array(list(product((0.0, 1.0), repeat=SIDE * SIDE)))
    negative = -energies(every)
    top = negative.max()
    return float(np.mean(-energies(data)) - top - np.log(np.exp(negative - top).sum()))


def main(steps=600):
    data = bars_and_stripes()
    batch = np.repeat(data, 20, axis=0)
    history = [likelihood(data)]
    for k in range(steps):
        train(batch, 1 - k / steps)
    history.append(likelihood(data))
    print(f"log-likelihood of a picture {history[0]:.2f} -> {history[1]:.2f}; perfect is {-np.log(len(data)):.2f}")
    return history


if __name__ == "__main__":
    main()
