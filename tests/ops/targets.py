"""One expression on each of the ways to compute it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

import symgraph
from codegen.loopir.fortran import routine
from codegen.loopir.interpret import interpret
from codegen.runtime.libraries import address_of
from codegen.stations import lowered
from symgraph.compile.handoff import hand_over
from symgraph.compile.parts import in_parts
from symgraph.errors import error_class
from symgraph.expr.evaluate import evaluate
from tests.quick import quick_code

# py: the numpy rules, node after node, the judge. The others compile; "unoptimised" without any pass, so that the op itself runs.
# llvm is what users have; of c, simple and unoptimised the compiler is told not to try hard (tests/quick.py).
# interpreter: the loop IR of that, node by node, with a check of every access; for small arrays.
TARGETS = ("py", "llvm", "c", "unoptimised", "interpreter")
_MODES = {"llvm": ("llvm", "fast_run"), "c": ("c", "fast_run"), "unoptimised": ("llvm", None), "simple": ("llvm", "fast_run")}


def run(inputs: Sequence[Any], outputs: Sequence[Any], values: Sequence[Any], target: str) -> list[np.ndarray]:
    """The values of `outputs`; each must be an array of exactly the dtype and the known sizes of its variable."""
    if target == "py":
        found = evaluate(outputs, dict(zip(inputs, values)))
    elif target == "interpreter":
        found = interpreted(inputs, outputs, values)
    else:
        mode = symgraph.Mode(*_MODES[target])
        with nullcontext() if target == "llvm" else quick_code():
            found = symgraph.function(list(inputs), list(outputs), mode=mode, on_unused_input="ignore")(*values)
    for value, variable in zip(found, outputs):
        assert type(value) is np.ndarray
        assert value.dtype == variable.dtype
        assert value.ndim == variable.ndim
        assert all(n is None or n == m for n, m in zip(variable.type.shape, value.shape)), (variable.type, value.shape)
    return list(found)


def interpreted(inputs: Sequence[Any], outputs: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """By the interpreter of the loop IR; a failure is raised as native code raises it."""
    handed = hand_over(inputs, in_parts(outputs))
    module, layout = lowered(handed.program)
    callbacks = [lambda *arrays, node=node: tuple(node.op.run(node, arrays)) for node in handed.callbacks]
    arguments = [np.array(value, order="C") for value in (*values, *layout.constants)]
    status, noted, found = interpret(module, arguments, layout.results, callbacks, lapack_of(module.libraries), layout.callbacks)
    if status:
        failure = layout.failures[status - 1]
        raise error_class(failure.error)(failure.message.format(*noted))
    return found


def lapack_of(names: Sequence[str]) -> dict[str, Any]:
    """The library's own routines where the interpreter has none: they are called with addresses, and what they touch is not checked."""

    def called(name: str) -> Any:
        function = ctypes.CFUNCTYPE(None)(address_of(name))
        return lambda *addresses: function(*map(ctypes.c_void_p, addresses))

    return {name: called(name) for name in names if "/" not in name and routine(name) is None}
