"""The native gate: a class of objects whose call is native code from the first instruction on.

`NativeCallable` is made of a heap type with Python's vectorcall pointer, the address of the callable's table (`native`) and the function
for arguments that native code cannot take. The vectorcall function is the same for all (`gatetext`), compiled once and kept by whoever
called `keep_code`. Where it cannot be had, NativeCallable calls as PlainCallable does, through ctypes.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from ctypes import c_char_p, c_int, c_int64, c_uint, c_uint64, c_void_p, pythonapi
from functools import cache
from hashlib import blake2b
from threading import Thread
from typing import Any

import numpy as np

from codegen.runtime.binding import Binding, PlainCallable
from codegen.runtime.gatetables import CALLABLE
from codegen.runtime.gatetext import gate_text
from codegen.runtime.loader import Loaded, binding, load_object
from codegen.runtime.native import Native, gate_is_possible

__all__ = ["NativeCallable", "keep_code", "prepare"]

TYPE_FLAGS = 168  # offset of tp_flags
BASETYPE, HAVE_VECTORCALL, HAVE_VERSION_TAG = 1 << 10, 1 << 11, 1 << 18
SLOT_CALL, SLOT_MEMBERS = 50, 72
SIZE_MEMBER, READ_ONLY = 19, 1


# The code -------------------------------------------------------------------------------------------------------------
class Disk:
    """Where the code is kept: nowhere, until somebody says where."""

    read: Callable[[str], bytes | None] = staticmethod(lambda key: None)
    write: Callable[[str, bytes], None] = staticmethod(lambda key, content: None)


def keep_code(read: Callable[[str], bytes | None], write: Callable[[str, bytes], None]) -> None:
    """Says where the gate's object code is kept: read(key) gives it or None, write(key, bytes) keeps it. Before anything is bound."""
    Disk.read, Disk.write = staticmethod(read), staticmethod(write)


class Ahead:
    """The thread that makes the code before it is asked for, once in a process; and what is still to be written to disk."""

    thread: Thread | None = None
    unkept: tuple[str, bytes] | None = None


def prepare() -> None:
    """Lets the code be made while the caller goes on. Where it is on disk that is a read; else LLVM works on it for as long as it takes to
    import networkx (60 ms), and without Python's lock."""
    if Ahead.thread is None:
        Ahead.thread = Thread(target=made, name="symgraph-gate")
        Ahead.thread.start()


def code() -> Loaded | None:
    """The gate's code, from disk or compiled; None if that cannot be: a Python of another kind, or llvmlite is needed and missing."""
    if Ahead.thread is not None:
        Ahead.thread.join()  # in the child of a fork at once: the thread is not there
    loaded = made()
    if Ahead.unkept is not None:
        unkept, Ahead.unkept = Ahead.unkept, None
        Disk.write(*unkept)  # here, where a warning finds the user's line
    return loaded


@cache
def made() -> Loaded | None:
    if not gate_is_possible():
        return None
    try:
        text = gate_text()
        key = "gate" + blake2b(f"{text}\0{sys.platform} {os.uname().machine}".encode(), digest_size=20).hexdigest()
        content = Disk.read(key)
        if content is None:
            content = compiled(text)
            Ahead.unkept = key, content
        return load_object(content, "gate")
    except ImportError:
        return None


def compiled(text: str) -> bytes:
    """Object code for every processor of this kind: it finds all it needs in tables, so it depends on no version of anything."""
    llvm = binding()
    triple = llvm.get_process_triple()
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=2, reloc="pic", codemodel="default")
    if hasattr(llvm.context, "opaque_pointers_enabled"):  # llvmlite 0.44: pointers know what they point to unless it is asked otherwise
        context = llvm.context.ContextRef(llvm.ffi.lib.LLVMPY_ContextCreate(True))
    else:
        context = llvm.create_context()
    module = llvm.parse_assembly(f'target datalayout = "{machine.target_data}"\ntarget triple = "{triple}"\n{text}', context)
    module.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = llvm.create_new_module_pass_manager()
    if hasattr(passes, "add_sroa_pass"):
        passes.add_sroa_pass()  # variables into registers: the text is written such that all other passes together gain nothing
    else:
        passes = builder.getModulePassManager()
    passes.run(module, builder)
    return bytes(machine.emit_object(module))


# The class ------------------------------------------------------------------------------------------------------------
class Slot(ctypes.Structure):
    _fields_ = [("slot", c_int), ("pointer", c_void_p)]


class Member(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("type", c_int), ("offset", c_int64), ("flags", c_int), ("doc", c_char_p)]


class Specification(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("size", c_int), ("item_size", c_int), ("flags", c_uint), ("slots", c_void_p)]


kept: list[Any] = []  # Python before 3.11 refers to a specification's parts as they lie there


def make_type() -> Any:
    """A class of objects that are called through the vectorcall pointer they hold; as long as that is null the call is a TypeError."""
    members = (Member * 2)(Member(b"__vectorcalloffset__", SIZE_MEMBER, CALLABLE["vectorcall"], READ_ONLY, None))
    call = ctypes.cast(pythonapi.PyVectorcall_Call, c_void_p)
    slots = (Slot * 3)(Slot(SLOT_CALL, call), Slot(SLOT_MEMBERS, ctypes.cast(members, c_void_p)))
    flags = HAVE_VERSION_TAG | BASETYPE | HAVE_VECTORCALL
    size = CALLABLE["slow"] + 8
    specification = Specification(b"codegen.runtime.gate.Vectorcalled", size, 0, flags, ctypes.cast(slots, c_void_p))
    kept.extend([members, slots, specification])
    make = ctypes.PYFUNCTYPE(ctypes.py_object, c_void_p)(("PyType_FromSpec", pythonapi))
    return make(ctypes.addressof(specification))


Vectorcalled: Any = make_type() if gate_is_possible() else object


def mark(cls: type) -> None:
    """Lets Python call objects of the class through their pointer, unless a class written in Python has a `__call__` for them.

    Before Python 3.12 no class written in Python inherits that.
    """
    calls = next((base for base in cls.__mro__ if "__call__" in vars(base)), None)
    flags = c_uint64.from_address(id(cls) + TYPE_FLAGS)
    if flags.value == cls.__flags__:
        flags.value = flags.value | HAVE_VECTORCALL if calls is Vectorcalled else flags.value & ~HAVE_VECTORCALL
        pythonapi.PyType_Modified(ctypes.py_object(cls))


class NativeCallable(Vectorcalled):
    """A bound Executable, called natively; made to be subclassed. Bound by ``executable.bind(..., into=object)``."""

    binding: Binding

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if gate_is_possible():
            mark(cls)

    def scratch_bytes(self) -> int:
        """Bytes of scratch memory that are kept from call to call."""
        native = getattr(self, "_native", None)
        return self.binding.arena.size() if native is None else sum(native.blocks[1::2])

    def connect(self, binding: Binding) -> None:
        self.binding = binding
        loaded = code()
        if loaded is None:
            NativeCallable.__call__ = PlainCallable.__call__  # for all: what the code lacks is the process's, not the object's
            return
        self._native = native = Native(binding)
        self._direct = direct = Vectorcalled()  # the same call, where what does not fit is an error
        self._keep = loaded, binding.slow, binding.run_all
        for target, slow in ((self, binding.slow), (direct, self._keep[2])):
            for field, x in (("table", native.address), ("slow", id(slow)), ("vectorcall", loaded.address)):
                c_void_p.from_address(id(target) + CALLABLE[field]).value = x

    def run(self, arrays: Sequence[np.ndarray]) -> Any:
        """The call with an array for each positional argument. Raises TypeError for arrays that do not fit the Layout."""
        return self.binding.run(arrays) if code() is None else self._direct(*arrays)


if gate_is_possible():
    mark(NativeCallable)
