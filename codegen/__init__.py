"""codegen: turns plain data, a Program, into native code. This is its face: names only, no logic."""

from codegen.cache.entry import Entry
from codegen.cache.store import Store
from codegen.compile import Compiled, compile, load, module_text, source, version
from codegen.errors import CodegenError, CompilerFailed, CompilerNotFound, LibraryNotFound, RunError, VerifyError
from codegen.layout import Layout
from codegen.program import ArrayType, Branch, Loop, Program, Sequenced, Step
from codegen.rules import Loops, Pointwise, Python, Reduction
from codegen.runtime.entry import rounds_of
from codegen.runtime.executable import Executable, NativeCallable
from codegen.runtime.gate import keep_code, prepare
from codegen.runtime.libraries import set_threads
from codegen.runtime.threads import set_loop_threads

__all__ = [
    "ArrayType", "Branch", "CodegenError", "Compiled", "CompilerFailed", "CompilerNotFound", "Entry", "Executable", "Layout", "LibraryNotFound",
    "Loop", "Loops", "NativeCallable", "Pointwise", "Program", "Python", "Reduction", "RunError", "Sequenced", "Step", "Store", "VerifyError",
    "compile", "keep_code", "load", "module_text", "prepare", "rounds_of", "set_loop_threads", "set_threads", "source", "version",
]
