"""A writer of functions that know the table of the callable they work for and, through it, Python."""

from __future__ import annotations

from codegen.runtime.assembly import Function, Operand
from codegen.runtime.gatetables import API, ARRAY, DESCR_MASK, DESCR_WORD, TABLE, size_of

__all__ = ["Gate"]


class Gate(Function):
    """A function that knows its table and, through it, Python."""

    def __init__(self, name: str, returns: str, parameters: list[tuple[str, str]], visible: bool = False) -> None:
        super().__init__(name, returns, parameters, visible)
        self.table = self.api = ""

    def knows(self, table: str) -> None:
        self.table = table
        self.api = self.load(table, TABLE["api"])

    def of(self, name: str, type: str = "i64") -> str:
        """A field of the table."""
        return self.load(self.table, TABLE[name], type)

    def known(self, name: str) -> str:
        return self.load(self.api, API[name])

    def python(self, returns: str, name: str, *arguments: tuple[str, Operand], variadic: str = "") -> str:
        return self.call(returns, self.known(name), *arguments, variadic=variadic)

    def row(self, rows: str, kind: dict[str, int], k: Operand) -> str:
        return self.at(self.of(rows, "ptr"), k, size_of(kind))

    def release(self, x: str) -> None:
        """Drops a reference; nothing for a null."""
        self.python("void", "Py_DecRef", ("ptr", x))

    def is_array_of(self, x: str, word: str, ndim: str, flags: int, otherwise: str) -> None:
        """Goes to `otherwise` unless the ndarray x has this dtype, number of dimensions and all of these flags."""
        found = self.calculate("and", self.load(self.load(x, ARRAY["descr"]), DESCR_WORD, "i64"), DESCR_MASK - (1 << 64))
        self.go_if(self.differ(found, word, "i64"), otherwise)
        dimensions = self.value(f"zext i32 {self.load(x, ARRAY['ndim'], 'i32')} to i64")
        self.go_if(self.differ(dimensions, ndim, "i64"), otherwise)
        has = self.calculate("and", self.load(x, ARRAY["flags"], "i32"), flags, "i32")
        self.go_if(self.differ(has, flags, "i32"), otherwise)
