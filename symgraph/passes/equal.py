"""Whether two loops, or two branches, do the same: their bodies are compared node by node, those whose digests are equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph.expr.variable import Constant
from symgraph.expr.walk import toposort
from symgraph.passes.inner import BODIES

__all__ = ["Groups", "digest", "digest_of_bodies", "equal_bodies", "has_body"]

_SAID = ("truncate", "recompute", "checkpoint", "progress")  # of a loop, beside its layout


def has_body(op: Any) -> bool:
    """Whether an op is compared by its body: a loop or a branch."""
    return getattr(op, "control", None) in ("loop", "branch")


def equal_bodies(a: Any, b: Any) -> bool:
    """Whether two such ops give the same for the same inputs, as far as equal nodes in equal order tell. A loop that tells how far it is equals
    itself alone."""
    if a is b:
        return True
    if type(a) is not type(b) or a.control != b.control or len(a.inner_inputs) != len(b.inner_inputs):
        return False
    if a.control == "loop" and (a.layout.key() != b.layout.key() or a.progress is not None or any(_said(a, x) != _said(b, x) for x in _SAID)):
        return False
    if any(x.type != y.type for x, y in zip(a.inner_inputs, b.inner_inputs)):
        return False
    return all(_equal_results(a.inner_inputs, getattr(a, name), b.inner_inputs, getattr(b, name)) for name in BODIES[a.control])


def _said(op: Any, name: str) -> str:
    return repr(getattr(op, name))


def _equal_results(inputs: Sequence[Any], outputs: Sequence[Any], others: Sequence[Any], results: Sequence[Any]) -> bool:
    first, second = toposort(outputs, inputs), toposort(results, others)
    if len(first) != len(second) or len(outputs) != len(results):
        return False
    twin: dict[Any, Any] = dict(zip(inputs, others))

    def same(x: Any, y: Any) -> bool:
        if x in twin:
            return twin[x] is y
        return x is y or isinstance(x, Constant) and isinstance(y, Constant) and x.type == y.type and x.key() == y.key()

    for m, n in zip(first, second):
        if len(m.inputs) != len(n.inputs) or len(m.outputs) != len(n.outputs) or not all(map(same, m.inputs, n.inputs)):
            return False
        if not (equal_bodies(m.op, n.op) if has_body(m.op) and has_body(n.op) else m.op == n.op):
            return False
        twin.update(zip(m.outputs, n.outputs))
    return all(map(same, outputs, results))


class Groups:
    """Lists of what may be equal: by a key, and once a second one has it, by a digest too, so that many are not all compared with each other."""

    def __init__(self, digest: Callable[[Any], int]) -> None:
        self.digest = digest
        self.first: dict[Any, list[Any]] = {}
        self.others: dict[Any, list[Any]] = {}

    def of(self, key: Any, one: Any) -> list[Any]:
        """Those before that may be equal to this one; a caller who finds none that is adds it."""
        first = self.first.get(key)
        if first is None:
            return self.first.setdefault(key, [])
        while first:
            early = first.pop()
            self.others.setdefault((key, self.digest(early)), []).append(early)
        return self.others.setdefault((key, self.digest(one)), [])


def digest_of_bodies(op: Any) -> int:
    """A number that ops with equal bodies share."""
    return hash((type(op), *[digest(op.inner_inputs, getattr(op, name)) for name in BODIES[op.control]]))


def digest(inputs: Sequence[Any], outputs: Sequence[Any]) -> int:
    """A number that equal results of bodies share: each node's is made of its op and those of its inputs."""
    numbers: dict[Any, Any] = {x: ("input", k) for k, x in enumerate(inputs)}

    def of(x: Any) -> Any:
        found = numbers.get(x)
        if found is None:
            found = numbers[x] = hash((x.type, x.key())) if isinstance(x, Constant) else id(x)
        return found

    for node in toposort(outputs, inputs):
        number = hash((_number(node.op), *map(of, node.inputs)))
        numbers.update((x, (number, k)) for k, x in enumerate(node.outputs))
    return hash(tuple(map(of, outputs)))


def _number(op: Any) -> int:
    if has_body(op):
        return digest_of_bodies(op)
    try:
        return hash(op)
    except TypeError:  # a user's op that says equality alone
        return hash(type(op))
