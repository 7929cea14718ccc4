"""Rewrites of nodes that say what they look for by ops themselves: PatternSub, OpSub, OpRemove. (`symgraph.pattern` says it as text.)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Apply, Op
from symgraph.expr.variable import Constant, Variable
from symgraph.graph.rule import Rule, within

__all__ = ["OpRemove", "OpSub", "PatternSub"]


def _tracked(op: Any) -> Any:
    """The root of a rule about an op: its row, or its class."""
    if not isinstance(op, Op):
        raise TypeError(f"a pattern starts with an op, got {op!r} of {type(op)}")
    return op


class OpSub(Rule):
    """op1 becomes op2, on the same inputs.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> symgraph.function([x], T.sin(x), mode=symgraph.Mode(rules=[OpSub(T.sin, T.cos)]))(0.0)
    array(1.)
    """

    __slots__ = ("op1", "op2")

    def __init__(self, op1: Any, op2: Any, transfer_tags: bool = True) -> None:
        self.op1, self.op2 = op1, op2
        super().__init__(self._apply, [_tracked(op1)], f"OpSub({op1}, {op2})")
        self.text = f"{op1}(...) -> {op2}(...)"

    def _apply(self, graph: Any, node: Apply) -> Any:
        return self.op2.make_node(*node.inputs).outputs if node.op == self.op1 else None


class OpRemove(Rule):
    """An op with as many outputs as inputs becomes its inputs. ValueError, as it meets a node, if there are not as many."""

    __slots__ = ("op",)

    def __init__(self, op: Any) -> None:
        self.op = op
        super().__init__(self._apply, [_tracked(op)], f"OpRemove({op})")
        self.text = f"{op}(x) -> x"

    def _apply(self, graph: Any, node: Apply) -> Any:
        if node.op != self.op:
            return None
        if len(node.inputs) != len(node.outputs):
            raise ValueError(f"OpRemove({self.op}): the node has {len(node.inputs)} inputs and {len(node.outputs)} outputs")
        return list(node.inputs)


class PatternSub(Rule):
    """What looks like `in_pattern` becomes `out_pattern`.

    in_pattern: (op, part, part ...), a part being a string (any variable, the same one at each place), a number (a constant that is this
    everywhere), a pattern within, a constant, or ``{'pattern': part, 'constraint': function of the variable}``. out_pattern: the same, but
    constraints; ops may be functions there. allow_multiple_clients: whether what stands within may be read elsewhere too.
    skip_identities_fn: for a variable that fits no part, gives another that is tried in its place, or None. tracks, get_nodes: other ops
    to start from, and the nodes to try then: get_nodes(node).

    Raises TypeError for a pattern that does not start with an op.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> double = PatternSub((T.add, 'z', 'z'), (T.mul, 10, 'z'))
    >>> symgraph.function([x], x + x, mode=symgraph.Mode(rules=[double]))(1.0)
    array(10.)
    """

    __slots__ = ("allow_multiple_clients", "get_nodes", "in_pattern", "op", "out_pattern", "skip_identities_fn")

    def __init__(self, in_pattern: Any, out_pattern: Any, allow_multiple_clients: bool = False,
                 skip_identities_fn: Callable[[Any], Any] | None = None, name: str | None = None, pdb: bool = False, tracks: Sequence[Any] = (),
                 get_nodes: Callable[[Any], Any] | None = None, values_eq_approx: Any = None) -> None:
        plain = in_pattern.get("pattern") if isinstance(in_pattern, dict) else in_pattern
        if not isinstance(plain, (list, tuple)) or not plain:
            raise TypeError(f"the pattern to search for must be a tuple that starts with an op, got {in_pattern!r}")
        if not isinstance(out_pattern, (list, tuple, str, int, float, Variable)):
            raise TypeError(f"the pattern to put in must be a tuple, a name, a number or a variable, got {out_pattern!r}")
        self.in_pattern, self.out_pattern, self.op = in_pattern, out_pattern, plain[0]
        self.allow_multiple_clients, self.skip_identities_fn, self.get_nodes = allow_multiple_clients, skip_identities_fn, get_nodes
        roots = list(tracks) if tracks and get_nodes is not None else [plain[0]]
        super().__init__(self._apply, [_tracked(root) for root in roots], name or f"PatternSub({_text(in_pattern)} -> {_text(out_pattern)})")
        self.text = f"{_text(in_pattern)} -> {_text(out_pattern)}"

    def _apply(self, graph: Any, node: Apply) -> Any:
        if self.get_nodes is None or node.op == self.op:
            return self._at(graph, node)
        for other in within(graph, self.get_nodes, node) or ():
            found = self._at(graph, other) if other else None
            if found is not None:
                graph.replace(other.outputs[0], found[0], f"rule {self.name}")
        return None

    def _at(self, graph: Any, node: Apply) -> Any:
        if node.op != self.op or len(node.outputs) != 1:
            return None
        found: dict[str, Any] = {}
        if not self._fits(graph, self.in_pattern, node.outputs[0], found, root=True):
            return None
        new = self._built(self.out_pattern, found)
        return [new if isinstance(new, Variable) else node.outputs[0].type.make_constant(new)]

    def _fits(self, graph: Any, part: Any, x: Any, found: dict[str, Any], root: bool = False) -> bool:
        """Whether a variable fits a part of the pattern; `found` is what names stand for."""
        if isinstance(part, dict):
            constraint = part.get("constraint")
            return (constraint is None or bool(constraint(x))) and self._fits(graph, part["pattern"], x, found, root)
        if isinstance(part, str):
            return found.setdefault(part, x) is x
        if isinstance(part, (list, tuple)):
            node = x.owner
            fits = (node is not None and node.op == part[0] and len(node.inputs) == len(part) - 1
                    and (root or self.allow_multiple_clients or graph.used_once(x)))
            if fits:
                return all(self._fits(graph, p, y, found) for p, y in zip(part[1:], node.inputs))
        elif isinstance(part, (int, float)) and isinstance(x, Constant):
            if bool(np.all(np.asarray(x.data) == part)):
                return True
        elif isinstance(part, Constant) and isinstance(x, Constant) and part.equals(x):
            return True
        elif part is x:
            return True
        other = self.skip_identities_fn(x) if self.skip_identities_fn is not None else None
        return isinstance(other, Variable) and self._fits(graph, part, other, found, root)

    def _built(self, part: Any, found: dict[str, Any]) -> Any:
        if isinstance(part, (list, tuple)):
            return part[0](*[self._built(p, found) for p in part[1:]])
        if isinstance(part, dict):
            return self._built(part["pattern"], found)
        return found[part] if isinstance(part, str) else part


def _text(part: Any) -> str:
    if isinstance(part, (list, tuple)):
        return f"{part[0]}({', '.join(map(_text, part[1:]))})"
    return _text(part["pattern"]) if isinstance(part, dict) else str(part)
