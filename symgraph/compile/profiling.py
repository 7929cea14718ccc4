"""What functions spent their time on: the settings `profile`, `profile_memory`, `print_global_stats`, and `function(profile=...)`.

A measured function goes the long way through all stations, so that each has its time, and its native code reads a clock behind each kernel
(codegen/runtime/clock.py), so that each kernel has its own. The tables are printed when the program ends. Nothing of this file is loaded, and no
call costs more, where nothing is measured.
"""

from __future__ import annotations

import atexit
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from time import perf_counter
from typing import Any

from symgraph.compile.blame import facts_of
from symgraph.compile.face import FunctionFace
from symgraph.compile.handoff import clock_counts, clock_seconds
from symgraph.compile.profile import Clock, Profile
from symgraph.compile.stepwise import StepwiseFunction
from symgraph.expr.evaluate import running_by
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Variable
from symgraph.expr.walk import toposort
from symgraph.settings import config
from symgraph.source import describe

__all__ = ["Kernel", "ProfileStats", "ScanProfileStats", "print_global_stats", "profiled", "register_profiler_printer"]


class Kernel:
    """What runs as one loop nest, or one call of a library: `nodes` after the passes, the last of which the others are fused into, with the
    loops around them; `seconds` in `calls` runs. place: where the user wrote it."""

    __slots__ = ("calls", "nodes", "number", "place", "seconds")

    def __init__(self, nodes: Sequence[Any], place: Any, number: int, seconds: float = 0.0, calls: int = 0) -> None:
        self.nodes, self.place, self.number, self.seconds, self.calls = list(nodes), place, number, seconds, calls

    def __str__(self) -> str:
        return " + ".join(str(node.op) for node in self.nodes)


class ProfileStats(Profile):
    """The measurements of one function, or of all that were given this object as ``function(..., profile=stats)``.

    atexit_print: whether a table is printed when the program ends. flag_time_thunks: whether kernels are measured (None: the setting
    profiling.time_thunks). gpu_checks is accepted for Theano's sake; message and other attributes may be given by name.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> stats = ProfileStats(atexit_print=False)
    >>> f = symgraph.function([x], T.exp(x).sum(), profile=stats)
    >>> _ = f([1.0, 2.0]), f([3.0])
    >>> stats.fct_callcount, [str(kernel)[:9] for kernel in stats.kernels()]
    (2, ['exp + Sum'])
    """

    def __init__(self, atexit_print: bool = True, flag_time_thunks: bool | None = None, gpu_checks: bool = True, **kwargs: Any) -> None:
        super().__init__([], [])
        self.message = ""
        self.compile_time = 0.0
        self.fct_callcount = 0
        self.fct_call_time = 0.0
        self.nb_nodes = 0
        self.flag_time_thunks = config.profiling.time_thunks if flag_time_thunks is None else flag_time_thunks
        self.ignore_first_call = config.profiling.ignore_first_call
        self.clock = Clock()  # of functions that run node by node
        self.native: list[Kernel] = []
        self.before: dict[int, tuple[float, int]] = {}  # what stood under a number of the native clock when counting began
        self.sizes: list[tuple[int, Any, tuple[int, ...]]] = []  # bytes, node, shape of each value of the first call
        self.scratch = 0
        self.peak = 0
        self.__dict__.update(kwargs)
        if atexit_print:
            _at_exit(self)

    # Taking in --------------------------------------------------------------------------------------------------------
    def attach(self, f: Any, seconds: float) -> None:
        """Take in what compiling a function took; from now on its calls are counted here."""
        graph = f.graph
        self.compile_time += seconds
        self.stations += list(f.stations)
        self.passes += list(graph.report)
        self.nb_nodes += len(graph.nodes())
        for _, fired, _ in graph.report:
            self.rules += fired
        self.message = self.message or f"{f.signature.title} made at {describe(f.signature.line).splitlines()[0]}"
        self._values, self._outputs = f._by_variable, list(graph.outputs)
        inner = getattr(f, "inner", f)  # of sparse matrices and the like: the function of their arrays
        for steps, place, number in getattr(inner, "kernels", ()):
            self.native.append(Kernel(steps, place, number))

    def called(self, f: Any, seconds: float, args: Any, kwargs: Any) -> None:
        """A call has ended."""
        self.fct_callcount += 1
        self.fct_call_time += seconds
        if self.ignore_first_call:
            self.reset()
            self.ignore_first_call = False
            return
        native = getattr(f, "inner", f)
        if hasattr(native, "scratch_bytes"):
            self.scratch = max(self.scratch, native.scratch_bytes())
        if config.profile_memory and not self.sizes:
            self._note_sizes(f, args, kwargs)

    def reset(self) -> None:
        """Forget all calls."""
        self.fct_callcount, self.fct_call_time = 0, 0.0
        self.clock = Clock()
        self.before = {k.number: (clock_seconds(k.number), clock_counts(k.number)) for k in self.native}

    def _note_sizes(self, f: Any, args: Any, kwargs: Any) -> None:
        known: dict[Variable, Any] = dict(f._by_variable(*args, **kwargs))
        known |= {x: x.container.storage[0] for x in f.signature.shared}
        outputs = list(f.graph.outputs)
        facts = facts_of(outputs, known, {})
        order = toposort(outputs)
        last = {x: number for number, node in enumerate(order) for x in node.inputs} | dict.fromkeys(outputs, len(order))
        ends: dict[int, int] = {}
        alive = 0
        for number, node in enumerate(order):
            for x in node.outputs:
                fact = facts.get(x)
                shape: Any = () if fact is None else fact.shape
                if fact is None or not isinstance(x.type, TensorType) or not all(isinstance(n, int) for n in shape):
                    continue
                size = math.prod(shape, start=x.type.numpy_dtype.itemsize)
                self.sizes.append((size, node, tuple(shape)))
                alive += size
                ends[last.get(x, number)] = ends.get(last.get(x, number), 0) + size
            self.peak = max(self.peak, alive)
            alive -= ends.get(number, 0)

    # Reading ----------------------------------------------------------------------------------------------------------
    def kernels(self) -> list[Kernel]:
        """What was measured, the longest first: kernels of native code, or nodes where a function runs node by node."""
        found = []
        for k in self.native:
            seconds, calls = self.before.get(k.number, (0.0, 0))
            found.append(Kernel(k.nodes, k.place, k.number, clock_seconds(k.number) - seconds, clock_counts(k.number) - calls))
        found += [Kernel([row.node], row.node.line, -1, row.seconds, row.calls) for row in self.clock.rows.values()]
        return sorted((k for k in found if k.calls), key=lambda k: -k.seconds)

    def _by(self, key: Callable[[Kernel], Any], what: Callable[[Kernel], Any]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for k in self.kernels():
            found[key(k)] = found.get(key(k), 0) + what(k)
        return found

    @property
    def apply_time(self) -> dict[Any, float]:
        """Node -> seconds; a kernel's time is that of its last node."""
        return self._by(lambda k: k.nodes[-1], lambda k: k.seconds)

    @property
    def apply_callcount(self) -> dict[Any, int]:
        """Node -> how often it ran."""
        return self._by(lambda k: k.nodes[-1], lambda k: k.calls)

    def op_time(self) -> dict[Any, float]:
        """Op -> seconds; a kernel's time is that of its last op."""
        return self._by(lambda k: k.nodes[-1].op, lambda k: k.seconds)

    def op_callcount(self) -> dict[Any, int]:
        """Op -> how often it ran."""
        return self._by(lambda k: k.nodes[-1].op, lambda k: k.calls)

    def op_nodes(self) -> dict[Any, int]:
        """Op -> in how many kernels it is the last."""
        return self._by(lambda k: k.nodes[-1].op, lambda k: 1)

    def class_time(self) -> dict[type, float]:
        """Class of ops -> seconds."""
        return self._by(lambda k: type(k.nodes[-1].op), lambda k: k.seconds)

    def class_callcount(self) -> dict[type, int]:
        """Class of ops -> how often one of it ran."""
        return self._by(lambda k: type(k.nodes[-1].op), lambda k: k.calls)

    def class_nodes(self) -> dict[type, int]:
        """Class of ops -> in how many kernels one of it is the last."""
        return self._by(lambda k: type(k.nodes[-1].op), lambda k: 1)

    def __str__(self) -> str:
        return "\n".join(self._lines(config.profiling.n_ops, config.profiling.n_apply))

    def summary(self, file: Any = None, n_ops_to_print: int | None = None, n_apply_to_print: int | None = None) -> None:
        """Print all tables, to standard error or a file. How many rows: the settings profiling.n_ops and profiling.n_apply, if not said."""
        ops = config.profiling.n_ops if n_ops_to_print is None else n_ops_to_print
        nodes = config.profiling.n_apply if n_apply_to_print is None else n_apply_to_print
        self._print(self._lines(ops, nodes), file)

    print_summary = summary

    def summary_function(self, file: Any = None) -> None:
        """Print calls and times of the function and of compiling it."""
        self._print(self._about(), file)

    def summary_class(self, file: Any = None, N: int | None = None) -> None:
        """Print the time of each class of ops."""
        self._print(_table("classes", self.class_time(), self.class_callcount(), N, lambda cls: cls.__name__), file)

    def summary_ops(self, file: Any = None, N: int | None = None) -> None:
        """Print the time of each op; a kernel's is that of its last."""
        self._print(_table("ops", self.op_time(), self.op_callcount(), N, str), file)

    def summary_nodes(self, file: Any = None, N: int | None = None) -> None:
        """Print the time of each kernel, with its ops and where they were written."""
        self._print(self._kernel_table(config.profiling.n_apply if N is None else N), file)

    def summary_memory(self, file: Any = None, N: int | None = None) -> None:
        """Print the memory of the first call, if profile_memory was on."""
        self._print(self._memory(config.profiling.n_apply if N is None else N), file)

    def _print(self, lines: Sequence[str], file: Any) -> None:
        width = config.profiling.output_line_width
        print("\n".join(line[:width] for line in lines), file=sys.stderr if file is None else file)

    def _lines(self, ops: int, nodes: int) -> list[str]:
        lines = self._about()
        if self.kernels():
            lines += _table("ops (a kernel's time is its last op's)", self.op_time(), self.op_callcount(), ops, str) + self._kernel_table(nodes)
        if self.sizes or self.scratch:
            lines += self._memory(nodes)
        return lines

    def _about(self) -> list[str]:
        mean = self.fct_call_time / self.fct_callcount if self.fct_callcount else 0.0
        inside = sum(k.seconds for k in self.kernels())
        lines = [f"Profile of {self.message}", f"  {self.fct_callcount} calls in {self.fct_call_time:.6f} s, {mean:.3e} s each"]
        if inside:
            lines.append(f"  of that in kernels {inside:.6f} s ({inside / max(self.fct_call_time, 1e-12):.1%})")
        lines.append(f"  compiled in {self.compile_time:.3f} s; {self.nb_nodes} nodes after the passes")
        lines += [f"    station {name}: {seconds:.4f} s" for name, seconds in self.stations]
        if config.profile_optimizer:
            lines += [f"    pass {name}: {seconds:.4f} s {dict(fired) or ''}" for name, fired, seconds in self.passes]
        return lines

    def _kernel_table(self, most: int) -> list[str]:
        rows = self.kernels()
        total = sum(k.seconds for k in rows) or 1.0
        lines = ["  kernels: share, seconds, seconds a run, runs, ops that are computed in one go, line"]
        for k in rows[:most]:
            where = "" if k.place is None else f"  [{k.place.filename}:{k.place.line}]"
            lines.append(f"  {k.seconds / total:6.1%} {k.seconds:10.6f} {k.seconds / k.calls:.2e} {k.calls:8d}  {k}{where}")
        return lines + _rest(len(rows) - most, sum(k.seconds for k in rows[most:]) / total)

    def _memory(self, most: int) -> list[str]:
        lines = [f"  memory: {self.scratch} bytes of scratch memory are kept between calls of native code"]
        if not self.sizes:
            return lines
        lines.append(f"    {sum(size for size, _, _ in self.sizes)} bytes if every node kept its values")
        if config.profiling.min_peak_memory:
            lines.append(f"    {self.peak} bytes at once, if nodes ran in order, unfused, and each value went after its last use")
        rows = sorted((row for row in self.sizes if row[0] >= config.profiling.min_memory_size), key=lambda row: -row[0])
        return lines + [f"    {size:12d} bytes {shape} {node.op}" for size, node, shape in rows[:most]] + _rest(len(rows) - most, None)


class ScanProfileStats(ProfileStats):
    """Theano's class for loops: here the kernels of a loop are measured with those of the function around it."""


def _table(title: str, seconds: dict[Any, float], calls: dict[Any, int], most: int | None, name: Callable[[Any], str]) -> list[str]:
    most = config.profiling.n_ops if most is None else most
    total = sum(seconds.values()) or 1.0
    lines = [f"  {title}: share, seconds, runs"]
    rows = sorted(seconds.items(), key=lambda row: -row[1])
    lines += [f"  {spent / total:6.1%} {spent:10.6f} {calls[key]:8d}  {name(key)}" for key, spent in rows[:most]]
    return lines + _rest(len(rows) - most, sum(spent for _, spent in rows[most:]) / total)


def _rest(count: int, share: float | None) -> list[str]:
    return [] if count <= 0 else [f"  ... and {count} more" + ("" if share is None else f" with {share:.1%} of the time")]


# Measured functions ---------------------------------------------------------------------------------------------------
def profiled(signature: Any, mode: Any, wish: Any, compile_signature: Callable[..., FunctionFace]) -> FunctionFace:
    """A function whose calls are counted. wish: what `function(profile=)` was given: True, a message, a ProfileStats; None: the settings."""
    if isinstance(wish, ProfileStats):
        stats = wish
    elif wish is None and hasattr(mode, "stats"):
        stats = mode.stats
    elif wish is None and not config.profile:
        stats = ProfileStats(atexit_print=False, flag_time_thunks=False)
        _all.append(stats)
    elif wish in (True, None) or isinstance(wish, str):
        stats = ProfileStats(message=wish if isinstance(wish, str) else "")
    else:
        raise TypeError(f"profile must be None, True, False, a message or a ProfileStats, got {wish!r} of {type(wish)}")
    if config.print_global_stats:
        _register()
    start = perf_counter()
    f: Any = compile_signature(signature, mode, clock=stats.flag_time_thunks)
    stats.attach(f, perf_counter() - start)
    kind: Any = type(f)
    f.__class__ = _timed(kind)
    f.stats = stats
    return f


@cache
def _timed(cls: type) -> type:
    """The class of functions of this class whose calls are counted."""

    class Timed(cls):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            start = perf_counter()
            if self.stats.flag_time_thunks and isinstance(self, StepwiseFunction):
                with running_by(self.stats.clock):
                    result = super().__call__(*args, **kwargs)
            else:
                result = super().__call__(*args, **kwargs)
            self.stats.called(self, perf_counter() - start, args, kwargs)
            return result

        @property
        def profile(self) -> ProfileStats:
            """What was measured."""
            return self.stats

    Timed.__name__ = Timed.__qualname__ = cls.__name__
    return Timed


# At exit --------------------------------------------------------------------------------------------------------------
_all: list[ProfileStats] = []
_printed: list[ProfileStats] = []
_printers: list[Callable[..., Any]] = []
_registered: list[bool] = []


def _at_exit(stats: ProfileStats) -> None:
    _all.append(stats)
    _printed.append(stats)
    _register()


def _register() -> None:
    if not _registered:
        _registered.append(True)
        atexit.register(_print_all)


def register_profiler_printer(fct: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is called at exit for each table with (message, compile_time, fct_call_time, apply_time, file=...)."""
    _printers.append(fct)
    return fct


@contextmanager
def _destination() -> Iterator[Any]:
    where = config.profiling.destination
    if where in ("stderr", "stdout"):
        yield getattr(sys, where)
        return
    with open(where, "a", encoding="utf-8") as file:
        yield file


def _print_all() -> None:
    with _destination() as file:
        for stats in _printed:
            if stats.fct_callcount:
                stats.summary(file)
                for printer in _printers:
                    printer(stats.message, stats.compile_time, stats.fct_call_time, stats.apply_time, file=file)
        idle = [stats for stats in _printed if not stats.fct_callcount and stats.compile_time]
        if idle:
            print(f"Compiled and never called: {len(idle)} functions, in {sum(stats.compile_time for stats in idle):.3f} s", file=file)
        if sum(stats.compile_time > 0 for stats in _printed) > 1 or config.print_global_stats:
            print_global_stats(file)


def print_global_stats(file: Any = None) -> None:
    """Print number and time of all calls of measured functions, and the time of compiling them."""
    calls, spent = sum(stats.fct_callcount for stats in _all), sum(stats.fct_call_time for stats in _all)
    times = [stats.compile_time for stats in _all if stats.compile_time]
    print(f"All functions: {len(times)} compiled in {sum(times):.3f} s, {calls} calls in {spent:.6f} s", file=sys.stderr if file is None else file)
