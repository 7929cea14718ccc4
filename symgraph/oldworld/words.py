"""What Python's own library had, and has no more."""

from __future__ import annotations

import html
import importlib.util
import inspect
import os
import re
import shutil
import sys
import sysconfig
from collections import namedtuple
from collections.abc import Callable
from functools import total_ordering, wraps
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, PathFinder
from math import gcd as positive_gcd
from types import ModuleType
from typing import Any

Report = Callable[[str], None]

ArgSpec = namedtuple("ArgSpec", "args varargs keywords defaults")


def getargspec(func: Any) -> Any:
    """`inspect.getargspec`: names and defaults of a function's parameters. ValueError for what it could not say.

    Annotations are left out: functions that old programs look at, symgraph's among them, have some by now.
    """
    full = inspect.getfullargspec(func)
    if full.kwonlyargs:
        raise ValueError("Function has keyword-only parameters, use inspect.signature() API which can support them")
    return ArgSpec(full.args, full.varargs, full.varkw, full.defaults)


def gcd(a: int, b: int) -> int:
    """`fractions.gcd`: with the sign of b."""
    return -positive_gcd(a, b) if b < 0 or (b == 0 and a < 0) else positive_gcd(a, b)


def escape(s: str, quote: bool = False) -> str:
    """`cgi.escape`: & < > as entities; with quote, " too."""
    escaped = html.escape(s, quote=False)
    return escaped.replace('"', "&quot;") if quote else escaped


def linux_distribution(*args: Any, **options: Any) -> tuple[str, str, str]:
    """`platform.linux_distribution`: nothing known, which it gave too where it found no file that it knew."""
    return "", "", ""


def getcheckinterval() -> int:
    """`sys.getcheckinterval`: 100, as it was."""
    return 100


def setcheckinterval(n: int) -> None:
    """`sys.setcheckinterval`: threads have been switched by time since Python 3.2."""


# distutils ------------------------------------------------------------------------------------------------------------
@total_ordering
class LooseVersion:
    """A version: numbers and words, compared one by one."""

    def __init__(self, vstring: str | None = None) -> None:
        if vstring:
            self.parse(vstring)

    def parse(self, vstring: str) -> None:
        """Take the text apart."""
        self.vstring = vstring
        self.version = [int(part) if part.isdigit() else part for part in re.split(r"(\d+|[a-z]+|\.)", vstring) if part and part != "."]

    def _pair(self, other: Any) -> tuple[list[Any], list[Any]]:
        other = LooseVersion(other) if isinstance(other, str) else other
        # Python 3 refuses to order a word and a number; a number is the greater one here ("1.0rc1" < "1.0.1")
        return tuple([(isinstance(part, int), part) for part in one.version] for one in (self, other))  # type: ignore[return-value]

    def __eq__(self, other: object) -> bool:
        mine, others = self._pair(other)
        return mine == others

    def __lt__(self, other: Any) -> bool:
        mine, others = self._pair(other)
        return mine < others

    def __hash__(self) -> int:
        return hash(self.vstring)

    def __str__(self) -> str:
        return self.vstring

    def __repr__(self) -> str:
        return f"LooseVersion ('{self.vstring}')"


def strtobool(val: str) -> int:
    """1 for yes, true, on ...; 0 for no, false, off ...; ValueError for other words."""
    word = val.lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return 1
    if word in ("n", "no", "f", "false", "off", "0"):
        return 0
    raise ValueError(f"invalid truth value {word!r}")


def mkpath(name: str, mode: int = 0o777, verbose: int = 1, dry_run: int = 0) -> list[str]:
    """Make a folder and those around it; the folders that were made."""
    missing: list[str] = []
    folder = os.path.normpath(name)
    while folder and not os.path.isdir(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    if not dry_run:
        os.makedirs(name, mode, exist_ok=True)
    return missing


def copy_tree(src: str, dst: str, *args: Any, **options: Any) -> list[str]:
    """Copy a folder into another, which may be there; the files that were written."""
    shutil.copytree(src, dst, dirs_exist_ok=True)
    return [os.path.join(dst, os.path.relpath(os.path.join(folder, name), src)) for folder, _, names in os.walk(src) for name in names]


def get_python_lib(plat_specific: int = 0, standard_lib: int = 0, prefix: str | None = None) -> str:
    """The folder of installed packages, or of the standard library."""
    name = ("plat" if plat_specific else "") + "stdlib" if standard_lib else ("platlib" if plat_specific else "purelib")
    return sysconfig.get_path(name, vars={"base": prefix, "platbase": prefix} if prefix else None)


def get_python_inc(plat_specific: int = 0, prefix: str | None = None) -> str:
    """The folder of Python's C headers."""
    return sysconfig.get_path("platinclude" if plat_specific else "include", vars={"base": prefix, "platbase": prefix} if prefix else None)


# imp ------------------------------------------------------------------------------------------------------------------
PY_SOURCE, C_EXTENSION, PKG_DIRECTORY = 1, 3, 5


def get_suffixes() -> list[tuple[str, str, int]]:
    """Endings of the files of modules, how to open each, and its kind."""
    return [(suffix, "rb", C_EXTENSION) for suffix in EXTENSION_SUFFIXES] + [(suffix, "r", PY_SOURCE) for suffix in SOURCE_SUFFIXES]


def load_source(name: str, pathname: str, file: Any = None) -> ModuleType:
    """The module of a file, loaded under a name (again, if it is there)."""
    spec = importlib.util.spec_from_file_location(name, pathname)
    if spec is None or spec.loader is None:
        raise ImportError(f"{pathname} is no file of Python's", name=name, path=pathname)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def find_module(name: str, path: Any = None) -> tuple[Any, str, tuple[str, str, int]]:
    """An open file (None for a package), its path, and what it is; ImportError if there is none."""
    spec = PathFinder.find_spec(name, path)
    if spec is None or spec.origin is None:
        raise ImportError(f"No module named {name!r}", name=name)
    if spec.submodule_search_locations:
        return None, os.path.dirname(spec.origin), ("", "", PKG_DIRECTORY)
    suffix = next(one for one in get_suffixes() if spec.origin.endswith(one[0]))
    return open(spec.origin, suffix[1]), spec.origin, suffix


def load_module(name: str, file: Any, filename: str, details: tuple[str, str, int]) -> ModuleType:
    """Load what `find_module` found."""
    return load_source(name, os.path.join(filename, "__init__.py") if details[2] == PKG_DIRECTORY else filename)


# Functions that took more ---------------------------------------------------------------------------------------------
def without_encoding(now: Any, report: Report) -> Any:
    """json.load, json.loads: `encoding` was ignored since Python 3.1."""

    @wraps(now)
    def load(*args: Any, **options: Any) -> Any:
        if options.pop("encoding", None) is not None:
            report("encoding is ignored")
        return now(*args, **options)

    return load


def sample_of_sets(now: Any, report: Report) -> Any:
    """random.sample of a set."""

    @wraps(now)
    def sample(population: Any, k: int, **options: Any) -> Any:
        if isinstance(population, (set, frozenset)):
            report("the set became a tuple")
            population = tuple(population)
        return now(population, k, **options)

    return sample


def shuffle_by(now: Any, report: Report) -> Any:
    """random.shuffle(x, random): by a function that gives numbers from 0 to 1."""

    @wraps(now)
    def shuffle(x: Any, random: Callable[[], float] | None = None) -> None:
        if random is None:
            return now(x)
        report("by the function given")
        for i in reversed(range(1, len(x))):
            j = int(random() * (i + 1))
            x[i], x[j] = x[j], x[i]

    return shuffle
