"""Ops that hand on what they get: another variable for it, a copy, or a look at it on the way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.sizes import Identity

__all__ = ["DeepCopyOp", "OutputGuard", "Print", "ViewOp", "deep_copy_op", "output_guard", "view_op"]


class ViewOp(Identity):
    """x again, as another variable; no memory is touched."""

    __props__: tuple[str, ...] = ()


class DeepCopyOp(ViewOp):
    """x, in memory of its own."""

    view = False

    def compute(self, x: Any) -> Any:
        return np.array(x)


class OutputGuard(ViewOp):
    """x again. Theano put it behind outputs, so that nothing overwrote them; results are never shared with what is overwritten here."""


view_op, output_guard = ViewOp(), OutputGuard()
deep_copy_op = DeepCopyOp()


def _printed(op: Print, value: Any) -> None:
    """What Print does unless it is told otherwise: a line for each attribute asked for."""
    for attribute in op.attrs:
        found = getattr(value, attribute)
        print(op.message, attribute, "=", found() if callable(found) else found, file=sys.stdout)


class Print(Op):
    """An op that hands its input on and prints `message` and the value's attributes `attrs` whenever it is computed.

    attrs: names of attributes or of methods without arguments, as "shape", "min", "__str__". global_fn(op, value): what is done
    instead of printing. The gradient goes through unchanged. What no output needs is not computed, so it is not printed either.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> f = symgraph.function([x], Print('x is', attrs=('__str__', 'shape'))(x) * 2)
    >>> f([1.0, 2.0])
    x is __str__ = [1. 2.]
    x is shape = (2,)
    array([2., 4.])
    """

    __props__ = ("message", "attrs", "global_fn")
    view_map = {0: [0]}

    def __init__(self, message: str = "", attrs: Sequence[str] = ("__str__",), global_fn: Callable[[Print, Any], Any] = _printed) -> None:
        self.message = message
        self.attrs = (attrs,) if isinstance(attrs, str) else tuple(attrs)
        self.global_fn = global_fn

    def make_node(self, x: Any) -> Apply:
        x = as_variable(x)
        return Apply(self, [x], [x.type.make_variable()])

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        self.global_fn(self, arrays[0])
        return [arrays[0]]

    def do_constant_folding(self, node: Apply) -> bool:
        """Never: it is to be printed at each call."""
        return False

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [output_grads[0]]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [tangents[0]]

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> Any:
        return [self(inputs[0])]

    def __str__(self) -> str:
        return f"Print{{message='{self.message}', attrs={self.attrs}}}"
