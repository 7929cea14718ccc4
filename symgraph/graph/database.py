"""Rewrites by name and tag: what is registered in a DB is found by a Query. Those that functions go through are registered in `optdb`
(symgraph/compile/registered.py)."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any

from symgraph.graph.optimizers import EquilibriumOptimizer, LocalOptGroup, Optimizer, SeqOptimizer, TopoOptimizer, in2out
from symgraph.graph.rule import LocalOptimizer, Rule

__all__ = ["DB", "EquilibriumDB", "LocalGroupDB", "ProxyDB", "Query", "SequenceDB", "TopoDB"]


class Query:
    """Which rewrites are meant: those with a tag of `include`, all tags of `require` and none of `exclude`.

    subquery: name of a DB within -> the Query for it. position_cutoff: those of a SequenceDB at this position and later are left out.
    extra_optimizations: pairs (rewrite, position) that are taken beside.

    >>> Query(include=['fast_run']).excluding('inplace')
    Query(include=fast_run, exclude=inplace)
    """

    def __init__(self, include: Iterable[str], require: Iterable[str] | None = None, exclude: Iterable[str] | None = None,
                 subquery: dict[str, Query] | None = None, position_cutoff: float = math.inf, extra_optimizations: Iterable[Any] | None = None,
                 name: str | None = None) -> None:
        for what, words in (("include", include), ("require", require), ("exclude", exclude)):
            if isinstance(words, str):
                raise TypeError(f"{what} is a list of tags, got the text {words!r}")
        self.include, self.require, self.exclude = _ordered(include), _ordered(require), _ordered(exclude)
        self.subquery = dict(subquery or {})
        self.position_cutoff = position_cutoff
        self.extra_optimizations = list(extra_optimizations or ())
        self.name = name

    def including(self, *tags: str) -> Query:
        """This Query with more tags to include."""
        return self._with(include=[*self.include, *tags])

    def excluding(self, *tags: str) -> Query:
        """This Query with more tags to exclude."""
        return self._with(exclude=[*self.exclude, *tags])

    def requiring(self, *tags: str) -> Query:
        """This Query with more tags to require."""
        return self._with(require=[*self.require, *tags])

    def register(self, *optimizations: Any) -> Query:
        """This Query with more pairs (rewrite, position)."""
        return self._with(extra_optimizations=[*self.extra_optimizations, *optimizations])

    def _with(self, **changes: Any) -> Query:
        own = {name: getattr(self, name) for name in ("include", "require", "exclude", "subquery", "position_cutoff", "extra_optimizations")}
        return Query(**(own | changes))

    def takes(self, names: set[str]) -> bool:
        """Whether something with these names and tags is meant."""
        return bool(names & set(self.include)) and set(self.require) <= names and not names & set(self.exclude)

    def __str__(self) -> str:
        words = (("include", self.include), ("require", self.require), ("exclude", self.exclude))
        return f"Query({', '.join(f'{word}={chr(44).join(tags)}' for word, tags in words if tags)})"

    __repr__ = __str__


def _ordered(words: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words or ()))


class _Entry:
    __slots__ = ("name", "object", "position", "tags")

    def __init__(self, name: str, object: Any, position: float, tags: Iterable[str]) -> None:
        self.name, self.object, self.position, self.tags = name, object, position, set(tags)

    def names(self) -> set[str]:
        """All that a Query may call it."""
        return self.tags | {self.name, type(self.object).__name__}


class DB:
    """Rewrites by name and tag.

    >>> from symgraph.graph.substitution import OpRemove
    >>> import symgraph.tensor as T
    >>> db = EquilibriumDB()
    >>> db.register('no_exp', OpRemove(T.exp), 'fast_run')
    >>> 'no_exp' in db, [one.name for one in db.query('+fast_run').optimizers]
    (True, ['OpRemove(exp)'])
    """

    name: str | None = None

    def __init__(self) -> None:
        self.entries: dict[str, _Entry] = {}

    def register(self, name: str, obj: Any, *tags: str, **options: Any) -> None:
        """Make a rewrite (or a DB) known under a name and tags. TypeError: it is none; ValueError: the name is taken, or is a tag."""
        self._enter(name, obj, 0.0, tags, options.get("use_db_name_as_tag", True))

    def _enter(self, name: str, obj: Any, position: float, tags: Iterable[str], own_name: bool = True) -> None:
        if not isinstance(obj, (DB, Optimizer, LocalOptimizer, Rule)) and not hasattr(obj, "optimize") and not hasattr(obj, "transform"):
            raise TypeError(f"Object cannot be registered in OptDB: {obj!r} of {type(obj)}")
        if name in self:
            raise ValueError(f"The name of the object cannot be an existing tag or the name of another existing object: {name!r}")
        if isinstance(obj, DB) and obj.name is None:
            obj.name = name
        self.entries[name] = _Entry(name, obj, position, [*tags, *([self.name] if own_name and self.name else [])])

    def add_tags(self, name: str, *tags: str) -> None:
        """Give a rewrite more tags. ValueError for a tag that is the name of another, KeyError for a name that is not here."""
        for tag in tags:
            if tag in self.entries:
                raise ValueError(f"The tag of the object collides with a name: {tag!r}")
        self._named(name).tags.update(tags)

    def remove_tags(self, name: str, *tags: str) -> None:
        """Take tags from a rewrite. KeyError for a name that is not here."""
        self._named(name).tags.difference_update(tags)

    def remove(self, name: str) -> None:
        """Forget a rewrite. KeyError for a name that is not here."""
        del self.entries[self._named(name).name]

    def _named(self, name: str) -> _Entry:
        if name not in self.entries:
            raise KeyError(f"Nothing registered for '{name}'")
        return self.entries[name]

    def __contains__(self, name: str) -> bool:
        return any(name in one.names() for one in self.entries.values())

    def __getitem__(self, name: str) -> Any:
        """What is registered under a name, or the one with a tag. KeyError: nothing; ValueError: several."""
        if name in self.entries:
            return self.entries[name].object
        found = [one.object for one in self.entries.values() if name in one.names()]
        if not found:
            raise KeyError(f"Nothing registered for '{name}'")
        if len(found) > 1:
            raise ValueError(f"More than one match for {name} (please use query)")
        return found[0]

    def chosen(self, query: Query) -> list[_Entry]:
        """The entries that a Query means, in order of position and registration."""
        found = [one for one in self.entries.values() if one.position < query.position_cutoff and query.takes(one.names())]
        return sorted(found, key=lambda one: one.position)

    def query(self, *tags: Any, **subqueries: Any) -> Any:
        """What is meant by a Query, or by words ``'+tag'`` (with it), ``'-tag'`` (without), ``'&tag'`` (only with), as one rewrite.

        TypeError: something beside a Query; ValueError: a word without its sign.
        """
        return self._made(self.asked(tags, subqueries))

    def asked(self, tags: tuple[Any, ...], subqueries: dict[str, Any]) -> Query:
        """The Query that the arguments of `query` say."""
        if len(tags) >= 1 and isinstance(tags[0], Query):
            if len(tags) > 1 or subqueries:
                raise TypeError("If the first argument to query is a Query, there should be no other arguments.")
            return tags[0]
        words: dict[str, list[str]] = {"+": [], "-": [], "&": []}
        for tag in tags:
            if not isinstance(tag, str) or tag[:1] not in words:
                raise ValueError(f"All tags must start with one of the following characters: '+', '&' or '-', got {tag!r}")
            words[tag[0]].append(tag[1:])
        return Query(words["+"], words["&"], words["-"], subqueries)

    def _made(self, query: Query) -> Any:
        return [_rewrite_of(one.object, query.subquery.get(one.name, query)) for one in self.chosen(query)]

    def print_summary(self, stream: Any = None) -> None:
        """Print what is registered, with its tags."""
        print(f"{type(self).__name__} {self.name or ''}", file=stream or sys.stdout)
        for one in sorted(self.entries.values(), key=lambda one: one.position):
            print(f"  {one.position:g} {one.name}: {', '.join(sorted(one.tags))}", file=stream or sys.stdout)


def _rewrite_of(thing: Any, query: Query) -> Any:
    return thing._made(query) if isinstance(thing, DB) else thing


class EquilibriumDB(DB):
    """Rewrites that are tried over and over until none changes anything."""

    def __init__(self, ignore_newtrees: bool = True, tracks_on_change_inputs: bool = False) -> None:
        super().__init__()
        self.ignore_newtrees = ignore_newtrees

    def register(self, name: str, obj: Any, *tags: str, **options: Any) -> None:
        """As in a DB. final_opt, cleanup: the rewrite runs once, after the others."""
        super().register(name, obj, *tags, **options)
        if options.get("final_opt") or options.get("cleanup"):
            self.entries[name].position = 1.0

    def _made(self, query: Query) -> EquilibriumOptimizer:
        found = self.chosen(query)
        parts = [[_rewrite_of(one.object, query) for one in found if bool(one.position) is last] for last in (False, True)]
        return EquilibriumOptimizer(parts[0], final_optimizers=parts[1], name=self.name)


class SequenceDB(DB):
    """Rewrites in the order of a position each."""

    def __init__(self, failure_callback: Any = None) -> None:
        super().__init__()

    def register(self, name: str, obj: Any, *tags: Any, **options: Any) -> None:
        """register(name, rewrite, position, *tags); the position is a number, or 'last': after all that are there."""
        position, *words = (options["position"], *tags) if "position" in options else tags
        if position == "last":
            position = max((one.position for one in self.entries.values()), default=0.0) + 1
        if isinstance(position, bool) or not isinstance(position, (int, float)):
            raise TypeError(f"the position of a rewrite is a number, got {position!r}")
        self._enter(name, obj, float(position), words)

    def _made(self, query: Query) -> SeqOptimizer:
        found = [(one.position, _rewrite_of(one.object, query.subquery.get(one.name, query))) for one in self.chosen(query)]
        found += [(position, one) for one, position in query.extra_optimizations if position < query.position_cutoff]
        return SeqOptimizer([one if hasattr(one, "optimize") else in2out(one) for _, one in sorted(found, key=lambda pair: pair[0])], name=self.name)


class LocalGroupDB(DB):
    """Rewrites of nodes, of which the first that has something for a node is taken."""

    def __init__(self, apply_all_opts: bool = False, profile: bool = False, local_opt: Any = LocalOptGroup) -> None:
        super().__init__()
        self.local_opt = local_opt

    def register(self, name: str, obj: Any, *tags: Any, **options: Any) -> None:
        """As in a DB; position: a number, or 'last', in the order in which they are tried."""
        position = options.pop("position", 0.0)
        super().register(name, obj, *tags, **options)
        self.entries[name].position = len(self.entries) + 1e6 if position == "last" else float(position)

    def _made(self, query: Query) -> Any:
        return self.local_opt(*[_rewrite_of(one.object, query) for one in self.chosen(query)], name=self.name)


class TopoDB(DB):
    """What a Query means in another DB, tried once at every node in order."""

    def __init__(self, db: DB, order: str = "in_to_out", ignore_newtrees: bool = False, failure_callback: Any = None) -> None:
        super().__init__()
        self.db, self.order, self.ignore_newtrees = db, order, ignore_newtrees

    def chosen(self, query: Query) -> list[_Entry]:
        return self.db.chosen(query)

    def _made(self, query: Query) -> Any:
        return TopoOptimizer(self.db._made(query), self.order, self.ignore_newtrees)


class ProxyDB(DB):
    """Another DB under one more name."""

    def __init__(self, db: DB) -> None:
        if not isinstance(db, DB):
            raise TypeError(f"a DB is wanted, got {db!r}")
        super().__init__()
        self.db = db

    def chosen(self, query: Query) -> list[_Entry]:
        return self.db.chosen(query)

    def _made(self, query: Query) -> Any:
        return self.db._made(query)
