"""A few rules, as an op would hand them over, and how a Program of them is run: by LLVM and by the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import codegen
import codegen.stations
from codegen.layout import Layout
from codegen.program import ArrayType, Program
from codegen.rules import Loops, Pointwise, Python, Reduction

Array = ArrayType


def floats(*shape: int | None) -> ArrayType:
    return ArrayType("float64", shape)


INDEX = ArrayType("int64", ())


def elementwise(name: str, scalar: Callable[..., Any], count: int = 2, cost: int = 1) -> Pointwise:
    """Arrays of one shape."""

    def sizes(s: Any, *xs: Any) -> Any:
        shape = xs[0].shape
        for x in xs[1:]:
            shape = tuple(s.same(a, b, "sizes {} and {} differ", a, b) for a, b in zip(shape, x.shape))
        return [shape]

    def element(b: Any, index: Any, *xs: Any) -> Any:
        return scalar(b, *[x(*index) for x in xs])

    return Pointwise(("elementwise", name), sizes, element, reads=("same",) * count, cost=cost)


ADD = elementwise("add", lambda b, x, y: b.add(x, y))
MUL = elementwise("mul", lambda b, x, y: b.mul(x, y))
EXP = elementwise("exp", lambda b, x: b.exp(x), 1, 20)
NEG = elementwise("neg", lambda b, x: b.neg(x), 1)

# x (n, m), y (m,): y is read once for each row
ADD_ROW = Pointwise(("add row",), lambda s, x, y: [x.shape], lambda b, i, x, y: b.add(x(*i), y(i[1])), reads=("same", "many"))
TRANSPOSE = Pointwise(("transpose",), lambda s, x: [x.shape[::-1]], lambda b, i, x: x(*i[::-1]), reads=("once",))
BACKWARDS = Pointwise(("backwards",), lambda s, x: [x.shape], lambda b, i, x: x(x.shape[0] - 1 - i[0]), reads=("once",))
COUNT = Pointwise(("arange",), lambda s, n: [(n.item(0),)], lambda b, i, n: b.cast(i[0], "float64"), reads=("many",))


def total(*axes: int) -> Reduction:
    return Reduction(
        ("sum", axes), lambda s, x: [tuple(n for a, n in enumerate(x.shape) if a not in axes)], axes,
        start=lambda b: (b.constant(0.0, "float64"),), join=lambda b, acc, x, position: (b.add(acc[0], x),),
        combine=lambda b, left, right: (b.add(left[0], right[0]),), finish=lambda b, acc, count: acc[0])


# the number of elements above zero, an integer that only a run can tell
POSITIVE = Reduction(
    ("count",), lambda s, x: [()], (0,), start=lambda b: (b.constant(0, "int64"),),
    join=lambda b, acc, x, position: (b.add(acc[0], b.cast(b.greater(x, 0.0), "int64")),), combine=None, finish=lambda b, acc, count: acc[0])


def _scan(b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    (x,), (y,) = inputs, outputs

    def step(i: Any, acc: Any) -> Any:
        now = b.add(acc, x(i))
        y.store([i], now)
        return [now]

    b.fold(0, x.shape[0], [b.constant(0.0, "float64")], step)


CUMSUM = Loops(("cumsum",), lambda s, x: [x.shape], _scan)


def _set_first(b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    b.check(b.less(0, outputs[0].shape[0]), "IndexError", "no element 0 in {} elements", outputs[0].shape[0])
    outputs[0].store([0], inputs[1]())


SET_FIRST = Loops(("set first",), lambda s, x, v: [x.shape], _set_first, alias=((0, 0),))


def _add_at(b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    with b.loop(0, inputs[1].shape[0]) as i:
        place = b.cast(inputs[1](i), "int64")
        outputs[0].store([place], b.add(b.load(outputs[0].pointer, place), inputs[1](i)))


# x with v[i] added to its element number v[i]
ADD_AT = Loops(("add at",), lambda s, x, v: [x.shape], _add_at, alias=((0, 0),), by_address=(0,))
RESHAPE = Loops(("matrix",), lambda s, x: [(x.shape[0] // 2, 2)], lambda b, i, o: None, view=True)


def python(call: Callable[..., Any]) -> Python:
    return Python(("python",), call)


def compiled(program: Program) -> tuple[Any, Layout]:
    module, layout = codegen.stations.lowered(program)
    return module, layout


def run(program: Program, arrays: Sequence[Any], callbacks: Sequence[Any] = ()) -> list[np.ndarray]:
    """The results by LLVM's code."""
    given = [np.ascontiguousarray(a) if np.ndim(a) else np.asarray(a) for a in arrays]
    return codegen.compile(program).executable.run(given, callbacks)
