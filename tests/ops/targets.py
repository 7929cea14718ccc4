"""One expression on each of the ways to compute it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import symgraph
from symgraph.expr.evaluate import evaluate

# py: the numpy rules, node after node, the judge. The others compile; "unoptimised" without any pass, so that the op itself runs.
TARGETS = ("py", "llvm", "c", "unoptimised")
_MODES = {"llvm": ("llvm", "fast_run"), "c": ("c", "fast_run"), "unoptimised": ("llvm", None)}


def run(inputs: Sequence[Any], outputs: Sequence[Any], values: Sequence[Any], target: str) -> list[np.ndarray]:
    """The values of `outputs`; each must be an array of exactly the dtype and the known sizes of its variable."""
    if target == "py":
        found = evaluate(outputs, dict(zip(inputs, values)))
    else:
        mode = symgraph.Mode(*_MODES[target])
        found = symgraph.function(list(inputs), list(outputs), mode=mode, on_unused_input="ignore")(*values)
    for value, variable in zip(found, outputs):
        assert type(value) is np.ndarray
        assert value.dtype == variable.dtype
        assert value.ndim == variable.ndim
        assert all(n is None or n == m for n, m in zip(variable.type.shape, value.shape)), (variable.type, value.shape)
    return list(found)
