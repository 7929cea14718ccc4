"""What can be said of sparse matrices. A matrix is csr or csc (bsr is taken as csr); inside native code it is four arrays, see kernels.py."""

from __future__ import annotations

from symgraph.ops.sparse import methods  # noqa: F401  which binds the operators of sparse variables
