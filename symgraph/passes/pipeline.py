"""The order of the passes, on one page, and which of them an optimizer level takes.

A pass is a function of a Graph that changes it in place and returns a Counter: what was done, how often. Passes and rules are
left out, or added to a level that does not have them, by name or by tag; the tags keep the names that modes of Theano use.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Any, NamedTuple

from symgraph.expr.op import Op
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Family, Rules
from symgraph.graph.rule import Rule
from symgraph.passes.accuracy import ACCURACY
from symgraph.passes.activations import ACTIVATIONS
from symgraph.passes.alike import alike
from symgraph.passes.arithmetic import ARITHMETIC
from symgraph.passes.arrangement import ARRANGEMENT
from symgraph.passes.attention import attention
from symgraph.passes.blas import BLAS
from symgraph.passes.branches import branches, sink
from symgraph.passes.choices import CHOICES
from symgraph.passes.diagonals import diagonals
from symgraph.passes.expand import expand, expand_inline
from symgraph.passes.fold import fold
from symgraph.passes.indexing import INDEXING
from symgraph.passes.inner import inner
from symgraph.passes.joins import JOINS, PRODUCTS
from symgraph.passes.keeping import keeping
from symgraph.passes.loops import LAST_ROW, beside, loops, rings, unroll
from symgraph.passes.merge import merge
from symgraph.passes.powers import POWERS
from symgraph.passes.scattered import SCATTERED
from symgraph.passes.shapes import shapes
from symgraph.passes.softmaxes import softmaxes
from symgraph.passes.stability import STABILITY
from symgraph.passes.sums import SUMS
from symgraph.passes.twins import twins
from symgraph.settings import config

__all__ = ["LEVELS", "PIPELINE", "Pass", "optimise", "passes_of"]

Report = list[tuple[str, "Counter[str]", float]]


class Pass(NamedTuple):
    """One line of the pipeline. levels: which optimizers have it; tags: other names it answers to."""

    name: str
    apply: Callable[[Graph], Counter[str]] | Rules
    levels: frozenset[str]
    tags: frozenset[str] = frozenset()
    bodies: bool = True  # whether it runs in the bodies of loops and branches too


LEVELS = ("none", "fast_compile", "fast_run")  # o0; o1; o2, o3 and o4

_ALL = frozenset(LEVELS)
_BOTH = frozenset({"fast_compile", "fast_run"})
_RUN = frozenset({"fast_run"})
_COMPILE = frozenset({"fast_compile"})

_FACTORED = ("inverse", "cholesky", "lu", "solve", "triangular")  # the files of symgraph/ops/linalg that the family is about
_DECOMPOSED = ("eig", "eigh", "svd")


def _matrices(home: str, name: str, files: tuple[str, ...]) -> Family:
    return Family(f"symgraph.passes.{home}", name, tuple(f"symgraph.ops.linalg.{file}" for file in files))


# Rules that others make work for, or wait for, run beside them.
_ALGEBRA = (*CHOICES, *ARITHMETIC, *POWERS, *ARRANGEMENT, *SUMS, *JOINS)

# "inner" takes the bodies of loops and branches through the passes that follow it, up to the next "inner".
PIPELINE: tuple[Pass, ...] = (
    Pass("inline", expand_inline, _ALL),
    Pass("twins", twins, _BOTH, frozenset({"scan", "scan_opt"})),
    # What only one side of a branch needs is computed only if that side is taken, whatever else is left out.
    Pass("sink", sink, _ALL),
    Pass("keeping", keeping, _RUN),
    # What is meant, in one form. Bodies first: what is learned of them serves the graph around them.
    Pass("inner", inner, _BOTH),
    Pass("merge", merge, _BOTH),
    Pass("alike", alike, _BOTH, frozenset({"scan", "scan_opt", "scanOp_merge", "scan_merge"})),
    Pass("fold", fold, _BOTH, frozenset({"constant_folding"})),
    Pass("branches", branches, _BOTH),
    # Shapes early: what was only there to be measured goes before rules look at it.
    Pass("shapes", shapes, _BOTH, frozenset({"ShapeOpt", "local_shape_to_shape_i"})),
    Pass("user", Rules("user", []), _ALL),  # the rules that a mode brings
    Pass("canonical", Rules("canonical", [*ACTIVATIONS, *_ALGEBRA]), _RUN, frozenset({"canonicalize"})),
    Pass("merge", merge, _RUN),
    Pass("linear", Rules("linear", [], [_matrices("linear", "LINEAR", _FACTORED)]), _RUN, frozenset({"specialize"})),
    Pass("stability", Rules("stability", [*ACTIVATIONS, *STABILITY, *ACCURACY, *_ALGEBRA]), _RUN, frozenset({"stabilize"})),
    Pass("stability", Rules("stability", [*ACTIVATIONS, *STABILITY, *ACCURACY]), _COMPILE, frozenset({"stabilize"})),
    Pass("index", Rules("index", [*INDEXING, *PRODUCTS, *SCATTERED, LAST_ROW, *_ALGEBRA]), _RUN, frozenset({"specialize"})),
    Pass("merge", merge, _RUN),
    Pass("attention", attention, _RUN, frozenset({"specialize"})),
    Pass("softmaxes", softmaxes, _RUN, frozenset({"specialize"})),
    Pass("diagonals", diagonals, _RUN, frozenset({"specialize"})),
    Pass("fold", fold, _RUN, frozenset({"constant_folding"})),
    Pass("unroll", unroll, _RUN, frozenset({"scan", "scan_opt"})),
    Pass("loops", loops, _RUN, frozenset({"scan", "scan_opt"})),
    Pass("beside", beside, _RUN, frozenset({"scan", "scan_opt", "scanOp_merge", "scan_merge"})),
    Pass("rings", rings, _RUN, frozenset({"scan", "scan_opt", "scan_save_mem", "scanOp_save_mem"})),
    Pass("sink", sink, _RUN),
    # How it is done: products that stayed in a body may be joined with a sum there, now that none can be taken out.
    Pass("inner", inner, _RUN),
    Pass("user", Rules("user", []), _RUN),
    Pass("branches", branches, _RUN),
    Pass("blas", Rules("blas", [*BLAS, *_ALGEBRA], [_matrices("linear", "SHARED_FACTORS", _FACTORED),
                                                    _matrices("spectral", "SPECTRAL", _DECOMPOSED)]), _RUN, frozenset({"BlasOpt", "specialize"})),
    # What the rules made may be known, or made twice; so may what stood in an OpFromGraph and beside it.
    Pass("expand", expand, _ALL),
    Pass("shapes", shapes, _RUN, frozenset({"ShapeOpt", "local_shape_to_shape_i"})),
    Pass("fold", fold, _BOTH, frozenset({"constant_folding"})),
    Pass("merge", merge, _BOTH),
)


# Where in this list the positions of Theano's are, by which users register passes of their own: a pass and its number.
POSITIONS = {"inline": 0.0, "canonical": 1.0, "stability": 1.5, "index": 2.0, "blas": 3.0, "expand": 48.0}


def optimise(graph: Graph, mode: Any, more: Sequence[tuple[float, Pass]] = ()) -> Report:
    """Run the passes of the mode over the graph, in place. more: passes of the user's own, each with its position.

    mode: its `optimizer` (one of LEVELS), `excluded` and `included` (names or tags) choose the passes; `check` has the graph
    looked over after each of them. Returns (name of the pass, how often each of its rules fired, seconds) in order.
    OptimizationError names a rule that runs in a circle; InconsistencyError a pass that broke the graph.
    """
    Op.watchers, before = _watchers(), Op.watchers  # test values are of what the user writes, not of what rules make
    try:
        chosen = passes_of(mode.optimizer, mode.excluded, mode.included, getattr(mode, "rules", ()))
        return _run(graph, _with(chosen, more) if more else chosen, bool(getattr(mode, "check", False)))
    finally:
        Op.watchers = before


def _watchers() -> tuple[Any, ...]:
    """What looks at the nodes that rules make: what computes test values, if the setting compute_test_value_opt wants that."""
    if config.compute_test_value_opt == "off":
        return ()
    return (import_module("symgraph.expr.testvalues").computing(lambda: config.compute_test_value_opt),)


def passes_of(level: str, excluded: Iterable[str] = (), included: Iterable[str] = (), rules: Sequence[Rule] = ()) -> list[Pass]:
    """The passes of a level, without the rules and passes that are excluded. ValueError: there is no such level.

    rules: those of the pass "user", which is left out without any.

    >>> [p.name for p in passes_of('fast_run', excluded={'constant_folding'})][:3]
    ['inline', 'twins', 'sink']
    """
    if level not in LEVELS:
        raise ValueError(f"no optimizer is named {level!r}; known are {', '.join(LEVELS)}")
    out, extra = frozenset(excluded), frozenset(included)
    chosen: list[Pass] = []
    for one in PIPELINE:
        names = one.tags | {one.name}
        if names & out or not (level in one.levels or names & extra):
            continue
        if one.name == "user":
            if not rules:
                continue
            one = one._replace(apply=Rules("user", rules))
        chosen.append(one._replace(apply=one.apply.without(out)) if isinstance(one.apply, Rules) else one)
    return chosen


def _with(chosen: Sequence[Pass], more: Sequence[tuple[float, Pass]]) -> list[Pass]:
    """The passes, and before the first that stands at the position of one of `more`, or behind it, that one."""
    result: list[Pass] = []
    left = sorted(more, key=lambda pair: pair[0])
    here = 0.0
    for one in chosen:
        here = max(here, POSITIONS.get(one.name, here))
        while left and left[0][0] <= here:
            result.append(left.pop(0)[1])
        result.append(one)
    return result + [one for _, one in left]


def _run(graph: Graph, passes: list[Pass], check: bool) -> Report:
    report: Report = []
    for position, one in enumerate(passes):
        start = perf_counter()
        if one.apply is inner:
            fired = inner(graph, partial(_run_body, _of_bodies(passes, position), check))
        else:
            fired = one.apply(graph)
        report.append((one.name, fired, perf_counter() - start))
        if "scan" in one.tags and fired and config.scan.debug:
            print(f"pass {one.name}: {dict(fired)}", file=sys.stderr)
        if check:
            graph.check()
    return report


def _of_bodies(passes: list[Pass], position: int) -> list[Pass]:
    """The pass "inner" at this position, and what follows it up to the next."""
    last = next((k for k in range(position + 1, len(passes)) if passes[k].apply is inner), len(passes))
    return [one for one in passes[position:last] if one.bodies]


def _run_body(passes: list[Pass], check: bool, body: Graph) -> Counter[str]:
    """Passes over the body of a loop, added up."""
    fired: Counter[str] = Counter()
    for _, counted, _ in _run(body, passes, check):
        fired += counted
    return fired
