"""Rows of the ops of lists: arrays go in and come out, the lists are in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from oprow import OpRow

from symgraph.ops.typedlists import append, count, extend, getitem, index_, insert, length, make_list, remove, reverse

BASES = {"typedlists._OfLists"}


def rows() -> list[OpRow]:
    def arguments(random: np.random.RandomState) -> list[list[np.ndarray]]:
        return [
            [random.normal(size=shape).astype(dtype) for _ in range(2)]
            for shape, dtype in [((3,), "float64"), ((2, 3), "float32"), ((0,), "float64"), ((), "float64"), ((4, 1), "float64")]
        ]

    def row(name: str, build: Callable[[Any, Any], Any], wanted: Callable[[np.ndarray, np.ndarray], Any]) -> OpRow:
        return OpRow(f"list: {name}", build, wanted, arguments, native=False, tolerance=0.0, looser={"float32": 0.0})

    number = np.int64
    return [
        row("its items", lambda x, y: [getitem(make_list([x, y]), k) for k in (0, 1, -1)], lambda x, y: [x, y, y]),
        row("a slice", lambda x, y: getitem(getitem(make_list([x, y, x]), slice(1, None)), 0), lambda x, y: y),
        row("append", lambda x, y: getitem(append(make_list([x]), y), 1), lambda x, y: y),
        row("extend", lambda x, y: length(extend(make_list([x, x]), make_list([y]))), lambda x, y: number(3)),
        row("insert", lambda x, y: getitem(insert(make_list([x, x]), 1, y), 1), lambda x, y: y),
        row("remove", lambda x, y: length(remove(make_list([x, y, x]), x)), lambda x, y: number(2)),
        row("reverse", lambda x, y: getitem(reverse(make_list([x, y])), 0), lambda x, y: y),
        row("index", lambda x, y: index_(make_list([x, y]), y), lambda x, y: number(0 if np.array_equal(x, y) else 1)),
        row("count", lambda x, y: count(make_list([x, y, x]), x), lambda x, y: number(3 if np.array_equal(x, y) else 2)),
    ]


ROWS = rows()
