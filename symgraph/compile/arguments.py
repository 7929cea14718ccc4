"""From what the caller wrote between the brackets to arrays: positions, keywords, defaults, casts; errors name the argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symgraph import source
from symgraph.compile.signature import In, Signature
from symgraph.errors import locate
from symgraph.expr.types import TensorType, canonical

__all__ = ["Arguments"]


class Arguments:
    """The inputs that a caller may give (states of the function excepted), in order."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.inputs = [i for i in signature.inputs if i.variable not in signature.states]
        self.names = {i.name: position for position, i in enumerate(self.inputs) if i.name is not None}
        self.states = {i.name: signature.states[i.variable] for i in signature.inputs if i.variable in signature.states and i.name is not None}
        self.defaults: dict[int, Any] = {}
        for position, argument in enumerate(self.inputs):
            if argument.value is not None:
                self.set_default(position, argument.value)

    def set_default(self, position: int, value: Any) -> None:
        """`value`, proper for the input, stands for it where the caller gives none."""
        self.defaults[position] = canonical(value) if isinstance(value, np.ndarray) else value

    def convert(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """One proper value an input; TypeError or ValueError with the argument's position, name and the line of its variable.

        Arrays come out C-contiguous, aligned and in native byte order.
        """
        if len(args) > len(self.inputs):
            raise TypeError(f"Too many parameter passed to theano function: {self.signature.title} takes {len(self.inputs)}, got {len(args)}")
        given: dict[int, Any] = dict(enumerate(args))
        for name, value in kwargs.items():
            position = self.names.get(name)
            if position is None:
                self._set_state(name, value)
            elif position in given:
                raise TypeError(f"the argument {name} of {self.signature.title} was given twice, by position and by name")
            else:
                given[position] = value
        values = []
        for position, argument in enumerate(self.inputs):
            if position in given:
                values.append(self._proper(position, argument, given[position]))
            elif position in self.defaults:
                values.append(self.defaults[position])
            else:
                raise TypeError(f"Missing required input: {argument.name or argument.variable}{_made(argument)}")
        return values

    def _proper(self, position: int, argument: In, value: Any) -> Any:
        try:
            proper = argument.variable.type.filter(value, strict=argument.strict, allow_downcast=argument.allow_downcast)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise locate(kind(
                f"Bad input argument{f' {argument.name!r}' if argument.name else ''} to theano function with name \"{self.signature.title}\" "
                f"at index {position} (0-based). {error}"), argument.variable.line) from None
        return canonical(proper) if isinstance(argument.variable.type, TensorType) else proper

    def _set_state(self, name: str, value: Any) -> None:
        if name not in self.states:
            known = ", ".join(name for name in (*self.names, *self.states))
            raise TypeError(f"Unknown input or state: {name}. The function has {len(self.names) + len(self.states)} named inputs ({known}).")
        self.states[name].set_value(value)


def _made(argument: In) -> str:
    line = argument.variable.line
    return "" if line is None else f" (made at {source.describe(line)})"
