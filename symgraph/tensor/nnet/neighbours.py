"""Patches of images under the names of Theano's nnet.neighbours: names only."""

from symgraph.ops.conv.neighbours import Images2Neibs, images2neibs, neibs2images

__all__ = ["Images2Neibs", "images2neibs", "neibs2images"]
