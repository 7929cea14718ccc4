"""Every name of Theano's that programs use is here, does something and says what, or stands in docs/coverage.md with what to use instead.

theano.tsv: the names of the table of Theano's names in its two upper tiers. They are looked for where `import symgraph.theano` finds them.
"""

from __future__ import annotations

import inspect
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

import symgraph
import symgraph.tensor as T
from symgraph.errors import LeftOutError
from symgraph.theano import tree
from symgraph.theano.left_out import INNER, LEFT_OUT
from symgraph.theano.modules import LeftOut, find_name

HERE = Path(__file__).resolve().parent
COVERAGE = HERE.parent.parent / "docs" / "coverage.md"
NAMES = [line.split("\t")[:2] for line in (HERE / "theano.tsv").read_text(encoding="utf-8").splitlines()[1:]]


def left_out() -> dict[str, tuple[str, str]]:
    """The rows of the tables in docs/coverage.md: name, or pattern of names -> (reason, what to use)."""
    rows = {}
    for line in COVERAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            name, reason, instead = (part.strip() for part in line.strip("| ").split(" | "))
            rows[name.strip("`")] = (reason, instead)
    return rows


INSTANCES = {  # objects that stand for their class, which does not show all names that they have
    "compile.SharedVariable": symgraph.shared(1.0), "compile.function_module.Function": symgraph.function([], []),
    "compile.mode.Mode": symgraph.Mode(), "tensor.TensorVariable": T.dmatrix("x"),
}


def found(name: str) -> Any:
    """What `symgraph.theano` has under a name of Theano's; AttributeError if there is nothing, or what is left out."""
    path, _, last = name.removeprefix("theano.").rpartition(".")
    if f"{path}.{last}" in tree.NAMES:
        return find_name(path, last)
    if path in tree.PATHS or not path:
        here = find_name(path, last)
        if isinstance(here, LeftOut):
            raise AttributeError(f"{name} is left out")
        return here
    around = found(f"theano.{path}")
    return getattr(around if hasattr(around, last) else INSTANCES.get(path), last)


def test_the_page_and_the_table_are_the_same() -> None:
    assert left_out() == LEFT_OUT


def is_left_out(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in LEFT_OUT)


@pytest.mark.parametrize("name", [name for name, _ in NAMES if not is_left_out(name)])
def test_the_name_is_here_and_says_what_it_is(name: str) -> None:
    here = found(name)
    if callable(here) or isinstance(here, property):
        text = inspect.getdoc(here)
        assert text and len(text) > 8, f"{name} has no words"
        assert _is_written(here), f"{name} is a stub"


def _is_written(thing: Any) -> bool:
    """Not a function that only says that it is not there yet."""
    code = getattr(inspect.unwrap(thing), "__code__", None) if inspect.isfunction(thing) else None
    return code is None or "NotImplementedError" not in code.co_names or len(code.co_code) > 100


@pytest.mark.parametrize("pattern", list(LEFT_OUT))
def test_what_is_left_out_has_a_reason_and_a_replacement(pattern: str) -> None:
    reason, instead = LEFT_OUT[pattern]
    assert reason and instead
    names = [name for name, _ in NAMES if fnmatchcase(name, pattern)]
    whole = pattern.removesuffix(".*").removeprefix("theano.")
    assert names or whole in tree.PATHS, "a row of docs/coverage.md that is about nothing"


@pytest.mark.parametrize("pattern", [pattern for pattern, (reason, _) in LEFT_OUT.items() if "partly" not in reason])
def test_what_is_left_out_is_not_here(pattern: str) -> None:
    for name in [name for name, _ in NAMES if fnmatchcase(name, pattern)]:
        with pytest.raises(AttributeError):
            found(name)
            pytest.fail(f"{name} is here, though docs/coverage.md says that it is left out")


@pytest.mark.parametrize("path", INNER)
def test_inner_names_import_and_say_what_to_use(path: str) -> None:
    assert path in tree.PATHS
    for inner in (path, *[one for one in tree.PATHS if one.startswith(f"{path}.")]):
        name = find_name(inner, "NoSuchName")
        with pytest.raises(LeftOutError, match="inner to Theano; use `?[A-Za-z]"):
            name(1)


def test_names_of_inplace_ops() -> None:
    assert found("theano.tensor.inplace.exp_inplace") is T.exp and found("theano.tensor.inplace.add_inplace") is T.add
    with pytest.raises(AttributeError):
        found("theano.tensor.inplace.no_such_inplace")


def test_a_missing_name_is_noticed() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        found("theano.tensor.no_such_name")
    assert not is_left_out("theano.tensor.dot")

    def later() -> None:
        raise NotImplementedError

    assert not _is_written(later)
