"""Writes `pickles/` with the real Theano 1.0.5 (Python 3.7); test_pickles.py reads them. Run by hand:

    THEANO_FLAGS=optimizer=fast_compile,linker=py,cxx= python3.7 tests/theano/pickled_by_theano.py
"""

import os
import pickle

import numpy as np
import scipy.sparse
import theano
import theano.tensor as T
from theano.misc import pkl_utils

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pickles")
theano.config.traceback.limit = 0  # pickles would name the folder they were written in


def things():
    """Whatever has no graph: shared variables of each kind, constants, inputs; `W` twice."""
    w = theano.shared(np.arange(6, dtype="float32").reshape(2, 3), name="W")
    row = theano.shared(np.ones((1, 2)), name="row", broadcastable=(True, False))
    turned = theano.shared(np.arange(6.0).reshape(2, 3).T, name="turned", borrow=True)
    x = T.fmatrix("x")
    x.tag.test_value = np.zeros((2, 2), "float32")
    return {
        "params": [w, theano.shared(np.float64(0.5), name="rate"), theano.shared(np.array([1, 2]), name="lstm.b")], "again": w, "row": row,
        "turned": turned, "bag": theano.shared({"k": [1, 2]}, name="bag"), "constant": T.constant(np.array([[1, 2]], "int32"), name="c"),
        "number": T.constant(2.5), "x": x, "generator": theano.shared(np.random.RandomState(7), name="generator"),
        "sparse": theano.shared(scipy.sparse.csr_matrix(np.eye(2)), name="sparse"), "array": np.arange(3), "type": T.dmatrix,
    }


def main():
    for protocol in (0, 2, 4):
        with open(os.path.join(HERE, f"things{protocol}.pkl"), "wb") as file:
            pickle.dump(things(), file, protocol)
    with open(os.path.join(HERE, "things.zip"), "wb") as file:
        pkl_utils.dump(things(), file)
    x = T.dvector("x")
    w = theano.shared(np.ones(2), name="w")
    for name, thing in {"expression": T.exp(x * w).sum(), "function": theano.function([x], x * w)}.items():
        with open(os.path.join(HERE, name + ".zip"), "wb") as file:
            pkl_utils.dump(thing, file)
        with open(os.path.join(HERE, name + ".pkl"), "wb") as file:
            pickle.dump(thing, file, 2)


if __name__ == "__main__":
    main()
