"""The pattern of elementwise ops: one class, and one row of a table for each function.

A Row says what the function does with one element: its numpy rule, its native rule, its derivative, its dtypes. The class does
the rest once for all: broadcasting, casts, shapes, gradients summed over what was broadcast, forward mode. The tables stand in
unary.py, binary.py, compare.py and special.py; a file of other ops may have rows of its own.

Of all sizes only those known to be 1 are broadcast (as Theano's `broadcastable`); others must be equal, or the call fails.
An operand with fewer dimensions gets dimensions of size 1 on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from importlib import import_module
from typing import Any

import numpy as np

from symgraph.errors import ComplexError, NullTypeGradError
from symgraph.expr.dtypes import COMPLEX, CONTINUOUS, DISCRETE, float_of, part_of, upcast
from symgraph.expr.make import as_variable, constant
from symgraph.expr.nogradient import grad_not_implemented
from symgraph.expr.op import NUMPY_ERRORS, Apply, Op
from symgraph.expr.stacks import aligned, examples_ndim
from symgraph.expr.types import TensorType, tensor_type
from symgraph.expr.variable import Constant, Variable
from symgraph.settings import config

__all__ = ["UNDEFINED", "Elementwise", "Row", "function", "table"]

UNDEFINED: Any = object()  # a derivative that exists and is not known here

Types = tuple[tuple[str, ...], str]  # in which dtypes the operands are taken, and that of the result


class Row:
    """What an elementwise function is.

    arguments: their names; ('*',) for any number (one at least).
    types(*dtypes): the dtype each operand is cast to and that of the result; TypeError for what cannot be.
    compute(*arrays), scalar(b, *values): the numpy rule on arrays of these dtypes, the native rule (codegen/rules.py) on one
    element. float16 comes as float32 to both, and the result is rounded.
    gradient(inputs, output, g): what each input gets of the output's gradient g, as the shape of the output; None: nothing,
    wherever there is a derivative; UNDEFINED: it has not been worked out. Discrete inputs that are taken as floats come as floats.
    Of complex functions it says the derivative as of real ones if they are holomorphic; else (`holomorphic=False`) the gradient by
    real and imaginary part, and `tangent(inputs, output, tangents)`, one term an input, for forward mode.
    shape_only: inputs whose shape alone counts. cost: rough number of operations (codegen.rules.Pointwise).
    prepare(inputs): the inputs as they shall be.
    """

    # A plain class: dataclasses took 6 ms of each `import symgraph`.
    def __init__(
        self, name: str, arguments: tuple[str, ...], types: Callable[..., Types], compute: Callable[..., Any], scalar: Callable[..., Any],
        gradient: Callable[..., Sequence[Any]] | None, doc: str, cost: int = 1, holomorphic: bool = True,
        tangent: Callable[..., Sequence[Any]] | None = None, shape_only: tuple[int, ...] = (),
        prepare: Callable[[list[Any]], list[Any]] | None = None,
    ) -> None:
        self.name, self.arguments, self.types, self.compute, self.scalar = name, arguments, types, compute, scalar
        self.gradient, self.doc, self.cost, self.holomorphic = gradient, doc, cost, holomorphic
        self.tangent, self.shape_only, self.prepare = tangent, shape_only, prepare


LATE_TABLES = "symgraph.ops.special"  # whose rows are made known with the first name that is in no other table
OWN = "symgraph.ops.scalarops"  # whose class applies ops of the user's own
_ROWS: dict[str, tuple[Row, str]] = {}  # by name; with the module that has the op as an attribute, for pickle


def table(module: str, rows: Sequence[Row]) -> None:
    """Make the rows of a file known. ValueError if a name is taken."""
    for row in rows:
        if row.name in _ROWS:
            raise ValueError(f"there is an elementwise op {row.name!r} already, in {_ROWS[row.name][1]}")
        _ROWS[row.name] = row, module


def function(name: str) -> Elementwise:
    """The elementwise op of this name, from any of the tables; KeyError if there is none."""
    found = _OPS.get(name)
    if found is None:
        if name not in _ROWS:
            import_module(LATE_TABLES)
        found = _OPS[name] = Elementwise(name)
    return found


_OPS: dict[str, Elementwise] = {}


def _unpickled(module: str, name: str) -> Elementwise:
    import_module(module)  # which makes its rows known
    return function(name)


class _Itself:
    def __get__(self, op: Any, kind: Any = None) -> Any:
        return self if op is None else op


class Elementwise(Op):
    """A function of numbers, applied to arrays element by element. name: of a row in a table."""

    __props__ = ("name",)
    scalar_op: Any = _Itself()  # Theano's: what is done with one number, which `theano.scalar.Add` and its kin are the classes of

    def __new__(cls, name: Any, /, *more: Any, **options: Any) -> Any:
        """The op of a row; of a ScalarOp of the user's own (`symgraph/ops/scalarops.py`) an op that applies it; an op itself, as Theano's scalar ops
        are here the same as those on arrays."""
        if isinstance(name, Elementwise):
            return name
        if (lifted := getattr(name, "on_arrays", None)) is not None:  # an expression of numbers
            return lifted
        own = cls is Elementwise and not isinstance(name, str)
        return object.__new__(import_module(OWN).OwnElementwise if own else cls)

    def __init__(self, name: Any, /, *more: Any, **options: Any) -> None:
        if name is self:
            return
        self.name = name
        self.row, self._module = _ROWS[name]
        self.cost = self.row.cost
        self.__name__ = name
        self.__doc__ = self.row.doc
        self._types: dict[tuple[str, ...], Types] = {}
        self._outputs: dict[tuple[Any, ...], TensorType] = {}

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    def __reduce__(self) -> Any:
        return _unpickled, (self._module, self.name)

    # Use --------------------------------------------------------------------------------------------------------------
    def make_node(self, *inputs: Any, **named: Any) -> Apply:
        if named:
            inputs = self._with_named(inputs, named)
        arguments = self.row.arguments
        if len(inputs) != len(arguments) and (arguments != ("*",) or not inputs):
            count = "one argument or more" if arguments == ("*",) else f"the arguments {', '.join(arguments)}"
            raise TypeError(f"{self.name} takes {count}, got {len(inputs)}")
        variables = [x if isinstance(x, Variable) else as_variable(x) for x in inputs]
        if self.row.prepare is not None:
            variables = self.row.prepare(variables)
        (result,) = self.output_types(*variables)
        return Apply(self, variables, [result.variable_class(result)])

    def _with_named(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        rest = self.row.arguments[len(inputs) :]
        if set(named) != set(rest):
            raise TypeError(f"{self.name} takes the arguments {', '.join(self.row.arguments)}; got {len(inputs)} and {', '.join(named)}")
        return (*inputs, *[named[key] for key in rest])

    # Types and sizes --------------------------------------------------------------------------------------------------
    def types(self, *dtypes: str) -> Types:
        """The dtypes the operands are cast to, and that of the result."""
        found = self._types.get(dtypes)
        if found is None:
            found = self._types[dtypes] = self.row.types(*dtypes)
        return found

    def output_types(self, *inputs: Any) -> list[TensorType]:
        key = tuple([x.type for x in inputs])
        found = self._outputs.get(key)
        if found is None:
            for x in inputs:
                if not isinstance(x.type, TensorType):
                    raise TypeError(f"{self.name} works on tensors, got {x} of type {x.type}")
            dtype = self.types(*[x.type.dtype for x in inputs])[1]
            (shape,) = self.static_sizes(*inputs)
            if len(self._outputs) > 10000:
                self._outputs.clear()
            found = self._outputs[key] = tensor_type(dtype, shape)
        return [found]

    def sizes(self, s: Any, *inputs: Any) -> Any:
        ndim = max(len(x.shape) for x in inputs)
        out: list[Any] = []
        for axis in range(ndim):
            size: Any = 1
            first = 0
            for position, x in enumerate(inputs):
                place = axis - ndim + len(x.shape)
                if place < 0 or _is_one(n := x.shape[place]):
                    continue
                if _is_one(size):
                    size, first = n, position
                else:
                    size = s.same(size, n, _mismatch(first, position, axis), size, n)
            out.append(size)
        return [tuple(out)]

    # Values -----------------------------------------------------------------------------------------------------------
    def compute(self, *arrays: Any) -> Any:
        """The numpy rule. It broadcasts as numpy; that sizes fit, `perform` has checked, which knows the types."""
        operands, dtype = self.types(*[np.asarray(x).dtype.name for x in arrays])
        values = [np.asarray(x).astype(_working(wanted), copy=False) for x, wanted in zip(arrays, operands)]
        with np.errstate(**NUMPY_ERRORS):
            result = np.asarray(self.row.compute(*values)).astype(dtype, copy=False)
        return result.copy() if result.base is not None or any(result is x for x in arrays) else result

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        if len(inputs) > 1:
            _check_sizes(node, inputs)
        output_storage[0][0] = self.compute(*inputs)

    # Lowering ---------------------------------------------------------------------------------------------------------
    def element(self, b: Any, index: Any, *inputs: Any) -> Any:
        operands, dtype = self.types(*[x.dtype for x in inputs])
        ndim = len(index)
        values: list[Any] = []
        for position, (x, wanted) in enumerate(zip(inputs, operands)):
            if position in self.row.shape_only:
                values.append(None)
                continue
            first = ndim - len(x.shape)
            place = [0 if _is_one(n) else index[first + axis] for axis, n in enumerate(x.shape)]
            values.append(b.cast(x(*place), _working(wanted)))
        return b.cast(self.row.scalar(b, *values), dtype)

    def reads(self, node: Any) -> list[str]:
        (out,) = node.outputs
        width = np.dtype(out.type.dtype).itemsize
        how = []
        for x in node.inputs:
            missing = out.type.ndim - x.type.ndim
            shape = (1,) * missing + x.type.shape
            if any(n == 1 and m != 1 for n, m in zip(shape, out.type.shape)):
                how.append("many")
            else:
                how.append("same" if not missing and np.dtype(x.type.dtype).itemsize == width else "once")
        return how

    # Derivatives ------------------------------------------------------------------------------------------------------
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (out,), (g,) = outputs, output_grads
        found: list[Any] = []
        for position, (x, term) in enumerate(zip(inputs, self._terms(inputs, out, g))):
            if position in self.row.shape_only:
                found.append(None)
            elif term is UNDEFINED and x.type.dtype in CONTINUOUS:
                found.append(grad_not_implemented(self, position, x))  # an error only if it is used
            else:
                found.append(_flat(x) if term is None or term is UNDEFINED else _fold(term, x, out))
        return found

    def _terms(self, inputs: Sequence[Any], out: Any, g: Any) -> Sequence[Any]:
        """What each input gets of g, of the shape of the output; None: nothing."""
        if self.row.gradient is None or out.type.dtype in DISCRETE:
            return [None] * len(inputs)
        inputs = self._as_floats(inputs)
        if self.row.holomorphic and out.type.dtype in COMPLEX:
            return [None if term is None else term.conj() for term in self.row.gradient(inputs, out, g.conj())]
        return self.row.gradient(inputs, out, g)

    def _as_floats(self, inputs: Sequence[Any]) -> list[Any]:
        """Discrete inputs that the function takes as floats: as floats, so that no derivative is computed in integers."""
        operands, _ = self.types(*[x.type.dtype for x in inputs])
        return [x.astype(wanted) if x.type.dtype in DISCRETE and wanted in CONTINUOUS else x for x, wanted in zip(inputs, operands)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """The derivatives are those of reverse mode: each element depends on its own operands only."""
        out = self(*inputs)
        moving = [(position, t) for position, t in enumerate(tangents) if t is not None and position not in self.row.shape_only]
        if not moving:
            return [None]
        total: Any = None
        for position, t in moving:
            term = self._tangent(inputs, out, position, t)
            if term is not None:
                total = term if total is None else total + term
        if total is None:
            return [_flat(out)]
        if total.type.ndim < out.type.ndim or any(n == 1 and m != 1 for n, m in zip(total.type.shape, out.type.shape)):
            total = function("second")(out, total)
        return [total]

    def _tangent(self, inputs: Sequence[Any], out: Any, position: int, t: Any) -> Any:
        row = self.row
        if row.gradient is None or out.type.dtype in DISCRETE:
            return None
        if row.tangent is not None:
            moves: list[Any] = [None] * len(inputs)
            moves[position] = t
            return row.tangent(self._as_floats(inputs), out, moves)[position]
        if self.name in ("add", "mul") and len(inputs) > 2:  # only the one term, of many
            others = [x for k, x in enumerate(self._as_floats(inputs)) if k != position]
            return t if self.name == "add" else self(t, *others)
        term = row.gradient(self._as_floats(inputs), out, t)[position]
        if term is UNDEFINED:
            raise NullTypeGradError(grad_not_implemented(self, position, inputs[position]).type.why_null)
        return term

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[position not in self.row.shape_only] for position in range(len(node.inputs))]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        ndim = examples_ndim(inputs, stacked)
        return [self(*[aligned(x, s, ndim) for x, s in zip(inputs, stacked)])]


# Broadcasting ---------------------------------------------------------------------------------------------------------


def _is_one(size: Any) -> bool:
    return isinstance(size, int) and size == 1


def _mismatch(first: int, second: int, axis: int) -> str:
    return f"Input dimension mis-match. (input[{first}].shape[{axis}] = {{}}, input[{second}].shape[{axis}] = {{}})"


def _check_sizes(node: Apply, arrays: Sequence[Any]) -> None:
    """ValueError if sizes differ that are not known to be 1: numpy would broadcast whatever is 1 in this call."""
    first = arrays[0].shape
    if all(a.shape == first for a in arrays):
        return
    ndim = max(a.ndim for a in arrays)
    for axis in range(ndim):
        size, owner = None, 0
        for position, (x, a) in enumerate(zip(node.inputs, arrays)):
            place = axis - ndim + a.ndim
            if place < 0 or x.type.shape[place] == 1:
                continue
            if size is None:
                size, owner = a.shape[place], position
            elif a.shape[place] != size:
                raise ValueError(_mismatch(owner, position, axis).format(size, a.shape[place]))


def _flat(x: Any) -> Any:
    """The gradient of x where the function is a step by it."""
    return x.zeros_like(dtype=config.floatX if x.type.dtype in DISCRETE else x.type.dtype)


def _fold(term: Any, x: Any, out: Any) -> Any:
    """The term summed over the dimensions along which x was repeated."""
    missing = out.type.ndim - x.type.ndim
    axes = [axis for axis in range(out.type.ndim)
            if (axis < missing or x.type.shape[axis - missing] == 1) and term.type.shape[axis] != 1]
    if axes:
        term = term.sum(axis=axes, keepdims=True)
    return term.dimshuffle(*range(missing, out.type.ndim)) if missing else term


# dtypes, for the tables -----------------------------------------------------------------------------------------------


def _working(dtype: str) -> str:
    return "float32" if dtype == "float16" else dtype


def common(*dtypes: str) -> Types:
    """All in one dtype, that of the result."""
    dtype = upcast(*dtypes)
    return (dtype,) * len(dtypes), dtype


def floats(*dtypes: str) -> Types:
    """As `common`, discrete dtypes as floats."""
    dtype = float_of(upcast(*dtypes))
    return (dtype,) * len(dtypes), dtype


def refusing(rule: Callable[..., Types], kinds: Sequence[str], name: str) -> Callable[..., Types]:
    """The rule, but TypeError if the common dtype is one of `kinds`."""

    def checked(*dtypes: str) -> Types:
        common_dtype = upcast(*dtypes)
        if common_dtype in kinds:
            raise (ComplexError if common_dtype in COMPLEX else TypeError)(f"{name} is not defined for {', '.join(dtypes)}")
        return rule(*dtypes)

    return checked


def real_floats(name: str) -> Callable[..., Types]:
    """As `floats`, not for complex numbers."""
    return refusing(floats, COMPLEX, name)


# For gradients --------------------------------------------------------------------------------------------------------


def number(value: float, like: Any) -> Any:
    """A constant in the precision of `like`, so that it does not lift a float32 expression to float64."""
    if like.type.dtype in DISCRETE:
        return constant(value)
    return constant(value, dtype=part_of(like.type.dtype))


def is_complex(x: Any) -> bool:
    """Whether a variable holds complex numbers."""
    return x.type.dtype in COMPLEX


def joined(b_operation: str) -> Callable[..., Any]:
    """The native rule of an n-ary function: the builder's operation from the left."""
    return lambda b, *values: reduce(getattr(b, b_operation), values)


def is_constant(x: Any, value: float) -> bool:
    """Whether x is a constant with this one value in every element."""
    return isinstance(x, Constant) and bool(x.data.size) and bool(np.all(x.data == value))
