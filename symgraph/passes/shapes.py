"""shapes: what is asked of a shape is answered by the shape rules of the ops, so that nothing is computed to be measured.

``(x * 2).shape[0]`` reads the size of x. Each variable's sizes are worked out once, from those of the inputs of its node.
"""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from symgraph.expr.make import as_variable, constant
from symgraph.expr.op import Apply
from symgraph.expr.sizes import items_of
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant
from symgraph.expr.walk import clone_nodes
from symgraph.ops.join import MakeVector
from symgraph.ops.shape import Shape, ShapeItem
from symgraph.passes.expressions import EXPRESSIONS, Size, as_size, same_size, variable_of
from symgraph.settings import config

if TYPE_CHECKING:  # derivatives of loops ask for sizes, and shall not wait for networkx
    from symgraph.graph.graph import Graph

__all__ = ["Sizer", "shapes"]


def shapes(graph: Graph) -> Counter[str]:
    """Replace each ShapeItem and Shape of something computed by an expression of sizes of inputs; known sizes by constants."""
    fired: Counter[str] = Counter()
    sizer = Sizer(graph.given)
    for node in graph.toposort():
        if node.op.__class__ not in (Shape, ShapeItem) or node not in graph.net:
            continue
        (x,) = node.inputs
        sizes = sizer.of(x)
        out = node.outputs[0]
        if isinstance(node.op, ShapeItem):
            new = variable_of(sizes[node.op.axis])
            if new.owner is not None and new.owner.op == node.op and new.owner.inputs[0] is x:
                continue
        elif all(not isinstance(n, Size) for n in sizes):
            new = constant(np.array(sizes, dtype="int64"), dtype="int64")
        elif x.owner is None or any(isinstance(n, Size) and (m := n.x.owner) is not None and m.inputs[0] is x for n in sizes):
            continue  # x is there anyway
        else:
            new = MakeVector()(*[variable_of(n) for n in sizes])
        graph.replace(out, new, "shapes")
        fired["shape_of_input" if new.owner is not None else "shape_known"] += 1
    return fired


class Sizer:
    """The sizes of variables: ints, and Sizes in terms of what cannot be looked through. given: the inputs of the graph."""

    def __init__(self, given: set[Any]) -> None:
        self.given = given
        self.known: dict[Any, tuple[Any, ...]] = {}

    def of(self, x: Any) -> tuple[Any, ...]:
        """The sizes of x. A node's are worked out after those of its inputs, on a stack."""
        stack = [x]
        while stack:
            y = stack[-1]
            if y in self.known:
                stack.pop()
                continue
            if self._is_leaf(y):
                self.known[y] = self._leaf(y)
                continue
            waiting = [z for z in y.owner.inputs if z not in self.known]
            if waiting:
                stack.extend(waiting)
                continue
            for z, sizes in zip(y.owner.outputs, self._node(y.owner)):
                self.known[z] = tuple(n if known is None else known for n, known in zip(sizes, z.type.shape))
        return self.known[x]

    def _is_leaf(self, x: Any) -> bool:
        if x.owner is None or x in self.given or not isinstance(x.type, TensorType) or all(n is not None for n in x.type.shape):
            return True
        op = x.owner.op
        return not (op.has_sizes or getattr(op, "control", None) in ("loop", "graph", "branch") or hasattr(op, "infer_shape"))

    def _leaf(self, x: Any) -> tuple[Any, ...]:
        shape = x.type.shape if isinstance(x.type, TensorType) else ()
        return tuple(Size(ShapeItem(axis)(x), natural=True) if n is None else n for axis, n in enumerate(shape))

    def _node(self, node: Apply) -> list[tuple[Any, ...]]:
        if getattr(node.op, "control", None) == "loop":
            return self._loop(node)
        if getattr(node.op, "control", None) == "branch":
            return self._branch(node)
        if getattr(node.op, "control", None) == "graph":
            return [self.of(x) for x in clone_nodes(node.op.inner_outputs, dict(zip(node.op.inner_inputs, node.inputs)))]
        if not node.op.has_sizes:
            return self._told(node)
        return [tuple(sizes) for sizes in node.op.sizes(EXPRESSIONS, *[_View(x, self) for x in node.inputs])]

    def _told(self, node: Apply) -> list[tuple[Any, ...]]:
        """What a user's op says by `infer_shape`; a rule that fails says nothing, and on_shape_error what is made of that."""
        known = [tuple(map(variable_of, self.known[x])) if isinstance(x.type, TensorType) else None for x in node.inputs]
        try:
            told = node.op.infer_shape(node, known)
            return [self._leaf(x) if shape is None else tuple(map(_size, shape)) for x, shape in zip(node.outputs,
                told or [None] * len(node.outputs))]
        except Exception as error:
            if config.on_shape_error == "raise":
                raise
            warnings.warn(f"infer_shape of {node.op} failed: {type(error).__name__}: {error}", stacklevel=2)
            return [self._leaf(x) for x in node.outputs]

    def _loop(self, node: Apply) -> list[tuple[Any, ...]]:
        """A stack has as many rows as the loop has steps, each of the sizes of a row, where these do not depend on the step."""
        op, layout = node.op, node.op.layout
        found = [self._leaf(x) for x in node.outputs]
        found[: layout.states] = [self.known[x] for x in node.inputs[layout.first_state : layout.first_captured]]  # no step changes them
        if layout.unbounded or layout.until:
            return found
        steps = _View(node.inputs[0], self).item()
        outside: dict[Any, tuple[Any, int]] = {}  # what is read inside -> what that is outside, how many dimensions more
        first = int(layout.counts)
        for k in range(len(layout.sequences)):
            outside[op.inner_inputs[first + k]] = (node.inputs[layout.first_sequence + k], 1)
        for x, y in zip(op.inner_inputs[layout.inner_state : layout.inner_captured], node.inputs[layout.first_state : layout.first_captured]):
            outside[x] = (y, 0)
        for x, y in zip(op.inner_inputs[layout.inner_captured :], node.inputs[layout.first_captured :]):
            outside[x] = (y, 0)
        inside = Sizer(set(op.inner_inputs))
        rows = op.inner_outputs[layout.states : layout.states + layout.stacked]
        for position, (row, most) in enumerate(zip(rows, layout.kept or [None] * len(rows)), layout.states):
            sizes = [steps if most is None else EXPRESSIONS.minimum(steps, most)]
            for n, whole in zip(inside.of(row), found[position][1:]):
                told = self._outside(n, outside)
                sizes.append(whole if told is None else told)
            found[position] = tuple(sizes)
        return found

    def _branch(self, node: Apply) -> list[tuple[Any, ...]]:
        """The sizes on which both sides agree, where they follow from the sizes of what the branch reads."""
        outside = {x: (y, 0) for x, y in zip(node.op.inner_inputs, node.inputs[1:])}
        inside = Sizer(set(node.op.inner_inputs))
        found = []
        for x, a, b in zip(node.outputs, node.op.then_outputs, node.op.else_outputs):
            told = [[self._outside(n, outside) for n in inside.of(side)] for side in (a, b)]
            found.append(tuple(m if m is not None and same_size(m, n) else leaf for m, n, leaf in zip(*told, self._leaf(x))))
        return found

    def _outside(self, n: Any, outside: Any) -> Any:
        """A size told in a body, as it is told outside; None where it is made of what only the body knows."""
        if not isinstance(n, Size):
            return n
        read = n.x.owner
        if read is None or not isinstance(read.op, ShapeItem) or read.inputs[0] not in outside:
            return None
        array, more = outside[read.inputs[0]]
        return self.known[array][read.op.axis + more]


def _size(n: Any) -> Any:
    """A size as a user's rule gives it: a number, or a 0-d integer variable."""
    n = as_variable(n)
    return int(n.data) if isinstance(n, Constant) else as_size(n)


class _View:
    """An input as shape rules see it."""

    __slots__ = ("dtype", "ndim", "shape", "sizer", "x")

    def __init__(self, x: Any, sizer: Sizer) -> None:
        self.x, self.sizer = x, sizer
        self.shape = sizer.known[x]
        self.dtype = getattr(x.type, "dtype", "object")
        self.ndim = len(self.shape)

    def item(self, k: int = 0) -> Any:
        """Element k of an integer input as a size."""
        x = self.x
        if isinstance(x, Constant):
            return int(x.data.flat[k])
        if x.type.ndim:
            items = items_of(x)
            x = items[k] if items is not None else x.flatten()[k]
            if isinstance(x, Constant):
                return int(x.data)
        if x.owner is not None and isinstance(x.owner.op, ShapeItem):
            return self.sizer.of(x.owner.inputs[0])[x.owner.op.axis]
        return as_size(x)
