"""Rewrites, graphs and databases in Theano's words: that they run where they should, are counted, and what is told of wrong ones. Values are
compared with Theano itself (tests/parity/old_rewrites.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import Mode, config, function
from symgraph.compile import PerformLinker, VM_Linker, optdb, register_linker, register_optimizer, register_specialize
from symgraph.compile.modes import known_linkers, predefined_optimizers
from symgraph.errors import InconsistencyError, LeftOutError, OptimizationError
from symgraph.graph import (
    EquilibriumDB,
    EquilibriumOptimizer,
    Feature,
    FunctionGraph,
    OpRemove,
    OpSub,
    Optimizer,
    PatternSub,
    Query,
    SequenceDB,
    TopoOptimizer,
    in2out,
    local_optimizer,
    out2in,
)

x, y = T.dvectors("x", "y")
STATIONS = set(optdb.entries)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    for db in (optdb, *[one.object for one in optdb.entries.values()]):
        for name in [name for name in getattr(db, "entries", ()) if name not in STATIONS]:
            db.remove(name)


@local_optimizer([T.sin])
def small_angle(node: Any) -> Any:
    return [node.inputs[0]]


class Cosines(Optimizer):
    """Every sine becomes a cosine."""

    ran = 0

    def apply(self, fgraph: Any) -> None:
        self.ran += 1
        for node in fgraph.toposort():
            if node.op == T.sin:
                fgraph.replace(node.outputs[0], T.cos(node.inputs[0]), reason="cosines")


@pytest.mark.parametrize("station", sorted(STATIONS))
def test_what_is_registered_runs_and_is_counted(station: str) -> None:
    optdb[station].register("angles", small_angle, "fast_run")
    f = function([x], T.sin(x) + 1)
    assert f(np.ones(1)) == 2 and f.profile.rules["angles"] == 1 and not any(n.op == T.sin for n in f.maker.fgraph.toposort())
    for without in ("angles", station):
        assert function([x], T.sin(x), mode=Mode().excluding(without))(np.ones(1)) == np.sin(1)
    assert function([x], T.sin(x), mode=Mode(optimizer="fast_compile"))(np.ones(1)) == np.sin(1)
    optdb[station].remove("angles")
    assert function([x], T.sin(x))(np.ones(1)) == np.sin(1)  # and no code of before is found again


def test_in_the_bodies_of_loops() -> None:
    register_specialize(small_angle, name="angles")
    rows, _ = symgraph.scan(lambda r: T.sin(r), sequences=[x])
    assert function([x], rows)(np.ones(2)).tolist() == [1, 1]


def test_rewrites_of_graphs() -> None:
    one = Cosines()
    optdb.register("cosines", one, 1.7, "fast_run")
    f = function([x], T.sin(x), mode=Mode())
    assert f(np.zeros(1)) == 1 and f.profile.rules["cosines"] == 1 and f.maker.fgraph and one.ran == 1
    assert [name for name, _, _ in f.profile.passes].index("cosines") < [name for name, _, _ in f.profile.passes].index("index")
    assert function([x], T.sin(x), mode=Mode(optimizer=None).register((one, 2.0)))(np.zeros(1)) == 1
    assert function([x], T.sin(x), mode=Mode("py", Cosines()))(np.zeros(1)) == 1
    optdb.register("late", TopoOptimizer(small_angle, failure_callback=TopoOptimizer.warn_inplace), 60, "late")
    assert function([x], T.sin(x), mode=Mode(optimizer=None).including("late"))(np.ones(1)) == 1
    register_optimizer("to cosines", Cosines())
    assert function([x], T.sin(x), mode=Mode(optimizer="to cosines"))(np.zeros(1)) == 1
    del predefined_optimizers["to cosines"]


def test_modes_of_queries() -> None:
    optdb["canonicalize"].register("angles", small_angle, "mine")
    query = Query(["canonicalize", "mine"])
    f = function([x], T.sin(x * 1), mode=Mode("llvm", query))
    assert f(np.ones(1)) == 1 and {"canonicalize", "canonical"} <= {name for name, _, _ in f.profile.passes}
    assert function([x], T.sin(x), mode=Mode("llvm", query.excluding("angles")))(np.ones(1)) == np.sin(1)
    assert function([x], T.sin(x), mode=Mode("llvm", query.register((Cosines(), 3.0)).excluding("angles")))(np.zeros(1)) == 1
    g = FunctionGraph([x], [T.sin(x * 1)])
    optdb.query("+fast_run", "+mine").optimize(g)
    assert g.outputs[0] is g.inputs[0] or len(g.toposort()) == 0
    assert Mode(optimizer=query.requiring("canonicalize")).required == {"canonicalize"}


def test_linkers_by_other_names() -> None:
    assert Mode(PerformLinker()).linker == "py" and Mode(VM_Linker(allow_gc=True)).linker == "llvm"
    register_linker("mine", PerformLinker())
    assert Mode("mine").linker == "py"
    del known_linkers["mine"]


def circle() -> Any:
    return EquilibriumOptimizer([OpSub(T.sin, T.cos), OpSub(T.cos, T.sin)], name="round").optimize(FunctionGraph([x], [T.sin(x)]))


def rewritten_by(result: Any) -> Callable[[], Any]:
    """A function through a rewrite of sines that gives this."""

    @local_optimizer([T.sin])
    def mine(node: Any) -> Any:
        return result

    return lambda: function([x], T.sin(x), mode=Mode(rules=[mine]))


def taken_back() -> None:
    class Never(Feature):
        def validate(self, fgraph: Any) -> None:
            raise InconsistencyError("never")

    g = FunctionGraph([x], [T.sin(x)], clone=False, features=[Never()])
    try:
        g.replace_validate(g.outputs[0], x)
    finally:
        assert [n.op for n in g.toposort()] == [T.sin]
        g.check_integrity()


WRONG: dict[str, tuple[type[Exception], Callable[[], Any], str]] = {
    "too many variables": (OptimizationError, rewritten_by([x, x]), "rule mine gave 2 variables for the 1 outputs of sin"),
    "a number": (OptimizationError, rewritten_by(3), "rule mine gave 3 of .*int"),
    "a number in a list": (OptimizationError, rewritten_by([3]), "rule mine gave 3 of .*no variable"),
    "another type": (InconsistencyError, rewritten_by([T.dmatrix("m")]), "rule mine wants to put m of type"),
    "a circle": (OptimizationError, circle, "round.*circle"),
    "a circle of new nodes": (OptimizationError, lambda: in2out(PatternSub((T.sin, "a"), (T.sin, (T.neg, "a")))).optimize(
        FunctionGraph([x], [T.sin(x)])), "circle"),
    "no rewrite in a mode": (ValueError, lambda: Mode(optimizer="nonsense"), "optimizer must be"),
    "no rewrite registered": (TypeError, lambda: register_specialize(3), "cannot be registered"),
    "a name twice": (ValueError, lambda: [register_specialize(small_angle, name="twice") for _ in range(2)], "twice"),
    "a tag that is a name": (ValueError, lambda: optdb.add_tags("canonicalize", "specialize"), "collides"),
    "tags of nothing": (KeyError, lambda: optdb.add_tags("nothing", "a"), "nothing"),
    "two of a tag": (ValueError, lambda: optdb["fast_run"], "More than one"),
    "no position": (TypeError, lambda: SequenceDB().register("a", OpRemove(T.sin), "fast_run"), "position"),
    "a query and more": (TypeError, lambda: EquilibriumDB().query(Query(["a"]), "+b"), "no other arguments"),
    "tags as text": (TypeError, lambda: Query("fast_run"), "list of tags"),
    "an order": (ValueError, lambda: TopoOptimizer(small_angle, order="up"), "in_to_out"),
    "no rewrite of nodes": (TypeError, lambda: out2in(3), "made by local_optimizer"),
    "a pattern without op": (TypeError, lambda: PatternSub("a", "b"), "starts with an op"),
    "a pattern of a class": (TypeError, lambda: PatternSub((T.Elemwise, "a"), "a"), "starts with an op"),
    "a name that was not met": (OptimizationError, lambda: function([x], T.sin(x), mode=Mode(rules=[PatternSub((T.sin, "a"), "b")])), "KeyError"),
    "not as many outputs": (OptimizationError, lambda: function([x], x + y, mode=Mode(rules=[OpRemove(T.add)]), on_unused_input="ignore",
                                                                 givens={y: x}), "2 inputs and 1 outputs"),
    "what is missing": (ValueError, lambda: FunctionGraph([x], [x + y]), "needs y"),
    "no variable put in": (TypeError, lambda: FunctionGraph([x], [x + 1], clone=False).replace(x, 3), "no variable"),
    "validation": (InconsistencyError, taken_back, "never"),
    "a linker that is none": (ValueError, lambda: register_linker("a", "b"), "no linker"),
    "a linker that calls back": (LeftOutError, lambda: VM_Linker(callback=print), "MonitorMode"),
    "clients of what is in no graph": (AttributeError, lambda: T.exp(x).clients, "in no graph"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str) -> None:
    error, made, message = WRONG[case]
    with config.change_flags(on_opt_error="raise"), pytest.raises(error, match=message):
        made()


def test_patterns_by_ops() -> None:
    def through(rule: Any, expression: Any) -> str:
        g = FunctionGraph([x, y], [expression], clone=False)
        out2in(rule).optimize(g)
        text = str(g)
        g.disown()
        return text

    twice = PatternSub((T.add, "a", "a"), (T.mul, 2, "a"))
    assert through(twice, x + x) == "[mul(TensorConstant{2}, x)]" and through(twice, x + y) == "[add(x, y)]"
    assert through(PatternSub((T.mul, "a", 1), "a"), x * 1) == "[x]"
    assert through(PatternSub((T.mul, T.constant(3), "a"), "a"), 3 * x) == "[x]"
    assert through(PatternSub((T.add, "a", (T.neg, "b")), (T.sub, "a", "b"), skip_identities_fn=lambda v: v.owner and v.owner.inputs[0]),
                   x + T.exp(-y)) == "[sub(x, y)]"
    start = PatternSub((T.exp, (T.log, "a")), "a", tracks=[T.log], get_nodes=lambda node: [user for user, _ in node.outputs[0].clients])
    assert through(start, T.exp(T.log(x)) + 1) == "[add(x, TensorConstant{1})]"


def test_what_a_graph_tells() -> None:
    z = T.exp(x)
    g = FunctionGraph([x], [z + x, z], clone=False)
    assert z.fgraph is g and z.owner.fgraph is g and z.clients == g.clients(z) and g.shape_feature.shape_of[z][0].ndim == 0
    assert g.shape_feature.same_shape(z, z) and not g.shape_feature.same_shape(z, x) and not g.has_feature(3)
    g.add_input(y)
    g.replace(z, T.sin(y))
    assert g.inputs == [x, y] and g.consistent() and [n.op for n in g.toposort()] == [T.sin, T.add]
    g.disown()
    assert not hasattr(z, "fgraph") and function([y], g.outputs[1])([0.0]) == 0
