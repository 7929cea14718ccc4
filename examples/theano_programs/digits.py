"""Handwritten digits as shared variables, for the programs of this folder.

`digits.npz` holds the 1797 digits of 8 by 8 dots that come with scikit-learn, in an order drawn once. Where scikit-learn is
installed, `python digits.py` writes it again.
"""

import os

import numpy
import theano
import theano.tensor as T

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "digits.npz")
PARTS = [(0, 1200), (1200, 1500), (1500, 1797)]  # to learn from, to choose by, to test on


def arrays():
    """Dots between 0 and 1, one digit a row, and what digit each is."""
    with numpy.load(FILE) as found:
        return found["images"] / 16.0, found["labels"].astype("int32")


def shared_parts():
    """Three pairs (x, y): x shared, y its labels as an int32 expression of a shared variable of floats, as a GPU wanted them."""
    images, labels = arrays()
    parts = []
    for start, stop in PARTS:
        x = theano.shared(numpy.asarray(images[start:stop], dtype=theano.config.floatX), borrow=True)
        y = theano.shared(numpy.asarray(labels[start:stop], dtype=theano.config.floatX), borrow=True)
        parts.append((x, T.cast(y, "int32")))
    return parts


def batches(x, size):
    """How many whole batches there are."""
    return x.get_value(borrow=True).shape[0] // size


if __name__ == "__main__":
    from sklearn.datasets import load_digits

    given = load_digits()
    order = numpy.random.RandomState(0).permutation(len(given.target))
    numpy.savez_compressed(FILE, images=given.data[order].astype("uint8"), labels=given.target[order].astype("uint8"))
