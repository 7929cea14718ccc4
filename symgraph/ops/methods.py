"""Where ops meet: operators, indexing, methods and numpy's protocols of tensor variables, bound from tables.

Importing this file binds them; the rows of families that few programs need are in further.py, loaded on demand. Methods not in a table
of these files: `eval`, which compiles (symgraph/compile binds it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symgraph.errors import AsTensorError, IntegerDivisionError
from symgraph.expr.dtypes import DISCRETE
from symgraph.expr.make import as_tensor, as_variable
from symgraph.expr.sparse import SPARSE_OPERATORS
from symgraph.expr.variable import TensorVariable
from symgraph.ops import (
    binary,
    cast,
    compare,
    create,
    diagonal,
    index,
    join,
    layout,
    linalg,
    moments,
    pad,
    reduce,
    scalars,
    shape,
    stop,
    unary,
)
from symgraph.ops.compositions import COMPOSITIONS
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.protocols import NumpyProtocols, of_this_numpy
from symgraph.settings import config

__all__ = ["METHODS", "NUMPY_FUNCTIONS", "PROPERTIES", "UFUNCS", "divmod_"]

# Operators ------------------------------------------------------------------------------------------------------------


def _itself(x: Any) -> Any:
    """x."""
    return x


def _divide(x: Any, y: Any) -> Any:
    """x / y; of two discrete dtypes in floatX, or IntegerDivisionError if the setting int_division says 'raise'."""
    if config.int_division == "raise" and x.type.dtype in DISCRETE and y.type.dtype in DISCRETE:
        raise IntegerDivisionError(f"{x.type.dtype} / {y.type.dtype}, and the setting int_division says raise: write // for the quotient of "
                                   "integers, or T.true_div(x, y)")
    return binary.true_div(x, y)


BINARY: dict[str, Callable[..., Any]] = {
    "add": binary.add, "sub": binary.sub, "mul": binary.mul, "truediv": _divide, "floordiv": binary.floor_div,
    "mod": binary.mod, "pow": binary.pow, "matmul": linalg.matmul, "and": compare.and_, "or": compare.or_, "xor": compare.xor,
    "lshift": compare.left_shift, "rshift": compare.right_shift,
}
COMPARISONS: dict[str, Callable[..., Any]] = {"lt": compare.lt, "le": compare.le, "gt": compare.gt, "ge": compare.ge}
UNARY: dict[str, Callable[..., Any]] = {
    "neg": unary.neg, "abs": unary.abs, "invert": compare.invert, "ceil": unary.ceil, "floor": unary.floor, "trunc": unary.trunc,
    "pos": _itself,
}


def _forward(op: Callable[..., Any]) -> Callable[..., Any]:
    def operator(self: Any, other: Any) -> Any:
        try:
            other = as_tensor(other)
        except AsTensorError:  # the other side may know what to do
            return NotImplemented
        return op(self, other)

    operator.__doc__ = op.__doc__
    return operator


def _reflected(op: Callable[..., Any]) -> Callable[..., Any]:
    def operator(self: Any, other: Any) -> Any:
        try:
            other = as_tensor(other)
        except AsTensorError:
            return NotImplemented
        return op(other, self)

    operator.__doc__ = f"The same with the variable on the right. {op.__doc__}"
    return operator


def _unary(op: Callable[..., Any]) -> Callable[..., Any]:
    def operator(self: Any) -> Any:
        return op(self)

    operator.__doc__ = op.__doc__
    return operator


def divmod_(x: Any, y: Any) -> tuple[Any, Any]:
    """The pair of floor quotient and remainder."""
    return binary.floor_div(x, y), binary.mod(x, y)


# What Python asks of an object ----------------------------------------------------------------------------------------


def _truth(self: Any) -> bool:
    """True, as for any object, so that `if x:` asks whether there is a variable; not for the outcome of a comparison."""
    if self.owner is not None and self.dtype == "bool":
        raise TypeError("Variables do not support boolean operations.")
    return True


def _length(self: Any) -> int:
    raise TypeError(f"object of type '{type(self).__name__}' has no len(): use {self}.shape[0], or {self}.ndim")


def _iterate(self: Any) -> Iterator[Any]:
    """Its parts along the first dimension, where the size of that is known."""
    if self.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    count = self.type.shape[0]
    if count is None:
        raise TypeError(
            f"TensorType does not support iteration, as the length of {self} is not known. Maybe you are using builtins.sum instead of "
            "symgraph.tensor.sum? (Maybe .max?)")
    return iter([self[k] for k in range(count)])


def _assign(self: Any, key: Any, value: Any) -> None:
    raise TypeError(f"'{type(self).__name__}' object does not support item assignment: set_subtensor(x[...], y) gives a changed copy")


def _integer(self: Any) -> int:
    raise TypeError(f"{self} has no value yet: it is no number (x.astype('int64') makes whole numbers of its values)")


def _round(self: Any, digits: int | None = None) -> Any:
    if digits:
        raise TypeError("round() of a variable takes no digits")
    return unary.round(self)


# Methods --------------------------------------------------------------------------------------------------------------


def _copy(x: Any, name: str | None = None) -> Any:
    """x again, as another variable."""
    y = stop.Identity()(x)
    y.name = name
    return y


def _transfer(x: Any, target: str | None = None) -> Any:
    """x: values are moved to a device by the compiler, not by the expression."""
    return x


def _clip(x: Any, a_min: Any = None, a_max: Any = None) -> Any:
    """x, with what is below a_min or above a_max replaced by these; None: there is no such bound."""
    if a_min is None or a_max is None:
        above = x if a_min is None else binary.maximum(x, a_min)
        return above if a_max is None else binary.minimum(above, a_max)
    return compare.clip(x, a_min, a_max)


def _dot(x: Any, right: Any) -> Any:
    """The product with `right`, as `T.dot`."""
    return linalg.dot(x, right)


def _fill(x: Any, value: Any) -> Any:
    """`value`, repeated to the shape of x."""
    return binary.fill(x, value)


def _mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
    """The mean of the elements along `axis`, as `T.mean`."""
    return moments.mean(x, axis, dtype, keepdims=keepdims, acc_dtype=acc_dtype)


def _reshape(x: Any, shape: Any, ndim: int | None = None) -> Any:
    """The elements of x, in C order, in another shape, as `T.reshape`."""
    return layout.reshape(x, shape, ndim)


def _compress(x: Any, a: Any, axis: int | None = None) -> Any:
    """The elements or slices of `a` along `axis` where the vector x is not zero."""
    return index.compress(x, a, axis)


def _set(x: Any, y: Any) -> Any:
    """x[...].set(y): a copy of x where that part is y, as `T.set_subtensor(x[...], y)`."""
    return index.set_subtensor(x, y)


def _inc(x: Any, y: Any) -> Any:
    """x[...].inc(y): a copy of x with y added to that part, as `T.inc_subtensor(x[...], y)`."""
    return index.inc_subtensor(x, y)


def _elementwise() -> dict[str, Callable[..., Any]]:
    """Every elementwise op: more than Theano has, for the gradients of ops, which are written in methods."""
    found: dict[str, Callable[..., Any]] = {}
    for file in (unary, binary, compare):
        found |= {name: op for name in file.__all__ if isinstance(op := getattr(file, name), Elementwise)}
    return {name: op for name, op in found.items() if name not in ("real", "imag", "identity", "complex")}


METHODS: dict[str, Callable[..., Any]] = {
    **_elementwise(),
    # arrangement
    "dimshuffle": layout.dimshuffle, "flatten": layout.flatten, "ravel": layout.ravel, "reshape": _reshape,
    "transpose": layout.transpose, "swapaxes": layout.swapaxes, "squeeze": layout.squeeze, "copy": _copy, "transfer": _transfer,
    "specify_shape": shape.specify_shape, "broadcast_to": create.broadcast_to,
    "repeat": join.repeat, "roll": join.roll, "take": index.take, "diagonal": diagonal.diagonal, "trace": diagonal.trace, "nonzero": index.nonzero,
    "as_diagonal": diagonal.as_diagonal,
    "nonzero_values": index.nonzero_values, "choose": index.choose, "compress": _compress,
    "set": _set, "inc": _inc,
    # reductions
    "sum": reduce.sum_, "prod": reduce.prod, "max": reduce.max_, "min": reduce.min_, "argmax": reduce.argmax, "argmin": reduce.argmin,
    "any": reduce.any_, "all": reduce.all_, "mean": _mean, "var": moments.var, "std": moments.std, "ptp": moments.ptp,
    "norm": moments.norm,
    # values
    "astype": cast.cast, "fill": _fill, "clip": _clip, "zeros_like": create.zeros_like, "ones_like": create.ones_like, "dot": _dot,
    "round": unary.round, "conjugate": unary.conj, "sgn": unary.sign,
    "get_scalar_constant_value": scalars.get_scalar_constant_value,
    # matrices
    "tril": diagonal.tril, "triu": diagonal.triu,
}
PROPERTIES: dict[str, Callable[..., Any]] = {
    "shape": shape.shape, "size": shape.size, "T": layout.transpose, "mT": linalg.matrix_transpose, "real": unary.real, "imag": unary.imag,
}

# numpy on variables ---------------------------------------------------------------------------------------------------

UFUNCS: dict[str, Callable[..., Any]] = {
    "add": binary.add, "subtract": binary.sub, "multiply": binary.mul, "divide": binary.true_div, "floor_divide": binary.floor_div,
    "remainder": binary.mod, "power": binary.pow, "float_power": binary.pow, "divmod": divmod_, "matmul": linalg.matmul,
    "vecdot": linalg.vecdot, "matvec": linalg.matvec, "vecmat": linalg.vecmat,
    "maximum": binary.maximum, "minimum": binary.minimum, "arctan2": binary.arctan2, "hypot": binary.hypot, "logaddexp": binary.logaddexp,
    "negative": unary.neg, "positive": _copy, "absolute": unary.abs, "fabs": unary.abs, "sign": unary.sign, "square": unary.square,
    "reciprocal": unary.reciprocal, "rint": unary.round_half_even, "conjugate": unary.conj, "isnan": compare.isnan, "isinf": compare.isinf,
    "isfinite": compare.isfinite,
    "equal": compare.eq, "not_equal": compare.neq, "less": compare.lt, "less_equal": compare.le, "greater": compare.gt,
    "greater_equal": compare.ge, "bitwise_and": compare.and_, "bitwise_or": compare.or_, "bitwise_xor": compare.xor,
    "invert": compare.invert, "left_shift": compare.left_shift, "right_shift": compare.right_shift,
    "degrees": unary.rad2deg, "radians": unary.deg2rad,
    "fmax": lambda x, y: compare.switch(compare.isnan(x), y, compare.switch(compare.isnan(y), x, binary.maximum(x, y))),
    "fmin": lambda x, y: compare.switch(compare.isnan(x), y, compare.switch(compare.isnan(y), x, binary.minimum(x, y))),
    "logical_and": lambda x, y: compare.and_(_as_truth(x), _as_truth(y)),
    "logical_or": lambda x, y: compare.or_(_as_truth(x), _as_truth(y)),
    "logical_xor": lambda x, y: compare.xor(_as_truth(x), _as_truth(y)), "logical_not": lambda x: compare.eq(x, 0),
    **{name: getattr(unary, name) for name in (
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh",
        "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "deg2rad", "rad2deg", "floor", "ceil", "trunc")},
}
UFUNC_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": reduce.sum_, "multiply": reduce.prod, "maximum": reduce.max_, "minimum": reduce.min_, "logical_and": reduce.all_,
    "logical_or": reduce.any_,
}


NUMPY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **of_this_numpy(COMPOSITIONS), "angle": unary.angle, "full_like": create.full_like,
    "pad": lambda array, pad_width, mode="constant", constant_values=0: pad.pad(array, pad_width, mode, constant_values),
    **of_this_numpy({"concat": join.concatenate, "unstack": join.unstack}),
    "sum": reduce.sum_, "prod": reduce.prod, "max": reduce.max_, "min": reduce.min_, "amax": reduce.max_, "amin": reduce.min_,
    "argmax": reduce.argmax, "argmin": reduce.argmin, "any": reduce.any_, "all": reduce.all_, "ptp": moments.ptp,
    "mean": lambda a, axis=None, dtype=None, keepdims=False: moments.mean(a, axis, dtype, keepdims=keepdims),
    "dot": linalg.dot, "tensordot": linalg.tensordot, "outer": linalg.outer,
    "inner": linalg.inner, "kron": linalg.kron, "cross": linalg.cross, "einsum": linalg.einsum, "vander": linalg.vander,
    "linalg.multi_dot": linalg.multi_dot, **of_this_numpy({
        "linalg.matmul": linalg.matmul, "linalg.outer": linalg.outer, "linalg.tensordot": linalg.tensordot, "linalg.cross": linalg.cross,
        "linalg.vecdot": linalg.vecdot,
        "linalg.matrix_transpose": linalg.matrix_transpose, "matrix_transpose": linalg.matrix_transpose}),
    "concatenate": join.concatenate, "stack": join.stack, "tile": join.tile, "repeat": join.repeat, "roll": join.roll,
    "where": compare.where,
    "clip": lambda a, a_min=None, a_max=None, min=None, max=None: _clip(a, a_min if min is None else min, a_max if max is None else max),
    "transpose": layout.transpose,
    "swapaxes": layout.swapaxes, "moveaxis": layout.moveaxis, "squeeze": layout.squeeze, "expand_dims": layout.expand_dims,
    "shape": shape.shape, "size": shape.size, "ndim": lambda a: a.ndim, "real": unary.real, "imag": unary.imag,
    "arange": create.arange, "ones": create.ones, "full": create.full, "eye": create.eye, "tri": create.tri,
    "zeros_like": create.zeros_like, "ones_like": create.ones_like, "empty_like": create.empty_like,
    "broadcast_to": create.broadcast_to,
    "copy": _copy, "take": index.take, "nonzero": index.nonzero,
    "diag": diagonal.diag, "diagflat": diagonal.diagflat, "diagonal": diagonal.diagonal, "trace": diagonal.trace,
    "tril": diagonal.tril, "triu": diagonal.triu,
    "isclose": compare.isclose, "allclose": compare.allclose,
    **index.NUMPY, **join.NUMPY,
}
# What a ufunc's `accumulate` builds: a function of numpy's above, or a method
UFUNC_ACCUMULATIONS: dict[str, str] = {
    "add": "cumsum", "multiply": "cumprod", "maximum": "cummax", "minimum": "cummin", "logaddexp": "logcumsumexp",
}


def _as_truth(x: Any) -> Any:
    x = as_variable(x)
    return x if x.dtype == "bool" else compare.neq(x, 0)


def _ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """What `np.exp(x)` builds, and `np.add.reduce(x)`, accumulate, reduceat, outer."""
    return PROTOCOLS.ufunc(ufunc, method, inputs, options)


def _function(self: Any, function: Any, types: Any, args: Any, options: Any) -> Any:
    """What `np.sum(x)` builds."""
    return PROTOCOLS.function(function, types, args, options)


# Methods of families that few programs need: those are loaded with the first name that is not here, for `import symgraph` must stay
# fast (all of them together took half as long as numpy).
LATE_METHODS: tuple[str, ...] = tuple("""
    _add_along _asserted _take_along argsort beta betainc betainc_a betainc_aa betainc_ab betainc_b betainc_bb betaincc betainccinv betaincinv betaln
    binom chi2sf cummax cummin cumprod cumsum digamma entr erf erfc erfcinv erfcx erfinv gamma gammainc gammainc_k gammainc_kk gammaincc
    gammainccinv gammaincinv gammaln hurwitz_zeta hurwitz_zeta_x hurwitz_zeta_xx hyp2f1 hyp2f1_a hyp2f1_c i0 i0e i1 i1e iv ive j0 j1 jv k0 k0e
    k1 k1e kv kve log1mexp log_ndtr logcumsumexp logit ndtr ndtri owens_t poch polygamma psi riemann_zeta searchsorted sinc sort tri_gamma trigamma
    xlog1py xlogx xlogy xlogy0 y0 y1 yv
""".split())


def complete() -> None:
    """Load the families of symgraph/ops/further.py and bind what they give; done once."""
    from symgraph.ops import further

    if METHODS.keys() >= further.METHODS.keys():
        return
    for name, function in further.METHODS.items():
        METHODS[name] = function
        setattr(TensorVariable, name, _method(name, function))
    UFUNCS.update({name: rule for name, rule in further.UFUNCS.items() if name not in UFUNCS})
    NUMPY_FUNCTIONS.update(further.NUMPY_FUNCTIONS)
    UFUNC_REDUCTIONS.update(further.UFUNC_REDUCTIONS)
    PROTOCOLS.partial = further.PARTIAL_REDUCTIONS
    PROTOCOLS.know(NUMPY_FUNCTIONS)


PROTOCOLS = NumpyProtocols(UFUNCS, UFUNC_REDUCTIONS, UFUNC_ACCUMULATIONS, NUMPY_FUNCTIONS, METHODS, complete)


def _with_sparse() -> None:
    """Load the ops of sparse matrices, which binds the operators of sparse variables."""
    import symgraph.ops.sparse.methods  # noqa: F401


# Binding --------------------------------------------------------------------------------------------------------------


def _method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that hands on to the function, under its own name and with its documentation."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        return function(self, *args, **options)

    method.__name__ = name
    method.__qualname__ = f"TensorVariable.{name}"
    method.__doc__ = function.__doc__
    method.__wrapped__ = function  # type: ignore[attr-defined]
    return method


def _late_method(name: str) -> Callable[..., Any]:
    """A method that is loaded when it is called."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        complete()
        return getattr(self, name)(*args, **options)

    method.__name__ = name
    method.__qualname__ = f"TensorVariable.{name}"
    method.__doc__ = f"As `T.{name}` of this variable."
    return method


def _bind(cls: Any) -> None:
    for name, op in BINARY.items():
        setattr(cls, f"__{name}__", _forward(op))
        setattr(cls, f"__r{name}__", _reflected(op))
    cls.__divmod__, cls.__rdivmod__ = _forward(divmod_), _reflected(divmod_)
    for name, op in COMPARISONS.items():
        setattr(cls, f"__{name}__", _forward(op))
    for name, op in UNARY.items():
        setattr(cls, f"__{name}__", _unary(op))
    for name, function in METHODS.items():
        setattr(cls, name, _method(name, function))
    for name in LATE_METHODS:
        setattr(cls, name, _late_method(name))
    for name, function in PROPERTIES.items():
        setattr(cls, name, property(_unary(function), doc=function.__doc__))
    cls.__getitem__ = _method("__getitem__", index.getitem)
    cls.__setitem__, cls.__iter__, cls.__len__, cls.__bool__, cls.__round__ = _assign, _iterate, _length, _truth, _round
    cls.__div__, cls.__rdiv__ = cls.__truediv__, cls.__rtruediv__  # Python 2's names, which programs call by name
    cls.__nonzero__, cls.__dot__, cls.__rdot__ = _truth, _dot, _reflected(linalg.dot)
    cls.__int__ = _integer  # else int() would take what __trunc__ gives
    cls.__array_ufunc__, cls.__array_function__ = _ufunc, _function


_bind(TensorVariable)
as_variable.stack = join.stack  # type: ignore[attr-defined]
SPARSE_OPERATORS.append(_with_sparse)
