"""vectorize_graph: an expression of one example becomes one of a stack of examples, node by node.

Each op says itself what it does to stacks (`Op.batch`); one without a rule runs in a loop over the examples, and a warning
says so. What does not depend on a stacked variable stays as it is, so it is computed once.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from symgraph import source
from symgraph.batching.branches import branch_of_stack
from symgraph.batching.masks import choices
from symgraph.errors import VectorizeWarning
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply
from symgraph.expr.sizes import size_of
from symgraph.expr.stacks import repeated
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.loops.branch import BranchOp
from symgraph.loops.loopop import LoopOp
from symgraph.loops.scan import scan

__all__ = ["stacks_of", "vectorize_graph"]


def vectorize_graph(outputs: Any, replace: Any) -> Any:
    """The outputs, with variables replaced by others of more leading dimensions: one result for each example.

    outputs: a variable or a list of them (the result has its form). replace: a dictionary, or a list of pairs, from variables to
    variables (or arrays) of the same dtype, with any number of dimensions more in front (none: for all examples). The leading
    dimensions of several broadcast against each other, where they are known to be 1 or are missing; every output gets all of
    them. An op without a rule for stacks is run in a loop, and a VectorizeWarning says so; its results must have the
    same shape for all examples.

    Raises TypeError for what is no variable, for another dtype, and for ops whose results are no arrays (sparse matrices), ValueError
    for fewer dimensions than the replaced variable has.

    >>> import symgraph.tensor as T
    >>> x, xs = T.dvector('x'), T.dmatrix('xs')
    >>> vectorize_graph(x / x.sum(), {x: xs}).eval({xs: [[1.0, 3.0], [2.0, 2.0]]})
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    several = isinstance(outputs, (list, tuple))
    results: list[Any] = list(outputs) if several else [outputs]
    for x in results:
        if not isinstance(x, Variable):
            raise TypeError(f"vectorize_graph: outputs must be a variable or a list of variables, got {x!r} of {type(x)}")
    pairs = _checked_pairs(replace)
    shared: dict[Variable, Any] = {x: new for x, new in pairs if _extra(x, new) == 0}
    results = clone_nodes(results, shared, retype=True)
    stacked = [(x, new, _extra(x, new)) for x, new in pairs if _extra(x, new)]
    now: dict[Variable, Any] = {x: x for x, _, _ in stacked}
    levels = max((extra for _, _, extra in stacked), default=0)
    for level in range(1, levels + 1):  # one leading dimension after the other, the last one first
        following = {x: new if extra == level else _with_leading(new, extra - level) for x, new, extra in stacked if extra >= level}
        alike = [new.type.shape[0] == 1 for new in following.values()]
        given: dict[Variable, tuple[Any, bool]] = {}
        for (x, new), one in zip(following.items(), alike):  # of size 1 beside others: it broadcasts
            drops = one and not all(alike)
            given[now[x]] = (new.dimshuffle(*range(1, new.ndim)) if drops else new), not drops
        now |= following
        results = stacks_of(results, given)
    return type(outputs)(results) if several else results[0]


def _checked_pairs(replace: Any) -> list[tuple[Any, Any]]:
    pairs = []
    for x, given in list(replace.items()) if isinstance(replace, Mapping) else list(replace):
        if not isinstance(x, Variable):
            raise TypeError(f"vectorize_graph replaces variables, got {x!r} of {type(x)}")
        new = given if isinstance(given, Variable) else as_variable(given)
        if isinstance(x, TensorVariable) and isinstance(new, TensorVariable):
            if new.dtype != x.dtype:
                raise TypeError(f"vectorize_graph: {x} of dtype {x.dtype} cannot be replaced by {new} of dtype {new.dtype}")
            if new.ndim < x.ndim:
                raise ValueError(f"vectorize_graph: {new} has {new.ndim} dimensions, fewer than the {x.ndim} of {x}, which it replaces")
        elif not x.type.accepts(new.type):
            raise TypeError(f"vectorize_graph: {x} of type {x.type} cannot be replaced by {new} of type {new.type}")
        pairs.append((x, _as_known(x, new)))
    return pairs


def _extra(x: Any, new: Any) -> int:
    return new.ndim - x.ndim if isinstance(x, TensorVariable) else 0


def _as_known(x: Any, new: Any) -> Any:
    """new, with the sizes of 1 that x is known to have: broadcasting was settled by them."""
    if not isinstance(x, TensorVariable):
        return new
    extra = new.ndim - x.ndim
    wanted = [1 if n == 1 and new.type.shape[extra + d] != 1 else None for d, n in enumerate(x.type.shape)]
    return new.specify_shape([*[None] * extra, *wanted]) if any(wanted) else new  # type: ignore[attr-defined]


def _with_leading(new: Any, dropped: int) -> Any:
    """A variable like `new` without its first dimensions."""
    t = tensor_type(new.type.dtype, new.type.shape[dropped:])
    return t.variable_class(t)


def stacks_of(outputs: Sequence[Variable], given: Mapping[Variable, tuple[Any, bool]]) -> list[Any]:
    """The outputs for a stack of examples. given: for each replaced variable what stands for it, and whether that has the dimension
    of the examples in front; one at least has."""
    found = batched(outputs, given)
    n = None
    results = []
    for x, stacked in found:
        if not stacked:
            n = size_of(next(new for new, s in given.values() if s), 0) if n is None else n
            x = repeated(x, n)
        results.append(x)
    return results


def batched(outputs: Sequence[Variable], given: Mapping[Variable, tuple[Any, bool]]) -> list[tuple[Any, bool]]:
    """As `stacks_of`, but an output that all examples share is given as it is, marked False."""
    known: dict[Variable, tuple[Any, bool]] = dict(given)
    nodes = toposort(outputs, given)
    chosen = choices(nodes, outputs)
    for node in nodes:
        if node in chosen:
            if chosen[node] is not None:
                (known[node.outputs[0]],) = batched([chosen[node]], known)
            continue
        if not any(x in known for x in node.inputs):
            continue
        pairs = [known.get(x, (x, False)) for x in node.inputs]
        inputs, stacked = [x for x, _ in pairs], [s for _, s in pairs]
        if not any(stacked):
            copy = node.op.make_node(*inputs)
            copy.line = node.line
            known.update((x, (new, False)) for x, new in zip(node.outputs, copy.outputs))
            continue
        for x, new in zip(node.outputs, _of_stack(node, inputs, stacked)):
            known[x] = _checked(node, x, new)
    return [known.get(x, (x, False)) for x in outputs]


def _of_stack(node: Apply, inputs: list[Any], stacked: list[bool]) -> Sequence[Any]:
    """The outputs of one node."""
    if isinstance(node.op, LoopOp):
        results = loop_of_stack(node.op, inputs, stacked)
    elif isinstance(node.op, BranchOp):
        results = branch_of_stack(node.op, inputs, stacked, batched)
    else:
        results = node.op.batch(inputs, stacked)
    if results is None:
        results = _one_by_one(node, inputs, stacked)
    for x in results:
        if x.owner is not None and x not in inputs:
            x.owner.line = node.line
    return results


def _checked(node: Apply, x: Any, new: Any) -> tuple[Any, bool]:
    """What a rule gave, with the sizes of 1 that the example's result is known to have."""
    extra = new.ndim - x.ndim
    if extra not in (0, 1) or new.dtype != x.dtype:
        raise ValueError(f"the rule of {node.op} for stacks gave {new.type} where an example has {x.type}")
    return _as_known(x, new), bool(extra)


def _one_by_one(node: Apply, inputs: list[Any], stacked: list[bool]) -> list[Any]:
    """A loop over the examples. TypeError where their results are no arrays, which cannot be stacked."""
    for x in node.outputs:
        if not isinstance(x, TensorVariable):
            raise TypeError(f"vectorize_graph: {node.op} gives {x.type}, of which there are no stacks")
    line = source.here()
    text = f"{node.op} has no rule for stacks of its arguments: a loop over the examples does it"
    warnings.warn_explicit(text, VectorizeWarning, line.filename, line.line)

    def example(*given: Any) -> list[Any]:
        rest = iter(given)
        return node.op(*[next(rest) if s else x for x, s in zip(inputs, stacked)], return_list=True)

    results, _ = scan(example, sequences=[x for x, s in zip(inputs, stacked) if s], return_list=True, name=f"examples of {node.op}")
    return results


def loop_of_stack(op: LoopOp, inputs: list[Any], stacked: list[bool]) -> list[Any] | None:
    """A loop over time of all examples at once. None where the examples may need different numbers of steps."""
    layout = op.layout
    if layout.unbounded or stacked[0]:
        return None
    sequences = slice(layout.first_sequence, layout.first_state)
    flags = [False] * layout.counts + stacked[sequences.start :]
    # A state is stacked if its start is, or what a step makes of it: asked until no more are found.
    while True:
        given = {x: _inner(x, s) for x, s in zip(op.inner_inputs, flags)}
        found = batched(op.inner_outputs, {x: (new, s) for (x, new), s in zip(given.items(), flags)})
        new_states = [s for _, s in found[: layout.states]]
        at = layout.inner_state
        if all(old or not new for old, new in zip(flags[at:], new_states)):
            break
        flags[at : at + layout.states] = [old or new for old, new in zip(flags[at:], new_states)]
    if layout.until and found[-1][1]:
        return None
    inside = size_of(next(x for x, s in zip(given.values(), flags) if s), 0)
    inner = [repeated(x, inside) if k < layout.states and flags[at + k] and not s else x for k, (x, s) in enumerate(found)]
    n = size_of(next(x for x, s in zip(inputs, stacked) if s), 0)
    outer = []
    for k, (x, s) in enumerate(zip(inputs, stacked)):
        if sequences.start <= k < sequences.stop and s:  # time goes first
            x = x.dimshuffle(1, 0, *range(2, x.ndim))
        elif layout.first_state <= k < layout.first_captured and flags[at + k - layout.first_state] and not s:
            x = repeated(x, n)
        outer.append(x)
    results = LoopOp(list(given.values()), inner, layout, op.name, op.truncate, progress=op.progress)(*outer, return_list=True)
    stacks = [x.dimshuffle(1, 0, *range(2, x.ndim)) if s else x for x, (_, s) in zip(results[layout.states :], found[layout.states :])]
    return [*results[: layout.states], *stacks]


def _inner(x: Any, stacked: bool) -> Any:
    """A variable for the stack of an inner input."""
    if not stacked:
        return x.type.make_variable()
    t = tensor_type(x.type.dtype, (None, *x.type.shape))
    return t.variable_class(t, name=x.name)
