"""README.md keeps its word: the program prints what is shown, the commands are one line each, the links lead on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_program_prints_what_is_shown() -> None:
    (program,) = re.findall(r"```python\n(.*?)```\n", README, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```\n", README, re.DOTALL)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert (run.stdout, run.stderr) == (shown, "")


@pytest.mark.parametrize("name", ["example", "tests"])
def test_commands(name: str) -> None:
    # .ci/run takes the commands from here and runs them.
    (command,) = re.findall(rf"<!-- command: {name} -->\n```sh\n([^\n]+)\n```\n", README)
    steps = command.split(" && ")
    assert steps[0] == "python3 -m venv .venv"
    assert steps[1].startswith(".venv/bin/python -m pip install ")
    assert all(step.startswith(".venv/bin/python ") for step in steps[1:])
    scripts = re.findall(r"\S+\.py", command)
    assert scripts == (["examples/deck/theano_example_2.py"] if name == "example" else [])
    assert all((ROOT / script).is_file() for script in scripts)


def test_links() -> None:
    links = re.findall(r"\]\(([^)#]+)", README)
    assert links
    missing = [link for link in links if not link.startswith("https://") and not (ROOT / link).exists()]
    assert missing == []
