"""Products of sparse matrices of many lines: what is done for several lines together."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

import symgraph
import symgraph.sparse as S
import symgraph.tensor as T


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize("density", [0.004, 0.3])
def test_a_vector_by_many_lines(format, density):
    """More lines than are looked at together; short ones, and such as are summed in four sums."""
    a = scipy.sparse.random(600, 300, density, format, random_state=3)
    v = np.random.RandomState(1).randn(300)
    x, y = S.matrix(format, "x", "float64"), T.dvector()
    np.testing.assert_allclose(symgraph.function([x, y], S.dot(x, y))(a, v), a @ v, rtol=1e-12, atol=1e-12)
