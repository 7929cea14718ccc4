"""Families of ops that `import symgraph` leaves out come with whatever asks for them first: each way in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from symgraph.ops import further
from symgraph.ops.methods import LATE_METHODS

ROOT = Path(__file__).resolve().parent.parent
START = """
import sys
import numpy as np
import symgraph, symgraph.tensor as T
late = ("symgraph.ops.further", "symgraph.ops.special", "symgraph.ops.sort", "symgraph.ops.sparse", "symgraph.tensor.further",
        "symgraph.ops.random", "numpy.random")
assert not [name for name in late if name in sys.modules]
x, a = T.dvector("x"), T.dmatrix("a")
"""
WAYS = {
    "a method": "print(x.sort().eval({x: [2.0, 1.0]}))",
    "an elementwise method": "print(T.dscalar('s').erf())",
    "a name of T": "print(T.sort(x).eval({x: [2.0, 1.0]}))",
    "all names of T": "from symgraph.tensor import *; print(cumsum, linalg.inv)",
    "the list of names": "assert {'sort', 'linalg', 'fft', 'erf'} <= set(dir(T)); print(len(T.__all__))",
    "a submodule": "import symgraph.tensor.slinalg as s; print(s.cholesky)",
    "a function of numpy's": "print(np.linalg.inv(a).eval({a: np.eye(2)}), np.sort(x))",
    "a ufunc of scipy's": "import scipy.special; print(scipy.special.erf(x).eval({x: [0.0]}))",
    "accumulate of a ufunc": "print(np.maximum.accumulate(x).eval({x: [1.0, 0.0]}))",
    "an op by its name": "from symgraph.ops.elementwise import function; print(function('erf')(x))",
    "a pattern": "print(symgraph.pattern('erf(x) -> erf(x) * 1'))",
    "a sparse value": "import scipy.sparse; w = symgraph.shared(scipy.sparse.eye(2, format='csr')); print((w * 2).type, -w)",
    "symgraph.sparse": "print(symgraph.sparse.csr_matrix('s') + symgraph.sparse.csr_matrix('t'))",
    "symgraph.sparse_grad": "print(symgraph.sparse_grad)",
    "symgraph.random": "print(symgraph.random.RandomStreams(1).gamma(3, 0.5).eval())",
    "a draw's derivative": "import symgraph.random as r; s = T.dscalar(); print(symgraph.grad(r.gamma(r.key(1), (), s), s).eval({s: 0.5}))",
    "streams of Theano's": "print(symgraph.random.MRG_RandomStreams(1).normal((2,)).eval())",
    "streams by numpy": "from symgraph.tensor.shared_randomstreams import RandomStreams; print(RandomStreams(1).normal((2,)).eval())",
    "T.raw_random": "print(T.raw_random.random_state_type)",
    "a shared generator": "import numpy.random; print(symgraph.shared(numpy.random.RandomState(1)).type)",
    "another numpy function": "np.dot(x, x), np.tensordot(a, a), np.outer(x, x); assert 'symgraph.ops.further' not in sys.modules",
}


@pytest.mark.parametrize("way", WAYS)
def test_the_first_that_asks(way: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", START + WAYS[way]], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr


def test_a_misspelt_name_names_the_nearest() -> None:
    program = START + "T.sorted_"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert "symgraph.tensor has no 'sorted_'; is 'sort' meant?" in run.stderr


def test_methods_that_are_bound_late_are_those_there_are() -> None:
    assert set(LATE_METHODS) == set(further.METHODS)
