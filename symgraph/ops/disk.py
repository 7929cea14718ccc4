"""Arrays that are read from a file whenever the function is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Apply, Op
from symgraph.expr.types import tensor_type

__all__ = ["LoadFromDisk", "load"]


class LoadFromDisk(Op):
    """Reads an array of this dtype and pattern of dimensions from a file of numpy (.npy): ``LoadFromDisk(dtype, broadcastable)(path)``.

    mmap_mode: as numpy.load's; only "c" (copy on write) and None leave the file safe, others are refused. The file's array must have
    the dtype and the number of dimensions that were declared: ValueError otherwise, at the call.
    """

    __props__ = ("dtype", "broadcastable", "mmap_mode", "path")

    def __init__(self, dtype: Any, broadcastable: Sequence[bool], mmap_mode: str | None = None, path: str | None = None) -> None:
        if mmap_mode not in (None, "c"):
            raise ValueError(f"The only supported values for mmap_mode are None and 'c', got {mmap_mode!r}")
        self.dtype = np.dtype(dtype).name
        self.broadcastable = tuple(bool(flag) for flag in broadcastable)
        self.mmap_mode = mmap_mode
        self.path = path

    def make_node(self, *path: Any) -> Apply:
        """The path as a string: a parameter of the op, for there are no strings in native code; or a variable of type generic."""
        result = tensor_type(self.dtype, tuple(1 if flag else None for flag in self.broadcastable))()
        if path and hasattr(path[0], "type"):
            return Apply(self, list(path), [result])
        if path and not isinstance(path[0], str):
            raise TypeError(f"the path of a file must be a string, got {path[0]!r} of {type(path[0])}")
        op = LoadFromDisk(self.dtype, self.broadcastable, self.mmap_mode, path[0]) if path else self
        if op.path is None:
            raise TypeError("LoadFromDisk needs the path of a file")
        return Apply(op, [], [result])

    def compute(self, *path: Any) -> Any:
        where: Any = path[0] if path else self.path
        mapped: Any = self.mmap_mode
        found = np.load(where, mmap_mode=mapped)
        if found.dtype.name != self.dtype:
            raise ValueError(f"the file {where} holds {found.dtype}, declared was {self.dtype}")
        if found.ndim != len(self.broadcastable) or any(flag and n != 1 for flag, n in zip(self.broadcastable, found.shape)):
            raise ValueError(f"the file {where} holds an array of shape {found.shape}, declared was the "
                             f"pattern {self.broadcastable}")
        return np.ascontiguousarray(found).reshape(found.shape)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]] * len(node.inputs)


def load(path: Any, dtype: Any, broadcastable: Sequence[bool], mmap_mode: str | None = None) -> Any:
    """A variable that is read from an .npy file at each call. See `LoadFromDisk`.

    path: the file's name; dtype, broadcastable: of the array in it; mmap_mode: None, or "c": mapped, not read at once.
    Raises TypeError for a path that is no string, ValueError for another mmap_mode, and at the call for another array.

    >>> import os, tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, 'x.npy')
    ...     np.save(path, np.arange(3.0))
    ...     (load(path, 'float64', (False,)) * 2).eval()
    array([0., 2., 4.])
    """
    return LoadFromDisk(dtype, broadcastable, mmap_mode)(path)
