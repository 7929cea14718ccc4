"""Functions that run one node after another by the numpy rules: `linker=py`, and the mode CHECK on top of it."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.compile.arguments import Arguments
from symgraph.compile.blame import located
from symgraph.compile.face import FunctionFace
from symgraph.compile.modes import Mode
from symgraph.compile.signature import Signature
from symgraph.errors import BadDestroyMap, BadOptimization, BadThunkOutput, BadViewMap, InvalidValueError
from symgraph.expr import foreign
from symgraph.expr.evaluate import run_nodes
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import Generic, TensorType, canonical
from symgraph.expr.variable import Variable
from symgraph.expr.walk import toposort

__all__ = ["CheckedFunction", "HookedFunction", "Step", "StepwiseFunction"]


class StepwiseFunction(FunctionFace):
    """Runs `optimised`, the variables that passes made of outputs and new values, by numpy rules."""

    def __init__(self, signature: Signature, mode: Mode, optimised: Sequence[Variable], rebuild: Any) -> None:
        self.signature = signature
        self.mode = mode
        self.arguments = Arguments(signature)
        self.name = signature.name
        self.optimised = list(optimised)
        self.order = toposort(self.optimised, signature.variables)
        for node in self.order:
            node.op.ready()
        self._rebuild = rebuild

    def _rebuilt(self, signature: Signature) -> Any:
        return self._rebuild(signature, self.mode)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values = self.arguments.convert(args, kwargs)
        known: dict[Variable, Any] = dict(zip((i.variable for i in self.arguments.inputs), values))
        with np.errstate(all="ignore"):
            results = self._run(known)
        count = len(self.signature.outputs)
        fresh = [_own(x, value, known.values()) for x, value in zip(self.optimised[count:], results[count:])]
        for (target, _), value in zip(self.signature.updates, fresh):
            target.container.storage[0] = value
        return _formed(self.signature, [_own(x, value, known.values()) for x, value in zip(self.optimised, results[:count])])

    def _run(self, known: dict[Variable, Any]) -> list[Any]:
        return run_nodes(self.order, known, self.optimised, on_error=_raise_located)


class CheckedFunction(StepwiseFunction):
    """The mode CHECK: after each node its compiled code runs too, on the same arrays, and must agree; at the end the outputs
    must agree with those of the expression as written. Raises BadThunkOutput or BadOptimization, which name the node; of ops that
    are not ours also InvalidValueError, BadViewMap and BadDestroyMap, for values that are not what the op declares.
    """

    def __init__(self, signature: Signature, mode: Mode, optimised: Sequence[Variable], rebuild: Any, compile_node: Any) -> None:
        super().__init__(signature, mode, optimised, rebuild)
        self.compile_node = compile_node
        self.compiled: dict[Apply, list[tuple[str, Any]]] = {}

    def _run(self, known: dict[Variable, Any]) -> list[Any]:
        start = dict(known)
        with foreign.exact_dtypes():
            results = run_nodes(self.order, known, self.optimised, on_error=_raise_destroyed, on_node=self._check)
        written = run_nodes(toposort(self.signature.computed, self.signature.variables), start, self.signature.computed, on_error=_raise_located)
        for wanted, x, new, value in zip(self.signature.computed, self.optimised, written, results):
            if not wanted.type.values_eq_approx(new, value):
                raise BadOptimization(f"the passes changed the value of {wanted}: as written {_brief(new)}, after the passes ({x}) {_brief(value)}",
                                      line=wanted.owner.line if wanted.owner else wanted.line)
        return results

    def _check(self, node: Apply, arrays: list[Any], results: list[Any]) -> None:
        if not all(isinstance(x.type, TensorType) for x in (*node.inputs, *node.outputs)):
            return
        mode: Any = self.mode
        if not type(node.op).__module__.startswith("symgraph."):
            _check_declared(node, arrays, results)
            if getattr(mode, "not_reused", False):
                _warn_of_copies(node, arrays)
        if getattr(mode, "finite", False):
            _check_finite(node, arrays, results)
        if getattr(mode, "strides", 0):
            _check_strides(node, arrays, results, mode.strides)
        if node not in self.compiled:
            targets = ("llvm", "c") if getattr(mode, "c_code", False) else ("llvm",)
            self.compiled[node] = [(f"compiled code ({target})", self.compile_node(node, target)) for target in targets]
        given = [canonical(np.asarray(a)) for a in arrays]
        found = [("the numpy rule", results)] if getattr(mode, "numpy_rule", True) else []
        found += [(name, run(*given)) for name, run in self.compiled[node]]
        for name, values in found[1:]:
            _compare(node, arrays, found[0], (name, values))


class Step:
    """One node as it runs, as hooks see it: `inputs` and `outputs` are lists of cells, the value of each in ``cell[0]``; `function` runs it."""

    __slots__ = ("function", "inputs", "node", "outputs")

    def __init__(self, node: Apply, arrays: Sequence[Any], function: StepwiseFunction) -> None:
        self.node = node
        self.function = function
        self.inputs = [[a] for a in arrays]
        self.outputs: list[list[Any]] = [[None] for _ in node.outputs]

    def __call__(self) -> list[Any]:
        """Run the node; returns the outputs' values."""
        for cell, value in zip(self.outputs, self.node.op.run(self.node, [cell[0] for cell in self.inputs])):
            cell[0] = value
        return [cell[0] for cell in self.outputs]


class HookedFunction(StepwiseFunction):
    """Of the modes that have `hooks` (symgraph/compile/checking.py): (before, after), called with (number, node, step) round each node."""

    def _run(self, known: dict[Variable, Any]) -> list[Any]:
        before, after = self.mode.hooks  # type: ignore[attr-defined]
        for number, node in enumerate(self.order):
            step = Step(node, run_nodes([], known, node.inputs), self)
            if before is not None:
                before(number, node, step)
            try:
                known.update(zip(node.outputs, step()))
            except Exception as error:
                _raise_located(node, [cell[0] for cell in step.inputs], error)
                raise
            if after is not None:
                after(number, node, step)
        return run_nodes([], known, self.optimised)


def _check_declared(node: Apply, arrays: list[Any], results: list[Any]) -> None:
    """Whether the results of an op that is not ours are of their types, and share memory only as it says."""
    for position, (x, value) in enumerate(zip(node.outputs, results)):
        what = f"output {position} of {node.op}"
        if value.dtype.name != x.type.dtype or value.ndim != x.type.ndim or any(n not in (None, m) for n, m in zip(x.type.shape, value.shape)):
            raise InvalidValueError(f"{what} is declared as {x.type}, and is {value.dtype} of shape {value.shape}", line=node.line)
        declared = {*node.op.view_map.get(position, ()), *node.op.destroy_map.get(position, ())}
        for k, array in enumerate(arrays):
            if k not in declared and np.shares_memory(value, array):
                raise BadViewMap(f"{what} shares memory with input {k}, which its view_map does not say", line=node.line)


def _compare(node: Apply, arrays: list[Any], first: tuple[str, Any], second: tuple[str, Any]) -> None:
    for position, (x, wanted, got) in enumerate(zip(node.outputs, first[1], second[1])):
        if not x.type.values_eq_approx(wanted, got):
            raise BadThunkOutput(f"output {position} of {node.op}: {first[0]} gives {_brief(wanted)}, {second[0]} {_brief(got)}; inputs "
                                 f"{[_brief(a) for a in arrays]}", line=node.line)


def _check_strides(node: Apply, arrays: list[Any], results: list[Any], action: int) -> None:
    """Whether the numpy rule gives the same for arrays that are not contiguous."""
    apart = [np.repeat(a, 2, axis=-1)[..., ::2] if isinstance(a, np.ndarray) and a.ndim else a for a in arrays]
    try:
        _compare(node, arrays, ("the numpy rule", results), ("on arrays that are not contiguous", node.op.run(node, apart)))
    except BadThunkOutput as error:
        if action > 1:
            raise
        warnings.warn(str(error), stacklevel=2)


def _warn_of_copies(node: Apply, arrays: list[Any]) -> None:
    """Warn of an input that is declared to be overwritten, whose memory the output does not take over."""
    if not node.op.destroy_map:
        return
    given = foreign.arguments_of(node.op, arrays)
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    if type(node.op).make_thunk is not Op.make_thunk:
        foreign.thunk_of(node.op, node)(given, storage)
    else:
        node.op.perform(node, given, storage, *foreign.params_of(node.op, node))
    for position, inputs in node.op.destroy_map.items():
        for k in inputs:
            if not np.shares_memory(storage[position][0], given[k]):
                warnings.warn(f"{node.op} says by its destroy_map that output {position} overwrites input {k}, and takes other memory for it",
                              stacklevel=2)


def _check_finite(node: Apply, arrays: list[Any], results: list[Any]) -> None:
    """Whether there is no NaN or infinity where all inputs are finite."""
    if not all(np.isfinite(a).all() for a in arrays):
        return
    for position, value in enumerate(results):
        if not np.isfinite(value).all():
            raise InvalidValueError(f"output {position} of {node.op} is not finite, though its inputs are: {_brief(value)}; inputs "
                                    f"{[_brief(a) for a in arrays]}", line=node.line)


def _raise_destroyed(node: Apply, arrays: list[Any], error: Exception) -> None:
    """The error of a node; writing to an input, which ops get read-only unless they say so, and a result of another type than was declared,
    under names of their own."""
    if isinstance(error, foreign.WrongResult):
        raise InvalidValueError(str(error), line=node.line) from error
    if isinstance(error, ValueError) and "read-only" in str(error) and not type(node.op).__module__.startswith("symgraph."):
        raise BadDestroyMap(f"{node.op} writes to an input, which its destroy_map does not say: {error}", line=node.line) from error
    _raise_located(node, arrays, error)


def _raise_located(node: Apply, arrays: list[Any], error: Exception) -> None:
    located(error, node, arrays)


def _own(x: Variable, value: Any, inputs: Any) -> Any:
    """A result that is the caller's own: never a constant, a shared value, an argument or a view of one."""
    if not isinstance(value, np.ndarray):
        theirs = x.owner is None or isinstance(value, list) or any(value is y for y in inputs)
        return copy.deepcopy(value) if theirs and not isinstance(x.type, Generic) else value
    return value.copy() if x.owner is None or value.base is not None or not value.flags.writeable or any(value is y for y in inputs) else value


def _formed(signature: Signature, results: list[Any]) -> Any:
    if signature.form == "single":
        return results[0]
    if signature.form == "dict":
        return dict(zip(signature.keys, results))
    return results


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 300 else text[:297] + "..."
