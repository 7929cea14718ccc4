"""Products of chosen blocks under the names of Theano's nnet.blocksparse: names only."""

from symgraph.ops.nnet.blocks import (
    SparseBlockGemv,
    SparseBlockOuter,
    sparse_block_dot,
    sparse_block_gemv,
    sparse_block_gemv_inplace,
    sparse_block_outer,
    sparse_block_outer_inplace,
)

__all__ = [
    "SparseBlockGemv", "SparseBlockOuter", "sparse_block_dot", "sparse_block_gemv", "sparse_block_gemv_inplace", "sparse_block_outer",
    "sparse_block_outer_inplace",
]
