"""What numpy had, and has no more: by these functions and constants of old programs."""

from __future__ import annotations

import ast
import pickle
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

Report = Callable[[str], None]

NINF, NZERO, PZERO = -np.inf, -0.0, 0.0
sctypes: dict[str, list[Any]] = {
    "int": [np.int8, np.int16, np.int32, np.int64], "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
    "float": [np.float16, np.float32, np.float64, np.longdouble], "complex": [np.complex64, np.complex128, np.clongdouble],
    "others": [bool, object, bytes, str, np.void],
}


class _ByType(dict[Any, Any]):
    """A dictionary by types of numpy, which can be asked by whatever names one: ``np.cast["float32"]``, ``np.nbytes[float]``."""

    def __missing__(self, key: Any) -> Any:
        try:
            kind = np.dtype(np.dtype(key).str).type  # of several names for 64 bits the one that is used
        except TypeError:
            raise KeyError(key) from None
        found = {np.bool_: bool, np.object_: object, np.bytes_: bytes, np.str_: str}.get(kind, kind)
        if found is key or found not in self:
            raise KeyError(key)
        return self[found]


_KINDS = [kind for kinds in sctypes.values() for kind in kinds]
nbytes = _ByType((kind, np.dtype(kind).itemsize) for kind in _KINDS)
cast = _ByType((kind, lambda x, kind=kind: np.asarray(x).astype(kind)) for kind in _KINDS)


def alen(a: Any) -> int:
    """The length of the first dimension; 1 for a number."""
    return len(a) if hasattr(a, "__len__") else len(np.array(a, ndmin=1))


def asfarray(a: Any, dtype: Any = np.float64) -> Any:
    """As an array of floats."""
    return np.asarray(a, dtype=dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def asscalar(a: Any) -> Any:
    """The one element of an array as a number of Python."""
    return a.item()


def byte_bounds(a: Any) -> tuple[int, int]:
    """The addresses that an array lies between."""
    return np.lib.array_utils.byte_bounds(a)


def deprecate(*args: Any, **options: Any) -> Any:
    """A decorator that leaves a function as it is: it warned of its use."""
    return args[0] if args and callable(args[0]) else lambda function: function


def disp(mesg: Any, device: Any = None, linefeed: bool = True) -> None:
    """Write a message."""
    device = sys.stdout if device is None else device
    device.write(f"{mesg}\n" if linefeed else f"{mesg}")
    device.flush()


def fastCopyAndTranspose(a: Any) -> Any:
    """The transpose of a matrix, copied."""
    return np.asarray(a).T.copy()


def find_common_type(array_types: Any, scalar_types: Any) -> Any:
    """The dtype that arrays and numbers of these types give."""
    arrays = np.result_type(*array_types) if array_types else None
    scalars = np.result_type(*scalar_types) if scalar_types else None
    if arrays is None or scalars is None:
        return scalars if arrays is None else arrays
    order = "biufcO"
    return np.promote_types(arrays, scalars) if order.find(scalars.kind) > order.find(arrays.kind) else arrays


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """For each element of a flattened array whether it is in another."""
    return np.isin(np.asarray(ar1).ravel(), ar2, assume_unique=assume_unique, invert=invert)


def issctype(rep: Any) -> bool:
    """Whether it stands for a type of numbers or text."""
    if not isinstance(rep, (type, np.dtype)):
        return False
    try:
        return obj2sctype(rep) not in (None, np.object_)
    except TypeError:
        return False


def issubclass_(arg1: Any, arg2: Any) -> bool:
    """issubclass; False for what is no class."""
    return isinstance(arg1, type) and issubclass(arg1, arg2)


def issubsctype(arg1: Any, arg2: Any) -> bool:
    """Whether one type of elements is a kind of another."""
    return issubclass(obj2sctype(arg1), obj2sctype(arg2))


def loads(*args: Any, **options: Any) -> Any:
    """pickle.loads."""
    return pickle.loads(*args, **options)


def maximum_sctype(t: Any) -> Any:
    """The widest type of the same kind."""
    kind = {"i": "int", "u": "uint", "f": "float", "c": "complex"}.get(np.dtype(t).kind)
    return sctypes[kind][-1] if kind else obj2sctype(t)


def msort(a: Any) -> Any:
    """Sorted along the first axis."""
    return np.sort(a, axis=0)


def obj2sctype(rep: Any, default: Any = None) -> Any:
    """The type of the elements that something stands for."""
    if isinstance(rep, type) and issubclass(rep, np.generic):
        return rep
    if isinstance(rep, np.ndarray):
        return rep.dtype.type
    try:
        return np.dtype(rep).type
    except TypeError:
        return default


def recfromtxt(fname: Any, **options: Any) -> Any:
    """genfromtxt whose result is an array of records."""
    options.setdefault("dtype", None)
    options.pop("usemask", None)
    return np.genfromtxt(fname, **options).view(np.recarray)


def recfromcsv(fname: Any, **options: Any) -> Any:
    """genfromtxt of a file with commas and names in the first line; an array of records."""
    for name, value in {"case_sensitive": "lower", "names": True, "delimiter": ",", "dtype": None}.items():
        options.setdefault(name, value)
    return recfromtxt(fname, **options)


def safe_eval(source: str) -> Any:
    """ast.literal_eval."""
    return ast.literal_eval(source)


def sctype2char(sctype: Any) -> str:
    """The letter of a type of elements."""
    return np.dtype(sctype).char


def set_string_function(f: Any, repr: bool = True) -> None:
    """How arrays are shown; None: as always."""
    np.set_printoptions(override_repr=f if repr else None)


def who(vardict: Any = None) -> None:
    """Print the arrays of a dictionary, or of the caller."""
    names = sys._getframe(1).f_globals if vardict is None else vardict
    for name, value in names.items():
        if isinstance(value, np.ndarray):
            print(f"{name}  {value.shape}  {value.nbytes}  {value.dtype}")


# Functions that took more ---------------------------------------------------------------------------------------------
def as_before(now: Any, report: Report) -> Any:
    """np.array, np.asarray: rows of different lengths make an array of objects; copy=False copies where it has to."""

    @wraps(now)
    def array(*args: Any, **options: Any) -> Any:
        try:
            return now(*args, **options)
        except ValueError as error:
            if sys._getframe(1).f_globals.get("__name__", "").startswith(("numpy.", "scipy.", "symgraph.", "codegen.")):
                raise  # they count on it
            if "inhomogeneous" in str(error) and len(args) < 2 and options.get("dtype") is None:
                report("rows of different lengths make an array of objects")
                return now(*args, **{**options, "dtype": object})
            if options.get("copy", True) is False and "copy" in str(error):
                report("copy=False copies where it has to")
                return now(*args, **{**options, "copy": None})
            raise

    return array


def from_bytes(now: Any, report: Report) -> Any:
    """np.fromstring of bytes."""

    @wraps(now)
    def fromstring(string: Any, dtype: Any = float, count: int = -1, sep: str = "", **options: Any) -> Any:
        if sep != "":
            return now(string, dtype, count, sep=sep, **options)
        report("of bytes: frombuffer, copied")
        return np.frombuffer(string.encode("latin-1") if isinstance(string, str) else string, dtype, count).copy()

    return fromstring


def normed_histogram(now: Any, report: Report) -> Any:
    """np.histogram(..., normed=True)."""

    @wraps(now)
    def histogram(*args: Any, normed: Any = None, **options: Any) -> Any:
        if normed is not None:
            report("normed is density")
            options["density"] = normed
        return now(*args, **options)

    return histogram


class Tester:
    """numpy.testing.Tester, of which packages took their functions `test` and `bench`: these say what to use when they are called."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Its arguments said where the package is."""

    def test(self, *args: Any, **options: Any) -> Any:
        """It ran nose, which there is not any more."""
        raise NotImplementedError("numpy.testing.Tester ran nose: python -m pytest runs the tests of a package")

    bench = test


def stacked_from_any(now: Any, report: Report) -> Any:
    """np.vstack and its kin, of what gives arrays one after another."""

    @wraps(now)
    def stack(tup: Any, *args: Any, **options: Any) -> Any:
        if not hasattr(tup, "__getitem__"):
            report("of a generator: of a list")
            tup = list(tup)
        return now(tup, *args, **options)

    return stack


def reshaped_to(now: Any, report: Report) -> Any:
    """np.reshape(a, newshape=...)."""

    @wraps(now)
    def reshape(*args: Any, newshape: Any = None, **options: Any) -> Any:
        if newshape is not None:
            report("newshape is shape")
            options["shape"] = newshape
        return now(*args, **options)

    return reshape
