"""Where each value of a function is used: what a writer of nested expressions has to know before it starts."""

from __future__ import annotations

from collections.abc import Iterable

from codegen.loopir import nodes as ir
from codegen.record import field, record

__all__ = ["Uses", "uses_of"]

SUMS = frozenset({"add", "sub", "mul", "div", "rem"})


@record()
class Uses:
    """count: how often each value (by number) is used by what is not dead itself. place: id of the one block in which it is, 0 if several.

    beyond: numbers of values that serve anything but the index of a memory access, directly or through sums and products.
    far: numbers of values that serve, directly or so, in another block than their own.
    rounded: numbers of products of floats that a compiler might fuse with sums against its orders (see `fused_by_mistake`).
    """

    count: dict[int, int] = field(default_factory=dict)
    place: dict[int, int] = field(default_factory=dict)
    beyond: set[int] = field(default_factory=set)
    far: set[int] = field(default_factory=set)
    rounded: set[int] = field(default_factory=set)
    products: set[int] = field(default_factory=set)
    added: set[int] = field(default_factory=set)
    subtracted: set[int] = field(default_factory=set)

    def note(self, operands: Iterable[ir.Operand], block: int, address: bool = False, far: bool = False) -> None:
        for x in operands:
            if isinstance(x, ir.Value):
                number = x.number
                self.count[number] = self.count.get(number, 0) + 1
                self.place[number] = block if self.place.get(number, block) == block else 0
                if not address:
                    self.beyond.add(number)
                if far:
                    self.far.add(number)

    def once_in(self, value: ir.Value, block: int) -> bool:
        """Used once, in this very block: its expression may stand where it is used."""
        return self.count.get(value.number) == 1 and self.place[value.number] == block


def uses_of(function: ir.Function) -> Uses:
    """One walk from the last node to the first, so that what only a dead node uses is dead too."""
    uses = Uses()
    walk(uses, function.body)
    uses.rounded = fused_by_mistake(uses)
    return uses


def fused_by_mistake(uses: Uses) -> set[int]:
    """Products that are rounded before they are added, some, and subtracted, others: as in a complex product.

    GCC since 12 makes one instruction of neighbouring sums and differences of products, which does not round the products, even under
    -ffp-contract=off.
    """
    summed = uses.products & (uses.added | uses.subtracted)
    return summed if uses.products & uses.added and uses.products & uses.subtracted else set()


def walk(uses: Uses, block: ir.Block) -> None:
    here = id(block)
    for node in reversed(block):
        if isinstance(node, ir.Assign):
            number = node.out.number
            if number not in uses.count:
                continue
            if uses.place[number] != here:
                uses.far.add(number)
            if node.out.type.startswith("float"):
                note_products(uses, node)
            if node.operation == "offset":
                uses.note(node.args[:1], here)
                uses.note(node.args[1:], here, True)
            else:
                address = node.operation in SUMS and node.out.type == "int64" and number not in uses.beyond
                uses.note(node.args, here, address, number in uses.far)
        elif isinstance(node, ir.Load):
            if node.out.number in uses.count:
                uses.note((node.pointer,), here)
                uses.note((node.index,), here, True)
        elif isinstance(node, ir.External):
            if node.out.number in uses.count:
                uses.note(node.args, here)
        elif isinstance(node, ir.Store):
            uses.note((node.pointer, node.value), here)
            uses.note((node.index,), here, True)
        elif isinstance(node, ir.For):
            uses.note(node.yields, id(node.body))
            walk(uses, node.body)
            uses.note((node.start, node.stop, *node.initial), here)
        elif isinstance(node, ir.While):
            uses.note((*node.yields, node.condition), id(node.body))
            walk(uses, node.body)
            uses.note(node.initial, here)
        elif isinstance(node, ir.If):
            for k, out in enumerate(node.results):
                if out.number in uses.count:
                    uses.note((node.then_yields[k],), id(node.then))
                    uses.note((node.otherwise_yields[k],), id(node.otherwise))
            walk(uses, node.then)
            walk(uses, node.otherwise)
            uses.note((node.condition,), here)
        else:
            uses.note(operands(node), here)


def note_products(uses: Uses, node: ir.Assign) -> None:
    if node.operation == "mul":
        uses.products.add(node.out.number)
    elif node.operation in ("add", "sub", "neg"):
        place = uses.added if node.operation == "add" else uses.subtracted
        place.update(x.number for x in node.args if isinstance(x, ir.Value))


def operands(node: ir.Node) -> Iterable[ir.Operand]:
    """What a node without blocks that acts on the outside uses."""
    if isinstance(node, (ir.Call, ir.Library)):
        return node.args
    if isinstance(node, ir.Split):
        return (*node.args, *node.args, *(2 * (node.start, node.stop, node.work)))  # what is written twice is no expression
    if isinstance(node, ir.Callback):
        return [x for pointer, sizes in node.arrays for x in (pointer, *sizes)]
    if isinstance(node, ir.Result):
        return node.sizes * (2 if node.number > 0 else 1)  # they are noted too, where there is no memory
    if isinstance(node, ir.Scratch):
        return (node.size,) * (2 if node.number > 0 else 1)
    if isinstance(node, ir.Pulse):
        return (node.counters,)
    if isinstance(node, ir.Fail):
        return node.values
    return ()
