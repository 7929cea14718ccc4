"""Modes: which passes a function goes through, and what runs it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from symgraph.errors import UnknownModeError
from symgraph.graph.rule import Rule
from symgraph.settings import config

__all__ = ["Mode", "known_linkers", "predefined_optimizers"]

# Theano's linkers that stand for "native code, in the best way there is"; those that ran Python step by step.
_NATIVE = ("llvm", "cvm", "vm", "c|py", "cvm_nogc", "vm_nogc", "c|py_nogc")
known_linkers: dict[str, str] = {**dict.fromkeys(_NATIVE, "llvm"), "c": "c", "py": "py"}  # more by `register_linker`

# Names of optimizers, Theano's among them, and the level of symgraph/passes/pipeline.py that they mean.
_LEVELS: dict[Any, str] = {
    **dict.fromkeys((None, "None", "none", "merge", "o0"), "none"),
    **dict.fromkeys(("fast_compile", "o1"), "fast_compile"),
    **dict.fromkeys(("fast_run", "fast_run_stable", "stabilize", "unsafe", "o2", "o3", "o4"), "fast_run"),
}

predefined_optimizers: dict[Any, Any] = {name: name for name in _LEVELS}  # more by `register_optimizer`: an Optimizer, or a Query


class Mode:
    """linker: 'llvm', 'c' or 'py' (None: the setting). optimizer: 'fast_run', 'fast_compile' or None for no passes.

    excluded, included: names or tags of passes and rules to leave out or add. check: run the numpy rule of every node beside
    the compiled code and compare (the mode CHECK). rules: rewrites of the user's own (`symgraph.rewrite_rule`, `symgraph.pattern`),
    tried on the expression as it is written and again when the other passes have simplified it.

    >>> Mode(optimizer='fast_compile').excluding('fold')
    Mode(linker=llvm, optimizer=fast_compile, excluded=fold)
    """

    def __init__(
        self,
        linker: str | None = None,
        optimizer: Any = "default",
        check: bool = False,
        excluded: Iterable[str] = (),
        included: Iterable[str] = (),
        rules: Iterable[Rule] = (),
    ) -> None:
        self.linker = _linker(config.linker if linker is None else linker)
        given: Any = config.optimizer if isinstance(optimizer, str) and optimizer == "default" else optimizer
        given = predefined_optimizers.get(given, given) if given is None or isinstance(given, str) else given
        self.provided_linker, self.provided_optimizer = linker, optimizer
        self.required: frozenset[str] = frozenset()
        self.rewrites: tuple[tuple[Any, float], ...] = ()  # of whole graphs, as Theano has them, each with its position
        if hasattr(given, "optimize"):  # an Optimizer, in the place of all passes
            given, self.rewrites = "none", ((given, 1.0),)
        elif isinstance(given, Rule):
            given, rules = "none", (given, *rules)
        elif hasattr(given, "include"):  # a Query
            words = set(given.include)
            included, excluded = {*included, *words}, {*excluded, *given.exclude}
            self.required, self.rewrites = frozenset(given.require), tuple(given.extra_optimizations)
            given = next((level for level in ("fast_run", "fast_compile") if level in words), "none")
        self.optimizer = _optimizer(given)
        self.check = check
        self.excluded = frozenset(excluded) | _words(config.optimizer_excluding)
        self.included = frozenset(included) | _words(config.optimizer_including)
        if config.vm.lazy is False:
            self.excluded |= {"sink"}  # what makes a branch of a choice between two values
        self.rules = tuple(rules)
        if config.optimizer_requiring:
            twin = self.requiring(*_words(config.optimizer_requiring))
            self.excluded, self.included = twin.excluded, twin.included
        for r in self.rules:
            if not isinstance(r, Rule):
                raise TypeError(f"the rules of a mode are made by rewrite_rule or pattern, got {r!r} of {type(r)}")

    def excluding(self, *names: str | Rule) -> Mode:
        """This mode without the passes and rules of these names or tags, or without these rules."""
        words = _names(names)
        return self._with(self.excluded | words, self.included - words, [r for r in self.rules if r not in names])

    def including(self, *names: str | Rule) -> Mode:
        """This mode with them; rules of the user's own are given themselves."""
        words = _names(names)
        return self._with(self.excluded - words, self.included | words, [*self.rules, *(r for r in names if isinstance(r, Rule))])

    def requiring(self, *names: str) -> Mode:
        """This mode with no other passes than those that have one of these names or tags."""
        from symgraph.passes.pipeline import PIPELINE

        wanted = set(names)
        others = {one.name for one in PIPELINE if not wanted & (one.tags | {one.name}) and one.name not in ("inline", "expand")}
        twin = self._with(self.excluded | others, self.included - others, self.rules)
        twin.required = self.required | wanted
        return twin

    def register(self, *rules: Any) -> Mode:
        """This mode with more rules, or with rewrites of whole graphs, given as pairs (Optimizer, position)."""
        twin = self.including(*[r for r in rules if not isinstance(r, tuple)])
        twin.rewrites += tuple(r for r in rules if isinstance(r, tuple))
        return twin

    def clone(self, link_kwargs: Any = None, optimizer: Any = "", **options: Any) -> Mode:
        """A copy with other options, named as for `Mode`. link_kwargs is accepted for Theano's sake."""
        known = {name: getattr(self, name) for name in ("linker", "optimizer", "check", "excluded", "included", "rules")}
        changed = isinstance(optimizer, str) and optimizer == ""
        twin = Mode(**(known | ({} if changed else {"optimizer": optimizer}) | options))
        if changed:
            twin.required, twin.rewrites = self.required, self.rewrites
        return twin

    def _with(self, excluded: Iterable[str], included: Iterable[str], rules: Iterable[Rule]) -> Mode:
        twin = copy.copy(self)
        twin.excluded, twin.included, twin.rules = frozenset(excluded), frozenset(included), tuple(rules)
        return twin

    def key(self) -> tuple[Any, ...]:
        """What makes two modes compile alike."""
        return (self.linker, self.optimizer, self.check, tuple(sorted(self.excluded)), tuple(sorted(self.included)),
                tuple(sorted(self.required)), self.rewrites, self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mode) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __repr__(self) -> str:
        parts = [f"linker={self.linker}", f"optimizer={self.optimizer}"]
        parts += ["check=True"] if self.check else []
        words = (("excluded", self.excluded), ("included", self.included))
        parts += [f"{word}={','.join(sorted(names))}" for word, names in words if names]
        parts += [f"rewrites={[str(one) for one, _ in self.rewrites]}"] if self.rewrites else []
        parts += [f"rules={[r.name for r in self.rules]}"] if self.rules else []
        return f"{type(self).__name__}({', '.join(parts)})"


def _linker(name: Any) -> str:
    found = known_linkers.get(getattr(name, "word", name))
    if found is not None:
        return found
    raise UnknownModeError(f"no linker is named {name!r}; known are llvm (native code in process), c (C source and a compiler), py (numpy rules)")


def _optimizer(name: Any) -> str:
    level = _LEVELS.get(name)
    if level is None:
        raise UnknownModeError("optimizer must be fast_run, fast_compile, o0 ... o4 or None")
    return level


def _names(given: Iterable[Any]) -> set[str]:
    for name in given:
        if not isinstance(name, (str, Rule)):
            raise TypeError(f"names of passes, tags or rules are wanted, got {name!r} of {type(name)}")
    return {name for name in given if isinstance(name, str)}


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in text.replace(",", ":").split(":") if word)
