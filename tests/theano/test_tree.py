"""`symgraph.theano`: the modules of Theano under their old paths, and plain `import theano` once that is asked for."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

import symgraph
import symgraph.tensor as T
import symgraph.theano as theano
from symgraph.errors import LeftOutError
from symgraph.theano.left_out import ABSENT, INNER, LEFT_OUT
from symgraph.theano.modules import LeftOut
from symgraph.theano.tree import HOMES, NAMES, OBJECTS, PATHS


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_path_imports(path: str) -> None:
    module = importlib.import_module(f"symgraph.theano.{path}")
    assert inspect.ismodule(module) and module.__doc__
    assert all("." not in name for name in dir(module))
    inner = any(f"{path}.".startswith(f"{around}.") for around in INNER)
    if inner or any(fnmatchcase(f"theano.{path}.no_such_name", pattern) for pattern in LEFT_OUT):
        assert isinstance(module.no_such_name, LeftOut)  # a whole module that is left out has any name
    else:
        with pytest.raises(AttributeError, match="no_such_name"):
            module.no_such_name  # noqa: B018


def test_paths_are_closed() -> None:
    assert {path.rpartition(".")[0] for path in PATHS if "." in path} <= PATHS
    assert OBJECTS - {"compile.pfunc"} <= PATHS and set(HOMES) - {"", "config"} <= PATHS
    assert {name.rpartition(".")[0] for name in NAMES} <= PATHS | {"", "compile.function"}


def test_names_are_the_objects_of_symgraph() -> None:
    assert theano.function is symgraph.function and theano.config is symgraph.config
    assert theano.tensor.dot is T.dot and theano.tensor.basic.dot is T.dot
    assert theano.compile.sharedvalue.SharedVariable is symgraph.SharedVariable
    assert theano.gof.graph.Apply is symgraph.Apply and theano.gof.Op is symgraph.Op
    assert theano.tensor.nnet.nnet.softmax is T.nnet.softmax
    assert theano.gradient.disconnected_grad is symgraph.disconnected_grad
    assert theano.ifelse.ifelse is symgraph.ifelse.ifelse
    assert theano.compat.six.moves.xrange is range
    assert theano.__version__ == "1.0.5"


def test_a_function_is_not_hidden_by_the_file_of_its_name() -> None:
    import symgraph.theano.tensor.sort  # noqa: F401
    from symgraph.theano.tensor.sort import topk

    assert theano.tensor.sort is T.sort and topk is T.topk


@pytest.mark.parametrize("path", sorted(ABSENT))
def test_names_of_theano_import_and_say_what_to_use(path: str) -> None:
    names, instead = ABSENT[path]
    module = importlib.import_module(f"symgraph.theano{'.' * bool(path)}{path}")
    for name in names.split():
        found = getattr(module, name)
        assert isinstance(found, LeftOut) and instead in repr(found), name
        with pytest.raises(LeftOutError, match=name):
            found(1)


USES: dict[str, Callable[[Any], Any]] = {
    "called": lambda x: x(1, a=2),
    "looked into": lambda x: x.anything,
    "subclassed": lambda x: exec("class Mine(x): pass", {"x": x}),
    "a decorator": lambda x: exec("@x([1])\ndef rule(node): pass", {"x": x}),
}


@pytest.mark.parametrize("use", USES)
def test_what_is_left_out_says_so_when_it_is_used(use: str) -> None:
    from symgraph.theano.gof.opt import LocalMetaOptimizer

    assert isinstance(LocalMetaOptimizer, LeftOut) and "LocalMetaOptimizer" in repr(LocalMetaOptimizer)
    with pytest.raises(LeftOutError, match="theano.gof.opt.LocalMetaOptimizer is not here: .*rewrite_rule"):
        USES[use](LocalMetaOptimizer)


def test_reasons_are_words() -> None:
    assert all(pattern.startswith(("theano", "*")) and reason and instead for pattern, (reason, instead) in LEFT_OUT.items())


def test_no_gpu_of_old() -> None:
    from symgraph.theano.sandbox import cuda

    assert not cuda.cuda_available and not cuda.cuda_enabled
    with pytest.raises(symgraph.errors.DeviceError, match="device=cuda"):
        cuda.use("gpu0")


INSTALLED = "from symgraph.theano import install; install(); "


def test_install_gives_the_same_modules() -> None:
    done = run(INSTALLED + "import theano, theano.tensor as T, symgraph.theano.tensor as S, symgraph\n"
               "from theano.tensor.nnet import sigmoid\nimport theano.tensor.nnet.nnet\n"
               "assert T is S and theano.shared is symgraph.shared and theano.tensor.nnet.sigmoid is sigmoid\n"
               "x = T.dscalar(); print(theano.function([x], sigmoid(x))(0.0))\n"
               "try: import theano.no_such\nexcept ModuleNotFoundError as error: print(error)")
    assert (done.stdout, done.stderr) == ("0.5\nNo module named 'theano.no_such'\n", "")


def test_install_refuses_beside_another_theano() -> None:
    done = run("import sys, types; sys.modules['theano'] = types.ModuleType('theano'); " + INSTALLED)
    assert done.returncode == 1 and "ImportError: a theano is imported already" in done.stderr


def test_nothing_is_installed_by_importing() -> None:
    done = run("import symgraph.theano.tensor\nimport theano")
    assert done.returncode == 1 and "No module named 'theano'" in done.stderr


def test_star_imports() -> None:
    done = run("from symgraph.theano import install; install()\n"
               "from theano import *\nfrom theano.tensor import *\nfrom theano.tensor.nnet import *\nfrom theano.printing import *\n"
               "x = dmatrix('x')\nf = function([x], [sum(sigmoid(dot(x, x))), max(x, axis=0).shape])\n"
               "print([y.tolist() for y in f([[1., 2.], [3., 4.]])], nnet.sigmoid is sigmoid, config.floatX, range(2), abs(-1), type(1))\n"
               "print(pprint(x + x), shared(1.0).get_value(), scan is not None, grad is not None)")
    first, second = done.stdout.splitlines()
    assert first.endswith("[2]] True float64 range(0, 2) 1 <class 'int'>") and second == "(x + x) 1.0 True True", done.stderr


def test_a_star_hides_what_theanos_hid() -> None:
    import builtins

    for path in ("tensor.nnet", "gradient", "gof", "compile", "printing"):
        assert not set(importlib.import_module(f"symgraph.theano.{path}").__all__) & set(dir(builtins))
    assert {"all", "sum", "max"} <= set(importlib.import_module("symgraph.theano.tensor").__all__)
