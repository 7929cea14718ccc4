"""Products of vectors, matrices and arrays."""

from __future__ import annotations

from symgraph.ops.linalg.batched import BatchedDot, batched_dot, batched_tensordot, matmul
from symgraph.ops.linalg.dot import Dot, dot, matrix_dot
from symgraph.ops.linalg.gemm import Gemm
from symgraph.ops.linalg.products import kron, outer, tensordot

__all__ = [
    "BatchedDot",
    "Dot",
    "Gemm",
    "batched_dot",
    "batched_tensordot",
    "dot",
    "kron",
    "matmul",
    "matrix_dot",
    "outer",
    "tensordot",
]
