"""Modes that look at every step: DebugMode compares, NanGuardMode stops at what is not finite, MonitorMode calls the user.

The last two run the numpy rule of one node after another, after the passes, and show each to a hook.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from symgraph.compile.modes import Mode
from symgraph.compile.stepwise import Step
from symgraph.errors import NanGuardError
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import TensorType
from symgraph.printing.tree import debugprint
from symgraph.settings import config
from symgraph.source import describe

__all__ = ["DebugMode", "MonitorMode", "NanGuardMode", "ProfileMode", "contains_inf", "contains_nan", "default_make_thunk", "detect_nan"]

default_make_thunk = [Op.make_thunk]  # the methods that are no op's own: what DebugMode of Theano looked for
BIG = 1e10  # beyond which NanGuardMode calls a value big


class DebugMode(Mode):
    """The mode CHECK: the numpy rule of each node runs beside its compiled code, and the outputs beside the expression as written.

    A function of this mode raises BadThunkOutput or BadOptimization, which name the node; of ops that are not ours also
    InvalidValueError (a result is not of its declared type), BadViewMap and BadDestroyMap. All are DebugModeError. What else is checked the
    options say; None: the settings DebugMode.*.

    stability_patience: how often the passes are run; StochasticOrder if they do not give the same. check_py_code: compare with the numpy rule.
    check_c_code: compare the code of both compilers. check_isfinite: NaN or an infinity out of finite inputs is an InvalidValueError.
    require_matching_strides: run numpy rules on arrays that are not contiguous, too; 1: warn of another result, 2: BadThunkOutput.
    check_preallocated_output is accepted for Theano's sake: ops are never given results to fill.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> symgraph.function([x], T.log(1 + x), mode=DebugMode())([0.0])
    array([0.])
    """

    def __init__(
        self, optimizer: Any = "fast_run", stability_patience: int | None = None, check_c_code: bool | None = None, check_py_code: bool | None = None,
        check_isfinite: bool | None = None, check_preallocated_output: Any = None, require_matching_strides: int | None = None,
        linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer, check=True)
        self.patience = config.DebugMode.patience if stability_patience is None else stability_patience
        self.c_code = config.DebugMode.check_c if check_c_code is None else check_c_code
        self.numpy_rule = config.DebugMode.check_py if check_py_code is None else check_py_code
        self.finite = config.DebugMode.check_finite if check_isfinite is None else check_isfinite
        self.strides = config.DebugMode.check_strides if require_matching_strides is None else int(require_matching_strides)
        self.not_reused = config.DebugMode.warn_input_not_reused


Hook = Callable[[int, Apply, Step], Any]


class MonitorMode(Mode):
    """Calls pre_func(i, node, fn) before and post_func(i, node, fn) after each node; i counts nodes, fn is a `Step`.

    optimizer: as for Mode. The nodes are those after the passes, and run by their numpy rules.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> show = MonitorMode(post_func=lambda i, node, fn: print(i, node.op, fn.outputs[0][0]))
    >>> _ = symgraph.function([x], T.exp(x).sum(), mode=show)([0.0, 0.0])
    0 exp [1. 1.]
    1 Sum{axes=(0,), dtype=float64, acc_dtype=float64} 2.0
    """

    def __init__(self, pre_func: Hook | None = None, post_func: Hook | None = None, optimizer: Any = "default", linker: str | None = None) -> None:
        super().__init__("py", optimizer)
        self.hooks = (pre_func, post_func)

    pre_func = property(lambda self: self.hooks[0])
    post_func = property(lambda self: self.hooks[1])


class NanGuardMode(Mode):
    """Raises NanGuardError (an AssertionError), naming the node and its line, at the first value that is NaN, infinite or beyond 1e10.

    nan_is_error, inf_is_error, big_is_error: which of the three; None: the settings NanGuardMode.nan_is_error and so on. The
    setting NanGuardMode.action may make it a warning.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> symgraph.function([x], T.log(x), mode=NanGuardMode())([1.0])
    array([0.])
    """

    def __init__(
        self, nan_is_error: bool | None = None, inf_is_error: bool | None = None, big_is_error: bool | None = None, optimizer: Any = "default",
        linker: str | None = None,
    ) -> None:
        super().__init__("py", optimizer)
        given = {"nan": nan_is_error, "inf": inf_is_error, "big": big_is_error}
        self.errors = {word: getattr(config.NanGuardMode, f"{word}_is_error") if flag is None else flag for word, flag in given.items()}
        self.hooks = (self._before, self._after)

    def _before(self, i: int, node: Apply, fn: Step) -> None:
        for k, (x, cell) in enumerate(zip(node.inputs, fn.inputs)):
            if x.owner is None:  # others were looked at as they were made
                self._look(cell[0], f"input {k} of {node.op}", node)

    def _after(self, i: int, node: Apply, fn: Step) -> None:
        for k, cell in enumerate(fn.outputs):
            self._look(cell[0], f"output {k} of {node.op}", node)

    def _look(self, value: Any, what: str, node: Apply) -> None:
        found = bad_value(value, **self.errors)
        if found is None:
            return
        shapes = ", ".join(f"{x.type.dtype}{x.type.shape}" if isinstance(x.type, TensorType) else str(x.type) for x in node.inputs)
        text = f"NanGuardMode found {found} in {what}, applied to {shapes}"
        if config.NanGuardMode.action == "warn":
            warnings.warn(text, stacklevel=2)
            return
        if config.NanGuardMode.action == "pdb":
            print(f"{text}\n{describe(node.line)}")
            breakpoint()
            return
        raise NanGuardError(text, line=node.line)


class ProfileMode(Mode):
    """Measures all functions of this mode together; a table of it is printed when the program ends. As ``function(..., profile=True)``, but for
    one table.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> mode = ProfileMode()
    >>> _ = symgraph.function([x], x * 2, mode=mode)([1.0])
    >>> mode.stats.fct_callcount
    1
    """

    def __init__(self, linker: str | None = None, optimizer: Any = "default", **options: Any) -> None:
        super().__init__(linker, optimizer)
        self.stats: Any = import_module("symgraph.compile.profiling").ProfileStats(message="all functions of this ProfileMode")

    def print_summary(self, **options: Any) -> None:
        """Print the tables of what ran so far to standard output."""
        self.stats.summary(sys.stdout)


def bad_value(value: Any, nan: bool = True, inf: bool = True, big: bool = True) -> str | None:
    """What is wrong with an array of floats: 'NaN', 'an infinity', 'a big value'; None: nothing."""
    if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in "fc" or not value.size:
        return None
    if nan and np.isnan(value).any():
        return "NaN"
    if inf and np.isinf(value).any():
        return "an infinity"
    array = np.asarray(value)
    return "a big value" if big and bool((np.isfinite(array) & (np.abs(array) > BIG)).any()) else None


def contains_nan(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether an array has a NaN."""
    return bad_value(arr, inf=False, big=False) is not None


def contains_inf(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether an array has an infinity."""
    return bad_value(arr, nan=False, big=False) is not None


def detect_nan(i: int, node: Apply, fn: Step) -> None:
    """A hook for MonitorMode(post_func=detect_nan): prints the node and its values where an output has NaN."""
    for cell in fn.outputs:
        if bad_value(cell[0], inf=False, big=False):
            print("*** NaN detected ***")
            debugprint(node, file=sys.stdout)
            print(f"Inputs : {[c[0] for c in fn.inputs]}")
            print(f"Outputs: {[c[0] for c in fn.outputs]}")
            return
