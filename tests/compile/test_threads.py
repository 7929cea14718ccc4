"""Loops on several threads: the same bits for every number of them, failures and signals as on one, and a pool that is in nobody's way.

Here every loop that can be split is, however little work it is: `LEAST` is 0 as code is made and `openmp_elemwise_minsize` as it runs.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from codegen.opt import threads as splitting
from codegen.runtime.threads import NEVER, POOL, pool
from symgraph import config, function, scan, shared
from symgraph.random import RandomStreams
from tests.random_graphs.build import program
from tests.random_graphs.judge import check

pytestmark = pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "register_at_fork"), reason="no threads of POSIX")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNTS = (1, 2, 3, 7)


def place(name: str) -> Any:
    return ctypes.c_int64.from_address(pool() + POOL[name])


def field(name: str) -> int:
    return int(place(name).value)


@pytest.fixture(autouse=True)
def all_loops(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    monkeypatch.setattr(splitting, "LEAST", 0)
    with config.change_flags(compiledir=str(tmp_path), openmp_elemwise_minsize=0, threads=2):
        yield


def same_on_all(call: Callable[[], Any]) -> Any:
    """What `call` gives, after looking that it is the same to the bit for each number of threads, with the one that calls and without."""
    found = []
    for count in (*COUNTS, *COUNTS[1:]):
        with config.change_flags(threads=count):
            place("polite").value = len(found) >= len(COUNTS)
            try:
                results = call()
            finally:
                place("polite").value = 0
            found.append([np.asarray(x).copy() for x in (results if isinstance(results, list) else [results])])
    for others in found[1:]:
        for a, c in zip(found[0], others):
            assert a.shape == c.shape and a.tobytes() == c.tobytes()
    return found[0]


x, y, m = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
fm, images, filters = T.fmatrix("fm"), T.ftensor4("images"), T.ftensor4("filters")
one_image = T.TensorType("float32", shape=(1, 3, 9, 8))("one_image")
rng = np.random.default_rng(4)
SQUARE = rng.normal(size=(37, 29))
IMAGES, FILTERS = rng.normal(size=(5, 3, 9, 8)).astype("float32"), rng.normal(size=(4, 3, 3, 3)).astype("float32")
QUERIES = rng.normal(size=(3, 70, 8))
q = T.dtensor3("q")


def streams() -> Any:
    s = RandomStreams(5)
    return [s.normal((1000,)), s.uniform((33, 31), dtype="float32"), s.gamma((700,), 2.5), s.gamma((41, 29), m[0] ** 2 + 1),
            s.integers((900,), 0, 10), s.poisson((300,), 3.0)]


CASES: dict[str, tuple[list[Any], Callable[[], Any], list[Any]]] = {
    "elementwise": ([m], lambda: T.exp(m) + T.tanh(m) * 2, [SQUARE]),
    "float32": ([fm], lambda: T.sin(fm) / (fm**2 + 1), [SQUARE.astype("float32")]),
    "broadcast": ([m, x, y], lambda: (m * x + y.dimshuffle(0, "x")) > 0, [SQUARE, SQUARE[0].copy(), SQUARE[:, 0].copy()]),
    "rows": ([m], lambda: [m.sum(axis=1), m.max(axis=1), m.argmax(axis=1), m.var(axis=1)], [SQUARE]),
    "columns": ([m], lambda: [m.sum(axis=0), m.mean(), m.T.sum(axis=1)], [SQUARE]),
    "softmax": ([m], lambda: [T.special.softmax(m, axis=1), symgraph.grad((T.nnet.softmax(m) ** 2).sum(), m)], [SQUARE]),
    "sorts": ([m], lambda: [T.sort(m, axis=1), T.argsort(m, axis=0), T.cumsum(m, axis=1)], [SQUARE]),
    "lookups": ([m, x], lambda: [m[T.cast(x, "int64")], m[:, ::-1], T.concatenate([m, m * 2], axis=0)], [SQUARE, np.arange(36.0)]),
    "draws": ([m], streams, [SQUARE]),
    "convolution": ([images, filters], lambda: [
        (z := T.nnet.conv2d(images, filters)), *symgraph.grad((z**2).sum(), [images, filters]),
        T.signal.pool.pool_2d(images, (2, 2), ignore_border=True),
    ], [IMAGES, FILTERS]),
    # Its loop over images is none: what each thread has for itself is worked on outside of loops in parts, too.
    "convolution of one image": ([one_image, filters], lambda: symgraph.grad((T.nnet.conv2d(one_image, filters, border_mode=1) ** 2).sum(),
                                                                           [one_image, filters]), [IMAGES[:1].copy(), FILTERS]),
    "attention": ([q], lambda: [
        (a := T.nnet.attention(q, q * 2, q + 1, causal=True)), symgraph.grad((a**2).sum(), q)], [QUERIES]),
    "layer norm": ([m, x, y], lambda: [
        (z := T.nnet.layer_normalization(m, x, y)), *symgraph.grad((z**2).sum(), [m, x, y])],
        [rng.normal(size=(300, 9)), SQUARE[0, :9].copy(), SQUARE[1, :9].copy()]),
    "batch norm": ([images], lambda: [(z := T.nnet.instance_normalization(images)), symgraph.grad((z**3).sum(), images)], [IMAGES]),
    "depthwise": ([images, filters], lambda: [
        (z := T.nnet.conv2d(images, filters, num_groups=3, border_mode="half")), *symgraph.grad((z**2).sum(), [images, filters])],
        [IMAGES, FILTERS[:3, :1].copy()]),
    "complex": ([m], lambda: [T.exp(m * 1j), abs(m + 2j)], [SQUARE]),
    "small matrices": ([q], lambda: [q @ q.swapaxes(1, 2), (q.swapaxes(1, 2) @ q).sum(axis=0)], [QUERIES]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_bits(name: str) -> None:
    inputs, build, values = CASES[name]
    outputs = build()
    f = function(inputs, outputs, no_default_updates=True)
    assert "split kernel" in f.source("ir")
    found = same_on_all(lambda: f(*values))
    with config.change_flags(openmp=False):
        wanted = function(inputs, outputs, no_default_updates=True, mode=symgraph.Mode(linker="py"))(*values)
    for a, c in zip(found, wanted if isinstance(wanted, list) else [wanted]):
        np.testing.assert_allclose(a, c, rtol=1e-4, atol=1e-4)
    assert field("workers") >= 1 and not field("busy") and not field("active") and not field("seats")


@pytest.mark.parametrize("name", ["elementwise", "rows", "attention"])
def test_the_same_bits_in_c(name: str) -> None:
    inputs, build, values = CASES[name]
    f = function(inputs, build(), mode=symgraph.Mode(linker="c"))
    assert "context->split(" in f.source()
    for a, c in zip(same_on_all(lambda: f(*values)), same_on_all(lambda: function(inputs, build())(*values))):
        np.testing.assert_allclose(a, c, rtol=1e-5, atol=1e-6)


def test_sizes_around_the_borders_of_parts() -> None:
    f = function([x], [T.exp(x) * 3, (x > 0.5).astype("int8")])
    for n in (0, 1, 2, 63, 64, 65, 127, 128, 129, 192, 511, 512, 513, 1000):
        found = same_on_all(lambda n=n: f(np.linspace(0, 1, n)))
        assert found[0].shape == (n,)
    g = function([m], m.sum(axis=1))
    for shape in ((0, 3), (1, 5), (2, 0), (3, 1), (8, 2)):
        np.testing.assert_array_equal(same_on_all(lambda shape=shape: g(np.ones(shape)))[0], np.full(shape[0], float(shape[1])))


def test_the_failure_is_that_of_one_thread() -> None:
    k, w = T.lvector("k"), shared(np.zeros(3), "w")
    f = function([k], m_of_rows(k), updates=[(w, w + 1)])
    places = np.zeros(2000, "int64")
    assert len(f(places)) == 2000
    for bad in ([1999], [0], [70, 900], [640, 1500, 1900], [65, 64, 1000]):
        said = set()
        for count in COUNTS:
            for polite in (0, 1, 0, 1):
                place("polite").value = polite
                indices = places.copy()
                indices[bad] = 100 + np.arange(len(bad))
                with config.change_flags(threads=count), pytest.raises(IndexError) as error:
                    f(indices)
                place("polite").value = 0
                said.add(str(error.value).splitlines()[0])
        assert len(said) == 1, said
        assert str(100 + int(np.argmin(bad))) in said.pop()
    assert (w.get_value() == 1).all()


def m_of_rows(k: Any) -> Any:
    return T.as_tensor_variable(SQUARE)[k, 3] * 2


def test_loops_around_and_inside() -> None:
    rows, _ = scan(lambda r, s: T.tanh(r + s), sequences=m, outputs_info=T.zeros_like(m[0]))
    f = function([m], [T.exp(rows).sum(axis=1), T.exp(m) * 2])
    same_on_all(lambda: f(SQUARE))
    fixed = T.TensorType("float64", shape=(300,))("fixed")  # sizes are known: loops of the step may be split
    steps, _ = scan(lambda s: T.exp(-s) + s, outputs_info=fixed, n_steps=6)
    g = function([fixed], steps[-1])
    assert "split" in g.source("ir")
    z = np.linspace(0, 1, 300)
    (found,) = same_on_all(lambda: g(z))
    for _ in range(6):
        z = np.exp(-z) + z
    np.testing.assert_allclose(found, z, rtol=1e-12)


def test_signals_end_a_call() -> None:
    fixed = T.TensorType("float64", shape=(500,))("fixed")
    n = T.lscalar("n")
    steps, _ = scan(lambda s: T.sin(s) + 1, outputs_info=fixed, n_steps=n)
    f = function([fixed, n], steps[-1])

    def stop(*args: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        start = time.perf_counter()
        with pytest.raises(KeyboardInterrupt):
            f(np.zeros(500), 10**8)
        assert time.perf_counter() - start < 20
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert np.isfinite(f(np.zeros(500), 10)).all()


def test_many_threads_of_python() -> None:
    """One at a time has the pool, the others run alone."""
    f = function([x, y], [T.exp(x) + y, (x * y).sum()])
    values = [np.linspace(0, 1 + k, 5000) for k in range(6)]
    expected = [f(v, v + 1) for v in values]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(60):
            found = f(values[k], values[k] + 1)
            if any(a.tobytes() != c.tobytes() for a, c in zip(found, expected[k])):
                wrong.append(k)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong and not field("busy") and not field("active")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_makes_threads_of_its_own() -> None:
    f = function([x], T.exp(x))
    values = np.linspace(0, 1, 3000)
    expected = f(values)
    assert field("workers")
    child = os.fork()
    if not child:
        none = field("workers") == 0
        good = all(f(values).tobytes() == expected.tobytes() for _ in range(5))
        os._exit(0 if good and none and field("workers") else 1)
    limit = time.monotonic() + 20
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < limit:
        time.sleep(0.01)
    if done == (0, 0):
        os.kill(child, signal.SIGKILL)
    assert done == (child, 0)
    assert f(values).tobytes() == expected.tobytes()


PROGRAM = """
import os, sys, threading
import numpy as np, symgraph, symgraph.tensor as T
threads = lambda: len(os.listdir("/proc/self/task"))
x = T.dvector()
f = symgraph.function([x], T.exp(x))
before = threads()
f(np.ones(10))
made = threads() - before
f(np.ones(1000000))
print(made, threads() - before - made, symgraph.config.openmp)
if "late" in sys.argv:
    threading.Thread(target=lambda: [f(np.ones(1000000)) for _ in range(20)], daemon=True).start()
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted by Linux")
@pytest.mark.parametrize(("environ", "flags", "said"), [
    ({}, "threads=3", "0 2 True"), ({"OMP_NUM_THREADS": "2"}, "", "0 1 True"), ({"OMP_NUM_THREADS": "4"}, "threads=1", "0 0 True"),
    ({"OMP_NUM_THREADS": "4"}, "openmp=False", "0 0 False"),
])
def test_a_process(environ: dict[str, str], flags: str, said: str) -> None:
    """Threads are made as they are needed, and do not keep a process from its end."""
    flags = ",".join(filter(None, [os.environ["SYMGRAPH_FLAGS"], flags]))
    environ = {**os.environ, "PYTHONPATH": ROOT, "OPENBLAS_NUM_THREADS": "1", **environ, "SYMGRAPH_FLAGS": flags}
    ran = subprocess.run([sys.executable, "-c", PROGRAM, "late"], env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.stdout.strip(), ran.stderr, ran.returncode) == (said, "", 0)


def test_settings() -> None:
    for flags, threads, limit in (
        ({"threads": 5}, 5, 0), ({"threads": 5, "openmp_elemwise_minsize": 400000}, 5, None),
        ({"threads": 1}, 1, NEVER), ({"openmp": False}, 1, NEVER),
    ):
        with config.change_flags(flags):
            assert field("threads") == threads
            assert field("limit") == limit or limit is None and field("limit") > 500_000


def test_code_does_not_depend_on_threads() -> None:
    """Neither on how many there are, nor, without a pool, on there being any."""
    texts = set()
    for count in (1, 3):
        with config.change_flags(threads=count):
            texts.add(function([x], T.exp(x)).source("llvm"))
    assert len(texts) == 1
    text = function([x], T.exp(x), mode=symgraph.Mode(linker="c")).source("c")
    assert re.search(r"if \(context->split != NULL && .* >= context->limit\)", text)


def test_little_work_and_what_is_repeated_are_not_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    small = T.TensorType("float64", shape=(100,))("small")
    assert "split" not in function([small], T.exp(small)).source("ir")
    kernels = function([x], scan(lambda s: T.tanh(s), outputs_info=x, n_steps=5)[0][-1]).source("ir").split("\nkernel ")
    assert ["_part" in kernel for kernel in kernels if "tanh" in kernel] == [False]
    assert "split" in function([x], T.exp(x)).source("ir")


@pytest.mark.slow
def test_random_graphs(full: bool) -> None:
    with config.change_flags(threads=3):
        for seed in range(1000 if full else 15):
            g, outputs, updates = program(Random(seed))
            check(g, outputs, [("llvm", "fast_run")], updates)
