"""What the table of switches says of each is true: one that acts is read by some file, one that waits is read by none."""

from __future__ import annotations

import ast
from pathlib import Path

from symgraph.settings import Settings
from symgraph.settings.table import ACTS, TABLE, WAITING

ROOT = Path(__file__).resolve().parents[1]


def read_by_the_code() -> set[str]:
    """The switches that some file asks `config` for; those of sections with their dots."""
    found = {"base_compiledir"}  # asked for by the rule of `compiledir`
    found |= {f"NanGuardMode.{word}_is_error" for word in ("nan", "inf", "big")}  # by a word in the middle
    for path in (ROOT / "symgraph").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "on_change" and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
            parts: list[str] = []
            while isinstance(node, ast.Attribute):
                parts.insert(0, node.attr)
                node = node.value
            if isinstance(node, ast.Name) and node.id == "config":
                found.add(".".join(parts))
    return found & TABLE.keys()


def test_what_is_said_to_act_is_read() -> None:
    read = read_by_the_code()
    assert [name for name, row in TABLE.items() if row.standing == ACTS and name not in read] == []
    assert [name for name, row in TABLE.items() if row.standing == WAITING and name in read] == []


def test_a_switch_that_waits_says_so() -> None:
    assert "# there is no target for GPUs so far (without effect yet)" in str(Settings({}))
