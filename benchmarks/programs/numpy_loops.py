"""The matrix products of recurrent networks and nothing else: the limit that they are held against."""

import loop_inputs
import numpy as np


def recurrent(kind, hidden, batch, steps, dtype, trained):
    x, (W, U, _) = loop_inputs.cell(kind, hidden, batch, steps, dtype)
    width = W.shape[1]
    h, gates = np.zeros((batch, hidden), dtype), np.zeros((batch, width), dtype)
    rows, all_gates = np.zeros((steps * batch, hidden), dtype), np.zeros((steps * batch, width), dtype)

    def call(x):
        flat = x.reshape(-1, hidden)
        flat @ W
        for _ in range(steps):
            np.dot(h, U, out=gates)
        if trained:
            for _ in range(steps):
                np.dot(gates, U.T, out=h)
            flat.T @ all_gates
            rows.T @ all_gates
        return gates[0, 0]

    yield
    yield call, (x,)
