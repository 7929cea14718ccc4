"""LLVM: the text of a module -> object code for the processor of this machine.

The object is position independent and shows one symbol, the entry (of several objects in an archive: one of them). What it asks
for is all in the C and mathematical libraries that every process has: the functions of `codegen.loopir.operations.MATH` (``sin``,
``sinf``, ...) but for those that codegen/targets/elementary.py defines, what LLVM makes of them and of remainders and rounding
(``sincos``, ``exp10``, ``fmod``, ``fma``, ...), and ``memcpy``, ``memmove``, ``memset``. Routines of BLAS and LAPACK and callbacks
come in with the call, through the context: the object names none of them. Routines of the compiler's run-time library (128-bit
division, half precision) are never needed.

llvmlite is imported when the first module is compiled.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from threading import Condition, Thread
from typing import Any

from codegen.archive import packed
from codegen.targets.llvmfunctions import with_elementary
from codegen.targets.llvmparts import Part, parted

__all__ = ["compile_llvm", "optimized_text"]

FEW = ("always_inliner", "global_dead_code_eliminate", "sroa", "simplify_cfg", "instruction_combine", "simplify_cfg")


def compile_llvm(text: str, level: int = 2) -> bytes:
    """Object code of a module written in LLVM's language, optimised at `level` (0, 1, 2 or 3) for this processor: one object file, or the
    archive of several, for a long module is compiled in parts, side by side where there are cores for them.

    Functions whose loops were written as vectors, and those without loops, get few passes; of the others loops and straight code are
    vectorised from level 2 on. Raises RuntimeError with LLVM's words if the module is not well formed.

    >>> compile_llvm("define i64 @entry(ptr %context) { ret i64 0 }")[:4]
    b'\x7fELF'
    """
    return packed(side_by_side([partial(compile_part, part, level) for part in parts_of(text, level)]))


def optimized_text(text: str, level: int = 2) -> str:
    """The module as it is after LLVM's passes, part by part: to read, and for tests of what they made of it."""
    with borrowed(level) as machine:
        return "\n".join(str(optimized(part, level, machine)) for part in parts_of(text, level))


def parts_of(text: str, level: int) -> list[Part]:
    return parted(text, cores()) if level and offers_few() else [Part(text, False)]


def compile_part(part: Part, level: int) -> bytes:
    with borrowed(level) as machine:
        module = optimized(part, level, machine)
        with strength_reduction(not part.few):
            return emitted(machine, module)


def optimized(part: Part, level: int, machine: Any) -> Any:
    llvm = binding()
    module = llvm.parse_assembly(head_of(machine) + with_elementary(part.text, has_fma(), not part.few), fresh_context(llvm))
    module.verify()
    if level:
        builder = llvm.create_pass_builder(machine, tuning_of(llvm, level))
        passes = few_passes(llvm) if part.few else builder.getModulePassManager()
        unlocked(llvm.ffi.lib.LLVMPY_RunNewModulePassManager)(passes, module, builder)
        for name in part.straight:
            module.get_function(name).add_function_attribute("noinline")
            module.get_function(name).add_function_attribute("optnone")
    return module


_turn = Condition()
_reducing = {True: 0, False: 0}  # modules that are emitted now, with and without


@contextmanager
def strength_reduction(wanted: bool) -> Iterator[None]:
    """While code is emitted, whether LLVM looks for simpler ways to the addresses in loops, its strength reduction.

    Loops that were written as vectors have them already; looking was a third of the time of compiling a recurrent network. Of others convolutions
    take up to 1.2 times as long without. LLVM has one switch for the whole process: those who want it and those who do not take turns.
    """
    with _turn:
        _turn.wait_for(lambda: not _reducing[not wanted])
        _reducing[wanted] += 1
        if not wanted:
            binding().set_option("symgraph", "-disable-lsr=1")
    try:
        yield
    finally:
        with _turn:
            _reducing[wanted] -= 1
            if not _reducing[False]:
                binding().set_option("symgraph", "-disable-lsr=0")
            _turn.notify_all()


def emitted(machine: Any, module: Any) -> bytes:
    """`machine.emit_object(module)`, while other threads do the same."""
    lib = binding().ffi.lib
    with binding().ffi.OutputString() as error:
        buffer = unlocked(lib.LLVMPY_TargetMachineEmitToMemory)(machine, module, 1, error)
        if not buffer:
            raise RuntimeError(str(error))
    try:
        return ctypes.string_at(lib.LLVMPY_GetBufferStart(buffer), lib.LLVMPY_GetBufferSize(buffer))
    finally:
        lib.LLVMPY_DisposeMemoryBuffer(buffer)


def unlocked(function: Any) -> Any:
    """A function of LLVM without the lock that llvmlite puts around each call: what has a context, a module and a machine of its own may run
    beside others."""
    return getattr(function, "_cfn", function)


def side_by_side(works: Sequence[Callable[[], bytes]]) -> list[bytes]:
    """What each gives, in order; each but the first in a thread of its own. Raises what one of them raised."""
    results: list[Any] = [None] * len(works)

    def run(k: int) -> None:
        try:
            results[k] = works[k]()
        except BaseException as error:
            results[k] = error

    threads = [Thread(target=run, args=(k,)) for k in range(1, len(works))] if cores() > 1 else []
    for thread in threads:
        thread.start()
    for k in range(len(works) if not threads else 1):
        run(k)
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@lru_cache(maxsize=1)
def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def few_passes(llvm: Any) -> Any:
    """For functions whose loops were written as vectors, and for those without loops.

    They take 20 ms of a logistic regression step, where all passes took 100.
    """
    passes = llvm.create_new_module_pass_manager()
    for name in FEW:
        getattr(passes, f"add_{name}_pass")()
    return passes


@lru_cache(maxsize=1)
def offers_few() -> bool:
    """Whether this llvmlite has those passes one by one; else all functions get all."""
    passes = binding().create_new_module_pass_manager()
    return all(hasattr(passes, f"add_{name}_pass") for name in FEW)


def fresh_context(llvm: Any) -> Any:
    """A context for one module. It goes with the module; the global one would keep every type and constant that was ever met."""
    if hasattr(llvm.context, "opaque_pointers_enabled"):  # llvmlite 0.44: pointers know what they point to unless it is asked otherwise
        return llvm.context.ContextRef(llvm.ffi.lib.LLVMPY_ContextCreate(True))
    return llvm.create_context()


def tuning_of(llvm: Any, level: int) -> Any:
    """Vectors, and no interleaving of rounds: where several sums help, the loop IR says so, and elsewhere it was never faster.

    Measured on additions and chains of 20 operations of 24 to 4,000 numbers: the same within 3 %, but short loops lose up to half by the
    longer rest, and a small function takes 3 ms more of 10 to compile. How wide vectors are is left to LLVM, which knows the processors
    that slow down (on Zen 4 chains of operations run twice as fast in 512 bits as in 256).

    From level 2 on, the passes are those that LLVM runs at level 1, with vectors: what level 2 adds (global value numbering,
    threading of jumps, ...) finds nothing in loops that come without redundancy. Measured on 19 functions, of a matrix to rnns: object
    code of equal size but for two, equal speed, a fifth to a third less time.
    """
    tuning = llvm.create_pipeline_tuning_options(speed_level=min(level, 1) if level < 3 else level)
    tuning.loop_vectorization = tuning.slp_vectorization = level > 1
    tuning.loop_interleaving = False
    tuning.loop_unrolling = False  # the loop IR has its accumulators side by side already; unrolling was half of the time of a small sum
    return tuning


_machines: dict[int, list[Any]] = {}


@contextmanager
def borrowed(level: int) -> Iterator[Any]:
    """A target machine for this processor that nobody else has meanwhile. They are kept, for one costs more than a small function."""
    free = _machines.setdefault(level, [])
    machine = free.pop() if free else new_machine(level)
    try:
        yield machine
    finally:
        free.append(machine)


def new_machine(level: int) -> Any:
    llvm = binding()
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=level, reloc="pic", codemodel="default",
    )


def head_of(machine: Any) -> str:
    """The head of a module. It has to be there as the module is read: alignments that the text leaves out are filled in then."""
    return f'target datalayout = "{machine.target_data}"\ntarget triple = "{machine.triple}"\n'


@lru_cache(maxsize=1)
def has_fma() -> bool:
    """Whether this processor multiplies and adds in one; where it does not, a routine of the C library would do it, slowly."""
    return platform.machine() not in ("x86_64", "AMD64") or bool(binding().get_host_cpu_features().get("fma"))


@lru_cache(maxsize=1)
def binding() -> Any:
    """llvmlite.binding, ready to compile for this machine."""
    import llvmlite.binding as llvm

    try:
        llvm.initialize()  # llvmlite before 0.45 needs it, later ones refuse it
    except RuntimeError:
        pass
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm
