"""Streams of random numbers by numpy's RandomState, under Theano's names."""

from symgraph.expr.shared import RandomStateSharedVariable
from symgraph.expr.shared import shared as randomstate_constructor
from symgraph.ops.random.numpystreams import RandomStreams

__all__ = ["RandomStateSharedVariable", "RandomStreams", "randomstate_constructor"]
