"""Runs the programs of one framework, one after another, and writes what they came to: `session.py PROGRAMS FILE NAME...`.

The same file runs under the real Theano (`record_frameworks.py`) and under symgraph (`test_frameworks.py`).
"""

import json
import os
import sys
import tempfile
import time
import traceback
import types
import warnings

import numpy as np


def settle_signs():
    """Singular vectors come with a sign that each LAPACK chooses for itself: choose one, so that orthogonal weights begin alike everywhere."""
    svd = np.linalg.svd

    def settled(a, full_matrices=True, compute_uv=True, **options):
        if not compute_uv:
            return svd(a, full_matrices, False, **options)
        u, s, v = svd(a, full_matrices, **options)
        count = len(s)
        sign = np.where(u[np.abs(u[:, :count]).argmax(0), np.arange(count)] < 0, -1.0, 1.0)
        u, v = u.copy(), v.copy()
        u[:, :count] *= sign
        v[:count] *= sign[:, None]
        return u, s, v

    np.linalg.svd = settled


def settle_options(module):
    """What the file of options at home says, and Theano's flags: float32 for Keras 2, float64 for the others."""
    dtype = "float32" if module == "keras_two" else "float64"
    os.environ["THEANO_FLAGS"] = "floatX=%s,%s" % (dtype, os.environ.get("THEANO_FLAGS", ""))
    os.environ["KERAS_BACKEND"] = "theano"
    os.environ["HOME"] = home = tempfile.mkdtemp()
    os.mkdir(os.path.join(home, ".keras"))
    with open(os.path.join(home, ".keras", "keras.json"), "w") as file:
        json.dump({"floatx": dtype, "epsilon": 1e-7, "backend": "theano"}, file)


def settle_theano():
    """What these frameworks expect and the real Theano 1.0.5 lacks: `theano.ifelse` unasked, and the pooling of Theano 0.7."""
    __import__("theano.ifelse")
    try:
        __import__("theano.tensor.signal.downsample")
    except ImportError:
        signal = __import__("theano.tensor.signal.pool", fromlist=["pool"])
        older = sys.modules["theano.tensor.signal.downsample"] = types.ModuleType("downsample")
        sys.modules["theano.tensor.signal"].downsample = older
        older.max_pool_2d = lambda x, ds, ignore_border=None, st=None, padding=(0, 0), mode="max": signal.pool_2d(
            x, ws=ds, ignore_border=ignore_border, stride=st, pad=padding, mode=mode)


def plain(value):
    """What JSON can say of it: numbers, words, lists of them."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value.tolist() if hasattr(value, "tolist") else value


def main():
    """Programs of a module, all of them or those named, into a JSON file of names -> {"value", "seconds"} or {"error"}."""
    module, path, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    warnings.simplefilter("ignore")
    settle_options(module)
    settle_signs()
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    settle_theano()
    loaded = __import__(module)
    found = {}
    for program in loaded.PROGRAMS:
        name = program.__name__
        if names and name not in names:
            continue
        loaded.prepare()
        begun = time.time()
        try:
            found[name] = {"value": plain(program()), "seconds": time.time() - begun}
        except Exception:
            found[name] = {"error": traceback.format_exc()}
        with open(path, "w") as file:
            json.dump(found, file)


if __name__ == "__main__":
    main()
