"""Linear regression in two slides: online gradient descent, one pass over the data.

The deck's own run had no random_state, so its data cannot be made again; this seed gives data with the true coefficient that
the deck printed. Another seed, or another number of examples, may be given: theano_example_2.py [SEED [N_SAMPLES]].
"""

import sys
from collections import OrderedDict

from sklearn.datasets import make_regression

import symgraph
import symgraph.tensor as T

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 3153540626
n_samples = int(sys.argv[2]) if len(sys.argv) > 2 else 20

# parameters of the model
w = symgraph.shared(0.0, name="w")
b = symgraph.shared(0.0, name="b")

# the model and its loss
x = T.vector("x")
y = T.scalar("y")
output = w * x + b
loss = T.mean((output - y) ** 2)

# one step of gradient descent
gw, gb = T.grad(loss, [w, b])
updates = OrderedDict()
updates[w] = w - 0.1 * gw
updates[b] = b - 0.1 * gb
f = symgraph.function([x, y], output, updates=updates)

X, y, true_w = make_regression(n_samples=n_samples, n_features=1, coef=True, random_state=seed, bias=66.0)
for i in range(n_samples):
    prediction = f(X[i], y[i])

print(f"True coefficient {true_w:.03f} bias {66.0:.03f}")
print(f"Estimated coefficient {w.get_value():.03f} bias {b.get_value():.03f}")
