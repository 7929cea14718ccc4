"""Convolutions of movies under the name of Theano's nnet.conv3d2d: names only."""

from symgraph.ops.conv.older import conv_of_movies as conv3d

__all__ = ["conv3d"]
