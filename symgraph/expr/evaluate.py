"""Evaluation by numpy rules, one node after another: the judge of compiled code,
the target `linker=py`, and constant folding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from symgraph.errors import MissingInputError
from symgraph.expr.op import Apply
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import toposort

__all__ = ["evaluate", "run_nodes", "running_by"]

_runner: ContextVar[Callable[[Apply, list[Any]], list[Any]] | None] = ContextVar("runner", default=None)


@contextmanager
def running_by(run: Callable[[Apply, list[Any]], list[Any]]) -> Iterator[None]:
    """Within the block `run(node, arrays)` stands between `run_nodes` and every node, those in the bodies of loops too."""
    before = _runner.set(run)
    try:
        yield
    finally:
        _runner.reset(before)


def evaluate(outputs: Sequence[Variable], values: Mapping[Variable, Any]) -> list[Any]:
    """The values of `outputs`, given those of variables they depend on. Shared variables and constants bring their own.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> evaluate([x * x], {x: 3.0})
    [array(9.)]
    """
    known: dict[Variable, Any] = {x: x.type.filter(value) for x, value in values.items()}
    return run_nodes(toposort(outputs, known), known, outputs)


def run_nodes(
    order: Sequence[Apply], known: dict[Variable, Any], outputs: Sequence[Variable],
    on_error: Callable[[Apply, list[Any], Exception], None] | None = None,
    on_node: Callable[[Apply, list[Any], list[Any]], None] | None = None,
) -> list[Any]:
    """Run nodes in order, starting from `known` (which is added to). on_error is told of a failing node before the error leaves."""

    def value_of(x: Variable) -> Any:
        if x in known:
            return known[x]
        if isinstance(x, Constant):
            return x.data
        if isinstance(x, SharedVariable):
            return x.container.storage[0]
        raise MissingInputError(f"no value was given for {x}, of type {x.type}")

    run = _runner.get()
    for node in order:
        arrays = [value_of(x) for x in node.inputs]
        try:
            results = node.op.run(node, arrays) if run is None else run(node, arrays)
        except Exception as error:
            if on_error is not None:
                on_error(node, arrays, error)
            raise
        known.update(zip(node.outputs, results))
        if on_node is not None:
            on_node(node, arrays, results)
    return [value_of(x) for x in outputs]
