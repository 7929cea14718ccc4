"""The programs in numba: loops and scalars by @njit, gradients by hand."""

import inputs
import llvmlite
import numba
import numpy as np


def versions():
    return {"numba": numba.__version__, "llvmlite": llvmlite.__version__, "numpy": np.__version__}


def add():
    yield
    yield numba.njit(lambda x, y: x + y), (1.5, 10.0)


def linear_regression():
    @numba.njit
    def step(x, y, state):
        w, b = state
        output = w * x + b
        slope = 2 * (output - y) / output.size
        state[0] = w - 0.1 * (slope * x).sum()
        state[1] = b - 0.1 * slope.sum()
        return output

    yield
    yield step, (*inputs.sample(), np.zeros(2))


def weighted_sum(size):
    @numba.njit
    def loop(a, b):
        out = np.empty_like(a)
        for index in range(len(a)):
            out[index] = 2 * a[index] + 3 * b[index]
        return out

    yield
    yield loop, inputs.vectors(size)


def squares(size):
    @numba.njit
    def loop(a, b):
        out = np.empty_like(a)
        for index in range(len(a)):
            out[index] = a[index] ** 2 + b[index] ** 2 + 2 * a[index] * b[index]
        return out

    yield
    yield loop, inputs.vectors(size)


def ordering(name, dtype, *shape):
    """Vectors alone: numba has neither axes of sort nor rows of cumsum."""
    if len(shape) > 1 or name == "topk":
        raise NotImplementedError("numba: vectors alone")
    function = {"sort": np.sort, "argsort": np.argsort, "cumsum": np.cumsum}[name]
    yield
    yield numba.njit(lambda x: function(x)), [inputs.normal(dtype, *shape)]
