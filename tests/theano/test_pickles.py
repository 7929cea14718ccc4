"""Pickles of the Theano manner: `theano.misc.pkl_utils`, and files that the real Theano 1.0.5 wrote (pickled_by_theano.py)."""

from __future__ import annotations

import io
import pickle
import re
import struct
import subprocess
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import In, function, shared
from symgraph.archive import (
    CompatUnpickler,
    PersistentNdarrayID,
    PersistentNdarrayLoad,
    PersistentSharedVariableID,
    StripPickler,
    dump,
    load,
    zipadd,
)
from symgraph.errors import AliasedMemoryError
from symgraph.expr.shared import RandomStateSharedVariable, TensorSharedVariable

PICKLES = Path(__file__).parent / "pickles"


# What Theano wrote ----------------------------------------------------------------------------------------------------
def opened(name: str) -> Any:
    if name.endswith(".zip"):
        return load(PICKLES / name)
    with open(PICKLES / name, "rb") as file:
        return CompatUnpickler(file).load()


@pytest.mark.filterwarnings("ignore:Please import `csr_matrix`:DeprecationWarning")
@pytest.mark.parametrize("name", ["things.zip", "things0.pkl", "things2.pkl", "things4.pkl"])
def test_what_theano_wrote(name: str) -> None:
    things = opened(name)
    w, rate, bias = things["params"]
    assert things["again"] is w and type(w) is type(rate) is TensorSharedVariable
    assert [(x.name, x.dtype, x.get_value().tolist()) for x in things["params"]] == [
        ("W", "float32", [[0, 1, 2], [3, 4, 5]]), ("rate", "float64", 0.5), ("lstm.b", "int64", [1, 2])]
    assert things["row"].broadcastable == (True, False) and things["turned"].get_value().tolist() == [[0, 3], [1, 4], [2, 5]]
    assert things["bag"].get_value() == {"k": [1, 2]} and things["type"] == T.dmatrix
    assert things["constant"].data.tolist() == [[1, 2]] and things["constant"].name == "c" and float(things["number"].data) == 2.5
    assert type(things["generator"]) is RandomStateSharedVariable
    assert things["generator"].get_value().uniform() == np.random.RandomState(7).uniform()
    assert things["sparse"].get_value().toarray().tolist() == [[1, 0], [0, 1]] and things["array"].tolist() == [0, 1, 2]
    x = things["x"]
    assert x.type == T.fmatrix and x.name == "x" and x.tag.test_value.shape == (2, 2)
    step = function([x], (x * w).sum() * rate + things["turned"].sum(), updates=[(w, w * 2)])  # they serve as any other
    assert step(np.ones((2, 3), "float32")) == 22.5 and w.get_value()[1, 2] == 10
    w.set_value(np.zeros((1, 1), "float32"))
    again = pickle.loads(pickle.dumps(things, 2))
    assert again["params"][0].get_value().tolist() == [[0]] and again["again"] is again["params"][0]


def test_plain_pickles_after_install() -> None:
    program = ("import pickle\nfrom symgraph.theano import install; install()\n"
               f"things = pickle.load(open({str(PICKLES / 'things2.pkl')!r}, 'rb'))\n"
               "import theano\nw = things['params'][0]\n"
               "print(isinstance(w, theano.compile.SharedVariable), theano.function([], w.sum())())\n"
               f"try: pickle.load(open({str(PICKLES / 'expression.pkl')!r}, 'rb'))\nexcept pickle.UnpicklingError as error: print(error)")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("True 15.0\n") and "write the expression again" in done.stdout and not done.stderr


@pytest.mark.parametrize("name", ["expression.pkl", "expression.zip", "function.zip"])
def test_graphs_of_theano_are_refused(name: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="holds a graph of Theano's .theano.*write the expression again"):
        opened(name)


def test_arrays_of_a_gpu_become_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made by classes of Theano's names, with the attributes that these had."""
    for path in ("theano", "theano.sandbox", "theano.sandbox.cuda", "theano.sandbox.cuda.var", "theano.sandbox.cuda.type", "theano.gof",
                 "theano.gof.link", "theano.gof.utils", "theano.gpuarray", "theano.gpuarray.type"):
        monkeypatch.setitem(sys.modules, path, types.ModuleType(path))

    def made(path: str, **attributes: Any) -> Any:
        module, _, name = path.rpartition(".")
        if not hasattr(sys.modules[module], name):
            setattr(sys.modules[module], name, type(name, (), {"__module__": module}))
        thing = getattr(sys.modules[module], name)()
        vars(thing).update(attributes)
        return thing

    class OnGpu:
        def __init__(self, unpickler: Any, *rest: Any) -> None:
            self.reduced = unpickler, (np.ones((2, 2), "float32"), *rest)

        def __reduce__(self) -> Any:
            return self.reduced

    def unpickler(path: str) -> Any:
        module, _, name = path.rpartition(".")
        function = types.FunctionType((lambda *args: args[0]).__code__, {}, name)
        function.__module__, function.__qualname__ = module, name
        setattr(sys.modules[module], name, function)
        return function

    def variable(path: str, kind: Any, value: Any) -> Any:
        container = made("theano.gof.link.Container", type=kind, name="w", storage=[value], readonly=False, strict=False, allow_downcast=None)
        return made(path, tag=made("theano.gof.utils.scratchpad"), type=kind, owner=None, index=None, name="w", auto_name="auto_1",
                    container=container)

    old = made("theano.sandbox.cuda.type.CudaNdarrayType", broadcastable=(False, False), name=None)
    new = made("theano.gpuarray.type.GpuArrayType", dtype="float32", broadcastable=(False, False), ndim=2, name=None, context_name=None)
    file = io.BytesIO()
    Python2(file, 2).dump([  # as most of these were written
        variable("theano.sandbox.cuda.var.CudaNdarraySharedVariable", old, OnGpu(unpickler("theano.sandbox.cuda.CudaNdarray_unpickler"))),
        variable("theano.gpuarray.type.GpuArraySharedVariable", new, OnGpu(unpickler("theano.gpuarray.type.GpuArray_unpickler"), "dev0")),
    ])
    file.seek(0)
    for x in CompatUnpickler(file, encoding="latin1").load():
        assert x.type == T.fmatrix and x.get_value().tolist() == [[1, 1], [1, 1]] and x.name == "w"


class Python2(pickle._Pickler):
    """Pickles as Python 2 did, where text was bytes."""

    dispatch = dict(pickle._Pickler.dispatch)

    def as_bytes(self, thing: Any) -> None:
        text = thing.encode() if isinstance(thing, str) else thing
        self.write(pickle.BINSTRING + struct.pack("<i", len(text)) + text)
        self.memoize(thing)

    dispatch[str] = dispatch[bytes] = as_bytes


def test_arrays_of_python_2() -> None:
    file = io.BytesIO()
    Python2(file, 2).dump({"images": (np.arange(255, 250, -1, dtype="uint8"), np.float64(-0.1))})
    file.seek(0)
    with pytest.raises(UnicodeDecodeError):
        CompatUnpickler(file).load()
    file.seek(0)
    images, number = CompatUnpickler(file, encoding="latin1").load()["images"]
    assert images.tolist() == [255, 254, 253, 252, 251] and number == -0.1


# pkl_utils ------------------------------------------------------------------------------------------------------------
class Model:
    """As programs have them: parameters, an expression, functions."""

    def __init__(self) -> None:
        self.x = T.dvector("x")
        self.w = shared(np.array([1.0, 2.0]), name="w")
        self.total = shared(0.0, name="w")
        self.cost = (self.x * self.w).sum()
        self.params = [self.w, self.total]
        self.step = function([self.x], self.cost, updates=[(self.w, self.w - symgraph.grad(self.cost, self.w)), (self.total, self.total + 1)])


WRITTEN: dict[str, Callable[[Any], Any]] = {
    **{f"protocol {p}": lambda thing, p=p: pickle.loads(pickle.dumps(thing, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)},
    "stripped": lambda thing: pickle.loads(stripped(thing)), "zip": lambda thing: load(zipped(thing)),
    "zip of protocol 2": lambda thing: load(zipped(thing, protocol=2)),
    "zip of arrays": lambda thing: load(zipped(thing, persistent_id=PersistentNdarrayID), PersistentNdarrayLoad),
}


def stripped(thing: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    StripPickler(file, **options).dump(thing)
    return file.getvalue()


def zipped(thing: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    dump(thing, file, **options)
    file.seek(0)
    return file


def test_a_model_in_every_way() -> None:
    model = Model()
    model.step([1.0, 1.0])
    for name, way in WRITTEN.items():
        again = way(model)
        assert again.params[0] is again.w and again.w is not model.w, name
        assert again.step([2.0, 3.0]) == 3.0 and again.w.get_value().tolist() == [-2.0, -2.0] and again.total.get_value() == 2.0, name
        assert symgraph.function([again.x], again.cost)([1.0, 1.0]) == -4.0, name
    assert model.w.get_value().tolist() == [0.0, 1.0] and model.total.get_value() == 1.0


def test_numpy_reads_the_arrays(tmp_path: Path) -> None:
    first, second, dotted = shared(np.zeros(2), name="w"), shared(np.ones(1), name="w"), shared(np.ones(3), name="lstm.w")
    array, words = np.arange(4), np.array([None, "a"], dtype=object)
    with open(tmp_path / "model.zip", "wb") as file:
        dump([first, second, first, array, array, words, shared(5), dotted], file)
    with np.load(tmp_path / "model.zip") as arrays:
        assert sorted(arrays.files) == ["array_0", "array_1", "lstm.w", "pkl", "w", "w_2"] and arrays["w_2"].tolist() == [1.0]
    with open(tmp_path / "model.zip", "rb") as file:
        again = load(file)
    assert again[0] is again[2] and again[3] is again[4] and again[5].tolist() == [None, "a"] and again[6].get_value() == 5
    assert again[7].name == "lstm.w"


def test_stripped_pickles_are_smaller_and_leave_what_they_pickle() -> None:
    x = T.dvector("x")
    x.tag.test_value, x.tag.trace, x.tag.mine, x.tag.kept = np.ones(1000), ["a"], 1, 2
    again = pickle.loads(stripped(T.exp(x), protocol=-1, extra_tag_to_remove=["mine"])).owner.inputs[0]
    assert vars(again.tag) == {"kept": 2} and again.line is None and T.exp(again).ndim == 1
    assert x.tag.test_value.size == 1000 and x.tag.mine == 1 and x.line is not None


def test_functions_keep_defaults_and_say_what_a_pickle_does_not() -> None:
    x, y = T.dscalars("x", "y")
    f = function([x, In(y, value=1.0, name="y")], x + y)
    f["y"], f.trust_input = 5.0, True
    for g in (pickle.loads(pickle.dumps(f)), f.copy()):
        assert g(1.0) == 6.0 and g.trust_input
        g["y"] = 0.0
    assert f(1.0) == 6.0
    array = np.zeros(3)
    f = function([], [shared(array, name="a", borrow=True), shared(array[1:], name="b", borrow=True)])
    with pytest.warns(UserWarning, match="the shared variables a and b are views of one array"):
        pickle.dumps(f)
    f.pickle_aliased_memory_strategy = "raise"
    with pytest.raises(AliasedMemoryError, match="views of one array"):
        pickle.dumps(f)
    f.pickle_aliased_memory_strategy = "ignore"
    assert len(pickle.loads(pickle.dumps(f))()) == 2


# What is wrong --------------------------------------------------------------------------------------------------------
def zip_with(**files: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zip_file:
        for name, text in files.items():
            zipadd(lambda member, text=text: member.write(text), zip_file, name)
    return file


def spoilt(position: float) -> io.BytesIO:
    text = bytearray(zipped({"w": shared(np.arange(100.0), name="w"), "words": "abc" * 50}).getvalue())
    text[int(position * len(text))] ^= 0xFF
    return io.BytesIO(bytes(text))


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no zip": (lambda: load(io.BytesIO(b"not a zip")), zipfile.BadZipFile, "this file is no file of pkl_utils.dump"),
    "an empty file": (lambda: load(io.BytesIO()), zipfile.BadZipFile, "is no file of pkl_utils.dump"),
    "half a zip": (lambda: load(io.BytesIO(zipped([1]).getvalue()[:60])), zipfile.BadZipFile, "is no file of pkl_utils.dump"),
    "a zip of a later format": (
        lambda: load(io.BytesIO(re.sub(rb"(?s)(PK\x01\x02..).", lambda found: found[1] + b"\xff", zipped([1]).getvalue()))),
        zipfile.BadZipFile, "zip file version"),
    "no file": (lambda: load("nowhere.zip"), FileNotFoundError, "nowhere.zip"),
    "another zip": (lambda: load(zip_with(a=b"", b=b"")), KeyError, "holds no file 'pkl'.*it holds a, b"),
    "an empty pickle": (lambda: load(zip_with(pkl=b"")), pickle.UnpicklingError, "cannot be loaded: EOFError"),
    "half a pickle": (lambda: load(zip_with(pkl=pickle.dumps([1] * 9)[:-5])), pickle.UnpicklingError, "cannot be loaded"),
    "no pickle": (lambda: load(zip_with(pkl=b"hello")), pickle.UnpicklingError, "cannot be loaded"),
    "a class that is not here": (lambda: load(zip_with(pkl=b"cnowhere\nThing\n.")), pickle.UnpicklingError, "No module named 'nowhere'"),
    "a class of Theano's that is not here": (
        lambda: load(zip_with(pkl=b"ctheano.tensor\nThing\n.")), pickle.UnpicklingError, "needs theano.tensor.Thing of Theano, which is not here"),
    "an array that is not there": (lambda: load(zip_with(pkl=b"Pndarray.w\n.")), pickle.UnpicklingError, "no item named 'w'"),
    "an array that is none": (lambda: load(zip_with(pkl=b"Pndarray.w\n.", w=b"no array at all")), pickle.UnpicklingError, "magic string"),
    "a spoilt array": (lambda: load(spoilt(0.1)), Exception, "is damaged|cannot be loaded|no file of"),
    "a type that is none": (lambda: T.TensorType.__new__(T.TensorVariable).__setstate__({"type": 1}), TypeError, "is damaged, or of no version"),
    "no name": (lambda: zipped(shared(1.0), persistent_id=lambda f: PersistentSharedVariableID(f, allow_unnamed=False)), ValueError, "has no name"),
    "a name twice": (
        lambda: zipped([shared(1.0, name="a"), shared(2.0, name="a")], persistent_id=lambda f: PersistentSharedVariableID(f, allow_duplicates=False)),
        ValueError, "two shared variables are named 'a'"),
    "the name of the pickle": (lambda: zipped(shared(1.0, name="pkl")), ValueError, "must not be named 'pkl'"),
    "what cannot be pickled": (lambda: zipped(lambda: 0), Exception, "(?i)pickle"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong(case: str) -> None:
    call, kind, words = WRONG[case]
    with pytest.raises(kind, match=words):
        call()


def test_no_byte_can_spoil_a_file_in_silence() -> None:
    """Each byte of a zip stands for something that is checked, or for nothing (times, attributes of files)."""
    for step in range(60):
        try:
            again = load(spoilt(step / 60))
        except (zipfile.BadZipFile, KeyError, pickle.UnpicklingError):
            continue
        assert again["w"].get_value().tolist() == list(range(100)) and again["words"] == "abc" * 50
