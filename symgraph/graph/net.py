"""Net: which node is read by which, kept in both directions.

It has the part of networkx's DiGraph that passes need, under the same names (`succ`, `pred`, `add_edge` ...), and is one to networkx's own
functions: `networkx.DiGraph(net.succ)`. Loading networkx took longer than loading numpy, in every process that compiles anything.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

__all__ = ["Net"]


class Net:
    """A directed graph. succ, pred: node -> those behind and before it, in the order in which edges came (dictionaries of which the keys
    count).

    >>> net = Net()
    >>> net.add_edge('a', 'b')
    >>> list(net.succ['a']), list(net.pred['b']), net.has_circle()
    (['b'], ['a'], False)
    """

    __slots__ = ("pred", "succ")

    def __init__(self) -> None:
        self.succ: dict[Any, dict[Any, None]] = {}
        self.pred: dict[Any, dict[Any, None]] = {}

    def __contains__(self, node: Hashable) -> bool:
        return node in self.succ

    def __iter__(self) -> Iterator[Any]:
        return iter(self.succ)

    def __len__(self) -> int:
        return len(self.succ)

    def add_node(self, node: Hashable) -> None:
        """Take in a node; nothing if it is here."""
        if node not in self.succ:
            self.succ[node], self.pred[node] = {}, {}

    def add_edge(self, before: Hashable, behind: Hashable) -> None:
        """Take in an edge, and the nodes that it joins."""
        self.add_node(before)
        self.add_node(behind)
        self.succ[before][behind] = self.pred[behind][before] = None

    def remove_edge(self, before: Hashable, behind: Hashable) -> None:
        """Take out an edge; KeyError if there is none."""
        del self.succ[before][behind], self.pred[behind][before]

    def remove_node(self, node: Hashable) -> None:
        """Take out a node and its edges; KeyError if it is not here."""
        for behind in self.succ.pop(node):
            if behind is not node:
                del self.pred[behind][node]
        for before in self.pred.pop(node):
            if before is not node:
                del self.succ[before][node]

    def has_circle(self) -> bool:
        """Whether some node is before itself (A. B. Kahn, Topological sorting of large networks, 1962)."""
        missing = {node: len(before) for node, before in self.pred.items()}
        free = [node for node, count in missing.items() if not count]
        for node in free:
            for behind in self.succ[node]:
                missing[behind] -= 1
                if not missing[behind]:
                    free.append(behind)
        return len(free) < len(missing)
