"""Every op by one table: values on every target, derivatives, types. A family of ops adds its rows in a file of its own, listed here."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any, NamedTuple

import numpy as np
import pytest
import rows_activations
import rows_arrange
import rows_attention
import rows_branch
import rows_conv
import rows_create
import rows_ctc
import rows_elementwise
import rows_factors
import rows_fourier
import rows_index
import rows_layout
import rows_linalg
import rows_lists
import rows_matrices
import rows_normalisation
import rows_others
import rows_passing
import rows_pieces
import rows_products
import rows_random
import rows_reduce
import rows_search
import rows_signal
import rows_softmaxes
import rows_sort
import rows_sparse
import rows_special
import rows_spectral
from oprow import OpRow, allowed
from targets import TARGETS, run

import symgraph
import symgraph.tensor as T
from symgraph.compile.handoff import NotNative
from symgraph.expr.evaluate import evaluate, run_nodes
from symgraph.expr.op import Op
from symgraph.expr.walk import toposort
from symgraph.ops.elementwise import _ROWS

TABLES = (
    rows_arrange, rows_pieces, rows_search, rows_sort,
    rows_elementwise, rows_reduce, rows_layout, rows_create, rows_index, rows_linalg, rows_others, rows_products, rows_factors, rows_matrices,
    rows_special, rows_fourier, rows_signal, rows_spectral, rows_passing, rows_sparse, rows_branch,
    rows_activations, rows_normalisation, rows_attention, rows_ctc, rows_softmaxes,
    rows_random,
    rows_conv, rows_lists,
)
ROWS: list[OpRow] = [row for table in TABLES for row in table.ROWS]
STEP = 1e-6
# Unless --full is given: every set of arguments with passes (half of them by a compiler that does its best) or without (py: all of them),
# some by the slower targets.
SHARES = {
    "py": {"py": slice(None)}, "llvm": {"llvm": slice(0, None, 4), "simple": slice(2, None, 4)}, "c": {"c": slice(0, None, 4)},
    "unoptimised": {"unoptimised": slice(1, None, 2)}, "interpreter": {"interpreter": slice(0, None, 3)},
}
SMALL = 60  # elements: the interpreter is slow


def variables(arrays, sizes_of_one=True):
    """A variable for each array; a size of 1 is known, the others are not."""
    return [T.tensor(a.dtype.name, shape=[1 if n == 1 and sizes_of_one else None for n in a.shape]) for a in arrays]


def listed(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def described(x):
    return f"{x.owner} of {', '.join(str(y.type) for y in x.owner.inputs)}" if x.owner else f"{x.type} as it came in"


class Case(NamedTuple):
    """One set of arguments of a row, and what is to be found with it."""

    inputs: list[Any]
    outputs: list[Any]
    arrays: list[np.ndarray]
    wanted: list[np.ndarray]
    tolerance: float


@functools.lru_cache(maxsize=1)
def cases(row):
    """All of a row, built and judged once for the targets that follow each other."""
    found = []
    for arrays in row.arguments(np.random.RandomState(0)):
        inputs = variables(arrays)
        outputs = listed(row.build(*inputs))
        tolerance = allowed(row, *[x.dtype for x in outputs], *[x.dtype for x in inputs])
        found.append(Case(inputs, outputs, arrays, listed(row.wanted(*arrays)), tolerance))
    return found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_values(row, target, full):
    sets = cases(row)
    if target == "interpreter" and not row.native:
        with pytest.raises(NotNative):
            judge(sets, target)
        return
    if target == "interpreter":
        sets = [case for case in sets if sum(a.size for a in case.arrays) <= SMALL]
    assert len(sets) > (target == "unoptimised")
    for way, share in {target: slice(None)}.items() if full else SHARES[target].items():
        if sets[share]:
            judge(sets[share], way)


def judge(sets, way):
    """Values of all sets by one function."""
    inputs, outputs, arrays = ([x for case in sets for x in case[k]] for k in range(3))
    wanted = [(right, case.tolerance) for case in sets for right in case.wanted]
    for x, got, (right, tolerance) in zip(outputs, run(inputs, outputs, arrays, way), wanted, strict=True):
        assert got.dtype == right.dtype
        assert got.shape == right.shape
        np.testing.assert_allclose(got, right, rtol=tolerance, atol=tolerance, err_msg=described(x))


def difference(build, points, wrt, weights):
    """The gradients of the weighted sum of what is built, by central differences with the numpy rules."""
    inputs = variables(points)
    cost = weighted(listed(build(*inputs)), weights)
    order = toposort([cost])
    found = []
    for k in wrt:
        g = np.empty_like(points[k])
        for at in np.ndindex(*g.shape):
            ends = []
            for sign in (1, -1):
                moved = [p.copy() for p in points]
                moved[k][at] += sign * STEP
                ends.append(float(run_nodes(order, dict(zip(inputs, moved)), [cost])[0]))
            g[at] = (ends[0] - ends[1]) / (2 * STEP)
        found.append(g)
    return found


def weighted(outputs, weights):
    total = None
    for x, w in zip(outputs, weights):
        term = (x * T.constant(w)).sum()
        total = term if total is None else total + term
    return total


def weights_for(outputs, inputs, points, random):
    return [random.uniform(0.5, 1.5, value.shape) for value in evaluate(outputs, dict(zip(inputs, points)))]


@pytest.mark.parametrize("row", [row for row in ROWS if row.slopes], ids=str)
def test_derivatives(row):
    random = np.random.RandomState(1)
    points = row.points(random)
    inputs = variables(points)
    outputs = listed(row.build(*inputs))
    weights = weights_for(outputs, inputs, points, random)
    wrt = [inputs[k] for k in row.slopes]
    gradients = symgraph.grad(weighted(outputs, weights), wrt)
    computed = list(gradients)
    wanted = difference(row.build, points, row.slopes, weights)

    if row.second:
        again = weights_for(gradients, inputs, points, random)

        def slopes_of(*xs):
            return symgraph.grad(weighted(listed(row.build(*xs)), weights), [xs[k] for k in row.slopes])

        computed += symgraph.grad(weighted(gradients, again), wrt, disconnected_inputs="ignore")
        wanted += difference(slopes_of, points, row.slopes, again)

    tangents = [random.uniform(-1, 1, points[k].shape) for k in row.slopes]
    computed += listed(symgraph.tensor.Rop(outputs, wrt, [T.constant(t) for t in tangents]))
    ends = []
    for sign in (1, -1):
        moved = list(points)
        for k, t in zip(row.slopes, tangents):
            moved[k] = points[k] + sign * STEP * t
        ends.append(evaluate(outputs, dict(zip(inputs, moved))))
    wanted += [(right - left) / (2 * STEP) for right, left in zip(*ends)]

    judged = run(inputs, computed, points, "py")
    for got, right, x in zip(judged, wanted, computed):
        assert got.shape == right.shape
        np.testing.assert_allclose(got, right, rtol=2e-5, atol=2e-6 * max(1.0, np.abs(right).max(initial=0.0)), err_msg=str(x))
    for got, right in zip(run(inputs, computed, points, "simple"), judged):
        np.testing.assert_allclose(got, right, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("row", [row for row in ROWS if row.points and not row.slopes], ids=str)
def test_steps_have_no_slope(row):
    points = row.points(np.random.RandomState(1))
    inputs = variables(points)
    try:
        outputs = listed(row.build(*inputs))
    except TypeError:
        return  # bits of integers only
    cost = sum((abs(x) if x.dtype.startswith("complex") else x).astype("float64").sum() for x in outputs)
    for x, p, g in zip(inputs, points, run(inputs, symgraph.grad(cost, inputs, disconnected_inputs="ignore"), points, "py")):
        assert g.shape == p.shape
        assert g.dtype == x.dtype
        if not any(y.dtype.startswith("complex") for y in outputs):
            assert not g.any()


# Classes of ops of which the table says nothing: others derive from them, nobody uses them as they are.
BASES = {"create.FromSizes", "fourier._Transform", "index.subtensor.Indexed", "linalg.inverse._OfFactors",
         "linalg.matrices.MatrixOp", "reduce.Reduce",
         "linalg.exponential._OfSchur", "nnet.standardise._Standard", "nnet.attention._Attends", *rows_ctc.BASES}
BASES |= rows_sparse.BASES | rows_sort.BASES | rows_random.BASES
BASES |= rows_conv.BASES | rows_lists.BASES
SCALAR_OPS = ("ScalarOp", "UnaryScalarOp", "BinaryScalarOp", "OwnElementwise")
# Ops that are no functions of arrays to arrays, and where they are tested: what tells a person (tests/loops/test_progress.py), draws of a
# generator that is called back (tests/randomness, test_sandbox.py), messages (test_messages.py), elementwise ops of a user's own
# (test_scalarops.py), slices (tests/parity). One has no symbolic form: test_sandbox.py.
ELSEWHERE = {"progress.Report", "random.twister.CallOnWords", *[f"scalarops.{kind}" for kind in SCALAR_OPS],
             *[f"messages.{kind}" for kind in ("MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait", "_Message")],
             *[f"sparse.draws.{kind}" for kind in ("Binomial", "Multinomial", "Poisson", "_Draw")],
             "sparse.patches.ConvolutionIndices", "slices.MakeSlice"}


def op_classes():
    """Every class of ops under symgraph.ops and symgraph.loops."""
    for package in (symgraph.ops, symgraph.loops):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
    pending, classes = [Op], set()
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        classes.add(f"{kind.__module__}.{kind.__qualname__}")
    return {name.split(".", 2)[2] for name in classes if name.startswith(("symgraph.ops.", "symgraph.loops."))}


def test_every_class_of_ops_has_a_row():
    used = set()
    for row in ROWS:
        taken = variables(row.arguments(np.random.RandomState(0))[0])
        kinds = [type(node.op) for node in toposort(listed(row.build(*taken)))]
        used |= {f"{kind.__module__}.{kind.__qualname__}".split(".", 2)[-1] for kind in kinds}
    assert op_classes() - used == BASES | ELSEWHERE


def test_every_elementwise_op_has_a_row():
    assert set(_ROWS) <= {row.name for row in ROWS}
