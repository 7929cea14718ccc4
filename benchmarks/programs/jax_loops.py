"""The programs with loops in JAX: lax.scan and fori_loop."""

import jax
import jax.numpy as jnp
import loop_inputs
from jax import lax


def waited_for(function):
    compiled = jax.jit(function)
    return lambda *data: jax.block_until_ready(compiled(*data))


def repeated(step, start, steps):
    return lax.fori_loop(0, steps, lambda _, x: step(x), start)


def logistic_map(steps):
    yield
    yield waited_for(lambda x, r, n: repeated(lambda x: r * x * (1 - x), x, n)), (0.3, 3.7, steps)


def ar2(steps):
    def loss(a, y):
        def step(total, rows):
            now, one, two = rows
            return total + (now - a[0] * one - a[1] * two) ** 2, None

        return lax.scan(step, 0.0, (y[2:], y[1:-1], y[:-2]))[0]

    yield
    data = jnp.asarray(loop_inputs.series(steps)), jnp.asarray(loop_inputs.numbers(2) / 3)
    yield waited_for(lambda y, a: list(jax.value_and_grad(loss)(a, y))), data


def horner(steps):
    yield
    yield (waited_for(lambda c, x: lax.scan(lambda total, c: (total * x + c, None), 0.0, c)[0]),
           (jnp.asarray(loop_inputs.series(steps)), 0.99))


def power(size, steps):
    yield
    yield waited_for(lambda a, n: repeated(lambda p: p * a, jnp.ones_like(a), n)), (jnp.asarray(loop_inputs.numbers(size)), steps)


def nested(outer, middle, inner):
    def result(x, m):
        def between(t):
            return repeated(lambda t: repeated(lambda t: t * x + 0.5, t, inner) * 0.5, t, middle)

        return repeated(lambda t: between(t) + 0.25, m, outer)

    yield
    yield waited_for(result), (0.9, 0.1)


def many(count):
    def results(x, n):
        return [repeated(lambda p, k=k: jnp.tanh(p * x + k), x, n) for k in range(count)]

    yield
    yield waited_for(results), (jnp.asarray(loop_inputs.numbers(10)), 10)


def recurrent(kind, hidden, batch, steps, dtype, trained):
    values, weights = loop_inputs.cell(kind, hidden, batch, steps, dtype)
    sigmoid = jax.nn.sigmoid

    def loss(parameters, x):
        W, U, b = parameters
        zeros = jnp.zeros((x.shape[1], hidden), x.dtype)

        def elman(h, given):
            return jnp.tanh(given + h @ U), None

        def gru(h, given):
            before = h @ U
            r, z, n = jnp.split(given, 3, axis=1)
            p, q, m = jnp.split(before, 3, axis=1)
            r, z = sigmoid(r + p), sigmoid(z + q)
            return z * h + (1 - z) * jnp.tanh(n + r * m), None

        def lstm(state, given):
            h, c = state
            i, f, g, o = jnp.split(given + h @ U, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
            return (sigmoid(o) * jnp.tanh(c), c), None

        start = (zeros, zeros) if kind == "lstm" else zeros
        end = lax.scan({"elman": elman, "gru": gru, "lstm": lstm}[kind], start, x @ W + b)[0]
        return ((end[0] if kind == "lstm" else end) ** 2).sum()

    state = [[jnp.asarray(weight) for weight in weights]]

    @jax.jit
    def step(parameters, x):
        value, gradients = jax.value_and_grad(loss)(parameters, x)
        return value, [p - loop_inputs.RATE * g for p, g in zip(parameters, gradients)]

    forward = jax.jit(loss)

    def call(x):
        if not trained:
            return forward(state[0], x).block_until_ready()
        value, state[0] = jax.block_until_ready(step(state[0], x))
        return value

    yield
    yield call, (jnp.asarray(values),)
