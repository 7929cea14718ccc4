"""Building what stands in the place of something else: the same dtype, number of dimensions, and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from symgraph.expr.dtypes import upcast
from symgraph.expr.make import constant
from symgraph.expr.op import Apply
from symgraph.expr.sizes import size_constant
from symgraph.graph.rule import Rule
from symgraph.ops.cast import cast
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import function
from symgraph.ops.layout import DimShuffle, Rebroadcast
from symgraph.ops.shape import ShapeItem

if TYPE_CHECKING:  # derivatives of loops ask for sizes, and shall not wait for networkx
    from symgraph.graph.graph import Graph

__all__ = ["call", "filled", "joined", "keeps_ones", "number", "put", "sizes_of", "with_ones"]


def call(name: str, *inputs: Any) -> Any:
    """The elementwise op of this name applied to variables."""
    return function(name)(*inputs)


def number(value: Any, like: Any) -> Any:
    """A constant without dimensions, of the dtype of `like`."""
    return constant(value, dtype=like.dtype)


def sizes_of(node: Apply) -> list[Any]:
    """The sizes of an elementwise node's output, as variables: known ones, else those of an operand that is not repeated there."""
    out = node.outputs[0]
    sizes = []
    for axis, n in enumerate(out.type.shape):
        if n is not None:
            sizes.append(size_constant(n))
            continue
        for x in node.inputs:
            place = axis - (out.ndim - x.ndim)
            if place >= 0 and x.type.shape[place] != 1:
                sizes.append(ShapeItem(place)(x))
                break
        else:  # all of size 1, as passes found out
            sizes.append(size_constant(1))
    return sizes


def put(new: Any, node: Apply) -> Any:
    """`new` in the place of an elementwise node's output: cast to its dtype, repeated where it has size 1 and the output has not."""
    old = node.outputs[0]
    if new.dtype != old.dtype:
        new = cast(new, old.dtype)
    missing = old.ndim - new.ndim
    if any(b != 1 for b in old.type.shape[:missing]) or any(a == 1 and b != 1 for a, b in zip(new.type.shape, old.type.shape[missing:])):
        new = Alloc()(new, *sizes_of(node))
    elif missing:
        new = DimShuffle(new.ndim, ["x"] * missing + list(range(new.ndim)))(new)
    return with_ones(new, old)


def with_ones(new: Any, old: Any) -> Any:
    """`new`, declared to be of size 1 where `old` is known to be: what reads it may repeat it there."""
    lost = [(axis, True) for axis, (a, b) in enumerate(zip(new.type.shape, old.type.shape)) if b == 1 and a != 1]
    return Rebroadcast(*lost)(new) if lost else new


def keeps_ones(r: Rule) -> Rule:
    """A rule of ops with one output whose results may be known less well than what they replace, made to keep dimensions of size 1."""

    def apply(graph: Graph, node: Apply) -> Any:
        result = r.apply(graph, node)
        return result if result is None else with_ones(result, node.outputs[0])

    apply.__doc__ = r.text
    return Rule(apply, r.roots, r.name, r.tags, derived=r.derived)


def filled(value: Any, node: Apply) -> Any:
    """The output of an elementwise node whose every element is known."""
    return put(number(value, node.outputs[0]), node)


def joined(name: str, operands: Sequence[Any], node: Apply) -> Any:
    """add or mul of the operands that are left (one at least), calculated in the dtype of the node."""
    dtype = node.outputs[0].dtype
    if len(operands) > 1 and upcast(*[x.dtype for x in operands]) != dtype:
        operands = [x if x.dtype == dtype else cast(x, dtype) for x in operands]
    return put(operands[0] if len(operands) == 1 else call(name, *operands), node)
