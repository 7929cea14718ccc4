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
