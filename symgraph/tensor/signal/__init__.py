"""Convolution of plain images, and pooling, under the names of Theano's tensor.signal. Each file is loaded with its first use."""

from symgraph.late import late

_HOMES = {"symgraph.tensor.signal.conv": "", "symgraph.tensor.signal.downsample": "", "symgraph.tensor.signal.pool": ""}
__all__ = ["conv", "downsample", "pool"]
__getattr__, __dir__ = late(__name__, _HOMES)
