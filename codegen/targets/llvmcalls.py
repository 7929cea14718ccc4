"""What the text of every function of an LLVM module is written with: names, the context's fields, ways out, and calls of what is outside.

A call leaves the function with the status of what it called, where that is not 0; one that asks for memory, where there is none.
"""

from __future__ import annotations

from codegen.loopir import nodes as ir
from codegen.targets.llvmplan import Plan
from codegen.targets.llvmspelling import constant, memory_type, type_name
from codegen.targets.survey import Survey

__all__ = ["INVARIANT", "ROUNDS", "SIZES", "CallText", "Shared"]

# Offsets of the context's fields, as docs/architecture.md says.
SIZES, RESULT, SCRATCH, CALLBACK, LIBRARIES, VALUES, ROUNDS, PULSE, LIMIT, SPLIT = 8, 16, 24, 32, 40, 48, 112, 144, 152, 160
THREAD, THREADS = 168, 176
INTERRUPTED = -2
NEW = 10**9  # numbers of values from here on are not the IR's
NOTED = 8  # values that a failure may note
INVARIANT = ", !invariant.load !0"  # of the context's tables: they stay as they are during a call
FIRST_METADATA = ["!0 = !{}", '!1 = !{!"branch_weights", i32 2000, i32 1}', '!2 = !{!"branch_weights", i32 1, i32 2000}']


class Shared:
    """What all functions of a module add to: declarations and metadata."""

    def __init__(self, facts: dict[str, Survey], width: int = 0) -> None:
        self.facts = facts
        self.width = width  # bytes of a vector; 0: loops are left to LLVM
        self.straight = False  # the entry is compiled without optimisation, and no loop may become a part of it
        self.declarations: dict[str, str] = {}
        self.splits = False  # whether a loop may run in parts
        self.metadata = list(FIRST_METADATA)

    def note(self, text: str) -> str:
        """A new metadata node; its name."""
        name = f"!{len(self.metadata)}"
        self.metadata.append(f"{name} = {text}")
        return name


class CallText:
    """The lines of one function. `here` is the label of the block that is being written, which phi nodes have to name."""

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
        self.plans: dict[int, Plan] | None = None  # of the loops that are written as vectors; None: LLVM's passes are to find them
        self.early = {f"%v{x.number}" for x in function.parameters}  # what is known as the function starts
        self.bounds: dict[tuple[str, str, int], tuple[str, str]] = {}  # of loops of vectors, computed there
        self.few = False  # few of LLVM's passes suffice for the function
        self.private: set[int] = set()  # numbers of pointers into Locals: independent rounds may share those

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

    def new_value(self, type: str) -> ir.Value:
        """A value under a number that the IR has not given."""
        self.temporaries += 1
        return ir.Value(NEW + self.temporaries, type)

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

    def field(self, out: str, offset: int) -> None:
        """out = the context's field (a pointer) at this offset."""
        self.lines.append(f"  {out}.f = getelementptr inbounds i8, ptr %context, i64 {offset}")
        self.lines.append(f"  {out} = load ptr, ptr {out}.f{INVARIANT}")

    # Ways out -----------------------------------------------------------------------------------------------------------
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

    def split(self, node: ir.Split) -> None:
        """The arguments are put down where every part picks them up."""
        self.shared.splits = True
        values = self.shared.facts[node.kernel].function.parameters[2:]
        name = self.fresh()
        packed = self.space(f"packed.{len(values)}", "i64", max(1, len(values)))
        for k, (value, x) in enumerate(zip(values, node.args)):
            at = packed
            if k:
                at = f"{name}.{k}"
                self.lines.append(f"  {at} = getelementptr inbounds i64, ptr {packed}, i64 {k}")
            self.lines.append(f"  store {type_name(value.type)} {self.operand(x, value.type)}, ptr {at}")
        how = -node.multiple if node.library else node.multiple
        numbers = ", ".join(f"i64 {self.operand(x)}" for x in (node.start, node.stop, node.work, how))
        self.lines.append(f"  {name} = call i64 @in_parts(ptr %context, ptr @{node.kernel}, ptr {packed}, {numbers})")
        self.lines.append(f"  {name}.bad = icmp ne i64 {name}, 0")
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

    def pulse(self, node: ir.Pulse) -> None:
        name = self.fresh()
        self.field(f"{name}.c", PULSE)
        self.lines.append(f"  {name} = call i64 {name}.c(ptr %context, ptr %v{node.counters.number})")
        self.lines.append(f"  {name}.bad = icmp ne i64 {name}, 0")
        self.leave_if(f"{name}.bad", str(INTERRUPTED))

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
