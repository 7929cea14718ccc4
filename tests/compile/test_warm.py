"""Warm starts: a second process compiles nothing; and what must not be taken for the same is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import Mode, function, shared
from symgraph.compile import early, native
from symgraph.compile.named import resolve
from symgraph.compile.signature import make_signature
from symgraph.expr.op import Apply, Op

ROOT = Path(__file__).parents[2]

# Each program defines and calls a function; the answer is printed first, then what of the compiler was loaded.
PROGRAMS = {
    "add": "x, y = T.dscalars('x', 'y')\nprint(symgraph.function([x, y], x + y)(2, 3))",
    "regression": "x, y = T.dvector('x'), T.dscalar('y')\nw = symgraph.shared(0.5, name='w')\n"
                  "f = symgraph.function([x], T.mean((w * x - 1) ** 2), updates=[(w, w - 0.1 * T.grad(T.mean((w * x - 1) ** 2), w))])\n"
                  "print(f([1.0, 2.0]), w.get_value())",
    "scan": "A, k = T.dvector('A'), T.iscalar('k')\n"
            "r, u = symgraph.scan(lambda p, A: p * A, outputs_info=T.ones_like(A), non_sequences=A, n_steps=k)\n"
            "print(symgraph.function([A, k], r[-1], updates=u)([1.0, 2.0], 3))",
    "failure": "x = T.dvector('x')\nf = symgraph.function([x], x[3] * 2)\n"
               "try: f([1.0])\nexcept IndexError as e: print(str(e).splitlines()[:2], e.line.line)",
    "products": "m = T.dmatrix('m')\nprint(symgraph.function([m], T.dot(m, m.T).sum())([[1.0, 2.0], [3.0, 4.0]]))",
    "scipy": "x = T.dvector('x')\nprint(symgraph.function([x], T.betainc(x, 2.0, 0.5))([1.0, 2.0]))",
    "callback": "import numpy as np\nfrom symgraph.ops.python import FromFunctionOp\nx = T.dvector('x')\n"
                "back = symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])(lambda v: v[::-1].copy())\n"
                "print(symgraph.function([x], back(x) * 2)([1.0, 2.0]))",
}
COMPILER = ("networkx", "llvmlite.binding", "codegen.stations", "symgraph.passes.pipeline", "symgraph.graph.graph")
LOADED = f"import sys\nprint('loaded:', *[name for name in {COMPILER} if name in sys.modules])"


def run(program: str, cache: Path, flags: str = "") -> tuple[str, str]:
    """(answer, what was loaded) of a fresh process that keeps its compiled code in `cache`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SYMGRAPH_FLAGS": f"base_compiledir={cache},{flags}"}
    text = f"import symgraph\nimport symgraph.tensor as T\n{program}\n{LOADED}"
    ran = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr, ran.stderr
    answer, loaded = ran.stdout.rstrip("\n").split("\nloaded:")
    return answer, loaded


@pytest.mark.parametrize(("name", "linker"), [*((name, "llvm") for name in PROGRAMS if name != "callback"), ("scan", "c"), ("failure", "c")])
def test_a_second_process_compiles_nothing(name: str, linker: str, tmp_path: Path) -> None:
    cold, loaded = run(PROGRAMS[name], tmp_path, f"linker={linker}")
    assert "networkx" in loaded and "symgraph.passes.pipeline" in loaded
    before = sorted(p.name for p in tmp_path.rglob("*") if p.is_file())
    warm, loaded = run(PROGRAMS[name], tmp_path, f"linker={linker}")
    assert warm == cold
    assert not {"networkx", "codegen.stations", "symgraph.passes.pipeline", "symgraph.graph.graph"} & set(loaded.split()), loaded
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == before  # nothing new was kept
    if sys.platform == "linux" and os.uname().machine == "x86_64":
        assert "llvmlite.binding" not in loaded


def test_an_op_from_outside_takes_the_long_way_and_still_works(tmp_path: Path) -> None:
    cold, _ = run(PROGRAMS["callback"], tmp_path)
    warm, _ = run(PROGRAMS["callback"], tmp_path)
    assert cold == warm == "[4. 2.]"


def test_a_change_in_the_program_is_not_taken_for_the_same(tmp_path: Path) -> None:
    one = "x = T.dvector('x')\nprint(symgraph.function([x], x * 2.5)([1.0]))"
    assert run(one, tmp_path)[0] == "[2.5]"
    answer, loaded = run(one.replace("2.5", "3.5"), tmp_path)
    assert answer == "[3.5]" and "networkx" in loaded
    assert run(one.replace("x * 2.5", "x - 2.5"), tmp_path)[0] == "[-1.5]"


# The key itself -------------------------------------------------------------------------------------------------------
def key_of(inputs: Any, outputs: Any, mode: Any = None, **options: Any) -> str | None:
    signature = make_signature(inputs, outputs, **options)
    chosen = resolve(mode)
    return early.early_key(signature, chosen, early.written_order(signature), native.version(chosen.linker))


def simple(power: Any = 2, dtype: str = "float64", shape: Any = (None, None), axis: Any = 0, constant: Any = None) -> str | None:
    x = T.tensor(dtype, shape=shape, name="x")
    y = (x**power).sum(axis=axis)
    return key_of([x], y if constant is None else y + constant)


def test_the_same_expression_has_the_same_key() -> None:
    assert simple() == simple() and simple() is not None
    x, y = T.dvectors("x", "y")
    a, b = T.dvectors("other", "names")
    assert key_of([x, y], x - y) == key_of([a, b], a - b)
    assert key_of([x, y], x - y) != key_of([x, y], y - x)
    assert key_of([x, y], x - y) != key_of([y, x], x - y)


DIFFERENT = {
    "exponent": simple(power=3),
    "dtype of exponent": simple(power=np.int64(2)),
    "dtype": simple(dtype="float32"),
    "broadcasting": simple(shape=(None, 1)),
    "size": simple(shape=(None, 7)),
    "parameter of an op": simple(axis=1),
    "constant": simple(constant=np.arange(3.0)),
    "element of a constant": simple(constant=np.array([0.0, 1.0, 2.5])),
    "NaN": simple(constant=float("nan")),
    "zero": simple(constant=0.0),
    "minus zero": simple(constant=-0.0),
    "large constant": simple(constant=np.arange(10_000.0)),
    "large constant's last element": simple(constant=np.append(np.arange(9_999.0), 0.0)),
}


def test_a_change_of_anything_changes_the_key() -> None:
    keys = [simple(), *DIFFERENT.values()]
    assert None not in keys and len(set(keys)) == len(keys)


def test_a_constant_behind_a_huge_array_is_told_apart_by_its_bytes() -> None:
    one, two = np.zeros(100_000), np.zeros(100_000)
    two[50_000] = 1e-300
    assert simple(constant=one[None]) != simple(constant=two[None])


MODES = [Mode(linker="c"), Mode(optimizer="fast_compile"), Mode(optimizer=None), Mode().excluding("fold"), Mode().including("gemm")]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_modes_have_keys_of_their_own(mode: Mode) -> None:
    x = T.dvector("x")
    assert key_of([x], x * 2) != key_of([x], x * 2, mode=mode)


@pytest.mark.parametrize("flag", [{"tensor.local_elemwise_fusion": False}, {"fusion_budget": 12}], ids=lambda flag: next(iter(flag)))
def test_settings_that_change_code_change_the_key(flag: dict[str, Any]) -> None:
    x = T.dvector("x")
    y = x * 2
    before = key_of([x], y)
    with symgraph.config.change_flags(flag):
        assert key_of([x], y) != before
    with symgraph.config.change_flags(exception_verbosity="high"):  # these do not
        assert key_of([x], y) == before
    assert key_of([x], y) == before


def test_forms_and_updates_have_keys_of_their_own() -> None:
    x, y = T.dvectors("x", "y")
    w, v = shared(np.zeros(2), name="w"), shared(np.zeros(2), name="v")
    z = x + w + v
    keys = [key_of([x], z), key_of([x], [z]), key_of([x], [z, z]), key_of([x], {"a": z})]
    keys += [key_of([x], z, updates=[(w, x)]), key_of([x], z, updates=[(v, x)]), key_of([x, y], z, on_unused_input="ignore")]
    assert None not in keys and len(set(keys)) == len(keys)


def test_bodies_of_loops_are_in_the_key() -> None:
    def of(body: Any, steps: int = 3, **options: Any) -> str | None:
        x = T.dvector("x")
        return key_of([x], symgraph.scan(body, outputs_info=T.ones_like(x), non_sequences=x, n_steps=steps, **options)[0])

    times = lambda p, x: p * x
    assert of(times) == of(times) is not None
    assert len({of(times), of(lambda p, x: p + x), of(lambda p, x: p * x * 2.5), of(lambda p, x: p * x * 3.5), of(times, 4)}) == 5


class Twice(Op):
    """An op from outside symgraph."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        output_storage[0][0] = inputs[0] * 2


def test_an_op_from_outside_has_no_early_key() -> None:
    x = T.dvector("x")
    assert key_of([x], Twice()(x) + 1) is None
    assert key_of([x], symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])(lambda v: v)(x)) is None
    inside = symgraph.scan(lambda row: Twice()(row), sequences=T.dmatrix("m"))[0]
    assert key_of([inside.owner.inputs[1]], inside) is None
    assert function([x], Twice()(x) + 1)([1.0]).tolist() == [3.0]


def test_versions_are_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    x = T.dvector("x")
    before = key_of([x], x * 2)
    monkeypatch.setattr(native, "version", lambda target: "another")
    assert key_of([x], x * 2) != before


def test_a_function_that_was_compiled_before_in_this_process_runs_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> Any:
        x = T.dvector("x")
        return function([x], T.tanh(x) * 1.2345678)

    first = build()([1.0, 2.0])
    import symgraph.compile.optimised as optimised

    monkeypatch.setattr(optimised, "optimise", lambda *args: pytest.fail("a pass ran"))
    assert np.array_equal(build()([1.0, 2.0]), first)
