"""The programs in JAX: jit of a pure step; state is carried by a closure. The graph is traced by the first call, so
it cannot be built before the clock starts: "build" is nothing here and "compile" holds the trace.

Calls of `add` are not waited for one by one (JAX hands out the result before it is there); those of long vectors
are.
"""

import inputs
import jax
import jax.numpy as jnp
import jax_loops
import jaxlib
import numpy


def versions():
    return {"jax": jax.__version__, "jaxlib": jaxlib.__version__, "numpy": numpy.__version__}


def warm():
    yield
    yield jax.jit(lambda x, y: (jnp.exp(x) - y / 3.0).sum()), inputs.vectors(7)


def add():
    yield
    yield jax.jit(lambda x, y: x + y), (1.5, 10.0)


def with_state(step, state):
    """A function of the data alone: `step(state, *data)` gives the new state and the result."""
    compiled = jax.jit(step)

    def call(*data):
        nonlocal state
        state, result = compiled(state, *data)
        return result

    return call


def linear_regression():
    def cost(state, x, y):
        output = state[0] * x + state[1]
        return jnp.mean((output - y) ** 2), output

    def step(state, x, y):
        gradients, output = jax.grad(cost, has_aux=True)(state, x, y)
        return [p - 0.1 * g for p, g in zip(state, gradients)], output

    yield
    yield with_state(step, [0.0, 0.0]), inputs.sample()


def descent(cost):
    """One step of gradient descent on a list of arrays, giving the cost before it."""

    def step(state, x, y):
        value, gradients = jax.value_and_grad(cost)(state, x, y)
        return [p - inputs.RATE * g for p, g in zip(state, gradients)], value

    return step


def cross_entropy(scores, labels):
    return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(labels.shape[0]), labels])


def logistic():
    def cost(state, x, y):
        return cross_entropy(x @ state[0] + state[1], y)

    yield
    yield with_state(descent(cost), [inputs.layers()[2][: inputs.FEATURES], inputs.layers()[3]]), inputs.digits()


def mlp():
    def cost(state, x, y):
        w1, b1, w2, b2 = state
        hidden = jnp.tanh(x @ w1 + b1)
        return cross_entropy(hidden @ w2 + b2, y) + inputs.DECAY * ((w1**2).sum() + (w2**2).sum())

    yield
    yield with_state(descent(cost), list(inputs.layers())), inputs.digits()


def links(x, w, size):
    for index in range(0, size, 3):
        x = (jnp.sin(x) * w if index % 2 == 0 else jnp.sin(x * w)) + inputs.step_of_chain(index)
    return x


def chain(size):
    yield
    yield jax.jit(lambda x, w: links(x, w, size)), inputs.small_vectors()


def deep(size):
    def outputs(x, w):
        cost, gradients = jax.value_and_grad(lambda x, w: links(x, w, size).sum(), argnums=(0, 1))(x, w)
        return [cost, *gradients]

    yield
    yield jax.jit(outputs), inputs.small_vectors()


def waited_for(function):
    compiled = jax.jit(function)
    return lambda a, b: compiled(a, b).block_until_ready()


def weighted_sum(size):
    yield
    yield waited_for(lambda a, b: 2 * a + 3 * b), [jnp.asarray(vector) for vector in inputs.vectors(size)]


def squares(size):
    yield
    yield waited_for(lambda a, b: a**2 + b**2 + 2 * a * b), [jnp.asarray(vector) for vector in inputs.vectors(size)]


def waited_for_one(function):
    compiled = jax.jit(function)
    return lambda *data: jax.block_until_ready(compiled(*data))


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def rosenbrock_hessian():
    yield
    yield waited_for_one(jax.hessian(rosenbrock)), [jnp.asarray(array) for array in inputs.valley()]


def likelihoods(w, x, y):
    """The loss of each row."""
    p = jax.nn.sigmoid(x @ w)
    return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p))


def logistic_hessian():
    yield
    hessian = jax.hessian(lambda *data: likelihoods(*data).mean())
    yield waited_for_one(hessian), [jnp.asarray(array) for array in inputs.regression()]


def logistic_jacobian():
    """Forward mode: of two ways the faster for more rows than parameters."""
    yield
    yield waited_for_one(jax.jacfwd(likelihoods)), [jnp.asarray(array) for array in inputs.regression()]


def linear_algebra(operation, *shape):
    yield
    yield waited_for_one(getattr(jnp.linalg, operation)), [jnp.asarray(array) for array in inputs.matrices(operation, shape)]


def table(sizes):
    return [jnp.asarray(array) for array in inputs.table(*sizes)]


def read_rows(*sizes):
    yield
    yield waited_for_one(lambda x, places, y: x[places]), table(sizes)


def add_rows(*sizes):
    yield
    yield waited_for_one(lambda x, places, y: x.at[places].add(y)), table(sizes)


def gradient_of_rows(*sizes):
    yield
    yield waited_for_one(jax.grad(lambda x, places, y: ((x[places] - y) ** 2).sum())), table(sizes)
def reduction(name, dtype, axis, *shape):
    yield
    yield waited_for_one(lambda x: getattr(jnp, name)(x, axis=axis)), [jnp.asarray(inputs.elements(dtype, *shape))]


def convolution(which, batch, channels, size, filters, kernel, groups, pad):
    def forward(x, w):
        return jax.lax.conv_general_dilated(x, w, (1, 1), [(pad, pad)] * 2, feature_group_count=groups)

    functions = {
        "forward": lambda x, w, g: forward(x, w),
        "by images": lambda x, w, g: jax.vjp(lambda x: forward(x, w), x)[1](g)[0],
        "by filters": lambda x, w, g: jax.vjp(lambda w: forward(x, w), w)[1](g)[0],
    }
    yield
    yield waited_for_one(functions[which]), [jnp.asarray(a) for a in inputs.images(batch, channels, size, filters, kernel, groups, pad)]


def pooling(which, batch, channels, size):
    def forward(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    function = (lambda x, g: forward(x)) if which == "forward" else (lambda x, g: jax.vjp(forward, x)[1](g)[0])
    yield
    yield waited_for_one(function), [jnp.asarray(a) for a in inputs.images(batch, channels, size, channels, size // 2 + 1, 1, 0)[::2]]


def lenet():
    def cost(state, x, y):
        h = x
        for w, b in (state[:2], state[2:4]):
            h = jnp.tanh(jax.lax.conv_general_dilated(h, w, (1, 1), "VALID") + b[:, None, None])
            h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        w1, b1, w2, b2 = state[4:]
        return cross_entropy(jnp.tanh(h.reshape(len(x), -1) @ w1 + b1) @ w2 + b2, y)

    yield
    weights, *given = inputs.lenet()
    yield with_state(descent(cost), weights), given


def ordering(name, dtype, *shape):
    functions = {
        "sort": jnp.sort,
        "argsort": jnp.argsort,
        "topk": lambda x: jax.lax.top_k(x, 10)[0].sum(axis=-1),
        "median": lambda x: jnp.median(x, axis=-1),
        "cumsum": lambda x: jnp.cumsum(x, axis=-1),
    }
    yield
    yield waited_for_one(functions[name]), [jnp.asarray(inputs.normal(dtype, *shape))]


def draw(kind, dtype, count):
    def drawn(key):
        functions = {"uniform": jax.random.uniform, "normal": jax.random.normal, "exponential": jax.random.exponential}
        if kind == "gamma":
            return jax.random.gamma(key, 0.7, (count,), dtype)
        if kind == "integers":
            return jax.random.randint(key, (count,), 0, 1000, dtype)
        return jax.random.poisson(key, 30.0, (count,)) if kind == "poisson" else functions[kind](key, (count,), dtype)

    yield
    yield waited_for_one(drawn), [jax.random.key(0)]


for _program in (jax_loops.logistic_map, jax_loops.ar2, jax_loops.horner, jax_loops.power, jax_loops.nested, jax_loops.many, jax_loops.recurrent):
    globals()[_program.__name__] = _program


def embedding(*sizes):
    values, *given = [jnp.asarray(a) for a in inputs.embedding(*sizes)]
    state = [values]

    def step(table, rows, weights):
        taken = table[rows]
        cost, slopes = jax.value_and_grad(lambda taken: (taken * weights).sum())(taken)
        return cost, table.at[rows].add(-inputs.RATE * slopes)

    compiled = jax.jit(step, donate_argnums=0)

    def call(rows, weights):
        cost, state[0] = compiled(state[0], rows, weights)
        return jax.block_until_ready(cost)

    yield
    yield call, given


def network(name, *shape):
    given = inputs.network(name, *shape)

    def standardised(x, axes):
        away = x - x.mean(axis=axes, keepdims=True)
        return away / jnp.sqrt((away**2).mean(axis=axes, keepdims=True) + 1e-5)

    spread = (1, -1) + (1,) * (len(shape) - 2)
    parts = {
        "attention": lambda q, k, v: jax.nn.softmax(q @ k.T * shape[1] ** -0.5) @ v,
        "softmax": jax.nn.softmax,
        "layer_norm": lambda x, s, o: standardised(x, (1,)) * s + o,
        "batch_norm": lambda x, s, o: standardised(x, (0, *range(2, len(shape)))) * s.reshape(spread) + o.reshape(spread),
    }

    def step(*arrays):
        if name == "cross_entropy":
            x, y = arrays
            loss = lambda x: -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1)[:, 0]
            return loss(x), jax.grad(lambda x: loss(x).mean())(x)
        out, pull = jax.vjp(parts[name], *arrays[:-1])
        return out, *pull(arrays[-1])

    compiled = jax.jit(step)
    yield
    yield lambda *arrays: jax.block_until_ready(compiled(*arrays)), [jnp.asarray(a) for a in given]
