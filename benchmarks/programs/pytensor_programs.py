"""The programs in PyTensor, for both of its linkers: as Theano's, but cross entropy is written with log_softmax."""

import graph_loops
import inputs
import numpy
import pytensor
import pytensor.tensor as T
from pytensor.tensor.special import log_softmax


def versions():
    import numba

    return {"PyTensor": pytensor.__version__, "numpy": numpy.__version__, "numba": numba.__version__}


def cross_entropy(scores, labels):
    return -T.mean(log_softmax(scores, axis=1)[T.arange(labels.shape[0]), labels])


def warm():
    """A function unlike all others, so that packages are loaded before the clock of compilation starts."""
    x, y = T.dvectors("x", "y")
    result = (T.exp(x) - y / 3.0).sum()
    yield
    yield pytensor.function([x, y], result), inputs.vectors(7)


def add():
    x, y = T.dscalars("x", "y")
    result = x + y
    yield
    yield pytensor.function([x, y], result), (1.5, 10.0)


def linear_regression():
    x, y = T.dvector("x"), T.dscalar("y")
    w, b = pytensor.shared(0.0, name="w"), pytensor.shared(0.0, name="b")
    output = w * x + b
    cost = T.mean((output - y) ** 2)
    gw, gb = pytensor.grad(cost, [w, b])
    yield
    yield pytensor.function([x, y], output, updates={w: w - 0.1 * gw, b: b - 0.1 * gb}), inputs.sample()


def logistic():
    x, y = T.dmatrix("x"), T.ivector("y")
    w = pytensor.shared(inputs.layers()[2][: inputs.FEATURES], name="w")
    b = pytensor.shared(inputs.layers()[3], name="b")
    cost = cross_entropy(T.dot(x, w) + b, y)
    updates = [(p, p - inputs.RATE * g) for p, g in zip([w, b], pytensor.grad(cost, [w, b]))]
    yield
    yield pytensor.function([x, y], cost, updates=updates), inputs.digits()


def mlp():
    x, y = T.dmatrix("x"), T.ivector("y")
    parameters = [pytensor.shared(value) for value in inputs.layers()]
    w1, b1, w2, b2 = parameters
    hidden = T.tanh(T.dot(x, w1) + b1)
    cost = cross_entropy(T.dot(hidden, w2) + b2, y)
    cost = cost + inputs.DECAY * ((w1**2).sum() + (w2**2).sum())
    updates = [(p, p - inputs.RATE * g) for p, g in zip(parameters, pytensor.grad(cost, parameters))]
    yield
    yield pytensor.function([x, y], cost, updates=updates), inputs.digits()


def links(x, w, size):
    for index in range(0, size, 3):
        x = (T.sin(x) * w if index % 2 == 0 else T.sin(x * w)) + inputs.step_of_chain(index)
    return x


def chain(size):
    x, w = T.dvectors("x", "w")
    result = links(x, w, size)
    yield
    yield pytensor.function([x, w], result), inputs.small_vectors()


def deep(size):
    x, w = T.dvectors("x", "w")
    cost = links(x, w, size).sum()
    outputs = [cost] + pytensor.grad(cost, [x, w])
    yield
    yield pytensor.function([x, w], outputs), inputs.small_vectors()


def weighted_sum(size):
    a, b = T.dvectors("a", "b")
    result = 2 * a + 3 * b
    yield
    yield pytensor.function([a, b], result), inputs.vectors(size)


def squares(size):
    a, b = T.dvectors("a", "b")
    result = a**2 + b**2 + 2 * a * b
    yield
    yield pytensor.function([a, b], result), inputs.vectors(size)


def rosenbrock_hessian():
    x = T.dvector("x")
    cost = (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()
    result = pytensor.gradient.hessian(cost, x)
    yield
    yield pytensor.function([x], result), inputs.valley()


def likelihoods(w, x, y):
    """The loss of each row."""
    p = T.sigmoid(T.dot(x, w))
    return -(y * T.log(p) + (1 - y) * T.log(1 - p))


def logistic_hessian():
    w, x, y = T.dvector("w"), T.dmatrix("x"), T.dvector("y")
    result = pytensor.gradient.hessian(likelihoods(w, x, y).mean(), w)
    yield
    yield pytensor.function([w, x, y], result), inputs.regression()


def logistic_jacobian():
    w, x, y = T.dvector("w"), T.dmatrix("x"), T.dvector("y")
    result = pytensor.gradient.jacobian(likelihoods(w, x, y), w)
    yield
    yield pytensor.function([w, x, y], result), inputs.regression()


def sparse_product(format, lines, stored, columns):
    import pytensor.sparse as sparse

    x, y = sparse.matrix(format, "x", "float64"), T.dmatrix("y") if columns else T.dvector("y")
    result = sparse.dot(x, y)
    yield
    yield pytensor.function([x, y], result), inputs.sparse_product(format, lines, stored, columns)


def sparse_gradient(format, lines, stored, columns):
    import pytensor.sparse as sparse

    x, y = sparse.matrix(format, "x", "float64"), T.dmatrix("y")
    result = pytensor.grad((sparse.structured_dot(x, y) ** 2).sum(), y)
    yield
    yield pytensor.function([x, y], result), inputs.sparse_product(format, lines, stored, columns)


def linear_algebra(operation, *shape):
    from pytensor.tensor import nlinalg, slinalg

    a, b = (T.tensor(dtype="float64", shape=(None,) * len(shape)) for _ in range(2))
    given = [a, b] if operation == "solve" else [a]
    home = nlinalg if operation in ("inv", "det", "pinv", "svd") else slinalg
    if operation == "eigvalsh":
        result = nlinalg.eigh(a)[0]
    else:
        result = getattr(home, operation)(*given, **({"b_ndim": 2} if operation == "solve" else {}))
    yield
    yield pytensor.function(given, result), inputs.matrices(operation, shape)


def table_function(outputs, sizes):
    make = T.dmatrix if sizes[1] else T.dvector
    x, places, y = make("x"), T.lvector("places"), make("y")
    return pytensor.function([x, places, y], outputs(x, places, y), on_unused_input="ignore"), inputs.table(*sizes)


def read_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: x[places], sizes)


def add_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: T.inc_subtensor(x[places], y), sizes)


def gradient_of_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: pytensor.grad(((x[places] - y) ** 2).sum(), x), sizes)


def read_mask(*sizes):
    yield
    yield table_function(lambda x, places, y: y[(y > 0.5).nonzero()], sizes)
def reduction(name, dtype, axis, *shape):
    x = T.tensor(dtype=dtype, shape=(None,) * len(shape))
    result = getattr(T, name)(x, axis=axis)
    yield
    yield pytensor.function([x], result), [inputs.elements(dtype, *shape)]


def ordering(name, dtype, *shape):
    x = T.tensor(dtype=dtype, shape=(None,) * len(shape))
    functions = {
        "sort": T.sort,
        "argsort": T.argsort,
        "topk": lambda x: T.sort(x)[..., -10:].sum(axis=-1),
        "cumsum": lambda x: T.extra_ops.cumsum(x, axis=x.ndim - 1),
    }
    result = functions[name](x)
    yield
    yield pytensor.function([x], result), [inputs.normal(dtype, *shape)]


logistic_map, ar2, horner, power, nested, many, recurrent = graph_loops.programs(
    pytensor.function, pytensor.shared, pytensor.grad, pytensor.scan, T, T.sigmoid)
