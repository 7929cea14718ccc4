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


NETWORKS = {
    # x, weights -> out, slope: softmax of rows
    "softmax": """
    for (long i = 0; i < n; i++) {
        const float *x = in[0] + i * m, *w = in[1] + i * m; float *y = out[0] + i * m, *g = out[1] + i * m, top = -INFINITY, sum = 0, dot = 0;
        for (long j = 0; j < m; j++) top = x[j] > top ? x[j] : top;
        for (long j = 0; j < m; j++) sum += y[j] = expf(x[j] - top);
        for (long j = 0; j < m; j++) dot += (y[j] /= sum) * w[j];
        for (long j = 0; j < m; j++) g[j] = y[j] * (w[j] - dot);
    }""",
    # x, labels -> losses, slope of their mean
    "cross_entropy": """
    for (long i = 0; i < n; i++) {
        const float *x = in[0] + i * m; const int *k = (const int *)in[1]; float *g = out[1] + i * m, top = -INFINITY, sum = 0;
        for (long j = 0; j < m; j++) top = x[j] > top ? x[j] : top;
        for (long j = 0; j < m; j++) sum += g[j] = expf(x[j] - top);
        out[0][i] = top + logf(sum) - x[k[i]];
        for (long j = 0; j < m; j++) g[j] *= 1 / (sum * n);
        g[k[i]] -= 1.0f / n;
    }""",
    # x, scale, offset, weights -> out, slopes of x, scale, offset
    "layer_norm": """
    for (long j = 0; j < m; j++) out[2][j] = out[3][j] = 0;
    for (long i = 0; i < n; i++) {
        const float *x = in[0] + i * m, *s = in[1], *o = in[2], *w = in[3] + i * m; float *y = out[0] + i * m, *g = out[1] + i * m;
        float mean = 0, square = 0, first = 0, second = 0;
        for (long j = 0; j < m; j++) mean += x[j];
        mean /= m;
        for (long j = 0; j < m; j++) square += (x[j] - mean) * (x[j] - mean);
        float r = 1 / sqrtf(square / m + 1e-5f);
        for (long j = 0; j < m; j++) { float h = (x[j] - mean) * r; y[j] = h * s[j] + o[j]; first += w[j] * s[j]; second += w[j] * s[j] * h; }
        first /= m; second /= m;
        for (long j = 0; j < m; j++) {
            float h = (x[j] - mean) * r;
            g[j] = r * (w[j] * s[j] - first - h * second); out[2][j] += w[j] * h; out[3][j] += w[j];
        }
    }""",
    "batch_norm": """
    for (long c = 0; c < m; c++) {
        float mean = 0, square = 0, first = 0, second = 0;
        for (long i = 0; i < n; i++) for (long k = 0; k < inner; k++) mean += in[0][(i * m + c) * inner + k];
        mean /= n * inner;
        for (long i = 0; i < n; i++) for (long k = 0; k < inner; k++) { float d = in[0][(i * m + c) * inner + k] - mean; square += d * d; }
        float r = 1 / sqrtf(square / (n * inner) + 1e-5f), s = in[1][c], o = in[2][c];
        for (long i = 0; i < n; i++) for (long k = 0; k < inner; k++) {
            long at = (i * m + c) * inner + k; float h = (in[0][at] - mean) * r;
            out[0][at] = h * s + o; first += in[3][at]; second += in[3][at] * h;
        }
        out[2][c] = second; out[3][c] = first;
        first /= n * inner; second /= n * inner;
        for (long i = 0; i < n; i++) for (long k = 0; k < inner; k++) {
            long at = (i * m + c) * inner + k; float h = (in[0][at] - mean) * r;
            out[1][at] = r * s * (in[3][at] - first - h * second);
        }
    }""",
}


def embedding(*sizes):
    table, rows, weights = inputs.embedding(*sizes)
    text = """float step(float *table, const long *rows, const float *weights, long n, long m, float rate) {
        float cost = 0;
        for (long i = 0; i < n; i++) for (long j = 0; j < m; j++) cost += table[rows[i] * m + j] * weights[i * m + j];
        for (long i = 0; i < n; i++) for (long j = 0; j < m; j++) table[rows[i] * m + j] -= rate * weights[i * m + j];
        return cost;
    }"""
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "step.c"), os.path.join(folder, "step.so")
        with open(source, "w") as file:
            file.write(text)
        subprocess.run([COMPILER, *FLAGS, "-ffast-math", "-o", library, source], check=True)
        step = ctypes.CDLL(library).step
    step.argtypes, step.restype = [ctypes.c_void_p] * 3 + [ctypes.c_long] * 2 + [ctypes.c_float], ctypes.c_float

    def call(rows, weights):
        return np.float32(step(table.ctypes.data, rows.ctypes.data, weights.ctypes.data, *weights.shape, inputs.RATE))

    yield
    yield call, [rows, weights]


def network(name, *shape):
    if name not in NETWORKS:
        raise NotImplementedError(f"no loop of {name}")
    given = inputs.network(name, *shape)
    text = f"""#include <math.h>
    void loop(const float *const *in, float *const *out, long n, long m, long inner) {{ {NETWORKS[name]} }}"""
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "loop.c"), os.path.join(folder, "loop.so")
        with open(source, "w") as file:
            file.write(text)
        # -ffast-math: without it gcc makes no vectors of sums
        subprocess.run([COMPILER, *FLAGS, "-ffast-math", "-o", library, source, "-lm"], check=True)
        loop = ctypes.CDLL(library).loop
    pointers = ctypes.c_void_p * 4
    loop.argtypes, loop.restype = [pointers, pointers] + [ctypes.c_long] * 3, None
    inner = int(np.prod(shape[2:], dtype="int64"))

    def call(*arrays):
        x = arrays[0]
        results = [np.empty(len(x), "float32") if name == "cross_entropy" else np.empty_like(x), np.empty_like(x)]
        results += [np.empty(shape[1], "float32") for _ in range(2)] if name.endswith("norm") else []
        loop(pointers(*[a.ctypes.data for a in arrays]), pointers(*[a.ctypes.data for a in results]), shape[0], shape[1], inner)
        return results

    yield
    yield call, given
