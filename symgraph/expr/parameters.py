"""Parameters of ops in Theano's manner: the attributes that an op hands to its `perform` as one further argument."""

from __future__ import annotations

from typing import Any

from symgraph.expr.types import Type

__all__ = ["CEnumType", "EnumList", "EnumType", "Params", "ParamsType"]


class Params(dict):  # type: ignore[type-arg]
    """Values of the fields of a ParamsType, as attributes. TypeError for a field that is missing, or one that there is not."""

    def __init__(self, params_type: ParamsType, **values: Any) -> None:
        if set(values) != set(params_type.fields):
            raise TypeError(f"Params of {params_type} needs the fields {', '.join(params_type.fields)}, got {', '.join(values)}")
        super().__init__(values)
        self.__dict__["params_type"] = params_type

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"Params has no field {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("the fields of Params cannot be changed")

    def __repr__(self) -> str:
        return f"Params({', '.join(f'{name}={value!r}' for name, value in self.items())})"

    def __hash__(self) -> int:  # type: ignore[override]
        return hash((self.params_type, tuple(str(value) for value in self.values())))


class ParamsType(Type):
    """Several values under names, each of a type of its own: ``params_type = ParamsType(scale=generic, axis=generic)`` in a class of ops
    lets `perform` get ``params.scale``, the op's attribute.

    Raises TypeError for what is no type.

    >>> from symgraph import generic
    >>> p = ParamsType(a=generic, b=generic)
    >>> p.filter(Params(p, a=1, b='x')).b
    'x'
    """

    def __init__(self, **fields: Any) -> None:
        for name, one in fields.items():
            if not isinstance(one, Type):
                raise TypeError(f"the field {name} of a ParamsType must be a type, got {one!r} of {type(one)}")
        self._types = dict(sorted(fields.items()))
        self.fields = tuple(self._types)
        self.types = tuple(self._types.values())
        self.length = len(self.fields)

    def __getattr__(self, name: str) -> Any:
        for one in self.__dict__.get("types", ()):
            if isinstance(one, EnumType) and name in one:
                return one[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def has_type(self, theano_type: Type) -> bool:
        """Whether a field is of this type."""
        return theano_type in self.types

    def get_type(self, field_name: str) -> Type:
        """The type of a field."""
        return self._types[field_name]

    def get_field(self, theano_type: Type) -> str:
        """The first field of this type; ValueError if there is none."""
        for name, one in self._types.items():
            if one == theano_type:
                return name
        raise ValueError(f"no field of {self} is of type {theano_type}")

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Params:
        """Params whose values went through the `filter` of each field."""
        if not isinstance(value, Params):
            if strict:
                raise TypeError(f"Params are wanted, got {value!r}")
            value = Params(self, **{name: getattr(value, name) for name in self.fields})
        return Params(self, **{name: one.filter(value[name], strict=strict, allow_downcast=allow_downcast) for name, one in self._types.items()})

    def get_params(self, *objects: Any, **values: Any) -> Params:
        """Params of the attributes of objects, the first that has one, and of values that are given by name. AttributeError: a field is in none."""
        found = {}
        for name, one in self._types.items():
            holder = next((x for x in objects if hasattr(x, name)), None)
            if name not in values and holder is None:
                raise AttributeError(f"unable to find the field {name!r} in {', '.join(map(str, objects)) or 'nothing'}")
            found[name] = one.filter(values[name] if name in values else getattr(holder, name))
        return Params(self, **found)

    params_of = get_params

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._types == other._types  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), tuple(self._types.items())))

    def __repr__(self) -> str:
        return f"ParamsType<{', '.join(f'{name}:{one}' for name, one in self._types.items())}>"


class EnumType(Type, dict):  # type: ignore[type-arg]
    """Named constants: ``EnumType(CONSTANT=1, OTHER=2)``; values are these numbers, or their names.

    >>> EnumType(FIRST=1).filter('FIRST')
    1
    """

    def __init__(self, ctype: str = "double", cname: str | None = None, **constants: Any) -> None:
        self.ctype, self.cname = ctype, cname  # of use to C code
        for name in constants:
            if not name.isidentifier() or not name.isupper():
                raise AttributeError(f"the name of a constant must be in capitals, got {name!r}")
        dict.__init__(self, constants)

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(f"{type(self).__name__} has no constant {name!r}")

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The constant; ValueError for what is none."""
        if not strict and isinstance(value, str) and value in self:
            return self[value]
        if value not in self.values():
            raise ValueError(f"{value!r} is none of {', '.join(self)}")
        return value

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and dict.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]
        return hash((type(self), tuple(self.items())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self.items())})"


class EnumList(EnumType):
    """Named constants 0, 1, 2 ...: ``EnumList('FIRST', 'SECOND')``; each may be a pair (name, alias), of which the alias may stand for it."""

    def __init__(self, *names: Any, ctype: str = "int", cname: str | None = None) -> None:
        pairs = [one if isinstance(one, tuple) else (one, None) for one in names]
        super().__init__(ctype, cname, **{name: number for number, (name, _) in enumerate(pairs)})
        self.aliases = {alias: name for name, alias in pairs if alias is not None}

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        return super().filter(self.aliases.get(value, value) if isinstance(value, str) else value, strict, allow_downcast)


class CEnumType(EnumList):
    """Named constants that C code would define; here they are numbered."""
