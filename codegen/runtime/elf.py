"""A linker for the object files of this house on x86-64: bytes -> code in memory, without loading LLVM.

Objects of a few functions and their constants need little: their sections are laid into one mapping, addresses are filled in, functions of
the process are reached by a jump through their address, and the mapping is made executable and no longer writable. What else an object
file may hold (thread-local data, initializers, 32-bit addresses, other processors) is refused with Unsupported; LLVM's linker takes it.
Tables for unwinding are left out: no exception passes through this code. Source of formats and formulas: the System V ABI, AMD64
supplement, chapter 4.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator, Sequence
from functools import cache
from struct import Struct, pack_into
from typing import Any, NamedTuple

__all__ = ["Unsupported", "link"]

OBJECT_OF_X86_64 = b"\x7fELF\x02\x01\x01", (1, 62)  # 64 bits, little endian; a relocatable file, the processor
HEADER = Struct("<16sHHIQQQIHHHHHH")
SECTION = Struct("<IIQQQQIIQQ")
SYMBOL = Struct("<IBBHQQ")
RELOCATION = Struct("<QIIq")  # place, type, symbol, addend
PROGRAM, SYMBOLS, ADDENDS, ZEROS, UNWIND = 1, 2, 4, 8, 0x70000001  # types of sections
WRITABLE, ALLOCATED, THREAD_LOCAL = 1, 2, 0x400
UNDEFINED, ABSOLUTE, RESERVED = 0, 0xFFF1, 0xFF00  # sections of symbols
LOCAL, WEAK = 0, 2  # how symbols bind
JUMP = b"\xff\x25\x00\x00\x00\x00"  # jmp *(next address): the 8 bytes behind it
STUB = 16
ADDRESS_IN_STUB = len(JUMP)

ABSOLUTE_64, RELATIVE_32, CALL_32, RELATIVE_64 = 1, 2, 4, 24
BY_TABLE = {9, 41, 42}  # relative place of a cell that holds the address


class Unsupported(Exception):
    """Not an object file of the kind that is linked here."""


class Section(NamedTuple):
    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry: int


def link(contents: Sequence[bytes], symbol: str) -> tuple[int, Any]:
    """(address of the symbol, what has to be kept alive) of one or several object files.

    Raises Unsupported; LookupError for a symbol that is nowhere; OSError.
    """
    return Linker([ObjectFile(content) for content in contents]).run(symbol)


class ObjectFile:
    """One file: its sections, symbols and the addresses that it wants filled in. `offsets`: where its sections lie in the mapping."""

    def __init__(self, content: bytes) -> None:
        magic, kind = OBJECT_OF_X86_64
        if len(content) < HEADER.size or not content.startswith(magic):
            raise Unsupported("not an ELF file of 64 bits")
        header = HEADER.unpack_from(content)
        if header[1:3] != kind:
            raise Unsupported("not an object file for x86-64")
        self.content = content
        self.sections = [Section(*SECTION.unpack_from(content, header[6] + k * header[11])) for k in range(header[12])]
        self.symbols: list[tuple[Any, ...]] = []
        self.offsets: dict[int, int] = {}
        self.outside: set[int] = set()
        self.names = 0
        for s in self.sections:
            if s.flags & THREAD_LOCAL or (s.flags & ALLOCATED and s.type not in (PROGRAM, ZEROS, UNWIND)):
                raise Unsupported(f"a section of type {s.type}, flags {s.flags}")
            if s.type == SYMBOLS:
                self.symbols = list(SYMBOL.iter_unpack(content[s.offset:s.offset + s.size]))
                self.names = self.sections[s.link].offset

    def relocations(self) -> Iterator[tuple[int, int, int, int, int]]:
        """(section, place in it, type, symbol, addend) of every address to be filled in."""
        for s in self.sections:
            if s.type == ADDENDS and self.sections[s.info].flags & ALLOCATED and self.sections[s.info].type != UNWIND:
                for place, type, symbol, addend in RELOCATION.iter_unpack(self.content[s.offset:s.offset + s.size]):
                    yield s.info, place, type, symbol, addend

    def name(self, k: int) -> str:
        start = self.names + self.symbols[k][0]
        return self.content[start:self.content.index(0, start)].decode()


class Linker:
    """Links object files with each other and with the process."""

    def __init__(self, files: list[ObjectFile]) -> None:
        self.files = files
        self.shared = {
            file.name(k): (file, k) for file in files for k, (_, info, _, section, _, _) in enumerate(file.symbols)
            if section != UNDEFINED and info >> 4 != LOCAL
        }
        for file in files:  # the symbols that none of the files has
            file.outside = {k for k, row in enumerate(file.symbols) if row[3] == UNDEFINED and file.name(k) not in self.shared}

    def run(self, symbol: str) -> tuple[int, Any]:
        """Places sections, fills in addresses, makes code executable."""
        wanted = sorted({(n, k) for n, file in enumerate(self.files) for k in self.reached_by_stub(file)})
        stubs = {key: j * STUB for j, key in enumerate(wanted)}
        end = len(stubs) * STUB
        for writable in (0, WRITABLE):  # what is written to lies on pages of its own
            if writable:
                end = boundary = -(-end // mmap.PAGESIZE) * mmap.PAGESIZE
            for file in self.files:
                for k, s in enumerate(file.sections):
                    if s.flags & ALLOCATED and s.type != UNWIND and s.flags & WRITABLE == writable:
                        end = file.offsets[k] = -(-end // (s.alignment or 1)) * (s.alignment or 1)
                        end += s.size
        memory = mmap.mmap(-1, max(end, boundary, 1), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for file in self.files:
            for k, offset in file.offsets.items():
                s = file.sections[k]
                if s.type == PROGRAM:
                    memory[offset:offset + s.size] = file.content[s.offset:s.offset + s.size]
        for (n, k), offset in stubs.items():
            memory[offset:offset + ADDRESS_IN_STUB] = JUMP
            pack_into("<Q", memory, offset + ADDRESS_IN_STUB, self.address(self.files[n], k))
        for n, file in enumerate(self.files):
            for target, place, type, k, addend in file.relocations():
                self.fill(memory, file, file.offsets[target] + place, type, k, addend, stubs.get((n, k), 0))
        if process().mprotect(ctypes.c_void_p(self.base), ctypes.c_size_t(boundary), mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError(ctypes.get_errno(), "the system refuses to make memory executable")
        if symbol not in self.shared:
            raise LookupError(f"the object code has no symbol {symbol!r}")
        return self.address(*self.shared[symbol]), memory

    def reached_by_stub(self, file: ObjectFile) -> Iterator[int]:
        for _, _, type, k, _ in file.relocations():
            if type in BY_TABLE or (type == CALL_32 and k in file.outside):
                yield k

    def fill(self, memory: Any, file: ObjectFile, place: int, type: int, k: int, addend: int, stub: int) -> None:
        here = self.base + place
        if type == ABSOLUTE_64:
            pack_into("<Q", memory, place, (self.address(file, k) + addend) % (1 << 64))
        elif type == RELATIVE_64:
            pack_into("<q", memory, place, self.address(file, k) + addend - here)
        elif type in BY_TABLE:
            pack_into("<i", memory, place, self.base + stub + ADDRESS_IN_STUB + addend - here)
        elif type == CALL_32 and k in file.outside:
            pack_into("<i", memory, place, self.base + stub + addend - here)
        elif type in (CALL_32, RELATIVE_32) and k not in file.outside:
            pack_into("<i", memory, place, self.address(file, k) + addend - here)
        else:
            raise Unsupported(f"an address of type {type}")

    def address(self, file: ObjectFile, k: int) -> int:
        """Where symbol k is. Raises LookupError for one that the process does not have."""
        _, info, _, section, value, _ = file.symbols[k]
        if section == UNDEFINED:
            name = file.name(k)
            if name in self.shared:
                return self.address(*self.shared[name])
            found = address_in_process(name)
            if not found and info >> 4 != WEAK:
                raise LookupError(f"the object code needs {name!r}, which is in no library of this process")
            return found
        if section == ABSOLUTE:
            return int(value)
        if section >= RESERVED or section not in file.offsets:
            raise Unsupported(f"a symbol in section {section}")
        return int(self.base + file.offsets[section] + value)


@cache
def process() -> Any:
    return ctypes.CDLL(None, use_errno=True)


@cache
def mathematical_library() -> Any:
    try:
        return ctypes.CDLL("libm.so.6")
    except OSError:
        return process()  # other C libraries than glibc have no library of its own for it


@cache
def address_in_process(name: str) -> int:
    """The address of a function of the C or mathematical library; 0 if there is none of this name."""
    for library in (mathematical_library(), process()):
        try:
            return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0
        except AttributeError:
            continue
    return 0
