"""Every rule: what it makes of an expression, that the values stay (or become right), and that its name and tags leave it out.

A row: the rule that must fire, the expression, what it becomes. With `wild`, the values agree for NaN, infinities, signed zeros
and large numbers too; else for ordinary ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.special
from expressions_as_text import text

import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.expr.make import constant, constructors
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rules
from symgraph.ops.cast import cast
from symgraph.ops.create import Alloc
from symgraph.ops.index import AdvancedSubtensor, IncSubtensor, Subtensor
from symgraph.ops.index.region import ARRAY
from symgraph.ops.join import Join, MakeVector
from symgraph.ops.layout import DimShuffle, Flatten, Rebroadcast, Reshape
from symgraph.ops.linalg import Dot
from symgraph.ops.nnet.softmax import Softmax
from symgraph.ops.reduce import ArgMax, Max, Sum
from symgraph.ops.shape import ShapeItem, SpecifyShape
from symgraph.ops.stop import DisconnectedGrad
from symgraph.passes.accuracy import ACCURACY
from symgraph.passes.activations import ACTIVATIONS
from symgraph.passes.arithmetic import ARITHMETIC
from symgraph.passes.arrangement import ARRANGEMENT
from symgraph.passes.blas import BLAS
from symgraph.passes.choices import CHOICES
from symgraph.passes.indexing import INDEXING
from symgraph.passes.joins import JOINS, PRODUCTS
from symgraph.passes.powers import POWERS
from symgraph.passes.replacement import call as c
from symgraph.passes.stability import STABILITY
from symgraph.passes.sums import SUMS

make = constructors()
s, t = make["dscalars"]("s", "t")
v, w = make["dvectors"]("v", "w")
x, y, z = make["dmatrices"]("x", "y", "z")
f = make["fmatrix"]("f")
i, j = make["lvectors"]("i", "j")
k = make["lscalar"]("k")
b = make["bvector"]("b")
x23 = make["dmatrix"]("x23", shape=(2, 3))
y23 = make["dmatrix"]("y23", shape=(2, 3))
v4 = make["dvector"]("v4", shape=(4,))
row = make["drow"]("row")
nothing = make["dmatrix"]("nothing", shape=(0, 3))
condition = c("lt", v, w)


def total(array: Any, *axes: int) -> Any:
    return Sum(axes, array.dtype, array.dtype)(array)


def whole(array: Any) -> Any:
    return total(array, *range(array.ndim))


class Row(NamedTuple):
    rule: str
    before: Callable[[], Any]
    after: str
    wild: bool = False
    positive: bool = False


part = Subtensor([slice(1, None)])


def turn(array: Any, *order: Any) -> Any:
    return DimShuffle(array.ndim, order)(array)


HALF = "true_div(0.5, square(x))"
LOG_ERFC = ("switch(gt(x, 26), sub(sub(log1p(neg(mul(HALF, sub(1, mul(3, HALF, sub(1, mul(5, HALF, sub(1, mul(7, HALF, 1))))))))), "
            "log(mul(x, 1.7724538509055159))), square(x)), log(erfc(x)))").replace("HALF", HALF)

ROWS = {
    "arithmetic": (ARITHMETIC, [
        Row("flatten", lambda: c("add", c("add", x, y), z), "add(x, y, z)", wild=True),
        Row("flatten", lambda: c("mul", x, c("mul", y, z)), "mul(y, z, x)", wild=True),
        Row("join_constants", lambda: c("add", x, 1, 2), "add(3, x)"),
        Row("join_constants", lambda: c("mul", 3.0, i, 2), "mul(6, i)"),
        Row("add_zero", lambda: c("add", x, 0), "x", wild=True),
        Row("add_zero", lambda: c("add", i, 0.0), "Cast(i)"),
        Row("add_zero", lambda: c("add", s, np.zeros(3)), "Alloc(s, 3)"),
        Row("multiply_one", lambda: c("mul", 1, x, y), "mul(x, y)", wild=True),
        Row("multiply_one", lambda: c("mul", x, -1.0), "neg(x)", wild=True),
        Row("multiply_zero", lambda: c("mul", x, 0), "Alloc(0, ShapeItem[0](x), ShapeItem[1](x))"),
        Row("multiply_zero", lambda: c("mul", v, row, 0), "Alloc(0, 1, ShapeItem[0](v))"),
        Row("subtract", lambda: c("sub", x, 3), "add(-3, x)", wild=True),
        Row("subtract", lambda: c("sub", 0, x), "neg(x)"),
        Row("subtract", lambda: c("sub", s, s), "0"),
        Row("subtract", lambda: c("sub", x, c("neg", y)), "add(x, y)", wild=True),
        Row("subtract", lambda: c("sub", c("neg", x), y), "neg(add(x, y))", wild=True),
        Row("add_negated", lambda: c("add", c("neg", x), y), "sub(y, x)", wild=True),
        Row("add_negated", lambda: c("add", c("neg", x), c("neg", y)), "neg(add(x, y))", wild=True),
        Row("negate", lambda: c("neg", c("neg", x)), "x", wild=True),
        Row("negate", lambda: c("neg", c("sub", x, y)), "sub(y, x)"),
        Row("negate", lambda: c("neg", c("mul", 2.0, x)), "mul(-2, x)", wild=True),
        Row("multiply_negated", lambda: c("mul", c("neg", x), y), "neg(mul(x, y))", wild=True),
        Row("multiply_negated", lambda: c("mul", c("neg", x), y, c("neg", z)), "mul(x, y, z)", wild=True),
        Row("divide_negated", lambda: c("true_div", x, c("neg", y)), "neg(true_div(x, y))", wild=True),
        Row("divide_negated", lambda: c("true_div", c("neg", x), c("neg", y)), "true_div(x, y)", wild=True),
        Row("divide", lambda: c("true_div", x, 1), "x", wild=True),
        Row("divide", lambda: c("true_div", x, 4), "mul(0.25, x)", wild=True),
        Row("divide", lambda: c("true_div", 1.0, x), "reciprocal(x)", wild=True),
        Row("floor_divide_one", lambda: c("floor_div", i, 1), "i"),
        Row("reciprocal_twice", lambda: c("reciprocal", c("true_div", x, y)), "true_div(y, x)"),
        Row("cancel", lambda: c("true_div", c("mul", x, y), y), "x"),
        Row("cancel", lambda: c("mul", c("true_div", x, y), y), "x"),
        Row("cancel", lambda: c("true_div", c("square", x), x), "x"),
        Row("cancel", lambda: c("true_div", x, c("mul", x, y)), "reciprocal(y)"),
        Row("cancel", lambda: c("true_div", s, s), "1"),
        Row("over_reciprocal", lambda: c("mul", x, c("reciprocal", y)), "true_div(x, y)"),
        Row("over_reciprocal", lambda: c("true_div", x, c("reciprocal", y)), "mul(x, y)"),
        Row("square_of", lambda: c("mul", x, x), "square(x)", wild=True),
        Row("square_of", lambda: c("mul", x, y, x), "mul(square(x), y)"),
    ]),
    "powers": (POWERS, [
        Row("power", lambda: c("pow", x, 0), "Alloc(1, ShapeItem[0](x), ShapeItem[1](x))", wild=True),
        Row("power", lambda: c("pow", x, 1.0), "x", wild=True),
        Row("power", lambda: c("pow", x, 2), "square(x)", wild=True),
        Row("power", lambda: c("pow", i, 2.0), "square(Cast(i))"),
        Row("power", lambda: c("pow", x, 0.5), "sqrt(x)", positive=True),
        Row("power", lambda: c("pow", x, -1), "reciprocal(x)"),
        Row("power", lambda: c("pow", x, -0.5), "reciprocal(sqrt(x))", positive=True),
        Row("power", lambda: c("pow", x, 5), "mul(x, square(square(x)))"),
        Row("power", lambda: c("pow", x, -3), "reciprocal(mul(x, square(x)))"),
        Row("undone", lambda: c("log", c("exp", x)), "x"),
        Row("undone", lambda: c("log1p", c("expm1", x)), "x"),
        Row("undone", lambda: c("exp", c("log", x)), "switch(ge(x, 0), x, nan)"),
        Row("undone", lambda: c("square", c("sqrt", x)), "switch(ge(x, 0), x, nan)"),
        Row("root_of_square", lambda: c("sqrt", c("square", x)), "abs(x)"),
        Row("sign_does_not_matter", lambda: c("abs", c("neg", x)), "abs(x)", wild=True),
        Row("sign_does_not_matter", lambda: c("square", c("abs", x)), "square(x)", wild=True),
    ]),
    "choices": (CHOICES, [
        Row("identity", lambda: DisconnectedGrad()(x), "x", wild=True),
        Row("cast_twice", lambda: cast(cast(b, "float64"), "float32"), "Cast(b)"),
        Row("cast_twice", lambda: cast(cast(f, "float64"), "float32"), "f", wild=True),
        Row("fill", lambda: c("second", x, y), "y", wild=True),
        Row("fill", lambda: c("second", x, 2.0), "Alloc(2, ShapeItem[0](x), ShapeItem[1](x))", wild=True),
        Row("repeated_operand", lambda: c("mul", x, Alloc()(s, ShapeItem(0)(x), ShapeItem(1)(x))), "mul(x, s)", wild=True),
        Row("repeated_operand", lambda: c("mul", v4, Alloc()(s, np.int64(4))), "mul(v4, s)", wild=True),
        Row("known_switch", lambda: c("switch", condition, v, v), "v", wild=True),
        Row("known_switch", lambda: c("switch", constant(True), v, w), "v", wild=True),
        Row("switch_in_switch", lambda: c("switch", condition, c("switch", condition, v, w), s), "switch(lt(v, w), v, s)", wild=True),
        Row("switch_in_switch", lambda: c("switch", condition, s, c("switch", condition, v, w)), "switch(lt(v, w), s, w)", wild=True),
        Row("switches_of_one_condition", lambda: c("mul", c("switch", condition, v, 0.0), c("switch", condition, w, 1.0)),
            "switch(lt(v, w), mul(v, w), mul(Cast(0), Cast(1)))"),
        Row("known_switch", lambda: c("switch", c("invert", condition), v, w), "switch(lt(v, w), w, v)", wild=True),
        Row("same_operands", lambda: c("maximum", x, x), "x", wild=True),
        Row("known_logic", lambda: c("and_", condition, constant(True)), "lt(v, w)"),
        Row("known_logic", lambda: c("or_", condition, constant(True)), "Alloc(True, ShapeItem[0](lt(v, w)))"),
        Row("compared_with_itself", lambda: c("eq", k, k), "True"),
        Row("compared_with_itself", lambda: c("lt", ShapeItem(0)(x), 0), "False"),
        Row("rounded_integer", lambda: c("floor", c("floor", x)), "floor(x)", wild=True),
        Row("clip_twice", lambda: c("clip", c("clip", x, -1, 2), 0, 3), "clip(x, 0, 2)", wild=True),
    ]),
    "arrangement": (ARRANGEMENT, [
        Row("dimshuffle_twice", lambda: turn(turn(x, 1, 0), 1, 0), "x"),
        Row("dimshuffle_twice", lambda: turn(turn(x, 1, 0), 1, "x", 0), "DimShuffle[0, 'x', 1](x)"),
        Row("dimshuffle_of_elementwise", lambda: turn(c("exp", x), 1, 0), "exp(DimShuffle[1, 0](x))"),
        Row("dimshuffle_of_alloc", lambda: turn(Alloc()(s, k, 3), 1, "x", 0), "Alloc(s, 3, 1, k)"),
        Row("alloc_of_alloc", lambda: Alloc()(Alloc()(s, k, 3), 2, k, 3), "Alloc(s, 2, k, 3)"),
        Row("alloc_of_alloc", lambda: Alloc()(Alloc()(s, 1), k, 3), "Alloc(s, k, 3)"),
        Row("elementwise_of_alloc", lambda: c("neg", Alloc()(s, k, 3)), "Alloc(neg(s), k, 3)"),
        Row("reshape_twice", lambda: Reshape()(Flatten(1)(x23), 3, 2), "Reshape(x23, 3, 2)"),
        Row("reshape_twice", lambda: Reshape()(x, ShapeItem(0)(x), ShapeItem(1)(x)), "x"),
        Row("flatten_again", lambda: Flatten(1)(Reshape()(x23, 3, 2)), "Flatten[1](x23)"),
        Row("known_pattern", lambda: Rebroadcast((0, True))(row), "row"),
        Row("known_shape", lambda: SpecifyShape((0,))(x23, np.int64(2)), "x23"),
    ]),
    "sums": (SUMS, [
        Row("factor_out_of_sum", lambda: whole(c("neg", x)), "neg(Sum[(0, 1)](x))"),
        Row("factor_out_of_sum", lambda: total(c("mul", s, x), 0), "mul(Sum[(0,)](x), s)"),
        Row("factor_out_of_sum", lambda: total(c("mul", turn(v, 0, "x"), x), 1), "mul(Sum[(1,)](x), DimShuffle[0](DimShuffle[0, 'x'](v)))"),
        Row("factor_out_of_sum", lambda: total(c("mul", c("true_div", x, v), y), 0), "true_div(Sum[(0,)](mul(x, y)), v)"),
        Row("factor_out_of_sum", lambda: total(c("true_div", x, s), 1), "true_div(Sum[(1,)](x), s)"),
        Row("reduced_twice", lambda: total(total(x, 1), 0), "Sum[(0, 1)](x)"),
        Row("place_of_largest_probability", lambda: ArgMax((1,), "float64")(Softmax(1)(x)), "ArgMax[(1,)](x)"),
        Row("reduced_twice", lambda: Max((0,), "float64")(Max((0,), "float64")(x)), "Max[(0, 1)](x)", wild=True),
        Row("nothing_to_reduce", lambda: whole(row), "Sum[(0,)](DimShuffle[1](row))"),
        Row("nothing_to_reduce", lambda: total(row, 0), "DimShuffle[1](row)", wild=True),
        Row("order_does_not_matter", lambda: total(turn(x, 1, 0), 0), "Sum[(1,)](x)"),
        Row("sum_of_repeated", lambda: total(Alloc()(s, 3, 4), 0), "Alloc(mul(s, 3), 4)"),
    ]),
    "activations": (ACTIVATIONS, [
        Row("sigmoid_as_written", lambda: c("reciprocal", c("add", 1.0, c("exp", x))), "sigmoid(neg(x))"),
        Row("sigmoid_as_written", lambda: c("true_div", 3.0, c("add", 1.0, c("exp", x))), "mul(3, sigmoid(neg(x)))"),
        Row("softmax_as_written", lambda: (lambda e: c("true_div", e, turn(total(e, 1), 0, "x")))(c("exp", x)), "Softmax[1](x)"),
        Row("sigmoid_times_exponential", lambda: c("mul", c("exp", x), c("sigmoid", c("neg", x))), "sigmoid(x)"),
        Row("sigmoid_times_exponential", lambda: c("mul", c("exp", c("neg", x)), c("square", c("sigmoid", x))),
            "mul(sigmoid(x), sigmoid(neg(x)))"),
        Row("softmax_in_gradient", lambda: (lambda e: c("mul", turn(c("true_div", v, total(e, 1)), 0, "x"), e))(c("exp", x)),
            "mul(DimShuffle[0, 'x'](v), Softmax[1](x))"),
        Row("softmax_in_gradient", lambda: (lambda e: c("mul", c("reciprocal", turn(total(e, 1), 0, "x")), e))(c("exp", x)),
            "Softmax[1](x)"),
    ]),
    "stability": (STABILITY, [
        Row("logarithm_near_one", lambda: c("log", c("add", 1.0, x)), "log1p(x)"),
        Row("logarithm_near_one", lambda: c("log", c("sub", 1.0, x)), "log1p(neg(x))"),
        Row("logarithm_of_sigmoid", lambda: c("log", c("sigmoid", x)), "neg(softplus(neg(x)))"),
        Row("softplus_as_written", lambda: c("log1p", c("exp", x)), "softplus(x)"),
        Row("softplus_as_written", lambda: c("log1p", c("neg", c("sigmoid", x))), "neg(softplus(x))"),
        Row("exponential_near_zero", lambda: c("add", -1.0, c("exp", x)), "expm1(x)"),
        Row("one_minus", lambda: c("sub", 1.0, c("sigmoid", x)), "sigmoid(neg(x))"),
        Row("one_minus", lambda: c("sub", 1.0, c("exp", x)), "neg(expm1(x))"),
        Row("one_minus", lambda: c("sub", 1.0, c("erf", x)), "erfc(x)"),
        Row("minus_one", lambda: c("sub", x, c("mul", x, c("sigmoid", y))), "mul(x, sigmoid(neg(y)))"),
        Row("logarithm_of_softmax", lambda: c("log", Softmax(1)(x)), "LogSoftmax[1](x)"),
        Row("logarithm_of_softmax", lambda: c("log", Subtensor([0])(Softmax(1)(x))), "Subtensor{0}(LogSoftmax[1](x))"),
        Row("logarithm_of_sum_of_exponentials", lambda: c("log", total(c("exp", x), 1)), "LogSumExp[(1,)](x)"),
        Row("logarithm_of_sum_of_exponentials", lambda: c("log", c("true_div", total(c("exp", x), 1), t)),
            "sub(LogSumExp[(1,)](x), log(t))", positive=True),
        Row("logarithm_of_sum_of_exponentials", lambda: c("log", turn(total(c("exp", x), 1), 0, "x")),
            "DimShuffle[0, 'x'](LogSumExp[(1,)](x))"),
        Row("logarithm_of_erfc", lambda: c("log", c("erfc", x)), LOG_ERFC),
        Row("factor_into_difference", lambda: c("mul", x, c("sub", c("true_div", y, x), z)), "sub(y, mul(x, z))"),
        Row("factor_into_difference", lambda: c("mul", c("sub", c("true_div", y, x), c("true_div", y, z)), x, z),
            "sub(mul(y, z), mul(y, x))"),
    ]),
    "indexing": (INDEXING, [
        Row("whole_region", lambda: Subtensor([slice(None), slice(0, None)])(x), "x"),
        Row("region_of_elementwise", lambda: Subtensor([0])(c("exp", x)), "exp(Subtensor{0}(x))"),
        Row("region_of_elementwise", lambda: Subtensor([0])(c("mul", x, v)), "mul(Subtensor{0}(x), v)"),
        Row("region_of_elementwise", lambda: Subtensor([slice(None), 1])(c("mul", x, v)), "mul(Subtensor{:, 1}(x), Subtensor{1}(v))"),
        Row("region_of_region", lambda: Subtensor([1])(Subtensor([0])(x)), "Subtensor{0, 1}(x)"),
        Row("region_of_region", lambda: Subtensor([0])(Subtensor([slice(1, None)])(x)), "Subtensor{1}(x)"),
        Row("region_of_region", lambda: Subtensor([slice(1, 2)])(Subtensor([slice(1, None)])(x)), "Subtensor{2:3}(x)"),
        Row("region_of_region", lambda: Subtensor([slice(None, None, -1)])(Subtensor([slice(None, None, -1)])(x)), "x"),
        Row("region_of_region", lambda: Subtensor([0])(Subtensor([slice(None, None, -1)])(x)), "Subtensor{-1}(x)"),
        Row("region_of_region", lambda: Subtensor([-2])(Subtensor([slice(None, None, -1)])(x)), "Subtensor{1}(x)"),
        Row("nothing_is_written", lambda: IncSubtensor([slice(1, None)], True)(Alloc()(1.0, 3), np.float64(1)), "Alloc(1, 3)"),
        Row("region_of_alloc", lambda: Subtensor([-1])(Alloc()(s, 3, k)), "Alloc(s, k)"),
        Row("region_of_alloc", lambda: Subtensor([1, slice(1, None)])(Alloc()(s, 3, 4)), "Alloc(s, 3)"),
        Row("region_of_alloc", lambda: Subtensor([2])(Alloc()(s, 3)), "s", wild=True),
        Row("region_of_alloc", lambda: Subtensor([slice(1, None)])(Alloc()(s, 3, 4)), "Alloc(s, 2, 4)"),
        Row("item_of_items", lambda: Subtensor([-1])(MakeVector()(s, t)), "t"),
        Row("part_of_join", lambda: Subtensor([2])(Join(0)(x23, y23)), "Subtensor{0}(y23)"),
        Row("part_of_join", lambda: Subtensor([1])(Join(0)(turn(v, "x", 0), turn(w, "x", 0))), "w"),
        Row("row_of_dimshuffle", lambda: Subtensor([0, 1])(turn(x, "x", 0, 1)), "Subtensor{1}(x)"),
        Row("read_what_was_written", lambda: part(IncSubtensor([slice(1, None)], True)(v4, Subtensor([slice(0, 3)])(v4))),
            "Subtensor{0:3}(v4)"),
        Row("nothing_is_written", lambda: IncSubtensor([0])(x, 0.0), "x"),
        Row("nothing_is_written", lambda: IncSubtensor([0], True)(x, Subtensor([0])(x)), "x"),
        Row("nothing_is_written", lambda: IncSubtensor([0], True)(IncSubtensor([0], True)(x, s), t), "IncSubtensor{set, 0}(x, t)"),
        Row("added_to_zeros", lambda: IncSubtensor([0])(Alloc()(0.0, 3), s), "IncSubtensor{set, 0}(Alloc(0, 3), s)"),
    ]),
    "joins": (JOINS, [
        Row("parts_of_no_size", lambda: Join(0)(x), "x", wild=True),
        Row("parts_of_no_size", lambda: Join(0)(x, nothing, y), "Join[0](x, y)", wild=True),
        Row("parts_of_no_size", lambda: Join(1)(f, constant(np.zeros((3, 0)))), "Cast(f)", wild=True),
        Row("join_of_items", lambda: Join(0)(MakeVector()(s, t), MakeVector()(t)), "MakeVector(s, t, t)", wild=True),
        Row("join_of_joins", lambda: Join(0)(Join(0)(x, y), z), "Join[0](x, y, z)", wild=True),
        Row("join_of_joins", lambda: Join(1)(z, Join(1)(f, f), z), "Join[1](z, Cast(f), Cast(f), z)".replace("Cast(f)", "f"), wild=True),
        Row("reduction_of_join", lambda: whole(Join(0)(x, y)), "add(Sum[(0, 1)](x), Sum[(0, 1)](y))"),
        Row("reduction_of_join", lambda: total(Join(1)(x, y), 1), "add(Sum[(1,)](x), Sum[(1,)](y))"),
        Row("reduction_of_join", lambda: Max((0,), "float64")(Join(0)(x23, y23)), "maximum(Max[(0,)](x23), Max[(0,)](y23))", wild=True),
        Row("extreme_of_negated", lambda: Max((0,), "float64")(c("neg", x23)), "neg(Min[(0,)](x23))", wild=True),
        Row("repeated_to_its_own_shape", lambda: Alloc()(x23, 2, 3), "x23", wild=True),
    ]),
    "products": (PRODUCTS, [
        Row("region_of_product", lambda: Subtensor([0])(Dot()(x, y)), "Dot[False, False](Subtensor{0}(x), y)"),
        Row("region_of_product", lambda: Subtensor([slice(None), slice(1, None)])(Dot()(x, y)), "Dot[False, False](x, Subtensor{:, 1:}(y))"),
        Row("region_of_product", lambda: Subtensor([1, 2])(Dot(True, True)(x, y)), "Dot[False, False](Subtensor{:, 1}(x), Subtensor{2}(y))"),
        Row("region_of_product", lambda: Subtensor([slice(1, None)])(Dot(True)(x, v)), "Dot[True, False](Subtensor{:, 1:}(x), v)"),
        Row("region_of_product", lambda: Subtensor([-1])(Dot()(v, y)), "Dot[False, False](v, Subtensor{:, -1}(y))"),
        Row("trace_of_product", lambda: Dot(False, True)(x23, y23).diagonal().sum(), "Sum[(0, 1)](mul(x23, y23))"),
    ]),
    "accuracy": (ACCURACY, [
        Row("times_its_logarithm", lambda: c("mul", x, c("log", x)), "xlogx(x)", positive=True),
        Row("times_its_logarithm", lambda: c("mul", c("log", x), y, x), "mul(xlogx(x), y)", positive=True),
        Row("logarithm_of_exponentials", lambda: c("log", c("add", c("exp", x), c("exp", y))), "logaddexp(x, y)"),
        Row("logarithm_of_exponentials", lambda: c("log", c("add", c("exp", x), c("exp", v), c("exp", s))), "logaddexp(logaddexp(x, v), s)"),
        Row("logarithm_of_one_minus_exponential", lambda: c("log1p", c("neg", c("exp", c("neg", x)))), "log1mexp(neg(x))", positive=True),
        Row("logarithm_of_one_minus_exponential", lambda: c("log", c("neg", c("expm1", c("neg", x)))), "log1mexp(neg(x))", positive=True),
        Row("near_the_ends_of_erf", lambda: c("add", -1.0, c("erf", x)), "neg(erfc(x))"),
        Row("near_the_ends_of_erf", lambda: c("sub", c("erfc", x), 1.0), "neg(erf(x))"),
        Row("near_the_ends_of_erf", lambda: c("add", c("erf", x), 1.0), "erfc(neg(x))"),
        Row("variance_as_written", lambda: c("sub", T.mean(c("square", x), 0), c("square", T.mean(x, 0))),
            "true_div(Sum[(0,)](square(sub(x, DimShuffle['x', 0](true_div(Sum[(0,)](x), Cast(ShapeItem[0](x))))))), Cast(ShapeItem[0](x)))"),
        Row("variance_as_written", lambda: c("sub", T.mean(c("mul", x23, x23)), c("pow", T.mean(x23), 2)),
            "true_div(Sum[(0, 1)](square(sub(x23, DimShuffle['x', 'x'](true_div(Sum[(0, 1)](x23), 6))))), 6)"),
    ]),
    "blas": (BLAS, [
        Row("transposed_operands", lambda: Dot()(turn(x, 1, 0), y), "Dot[True, False](x, y)"),
        Row("transposed_product", lambda: turn(Dot()(x, y), 1, 0), "Dot[True, True](y, x)"),
        Row("factor_out_of_dot", lambda: Dot()(c("mul", s, x), y), "mul(s, Dot[False, False](x, y))"),
        Row("factor_out_of_dot", lambda: Dot()(x, c("neg", y)), "neg(Dot[False, False](x, y))"),
        Row("add_product", lambda: c("add", z, Dot()(x, y)), "Gemm[False, False](z, x, y, 1, 1)"),
        Row("add_product", lambda: c("sub", c("mul", t, z), c("mul", s, Dot(True)(x, y))), "Gemm[True, False](z, x, y, neg(s), t)"),
        Row("add_product", lambda: c("sub", Dot()(x, v), w), "Gemm[False, False](w, x, v, 1, -1)"),
    ]),
}
CASES = [pytest.param(rules, r, id=f"{r.rule}-{n}") for rules, rows in ROWS.values() for n, r in enumerate(rows)]


def rewritten(rules: list[Any], expression: Any, excluded: frozenset[str] = frozenset()) -> tuple[Any, Counter[str]]:
    graph = Graph(graph_inputs([expression]), [expression])
    fired = Rules("test", rules).without(excluded)(graph)
    graph.check()
    return graph.outputs[0], fired


WILD = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -1e300, 1e-310, 1.0, -1.0, 2.5, -710.0])


def values(variable: Any, wild: bool, positive: bool, seed: int) -> Any:
    """Three times three numbers, as far as the shape of the variable leaves it open."""
    generator = np.random.default_rng(seed)
    shape = tuple(3 if n is None else n for n in variable.type.shape)
    if "int" in variable.dtype:
        return generator.integers(0, 3, shape).astype(variable.dtype)
    if wild:
        with np.errstate(over="ignore"):
            return generator.choice(WILD, shape).astype(variable.dtype)
    array = generator.uniform(0.2 if positive else -2, 2, shape)
    return np.asarray(array).astype(variable.dtype)


@pytest.mark.parametrize(("rules", "case"), CASES)
def test_rule(rules: list[Any], case: Row) -> None:
    before = case.before()
    after, fired = rewritten(rules, before)
    assert text(after) == case.after
    assert fired[case.rule]
    assert (after.dtype, after.broadcastable) == (before.dtype, before.broadcastable)
    inputs = [u for u in graph_inputs([before]) if u.name]
    for seed in range(20 if case.wild else 3):
        given = {u: values(u, case.wild, case.positive, 7 * seed + n) for n, u in enumerate(inputs)}
        with np.errstate(all="ignore"):
            (old,), (new,) = evaluate([before], given), evaluate([after], given)
        assert (new.dtype, new.shape) == (old.dtype, old.shape)
        np.testing.assert_allclose(new, old, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("rules", "case"), CASES)
def test_a_rule_is_left_out_by_name_and_tag(rules: list[Any], case: Row) -> None:
    (found,) = [r for r in rules if r.name == case.rule]
    assert len(found.tags) > 1, "Theano's name of it, or the kind, is missing"
    for tag in found.tags:
        _, fired = rewritten(rules, case.before(), frozenset({tag}))
        assert not fired[case.rule]


def test_every_rule_has_a_row_and_says_what_it_does() -> None:
    for rules, rows in ROWS.values():
        assert {r.name for r in rules} == {r.rule for r in rows}
        assert all("->" in r.text for r in rules)


def log_erfc(at: float) -> float:
    return float(np.log(scipy.special.erfcx(at)) - at**2)


def mean_square_less_squared_mean(values: Any) -> Any:
    return T.mean(values**2) - T.mean(values) ** 2


RIGHT = [  # what the form as written gets wrong, and the value it should have
    ("log1p", lambda: c("log", c("add", 1.0, s)), 1e-20, 1e-20),
    ("softplus", lambda: c("log", c("add", 1.0, c("exp", s))), 1000.0, 1000.0),
    ("log sigmoid", lambda: c("log", c("sigmoid", s)), -1000.0, -1000.0),
    ("log 1 - sigmoid", lambda: c("log", c("sub", 1.0, c("sigmoid", s))), 1000.0, -1000.0),
    ("expm1", lambda: c("sub", c("exp", s), 1.0), 1e-20, 1e-20),
    ("sigmoid tail", lambda: c("sub", 1.0, c("sigmoid", s)), 100.0, np.exp(-100.0)),
    ("erfc tail", lambda: c("sub", 1.0, c("erf", s)), 10.0, 2.088487583762545e-45),
    ("log erfc", lambda: c("log", c("erfc", s)), 30.0, log_erfc(30.0)),
    ("root of square", lambda: c("sqrt", c("square", s)), 1e200, 1e200),
    ("x log x", lambda: c("mul", s, c("log", s)), 0.0, 0.0),
    ("log of exponentials", lambda: c("log", c("add", c("exp", s), c("exp", c("add", s, 1.0)))), 1000.0, 1001.3132616875183),
    ("log of 1 - exp", lambda: c("log", c("sub", 1.0, c("exp", s))), -1e-20, np.log(1e-20)),
    ("erf - 1", lambda: c("sub", c("erf", s), 1.0), 10.0, -2.088487583762545e-45),
    ("1 + erf", lambda: c("add", 1.0, c("erf", s)), -10.0, 2.088487583762545e-45),
    ("variance", lambda: mean_square_less_squared_mean(c("add", s, np.array([1.0, 2.0, 4.0]))), 1e9, 14 / 9),
    ("log exp", lambda: c("log", c("exp", s)), 1000.0, 1000.0),
]


@pytest.mark.parametrize(("expression", "at", "value"), [pytest.param(*r[1:], id=r[0]) for r in RIGHT])
def test_what_was_wrong_becomes_right(expression: Callable[[], Any], at: float, value: float) -> None:
    after, _ = rewritten([*STABILITY, *ACCURACY, *ARITHMETIC, *POWERS], expression())
    np.testing.assert_allclose(evaluate([after], {s: at})[0], value, rtol=1e-13)
    assert not np.allclose(evaluate([expression()], {s: at})[0], value, rtol=1e-13, atol=0)


def test_logarithms_of_sums_and_softmax_do_not_overflow() -> None:
    far = np.array([[1000.0, 0.0], [-1000.0, -1001.0]])
    after, _ = rewritten(STABILITY, c("log", total(c("exp", x), 1)))
    np.testing.assert_allclose(evaluate([after], {x: far})[0], [1000.0, -1000.0 + np.log1p(np.exp(-1))])
    chosen = AdvancedSubtensor([ARRAY, ARRAY])(Softmax(1)(x), constant([0, 1]), constant([1, 1]))
    after, _ = rewritten(STABILITY, c("log", chosen))
    np.testing.assert_allclose(evaluate([after], {x: far})[0], [-1000.0, -1 - np.log1p(np.exp(-1))])
