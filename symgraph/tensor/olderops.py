"""Theano's classes of ops that are functions here: told their parameters, and then called with variables: ``MaxAndArgmax((1,))(x)``.

They make expressions of other ops. Nothing in an expression is of these classes, so `isinstance(node.op, ...)` says so by an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph import tensor as T
from symgraph.errors import LeftOutError
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.ops.join import join
from symgraph.tensor.older import advanced_inc_subtensor, advanced_inc_subtensor1, advanced_set_subtensor, advanced_set_subtensor1

__all__ = [
    "OfParameters", "crossentropy_categorical_1hot_grad", "crossentropy_softmax_1hot_with_bias_dx", "ctc_available", "default", "join_",
    "prepend_0_to_each_row", "prepend_1_to_each_row", "prepend_scalar_to_each_row", "softmax_grad",
]


class _NeverInGraphs(type):
    def __instancecheck__(cls, thing: Any) -> bool:
        if isinstance(thing, Op):
            raise LeftOutError(f"{cls.__name__} makes an expression of other ops here: {thing} is of {type(thing).__name__}; ask for that")
        return type.__instancecheck__(cls, thing)


class OfParameters(metaclass=_NeverInGraphs):
    """Base: what was told as the op was made, in `told`; equal for equal parameters. A call makes the expression."""

    names: tuple[str, ...] = ()  # of the parameters, in order
    defaults: dict[str, Any] = {}
    build: Callable[..., Any]

    def __init__(self, *told: Any, **by_name: Any) -> None:
        known = self.defaults | dict(zip(self.names, told)) | by_name
        if len(told) > len(self.names) or set(known) != set(self.names):
            raise TypeError(f"{type(self).__name__} is told {', '.join(self.names) or 'nothing'}, got {(*told, *by_name.items())}")
        self.told = known

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["told"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}") from None

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return type(self).build(self, *inputs)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.told == other.told  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), tuple(map(str, self.told.items()))))

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{', '.join(f'{name}={value!r}' for name, value in self.told.items())}}}" if self.told else type(self).__name__


def _softmax_grad(dy: Any, sm: Any) -> Any:
    dy, sm = as_tensor(dy), as_tensor(sm)
    product = dy * sm
    return product - product.sum(axis=-1, keepdims=True) * sm


def _softmax_1hot_dx(dy: Any, sm: Any, y_idx: Any) -> Any:
    dy, sm, y_idx = as_tensor(dy), as_tensor(sm), as_tensor(y_idx)
    hit = T.eq(T.arange(sm.shape[1]).dimshuffle("x", 0), y_idx.dimshuffle(0, "x"))
    return (dy.dimshuffle(0, "x") if dy.ndim else dy) * (sm - hit)


def _categorical_grad(g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Any:
    g, p, label = as_tensor(g_y), as_tensor(coding_dist), as_tensor(true_one_of_n)
    rows = T.arange(label.shape[0])
    return T.set_subtensor(p.zeros_like()[rows, label], -g / p[rows, label])


def _prepend(val: Any, mat: Any) -> Any:
    mat = as_tensor(mat)
    column = T.zeros((mat.shape[0], 1), dtype=mat.dtype) + as_tensor(val).astype(mat.dtype)
    return T.concatenate([column, mat], axis=1)


def _default(x: Any, default: Any) -> Any:
    return as_tensor(default) if x is None else as_tensor(x)


# Class -> its parameters, those that may be left out, the expression, and what it says.
_CLASSES: dict[str, tuple[str, dict[str, Any], Callable[..., Any], str]] = {
    "AdvancedBooleanIncSubtensor": ("inplace set_instead_of_inc", {"inplace": False, "set_instead_of_inc": False}, lambda op, x, y, *index: (
        advanced_set_subtensor if op.set_instead_of_inc else advanced_inc_subtensor)(x, y, *index), "x with y added, or set, at a mask."),
    "AdvancedBooleanSubtensor": ("", {}, lambda op, x, *index: as_tensor(x)[index], "The elements of x where a mask is true."),
    "AdvancedIncSubtensor1": ("inplace set_instead_of_inc", {"inplace": False, "set_instead_of_inc": False}, lambda op, x, y, rows: (
        advanced_set_subtensor1 if op.set_instead_of_inc else advanced_inc_subtensor1)(x, y, rows), "x with y added to, or set as, rows."),
    "AdvancedSubtensor1": ("sparse_grad", {"sparse_grad": False}, lambda op, x, rows: as_tensor(x)[rows], "Rows of x by their numbers."),
    "AllocEmpty": ("dtype", {}, lambda op, *shape: T.empty(shape, dtype=op.dtype), "An array of that shape whose values are not said."),
    "ARange": ("dtype", {}, lambda op, start, stop, step: T.arange(start, stop, step, dtype=op.dtype), "Numbers from start to stop."),
    "Choose": ("mode", {}, lambda op, a, choices: T.choose(a, choices, mode=op.mode), "Of the choices, for each element that which a says."),
    "CrossentropyCategorical1Hot": ("", {}, lambda op, coding_dist, true_one_of_n: T.nnet.crossentropy_categorical_1hot(coding_dist, true_one_of_n),
                                    "Minus the logarithm of the probability of each row's label."),
    "CrossentropyCategorical1HotGrad": ("", {}, lambda op, *xs: _categorical_grad(*xs), "Its derivative by the probabilities."),
    "CrossentropySoftmax1HotWithBiasDx": ("", {}, lambda op, *xs: _softmax_1hot_dx(*xs), "The derivative of the loss of a softmax by its input."),
    "CrossentropySoftmaxArgmax1HotWithBias": ("", {}, lambda op, x, b, y_idx: T.nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx),
                                              "Losses, softmax and largest classes of x + b."),
    "Default": ("", {}, lambda op, x, default: _default(x, default), "x, or the default if x is None."),
    "DoubleOp": ("", {}, lambda op, x: as_tensor(x) * 2, "Twice x."),
    "MaxAndArgmax": ("axis", {}, lambda op, x: T.max_and_argmax(x, axis=op.axis), "The largest elements along axes, and where they are."),
    "Mean": ("axis", {"axis": None}, lambda op, x: as_tensor(x).mean(axis=op.axis), "The mean along axes."),
    "PermuteRowElements": ("", {}, lambda op, x, y, inverse=0: T.permute_row_elements(x, y, inverse), "Each row of x in the order that y says."),
    "Prepend_scalar_constant_to_each_row": ("val", {"val": 0}, lambda op, mat: _prepend(op.val, mat), "A first column of one number."),
    "Prepend_scalar_to_each_row": ("", {}, lambda op, val, mat: _prepend(val, mat), "A first column of one number."),
    "ScalarFromTensor": ("", {}, lambda op, x: as_tensor(x), "x: numbers are arrays without dimensions."),
    "SoftmaxGrad": ("", {}, lambda op, dy, sm: _softmax_grad(dy, sm), "The derivative of a softmax, of that by its output and the output."),
    "SoftmaxWithBias": ("", {}, lambda op, x, b: T.nnet.softmax_with_bias(x, b), "The softmax of x + b."),
    "TensorFromScalar": ("", {}, lambda op, x: as_tensor(x), "x: numbers are arrays without dimensions."),
    "Tri": ("dtype", {"dtype": None}, lambda op, N, M, k: T.tri(N, M, k, dtype=op.dtype), "Ones at and below the k-th diagonal."),
}
for _name, (_told, _defaults, _build, _doc) in _CLASSES.items():
    globals()[_name] = _NeverInGraphs(_name, (OfParameters,), {
        "names": tuple(_told.split()), "defaults": _defaults, "build": _build, "__doc__": _doc, "__module__": __name__})

default = setdefault = globals()["Default"]()
join_ = join
softmax_grad = globals()["SoftmaxGrad"]()
prepend_scalar_to_each_row = globals()["Prepend_scalar_to_each_row"]()
prepend_0_to_each_row, prepend_1_to_each_row = (globals()["Prepend_scalar_constant_to_each_row"](k) for k in (0.0, 1.0))
crossentropy_softmax_1hot_with_bias_dx = globals()["CrossentropySoftmax1HotWithBiasDx"]()
crossentropy_categorical_1hot_grad = globals()["CrossentropyCategorical1HotGrad"]()
advanced_boolean_subtensor = globals()["AdvancedBooleanSubtensor"]()
advanced_boolean_inc_subtensor = globals()["AdvancedBooleanIncSubtensor"]()
advanced_boolean_set_subtensor = globals()["AdvancedBooleanIncSubtensor"](set_instead_of_inc=True)


def ctc_available() -> bool:
    """Whether there is connectionist temporal classification: True, for no library is needed."""
    return True
