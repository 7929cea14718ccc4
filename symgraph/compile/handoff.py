"""Station 4, and the one door to codegen: nodes in order become a Program of plain data.

Values are numbered in order of appearance; each op's own lowering is wrapped in one of codegen's four rules; loops and branches
become Loop and Branch with inner Programs. What comes back from codegen is an Executable.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import codegen
from codegen import Entry, Executable, Layout, NativeCallable, prepare
from codegen.program import AnyStep, ArrayType, Branch, Loop, Program, Sequenced, Step
from codegen.rules import Loops, Pointwise, Python, Reduction, Rule
from symgraph import source
from symgraph.errors import CacheWarning, CompilerMissingError
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant, TensorConstant, Variable
from symgraph.expr.walk import toposort
from symgraph.loops.progress import report_of
from symgraph.settings import config
from symgraph.settings.table import TABLE

__all__ = [
    "Entry", "Executable", "Handed", "NativeCallable", "NotNative", "clock_counts", "clock_seconds", "codegen", "compile_program", "hand_over",
    "prepare", "rule_of", "store", "version",
]


CACHE_BYTES = 2**30  # of the folder of compiled code; what was used least recently goes first


class NotNative(Exception):
    """The graph holds values that are not arrays; only `linker=py` runs it."""


@lru_cache(maxsize=8)
def _open_store(directory: str) -> codegen.Store:
    return codegen.Store(directory, CACHE_BYTES, warn=_warn)


def _warn(message: str) -> None:
    line = source.here()
    warnings.warn_explicit(message, CacheWarning, line.filename, line.line)


def store() -> codegen.Store:
    """The cache of compiled code in the folder that the settings name."""
    return _open_store(config.compiledir)


def _read(key: str) -> bytes | None:
    entry = store().get(key)
    return None if entry is None else entry.object


codegen.keep_code(_read, lambda key, content: store().put(key, Entry(content, Layout("gate", [], []))))


def version(target: str) -> str:
    """Changes whenever code compiled for an equal expression might. Raises CompilerMissingError where linker=c finds no compiler."""
    try:
        return codegen.version(target, ("symgraph",), _compiler(target))
    except codegen.CompilerNotFound as error:
        raise CompilerMissingError(str(error)) from None


def _compiler(target: str) -> str | None:
    """The command of the compiler of linker=c, with the user's flags; None for other targets."""
    if target != "c":
        return None
    return f"{config.cxx} {config.gcc.cxxflags}".strip() if config.cxx else config.cxx


def _most() -> int | None:
    """How many nodes one kernel may compute."""
    return (config.fusion_budget or 1) if config.tensor.local_elemwise_fusion and config.gpu.local_elemwise_fusion else 1


def clock_seconds(number: int) -> float:
    """What native code has measured under a number."""
    return float(import_module("codegen.runtime.clock").Clock.nanoseconds[number]) * 1e-9


def clock_counts(number: int) -> int:
    """How often native code has measured under a number."""
    return int(import_module("codegen.runtime.clock").Clock.counts[number])


def _threads(value: Any) -> None:
    codegen.set_threads(1 if config.deterministic == "more" else config.threads)


def _loop_threads(value: Any) -> None:
    codegen.set_loop_threads(config.threads if config.openmp else 1, config.openmp_elemwise_minsize / _MINSIZE)


_MINSIZE = TABLE["openmp_elemwise_minsize"].default
config.on_change("threads", _threads)
config.on_change("deterministic", _threads)
for _name in ("threads", "openmp", "openmp_elemwise_minsize"):
    config.on_change(_name, _loop_threads)


def compile_program(program: Program, target: str, watch: Callable[[str, Any], None] | None = None, clock: bool = False) -> codegen.Compiled:
    """Stations 5 to 9. clock: native code measures its kernels. Raises CompilerMissingError where linker=c finds no compiler."""
    try:
        return codegen.compile(program, target, store=store(), compiler=_compiler(target), watch=watch, most=_most(), clock=clock,
                               keep=config.nocleanup)
    except codegen.CompilerNotFound as error:
        raise CompilerMissingError(str(error)) from None


class Handed:
    """A Program with what its numbers mean here: nodes[where] is the Apply of a step, callbacks[slot] the node to be called."""

    __slots__ = ("callbacks", "nodes", "program")

    def __init__(self) -> None:
        self.nodes: list[Apply] = []
        self.callbacks: list[Apply] = []
        self.program: Any = None


def hand_over(inputs: Sequence[Variable], outputs: Sequence[Variable], replaced: Sequence[tuple[int, int]] = ()) -> Handed:
    """The Program that computes `outputs` from `inputs` (arguments and shared variables); NotNative if a value is no array.

    replaced: (number of an output, number of an input) where the output is the input's new value."""
    handed = Handed()
    handed.program = _Writer(handed).program(inputs, outputs)
    handed.program.replaced = tuple(replaced)
    return handed


class _Writer:
    """Numbers the values of one Program."""

    def __init__(self, handed: Handed, silent: bool = False) -> None:
        self.handed = handed
        self.silent = silent  # within a loop that reports: those of its steps do not
        self.types: list[ArrayType] = []
        self.numbers: dict[Variable, int] = {}
        self.constants: dict[int, Any] = {}
        self.known: dict[Any, int] = {}
        self.read: set[Variable] = set()

    def program(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> Program:
        numbers = [self.new(x) for x in inputs]
        order = toposort(outputs, inputs)
        self.read = {x for node in order for x in node.inputs}.union(outputs)
        steps = [self.step(node) for node in order]
        return Program(self.types, numbers, self.constants, [self.number(x) for x in outputs], steps)

    def new(self, x: Variable) -> int:
        if not isinstance(x.type, TensorType):
            raise NotNative(f"{x} is of type {x.type}")
        number = self.numbers[x] = len(self.types)
        self.types.append(ArrayType(x.type.dtype, x.type.shape))
        return number

    def number(self, x: Variable) -> int:
        found = self.numbers.get(x)
        if found is not None:
            return found
        if not isinstance(x, TensorConstant):
            raise NotNative(f"{x} of type {x.type} has no value") if not isinstance(x, Constant) else NotNative(f"{x} is no array")
        key = x.key()
        if key in self.known:
            number = self.numbers[x] = self.known[key]
            return number
        number = self.known[key] = self.new(x)
        self.types[number] = ArrayType(x.type.dtype, x.data.shape)
        self.constants[number] = x.data
        return number

    def step(self, node: Apply) -> AnyStep:
        where = len(self.handed.nodes)
        self.handed.nodes.append(node)
        inputs = tuple([self.number(x) for x in node.inputs])
        outputs = tuple([self.new(x) for x in node.outputs])
        kind = getattr(node.op, "control", None)
        if kind == "loop":
            return self.loop(node, inputs, outputs, where)
        if kind == "branch":
            return self.branch(node, inputs, outputs, where)
        return Step(rule_of(node, self.handed.callbacks), inputs, outputs, where)

    def loop(self, node: Apply, inputs: tuple[int, ...], outputs: tuple[int, ...], where: int) -> Loop:
        op, layout = node.op, node.op.layout
        reports = op.progress is not None and not self.silent
        body = _Writer(self.handed, self.silent or reports).program(op.inner_inputs, op.inner_outputs)
        report = None
        if reports:  # behind the callbacks of the body, as native code numbers them
            report = len(self.handed.nodes), op.progress.first
            self.handed.nodes.append(report_of(op.progress))
            self.handed.callbacks.append(self.handed.nodes[-1])
        kept = tuple(k if x in self.read else None for k, x in zip(outputs, node.outputs))
        return Loop(
            body=body, steps=None if layout.unbounded else inputs[0],
            sequences=tuple(Sequenced(k, *how) for k, how in zip(inputs[layout.first_sequence :], layout.sequences)),
            states=inputs[layout.first_state : layout.first_captured], captured=inputs[layout.first_captured :], stacked=layout.stacked,
            outputs=kept, counts=layout.counts, until=layout.until, where=where, report=report,
            kept=layout.kept)

    def branch(self, node: Apply, inputs: tuple[int, ...], outputs: tuple[int, ...], where: int) -> Branch:
        """Input 0 is the condition, the others are what the branches read."""
        op = node.op
        then, otherwise = (_Writer(self.handed, self.silent).program(op.inner_inputs, results) for results in (op.then_outputs, op.else_outputs))
        return Branch(inputs[0], then, otherwise, inputs[1:], outputs, where)


def rule_of(node: Apply, callbacks: list[Apply]) -> Rule:
    """The lowering of a node's op as one of codegen's rules; an op without one is called back, under the next slot."""
    op = node.op
    kind = op.lowering(node) if hasattr(op, "lowering") else _kind(op)
    key = (f"{type(op).__module__}.{type(op).__qualname__}", *op.props())
    if kind == "pointwise":
        return Pointwise(key, op.sizes, op.element, reads=tuple(op.reads(node)), cost=getattr(op, "cost", 1),
                         view=getattr(op, "view", False))
    if kind == "reduction":
        return Reduction(key, op.sizes, tuple(op.axes), op.start, op.join, getattr(op, "combine", None), op.finish, getattr(op, "scattered", None))
    if kind == "loops":
        return Loops(key, op.sizes, op.loops, workspace=getattr(op, "workspace", None), alias=tuple(getattr(op, "alias", ())),
                     view=getattr(op, "view", False), name=getattr(op, "kernel_name", ""), by_address=getattr(op, "by_address", None),
                     in_parts=getattr(op, "in_parts", None))
    op.ready()
    callbacks.append(node)
    types = tuple((x.type.dtype, x.type.ndim) for x in (*node.inputs, *node.outputs) if isinstance(x.type, TensorType))
    return Python(("python", len(node.inputs), types), _caller(node))


def _kind(op: Op) -> str:
    for name, kind in (("element", "pointwise"), ("join", "reduction"), ("loops", "loops")):
        if hasattr(op, name):
            return kind
    return "python"


def _caller(node: Apply) -> Callable[..., tuple[Any, ...]]:
    def call(*arrays: Any) -> tuple[Any, ...]:
        return tuple(node.op.run(node, arrays))

    return call
