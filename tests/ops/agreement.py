"""One expression by the numpy rules and as native code, with and without the passes: all must give what numpy gives."""

from contextlib import nullcontext

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from tests.quick import quick_code

MODES = (symgraph.Mode("llvm", None), symgraph.Mode("llvm", "fast_run"))


def inputs_for(arrays, shapes=None):
    """A variable for each array; shapes: what is known of them, None for nothing."""
    arrays = [np.asarray(a) for a in arrays]
    shapes = shapes or [None] * len(arrays)
    return [T.tensor(a.dtype.name, shape=(None,) * a.ndim if s is None else s) for a, s in zip(arrays, shapes)]


def values(build, *arrays, shapes=None):
    """The values of an expression (or list of such) by each way."""
    inputs = inputs_for(arrays, shapes)
    out = build(*inputs)
    outputs = list(out) if isinstance(out, (list, tuple)) else [out]
    found = [evaluate(outputs, dict(zip(inputs, arrays)))]
    for mode in MODES:
        with nullcontext() if mode.optimizer == "fast_run" else quick_code():
            found.append(symgraph.function(inputs, outputs, mode=mode, on_unused_input="ignore")(*arrays))
    for result in found:
        for value, variable in zip(result, outputs):
            assert value.dtype == variable.dtype
            assert all(n is None or n == m for n, m in zip(variable.type.shape, value.shape)), (variable.type, value.shape)
    return found


def agree(build, *arrays, wanted, shapes=None, tolerance=1e-12):
    """Every way gives `wanted`: dtype, shape, values."""
    wanted = [np.asarray(w) for w in (wanted if isinstance(wanted, (list, tuple)) else [wanted])]
    for result in values(build, *arrays, shapes=shapes):
        assert len(result) == len(wanted)
        for got, right in zip(result, wanted):
            assert got.dtype == right.dtype
            assert got.shape == right.shape
            np.testing.assert_allclose(got, right, rtol=tolerance, atol=tolerance)


def fails(error, match, build, *arrays, shapes=None):
    """Every way raises this error, at the call."""
    inputs = inputs_for(arrays, shapes)
    out = build(*inputs)
    outputs = list(out) if isinstance(out, (list, tuple)) else [out]
    with pytest.raises(error, match=match):
        evaluate(outputs, dict(zip(inputs, arrays)))
    for mode in MODES:
        with pytest.raises(error, match=match):
            symgraph.function(inputs, outputs, mode=mode, on_unused_input="ignore")(*arrays)
