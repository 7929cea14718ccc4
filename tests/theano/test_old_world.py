"""`--old-world` and `--python2`: what programs of 2015 to 2018 expect is supplied, if it is asked for; files stay as they are."""

from __future__ import annotations

import builtins
import importlib
import inspect
import json
import os
import random
import shutil
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from started import python, start

from symgraph import launch
from symgraph.oldworld import arrays, python2, sixes, table, words, words2
from symgraph.oldworld.supply import Supply, _at, _rows

PIL = pytest.importorskip("PIL.Image", reason="the extra [old]")


# The table ------------------------------------------------------------------------------------------------------------
NOT_EVERYWHERE = ("tkinter", "setuptools", "sklearn")  # need not be installed
ROWS = [(module, name, home, there) for rows in (table.NAMES, table.PYTHON2_NAMES) for module, homes in rows.items()
        for name, (home, there) in _rows(homes).items() if not home.startswith(NOT_EVERYWHERE) and name != "ByteString"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_row_leads_somewhere() -> None:
    wrong = [row for row in ROWS if row[3] not in ("*", "") and not hasattr(_at(row[2]), row[3])]
    assert not [row for row in wrong if row[0] in table.MADE | table.PYTHON2_MADE or not hasattr(_at(row[0]), row[1])]  # who has it needs no other
    for rows in (table.CHANGED, table.PYTHON2_CHANGED):
        for module, homes in rows.items():
            if module in ("h5py", "yaml") and importlib.util.find_spec(module) is None:
                continue
            for name, (home, maker) in _rows(homes).items():
                assert callable(getattr(_at(module), name)) and callable(getattr(_at(home), maker))
    assert all(importlib.import_module(target) for target in {*table.SAME.values(), *table.PYTHON2_SAME.values()} - {"six", "six.moves", "joblib"}
               if not target.startswith("tkinter"))
    assert table.MADE <= set(table.NAMES) and table.PYTHON2_MADE <= set(table.PYTHON2_NAMES)


def test_names_come_when_they_are_asked_for() -> None:
    said: list[str] = []
    module = types.ModuleType("fractions")
    module.kept = 1  # type: ignore[attr-defined]
    supply = Supply(False, said.append)
    supply.dress(module)
    supply.dress(module)
    assert not said and not hasattr(module, "no_such_name")
    assert (module.gcd(12, -18), module.gcd(0, -2), module.gcd(4, 6), module.kept) == (-6, -2, 2, 1)
    assert said == ["fractions.gcd is supplied"]
    with pytest.raises(AttributeError, match="module 'fractions' has no attribute 'other'"):
        module.other  # noqa: B018
    before = types.ModuleType("numpy")
    for one in " ".join(table.CHANGED["numpy"].values()).split():
        setattr(before, one.partition("=")[0], getattr(np, one.partition("=")[0]))
    before.__getattr__ = lambda name: f"before {name}"  # type: ignore[method-assign]
    supply.dress(before)
    assert before.float is float and before.Inf == np.inf and before.something == "before something"
    assert said[1:] == ["numpy.float is float", "numpy.Inf is numpy.inf"]


# Pieces ---------------------------------------------------------------------------------------------------------------
def quietly(maker: Callable[..., Any], now: Any) -> Any:
    return maker(now, lambda line: None)


def old_function(a: int, b: int = 2, *c: int, **d: int) -> None:
    """With annotations."""


def new_function(a, *, b=1):  # type: ignore[no-untyped-def]
    """With a keyword-only parameter."""


ARRAY = quietly(arrays.as_before, np.array)
PIECES: dict[str, tuple[Callable[[], Any], Any]] = {
    "getargspec": (lambda: tuple(words.getargspec(lambda x, y=1, *args: 0)), (["x", "y"], "args", None, (1,))),
    "getargspec of annotations": (lambda: words.getargspec(old_function).args, ["a", "b"]),
    "escape": (lambda: (words.escape('<"&'), words.escape('"', True)), ('&lt;"&amp;', "&quot;")),
    "versions": (lambda: [words.LooseVersion(a) < b for a, b in [("1.9.3", "1.10"), ("0.9.0rc1", "0.9.0.dev2"), ("2.0", "2.0")]], [True, False, False]),
    "a version": (lambda: (str(words.LooseVersion("1.0.5")), words.LooseVersion("1.0.5").version, words.LooseVersion("1") == "1"),
                  ("1.0.5", [1, 0, 5], True)),
    "strtobool": (lambda: [words.strtobool(word) for word in ("Yes", "off")], [1, 0]),
    "suffixes": (lambda: (".py", "r", 1) in words.get_suffixes(), True),
    "json": (lambda: quietly(words.without_encoding, json.loads)("[1]", encoding="utf-8"), [1]),
    "sample of a set": (lambda: sorted(quietly(words.sample_of_sets, random.sample)({1, 2}, 2)), [1, 2]),
    "shuffle": (lambda: (lambda x: (quietly(words.shuffle_by, random.shuffle)(x, lambda: 0.0), x))([1, 2, 3])[1], [2, 3, 1]),
    "ragged": (lambda: [ARRAY([[1, 2], [3]]).tolist(), ARRAY([[1, 2], [3]]).dtype.kind, ARRAY([[1, 2]]).dtype.kind], [[[1, 2], [3]], "O", "i"]),
    "copy=False": (lambda: ARRAY([1.0], copy=False).tolist(), [1.0]),
    "fromstring": (lambda: [quietly(arrays.from_bytes, np.fromstring)(*x) for x in [(b"\x01\x02", "uint8"), ("1 2", int, -1, " ")]][0].tolist(), [1, 2]),
    "histogram": (lambda: quietly(arrays.normed_histogram, np.histogram)([1, 2], bins=2, normed=True)[0].tolist(), [1.0, 1.0]),
    "stacks": (lambda: [quietly(arrays.stacked_from_any, kind)([x, x] for x in (1, 2)).tolist() for kind in (np.vstack, np.hstack)],
               [[[1, 1], [2, 2]], [1, 1, 2, 2]]),
    "reshape": (lambda: [quietly(arrays.reshaped_to, np.reshape)([1, 2], newshape=(2, 1)).tolist(), quietly(arrays.reshaped_to, np.reshape)([1], 1)[0]],
                [[[1], [2]], 1]),
    "in1d": (lambda: arrays.in1d([[1], [2]], [2]).tolist(), [False, True]),
    "types": (lambda: (arrays.obj2sctype("f4"), arrays.maximum_sctype("int8"), arrays.issubsctype(np.int8, np.integer), arrays.issctype(int),
                       arrays.issctype("x"), arrays.find_common_type([np.float32], [np.int64]), arrays.sctype2char("f8"), arrays.nbytes[np.float32]),
              (np.float32, np.int64, True, True, False, np.dtype("f4"), "d", 4)),
    "small ones": (lambda: (arrays.asscalar(np.ones(1)), arrays.alen([1, 2]), arrays.alen(3), arrays.asfarray([1]).dtype.name,
                            arrays.msort([[2], [1]]).tolist(), arrays.safe_eval("[1]"), arrays.cast[np.float32](1).dtype.name), (
                                1.0, 2, 1, "float64", [[1], [2]], [1], "float32")),
    "by type": (lambda: [arrays.cast[kind](1.5).dtype.char for kind in ("float32", "f2", int, np.float64, "q", bool, "O")] + [arrays.nbytes["f4"]],
                ["f", "e", "l", "d", "l", "?", "O", 4]),
    "lists": (lambda: (words2.range(3), words2.map(None, [1, 2], [3]), words2.zip([1], [2]), words2.filter(str.isdigit, "a1"), words2.filter(None, (0, 1))),
              ([0, 1, 2], [(1, 3), (2, None)], [(1, 2)], "1", (1,))),
    "kinds": (lambda: (isinstance("a", words2.basestring), isinstance(b"a", words2.basestring), isinstance("a", words2.unicode),
                       words2.unicode(b"\xc3\xa9", "utf-8"), words2.unicode(3), isinstance(1, words2.unicode)), (True, True, True, "é", "3", False)),
    "round": (lambda: [words2.round(x) for x in (0.5, -0.5, 2.5, 1e300)] + [words2.round(1.25, 1)], [1.0, -1.0, 3.0, 1e300, 1.2]),
    "sorted": (lambda: words2.sorted([1, 3, 2], cmp=lambda a, b: words2.cmp(b, a)), [3, 2, 1]),
    "strings": (lambda: ("abc".translate(words2.maketrans("a", "x")), words2.join(["a", "b"]), words2.split("a b"), words2.upper("a")),
                ("xbc", "a b", ["a", "b"], "A")),
    "divide": (lambda: [words2.divide(a, b) for a, b in [(7, 2), (7.0, 2), (True, 2), (-7, 2)]] + [words2.divide(np.arange(4), 2).tolist()],
               [3, 3.5, 0, -4, [0, 0, 1, 1]]),
    "six": (lambda: (list(sixes.iteritems({1: 2})), sixes.ensure_text(b"a"), sixes.with_metaclass(type, dict).__name__, sixes.b("é")),
            ([(1, 2)], "a", "temporary_class", b"\xe9")),
}


@pytest.mark.parametrize("piece", PIECES)
def test_pieces(piece: str) -> None:
    call, value = PIECES[piece]
    assert call() == value


def test_wrong_pieces() -> None:
    from symgraph.oldworld import images, science

    for call, kind, message in [
        (lambda: words.getargspec(new_function), ValueError, "keyword-only"), (lambda: words.strtobool("x"), ValueError, "invalid truth value 'x'"),
        (lambda: words.find_module("nowhere"), ImportError, "No module named"),
        (lambda: ARRAY([[1, 2], [3]], dtype=float), ValueError, "inhomogeneous"), (lambda: words2.maketrans("a", ""), ValueError, "same length"),
        (lambda: images.imresize(np.zeros((2, 2)), 50, "cubist"), ValueError, "interp is one of nearest, .*got 'cubist'"),
        (lambda: images.toimage(np.zeros((2, 2, 2))), ValueError, "three or four layers; got shape"),
        (lambda: images.toimage(np.zeros((2, 2)) * 1j), ValueError, "complex"), (lambda: images.bytescale([1.0], 2, 1), ValueError, "is less than"),
        (lambda: science.central_diff_weights(4), ValueError, "odd"),
    ]:
        with pytest.raises(kind, match=message):
            call()


def test_folders_and_files_of_modules(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "__init__.py").write_text("name = __name__")
    (tmp_path / "two.py").write_text("1 / 0")
    file, path, details = words.find_module("one", [str(tmp_path)])
    assert file is None and words.load_module("renamed", file, path, details).name == "renamed" and sys.modules.pop("renamed")
    file, path, details = words.find_module("two", [str(tmp_path)])
    with file, pytest.raises(ZeroDivisionError):
        words.load_module("two", file, path, details)
    assert "two" not in sys.modules and details == (".py", "r", words.PY_SOURCE)
    assert words.mkpath(str(tmp_path / "a" / "b")) == [str(tmp_path / "a"), str(tmp_path / "a" / "b")] and words.mkpath(str(tmp_path / "a")) == []
    shutil.rmtree(tmp_path / "one" / "__pycache__", ignore_errors=True)
    assert words.copy_tree(str(tmp_path / "one"), str(tmp_path / "a")) == [str(tmp_path / "a" / "__init__.py")] and (tmp_path / "a" / "__init__.py").exists()
    assert os.path.isdir(words.get_python_lib()) and words.get_python_inc() and os.path.isdir(words.get_python_lib(standard_lib=1))


def test_images(tmp_path: Path) -> None:
    from symgraph.oldworld import images

    grey = np.arange(12.0).reshape(3, 4)
    assert images.bytescale(grey)[[0, 2], [0, 3]].tolist() == [0, 255] and images.bytescale(grey, low=10, high=20).min() == 10
    assert images.bytescale(np.array([3], "uint8")).tolist() == [3]
    images.imsave(tmp_path / "grey.png", grey)
    assert np.array_equal(images.imread(tmp_path / "grey.png"), images.bytescale(grey))
    colours = np.random.default_rng(0).integers(0, 256, (6, 4, 3)).astype("uint8")
    images.imsave(tmp_path / "colours.png", colours)
    assert np.array_equal(images.imread(tmp_path / "colours.png"), colours)
    flat = images.imread(tmp_path / "colours.png", flatten=True)
    assert flat.dtype == np.float32 and flat.shape == (6, 4) and images.imread(tmp_path / "colours.png", mode="L").dtype == np.uint8
    assert np.array_equal(images.fromimage(images.toimage(colours.transpose(2, 0, 1))), colours)  # layers first
    assert [images.imresize(colours, size).shape for size in (50, 2.0, (5, 7))] == [(3, 2, 3), (12, 8, 3), (5, 7, 3)]
    assert np.allclose(images.imresize(grey, (3, 4), mode="F"), grey) and images.imrotate(grey, 180, "nearest")[0, 0] == 255


def test_science() -> None:
    from symgraph.oldworld import science

    assert np.allclose(science.central_diff_weights(3), [-0.5, 0, 0.5]) and np.allclose(science.central_diff_weights(5, 2) * 12, [-1, 16, -30, 16, -1])
    assert np.isclose(science.derivative(lambda x, a: a * x**3, 2.0, dx=1e-3, args=(2,)), 24)
    assert science.simps([0, 1, 4], [0, 1, 2]) == pytest.approx(8 / 3) and science.cumtrapz([1, 3]).tolist() == [2] and science.trapz([1, 3]) == 2
    assert science.itemfreq([2, 1, 2]).tolist() == [[1, 1], [2, 2]] and science.binom_test([1, 1]) == 1 and science.nanstd([1.0, np.nan, 3.0]) == np.sqrt(2)
    assert np.isclose(science.chisqprob(3.84, 1), 0.05, atol=1e-3) and np.isclose(science.sph_harm(0, 1, 0.3, 0.0), np.sqrt(3 / 4 / np.pi))
    assert science.median_absolute_deviation([1.0, 2.0, 4.0]) == 1.4826
    folds = importlib.import_module("symgraph.oldworld.folds")
    assert [test.tolist() for _, test in folds.KFold(4, n_folds=2)] == [[0, 1], [2, 3]]
    assert [test.tolist() for _, test in folds.LeaveOneOut(2)] == [[0], [1]]
    drawn = folds.ShuffleSplit(10, n_iter=3, test_size=0.2, random_state=1) + folds.StratifiedShuffleSplit([0, 1] * 5, 3, test_size=0.2, random_state=1)
    assert [len(test) for _, test in drawn] == [2] * 6 and all(sorted(test % 2) == [0, 1] for _, test in drawn[3:])
    assert [sorted(np.array([0, 0, 1, 1])[test]) for _, test in folds.StratifiedKFold([0, 0, 1, 1], 2)] == [[0, 1], [0, 1]]


# A program of 2016 ----------------------------------------------------------------------------------------------------
OLD = """
import collections, fractions, inspect, sys, time, threading, types, warnings
from collections import Mapping, OrderedDict
import numpy as np
import scipy, scipy.misc, scipy.integrate, scipy.stats
from scipy.misc import logsumexp, imresize, comb
import six
from six.moves import cPickle, xrange, urllib
opened = urllib.request.urlopen
from six.moves.urllib.request import urlretrieve
import theano

print(issubclass(dict, Mapping), collections.Iterable.__name__, fractions.gcd(4, 6), inspect.getargspec(lambda a: 0).args)
print(np.float is float, np.int, np.bool in (bool, np.bool_), np.float_ is np.float64, np.product([2, 3]), np.in1d([1], [1]), np.Inf, np.asscalar(np.ones(1)))
print(np.array([[1], [2, 3]]).dtype, np.fromstring(b"\\x01", dtype=np.uint8), logsumexp([0.0, 0.0]), comb(4, 2), imresize(np.eye(4), 0.5).shape)
print(scipy.array([1]), scipy.integrate.simps([0, 1, 2]), scipy.stats.chisqprob(0, 1))
print(cPickle.__name__, xrange(3), urllib.parse.quote(" "), callable(urlretrieve), urlretrieve.__module__, six.PY3, time.clock() >= 0, threading.Thread().isAlive())
import pickle, imp, importlib
print(pickle.__spec__.name, importlib.reload(pickle) is pickle, imp.new_module("m").__name__)
from distutils.version import LooseVersion
print(LooseVersion(theano.__version__) > LooseVersion("0.9"), theano.shared(np.ones(2)).get_value().sum())
for call in (lambda: np.no_such, lambda: collections.no_such, lambda: scipy.no_such):
    try: call()
    except AttributeError as error: print(error)
try: import numpy.no_such
except ImportError as error: print(error)
"""
PRINTED = """True Iterable 2 ['a']
True <class 'int'> True True 6 [ True] inf 1.0
object [1] 0.6931471805599453 6.0 (2, 2)
[1] 2.0 1.0
pickle range(0, 3) %20 True urllib.request True True False
pickle True m
True 2.0
module 'numpy' has no attribute 'no_such'
module 'collections' has no attribute 'no_such'
"""


def test_a_program_of_2016_and_its_reports(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(OLD)
    done = start(tmp_path, "--old-world", "-v", "old.py", PYTHONWARNINGS="ignore")
    assert done.stdout.startswith(PRINTED), done.stdout + done.stderr
    assert done.stdout[len(PRINTED):].splitlines()[1] == "No module named 'numpy.no_such'"
    said = done.stderr.splitlines()
    assert all(line.startswith("symgraph: ") for line in said) and len(said) == len(set(said))
    for line in ("collections.Mapping is collections.abc.Mapping", "numpy.float is float", "fractions.gcd is supplied",
                 "numpy.array: rows of different lengths make an array of objects", "time.clock is time.process_time",
                 "the module six is supplied", "scipy.array is numpy.array", "threading.Thread.isAlive is is_alive"):
        assert f"symgraph: {line}" in said
    assert [path.name for path in tmp_path.iterdir()] == ["old.py"] and (tmp_path / "old.py").read_text() == OLD


def test_nothing_is_supplied_unless_it_is_asked_for(tmp_path: Path) -> None:
    code = ("import sys, numpy, collections, time\n"
            "print([hasattr(numpy, 'float'), hasattr(collections, 'Iterable'), hasattr(time, 'clock'), 'symgraph.oldworld' in sys.modules])\n"
            "from symgraph.theano import install; install(); install()\nprint(hasattr(numpy, 'float'))\n"
            "install(old_world=True, verbose=True); install(old_world=True)\nimport collections\nprint(numpy.float, collections.Iterable.__name__, time.clock() > 0)")
    done = start(tmp_path, "-c", code)
    assert done.stdout == "[False, False, False, False]\nFalse\n<class 'float'> Iterable True\n"
    assert "symgraph: numpy.float is float\n" in done.stderr


# Python 2 -------------------------------------------------------------------------------------------------------------
PYTHON2 = """# -*- coding: latin-1 -*-
import cPickle, itertools, os, string, StringIO, sys, urllib2
from itertools import izip
from ConfigParser import SafeConfigParser
import numpy as np
import theano
import layers, package
reload(sys); sys.setdefaultencoding('utf8')
print "hello", 7/2, 7./2, `3`, 0777, 10L, 3 <> 4, ur'a\\b', 'caf\xe9'
print >>sys.stdout, "no", "newline",
print
d = {'a': 1}
print d.has_key('a'), d.keys()[0], sorted(d.iteritems()), range(2) + [2], map(None, [1], [2]), unicode("x"), isinstance("x", basestring)
try:
    raise ValueError, "wrong"
except (ValueError, KeyError), e:
    print 'caught', e, e.message, sys.exc_type is ValueError
d[2] = 3
for key in d.keys():
    del d[key]
l = [1, 3, 2]; l.sort(lambda a, b: b - a); l2 = [1, 3]; l2.sort(cmp=lambda a, b: b - a); w = np.array([2, 1]); w.sort(0)
print d, l, l2, w
class A(object):
    __metaclass__ = type
    x = [7]
    def next(self):
        return self
    def __div__(self, other):
        return 'divided'
a = A()
a.x[0] /= 2; a.y = 9; a.y /= 2; a.next().y /= 2; k = 5; k /= 2; w = np.arange(4); w /= 2; w[1:3] /= 1
print a.x, a.y, k, w, a / 2, a.next() is a, string.letters[:2], string.maketrans('a', 'b')[97], round(2.5)
print [i + j for i, j in izip(xrange(2), xrange(2))], reduce(lambda a, b: a + b, [1, 2]), (lambda (p, q): p + q)((1, 2))
exec "z = 3"
print z, cPickle.loads(cPickle.dumps([1])), StringIO.StringIO("s").read(), os.getcwdu() == os.getcwd(), np.float
n_batches = theano.shared(np.zeros((10, 3))).get_value(borrow=True).shape[0] / 3
print n_batches, layers.half(5), package.name, package.value
with open('text.pkl', 'w') as f:
    cPickle.dump({'a': 1}, f)
print cPickle.load(open('text.pkl')), cPickle.load(open('old.pkl', 'rb'))
execfile('more.py')
print more, sys.argv, __name__, __file__ == os.path.abspath('program.py')
def broken(k, (m, n)):
    return 1 / (k - m
                - n)
def again():
    print "x"; layers.call(broken, 3, (2, 1))
again()
"""
OUTPUT = """hello 3 3.5 3 511 10 True a\\b café
no newline
True a [('a', 1)] [0, 1, 2] [(1, 2)] x True
caught wrong wrong True
{} [3, 2, 1] [3, 1] [1 2]
[3] 2 2 [0 0 1 1] divided True ab b 3.0
[0, 2] 3 3
3 [1] s True <class 'float'>
3 2 package.inner 2
{'a': 1} ÿ
2 ['program.py', '-a'] __main__ True
x
calling
"""
TRACEBACK = """Traceback (most recent call last):
  File "{folder}/program.py", line 48, in <module>
    again()
  File "{folder}/program.py", line 47, in again
    print "x"; layers.call(broken, 3, (2, 1))
  File "{folder}/layers.py", line 5, in call
    print "calling"; return f(*args)
  File "{folder}/program.py", line 44, in broken
    return 1 / (k - m
"""


def test_a_program_for_python_2(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    files = {
        "program.py": PYTHON2.encode("latin-1"), "layers.py": b"def half(n):\n    return n / 2\ndef call(f, *args):\n    if True:\n"
        b"        print \"calling\"; return f(*args)\n", "more.py": b"more = 5 / 2", "old.pkl": b"\x80\x02U\x01\xff.",
        "package/__init__.py": b"import inner\nfrom inner import name\nfrom sibling import value\n", "package/inner.py": b"name = __name__\n",
        "package/sibling.py": b"from __future__ import division\nvalue = 4 / 2 if 1 / 2 else None\nvalue = int(value)\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_bytes(text)
    done = start(tmp_path, "--python2", "program.py", "-a", PYTHONIOENCODING="utf-8")
    assert done.stdout == OUTPUT, done.stdout + done.stderr
    shown = "".join(line for line in done.stderr.splitlines(keepends=True) if set(line.strip()) - set("^~"))
    assert done.returncode == 1 and shown.startswith(TRACEBACK.format(folder=os.path.realpath(tmp_path)) + "ZeroDivisionError: ")
    assert {name: (tmp_path / name).read_bytes() for name in files} == files and not list(tmp_path.rglob("*.pyc"))


def test_other_ways_to_start_python_2(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("import multiprocessing, sys\ndef f(n):\n    return n / 2\nif __name__ == '__main__':\n    print __name__, sys.argv[1:], 7 / 2\n"
                                        "    pool = multiprocessing.get_context('spawn').Pool(1)\n    print pool.map(f, [5])\n    pool.terminate(); pool.join()\n")
    (tmp_path / "__main__.py").write_text("import module\nprint module.f(3), 1 / 2, range(2)\nimport sys; sys.exit(3)\n")
    assert start(tmp_path, "--python2", "-m", "module", "a").stdout == "__main__ ['a'] 3\n[2]\n"
    done = start(tmp_path, "--python2", ".")
    assert (done.stdout, done.returncode, done.stderr) == ("1 0 [0, 1]\n", 3, "")
    assert start(tmp_path, "--python2", "-c", "import sys; print sys.argv, 3 / 2, __name__", "x").stdout == "['-c', 'x'] 1 __main__\n"
    done = start(tmp_path, "--python2", "-v", "-", "x", given="print 1,\nimport sys; sys.exit('done')\n")
    assert (done.stdout, done.returncode) == ("1", 1) and done.stderr.endswith("done\n") and "<stdin> is compiled as Python 2" in done.stderr


SOURCES: dict[str, tuple[str, int, str]] = {  # text, the line of the error, what the traceback shows
    "no language": ("x = 1\nprint 'a'\ny = = 2\n", 3, "y = = 2"),
    "an open bracket": ("x = (1,\n", 1, ""),
    "a bad string": ("x = 1\ny = 'abc\n", 2, ""),
    "indentation": ("if 1:\n    print 1\n  print 2\n", 3, ""),
}


@pytest.mark.parametrize("case", SOURCES)
def test_neither_python_2_nor_3(case: str) -> None:
    text, line, shown = SOURCES[case]
    with pytest.raises(SyntaxError) as caught:
        python2.compiled(text, "program.py")
    assert caught.value.filename == "program.py" and shown in (caught.value.text or "") and (not shown or caught.value.lineno == line)


def test_lines_stay_where_they_were() -> None:
    text = "def f(a, (b, c)):\n\n    '''two\n    lines'''\n    print a,\\\n        b\n    return line()\nclass A:\n    __metaclass__ = M\n    x = line()\nprint f, line()\n"
    code = python2.compiled(text, "program.py")
    lines = {n for one in (code, *(c for c in code.co_consts if isinstance(c, types.CodeType))) for _, _, n in one.co_lines() if n}
    assert lines <= {1, 5, 6, 7, 8, 9, 10, 11} and {7, 10, 11} <= lines
    seen: list[int] = []
    names = {"line": lambda: seen.append(sys._getframe(1).f_lineno) or 0, "M": type, "__builtins__": {**vars(builtins), "__print__": print}}
    exec(python2.compiled(text + "f(1, (2, 3))\n", "program.py"), names)
    assert seen == [10, 11, 7] and inspect.getdoc(names["f"]) == "two\nlines"


def test_python_3_stays_python_3_and_tabs_are_eight() -> None:
    names: dict[str, Any] = {}
    exec(python2.compiled("import sys\nprint('a', file=sys.stderr)\nx: int = 3 / 2\nasync def f(): pass\n", "three.py"), names)
    assert names["x"] == 1.5
    exec(python2.compiled("if 1:\n\tx = 1\n        y = 2\nexec 'z = 3'\n", "tabs.py"), names)
    assert (names["y"], names["z"]) == (2, 3)
    exec(python2.compiled("from __future__ import division, print_function\nfor x in [1]: print('a', end='')\nz = x / 2\n", "future.py"), names)
    assert names["z"] == 0.5


# What is wrong --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("file", "hidden", "message"), [
    ("python2", "fissix.pgen2.parse", "programs for Python 2 need the package fissix"), ("images", "PIL", "the images of scipy.misc need Pillow")])
def test_without_what_it_needs(file: str, hidden: str, message: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, hidden, None)
    path = Path(table.__file__).parent / f"{file}.py"
    with pytest.raises(ImportError, match=rf"{message}: python -m pip install 'symgraph\[old\]'"):
        exec(compile(path.read_text(), str(path), "exec"), {"__name__": "copy", "__file__": str(path)})
    if file == "python2":
        monkeypatch.setattr(launch, "find_spec", lambda name: None)
        assert launch.main(["run", "--python2", "x.py"]) == 2 and "--python2 needs the package fissix" in capfd.readouterr().err


def test_python_2_as_python_itself_where_there_is_no_program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "program.zip", "w") as packed:
        packed.writestr("__main__.py", "print 1")
    assert launch.main(["run", "--python2", str(tmp_path / "program.zip")]) == 2 and "does not look into zip files" in capfd.readouterr().err
    for words_ in (["nowhere.py"], ["."], ["-m", "nowhere"]):
        ours, theirs = start(tmp_path, "--python2", *words_), python(tmp_path, *words_)
        assert (ours.returncode, ours.stderr) == (theirs.returncode, theirs.stderr)
