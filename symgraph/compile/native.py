"""Functions that are one native call, and how they come to be: from the cache, or the long way through all stations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.compile import blame
from symgraph.compile.arguments import Arguments
from symgraph.compile.early import with_bodies
from symgraph.compile.face import FunctionFace
from symgraph.compile.handoff import (
    Entry,
    Executable,
    Handed,
    NativeCallable,
    NotNative,
    codegen,
    compile_program,
    hand_over,
    prepare,
    store,
    version,
)
from symgraph.compile.modes import Mode
from symgraph.compile.signature import Signature
from symgraph.compile.watch import Watch
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.expr.walk import ancestors
from symgraph.loops.progress import Report

__all__ = ["DictFunction", "NativeFunction", "load_known", "NotNative", "Watch", "make_native", "node_callable", "prepare", "version"]

VERSION = "3"  # of what `extra` holds


class NativeFunction(FunctionFace, NativeCallable):
    """A function whose call is one native call. nodes: the Apply of each number under which native code reports failures."""

    def __init__(self, signature: Signature, mode: Mode, executable: Executable, plan: dict[str, Any], nodes: Sequence[Apply | None],
                 callbacks: Sequence[Callable[..., Any]], rebuild: Any) -> None:
        self.signature = signature
        self.mode = mode
        self.name = signature.name
        self.arguments = Arguments(signature)
        self.executable = executable
        self.nodes = list(nodes)
        self.kernels: list[tuple[list[Apply], Any, int]] = []
        self._rebuild = rebuild
        self.read = plan["arguments"]
        count = len(signature.outputs)
        sources = [where if kind == "given" else signature.shared[where].container.storage for kind, where in self.read]
        executable.bind(
            sources, list(range(count)), single=signature.form == "single",
            updates=[(count + k, target.container.storage) for k, (target, _) in enumerate(signature.updates)],
            slow=self._slow, failed=self._failed, callbacks=callbacks, positional=len(self.arguments.inputs), into=self)

    def _slow(self, *args: Any, **kwargs: Any) -> Any:
        arrays = self.arguments.convert(args, kwargs)
        return self.run(arrays)

    def _failed(self, status: int, values: tuple[int, ...], arrays: Sequence[np.ndarray]) -> None:
        failure = self.executable.layout.failures[status - 1]
        node = self.nodes[failure.where]
        known: dict[Variable, np.ndarray] = {}
        for (kind, where), array in zip(self.read, arrays):
            known[self.signature.shared[where] if kind == "shared" else self.arguments.inputs[where].variable] = array
        rounds = [(self.nodes[where], number) for where, number in codegen.rounds_of(failure, values)]
        raise blame.error_of(failure.error, failure.message, values, node, known, rounds)

    def _rebuilt(self, signature: Signature) -> Any:
        return self._rebuild(signature, self.mode)

    @property
    def optimised(self) -> Sequence[Variable]:
        """The variables that passes made of outputs and new values."""
        return self.graph.outputs

    def source(self, target: str | None = None) -> str:
        """The code of this function as text: 'llvm', 'c', or 'ir' for the loop IR; the default is what it was compiled from."""
        computed = self.optimised
        inputs = used_inputs(self.signature, computed)
        handed = hand_over([x for _, _, x in inputs], computed, replaced(self.signature, inputs))
        return codegen.source(handed.program, target or self.mode.linker)


class DictFunction(NativeFunction):
    """A function that returns a dictionary."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return dict(zip(self.signature.keys, super().__call__(*args, **kwargs)))


def _class(signature: Signature) -> type[NativeFunction]:
    return DictFunction if signature.form == "dict" else NativeFunction


def load_known(signature: Signature, mode: Mode, key: str, order: Sequence[Apply], rebuild: Any) -> NativeFunction | None:
    """Station 1b: the function whose expression, as it is written, was compiled before; None if it was not."""
    entry = store().get(key)
    if entry is None or entry.extra.get("version") != VERSION:
        return None
    plan = entry.extra
    places = with_bodies(order)
    nodes = [None if k < 0 else places[k] for k in plan["nodes"]]
    callbacks = [caller(order[k], nodes) for k in plan["callbacks"]]
    return _class(signature)(signature, mode, codegen.load(entry), plan, nodes, callbacks, rebuild)


def make_native(signature: Signature, mode: Mode, optimised: Sequence[Variable], origin: dict[Apply, Apply], key: str | None, order: Sequence[Apply],
                rebuild: Any, watch: Watch, clock: bool = False) -> NativeFunction:
    """Stations 4 to 10. clock: native code measures its kernels, which the function's `kernels` lists: nodes, the user's line, number.

     optimised: what the passes made of outputs and new values; origin: node of theirs -> node as written."""
    inputs = used_inputs(signature, optimised)
    handed = hand_over([x for _, _, x in inputs], optimised, replaced(signature, inputs))
    watch("program", handed.program)
    compiled = compile_program(handed.program, mode.linker, watch, clock)
    plan: dict[str, Any] = {"version": VERSION, "arguments": [[kind, where] for kind, where, _ in inputs]}
    if key is not None:
        remember(key, compiled, plan, handed, origin, order)
    nodes = [origin.get(node, node) for node in handed.nodes]
    made = _class(signature)(signature, mode, compiled.executable, plan, nodes, [caller(node, nodes) for node in handed.callbacks], rebuild)
    made.stations = watch.times
    if compiled.first is not None:
        for number, steps in enumerate(compiled.executable.layout.clocks, compiled.first):
            if steps:
                made.kernels.append(([handed.nodes[k] for k in steps], nodes[steps[-1]].line, number))
    return made


def used_inputs(signature: Signature, optimised: Sequence[Variable]) -> list[tuple[str, int, Variable]]:
    """('given', position, variable) of each argument of the caller, read or not, so that all are checked; ('shared', position,
    variable) of what is read."""
    states = set(signature.states)
    given = [i.variable for i in signature.inputs if i.variable not in states]
    found = set(ancestors(optimised, given))
    return [("given", k, x) for k, x in enumerate(given)] + [("shared", k, x) for k, x in enumerate(signature.shared) if x in found]


def replaced(signature: Signature, inputs: Sequence[tuple[str, int, Variable]]) -> list[tuple[int, int]]:
    """(number of the new value among all that is computed, number of the input it replaces) of the shared variables that are read, too."""
    places = {x: k for k, (kind, _, x) in enumerate(inputs) if kind == "shared"}
    return [(len(signature.outputs) + k, places[x]) for k, (x, _) in enumerate(signature.updates) if x in places]


def remember(key: str, compiled: Any, plan: dict[str, Any], handed: Handed, origin: dict[Apply, Apply], order: Sequence[Apply]) -> None:
    """Keep under the early key what a warm start needs."""
    number = {node: k for k, node in enumerate(order)}
    callbacks = []
    for node in handed.callbacks:
        written = origin.get(node, node)
        if written not in number or written.op != node.op:
            return  # a pass made an op that is called back: it has no place in the expression as written
        callbacks.append(number[written])
    lines: dict[int, int] = {}  # a node in a body is a copy of a copy, but a place in the user's text is one object
    for k, node in enumerate(with_bodies(order)):
        lines.setdefault(id(node.line), k)
    nodes = [number.get(origin.get(node, node), lines.get(id(node.line), -1)) for node in handed.nodes]
    plan = plan | {"nodes": nodes, "callbacks": callbacks}
    store().put(key, Entry(compiled.entry.object, compiled.entry.layout, plan))


def caller(node: Apply, nodes: Sequence[Apply | None] = ()) -> Callable[..., Any]:
    """A node as a function of arrays. nodes: by the numbers under which native code knows the loops around it."""
    if isinstance(node.op, Report):  # what a user's function raises while a loop runs is no failure of the loop
        return lambda *arrays: node.op.run(node, arrays)

    def call(*arrays: Any) -> Any:
        try:
            return node.op.run(node, arrays)
        except Exception as error:
            raise blame.located(error, node, arrays) from error.__cause__

    call.failed_in = lambda error, rounds: blame.in_rounds(error, [(nodes[where], number) for where, number in rounds])  # type: ignore[attr-defined]
    return call


def node_callable(node: Apply, target: str) -> Callable[..., list[Any]]:
    """One node compiled alone, for the mode CHECK: arrays in, arrays out."""
    copy = node.clone_with([x.type() for x in node.inputs])
    handed = hand_over(copy.inputs, copy.outputs)
    executable = compile_program(handed.program, target).executable
    callbacks = [caller(n) for n in handed.callbacks]

    def run(*arrays: Any) -> list[Any]:
        return executable.run(arrays, callbacks)

    return run
