"""What a target has to know of a module's kernels before it writes them."""

from __future__ import annotations

from codegen.loopir import nodes as ir
from codegen.record import record

__all__ = ["Survey", "survey"]

INLINE_LENGTH = 60  # a kernel of one use may become a part of its caller up to this many nodes (see docs/architecture.md)
SEVERAL = 4  # with so many functions that loop, those that do not are a small part of a call, and a third of the work of LLVM's passes
FEW_ROUNDS = 32  # a loop of so many is little work
INLINE_TOTAL = 1500  # nodes of all such kernels with loops: the time that LLVM takes grows with the square of a function


@record()
class Survey:
    """function: the kernel. calls: from how many places it is called. length: its nodes, all nested ones counted.

    apart: better left a function of its own than made a part of its caller. row: calls only, no loops.
    often: called in a loop. fine: called in a loop of little work. driver: it has such a loop, and calls in it.
    straight: no loops and not called in one, among several that loop: best left nearly as written.
    parts: it is called through its address, for parts of a range.
    context: it, or a kernel that it calls, needs the context (to fail, to reach a library or to call back).
    """

    function: ir.Function
    calls: int = 0
    length: int = 0
    loops: bool = False
    apart: bool = False
    row: bool = False
    often: bool = False
    fine: bool = False
    driver: bool = False
    straight: bool = False
    context: bool = False
    parts: bool = False


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
                elif isinstance(node, ir.Split):
                    facts[node.kernel].calls += 1
                    facts[node.kernel].parts = fact.context = True
                    callees[name].add(node.kernel)
                elif isinstance(node, (ir.Library, ir.External, ir.Callback, ir.Fail)):
                    fact.context = True
    short = {name for name, f in facts.items() if f.loops and f.calls == 1 and not f.parts and f.length <= INLINE_LENGTH}
    crowded = sum(facts[name].length for name in short) > INLINE_TOTAL
    for name, fact in facts.items():
        fact.row = any(not facts[k].parts for k in callees[name]) and not fact.loops and fact.function is not module.entry
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
    note_fine_loops(facts)
    several = sum(fact.loops for fact in facts.values()) >= SEVERAL
    for fact in facts.values():
        fact.straight = several and not fact.loops and not fact.often
    return facts


def note_fine_loops(facts: dict[str, Survey]) -> None:
    """Tells loops that do much in a round (a product of matrices, a loop in it) from those in which the calls themselves are the work:
    a recurrence of a few numbers runs fast only if LLVM sees all of it at once and keeps it in registers."""
    work = {name: Work(fact.function.body) for name, fact in facts.items()}
    heavy = {name for name, w in work.items() if w.heavy}
    grown = True
    while grown:
        more = {name for name, w in work.items() if name not in heavy and w.called & heavy}
        heavy |= more
        grown = bool(more)
    reached: list[str] = []
    for name, w in work.items():
        for called, much in w.rounds:
            if called and not much and not called & heavy:
                facts[name].driver = True
                reached += called
    while reached:
        name = reached.pop()
        if not facts[name].fine:
            facts[name].fine = True
            reached += work[name].called


class Work:
    """What a function does: heavy: a routine of a library, or a loop that is long. called: kernels. rounds: of each loop the kernels that are
    called in its own rounds, and whether much else is done there."""

    def __init__(self, body: ir.Block) -> None:
        self.heavy = False
        self.called: set[str] = set()
        self.rounds: list[tuple[set[str], bool]] = []
        self.block(body)

    def block(self, block: ir.Block) -> tuple[set[str], bool]:
        """(kernels called in the block, whether there is much beside them); loops in it count as much, and are noted apart."""
        called: set[str] = set()
        much = False
        for node in block:
            if isinstance(node, ir.Call):
                called.add(node.kernel)
            elif isinstance(node, (ir.Split, ir.Library, ir.Callback)):
                much = True
            elif isinstance(node, (ir.For, ir.While)):
                self.rounds.append(self.block(node.body))
                much |= isinstance(node, ir.While) or not few_rounds(node)
            elif isinstance(node, ir.If):
                for part in (node.then, node.otherwise):
                    more, beside = self.block(part)
                    called |= more
                    much |= beside
        self.called |= called
        self.heavy |= much
        return called, much


def few_rounds(node: ir.For) -> bool:
    return isinstance(node.start, int) and isinstance(node.stop, int) and node.stop - node.start <= FEW_ROUNDS * node.step
