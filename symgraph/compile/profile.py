"""What compiling a function took, and what was done to its expression: `f.profile`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

__all__ = ["Profile"]


class Profile:
    """rules: how often each rule fired, by name. passes: (name of the pass, how often each of its rules fired, seconds) in order.
    stations: (name, seconds) of the stations of compiling; empty for a function that was found in the cache.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> symgraph.function([x], T.log(1 + x)).profile.rules
    Counter({'logarithm_near_one': 1})
    """

    def __init__(self, passes: Sequence[tuple[str, Counter[str], float]], stations: Sequence[tuple[str, float]]) -> None:
        self.passes = list(passes)
        self.stations = list(stations)
        self.rules: Counter[str] = Counter()
        for _, fired, _ in self.passes:
            self.rules += fired

    def summary(self, file: Any = None) -> None:
        """Print the times of stations and passes and the counts of rules, to standard output or a file."""
        print(str(self), file=sys.stdout if file is None else file)

    print_summary = summary

    def __str__(self) -> str:
        lines = [f"station {name}: {seconds * 1e3:.2f} ms" for name, seconds in self.stations]
        lines += [f"pass {name}: {seconds * 1e3:.2f} ms" for name, _, seconds in self.passes]
        return "\n".join(lines + [f"rule {name}: {count}" for name, count in self.rules.most_common()])
