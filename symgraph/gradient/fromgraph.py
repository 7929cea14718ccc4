"""OpFromGraph: an expression as one op, with derivatives that may be other than its own.

Passes take its body as one graph and compile it into the function around it (symgraph/passes/expand.py): a call of it costs
nothing, fusion goes through it. Derivatives are ops of the same kind, so the gradient of a large body is one node as well.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from symgraph.batching.graph import batched, stacks_of
from symgraph.expr.evaluate import run_nodes
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Variable
from symgraph.expr.walk import clone_nodes, graph_inputs, toposort
from symgraph.gradient.forward import Rop
from symgraph.gradient.markers import DisconnectedType, NullType
from symgraph.gradient.reverse import backward
from symgraph.graph.walks import io_connection_pattern

__all__ = ["CustomGradient", "OpFromGraph"]


class OpFromGraph(Op):
    """The op that computes `outputs` (a list) from `inputs`. Shared variables among the leaves are inputs of its own accord.

    inline: True: passes see what is inside from the start; False: it is one op to them, and opened when they are done.
    lop_overrides, grad_overrides, rop_overrides: 'default', or what replaces the derivative: a callable or another OpFromGraph,
    called with (inputs, outputs, output gradients), (inputs, output gradients) or (inputs, tangents), that returns a list; a variable
    of type NullType (not differentiable) or DisconnectedType; or a list of such, one an input (one an output for rop_overrides), each
    giving one variable. lop_overrides and grad_overrides exclude each other. connection_pattern: [input][output], else that of the
    graph. name: for print-outs. Other keywords are options of `function`, accepted for Theano's sake.

    Raises TypeError for what is no list of variables, for updates and givens, and for an override of another kind; ValueError for a
    graph that needs more than its inputs, and for lists of the wrong length.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> hypotenuse = OpFromGraph([x, y], [T.sqrt(x ** 2 + y ** 2)])
    >>> hypotenuse(x, 2 * y).eval({x: 3.0, y: 2.0})
    array(5.)
    >>> T.grad(hypotenuse(x, y), x).eval({x: 3.0, y: 4.0})
    array(0.6)
    """

    control = "graph"

    def __init__(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], inline: bool = False, lop_overrides: Any = "default",
        grad_overrides: Any = "default", rop_overrides: Any = "default", connection_pattern: Sequence[Sequence[bool]] | None = None,
        name: str | None = None, **options: Any,
    ) -> None:
        _check_lists(inputs, outputs)
        if "updates" in options or "givens" in options:
            raise TypeError("updates and givens are not allowed in OpFromGraph")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"the name of an OpFromGraph must be a string, got {name!r}")
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.is_inline = bool(inline)
        self.name = name
        leaves = graph_inputs(outputs, inputs)
        given = set(inputs)
        self.shared_inputs = [x for x in leaves if isinstance(x, SharedVariable) and x not in given]
        self.inner_inputs: list[Any] = [x.type.make_variable(x.name) for x in (*inputs, *self.shared_inputs)]
        pairs = dict(zip((*inputs, *self.shared_inputs), self.inner_inputs))
        self.inner_outputs: list[Any] = clone_nodes(list(outputs), pairs)
        missing = [x for x in graph_inputs(self.inner_outputs, self.inner_inputs) if not hasattr(x, "data") and x not in set(self.inner_inputs)]
        if missing:
            raise ValueError(f"the outputs of this OpFromGraph need {', '.join(map(str, missing))}, which is not among its inputs")
        if lop_overrides is not None and grad_overrides is not None and "default" not in (_word(lop_overrides), _word(grad_overrides)):
            raise ValueError("lop_overrides and grad_overrides are mutually exclusive")
        self.lop_overrides = _checked(lop_overrides, "lop_overrides", len(self.inputs), len(self.inner_inputs))
        self.grad_overrides = _checked(grad_overrides, "grad_overrides", len(self.inputs), len(self.inner_inputs))
        self.rop_overrides = _checked(rop_overrides, "rop_overrides", len(self.outputs), len(self.outputs))
        if connection_pattern is not None and len(connection_pattern) not in (len(self.inputs), len(self.inner_inputs)):
            raise ValueError(f"connection_pattern has {len(connection_pattern)} rows for {len(self.inputs)} inputs")
        self._pattern = connection_pattern

    # Theano's names
    def set_lop_overrides(self, lop_overrides: Any) -> None:
        """Replace the derivative, as `lop_overrides=` does; one that `grad_overrides` replaced no longer is."""
        self.lop_overrides = _checked(lop_overrides, "lop_overrides", len(self.inputs), len(self.inner_inputs))
        self.grad_overrides = "default"

    def set_grad_overrides(self, grad_overrides: Any) -> None:
        """Replace the derivative, as `grad_overrides=` does; one that `lop_overrides` replaced no longer is."""
        self.grad_overrides = _checked(grad_overrides, "grad_overrides", len(self.inputs), len(self.inner_inputs))
        self.lop_overrides = "default"

    def set_rop_overrides(self, rop_overrides: Any) -> None:
        """Replace the forward derivative, as `rop_overrides=` does."""
        self.rop_overrides = _checked(rop_overrides, "rop_overrides", len(self.outputs), len(self.outputs))

    local_inputs = property(lambda self: self.inner_inputs)
    local_outputs = property(lambda self: self.inner_outputs)

    def make_node(self, *inputs: Any) -> Apply:
        """One use; values may stand for variables, and the shared variables need not be said."""
        count = len(self.inputs)
        if len(inputs) == count:
            inputs = (*inputs, *self.shared_inputs)
        elif len(inputs) != len(self.inner_inputs):
            raise ValueError(f"{self} takes {count} inputs, got {len(inputs)}")
        variables = [_fitting(self, position, x, wanted) for position, (x, wanted) in enumerate(zip(inputs, self.inner_inputs))]
        op = self._of_types([x.type for x in variables])
        return Apply(op, variables, [x.type.make_variable() for x in op.inner_outputs])

    def _of_types(self, types: list[Any]) -> OpFromGraph:
        """This op for inputs of which more sizes are known: the same body on variables of these types."""
        if all(t == x.type for t, x in zip(types, self.inner_inputs)):
            return self
        known = self.__dict__.setdefault("_specialised", {})
        if tuple(types) not in known:
            twin = copy.copy(self)
            twin.__dict__.pop("_specialised", None)
            twin.inner_inputs = [t.make_variable(x.name) for t, x in zip(types, self.inner_inputs)]
            twin.inner_outputs = clone_nodes(self.inner_outputs, dict(zip(self.inner_inputs, twin.inner_inputs)), retype=True)
            known[tuple(types)] = twin
        return known[tuple(types)]

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        """The inner graph by the numpy rules."""
        return run_nodes(toposort(self.inner_outputs, self.inner_inputs), dict(zip(self.inner_inputs, arrays)), self.inner_outputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """As given, else as the ops of the body say."""
        return self.pattern()

    def pattern(self) -> list[list[bool]]:
        """The connection pattern of every use."""
        found = io_connection_pattern(self.inner_inputs, self.inner_outputs)
        return found if self._pattern is None else [*map(list, self._pattern), *found[len(self._pattern) :]]

    # Derivatives ------------------------------------------------------------------------------------------------------
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        """The overrides, or the reverse sweep over the body as an op of this kind."""
        count = len(self.inputs)
        lop = _word(self.lop_overrides) != "default"
        override = self.lop_overrides if lop else self.grad_overrides
        arguments = (list(inputs[:count]), *((list(outputs),) if lop else ()), list(output_grads))
        return _overridden(self, override, arguments, len(inputs), count, lambda: self._reverse(inputs, output_grads))

    def _reverse(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        grads = [g.type.make_variable() for g in output_grads]
        found = backward(_sums(self.inner_outputs, grads), self.inner_inputs, null_gradients="return")
        rows = [found.get(x) for x in self.inner_inputs]
        kept = [g for g in rows if g is not None and not isinstance(g.type, NullType)]
        op = OpFromGraph([*self.inner_inputs, *grads], kept, inline=self.is_inline, name=f"{self.name or type(self).__name__}.grad") if kept else None
        values = iter(op(*inputs, *output_grads, return_list=True) if op is not None else ())
        return [next(values) if g is not None and not isinstance(g.type, NullType) else g for g in rows]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """The overrides, or the forward sweep over the body as an op of this kind."""
        return _overridden(self, self.rop_overrides, (list(inputs[: len(self.inputs)]), list(tangents[: len(self.inputs)])), len(self.outputs),
                           len(self.outputs), lambda: self._forward(inputs, tangents))

    def _forward(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        moving = [(x, t) for x, t in zip(self.inner_inputs, tangents) if t is not None]
        inner = [t.type.make_variable() for _, t in moving]
        rows = Rop(self.inner_outputs, [x for x, _ in moving], inner, disconnected_outputs="ignore", return_disconnected="None")
        kept = [t for t in rows if t is not None]
        op = OpFromGraph([*self.inner_inputs, *inner], kept, inline=self.is_inline, name=f"{self.name or type(self).__name__}.Rop") if kept else None
        values = iter(op(*inputs, *[t for _, t in moving], return_list=True) if op is not None else ())
        return [None if t is None else next(values) for t in rows]

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any]:
        """The body of stacks; with overrides as an op of this kind, whose derivatives are those of each example."""
        if all(_word(one) == "default" for one in (self.lop_overrides, self.grad_overrides, self.rop_overrides)):
            return [x for x, _ in batched(self.inner_outputs, dict(zip(self.inner_inputs, zip(inputs, stacked))))]
        inside = [x.type.make_variable() for x in inputs]
        outputs = stacks_of(self.inner_outputs, dict(zip(self.inner_inputs, zip(inside, stacked))))

        def reverse(values: Any, results: Any, grads: Any) -> list[Any]:
            ins, outs, gs = ([x.type.make_variable() for x in xs] for xs in (self.inner_inputs, self.inner_outputs, self.inner_outputs))
            rows = self.L_op(ins, outs, gs)
            given = dict(zip(ins, zip(values, stacked))) | {x: (new, True) for x, new in zip((*outs, *gs), (*results, *grads))}
            kept = [k for k, g in enumerate(rows) if isinstance(g, Variable) and not isinstance(g.type, (NullType, DisconnectedType))]
            for k, g in zip(kept, stacks_of([rows[k] for k in kept], given)):
                rows[k] = g if stacked[k] else g.sum(axis=0)  # what all examples share gets something of each
            return rows

        op = CustomGradient(inside, outputs, self.is_inline, reverse, connection_pattern=self.pattern(), name=self.name)
        return op(*inputs, return_list=True)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_specialised"}

    def __str__(self) -> str:
        return f"{self.name or type(self).__name__}{{inline={self.is_inline}}}"


class CustomGradient(OpFromGraph):
    """An expression with a reverse rule of its own; its forward rule is that one transposed."""

    R_op = Op.R_op


def _sums(outputs: Sequence[Any], grads: Sequence[Any]) -> dict[Variable, Any]:
    """The gradient by each output; one that is returned twice gets the sum of both."""
    found: dict[Variable, Any] = {}
    for x, g in zip(outputs, grads):
        found[x] = found[x] + g if x in found else g
    return found


def _check_lists(inputs: Any, outputs: Any) -> None:
    for what, given in (("inputs", inputs), ("outputs", outputs)):
        if not isinstance(given, (list, tuple)):
            raise TypeError(f"{what} of OpFromGraph must be a list, got {given!r} of {type(given)}")
        for x in given:
            if not isinstance(x, Variable):
                raise TypeError(f"{what} of OpFromGraph must be variables, got {x!r} of {type(x)}")
    if not outputs:
        raise ValueError("an OpFromGraph without outputs computes nothing")


def _fitting(op: Op, position: int, x: Any, wanted: Any) -> Any:
    if not isinstance(x, Variable):
        return as_variable(wanted.type.filter(x))
    if not wanted.type.accepts(x.type):
        raise TypeError(f"input {position} of {op} must be of type {wanted.type}, got {x} of type {x.type}")
    return x


def _word(override: Any) -> str:
    return override if isinstance(override, str) else ""


def _checked(override: Any, name: str, count: int, most: int) -> Any:
    """The override, if it is of a kind that there is."""
    if isinstance(override, (list, tuple)):
        if len(override) not in (count, most):
            raise ValueError(f"{name} has {len(override)} entries, {count} are needed")
        return [_checked(part, name, count, most) for part in override]
    if isinstance(override, Variable):
        if not isinstance(override.type, (NullType, DisconnectedType)):
            raise TypeError(f"a variable in {name} must be of NullType or DisconnectedType, got {override} of type {override.type}")
    elif override is not None and override != "default" and not callable(override):
        raise TypeError(f"{name}: 'default', callables, OpFromGraph, variables of NullType or DisconnectedType, or a list of them, got {override!r}")
    return override


def _overridden(op: Op, override: Any, arguments: tuple[list[Any], ...], count: int, own: int, default: Callable[[], list[Any]]) -> list[Any]:
    """One variable (or None) for each of `count` places: by the override for the first `own` or all, else by default."""
    if _word(override) == "default":
        return default()
    if isinstance(override, Variable) or override is None:
        return [override] * count
    if isinstance(override, list):
        parts = [*override, *["default"] * (count - len(override))]
        usual = default() if any(_word(part) == "default" for part in parts) else []
        return [usual[k] if _word(part) == "default" else _single(op, part, arguments) for k, part in enumerate(parts)]
    results = _called(override, arguments)
    if len(results) not in (own, count):
        raise ValueError(f"the override of {op} gave {len(results)} variables, {own} are needed")
    return [*results, *(default()[len(results) :] if len(results) < count else ())]


def _single(op: Op, part: Any, arguments: tuple[list[Any], ...]) -> Any:
    if isinstance(part, Variable) or part is None:
        return part
    results = _called(part, arguments)
    if len(results) != 1:
        raise ValueError(f"an override of {op} for one place gave {len(results)} variables")
    return results[0]


def _called(override: Any, arguments: tuple[list[Any], ...]) -> list[Any]:
    results = override(*[x for part in arguments for x in part]) if isinstance(override, OpFromGraph) else override(*arguments)
    return list(results) if isinstance(results, (list, tuple)) else [results]
