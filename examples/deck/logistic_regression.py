"""Multinomial logistic regression on scikit-learn's digits, by gradient descent on mini-batches."""

import numpy as np
from sklearn.datasets import load_digits

import symgraph
import symgraph.tensor as T

digits = load_digits()
order = np.random.RandomState(0).permutation(len(digits.target))
data, target = (digits.data / 16.0)[order], digits.target[order].astype("int32")
train, test = slice(0, 1437), slice(1437, None)

x = T.matrix("x")
y = T.ivector("y")
W = symgraph.shared(np.zeros((64, 10)), name="W")
b = symgraph.shared(np.zeros(10), name="b")

p = T.nnet.softmax(T.dot(x, W) + b)
loss = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
error = T.mean(T.neq(T.argmax(p, axis=1), y))

gW, gb = T.grad(loss, [W, b])
step = symgraph.function([x, y], loss, updates=[(W, W - 0.5 * gW), (b, b - 0.5 * gb)])
test_error = symgraph.function([x, y], error)

for epoch in range(10):
    losses = [step(data[train][i : i + 32], target[train][i : i + 32]) for i in range(0, 1437, 32)]
    print(f"epoch {epoch}: loss {np.mean(losses):.4f}, test error {float(test_error(data[test], target[test])):.4f}")

assert test_error(data[test], target[test]) < 0.08
