"""A network with one hidden layer on scikit-learn's digits."""

import numpy as np
from sklearn.datasets import load_digits

import symgraph
import symgraph.tensor as T

digits = load_digits()
order = np.random.RandomState(0).permutation(len(digits.target))
data, target = (digits.data / 16.0)[order], digits.target[order].astype("int32")
train, test = slice(0, 1437), slice(1437, None)

random = np.random.RandomState(1)
n_hidden = 64


def layer(n_in, n_out, name):
    """Shared weights and bias of one layer, after Glorot and Bengio (2010)."""
    bound = np.sqrt(6.0 / (n_in + n_out))
    return symgraph.shared(random.uniform(-bound, bound, (n_in, n_out)), name=f"W_{name}"), symgraph.shared(np.zeros(n_out), name=f"b_{name}")


x = T.matrix("x")
y = T.ivector("y")
W1, b1 = layer(64, n_hidden, "hidden")
W2, b2 = layer(n_hidden, 10, "output")
parameters = [W1, b1, W2, b2]

hidden = T.tanh(T.dot(x, W1) + b1)
p = T.nnet.softmax(T.dot(hidden, W2) + b2)
loss = T.mean(T.nnet.categorical_crossentropy(p, y)) + 1e-4 * ((W1**2).sum() + (W2**2).sum())
error = T.mean(T.neq(T.argmax(p, axis=1), y))

updates = [(parameter, parameter - 0.2 * gradient) for parameter, gradient in zip(parameters, T.grad(loss, parameters))]
step = symgraph.function([x, y], loss, updates=updates)
test_error = symgraph.function([x, y], error)

for epoch in range(10):
    losses = [step(data[train][i : i + 32], target[train][i : i + 32]) for i in range(0, 1437, 32)]
    print(f"epoch {epoch}: loss {np.mean(losses):.4f}, test error {float(test_error(data[test], target[test])):.4f}")

assert test_error(data[test], target[test]) < 0.06
