"""Keras 2.0.9, Keras 1.2.2 and Lasagne 0.1 as the package index has them, by `python -m symgraph run --old-world`: what their programs
come to under the real Theano 1.0.5 (`recorded.json`, made by `record_frameworks.py`).

Each framework is installed into a folder of pytest's cache, once; without a package index there is nothing to test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECORDED = json.loads((HERE / "recorded.json").read_text())
BESIDE = {"h5py": "h5py>=3.8", "yaml": "pyyaml>=6", "six": "six>=1.16"}  # as the extra [frameworks]

# module of programs -> the package, how near its numbers come, and the programs that run without --full
FRAMEWORKS = {
    "keras_two": ("Keras==2.0.9", 2e-5, ["mlp", "convnet", "lstm", "autoencoder", "written"]),
    "keras_one": ("Keras==1.2.2", 1e-7, ["mlp"]),
    "lasagne_one": ("Lasagne==0.1", 1e-7, ["mlp"]),
}


def installed(package: str, cache: Path) -> Path:
    """The folder that holds the package and what it needs, installed if it is not there; skips where no index is reached."""
    folder = cache / package.replace("==", "-")
    if not folder.exists():
        made = folder.with_name(f"{folder.name}.{os.getpid()}")
        wanted = [package, *(one for module, one in BESIDE.items() if find_spec(module) is None)]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--no-deps", "--target"]
        done = subprocess.run([*command, str(made), *wanted], capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(made, ignore_errors=True)
            unreached = "from versions: none" in done.stderr or "connection" in done.stderr.lower()
            (pytest.skip if unreached else pytest.fail)(f"{package} was not installed, by pip: {done.stderr[-500:]}")
        try:
            made.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(made)
    return folder


def differences(wanted: Any, got: Any, tolerance: float) -> str:
    """How what a program came to differs from what was recorded; empty if it does not."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict) or set(wanted) != set(got):
            return f"{got} instead of {wanted}"
        return "; ".join(f"{name}: {words}" for name in wanted if (words := differences(wanted[name], got[name], tolerance)))
    a, b = np.asarray(wanted), np.asarray(got)
    if a.shape != b.shape:
        return f"shape {b.shape} instead of {a.shape}"
    if a.dtype.kind not in "biuf":
        return "" if wanted == got else f"{got} instead of {wanted}"
    worst = float(np.max(np.abs(a * 1.0 - b) / (1 + np.abs(a)), initial=0))
    return "" if worst <= tolerance else f"{worst:.2g} apart: {got} instead of {wanted}"


@pytest.mark.slow
@pytest.mark.frameworks
@pytest.mark.parametrize("module", FRAMEWORKS)
def test_programs_come_to_what_theano_gave(module: str, full: bool, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    package, tolerance, short = FRAMEWORKS[module]
    folder = installed(package, request.config.cache.mkdir("frameworks"))  # type: ignore[union-attr]
    names = sorted(RECORDED[module]) if full else short
    path = tmp_path / "found.json"
    command = [sys.executable, "-m", "symgraph", "run", "--old-world", str(HERE / "session.py"), module, str(path), *names]
    before = os.environ.get("PYTHONPATH")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT), *([before] if before else [])])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(path.read_text())
    assert sorted(found) == sorted(names)
    failed = {name: result["error"] for name, result in found.items() if "error" in result}
    assert not failed, "\n".join(f"{name}: {error}" for name, error in failed.items())
    wrong = {name: words for name, result in found.items() if (words := differences(RECORDED[module][name], result["value"], tolerance))}
    assert not wrong, "\n".join(f"{name}: {words}" for name, words in wrong.items())
