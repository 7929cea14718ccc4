"""Pooling under the names of Theano's tensor.signal.downsample, which `pool` took the place of: names only."""

from symgraph.ops.pool.functions import DownsampleFactorMax, max_pool_2d, max_pool_2d_same_size

__all__ = ["DownsampleFactorMax", "max_pool_2d", "max_pool_2d_same_size"]
