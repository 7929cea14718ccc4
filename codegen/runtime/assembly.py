"""A writer of LLVM functions by hand: values are names, memory is an address and an offset, blocks are `with` statements.

    f = Function("twice", "i64", [("i64", "x")])
    with f.when(f.compare("slt", "%x", 0)):
        f.leave(0)
    f.leave(f.calculate("add", "%x", "%x"))
    text = f.text()

Variables that change live in stack slots; LLVM turns them into registers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["Function", "Operand"]

Operand = str | int


class Function:
    """returns: the LLVM type of what comes back; parameters: (type, name) pairs."""

    def __init__(self, name: str, returns: str, parameters: Sequence[tuple[str, str]], visible: bool = False) -> None:
        self.returns = returns
        linkage = "define" if visible else "define internal"
        self.head = f"{linkage} {returns} @{name}({', '.join(f'{type} %{x}' for type, x in parameters)}) nounwind {{\nstart:"
        self.slots: list[str] = []
        self.lines: list[str] = []
        self.count = 0

    def text(self) -> str:
        return "\n".join([self.head, *self.slots, *self.lines, "  unreachable", "}"])

    # Values -----------------------------------------------------------------------------------------------------------
    def name(self) -> str:
        self.count += 1
        return f"%t{self.count}"

    def value(self, text: str) -> str:
        name = self.name()
        self.lines.append(f"  {name} = {text}")
        return name

    def calculate(self, operation: str, a: Operand, b: Operand, type: str = "i64") -> str:
        return self.value(f"{operation} {type} {a}, {b}")

    def compare(self, relation: str, a: Operand, b: Operand, type: str = "i64") -> str:
        return self.value(f"icmp {relation} {type} {a}, {b}")

    def same(self, a: Operand, b: Operand, type: str = "ptr") -> str:
        return self.compare("eq", a, b, type)

    def differ(self, a: Operand, b: Operand, type: str = "ptr") -> str:
        return self.compare("ne", a, b, type)

    # Memory -----------------------------------------------------------------------------------------------------------
    def at(self, base: str, offset: Operand, size: int = 1) -> str:
        """The address `offset` times `size` bytes behind `base`."""
        return base if offset == 0 else self.value(f"getelementptr [{size} x i8], ptr {base}, i64 {offset}")

    def load(self, base: str, offset: Operand = 0, type: str = "ptr", size: int = 1) -> str:
        return self.value(f"load {type}, ptr {self.at(base, offset, size)}")

    def store(self, x: Operand, base: str, offset: Operand = 0, type: str = "ptr", size: int = 1) -> None:
        self.lines.append(f"  store {type} {x}, ptr {self.at(base, offset, size)}")

    def variable(self, type: str, initial: Operand) -> str:
        """A stack slot for one value, to be read with `load` and written with `store`."""
        slot = self.name()
        self.slots.append(f"  {slot} = alloca {type}")
        self.store(initial, slot, type=type)
        return slot

    # Control ----------------------------------------------------------------------------------------------------------
    def call(self, returns: str, function: str, *arguments: tuple[str, Operand], variadic: str = "") -> str:
        """variadic: the types of the parameters that stand before the dots, in parentheses, where there are dots."""
        text = f"call {returns} {variadic}{' ' if variadic else ''}{function}({', '.join(f'{t} {x}' for t, x in arguments)})"
        if returns == "void":
            self.lines.append(f"  {text}")
            return ""
        return self.value(text)

    def label(self) -> str:
        self.count += 1
        return f"b{self.count}"

    def place(self, label: str) -> None:
        self.lines += [f"  br label %{label}", f"{label}:"]

    def go(self, label: str) -> None:
        """Goes on at `label`; what is written next is never reached unless it has a label."""
        self.lines += [f"  br label %{label}", f"{self.label()}:"]

    def leave(self, x: Operand) -> None:
        self.lines += [f"  ret {self.returns} {x}", f"{self.label()}:"]

    def go_if(self, condition: str, label: str) -> None:
        after = self.label()
        self.lines += [f"  br i1 {condition}, label %{label}, label %{after}", f"{after}:"]

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        then, after = self.label(), self.label()
        self.lines += [f"  br i1 {condition}, label %{then}, label %{after}", f"{then}:"]
        yield
        self.place(after)

    @contextmanager
    def each(self, count: Operand) -> Iterator[str]:
        """Runs the block for 0, 1, ... count - 1, which is the value given."""
        counter = self.variable("i64", 0)
        head, body, after = self.label(), self.label(), self.label()
        self.place(head)
        k = self.load(counter, type="i64")
        inside = self.compare("slt", k, count)
        self.lines += [f"  br i1 {inside}, label %{body}, label %{after}", f"{body}:"]
        yield k
        self.store(self.calculate("add", k, 1), counter, type="i64")
        self.lines += [f"  br label %{head}", f"{after}:"]
