"""Modules made of the table in `tree.py`: `symgraph.theano.tensor` and all below, and, once installed, plain `theano`."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from symgraph.errors import LeftOutError
from symgraph.theano.tree import HIDING, HOMES, NAMES, OBJECTS, PATHS

__all__ = ["ROOT", "Finder", "LeftOut", "find_name", "install", "starred"]

ROOT = "symgraph.theano"
NOT_HERE = "symgraph.theano.left_out"  # loaded with the first name that is not found
VERSION = "1.0.5"  # of Theano, whose names these are


class LeftOut:
    """A name of Theano's that is not here. It can be imported; whoever calls it, subclasses it or looks into it is told what to use."""

    def __init__(self, name: str, reason: str, instead: str, elsewhere: bool = False) -> None:
        self.__dict__ |= {"__name__": name, "_elsewhere": elsewhere, "_words": f"theano.{name} is not here: {reason}; use {instead}"}

    def __call__(self, *args: Any, **options: Any) -> Any:
        raise LeftOutError(self._words)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise LeftOutError(self._words)

    def __mro_entries__(self, bases: Any) -> Any:
        raise LeftOutError(self._words)

    def __instancecheck__(self, thing: Any) -> bool:
        if self.__dict__["_elsewhere"]:  # what it stands for is here in another shape: no answer would be right
            raise LeftOutError(self._words)
        return False  # nothing is one of what is not here

    __subclasscheck__ = __instancecheck__

    def __repr__(self) -> str:
        return f"<{self._words}>"


class TheanoModule(ModuleType):
    """One module of Theano's: its names are found when they are asked for."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{ROOT}.{path}", f"theano.{path} of old programs: names of symgraph (see symgraph/theano/tree.py).")
        self.__dict__["_path"] = path

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return starred(self._path)
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module theano.{self._path} has no attribute {name!r}")
        found = find_name(self._path, name)
        setattr(self, name, found)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, TheanoModule) and f"{self._path}.{name}" in OBJECTS):  # what an import of the file would hide
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        names = set(super().__dir__())
        for home in homes_of(self._path):
            names |= {name for name in dir(home) if not name.startswith("_")}
        return sorted(names | {path.rpartition(".")[2] for path in PATHS if path.rpartition(".")[0] == self._path})


def find_name(path: str, name: str) -> Any:
    """What `theano.<path>.<name>` is here: a module, an object of symgraph's, or a LeftOut. AttributeError: Theano had no such name, or it
    is not here."""
    full = f"{path}.{name}" if path else name
    if full in NAMES:
        return object_at(NAMES[full])
    if full in PATHS and full not in OBJECTS:
        return import_module(f"{ROOT}.{full}")
    for home in homes_of(path):
        try:
            return getattr(home, name)
        except AttributeError:
            continue
    left_out = import_module(NOT_HERE)
    for pattern, (reason, instead) in left_out.LEFT_OUT.items():
        if fnmatchcase(f"theano.{full}", pattern):
            return LeftOut(full, reason, instead)
    around = path
    while True:
        names, instead = left_out.ABSENT.get(around, ("", left_out.INNER.get(around, "")))
        if around in left_out.INNER or name in names.split():
            return LeftOut(full, "it is inner to Theano", instead, elsewhere=True)
        around = around.rpartition(".")[0]
        if not around:
            break
    raise AttributeError(f"module theano{'.' + path if path else ''} has no attribute {name!r}")


def starred(path: str) -> list[str]:
    """What `from theano.<path> import *` brings: the names of its own homes, modules of Theano's root, and of Python's own names those
    that Theano's star hid too."""
    homes = own_homes(path) or homes_of(path)
    names = {
        name for home in homes for name in dir(home)
        if not name.startswith("_") and (f"{path}.{name}" in PATHS or not isinstance(vars(home).get(name), ModuleType))
    }
    names |= {name for place, _, name in (one.rpartition(".") for one in NAMES) if place == path and not name.startswith("_")}
    if not path:
        names |= {one for one in PATHS if "." not in one and find_spec(f"symgraph.{one}") is not None}
    return sorted(names - (set(dir(builtins)) - set(HIDING.get(path, ()))))


@cache
def own_homes(path: str) -> tuple[Any, ...]:
    """Where the names of a path are looked for first."""
    said = HOMES.get(path, "").split()
    return tuple(object_at(home) for home in said or [f"symgraph.{path}"] if said or _is_module(home))


@cache
def homes_of(path: str) -> tuple[Any, ...]:
    """Where the names of a path are looked for: its own homes, then those of the paths around it (but not of the root)."""
    above = path.rpartition(".")[0]
    return (*own_homes(path), *(homes_of(above) if above else ()))


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # what is around it is no package
        return False


@cache
def object_at(name: str) -> Any:
    """The module, or the attribute of one, that a dotted name says."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):  # it is there, and something that it needs is not
            raise
        module, _, last = name.rpartition(".")
        return getattr(object_at(module), last)


class Finder:
    """Makes the modules below `symgraph.theano`; and below `theano`, which are the same objects, once that is asked for.

    It is what Python wants of a finder and a loader; their base classes, of importlib.abc, bring in archives and temporary files: 25 ms."""

    installed = False

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.startswith(ROOT + "."):
            inner = name[len(ROOT) + 1 :]
        elif self.installed and (name == "theano" or name.startswith("theano.")):
            inner = name[len("theano.") :]
        else:
            return None
        if inner and inner not in PATHS:
            return None
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name == "theano" or spec.name.startswith("theano."):
            return import_module(ROOT + spec.name[len("theano") :])
        return TheanoModule(spec.name[len(ROOT) + 1 :])

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: names come when they are asked for."""


FINDER = Finder()


def install(old_world: bool = False, verbose: bool = False) -> None:
    """Let plain ``import theano`` mean `symgraph.theano`, in this process.

    old_world: supply as well what Python, numpy and scipy had in 2015 to 2018 and have no more (`np.float`, `collections.Iterable`,
    `scipy.misc.imread` ...), for this process and until it ends; with verbose each substitution is reported on standard error.

    Raises ImportError if another theano has been imported already: two of them would share no variable.

    >>> from symgraph.theano import install
    >>> install()
    >>> import theano
    >>> theano.config is __import__('symgraph').config
    True
    """
    present = sys.modules.get("theano")
    if present is not None and present is not sys.modules.get(ROOT):
        raise ImportError(f"a theano is imported already, from {getattr(present, '__file__', None) or present}: call install() before the first "
                          "`import theano`")
    FINDER.installed = True
    sys.modules["theano"] = import_module(ROOT)
    if old_world:
        import_module("symgraph.oldworld").begin(verbose=verbose)
