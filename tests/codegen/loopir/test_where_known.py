"""Code that depends on the indices of outer loops alone stands before the inner ones, unless something in between may not run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder


def depth_of_load(block: ir.Block, depth: int = 0) -> int:
    """In how many loops and branches the one load stands."""
    for node in block:
        if isinstance(node, ir.Load):
            return depth
        for part in (getattr(node, name, None) for name in ("body", "then", "otherwise")):
            if part:
                found = depth_of_load(part, depth + 1)
                if found >= 0:
                    return found
    return -1


def between(b: Builder, how: str, inside: Callable[[], Any]) -> None:
    if how == "loop":
        with b.loop(0, b.parameter("int64")):
            inside()
    elif how == "fold":
        b.fold(0, b.parameter("int64"), [b.constant(0, "int64")], lambda j, x: [inside() or x])
    elif how == "branch":
        b.when(b.less(0, b.parameter("int64")), inside)
    elif how == "branches alike":
        b.when(b.less(0, b.parameter("int64")), inside, alike=True)
    else:
        b.repeat([b.constant(0, "int64")], lambda x: [inside() or b.less(x, 3), [x]])


@pytest.mark.parametrize(("how", "moves"), [("loop", True), ("fold", True), ("branches alike", True), ("branch", False), ("repeat", False)])
@pytest.mark.parametrize("moved", ["outer", "inner", "computed", "none"])
def test_where_code_stands(how: str, moves: bool, moved: str) -> None:
    b = Builder()
    p, n = b.parameter("int64*"), b.parameter("int64")
    with b.loop(0, n) as i, b.loop(0, n) as j:

        def inside() -> None:
            with b.loop(0, n):
                index = {"outer": i, "inner": j, "computed": i + 1, "none": 3}[moved]
                with b.where_known([index]):
                    b.load(p, index)
                assert not b.outside

        between(b, how, inside)
    assert depth_of_load(b.block) == ({"outer": 1, "inner": 2}.get(moved, 4) if moves else 4)
