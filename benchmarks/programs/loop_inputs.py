"""The numbers that programs with loops start from; the same for every side."""

import numpy as np

GATES = {"elman": 1, "gru": 3, "lstm": 4}
RATE = 1e-6  # the sum of all squares is large: at 0.01 the networks were saturated after some steps, and derivatives denormal numbers


def series(steps):
    """A vector of that many numbers."""
    return np.random.RandomState(1).normal(size=steps)


def numbers(size):
    """Numbers near 1, whose powers stay finite."""
    return np.linspace(0.99, 1.01, size)


def cell(kind, hidden, batch, steps, dtype):
    """(x of steps by batch by hidden, [W, U, b]) of a recurrent network; the gates stand side by side."""
    random = np.random.RandomState(2)
    width = GATES[kind] * hidden
    x = random.normal(size=(steps, batch, hidden)).astype(dtype)
    weights = [random.normal(size=(hidden, width)) / hidden**0.5 for _ in range(2)]
    return x, [weight.astype(dtype) for weight in weights] + [np.zeros(width, dtype)]
