"""The programs in symgraph: Theano's words, so that they differ from theano_programs.py by the import alone."""

import distinct_ops
import graph_loops
import inputs

import symgraph
import symgraph.tensor as T


def versions():
    import llvmlite
    import networkx
    import numpy

    return {
        "symgraph": symgraph.__version__,
        "numpy": numpy.__version__,
        "llvmlite": llvmlite.__version__,
        "networkx": networkx.__version__,
    }


def warm():
    """A function unlike all others, so that packages are loaded before the clock of compilation starts."""
    x, y = T.dvectors("x", "y")
    result = (T.exp(x) - y / 3.0).sum()
    yield
    yield symgraph.function([x, y], result), inputs.vectors(7)


def add():
    x, y = T.dscalars("x", "y")
    result = x + y
    yield
    yield symgraph.function([x, y], result), (1.5, 10.0)


def linear_regression():
    x, y = T.dvector("x"), T.dscalar("y")
    w, b = symgraph.shared(0.0, name="w"), symgraph.shared(0.0, name="b")
    output = w * x + b
    cost = T.mean((output - y) ** 2)
    gw, gb = symgraph.grad(cost, [w, b])
    yield
    yield symgraph.function([x, y], output, updates={w: w - 0.1 * gw, b: b - 0.1 * gb}), inputs.sample()


def logistic():
    x, y = T.dmatrix("x"), T.ivector("y")
    w = symgraph.shared(inputs.layers()[2][: inputs.FEATURES], name="w")
    b = symgraph.shared(inputs.layers()[3], name="b")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, w) + b), y).mean()
    updates = [(p, p - inputs.RATE * g) for p, g in zip([w, b], symgraph.grad(cost, [w, b]))]
    yield
    yield symgraph.function([x, y], cost, updates=updates), inputs.digits()


def mlp():
    x, y = T.dmatrix("x"), T.ivector("y")
    parameters = [symgraph.shared(value) for value in inputs.layers()]
    w1, b1, w2, b2 = parameters
    hidden = T.tanh(T.dot(x, w1) + b1)
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(hidden, w2) + b2), y).mean()
    cost = cost + inputs.DECAY * ((w1**2).sum() + (w2**2).sum())
    updates = [(p, p - inputs.RATE * g) for p, g in zip(parameters, symgraph.grad(cost, parameters))]
    yield
    yield symgraph.function([x, y], cost, updates=updates), inputs.digits()


def links(x, w, size):
    for index in range(0, size, 3):
        x = (T.sin(x) * w if index % 2 == 0 else T.sin(x * w)) + inputs.step_of_chain(index)
    return x


def chain(size):
    x, w = T.dvectors("x", "w")
    result = links(x, w, size)
    yield
    yield symgraph.function([x, w], result), inputs.small_vectors()


def deep(size):
    x, w = T.dvectors("x", "w")
    cost = links(x, w, size).sum()
    outputs = [cost] + symgraph.grad(cost, [x, w])
    yield
    yield symgraph.function([x, w], outputs), inputs.small_vectors()


def many_ops(count):
    x, y = T.dmatrices("x", "y")
    named = distinct_ops.outputs(T, x, y)[:count]
    assert len({name for name, _ in named}) == count
    outputs = [part for _, found in named for part in (found if isinstance(found, (list, tuple)) else [found])]
    yield
    yield symgraph.function([x, y], outputs), inputs.squares(16)


def weighted_sum(size):
    a, b = T.dvectors("a", "b")
    result = 2 * a + 3 * b
    yield
    yield symgraph.function([a, b], result), inputs.vectors(size)


def squares(size):
    a, b = T.dvectors("a", "b")
    result = a**2 + b**2 + 2 * a * b
    yield
    yield symgraph.function([a, b], result), inputs.vectors(size)


def rosenbrock_hessian():
    x = T.dvector("x")
    cost = (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()
    result = symgraph.hessian(cost, x)
    yield
    yield symgraph.function([x], result), inputs.valley()


def likelihoods(w, x, y):
    """The loss of each row."""
    p = T.nnet.sigmoid(T.dot(x, w))
    return -(y * T.log(p) + (1 - y) * T.log(1 - p))


def logistic_hessian():
    w, x, y = T.dvector("w"), T.dmatrix("x"), T.dvector("y")
    result = symgraph.hessian(likelihoods(w, x, y).mean(), w)
    yield
    yield symgraph.function([w, x, y], result), inputs.regression()


def logistic_jacobian():
    w, x, y = T.dvector("w"), T.dmatrix("x"), T.dvector("y")
    result = symgraph.jacobian(likelihoods(w, x, y), w)
    yield
    yield symgraph.function([w, x, y], result), inputs.regression()


def sparse_product(format, lines, stored, columns):
    import symgraph.sparse as sparse

    x, y = sparse.matrix(format, "x", "float64"), T.dmatrix("y") if columns else T.dvector("y")
    result = sparse.dot(x, y)
    yield
    yield symgraph.function([x, y], result), inputs.sparse_product(format, lines, stored, columns)


def sparse_gradient(format, lines, stored, columns):
    import symgraph.sparse as sparse

    x, y = sparse.matrix(format, "x", "float64"), T.dmatrix("y")
    result = symgraph.grad((sparse.structured_dot(x, y) ** 2).sum(), y)
    yield
    yield symgraph.function([x, y], result), inputs.sparse_product(format, lines, stored, columns)


def linear_algebra(operation, *shape):
    from symgraph.tensor import linalg

    a, b = (T.tensor("float64", shape=(None,) * len(shape)) for _ in range(2))
    given = [a, b] if operation == "solve" else [a]
    result = getattr(linalg, operation)(*given)
    yield
    yield symgraph.function(given, result), inputs.matrices(operation, shape)


def table_function(outputs, sizes):
    make = T.dmatrix if sizes[1] else T.dvector
    x, places, y = make("x"), T.lvector("places"), make("y")
    return symgraph.function([x, places, y], outputs(x, places, y), on_unused_input="ignore"), inputs.table(*sizes)


def read_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: x[places], sizes)


def add_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: T.inc_subtensor(x[places], y), sizes)


def gradient_of_rows(*sizes):
    yield
    yield table_function(lambda x, places, y: symgraph.grad(((x[places] - y) ** 2).sum(), x), sizes)


def read_mask(*sizes):
    yield
    yield table_function(lambda x, places, y: y[(y > 0.5).nonzero()], sizes)
def reduction(name, dtype, axis, *shape):
    x = T.tensor(dtype, shape=(None,) * len(shape))
    result = getattr(T, name)(x, axis=axis)
    yield
    yield symgraph.function([x], result), [inputs.elements(dtype, *shape)]


def convolution(which, batch, channels, size, filters, kernel, groups, pad):
    x, w, g = (T.tensor("float32", shape=(None,) * 4) for _ in "xwg")
    y = T.nnet.conv2d(x, w, border_mode=pad, num_groups=groups, filter_flip=False)
    by_x, by_w = symgraph.grad(None, [x, w], known_grads={y: g})
    yield
    yield symgraph.function([x, w, g], {"forward": y, "by images": by_x, "by filters": by_w}[which], on_unused_input="ignore"), inputs.images(
        batch, channels, size, filters, kernel, groups, pad)


def pooling(which, batch, channels, size):
    x, g = (T.tensor("float32", shape=(None,) * 4) for _ in "xg")
    y = T.signal.pool.pool_2d(x, (2, 2), ignore_border=True, mode="max")
    result = y if which == "forward" else symgraph.grad(None, x, known_grads={y: g})
    yield
    yield symgraph.function([x, g], result, on_unused_input="ignore"), inputs.images(batch, channels, size, channels, size // 2 + 1, 1, 0)[::2]


def lenet():
    weights, *given = inputs.lenet()
    parameters = [symgraph.shared(w) for w in weights]
    x, y = T.ftensor4("x"), T.ivector("y")
    h = x
    for w, b in (parameters[:2], parameters[2:4]):
        h = T.signal.pool.pool_2d(T.tanh(T.nnet.conv2d(h, w, filter_flip=False) + b.dimshuffle("x", 0, "x", "x")), (2, 2), ignore_border=True)
    w1, b1, w2, b2 = parameters[4:]
    hidden = T.tanh(T.dot(h.flatten(2), w1) + b1)
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(hidden, w2) + b2), y).mean()
    rate = T.constant(inputs.RATE, dtype="float32")
    updates = [(p, p - rate * g) for p, g in zip(parameters, symgraph.grad(cost, parameters))]
    yield
    yield symgraph.function([x, y], cost, updates=updates), given


def ordering(name, dtype, *shape):
    x = T.tensor(dtype, shape=(None,) * len(shape))
    functions = {
        "sort": T.sort,
        "argsort": T.argsort,
        "topk": lambda x: T.topk(x, 10).sum(axis=-1),
        "median": lambda x: T.median(x, axis=-1),
        "cumsum": lambda x: T.cumsum(x, axis=-1),
    }
    result = functions[name](x)
    yield
    yield symgraph.function([x], result), [inputs.normal(dtype, *shape)]


def draw(kind, dtype, count):
    stream = symgraph.random.RandomStreams(0)
    given = {"gamma": [0.7], "poisson": [30.0], "integers": [0, 1000]}.get(kind, [])
    result = getattr(stream, kind)((count,), *given, dtype=None if kind == "poisson" else dtype)
    yield
    yield symgraph.function([], result), []


logistic_map, ar2, horner, power, nested, many, recurrent = graph_loops.programs(
    symgraph.function, symgraph.shared, symgraph.grad, symgraph.scan, T, T.nnet.sigmoid)


def embedding(*sizes):
    values, *given = inputs.embedding(*sizes)
    table = symgraph.shared(values)
    rows, weights = T.lvector("rows"), T.fmatrix("weights")
    cost = (T.nnet.embedding(table, rows) * weights).sum()
    yield
    slopes = symgraph.grad(cost, table)
    yield symgraph.function([rows, weights], cost, updates=[(table, table - T.constant(inputs.RATE, dtype="float32") * slopes)]), given


def network(name, *shape):
    given = inputs.network(name, *shape)
    taken = [T.tensor(a.dtype.name, shape=[None] * a.ndim) for a in given]
    x, *others = taken
    if name == "attention":
        out, wrt = T.nnet.attention(*taken[:3], scale=shape[1] ** -0.5), taken[:3]
    elif name == "softmax":
        out, wrt = T.nnet.softmax(x), [x]
    elif name == "cross_entropy":
        out, wrt = T.nnet.softmax_crossentropy(x, others[0]), [x]
    elif name == "layer_norm":
        out, wrt = T.nnet.layer_normalization(x, *others[:2]), taken[:3]
    else:
        out, wrt = T.nnet.bn.batch_normalization_train(x, *others[:2], axes="spatial", epsilon=1e-5)[0], taken[:3]
    cost = out.mean() if name == "cross_entropy" else (out * taken[-1]).sum()
    yield
    yield symgraph.function(taken, [out, *symgraph.grad(cost, wrt)]), given
