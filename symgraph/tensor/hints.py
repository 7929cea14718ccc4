"""What is known of a matrix, noted in the expression: Theano's `sandbox.linalg.ops`. No pass reads these notes; a program may, through `hints`.

`solve(..., assume_a="pos")` is how a solver is told.
"""

from __future__ import annotations

from typing import Any

from symgraph.errors import NotScalarConstantError
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.graph.features import AlreadyThere, Feature
from symgraph.graph.optimizers import Optimizer
from symgraph.graph.rule import local_optimizer
from symgraph.ops.passing import ViewOp
from symgraph.ops.scalars import get_scalar_constant_value
from symgraph.tensor import pow as power

__all__ = [
    "Hint", "HintsFeature", "HintsOptimizer", "hints", "is_hint_node", "is_positive", "is_psd", "is_symmetric", "psd", "remove_hint_nodes",
]


class Hint(ViewOp):
    """x itself, with a note: ``Hint(symmetric=True)(x)``."""

    __props__ = ("hints",)

    def __init__(self, **hints: Any) -> None:
        self.hints = tuple(hints.items())


def is_hint_node(node: Any) -> bool:
    """Whether a node is a note."""
    return isinstance(node.op, Hint)


def hints(variable: Variable) -> dict[str, Any]:
    """What was noted of a variable: by the HintsFeature of its graph if it is in one, else by the Hint that it is the output of.

    >>> import symgraph.tensor as T
    >>> hints(psd(T.dmatrix('x')))
    {'psd': True, 'symmetric': True}
    """
    if hasattr(variable, "fgraph"):
        feature = getattr(variable.fgraph, "hints_feature", None)
        return {} if feature is None else dict(feature.hints.get(variable, {}))
    owner = variable.owner
    return dict(owner.op.hints) if owner is not None and isinstance(owner.op, Hint) else {}


def psd(v: Any) -> Any:
    """v, noted to be a symmetric matrix whose quadratic form is nowhere negative."""
    return Hint(psd=True, symmetric=True)(v)


def is_psd(v: Variable) -> bool:
    """Whether v is noted to be positive semi-definite."""
    return bool(hints(v).get("psd", False))


def is_symmetric(v: Variable) -> bool:
    """Whether v is noted to be symmetric."""
    return bool(hints(v).get("symmetric", False))


def is_positive(v: Variable) -> bool:
    """Whether v is noted to have no negative element, or is an even power."""
    if hints(v).get("positive", False):
        return True
    if v.owner is None or v.owner.op != power:
        return False
    try:
        return bool(get_scalar_constant_value(v.owner.inputs[1]) % 2 == 0)
    except NotScalarConstantError:
        return False


class HintsFeature(Feature):
    """Keeps what is noted of the variables of a graph, through replacements: `hints`, variable -> dictionary.

    A variable that takes another's place has what was noted of both from then on; NotImplementedError where they contradict each other.
    """

    def __init__(self) -> None:
        self.hints: dict[Any, dict[str, Any]] = {}

    def on_attach(self, fgraph: Any) -> None:
        if hasattr(fgraph, "hints_feature"):
            raise AlreadyThere("the graph has a HintsFeature already")
        fgraph.hints_feature = self
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph: Any) -> None:
        del fgraph.hints_feature

    def on_import(self, fgraph: Any, node: Apply, reason: Any) -> None:
        for x in (*node.inputs, *node.outputs):
            self.ensure_init_r(x)

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Variable, new_r: Variable, reason: Any = None) -> None:
        self.update_second_from_first(r, new_r)
        self.update_second_from_first(new_r, r)

    def add_hint(self, r: Variable, k: str, v: Any) -> None:
        """Note that k is v for the variable r."""
        self.ensure_init_r(r)
        self.hints[r][k] = v

    def ensure_init_r(self, r: Variable) -> None:
        """Make room for notes on r."""
        self.hints.setdefault(r, {})

    def update_second_from_first(self, r0: Variable, r1: Variable) -> None:
        """What is noted of r0, note of r1."""
        for x in (r0, r1):
            self.ensure_init_r(x)
        for k, v in self.hints[r0].items():
            if self.hints[r1].setdefault(k, v) is not v:
                raise NotImplementedError(f"{r0} takes the place of {r1}, and {k} is noted to be {v} of one, {self.hints[r1][k]} of the other")


class HintsOptimizer(Optimizer):
    """Attaches a HintsFeature to a graph."""

    def add_requirements(self, fgraph: Any) -> None:
        fgraph.attach_feature(HintsFeature())

    def apply(self, fgraph: Any) -> None:
        """Nothing: the feature is all."""


@local_optimizer([Hint])
def remove_hint_nodes(node: Any) -> Any:
    """Take a note out of the graph, into its HintsFeature if it has one."""
    if not is_hint_node(node):
        return None
    feature = getattr(getattr(node, "fgraph", None), "hints_feature", None)
    if feature is not None:
        for k, v in node.op.hints:
            feature.add_hint(node.inputs[0], k, v)
    return list(node.inputs)
