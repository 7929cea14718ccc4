"""A loop of independent rounds as operations on vectors: `lanes` rounds in one, and single rounds for what is left over.

What all rounds share is computed once before the loop, the addresses but for the index too: LLVM's own way to simple addresses, its strength
reduction, took a third of the time of compiling a recurrent network. Places in memory are those of the first lane where the others lie beside it,
which `codegen.targets.llvmplan` knows; else elements are read and written one by one.
A loop that does nothing but copy or clear memory becomes one call of memmove or memset.
"""

from __future__ import annotations

from typing import Any

from codegen.loopir import nodes as ir
from codegen.targets.llvmplan import Form, Plan, Terms
from codegen.targets.llvmspelling import COMPARISONS, WIDTH, cast, constant, memory_type, pattern, type_name, vector

__all__ = ["Lanes", "write_moves", "write_vectors"]

def write_moves(writer: Any, node: ir.For, plan: Plan) -> None:
    """The whole loop as one call."""
    name = writer.label()
    writer.lines.append(f"  %{name}.n = sub i64 {writer.operand(node.stop)}, {writer.operand(node.start)}")
    writer.lines.append(f"  %{name}.any = icmp slt i64 0, %{name}.n\n  br i1 %{name}.any, label %{name}.do, label %{name}.done")
    writer.open(f"{name}.do")
    lanes = Lanes(writer, node, plan)
    lanes.index, lanes.before = node.start, writer.lines
    lanes.shared()
    acts = [n for n in node.body if isinstance(n, (ir.Load, ir.Store))]
    target = lanes.address(acts[-1])
    writer.lines.append(f"  %{name}.bytes = mul nuw nsw i64 %{name}.n, {plan.moves}")
    if len(acts) == 2:
        source = lanes.address(acts[0])
        routine, args = "memmove.p0.p0.i64(ptr, ptr", f"memmove.p0.p0.i64(ptr {target}, ptr {source}"
    else:
        routine, args = "memset.p0.i64(ptr, i8", f"memset.p0.i64(ptr {target}, i8 0"
    declaration = f"declare void @llvm.{routine}, i64, i1)"
    writer.shared.declarations[declaration] = declaration
    writer.lines.append(f"  call void @llvm.{args}, i64 %{name}.bytes, i1 false)\n  br label %{name}.done")
    writer.open(f"{name}.done")


def write_vectors(writer: Any, node: ir.For, plan: Plan) -> str:
    """The rounds that are done side by side. Returns where the single ones start, '' where none is left."""
    if plan.times:
        lanes = Lanes(writer, node, plan)
        lanes.shared()
        for k in range(plan.times):
            lanes.round(node.start + k * plan.lanes)  # type: ignore[operator]
        return ""
    start = writer.operand(node.start)
    for count in (plan.lanes, plan.narrow):
        if count:
            start = write_loop(writer, node, plan, count, start)
    return start


def write_loop(writer: Any, node: ir.For, plan: Plan, count: int, start: str) -> str:
    """Rounds from `start` on, so many in one, as long as so many are left. Returns where they end."""
    lanes = Lanes(writer, node, plan, count)
    name, index = writer.label(), writer.new_value("int64")
    end, some = bounds(writer, start, writer.operand(node.stop), count)
    writer.lines.append(f"  br i1 {some}, label %{name}.first, label %{name}.rest")
    writer.open(f"{name}.first")
    lanes.shared()
    at, text = len(writer.lines), f"%v{index.number}"
    writer.lines.append(f"  br label %{name}.many\n{name}.many:\n  {text} = phi i64 [ {start}, %{name}.first ], [ {text}.n, %{name}.many ]")
    lanes.round(index)
    writer.lines[at:at] = lanes.before
    unsigned = "nuw " if node.start.__class__ is int and node.start >= 0 else ""  # type: ignore[operator]
    writer.lines.append(f"  {text}.n = add {unsigned}nsw i64 {text}, {count}\n  {text}.c = icmp slt i64 {text}.n, {end}")
    writer.lines.append(f"  br i1 {text}.c, label %{name}.many, label %{name}.rest")
    writer.open(f"{name}.rest")
    return end


def bounds(writer: Any, start: str, stop: str, count: int) -> tuple[str, str]:
    """(where rounds from start to stop end that are done so many in one, whether there are any). What is known as the function starts is
    computed there, once for all loops: a loop over rows of 8 numbers took 1.3 times as long without."""
    early = all(x in writer.early or not x.startswith("%") for x in (start, stop))
    key = (start, stop, count)
    if early and key in writer.bounds:
        return writer.bounds[key]  # type: ignore[no-any-return]
    name = f"%n{len(writer.bounds)}" if early else writer.fresh()
    (writer.allocas if early else writer.lines).extend([
        f"  {name}.n = sub i64 {stop}, {start}", f"  {name}.left = srem i64 {name}.n, {count}", f"  {name}.most = sub i64 {name}.n, {name}.left",
        f"  {name}.end = add i64 {start}, {name}.most", f"  {name}.any = icmp slt i64 {start}, {name}.end",
    ])
    found = f"{name}.end", f"{name}.any"
    if early:
        writer.early.add(found[0])
        writer.bounds[key] = found
    return found


class Lanes:
    """Writes the body once for all lanes. `shares`: what a value that all rounds share is called in front of them, `vectors`: the text of what a
    value is in all lanes."""

    def __init__(self, writer: Any, node: ir.For, plan: Plan, lanes: int = 0) -> None:
        self.writer = writer
        self.node = node
        self.plan = plan
        self.lanes = lanes or plan.lanes
        self.index: ir.Operand = node.index  # the round of the first lane
        self.shares: dict[int, ir.Value] = {}
        self.vectors: dict[int, str] = {}
        self.common: dict[int, str] = {}  # of values that all rounds share
        self.bases: dict[tuple[int, Terms], str] = {}  # (pointer, terms of a place) -> the address
        self.sums: dict[Terms, str] = {}
        self.makers = {n.out.number: n for n in node.body if isinstance(n, (ir.Assign, ir.Load))}
        self.written = False  # whether this round has written to memory
        self.apiece: dict[tuple[int, int], ir.Value] = {}  # (value's number, lane) -> what it is in that lane
        self.before: list[str] = writer.lines if plan.times else []  # lines for in front of the loop

    def shared(self) -> None:
        """What all rounds share, in front of them."""
        for n in self.node.body:
            if isinstance(n, (ir.Assign, ir.Load)) and n.out.number in self.plan.alike:
                out = self.shares[n.out.number] = self.writer.new_value(n.out.type)
                if isinstance(n, ir.Load):
                    self.writer.load(ir.Load(out, self.share(n.pointer), self.share(n.index)))
                else:
                    self.writer.assign(ir.Assign(out, n.operation, tuple(self.share(x) for x in n.args)))

    def share(self, x: Any) -> Any:
        return self.shares.get(x.number, x) if isinstance(x, ir.Value) else x

    def round(self, index: ir.Operand) -> None:
        self.index = index
        self.vectors.clear()
        self.apiece.clear()
        self.written = False
        self.body()

    def body(self) -> None:
        for n in self.node.body:
            if isinstance(n, ir.Store):
                self.store(n)
            elif n.out.number not in self.plan.alike and n.out.number not in self.plan.forms:  # type: ignore[union-attr]
                self.load(n) if isinstance(n, ir.Load) else self.assign(n)  # type: ignore[arg-type]

    # The first lane ---------------------------------------------------------------------------------------------------
    def address(self, n: ir.Load | ir.Store) -> str:
        """Of the first lane. What does not depend on the round stands in front of the loop; a constant is left to the instruction."""
        element = memory_type(n.pointer.type)
        _, terms, last = self.plan.forms[n.index.number]  # type: ignore[union-attr]
        base = self.base(self.share(n.pointer), terms, element)
        if self.index.__class__ is int:
            return self.offset(base, str(self.index + last), element, "" if terms else "inbounds ")  # type: ignore[operator]
        found = self.offset(base, self.writer.operand(self.index), element, "" if terms or last else "inbounds ")
        return self.offset(found, str(last), element)

    def base(self, pointer: ir.Value, terms: Terms, element: str) -> str:
        key = pointer.number, terms
        if terms and key not in self.bases:
            name = self.bases[key] = self.writer.fresh()
            self.before.append(f"  {name} = getelementptr {element}, ptr %v{pointer.number}, i64 {self.total(terms)}")
        return self.bases[key] if terms else f"%v{pointer.number}"

    def offset(self, base: str, index: str, element: str, sure: str = "") -> str:
        if index == "0":
            return base
        name = self.writer.fresh()
        self.writer.lines.append(f"  {name} = getelementptr {sure}{element}, ptr {base}, i64 {index}")
        return name  # type: ignore[no-any-return]

    def total(self, terms: Terms) -> str:
        """The sum of values times factors, in front of the loop."""
        if terms not in self.sums:
            found = ""
            for number, factor in terms:
                name = self.writer.operand(self.shares.get(number, ir.Value(number, "int64")))
                if factor != 1:
                    product = self.writer.fresh()
                    self.before.append(f"  {product} = mul i64 {name}, {factor}")
                    name = product
                if found:
                    sum = self.writer.fresh()
                    self.before.append(f"  {sum} = add i64 {found}, {name}")
                    name = sum
                found = name
            self.sums[terms] = found or "0"
        return self.sums[terms]

    # All lanes --------------------------------------------------------------------------------------------------------
    def vector(self, x: ir.Operand, type: str) -> str:
        """The text of an operand in all lanes."""
        if not isinstance(x, ir.Value):
            return constant(x, type, self.lanes)
        found = self.vectors.get(x.number)
        if found is None:
            form = self.plan.forms.get(x.number)
            found = self.repeated(x) if form is None else self.counting(form)
            if form is not None:
                self.vectors[x.number] = found
        return found

    def repeated(self, x: ir.Value) -> str:
        """A value that all rounds share, in each lane."""
        found = self.common.get(x.number)
        if found is None:
            found = self.common[x.number] = self.splat(self.before, self.writer.operand(self.share(x)), x.type)
        return found

    def splat(self, lines: list[str], x: str, type: str) -> str:
        many, name = vector(type_name(type), self.lanes), self.writer.fresh()
        lines.append(f"  {name}.0 = insertelement {many} poison, {type_name(type)} {x}, i64 0")
        lines.append(f"  {name} = shufflevector {many} {name}.0, {many} poison, <{self.lanes} x i32> zeroinitializer")
        return name  # type: ignore[no-any-return]

    def counting(self, form: Form) -> str:
        """An int64 that grows as much every round."""
        step, terms, last = form
        name = self.writer.fresh()
        first = self.splat(self.before, self.total(terms), "int64")
        index = self.writer.operand(self.index)
        if step != 1:
            self.writer.lines.append(f"  {name}.r = mul i64 {index}, {step}")
            index = f"{name}.r"
        round = self.splat(self.writer.lines, index, "int64")
        many = vector("i64", self.lanes)
        places = ", ".join(f"i64 {k * step + last}" for k in range(self.lanes))
        self.writer.lines.append(f"  {name}.f = add {many} {first}, {round}\n  {name} = add {many} {name}.f, <{places}>")
        return name  # type: ignore[no-any-return]

    def assign(self, n: ir.Assign) -> None:
        name = self.vectors[n.out.number] = self.writer.fresh()
        operation, out, args = n.operation, n.out, n.args
        lines = self.writer.lines
        if operation in ("cast", "bits"):
            source, _ = self.writer.typed(args[0])
            text = self.vector(args[0], source)
            if operation == "cast":
                lines.append("  " + cast(source, out.type, self.lanes).format(name, text))
            else:
                lines.append(f"  {name} = bitcast {vector(type_name(source), self.lanes)} {text} to {vector(type_name(out.type), self.lanes)}")
            return
        type = out.type
        if operation in COMPARISONS:
            type = next((x.type for x in args if isinstance(x, ir.Value)), "") or self.writer.typed(args[0])[0]
        text, declaration = pattern(operation, type, self.lanes)
        if declaration:
            self.writer.shared.declarations[declaration] = declaration
        kinds = ["bool", type, type] if operation == "select" else [type] * len(args)
        operands = [self.vector(x, kind) for x, kind in zip(args, kinds)]
        lines.append("  " + text.format(name, *operands))

    def load(self, n: ir.Load) -> None:
        name = self.vectors[n.out.number] = self.writer.fresh()
        element = memory_type(n.pointer.type)
        many = vector(element, self.lanes)
        lines = self.writer.lines
        found = f"{name}.m" if n.pointer.type == "bool*" else name
        if self.beside(n.index):
            lines.append(f"  {found} = load {many}, ptr {self.address(n)}, align {WIDTH[element] // 8}")
        else:
            before = "poison"
            for k, place in enumerate(self.places(n)):
                part = found if k == self.lanes - 1 else f"{name}.{k}"
                lines.append(f"  {name}.{k}.x = load {element}, ptr {place}")
                lines.append(f"  {part} = insertelement {many} {before}, {element} {name}.{k}.x, i64 {k}")
                before = part
        if n.pointer.type == "bool*":
            lines.append(f"  {name} = icmp ne {many} {found}, zeroinitializer")

    def store(self, n: ir.Store) -> None:
        name = self.writer.fresh()
        type = n.pointer.type[:-1]
        element = memory_type(n.pointer.type)
        many = vector(element, self.lanes)
        value = self.vector(n.value, type)
        lines = self.writer.lines
        if type == "bool":
            lines.append(f"  {name}.m = zext {vector('i1', self.lanes)} {value} to {vector('i8', self.lanes)}")
            value = f"{name}.m"
        if self.beside(n.index):
            lines.append(f"  store {many} {value}, ptr {self.address(n)}, align {WIDTH[element] // 8}")
            self.written = True
            return
        places = self.places(n)
        self.written = True
        for k, place in enumerate(places):
            lines.append(f"  {name}.{k} = extractelement {many} {value}, i64 {k}\n  store {element} {name}.{k}, ptr {place}")

    def beside(self, index: ir.Operand) -> bool:
        """Whether the elements of all lanes lie side by side."""
        return isinstance(index, ir.Value) and self.plan.forms.get(index.number, (0,))[0] == 1

    def places(self, n: ir.Load | ir.Store) -> list[str]:
        """The address of each lane's element, which lie anywhere. One by one: the processor's own instruction to gather is slower on many, and
        numbers that have been a vector are slow to take apart."""
        element, found, pointer = memory_type(n.pointer.type), [], self.writer.operand(self.share(n.pointer))
        for lane in range(self.lanes):
            place = self.writer.operand(self.alone(n.index, lane))
            name = self.writer.fresh()
            self.writer.lines.append(f"  {name} = getelementptr inbounds {element}, ptr {pointer}, i64 {place}")
            found.append(name)
        return found

    def alone(self, x: ir.Operand, lane: int) -> ir.Operand:
        """A value in one lane, computed anew."""
        if not isinstance(x, ir.Value):
            return x
        if x.number in self.plan.alike or (x.number not in self.makers and x is not self.node.index):
            return self.share(x)
        key = x.number, lane
        if key not in self.apiece:
            out = self.apiece[key] = self.writer.new_value(x.type)
            if x is self.node.index:
                self.writer.lines.append(f"  %v{out.number} = add i64 {self.writer.operand(self.index)}, {lane}")
            elif isinstance(maker := self.makers[x.number], ir.Load) and self.written:  # what it was read from may be another now
                lanes = vector(type_name(x.type), self.lanes)
                self.writer.lines.append(f"  %v{out.number} = extractelement {lanes} {self.vectors[x.number]}, i64 {lane}")
            elif isinstance(maker, ir.Load):
                self.writer.load(ir.Load(out, self.share(maker.pointer), self.alone(maker.index, lane)))
            else:
                self.writer.assign(ir.Assign(out, maker.operation, tuple(self.alone(y, lane) for y in maker.args)))
        return self.apiece[key]
