"""fold: what depends on constants alone is computed now, by the numpy rules."""

from __future__ import annotations

import math
from collections import Counter

from symgraph.expr.make import constant
from symgraph.expr.op import Apply
from symgraph.expr.variable import TensorConstant, TensorVariable
from symgraph.graph.graph import Graph

__all__ = ["fold"]

# A larger result is not worth its memory: `zeros((1000, 1000))` stays the cheap expression it is.
LARGEST = 4096


def fold(graph: Graph) -> Counter[str]:
    """Replace nodes whose inputs are all constants by their values; one that fails is left to fail when it is run."""
    fired: Counter[str] = Counter()
    for node in graph.toposort():
        if not node.inputs and not getattr(node.op, "foldable_without_inputs", False):
            continue
        if not all(isinstance(x, TensorConstant) for x in node.inputs) or not _allowed(node):
            continue
        bound = max(LARGEST, sum(x.data.size for x in node.inputs))
        if any(math.prod(n or 0 for n in x.type.shape) > bound for x in node.outputs):
            continue  # known before anything is computed: zeros((100000, 100000)) would not fit in memory
        try:
            values = node.op.run(node, [x.data for x in node.inputs])
        except Exception:  # any error at all belongs to the run, with its line
            continue
        if any(value.size > bound for value in values):
            continue
        graph.replace_all([(x, _like(x, value)) for x, value in zip(node.outputs, values)], "fold")
        fired["fold"] += 1
    return fired


def _allowed(node: Apply) -> bool:
    if getattr(node.op, "control", None) is not None or not all(isinstance(x, TensorVariable) for x in node.outputs):
        return False
    wish = getattr(node.op, "do_constant_folding", None)
    return wish is None or bool(wish(node))


def _like(x: TensorVariable, value: object) -> TensorConstant:
    return constant(value, name=x.name, dtype=x.dtype)
