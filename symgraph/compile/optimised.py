"""Stations 2 and 3: the expression as a Graph, and the passes of the mode. Loads networkx; a warm start never comes here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.compile.modes import Mode
from symgraph.compile.signature import Signature
from symgraph.compile.userpasses import user_passes
from symgraph.graph.functiongraph import FunctionGraph
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise

__all__ = ["optimised_graph"]


def optimised_graph(signature: Signature, mode: Mode, watch: Callable[[str, Any], None] | None = None, visible: bool = False) -> Graph:
    """The Graph of outputs and new values after the passes. Its `origin` tells the node as written behind each of its own. visible: somebody
    is going to look at it, in Theano's words; so do passes of the user's own."""
    more = user_passes(mode)
    tell = watch or (lambda station, what: None)
    tell("written", signature.computed)
    graph = FunctionGraph.of_copies(signature.variables, signature.computed) if visible or more else Graph(signature.variables, signature.computed)
    tell("graph", graph)
    graph.report = optimise(graph, mode, more)
    tell("passes", graph.report)
    tell("optimised", graph.outputs)
    return graph.mark() if isinstance(graph, FunctionGraph) else graph
