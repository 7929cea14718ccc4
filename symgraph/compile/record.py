"""Runs of a program written down, and compared with the next: where two runs of the same program part. Theano's `tests.record`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from symgraph.compile.checking import MonitorMode
from symgraph.compile.stepwise import Step, StepwiseFunction
from symgraph.errors import SymgraphError
from symgraph.expr.op import Apply
from symgraph.printing.descriptions import hex_digest, min_informative_str

__all__ = ["MismatchError", "Record", "RecordMode", "disturb_mem"]


class MismatchError(SymgraphError):
    """What runs is not what was recorded."""


class Record:
    """Lines that are written to a file, or with replay compared with those in it: MismatchError at the first that differs.

    >>> from io import StringIO
    >>> file = StringIO()
    >>> Record(file).handle_line('step 1\\n')
    >>> Record(StringIO(file.getvalue()), replay=True).handle_line('step 1\\n')
    """

    def __init__(self, file_object: Any = None, file_path: Any = None, replay: bool = False) -> None:
        if file_object is None and file_path is None:
            raise TypeError("a Record needs file_object= or file_path=")
        self.file_object, self.file_path, self.replay = file_object, file_path, replay
        self.f: Any = file_object if file_object is not None else Path(file_path).open("r" if replay else "w")

    def handle_line(self, line: str) -> None:
        """Write a line, which ends in a line break, or compare it with the next one."""
        if line[-1:] != "\n" or "\n" in line[:-1]:
            raise ValueError(f"a Record takes one line at a time, with its line break, got {line!r}")
        if not self.replay:
            self.f.write(line)
            return
        before = self.f.readline()
        if before != line:
            raise MismatchError(f"Replay detected mismatch.\n I wanted to write:\n{line[:100]}\nwhen previous job wrote:\n{before[:100]}")


class RecordMode(MonitorMode):
    """Records each node that its functions run, with digests of what it reads and gives: ``RecordMode(record)``, or the arguments of a Record.

    A function of this mode must have a name, no two of them the same: ValueError at the call otherwise. Where a call differs from a record
    that is replayed, it raises MismatchError, which names the node.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> from io import StringIO
    >>> file, x = StringIO(), T.dscalar('x')
    >>> _ = symgraph.function([x], 2 * x, mode=RecordMode(file_object=file), name='twice')(4.0)
    >>> file.getvalue().splitlines()[:2]
    ['Function twice has 1 apply nodes.', 'Function name: twice']
    """

    def __init__(self, record: Record | None = None, **kwargs: Any) -> None:
        super().__init__(self._before, self._after, optimizer="fast_run")
        if record is not None and kwargs:
            raise TypeError(f"RecordMode takes a Record, or what a Record is told, got both: {', '.join(kwargs)}")
        self.set_record(Record(**kwargs) if record is None else record)

    def set_record(self, record: Record) -> None:
        """Go on with another Record, as if no function of the mode had run."""
        self.record = record
        self.known: dict[str, StepwiseFunction] = {}

    def _before(self, i: int, node: Apply, fn: Step) -> None:
        name = fn.function.name
        if name is None:
            raise ValueError("Un-named functions are not allowed with RecordMode: its record would not say which ran; function(..., name=...)")
        if name not in self.known:
            self.known[name] = fn.function
            self._line(f"Function {name} has {len(fn.function.order)} apply nodes.", node)
        elif self.known[name] is not fn.function:
            raise ValueError(f"two functions of this RecordMode have the name {name!r}")
        self._line(f"Function name: {name}", node)
        self._line(f"Node {i}:{node}", node)
        self._line(f"Inputs: {_digests(fn.inputs)}", node)

    def _after(self, i: int, node: Apply, fn: Step) -> None:
        self._line(f"Outputs: {_digests(fn.outputs)}", node)

    def _line(self, line: str, node: Apply) -> None:
        try:
            self.record.handle_line(line.replace("\n", " ") + "\n")
        except MismatchError as error:
            raise MismatchError(f"{error}\nwhile the node {node} ran, which is computed from\n{min_informative_str(node.outputs[0])}",
                                line=node.line) from None


def _digests(cells: Any) -> str:
    return " ".join(hex_digest(np.asarray(cell[0])) for cell in cells)


def disturb_mem() -> None:
    """Allocate as many objects as the clock says, so that addresses differ from run to run, and with them what depends on their order."""
    microsecond = datetime.now().microsecond
    _held[:] = [[0] * (microsecond // 1000) for _ in range(microsecond % 1000)]


_held: list[list[int]] = []
