"""Objects in a zip file whose arrays are `.npy` files that numpy reads by themselves; the pickles of Theano's `theano.misc.pkl_utils`.

    with open("model.zip", "wb") as file:
        dump(parameters, file)
    numpy.load("model.zip")["W"]            # the value of the shared variable named W

`load` reads such files of Theano 1.0.5, too: their shared variables, constants and inputs become those of symgraph. A pickle can run any code,
so load only files that you trust.
"""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from collections.abc import Callable
from pickle import DEFAULT_PROTOCOL
from typing import IO, Any

import numpy as np

from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Tag
from symgraph.source import Where

__all__ = [
    "DEFAULT_PROTOCOL", "CompatUnpickler", "PersistentGpuArrayID", "PersistentNdarrayID", "PersistentNdarrayLoad", "PersistentSharedVariableID",
    "StripPickler", "dump", "load", "of_gpu", "zipadd",
]

INDEX = "pkl"  # the file of the zip that holds the pickle
# What Theano pickled of an expression or a function: its own graph, which names some thousand classes of its compiler.
GRAPHS = ("theano.gof.graph.Apply", "theano.gof.fg.", "theano.compile.function_module.")
DAMAGED = (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, KeyError, TypeError, ValueError, OverflowError, MemoryError,
           RuntimeError, zipfile.BadZipFile, zlib.error)


class StripPickler(pickle.Pickler):
    """A pickler that leaves out what helps to find errors: the lines where variables were written, `tag.trace`, `tag.test_value`.

    extra_tag_to_remove: names of further attributes of tags. What is pickled keeps them, unlike Theano's.

    >>> import io, pickle, symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> x.tag.test_value = 1.0
    >>> file = io.BytesIO()
    >>> StripPickler(file, protocol=2).dump(x)
    >>> hasattr(pickle.loads(file.getvalue()).tag, 'test_value'), x.tag.test_value
    (False, 1.0)
    """

    def __init__(self, file: IO[bytes], protocol: int = 0, extra_tag_to_remove: Any = None) -> None:
        super().__init__(file, protocol)
        self.tag_to_remove = ["trace", "test_value", *(extra_tag_to_remove or ())]

    def reducer_override(self, thing: Any) -> Any:
        """How a thing is pickled, where it is not as usual."""
        if isinstance(thing, Where):
            return type(None), ()
        if isinstance(thing, Tag):
            return Tag, (), {name: value for name, value in vars(thing).items() if name not in self.tag_to_remove}
        return NotImplemented


class CompatUnpickler(pickle.Unpickler):
    """An unpickler for old files: of Python 2 (``encoding="latin1"``, for numpy's arrays), and of Theano, whose classes are those of
    symgraph whether or not `install()` was called.

    UnpicklingError for expressions and functions of Theano's: its compiler's graph is not here.
    """

    def find_class(self, module: str, name: str) -> Any:
        """The class or function that a pickle names."""
        if module != "theano" and not module.startswith("theano."):
            return super().find_class(module, name)
        if f"{module}.{name}".startswith(GRAPHS):
            raise pickle.UnpicklingError(
                f"the pickle holds a graph of Theano's ({module}.{name}), of an expression or a function, which cannot be loaded here: load shared "
                "variables or their values, and write the expression again")
        try:
            return super().find_class(f"symgraph.{module}", name)
        except (AttributeError, ImportError) as error:
            raise pickle.UnpicklingError(f"the pickle needs {module}.{name} of Theano, which is not here") from error


class PersistentNdarrayID:
    """For `dump`: every array goes to a file of its own in the zip, named `array_0`, `array_1` ... Called with an object, it answers
    with ``ndarray.NAME`` for an array and None for all else. Arrays of objects stay in the pickle."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        self.seen: dict[int, tuple[str, Any]] = {}  # with the array itself, so that its id is no other's

    def _resolve_name(self, array: Any) -> str:
        self.count += 1
        return f"array_{self.count - 1}"

    def __call__(self, thing: Any) -> str | None:
        if type(thing) is not np.ndarray or thing.dtype.hasobject:
            return None
        if id(thing) not in self.seen:
            name = self._resolve_name(thing)
            zipadd(lambda file: np.lib.format.write_array(file, thing), self.zip_file, name)
            self.seen[id(thing)] = f"ndarray.{name}", thing
        return self.seen[id(thing)][0]


class PersistentGpuArrayID(PersistentNdarrayID):
    """As PersistentNdarrayID: values on a GPU are pickled as arrays."""


class PersistentSharedVariableID(PersistentGpuArrayID):
    """For `dump`: the value of a shared variable goes to a file with the variable's name (`W`, `W_2` for a second one of that name), other
    arrays to `array_0`, `array_1` ...

    ValueError: a shared variable has no name and allow_unnamed is False; two have one name and allow_duplicates is False; or its name is
    that of the pickle itself, `pkl`.
    """

    def __init__(self, zip_file: zipfile.ZipFile, allow_unnamed: bool = True, allow_duplicates: bool = True) -> None:
        super().__init__(zip_file)
        self.names: dict[int, str] = {}
        self.used: dict[str, int] = {}
        self.allow_unnamed = allow_unnamed
        self.allow_duplicates = allow_duplicates

    def _resolve_name(self, array: Any) -> str:
        name = self.names.get(id(array))
        if name is None:
            return super()._resolve_name(array)
        count = self.used[name] = self.used.get(name, 0) + 1
        if count == 1:
            return name
        if not self.allow_duplicates:
            raise ValueError(f"two shared variables are named {name!r}, and allow_duplicates is False")
        return f"{name}_{count}"

    def __call__(self, thing: Any) -> str | None:
        if isinstance(thing, SharedVariable):
            if thing.name == INDEX:
                raise ValueError(f"a shared variable must not be named {INDEX!r}: the file of this name holds the pickle itself")
            if thing.name:
                self.names[id(thing.container.storage[0])] = thing.name
            elif not self.allow_unnamed:
                raise ValueError(f"the shared variable {thing!r} of type {thing.type} has no name, and allow_unnamed is False")
        return super().__call__(thing)


class PersistentNdarrayLoad:
    """For `load`: the array that an answer of PersistentNdarrayID stands for, read once."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.cache: dict[str, Any] = {}

    def __call__(self, persid: str) -> Any:
        kind, _, name = persid.partition(".")
        if name not in self.cache:
            with self.zip_file.open(name) as file:
                if kind == "gpuarray":
                    pickle.load(file)  # the name of the GPU it lay on
                self.cache[name] = np.lib.format.read_array(file, allow_pickle=True)  # type: ignore[arg-type]
        return self.cache[name]


def dump(
    obj: Any, file_handler: Any, protocol: int = DEFAULT_PROTOCOL, persistent_id: Callable[[zipfile.ZipFile], Any] = PersistentSharedVariableID
) -> None:
    """Write an object to a zip file: its arrays as `.npy` files, the rest as one pickle, `pkl`. `numpy.load` reads the arrays.

    file_handler: a file open for writing bytes, or a path. persistent_id: called with the zip, gives a function that says of an object
    under which name it was put into the zip, or None.

    >>> import io, numpy as np, symgraph
    >>> file = io.BytesIO()
    >>> dump([symgraph.shared(np.zeros(2), name='w'), np.ones(3)], file)
    >>> _ = file.seek(0)
    >>> sorted(np.load(file).files)
    ['array_0', 'pkl', 'w']
    >>> w, ones = load(file)
    >>> w.name, w.get_value().tolist(), ones.tolist()
    ('w', [0.0, 0.0], [1.0, 1.0, 1.0])
    """
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED) as zip_file:
        text = io.BytesIO()
        pickler = pickle.Pickler(text, protocol)
        pickler.persistent_id = persistent_id(zip_file)  # type: ignore[method-assign]
        pickler.dump(obj)
        zipadd(lambda file: file.write(text.getbuffer()), zip_file, INDEX)


def load(f: Any, persistent_load: Callable[[zipfile.ZipFile], Any] = PersistentNdarrayLoad) -> Any:
    """What `dump` wrote to a file (open for reading bytes, or a path), also the `dump` of Theano.

    BadZipFile: it is no zip, or a damaged one. KeyError: a zip with no pickle in it. UnpicklingError: the pickle is damaged, or holds
    what is not here.
    """
    try:
        zip_file = zipfile.ZipFile(f, "r")
    except (zipfile.BadZipFile, NotImplementedError) as error:  # not implemented: a later format, as a damaged one may say
        raise zipfile.BadZipFile(f"{_called(f)} is no file of pkl_utils.dump: {error}") from None
    with zip_file:
        if INDEX not in zip_file.namelist():
            raise KeyError(f"{_called(f)} holds no file {INDEX!r}, so pkl_utils.dump did not write it; it holds {', '.join(zip_file.namelist()[:9])}")
        try:
            unpickler = CompatUnpickler(io.BytesIO(zip_file.read(INDEX)), encoding="latin1")
            unpickler.persistent_load = persistent_load(zip_file)  # type: ignore[method-assign]
            return unpickler.load()
        except zipfile.BadZipFile as error:
            raise zipfile.BadZipFile(f"{_called(f)} is damaged: {error}") from None
        except DAMAGED as error:
            raise pickle.UnpicklingError(f"{_called(f)} cannot be loaded: {type(error).__name__}: {error}") from error


def _called(file: Any) -> str:
    name = getattr(file, "name", file)
    return repr(name) if isinstance(name, str) else "this file"


def zipadd(func: Callable[[IO[bytes]], Any], zip_file: zipfile.ZipFile, name: str) -> None:
    """Put a file into a zip: `func` is called with it, open for writing bytes."""
    with zip_file.open(name, "w", force_zip64=True) as file:
        func(file)


def of_gpu(array: Any, context: Any = None) -> Any:
    """What Theano pickled an array on a GPU as: the array."""
    return array
