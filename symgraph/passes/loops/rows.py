"""Stacks of which only some rows are read."""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.loops.loopop import LoopOp
from symgraph.ops.index import Subtensor
from symgraph.passes.match import node_of

__all__ = ["LAST_ROW"]


@rule(Subtensor, tags=("scan_save_mem", "scanOp_save_mem"))
def last_row(graph: Graph, node: Apply) -> Any:
    """stack[-1] -> the final state, where the rows of the stack are the states: no row but the last is kept then"""
    if not node.op.entries or node.op.entries[0] != -1:
        return None
    stack = node.inputs[0]
    loop = node_of(stack, LoopOp)
    if loop is None or stack.index < loop.op.layout.states:
        return None
    states = loop.op.layout.states
    row = loop.op.inner_outputs[stack.index]
    for position in range(states):
        if loop.op.inner_outputs[position] is row:
            final = loop.outputs[position]
            rest = node.op.entries[1:]
            return Subtensor(rest)(final, *node.inputs[1:]) if rest else final
    return None


LAST_ROW: Rule = last_row
