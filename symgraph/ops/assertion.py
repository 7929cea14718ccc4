"""Assert: a value that is only there if conditions hold. Raise: a value that nobody may ask for. PdbBreakpoint: a stop on the way to a value, to
look around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.errors import error_class
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.stacks import count, repeated
from symgraph.expr.variable import TensorVariable

__all__ = ["Assert", "PdbBreakpoint", "Raise", "assert_", "assert_op"]


class Assert(Op):
    """``Assert(message)(x, *conditions)``: x, if every condition (a scalar) is true, else AssertionError with the message when called.

    error: the name of another class of builtin errors to raise. It stays where it is, whatever passes do, as long as something needs the
    value of x; what asks for its shape alone does not. Raises TypeError for conditions with dimensions.

    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> checked = Assert('x must not be empty')(x, x.shape[0] > 0)
    >>> checked.max().eval({x: [1.0, 3.0]})
    array(3.)
    """

    __props__ = ("msg", "error")
    alias = ((0, 0),)

    def __init__(self, msg: str = "a condition that was asserted does not hold", error: str = "AssertionError") -> None:
        if not isinstance(msg, str):
            raise TypeError(f"the message of Assert must be a string, got {msg!r}")
        self.msg, self.error = msg, error

    def make_node(self, x: Any, *conditions: Any) -> Apply:
        value, *checks = (as_variable(given) for given in (x, *conditions))
        for check in checks:
            if not isinstance(check, TensorVariable) or check.ndim:
                raise TypeError(f"the conditions of Assert must be scalars, got {check} of type {check.type}: take .all() of it")
        flags = [check if check.dtype == "bool" else check.astype("bool") for check in checks]
        return Apply(self, [value, *flags], [value.type.make_variable()])

    def sizes(self, s: Any, x: Any, *conditions: Any) -> Any:
        return [x.shape]

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        if not all(arrays[1:]):
            raise error_class(self.error)(self.msg)
        return [arrays[0]]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        for condition in inputs[1:]:
            b.check(condition.load(), self.error, self.msg.replace("{", "{{").replace("}", "}}"))

    def do_constant_folding(self, node: Apply) -> bool:
        """Only where it holds: else it is to fail in the call, if it comes to that."""
        return all(np.all(getattr(x, "data", False)) for x in node.inputs[1:])

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0], *[None] * (len(inputs) - 1)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any]:
        checks = [x.all() if s else x for x, s in zip(inputs[1:], stacked[1:])]
        return [self(inputs[0] if stacked[0] else repeated(inputs[0], count(inputs, stacked)), *checks)]

    def __str__(self) -> str:
        return f"Assert{{msg='{self.msg}'}}"


assert_op = Assert()


def assert_(x: Any, *conditions: Any, message: str = assert_op.msg) -> Any:
    """x, with conditions (scalars) that must be true when it is computed; see `Assert`."""
    return Assert(message)(x, *conditions)


class Raise:
    """``Raise(message, error)(x)``: x, as long as nobody computes it; who does gets the error, one of Python's classes.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> Raise('no derivative yet')(x)
    Assert{msg='no derivative yet'}.0
    """

    def __init__(self, msg: str = "", exc: type[Exception] = NotImplementedError) -> None:
        self.assertion = Assert(msg, exc.__name__)

    def __call__(self, x: Any) -> Any:
        return self.assertion(x, np.array(False))


def asserted(x: Any, message: str, error: str, *conditions: Any) -> Any:
    """x, with conditions that raise a builtin error of this name: for checks of functions that are compositions."""
    return Assert(message, error)(x, *conditions)


class PdbBreakpoint(Op):
    """``PdbBreakpoint(name)(condition, *variables)``: the variables, but where the condition (a scalar) is true when they are computed
    Python's debugger starts first, with their values in the list `monitored`.

    ``c`` goes on; values changed in place change nothing outside. Gradients go through. The debugger is the one of Python's `breakpoint()`, so
    PYTHONBREAKPOINT names another. Raises TypeError for a condition with dimensions.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> y = PdbBreakpoint('y is negative')(x < 0, x * 2)
    >>> y.eval({x: 1.0})
    array(2.)
    """

    __props__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def make_node(self, condition: Any, *variables: Any) -> Apply:
        given: Any = as_variable(condition)
        if getattr(given.type, "ndim", None) != 0:
            raise TypeError(f"the condition of a breakpoint must be a scalar, got {given} of type {given.type}")
        watched = [as_variable(x) for x in variables]
        return Apply(self, [given, *watched], [x.type.make_variable() for x in watched])

    def sizes(self, s: Any, condition: Any, *variables: Any) -> Any:
        return [x.shape for x in variables]

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        if arrays[0]:
            monitored = [np.array(a) for a in arrays[1:]]
            print(f"breakpoint {self.name!r}: its condition holds; `monitored` has {len(monitored)} values")
            breakpoint()  # what this op is for
        return list(arrays[1:])

    def do_constant_folding(self, node: Apply) -> bool:
        """Never: it is to stop in the call."""
        return False

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [None, *output_grads]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        count = len(node.outputs)
        return [[False] * count, *[[k == j for j in range(count)] for k in range(count)]]

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any]:
        return self(inputs[0].any() if stacked[0] else inputs[0], *inputs[1:], return_list=True)  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return f"Breakpoint{{{self.name}}}"
