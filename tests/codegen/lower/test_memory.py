"""Who takes over whose memory."""

from __future__ import annotations

import numpy as np
import rules_for_tests as r
from rules_for_tests import floats, run

from codegen.program import Program, Step


def test_a_value_stored_beside_does_not_overwrite_what_a_later_step_of_its_kernel_reads() -> None:
    """b = cumsum(a); c = exp(a); d = c * b; e = cumsum(c): c is stored in the kernel of d, which still reads b."""
    steps = [Step(r.CUMSUM, (0,), (1,)), Step(r.EXP, (0,), (2,)), Step(r.MUL, (2, 1), (3,)), Step(r.CUMSUM, (2,), (4,))]
    x = np.random.default_rng(5).standard_normal(200)
    product, total = run(Program([floats(None)] * 5, [0], {}, [3, 4], steps), [x])
    np.testing.assert_allclose(product, np.exp(x) * np.cumsum(x), rtol=1e-12)
    np.testing.assert_allclose(total, np.cumsum(np.exp(x)), rtol=1e-12)


def test_a_result_that_is_a_view_is_computed_where_it_is_wanted() -> None:
    """b = cumsum(a); c = b as a matrix, the only result: b stands in its memory, and nothing is copied."""
    program = Program([floats(None), floats(None), floats(None, 2)], [0], {}, [2], [Step(r.CUMSUM, (0,), (1,)), Step(r.RESHAPE, (1,), (2,))])
    module, layout = r.compiled(program)
    assert (len(module.kernels), layout.scratches) == (1, 0)
    np.testing.assert_array_equal(run(program, [np.ones(6)])[0], [[1, 2], [3, 4], [5, 6]])


def test_several_views_of_one_value_are_results_of_their_own() -> None:
    """b = cumsum(a) and two views of it are results, and a step in place changes none of them."""
    view = lambda v: Step(r.RESHAPE, (1,), (v,))
    steps = [Step(r.CUMSUM, (0,), (1,)), view(2), view(3), Step(r.SET_FIRST, (1, 4), (5,))]
    for outputs in ([2, 3, 5], [1, 2, 3, 5], [2, 5], [3, 1]):
        types = [floats(None), floats(None), floats(None, 2), floats(None, 2), floats(), floats(None)]
        found = run(Program(types, [0, 4], {}, outputs, steps), [np.ones(1000), 7.0])
        sums = np.arange(1.0, 1001)
        wanted = {1: sums, 2: sums.reshape(500, 2), 3: sums.reshape(500, 2), 5: np.concatenate([[7.0], sums[1:]])}
        for v, x in zip(outputs, found):
            np.testing.assert_array_equal(x, wanted[v])
        assert not any(np.shares_memory(x, y) for k, x in enumerate(found) for y in found[:k])
