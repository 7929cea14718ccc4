"""The error classes: which builtin each is, and that each carries and shows the user's line."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest

from symgraph import errors
from symgraph.source import Where, here

PLACE = Where.at("model.py", 12, "loss")

OWN = {name: getattr(errors, name) for name in errors.__all__ if inspect.isclass(getattr(errors, name))}
RAISED = {name: found for name, found in OWN.items() if issubclass(found, errors.SymgraphError)}

BUILTIN = {
    "AdvancedBooleanIndexingError": TypeError,
    "AdvancedIndexingError": TypeError,
    "AliasedMemoryError": ValueError,
    "AsTensorError": TypeError,
    "AxisError": ValueError,
    "BadDestroyMap": AssertionError,
    "BadOptimization": AssertionError,
    "BadThunkOutput": AssertionError,
    "BadViewMap": AssertionError,
    "CompilerMissingError": RuntimeError,
    "ComplexError": TypeError,
    "DebugModeError": AssertionError,
    "DeviceError": RuntimeError,
    "DisconnectedInputError": ValueError,
    "EmptyConstantError": ValueError,
    "GradientError": AssertionError,
    "GradientNotDefined": NotImplementedError,
    "InconsistencyError": ValueError,
    "IntegerDivisionError": TypeError,
    "InvalidValueError": AssertionError,
    "LeftOutError": NotImplementedError,
    "MethodNotDefined": NotImplementedError,
    "MissingInputError": ValueError,
    "NanGuardError": AssertionError,
    "NotScalarConstantError": ValueError,
    "NullTypeGradError": TypeError,
    "OptimizationError": RuntimeError,
    "StochasticOrder": AssertionError,
    "ShapeError": ValueError,
    "SymgraphError": Exception,
    "UnknownInputError": TypeError,
    "UnknownModeError": KeyError,
    "UnusedInputError": ValueError,
    "ValueNotKnownError": ValueError,
}


def test_every_class_is_in_the_list_above_and_in_all() -> None:
    assert RAISED.keys() == BUILTIN.keys()
    defined = {
        name for name, found in vars(errors).items() if inspect.isclass(found) and found.__module__ == errors.__name__
    }
    assert defined == OWN.keys()


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_class(name: str) -> None:
    found = RAISED[name]
    assert issubclass(found, BUILTIN[name])
    document = found.__doc__
    assert document and document.count("\n") == 0 and document.endswith(".")
    error = found("sizes 2 and 3", PLACE)
    assert error.line is PLACE
    assert str(error) == 'sizes 2 and 3\n  File "model.py", line 12, in loss'
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is found and str(copy) == str(error) and copy.line == PLACE
    assert errors.error_class(name) is found


def test_without_a_line_it_is_the_line_that_called() -> None:
    error, place = errors.ShapeError("x"), here()
    assert (error.line.filename, error.line.line) == (place.filename, place.line)
    assert 'error, place = errors.ShapeError("x"), here()' in str(error)


def test_no_message() -> None:
    assert str(errors.ShapeError(line=PLACE)) == 'File "model.py", line 12, in loss'


def test_locate_an_error_of_a_builtin_class() -> None:
    error = errors.locate(IndexError("index 5 is out of range"), PLACE)
    assert type(error) is IndexError
    assert error.line == PLACE  # type: ignore[attr-defined]
    assert str(error) == 'index 5 is out of range\n  File "model.py", line 12, in loss'
    assert str(errors.locate(error, here())) == str(error)  # the first line stays
    assert str(errors.locate(ValueError("x"), None)) == "x"
    shape = errors.ShapeError("x", PLACE)
    assert errors.locate(shape, here()) is shape and shape.line is PLACE
    singular = errors.locate(np.linalg.LinAlgError("singular"), PLACE)
    assert pickle.loads(pickle.dumps(singular)).line == PLACE


def test_classes_by_name() -> None:
    assert errors.error_class("IndexError") is IndexError
    assert errors.error_class("LinAlgError") is np.linalg.LinAlgError
    assert errors.error_class("ShapeError") is errors.ShapeError
    for none in ("print", "locate", "no such", "SystemExit", "annotations"):
        assert errors.error_class(none) is ValueError
