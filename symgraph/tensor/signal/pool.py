"""Pooling under the names of Theano's tensor.signal.pool: names only."""

from symgraph.ops.pool.functions import (
    adaptive_average_pool_1d,
    adaptive_average_pool_2d,
    adaptive_average_pool_3d,
    max_pool_2d_same_size,
    pool_1d,
    pool_2d,
    pool_3d,
)
from symgraph.ops.pool.pooling import AveragePoolGrad, MaxPoolGrad, Pool
from symgraph.ops.pool.pooling import MaxPoolTangent as DownsampleFactorMaxGradGrad

__all__ = [
    "AveragePoolGrad", "DownsampleFactorMaxGradGrad", "MaxPoolGrad", "Pool", "adaptive_average_pool_1d", "adaptive_average_pool_2d",
    "adaptive_average_pool_3d", "max_pool_2d_same_size", "pool_1d", "pool_2d", "pool_3d",
]
