"""The convolution of plain images, without batches and channels: names only."""

from symgraph.ops.conv.older import conv2d_of_images as conv2d

__all__ = ["conv2d"]
