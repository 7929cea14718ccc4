"""Loop IR -> the text of an LLVM module, written line by line in one walk.

Loops become blocks `head`, `body`, `next`, `exit` with phi nodes; every carried value is a phi of `head`. What the IR knows and LLVM could
not find out is said: pointers that reach memory of their own (`noalias`), memory that stays as it is (`readonly`, `!invariant.load`), loops
whose rounds are independent (access groups), branches that are hardly taken. Loops that qualify are written as vectors (llvmvectors.py).
Float operations are those of IEEE: no fast-math flag is ever written, so that all targets give the same bits.

Example: ``print(llvm_text(Module(entry)))``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.operations import MATH
from codegen.targets.elementary import ELEMENTARY
from codegen.targets.llvmcalls import INVARIANT, ROUNDS, SIZES, THREAD, THREADS, CallText, Shared
from codegen.targets.llvmplan import WHOLE, carries, plan_of
from codegen.targets.llvmspelling import CASTS_TO_HALF, COMPARISONS, STRAIGHT, VECTORS, cast, constant, memory_type, pattern, type_name
from codegen.targets.llvmsplit import IN_PARTS, picked_up
from codegen.targets.llvmvectors import write_moves, write_vectors
from codegen.targets.processor import vector_bytes
from codegen.targets.survey import survey

__all__ = ["llvm_text"]


def llvm_text(module: ir.Module, width: int | None = None) -> str:
    """The whole module: the entry is the one symbol seen from outside; kernels are internal.

    width: bytes of the vectors that loops are written with, that of this processor if None; 0: loops are left to LLVM.
    Raises TypeError for an operation that its type does not have.
    """
    facts = survey(module)
    shared = Shared(facts, vector_bytes() if width is None else width)
    shared.straight = facts[module.entry.name].straight
    texts = [FunctionText(shared, kernel, False).text() for kernel in module.kernels]
    texts.append(FunctionText(shared, module.entry, True).text())
    if "half_of_double" in shared.declarations:
        texts.insert(0, CASTS_TO_HALF)
        shared.declarations["half_of_double"] = "declare double @llvm.fabs.f64(double)"
    if shared.splits:
        texts.append(IN_PARTS)
    declarations = "\n".join(sorted(set(shared.declarations.values())))
    return "\n\n".join([declarations, *texts, "\n".join(shared.metadata)]) + "\n"


class FunctionText(CallText):
    """Writes one function."""

    def text(self) -> str:
        f = self.function
        fact = self.shared.facts[f.name]
        self.plans = plan_of(f, self.shared.width)
        if not self.plans and (fact.fine or carries(f.body)):
            self.plans = None
        taken = fact.fine and fact.calls == 1 and not fact.apart  # into the loop that it is called in
        self.few = self.plans is not None and not fact.driver and not taken
        self.block(f.body)
        returns = "i64" if f.fails or self.is_entry else "void"
        self.lines.append("  ret i64 0" if returns == "i64" else "  ret void")
        if self.leaves:
            incoming = ", ".join(f"[ {value}, %{block} ]" for value, block in self.leaves)
            self.lines += ["leave:", f"  %status = phi i64 {incoming}", "  ret i64 %status"]
        body = "\n".join([*self.allocas, *self.lines, "}"])
        if fact.parts:
            return picked_up(f, self.signature(), self.attributes(), body, self.few)
        linkage = "define" if self.is_entry else "define internal"
        return f"{linkage} {returns} @{f.name}({self.signature()}) {self.attributes()} {{\nstart:\n{body}"

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
        fact = self.shared.facts[self.function.name]
        if fact.row:
            return "noinline optnone nounwind"  # a row of calls: nothing to gain, and a quarter of the time to compile
        if fact.straight:
            return f"nounwind{STRAIGHT}"
        if not self.few:
            return f"{'noinline ' if fact.apart else ''}nounwind"
        into = fact.calls == 1 and not fact.apart and not self.shared.straight
        return f"{'alwaysinline' if into else 'noinline'} nounwind{VECTORS}"

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
        table = self.known("%arguments", lambda name: self.field(name, 0))
        self.entry_of(table, f"%v{node.out.number}", node.args[0])

    def round(self, node: ir.Assign) -> None:
        self.lines.append(f"  %v{node.out.number} = getelementptr inbounds i8, ptr %context, i64 {ROUNDS + 8 * int(node.args[0])}")  # type: ignore[arg-type]

    def size(self, node: ir.Assign) -> None:
        slot, axis = node.args
        table = self.known("%sizes", lambda name: self.field(name, SIZES))
        self.entry_of(self.known(f"%sizes.of.{slot}", lambda name: self.entry_of(table, name, slot)), f"%v{node.out.number}", axis, "i64")

    def thread(self, node: ir.Assign) -> None:
        out = f"%v{node.out.number}"
        self.lines.append(f"  {out}.p = getelementptr inbounds i8, ptr %context, i64 {THREAD}\n  {out} = load i64, ptr {out}.p{INVARIANT}")

    def threads(self, node: ir.Assign) -> None:
        out = f"%v{node.out.number}"
        self.lines.append(f"  {out}.p = getelementptr inbounds i8, ptr %context, i64 {THREADS}\n  {out}.w = load i64, ptr {out}.p{INVARIANT}")
        self.lines.append(f"  {out}.c = icmp sgt i64 {out}.w, 1\n  {out} = select i1 {out}.c, i64 {out}.w, i64 1")

    def known(self, name: str, write: Callable[[str], None]) -> str:
        """A value of the entry that many nodes need. It is written once in the first block, and anew wherever else it is asked for."""
        if self.here != "start":
            name = f"{name}.{self.labels}.{len(self.lines)}"
        elif name in self.spaces:
            return name
        else:
            self.spaces.add(name)
        write(name)
        return name

    def entry_of(self, table: str, out: str, k: ir.Operand, kind: str = "ptr") -> None:
        """out = number k of a table that stays as it is during a call."""
        if k != 0:
            self.lines.append(f"  {out}.p = getelementptr inbounds {kind}, ptr {table}, i64 {self.operand(k)}")
            table = f"{out}.p"
        self.lines.append(f"  {out} = load {kind}, ptr {table}{INVARIANT}")

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
        space = f"{element}, i64 {node.count}" if self.plans is None else f"[{node.count} x {element}]"
        self.allocas.append(f"  %v{node.out.number} = alloca {space}{large}")
        self.private.add(node.out.number)

    # Control ----------------------------------------------------------------------------------------------------------
    def loop(self, node: ir.For) -> None:
        start = self.operand(node.start)
        plan = self.plans.get(id(node)) if self.plans else None
        if plan is not None and plan.moves:
            write_moves(self, node, plan)
            return
        if plan is not None:
            start = write_vectors(self, node, plan)
            if not start:
                return
        name, before = self.label(), self.here
        head, body, following, after = f"{name}.head", f"{name}.body", f"{name}.next", f"{name}.exit"
        index = f"%v{node.index.number}"
        stop = self.operand(node.stop)
        self.lines.append(f"  br label %{head}\n{head}:")
        self.lines.append(f"  {index} = phi i64 [ {start}, %{before} ], [ {index}.n, %{following} ]")
        self.phis(node.carried, (before, node.initial), (following, node.yields))
        self.lines.append(f"  {index}.c = icmp slt i64 {index}, {stop}")
        self.lines.append(f"  br i1 {index}.c, label %{body}, label %{after}")
        outer = self.access
        note = self.enter_independent(node) if node.kind == "independent" and self.plans is None else ""
        self.open(body)
        self.block(node.body)
        if note:
            self.groups.pop()
            self.access = outer
        elif plan is not None:  # a few rounds are left: not to be vectorised again, where all passes are run
            note = ", !llvm.loop " + self.shared.note(f'distinct !{{!{len(self.shared.metadata)}, !{{!"llvm.loop.isvectorized", i32 1}}}}')
        unsigned = "nuw " if node.start.__class__ is int and node.start >= 0 else ""  # type: ignore[operator]
        self.lines.append(f"  br label %{following}\n{following}:")
        self.lines.append(f"  {index}.n = add {unsigned}nsw i64 {index}, {node.step}")
        self.lines.append(f"  br label %{head}{note}")
        self.open(after)
        self.phis(node.results, (head, node.carried))

    def enter_independent(self, node: ir.For) -> str:
        """Marks the accesses of the body from here on; the note for the branch back.

        A short body over a row of accumulators becomes one operation on all of them at once: then they are kept in registers. With an
        elementary function in it, on half of them: the sum of exp(x) of 10 x 100,000 numbers 1.55 ms (1.95), and a third less code.
        """
        group = self.shared.note("distinct !{}")
        self.groups.append(group)
        every = group if len(self.groups) == 1 else self.shared.note(f"!{{{', '.join(self.groups)}}}")
        self.access = f", !llvm.access.group {every}"
        number = len(self.shared.metadata)
        lanes = node.stop if isinstance(node.stop, int) and node.start == 0 else 0
        width = ""
        if len(node.body) <= WHOLE.get(lanes, 0) and all(vectorisable(n) for n in node.body):
            halves = any(getattr(n, "operation", "") in MATH for n in node.body)
            width = f', !{{!"llvm.loop.vectorize.width", i32 {lanes // 2 if halves else lanes}}}'
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
        if len(node.otherwise) == 1 and isinstance(node.otherwise[0], ir.Fail) and not node.then and not node.results:
            self.lines.append(f"  br i1 {condition}, label %{name}.end, label %{otherwise}{weights}")  # a check
            self.open(otherwise)
            self.fail(node.otherwise[0])
            self.here = self.lines[-1] = f"{name}.end"  # in the place of the block that nothing reaches
            self.lines[-1] += ":"
            return
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

SPECIAL: dict[str, Callable[[FunctionText, ir.Assign], None]] = {
    "cast": FunctionText.cast, "bits": FunctionText.bits, "recast": FunctionText.bits, "offset": FunctionText.offset,
    "bytes": FunctionText.offset, "argument": FunctionText.argument, "round": FunctionText.round, "size": FunctionText.size,
    "thread": FunctionText.thread, "threads": FunctionText.threads,
}
WRITERS: dict[type, Callable[[FunctionText, Any], None]] = {
    ir.Assign: FunctionText.assign, ir.Load: FunctionText.load, ir.Store: FunctionText.store, ir.Local: FunctionText.local,
    ir.For: FunctionText.loop, ir.While: FunctionText.repeat, ir.If: FunctionText.branch, ir.Call: FunctionText.call, ir.Split: FunctionText.split,
    ir.Library: FunctionText.library, ir.External: FunctionText.external,
    ir.Callback: FunctionText.callback, ir.Result: FunctionText.result,
    ir.Scratch: FunctionText.scratch, ir.Pulse: FunctionText.pulse, ir.Fail: FunctionText.fail,
}


def vectorisable(node: ir.Node) -> bool:
    """Whether a loop with this node can become operations on vectors. LLVM writes a remark to stderr where it is asked to and cannot."""
    if isinstance(node, ir.Assign):
        return node.operation not in MATH or node.operation in ELEMENTARY
    return isinstance(node, (ir.Load, ir.Store))
