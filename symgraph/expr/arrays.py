"""The builder's words on numpy arrays: so a native rule for which scipy has no function is its own numpy rule.

Loops go on until no element asks for more; elements that are done, or stand in the other branch, keep what they have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["Arrays", "by_arrays"]

_UFUNCS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative, "abs": np.abs, "exp": np.exp, "log": np.log,
    "log1p": np.log1p, "pow": np.float_power, "sqrt": np.sqrt, "sin": np.sin, "floor": np.floor, "isnan": np.isnan, "isinf": np.isinf,
    "exclusive": np.bitwise_xor, "shift_left": np.left_shift, "shift_right": np.right_shift, "minimum": np.minimum,
    "isfinite": np.isfinite, "select": np.where,
    "less": np.less, "less_equal": np.less_equal, "greater": np.greater, "greater_equal": np.greater_equal, "equal": np.equal,
    "not_equal": np.not_equal, "both": np.bitwise_and, "either": np.bitwise_or, "invert": np.logical_not, "maximum": np.maximum,
}


class Arrays:
    """Stands for a builder; what it is given and gives are arrays of one shape, or numbers."""

    def __init__(self) -> None:
        self.here: Any = True  # where the branch that is computed is taken

    def __getattr__(self, name: str) -> Any:
        return _UFUNCS[name]

    def constant(self, value: Any, dtype: str) -> Any:
        """A number of a dtype."""
        return np.dtype(dtype).type(value)

    def cast(self, x: Any, dtype: str) -> Any:
        """The numbers in another dtype."""
        return np.asarray(x).astype(dtype)

    def bits(self, x: Any, dtype: str) -> Any:
        """The same bits as numbers of another dtype of equal width."""
        return np.asarray(x).view(dtype)

    def dtype_of(self, x: Any) -> str:
        """The name of the dtype."""
        return str(np.asarray(x).dtype.name)

    def external(self, module: str, name: str, *args: Any) -> Any:
        """A function of scipy.special."""
        import scipy.special

        return getattr(scipy.special, name)(*args)

    def when(self, condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
        """Both branches, each as if the elements of the other were not there."""
        outer, found = self.here, []
        for mask, branch in ((condition, then), (np.logical_not(condition), otherwise)):
            self.here = np.logical_and(outer, mask)
            found.append(branch())
        self.here = outer
        if not isinstance(found[0], (list, tuple)):
            return np.where(condition, *found)
        return [np.where(condition, x, y) for x, y in zip(*found)]

    def repeat(self, initial: Sequence[Any], body: Callable[..., tuple[Any, Sequence[Any]]]) -> list[Any]:
        """Rounds of the body for those elements that go on."""
        values = list(initial)
        active = self.here
        while np.any(active):
            go_on, new = body(*values)
            values = [np.where(active, y, x) for x, y in zip(values, new)]
            active = np.logical_and(active, go_on)
        return values


def by_arrays(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The numpy rule that a native rule is."""
    return lambda *arrays: rule(Arrays(), *np.broadcast_arrays(*arrays))
