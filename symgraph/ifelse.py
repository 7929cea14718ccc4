"""Theano's module of the lazy conditional: names only."""

from symgraph.loops.branch import BranchOp as IfElse
from symgraph.loops.branch import ifelse

__all__ = ["IfElse", "ifelse"]
