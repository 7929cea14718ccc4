"""Records: the part of the standard library's dataclasses that this package uses, with one compilation a class.

`dataclasses` compiles each method of each class anew: the 33 classes of this package were 17 ms of a warm start and 40 ms of a
cold one, several times what loading their files takes. Type checkers see `dataclass` itself.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["field", "record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from dataclasses import field
else:

    class field:
        """default_factory: called for the default of each new instance."""

        __slots__ = ("default_factory",)

        def __init__(self, *, default_factory):
            self.default_factory = default_factory

    def record(*, frozen=False, eq=True):
        """A class decorator: fields in the order of their annotations, as keyword-or-positional arguments of `__init__`; equality by
        fields (`eq`), a hash and no assignment (`frozen`). Fields are not inherited.

        >>> @record(frozen=True)
        ... class Point:
        ...     x: int
        ...     y: int = 0
        >>> Point(1) == Point(1, 0), hash(Point(1)) == hash(Point(1)), Point(2)
        (True, True, Point(x=2, y=0))
        """
        return lambda cls: _made(cls, frozen, eq)


def _made(cls: Any, frozen: bool, eq: bool) -> Any:
    names = tuple(cls.__annotations__)
    space: dict[str, Any] = {"_set": object.__setattr__}
    arguments, body = ["self"], []
    for name in names:
        value = name
        if name in vars(cls):
            default = vars(cls)[name]
            if isinstance(default, field):  # type: ignore[arg-type]
                space[f"_make_{name}"], default = default.default_factory, None
                value = f"_make_{name}() if {name} is None else {name}"
            space[f"_default_{name}"] = default
            arguments.append(f"{name}=_default_{name}")
        else:
            arguments.append(name)
        body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    exec(f"def __init__({', '.join(arguments)}):\n " + "\n ".join(body), space)  # the one compilation
    own = {key: value for key, value in vars(cls).items() if key not in {*names, "__dict__", "__weakref__"}}
    own |= {"__init__": space["__init__"], "__match_args__": names, "__slots__": names}
    own.setdefault("__repr__", lambda self: f"{cls.__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})")
    if eq:
        values = attrgetter(*names) if len(names) > 1 else lambda self: (getattr(self, names[0]),)
        own["__eq__"] = lambda self, other: values(self) == values(other) if type(other) is type(self) else NotImplemented
        own["__hash__"] = (lambda self: hash(values(self))) if frozen else None
    if frozen:
        own |= {"__setattr__": _refuse, "__delattr__": _refuse, "__getstate__": _get_state, "__setstate__": _set_state}
    made = type(cls)(cls.__name__, cls.__bases__, own)
    made.__qualname__ = cls.__qualname__
    return made


def _refuse(self: Any, name: str, *value: Any) -> None:
    raise AttributeError(f"{type(self).__name__} does not change: {name} cannot be assigned")


def _get_state(self: Any) -> Any:
    return [getattr(self, name) for name in self.__match_args__]


def _set_state(self: Any, state: Any) -> None:
    for name, value in zip(self.__match_args__, state):
        object.__setattr__(self, name, value)
