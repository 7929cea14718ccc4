"""The programs in PyTorch, eager as most people run it; gradients by its autograd."""

import inputs
import numpy
import torch
import torch_loops

torch.set_default_dtype(torch.float64)


def versions():
    return {"torch": torch.__version__, "numpy": numpy.__version__}


def add():
    yield
    yield torch.add, (torch.tensor(1.5), torch.tensor(10.0))


def trained(parameters, cost_and_result, rate, *data):
    """One step of descent on `parameters`, in place; gives what it gave before the step."""

    def step(x, y):
        cost, result = cost_and_result(parameters, x, y)
        gradients = torch.autograd.grad(cost, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter -= rate * gradient
        return result.detach()

    return step, [torch.as_tensor(array) for array in data]


def linear_regression():
    def cost(parameters, x, y):
        output = parameters[0] * x + parameters[1]
        return ((output - y) ** 2).mean(), output

    yield
    yield trained([torch.zeros((), requires_grad=True) for _ in "wb"], cost, 0.1, *inputs.sample())


def learnable(arrays):
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def cross_entropy(scores, labels):
    return torch.nn.functional.cross_entropy(scores, labels.long())


def convolution(which, batch, channels, size, filters, kernel, groups, pad):
    def backward(x, w, g, *mask):
        return torch.ops.aten.convolution_backward(g, x, w, [0], [1, 1], [pad, pad], [1, 1], False, [0, 0], groups, mask)

    functions = {
        "forward": lambda x, w, g: torch.nn.functional.conv2d(x, w, padding=pad, groups=groups),
        "by images": lambda x, w, g: backward(x, w, g, True, False, False)[0],
        "by filters": lambda x, w, g: backward(x, w, g, False, True, False)[1],
    }
    yield
    yield functions[which], [torch.as_tensor(a) for a in inputs.images(batch, channels, size, filters, kernel, groups, pad)]


def pooling(which, batch, channels, size):
    def backward(x, g):
        x = x.requires_grad_()
        return torch.autograd.grad(torch.nn.functional.max_pool2d(x, 2), x, g)[0]

    yield
    arrays = [torch.as_tensor(a) for a in inputs.images(batch, channels, size, channels, size // 2 + 1, 1, 0)[::2]]
    yield (lambda x, g: torch.nn.functional.max_pool2d(x, 2)) if which == "forward" else backward, arrays


def lenet():
    functions = torch.nn.functional

    def cost(parameters, x, y):
        h = x
        for w, b in (parameters[:2], parameters[2:4]):
            h = functions.max_pool2d(torch.tanh(functions.conv2d(h, w, b)), 2)
        w1, b1, w2, b2 = parameters[4:]
        value = cross_entropy(torch.tanh(h.flatten(1) @ w1 + b1) @ w2 + b2, y)
        return value, value

    yield
    weights, *given = inputs.lenet()
    yield trained(learnable(weights), cost, inputs.RATE, *given)


def logistic():
    def cost(parameters, x, y):
        value = cross_entropy(x @ parameters[0] + parameters[1], y)
        return value, value

    yield
    parameters = learnable([inputs.layers()[2][: inputs.FEATURES], inputs.layers()[3]])
    yield trained(parameters, cost, inputs.RATE, *inputs.digits())


def mlp():
    def cost(parameters, x, y):
        w1, b1, w2, b2 = parameters
        value = cross_entropy(torch.tanh(x @ w1 + b1) @ w2 + b2, y)
        value = value + inputs.DECAY * ((w1**2).sum() + (w2**2).sum())
        return value, value

    yield
    yield trained(learnable(inputs.layers()), cost, inputs.RATE, *inputs.digits())


def weighted_sum(size):
    yield
    yield lambda a, b: 2 * a + 3 * b, [torch.as_tensor(vector) for vector in inputs.vectors(size)]


def squares(size):
    yield
    yield lambda a, b: a**2 + b**2 + 2 * a * b, [torch.as_tensor(vector) for vector in inputs.vectors(size)]


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def rosenbrock_hessian():
    yield
    yield torch.func.hessian(rosenbrock), [torch.as_tensor(array) for array in inputs.valley()]


def likelihoods(w, x, y):
    """The loss of each row."""
    p = torch.sigmoid(x @ w)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


def logistic_hessian():
    yield
    yield torch.func.hessian(lambda *data: likelihoods(*data).mean()), [torch.as_tensor(array) for array in inputs.regression()]


def logistic_jacobian():
    yield
    yield torch.func.jacfwd(likelihoods), [torch.as_tensor(array) for array in inputs.regression()]


def table(sizes):
    return [torch.as_tensor(array) for array in inputs.table(*sizes)]


def read_rows(*sizes):
    yield
    yield lambda x, places, y: x[places], table(sizes)


def add_rows(*sizes):
    yield
    yield lambda x, places, y: x.index_add(0, places, y), table(sizes)


def gradient_of_rows(*sizes):
    def gradient(x, places, y):
        x = x.requires_grad_(True)
        return torch.autograd.grad(((x[places] - y) ** 2).sum(), x)[0]

    yield
    yield gradient, table(sizes)


def read_mask(*sizes):
    yield
    yield lambda x, places, y: y[y > 0.5], table(sizes)


def draw(kind, dtype, count):
    kept = torch.empty(count, dtype=getattr(torch, dtype))
    functions = {"uniform": kept.uniform_, "normal": kept.normal_, "exponential": kept.exponential_}
    if kind not in functions:
        raise NotImplementedError(f"{kind} is not filled in place")
    yield
    yield functions[kind], []


recurrent = torch_loops.recurrent


def embedding(*sizes):
    values, *given = [torch.as_tensor(a) for a in inputs.embedding(*sizes)]
    layer = torch.nn.Embedding.from_pretrained(values, freeze=False, sparse=True)
    rule = torch.optim.SGD(layer.parameters(), lr=inputs.RATE)

    def step(rows, weights):
        rule.zero_grad()
        cost = (layer(rows) * weights).sum()
        cost.backward()
        rule.step()
        return cost.detach()

    yield
    yield step, given


def network(name, *shape):
    functions = torch.nn.functional
    parts = {
        "attention": lambda q, k, v: torch.softmax(q @ k.T * shape[1] ** -0.5, -1) @ v,  # as it is written; unfused
        "softmax": lambda x: torch.softmax(x, -1),
        "layer_norm": lambda x, s, o: functions.layer_norm(x, shape[1:], s, o),
        "batch_norm": lambda x, s, o: functions.batch_norm(x, None, None, s, o, training=True),
    }
    given = [torch.as_tensor(a) for a in inputs.network(name, *shape)]

    def step(*arrays):
        if name == "cross_entropy":
            wrt = [arrays[0].requires_grad_(True)]
            out = functions.cross_entropy(wrt[0], arrays[1].long(), reduction="none")
            return out.detach(), *torch.autograd.grad(out.mean(), wrt)
        wrt = [a.requires_grad_(True) for a in arrays[:-1]]
        out = parts[name](*wrt)
        return out.detach(), *torch.autograd.grad((out * arrays[-1]).sum(), wrt)

    yield
    yield step, given
