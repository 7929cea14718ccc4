"""Compiled functions of a random graph against its values by numpy's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import codegen.stations
import symgraph
from codegen.loopir.interpret import Fault
from codegen.loopir.interpret import interpret as interpreter
from symgraph.compile.handoff import hand_over
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise
from tests.random_graphs.generator import Generator, Item

__all__ = ["WrongCode", "check", "same"]

# Relative to the largest element, and 1: values are below 1000, and slopes moderate, but steps follow each other.
TOLERANCES = {"float64": 1e-7, "complex128": 1e-7, "float32": 5e-3}


class WrongCode(AssertionError):
    """Compiled code gives something else."""


def same(found: Any, wanted: np.ndarray, what: str, tolerance: float) -> None:
    """Type, shape and values."""
    if type(found) is not np.ndarray or found.dtype != wanted.dtype or found.shape != wanted.shape:
        raise WrongCode(f"{what}: {type(found).__name__} {getattr(found, 'dtype', '')}{getattr(found, 'shape', '')}, "
                        f"wanted {wanted.dtype}{wanted.shape}")
    if wanted.dtype.kind in "ib":
        fine = np.array_equal(found, wanted)
    else:
        fine = bool(np.isfinite(found).all() and (np.abs(found - wanted) <= tolerance * (1 + np.abs(wanted).max(initial=0))).all())
    if not fine:
        raise WrongCode(f"{what}: got\n{found}\nwanted\n{wanted}")


def check(g: Generator, outputs: Sequence[Item], modes: Sequence[tuple[str, Any]], updates: Sequence[tuple[Item, Item]] = ()) -> None:
    """Compile in each mode; call with both assignments, one after the other, and again; nothing that was given or got may change."""
    results = [item.variable for item in outputs]
    # float32 anywhere makes all that follows it rough
    rough = any(x.variable.dtype == "float32" for x in g.items)
    tolerance = TOLERANCES["float32" if rough else "float64"]
    used = set(graph_inputs([*results, *(new.variable for _, new in updates)]))
    inputs = [item for item in g.inputs if item.variable in used]
    for linker, optimizer in modes:
        if linker == "interpret":
            interpret(g, inputs, [*outputs, *(new for _, new in updates)], optimizer, tolerance)
            continue
        mode = symgraph.Mode(linker, optimizer)
        call = symgraph.function([i.variable for i in inputs], results, mode=mode, updates=[(s.variable, new.variable) for s, new in updates])
        kept: list[tuple[list[Any], int]] = []
        for turn, j in enumerate((0, 1, 0, 1)):
            what = f"{linker} {optimizer}, call {turn}, sizes {j}"
            for s in g.shared:
                s.variable.set_value(s.values[j])
            arguments = [i.values[j].copy() if turn < 2 else strided(i.values[j]) for i in inputs]
            try:
                found = call(*arguments)
            except Exception as error:
                raise WrongCode(f"{what}: {type(error).__name__}: {error}") from error
            kept.append((found, j))
            for i, a in zip(inputs, arguments):
                if not np.array_equal(a, i.values[j]):
                    raise WrongCode(f"{what}: argument {i.variable} was changed")
            for old, which in kept:
                for k, (value, item) in enumerate(zip(old, outputs)):
                    same(value, item.values[which], f"{what}, output {k} {item.variable} (of call with sizes {which})", tolerance)
            for s in g.shared:
                new = next((n for t, n in updates if t is s), s)
                same(s.variable.get_value(), new.values[j], f"{what}, shared {s.variable}", tolerance)
            separate(found, arguments + [s.variable.get_value(borrow=True) for s in g.shared], what)


def strided(value: np.ndarray) -> np.ndarray:
    """The same elements with gaps between them, and backwards in memory."""
    wide = np.zeros([2 * n for n in value.shape], value.dtype)
    view = wide[(..., *[slice(None, None, -2)] * value.ndim)]
    view[...] = value
    return view


def interpret(g: Generator, inputs: Sequence[Item], outputs: Sequence[Item], optimizer: Any, tolerance: float) -> None:
    """The loop IR by the interpreter, which sees accesses outside of arrays, and reads of what was never written."""
    results = [item.variable for item in outputs]
    graph = Graph([i.variable for i in inputs], results)
    optimise(graph, symgraph.Mode("llvm", optimizer))
    given = [*inputs, *[s for s in g.shared if s.variable in graph_inputs(graph.outputs)]]
    handed = hand_over([i.variable for i in given], graph.outputs)
    module, layout = codegen.stations.lowered(handed.program)
    callbacks = [lambda *arrays, node=node: tuple(node.op.run(node, arrays)) for node in handed.callbacks]
    for j in range(2):
        what = f"interpreter {optimizer}, sizes {j}"
        arrays = [np.ascontiguousarray(i.values[j]).reshape(i.values[j].shape) for i in given]
        try:
            status, values, found = interpreter(
                module, [*arrays, *layout.constants], layout.results, callbacks, callback_types=layout.callbacks)
        except Fault as fault:
            raise WrongCode(f"{what}: {fault}") from None
        if status:
            raise WrongCode(f"{what}: {layout.failures[status - 1]} {values}")
        for k, (value, item) in enumerate(zip(found, outputs)):
            same(value, item.values[j], f"{what}, output {k} {item.variable}", tolerance)


def separate(found: Sequence[Any], others: Sequence[Any], what: str) -> None:
    for k, value in enumerate(found):
        if any(np.may_share_memory(value, other) for other in [*found[:k], *others] if value.size):
            raise WrongCode(f"{what}: output {k} shares memory")
