"""Modes and linkers: their names, what they leave out, and what the checking mode finds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.passes.pipeline as pipeline
import symgraph.tensor as T
from symgraph import Mode, debugprint, function, shared
from symgraph.compile.named import resolve
from symgraph.errors import BadOptimization, BadThunkOutput
from symgraph.expr.op import Op
from symgraph.expr.types import tensor_type


def text(f: Any) -> str:
    return str(debugprint(f, file="str"))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "CHECK", "DebugMode", "DEBUG_MODE", "Mode", None, Mode(),
    Mode(optimizer=None), Mode("c", "o1"),
                                  Mode("py", "fast_compile"), Mode("cvm", "merge"), Mode("vm", "o4"), Mode("c|py", "unsafe")], ids=str)
def test_every_mode_gives_the_same(mode: Any) -> None:
    x = T.dvector("x")
    w = shared(np.array([1.0, 2.0]), name="w")
    f = function([x], [T.log(1 + x) * w / w, (x * 2).sum()], updates=[(w, w + x)], mode=mode)
    logarithm, double = f([1.0, 3.0])
    assert np.allclose(logarithm, np.log([2.0, 4.0]), rtol=1e-14) and double == 8.0
    assert w.get_value().tolist() == [2.0, 5.0]


def test_what_the_modes_do_to_a_graph() -> None:
    x = T.dvector("x")
    y = T.log(1 + x) + x * 1
    fast = text(function([x], y, mode="FAST_RUN"))
    none = text(function([x], y, mode=Mode(optimizer=None)))
    some = text(function([x], y, mode="FAST_COMPILE"))
    assert "log1p" in fast and "mul" not in fast
    assert "log1p" not in none and "mul" in none
    assert "log1p" in some  # numeric stability is part of both


def test_excluding_and_including() -> None:
    x = T.dvector("x")
    y = T.log(1 + x)
    mode = Mode()
    assert "log1p" in text(function([x], y, mode=mode))
    for name in ("stability", "stabilize"):
        assert "log1p" not in text(function([x], y, mode=mode.excluding(name)))
    assert "log1p" in text(function([x], y, mode=mode.excluding("stability").including("stability")))
    assert mode.excluded == frozenset()  # a mode is never changed
    assert "log1p" in text(function([x], y, mode=Mode(optimizer=None).including("stability")))
    with symgraph.config.change_flags(optimizer_excluding="stability:fold"):
        assert Mode().excluded == {"stability", "fold"}
        assert "log1p" not in text(function([x], y))
    with symgraph.config.change_flags(optimizer="None", optimizer_including="stabilize"):
        assert "log1p" in text(function([x], y))


def test_linkers_of_theano_mean_native_code() -> None:
    for name in ("cvm", "vm", "c|py", "cvm_nogc", "vm_nogc", "c|py_nogc", "llvm"):
        assert Mode(linker=name).linker == "llvm"
    assert Mode(linker="c").linker == "c" and Mode(linker="py").linker == "py"
    for word in ("fast_run", "o2", "o3", "o4", "unsafe"):
        assert Mode(optimizer=word).optimizer == "fast_run"
    for word in ("fast_compile", "o1"):
        assert Mode(optimizer=word).optimizer == "fast_compile"
    for word in (None, "None", "merge", "o0"):
        assert Mode(optimizer=word).optimizer == "none"


def test_settings_choose_the_mode() -> None:
    with symgraph.config.change_flags(linker="py", optimizer="fast_compile"):
        assert (resolve(None).linker, resolve(None).optimizer) == ("py", "fast_compile")
    with symgraph.config.change_flags(mode="FAST_COMPILE", linker="c"):
        assert (resolve(None).linker, resolve(None).optimizer) == ("c", "fast_compile")
    with symgraph.config.change_flags(mode="DebugMode"):
        assert resolve(None).check
    assert not resolve(None).check and resolve(None).linker == "llvm"


def test_modes_compare_by_what_they_do() -> None:
    assert Mode("c", "o1") == Mode("c", "fast_compile") and hash(Mode("c")) == hash(Mode("c"))
    assert len({Mode("c"), Mode("llvm"), Mode("c", None), Mode("c").excluding("fold"), Mode("c").including("fold"), Mode("c",
        check=True)}) == 6
    assert repr(Mode("c", "o1").excluding("fold")) == "Mode(linker=c, optimizer=fast_compile, excluded=fold)"


# The checking mode ----------------------------------------------------------------------------------------------------
class Wrong(Op):
    """Its numpy rule doubles, its compiled code triples."""

    __props__ = ()

    def output_types(self, x: Any) -> list[Any]:
        return [tensor_type(x.type.dtype, x.type.shape)]

    def sizes(self, s: Any, x: Any) -> list[Any]:
        return [x.shape]

    def compute(self, x: Any) -> Any:
        return x * 2

    def reads(self, node: Any) -> list[str]:
        return ["same"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        return b.mul(x(*index), 3)


@pytest.mark.parametrize("mode", ["CHECK", "DebugMode", Mode(check=True)], ids=str)
def test_an_op_whose_code_is_wrong_is_found(mode: Any) -> None:
    x = T.dvector("x")
    y = T.exp(Wrong()(x)) + 1  # the culprit's line
    assert function([x], y, mode="FAST_RUN")([1.0])[0] == pytest.approx(np.exp(3.0) + 1)
    with pytest.raises(BadThunkOutput) as caught:
        function([x], y, mode=mode)([1.0])
    message = str(caught.value)
    assert "Wrong" in message and "2." in message and "3." in message and "# the culprit's line" in message


def test_a_pass_that_changes_values_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(graph: Any) -> Counter[str]:
        for node in list(graph.nodes()):
            if str(node.op) == "exp":
                graph.replace(node.outputs[0], T.cos(node.inputs[0]))
        return Counter(wrong=1)

    monkeypatch.setattr(pipeline, "PIPELINE", (pipeline.Pass("wrong", wrong, frozenset({"fast_run"})),))
    x = T.dvector("x")
    f = function([x], T.exp(x) + 1, mode="CHECK")
    with pytest.raises(BadOptimization, match="passes changed the value"):
        f([1.0])


def test_a_failed_check_changes_no_shared_variable() -> None:
    x = T.dvector("x")
    w = shared(np.zeros(1), name="w")
    f = function([x], Wrong()(x), updates=[(w, w + x)], mode="CHECK")
    with pytest.raises(BadThunkOutput):
        f([1.0])
    assert w.get_value().tolist() == [0.0]


def test_the_checking_mode_passes_what_is_right() -> None:
    m, v = T.dmatrix("m"), T.dvector("v")
    loss = T.log(T.nnet.softmax(T.dot(m, v).dimshuffle("x", 0))).sum() + T.switch(v > 0, v, 0).sum()
    f = function([m, v], [loss, *T.grad(loss, [m, v])], mode="CHECK")
    random = np.random.RandomState(0)
    a, b = random.randn(3, 4), random.randn(4)
    plain = function([m, v], [loss, *T.grad(loss, [m, v])])
    for one, other in zip(f(a, b), plain(a, b), strict=True):
        assert np.allclose(one, other, rtol=1e-10)


def test_nan_agrees_with_nan_in_the_checking_mode() -> None:
    x = T.dvector("x")
    assert np.isnan(function([x], T.log(x), mode="CHECK")([-1.0])[0])
