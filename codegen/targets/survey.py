"""What a target has to know of a module's kernels before it writes them."""

from __future__ import annotations

from codegen.loopir import nodes as ir
from codegen.record import record

__all__ = ["Survey", "survey"]

INLINE_LENGTH = 60  # a kernel of one use may become a part of its caller up to this many nodes (see docs/architecture.md)
SEVERAL = 4  # with so many functions that loop, those that do not are a small part of a call, and a third of the work of LLVM's passes
INLINE_TOTAL = 1500  # nodes of all such kernels with loops: the time that LLVM takes grows with the square of a function


@record()
class Survey:
    """function: the kernel. calls: from how many places it is called. length: its nodes, all nested ones counted.

    apart: better left a function of its own than made a part of its caller. row: calls only, no loops.
    often: called in a loop. straight: no loops and not called in one, among several that loop: best left nearly as written.
    context: it, or a kernel that it calls, needs the context (to fail, to reach a library or to call back).
    """

    function: ir.Function
    calls: int = 0
    length: int = 0
    loops: bool = False
    apart: bool = False
    row: bool = False
    often: bool = False
    straight: bool = False
    context: bool = False


def survey(module: ir.Module) -> dict[str, Survey]:
    """A Survey for each function of the module, the entry included, by name; one walk of every node."""
    facts = {f.name: Survey(f) for f in [*module.kernels, module.entry]}
    callees: dict[str, set[str]] = {}
    for name, fact in facts.items():
        callees[name] = set()
        blocks = [(fact.function.body, False)]
        fact.context = fact.function.fails or fact.function is module.entry
        while blocks:
            block, within = blocks.pop()
            fact.length += len(block)
            for node in block:
                kind = node.__class__
                if kind is ir.Assign or kind is ir.Load or kind is ir.Store:
                    continue
                if isinstance(node, (ir.For, ir.While)):
                    fact.loops = True
                    blocks.append((node.body, True))
                elif isinstance(node, ir.If):
                    blocks += [(node.then, within), (node.otherwise, within)]
                elif isinstance(node, ir.Call):
                    facts[node.kernel].calls += 1
                    facts[node.kernel].often |= within
                    callees[name].add(node.kernel)
                elif isinstance(node, (ir.Library, ir.External, ir.Callback, ir.Fail)):
                    fact.context = True
    short = {name for name, f in facts.items() if f.loops and f.calls == 1 and f.length <= INLINE_LENGTH}
    crowded = sum(facts[name].length for name in short) > INLINE_TOTAL
    for name, fact in facts.items():
        fact.row = bool(callees[name]) and not fact.loops and fact.function is not module.entry
        fact.apart = fact.loops and (crowded or name not in short)
    changed = True
    while changed:  # kernels nest two or three deep
        changed = False
        for name, called in callees.items():
            if not facts[name].context and any(facts[k].context for k in called):
                facts[name].context = changed = True
            for k in called:
                if facts[name].often and not facts[k].often:
                    facts[k].often = changed = True
    several = sum(fact.loops for fact in facts.values()) >= SEVERAL
    for fact in facts.values():
        fact.straight = several and not fact.loops and not fact.often
    return facts
