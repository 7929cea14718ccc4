"""The programs with loops in Theano's words: symgraph, Theano and PyTensor run the same text."""

import loop_inputs


def programs(function, shared, grad, scan, T, sigmoid):
    """The generator functions by name, on the words of one library."""

    def last(step, start, steps, sequences=None, others=None):
        return scan(step, sequences=sequences, outputs_info=start, non_sequences=others, n_steps=steps)[0][-1]

    def logistic_map(steps):
        x, r, n = T.dscalar("x"), T.dscalar("r"), T.lscalar("n")
        result = last(lambda x, r: r * x * (1 - x), x, n, others=r)
        yield
        yield function([x, r, n], result), (0.3, 3.7, steps)

    def ar2(steps):
        y, a = T.dvector("y"), T.dvector("a")
        errors, _ = scan(lambda now, one, two, a: (now - a[0] * one - a[1] * two) ** 2,
                         sequences={"input": y, "taps": [0, -1, -2]}, non_sequences=a)
        loss = errors.sum()
        yield
        yield function([y, a], [loss, grad(loss, a)]), (loop_inputs.series(steps), loop_inputs.numbers(2) / 3)

    def horner(steps):
        c, x = T.dvector("c"), T.dscalar("x")
        result = last(lambda c, total, x: total * x + c, T.zeros_like(x), None, sequences=c, others=x)
        yield
        yield function([c, x], result), (loop_inputs.series(steps), 0.99)

    def power(size, steps):
        a, n = T.dvector("a"), T.lscalar("n")
        result = last(lambda p, a: p * a, T.ones_like(a), n, others=a)
        yield
        yield function([a, n], result), (loop_inputs.numbers(size), steps)

    def nested(outer, middle, inner):
        x, m = T.dscalar("x"), T.dscalar("m")

        def innermost(total, x):
            return last(lambda t, x: t * x + 0.5, total, inner, others=x)

        def between(total, x):
            return last(lambda t, x: innermost(t, x) * 0.5, total, middle, others=x)

        result = last(lambda t, x: between(t, x) + 0.25, m, outer, others=x)
        yield
        yield function([x, m], result), (0.9, 0.1)

    def many(count):
        x, n = T.dvector("x"), T.lscalar("n")
        results = [last(lambda p, x, k=k: T.tanh(p * x + k), x, n, others=x) for k in range(count)]
        yield
        yield function([x, n], results), (loop_inputs.numbers(10), 10)

    def recurrent(kind, hidden, batch, steps, dtype, trained):
        values, weights = loop_inputs.cell(kind, hidden, batch, steps, dtype)
        W, U, b = parameters = [shared(value) for value in weights]
        x = (T.ftensor3 if dtype == "float32" else T.dtensor3)("x")
        start = T.zeros((x.shape[1], hidden), dtype=dtype)

        def part(gates, k):
            return gates[:, k * hidden : (k + 1) * hidden]

        def elman(x, h, W, U, b):
            return T.tanh(T.dot(x, W) + T.dot(h, U) + b)

        def gru(x, h, W, U, b):
            given, before = T.dot(x, W) + b, T.dot(h, U)
            r, z = sigmoid(part(given, 0) + part(before, 0)), sigmoid(part(given, 1) + part(before, 1))
            return z * h + (1 - z) * T.tanh(part(given, 2) + r * part(before, 2))

        def lstm(x, h, c, W, U, b):
            gates = T.dot(x, W) + T.dot(h, U) + b
            c = sigmoid(part(gates, 1)) * c + sigmoid(part(gates, 0)) * T.tanh(part(gates, 2))
            return sigmoid(part(gates, 3)) * T.tanh(c), c

        step = {"elman": elman, "gru": gru, "lstm": lstm}[kind]
        states, _ = scan(step, sequences=x, outputs_info=[start] * (2 if kind == "lstm" else 1), non_sequences=parameters)
        h = states[0] if kind == "lstm" else states
        loss = (h[-1] ** 2).sum()
        rate = (0 * weights[0][0, 0] + loop_inputs.RATE).astype(dtype)
        updates = [(p, p - rate * g) for p, g in zip(parameters, grad(loss, parameters))] if trained else []
        yield
        yield function([x], loss, updates=updates), (values,)

    return [logistic_map, ar2, horner, power, nested, many, recurrent]
