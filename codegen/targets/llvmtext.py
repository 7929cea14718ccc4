"""Loop IR -> the text of an LLVM module, written line by line in one walk.

Loops become blocks `head`, `body`, `next`, `exit` with phi nodes; every carried value is a phi of `head`. What the IR knows and LLVM could
not find out is said: pointers that reach memory of their own (`noalias`), memory that stays as it is (`readonly`, `!invariant.load`), loops
whose rounds are independent (access groups), branches that are hardly taken. Float operations are those of IEEE: no fast-math flag
is ever written, so that all targets give the same bits.

Example: ``print(llvm_text(Module(entry)))``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from codegen.loopir import nodes as ir
from codegen.targets.llvmspelling import CASTS_TO_HALF, cast, constant, memory_type, pattern, type_name
from codegen.targets.survey import Survey, survey

__all__ = ["llvm_text"]

# Offsets of the context's fields, as docs/architecture.md says.
DATA, SIZES, RESULT, SCRATCH, CALLBACK, LIBRARIES, VALUES = 0, 8, 16, 24, 32, 40, 48
NOTED = 8  # values that a failure may note
INVARIANT = ", !invariant.load !0"  # of the context's tables: they stay as they are during a call
FIRST_METADATA = ["!0 = !{}", '!1 = !{!"branch_weights", i32 2000, i32 1}', '!2 = !{!"branch_weights", i32 1, i32 2000}']
WHOLE = {32: 12, 16: 24, 8: 48}  # rounds of a loop that becomes one operation on vectors (accumulators; small matrices): nodes of its body


def llvm_text(module: ir.Module) -> str:
    """The whole module: the entry is the one symbol seen from outside; kernels are internal.

    Raises TypeError for an operation that its type does not have.
    """
    facts = survey(module)
    shared = Shared(facts)
    texts = [FunctionText(shared, kernel, False).text() for kernel in module.kernels]
    texts.append(FunctionText(shared, module.entry, True).text())
    if "half_of_double" in shared.declarations:
        texts.insert(0, CASTS_TO_HALF)
        shared.declarations["half_of_double"] = "declare double @llvm.fabs.f64(double)"
    declarations = "\n".join(sorted(set(shared.declarations.values())))
    return "\n\n".join([declarations, *texts, "\n".join(shared.metadata)]) + "\n"


class Shared:
    """What all functions of a module add to: declarations and metadata."""

    def __init__(self, facts: dict[str, Survey]) -> None:
        self.facts = facts
        self.declarations: dict[str, str] = {}
        self.metadata = list(FIRST_METADATA)

    def note(self, text: str) -> str:
        """A new metadata node; its name."""
        name = f"!{len(self.metadata)}"
        self.metadata.append(f"{name} = {text}")
        return name


class FunctionText:
    """Writes one function. `here` is the label of the block that is being written, which phi nodes have to name."""

    def __init__(self, shared: Shared, function: ir.Function, is_entry: bool) -> None:
        self.shared = shared
        self.function = function
        self.is_entry = is_entry
        self.lines: list[str] = []
        self.allocas: list[str] = []
        self.spaces: set[str] = set()
        self.labels = 0
        self.temporaries = 0
        self.here = "start"
        self.leaves: list[tuple[str, str]] = []
        self.groups: list[str] = []
        self.access = ""  # metadata of memory accesses inside independent loops
        self.private: set[int] = set()  # numbers of pointers into Locals: independent rounds may share those

    def text(self) -> str:
        f = self.function
        self.block(f.body)
        returns = "i64" if f.fails or self.is_entry else "void"
        self.lines.append("  ret i64 0" if returns == "i64" else "  ret void")
        if self.leaves:
            incoming = ", ".join(f"[ {value}, %{block} ]" for value, block in self.leaves)
            self.lines += ["leave:", f"  %status = phi i64 {incoming}", "  ret i64 %status"]
        linkage = "define" if self.is_entry else "define internal"
        head = f"{linkage} {returns} @{f.name}({self.signature()}) {self.attributes()} {{\nstart:"
        return "\n".join([head, *self.allocas, *self.lines, "}"])

    def signature(self) -> str:
        if self.is_entry:
            return "ptr noalias noundef %context"
        parts = ["ptr noundef %context"] if self.shared.facts[self.function.name].context else []
        for k, value in enumerate(self.function.parameters):
            words = ["ptr" if value.type.endswith("*") else type_name(value.type)]
            if value.type.endswith("*"):
                if k in self.function.distinct:
                    words.append("noalias")
                words.append("nocapture")
                if k in self.function.readonly:
                    words.append("readonly")
            parts.append(f"{' '.join(words)} noundef %v{value.number}")
        return ", ".join(parts)

    def attributes(self) -> str:
        if self.is_entry:
            return "nounwind"
        fact = self.shared.facts[self.function.name]
        if fact.row:
            return "noinline optnone nounwind"  # a row of calls: nothing to gain, and a quarter of the time to compile
        return "noinline nounwind" if fact.apart else "nounwind"

    # Operands ---------------------------------------------------------------------------------------------------------
    def operand(self, x: ir.Operand, type: str = "int64") -> str:
        return f"%v{x.number}" if isinstance(x, ir.Value) else constant(x, type)

    def typed(self, x: ir.Operand) -> tuple[str, str]:
        """(type, text) of an operand whose type nothing else says; a Python number is a bool, int64 or float64."""
        if isinstance(x, ir.Value):
            return x.type, f"%v{x.number}"
        type = "bool" if isinstance(x, bool) else "int64" if isinstance(x, int) else "float64"
        return type, constant(x, type)

    def label(self) -> str:
        self.labels += 1
        return f"b{self.labels}"

    def fresh(self) -> str:
        """A new name for a value that the IR has no number for."""
        self.temporaries += 1
        return f"%t{self.temporaries}"

    def open(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.here = label

    def space(self, name: str, type: str, count: int) -> str:
        """Memory on the stack under this name; the same name again is the same memory."""
        if name not in self.spaces:
            self.spaces.add(name)
            self.allocas.append(f"  %{name} = alloca {type}, i64 {count}")
        return f"%{name}"

    # Blocks -----------------------------------------------------------------------------------------------------------
    def block(self, block: ir.Block) -> None:
        writers = WRITERS
        for node in block:
            writers[node.__class__](self, node)

    def assign(self, node: ir.Assign) -> None:
        operation, out, args = node.operation, node.out, node.args
        special = SPECIAL.get(operation)
        if special is not None:
            special(self, node)
            return
        if operation in COMPARISONS:
            type = next((x.type for x in args if isinstance(x, ir.Value)), "") or self.typed(args[0])[0]
        else:
            type = out.type
        text, declaration = pattern(operation, type)
        if declaration:
            self.shared.declarations[declaration] = declaration
        if operation == "select":
            operands = [self.operand(args[0], "bool"), self.operand(args[1], type), self.operand(args[2], type)]
        else:
            operands = [f"%v{x.number}" if isinstance(x, ir.Value) else constant(x, type) for x in args]
        self.lines.append("  " + text.format(f"%v{out.number}", *operands))
        if self.private and type.endswith("*"):
            self.inherit(out, args)

    def inherit(self, out: ir.Value, args: Iterable[ir.Operand]) -> None:
        if any(isinstance(x, ir.Value) and x.number in self.private for x in args):
            self.private.add(out.number)

    def cast(self, node: ir.Assign) -> None:
        source, text = self.typed(node.args[0])
        if (source, node.out.type) == ("float64", "float16"):
            self.shared.declarations["half_of_double"] = ""
        self.lines.append("  " + cast(source, node.out.type).format(f"%v{node.out.number}", text))

    def bits(self, node: ir.Assign) -> None:
        source, text = self.typed(node.args[0])
        self.lines.append(f"  %v{node.out.number} = bitcast {type_name(source)} {text} to {type_name(node.out.type)}")
        self.inherit(node.out, node.args)

    def offset(self, node: ir.Assign) -> None:
        pointer, index = node.args
        element = "i8" if node.operation == "bytes" else memory_type(node.out.type)
        base = self.operand(pointer, "void*")
        self.lines.append(f"  %v{node.out.number} = getelementptr {element}, ptr {base}, i64 {self.operand(index)}")
        self.inherit(node.out, node.args)

    def argument(self, node: ir.Assign) -> None:
        out = f"%v{node.out.number}"
        self.lines.append(f"  {out}.t = load ptr, ptr %context, !invariant.load !0")
        self.lines.append(f"  {out}.p = getelementptr inbounds ptr, ptr {out}.t, i64 {self.operand(node.args[0])}")
        self.lines.append(f"  {out} = load ptr, ptr {out}.p{INVARIANT}")

    def size(self, node: ir.Assign) -> None:
        out = f"%v{node.out.number}"
        self.field(f"{out}.t", SIZES)
        self.lines.append(f"  {out}.p = getelementptr inbounds ptr, ptr {out}.t, i64 {self.operand(node.args[0])}")
        self.lines.append(f"  {out}.s = load ptr, ptr {out}.p{INVARIANT}")
        self.lines.append(f"  {out}.a = getelementptr inbounds i64, ptr {out}.s, i64 {self.operand(node.args[1])}")
        self.lines.append(f"  {out} = load i64, ptr {out}.a{INVARIANT}")

    def field(self, out: str, offset: int) -> None:
        """out = the context's field (a pointer) at this offset."""
        self.lines.append(f"  {out}.f = getelementptr inbounds i8, ptr %context, i64 {offset}")
        self.lines.append(f"  {out} = load ptr, ptr {out}.f{INVARIANT}")

    # Memory -----------------------------------------------------------------------------------------------------------
    def address(self, out: str, pointer: ir.Value, index: ir.Operand, element: str) -> str:
        if index.__class__ is int and index == 0:
            return f"%v{pointer.number}"
        self.lines.append(f"  {out} = getelementptr inbounds {element}, ptr %v{pointer.number}, i64 {self.operand(index)}")
        return out

    def load(self, node: ir.Load) -> None:
        out, pointer = f"%v{node.out.number}", node.pointer
        element = memory_type(pointer.type)
        address = self.address(f"{out}.p", pointer, node.index, element)
        access = "" if pointer.number in self.private else self.access
        if pointer.type == "bool*":
            self.lines.append(f"  {out}.m = load i8, ptr {address}{access}")
            self.lines.append(f"  {out} = icmp ne i8 {out}.m, 0")
        else:
            self.lines.append(f"  {out} = load {element}, ptr {address}{access}")

    def store(self, node: ir.Store) -> None:
        pointer = node.pointer
        type = pointer.type[:-1]
        element = memory_type(pointer.type)
        name = self.fresh()
        value = self.operand(node.value, type)
        if type == "bool":
            if isinstance(node.value, ir.Value):
                self.lines.append(f"  {name}.m = zext i1 {value} to i8")
                value = f"{name}.m"
            else:
                value = "1" if node.value else "0"
        address = self.address(f"{name}.p", pointer, node.index, element)
        self.lines.append(f"  store {element} {value}, ptr {address}{'' if pointer.number in self.private else self.access}")

    def local(self, node: ir.Local) -> None:
        element = memory_type(node.out.type)
        large = "" if node.count < 8 else ", align 64"
        self.allocas.append(f"  %v{node.out.number} = alloca {element}, i64 {node.count}{large}")
        self.private.add(node.out.number)

    # Control ----------------------------------------------------------------------------------------------------------
    def loop(self, node: ir.For) -> None:
        name, before = self.label(), self.here
        head, body, following, after = f"{name}.head", f"{name}.body", f"{name}.next", f"{name}.exit"
        index = f"%v{node.index.number}"
        start, stop = self.operand(node.start), self.operand(node.stop)
        self.lines.append(f"  br label %{head}\n{head}:")
        self.lines.append(f"  {index} = phi i64 [ {start}, %{before} ], [ {index}.n, %{following} ]")
        self.phis(node.carried, (before, node.initial), (following, node.yields))
        self.lines.append(f"  {index}.c = icmp slt i64 {index}, {stop}")
        self.lines.append(f"  br i1 {index}.c, label %{body}, label %{after}")
        outer = self.access
        note = self.enter_independent(node) if node.kind == "independent" else ""
        self.open(body)
        self.block(node.body)
        if note:
            self.groups.pop()
            self.access = outer
        unsigned = "nuw " if node.start.__class__ is int and node.start >= 0 else ""  # type: ignore[operator]
        self.lines.append(f"  br label %{following}\n{following}:")
        self.lines.append(f"  {index}.n = add {unsigned}nsw i64 {index}, {node.step}")
        self.lines.append(f"  br label %{head}{note}")
        self.open(after)
        self.phis(node.results, (head, node.carried))

    def enter_independent(self, node: ir.For) -> str:
        """Marks the accesses of the body from here on; the note for the branch back.

        A short body over a row of accumulators becomes one operation on all of them at once: then they are kept in registers.
        """
        group = self.shared.note("distinct !{}")
        self.groups.append(group)
        every = group if len(self.groups) == 1 else self.shared.note(f"!{{{', '.join(self.groups)}}}")
        self.access = f", !llvm.access.group {every}"
        number = len(self.shared.metadata)
        short = node.start == 0 and node.stop.__class__ is int and len(node.body) <= WHOLE.get(node.stop, 0)  # type: ignore[arg-type]
        width = ""
        if short and not any(isinstance(n, (ir.For, ir.While, ir.If)) for n in node.body):
            width = f', !{{!"llvm.loop.vectorize.width", i32 {node.stop}}}'
        return ", !llvm.loop " + self.shared.note(f'distinct !{{!{number}, !{{!"llvm.loop.parallel_accesses", {group}}}{width}}}')

    def phis(self, outs: tuple[ir.Value, ...], *incoming: tuple[str, tuple[ir.Operand, ...]]) -> None:
        for k, out in enumerate(outs):
            sources = ", ".join(f"[ {self.operand(values[k], out.type)}, %{block} ]" for block, values in incoming)
            self.lines.append(f"  %v{out.number} = phi {type_name(out.type)} {sources}")
            if self.private and out.type.endswith("*"):
                for _, values in incoming:
                    self.inherit(out, values[k:k + 1])

    def repeat(self, node: ir.While) -> None:
        name, before = self.label(), self.here
        body, following, after = f"{name}.body", f"{name}.next", f"{name}.exit"
        self.lines.append(f"  br label %{body}")
        self.open(body)
        self.phis(node.carried, (before, node.initial), (following, node.yields))
        self.block(node.body)
        condition = self.operand(node.condition, "bool")
        self.lines.append(f"  br label %{following}\n{following}:\n  br i1 {condition}, label %{body}, label %{after}")
        self.open(after)
        self.phis(node.results, (following, node.yields))

    def branch(self, node: ir.If) -> None:
        name = self.label()
        condition = self.operand(node.condition, "bool")
        weights = "" if node.likely is None else f", !prof !{1 if node.likely else 2}"
        otherwise = f"{name}.else" if node.otherwise or node.results else f"{name}.end"
        before = self.here
        self.lines.append(f"  br i1 {condition}, label %{name}.then, label %{otherwise}{weights}")
        self.open(f"{name}.then")
        self.block(node.then)
        self.lines.append(f"  br label %{name}.end")
        first, second = self.here, before
        if otherwise.endswith("else"):
            self.open(otherwise)
            self.block(node.otherwise)
            self.lines.append(f"  br label %{name}.end")
            second = self.here
        self.open(f"{name}.end")
        self.phis(node.results, (first, node.then_yields), (second, node.otherwise_yields))

    def fail(self, node: ir.Fail) -> None:
        self.note(node.values)
        self.leave(str(node.number))

    def note(self, values: tuple[ir.Operand, ...]) -> None:
        """Puts down what a message of failure will show."""
        for k, value in enumerate(values):
            name = self.fresh()
            self.lines.append(f"  {name} = getelementptr inbounds i8, ptr %context, i64 {VALUES + 8 * k}")
            self.lines.append(f"  store i64 {self.operand(value)}, ptr {name}")

    def leave(self, status: str) -> None:
        """Returns the status; what follows in the block is never reached."""
        self.leaves.append((status, self.here))
        self.lines.append("  br label %leave")
        self.open(self.label())

    def leave_if(self, condition: str, status: str) -> None:
        """Returns the status if the condition, which hardly ever holds, does."""
        stay = self.label()
        self.leaves.append((status, self.here))
        self.lines.append(f"  br i1 {condition}, label %leave, label %{stay}, !prof !2")
        self.open(stay)

    # Calls ------------------------------------------------------------------------------------------------------------
    def call(self, node: ir.Call) -> None:
        fact = self.shared.facts[node.kernel]
        parts = ["ptr %context"] if fact.context else []
        for value, x in zip(fact.function.parameters, node.args):
            parts.append(f"{type_name(value.type)} {self.operand(x, value.type)}")
        text = f"@{node.kernel}({', '.join(parts)})"
        if not fact.function.fails:
            self.lines.append(f"  call void {text}")
            return
        name = self.fresh()
        self.lines.append(f"  {name} = call i64 {text}\n  {name}.bad = icmp ne i64 {name}, 0")
        self.leave_if(f"{name}.bad", name)

    def library(self, node: ir.Library) -> None:
        name = self.fresh()
        parts = []
        for k, x in enumerate(node.args):
            type, text = self.typed(x)
            if type.endswith("*"):
                parts.append(f"ptr {text}")
                continue
            place = self.space(f"library.{type}.{k}", memory_type(type + "*"), 1)
            if type == "bool":
                raise TypeError("a library routine takes no bool")
            self.lines.append(f"  store {type_name(type)} {text}, ptr {place}")
            parts.append(f"ptr {place}")
        self.field(f"{name}.t", LIBRARIES)
        self.lines.append(f"  {name}.p = getelementptr inbounds ptr, ptr {name}.t, i64 {node.slot}")
        self.lines.append(f"  {name} = load ptr, ptr {name}.p{INVARIANT}")
        self.lines.append(f"  call void {name}({', '.join(parts)})")

    def external(self, node: ir.External) -> None:
        out = f"%v{node.out.number}"
        self.field(f"{out}.t", LIBRARIES)
        self.lines.append(f"  {out}.p = getelementptr inbounds ptr, ptr {out}.t, i64 {node.slot}")
        self.lines.append(f"  {out}.f = load ptr, ptr {out}.p{INVARIANT}")
        parts = [f"double {self.operand(x, 'float64')}" for x in node.args]
        self.lines.append(f"  {out} = call double {out}.f({', '.join(parts)}, i32 0) nounwind")

    def sizes(self, name: str, sizes: tuple[ir.Operand, ...]) -> str:
        """Address of an int64 array that holds the sizes."""
        place = self.space(f"{name}.{len(sizes)}", "i64", max(1, len(sizes)))
        for k, size in enumerate(sizes):
            at = self.fresh()
            self.lines.append(f"  {at} = getelementptr inbounds i64, ptr {place}, i64 {k}")
            self.lines.append(f"  store i64 {self.operand(size)}, ptr {at}")
        return place

    def callback(self, node: ir.Callback) -> None:
        count = len(node.arrays) + len(node.outs)
        name = self.fresh()
        data, sizes = self.space(f"data.{count}", "ptr", count), self.space(f"sizes.{count}", "ptr", count)
        for k, (pointer, lengths) in enumerate(node.arrays):
            here = self.sizes(f"lengths.{k}", lengths)
            for table, at, content in ((data, f"{name}.d{k}", f"%v{pointer.number}"), (sizes, f"{name}.l{k}", here)):
                self.lines.append(f"  {at} = getelementptr inbounds ptr, ptr {table}, i64 {k}")
                self.lines.append(f"  store ptr {content}, ptr {at}")
        self.field(f"{name}.c", CALLBACK)
        self.lines.append(f"  {name} = call i64 {name}.c(ptr %context, i64 {node.slot}, ptr {data}, ptr {sizes})")
        self.lines.append(f"  {name}.bad = icmp ne i64 {name}, 0")
        self.leave_if(f"{name}.bad", str(node.number))
        for k, (pointer, outs) in enumerate(node.outs, len(node.arrays)):
            self.lines.append(f"  %v{pointer.number}.d = getelementptr inbounds ptr, ptr {data}, i64 {k}")
            self.lines.append(f"  %v{pointer.number} = load ptr, ptr %v{pointer.number}.d")
            self.lines.append(f"  %v{pointer.number}.s = getelementptr inbounds ptr, ptr {sizes}, i64 {k}")
            self.lines.append(f"  %v{pointer.number}.l = load ptr, ptr %v{pointer.number}.s")
            for axis, out in enumerate(outs):
                self.lines.append(f"  %v{out.number}.p = getelementptr inbounds i64, ptr %v{pointer.number}.l, i64 {axis}")
                self.lines.append(f"  %v{out.number} = load i64, ptr %v{out.number}.p")

    def result(self, node: ir.Result) -> None:
        out = f"%v{node.out.number}"
        place = self.sizes("wanted", node.sizes)
        self.field(f"{out}.c", RESULT)
        self.lines.append(f"  {out} = call ptr {out}.c(ptr %context, i64 {node.slot}, ptr {place})")
        self.memory(out, node.number, node.sizes)

    def scratch(self, node: ir.Scratch) -> None:
        out = f"%v{node.out.number}"
        self.field(f"{out}.c", SCRATCH)
        self.lines.append(f"  {out} = call align 64 ptr {out}.c(ptr %context, i64 {node.slot}, i64 {self.operand(node.size)})")
        self.memory(out, node.number, (node.size,))

    def memory(self, out: str, number: int, noted: tuple[ir.Operand, ...]) -> None:
        """Leaves with the number, having noted what was asked for, if `out` is null."""
        self.lines.append(f"  {out}.bad = icmp eq ptr {out}, null")
        if number < 0:
            self.leave_if(f"{out}.bad", str(number))
            return
        stay = self.label()
        none = self.label()
        self.lines.append(f"  br i1 {out}.bad, label %{none}, label %{stay}, !prof !2")
        self.open(none)
        self.note(noted[:NOTED])
        self.leaves.append((str(number), self.here))
        self.lines.append("  br label %leave")
        self.open(stay)


COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "signbit"})
SPECIAL: dict[str, Callable[[FunctionText, ir.Assign], None]] = {
    "cast": FunctionText.cast, "bits": FunctionText.bits, "recast": FunctionText.bits, "offset": FunctionText.offset,
    "bytes": FunctionText.offset, "argument": FunctionText.argument, "size": FunctionText.size,
}
WRITERS: dict[type, Callable[[FunctionText, Any], None]] = {
    ir.Assign: FunctionText.assign, ir.Load: FunctionText.load, ir.Store: FunctionText.store, ir.Local: FunctionText.local,
    ir.For: FunctionText.loop, ir.While: FunctionText.repeat, ir.If: FunctionText.branch, ir.Call: FunctionText.call,
    ir.Library: FunctionText.library, ir.External: FunctionText.external,
    ir.Callback: FunctionText.callback, ir.Result: FunctionText.result,
    ir.Scratch: FunctionText.scratch, ir.Fail: FunctionText.fail,
}
