"""Programs as `python -m symgraph run` starts them, without the start of symgraph itself, which takes longer than most of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from symgraph import launch


def python(where: Path, *words: str, given: str = "text\n") -> subprocess.CompletedProcess[str]:
    """What python itself makes of these words."""
    return subprocess.run([sys.executable, *words], cwd=where, input=given, capture_output=True, text=True, check=False)


def start(where: Path, *words: str, given: str = "text\n", **variables: str) -> subprocess.CompletedProcess[str]:
    """What `python -m symgraph run` makes of them."""
    made: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(where)
        patch.setattr(launch, "_options_of_python", list)
        patch.setattr(os, "execve", lambda *args: made.extend(args))
        assert launch.main(["run", *words]) is None
    return subprocess.run(made[1], cwd=where, input=given, capture_output=True, text=True, check=False, env=made[2] | variables)
