"""A loop of independent rounds as operations on vectors: `lanes` rounds in one, and single rounds for what is left over.

What all rounds share is computed once before the loop. Places in memory are computed for the first lane; that the others lie beside it is what
`codegen.targets.llvmplan` has made sure of. A loop that does nothing but copy or clear memory becomes one call of memmove or memset.
"""

from __future__ import annotations

import operator
from typing import Any

from codegen.loopir import nodes as ir
from codegen.targets.llvmplan import Plan
from codegen.targets.llvmspelling import COMPARISONS, WIDTH, cast, constant, memory_type, pattern, type_name, vector

__all__ = ["Lanes", "write_moves", "write_vectors"]

KNOWN = {"add": operator.add, "sub": operator.sub, "mul": operator.mul}


def write_moves(writer: Any, node: ir.For, plan: Plan) -> None:
    """The whole loop as one call."""
    name = writer.label()
    writer.lines.append(f"  %{name}.n = sub i64 {writer.operand(node.stop)}, {writer.operand(node.start)}")
    writer.lines.append(f"  %{name}.any = icmp slt i64 0, %{name}.n\n  br i1 %{name}.any, label %{name}.do, label %{name}.done")
    writer.open(f"{name}.do")
    lanes = Lanes(writer, node, plan)
    lanes.scalars[node.index.number] = node.start
    for n in node.body:
        if isinstance(n, ir.Assign):
            lanes.single(n)
    acts = [n for n in node.body if isinstance(n, (ir.Load, ir.Store))]
    target = lanes.address(acts[-1], writer.fresh())
    writer.lines.append(f"  %{name}.bytes = mul nuw nsw i64 %{name}.n, {plan.moves}")
    if len(acts) == 2:
        source = lanes.address(acts[0], writer.fresh())
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
    """Writes the body once for all lanes. `scalars`: what a value is in the first lane, `vectors`: the text of what it is in all."""

    def __init__(self, writer: Any, node: ir.For, plan: Plan, lanes: int = 0) -> None:
        self.writer = writer
        self.node = node
        self.plan = plan
        self.lanes = lanes or plan.lanes
        self.scalars: dict[int, ir.Operand] = {}
        self.vectors: dict[int, str] = {}
        self.common: dict[int, str] = {}  # of values that all rounds share
        self.before: list[str] = []  # lines for in front of the loop

    def shared(self) -> None:
        """What all rounds share, in front of them."""
        for n in self.node.body:
            if isinstance(n, (ir.Assign, ir.Load)) and n.out.number in self.plan.alike:
                self.single(n)

    def round(self, index: ir.Operand) -> None:
        self.scalars[self.node.index.number] = index
        self.vectors.clear()
        self.body()

    def body(self) -> None:
        for n in self.node.body:
            if isinstance(n, ir.Store):
                self.store(n)
            elif n.out.number in self.plan.steps:  # type: ignore[union-attr]
                self.single(n)  # type: ignore[arg-type]
            elif n.out.number not in self.plan.alike:  # type: ignore[union-attr]
                self.load(n) if isinstance(n, ir.Load) else self.assign(n)  # type: ignore[arg-type]

    # The first lane ---------------------------------------------------------------------------------------------------
    def scalar(self, x: ir.Operand) -> ir.Operand:
        return self.scalars.get(x.number, x) if isinstance(x, ir.Value) else x

    def single(self, n: ir.Assign | ir.Load) -> None:
        """The node for the first lane alone, under a name of its own. Places that are known are numbers: LLVM keeps memory in registers where
        they are before it has computed anything."""
        if isinstance(n, ir.Assign) and n.operation in KNOWN:
            args = [self.scalar(x) for x in n.args]
            if all(x.__class__ is int for x in args):
                self.scalars[n.out.number] = KNOWN[n.operation](*args)
                return
        out = self.writer.new_value(n.out.type)
        self.scalars[n.out.number] = out
        if isinstance(n, ir.Load):
            self.writer.load(ir.Load(out, self.scalar(n.pointer), self.scalar(n.index)))  # type: ignore[arg-type]
        else:
            self.writer.assign(ir.Assign(out, n.operation, tuple(self.scalar(x) for x in n.args)))

    def address(self, n: ir.Load | ir.Store, name: str) -> str:
        pointer, index = self.scalar(n.pointer), self.scalar(n.index)
        return self.writer.address(f"{name}.p", pointer, index, memory_type(n.pointer.type))  # type: ignore[no-any-return]

    # All lanes --------------------------------------------------------------------------------------------------------
    def vector(self, x: ir.Operand, type: str) -> str:
        """The text of an operand in all lanes."""
        if not isinstance(x, ir.Value):
            return constant(x, type, self.lanes)
        found = self.vectors.get(x.number)
        if found is None:
            step = self.plan.steps.get(x.number)
            found = self.repeated(x) if step is None else self.counting(x, step)
            if step is not None:
                self.vectors[x.number] = found
        return found

    def repeated(self, x: ir.Value) -> str:
        """A value that all rounds share, in each lane."""
        found = self.common.get(x.number)
        if found is None:
            lines = self.writer.lines if self.plan.times else self.before
            found = self.common[x.number] = self.splat(lines, self.scalar(x), x.type)
        return found

    def splat(self, lines: list[str], x: ir.Operand, type: str) -> str:
        many, name = vector(type_name(type), self.lanes), self.writer.fresh()
        lines.append(f"  {name}.0 = insertelement {many} poison, {type_name(type)} {self.writer.operand(x, type)}, i64 0")
        lines.append(f"  {name} = shufflevector {many} {name}.0, {many} poison, <{self.lanes} x i32> zeroinitializer")
        return name  # type: ignore[no-any-return]

    def counting(self, x: ir.Value, step: int) -> str:
        """An int64 that grows by `step` a round."""
        first = self.splat(self.writer.lines, self.scalar(x), "int64")
        name = self.writer.fresh()
        more = ", ".join(f"i64 {k * step}" for k in range(self.lanes))
        self.writer.lines.append(f"  {name} = add {vector('i64', self.lanes)} {first}, <{more}>")
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
        address = self.address(n, name)
        lines = self.writer.lines
        if n.pointer.type == "bool*":
            lines.append(f"  {name}.m = load {many}, ptr {address}, align 1\n  {name} = icmp ne {many} {name}.m, zeroinitializer")
        else:
            lines.append(f"  {name} = load {many}, ptr {address}, align {WIDTH[element] // 8}")

    def store(self, n: ir.Store) -> None:
        name = self.writer.fresh()
        type = n.pointer.type[:-1]
        element = memory_type(n.pointer.type)
        value = self.vector(n.value, type)
        address = self.address(n, name)
        if type == "bool":
            self.writer.lines.append(f"  {name}.m = zext {vector('i1', self.lanes)} {value} to {vector('i8', self.lanes)}")
            value = f"{name}.m"
        self.writer.lines.append(f"  store {vector(element, self.lanes)} {value}, ptr {address}, align {WIDTH[element] // 8}")
