"""The older convolution under the names of Theano's nnet.conv: names only."""

from symgraph.ops.conv.older import ConvOp
from symgraph.ops.conv.older import conv_of_batches as conv2d

__all__ = ["ConvOp", "conv2d"]
