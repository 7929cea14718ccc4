"""Makes the peers' virtual environments: `python -m benchmarks.peers [FOLDER] [--only theano,jax]`.

FOLDER defaults to $SYMGRAPH_BENCHMARK_PEERS, else ~/.cache/symgraph-benchmarks. It gets one environment a peer and
`peers.json`, which says where each interpreter is; sides.py reads that file. A peer that cannot be installed is
left out, with the reason printed.

Theano 1.0.5 needs Python 3.7 with its headers (pyenv, uv or conda have it) and a C++ compiler; the newest PyTensor,
JAX, numba and torch take any Python of the last years.
"""

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = {
    "theano": ["numpy<1.22", "scipy<1.8", "Theano==1.0.5", "scikit-learn==1.0.2"],  # the last for the programs
    "pytensor": ["pytensor>=3", "numba"],
    "jax": ["jax"],
    "numba": ["numba"],
    "torch": ["torch==2.13.0", "numpy"],
}
FOLDER = Path(os.environ.get("SYMGRAPH_BENCHMARK_PEERS", Path.home() / ".cache" / "symgraph-benchmarks"))


def find_python(version: str) -> str | None:
    """The interpreter of `version` ("3.7") on the path, under pyenv or under uv; None if there is none."""
    found = shutil.which(f"python{version}")
    roots = [os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")) + "/versions/" + version + ".*"]
    roots.append(str(Path.home() / f".local/share/uv/python/cpython-{version}.*"))
    candidates = [found] if found else []
    candidates += [
        f"{folder}/bin/python{version}" for root in roots for folder in sorted(glob.glob(root), reverse=True)
    ]
    # A shim of pyenv stands on the path even where the version is not chosen: only one that starts counts.
    for candidate in candidates:
        if os.path.exists(candidate) and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    return None


def make(folder: Path, python: str, requirements: list[str]) -> str:
    """Make or complete the environment in `folder`; gives its interpreter. Raises CalledProcessError when pip fails."""
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
    command = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    subprocess.run(command, check=True)
    return str(interpreter)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the peers' virtual environments.")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--only", help="comma-separated peers out of " + ", ".join(REQUIREMENTS))
    parser.add_argument("--python", default=sys.executable, help="interpreter for all peers but Theano")
    parser.add_argument("--theano-python", default=find_python("3.7"), help="interpreter of Python 3.7")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",") if arguments.only else list(REQUIREMENTS)
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "peers.json"
    interpreters = json.loads(listing.read_text()) if listing.exists() else {}
    for peer in wanted:
        python = arguments.theano_python if peer == "theano" else arguments.python
        if python is None:
            print("theano: no Python 3.7 found; name one with --theano-python")
            continue
        try:
            interpreters[peer] = make(folder / peer, python, REQUIREMENTS[peer])
            print(f"{peer}: ready")
        except subprocess.CalledProcessError as failure:
            print(f"{peer}: left out, {failure}")
        listing.write_text(json.dumps(interpreters, indent=1) + "\n")
    missing = [peer for peer in wanted if peer not in interpreters]
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
