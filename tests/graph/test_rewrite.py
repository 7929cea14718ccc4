"""Which rules are tried at an op of a class that is made of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, scan
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rules
from symgraph.graph.rule import local_optimizer, rewrite_rule, rule
from symgraph.ops.reduce import Max, Min

x = T.dvector("x")
FOUND: list[Any] = []


def seen(graph: Any, node: Any) -> None:
    FOUND.append(type(node.op))


MADE = {"of our own": rule(Max)(seen), "of a user": rewrite_rule(Max)(seen), "of Theano's": local_optimizer([Max])(lambda node: seen(None, node))}


@pytest.mark.parametrize("name", MADE)
def test_a_users_rule_is_tried_at_derived_classes_too(name: str) -> None:
    FOUND.clear()
    Rules("rules", [MADE[name]])(Graph([x], [T.max(x) + T.min(x)]))
    assert set(FOUND) == ({Max} if name == "of our own" else {Max, Min})


def test_rules_of_a_class_are_not_those_of_one_made_of_it() -> None:
    """A minimum is made of the class of the maximum, the check of initial rows of that of the identity."""
    values = np.array([3.0, -1.0, 2.0])
    assert function([x], [T.min(-x), T.min(T.concatenate([x, -x])), -T.min(-x)])(values) == [-3, -3, 3]
    y, _ = scan(lambda a, b: a - b, outputs_info={"initial": x, "taps": [-1, -3]}, n_steps=2)
    for linker in ("llvm", "py"):
        with pytest.raises(ValueError, match="need 3 initial rows, its initial value has 2"):
            function([x], y, mode=symgraph.Mode(linker))([1.0, 2.0])
