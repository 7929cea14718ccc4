"""Functions in plain Python that are also symbolic, and arguments to call them with."""

from __future__ import annotations

from typing import Any

import numpy as np

import symgraph

symbolic = symgraph.symbolic


@symbolic
def sign(x):
    if x > 0:
        return 1.0
    elif x < 0:
        return -1.0
    return 0.0


@symbolic
def clipped(x, low=-1.0, *, high=1.0):
    y = x
    if y > high:
        y = high
    if y < low:
        y = low
    return y


@symbolic
def set_on_both_sides(x):
    if x > 1:
        y, z = x * 2, 3
        w = y  # used here only
        y = y + w - w
    else:
        y, z = -x, 3
    return y * z


@symbolic
def expressions(x, y):
    a = x if x > y else y
    b = 1.0 if not x > 0 else 2.0
    c = 1.0 if 0 < x < 2 and (y < 0 or y != 3) else 0.0
    return a + 10 * b + 100 * c


@symbolic
def guarded(v, n):
    """v[n - 1] is read only if there is one."""
    return 1.0 if n > 0 and v[n - 1] > 2 else 0.0


@symbolic
def power(x, n):
    result = 1.0
    for _ in range(n):
        result *= x
    return result


@symbolic
def steps_of_a_range(n):
    total = 0
    for i in range(2, n, 3):
        total += i
    for i in symgraph.range(n, 0, -2):
        total += 100 * i
    for i in reversed(range(n)):
        total = total * 2 + i
    return total


@symbolic
def running(v):
    s, rows = 0.0, []
    for x in v:
        s = 0.5 * s + x
        rows.append(s * 2)
    return s, rows


@symbolic
def horner(v, x):
    value = 0.0
    for c in reversed(v):
        value = value * x + c
    return value


@symbolic
def pairs(v, w):
    total = 0.0
    for i, (a, b) in enumerate(zip(v, w)):
        total += i * a * b
    return total


@symbolic
def first_above(v, bound):
    found, place = -1.0, -1
    for i, x in enumerate(v):
        if x > bound:
            found, place = x, i
            break
    return found, place


@symbolic
def sum_of_some(v):
    total = 0.0
    for x in v:
        if x < 0:
            continue
        if x > 5:
            break
        total += x
    return total


@symbolic
def newton(a):
    x, n = a, 0
    while abs(x * x - a) > 1e-10:
        x = 0.5 * (x + a / x)
        n += 1
    return x, n


@symbolic
def forever(x):
    n = 0
    while True:
        x = x * 1.5
        n += 1
        if x > 100:
            break
    return x, n


@symbolic
def table(n, m):
    total = 0
    for i in range(n):
        row = 0
        for j in range(m):
            if j > i:
                break
            row += i * j + 1
        total += row
    return total


@symbolic
def escape(cx, cy):
    """Mandelbrot."""
    x, y, n = 0.0, 0.0, 0
    while x * x + y * y <= 4.0 and n < 50:
        x, y = x * x - y * y + cx, 2.0 * x * y + cy
        n += 1
    return n


@symbolic
def python_loop(x, bound):
    """The loop stays Python's: the list holds functions."""
    for f in (np.sin, np.cos, np.tanh):
        x = f(x) + 1
        if x > bound:
            break
    return x


@symbolic
def plain(x, kind, n=3):
    """Python values do what they did."""
    if kind == "double":
        x = x * 2
    names = []
    for k in range(n):
        if k == 2:
            continue
        names.append(k)
        x = x + k
    while n:
        n -= 1
        if n == 1:
            return x + len(names)
    else:
        x = 0
    return x


@symbolic
def element(v, x):
    w = v * 1
    w[0] = x
    if x > 0:
        w[1] += 2 * x
    for i in range(3):
        w[i] *= 2
    return w


@symbolic
def nested_functions(x, n):
    def step(y):
        if y > 3:
            return y / 2
        return y + 1

    scale = 2.0
    for _ in range(n):
        x = step(x) * scale
    return (lambda y: y + scale if y > 0 else y)(x)


@symbolic
def recursive(x, depth):
    if depth == 0:
        return x
    if x > 0:
        x = x - 1
    return recursive(x * 2, depth - 1)


def closure(scale):
    @symbolic
    def inner(x):
        y = x
        if x > 0:
            y = x * scale
        return y

    return inner


class Model:
    """Methods, private names, super()."""

    def __init__(self, w):
        self.__w = w

    def base(self, x):
        return x * self.__w

    @symbolic
    def run(self, x, n):
        for _ in range(n):
            if x < 10:
                x = self.base(x)
        return x

    @staticmethod
    @symbolic
    def double(x):
        return 2 * x if x > 0 else x


class Further(Model):
    """super() in a rewritten method."""

    @symbolic
    def run(self, x, n):
        y = super().run(x, n)
        if y > 100:
            y = -y
        return y


@symbolic
def with_try(x):
    try:
        if x > 0:
            y = x
        else:
            y = -x
    finally:
        z = 1.0
    return y + z


@symbolic
def lists_of_a_round(v, n):
    """A list that lives for a round, and one that grows by its results; nothing else is carried."""
    rows = []
    for i in range(n):
        parts = []
        parts.append(v[0] * i)
        parts.append(v[1])
        rows.append(parts[0] + parts[1])
    return (rows,)


@symbolic
def matching(x, kind="up"):
    match kind:
        case "down":
            x = -x
        case _:
            if x > 0:
                x = x + 1
    d = {"twice": [x, 2 * x]}
    for k in range(3):
        if k == 1:
            continue
        d = {"twice": [d["twice"][1], d["twice"][0] + k]}
    return d["twice"][0] if x is not None else x


@symbolic
def names_set_by_conditions(v, n):
    total, left = 0.0, n
    while (below := left - 1) >= 0:
        if (x := v[below]) > 1:
            total = total + x
        elif (y := 2 * x) < 0:
            total = total - y
        left = below
    return total


@symbolic
def raising(x, k="one"):
    if x < 0:
        if k != "one":
            raise ValueError("not with this k, which Python knows")
        x = -x
    assert k == "one"
    return x


_V = np.array([0.5, 3.0, -1.0, 2.0])
# function, sets of arguments; each is a float (dscalar), an int (lscalar) or an array (dvector)
PROGRAMS: list[tuple[Any, list[tuple[Any, ...]]]] = [
    (sign, [(2.0,), (-3.0,), (0.0,)]),
    (clipped, [(2.0,), (-3.0,), (0.5,)]),
    (set_on_both_sides, [(2.0,), (-3.0,)]),
    (expressions, [(1.0, 3.0), (1.0, 2.0), (-1.0, -3.0), (5.0, 1.0)]),
    (guarded, [(_V, 2), (_V, 0), (_V, 1)]),
    (power, [(2.0, 5), (3.0, 0)]),
    (steps_of_a_range, [(9,), (0,), (2,)]),
    (running, [(_V,), (_V[:1],)]),
    (horner, [(_V, 2.0), (_V[:0], 2.0)]),
    (pairs, [(_V, _V[::-1]), (_V, _V[:2])]),
    (first_above, [(_V, 2.5), (_V, 9.0), (_V, -5.0)]),
    (sum_of_some, [(np.array([1.0, -2.0, 3.0]),), (np.array([1.0, 7.0, 3.0]),)]),
    (newton, [(2.0,), (9.0,), (1.0,)]),
    (forever, [(1.0,), (99.0,), (200.0,)]),
    (table, [(5, 3), (2, 9), (0, 1)]),
    (escape, [(0.1, 0.2), (1.0, 1.0), (-0.7, 0.3)]),
    (python_loop, [(0.5, 1.2), (0.5, 1.8), (0.1, 9.0)]),
    (lambda x: plain(x, "double"), [(1.5,)]),
    (lambda x: plain(x, "", 0), [(1.5,)]),
    (element, [(_V, 2.0), (_V, -2.0)]),
    (nested_functions, [(1.0, 4), (-9.0, 1), (2.0, 0)]),
    (lambda x: recursive(x, 3), [(0.7,), (3.0,), (-1.0,)]),
    (closure(3.0), [(2.0,), (-2.0,)]),
    (Model(2.0).run, [(1.0, 6), (3.0, 1)]),
    (Model.double, [(1.0,), (-3.0,)]),
    (Further(3.0).run, [(1.0, 9), (40.0, 1), (200.0, 0)]),
    (with_try, [(2.0,), (-2.0,)]),
    (lists_of_a_round, [(_V, 3), (_V, 1)]),
    (matching, [(2.0,), (-2.0,)]),
    (names_set_by_conditions, [(_V, 3), (_V[::-1].copy(), 2)]),
    (raising, [(2.0,), (-3.0,)]),
]
