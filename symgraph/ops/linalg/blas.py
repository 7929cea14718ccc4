"""Matrix products in the words of the loop IR: calls of BLAS, and plain loops for dtypes that BLAS does not know.

BLAS counts in columns: a row-major matrix is to it the transposed one. So out = a b is computed as out' = b' a'. Integers are
of 64 bits. Every call zeroes what it will add to, so that no uninitialised memory is read whatever the library makes of a
factor of 0.
"""

from __future__ import annotations

from typing import Any

__all__ = ["LETTERS", "multiply", "vector_by_vector"]

LETTERS = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}

# A vector by a matrix of so few elements is done here: for 8 by 8 a call of BLAS takes 2 to 3 times as long, for 32 by 32 1.3 to 1.7 times, for
# 96 by 96 the same time. WIDE: as many elements of the result are summed up side by side.
FEW = 1 << 13
WIDE = {"float32": 32, "float64": 16}
LANES = 8

# A product of so few multiplications is done by plain loops where sizes are known: a call costs about as much.
SMALL = 512


def multiply(
    b: Any, dtype: str, out: Any, first: Any, second: Any, rows: Any, columns: Any, inner: Any,
    transposed: tuple[bool, bool], alpha: Any = 1.0, beta: Any = 0.0,
) -> None:
    """out = beta out + alpha (first second), of row-major matrices at three addresses: (rows, inner) and (inner, columns),
    or in memory the transposed ones, as the flags say. alpha, beta: numbers, or scalars of dtype `dtype`.

    out must hold what is multiplied by beta; where beta is the number 0 it may hold anything.
    """
    alpha, beta = _number(alpha), _number(beta)
    small = all(isinstance(n, int) for n in (rows, columns, inner)) and rows * columns * inner <= SMALL
    if dtype not in LETTERS or small:
        _by_loops(b, dtype, out, first, second, rows, columns, inner, transposed, alpha, beta)
        return
    fresh = isinstance(beta, (int, float)) and beta == 0

    def by_library() -> None:
        if isinstance(columns, int) and columns == 1:
            _by_vector(b, dtype, out, first, second, rows, inner, transposed[0], alpha, beta)
            return
        if isinstance(rows, int) and rows == 1:
            by_row()
        elif isinstance(rows, int):
            by_matrix()
        else:  # one example in a program written for many: a call of gemm takes several times as long for it
            one = b.equal(rows, 1)
            b.when(one, lambda: by_row(known=False))
            b.when(b.invert(one), by_matrix)

    def by_row(known: bool = True) -> None:
        """A row by a matrix is the transposed matrix by the row."""
        _by_vector(b, dtype, out, second, first, columns, inner, not transposed[1], alpha, beta, known)

    def by_matrix() -> None:
        flags = [b.constant(ord("T" if flag else "N"), "uint8") for flag in reversed(transposed)]
        leads = [_lead(b, inner if transposed[1] else columns), _lead(b, rows if transposed[0] else inner)]
        b.library(
            f"{LETTERS[dtype]}gemm", *flags, *[_count(b, n) for n in (columns, rows, inner)], _factor(b, alpha, dtype),
            second, leads[0], first, leads[1], _factor(b, beta, dtype), out, _lead(b, columns),
        )

    b.when(b.less(0, inner), by_library)
    if not fresh and isinstance(beta, (int, float)) and beta == 1:
        return
    nothing = b.less_equal(inner, 0)  # no products to add: the library may leave `out` as it is

    def without_products() -> None:
        with b.loop(0, rows * columns, independent=True) as i:
            b.store(out, i, _factor(b, 0.0, dtype) if fresh else b.mul(_factor(b, beta, dtype), b.load(out, i)))

    b.when(nothing, without_products)


def _by_vector(
    b: Any, dtype: str, out: Any, matrix: Any, vector: Any, rows: Any, inner: Any, transposed: bool, alpha: Any, beta: Any, known: bool = True
) -> None:
    """gemv: the row-major matrix is (rows, inner), or (inner, rows) in memory if `transposed`. known: that it is a vector; where only the call
    shows it, loops for few elements are not worth their time to compile."""
    if isinstance(beta, (int, float)) and beta == 0:
        with b.loop(0, rows, independent=True) as i:
            b.store(out, i, _factor(b, 0.0, dtype))
        beta = 1.0
    if dtype in WIDE and known:
        few = b.less_equal(rows * inner, FEW)
        small = _by_tiles if transposed else _by_rows
        b.when(few, lambda: small(b, dtype, out, matrix, vector, rows, inner, alpha, beta))
        b.when(b.invert(few), lambda: _gemv(b, dtype, out, matrix, vector, rows, inner, transposed, alpha, beta))
    else:
        _gemv(b, dtype, out, matrix, vector, rows, inner, transposed, alpha, beta)


def _gemv(
    b: Any, dtype: str, out: Any, matrix: Any, vector: Any, rows: Any, inner: Any, transposed: bool, alpha: Any, beta: Any
) -> None:
    height, width = (rows, inner) if transposed else (inner, rows)  # as BLAS sees it
    one = b.constant(1, "int64")
    flag = b.constant(ord("N" if transposed else "T"), "uint8")
    b.library(
        f"{LETTERS[dtype]}gemv", flag, _count(b, height), _count(b, width), _factor(b, alpha, dtype), matrix, _lead(b, height),
        vector, one, _factor(b, beta, dtype), out, one,
    )


def _by_tiles(b: Any, dtype: str, out: Any, matrix: Any, vector: Any, rows: Any, inner: Any, alpha: Any, beta: Any) -> None:
    """out = beta out + alpha (vector matrix), of a row-major matrix (inner, rows): some elements of the result at once, that vectors hold."""
    done: Any = 0
    for width in [width for width in (32, 16, 8, 4, 1) if width <= WIDE[dtype]]:
        end = rows - rows % width if width > 1 else rows
        sums = b.local(dtype, width)
        with b.loop(done, end, step=width) as first:
            with b.loop(0, width, independent=True) as j:
                b.store(sums, j, b.constant(0.0, dtype))
            with b.loop(0, inner) as k:
                x = b.load(vector, k)
                with b.loop(0, width, independent=True) as j:
                    b.store(sums, j, b.add(b.load(sums, j), b.mul(x, b.load(matrix, k * rows + (first + j)))))
            with b.loop(0, width, independent=True) as j:
                total = b.mul(_factor(b, alpha, dtype), b.load(sums, j))
                b.store(out, first + j, b.add(total, b.mul(_factor(b, beta, dtype), b.load(out, first + j))))
        done = end


def _by_rows(b: Any, dtype: str, out: Any, matrix: Any, vector: Any, rows: Any, inner: Any, alpha: Any, beta: Any) -> None:
    """out = beta out + alpha (matrix vector), of a row-major matrix (rows, inner): each row by the vector, eight running sums side by side, of
    four rows at once."""
    whole = inner - inner % LANES
    done: Any = 0
    for count in (4, 1):
        end = rows - rows % count if count > 1 else rows
        sums = [b.local(dtype, LANES) for _ in range(count)]
        with b.loop(done, end, step=count) as first:
            with b.loop(0, LANES, independent=True) as j:
                for each in sums:
                    b.store(each, j, b.constant(0.0, dtype))
            with b.loop(0, whole, step=LANES) as k, b.loop(0, LANES, independent=True) as j:
                x = b.load(vector, k + j)
                for row, each in enumerate(sums):
                    b.store(each, j, b.add(b.load(each, j), b.mul(x, b.load(matrix, (first + row) * inner + (k + j)))))
            for row, each in enumerate(sums):
                parts = [b.load(each, j) for j in range(LANES)]
                while len(parts) > 1:
                    parts = [b.add(x, y) for x, y in zip(parts[: len(parts) // 2], parts[len(parts) // 2 :])]

                def term(k: Any, total: Any, row: int = row) -> list[Any]:
                    return [b.add(total, b.mul(b.load(vector, k), b.load(matrix, (first + row) * inner + k)))]

                (total,) = b.fold(whole, inner, parts, term)
                total = b.mul(_factor(b, alpha, dtype), total)
                b.store(out, first + row, b.add(total, b.mul(_factor(b, beta, dtype), b.load(out, first + row))))
        done = end


def vector_by_vector(b: Any, dtype: str, first: Any, second: Any, count: Any) -> Any:
    """The sum of the products of the elements of two vectors at these addresses.

    Four running sums, joined at the end: float sums may not be reordered behind the author's back, so the parallel ones are
    written out.
    """
    zero = b.constant(0, accumulator(dtype))
    lanes = 8 if accumulator(dtype) in ("float32", "float64") else 1

    def term(i: Any, total: Any) -> Any:
        x, y = (b.cast(b.load(p, i), accumulator(dtype)) for p in (first, second))
        return added(b, dtype, total, x, y)

    whole = count - count % lanes if lanes > 1 else count
    totals = b.fold(0, whole, [zero] * lanes, lambda i, *sums: [term(i + k, t) for k, t in enumerate(sums)], step=lanes)
    while len(totals) > 1:
        half = len(totals) // 2
        totals = [b.add(x, y) for x, y in zip(totals[:half], totals[half:])]
    if lanes > 1:
        totals = b.fold(whole, count, totals, lambda i, total: [term(i, total)])
    return b.cast(totals[0], dtype)


def _by_loops(
    b: Any, dtype: str, out: Any, first: Any, second: Any, rows: Any, columns: Any, inner: Any,
    transposed: tuple[bool, bool], alpha: Any, beta: Any,
) -> None:
    sums = accumulator(dtype)
    with b.loop(0, rows, independent=True) as i, b.loop(0, columns, independent=True) as j:

        def term(k: Any, total: Any, i: Any = i, j: Any = j) -> list[Any]:
            x = b.load(first, k * rows + i if transposed[0] else i * inner + k)
            y = b.load(second, j * inner + k if transposed[1] else k * columns + j)
            return [added(b, dtype, total, b.cast(x, sums), b.cast(y, sums))]

        (total,) = b.fold(0, inner, [b.constant(0, sums)], term)
        if not (isinstance(alpha, (int, float)) and alpha == 1):
            total = b.mul(total, b.cast(alpha, sums) if not isinstance(alpha, (int, float)) else b.constant(alpha, sums))
        place = i * columns + j
        if not (isinstance(beta, (int, float)) and beta == 0):
            old = b.cast(b.load(out, place), sums)
            factor = b.constant(beta, sums) if isinstance(beta, (int, float)) else b.cast(beta, sums)
            total = b.add(total, b.mul(factor, old))
        b.store(out, place, b.cast(total, dtype))


def accumulator(dtype: str) -> str:
    """The dtype that sums of products of a dtype are formed in."""
    return "float32" if dtype == "float16" else dtype


def added(b: Any, dtype: str, total: Any, x: Any, y: Any) -> Any:
    """total + x y; of bools: or, and."""
    return b.either(total, b.both(x, y)) if dtype == "bool" else b.add(total, b.mul(x, y))


def _count(b: Any, n: Any) -> Any:
    return b.constant(n, "int64") if isinstance(n, int) else n


def _lead(b: Any, n: Any) -> Any:
    """A leading dimension, which must not be 0."""
    return _count(b, b.maximum(n, 1))


def _number(x: Any) -> Any:
    """A real scalar that is known as the code is written, as a Python number."""
    return x.value if isinstance(getattr(x, "value", None), (int, float)) else x


def _factor(b: Any, value: Any, dtype: str) -> Any:
    return b.constant(value, dtype) if isinstance(value, (int, float)) else value
