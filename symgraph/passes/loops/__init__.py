"""Loops: only the last row kept where only that is read, what no step needs left out, what each step repeats done once before, and
what need not be done step by step done for all steps at once.

Bodies have been through the passes already, so equal parts of a body are one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopOp
from symgraph.passes.loops.after import results, sums
from symgraph.passes.loops.before import hoist, products
from symgraph.passes.loops.beside import beside
from symgraph.passes.loops.packing import packing
from symgraph.passes.loops.parts import Parts
from symgraph.passes.loops.rings import rings
from symgraph.passes.loops.rows import LAST_ROW
from symgraph.passes.loops.unroll import unroll

__all__ = ["LAST_ROW", "beside", "loops", "rings", "unroll"]

STAGES: tuple[tuple[str, Callable[[Parts], int]], ...] = (
    ("constants", Parts.take_constants),
    ("hoisted", hoist),
    ("pruned", Parts.prune),
    ("sums", sums),
    ("results", results),
    ("products", products),
    ("pruned", Parts.prune),
    ("packed", packing),
)


def loops(graph: Graph) -> Counter[str]:
    """Rewrite each LoopOp by each of the STAGES in turn."""
    fired: Counter[str] = Counter()
    for node in reversed(graph.toposort()):  # what reads a loop may be a loop, and may read less of it afterwards
        if not isinstance(node.op, LoopOp) or node not in graph.net:
            continue
        parts = Parts(graph, node)
        done: Counter[str] = Counter()
        for name, stage in STAGES:
            if parts.op.progress is not None and name in ("sums", "results"):
                continue  # a loop that tells how far it is stays one
            done[f"loop_{name}"] += stage(parts)
        if done.total():
            graph.replace_all(parts.rebuilt(), "loops")
            fired += done
    return fired
