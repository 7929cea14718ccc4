"""Derivatives of loops in segments: the numbers are those without, the memory is not."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import Rop, function, grad, scan, until
from symgraph.gradient.snapshots import Sweep
from symgraph.loops.checkpoints import checked_checkpoint

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

rng = np.random.default_rng(3)
X, W, H = rng.normal(size=(11, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)


def gradients(checkpoint: Any, linker: str, backwards: bool = False, steps: Any = None, truncate: int = -1, ends: bool = False) -> Any:
    x, w, h = T.dmatrix("x"), T.dmatrix("w"), T.dvector("h")

    def step(t: Any, later: Any, now: Any, h: Any, before: Any) -> Any:
        new = T.tanh(now + later * 0.3 + T.dot(h, w) - before * 0.1 * t.astype("float64"))
        return (new, until(new.sum() > 1.9)) if ends else new

    out, _ = scan(step, sequences=[T.arange(11), {"input": x, "taps": [1, 0]}], outputs_info={"initial": T.stack([h, h * 2]), "taps": [-1, -2]},
                  go_backwards=backwards, checkpoint=checkpoint, n_steps=steps, truncate_gradient=truncate)
    cost = (out**2).sum() + T.exp(out[-1]).sum()
    return function([x, w, h], [cost, *grad(cost, [x, w, h])], mode=symgraph.Mode(linker))(X, W, H)


@pytest.mark.parametrize(("linker", "backwards", "checkpoint"), [
    *[("py", backwards, kind) for backwards in (False, True) for kind in (1, 4, 11, 50, "sqrt", "root 3", (5, 2), "log", "1 kB")],
    ("llvm", False, (5, 2)), ("llvm", True, "sqrt"), ("llvm", False, "log"), ("llvm", True, "1 kB")], ids=str)
def test_gradients_are_those_without(checkpoint: Any, linker: str, backwards: bool) -> None:
    for a, b in zip(gradients(checkpoint, linker, backwards), gradients(None, "py", backwards), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_truncated_gradients_with_checkpoints(backwards: bool, ends: bool) -> None:
    for truncate, checkpoint in ((0, "sqrt"), (5, "log"), (20, 2)):
        results = [gradients(kind, "py", backwards, truncate=truncate, ends=ends) for kind in (checkpoint, None)]
        for a, b in zip(*results, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


def test_truncated_gradients_with_checkpoints_in_native_code() -> None:
    for a, b in zip(*[gradients(kind, linker, truncate=6) for kind, linker in (("sqrt", "llvm"), (None, "py"))], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("linker", "checkpoint"), [
    ("llvm", "sqrt"), ("c", "sqrt"), ("py", "sqrt"), ("llvm", "log"), ("c", "log"), ("llvm", "250 B"),
])
def test_every_number_of_steps(linker: str, checkpoint: str) -> None:
    a, k = T.dvector("a"), T.lscalar("k")
    out, _ = scan(lambda prior, a: prior * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k, checkpoint=checkpoint)
    f = function([a, k], grad(out.sum(), a), mode=symgraph.Mode(linker))
    values = np.array([0.5, 1.0, 1.5])
    for steps in (0, 1, 2, 3, 4, 5, 9, 16, 17, 70):
        t = np.arange(1, steps + 1)[:, None]
        np.testing.assert_allclose(f(values, steps), (t * values ** (t - 1)).sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize(("linker", "checkpoint"), [("py", 3), ("py", "root 3"), ("llvm", "sqrt"), ("llvm", "log"), ("py", "1 kB")])
def test_loops_that_end_by_a_condition(checkpoint: Any, linker: str) -> None:
    x, r = T.dvector("x"), T.dscalar("r")

    def build(checkpoint: Any) -> Any:
        return scan(lambda h: (T.sin(h) + h * r, until((h * r).sum() > 40)), outputs_info=x, n_steps=500, checkpoint=checkpoint)[0]

    results = [function([x, r], grad((out * out[-1]).sum(), [x, r]), mode=symgraph.Mode(linker))([0.3, 0.9], 1.3)
               for out in (build(checkpoint), build(None))]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11)


def test_second_order_forward_mode_and_a_loop_in_a_loop() -> None:
    w, h = T.dvector("w"), T.dvector("h")

    def build(checkpoint: Any) -> Any:
        def step(h: Any) -> Any:
            return scan(lambda s: T.tanh(s * w) + 0.1, outputs_info=h, n_steps=5, checkpoint=checkpoint)[0][-1] * h

        return scan(step, outputs_info=h, n_steps=6, checkpoint=checkpoint)[0]

    results = []
    for out in (build("sqrt"), build("log"), build(None)):
        first = grad((out**2).sum(), [w, h])
        f = function([w, h], [*first, grad((first[0] * T.sin(h)).sum(), w), Rop(out, w, h)], mode=symgraph.Mode("py"))
        results.append(f([0.9, 1.3], [0.5, 0.7]))
    for a, b, c in zip(*results, strict=True):
        np.testing.assert_allclose(a, c, rtol=1e-9)
        np.testing.assert_allclose(b, c, rtol=1e-9)


def test_scan_checkpoints_computes_its_chunks_again() -> None:
    x, h = T.dvector("x"), T.dscalar("h")
    kept, _ = symgraph.scan_checkpoints(lambda x, h: T.tanh(h + x), sequences=x, outputs_info=h, save_every_N=4)
    out, _ = scan(lambda x, h: T.tanh(h + x), sequences=x, outputs_info=h)
    assert kept.owner.op.recompute
    a, b = (function([x, h], grad(last**2, [x, h]))(X[:10, 0], 0.3) for last in (kept[-1], out[-1]))
    for p, q in zip(a, b, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12)


@pytest.mark.parametrize(("given", "error", "says"), [
    (0, ValueError, "at least one step"), (-3, ValueError, "at least one step"), (2.5, TypeError, "must be a number of steps"),
    (True, TypeError, "must be a number of steps"), ("often", ValueError, "'sqrt'.*'often'"), ("root 1", ValueError, "'root 1'"),
    ((3, 3), ValueError, "become shorter"), ((), ValueError, "become shorter"), ((9, "sqrt"), TypeError, "must be a number of steps"),
    ("64 XB", ValueError, "bytes as in '64 MB'"),
], ids=str)
def test_what_is_no_checkpoint(given: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        scan(lambda h: h * 2, outputs_info=T.ones(()), n_steps=4, checkpoint=given)
    assert checked_checkpoint(checked_checkpoint("root 3")) is not None  # what has been checked may be given again


@pytest.mark.parametrize("linker", ("llvm", "c", "py"))
def test_a_limit_in_bytes(linker: str) -> None:
    w, h, n = T.dmatrix("w"), T.dvector("h"), T.lscalar("n")

    def gradient(checkpoint: Any) -> Any:
        out, _ = scan(lambda h: T.tanh(T.dot(h, w)), outputs_info=h, n_steps=n, checkpoint=checkpoint)
        return function([w, h, n], grad(out[-1].sum(), [w, h]), mode=symgraph.Mode(linker))

    limited, free = gradient("2 kB"), gradient(None)
    for steps in (1, 7, 40, 300):  # a step needs 24 bytes for the state, at most 144 in all: from 40 steps on no two roots of states fit
        for a, b in zip(limited(W, H, steps), free(W, H, steps), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)
    tight = gradient("100 B")
    with pytest.raises(MemoryError, match=r"gradient of a loop needs \d+ bytes .* limit is 100"):
        tight(W, H, 500)
    assert all(x.shape == y.shape for x, y in zip(limited(W, H, 3), (W, H), strict=True))


def test_what_checkpoints_that_move_are_not_for() -> None:
    """States and gradients that are no arrays."""
    w, h = T.dvector("w"), symgraph.sparse.csr_dmatrix("h")
    out, _ = scan(lambda s: T.tanh(symgraph.sparse.dot(h, s)), outputs_info=w, n_steps=4, checkpoint="log")
    with pytest.raises(ValueError, match="must be arrays where checkpoints are 'log' or in bytes"):
        grad(out.sum(), h)


def test_discrete_states_and_inputs_without_influence() -> None:
    x, h, i, n = T.dvector("x"), T.dscalar("h"), T.lscalar("i"), T.lscalar("n")

    def slopes(checkpoint: Any) -> list[Any]:
        (out, _), _ = scan(lambda a, s, k: [T.tanh(a * s) + 0.1 * k, k + 1], x, [h, i], n_steps=n, checkpoint=checkpoint)
        cost = (out[-1] ** 2) + out[::2].sum()
        return function([x, h, i, n], grad(cost, [x, h, i]), mode=symgraph.Mode("py"))(X[:, 0], 0.4, 2, 9)

    for a, b in zip(slopes("log"), slopes(None), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_numbers_of_states_that_bound_the_runs() -> None:
    """A block is run r times at most where binomial(s + r + 1, s + 1) exceeds the number of blocks, of s places beside two."""
    found = []
    for blocks, places in ((10, 2), (30, 4), (100, 6)):
        wanted = next(r for r in range(1, blocks + 1) if math.comb(places - 2 + r + 1, places - 1) >= blocks)
        found.append((most_runs(blocks, places), wanted))
    assert all(most <= wanted for most, wanted in found), found


def most_runs(blocks: int, places: int) -> int:
    """How often the block that is run most often is run to get at the states."""
    x, b, at = T.lvector("x"), T.lscalar("b"), T.lscalar("at")
    chosen = function([at, b, x], Sweep.next_kept(at, b, x[0]), mode=symgraph.Mode("py"))
    runs, kept = np.zeros(blocks, int), [0]
    for wanted in range(blocks - 1, -1, -1):
        now, following = kept[-1], -1
        for block in range(kept[-1], wanted):
            runs[block] += 1
            if block in (now, following):
                if block == following:
                    kept.append(block)
                following = int(chosen(block, wanted, [places - 2 - (len(kept) - 1)]))
        assert len(kept) + (kept[-1] != wanted) <= places
        if kept[-1] == wanted:
            kept.pop()
    return int(runs.max())


MEMORY = """
import numpy as np
import symgraph.tensor as T
from symgraph import function, grad, scan

def peak():  # of this process alone; what `resource` tells starts at that of the process that started it
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))

w, h, n = T.dvector("w"), T.dvector("h"), T.lscalar("n")
out, _ = scan(lambda h: T.tanh(h * w), outputs_info=h, n_steps=n, checkpoint={checkpoint!r})
f = function([w, h, n], grad(out[-1].sum(), [w, h]))
values = np.full(8000, 0.9), np.full(8000, 0.5)
f(*values, 4)
before = peak()
f(*values, {steps})
print((peak() - before) * 1024 / (8 * 8000))
"""


def rows_taken(checkpoint: Any, steps: int) -> float:
    program = MEMORY.format(checkpoint=checkpoint, steps=steps)
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory as Linux tells it")
def test_memory_is_that_of_two_roots() -> None:
    assert rows_taken(None, 3600) > 1000  # what compiling took and gave back is used again
    assert rows_taken("sqrt", 3600) < 2.5 * 60
    assert rows_taken("log", 3600) < 4 * 12
    assert rows_taken("2560 kB", 3600) < 40
