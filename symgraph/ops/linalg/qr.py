"""QR factors of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX
from symgraph.ops.linalg.finite import finite
from symgraph.ops.linalg.lapack import BLOCK, UNITARY, each_matrix, lapack, lead
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices, transposed
from symgraph.ops.linalg.triangular import SolveTriangular

__all__ = ["QR", "QRFull", "QRIncomplete", "qr"]

MODES = ("reduced", "complete", "r", "raw")


class QR(MatrixOp):
    """Q and R with Q R = A (..., m, n), k = min(m, n). mode: "reduced": Q (..., m, k), R (..., k, n); "complete": (..., m, m) and (..., m, n);
    "r": R alone; "raw": LAPACK's reflectors (..., n, m) and their factors (..., k).

    To LAPACK the matrix is A', whose LQ factors are R' and Q'.
    """

    __props__ = ("mode",)

    def __init__(self, mode: str = "reduced") -> None:
        self.mode = mode

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("qr", a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype] if self.mode == "r" else [a.dtype] * 2

    def sizes(self, s: Any, a: Any) -> Any:
        leading, (m, n) = tuple(a.shape[:-2]), a.shape[-2:]
        k = s.minimum(m, n)
        return {
            "reduced": [(*leading, m, k), (*leading, k, n)], "complete": [(*leading, m, m), (*leading, m, n)], "r": [(*leading, k, n)],
            "raw": [(*leading, n, m), (*leading, k)],
        }[self.mode]

    def value(self, a: Any) -> Any:
        found: Any = np.linalg.qr(a, self.mode)  # type: ignore[call-overload]
        return found if self.mode == "r" else tuple(found)

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        """The reflectors and their factors, and LAPACK's own."""
        m, n = a.shape[-2:]
        return [(a.dtype, m * n), (a.dtype, s.minimum(m, n)), (a.dtype, s.maximum(s.maximum(m, n), 1) * BLOCK)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,), results, (reflectors, factors, work) = inputs, outputs[:-3], outputs[-3:]
        m, n = x.shape[-2:]
        k, dtype, size = b.minimum(m, n), x.dtype, b.maximum(b.maximum(m, n), 1) * BLOCK
        h, tau = reflectors.pointer, factors.pointer
        with each_matrix(b, x, *results, cores=(2, *[1 if self.mode == "raw" and i else 2 for i in range(len(results))])) as (a, *places):
            with b.loop(0, m * n, independent=True) as i:
                b.store(h, i, b.load(a, i))
            lapack(b, "gelqf", dtype, n, m, h, lead(b, n), tau, work.pointer, size)
            if self.mode == "raw":
                with b.loop(0, n) as i, b.loop(0, m) as j:
                    b.store(places[0], i * m + j, b.load(h, j * n + i))
                with b.loop(0, k) as i:
                    b.store(places[1], i, b.conj(b.load(tau, i)))
                return
            rows = m if self.mode == "complete" else k
            with b.loop(0, rows) as i, b.loop(0, n) as j:
                from_h = b.load(h, b.minimum(i, k - 1) * n + j)
                b.store(places[-1], i * n + j, b.select(b.less(j, i), b.constant(0, dtype), from_h))
            if self.mode != "r":
                with b.loop(0, m) as i, b.loop(0, k) as j:
                    b.store(places[0], i * rows + j, b.load(h, i * n + j))
                lapack(b, UNITARY[dtype] + "glq", dtype, rows, m, k, places[0], lead(b, rows), tau, work.pointer, size)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """With M = R gR^H - gQ^H Q of a matrix with independent columns: (gQ + Q (M's lower triangle and its mirror)) R^-H (Walter and Lehmann,
        2010). Of a wide matrix that is the rule for its first m columns X; the others are Q R2, which adds (A2 gR2^H) to gQ."""
        (a,) = inputs
        if self.mode == "raw":
            raise NotImplementedError("qr: there is no derivative of LAPACK's reflectors; take another mode")
        if self.mode == "complete" and (None in a.type.shape[-2:] or a.type.shape[-2] > a.type.shape[-1]):
            raise NotImplementedError("qr: the derivative of mode 'complete' is there for matrices known not to be tall; take 'reduced'")
        if self.mode == "r":
            (r,), (by_r,) = outputs, output_grads
            q, by_q = QR("reduced")(a)[0], None
        else:
            (q, r), (by_q, by_r) = outputs, output_grads
        by_r = by_r.triu()
        if a.type.shape[-1] is not None and a.type.shape[-2] is not None and a.type.shape[-2] >= a.type.shape[-1]:
            return [_back(q, r, by_q, by_r)]
        first = r.ones_like().tril().triu()  # (k, n): takes the first k columns
        turned = transposed(first)
        by_first = by_r @ turned
        by_rest = by_r - by_first @ first
        rest = a - (a @ turned) @ first
        more = rest @ adjoint(by_rest)
        return [_back(q, r @ turned, more if by_q is None else by_q + more, by_first) @ first + q @ by_rest]


def _back(q: Any, r: Any, by_q: Any, by_r: Any) -> Any:
    m = r @ adjoint(by_r)
    if by_q is not None:
        m = m - adjoint(by_q) @ q
    low = m.tril(-1)
    diagonal = m.tril().triu()
    total = q @ (low + adjoint(low) + (diagonal.real.astype(m.dtype) if m.dtype in COMPLEX else diagonal))
    if by_q is not None:
        total = total + by_q
    return adjoint(SolveTriangular(False)(r, adjoint(total)))


class QRFull:
    """Theano's form: ``QRFull(mode)(a)`` is `qr`, for modes with two results."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def __call__(self, a: Any) -> Any:
        return qr(a, self.mode)


class QRIncomplete(QRFull):
    """Theano's form: ``QRIncomplete('r')(a)`` is R alone."""


def qr(a: Any, mode: str = "reduced", *, check_finite: bool = False) -> Any:
    """Q with orthonormal columns and an upper triangle R with Q R = a, of matrices (..., m, n), k = min(m, n).

    mode: "reduced" (or "economic"): Q (..., m, k), R (..., k, n); "complete" (or "full"): (..., m, m), (..., m, n); "r": R alone; "raw": LAPACK's
    reflectors (..., n, m) and factors (..., k), as numpy's. Integers are computed in float64. ValueError for another mode, and with
    check_finite for NaN and infinity. The derivative needs independent columns (of a wide matrix: the first m); there is none in mode
    "raw", nor of tall matrices in mode "complete": NotImplementedError.

    >>> [abs(x).eval() for x in qr([[3.0, 5.0], [4.0, 0.0]])]
    [array([[0.6, 0.8],
           [0.8, 0.6]]), array([[5., 3.],
           [0., 4.]])]
    """
    mode = {"economic": "reduced", "full": "complete"}.get(mode, mode)
    if mode not in MODES:
        raise ValueError(f"qr: mode must be one of {', '.join(map(repr, MODES))}, got {mode!r}")
    (a,) = as_matrices("qr", a)
    found = QR(mode)(finite(a, check_finite))
    return found if mode == "r" else tuple(found)
