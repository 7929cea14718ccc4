"""The sigmoids under the names of Theano's nnet.sigm: names only."""

from symgraph.ops.nnet.activations import hard_sigmoid, ultra_fast_sigmoid
from symgraph.ops.unary import sigmoid, softplus

__all__ = ["hard_sigmoid", "sigmoid", "softplus", "ultra_fast_sigmoid"]
