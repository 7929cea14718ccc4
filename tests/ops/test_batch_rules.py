"""The rules of ops for stacks: each row of the table of all ops, of stacks of its arguments, is the stack of its values."""

from __future__ import annotations

import re
import warnings
from itertools import chain, combinations

import numpy as np
import pytest
from test_every_op import ROWS, listed, variables

import symgraph.tensor as T
from symgraph.batching.graph import vectorize_graph
from symgraph.errors import VectorizeWarning
from symgraph.expr.evaluate import evaluate
from symgraph.expr.variable import TensorVariable
from symgraph.expr.walk import toposort

EXAMPLES = 3
# A loop over the examples does these, always or where a size, a bound, a mask, or filters beside images, are stacked, draws of random
# numbers too; another op that loops lacks its rule.
LOOPED = set("""
    AbstractConv AbstractConv2d AbstractConv2d_gradInputs AbstractConv2d_gradWeights AbstractConv3d AbstractConv3d_gradInputs
    AbstractConv3d_gradWeights AbstractConv_gradInputs AbstractConv_gradWeights AddAlong AddSD Alloc AllocDiag Arange ArangeLength
    BinCounts binomial ChildKeys ChoiceFromUniform Collect Count Counted Diagonal DotModulo EqualSD Eye Frequencies FromFunctionOp geometric
    GreaterEqualSD GreaterThanSD hypergeometric IncSubtensor Integers integers Interval IRFFT IsIn
    LessEqualSD LessThanSD log_gamma MajorIndices MajorSum
    MinorSum mrg_uniform Multinomial MultinomialFromUniform NextKey Noise Nonzero NotEqualSD Packed Pad poisson PolynomialValue PowerSums Recurrence
    Repeat RepeatIndex Resample Reshape Resize Roll RowsWithSparseGrad Sampled SampledProduct scan Scatter SearchsortedOp SizeAtLeast Spaced
    SpecifyShape Split StructuredDotGradCSR Subtensor Tile ToDense Triangle TwisterDraw Unique Unpad UnravelIndex Usmm von_mises
""".split())


def subsets(count):
    """Which arguments are stacked: every choice of three or fewer, of more each alone and all."""
    every = range(count)
    if count > 3:
        return [*[(k,) for k in every], tuple(every)]
    return list(chain.from_iterable(combinations(every, size) for size in range(1, count + 1)))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_stack_of_arguments_gives_the_stack_of_values(row):
    examples = [row.arguments(np.random.RandomState(seed))[0] for seed in range(EXAMPLES)]
    inputs = variables(examples[0])
    outputs = listed(row.build(*inputs))
    for chosen in subsets(len(inputs)):
        wanted = []
        for example in examples:
            values = [example[k] if k in chosen else first for k, first in enumerate(examples[0])]
            wanted.append(evaluate(outputs, dict(zip(inputs, values))))
        if any(len({value.shape for value in values}) > 1 for values in zip(*wanted)):
            continue  # no stack: the shapes differ
        stacks = [T.tensor(x.dtype, shape=(None, *x.type.shape)) for x in inputs]
        given = {x: s for k, (x, s) in enumerate(zip(inputs, stacks)) if k in chosen}
        arrays = {x: np.stack([e[k] for e in examples]) if k in chosen else examples[0][k] for k, x in enumerate(inputs)}
        with warnings.catch_warnings(record=True) as loops:
            warnings.simplefilter("always", VectorizeWarning)
            if any(not isinstance(x, TensorVariable) for node in toposort(outputs) for x in node.outputs):
                try:
                    found = vectorize_graph(outputs, given)
                except TypeError as error:  # of sparse matrices there are no stacks
                    assert "no stacks" in str(error)
                    continue
            else:
                found = vectorize_graph(outputs, given)
        assert {re.match(r"\w+", str(told.message)).group() for told in loops if told.category is VectorizeWarning} <= LOOPED
        try:
            results = evaluate(found, {given.get(x, x): a for x, a in arrays.items()})
        except ValueError as error:  # something in between has another shape in each example (what is unique, say)
            assert loops and "same shape" in str(error) or "of other sizes" in row.name and "mis-match" in str(error)
            continue
        for x, got, values in zip(outputs, results, zip(*wanted)):
            right = np.stack(values)
            assert got.dtype == right.dtype
            assert got.shape == right.shape
            np.testing.assert_allclose(got, right, rtol=max(row.tolerance, 1e-5 if "32" in x.dtype else 1e-11), atol=1e-11, err_msg=str(chosen))
