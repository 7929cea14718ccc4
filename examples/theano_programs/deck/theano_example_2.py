from collections import OrderedDict

import theano
from sklearn.datasets import make_regression
from theano import tensor as T

# model parameters
w = theano.shared(0., name='w')
b = theano.shared(0., name='b')

# model
x = T.vector('x')
y = T.scalar('y')
output = w * x + b
loss = T.mean((output - y) ** 2)

# gradients and updates
gw, gb = T.grad(loss, [w, b])
updates = OrderedDict()
updates[w] = w - 0.1 * gw
updates[b] = b - 0.1 * gb
f = theano.function([x, y], output, updates=updates)

# the deck gives no random_state, so its own numbers cannot be had again; this one has its true coefficient
X, y, coef = make_regression(n_samples=20, n_features=1, coef=True, bias=66., random_state=3153540626)
for i in range(20):
    prediction = f(X[i], y[i])

print('True coefficient %.03f bias %.03f' % (coef, 66.))
print('Estimated coefficient {:.03f} bias {:.03f}'.format(w.get_value(), b.get_value()))
