"""What compiling a function took, what was done to its expression, and which of its ops take the time: `f.profile`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from symgraph.expr.evaluate import evaluate, running_by
from symgraph.expr.op import Apply
from symgraph.source import describe

__all__ = ["Clock", "OpTime", "OpTimes", "Profile"]


class OpTime:
    """What one op took: `seconds` in all its `calls`, those of ops in its body not counted. path: the loops and branches around it, from
    the outermost, and the op itself, as text. node: where it stands; `node.line` is the user's line."""

    __slots__ = ("calls", "node", "path", "seconds")

    def __init__(self, node: Apply, path: tuple[str, ...]) -> None:
        self.node, self.path, self.calls, self.seconds = node, path, 0, 0.0


class OpTimes(list[OpTime]):
    """Rows of a measurement, the longest first; as text, a table with the share, the calls, the op within its loops, and the user's line."""

    def __str__(self) -> str:
        total = sum(row.seconds for row in self) or 1.0
        lines = ["times by numpy's rules, not of the compiled code: share, seconds, calls, op"]
        for row in self:
            lines.append(f"{row.seconds / total:6.1%} {row.seconds:10.6f} {row.calls:8d}  {' > '.join(row.path)}")
            if row.node.line is not None:
                lines.append(f"{'':28}{describe(row.node.line).splitlines()[0]}")
        return "\n".join(lines)


class Clock:
    """Runs nodes and keeps, for each with the loops around it, how long it took less what ran within it."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Apply, ...], OpTime] = {}
        self.around: list[Apply] = []
        self.within = [0.0]

    def __call__(self, node: Apply, arrays: list[Any]) -> list[Any]:
        self.around.append(node)
        self.within.append(0.0)
        start = perf_counter()
        try:
            return node.op.run(node, arrays)
        finally:
            seconds = perf_counter() - start
            row = self.rows.setdefault(tuple(self.around), OpTime(node, tuple(str(x.op) for x in self.around)))
            row.calls += 1
            row.seconds += seconds - self.within.pop()
            self.within[-1] += seconds
            self.around.pop()


class Profile:
    """rules: how often each rule fired, by name. passes: (name of the pass, how often each of its rules fired, seconds) in order.
    stations: (name, seconds) of the stations of compiling; empty for a function that was found in the cache.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> symgraph.function([x], T.log(1 + x)).profile.rules
    Counter({'logarithm_near_one': 1})
    """

    def __init__(self, passes: Sequence[tuple[str, Counter[str], float]], stations: Sequence[tuple[str, float]],
                 values: Callable[..., dict[Any, Any]] | None = None, outputs: Sequence[Any] = ()) -> None:
        self._values, self._outputs = values, list(outputs)
        self.passes = list(passes)
        self.stations = list(stations)
        self.rules: Counter[str] = Counter()
        for _, fired, _ in self.passes:
            self.rules += fired

    def measure(self, *args: Any, **kwargs: Any) -> OpTimes:
        """Which ops take the time of a call with these arguments: the function's graph, after the passes, is run once by numpy's rules,
        node by node, and the bodies of loops and branches step by step.

        It tells where the work is, also within loops: how often each op runs, on which line it was written. It does not tell the times of
        native code, in which ops are fused and belong to no one alone. Nothing is updated.

        >>> import symgraph
        >>> import symgraph.tensor as T
        >>> x = T.dvector('x')
        >>> sums, _ = symgraph.scan(lambda x, s: T.tanh(s + x), x, T.constant(0.0), name='sums')
        >>> [(row.calls, row.path) for row in symgraph.function([x], sums).profile.measure([1.0, 2.0]) if len(row.path) > 1 and 'tanh' in row.path[1]]
        [(2, ('scan{sums}', 'tanh'))]
        """
        assert self._values is not None
        clock = Clock()
        with running_by(clock):
            evaluate(self._outputs, self._values(*args, **kwargs))
        return OpTimes(sorted(clock.rows.values(), key=lambda row: -row.seconds))

    def summary(self, file: Any = None) -> None:
        """Print the times of stations and passes and the counts of rules, to standard output or a file."""
        print(str(self), file=sys.stdout if file is None else file)

    print_summary = summary

    def __str__(self) -> str:
        lines = [f"station {name}: {seconds * 1e3:.2f} ms" for name, seconds in self.stations]
        lines += [f"pass {name}: {seconds * 1e3:.2f} ms" for name, _, seconds in self.passes]
        return "\n".join(lines + [f"rule {name}: {count}" for name, count in self.rules.most_common()])
