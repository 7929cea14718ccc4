"""Products of vectors, matrices and arrays."""

from __future__ import annotations

from symgraph.ops.linalg.batched import BatchedDot, batched_dot, batched_tensordot, matmul
from symgraph.ops.linalg.dot import Dot, dot, matrix_dot
from symgraph.ops.linalg.einsum import einsum
from symgraph.ops.linalg.gemm import Gemm
from symgraph.ops.linalg.products import cross, inner, kron, outer, tensordot
from symgraph.ops.linalg.stacks import matrix_transpose, matvec, multi_dot, vecdot, vecmat
from symgraph.ops.linalg.structured import BlockDiagonal, DiagonalSums, Toeplitz, block_diag, circulant, companion, hankel, toeplitz, vander

__all__ = [
    "BatchedDot",
    "BlockDiagonal",
    "DiagonalSums",
    "Dot",
    "Gemm",
    "Toeplitz",
    "batched_dot",
    "batched_tensordot",
    "block_diag",
    "circulant",
    "companion",
    "cross",
    "dot",
    "einsum",
    "hankel",
    "inner",
    "kron",
    "matmul",
    "matrix_dot",
    "matrix_transpose",
    "matvec",
    "multi_dot",
    "outer",
    "tensordot",
    "toeplitz",
    "vander",
    "vecdot",
    "vecmat",
]
