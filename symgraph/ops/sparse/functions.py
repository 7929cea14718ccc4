"""Functions of the stored elements: what is not stored stays so, whatever the function makes of 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.sparse import as_sparse_variable
from symgraph.ops.elementwise import function
from symgraph.ops.sparse.structure import csm_data, with_data

# Name here -> (name of the elementwise op, parameters behind the matrix).
FUNCTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "structured_sigmoid": ("sigmoid", ()), "structured_exp": ("exp", ()), "structured_log": ("log", ()), "structured_pow": ("pow", ("y",)),
    "structured_minimum": ("minimum", ("y",)), "structured_maximum": ("maximum", ("y",)), "structured_add": ("add", ("y",)),
    **{name: (name, ()) for name in ("sin", "tan", "arcsin", "arctan", "sinh", "arcsinh", "tanh", "arctanh", "ceil", "floor", "trunc", "log1p",
                                     "expm1", "deg2rad", "rad2deg", "sqrt")},
    "rint": ("round_half_even", ()), "sgn": ("sign", ()), "sqr": ("square", ()), "conj": ("conj", ()), "real": ("real", ()), "imag": ("imag", ()),
}

__all__ = ["structured_monoid", *FUNCTIONS]


def structured_monoid(tensor_op: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: the function it is put on, whose body is not used, becomes `tensor_op` of the stored elements of a sparse matrix and
    of scalars.

    >>> import symgraph.tensor as T
    >>> @structured_monoid(T.cos)
    ... def structured_cos(x):
    ...     "The cosine of the stored elements."
    """

    def decorator(described: Callable[..., Any]) -> Callable[..., Any]:
        def applied(*args: Any) -> Any:
            x = as_sparse_variable(args[0])
            scalars = [as_tensor(y) for y in args[1:]]
            for y in scalars:
                if y.ndim:
                    raise TypeError(f"{applied.__name__} takes a sparse matrix and scalars, got {y.type}")
            return with_data(x, tensor_op(csm_data(x), *scalars))

        applied.__name__ = applied.__qualname__ = described.__name__
        applied.__doc__ = described.__doc__
        return applied

    return decorator


def _function(name: str, row: str, parameters: tuple[str, ...]) -> Callable[..., Any]:
    def op(*args: Any) -> Any:
        if len(args) != 1 + len(parameters):
            raise TypeError(f"{name} takes {1 + len(parameters)} arguments (x{''.join(', ' + p for p in parameters)}), got {len(args)}")
        return function(row)(*args)

    def described() -> None: ...

    described.__name__ = name
    described.__doc__ = (f"{row}({', '.join(('x', *parameters))}) of the stored elements of the sparse matrix x"
                         f"{', y a scalar' if parameters else ''}. TypeError if x is not sparse.")
    return structured_monoid(op)(described)


for _name, (_row, _parameters) in FUNCTIONS.items():
    globals()[_name] = _function(_name, _row, _parameters)
