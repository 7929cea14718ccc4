"""Records behave as dataclasses of the same text do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from codegen.record import field, record


class _Plain:
    name: str
    size: int = 3
    parts: list[int] = dataclasses.field(default_factory=list)


@record()
class Open:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)


@record(frozen=True)
class Frozen:
    name: str
    size: int = 3


@record(eq=False)
class Single:
    name: str

    def __str__(self) -> str:
        return f"<{self.name}>"


MODEL: Any = dataclasses.dataclass(_Plain)


@pytest.mark.parametrize("arguments", [("a",), ("a", 4), ("a", 4, [1])])
def test_fields_and_text_are_those_of_a_dataclass(arguments: tuple[Any, ...]) -> None:
    made, model = Open(*arguments), MODEL(*arguments)
    assert [made.name, made.size, made.parts] == [model.name, model.size, model.parts]
    assert repr(made) == repr(model).replace("_Plain", "Open")
    assert made == Open(*arguments) and made != Open("b") and made != model


def test_defaults_are_made_anew() -> None:
    first = Open("a")
    first.parts.append(1)
    assert Open("a").parts == []


def test_no_other_attribute_and_no_missing_argument() -> None:
    with pytest.raises(AttributeError):
        Open("a").other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="name"):
        Open()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="hash"):
        hash(Open("a"))


def test_frozen() -> None:
    one = Frozen("a")
    with pytest.raises(AttributeError, match="size cannot be assigned"):
        one.size = 4  # type: ignore[misc]
    with pytest.raises(AttributeError, match="size cannot be assigned"):
        del one.size
    assert {one, Frozen("a", 3), Frozen("b")} == {one, Frozen("b")}


@pytest.mark.parametrize("one", [Open("a", 4, [1]), Frozen("a", 4)])
def test_pickle_and_copy(one: Any) -> None:
    assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one) == copy.copy(one)


def test_without_equality_each_is_its_own() -> None:
    one = Single("a")
    assert one != Single("a") and one in {one} and str(one) == "<a>"
    match one:
        case Single(name):
            assert name == "a"
