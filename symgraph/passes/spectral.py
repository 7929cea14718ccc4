"""Decompositions of which only the values are read."""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.linalg.eig import Eig
from symgraph.ops.linalg.eigh import Eigh
from symgraph.ops.linalg.svd import SVD

__all__ = ["SPECTRAL"]


@rule(Eigh, Eig, tags=("local_eigenvalues_alone",))
def eigenvalues_alone(graph: Graph, node: Apply) -> Any:
    """eigh(a)[0] -> eigvalsh(a), where nobody reads the eigenvectors"""
    if not node.op.vectors or graph.use_count(node.outputs[1]):
        return None
    op = Eig(False) if isinstance(node.op, Eig) else Eigh(node.op.lower, False)
    return [op(*node.inputs), None]


@rule(SVD, tags=("local_singular_values_alone",))
def singular_values_alone(graph: Graph, node: Apply) -> Any:
    """svd(a)[1] -> svdvals(a), where nobody reads the singular vectors"""
    if not node.op.compute_uv or graph.use_count(node.outputs[0]) or graph.use_count(node.outputs[2]):
        return None
    return [None, SVD(False, False)(*node.inputs), None]


SPECTRAL: list[Rule] = [eigenvalues_alone, singular_values_alone]
