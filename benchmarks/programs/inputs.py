"""The numbers that every side's programs are given; all from one legacy generator, so they are equal under any numpy.

This folder is the import path of the worker processes and runs on Python 3.7 (Theano 1.0.5) as on the newest.
"""

import functools

import numpy as np

FEATURES, CLASSES, HIDDEN, BATCH = 64, 10, 100, 60
RATE, DECAY = 0.1, 1e-4


def digits():
    """A batch the size of scikit-learn's digits: x (60, 64) float64 in [0, 1), y (60,) int32 in 0..9."""
    random = np.random.RandomState(0)
    return random.rand(BATCH, FEATURES), random.randint(0, CLASSES, BATCH).astype("int32")


def layers():
    """First weights of the MLP: (64, 100), (100,), (100, 10), (10,); hidden ones uniform, as in the tutorials."""
    random = np.random.RandomState(1)
    bound = np.sqrt(6.0 / (FEATURES + HIDDEN))
    hidden = random.uniform(-bound, bound, (FEATURES, HIDDEN))
    return hidden, np.zeros(HIDDEN), np.zeros((HIDDEN, CLASSES)), np.zeros(CLASSES)


def sample():
    """One example of the linear regression: x (1,) float64, y a float64 scalar, as rows of an array give them."""
    x = np.random.RandomState(2).randn(20, 1)
    y = 82.199 * x[:, 0] + 66.0
    return x[0], y[0]


def vectors(size):
    """Two vectors of `size` float64."""
    random = np.random.RandomState(3)
    return random.rand(size), random.rand(size)


def small_vectors():
    """Two vectors of 10 float64 for the long chains: small values and ones, so that no gradient vanishes."""
    return np.linspace(-0.1, 0.1, 10), np.ones(10)


def step_of_chain(index):
    """A constant for operation `index` of a chain: all differ, and none is one that a rule removes."""
    return (1e-3 if index % 2 else -1e-3) * (1.0 + 1e-4 * index)


def valley():
    """A point for the Rosenbrock function of 200 variables."""
    return [np.random.RandomState(4).uniform(-1.5, 1.5, 200)]


def regression():
    """50 parameters, 1,000 rows of 50 numbers, labels 0 and 1 as floats."""
    random = np.random.RandomState(5)
    return 0.1 * random.randn(50), random.randn(1000, 50), (random.rand(1000) > 0.5).astype("float64")


def sparse_product(format, lines, stored, columns):
    """A sparse matrix of `lines` rows and columns, with about `stored` elements a row; a dense matrix, or a vector where columns is 0."""
    import scipy.sparse

    random = np.random.RandomState(4)
    places = np.repeat(np.arange(lines), stored), random.randint(0, lines, lines * stored)
    x = scipy.sparse.coo_matrix((random.rand(lines * stored), places), shape=(lines, lines)).asformat(format)
    x.sum_duplicates()
    return x, random.rand(lines, columns) if columns else random.rand(lines)


def matrices(operation, shape):
    """Well-conditioned symmetric matrices of a shape (..., n, n), and for "solve" one right side each; any ones for factors that need no more."""
    random = np.random.RandomState(6)
    a = random.rand(*shape)
    if operation not in ("svd", "lu_factor"):
        a = np.matmul(a, np.swapaxes(a, -1, -2)) + np.eye(shape[-1])
    return (a, random.rand(*shape[:-1], 1)) if operation == "solve" else (a,)


def table(rows, columns, count):
    """A table (a vector for 0 columns), places in it in no order, of which many stand twice, and a row for each of them."""
    random = np.random.RandomState(3)
    shape = (columns,) if columns else ()
    return random.uniform(size=(rows, *shape)), random.randint(0, rows, count), random.uniform(size=(count, *shape))


@functools.lru_cache(maxsize=1)  # one of 1e7 numbers takes longer to draw than to measure
def elements(dtype, *shape):
    """Numbers that no product of them leaves the range of, in any order."""
    return (1 + 1e-7 * np.random.RandomState(6).randn(*shape)).astype(dtype)


def squares(n):
    """Two n by n matrices of numbers in (0.1, 0.9), where all functions of one or two numbers are defined."""
    random = np.random.RandomState(9)
    return random.uniform(0.1, 0.9, (n, n)), random.uniform(0.1, 0.9, (n, n))


def normal(dtype, *shape):
    """Numbers that all differ, of a normal distribution."""
    return np.random.RandomState(7).randn(*shape).astype(dtype)


def images(batch, channels, size, filters, kernel, groups, pad):
    """Images, filters, and the gradient of a cost by their convolution, of single precision."""
    random = np.random.RandomState(8)
    shapes = (batch, channels, size, size), (filters, channels // groups, kernel, kernel), (batch, filters, *[size + 2 * pad - kernel + 1] * 2)
    return [random.uniform(-1, 1, shape).astype("float32") for shape in shapes]


def lenet():
    """First weights of Torch7's convolutional network (two layers of 5 x 5, 32 and 64 maps, 200 hidden units), and a batch of 32 digits with labels;
    single precision."""
    random = np.random.RandomState(9)
    shapes = (32, 1, 5, 5), (32,), (64, 32, 5, 5), (64,), (1024, 200), (200,), (200, 10), (10,)
    weights = [random.uniform(-1, 1, shape) / np.sqrt(25 * shape[1] if len(shape) == 4 else shape[0]) for shape in shapes]
    images = random.uniform(0, 1, (32, 1, 28, 28)), random.randint(0, 10, 32).astype("int32")
    return [w.astype("float32") for w in weights], images[0].astype("float32"), images[1]


def embedding(rows, width, count):
    """A table, the rows that a step reads, which may come twice, and what the sum of these is weighted by."""
    random = np.random.RandomState(5)
    draw = lambda *sizes: random.uniform(-1, 1, sizes).astype("float32")
    return draw(rows, width), random.randint(0, rows, count), draw(count, width)


def network(name, *shape):
    """What a part of a network takes: float32; a scale and an offset for normalisations, labels, or three arrays."""
    random = np.random.RandomState(4)
    draw = lambda *sizes: random.uniform(-1, 1, sizes).astype("float32")
    x = draw(*shape)
    if name == "attention":
        return x, draw(*shape), draw(*shape), draw(*shape)
    if name == "cross_entropy":
        return x, random.randint(0, shape[1], shape[0]).astype("int32")
    if name == "softmax":
        return x, draw(*shape)
    return x, draw(shape[1]), draw(shape[1]), draw(*shape)
