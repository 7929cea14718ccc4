"""Values of several arrays: a function of such becomes a function of arrays, and a shell that takes them apart and puts them together.

Every station after the signature, and every target, so knows arrays only. `in_parts` writes the expression in arrays: an op says
how (`Op.on_parts`), or is called back with the values put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symgraph.compile.arguments import Arguments
from symgraph.compile.blame import located
from symgraph.compile.face import FunctionFace
from symgraph.compile.modes import Mode
from symgraph.compile.signature import In, Signature
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import Composite, TensorType, canonical
from symgraph.expr.variable import Constant, TensorConstant, Variable
from symgraph.expr.walk import toposort

__all__ = ["OnParts", "PartsFunction", "has_parts", "in_parts", "make_parts_function"]


class OnParts(Op):
    """An op on the parts of its inputs, called back with the values that they make."""

    __props__ = ("op", "taken", "given")

    def __init__(self, node: Apply) -> None:
        self.op = node.op
        self.taken = tuple([x.type for x in node.inputs])
        self.given = tuple([x.type for x in node.outputs])
        self.node = node

    def output_types(self, *inputs: Any) -> list[Any]:
        return [part for type in self.given for part in (type.part_types() if isinstance(type, Composite) else [type])]

    def compute(self, *arrays: Any) -> tuple[Any, ...]:
        results: list[Any] = []
        for type, value in zip(self.given, self.op.run(self.node, together(self.taken, arrays))):
            results += type.split(value) if isinstance(type, Composite) else [value]
        return tuple(results)

    def do_constant_folding(self, node: Apply) -> bool:
        """As the op says."""
        return bool(self.op.do_constant_folding(self.node))

    def __str__(self) -> str:
        return f"OnParts{{{self.op}}}"


def together(types: Iterable[Any], arrays: Iterable[Any]) -> list[Any]:
    """One value a type, of arrays that stand in a row."""
    rest = iter(arrays)
    return [type.join([next(rest) for _ in type.part_types()]) if isinstance(type, Composite) else next(rest) for type in types]


def has_parts(order: Iterable[Apply], others: Iterable[Variable]) -> bool:
    """Whether a node of `order`, or one of the other variables, has a value of several arrays."""
    for node in order:
        for x in node.outputs:
            if x.type.__class__ is not TensorType and isinstance(x.type, Composite):
                return True
        for x in node.inputs:
            if x.type.__class__ is not TensorType and isinstance(x.type, Composite):
                return True
    return any(isinstance(x.type, Composite) for x in others)


def in_parts(outputs: Sequence[Variable], known: Mapping[Variable, Any] | None = None) -> list[Any]:
    """The outputs in tensor variables: a list of them for each whose values are several arrays. known: variables whose parts there are."""
    parts: dict[Variable, Any] = dict(known or {})

    def of(x: Any) -> Any:
        found = parts.get(x)
        if found is None:
            found = parts[x] = _constant_parts(x) if isinstance(x.type, Composite) else x
        return found

    Op.watchers, before = (), Op.watchers  # test values are of what the user writes
    try:
        for node in toposort(outputs, parts):
            inputs = [of(x) for x in node.inputs]
            if any(isinstance(x.type, Composite) for x in (*node.inputs, *node.outputs)):
                for x, found in zip(node.outputs, _on_parts(node, inputs)):
                    parts[x] = found
            elif any(a is not b for a, b in zip(inputs, node.inputs)):
                parts.update(zip(node.outputs, node.clone_with(inputs).outputs))
        return [of(x) for x in outputs]
    finally:
        Op.watchers = before


def _constant_parts(x: Any) -> list[Any]:
    if not isinstance(x, Constant):
        raise TypeError(f"{x} of type {x.type} has no value here")
    constants: list[Any] = []
    for type, array in zip(x.type.part_types(), x.type.split(x.data)):
        array = array.copy()
        array.setflags(write=False)
        constants.append(TensorConstant(type, array))
    return constants


def _on_parts(node: Apply, inputs: list[Any]) -> list[Any]:
    flat = [y for x in inputs for y in (x if isinstance(x, list) else [x])]
    try:
        loop = getattr(node.op, "control", None) == "loop"
        found: Any = node.op.in_parts(inputs, in_parts) if loop else node.op.on_parts(node, inputs)
    except (TypeError, ValueError, IndexError) as error:  # sizes that are known, and do not fit
        raise located(error, node) from None
    if found is None:
        called: Any = OnParts(node)(*flat, return_list=True)
        found = together_variables([x.type for x in node.outputs], called)
    for new in toposort([y for x in found for y in (x if isinstance(x, (list, tuple)) else [x])], flat):
        new.line = node.line
    return [list(x) if isinstance(x, (list, tuple)) else x for x in found]


def together_variables(types: Iterable[Any], variables: Iterable[Any]) -> list[Any]:
    """One entry a type, a list of variables for those of several parts."""
    rest = iter(variables)
    return [[next(rest) for _ in type.part_types()] if isinstance(type, Composite) else next(rest) for type in types]


def _part_variables(x: Any) -> list[Any]:
    made = [type.make_variable(f"{x.name}[{k}]" if x.name else None) for k, type in enumerate(x.type.part_types())]
    for part in made:
        part.line = x.line
    return made


def make_parts_function(signature: Signature, mode: Mode, rebuild: Any) -> FunctionFace:
    """The function: its own signature in arrays, compiled by `rebuild` (Signature, Mode -> function), and the shell around it."""
    inner = Signature()
    inner.name, inner.line = signature.name, signature.line
    known: dict[Variable, Any] = {}
    taken: list[Any] = []
    held = [x for x in signature.shared if isinstance(x.type, Composite)]
    for x in [i.variable for i in signature.inputs if i.variable not in signature.states] + held:
        variables = _part_variables(x) if isinstance(x.type, Composite) else [x]
        if isinstance(x.type, Composite):
            known[x] = variables
        taken += variables
    inner.inputs = [In(x) for x in taken]
    computed = in_parts(signature.computed, known)
    count = len(signature.outputs)
    results = computed[:count]
    for (target, _), new in zip(signature.updates, computed[count:]):
        if isinstance(target.type, Composite):
            results.append(new)
        else:
            inner.updates.append((target, new))
    inner.outputs = [y for x in results for y in (x if isinstance(x, list) else [x])]
    inner.shared = [x for x in signature.shared if not isinstance(x.type, Composite)]
    return PartsFunction(signature, mode, rebuild(inner, mode), held, rebuild)


class Place(list[Any]):
    """Where the value of a shared variable lies, a list of one. What a function leaves there are its parts, from which the value is made when
    somebody looks: a generator of numpy takes 0.2 ms, and the next call wants the parts again."""

    def __init__(self, type: Composite, value: Any) -> None:
        super().__init__([value])
        self.type = type
        self.parts: list[np.ndarray] | None = None

    def keep(self, parts: Sequence[np.ndarray]) -> None:
        """The new value, in parts that nobody else writes to."""
        super().__setitem__(0, None)
        self.parts = list(parts)

    def taken(self) -> list[np.ndarray]:
        """The parts of the value. Who has looked at it may have changed it since, so then they are taken anew."""
        return self.type.split(super().__getitem__(0)) if self.parts is None else self.parts

    def __getitem__(self, index: Any) -> Any:
        if self.parts is not None:
            super().__setitem__(0, self.type.join(self.parts))
            self.parts = None
        return super().__getitem__(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self.parts = None
        super().__setitem__(index, value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, ([self[0]],)


def held_place(x: Any) -> Place:
    """The place of a shared variable's value, which becomes one that keeps parts."""
    storage = x.container.storage
    if type(storage) is not Place:
        storage = x.container.storage = Place(x.type, storage[0])
    return storage


class PartsFunction(FunctionFace):
    """Calls `inner`, a function of arrays, with the parts of the arguments and of the shared variables `held`."""

    def __init__(self, signature: Signature, mode: Mode, inner: Any, held: Sequence[Any], rebuild: Any) -> None:
        self.signature = signature
        self.mode = mode
        self.name = signature.name
        self.arguments = Arguments(signature)
        self.inner = inner
        self.held = list(held)
        self._rebuild = rebuild
        self.kept = [target for target, _ in signature.updates if isinstance(target.type, Composite)]
        self.results = [x.type for x in signature.outputs]
        self.count = sum(len(type.part_types()) if isinstance(type, Composite) else 1 for type in self.results)
        self.joins = any(isinstance(type, Composite) for type in self.results)
        # The dtype of each argument whose sizes are all unknown, so that there is little to look at.
        self.known = [np.dtype(i.variable.type.dtype) if isinstance(i.variable.type, TensorType) and not any(i.variable.type.shape) else None
                      for i in self.arguments.inputs]
        self.types = [(i.variable.type, isinstance(i.variable.type, Composite)) for i in self.arguments.inputs]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        arrays = None if kwargs or len(args) != len(self.types) else self._as_they_are(args)
        if arrays is None:
            arrays = []
            for (type, composite), value in zip(self.types, self.arguments.convert(args, kwargs)):
                arrays += type.split(value) if composite else [value]
        for x in self.held:
            arrays += held_place(x).taken()
        values = self.inner(*arrays)
        count = len(self.signature.outputs)
        if self.kept:
            parts = values[self.count :]
            values = values[: self.count]
            for target in self.kept:
                width = len(target.type.part_types())
                held_place(target).keep(parts[:width])
                parts = parts[width:]
        if self.joins:
            values = together(self.results, values)
        form = self.signature.form
        if form == "single":
            return values[0]
        return dict(zip(self.signature.keys, values)) if form == "dict" else values[:count]

    def _as_they_are(self, args: Sequence[Any]) -> list[Any] | None:
        """The arrays of arguments that need no conversion; None if one does."""
        arrays: list[Any] = []
        for (type, composite), known, value in zip(self.types, self.known, args):
            if composite:
                if not type.splits(value):
                    return None
                arrays += type.split(value)
            elif known is not None and value.__class__ is np.ndarray and value.dtype is known and value.ndim == type.ndim:
                arrays.append(value if value.flags.c_contiguous else canonical(value))
            else:
                return None
        return arrays

    def _rebuilt(self, signature: Signature) -> Any:
        return self._rebuild(signature, self.mode)

    @property
    def graph(self) -> Any:
        """The graph after the passes, in arrays."""
        return self.inner.graph

    @property
    def optimised(self) -> Sequence[Variable]:
        """The variables that passes made of outputs and new values, in arrays."""
        return self.inner.optimised

    def source(self, target: str | None = None) -> str:
        """The code of this function as text."""
        return self.inner.source(target)
