"""First and second derivatives and tangents of every op have the dtype of what they belong to, in every float dtype; in float32 their values
are those of float64."""

from __future__ import annotations

import re

import numpy as np
import pytest
from test_every_op import ROWS, listed, variables

import symgraph
import symgraph.tensor as T
from symgraph.expr.dtypes import FLOAT
from symgraph.expr.evaluate import evaluate

ROUNDING = 5e-3  # of float32, through two derivatives


def derivatives(row, dtype):
    """(variables, points, what is computed, the dtype that each should have) with the operands that have derivatives in a dtype, and all
    that are floats where the op takes one dtype only: gradients that take the op's own results beside its operands."""
    try:
        return _derivatives(row, dtype, row.slopes)
    except TypeError as error:
        if not re.search("(MaxPoolTangent|MaxPoolGrad) takes arrays of one dtype|CTCGrad takes what CTC gave", str(error)):
            raise
        return _derivatives(row, dtype, [k for k, p in enumerate(row.points(np.random.RandomState(1))) if p.dtype.kind == "f"])


def _derivatives(row, dtype, changed):
    points = [p.astype(dtype) if k in changed else p for k, p in enumerate(row.points(np.random.RandomState(1)))]
    inputs = variables(points)
    outputs = [x for x in listed(row.build(*inputs)) if x.dtype in FLOAT]
    if not outputs:
        return inputs, points, [], []
    wrt = [inputs[k] for k in row.slopes]
    first = symgraph.grad(sum(x.astype("float64").sum() for x in outputs), wrt, disconnected_inputs="ignore")
    computed, wanted = list(first), [x.dtype for x in wrt]
    if row.second:
        computed += symgraph.grad(sum((g.astype("float64") ** 2).sum() for g in first), wrt, disconnected_inputs="ignore")
        wanted += [x.dtype for x in wrt]
    computed += T.Rop(outputs, wrt, [x.ones_like() for x in wrt], disconnected_outputs="ignore")
    return inputs, points, computed, wanted + [x.dtype for x in outputs]


@pytest.mark.parametrize("row", [row for row in ROWS if row.slopes], ids=str)
def test_dtypes_and_values_in_single_precision(row):
    inputs, points, computed, wanted = derivatives(row, "float32")
    assert [x.dtype for x in computed] == wanted
    exact = derivatives(row, "float64")
    for got, right in zip(evaluate(computed, dict(zip(inputs, points))), evaluate(exact[2], dict(zip(exact[0], exact[1])))):
        assert got.shape == right.shape
        np.testing.assert_allclose(got, right, rtol=ROUNDING, atol=ROUNDING * max(1.0, np.abs(right).max(initial=0.0)))
    try:
        _, _, computed, wanted = derivatives(row, "float16")
    except TypeError as error:
        # BLAS and scipy's sparse matrices have no float16, nor have the walks of whole rows
        assert "float16" in str(error) and re.search("Gemm|Packed|sparse|Attention|Standardise|PickedLogSoftmax|SoftmaxGrad", str(error)), error
    else:
        assert [x.dtype for x in computed] == wanted
