"""The programs as C loops that the system's compiler builds as they are asked for: the limit that fused code is
held against.

`weighted_sum` and `squares` write into memory that numpy allocates anew for each call, as a function that returns a
result must; `REUSED` = 1 in the environment writes into one buffer for ever.
"""

import ctypes
import os
import subprocess
import tempfile

import c_loops
import inputs
import numpy as np

FLAGS = ["-O3", "-march=native", "-shared", "-fPIC"]
COMPILER = os.environ.get("CC", "cc")


def versions():
    first = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return {"C compiler": first + " " + " ".join(FLAGS[:2]), "numpy": np.__version__}


def compiled(expression):
    """The loop `out[i] = expression` of a and b as a function on arrays."""
    text = f"""void loop(const double *restrict a, const double *restrict b, double *restrict out, long n)
    {{ for (long i = 0; i < n; i++) out[i] = {expression}; }}"""
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "loop.c"), os.path.join(folder, "loop.so")
        with open(source, "w") as file:
            file.write(text)
        subprocess.run([COMPILER, *FLAGS, "-o", library, source], check=True)
        loop = ctypes.CDLL(library).loop
    loop.argtypes, loop.restype = [ctypes.c_void_p] * 3 + [ctypes.c_long], None

    def call(a, b, out=None):
        if out is None:
            out = np.empty_like(a)
        loop(a.ctypes.data, b.ctypes.data, out.ctypes.data, a.size)
        return out

    return call


def given(size):
    """The arguments: two vectors, and the buffer where it is to be reused."""
    vectors = inputs.vectors(size)
    return (*vectors, np.zeros(size)) if os.environ.get("REUSED") == "1" else vectors


def weighted_sum(size):
    yield
    yield compiled("2 * a[i] + 3 * b[i]"), given(size)


def squares(size):
    yield
    yield compiled("a[i] * a[i] + b[i] * b[i] + 2 * a[i] * b[i]"), given(size)


logistic_map, ar2, horner, power, nested = c_loops.logistic_map, c_loops.ar2, c_loops.horner, c_loops.power, c_loops.nested
