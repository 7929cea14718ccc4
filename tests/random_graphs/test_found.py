"""What random graphs found, each reduced to a few lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.passes.replacement import sizes_of

MODES = [("llvm", "fast_run"), ("llvm", None)]
X = np.arange(12.0).reshape(4, 3)


@pytest.fixture(params=MODES, ids=lambda m: f"{m[0]}-{m[1]}")
def agrees(request: pytest.FixtureRequest) -> Any:
    """agrees(inputs, outputs, *values): compiled code gives what the numpy rules give."""
    mode = symgraph.Mode(*request.param)

    def check(inputs: list[Any], outputs: list[Any], *values: Any) -> list[np.ndarray]:
        found = symgraph.function(inputs, outputs, mode=mode, on_unused_input="ignore")(*values)
        wanted = evaluate(outputs, dict(zip(inputs, values)))
        for a, b in zip(found, wanted):
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-12)
        return list(found)

    return check


def test_a_part_is_changed_by_the_array_itself(agrees: Any) -> None:
    x = T.dmatrix("x")
    y = x + 1
    agrees([x], [T.inc_subtensor(y[::-1], y) * 2], X)
    agrees([x], [T.set_subtensor(y[:, ::-1], y) * 2], X)


def test_region_of_a_gather_is_no_chain_of_slices(agrees: Any) -> None:
    x, k = T.dmatrix("x"), T.lvector("k")
    agrees([x, k], [x[:, k][1:, :2], x[k][1], x[:, k][2]], X, np.array([2, 0, 1, 1]))


def test_loops_that_index_by_what_a_step_computes(agrees: Any) -> None:
    x = T.dmatrix("x")
    rows = T.arange(x.shape[0])
    read, _ = symgraph.scan(lambda i: x[i], sequences=rows)
    added, _ = symgraph.scan(lambda i, s: s + x[x.shape[0] - 1 - i], sequences=rows, outputs_info=T.zeros_like(x[0]))
    part, _ = symgraph.scan(lambda i: x[:i].sum(), sequences=rows)
    walked, _ = symgraph.scan(lambda k: (k * 2 + 1) % 3, outputs_info=T.constant(0, dtype="int64"), n_steps=4)
    inner, _ = symgraph.scan(lambda k: symgraph.scan(lambda v: v * x[k], sequences=x)[0], sequences=walked)
    agrees([x], [read, added, part, inner], X)


def test_loop_that_indexes_out_of_range_says_so() -> None:
    x, k = T.dmatrix("x"), T.lvector("k")
    read, _ = symgraph.scan(lambda i: x[i], sequences=k)
    f = symgraph.function([x, k], read)
    np.testing.assert_array_equal(f(X, [3, -1, 0]), X[[3, -1, 0]])
    with pytest.raises(IndexError, match="index 4 is out of bounds"):
        f(X, [0, 4])


def test_state_whose_size_a_step_changes_late() -> None:
    x, k = T.dvector("x"), T.lvector("k")
    grown, _ = symgraph.scan(lambda i, s: s[:i], sequences=k, outputs_info=x)
    f = symgraph.function([x, k], grown)
    np.testing.assert_array_equal(f(X[0], [3, 5]), [X[0], X[0]])
    with pytest.raises(ValueError, match="changes the size of dimension 0 from 3 to 2"):
        f(X[0], [3, 2])


def test_loop_without_a_step_keeps_the_sizes_of_its_rows(agrees: Any) -> None:
    x, n = T.dmatrix("x"), T.lscalar("n")
    state, _ = symgraph.scan(lambda s: s * 2, outputs_info=x, n_steps=n)
    rows, _ = symgraph.scan(lambda r: [r[1:], T.outer(r, r), x[T.cast(r[0], "int64")]], sequences=x[:n])
    found = agrees([x, n], [state, *rows], X, 0)
    assert [v.shape for v in found] == [(0, 4, 3), (0, 2), (0, 3, 3), (0, 3)]


def test_an_argument_is_not_taken_for_a_shared_variable() -> None:
    x, s = T.dvector("x"), symgraph.shared(X[1], name="s")
    np.testing.assert_array_equal(symgraph.function([x], x * 7 - 2)(X[2]), X[2] * 7 - 2)
    np.testing.assert_array_equal(symgraph.function([], s * 7 - 2)(), X[1] * 7 - 2)
    np.testing.assert_array_equal(symgraph.function([], x * 7 - 2, givens={x: s})(), X[1] * 7 - 2)
    np.testing.assert_array_equal(symgraph.function([x], s * 7 - 2, on_unused_input="ignore")(X[2]), X[1] * 7 - 2)


def test_a_size_of_one_that_only_another_operand_tells_survives_passes(agrees: Any) -> None:
    x, y, z = T.vector("x"), T.TensorType("float64", shape=(1, 2))("y"), T.vector("z")
    agrees([x, y, z], [(x - y)[::2, 1:] < z, T.exp(x * y)[:, 1:] * z], X[0, :2], X[1:2, :2], X[2])


def test_a_step_of_a_slice_that_only_a_call_tells(agrees: Any) -> None:
    x, y, k = T.dmatrix("x"), T.TensorType("float64", shape=(1, 1))("y"), T.lscalar("k")
    agrees([x, y, k], [x[::k] + 1, (x * 2)[:, ::-k].sum(), y[::k, ::k] + 1, y[::-k] * y], X, X[:1, :1], 2)


def test_passes_find_a_size_of_one_in_all_operands(agrees: Any) -> None:
    x, s = T.dvector("x"), T.dscalar("s")
    one = x.shape[0] * 0 + 1
    a, b = T.alloc(T.exp(s), one), T.alloc(s + 1, one)
    agrees([x, s], [T.switch(T.constant(1), a, b), T.switch(T.constant(0), a, b), a * 0 + b * 1, a * b], X[0], 2.0)
    node = (x + T.dvector("y")).owner
    node.inputs = [T.TensorType("float64", shape=(1,))("u")] * 2
    assert [int(n.data) for n in sizes_of(node)] == [1]
