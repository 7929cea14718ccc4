"""The classes of Theano's ops on numbers: `isinstance(node.op.scalar_op, theano.scalar.Add)`. An op on numbers is here the same as that on arrays,
and all elementwise ops are of one class; so each of these stands for the ops of one row, and calling it gives that op.

`Composite` is an expression of numbers, which `T.Elemwise` applies to arrays; it is written into the expression, so it is native code with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pickle import UnpicklingError
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.variable import Variable
from symgraph.expr.walk import ancestors, clone_nodes
from symgraph.ops.elementwise import Elementwise, function
from symgraph.ops.scalarops import ScalarOp, as_scalar

__all__ = ["Composite"]

# Theano's class -> the row, where that is not its name in small letters.
_ROWS: dict[str, str] = {
    "AND": "and_", "IntDiv": "floor_div", "Inv": "reciprocal", "OR": "or_", "Psi": "digamma", "RoundHalfAwayFromZero": "round_half_away",
    "RoundHalfToEven": "round_half_even", "Sgn": "sign", "Sqr": "square", "TrueDiv": "true_div", "ComplexFromPolar": "complex_from_polar",
    "ScalarSigmoid": "sigmoid", "ScalarSoftplus": "softplus", "XlogX": "xlogx", "XlogY0": "xlogy",
} | {name: name.lower() for name in (
    "Abs Add Angle ArcCos ArcCosh ArcSin ArcSinh ArcTan ArcTan2 ArcTanh Ceil Chi2SF Clip Complex Conj Cos Cosh Deg2Rad EQ Erf Erfc Erfcinv "
    "Erfcx Erfinv Exp Exp2 Expm1 Floor GE GT Gamma GammaInc GammaIncC GammaLn I0 I1 Identity Imag Invert IsInf IsNan Iv J0 J1 Jv LE LT Log Log10 "
    "Log1p Log2 Maximum Minimum Mod Mul NEQ Neg Pow Rad2Deg Real Second Sin Sinh Sqrt Sub Switch Tan Tanh TriGamma Trunc XOR").split()}


class _OfRow(type):
    """A class whose only instance is the op of a row."""

    row: str

    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, Elementwise) and getattr(thing, "name", None) == cls.row

    def __call__(cls, output_types_preference: Any = None, name: str | None = None) -> Any:
        return function(cls.row)


class _Kind(metaclass=_OfRow):
    row = ""

    def __new__(cls) -> Any:
        """Reached by unpickling alone: the op of an expression of Theano's own."""
        raise UnpicklingError(f"the pickle holds an expression of Theano's (scalar.{cls.__name__}), whose graph cannot be loaded here: load shared "
                              "variables or their values, and write the expression again")

    def __init_subclass__(cls, **options: Any) -> None:
        if _Kind not in cls.__bases__:
            raise TypeError(f"{cls.__bases__[0].__name__} stands for the op {cls.row!r}, whose rule is a row of a table: an op on numbers of your "
                            "own is a subclass of UnaryScalarOp or BinaryScalarOp")


def __getattr__(name: str) -> Any:
    if name not in _ROWS:
        raise AttributeError(f"module {__name__} has no attribute {name!r}")
    row = _ROWS[name]
    function(row)  # an error now rather than where it is used, should there be no such row
    found = globals()[name] = _OfRow(name, (_Kind,), {"row": row, "__doc__": f"What `op.scalar_op` is of for the op {row!r}."})
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROWS})


class Composite(ScalarOp):
    """The expressions `outputs` of numbers, as functions of `inputs`, which are variables without dimensions.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> both = T.Elemwise(Composite([x, y], [x * y + x]))
    >>> v = T.dvector('v')
    >>> both(v, 2.0).eval({v: [1.0, 3.0]})
    array([3., 9.])
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable], name: str | None = None) -> None:
        super().__init__(name=name)
        self.inputs, self.outputs = [*map(as_scalar, inputs)], [*map(as_scalar, outputs)]
        self.nin, self.nout = len(self.inputs), len(self.outputs)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The expressions of these numbers: one, or a list of several."""
        return self._of([as_scalar(x) for x in inputs])

    @property
    def on_arrays(self) -> Callable[..., Any]:
        """The expressions of arrays, element by element, each of the shape that all arrays have together."""
        return lambda *arrays: self._of([as_tensor(x) for x in arrays])

    def _of(self, arguments: Sequence[Any]) -> Any:
        if len(arguments) != self.nin:
            raise TypeError(f"{self} takes {self.nin} arguments, got {len(arguments)}")
        found = clone_nodes(self.outputs, dict(zip(self.inputs, arguments)), retype=True)
        for k, output in enumerate(self.outputs):
            read = set(ancestors([output]))
            for x, argument in zip(self.inputs, arguments):
                if x not in read and argument.ndim:
                    found[k] = function("second")(argument, found[k])
        return found[0] if self.nout == 1 else found

    def _alike(self) -> tuple[Any, ...]:
        return (Composite, id(self))

    def __str__(self) -> str:
        return self.name or f"Composite{{{', '.join(str(x if x.owner is None else x.owner.op) for x in self.outputs)}}}"
