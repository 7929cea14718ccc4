"""BranchOp: one of two inner graphs, chosen by a condition. The other one is not computed.

As written, the two sides are what `ifelse` got: variables of the graph around it. What only one side needs is moved into that side
(symgraph/loops/sink.py) before anything is compiled or differentiated, so that it is computed only if that side is taken.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from symgraph import source
from symgraph.expr.dtypes import upcast
from symgraph.expr.evaluate import run_nodes
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import TensorType, tensor_type
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.graph.walks import io_connection_pattern

__all__ = ["BranchOp", "as_condition", "chosen", "common_type", "ifelse", "partners"]


class BranchOp(Op):
    """Results of `then_outputs` where the condition is true, else of `else_outputs`; both are computed from `inner_inputs`.

    Inputs of the node: the condition (bool, no dimensions), then one for each of inner_inputs. The results of the two sides agree in
    dtype and number of dimensions; sizes may differ. name: for print-outs.
    """

    control = "branch"

    def __init__(self, inner_inputs: Sequence[Variable], then_outputs: Sequence[Variable], else_outputs: Sequence[Variable],
                 name: str | None = None) -> None:
        self.inner_inputs: list[Any] = list(inner_inputs)
        self.then_outputs: list[Any] = list(then_outputs)
        self.else_outputs: list[Any] = list(else_outputs)
        self.name = name
        self._order: dict[bool, list[Apply]] | None = None

    @property
    def inner_outputs(self) -> list[Any]:
        """The results of both sides, in a row."""
        return [*self.then_outputs, *self.else_outputs]

    def make_node(self, *inputs: Any) -> Apply:
        condition, *captured = inputs
        op = self._of_types([x.type for x in captured])
        types = [common_type(a.type, b.type) for a, b in zip(op.then_outputs, op.else_outputs)]
        node = Apply(op, [as_condition(condition), *captured], [t.make_variable() for t in types])
        node.line = source.here()
        return node

    def _of_types(self, types: list[Any]) -> BranchOp:
        """This op for inputs of which more sizes are known."""
        if all(t == x.type for t, x in zip(types, self.inner_inputs)):
            return self
        twin = copy.copy(self)
        twin._order = None
        twin.inner_inputs = [t.make_variable(x.name) for t, x in zip(types, self.inner_inputs)]
        given = dict(zip(self.inner_inputs, twin.inner_inputs))
        results = clone_nodes(self.inner_outputs, given, always=True, retype=True)
        count = len(self.then_outputs)
        twin.then_outputs, twin.else_outputs = results[:count], results[count:]
        return twin

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        """The side that is taken, by the numpy rules."""
        taken = bool(arrays[0])
        outputs = self.then_outputs if taken else self.else_outputs
        if self._order is None:
            self._order = {}
        if taken not in self._order:
            self._order[taken] = toposort(outputs, self.inner_inputs)
        return run_nodes(self._order[taken], dict(zip(self.inner_inputs, arrays[1:])), outputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """What either side says; the condition chooses, and so has a derivative of zero."""
        count = len(self.then_outputs)
        rows = io_connection_pattern(self.inner_inputs, self.inner_outputs)
        return [[True] * count, *([a or b for a, b in zip(row, row[count:])] for row in rows)]

    def roles(self, node: Apply) -> tuple[list[tuple[str, Any]], list[str]]:
        """For print-outs: what each inner input is, and the outer variable behind it; what each inner output is."""
        count = len(self.then_outputs)
        numbers = [f" {k}" for k in range(count)] if count > 1 else [""]
        return [("captured", x) for x in node.inputs[1:]], [f"{side}{number}" for side in ("then", "else") for number in numbers]

    def __getstate__(self) -> Any:
        return self.__dict__ | {"_order": None}

    def __str__(self) -> str:
        return f"if{{{self.name or ''}}}"


def common_type(a: Any, b: Any) -> Any:
    """The type of what is of type `a` or `b`; TypeError where no type is."""
    if isinstance(a, TensorType) and isinstance(b, TensorType) and a.dtype == b.dtype and a.ndim == b.ndim:
        return tensor_type(a.dtype, tuple(n if n == m else None for n, m in zip(a.shape, b.shape)))
    if a != b:
        raise TypeError(f"the two branches should have identical types, but they are {a} and {b}")
    return a


def as_condition(given: Any) -> Any:
    """A condition as a bool without dimensions: a number that is not zero is true."""
    condition: Any = as_variable(given)
    if not isinstance(condition, TensorVariable):
        raise TypeError(f"a condition has to be a scalar, got {given!r} of type {condition.type}")
    if condition.ndim:
        raise TypeError(f"a condition has to be a scalar (0 stands for false, anything else for true), got {condition} of type {condition.type}: "
                        "take .all() or .any() of it, or choose element by element with switch")
    return condition if condition.dtype == "bool" else condition.astype("bool")  # type: ignore[attr-defined]


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """`then_branch` if the scalar condition is true (not zero), else `else_branch`; only what is taken is computed.

    A branch is a variable, or a list or tuple of variables (the result has the form of then_branch); partners must agree in dtype and
    number of dimensions, their sizes may differ. A Python number takes the dtype of its partner if that holds it. `switch` chooses
    element by element instead, and computes both. Derivatives are lazy in the same way: what the side not taken says
    of a variable is zero, whatever that side would have computed.

    Raises TypeError for a condition with dimensions and for partners of different types, ValueError for lists of different lengths.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> y = ifelse(x > 0, T.log(x), x - 1)
    >>> y.eval({x: -2.0}), T.grad(y, x).eval({x: -2.0})
    (array(-3.), array(1.))
    """
    sides = [list(side) if isinstance(side, (list, tuple)) else [side] for side in (then_branch, else_branch)]
    if len(sides[0]) != len(sides[1]):
        raise ValueError(f"the number of values of both branches should be the same: then has {len(sides[0])}, else has {len(sides[1])}")
    pairs = [_checked_partners(position, a, b) for position, (a, b) in enumerate(zip(*sides))]
    results = chosen(condition, [a for a, _ in pairs], [b for _, b in pairs], name)
    if isinstance(then_branch, (list, tuple)):
        return tuple(results) if isinstance(then_branch, tuple) else results
    return results[0]


def chosen(condition: Any, thens: Sequence[Any], elses: Sequence[Any], name: str | None = None) -> list[Any]:
    """The outputs of a BranchOp on variables that partner each other in type; constants stand in the sides themselves."""
    inside: dict[Variable, Any] = {}
    for x in (*thens, *elses):
        if not isinstance(x, Constant) and x not in inside:
            inside[x] = x.type.make_variable(x.name)
    op = BranchOp(list(inside.values()), [inside.get(x, x) for x in thens], [inside.get(x, x) for x in elses], name)
    return op(condition, *inside, return_list=True)  # type: ignore[no-any-return]


def _checked_partners(position: int, a: Any, b: Any) -> tuple[Any, Any]:
    """What stands at one place of both sides, as variables of one type."""
    a, b = partners(a, b)
    try:
        common_type(a.type, b.type)
    except TypeError as error:
        raise TypeError(f"value {position} of ifelse: {error} ({a} and {b})") from None
    return a, b


def partners(a: Any, b: Any) -> tuple[Any, Any]:
    """Both as variables; a Python number in the dtype of its partner, if nothing is lost by that."""
    known = [x for x in (a, b) if isinstance(x, Variable)]
    first: Any
    second: Any
    first, second = (x if isinstance(x, Variable) else _like(x, known) for x in (a, b))
    if not known and first.type.dtype != second.type.dtype:  # two numbers: what holds both
        dtype = upcast(first.type.dtype, second.type.dtype)
        return first.astype(dtype), second.astype(dtype)
    return first, second


def _like(given: Any, known: list[Variable]) -> Any:
    """A Python number in the dtype of its partner, if nothing is lost by that."""
    x: Any = as_variable(given)
    wanted = getattr(known[0].type, "dtype", None) if known else None
    if wanted is None or not isinstance(x, TensorVariable) or not isinstance(given, (bool, int, float, complex)) or x.dtype == wanted:
        return x
    if isinstance(given, float) and wanted.startswith(("float", "complex")) or upcast(x.dtype, wanted) == wanted:
        return x.astype(wanted)  # type: ignore[attr-defined]
    return x
