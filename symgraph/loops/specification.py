"""What the user says of a scan's inputs: sequences with taps, initial values with taps."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from symgraph.expr.make import as_variable
from symgraph.expr.op import TEST_VALUES
from symgraph.expr.types import generic, tensor_type
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.loops.initial import InitialRows
from symgraph.settings import config

__all__ = ["Rows", "State", "listed", "read_non_sequences", "read_outputs_info", "read_sequences"]


def listed(x: Any) -> list[Any]:
    """None, one thing or a list of things, as a list."""
    if x is None:
        return []
    return list(x) if isinstance(x, (list, tuple)) else [x]


def read_non_sequences(given: Any) -> list[Variable]:
    """What is handed to each step as it is; TypeError for objects that are neither variables nor numbers or arrays."""
    found = []
    for position, one in enumerate(listed(given)):
        x = as_variable(one)
        if isinstance(x, Constant) and not isinstance(one, Variable) and x.type == generic:
            raise TypeError(f"non_sequence {position} of scan must be a variable, a number or an array, got {one!r} of {type(one)}")
        found.append(x)
    return found


def _read_taps(given: Any, what: str) -> list[int]:
    """Taps as a list; TypeError unless they are integers, ValueError if there are none."""
    taps = [given] if isinstance(given, (int, np.integer)) or not isinstance(given, (list, tuple, range, np.ndarray)) else list(given)
    if not all(isinstance(tap, (int, np.integer)) and not isinstance(tap, bool) for tap in taps):
        raise TypeError(f"the taps of {what} of scan must be integers, got {given!r}")
    if not taps:
        raise ValueError(f"{what} of scan has no taps; leave taps out for the usual one")
    return [int(tap) for tap in taps]


class Rows:
    """One sequence: `rows` are the inner variables, one a tap in the user's order; `offsets` where each is read in step 0."""

    def __init__(self, array: Any, taps: list[int], backwards: bool) -> None:
        self.array = array
        self.taps = taps
        self.backwards = backwards
        first = min(0, *taps)
        # Read from the end, the taps keep their meaning in the sequence: tap 1 is the row after that of tap 0, which an earlier step had.
        self.offsets = [max(0, *taps) - tap if backwards else tap - first for tap in taps]
        self.span = max(0, *taps) - first
        element = tensor_type(array.dtype, array.type.shape[1:])
        self.rows = [element.variable_class(element, name=_row_name(array, tap)) for tap in taps]
        if config.compute_test_value != "off":
            import_module(TEST_VALUES).hand_rows(array, [~offset if backwards else offset for offset in self.offsets], self.rows)

    def length(self) -> Any:
        """How many steps all taps exist for: an int, or an int64 scalar."""
        known = self.array.type.shape[0]
        if known is not None:
            return max(known - self.span, 0)
        size = self.array.shape[0]
        return size if self.span == 0 else (size - self.span).maximum(0).astype("int64")


def _row_name(array: Any, tap: int) -> str | None:
    return None if array.name is None else f"{array.name}[t{'' if tap == 0 else f'{tap:+d}'}]"


def read_sequences(sequences: Any, go_backwards: bool) -> list[Rows]:
    """Sequences as given to scan: variables, arrays, or dict(input=, taps=)."""
    result = []
    for position, given in enumerate(listed(sequences)):
        taps: Any = None
        if isinstance(given, Mapping):
            unknown = set(given) - {"input", "taps"}
            if unknown or given.get("input") is None:
                raise ValueError(f"sequence {position} of scan must be dict(input=..., taps=[...]), got the keys {sorted(map(str, given))}")
            taps, given = given.get("taps"), given["input"]
        array = as_variable(given)
        if not isinstance(array, TensorVariable):
            raise TypeError(f"sequence {position} of scan must be an array, got {given!r} of {type(given)}")
        if array.ndim == 0:
            raise ValueError(f"sequence {position} of scan must have at least one dimension to run along, got {array} of type {array.type}")
        result.append(Rows(array, [0] if taps is None else _read_taps(taps, f"sequence {position}"), go_backwards))
    return result


class State:
    """One output: `initial` its initial value (None: the output has no state), `taps` < 0 in the user's order.

    arguments: the inner variables for the taps, in that order. lags: inner variables for 1, 2, ... steps ago.
    """

    def __init__(self, initial: Any, taps: list[int]) -> None:
        self.initial = initial
        self.taps = taps
        self.stacked_start = False
        self.arguments: list[Any] = []
        self.lags: list[Any] = []

    @classmethod
    def none(cls) -> State:
        return cls(None, [])

    @classmethod
    def of(cls, initial: Any, taps: list[int], rows: bool) -> State:
        """rows: `initial` has a leading dimension of earlier values, oldest first; else it is the value of one step ago."""
        state = cls(initial, taps)
        state.stacked_start = rows
        shape = initial.type.shape[1:] if rows else initial.type.shape
        element = tensor_type(initial.dtype, shape)
        depth = -min(taps)
        state.lags = [element.variable_class(element, name=_row_name(initial, -lag)) for lag in range(1, depth + 1)]
        state.arguments = [state.lags[-tap - 1] for tap in taps]
        if config.compute_test_value != "off":
            import_module(TEST_VALUES).hand_rows(initial, range(depth - 1, -1, -1) if rows else [None], state.lags)
        return state

    @property
    def element(self) -> Any:
        return self.lags[0]

    @property
    def depth(self) -> int:
        return len(self.lags)

    def starts(self) -> list[Any]:
        """The initial values for 1, 2, ... steps ago."""
        if not self.stacked_start:
            return [self.initial]
        rows = InitialRows(self.depth, tuple(self.taps))(self.initial)
        return [rows[self.depth - lag] for lag in range(1, self.depth + 1)]

    def cast(self, dtype: str) -> State:
        """The same with its initial value cast."""
        return State.of(self.initial.astype(dtype), self.taps, self.stacked_start)

    @property
    def constant(self) -> bool:
        """Whether the initial value is built of constants alone, so that its dtype was hardly meant."""
        stack: list[Variable] = [self.initial]
        while stack:
            x = stack.pop()
            if x.owner is None:
                if not isinstance(x, Constant):
                    return False
            else:
                stack.extend(x.owner.inputs)
        return True


def read_outputs_info(outputs_info: Any) -> list[State]:
    """outputs_info as given to scan: for each output None, {}, an initial value, or dict(initial=, taps=)."""
    result = []
    for position, given in enumerate(listed(outputs_info)):
        taps: Any = None
        rows = False
        if isinstance(given, Mapping):
            unknown = set(given) - {"initial", "taps", "return_steps", "inplace"}
            if unknown:
                raise ValueError(f"output {position} of scan: unknown keys {sorted(map(str, unknown))} in outputs_info; known are initial and taps")
            if given.get("initial") is None:
                if given.get("taps") is not None:
                    raise ValueError(f"output {position} of scan has taps {given['taps']} but no initial value")
                result.append(State.none())
                continue
            taps, given = given.get("taps"), given["initial"]
        if given is None:
            result.append(State.none())
            continue
        initial = as_variable(given)
        if not isinstance(initial, TensorVariable):
            raise TypeError(f"the initial value of output {position} of scan must be an array, got {given!r} of {type(given)}")
        taps = [-1] if taps is None else _read_taps(taps, f"output {position}")
        rows = taps != [-1]
        if any(tap >= 0 for tap in taps):
            raise ValueError(f"the taps of output {position} of scan must be negative, got {taps}: an output's later values are not known yet")
        if len(set(taps)) < len(taps):
            raise ValueError(f"the taps of output {position} of scan stand twice: {taps}")
        if rows and initial.ndim == 0:
            raise ValueError(f"output {position} of scan has taps {taps}: its initial value needs a leading dimension of {-min(taps)} rows, "
                             "got a scalar")
        result.append(State.of(initial, taps, rows))
    return result
