"""The face of tensor expressions, usually imported as T: names only. Constructors, functions of variables, gradients, `nnet`.

Everything a file of ops lists in its `__all__` is here under the same name, so what is new there needs no line here. Families that few
programs need are listed in further.py, and loaded with the first name that is not here.
"""

from importlib import import_module
from typing import Any

from symgraph.errors import AsTensorError, EmptyConstantError, MethodNotDefined, NotScalarConstantError, ShapeError
from symgraph.expr import dtypes, make
from symgraph.expr.op import Apply, Op
from symgraph.expr.shared import TensorSharedVariable
from symgraph.expr.types import Generic, TensorType, Type, generic
from symgraph.expr.variable import Constant, SymbolicTensor, TensorConstant, Variable
from symgraph.gradient import forward, markers, reverse
from symgraph.ops import (
    binary,
    cast,
    compare,
    create,
    diagonal,
    index,
    join,
    layout,
    methods,  # which binds the operators and methods of variables
    moments,
    pad,
    reduce,
    scalars,
    shape,
    stop,
    unary,
)
from symgraph.ops import linalg as _products  # `linalg` is the face, as nnet is
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.nnet import softmax
from symgraph.settings import config

_FILES = (binary, cast, compare, create, diagonal, index, join, layout, _products, moments, pad, reduce, scalars, shape, softmax, stop, unary)
_ELSEWHERE = {"Softmax", "LogSoftmax", "log_softmax", "logsoftmax", "softmax", "softmax_graph"}  # softmax: in nnet alone, as in Theano
_NAMES: dict[str, Any] = {name: getattr(file, name) for file in _FILES for name in file.__all__
                          if not (name.isupper() or name in _ELSEWHERE)}
_NAMES |= make.constructors()
_NAMES |= {
    # names of Python's own functions, which the files of ops write with a line behind
    "sum": reduce.sum_, "max": reduce.max_, "min": reduce.min_, "any": reduce.any_, "all": reduce.all_, "divmod": methods.divmod_,
    "as_tensor": make.as_tensor, "as_tensor_variable": make.as_tensor, "as_variable": make.as_variable, "constant": make.constant,
    "tensor": make.tensor, "TensorType": TensorType, "TensorVariable": SymbolicTensor, "TensorConstant": TensorConstant,
    "Variable": Variable, "grad": reverse.grad, "Lop": reverse.Lop, "Rop": forward.Rop, "jvp": forward.jvp, "vjp": reverse.vjp,
    "grad_undefined": markers.grad_undefined,
    "grad_not_implemented": markers.grad_not_implemented, "NullType": markers.NullType,
    "discrete_dtypes": dtypes.DISCRETE, "continuous_dtypes": dtypes.CONTINUOUS, "integer_dtypes": dtypes.INTEGER,
    "float_dtypes": dtypes.FLOAT, "complex_dtypes": dtypes.COMPLEX, "int_dtypes": dtypes.SIGNED, "uint_dtypes": dtypes.UNSIGNED,
    "all_dtypes": dtypes.ALL, "Op": Op, "Apply": Apply, "Type": Type, "Constant": Constant, "Generic": Generic, "generic": generic, "config": config,
    "AsTensorError": AsTensorError, "MethodNotDefined": MethodNotDefined, "NotScalarConstantError": NotScalarConstantError,
    "EmptyConstantError": EmptyConstantError, "ShapeError": ShapeError,
    "DisconnectedType": markers.DisconnectedType, "Tensor": TensorType, "Elemwise": Elementwise, "CAReduce": reduce.Reduce,
    "CAReduceDtype": reduce.Reduce, "All": reduce.AllOf, "Any": reduce.AnyOf, "TensorSharedVariable": TensorSharedVariable,
}
for _file in (*_FILES, methods, forward, markers, reverse, make, dtypes):
    globals().pop(_file.__name__.rpartition(".")[2], None)  # what is behind the face is not part of it
del _file
globals().update(_NAMES)
_FACES = ("nnet", "raw_random", "shared_randomstreams", "signal")  # each loaded when it is asked for
_loaded: list[str] = []


def _names() -> list[str]:
    """All names, once the rest of them is loaded: what few programs need would double the time of `import symgraph`."""
    if not _loaded:
        _loaded.append("further")  # before the import, which asks for submodules by name
        from symgraph.tensor import further

        for file in ("arrange", "cumulate", "messages", "nans", "search", "sort", "further"):
            globals().pop(file, None)
        globals().update(further.NAMES)
        _loaded[:] = sorted({*_NAMES, *further.NAMES, *_FACES})
    return _loaded


def __dir__() -> list[str]:
    return _names()


def __getattr__(name: str) -> Any:
    """Only for names that are not here: those that are loaded now, or an error that names the nearest."""
    if name == "__all__":
        return _names()
    if name in _FACES:
        return import_module(f"symgraph.tensor.{name}")
    if not name.startswith("__"):
        if not _loaded and name in _names():
            return globals()[name]
        from difflib import get_close_matches

        near = get_close_matches(name, _loaded, 1)
    raise AttributeError(f"symgraph.tensor has no {name!r}" + (f"; is {near[0]!r} meant?" if not name.startswith("__") and near else ""))
