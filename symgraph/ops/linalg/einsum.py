"""Einstein's sums: read as numpy reads them, contracted two arrays at a time by matrix products.

An operand is a pair of an array and its labels, one a dimension. Labels are letters; the dimensions behind an ellipsis get labels of
their own. A dimension that is known to be of size 1, where others of its label are not, is dropped: it broadcasts.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from symgraph.expr.dtypes import normal, upcast
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import times
from symgraph.ops.linalg.batched import BatchedDot
from symgraph.ops.linalg.dot import Dot, sizes_of

__all__ = ["einsum"]

_UNKNOWN = 64  # what a size that is not known counts while the order of products is chosen
Labels = list[str]


class Term(NamedTuple):
    """An array with a label for each of its dimensions, all different."""

    x: Any
    labels: Labels


def einsum(*operands: Any, out: None = None, optimize: Any = "auto", dtype: Any = None, order: str = "K", casting: str = "safe") -> Any:
    """The sums of products that the subscripts say: ``einsum('ij,jk->ik', a, b)`` is the matrix product.

    All of numpy's notation: a label that stands twice in one operand takes the diagonal, one that is not in the result is summed over,
    without ``->`` the result has the labels that stand once, in alphabetical order, ``...`` stands for dimensions that broadcast;
    ``einsum(a, [0, 1], b, [1, 2], [0, 2])`` says the same with numbers. Sizes of 1 broadcast where they are known.

    The order of products is chosen as the expression is built, by opt_einsum from the sizes known then (others count as 64).
    optimize: its method ("auto", "optimal", "greedy", ...), or a list of pairs; False: from left to right. dtype: of the result and of
    the products. Each product of two is one call of BLAS (on a stack of matrices, where labels stay that both have), or elementwise where
    nothing is summed. Raises ValueError for subscripts or sizes that do not fit (at the call where they are not known), TypeError for
    other arguments.

    >>> einsum('ij,ij->i', [[1, 2], [3, 4]], [[1, 1], [10, 10]]).eval()
    array([ 3, 70])
    """
    if out is not None:
        raise TypeError("einsum: out= has no meaning for an expression")
    inputs, result, arrays = _read(operands)
    kind = upcast(*[x.dtype for x in arrays]) if dtype is None else normal(dtype)
    arrays = [x if x.dtype == kind else x.astype(kind) for x in arrays]
    terms = [_diagonals(x, labels) for x, labels in zip(arrays, inputs)]
    sizes = _known_sizes(terms)
    terms = [_without_ones(term, sizes) for term in terms]
    for pair in _path(terms, result, sizes, optimize):
        chosen = [terms[k] for k in sorted(pair)]
        terms = [term for k, term in enumerate(terms) if k not in pair]
        rest = set(result).union(*[set(term.labels) for term in terms])
        joined = _summed(chosen[0], rest | {label for term in chosen[1:] for label in term.labels})
        for k, other in enumerate(chosen[1:], 2):
            kept = rest | {label for term in chosen[k:] for label in term.labels}
            joined = _contracted(joined, _summed(other, kept | set(joined.labels)), kept)
        terms.append(joined)
    return _arranged(_summed(terms[0], set(result)), result)


# Reading --------------------------------------------------------------------------------------------------------------


def _read(operands: Sequence[Any]) -> tuple[list[Labels], Labels, list[Any]]:
    """The labels of each operand, those of the result, and the operands."""
    if not operands:
        raise ValueError("einsum: no subscripts")
    if isinstance(operands[0], str):
        text, arrays = "".join(operands[0].split()), [as_tensor(x) for x in operands[1:]]
    else:
        text, arrays = _by_numbers(operands)
    left, arrow, right = text.partition("->")
    parts = left.split(",")
    if len(parts) != len(arrays) or not arrays:
        raise ValueError(f"einsum: subscripts {text!r} are for {len(parts)} operands, got {len(arrays)}")
    for part in [*parts, right]:
        rest = part.replace("...", "", 1)
        if not all(c in string.ascii_letters for c in rest):
            raise ValueError(f"einsum: subscripts are letters, '...', ',' and '->', got {part!r} in {text!r}")
    inputs = [_labels(part, x) for part, x in zip(parts, arrays)]
    dots = max((len(labels) - len(part.replace("...", "")) for part, labels in zip(parts, inputs)), default=0)
    behind = [f".{k}" for k in range(dots, 0, -1)]
    if arrow:
        head, ellipsis, tail = right.partition("...")
        result = [*head, *(behind if ellipsis else []), *tail]
        if not ellipsis and dots:
            raise ValueError(f"einsum: {text!r} drops the dimensions of '...': the result must have '...' too")
    else:
        letters = [c for part in parts for c in part.replace("...", "")]
        result = [*behind, *sorted(c for c in set(letters) if letters.count(c) == 1)]
    if len(set(result)) < len(result):
        raise ValueError(f"einsum: a label stands twice in the result of {text!r}")
    missing = [c for c in result if not any(c in labels for labels in inputs)]
    if missing:
        raise ValueError(f"einsum: label {missing[0]!r} of the result of {text!r} is in no operand")
    return inputs, result, arrays


def _by_numbers(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """The form with lists of numbers as text; numbers keep their order as letters."""
    count = len(operands) // 2
    arrays = [as_tensor(x) for x in operands[0 : 2 * count : 2]]
    lists = [list(x) for x in operands[1::2]]
    last = list(operands[-1]) if len(operands) % 2 else None
    letters = string.ascii_uppercase + string.ascii_lowercase
    for labels in [*lists, last or []]:
        for label in labels:
            if label is not Ellipsis and (isinstance(label, bool) or not isinstance(label, int) or not 0 <= label < len(letters)):
                raise TypeError(f"einsum: a label in a list is an integer from 0 to {len(letters) - 1} or Ellipsis, got {label!r}")
    spelled = ["".join("..." if label is Ellipsis else letters[label] for label in labels) for labels in [*lists, last or []]]
    return ",".join(spelled[:count]) + ("" if last is None else "->" + spelled[-1]), arrays


def _labels(part: str, x: Any) -> Labels:
    head, ellipsis, tail = part.partition("...")
    extra = x.ndim - len(head) - len(tail)
    if extra < 0 or (extra and not ellipsis):
        raise ValueError(f"einsum: subscripts {part!r} do not fit an operand of {x.ndim} dimensions")
    return [*head, *[f".{k}" for k in range(extra, 0, -1)], *tail]


# One operand ----------------------------------------------------------------------------------------------------------


def _diagonals(x: Any, labels: Labels) -> Term:
    """Labels that stand twice: the diagonal of their dimensions; their sizes must be equal."""
    labels = list(labels)
    while len(set(labels)) < len(labels):
        label = next(c for c in labels if labels.count(c) > 1)
        first, second = [d for d, c in enumerate(labels) if c == label][:2]
        sizes = x.type.shape[first], x.type.shape[second]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(f"einsum: the dimensions of label {label!r} in one operand have sizes {sizes[0]} and {sizes[1]}")
        if None in sizes:
            x = x.specify_shape([sizes_of(x)[first] if d == second else None for d in range(x.ndim)])
        x = x.diagonal(0, first, second)
        labels = [*[c for d, c in enumerate(labels) if d not in (first, second)], label]
    return Term(x, labels)


def _known_sizes(terms: Sequence[Term]) -> dict[str, int | None]:
    """The size of each label: 1 if all its dimensions are known to be 1, else the size that one of the others is known to have."""
    sizes: dict[str, int | None] = {}
    for x, labels in terms:
        for label, n in zip(labels, x.type.shape):
            before = sizes.get(label, 1)
            if n is not None and n != 1 and before is not None and before != 1 and n != before:
                raise ValueError(f"einsum: label {label!r} has size {before} in one operand and {n} in another")
            sizes[label] = before if n == 1 else n if n is not None else before if before != 1 else None
    return sizes


def _without_ones(term: Term, sizes: dict[str, int | None]) -> Term:
    x, labels = term
    lost = [d for d, label in enumerate(labels) if x.type.shape[d] == 1 and sizes[label] != 1]
    if not lost:
        return term
    kept = [d for d in range(x.ndim) if d not in lost]
    return Term(x.dimshuffle(*kept), [labels[d] for d in kept])


def _summed(term: Term, kept: Iterable[str]) -> Term:
    """Without the labels that nobody else asks for."""
    x, labels = term
    lost = [d for d, label in enumerate(labels) if label not in kept]
    if not lost:
        return term
    total = x.any(axis=lost) if x.dtype == "bool" else x.sum(axis=lost, dtype=x.dtype)
    return Term(total, [label for d, label in enumerate(labels) if d not in lost])


def _arranged(term: Term, order: Sequence[str]) -> Any:
    x, labels = term
    return x if labels == list(order) else x.dimshuffle(*[labels.index(label) for label in order])


# Two operands ---------------------------------------------------------------------------------------------------------


def _contracted(left: Term, right: Term, kept: Iterable[str]) -> Term:
    """The product of two, summed over the labels that both have and nobody else asks for."""
    both = [c for c in left.labels if c in right.labels]
    stacked = [c for c in both if c in kept]
    inner = [c for c in both if c not in kept]
    rows = [c for c in left.labels if c not in both]
    columns = [c for c in right.labels if c not in both]
    if not inner:
        order = [*stacked, *rows, *columns]
        x, y = (_spread(term, order) for term in (left, right))
        return Term(x & y if x.dtype == "bool" else x * y, order)
    sizes = dict(zip(right.labels, sizes_of(right.x))) | dict(zip(left.labels, sizes_of(left.x)))
    right = _checked(left, right, inner if len(inner) > 1 else [], stacked if len(stacked) > 1 else [])
    x = _merged(_arranged(left, [*stacked, *rows, *inner]), [stacked, rows, inner], sizes)
    y = _merged(_arranged(right, [*stacked, *inner, *columns]), [stacked, inner, columns], sizes)
    out = BatchedDot()(x, y) if stacked else Dot()(x, y)
    order = [*stacked, *rows, *columns]
    return Term(out if out.ndim == len(order) and _plain(stacked, rows, columns) else out.reshape([sizes[c] for c in order]), order)


def _plain(stacked: Labels, rows: Labels, columns: Labels) -> bool:
    return len(stacked) <= 1 and (len(rows) == len(columns) == 1 if stacked else len(rows) <= 1 and len(columns) <= 1)


def _merged(x: Any, groups: Sequence[Labels], sizes: dict[str, Any]) -> Any:
    """Each group of dimensions as one; a stack needs all three, a product of two a dimension where there is a label."""
    stacked = bool(groups[0])
    wanted = [group for group in groups if group or stacked]
    if all(len(group) == 1 for group in wanted):
        return x
    return x.reshape([times([sizes[c] for c in group]) for group in wanted])


def _checked(left: Term, right: Term, *groups: Labels) -> Term:
    """Sizes that are merged into one would not be compared one by one."""
    shared = {c for group in groups for c in group}
    known = dict(zip(left.labels, left.x.type.shape))
    own = dict(zip(right.labels, right.x.type.shape))
    asked = {c for c in shared if known[c] is None or own[c] is None}
    if not asked:
        return right
    sizes = dict(zip(left.labels, sizes_of(left.x)))
    return Term(right.x.specify_shape([sizes[c] if c in asked else None for c in right.labels]), right.labels)


def _spread(term: Term, order: Sequence[str]) -> Any:
    return term.x.dimshuffle(*[term.labels.index(c) if c in term.labels else "x" for c in order])


# The order of products ------------------------------------------------------------------------------------------------


def _path(terms: Sequence[Term], result: Labels, sizes: dict[str, int | None], optimize: Any) -> list[tuple[int, ...]]:
    """Which operands are joined, one after another: what is joined goes to the end of the list."""
    count = len(terms)
    if isinstance(optimize, (list, tuple)):
        pairs: list[tuple[int, ...]] = [tuple(pair) for pair in optimize if not isinstance(pair, str)]
        left = count
        for pair in pairs:
            if len(set(pair)) < len(pair) or not all(isinstance(k, int) and 0 <= k < left for k in pair):
                raise ValueError(f"einsum: the path {optimize!r} does not fit {count} operands")
            left -= len(pair) - 1
        return pairs + [(0, 1) for _ in range(left - 1)] if count > 1 else []
    if count <= 2 or optimize is False or optimize is None:
        return [(0, n) for n in (1, *range(count - 2, 0, -1))] if count > 1 else []
    from opt_einsum import contract_path

    names = {label: chr(0x100 + k) for k, label in enumerate(sizes)}
    spelled = ["".join(names[c] for c in term.labels) for term in terms]
    shapes = [tuple(_UNKNOWN if (n := sizes[c]) is None else n for c in term.labels) for term in terms]
    text = ",".join(spelled) + "->" + "".join(names[c] for c in result)
    return list(contract_path(text, *shapes, shapes=True, optimize="auto" if optimize is True else optimize)[0])
