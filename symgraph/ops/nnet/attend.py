"""Attention as a user calls it, of arrays with two, three or four dimensions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import size_of, static_int
from symgraph.ops.nnet.attention import Attention
from symgraph.ops.nnet.floats import floating, like

__all__ = ["attention"]

_TO_FOUR: dict[int, tuple[Any, ...]] = {2: ("x", "x", 0, 1), 3: (0, "x", 1, 2), 4: (0, 1, 2, 3)}
_FROM_FOUR: dict[int, tuple[int, ...]] = {2: (2, 3), 3: (0, 2, 3), 4: (0, 1, 2, 3)}


def attention(q: Any, k: Any, v: Any, mask: Any = None, causal: bool = False, scale: Any = None) -> Any:
    """softmax(scale q k' + mask) v along the keys, without the matrix of all scores: memory grows with queries plus keys
    (Vaswani and others 2017; computed as in Dao, Fu, Ermon, Rudra and Re 2022).

    q: (..., queries, features), k: (..., keys, features), v: (..., keys, features of values), floats of one dtype, with no, one or two
    dimensions (batch, heads) in front, which are equal. mask: bools, True where a query may look, or numbers that are added to the scores; of
    the dimensions of the scores (..., queries, keys), or less in front; a size known to be 1 is repeated. causal: the last query sees all
    keys, the one before all but the last, and so on. scale: a number or a variable, 1 / sqrt(features) if None.
    Out: (..., queries, features of values). A query that may look nowhere gives NaN, as softmax does.

    TypeError for arrays of other dimensions or dtypes, ValueError for sizes that do not fit, now or at the call. Derivatives of first order by q,
    k, v and scale need no matrix of scores either; those by a mask of numbers, and of second order, make it.

    >>> attention([[1.0, 0.0]], [[0.0, 1.0], [0.0, 2.0]], [[2.0], [4.0]]).eval()
    array([[3.]])
    """
    q, k, v = (floating(x, "attention") for x in (q, k, v))
    ndim = q.ndim
    if ndim not in _TO_FOUR or k.ndim != ndim or v.ndim != ndim:
        raise TypeError(f"attention: q, k and v have two, three or four dimensions, all of them as many; got {q.type}, {k.type}, {v.type}")
    if len({q.dtype, k.dtype, v.dtype}) > 1:
        raise TypeError(f"attention: q, k and v must be of one dtype, got {q.dtype}, {k.dtype}, {v.dtype}")
    if q.dtype == "float16":
        masked = mask if mask is None or as_tensor(mask).dtype == "bool" else as_tensor(mask).astype("float32")
        wide = [x.astype("float32") for x in (q, k, v)]
        return attention(wide[0], wide[1], wide[2], masked, causal, scale).astype("float16")
    known = static_int(size_of(q, ndim - 1))
    if scale is not None:
        scale = like(scale, q) if isinstance(scale, (int, float)) else as_tensor(scale).astype(q.dtype)
        if scale.ndim:
            raise TypeError(f"attention: scale has no dimensions, got {scale.type}")
    elif known is not None:
        scale = constant(np.asarray(1 / math.sqrt(max(known, 1)), q.dtype))
    else:
        scale = size_of(q, ndim - 1).astype(q.dtype) ** like(-0.5, q)
    given = [x.dimshuffle(*_TO_FOUR[ndim]) for x in (q, k, v)]
    if mask is not None:
        mask = as_tensor(mask)
        if mask.ndim > ndim or mask.dtype.startswith("complex"):
            raise TypeError(f"attention: a mask of bools or real numbers, of {ndim} dimensions at most, is wanted, got {mask.type}")
        mask = mask if mask.dtype in ("bool", q.dtype) else mask.astype(q.dtype)
        mask = mask.dimshuffle(*["x"] * (ndim - mask.ndim), *range(mask.ndim))
        mask = mask.dimshuffle(*_TO_FOUR[ndim])
    out = Attention(causal)(*given, scale, *([] if mask is None else [mask]))[0]
    return out.dimshuffle(*_FROM_FOUR[ndim])
