"""What the switches of modes and passes do: a small program each, and what comes of it."""

from __future__ import annotations

import builtins
import itertools
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import Apply, Mode, Op, config, function
from symgraph.compile import DebugMode, named
from symgraph.errors import BadOptimization, BadThunkOutput, InvalidValueError, NanGuardError, OptimizationError, StochasticOrder, UnusedInputError

x = T.dvector("x")


class OfMemory(Op):
    """An op whose numpy rule goes by how its input lies in memory, which none should."""

    __props__ = ()

    def make_node(self, a: Any) -> Apply:
        return Apply(self, [a], [a.type()])

    def perform(self, node: Any, inputs: Any, storage: Any) -> None:
        storage[0][0] = inputs[0] * (1 if inputs[0].flags.c_contiguous else 2)


class Copies(OfMemory):
    destroy_map = {0: [0]}

    def perform(self, node: Any, inputs: Any, storage: Any) -> None:
        storage[0][0] = inputs[0] * 2


class InPlace(Copies):
    def perform(self, node: Any, inputs: Any, storage: Any) -> None:
        inputs[0] *= 2
        storage[0][0] = inputs[0]


def test_strides_are_tried_if_asked() -> None:
    quiet = function([x], OfMemory()(x), mode=DebugMode())
    assert quiet([1.0, 2.0]).tolist() == [1, 2]
    with config.change_flags({"DebugMode.check_strides": 1}), pytest.warns(UserWarning, match="not contiguous"):
        function([x], OfMemory()(x), mode="DebugMode")([1.0, 2.0])
    with pytest.raises(BadThunkOutput, match="not contiguous"):
        function([x], OfMemory()(x), mode=DebugMode(require_matching_strides=2))([1.0, 2.0])
    assert function([x], T.exp(x), mode=DebugMode(require_matching_strides=2))([0.0, 0.0]).tolist() == [1, 1]


def test_inputs_that_are_said_to_be_overwritten(recwarn: pytest.WarningsRecorder) -> None:
    function([x], InPlace()(x), mode="DEBUG_MODE")([1.0])
    with config.change_flags({"DebugMode.warn_input_not_reused": False}):
        function([x], Copies()(x), mode="DEBUG_MODE")([1.0])
    assert not recwarn.list
    with pytest.warns(UserWarning, match="overwrites input 0, and takes other memory"):
        function([x], Copies()(x), mode="DEBUG_MODE")([1.0])


def test_which_codes_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    from symgraph.compile import native

    targets: list[str] = []
    real = native.node_callable

    def wrong_by_c(node: Any, target: str) -> Any:
        targets.append(target)
        run = real(node, "llvm")
        return (lambda *arrays: [value + 1 for value in run(*arrays)]) if target == "c" else run

    monkeypatch.setattr(native, "node_callable", wrong_by_c)
    assert function([x], T.exp(x), mode=DebugMode())([0.0]) == 1 and targets == ["llvm"]
    with pytest.raises(BadThunkOutput, match=r"the numpy rule gives[\s\S]*compiled code \(c\)"):
        function([x], T.exp(x), mode=DebugMode(check_c_code=True))([0.0])
    with config.change_flags({"DebugMode.check_c": True, "DebugMode.check_py": False}):
        with pytest.raises(BadThunkOutput, match=r"compiled code \(llvm\) gives[\s\S]*compiled code \(c\)"):
            function([x], T.exp(x), mode="DebugMode")([0.0])
    with config.change_flags({"DebugMode.check_finite": False}):
        assert np.isneginf(function([x], T.log(x), mode="DebugMode")([0.0]))
    with pytest.raises(InvalidValueError):
        function([x], T.log(x), mode="DebugMode")([0.0])


def test_passes_that_do_not_always_do_the_same() -> None:
    turn = itertools.count()
    fickle = symgraph.rewrite_rule("exp")(lambda graph, node: T.sin(node.inputs[0]) if next(turn) == 0 else None)
    with pytest.raises(StochasticOrder, match="two graphs"):
        function([x], T.exp(x), mode=DebugMode().including(fickle))
    turn = itertools.count()
    with config.change_flags({"DebugMode.patience": 1}), pytest.raises(BadOptimization):
        function([x], T.exp(x), mode=DebugMode().including(fickle))([1.0])


def test_nan_guard_in_the_debugger(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    stops: list[int] = []
    monkeypatch.setattr(builtins, "breakpoint", lambda: stops.append(1))
    f = function([x], T.log(x) + 1, mode="NanGuardMode")
    with config.change_flags({"NanGuardMode.action": "pdb"}):
        assert np.isnan(f([-1.0])).all()
    said = capsys.readouterr().out
    assert len(stops) == 2 and "NaN in output 0 of log" in said and "test_more_switches" in said
    with pytest.raises(NanGuardError):
        f([-1.0])


@pytest.mark.parametrize(("name", "kind"), [
    ("FAST_RUN", Mode), ("FAST_COMPILE", Mode), ("Mode", Mode), ("DebugMode", DebugMode), ("DEBUG_MODE", DebugMode), ("CHECK", Mode),
    ("NanGuardMode", Mode), ("MonitorMode", Mode), ("ProfileMode", Mode), ("PROFILE_MODE", Mode),
])
def test_modes_by_the_settings(name: str, kind: type) -> None:
    with config.change_flags(mode=name):
        found = named.get_default_mode()
    assert isinstance(found, kind) and (kind is Mode or type(found) is kind)


def passes(**flags: Any) -> list[str]:
    with config.change_flags({name.replace("__", "."): value for name, value in flags.items()}):
        f = function([x], T.log(1 + x) + T.log(1 + x))
    return [name for name, fired, _ in f.profile.passes if fired]


def test_which_passes_run() -> None:
    every = passes()
    assert {"merge", "stability"} <= set(every)
    assert passes(optimizer="None") == [] and "stability" not in passes(optimizer_excluding="stability")
    assert "merge" in passes(optimizer="None", optimizer_including="merge")
    assert set(passes(optimizer_requiring="merge")) == {"merge"}
    assert "stability" in passes(optimizer="fast_compile")


def test_rules_that_run_in_a_circle_and_are_told(capsys: Any) -> None:
    back = symgraph.rewrite_rule("exp")(lambda graph, node: T.sin(node.inputs[0]))
    forth = symgraph.rewrite_rule("sin")(lambda graph, node: T.exp(node.inputs[0]))
    with pytest.raises(OptimizationError, match="run in a circle: <lambda> fired 1001 times"), config.change_flags({"optdb.max_use_ratio": 0}):
        function([x], T.exp(x), mode=Mode(rules=[back, forth]))
    capsys.readouterr()
    for _ in range(2):  # the second would be known from the first
        capsys.readouterr()
        with config.change_flags(optimizer_verbose=True):
            function([x], T.log(1 + x))
    assert "rule logarithm_near_one: log(add.0) -> log1p.0" in capsys.readouterr().err
    with config.change_flags({"scan.debug": True}):
        function([x], symgraph.scan(lambda a: T.exp(a) * 2, x)[0])
    assert "pass loops" in capsys.readouterr().err


def test_lazy_branches(capsys: Any) -> None:
    c = T.bscalar("c")
    shown = symgraph.printing.Print("computed")
    sides = symgraph.ifelse.ifelse(c, T.exp(x).sum(), shown(x).sum())
    assert function([c, x], sides)(1, [0.0]) == 1 and capsys.readouterr().out == ""
    with config.change_flags({"vm.lazy": False}):
        assert function([c, x], sides)(1, [0.0]) == 1
    assert "computed" in capsys.readouterr().out


def test_tolerances_and_seeds() -> None:
    kind = T.dvector().type
    assert not kind.values_eq_approx(np.array([1.0]), np.array([1.00001]))
    with config.change_flags({"tensor.cmp_sloppy": 2}):
        assert kind.values_eq_approx(np.array([1.0]), np.array([1.00001])) and not kind.values_eq_approx(np.array([1.0]), np.array([1.01]))
    drawn: list[Any] = []

    class Wrong(Op):
        __props__ = ()

        def make_node(self, a: Any) -> Apply:
            return Apply(self, [a], [a.type()])

        def perform(self, node: Any, inputs: Any, storage: Any) -> None:
            storage[0][0] = inputs[0] * 2

        def grad(self, inputs: Any, grads: Any) -> Any:
            return [grads[0] * 2.001]

    with pytest.raises(symgraph.gradient.GradientError):
        symgraph.verify_grad(Wrong(), [np.ones(3)], n_tests=1)
    with config.change_flags({"tensor.cmp_sloppy": 2}):
        symgraph.verify_grad(Wrong(), [np.ones(3)], n_tests=1)

    def note(a: Any) -> Any:
        return symgraph.printing.Print("w", global_fn=lambda op, value: None)(a) * 2

    for seed in (3, 3, "random"):
        with config.change_flags({"unittests.rseed": seed}):
            drawn.append(symgraph.gradient.check._generator().uniform())
            symgraph.verify_grad(note, [np.ones(2)], n_tests=1)
    assert drawn[0] == drawn[1] != drawn[2]


def test_threads_of_blas() -> None:
    from codegen.runtime.libraries import libraries

    def threads() -> int | None:
        names = ("scipy_openblas_get_num_threads64_", "openblas_get_num_threads64_", "openblas_get_num_threads")
        return next((getattr(library, name)() for library in libraries() for name in names if hasattr(library, name)), None)

    at_first = threads()
    if at_first is None:
        return  # another BLAS, which takes no orders
    for flags, count in (({"threads": 2}, 2), ({"threads": 1}, 1), ({"deterministic": "more"}, 1)):
        with config.change_flags(flags):
            assert threads() == count
        assert threads() == at_first


def test_inputs_that_are_not_used() -> None:
    y = T.dscalar("y")
    with pytest.raises(UnusedInputError):
        function([x, y], x)
    with config.change_flags(on_unused_input="warn"), pytest.warns(UserWarning, match="y"):
        function([x, y], x)
    with config.change_flags(on_unused_input="ignore"):
        assert function([x, y], x * 2)([1.0], 2.0) == 2
