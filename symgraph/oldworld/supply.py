"""Hands out what `table.py` says when a program asks for it: names by a ``__getattr__`` of the module that lacks them, modules by finders."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# `from symgraph.oldworld import table` would load symgraph itself: Python looks for the package of a package's file by its first name.
from symgraph.oldworld.table import (
    CHANGED,
    MADE,
    METHODS,
    NAMES,
    PYTHON2_CHANGED,
    PYTHON2_MADE,
    PYTHON2_NAMES,
    PYTHON2_SAME,
    SAME,
    Names,
)

__all__ = ["Supply"]

PACKAGE = __name__.rpartition(".")[0]


class Supply:
    """What is supplied in this process. report: called with a line for each substitution."""

    def __init__(self, python2: bool, report: Callable[[str], None] | None) -> None:
        self.report = report or (lambda line: None)
        self.rows = _joined(NAMES, PYTHON2_NAMES if python2 else {})
        self.changed = _joined(CHANGED, PYTHON2_CHANGED if python2 else {})
        self.made = MADE | PYTHON2_MADE if python2 else MADE
        self.same = SAME | PYTHON2_SAME if python2 else SAME
        self.dressed: set[str] = set()
        self.aliases: set[str] = set()  # names of `same` that were imported

    def begin(self) -> None:
        """From now on."""
        maker = _Maker(self)
        sys.meta_path.insert(0, _Watch(self, maker))
        sys.meta_path.append(maker)
        for name in self.watched():
            if name in sys.modules or name in sys.builtin_module_names:
                self.dress(import_module(name))

    def watched(self) -> set[str]:
        """The modules of which something is supplied."""
        return {*self.rows, *self.changed, *METHODS}

    def dress(self, module: ModuleType) -> None:
        """Give a module what it lacks."""
        name = module.__name__
        if name in self.dressed:
            return
        self.dressed.add(name)
        if name in self.rows:
            module.__getattr__ = self._finder(module, module.__dict__.get("__getattr__"))  # type: ignore[method-assign]
        for attribute, (home, maker) in self.changed.get(name, {}).items():
            now = module.__dict__[attribute]
            setattr(module, attribute, getattr(_at(home), maker)(now, lambda words, what=f"{name}.{attribute}": self.report(f"{what}: {words}")))
        for kind, names in METHODS.get(name, {}).items():
            for old, new in (pair.split("=") for pair in names.split()):
                holder = getattr(module, kind)
                if not hasattr(holder, old):
                    setattr(holder, old, getattr(holder, new))
                    self.report(f"{name}.{kind}.{old} is {new}")

    def _finder(self, module: ModuleType, before: Callable[[str], Any] | None) -> Callable[[str], Any]:
        rows = self.rows[module.__name__]
        stars = [home for home, name in rows.values() if name == "*"]

        def find(name: str) -> Any:
            found = rows.get(name)
            if found is None and not name.startswith("_"):
                found = next(((home, name) for home in stars if hasattr(_at(home), name)), None)
            if found is None:
                if before is not None:
                    return before(name)
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            home, there = found
            value = _at(home) if not there else getattr(_at(home), there)
            setattr(module, name, value)
            self.report(f"{module.__name__}.{name} is {_shown(home, there, value)}")
            return value

        return find


def _joined(*tables: Names) -> dict[str, dict[str, tuple[str, str]]]:
    """module -> name -> where it is found."""
    joined: dict[str, dict[str, tuple[str, str]]] = {}
    for one in tables:
        for module, homes in one.items():
            joined.setdefault(module, {}).update(_rows(homes))
    return joined


def _rows(homes: dict[str, str]) -> dict[str, tuple[str, str]]:
    """name -> where it is found: its home, and the name there."""
    rows = {}
    for home, names in homes.items():
        for name in names.split():
            here, sign, there = name.partition("=")
            rows[f"* {home}" if here == "*" else here] = home.strip(), there if sign else here
    return rows


def _at(home: str) -> ModuleType:
    return import_module(f"{PACKAGE}.{home[1:]}" if home.startswith("=") else home)


def _shown(home: str, name: str, value: Any) -> str:
    if home.startswith("="):
        return "supplied"
    return (name if home == "builtins" else f"{home}.{name}") if name else f"the module {home}"


class _Watch:
    """Asked first: what it watches is found by the others, and dressed as soon as it is loaded."""

    def __init__(self, supply: Supply, maker: _Maker) -> None:
        self.supply = supply
        self.maker = maker
        self.names = supply.watched()

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name in self.supply.same and name.rpartition(".")[0] in self.supply.aliases:
            return self.maker.find_spec(name)  # others would find the file again, and load it under this name
        if name not in self.names:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                loader: Any = spec.loader
                if hasattr(loader, "exec_module") and not isinstance(loader, (type, _Maker)):
                    self._dress_after(loader)
                return spec
        return None

    def _dress_after(self, loader: Any) -> None:
        load = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            load(module)
            self.supply.dress(module)

        loader.exec_module = exec_module


class _Maker:
    """Asked last: modules that there are no more."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self.specs: dict[str, ModuleSpec | None] = {}

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        known = {*self.supply.made, *self.supply.same}
        if name not in known:
            return None
        return ModuleSpec(name, self, is_package=any(other.startswith(f"{name}.") for other in known))  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        target = self.supply.same.get(spec.name)
        if target is None:
            self.supply.report(f"the module {spec.name} is supplied")
            return ModuleType(spec.name, "Supplied for old programs; see symgraph/oldworld/table.py.")
        module = import_module(target)
        self.supply.aliases.add(spec.name)
        self.specs[spec.name] = module.__spec__
        self.supply.report(f"the module {spec.name} is {target}")
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None and spec.name in self.specs:
            module.__spec__ = self.specs.pop(spec.name)  # what imports left there is that of the other name
        elif module.__name__ in self.supply.rows:
            self.supply.dress(module)
