"""expand: the inner graph of an OpFromGraph in the place of the op. Those that say `inline` at once, so that all passes see what is
in them; the others when the passes are through: until then each is one op with a body of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.walk import clone_nodes
from symgraph.graph.graph import Graph
from symgraph.passes.inner import BODIES, with_bodies

__all__ = ["expand", "expand_inline"]


def expand_inline(graph: Graph) -> Counter[str]:
    """Replace the ops that want it, and those that come to light by that."""
    return _expand(graph, inline=True)


def expand(graph: Graph) -> Counter[str]:
    """Replace all of them, in the bodies of loops and branches too."""
    return _expand(graph, inline=False)


def _expand(graph: Graph, inline: bool) -> Counter[str]:
    fired: Counter[str] = Counter()
    waiting = [node for node in graph.nodes() if getattr(node.op, "control", None) is not None]
    while waiting:
        node = waiting.pop()
        if node not in graph.net:
            continue
        if node.op.control == "graph":
            if inline and not node.op.is_inline:
                continue
            results = clone_nodes(node.op.inner_outputs, dict(zip(node.op.inner_inputs, node.inputs)), always=True)
            inside = [x.owner for x in results if x.owner is not None]
            graph.replace_all(list(zip(node.outputs, results)), "expand")
            fired["expand"] += 1
            waiting += _controlled(inside, node.inputs)
        elif not inline:
            changed = {}
            for name in BODIES[node.op.control]:
                body = Graph(node.op.inner_inputs, getattr(node.op, name))
                done = expand(body)
                if done:
                    fired += done
                    changed[name] = body.outputs
            if changed:
                twin = node.clone_with(node.inputs)
                twin.op = with_bodies(node.op, **changed)
                graph.replace_all(list(zip(node.outputs, twin.outputs)), "expand")
    return fired


def _controlled(nodes: list[Apply], given: list[Any]) -> list[Apply]:
    """The nodes with inner graphs among these and what they need, down to `given`."""
    stops, found, seen, stack = set(given), [], set(nodes), list(nodes)
    while stack:
        node = stack.pop()
        if getattr(node.op, "control", None) is not None:
            found.append(node)
        for x in node.inputs:
            if x.owner is not None and x not in stops and x.owner not in seen:
                seen.add(x.owner)
                stack.append(x.owner)
    return found
