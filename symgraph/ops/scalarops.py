"""Elementwise functions of one's own, as Theano has them: a class that says what is done with one number, made an op on arrays by `Elemwise`.

    class Softsign(UnaryScalarOp):
        def impl(self, x):
            return x / (1.0 + abs(x))

        def grad(self, inputs, output_grads):
            (x,), (g,) = inputs, output_grads
            return [g / (1.0 + abs(x)) ** 2]

    softsign = T.Elemwise(Softsign(upgrade_to_float, name="softsign"))

`impl` is called with Python's numbers, one element after another, as Theano does without a C compiler; an expression of ops that are there
already is native code, and faster by far. Scalar types are those of arrays without dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.errors import MethodNotDefined
from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import TensorType
from symgraph.expr.walk import toposort
from symgraph.ops.elementwise import Elementwise, Row

__all__ = [
    "BinaryScalarOp", "OwnElementwise", "Scalar", "ScalarOp", "UnaryScalarOp", "all_types", "as_scalar", "bool", "complex128", "complex64",
    "complex_types", "continuous_types", "discrete_types", "float16", "float32", "float64", "float_out", "float_types", "get_scalar_type", "int16",
    "int32", "int64", "int8", "int_out", "int_types", "real_out", "same_out", "same_out_float_only", "same_out_nocomplex", "specific_out",
    "transfer_type", "uint16", "uint32", "uint64", "uint8", "uint_types", "upcast", "upcast_out", "upcast_out_min8", "upcast_out_no_complex",
    "upcast_out_nobool", "upgrade_to_float", "upgrade_to_float64", "upgrade_to_float_no_complex",
]

Types = tuple[Any, ...]


# Types ----------------------------------------------------------------------------------------------------------------


def Scalar(dtype: str) -> TensorType:  # Theano's name
    """The type of one number of this dtype. TypeError if there is no such dtype.

    >>> Scalar('float64')('x').type.ndim
    0
    """
    return TensorType(dtypes.normal(dtype), ())


get_scalar_type = Scalar
discrete_types = tuple(map(Scalar, dtypes.DISCRETE))
bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64 = discrete_types
float_types = float16, float32, float64 = tuple(map(Scalar, dtypes.FLOAT))
complex_types = complex64, complex128 = tuple(map(Scalar, dtypes.COMPLEX))
int_types, uint_types = discrete_types[1:5], discrete_types[5:]
continuous_types = float_types + complex_types
all_types = discrete_types + continuous_types


def upcast(dtype: str, *more: str) -> str:
    """The dtype that holds all of these, by name.

    >>> upcast('int32', 'float32')
    'float64'
    """
    return dtypes.upcast(dtype, *more)


def as_scalar(x: Any, name: str | None = None) -> Any:
    """A variable without dimensions of a number, or such a variable itself. TypeError for anything else."""
    found = as_tensor(x, name=name)
    if found.ndim:
        raise TypeError(f"a scalar is wanted, got {found} of type {found.type}")
    return found


# What type the result has, of those of the arguments ------------------------------------------------------------------


def upcast_out(*types: Any) -> Types:
    """The type that holds all arguments."""
    return (Scalar(upcast(*[t.dtype for t in types])),)


def upcast_out_nobool(*types: Any) -> Types:
    """As `upcast_out`; TypeError if that is bool."""
    if (found := upcast_out(*types))[0] == bool:
        raise TypeError("bool output not supported")
    return found


def upcast_out_no_complex(*types: Any) -> Types:
    """As `upcast_out`; TypeError for complex arguments."""
    return upcast_out(*_real(types))


def upcast_out_min8(*types: Any) -> Types:
    """As `upcast_out`, but int8 for bool."""
    return (int8,) if (found := upcast_out(*types))[0] == bool else found


def same_out(type: Any) -> Types:
    """The type of the only argument."""
    return (type,)


def same_out_nocomplex(type: Any) -> Types:
    """The type of the only argument; TypeError if it is complex."""
    return _real((type,))


def same_out_float_only(type: Any) -> Types:
    """The type of the only argument; TypeError if it is no float."""
    if type not in float_types:
        raise TypeError("only float type are supported")
    return (type,)


def real_out(type: Any) -> Types:
    """The type of the only argument, or of its parts if it is complex."""
    return (Scalar(dtypes.part_of(type.dtype)),)


def upgrade_to_float(*types: Any) -> Types:
    """A float, or complex type, that holds all arguments: float32 for integers up to 16 bits, float64 for longer ones."""
    return (Scalar(upcast(*[dtypes.float_of(t.dtype) for t in types])),)


def upgrade_to_float_no_complex(*types: Any) -> Types:
    """As `upgrade_to_float`; TypeError for complex arguments."""
    return upgrade_to_float(*_real(types))


def upgrade_to_float64(*types: Any) -> Types:
    """float64."""
    return (float64,)


def int_out(*types: Any) -> Types:
    """int64."""
    return (int64,)


def float_out(*types: Any) -> Types:
    """float64."""
    return (float64,)


def specific_out(*results: Any) -> Callable[..., Types]:
    """These types, whatever the arguments are."""
    return lambda *types: results


def transfer_type(*positions: int) -> Callable[..., Types]:
    """The types of the arguments at these positions."""
    return lambda *types: tuple(types[k] for k in positions)


def _real(types: Types) -> Types:
    if any(t in complex_types for t in types):
        raise TypeError("complex argument not supported")
    return types


# Ops ------------------------------------------------------------------------------------------------------------------


class ScalarOp(Op):
    """Base of functions of numbers: a subclass says `impl(self, *numbers)`, and `grad(self, inputs, output_grads)` in symbols if it has a
    gradient. nin: how many arguments (-1: any number).

    output_types_preference: a function of the arguments' types (`upgrade_to_float`, `same_out` ...) that gives the type of the result, in a tuple;
    a subclass may say `output_types(types)` instead. Two such ops are equal if their class, their preference and their `__props__` are.
    """

    nin = -1
    nout = 1

    def __init__(self, output_types_preference: Callable[..., Types] | None = None, name: str | None = None) -> None:
        self.name = name
        if output_types_preference is not None:
            self.output_types_preference: Any = output_types_preference

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The function of variables without dimensions, or of numbers. TypeError for arrays: `Elemwise` makes an op on these."""
        return OwnElementwise(self)(*map(as_scalar, inputs))

    def make_node(self, *inputs: Any) -> Apply:
        """The node behind `op(*inputs)`."""
        made: Apply = self(*inputs).owner
        return made

    def output_types(self, types: Any) -> Any:  # type: ignore[override]
        """The types of the results, of those of the arguments."""
        if not hasattr(self, "output_types_preference"):
            raise MethodNotDefined(f"Cannot calculate the output types for {self}: give output_types_preference, upgrade_to_float for instance")
        return self.output_types_preference(*types)

    def impl(self, *inputs: Any) -> Any:
        """What is done with one number of each argument."""
        raise MethodNotDefined(f"impl of {type(self).__name__} is not defined: say in it what is done with one number of each argument")

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        raise MethodNotDefined(f"grad of {type(self).__name__} is not defined: {self} has no gradient")

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        return self.grad(inputs, output_grads)

    def _alike(self) -> tuple[Any, ...]:
        return (type(self), getattr(self, "output_types_preference", None), *[getattr(self, name) for name in self.__props__])

    def __eq__(self, other: object) -> Any:
        return isinstance(other, ScalarOp) and self._alike() == other._alike()

    def __hash__(self) -> int:
        return hash(self._alike())

    def __str__(self) -> str:
        return getattr(self, "name", None) or type(self).__name__


class UnaryScalarOp(ScalarOp):
    """Base of functions of one number."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """Base of functions of two numbers."""

    nin = 2


class OwnElementwise(Elementwise):
    """A ScalarOp, applied to arrays element by element: what `T.Elemwise(scalar_op)` makes. inplace_pattern and openmp are accepted for Theano's
    sake; nfunc_spec: (name of a function of numpy's or scipy's that does the same on arrays, number of arguments, number of results)."""

    __props__ = ("scalar_op",)

    def __init__(self, scalar_op: Any, inplace_pattern: Any = None, name: str | None = None, nfunc_spec: Any = None, openmp: Any = None) -> None:
        if not isinstance(scalar_op, ScalarOp):
            raise TypeError(f"Elemwise wants an op on numbers (a ScalarOp), got {scalar_op!r} of {type(scalar_op)}")
        if scalar_op.nout != 1:
            raise TypeError(f"{scalar_op} gives {scalar_op.nout} results; an elementwise op has one, so make one op of each")
        self.scalar_op = scalar_op
        self._spec = nfunc_spec
        self.row = Row(f"Elemwise{{{scalar_op}}}", ("*",) if scalar_op.nin < 0 else tuple(f"x{k}" for k in range(scalar_op.nin)), self._of_types,
                       _on_arrays(scalar_op, nfunc_spec), _no_rule, self._gradient, type(scalar_op).__doc__ or f"{scalar_op}, element by element.",
                       cost=1000, holomorphic=False)
        self.name = self.row.name
        self.cost = self.row.cost
        self.__name__ = name or str(scalar_op)
        self.__doc__ = self.row.doc
        self._types, self._outputs = {}, {}

    def __str__(self) -> str:
        return self.__name__

    __repr__ = __str__

    def __reduce__(self) -> Any:
        return OwnElementwise, (self.scalar_op, None, self.__name__, self._spec)

    def lowering(self, node: Apply) -> str:
        """It is called back."""
        return "python"

    def _of_types(self, *names: str) -> Any:
        found = tuple(self.scalar_op.output_types([Scalar(name) for name in names]))
        if len(found) != 1:
            raise TypeError(f"the types of the results of {self.scalar_op} are to be one in a tuple, got {found!r}")
        return names, found[0].dtype

    def _gradient(self, inputs: Sequence[Any], output: Any, g: Any) -> list[Any]:
        """The scalar op's own, said of numbers, taken to arrays: rules ask for the types of numbers."""
        numbers = [Scalar(x.type.dtype)() for x in inputs]
        result, grad = self(*numbers), Scalar(g.type.dtype)()
        terms = self.scalar_op.L_op(numbers, [result], [grad])
        if not isinstance(terms, (list, tuple)) or len(terms) != len(numbers):
            raise TypeError(f"grad of {self.scalar_op} is to give a list of {len(numbers)} terms, got {terms!r}")
        known = dict(zip((*numbers, result, grad), (*inputs, output, g)))
        return _raised([None if term is None else as_scalar(term) for term in terms], known, output)


def _on_arrays(scalar_op: ScalarOp, spec: Any) -> Callable[..., Any]:
    if spec is not None:
        import scipy.special

        name = spec[0].rpartition(".")[2]
        found: Any = getattr(np, name, None) or getattr(scipy.special, name, None)
        if found is not None:
            return found  # type: ignore[no-any-return]

    def call(*arrays: Any) -> Any:
        return np.asarray(np.frompyfunc(scalar_op.impl, len(arrays), 1)(*arrays))

    return call


def _no_rule(b: Any, *values: Any) -> Any:
    raise MethodNotDefined("an op of one's own has no native rule")


def _raised(terms: Sequence[Any], known: dict[Any, Any], output: Any) -> list[Any]:
    """Expressions of numbers as expressions of arrays: `known` says of some numbers which arrays stand for them."""
    for node in toposort([term for term in terms if term is not None], known):
        if any(x in known for x in node.inputs):
            copies = node.op(*[known.get(x, x) for x in node.inputs], return_list=True)
            known.update(zip(node.outputs, copies))
    found = []
    for term in terms:
        raised = known.get(term, term)
        found.append(None if term is None else raised if raised.ndim == output.ndim else output.fill(raised))
    return found
