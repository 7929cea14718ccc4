"""LoopOp: a loop as one op. (final states, stacked results) = fold(step, states, sequences).

Every loop front end (scan, fold, while ...) makes this op; passes look into it; it becomes a codegen.program.Loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph import source
from symgraph.expr.dims import Known, StaticSizes, static_shape
from symgraph.expr.evaluate import run_nodes
from symgraph.expr.failures import in_step, located
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import Composite, TensorType, tensor_type
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import toposort
from symgraph.graph.walks import io_connection_pattern
from symgraph.loops.checkpoints import checked_checkpoint
from symgraph.loops.progress import checked_progress, told

__all__ = ["LoopLayout", "LoopOp"]


class LoopLayout:
    """What the inputs and outputs of a loop mean.

    Inputs of the node: the number of steps (int64, no dimensions) unless `unbounded`, then one array for each of `sequences`
    ((offset, backwards): in step t row t + offset is read, counted from the end if backwards), `states` initial states,
    `captured` others. Inner inputs: the step number if `counts`, a row of each sequence, the states, the captured. Inner
    outputs: the new states, `stacked` results, the condition if `until` (the step in which it is true is the last).
    Outputs of the node: final states, stacks with one row a step. kept: for each stack how many rows, the last ones, it has at most, or None;
    () where all of all are there. Passes say so; derivatives are taken before.
    """

    __slots__ = ("captured", "counts", "kept", "sequences", "stacked", "states", "unbounded", "until")

    def __init__(
        self, sequences: Sequence[tuple[int, bool]], states: int, captured: int, stacked: int, counts: bool = False, until: bool = False,
        unbounded: bool = False, kept: Sequence[int | None] = (),
    ) -> None:
        self.sequences = tuple(sequences)
        self.states = states
        self.captured = captured
        self.stacked = stacked
        self.counts = counts
        self.until = until
        self.unbounded = unbounded
        self.kept = tuple(kept)

    def key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    # Positions among the node's inputs
    @property
    def first_sequence(self) -> int:
        return 0 if self.unbounded else 1

    @property
    def first_state(self) -> int:
        return self.first_sequence + len(self.sequences)

    @property
    def first_captured(self) -> int:
        return self.first_state + self.states

    # Positions among the inner inputs
    @property
    def inner_state(self) -> int:
        return int(self.counts) + len(self.sequences)

    @property
    def inner_captured(self) -> int:
        return self.inner_state + self.states


class LoopOp(Op):
    """A loop over an inner graph.

    inner_inputs, inner_outputs: variables, as the layout says. name: for print-outs. truncate: how many steps the reverse
    goes back (-1: all). recompute: the reverse stores nothing but states, and computes what else it needs again.
    checkpoint: of how many steps are the segments through which the reverse goes (checkpoints.py), or None. progress: whom the loop tells
    how far it is (progress.py), or None.
    """

    control = "loop"

    def __init__(self, inner_inputs: Sequence[Variable], inner_outputs: Sequence[Variable], layout: LoopLayout, name: str | None = None,
                 truncate: int = -1, recompute: bool = False, checkpoint: Any = None, progress: Any = None) -> None:
        self.inner_inputs = list(inner_inputs)
        self.inner_outputs: list[Any] = list(inner_outputs)
        self.layout = layout
        self.name = name
        self.truncate = truncate
        self.recompute = recompute
        title = f"loop {name}" if name else "loop"
        self.checkpoint = checked_checkpoint(checkpoint, title)
        self.progress = checked_progress(progress, title)
        self._order: list[Apply] | None = None
        self._pattern: list[list[bool]] | None = None

    def make_node(self, *inputs: Any) -> Apply:
        layout = self.layout
        types = [x.type for x in self.inner_outputs[: layout.states]]
        steps = known_steps(inputs[0]) if not layout.unbounded and not layout.until else None
        kept = layout.kept or [None] * layout.stacked
        for x, most in zip(self.inner_outputs[layout.states : layout.states + layout.stacked], kept):
            rows = steps if steps is None or most is None else min(steps, most)
            types.append(tensor_type(x.type.dtype, (None if rows == 1 else rows, *x.type.shape)))
        node = Apply(self, list(inputs), [t() for t in types])
        node.line = source.here()
        return node

    # Rows of a sequence that all steps together need
    def last_row(self, steps: Any, offset: int) -> Any:
        return steps + offset

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        """The loop in Python: judge of the native one."""
        layout = self.layout
        steps = None if layout.unbounded else int(arrays[0])
        if steps is not None and steps < 0:
            raise ValueError(f"the number of steps of {self} must not be negative, got {steps}")
        sequences = arrays[layout.first_sequence : layout.first_state]
        for k, ((offset, _), rows) in enumerate(zip(layout.sequences, sequences)):
            if steps and (steps + offset > len(rows) or offset < 0):
                raise ValueError(f"sequence {k} of {self} has {len(rows)} rows, too few for {steps} steps that read {offset} rows ahead")
        states = list(arrays[layout.first_state : layout.first_captured])
        captured = list(arrays[layout.first_captured :])
        if self._order is None:
            self._order = toposort(self.inner_outputs, self.inner_inputs)
        stacks: list[deque[Any]] = [deque(maxlen=most) for most in layout.kept or [None] * layout.stacked]
        t, ended = 0, False
        with told(self.progress, steps) as tell:
            while not ended and (steps is None or t < steps):
                rows = [rows[len(rows) - 1 - t - offset] if backwards else rows[t + offset]
                        for (offset, backwards), rows in zip(layout.sequences, sequences)]
                values = [np.asarray(t, dtype="int64")] * layout.counts + [np.asarray(r) for r in rows] + states + captured
                try:
                    results = run_nodes(self._order, dict(zip(self.inner_inputs, values)), self.inner_outputs, on_error=_locate)
                    _check_kept(states, results)
                except Exception as error:
                    raise in_step(error, t, self) from error.__cause__
                states = results[: layout.states]
                for stack, row in zip(stacks, results[layout.states :]):
                    stack.append(row)
                t += 1
                ended = bool(layout.until and results[-1])
                if tell is not None and not ended and t != steps:
                    tell(t, True)
            if tell is not None:
                tell(t, False)
        if stacks and not stacks[0]:
            return [*states, *self._no_rows(arrays)]
        return [*states, *map(np.stack, stacks)]

    def _no_rows(self, arrays: Sequence[Any]) -> list[Any]:
        """The stacks of a loop without a step: the sizes of a row are those that a step on rows of zeros would give it."""
        layout = self.layout
        zeros = [np.zeros(a.shape[1:], a.dtype) for a in arrays[layout.first_sequence : layout.first_state]]
        values = [np.asarray(0, dtype="int64")] * layout.counts + zeros + list(arrays[layout.first_state :])
        assert self._order is not None
        rows = self.inner_outputs[layout.states : layout.states + layout.stacked]
        found = _through(self._order, dict(zip(self.inner_inputs, values)), rows)
        return [np.empty((0, *np.shape(a)), x.type.dtype) for a, x in zip(found, rows)]

    # Print-outs ---------------------------------------------------------------------------------------------------------
    def roles(self, node: Apply) -> tuple[list[tuple[str, Any]], list[str]]:
        """For print-outs: of each inner input what it is, and the outer variable it is taken from (or None); what each inner output is."""
        layout = self.layout
        names = [*(f"row of sequence {k}" for k in range(len(layout.sequences))), *(f"state {k}" for k in range(layout.states)),
                 *["captured"] * layout.captured]
        inputs: list[tuple[str, Any]] = [("number of the step", None)] * layout.counts + list(zip(names, node.inputs[layout.first_sequence :]))
        outputs = [f"new state {k}" for k in range(layout.states)] + [f"row of result {k}" for k in range(layout.stacked)]
        return inputs, outputs + ["until"] * layout.until

    # Derivatives (their rules stand in gradient/loops.py) ----------------------------------------------------------------
    def inner_pattern(self) -> list[list[bool]]:
        """The connection pattern of one step: [inner input][new state or stacked result]."""
        if self._pattern is None:
            self._pattern = io_connection_pattern(self.inner_inputs, self.inner_outputs[: self.layout.states + self.layout.stacked])
        return self._pattern

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """An input has influence on what any step makes of it; an initial state also on its final one: there may be no step."""
        layout, pattern = self.layout, self.inner_pattern()
        found = [set(_true(row)) for row in pattern]
        states = range(layout.states)
        while True:  # what a state of the next step has influence on, the input has
            grown = [row.union(*(found[layout.inner_state + k] for k in row if k in states)) for row in found]
            if grown == found:
                break
            found = grown
        for k in states:
            found[layout.inner_state + k].add(k)
        counted: list[set[int]] = [] if layout.unbounded else [set()]
        return [[k in row for k in range(len(node.outputs))] for row in [*counted, *found[int(layout.counts) :]]]

    def with_stacks(self, more: Sequence[Variable]) -> LoopOp:
        """This loop with further inner variables stacked, over the same inner inputs: passes make one loop of both."""
        end = self.layout.states + self.layout.stacked
        outputs = [*self.inner_outputs[:end], *more, *self.inner_outputs[end:]]
        layout = LoopLayout(self.layout.sequences, self.layout.states, self.layout.captured, self.layout.stacked + len(more), self.layout.counts,
                            self.layout.until, self.layout.unbounded)
        return LoopOp(self.inner_inputs, outputs, layout, self.name, self.truncate, self.recompute, self.checkpoint, self.progress)

    def in_parts(self, inputs: Sequence[Any], rewritten: Callable[..., list[Any]]) -> list[Any] | None:
        """The outputs on arrays, where states or captured values are several arrays each: `inputs` has a list of variables for such a one.
        rewritten(outputs, known) writes the body so (compile/parts.py). None: rows of results are no arrays."""
        layout = self.layout
        if any(isinstance(x.type, Composite) for x in self.inner_outputs[layout.states :]):
            return None
        parts = {x: [type.make_variable() for type in x.type.part_types()] for x in self.inner_inputs if isinstance(x.type, Composite)}
        inner = _flat([parts.get(x, x) for x in self.inner_inputs])
        computed = rewritten(self.inner_outputs, parts)
        states, captured = _flat(computed[: layout.states]), _flat(inputs[layout.first_captured :])
        flat = LoopLayout(layout.sequences, len(states), len(captured), layout.stacked, layout.counts, layout.until, layout.unbounded,
                          layout.kept)
        op = LoopOp(inner, [*states, *computed[layout.states :]], flat, self.name, self.truncate, self.recompute, self.checkpoint, self.progress)
        rest = iter(op(*_flat(inputs), return_list=True))
        return [[next(rest) for _ in x] if isinstance(x, list) else next(rest) for x in computed[: layout.states + layout.stacked]]

    def __getstate__(self) -> Any:
        return self.__dict__ | {"_order": None, "_pattern": None}

    def __str__(self) -> str:
        return f"{'while' if self.layout.unbounded else 'scan'}{{{self.name or len(self.inner_outputs)}}}"


def _flat(entries: Sequence[Any]) -> list[Any]:
    return [y for x in entries for y in (x if isinstance(x, list) else [x])]


def _locate(node: Apply, arrays: Sequence[Any], error: Exception) -> None:
    located(error, node, arrays)


def _check_kept(before: Sequence[Any], after: Sequence[Any]) -> None:
    """ValueError if a state has other sizes than in the step before."""
    for k, (old, new) in enumerate(zip(before, after)):
        for axis, (n, m) in enumerate(zip(np.shape(old), np.shape(new))):
            if n != m:
                raise ValueError(f"state {k} of the loop: a step changes the size of dimension {axis} from {n} to {m}")


def _through(order: Sequence[Apply], known: dict[Any, Any], outputs: Sequence[Any]) -> list[Any]:
    """What a body gives, for the sake of its sizes."""
    for node in order:
        inputs = [x.data if isinstance(x, Constant) else known[x] for x in node.inputs]
        known.update(zip(node.outputs, _on_zeros(node, inputs)))
    return [x.data if isinstance(x, Constant) else known[x] for x in outputs]


def _on_zeros(node: Apply, inputs: Sequence[Any]) -> list[Any]:
    """A node's outputs for the sake of their sizes: inputs may be made up, so its checks do not count, and Python ops are not run. Sizes
    that the sides of a branch do not agree in are 0."""
    op: Any = node.op
    if getattr(op, "control", None) == "branch" and all(isinstance(x.type, TensorType) for x in node.outputs):
        sides = [_through(toposort(xs, op.inner_inputs), dict(zip(op.inner_inputs, inputs[1:])), xs) for xs in (op.then_outputs, op.else_outputs)]
        return [np.zeros([n if n == m else 0 for n, m in zip(np.shape(a), np.shape(b))], x.type.dtype) for a, b, x in zip(*sides, node.outputs)]
    if node.op.has_sizes or isinstance(node.op, LoopOp):
        try:
            return node.op.run(node, inputs)
        except (ValueError, IndexError):
            pass
    shapes = [x.type.shape for x in node.outputs]
    if node.op.has_sizes:
        found = node.op.sizes(_UNCHECKED, *[Known(a.dtype.name, a.shape, a) for a in inputs])
        shapes = [static_shape(sizes) for sizes in found]
    return [np.zeros([n or 0 for n in shape], x.type.dtype) for x, shape in zip(node.outputs, shapes)]


class _Unchecked(StaticSizes):
    """The algebra of sizes that refuses nothing."""

    def check(self, condition: Any, error: str, message: str, *values: Any) -> None:
        pass


_UNCHECKED = _Unchecked()


def _true(flags: Sequence[bool]) -> list[int]:
    return [k for k, flag in enumerate(flags) if flag]


def known_steps(x: Any) -> int | None:
    """The number of steps where it is a constant."""
    data = getattr(x, "data", None)
    return int(data) if isinstance(data, np.ndarray) and data.ndim == 0 else None
