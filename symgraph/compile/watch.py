"""Looking at the stations: `debug=1..5` prints, `debug_directory` writes each station's text to a numbered file."""

from __future__ import annotations

import os
import sys
from time import perf_counter
from typing import Any

from symgraph.compile.handoff import codegen
from symgraph.printing.tree import debugprint
from symgraph.settings import config

__all__ = ["Watch"]

# At which level of `debug` what a station gave is printed as text.
LEVELS = {"passes": 2, "written": 3, "optimised": 3, "program": 4, "module": 4, "text": 5}


class Watch:
    """Called with (station, what it gave) as each one ends. times: (station, seconds) in order."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.times: list[tuple[str, float]] = []
        self.level = config.debug
        self.directory = config.debug_directory
        self.last = perf_counter()

    def __call__(self, station: str, what: Any) -> None:
        now = perf_counter()
        self.times.append((station, now - self.last))
        if self.level >= 1:
            print(f"[{self.title}] {station}: {(now - self.last) * 1e3:.2f} ms", file=sys.stderr)
        if self.directory or self.level >= LEVELS.get(station, 9):
            text = text_of(station, what)
            if text and self.level >= LEVELS.get(station, 9):
                print(text, file=sys.stderr)
            if text and self.directory:
                os.makedirs(self.directory, exist_ok=True)
                number = len(os.listdir(self.directory))
                with open(os.path.join(self.directory, f"{number:04d}_{station}.txt"), "w", encoding="utf-8") as file:
                    file.write(text)
        self.last = perf_counter()


def text_of(station: str, what: Any) -> str:
    """What a station gave, as text; '' where there is nothing to read."""
    if station == "module":
        return codegen.module_text(what)
    if station == "passes":
        return "\n".join(f"{name}: {dict(fired)} in {seconds * 1e3:.2f} ms" for name, fired, seconds in what)
    if station in ("written", "optimised"):
        return str(debugprint(list(what), file="str"))
    if station == "program":
        return "\n".join(str(step) for step in what.steps)
    return what if isinstance(what, str) else ""
