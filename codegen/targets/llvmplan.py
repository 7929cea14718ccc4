"""Which loops of a function the LLVM target writes as operations on vectors, and how wide: looked up before a line is written.

A loop qualifies if its rounds are independent, it counts by one, its body is straight, and accesses to memory are at the place of the round
itself (`start + index`, neighbours in memory), the same in all rounds, or at places that were read. Steps other than one are left to LLVM's own
vectoriser, with the whole function they stand in, and so are serial loops that it might make something of. What it can do nothing with needs none of
its passes: counting, moving to places that were read, sums that are handed on, whiles, functions of libraries.
"""

from __future__ import annotations

from codegen.loopir import nodes as ir
from codegen.loopir.operations import MATH
from codegen.record import field, record
from codegen.targets.elementary import ELEMENTARY
from codegen.targets.llvmspelling import TYPES, WIDTH, memory_type

__all__ = ["Form", "Plan", "Terms", "carries", "plan_of"]

# Rounds of a loop that becomes one operation on vectors (accumulators; small matrices): nodes that its body may have.
WHOLE = {32: 12, 16: 24, 8: 48, 4: 48, 2: 48}
# Vectors side by side in loops with elementary functions, whose constants are then read from memory once for all. 10 x 100,000 numbers with one,
# two and four: exp 2.1, 1.9, 1.6 ms, sigmoid 2.5, 2.1, 1.8, tanh 4.0, 3.2, 3.4, log 2.4, 2.1, 2.3, softplus 6.9, 4.9, 5.7.
SEVERAL = {"exp": 4, "exp2": 4}
BRIEF = 32  # rounds of a loop of accumulators
Terms = tuple[tuple[int, int], ...]  # (value's number, factor), to be added up
Form = tuple[int, Terms, int]  # index * first + terms + last


@record()
class Plan:
    """lanes: rounds in one. times: how often, where that is known and written out; 0: a loop, and a rest of single rounds. narrow: rounds in one
    of a second loop, before the single ones, where they are dear; 0: there is none.

    alike: numbers of the values of the body that all rounds share. forms: number -> what an int64 that grows by as much every round is of the index.
    moves: bytes of an element, where the loop does nothing but copy or clear memory. apiece: some elements are read or written one by one.
    """

    lanes: int
    times: int = 0
    narrow: int = 0
    alike: set[int] = field(default_factory=set)
    forms: dict[int, Form] = field(default_factory=dict)
    moves: int = 0
    apiece: bool = False


def plan_of(function: ir.Function, width: int) -> dict[int, Plan] | None:
    """A Plan for each innermost loop of independent rounds, by the id of its node; None if there is a loop to be left to LLVM.

    width: bytes of a vector register.
    """
    plans: dict[int, Plan] = {}
    roots: dict[int, int] = {}  # pointers into Locals -> the number of that Local
    if not width or not walk(function.body, roots, plans, width):
        return None
    apiece = any(plan.apiece for plan in plans.values())
    return None if apiece and accumulates(function.body, plans, roots) else plans


def accumulates(block: ir.Block, plans: dict[int, Plan], roots: dict[int, int]) -> bool:
    """Whether rows of accumulators stand in memory that is not the function's own: LLVM keeps them in registers, but for few passes."""
    for node in block:
        if isinstance(node, ir.If) and (accumulates(node.then, plans, roots) or accumulates(node.otherwise, plans, roots)):
            return True
        if not isinstance(node, (ir.For, ir.While)):
            continue
        made = {x.number for x in node.carried} | {n.out.number for n in node.body if isinstance(n, (ir.Assign, ir.Load))}
        made |= {node.index.number} if isinstance(node, ir.For) else set()
        for inner in node.body:
            plan = plans.get(id(inner))
            if plan is not None and plan.times and any(
                isinstance(n, ir.Store) and n.pointer.number not in roots and n.index.number in plan.forms  # type: ignore[union-attr]
                and not made & {number for number, _ in plan.forms[n.index.number][1]} for n in inner.body  # type: ignore[union-attr]
            ):
                return True
        if accumulates(node.body, plans, roots):
            return True
    return False


def carries(block: ir.Block) -> bool:
    """Whether a loop without calls hands values on from round to round: these LLVM's passes keep in registers, and what they are made of."""
    for node in block:
        if isinstance(node, (ir.For, ir.While)):
            if carries(node.body) or (isinstance(node, ir.For) and not acts(node.body) and bool(node.carried)):
                return True
        elif isinstance(node, ir.If) and (carries(node.then) or carries(node.otherwise)):
            return True
    return False


def walk(block: ir.Block, roots: dict[int, int], plans: dict[int, Plan], width: int) -> bool:
    for node in block:
        if isinstance(node, ir.Assign):
            inherit(node.out, node.args, roots)
        elif isinstance(node, ir.Local):
            roots[node.out.number] = node.out.number
        elif isinstance(node, (ir.For, ir.While)):
            for k, out in enumerate(node.carried):
                inherit(out, (node.initial[k],), roots)
            if any(isinstance(n, (ir.For, ir.While)) for n in node.body) or acts(node.body):
                if not walk(node.body, roots, plans, width):
                    return False
            elif isinstance(node, ir.For) and node.kind == "independent" and not elsewhere(node.body):
                plan = Sight(node, roots, width).plan()
                if plan is None:
                    return False
                plans[id(node)] = plan
            elif isinstance(node, ir.While):
                if stores(node.body):
                    return False
            elif not all(plain(n) for n in node.body) or (node.kind != "independent" and stores(node.body) and not scatters(node)):
                return False
            for k, out in enumerate(node.results):
                inherit(out, (node.carried[k],), roots)
        elif isinstance(node, ir.If):
            if not walk(node.then, roots, plans, width) or not walk(node.otherwise, roots, plans, width):
                return False
            for k, out in enumerate(node.results):
                inherit(out, (node.then_yields[k], node.otherwise_yields[k]), roots)
    return True


def scatters(node: ir.For) -> bool:
    """Whether a serial loop that writes is one that LLVM's vectoriser can do nothing with: it writes where it reads that it should, hands on what it
    writes, or has few rounds."""
    if node.kind == "rest":
        return True
    carried = {x.number for x in node.carried}
    beyond = set(carried)  # values of the body that are more than arithmetic on the index
    varying = carried | {node.index.number}
    for n in node.body:
        if isinstance(n, (ir.Assign, ir.Load)):
            read = n.args if isinstance(n, ir.Assign) else (n.index,)
            if any(number_of(x) in varying for x in read):
                varying.add(n.out.number)
                if isinstance(n, ir.Load) or any(number_of(x) in beyond for x in read):
                    beyond.add(n.out.number)
    found = [n for n in node.body if isinstance(n, ir.Store) and (number_of(n.index) in beyond or number_of(n.value) in carried)]
    places = [n.pointer.number for n in found]
    return bool(found) and len(set(places)) == len(places)  # neighbours LLVM writes as one: pairs of words are sorted in 0.85 of the time


def number_of(x: ir.Operand) -> int:
    return x.number if isinstance(x, ir.Value) else 0


def acts(block: ir.Block) -> bool:
    """Whether a block calls something: kernels, libraries, the caller."""
    return any(
        isinstance(n, (ir.Call, ir.Split, ir.Library, ir.Callback, ir.Result, ir.Scratch, ir.Pulse))
        or (isinstance(n, ir.If) and (acts(n.then) or acts(n.otherwise))) for n in block
    )


def stores(block: ir.Block) -> bool:
    """Whether a block without loops writes to memory."""
    return any(isinstance(n, ir.Store) or (isinstance(n, ir.If) and (stores(n.then) or stores(n.otherwise))) for n in block)


def plain(node: ir.Node) -> bool:
    """Whether a node is without control but for a check, or a branch in which functions of libraries are called."""
    if isinstance(node, ir.If):
        return elsewhere([node]) or (not node.then and not node.results and all(isinstance(n, ir.Fail) for n in node.otherwise))
    return isinstance(node, (ir.Assign, ir.Load, ir.Store, ir.External))


def elsewhere(block: ir.Block) -> bool:
    """Whether functions of libraries do most of the work of a block: then vectors gain nothing."""
    return any(called(n) or isinstance(n, ir.External) or (isinstance(n, ir.If) and (elsewhere(n.then) or elsewhere(n.otherwise))) for n in block)


def called(node: ir.Node) -> bool:
    """Whether a function of the C library does most of the work: then vectors gain nothing."""
    return isinstance(node, ir.Assign) and node.operation in MATH and node.operation not in ELEMENTARY


def inherit(out: ir.Value, args: tuple[ir.Operand, ...], roots: dict[int, int]) -> None:
    if out.type.endswith("*"):
        for x in args:
            if isinstance(x, ir.Value) and x.number in roots:
                roots[out.number] = roots[x.number]


class Sight:
    """One loop looked at."""

    def __init__(self, node: ir.For, roots: dict[int, int], width: int) -> None:
        self.node = node
        self.roots = roots
        self.width = width
        self.forms: dict[int, Form] = {node.index.number: (1, (), 0)}  # of values of the body
        self.varying: set[int] = set()
        self.read: set[int] = set()  # what depends on elements that were read
        self.widest = 1
        self.accesses: list[tuple[int, Form, bool]] = []  # pointer, place, whether it is written
        known = isinstance(node.start, int) and isinstance(node.stop, int)
        self.trip = int(node.stop) - int(node.start) if known else 0  # type: ignore[arg-type]
        self.brief = 0 < self.trip <= BRIEF  # elsewhere strides are left to LLVM, which reads vectors and picks from them
        self.apiece = False  # elements that lie anywhere are read or written one by one

    def plan(self) -> Plan | None:
        node = self.node
        if node.step != 1 or not all(self.fits(n) for n in node.body):
            return None
        lanes, times, narrow = self.width * 8 // self.widest, 0, 0
        trip, known = self.trip, self.trip > 0
        if any(getattr(n, "operation", "") in MATH for n in node.body):
            several = min(SEVERAL.get(n.operation, 2) for n in node.body if isinstance(n, ir.Assign) and n.operation in MATH)
            if not known or trip >= 2 * lanes * several:
                lanes, narrow = lanes * several, lanes if not known or trip % (lanes * several) >= lanes else 0
        elif len(node.body) <= WHOLE.get(trip, 0):
            lanes, times = trip, 1
        if known and trip < lanes:
            return None
        if lanes < 2 or not self.apart(trip if times else 0):
            return None
        alike = {n for n, form in self.forms.items() if not form[0]}
        moving = {n: form for n, form in self.forms.items() if form[0]}
        return Plan(lanes, times, narrow, alike, moving, 0 if times else self.moves(), self.apiece)

    def moves(self) -> int:
        """Bytes of an element, if the loop copies memory or clears it."""
        acts = [n for n in self.node.body if not isinstance(n, ir.Assign)]
        last = acts[-1] if acts and not self.apiece else None
        if not isinstance(last, ir.Store) or any(isinstance(n, ir.Assign) and n.out.number in self.varying for n in self.node.body):
            return 0
        size = max(8, WIDTH[memory_type(last.pointer.type)]) // 8
        if len(acts) == 1:
            zero = not isinstance(last.value, ir.Value) and last.value == 0 and str(last.value) != "-0.0"
            return size if zero else 0
        first = acts[0]
        copies = len(acts) == 2 and isinstance(first, ir.Load) and first.out is last.value and first.pointer.type == last.pointer.type
        return size if copies and first.out.number in self.varying else 0  # type: ignore[union-attr]

    def form(self, x: ir.Operand) -> Form | None:
        """What an operand is of the index; None: something else in every round."""
        if isinstance(x, ir.Value):
            return None if x.number in self.varying else self.forms.get(x.number, (0, ((x.number, 1),), 0))
        return (0, (), x) if isinstance(x, int) else (0, (), 0)

    def fits(self, node: ir.Node) -> bool:
        if isinstance(node, ir.Assign):
            return self.assign(node)
        if isinstance(node, (ir.Load, ir.Store)):
            return self.access(node)
        return False

    def assign(self, node: ir.Assign) -> bool:
        operation, out = node.operation, node.out
        forms = [self.form(x) for x in node.args]
        if all(f is not None and not f[0] for f in forms):  # the same in all rounds
            self.forms[out.number] = (joined(operation, forms) if out.type == "int64" else None) or (0, ((out.number, 1),), 0)
            return True
        if out.type == "int64" and all(f is not None for f in forms):
            form = joined(operation, forms)
            if form is not None:
                self.forms[out.number] = form
                return True
        types = [out.type, *(x.type for x in node.args if isinstance(x, ir.Value))]
        if any(type.endswith("*") or type == "float16" for type in types) or (operation in MATH and operation not in ELEMENTARY):
            return False
        if any(number_of(x) in self.read for x in node.args):
            self.read.add(out.number)
        self.varying.add(out.number)
        self.widest = max(self.widest, *(WIDTH[TYPES[type]] for type in types))
        return True

    def access(self, node: ir.Load | ir.Store) -> bool:
        pointer, place = self.form(node.pointer), self.form(node.index)
        if pointer is None or pointer[0] or node.pointer.type == "float16*":
            return False
        writes = isinstance(node, ir.Store)
        if isinstance(node, ir.Load):
            self.read.add(node.out.number)
        if (place is None and (self.brief or number_of(node.index) in self.read)) or (place is not None and place[0] not in (0, 1) and self.brief):
            self.apiece = True
            place = 1, ((-len(self.accesses) - 1, 1),), 0  # like no other
        if place is None:
            return False
        self.accesses.append((node.pointer.number, place, writes))
        if place[0] == 1:
            if isinstance(node, ir.Load):
                self.varying.add(node.out.number)
            self.widest = max(self.widest, WIDTH[memory_type(node.pointer.type)])
            return True
        if place[0] or not isinstance(node, ir.Load):
            return False
        self.forms[node.out.number] = (0, ((node.out.number, 1),), 0)
        return True

    def apart(self, rounds: int) -> bool:
        """Whether no round touches what another writes in a Local, which independent rounds may share, nor reads what all share of what is written.

        rounds: how many are done at once and are all.
        """
        written = [(p, place) for p, place, writes in self.accesses if writes]
        for p, place in written:
            for q, other, _ in self.accesses:
                root = self.roots.get(p)
                if root is None:
                    if q == p and not other[0]:
                        return False
                elif self.roots.get(q) == root and (q, other) != (p, place):
                    alike = q == p and other[:2] == place[:2]
                    if not (alike and rounds and abs(other[2] - place[2]) >= rounds):
                        return False
        return True


def joined(operation: str, forms: list[Form | None]) -> Form | None:
    """The form of a sum, a difference or a multiple of such; None of anything else."""
    if operation not in ("add", "sub", "mul") or forms[0] is None or forms[1] is None:
        return None
    a, b = forms[0], forms[1]
    if operation == "mul":
        if b[:2] != (0, ()):
            a, b = b, a
        return scaled(a, b[2]) if b[:2] == (0, ()) else None
    if operation == "sub":
        b = scaled(b, -1)
    terms = dict(a[1])
    for number, factor in b[1]:
        terms[number] = terms.get(number, 0) + factor
    return a[0] + b[0], tuple(sorted((n, f) for n, f in terms.items() if f)), a[2] + b[2]


def scaled(form: Form, factor: int) -> Form:
    return form[0] * factor, tuple((n, f * factor) for n, f in form[1]), form[2] * factor
