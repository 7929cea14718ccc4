"""What every test may count on: no settings of the user, a disk cache of its own, failing rules that raise, one size for long tests,
one thread of BLAS: with a worker of pytest on each core a second one waits for its turn and keeps the others waiting (a step of a network
that takes 4 ms by one thread took 96 ms).

A test that takes more than a few seconds is marked `slow` and takes its size from the fixture `full`, which is False
unless pytest was given --full: so every test runs everywhere, the long ones on less.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

# Read when symgraph is imported, so they are set before that, here; a worker of pytest-xdist inherits them.
for variable in ("SYMGRAPHRC", "THEANORC"):
    os.environ[variable] = ""
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if "PYTEST_XDIST_WORKER" not in os.environ:
    cache = tempfile.mkdtemp(prefix="symgraph-tests-")
    os.environ["THEANO_FLAGS"] = ""
    os.environ["SYMGRAPH_FLAGS"] = f"base_compiledir={cache},on_opt_error=raise"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run long tests in full size")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Workers of pytest-xdist take long rows of tests, and what is left from each other: what a file computes once is computed once."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"


def pytest_unconfigure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(cache, ignore_errors=True)


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether long tests run in full size."""
    return bool(request.config.getoption("--full"))


@pytest.fixture
def quick() -> Iterator[None]:
    """Functions are compiled in a fraction of the time: see tests/quick.py for what that leaves out."""
    from tests.quick import quick_code  # it imports symgraph, after the settings above

    with quick_code():
        yield
