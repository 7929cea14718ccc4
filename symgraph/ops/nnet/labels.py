"""Labels: integers that each name one of a number of classes; what they pick from rows, tables of them, and counts of two kinds of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_size, size_of, static_int, times
from symgraph.expr.variable import Constant

__all__ = ["Labels", "confusion_matrix", "embedding", "labels_of", "picked"]

_WRONG = "label {} at {} is none of the {} classes"


class Labels(Op):
    """The labels as int64, a negative one counted from the last class; an IndexError at the call names the first that is out of range, and its
    place. Inputs: integers of any shape, and the number of classes, an int64 without dimensions."""

    __props__ = ()

    def output_dtypes(self, labels: Any, classes: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, labels: Any, classes: Any) -> Any:
        return [labels.shape]

    def compute(self, labels: Any, classes: Any) -> Any:
        wrong = (labels < -int(classes)) | (labels >= int(classes))
        if wrong.any():
            at = np.unravel_index(int(wrong.argmax()), wrong.shape)
            raise IndexError(_message(labels.ndim).format(int(labels[at]), *[int(k) for k in at], int(classes)))
        wide = labels.astype("int64")
        return np.where(wide < 0, wide + int(classes), wide)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        labels, classes = inputs[0], inputs[1].item()

        def walk(index: list[Any]) -> None:
            if len(index) < labels.ndim:
                with b.loop(0, labels.shape[len(index)]) as i:
                    walk([*index, i])
                return
            label = b.cast(labels(*index), "int64")
            fits = b.both(b.less_equal(-classes, label), b.less(label, classes))
            b.check(fits, "IndexError", _message(labels.ndim), label, *index, classes)
            outputs[0].store(index, b.select(b.less(label, 0), label + classes, label))

        walk([])

    by_address: tuple[int, ...] = ()

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None, None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return None if stacked[1] else [self(*inputs)]


def _message(ndim: int) -> str:
    place = "its only place" if not ndim else "index {}" if ndim == 1 else f"index ({', '.join(['{}'] * ndim)})"
    return _WRONG.format("{}", place, "{}")


def labels_of(labels: Any, classes: Any, name: str) -> Any:
    """Labels, checked: TypeError for what is no integers; IndexError now where labels and the number of classes are known, else at the call."""
    labels = as_tensor(labels)
    if labels.dtype not in dtypes.INTEGER:
        raise TypeError(f"{name}: labels must be integers, got {labels.type}")
    classes = as_size(classes)
    count = static_int(classes)
    if count is not None and isinstance(labels, Constant):
        Labels().compute(labels.data, count)
    return Labels()(labels, classes.astype("int64"))


def picked(rows: Any, labels: Any, name: str) -> Any:
    """rows[..., labels[...]]: (..., classes) and (...) give (...). TypeError for labels of another number of dimensions."""
    labels = as_tensor(labels)
    if labels.ndim != rows.ndim - 1:
        raise TypeError(f"{name}: labels of {rows.ndim} - 1 dimensions are wanted, got {labels.type}")
    places = labels_of(labels, size_of(rows, rows.ndim - 1), name)
    if rows.ndim == 1:
        return rows[places]
    if rows.ndim == 2:
        count: Any = np.arange(size_of(rows, 0), like=rows)  # of the rows, not of the labels: there must be a label for every row
        return rows[count, places]
    flat = rows.reshape([times([size_of(rows, d) for d in range(rows.ndim - 1)]), size_of(rows, rows.ndim - 1)])
    flat_count: Any = np.arange(size_of(flat, 0), like=rows)
    return flat[flat_count, places.flatten()].reshape([size_of(rows, d) for d in range(rows.ndim - 1)])


def embedding(table: Any, indices: Any) -> Any:
    """The rows of a table that integers name: out[...] = table[indices[...]].

    table: of one dimension or more, as a rule (how many, features); indices: integers of any shape (a negative one counts from the end);
    out: (*indices' shape, *a row's shape). The gradient adds to the rows that were read, and an update ``table - rate * gradient`` of a
    shared variable changes only these, in their place. TypeError for other indices; IndexError at the call names the first that is out of
    range.

    >>> embedding([[1.0, 2.0], [3.0, 4.0]], [1, 1, 0]).eval()
    array([[3., 4.],
           [3., 4.],
           [1., 2.]])
    """
    table, indices = as_tensor(table), as_tensor(indices)
    if not table.ndim:
        raise TypeError(f"embedding: a table of rows is wanted, got {table.type}")
    if indices.dtype not in dtypes.INTEGER:
        raise TypeError(f"embedding: indices must be integers, got {indices.type}")
    return table[indices]


def confusion_matrix(actual: Any, pred: Any) -> list[Any]:
    """How often each class was taken for each: the list of the matrix of counts (int64, rows: actual, columns: predicted) and the vector of
    the classes that occur, in order.

    actual, pred: integer vectors of one length (ValueError for other dimensions, TypeError for other numbers).

    >>> counts, classes = confusion_matrix([2, 0, 2, 2], [0, 0, 2, 2])
    >>> counts.eval(), classes.eval()
    (array([[1, 0],
           [1, 2]]), array([0, 2]))
    """
    actual, pred = as_tensor(actual), as_tensor(pred)
    for name, x in (("actual", actual), ("pred", pred)):
        if x.ndim != 1:
            raise ValueError(f"confusion_matrix: {name} must be a vector, got {x.type}")
        if x.dtype not in dtypes.INTEGER:
            raise TypeError(f"confusion_matrix: {name} must be integers, got {x.type}")
    pred = pred.specify_shape([size_of(actual, 0)])
    joined: Any = np.concatenate([actual, pred])  # type: ignore[arg-type]
    classes: Any = np.unique(joined)
    rows: Any = np.searchsorted(classes, actual)
    columns: Any = np.searchsorted(classes, pred)
    n = size_of(classes, 0)
    counts: Any = np.bincount(rows * n + columns, minlength=n * n)  # type: ignore[call-overload]
    return [counts.reshape([n, n]), classes]
