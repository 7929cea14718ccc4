"""Which line of the user's file is found, from wherever it is asked for."""

from __future__ import annotations

import _thread
import linecache
import pickle
import subprocess
import sys
import textwrap
from types import FrameType
from typing import Any

import pytest

from symgraph import source
from symgraph.source import Where, describe, here


def _inside(text: str, package: str = "symgraph") -> dict[str, Any]:
    """The names that `text` defines, run as if it stood in a file of the package."""
    root = source.__file__.removesuffix("source.py").removesuffix("symgraph/").removesuffix("symgraph\\")
    names: dict[str, Any] = {"here": here}
    exec(compile(textwrap.dedent(text), f"{root}{package}/made_up.py", "exec"), names)
    return names


def _line() -> int:
    frame: FrameType | None = sys._getframe(1)
    assert frame is not None
    return frame.f_lineno


@pytest.mark.parametrize("package", ["symgraph", "codegen"])
def test_frames_of_the_packages_are_skipped(package: str) -> None:
    deep = _inside(
        """
        def deep(n):
            return here() if n == 0 else deep(n - 1)
        """,
        package,
    )["deep"]
    found, line = deep(5), _line()
    assert tuple(found) == (__file__, line, "test_frames_of_the_packages_are_skipped")


def test_a_folder_that_only_begins_alike_is_the_users() -> None:
    who = _inside("def who():\n    return here()\n", "symgraph_models")["who"]
    assert who().function == "who"


def test_a_statement_of_many_lines_gives_the_line_of_the_call() -> None:
    frame_line = _line()
    places = [
        here(),
        here(),
    ]
    assert [place.line for place in places] == [frame_line + 2, frame_line + 3]


def test_the_line_is_that_of_the_frame_in_long_files() -> None:
    statements = "\n".join(f"a{i} = {i} + b if {i} else (b\n  * 2)" for i in range(500))
    text = f"b = 1\n{statements}\nplace = here(); line = _line()\n"
    names: dict[str, Any] = {"here": here, "_line": _line}
    exec(compile(text, "long.py", "exec"), names)
    place = names["place"]
    assert isinstance(place, Where)
    assert (place.filename, place.line, place.function) == ("long.py", names["line"], "<module>")


def test_loops_and_branches_keep_their_line() -> None:
    seen = []
    for i in range(3):
        try:
            if i % 2:
                seen.append((here().line, _line()))
            else:
                seen.append((here().line, _line()))
        finally:
            seen.append((here().line, _line()))
    assert all(place == line for place, line in seen)


def test_text_without_a_file() -> None:
    names: dict[str, Any] = {"here": here}
    exec("def f():\n    return here()\nplace = f()", names)
    assert repr(names["place"]) == "<string>:2 in f"
    assert describe(names["place"]) == 'File "<string>", line 2, in f'


def test_a_notebook_cell_shows_its_line() -> None:
    # A notebook registers the text of each cell with linecache under a made-up name.
    text = "first = 1\nplace = here()\n"
    linecache.cache["<cell 1>"] = (len(text), None, text.splitlines(keepends=True), "<cell 1>")
    names: dict[str, Any] = {"here": here}
    exec(compile(text, "<cell 1>", "exec"), names)
    assert str(names["place"]) == 'File "<cell 1>", line 2, in <module>\n    place = here()'


def test_standard_input() -> None:
    run = subprocess.run(
        [sys.executable, "-"],
        input="from symgraph.source import here\n\nprint(repr(here()))\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "<stdin>:3 in <module>\n"


def test_where_every_frame_is_ours_the_outermost_is_given() -> None:
    # A thread started by the C function has no frame but ours.
    names = _inside(
        """
        def outermost():
            places.append(inner())
            done.release()
        def inner():
            return here()
        """
    )
    places: list[Where] = []
    names["places"] = places
    done = names["done"] = _thread.allocate_lock()
    done.acquire()
    _thread.start_new_thread(names["outermost"], ())
    assert done.acquire(timeout=10)
    assert places[0].function == "outermost" and places[0].line == 3


def test_equal_places_are_equal_and_survive_a_pickle() -> None:
    first, second = [here() for _ in range(2)]
    other = here()
    assert first == second and hash(first) == hash(second)
    assert first != other and first != "x"
    copy = pickle.loads(pickle.dumps(first))
    assert copy == first and copy.line == first.line and describe(copy) == describe(first)


def test_description_holds_the_text_of_the_line() -> None:
    place = here()  # this very line
    assert describe(place).splitlines()[1] == "    place = here()  # this very line"
    assert describe(None) == "an unknown line"
    assert describe(Where.at("no such file", 3, "f")) == 'File "no such file", line 3, in f'


def test_it_reads_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is called for every node: the text of the line is looked up when somebody asks for it."""
    def refuse(*args: object, **words: object) -> None:
        raise AssertionError("a file is read")

    for name in ("getline", "getlines", "updatecache"):
        monkeypatch.setattr("linecache." + name, refuse)
    monkeypatch.setattr("builtins.open", refuse)
    place = here()
    monkeypatch.undo()
    assert "place = here()" in describe(place)
