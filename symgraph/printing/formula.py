"""pp: an expression as a formula on one line."""

from __future__ import annotations

import re
from typing import Any

from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import toposort
from symgraph.ops.layout import DimShuffle

__all__ = ["leaf_text", "permuted", "pp", "written"]

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "true_div": "/", "int_div": "//", "mod": "%", "pow": "**", "eq": "eq", "neq": "neq", "lt": "<", "gt": ">",
    "le": "<=", "ge": ">=", "and_": "&", "or_": "|", "xor": "^",
}
_INPUT = re.compile(r"\?|\[\]")  # in the text of an op that reads: a place that an input says


def pp(variable: Any) -> str:
    """The expression as a formula; shared parts are written out at each place.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> pp((x + y) * 2)
    '((x + y) * TensorConstant{2})'
    """
    texts: dict[Variable, str] = {}
    for node in toposort([variable]):
        parts = [leaf_text(x) if x.owner is None else texts[x] for x in node.inputs]
        for x in node.outputs:
            texts[x] = x.name if x.name and x is not variable else written(node, parts, x)
    return texts.get(variable) or leaf_text(variable)


def leaf_text(x: Any) -> str:
    """The name or the value of a variable without owner, else its type."""
    return str(x) if isinstance(x, Constant) or x.name else f"<{x.type}>"


def written(node: Any, parts: list[str], x: Any) -> str:
    """An output of a node, of the texts of its inputs."""
    name = getattr(node.op, "name", None) if hasattr(node.op, "row") else None
    if name in _INFIX and len(parts) == 2:
        return f"({parts[0]} {_INFIX[name]} {parts[1]})"
    if isinstance(node.op, DimShuffle):
        return permuted(node.op, parts[0])
    if name == "neg":
        return f"(-{parts[0]})"
    if name == "abs":
        return f"|{parts[0]}|"
    kind = type(node.op).__name__
    if kind == "Dot":
        return f"({parts[0]} \\dot {parts[1]})"
    if kind == "Cast":
        return f"{node.op.dtype}({parts[0]})"
    if kind in ("Subtensor", "AdvancedSubtensor"):
        return _read_at(str(node.op)[len(kind) + 1 : -1], parts)
    text = f"{name or node.op}({', '.join(parts)})"
    return f"{text}.{x.index}" if len(node.outputs) > 1 else text


def _read_at(places: str, parts: list[str]) -> str:
    """``x[i, 1:]``: places are written as in the op's own text, with ``?`` and ``[]`` for those that inputs say."""
    rest = iter(parts[1:])
    index = _INPUT.sub(lambda found: next(rest, found[0]), places)
    return f"{parts[0]}[{index}]"


def permuted(op: DimShuffle, text: str) -> str:
    """What permutes dimensions: ``x.T`` if it turns them round, x itself if it only puts new ones in front."""
    new = next((k for k, d in enumerate(op.order) if d != "x"), len(op.order))
    order = op.order[new:]
    if order == tuple(range(op.ndim)):
        return text
    if order == tuple(reversed(range(op.ndim))):
        return f"{text}.T"
    return f"DimShuffle{{{', '.join(map(str, order))}}}({text})"
