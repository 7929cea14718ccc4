"""The errors a user can meet. One sentence says what each means; each is also the builtin that a Python user expects.

Each carries `line`, the place in the user's text (a `source.Where`), and shows it. Raised without one, it carries the
line that called symgraph. `locate` does the same for an error of a builtin class. Theano's names keep their names.
"""

from __future__ import annotations

import builtins
from typing import TypeVar

from numpy.linalg import LinAlgError

from symgraph import source

__all__ = [
    "AdvancedBooleanIndexingError",
    "AdvancedIndexingError",
    "AliasedMemoryError",
    "AsTensorError",
    "AxisError",
    "BadDestroyMap",
    "BadOptimization",
    "BadThunkOutput",
    "BadViewMap",
    "CacheWarning",
    "CompilerMissingError",
    "ComplexError",
    "DebugModeError",
    "DeviceError",
    "DisconnectedInputError",
    "EmptyConstantError",
    "GradientError",
    "GradientNotDefined",
    "InconsistencyError",
    "IntegerDivisionError",
    "InvalidValueError",
    "LeftOutError",
    "MethodNotDefined",
    "MissingInputError",
    "NanGuardError",
    "NotScalarConstantError",
    "NullTypeGradError",
    "OptimizationError",
    "ShapeError",
    "StochasticOrder",
    "SymgraphError",
    "UnknownInputError",
    "UnknownModeError",
    "UnusedInputError",
    "ValueNotKnownError",
    "VectorizeWarning",
    "error_class",
    "locate",
]


class SymgraphError(Exception):
    """Whatever symgraph raises under a name of its own; `line` is the place in the user's text."""

    def __init__(self, message: str = "", line: source.Where | None = None) -> None:
        super().__init__(message)
        self.line = source.here() if line is None else line

    def __str__(self) -> str:
        return _with_place(super().__str__(), self.line)


# --- While an expression is written ---


class AsTensorError(SymgraphError, TypeError):
    """The value cannot become a tensor."""


class AdvancedIndexingError(SymgraphError, TypeError):
    """The index holds arrays or variables, and this place takes only integers and slices."""


class AdvancedBooleanIndexingError(AdvancedIndexingError):
    """The index holds a boolean mask, and this place takes only integers and slices."""


class AxisError(SymgraphError, ValueError, IndexError):
    """The array has no such dimension."""


class ComplexError(SymgraphError, TypeError):
    """The operation has no meaning for complex numbers."""


class IntegerDivisionError(SymgraphError, TypeError):
    """An integer was divided by an integer with / while the setting int_division says raise."""


class NotScalarConstantError(SymgraphError, ValueError):
    """The value of this expression was wanted while building, but it is not one known number."""


class EmptyConstantError(NotScalarConstantError):
    """One number was wanted of a constant that has no elements."""


class ShapeError(SymgraphError, ValueError):
    """Sizes do not fit together."""


class ValueNotKnownError(SymgraphError, ValueError):
    """An input has no test value, and the setting compute_test_value says raise."""


# --- While a gradient is taken ---


class DisconnectedInputError(SymgraphError, ValueError):
    """The cost does not depend on the variable it is differentiated by."""


class MethodNotDefined(SymgraphError, NotImplementedError):
    """The op lacks this method, for instance a gradient."""


class GradientNotDefined(MethodNotDefined, AttributeError):
    """The op has no gradient. It is an AttributeError too, as in Theano, where such ops have no attribute `grad`."""


class NullTypeGradError(SymgraphError, TypeError):
    """The gradient passes through an op that has none, or whose gradient is not written yet."""


class GradientError(SymgraphError, AssertionError):
    """A gradient differs from finite differences."""


# --- While a function is compiled ---


class MissingInputError(SymgraphError, ValueError):
    """The outputs need a variable that is neither an input nor shared nor given."""


class UnknownInputError(SymgraphError, TypeError, KeyError):
    """`f[x]`: the function has no input, state or shared variable of that name. TypeError in Theano."""

    def __str__(self) -> str:  # a KeyError says its message as Python would write it
        return _with_place(self.args[0], self.line)


class UnknownModeError(SymgraphError, ValueError, KeyError):
    """No linker or optimizer has this name. KeyError in Theano."""

    def __str__(self) -> str:
        return _with_place(self.args[0], self.line)


class UnusedInputError(SymgraphError, ValueError):
    """An input of the function is not used by its outputs, or stands twice in the list."""


class InconsistencyError(SymgraphError, ValueError):
    """A change of the graph would make it inconsistent, for instance cyclic."""


class OptimizationError(SymgraphError, RuntimeError):
    """A pass or one of its rules failed, and the setting on_opt_error says raise."""


class CompilerMissingError(SymgraphError, RuntimeError):
    """linker=c needs a C compiler and none was found."""


class DeviceError(SymgraphError, RuntimeError):
    """The device of the setting `device` cannot be used on this machine."""


class AliasedMemoryError(SymgraphError, ValueError):
    """Two arguments that must be separate share memory."""


class LeftOutError(SymgraphError, NotImplementedError):
    """A name of Theano's that is not here was used: the message says why it is not, and what to use instead."""


class CacheWarning(UserWarning):
    """The disk cache cannot be used; compilation goes on without it."""


class VectorizeWarning(UserWarning):
    """An op has no rule for stacks of its arguments; a loop over the examples does it."""


# --- Found by the modes that check ---


class DebugModeError(SymgraphError, AssertionError):
    """A checking mode found a step that is not right."""


class BadOptimization(DebugModeError):
    """A rewritten value differs from the one it replaced."""


class BadThunkOutput(DebugModeError):
    """Compiled code and the numpy rule of an op differ."""


class BadDestroyMap(DebugModeError):
    """An op overwrote an input that it does not declare to overwrite."""


class BadViewMap(DebugModeError):
    """An output shares memory with an input, and the op does not declare it."""


class InvalidValueError(DebugModeError):
    """A value does not belong to the type of its variable, or is not finite where it must be."""


class StochasticOrder(DebugModeError):
    """Compiling one expression twice gave two programs; no pass of symgraph does that, a rule of a user's may."""


class NanGuardError(DebugModeError):
    """A value is NaN, infinite or very large, and NanGuardMode watches for it."""


# --- Errors of builtin classes ---

AnyError = TypeVar("AnyError", bound=BaseException)


def locate(error: AnyError, line: source.Where | None) -> AnyError:
    """The same error with the user's line in its attribute `line` and at the end of its message, to be raised.

    For errors of builtin classes (ValueError, TypeError, IndexError ...); one that carries a line already keeps it.

    >>> print(locate(IndexError("index 5 is out of range for size 3"), source.Where.at("model.py", 12, "loss")))
    index 5 is out of range for size 3
      File "model.py", line 12, in loss
    """
    if line is None or getattr(error, "line", None) is not None:
        return error
    message = error.args[0] if len(error.args) > 1 and isinstance(error.args[0], str) else str(error)
    error.line = line  # type: ignore[attr-defined]
    error.args = (_with_place(message, line), *error.args[1:])
    return error


def error_class(name: str) -> type[Exception]:
    """The class that a name stands for, among ours, Python's and numpy's; ValueError for a name that is none.

    Native code reports a failed check by the name of its error.

    >>> error_class("IndexError"), error_class("ShapeError")
    (<class 'IndexError'>, <class 'symgraph.errors.ShapeError'>)
    """
    if name == "LinAlgError":
        return LinAlgError
    found = globals().get(name, getattr(builtins, name, None))
    return found if isinstance(found, type) and issubclass(found, Exception) else ValueError


def _with_place(message: str, line: source.Where) -> str:
    place = source.describe(line).replace("\n", "\n  ")
    return f"{message}\n  {place}" if message else place
