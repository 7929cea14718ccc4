"""Linear algebra by scipy, one matrix at a time."""

import functools

import inputs
import numpy
import scipy
import scipy.linalg


def versions():
    return {"scipy": scipy.__version__, "numpy": numpy.__version__}


def linear_algebra(operation, *shape):
    options = {"lower": True} if operation == "cholesky" else {}
    yield
    yield functools.partial(getattr(scipy.linalg, operation), **options), inputs.matrices(operation, shape)
