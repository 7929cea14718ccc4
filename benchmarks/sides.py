"""Who takes part: symgraph on each linker, and the peers. One row a side; add a peer here and a file in programs/."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import FOLDER

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(__file__).resolve().parent / "programs"


@dataclass(frozen=True)
class Side:
    """`programs` is a module in programs/; `peer` an environment of peers.json, or "" for the running interpreter;
    in `settings` the word CACHE stands for the folder that the side may cache in."""

    name: str
    programs: str
    peer: str
    package: str
    settings: tuple[tuple[str, str], ...] = ()
    # Theano and PyTensor walk graphs by recursion; JAX traces by it.
    recursive: bool = False

    def interpreter(self) -> str | None:
        """Path of the interpreter, None if the peer is not installed."""
        if not self.peer:
            return sys.executable
        listing = FOLDER / "peers.json"
        found = json.loads(listing.read_text()).get(self.peer) if listing.exists() else None
        return found if found and os.path.exists(found) else None

    def environment(self, cache: str) -> dict[str, str]:
        """The process's environment: nobody's own settings, only those of the row."""
        words = ("PYTHON", "THEANO", "PYTENSOR", "SYMGRAPH", "JAX", "XLA", "NUMBA")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(words)}
        kept.update({name: value.replace("CACHE", cache) for name, value in self.settings})
        return kept


def symgraph_side(name: str, *flags: str) -> Side:
    settings = (
        ("SYMGRAPH_FLAGS", ",".join(["base_compiledir=CACHE", "device=cpu", *flags])),
        ("PYTHONPATH", str(ROOT)),
    )
    return Side(name, "symgraph_programs", "", "symgraph", settings)


def pytensor_side(name: str, linker: str) -> Side:
    settings = (
        ("PYTENSOR_FLAGS", f"base_compiledir=CACHE,linker={linker}"),
        ("NUMBA_CACHE_DIR", "CACHE"),
        ("PYTHONWARNINGS", "ignore"),
    )
    return Side(name, "pytensor_programs", "pytensor", "pytensor", settings, recursive=True)


JAX_SETTINGS = (
    ("JAX_ENABLE_X64", "1"),
    ("JAX_PLATFORMS", "cpu"),
    ("JAX_COMPILATION_CACHE_DIR", "CACHE"),
    # Without these two JAX keeps only what took a second or more to compile.
    ("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0"),
    ("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0"),
)

SIDES = [
    symgraph_side("symgraph"),
    symgraph_side("symgraph, C", "linker=c"),
    Side(
        "Theano",
        "theano_programs",
        "theano",
        "theano",
        (("THEANO_FLAGS", "base_compiledir=CACHE,cxx=g++,device=cpu,floatX=float64"), ("THEANORC", os.devnull)),
        recursive=True,
    ),
    pytensor_side("PyTensor, numba", "numba"),
    pytensor_side("PyTensor, C", "cvm"),
    Side("JAX", "jax_programs", "jax", "jax", JAX_SETTINGS, recursive=True),
    Side("numba", "numba_programs", "numba", "numba"),
    Side("torch", "torch_programs", "torch", "torch"),
    Side("numpy", "numpy_programs", "", "numpy"),
    Side("C", "c_programs", "", "numpy"),
    Side("C, reused buffer", "c_programs", "", "numpy", (("REUSED", "1"),)),
]

MEMORY = Side("memory", "memory_programs", "", "symgraph", symgraph_side("symgraph").settings)  # of reductions alone
SCIPY = Side("scipy", "scipy_programs", "", "scipy")  # of linear algebra alone


def named(*names: str) -> list[Side]:
    """The sides of these names, in the order of SIDES."""
    return [side for side in SIDES if side.name in names]


def commit() -> str:
    """The commit that is measured, with a + when the working tree differs from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    found = subprocess.run(command, capture_output=True, text=True)
    return found.stdout.strip() or "unknown"
