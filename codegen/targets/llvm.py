"""LLVM: the text of a module -> object code for the processor of this machine.

The object is position independent and defines one symbol, the entry. What it asks for is all in the C and mathematical libraries
that every process has: the functions of `codegen.loopir.operations.MATH` (``sin``, ``sinf``, ...) but for those that
codegen/targets/elementary.py defines, what LLVM makes of them and of remainders and rounding (``sincos``, ``exp10``, ``fmod``, ``fma``,
...), and ``memcpy``, ``memmove``, ``memset``, which it finds in loops. Routines of BLAS and LAPACK and callbacks come in with the
call, through the context: the object names none of them. Routines of the compiler's run-time library (128-bit division, half
precision) are never needed.

llvmlite is imported when the first module is compiled.
"""

from __future__ import annotations

import platform
import re
from functools import lru_cache
from typing import Any

from codegen.targets.llvmfunctions import with_elementary
from codegen.targets.llvmspelling import STRAIGHT, VECTORS

__all__ = ["compile_llvm", "optimized_text"]

STRAIGHT_FUNCTION = re.compile(rf"^define .*@([\w.]+)\(.*{STRAIGHT}", re.M)
FUNCTION = re.compile(r"^define (internal )?(.*?)(@[\w.]+)\((.*)\) (.*)\{\n", re.M)
FEW = ("always_inliner", "global_dead_code_eliminate", "sroa", "simplify_cfg", "instruction_combine", "simplify_cfg")


def compile_llvm(text: str, level: int = 2) -> bytes:
    """Object code of a module written in LLVM's language, optimised at `level` (0, 1, 2 or 3) for this processor.

    Functions whose loops were written as vectors, and those without loops, get few passes; of the others loops and straight code are
    vectorised from level 2 on. Raises RuntimeError with LLVM's words if the module is not well formed.

    >>> compile_llvm("define i64 @entry(ptr %context) { ret i64 0 }")[:4]
    b'\\x7fELF'
    """
    machine, module = optimized(text, level)
    return bytes(machine.emit_object(module))


def optimized_text(text: str, level: int = 2) -> str:
    """The module as it is after LLVM's passes: to read, and for tests of what they made of it."""
    return str(optimized(text, level)[1])


def optimized(text: str, level: int) -> tuple[Any, Any]:
    llvm, machine, head = machine_of(level)
    context = fresh_context(llvm)
    builder = llvm.create_pass_builder(machine, tuning_of(llvm, level))
    passes = few_passes(llvm)
    written, rest = parted(text) if level and passes else ("", text)
    modules = []
    for part, inline in ((written, False), (rest, True)):
        if part:
            module = llvm.parse_assembly(head + with_elementary(part, has_fma(), inline), context)
            module.verify()
            if level:
                (builder.getModulePassManager() if inline else passes).run(module, builder)
            modules.append(module)
    module = modules[0]
    for name in STRAIGHT_FUNCTION.findall(written):
        module.get_function(name).add_function_attribute("noinline")
        module.get_function(name).add_function_attribute("optnone")
    if len(modules) == 2:
        module.link_in(modules[1])
        for function in module.functions:
            if not function.is_declaration and function.visibility.name == "hidden":
                function.visibility, function.linkage = "default", "internal"
    return machine, module


def few_passes(llvm: Any) -> Any:
    """For functions whose loops were written as vectors, and for those without loops; None where llvmlite does not offer them.

    A logistic regression step: 20 ms, of which all passes would take 100.
    """
    passes = llvm.create_new_module_pass_manager()
    for name in FEW:
        add = getattr(passes, f"add_{name}_pass", None)
        if add is None:
            return None
        add()
    return passes


def parted(text: str) -> tuple[str, str]:
    """Two modules out of one: the functions that few passes suffice for, and those that get all. '' for one without functions.

    What both use is in both. Functions that were internal are hidden, until they are together again.
    """
    blocks = text.split("\n\n")
    heads = {k: match for k, block in enumerate(blocks) if (match := FUNCTION.match(block))}
    written = {k for k, m in heads.items() if VECTORS in m[5] or STRAIGHT in m[5]}
    rest = {k for k, m in heads.items() if k not in written and "alwaysinline" not in m[5]}
    if not written or not rest:
        return (text, "") if written else ("", text)
    apart = written | rest

    def part(mine: set[int]) -> str:
        kept = [FUNCTION.sub(hidden, block, 1) if k in mine else block for k, block in enumerate(blocks) if k in mine or k not in apart]
        text = "\n\n".join(kept)
        others = [declared(heads[k]) for k in sorted(apart - mine) if heads[k][1] and f"{heads[k][3]}(" in text]
        return "\n\n".join([*kept[:-1], *others, kept[-1]])

    return part(written), part(rest)


def hidden(match: re.Match[str]) -> str:
    return match[0].replace("define internal ", "define hidden ", 1)


def declared(match: re.Match[str]) -> str:
    """The declaration of a function of the other module."""
    types = ", ".join(part.split()[0] for part in match[4].split(", ")) if match[4] else ""
    return f"declare hidden {match[2]}{match[3]}({types}) nounwind"


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


@lru_cache(maxsize=4)
def machine_of(level: int) -> tuple[Any, Any, str]:
    """(llvmlite.binding, the target machine for this processor, the head of every module).

    Made once a level, for it costs more than a small function. The head has to be there as the module is read: alignments that
    the text leaves out are filled in then.
    """
    llvm = binding()
    features = llvm.get_host_cpu_features()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=level, reloc="pic", codemodel="default",
    )
    return llvm, machine, f'target datalayout = "{machine.target_data}"\ntarget triple = "{machine.triple}"\n'


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
