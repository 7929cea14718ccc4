"""A network of two hidden layers with dropout and batch normalisation tells handwritten digits apart.

In training each number of a hidden layer is left out with probability one half, and the others count twice (Srivastava, Hinton, Krizhevsky, Sutskever
and Salakhutdinov 2014); running averages of the batches' statistics serve at use. Digits of scikit-learn, two in three of them to
learn from: after 30 epochs 98 % of the 599 others are told right. One core, 2 seconds.
"""

import numpy as np
from sklearn.datasets import load_digits

import symgraph
import symgraph.tensor as T
from symgraph.random import RandomStreams

SIZES, BATCH, RATE, MOMENTUM = (64, 128, 128, 10), 40, np.float32(0.05), np.float32(0.9)
digits = load_digits()
images, labels = (digits.data / 16).astype("float32"), digits.target.astype("int32")
new = np.arange(len(labels)) % 3 == 0  # not learnt from
random = np.random.RandomState(0)
streams = RandomStreams(seed=2)
parameters, averages = [], {}


def vector(value, size, of=None):
    """A shared vector; `of`: the list of parameters that it belongs to."""
    made = symgraph.shared(np.full(size, value, "float32"))
    if of is not None:
        of.append(made)
    return made


layers = []
for fan_in, fan_out in zip(SIZES, SIZES[1:]):
    W = symgraph.shared(random.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)).astype("float32"))
    parameters.append(W)
    last = fan_out == SIZES[-1]
    scale = [] if last else [vector(1, fan_out, parameters), vector(0, fan_out), vector(1, fan_out)]
    layers.append((W, vector(0, fan_out, parameters), scale))


def logits(x, training):
    for W, b, scale in layers:
        x = T.dot(x, W)
        if not scale:
            return x + b
        gamma, mean, var = scale
        if training:
            x, _, _, averages[mean], averages[var] = T.nnet.bn.batch_normalization_train(x, gamma, b, running_mean=mean, running_var=var)
        else:
            x = T.nnet.bn.batch_normalization_test(x, gamma, b, mean, var)
        x = T.nnet.relu(x)
        if training:
            x = x * streams.binomial(size=x.shape, n=1, p=0.5, dtype="float32") * np.float32(2)
    raise ValueError("no last layer")


x, y = T.fmatrix("x"), T.ivector("y")
loss = T.nnet.softmax_crossentropy(logits(x, True), y).mean()
updates = {}
for p, g in zip(parameters, symgraph.grad(loss, parameters)):
    v = symgraph.shared(np.zeros_like(p.get_value()))
    updates[v] = MOMENTUM * v - RATE * g
    updates[p] = p + updates[v]
step = symgraph.function([x, y], loss, updates={**updates, **averages})
told = symgraph.function([x], logits(x, False).argmax(axis=1))


def main(epochs=30):
    """Train; the share of new digits that are told right."""
    for _ in range(epochs):
        order = random.permutation(np.flatnonzero(~new))
        for k in range(0, len(order), BATCH):
            step(images[order[k : k + BATCH]], labels[order[k : k + BATCH]])
    return float((told(images[new]) == labels[new]).mean())


if __name__ == "__main__":
    print(f"told right: {main():.3f}")
