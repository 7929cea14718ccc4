"""The programs in plain numpy, gradients by hand: what one would write without any of the others, and the judge of
results.
"""

import inputs
import numpy as np
import numpy_loops


def versions():
    return {"numpy": np.__version__}


def add():
    yield
    yield lambda x, y: x + y, (1.5, 10.0)


def linear_regression():
    w = b = 0.0

    def step(x, y):
        nonlocal w, b
        output = w * x + b
        slope = 2 * (output - y) / output.size
        w, b = w - 0.1 * (slope * x).sum(), b - 0.1 * slope.sum()
        return output

    yield
    yield step, inputs.sample()


def cross_entropy(scores, labels):
    """Mean cross entropy and its gradient by the scores."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    gradient = np.exp(logarithms)
    gradient[rows, labels] -= 1
    return -logarithms[rows, labels].mean(), gradient / len(labels)


def logistic():
    w, b = inputs.layers()[2][: inputs.FEATURES].copy(), inputs.layers()[3]

    def step(x, y):
        cost, slope = cross_entropy(x @ w + b, y)
        w[...] -= inputs.RATE * (x.T @ slope)
        b[...] -= inputs.RATE * slope.sum(axis=0)
        return cost

    yield
    yield step, inputs.digits()


def mlp():
    w1, b1, w2, b2 = inputs.layers()

    def step(x, y):
        hidden = np.tanh(x @ w1 + b1)
        cost, slope = cross_entropy(hidden @ w2 + b2, y)
        cost += inputs.DECAY * ((w1**2).sum() + (w2**2).sum())
        below = slope @ w2.T * (1 - hidden**2)
        for parameter, gradient in (
            (w2, hidden.T @ slope + 2 * inputs.DECAY * w2),
            (b2, slope.sum(axis=0)),
            (w1, x.T @ below + 2 * inputs.DECAY * w1),
            (b1, below.sum(axis=0)),
        ):
            parameter -= inputs.RATE * gradient
        return cost

    yield
    yield step, inputs.digits()


def chain(size):
    yield
    yield lambda x, w: forward(x, w, size)[-1], inputs.small_vectors()


def forward(x, w, size):
    """All values between the links of a chain."""
    values = [x]
    for index in range(0, size, 3):
        x = (np.sin(x) * w if index % 2 == 0 else np.sin(x * w)) + inputs.step_of_chain(index)
        values.append(x)
    return values


def deep(size):
    def outputs(x, w):
        values = forward(x, w, size)
        slope, slope_w = np.ones_like(x), np.zeros_like(w)
        for index in reversed(range(0, size, 3)):
            before = values[index // 3]
            if index % 2 == 0:
                slope_w = slope_w + slope * np.sin(before)
                slope = slope * w * np.cos(before)
            else:
                inner = slope * np.cos(before * w)
                slope_w = slope_w + inner * before
                slope = inner * w
        return [values[-1].sum(), slope, slope_w]

    yield
    yield outputs, inputs.small_vectors()


def weighted_sum(size):
    yield
    yield lambda a, b: 2 * a + 3 * b, inputs.vectors(size)


def squares(size):
    yield
    yield lambda a, b: a**2 + b**2 + 2 * a * b, inputs.vectors(size)


def rosenbrock_hessian():
    def hessian(x):
        result = np.zeros((len(x), len(x)))
        inner = np.arange(len(x) - 1)
        result[inner, inner] = 1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0
        result[inner + 1, inner + 1] += 200.0
        result[inner, inner + 1] = result[inner + 1, inner] = -400.0 * x[:-1]
        return result

    yield
    yield hessian, inputs.valley()


def logistic_hessian():
    def hessian(w, x, y):
        p = 1.0 / (1.0 + np.exp(-(x @ w)))
        return (x.T * (p * (1 - p) / len(y))) @ x

    yield
    yield hessian, inputs.regression()


def logistic_jacobian():
    def jacobian(w, x, y):
        p = 1.0 / (1.0 + np.exp(-(x @ w)))
        return (p - y)[:, None] * x

    yield
    yield jacobian, inputs.regression()


def sparse_product(format, lines, stored, columns):
    yield
    yield lambda x, y: x @ y, inputs.sparse_product(format, lines, stored, columns)


def sparse_gradient(format, lines, stored, columns):
    yield
    yield lambda x, y: x.T @ (2 * (x @ y)), inputs.sparse_product(format, lines, stored, columns)


def linear_algebra(operation, *shape):
    yield
    yield getattr(np.linalg, operation), inputs.matrices(operation, shape)


def read_rows(*sizes):
    yield
    yield lambda x, places, y: x[places], inputs.table(*sizes)


def add_rows(*sizes):
    def added(x, places, y):
        out = x.copy()
        np.add.at(out, places, y)
        return out

    yield
    yield added, inputs.table(*sizes)


def gradient_of_rows(*sizes):
    def gradient(x, places, y):
        out = np.zeros_like(x)
        np.add.at(out, places, 2 * (x[places] - y))
        return out

    yield
    yield gradient, inputs.table(*sizes)


def read_mask(*sizes):
    yield
    yield lambda x, places, y: y[y > 0.5], inputs.table(*sizes)
def reduction(name, dtype, axis, *shape):
    yield
    yield lambda x: getattr(np, name)(x, axis=axis), [inputs.elements(dtype, *shape)]


def ordering(name, dtype, *shape):
    """topk: the ten largest places, in no order; the largest is compared."""
    functions = {
        "sort": np.sort,
        "argsort": np.argsort,
        "topk": lambda x: np.partition(x, x.shape[-1] - 10, axis=-1)[..., -10:].sum(axis=-1),
        "median": lambda x: np.median(x, axis=-1),
        "cumsum": lambda x: np.cumsum(x, axis=-1, dtype=x.dtype),
    }
    yield
    yield functions[name], [inputs.normal(dtype, *shape)]


def draw(kind, dtype, count):
    generator = np.random.default_rng(0)
    functions = {"uniform": generator.random, "normal": generator.standard_normal, "exponential": generator.standard_exponential}
    functions["gamma"] = lambda n, dtype: generator.standard_gamma(0.7, n, dtype)
    functions["poisson"] = lambda n, dtype: generator.poisson(30.0, n)
    functions["integers"] = lambda n, dtype: generator.integers(0, 1000, n, dtype)
    yield
    yield lambda: functions[kind](count, dtype=dtype), []


recurrent = numpy_loops.recurrent
