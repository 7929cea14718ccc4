"""Convolutions of volumes with the channel last under the name of Theano's nnet.Conv3D: names only."""

from symgraph.ops.conv.older import conv3D

__all__ = ["conv3D"]
