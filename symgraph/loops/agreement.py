"""What must agree between what a scan was told and what its step gave: numbers of outputs, types of states and shared variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symgraph.errors import MissingInputError
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Variable
from symgraph.expr.walk import ancestors
from symgraph.loops.result import StepResult
from symgraph.loops.specification import State

__all__ = ["check_options", "check_states", "check_strict", "check_updates"]


def check_options(name: Any, truncate_gradient: Any) -> str:
    """How errors call this scan; TypeError or ValueError for options of another kind."""
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a scan must be a string, got {name!r} of {type(name)}")
    title = f"scan {name}" if name else "scan"
    if not isinstance(truncate_gradient, (int, np.integer)) or isinstance(truncate_gradient, bool):
        raise TypeError(f"{title}: truncate_gradient must be an integer, got {truncate_gradient!r}")
    if truncate_gradient < -1:
        raise ValueError(f"{title}: truncate_gradient must be a number of steps, or -1 for all, got {truncate_gradient}")
    return title


def check_states(states: Sequence[State], result: StepResult, title: str) -> None:
    """ValueError unless there are as many outputs as states were described, each of the type it starts as; TypeError for size 1."""
    if len(states) != len(result.outputs):
        raise ValueError(f"{title}: outputs_info describes {len(states)} outputs, but the function of the step returned {len(result.outputs)}; "
                         "an output without state is None there")
    for position, (state, new) in enumerate(zip(states, result.outputs)):
        if state.initial is None:
            continue
        old = state.element
        what = f"{title}: output {position}{f' ({state.initial.name})' if state.initial.name else ''} starts"
        if not isinstance(new.type, TensorType):
            raise TypeError(f"{what} as {old.type}, but a step makes it {new.type}")
        if new.ndim != old.ndim:
            raise ValueError(f"{what} with {old.ndim} dimensions ({old.type}), but a step gives it {new.ndim} ({new.type})")
        if new.dtype != old.dtype:
            raise ValueError(f"{what} as {old.type}, but a step makes it {new.type}. The dtype of a state must stay the "
                             f"same: cast the initial value with .astype('{new.dtype}') or what the function returns with .astype('{old.dtype}')")
        _check_sizes(what, old.type, new.type)


def _check_sizes(what: str, old: TensorType, new: TensorType) -> None:
    if any(a == 1 and b != 1 for a, b in zip(old.shape, new.shape)):
        raise TypeError(f"{what} as {old}, of size 1, but a step makes it {new}; if the sizes agree at run time, start from "
                        "unbroadcast(initial, axis)")
    for axis, (a, b) in enumerate(zip(old.shape, new.shape)):
        if a is not None and b is not None and a != b:
            raise ValueError(f"{what} with {a} elements along dimension {axis}, but a step makes them {b}: the sizes of a state must stay the same")


def check_updates(updates: Mapping[Any, Any], title: str) -> None:
    """The same of shared variables that the step updates."""
    for x, new in updates.items():
        if isinstance(x.type, TensorType):
            _check_sizes(f"{title}: the shared variable {x} starts", x.type, new.type)


def check_strict(captured: Sequence[Variable], others: Sequence[Any], title: str) -> None:
    """ValueError if a step reads what was not handed to it."""
    allowed = set(ancestors(others))
    for x in captured:
        if x not in allowed:
            raise MissingInputError(f"{title} is strict, but its step uses {x}, which is not among non_sequences")
