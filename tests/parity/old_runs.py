"""How a program is run, with whatever `theano` it is given: the same text for the recording and for the tests."""

import importlib
import re

import numpy as np
from old_programs import VARIABLES


def _tensor(theano):
    """`theano.tensor`, with the files that it does not import itself."""
    for name in ("slinalg", "signal.pool", "signal.conv", "nnet.neighbours"):
        importlib.import_module(f"{theano.__name__}.tensor.{name}")
    return theano.tensor


def variables(theano, text):
    """The variables that an expression names."""
    names = [name for name in VARIABLES if re.search(rf"(?<![\w.'\"]){name}(?![\w'\"=(])", text)]
    return [getattr(theano.tensor, VARIABLES[name][0])(name) for name in names]


def _parts(theano, text):
    T = _tensor(theano)
    inputs = variables(theano, text)
    expression = eval(text, {"T": T, "np": np, "theano": theano}, {x.name: x for x in inputs})
    return T, inputs, [np.asarray(VARIABLES[x.name][1], dtype=x.dtype) for x in inputs], expression


def run_expression(theano, text, mode=None):
    """The value of an expression."""
    _, inputs, arrays, expression = _parts(theano, text)
    return [theano.function(inputs, expression, mode=mode, on_unused_input="ignore")(*arrays)]


def _slopes(theano, T, inputs, expression):
    wrt = [x for x in inputs if x.dtype.startswith("float")]
    if not wrt or not expression.dtype.startswith("float"):
        return []
    weights = T.arange(expression.size).reshape(expression.shape, ndim=expression.ndim) * 0.25 + 1
    return theano.grad((expression * weights).sum(), wrt, disconnected_inputs="ignore")


def gradient(theano, text, mode=None):
    """The derivatives of the sum of an expression of real numbers, weighted so that no two of its elements count alike."""
    T, inputs, arrays, expression = _parts(theano, text)
    slopes = _slopes(theano, T, inputs, expression)
    return slopes and theano.function(inputs, slopes, mode=mode, on_unused_input="ignore")(*arrays)


def with_gradient(theano, text, mode=None):
    """The value and what `gradient` gives, of one function."""
    T, inputs, arrays, expression = _parts(theano, text)
    return theano.function(inputs, [expression, *_slopes(theano, T, inputs, expression)], mode=mode, on_unused_input="ignore")(*arrays)


def together(theano, rows, mode=None):
    """Of each (text, whether with slopes) what `with_gradient` gives, or the value alone; all by one function."""
    inputs, arrays, outputs, counts = [], [], [], []
    for text, slopes in rows:
        T, own, values, expression = _parts(theano, text)
        found = [expression, *(_slopes(theano, T, own, expression) if slopes else ())]
        inputs += own
        arrays += values
        outputs += found
        counts.append(len(found))
    rest = iter(theano.function(inputs, outputs, mode=mode, on_unused_input="ignore")(*arrays))
    return [[next(rest) for _ in range(count)] for count in counts]


def run_program(theano, text):
    """What a program leaves in `outputs`."""
    names = {"theano": theano, "T": _tensor(theano), "np": np}
    exec(text, names)
    return names["outputs"]
