"""Ops that hand on what they get, and arrays from files: their rows in the table of all ops."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import Any

import numpy as np
from cases import FEW, row

import symgraph.tensor as T
from symgraph.ops.passing import Print, deep_copy_op, output_guard, view_op

_FOLDER = tempfile.mkdtemp(prefix="symgraph-rows-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
_PATH = os.path.join(_FOLDER, "x.npy")
_STORED = np.arange(6.0).reshape(2, 3)
np.save(_PATH, _STORED)

_ANY = [((3, 4),), ((),), ((0, 2),), ((1, 3),), ((2, 1, 3),)]
_SILENT = Print("x", attrs=("shape",), global_fn=lambda op, value: None)


def _loaded(x: Any) -> Any:
    return T.load(_PATH, "float64", (False, False)) * x


ROWS = [
    row("view_op", view_op, np.copy, _ANY, dtypes=FEW, slopes=None),
    row("output_guard", output_guard, np.copy, _ANY[:2], dtypes=("float64",), slopes=None),
    row("deep_copy_op", deep_copy_op, np.copy, _ANY, dtypes=FEW, slopes=None),
    row("Print", lambda x: _SILENT(x * 1) * 2, lambda x: np.asarray(x * 2, x.dtype) if x.dtype != bool else x * np.int8(2), _ANY,
        dtypes=("float64", "float32", "int32", "complex128"), slopes=None),
    row("load", _loaded, lambda x: _STORED * x, [((2, 3),), ((1, 3),), ((1, 1),)], slopes=None),
]
