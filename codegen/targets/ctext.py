"""Loop IR -> one readable C99 file.

Values are nested by cexpression.py. Carried values of loops are variables that keep their place. The file needs nothing but the standard
library, and every operation is defined by C99 but for what every C compiler for Linux, macOS and Windows grants: two's complement,
arithmetic right shifts, IEEE floats.

Example: ``print(c_source(Module(entry)))``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from codegen.loopir import nodes as ir
from codegen.targets.cexpression import Expression, ExpressionText, Shared
from codegen.targets.cframe import CONTEXT, FLAGS, HEAD, INDEPENDENT, ROUNDED, ROW
from codegen.targets.spelling import ATOM, EQUALITY, SUM, TYPES, memory_type, support_text, value_type

__all__ = ["c_source"]

STOP_LENGTH = 30  # characters of an expression that may be the end of a loop
INTERRUPTED = -2
NOTED = 8  # values that a failure may note
INDICES = "ijklmn"


def c_source(module: ir.Module, title: str = "Compiled expression") -> str:
    """The whole file; the entry is its one symbol seen from outside. Raises TypeError for an operation that its type does not have."""
    shared = Shared(module)
    texts = [FunctionText(shared, kernel, False).text() for kernel in module.kernels]
    texts.append(FunctionText(shared, module.entry, True).text())
    head = HEAD.format(title=title.replace("*/", "* /"), entry=shared.names[module.entry.name], flags=" ".join(FLAGS))
    parts = [head, CONTEXT]
    if shared.independent:
        parts.append(INDEPENDENT)
    if shared.rounded:
        parts.append(ROUNDED)
    if any(fact.row for fact in shared.facts.values()):
        parts.append(ROW)
    return "\n\n".join([*parts, *support_text(shared.support), *texts]).replace("\n\n\n", "\n\n") + "\n"


class FunctionText(ExpressionText):
    """Writes one function."""

    def text(self) -> str:
        f = self.function
        signature = self.signature()
        self.block(f.body)
        if f.fails or self.is_entry:
            self.line("return 0;")
        unused = [self.names[p.number] for p in f.parameters if p.number in self.names and p.number not in self.uses.count]
        if "struct context *context" in signature and not any(mentions(line, "context") for line in self.lines):
            unused.append("context")
        ignored = [f"    (void){name};" for name in unused]
        text = "\n".join([signature, "{", *self.locals, *ignored, *self.lines, "}"])
        return f"{text}\n\n{self.part()}" if self.shared.facts[f.name].parts else text

    def part(self) -> str:
        """The function that a caller with threads calls for a part of the range; packed: the addresses of the other arguments."""
        f, name = self.function, self.shared.names[self.function.name]
        args = [f"*({value_type(value.type, k in f.readonly).strip()} *)packed[{k - 2}]" for k, value in enumerate(f.parameters) if k > 1]
        return "\n".join([
            f"static int64_t part_of_{name}(struct context *context, void **packed, int64_t start, int64_t stop)", "{",
            *([] if args else ["    (void)packed;"]), f"    return {name}({', '.join(['context', 'start', 'stop', *args])});", "}"])

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
        row = "ROW_OF_CALLS " if self.shared.facts[self.function.name].row else ""
        return f"static {row}{'int64_t' if self.function.fails else 'void'} {name}({', '.join(parts) or 'void'})"

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

    def load(self, node: ir.Load) -> None:
        if node.out.number not in self.uses.count:
            return
        if node.pointer.number in self.private:
            self.private_accesses += 1
        text = f"{self.operand(node.pointer).text}[{self.operand(node.index).text}]"
        if node.out.type == "bool":
            self.keep(node.out, Expression(f"{text} != 0", EQUALITY, True))
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

    def split(self, node: ir.Split) -> None:
        function = self.shared.facts[node.kernel].function
        start, stop, work = (self.operand(x).text for x in (node.start, node.stop, node.work))
        parts, packed = [], []
        for k, (value, x) in enumerate(zip(function.parameters[2:], node.args), 2):
            text = self.operand(x, value.type).text
            if isinstance(x, ir.Value) and x.number in self.constant and k not in function.readonly:
                text = f"({value_type(value.type).strip()}){text}"
            parts.append(text)
            packed.append(f"&({value_type(value.type, k in function.readonly).strip()}){{{text}}}")
        self.settle()
        name, status = self.shared.names[node.kernel], self.temporary("status")
        how = -node.multiple if node.library else node.multiple
        self.line(f"int64_t {status};")
        self.line(f"if (context->split != NULL && {work} >= context->limit)")
        arguments = f"(void *[]){{{', '.join(packed) or 'NULL'}}}"
        self.line(f"    {status} = context->split(context, part_of_{name}, {arguments}, {start}, {stop}, {work}, {how});")
        self.line("else")
        self.line(f"    {status} = {name}({', '.join(['context', start, stop, *parts])});")
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

    def external(self, node: ir.External) -> None:
        if node.out.number not in self.uses.count:
            return
        parts = [self.operand(x, "float64") for x in node.args]
        kind = f"double (*)({'double, ' * len(parts)}int)"
        name = self.shared.module.libraries[node.slot].partition("/")[0]
        call = f"(({kind})context->libraries[{node.slot}])({', '.join(x.text for x in parts)}, 0)"
        self.keep(node.out, Expression(f"/* {name} */ {call}", ATOM, any(x.memory for x in parts)))

    def sizes(self, sizes: Sequence[ir.Operand]) -> str:
        return f"(int64_t[{max(1, len(sizes))}]){{{', '.join(self.operand(x).text for x in sizes) or '0'}}}"

    def callback(self, node: ir.Callback) -> None:
        count = max(1, len(node.arrays) + len(node.outs))
        pointers = [f"{'(void *)' if pointer.number in self.constant else ''}{self.operand(pointer).text}" for pointer, _ in node.arrays]
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
        self.memory(node.out, f"context->result(context, {node.slot}, {sizes})", f"result{node.slot}", node.number, node.sizes)

    def scratch(self, node: ir.Scratch) -> None:
        size = self.operand(node.size).text
        self.settle()
        self.memory(node.out, f"context->scratch(context, {node.slot}, {size})", f"scratch{node.slot}", node.number, (node.size,))

    def pulse(self, node: ir.Pulse) -> None:
        counters = self.operand(node.counters).text
        self.settle()
        self.line(f"if (context->pulse != NULL && context->pulse(context, {counters}) != 0)")
        self.line(f"    return {INTERRUPTED};")

    def memory(self, out: ir.Value, text: str, wish: str, number: int, noted: Sequence[ir.Operand]) -> None:
        self.declare(out, Expression(text), wish)
        fails = f"if ({self.names[out.number]} == NULL)"
        if number < 0:
            self.line(fails)
            self.line(f"    return {number};")
            return
        self.line(f"{fails} {{")
        for k, value in enumerate(noted[:NOTED]):
            self.line(f"    context->values[{k}] = {self.operand(value).text};")
        self.line(f"    return {number};")
        self.line("}")


def mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


WRITERS: dict[type, Callable[[FunctionText, Any], None]] = {
    ir.Assign: FunctionText.assign, ir.Load: FunctionText.load, ir.Store: FunctionText.store, ir.Local: FunctionText.local,
    ir.For: FunctionText.loop, ir.While: FunctionText.repeat, ir.If: FunctionText.branch, ir.Call: FunctionText.call,
    ir.Split: FunctionText.split,
    ir.Library: FunctionText.library, ir.External: FunctionText.external, ir.Callback: FunctionText.callback, ir.Result: FunctionText.result,
    ir.Scratch: FunctionText.scratch, ir.Pulse: FunctionText.pulse, ir.Fail: FunctionText.fail,
}
