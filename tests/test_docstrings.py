"""The examples in the docstrings of both packages."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import codegen
import symgraph

MODULES = [found.name for package in (symgraph, codegen) for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    assert sum(bool(test.examples) for name in MODULES for test in finder.find(import_module(name))) > 200
