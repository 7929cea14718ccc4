"""Branches: what only one side needs goes into it, what is known of a condition is used, branches on one condition become one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.make import constant
from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.graph.graph import Graph
from symgraph.loops.branch import BranchOp
from symgraph.loops.sink import DEEPEST, sides_alone, with_sides
from symgraph.passes.inner import BODIES, with_bodies

__all__ = ["branches", "has_hash", "sink"]

MOST_CONDITIONS = 64  # conditions whose branches are joined in one pass, those with most branches first; each costs a walk over the graph


def sink(graph: Graph) -> Counter[str]:
    """Move what only one side of a branch needs into that side, in the bodies of loops and branches too."""
    return _sink(graph, 0, {})


def _sink(graph: Graph, depth: int, known: dict[Any, bool]) -> Counter[str]:
    fired: Counter[str] = Counter()
    nodes = [node for node in graph.nodes() if getattr(node.op, "control", None) is not None]
    if not any(_has_branch(node.op, known) for node in nodes):
        return fired
    for branch, sides in sides_alone(graph.toposort(), graph.outputs, nested=depth < DEEPEST).items():
        graph.replace_all(list(zip(branch.outputs, with_sides(branch, sides).outputs)), "sink")
        fired["sink"] += 1
    for node in graph.toposort():
        if getattr(node.op, "control", None) is None or not _has_branch(node.op, known):
            continue
        changed = {}
        for name in BODIES[node.op.control]:
            body = Graph(node.op.inner_inputs, getattr(node.op, name))
            done = _sink(body, depth + (node.op.control == "branch"), known)
            if done:
                fired += done
                changed[name] = body.outputs
        if changed:
            twin = Apply(with_bodies(node.op, **changed), node.inputs, [x.type.make_variable(x.name) for x in node.outputs])
            twin.line = node.line
            graph.replace_all(list(zip(node.outputs, twin.outputs)), "sink")
    return fired


def _has_branch(op: Any, known: dict[Any, bool]) -> bool:
    """Whether the op is a branch, or has one in its bodies, however deep."""
    stack = [(op, False)]
    while stack:
        one, done = stack.pop()
        if one in known:
            continue
        control = getattr(one, "control", None)
        inside = () if control is None else [node.op for node in toposort(one.inner_outputs, one.inner_inputs) if getattr(node.op, "control", None)]
        if control == "branch" or done:
            known[one] = control == "branch" or any(known[x] for x in inside)
        else:
            stack.append((one, True))
            stack += [(x, False) for x in inside]
    return known[op]


def branches(graph: Graph) -> Counter[str]:
    """Rewrite each branch: a known condition chooses now, equal results and unread ones go, branches on one condition are joined."""
    fired: Counter[str] = Counter()
    if not any(isinstance(node.op, BranchOp) for node in graph.nodes()):
        return fired
    fired += _joined(graph)
    computed: dict[Any, Apply] = {}
    for node in graph.toposort():
        if has_hash(node.op):
            computed.setdefault(_key(node.op, node.inputs), node)
    for node in reversed(graph.toposort()):
        if isinstance(node.op, BranchOp) and node in graph.net:
            fired += _simplified(graph, node, computed)
    return fired


def _key(op: Any, inputs: Any) -> Any:
    return op, tuple([x.key() if isinstance(x, Constant) else id(x) for x in inputs])


def has_hash(op: Any) -> bool:
    """Not so of a user's op with parameters that cannot be hashed: it is equal to nothing."""
    try:
        hash(op)
    except TypeError:
        return False
    return True


def _types(node: Apply) -> tuple[Any, ...]:
    return tuple([x.type for x in node.outputs])


def _simplified(graph: Graph, node: Apply, computed: dict[Any, Apply]) -> Counter[str]:
    """One branch, by what is known around it."""
    op, condition = node.op, node.inputs[0]
    sides = [op.then_outputs, op.else_outputs]
    outside = dict(zip(op.inner_inputs, node.inputs[1:]))
    if isinstance(condition, Constant):
        results = clone_nodes(sides[0 if condition.data else 1], outside, always=True)
        graph.replace_all(list(zip(node.outputs, results)), "branches")
        return Counter(branch_known=1)
    fired: Counter[str] = Counter()
    # What stands for inner inputs: constants, the condition's own value, one variable for what is captured twice.
    first: dict[Any, Any] = {}
    given: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
    for x, y in outside.items():
        if y is condition:
            given[0][x], given[1][x] = constant(True), constant(False)
        elif isinstance(y, Constant) or first.setdefault(y, x) is not x:
            given[0][x] = given[1][x] = y if isinstance(y, Constant) else first[y]
    if given[0]:
        fired["branch_known_input"] += 1
        sides = [_body(op, clone_nodes(results, known, always=True)) for results, known in zip(sides, given)]
    inside = {y: x for x, y in outside.items() if x not in given[0]}
    outside = {x: y for y, x in inside.items()}
    fired += _shared(graph, sides, inside, outside, computed)
    # Results: the same on both sides, twice, or read by nobody.
    pairs: dict[Any, Any] = {}
    replaced: list[tuple[Any, Any]] = []
    kept: list[tuple[Any, Any, Any]] = []
    for out, a, b in zip(node.outputs, *sides):
        if not graph.use_count(out):
            fired["branch_pruned"] += 1
        elif _same(a, b) and (a in outside or isinstance(a, Constant)) and _fits(out, outside.get(a, a)):
            replaced.append((out, outside.get(a, a)))
            fired["branch_same"] += 1
        elif (a, b) in pairs:
            replaced.append((out, pairs[a, b]))
            fired["branch_twice"] += 1
        else:
            pairs[a, b] = out
            kept.append((out, a, b))
    read = {x for a in sides for y in toposort(a, outside) for x in y.inputs} | {x for _, a, b in kept for x in (a, b)}
    if not fired and all(x in read for x in op.inner_inputs):
        return fired
    if kept:
        own = toposort([x for _, a, b in kept for x in (a, b)], outside)
        read = {x for y in own for x in y.inputs} | {x for _, a, b in kept for x in (a, b)}
        captured = [x for x in outside if x in read]
        better = BranchOp(captured, [a for _, a, _ in kept], [b for _, _, b in kept], op.name)
        made = Apply(better, [condition, *[outside[x] for x in captured]], [out.type.make_variable(out.name) for out, _, _ in kept])
        made.line = node.line
        fresh = dict(zip((out for out, _, _ in kept), made.outputs))
    else:
        fresh = {}
    graph.replace_all([*fresh.items(), *((out, fresh.get(new, new)) for out, new in replaced)], "branches")
    return fired or Counter(branch_inputs=1)


def _shared(graph: Graph, sides: list[list[Any]], inside: dict[Any, Any], outside: dict[Any, Any], computed: dict[Any, Apply]) -> Counter[str]:
    """Take out of the sides what both of them compute, or what is computed outside anyway. inside, outside: what is captured, both ways."""
    numbers: dict[Any, int] = {}  # equal computations -> one number
    orders = [toposort(results, outside) for results in sides]
    met: list[dict[int, Apply]] = [{}, {}]
    values: dict[Any, int] = {x: numbers.setdefault(y, len(numbers)) for x, y in outside.items()}
    for order, found in zip(orders, met):
        for node in order:
            if has_hash(node.op) and all(x in values or isinstance(x, Constant) for x in node.inputs):
                key = node.op, tuple([x.key() if isinstance(x, Constant) else values[x] for x in node.inputs])
                first = numbers.setdefault((*key, _types(node)), len(numbers))
                found.setdefault(first, node)
                for x in node.outputs:
                    values[x] = numbers.setdefault((first, x.index), len(numbers))
    meaning: dict[Any, Any] = dict(outside)
    taken: list[dict[Any, Any]] = [{}, {}]
    known: dict[int, Apply] = {}
    for mine, other, order in zip(met, reversed(met), orders):
        places = {node: first for first, node in mine.items()}
        for node in order:
            first = places.get(node, -1)
            if first < 0 or not all(x in meaning or isinstance(x, Constant) for x in node.inputs):
                continue
            inputs = [meaning.get(x, x) for x in node.inputs]
            twin = known.get(first) or computed.get(_key(node.op, inputs))
            if twin is not None and first not in known and not (twin in graph.net and _types(node) == _types(twin)):
                twin = None
            if twin is None and first in other:
                twin = node.clone_with(inputs)
            if twin is None:
                continue
            known[first] = twin
            for x, y in zip(node.outputs, twin.outputs):
                meaning[x] = y
                if y not in inside:
                    inside[y] = y.type.make_variable(y.name)
                    outside[inside[y]] = y
                taken[mine is met[1]][x] = inside[y]
    for k, replaced in enumerate(taken):
        if replaced:
            sides[k] = clone_nodes(sides[k], replaced, always=True)
    return Counter(branch_shared=1) if any(taken) else Counter()


def _body(op: BranchOp, results: list[Any]) -> list[Any]:
    """The results of a side in which conditions of further branches may be known by now."""
    body = Graph(op.inner_inputs, results)
    branches(body)
    return body.outputs


def _fits(old: Any, new: Any) -> bool:
    """Whether `new` may stand where `old` stood: sizes known to be 1 stay known."""
    return old.type == new.type or getattr(old.type, "dtype", None) == getattr(new.type, "dtype", ()) and not any(
        m == 1 and n != 1 for m, n in zip(old.type.shape, new.type.shape))


def _same(a: Any, b: Any) -> bool:
    return a is b or isinstance(a, Constant) and isinstance(b, Constant) and a.type == b.type and a.key() == b.key()


def _joined(graph: Graph) -> Counter[str]:
    """Branches on one condition of which none needs the other become one."""
    fired: Counter[str] = Counter()
    groups: dict[Any, int] = Counter(node.inputs[0] for node in graph.nodes() if isinstance(node.op, BranchOp))
    several = sorted((x for x, count in groups.items() if count > 1), key=lambda x: -groups[x])
    for condition in several[:MOST_CONDITIONS]:
        levels: dict[Apply, int] = {}  # how many branches of the group stand on the longest way to a node
        found: dict[int, list[Apply]] = {}
        for node in graph.toposort():
            levels[node] = max((levels[x.owner] + _in_group(x.owner, condition) for x in node.inputs if x.owner in levels), default=0)
            if _in_group(node, condition):
                found.setdefault(levels[node], []).append(node)
        for members in found.values():
            if len(members) > 1:
                _join(graph, condition, members)
                fired["branch_joined"] += len(members) - 1
    return fired


def _in_group(node: Apply, condition: Any) -> bool:
    return isinstance(node.op, BranchOp) and node.inputs[0] is condition


def _join(graph: Graph, condition: Any, members: list[Apply]) -> None:
    inside: dict[Any, Any] = {}
    thens: list[Any] = []
    elses: list[Any] = []
    for node in members:
        for x in node.inputs[1:]:
            inside.setdefault(x, x.type.make_variable(x.name))
        given = {x: inside[y] for x, y in zip(node.op.inner_inputs, node.inputs[1:])}
        thens += clone_nodes(node.op.then_outputs, given, always=True)
        elses += clone_nodes(node.op.else_outputs, given, always=True)
    outs = [x for node in members for x in node.outputs]
    names = dict.fromkeys(node.op.name for node in members if node.op.name)
    made = Apply(BranchOp(list(inside.values()), thens, elses, ", ".join(names) or None), [condition, *inside],
                 [x.type.make_variable(x.name) for x in outs])
    made.line = members[0].line
    graph.replace_all(list(zip(outs, made.outputs)), "branches")
