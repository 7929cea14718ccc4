"""Values of the loop IR as nested C expressions.

A value that is used once, in the block that makes it, is written where it is used, up to a length; every other one is a local variable.
What has been read from memory is put into a variable before anything may write memory, so a nested expression means what the nodes mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from codegen.loopir import nodes as ir
from codegen.targets import spelling
from codegen.targets.spelling import ATOM, RESERVED, SUM, TYPES, UNARY, Row, constant, value_type
from codegen.targets.survey import Survey, survey
from codegen.targets.uses import SUMS, Uses, uses_of

__all__ = ["Expression", "ExpressionText", "Shared"]

ROUNDS = 8  # of the context's values, the first that is the number of a round
LONGEST = 90  # characters of an expression that may stand inside another
SHORT = 16  # of one that may stand several times
COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "signbit"})


class Shared:
    """What the functions of a module know of each other, and what they add to the file."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self.facts: dict[str, Survey] = survey(module)
        self.support: set[str] = set()
        self.independent = False  # whether the file needs INDEPENDENT_ROUNDS
        self.rounded = False  # whether it needs ROUNDED
        self.names: dict[str, str] = {}
        taken = {module.entry.name}
        for function in module.kernels:
            name = plain = re.sub(r"\W", "_", function.name)
            count = 0
            while name in RESERVED or name in taken or name[0].isdigit():
                count += 1
                name = f"kernel_{plain}_{count}"
            taken.add(name)
            self.names[function.name] = name
        self.names[module.entry.name] = module.entry.name


class Expression(NamedTuple):
    """A piece of C. level: how tightly its outermost operator binds. memory: it reads memory."""

    text: str
    level: int = ATOM
    memory: bool = False

    def within(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


class ExpressionText:
    """What is known while one function is being written, and its assignments."""

    def __init__(self, shared: Shared, function: ir.Function, is_entry: bool) -> None:
        self.shared = shared
        self.function = function
        self.is_entry = is_entry
        self.uses: Uses = uses_of(function)
        self.lines: list[str] = []
        self.locals: list[str] = []
        self.depth = 1
        self.loops = 0
        self.here = 0
        self.names: dict[int, str] = {}
        self.taken: set[str] = set()
        self.pending: dict[int, tuple[ir.Value, Expression]] = {}  # not yet written: they stand where they are used
        self.repeated: dict[int, Expression] = {}  # neighbours of an index, written wherever they are used: j + 1
        self.constant: set[int] = set()  # numbers of pointers to what may not be written
        self.regular: set[int] = set()  # numbers of indices, sizes and parameters, and of sums of them
        self.private: set[int] = set()  # numbers of pointers into Locals
        self.private_accesses = 0
        self.temporaries = 0

    # Names and lines --------------------------------------------------------------------------------------------------
    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def name(self, value: ir.Value, wish: str = "") -> str:
        wish = wish or f"{'p' if value.type.endswith('*') else 'v'}{value.number}"
        name = wish if wish not in self.taken else f"{wish}_{value.number}"
        self.taken.add(name)
        self.names[value.number] = name
        return name

    def temporary(self, wish: str) -> str:
        self.temporaries += 1
        return f"{wish}{self.temporaries}"

    # Expressions ------------------------------------------------------------------------------------------------------
    def operand(self, x: ir.Operand, type: str = "int64") -> Expression:
        if isinstance(x, ir.Value):
            found = self.pending.pop(x.number, None)
            if found is not None:
                return found[1]
            return self.repeated.get(x.number) or Expression(self.names[x.number])
        text = constant(x, type)
        return Expression(text, UNARY if text[0] == "-" else ATOM)

    def named(self, x: ir.Operand, type: str = "int64") -> Expression:
        """A name or a constant, which may stand twice."""
        if isinstance(x, ir.Value) and x.number in self.pending:
            value, expression = self.pending.pop(x.number)
            self.declare(value, expression)
        return self.operand(x, type)

    def typed(self, x: ir.Operand) -> tuple[str, Expression]:
        """(type, expression) of an operand whose type nothing else says; a Python number is a bool, int64 or float64."""
        type = x.type if isinstance(x, ir.Value) else "bool" if isinstance(x, bool) else "int64" if isinstance(x, int) else "float64"
        return type, self.operand(x, type)

    def fill(self, row: Row, operands: Sequence[Expression]) -> Expression:
        self.shared.support.update(row.support)
        text = row.text.format(*[x.within(level) for x, level in zip(operands, row.needs)])
        return Expression(text, row.level, any(x.memory for x in operands))

    def keep(self, value: ir.Value, expression: Expression) -> None:
        """Gives the value its expression: now, or where it is used."""
        if self.uses.once_in(value, self.here) and len(expression.text) <= LONGEST:
            self.pending[value.number] = (value, expression)
        else:
            self.declare(value, expression)

    def declare(self, value: ir.Value, expression: Expression, wish: str = "") -> None:
        kind = value_type(value.type, value.number in self.constant)
        self.line(f"{kind}{self.name(value, wish)} = {expression.text};")

    def settle(self) -> None:
        """Puts what has been read from memory into variables: memory may change now."""
        for number in [number for number, (_, expression) in self.pending.items() if expression.memory]:
            self.declare(*self.pending.pop(number))

    def follow(self, out: ir.Value, sources: Sequence[ir.Operand]) -> None:
        """A pointer made from others points to what they point to."""
        for x in sources:
            if isinstance(x, ir.Value):
                if x.number in self.constant:
                    self.constant.add(out.number)
                if x.number in self.private:
                    self.private.add(out.number)

    def pointer(self, x: ir.Operand, out: ir.Value) -> str:
        """A pointer that is assigned to `out`, which may have less to promise."""
        text = self.operand(x, out.type).text
        if isinstance(x, ir.Value) and x.number in self.constant and out.number not in self.constant:
            return f"({value_type(out.type)}){text}"
        return text

    # Assignments ------------------------------------------------------------------------------------------------------
    def assign(self, node: ir.Assign) -> None:
        operation, out, args = node.operation, node.out, node.args
        if out.number not in self.uses.count:
            return
        special = SPECIAL.get(operation)
        if special is not None:
            special(self, node)
            return
        if operation in COMPARISONS:
            type = next((x.type for x in args if isinstance(x, ir.Value)), "") or self.typed(args[0])[0]
        else:
            type = out.type
        if type.endswith("*"):
            self.follow(out, args)
        found = self.row(node, type)
        read = self.named if found.twice else self.operand
        first = ["bool"] if operation == "select" else []
        operands = [read(x, kind) for x, kind in zip(args, [*first, *[type] * len(args)])]
        numbers = args[len(first):]
        if not any(isinstance(x, ir.Value) for x in numbers) and not type.endswith("*"):  # else they would be computed as int
            k = len(first)
            operands[k] = Expression(f"({TYPES[type]}){operands[k].within(UNARY)}", UNARY)
        expression = self.fill(found, operands)
        if out.number in self.uses.rounded:
            self.shared.rounded = True
            expression = expression._replace(text=f"ROUNDED({expression.text})", level=ATOM)
        near = operation in ("add", "sub") and isinstance(args[0], ir.Value) and isinstance(args[1], int)
        if near and out.number in self.regular and len(expression.text) <= SHORT:
            self.repeated[out.number] = expression
        else:
            self.keep(out, expression)

    def row(self, node: ir.Assign, type: str) -> Row:
        operation, args = node.operation, node.args
        out = node.out.number
        if type == "int64" and operation in SUMS and out not in self.uses.beyond:  # an index: overflow would lie outside all memory
            regular = all(not isinstance(x, ir.Value) or x.number in self.regular for x in args)
            if regular:
                self.regular.add(out)
            if regular or out not in self.uses.far:
                return spelling.plain_row(operation)
        return spelling.row(operation, type)

    def cast(self, node: ir.Assign) -> None:
        source, x = self.typed(node.args[0])
        self.keep(node.out, self.fill(spelling.cast_row(source, node.out.type), [x]))

    def bits(self, node: ir.Assign) -> None:
        source, x = self.typed(node.args[0])
        self.keep(node.out, self.fill(spelling.bits_row(source, node.out.type), [x]))

    def recast(self, node: ir.Assign) -> None:
        self.follow(node.out, node.args)
        kind = value_type(node.out.type, node.out.number in self.constant)
        self.declare(node.out, Expression(f"({kind.strip()}){self.operand(node.args[0], 'void*').within(UNARY)}"))

    def offset(self, node: ir.Assign) -> None:
        pointer, index = node.args
        self.follow(node.out, (pointer,))
        base, by = self.operand(pointer, "void*"), self.operand(index)
        text = f"{base.text} + {by.within(SUM + 1)}"
        if node.operation == "bytes" or node.out.type == "void*":
            readonly = node.out.number in self.constant
            text = f"({value_type(node.out.type, readonly)})(({'const ' if readonly else ''}char *){text})"
        self.declare(node.out, Expression(text))

    def argument(self, node: ir.Assign) -> None:
        slot = self.operand(node.args[0]).text
        self.declare(node.out, Expression(f"context->data[{slot}]"), f"argument{slot}")

    def round(self, node: ir.Assign) -> None:
        self.declare(node.out, Expression(f"&context->values[{ROUNDS} + {self.operand(node.args[0]).text}]"), f"round{node.args[0]}")

    def size(self, node: ir.Assign) -> None:
        slot, axis = self.operand(node.args[0]).text, self.operand(node.args[1]).text
        self.regular.add(node.out.number)
        self.declare(node.out, Expression(f"context->sizes[{slot}][{axis}]"), f"size{slot}_{axis}")

    def thread(self, node: ir.Assign) -> None:
        self.declare(node.out, Expression("context->thread"), "thread")

    def threads(self, node: ir.Assign) -> None:
        self.declare(node.out, Expression("context->threads > 1 ? context->threads : 1"), "threads")


SPECIAL: dict[str, Callable[[ExpressionText, ir.Assign], None]] = {
    "cast": ExpressionText.cast, "bits": ExpressionText.bits, "recast": ExpressionText.recast, "offset": ExpressionText.offset,
    "bytes": ExpressionText.offset, "argument": ExpressionText.argument, "round": ExpressionText.round, "size": ExpressionText.size,
    "thread": ExpressionText.thread, "threads": ExpressionText.threads,
}
