"""Loop IR -> one readable C99 file.

A value that is used once, in the block that makes it, is written where it is used, up to a length; every other one is a local variable.
What has been read from memory is put into a variable before anything may write memory, so a nested expression means what the nodes mean.
Carried values of loops are variables that keep their place. The file needs nothing but the standard library, and every operation is
defined by C99 but for what every C compiler for Linux, macOS and Windows grants: two's complement, arithmetic right shifts, IEEE floats.

Example: ``print(c_source(Module(entry)))``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from codegen.loopir import nodes as ir
from codegen.targets import spelling
from codegen.targets.spelling import ATOM, CHOICE, RESERVED, SUM, TYPES, UNARY, Row, bits_row, cast_row, constant, memory_type, row, support_text, value_type
from codegen.targets.survey import Survey, survey
from codegen.targets.uses import SUMS, Uses, uses_of

__all__ = ["FLAGS", "c_source"]

# Without these a compiler may change results (contraction, errno is harmless) or the meaning of memory that is seen as several types.
FLAGS = ("-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fno-strict-aliasing", "-fPIC", "-shared")
LONGEST = 90  # characters of an expression that may stand inside another
STOP_LENGTH = 30  # of one that is the end of a loop
OUT_OF_MEMORY = -1
INDICES = "ijklmn"
COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "signbit"})

HEAD = """/* {title}

   {entry} computes once: it returns 0, or the number of what failed. The caller hands it all it needs in a
   `context`: addresses and sizes of the arguments (C-contiguous arrays), and functions that give memory.

   Compile with: cc {flags} FILE.c -lm */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
"""
CONTEXT = """typedef struct context {
    void **data;                                                                /* address of each argument */
    int64_t **sizes;                                                            /* sizes of each argument */
    void *(*result)(struct context *, int64_t slot, const int64_t *sizes);      /* memory for a result, or NULL */
    void *(*scratch)(struct context *, int64_t slot, int64_t bytes);            /* memory until the return, or NULL */
    int64_t (*callback)(struct context *, int64_t slot, void **data, int64_t **sizes);  /* 0, or it failed */
    void **libraries;                                                           /* addresses of library routines */
    int64_t values[8];                                                          /* what met when something failed */
} context;"""
INDEPENDENT = """/* The rounds of the loop that follows do not depend on each other. */
#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT_ROUNDS _Pragma("GCC ivdep")
#else
#define INDEPENDENT_ROUNDS
#endif"""


def c_source(module: ir.Module, title: str = "Compiled expression") -> str:
    """The whole file; the entry is its one symbol seen from outside. Raises TypeError for an operation that its type does not have."""
    shared = Shared(module)
    texts = [FunctionText(shared, kernel, False).text() for kernel in module.kernels]
    texts.append(FunctionText(shared, module.entry, True).text())
    head = HEAD.format(title=title.replace("*/", "* /"), entry=shared.names[module.entry.name], flags=" ".join(FLAGS))
    parts = [head, CONTEXT]
    if shared.independent:
        parts.append(INDEPENDENT)
    return "\n\n".join([*parts, *support_text(shared.support), *texts]).replace("\n\n\n", "\n\n") + "\n"


class Shared:
    """What the functions of a module know of each other, and what they add to the file."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self.facts: dict[str, Survey] = survey(module)
        self.support: set[str] = set()
        self.independent = False
        self.names: dict[str, str] = {}
        taken = {module.entry.name}
        for function in module.kernels:
            name = plain = re.sub(r"\W", "_", function.name)
            while name in RESERVED or name in taken or not (name[0].isalpha() or name[0] == "_"):
                name = f"kernel_{plain}_{len(taken)}"
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


class FunctionText:
    """Writes one function."""

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
        self.constant: set[int] = set()  # numbers of pointers to what may not be written
        self.regular: set[int] = set()  # numbers of indices, sizes and parameters, and of sums of them
        self.private: set[int] = set()  # numbers of pointers into Locals
        self.private_accesses = 0
        self.temporaries = 0

    def text(self) -> str:
        f = self.function
        signature = self.signature()
        self.block(f.body)
        if f.fails or self.is_entry:
            self.line("return 0;")
        unused = [self.names[p.number] for p in f.parameters if p.number in self.names and p.number not in self.uses.count]
        if "context" in signature and not any("context" in line for line in self.lines):
            unused.append("context")
        ignored = [f"    (void){name};" for name in unused]
        return "\n".join([signature, "{", *self.locals, *ignored, *self.lines, "}"])

    def signature(self) -> str:
        name = self.shared.names[self.function.name]
        if self.is_entry:
            return f"int64_t {name}(struct context *context)"
        parts = ["struct context *context"] if self.shared.facts[self.function.name].context else []
        for k, value in enumerate(self.function.parameters):
            if value.type.endswith("*"):
                readonly = k in self.function.readonly
                if readonly:
                    self.constant.add(value.number)
                own = self.name(value, f"{'in' if readonly else 'out'}{k}")
                parts.append(f"{value_type(value.type, readonly)}{'restrict ' if k in self.function.distinct else ''}{own}")
            else:
                self.regular.add(value.number)
                parts.append(value_type(value.type) + self.name(value, f"{'n' if value.type == 'int64' else 's'}{k}"))
        return f"static {'int64_t' if self.function.fails else 'void'} {name}({', '.join(parts) or 'void'})"

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
            return found[1] if found is not None else Expression(self.names[x.number])
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
            return f"({value_type(out.type)}){text}".replace(" *)", " *)")
        return text

    # Nodes ------------------------------------------------------------------------------------------------------------
    def block(self, block: ir.Block) -> None:
        outer, self.here = self.here, id(block)
        for node in block:
            WRITERS[node.__class__](self, node)
        self.here = outer

    def nested(self, block: ir.Block, end: Callable[[], None]) -> None:
        """A block, indented; `end` writes what it hands on, while its values can still be written in place."""
        outer, self.here = self.here, id(block)
        self.depth += 1
        for node in block:
            WRITERS[node.__class__](self, node)
        end()
        self.depth -= 1
        self.here = outer

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
        self.keep(out, self.fill(found, operands))

    def row(self, node: ir.Assign, type: str) -> Row:
        operation, args = node.operation, node.args
        if operation in SUMS and type in ("int8", "int16", "int32", "int64"):
            out = node.out.number
            if type == "int64" and out not in self.uses.beyond:
                regular = all(not isinstance(x, ir.Value) or x.number in self.regular for x in args)
                if regular:
                    self.regular.add(out)
                if regular or self.uses.place[out] == self.here:
                    return spelling.plain_row(operation)
            if operation in ("div", "rem") and type in ("int32", "int64") and not isinstance(args[1], ir.Value) and args[1] not in (0, -1):
                return spelling.plain_row(operation)
        return row(operation, type)

    def cast(self, node: ir.Assign) -> None:
        source, x = self.typed(node.args[0])
        self.keep(node.out, self.fill(cast_row(source, node.out.type), [x]))

    def bits(self, node: ir.Assign) -> None:
        source, x = self.typed(node.args[0])
        self.keep(node.out, self.fill(bits_row(source, node.out.type), [x]))

    def recast(self, node: ir.Assign) -> None:
        self.follow(node.out, node.args)
        kind = value_type(node.out.type, node.out.number in self.constant)
        self.declare(node.out, Expression(f"({kind.strip()}){self.operand(node.args[0], 'void*').within(UNARY)}"))

    def offset(self, node: ir.Assign) -> None:
        pointer, index = node.args
        self.follow(node.out, (pointer,))
        base, by = self.operand(pointer, "void*"), self.operand(index)
        if node.operation == "bytes" or node.out.type == "void*":
            word = "const char *" if node.out.number in self.constant else "char *"
            self.declare(node.out, Expression(f"({value_type(node.out.type, node.out.number in self.constant).strip()})(({word}){base.text} + {by.within(SUM + 1)})"))
        else:
            self.declare(node.out, Expression(f"{base.text} + {by.within(SUM + 1)}"))

    def argument(self, node: ir.Assign) -> None:
        slot = self.operand(node.args[0]).text
        self.declare(node.out, Expression(f"context->data[{slot}]"), f"argument{slot}")

    def size(self, node: ir.Assign) -> None:
        slot, axis = self.operand(node.args[0]).text, self.operand(node.args[1]).text
        self.regular.add(node.out.number)
        self.declare(node.out, Expression(f"context->sizes[{slot}][{axis}]"), f"size{slot}_{axis}")

    def load(self, node: ir.Load) -> None:
        if node.out.number not in self.uses.count:
            return
        if node.pointer.number in self.private:
            self.private_accesses += 1
        text = f"{self.operand(node.pointer).text}[{self.operand(node.index).text}]"
        if node.out.type == "bool":
            self.keep(node.out, Expression(f"{text} != 0", spelling.EQUALITY, True))
        else:
            self.keep(node.out, Expression(text, ATOM, True))

    def store(self, node: ir.Store) -> None:
        if node.pointer.number in self.private:
            self.private_accesses += 1
        place = f"{self.operand(node.pointer).text}[{self.operand(node.index).text}]"
        value = self.operand(node.value, node.pointer.type[:-1]).text
        self.settle()
        self.line(f"{place} = {value};")

    def local(self, node: ir.Local) -> None:
        self.private.add(node.out.number)
        aligned = "" if node.count < 8 else " __attribute__((aligned(64)))"
        name = self.name(node.out, f"local{node.out.number}")
        self.locals.append(f"    {memory_type(node.out.type[:-1])} {name}[{max(1, node.count)}]{aligned};")

    # Control ----------------------------------------------------------------------------------------------------------
    def start(self, carried: Sequence[ir.Value], initial: Sequence[ir.Operand], results: Sequence[ir.Value]) -> None:
        """Declares the variables of carried values, which are the results after the last round."""
        values = []
        for value, x in zip(carried, initial):
            if value.type.endswith("*"):
                self.follow(value, (x,))
            values.append(self.operand(x, value.type))
        self.settle()
        for value, result, expression in zip(carried, results, values):
            self.declare(value, expression)
            self.names[result.number] = self.names[value.number]
            for kind in (self.constant, self.private):
                if value.number in kind:
                    kind.add(result.number)

    def hand_on(self, carried: Sequence[ir.Value], yields: Sequence[ir.Operand]) -> None:
        """The carried variables take their next values, all at once."""
        pairs = []
        for value, x in zip(carried, yields):
            text = self.pointer(x, value) if value.type.endswith("*") else self.operand(x, value.type).text
            if text != self.names[value.number]:
                pairs.append((value, text))
        for k, (value, text) in enumerate(pairs):
            if any(mentions(text, self.names[earlier.number]) for earlier, _ in pairs[:k]):
                name = self.temporary("next")
                self.line(f"{value_type(value.type, value.number in self.constant)}{name} = {text};")
                pairs[k] = (value, name)
        for value, text in pairs:
            self.line(f"{self.names[value.number]} = {text};")

    def loop(self, node: ir.For) -> None:
        start, stop = self.operand(node.start), self.operand(node.stop)
        self.start(node.carried, node.initial, node.results)
        if stop.memory or len(stop.text) > STOP_LENGTH:
            name = self.temporary("stop")
            self.line(f"int64_t {name} = {stop.text};")
            stop = Expression(name)
        place, before = len(self.lines), self.private_accesses
        index = INDICES[self.loops] if self.loops < len(INDICES) else f"i{self.loops}"
        self.names[node.index.number] = index
        self.regular.add(node.index.number)
        step = "++" if node.step == 1 else f" += {node.step}"
        self.line(f"for (int64_t {index} = {start.text}; {index} < {stop.within(SUM)}; {index}{step}) {{")
        self.loops += 1
        self.nested(node.body, lambda: self.hand_on(node.carried, node.yields))
        self.loops -= 1
        self.line("}")
        if node.kind == "independent" and self.private_accesses == before:  # rounds may share a Local
            self.shared.independent = True
            self.lines.insert(place, "    " * self.depth + "INDEPENDENT_ROUNDS")

    def repeat(self, node: ir.While) -> None:
        self.start(node.carried, node.initial, node.results)

        def end() -> None:
            go_on = self.operand(node.condition, "bool")
            changed = [self.names[value.number] for value in node.carried]
            if any(mentions(go_on.text, name) for name in changed):
                name = self.temporary("again")
                self.line(f"bool {name} = {go_on.text};")
                go_on = Expression(name)
            self.hand_on(node.carried, node.yields)
            self.line(f"if (!{go_on.within(ATOM)})")
            self.line("    break;")

        self.line("for (;;) {")
        self.nested(node.body, end)
        self.line("}")

    def branch(self, node: ir.If) -> None:
        condition = self.operand(node.condition, "bool")
        self.settle()
        live = [k for k, out in enumerate(node.results) if out.number in self.uses.count]
        for k in live:
            out = node.results[k]
            if out.type.endswith("*"):
                self.follow(out, (node.then_yields[k], node.otherwise_yields[k]))
            self.line(f"{value_type(out.type, out.number in self.constant)}{self.name(out)};")

        def end(yields: Sequence[ir.Operand]) -> Callable[[], None]:
            return lambda: self.results([node.results[k] for k in live], [yields[k] for k in live])

        if not node.then and not live and node.otherwise:
            self.line(f"if (!{condition.within(ATOM)}) {{")
        else:
            self.line(f"if ({condition.text}) {{")
            self.nested(node.then, end(node.then_yields))
            if node.otherwise or live:
                self.line("} else {")
        self.nested(node.otherwise, end(node.otherwise_yields))
        self.line("}")

    def results(self, outs: Sequence[ir.Value], yields: Sequence[ir.Operand]) -> None:
        for out, x in zip(outs, yields):
            self.line(f"{self.names[out.number]} = {self.operand(x, out.type).text};")

    def fail(self, node: ir.Fail) -> None:
        values = [self.operand(x).text for x in node.values]
        for k, value in enumerate(values):
            self.line(f"context->values[{k}] = {value};")
        self.line(f"return {node.number};")

    # Calls ------------------------------------------------------------------------------------------------------------
    def call(self, node: ir.Call) -> None:
        fact = self.shared.facts[node.kernel]
        parts = ["context"] if fact.context else []
        for k, (value, x) in enumerate(zip(fact.function.parameters, node.args)):
            text = self.operand(x, value.type).text
            if isinstance(x, ir.Value) and x.number in self.constant and k not in fact.function.readonly:
                text = f"({value_type(value.type).strip()}){text}"
            if isinstance(x, ir.Value) and x.number in self.private:
                self.private_accesses += 1
            parts.append(text)
        self.settle()
        text = f"{self.shared.names[node.kernel]}({', '.join(parts)})"
        if not fact.function.fails:
            self.line(f"{text};")
            return
        status = self.temporary("status")
        self.line(f"int64_t {status} = {text};")
        self.line(f"if ({status} != 0)")
        self.line(f"    return {status};")

    def library(self, node: ir.Library) -> None:
        parts = []
        for x in node.args:
            type, expression = self.typed(x)
            if type == "bool":
                raise TypeError("a library routine takes no bool")
            if type.endswith("*"):
                parts.append(f"(void *){expression.text}" if isinstance(x, ir.Value) and x.number in self.constant else expression.text)
            else:
                parts.append(f"&({TYPES[type]}){{{expression.text}}}")
            if isinstance(x, ir.Value) and x.number in self.private:
                self.private_accesses += 1
        self.settle()
        names = self.shared.module.libraries
        note = f"/* {names[node.slot]} */ " if node.slot < len(names) else ""
        self.line(f"{note}((void (*)({', '.join(['void *'] * len(parts)) or 'void'}))context->libraries[{node.slot}])({', '.join(parts)});")

    def sizes(self, sizes: Sequence[ir.Operand]) -> str:
        return f"(int64_t[{max(1, len(sizes))}]){{{', '.join(self.operand(x).text for x in sizes) or '0'}}}"

    def callback(self, node: ir.Callback) -> None:
        count = max(1, len(node.arrays) + len(node.outs))
        pointers = [f"(void *){self.operand(pointer).text}" if pointer.number in self.constant else self.operand(pointer).text for pointer, _ in node.arrays]
        lengths = [self.sizes(sizes) for _, sizes in node.arrays]
        self.settle()
        data, sizes = self.temporary("data"), self.temporary("sizes")
        self.line(f"void *{data}[{count}] = {{{', '.join(pointers) or 'NULL'}}};")
        self.line(f"int64_t *{sizes}[{count}] = {{{', '.join(lengths) or 'NULL'}}};")
        self.line(f"if (context->callback(context, {node.slot}, {data}, {sizes}) != 0)")
        self.line(f"    return {node.number};")
        for k, (pointer, outs) in enumerate(node.outs, len(node.arrays)):
            if pointer.number in self.uses.count:
                self.declare(pointer, Expression(f"{data}[{k}]"))
            for axis, out in enumerate(outs):
                if out.number in self.uses.count:
                    self.declare(out, Expression(f"{sizes}[{k}][{axis}]"))

    def result(self, node: ir.Result) -> None:
        sizes = self.sizes(node.sizes)
        self.settle()
        self.memory(node.out, f"context->result(context, {node.slot}, {sizes})", f"result{node.slot}")

    def scratch(self, node: ir.Scratch) -> None:
        size = self.operand(node.size).text
        self.settle()
        self.memory(node.out, f"context->scratch(context, {node.slot}, {size})", f"scratch{node.slot}")

    def memory(self, out: ir.Value, text: str, wish: str) -> None:
        self.declare(out, Expression(text), wish)
        self.line(f"if ({self.names[out.number]} == NULL)")
        self.line(f"    return {OUT_OF_MEMORY};")


def mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


SPECIAL: dict[str, Callable[[FunctionText, ir.Assign], None]] = {
    "cast": FunctionText.cast, "bits": FunctionText.bits, "recast": FunctionText.recast, "offset": FunctionText.offset,
    "bytes": FunctionText.offset, "argument": FunctionText.argument, "size": FunctionText.size,
}
WRITERS: dict[type, Callable[[FunctionText, Any], None]] = {
    ir.Assign: FunctionText.assign, ir.Load: FunctionText.load, ir.Store: FunctionText.store, ir.Local: FunctionText.local,
    ir.For: FunctionText.loop, ir.While: FunctionText.repeat, ir.If: FunctionText.branch, ir.Call: FunctionText.call,
    ir.Library: FunctionText.library, ir.Callback: FunctionText.callback, ir.Result: FunctionText.result,
    ir.Scratch: FunctionText.scratch, ir.Fail: FunctionText.fail,
}
