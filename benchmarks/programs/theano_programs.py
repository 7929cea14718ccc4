"""The programs in Theano 1.0.5 (Python 3.7): the forms of its tutorials."""

import graph_loops
import inputs
import numpy
import theano
import theano.tensor as T


def versions():
    return {"Theano": theano.__version__, "numpy": numpy.__version__}


def warm():
    """A function unlike all others, so that packages are loaded before the clock of compilation starts."""
    x, y = T.dvectors("x", "y")
    result = (T.exp(x) - y / 3.0).sum()
    yield
    yield theano.function([x, y], result), inputs.vectors(7)


def add():
    x, y = T.dscalars("x", "y")
    result = x + y
    yield
    yield theano.function([x, y], result), (1.5, 10.0)


def linear_regression():
    x, y = T.dvector("x"), T.dscalar("y")
    w, b = theano.shared(0.0, name="w"), theano.shared(0.0, name="b")
    output = w * x + b
    cost = T.mean((output - y) ** 2)
    gw, gb = T.grad(cost, [w, b])
    yield
    yield theano.function([x, y], output, updates={w: w - 0.1 * gw, b: b - 0.1 * gb}), inputs.sample()


def logistic():
    x, y = T.dmatrix("x"), T.ivector("y")
    w = theano.shared(inputs.layers()[2][: inputs.FEATURES], name="w")
    b = theano.shared(inputs.layers()[3], name="b")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, w) + b), y).mean()
    updates = [(p, p - inputs.RATE * g) for p, g in zip([w, b], T.grad(cost, [w, b]))]
    yield
    yield theano.function([x, y], cost, updates=updates), inputs.digits()


def mlp():
    x, y = T.dmatrix("x"), T.ivector("y")
    parameters = [theano.shared(value) for value in inputs.layers()]
    w1, b1, w2, b2 = parameters
    hidden = T.tanh(T.dot(x, w1) + b1)
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(hidden, w2) + b2), y).mean()
    cost = cost + inputs.DECAY * ((w1**2).sum() + (w2**2).sum())
    updates = [(p, p - inputs.RATE * g) for p, g in zip(parameters, T.grad(cost, parameters))]
    yield
    yield theano.function([x, y], cost, updates=updates), inputs.digits()


def links(x, w, size):
    for index in range(0, size, 3):
        x = (T.sin(x) * w if index % 2 == 0 else T.sin(x * w)) + inputs.step_of_chain(index)
    return x


def chain(size):
    x, w = T.dvectors("x", "w")
    result = links(x, w, size)
    yield
    yield theano.function([x, w], result), inputs.small_vectors()


def deep(size):
    x, w = T.dvectors("x", "w")
    cost = links(x, w, size).sum()
    outputs = [cost] + T.grad(cost, [x, w])
    yield
    yield theano.function([x, w], outputs), inputs.small_vectors()


def weighted_sum(size):
    a, b = T.dvectors("a", "b")
    result = 2 * a + 3 * b
    yield
    yield theano.function([a, b], result), inputs.vectors(size)


def squares(size):
    a, b = T.dvectors("a", "b")
    result = a**2 + b**2 + 2 * a * b
    yield
    yield theano.function([a, b], result), inputs.vectors(size)


def rosenbrock_hessian():
    x = T.dvector("x")
    cost = (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()
    result = theano.gradient.hessian(cost, x)
    yield
    yield theano.function([x], result), inputs.valley()


def likelihoods(w, x, y):
    """The loss of each row."""
    p = T.nnet.sigmoid(T.dot(x, w))
    return -(y * T.log(p) + (1 - y) * T.log(1 - p))


def logistic_hessian():
    w, x, y = T.dvector("w"), T.dmatrix("x"), T.dvector("y")
    result = theano.gradient.hessian(likelihoods(w, x, y).mean(), w)
    yield
    yield theano.function([w, x, y], result), inputs.regression()


def logistic_jacobian():
    w, x, y = T.dvector("w"), T.dmatrix("x"), T.dvector("y")
    result = theano.gradient.jacobian(likelihoods(w, x, y), w)
    yield
    yield theano.function([w, x, y], result), inputs.regression()


def sparse_product(format, lines, stored, columns):
    import theano.sparse as sparse

    x, y = sparse.matrix(format, "x", "float64"), T.dmatrix("y") if columns else T.dvector("y")
    result = sparse.dot(x, y)
    yield
    yield theano.function([x, y], result), inputs.sparse_product(format, lines, stored, columns)


def sparse_gradient(format, lines, stored, columns):
    import theano.sparse as sparse

    x, y = sparse.matrix(format, "x", "float64"), T.dmatrix("y")
    result = theano.grad((sparse.structured_dot(x, y) ** 2).sum(), y)
    yield
    yield theano.function([x, y], result), inputs.sparse_product(format, lines, stored, columns)


def linear_algebra(operation, *shape):
    from theano.tensor import nlinalg, slinalg

    a, b = T.dmatrices("a", "b")
    given = [a, b] if operation == "solve" else [a]
    functions = {"inv": nlinalg.matrix_inverse, "det": nlinalg.det, "cholesky": slinalg.cholesky, "solve": slinalg.solve,
                 "pinv": nlinalg.pinv, "svd": nlinalg.svd, "eigvalsh": lambda x: nlinalg.eigh(x)[0]}
    result = functions[operation](*given)
    yield
    yield theano.function(given, result), inputs.matrices(operation, shape)


def table_function(outputs, sizes):
    make = T.dmatrix if sizes[1] else T.dvector
    x, places, y = make("x"), T.lvector("places"), make("y")
    return theano.function([x, places, y], outputs(x, places, y), on_unused_input="ignore"), inputs.table(*sizes)


def read_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: x[places], sizes)


def add_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: T.inc_subtensor(x[places], y), sizes)


def gradient_of_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: T.grad(((x[places] - y) ** 2).sum(), x), sizes)


def read_mask(*sizes):
    yield
    yield table_function(lambda x, places, y: y[(y > 0.5).nonzero()], sizes)
def reduction(name, dtype, axis, *shape):
    x = T.TensorType(dtype, (False,) * len(shape))()
    result = getattr(T, name)(x, axis=axis)
    yield
    yield theano.function([x], result), [inputs.elements(dtype, *shape)]


def convolution(which, batch, channels, size, filters, kernel, groups, pad):
    x, w, g = (T.TensorType("float32", (False,) * 4)() for _ in "xwg")
    y = T.nnet.conv2d(x, w, border_mode=pad, num_groups=groups, filter_flip=False)
    by_x, by_w = theano.grad(None, [x, w], known_grads={y: g})
    yield
    result = {"forward": y, "by images": by_x, "by filters": by_w}[which]
    yield theano.function([x, w, g], result, on_unused_input="ignore"), inputs.images(batch, channels, size, filters, kernel, groups, pad)


def pooling(which, batch, channels, size):
    from theano.tensor.signal.pool import pool_2d

    x, g = (T.TensorType("float32", (False,) * 4)() for _ in "xg")
    y = pool_2d(x, (2, 2), ignore_border=True, mode="max")
    result = y if which == "forward" else theano.grad(None, x, known_grads={y: g})
    yield
    yield theano.function([x, g], result, on_unused_input="ignore"), inputs.images(batch, channels, size, channels, size // 2 + 1, 1, 0)[::2]


def lenet():
    from theano.tensor.signal.pool import pool_2d

    weights, *given = inputs.lenet()
    parameters = [theano.shared(w) for w in weights]
    x, y = T.ftensor4("x"), T.ivector("y")
    h = x
    for w, b in (parameters[:2], parameters[2:4]):
        h = pool_2d(T.tanh(T.nnet.conv2d(h, w, filter_flip=False) + b.dimshuffle("x", 0, "x", "x")), (2, 2), ignore_border=True)
    w1, b1, w2, b2 = parameters[4:]
    hidden = T.tanh(T.dot(h.flatten(2), w1) + b1)
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(hidden, w2) + b2), y).mean()
    rate = T.constant(inputs.RATE, dtype="float32")
    updates = [(p, p - rate * g) for p, g in zip(parameters, theano.grad(cost, parameters))]
    yield
    yield theano.function([x, y], cost, updates=updates), given


def ordering(name, dtype, *shape):
    x = T.TensorType(dtype, (False,) * len(shape))()
    functions = {
        "sort": T.sort,
        "argsort": T.argsort,
        "topk": lambda x: T.topk(x, 10, sorted=False).sum(axis=-1),
        "cumsum": lambda x: T.extra_ops.cumsum(x, axis=x.ndim - 1),
    }
    result = functions[name](x)
    yield
    yield theano.function([x], result), [inputs.normal(dtype, *shape)]


def draw(kind, dtype, count):
    from theano.sandbox.rng_mrg import MRG_RandomStreams

    result = getattr(MRG_RandomStreams(1), kind)((count,), dtype=dtype)
    yield
    yield theano.function([], result), []


logistic_map, ar2, horner, power, nested, many, recurrent = graph_loops.programs(
    theano.function, theano.shared, theano.grad, theano.scan, T, T.nnet.sigmoid)
