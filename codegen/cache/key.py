"""The name under which compiled code is kept: a digest of everything that the code depends on.

Two Programs of equal digest get equal code and an equal Layout. So the digest holds what the lowering looks at (types, rules by their keys,
wiring, constants) and what it runs on (the target, the versions, the sources of this package and of the packages that wrote the rules).
"""

from __future__ import annotations

import marshal
import os
import sys
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from typing import Any

import numpy as np

from codegen.program import AnyStep, ArrayType, Branch, Loop, Program, Step

__all__ = ["program_key", "sources_digest"]

# The function of a rule by whose module the rest of its code is found; a Python rule has none: its function is not part of the code.
SPEAKER = {"Pointwise": "element", "Reduction": "join", "Loops": "loops"}


def program_key(program: Program, target: str, settings: Any = ()) -> str:
    """40 hexadecimal digits. target: from the target's own ``target_key()``; settings: anything whose `repr` is the same in every process.

    Time is linear in the Program's length and in the bytes of its constants.
    """
    text = Text()
    text.program(program)
    head = [target, repr(settings), np.__version__, sys.version, sources_digest("codegen"), *sorted(text.sources)]
    digest = blake2b(digest_size=20)
    for line in (*head, "", *text.lines):
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()


class Text:
    """The lines that describe a Program, its inner programs included, and the sources that its rules come from."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sources: set[str] = set()
        self.types: dict[ArrayType, str] = {}
        self.rules: dict[int, tuple[Any, str]] = {}  # by identity; the rule is kept, so that no other one gets its address
        self.modules: set[str] = set()

    def program(self, program: Program) -> None:
        known = self.types
        for type in program.types:
            if type not in known:
                known[type] = str(type)
        self.lines.append(f"program {' '.join([known[type] for type in program.types])}")
        self.lines.append(f"from {list(program.inputs)} to {list(program.outputs)} for {list(program.replaced)}")
        for number, value in program.constants.items():
            self.lines.append(f"constant {number} {constant_digest(value)}")
        for step in program.steps:
            self.step(step)
        self.lines.append("end")

    def step(self, step: AnyStep) -> None:
        if isinstance(step, Step):
            self.lines.append(f"{self.rule(step.rule)} {step.inputs} {step.outputs} {step.where}")
        elif isinstance(step, Loop):
            rows = [(s.value, s.offset, s.backwards) for s in step.sequences]
            self.lines.append(
                f"loop {step.steps} {rows} {tuple(step.states)} {tuple(step.captured)} {step.stacked} {tuple(step.outputs)} "
                f"{step.counts} {step.until} {step.where} {step.report} {step.kept}"
            )
            self.program(step.body)
        elif isinstance(step, Branch):
            self.lines.append(f"branch {step.condition} {tuple(step.captured)} {tuple(step.outputs)} {step.where}")
            self.program(step.then)
            self.program(step.otherwise)
        else:
            raise TypeError(f"not a step: {step!r}")

    def rule(self, rule: Any) -> str:
        found = self.rules.get(id(rule))
        if found is None:
            kind = type(rule).__name__
            speaker = SPEAKER.get(kind)
            if speaker is not None:
                self.source(getattr(rule, speaker))
            found = self.rules[id(rule)] = (rule, f"{kind} {rule.key!r}" if speaker is not None else kind)
        return found[1]

    def source(self, function: Any) -> None:
        """Notes the package that the function comes from; of a function typed in, its code."""
        module = getattr(function, "__module__", None) or "__main__"
        if module in self.modules:
            return
        package = module.partition(".")[0]
        digest = sources_digest(package)
        if digest:
            self.modules.add(module)
            self.sources.add(f"{package} {digest}")
            return
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        if code is not None:
            self.sources.add(blake2b(marshal.dumps(code), digest_size=16).hexdigest())


def constant_digest(value: Any) -> str:
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise TypeError("a constant of Python objects has no bytes")
    return f"{array.dtype.str}{array.shape} {blake2b(np.ascontiguousarray(array).data, digest_size=16).hexdigest()}"


@lru_cache(maxsize=64)
def sources_digest(package: str) -> str:
    """Digest of the names, sizes and modification times of a package's Python files (or of the one file of a module); '' if there are none.

    Names, sizes and times, not contents: Python goes by the same when it decides whether the byte code that it kept is still that of the
    source, so a change that is missed here would not run either. A package of 150 files takes about a millisecond, once a process.
    """
    place = place_of(package)
    if not place:
        return ""
    lines: list[str] = []
    if os.path.isdir(place):
        collect(place, "", lines)
    else:
        try:
            about = os.stat(place)
        except OSError:
            return ""
        lines.append(f"{about.st_size} {about.st_mtime_ns}")
    return blake2b("\n".join(sorted(lines)).encode(), digest_size=16).hexdigest()


def place_of(package: str) -> str:
    """The folder of a package, the file of a module, '' for what was typed in."""
    module = sys.modules.get(package)
    file = getattr(module, "__file__", None)
    if file is None and package != "__main__":
        try:
            spec = find_spec(package)
        except (ImportError, ValueError):
            spec = None
        file = spec.origin if spec is not None and spec.has_location else None
    if not file:
        return ""
    return os.path.dirname(file) if os.path.basename(file).startswith("__init__.") else file


def collect(folder: str, prefix: str, lines: list[str]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                about = entry.stat()
                lines.append(f"{prefix}{entry.name} {about.st_size} {about.st_mtime_ns}")
            elif not entry.name.startswith(("_", ".")) and entry.is_dir():
                collect(entry.path, f"{prefix}{entry.name}/", lines)
