"""Loops over numbers in C, as one writes them, by -O3 alone: it may not fuse products with sums, as the others do not."""

import ctypes
import os
import subprocess
import tempfile

import loop_inputs
import numpy as np

TEXT = """
double logistic_map(double x, double r, long n) { for (long t = 0; t < n; t++) x = r * x * (1 - x); return x; }
double horner(const double *c, double x, long n) { double s = 0; for (long t = 0; t < n; t++) s = s * x + c[t]; return s; }
double ar2(const double *y, const double *a, double *g, long n) {
    double loss = 0, p = 0, q = 0;
    for (long t = 2; t < n; t++) {
        double e = y[t] - a[0] * y[t - 1] - a[1] * y[t - 2];
        loss += e * e;
        p -= 2 * e * y[t - 1];
        q -= 2 * e * y[t - 2];
    }
    g[0] = p; g[1] = q;
    return loss;
}
void power(const double *restrict a, double *restrict out, long size, long n) {
    for (long i = 0; i < size; i++) out[i] = 1;
    for (long t = 0; t < n; t++) for (long i = 0; i < size; i++) out[i] *= a[i];
}
double nested(double x, double m, long outer, long middle, long inner) {
    for (long i = 0; i < outer; i++) {
        for (long j = 0; j < middle; j++) {
            for (long k = 0; k < inner; k++) m = m * x + 0.5;
            m *= 0.5;
        }
        m += 0.25;
    }
    return m;
}
"""
D, P, N = ctypes.c_double, ctypes.c_void_p, ctypes.c_long
SIGNATURES = {"logistic_map": (D, D, N), "horner": (P, D, N), "ar2": (P, P, P, N), "power": (P, P, N, N), "nested": (D, D, N, N, N)}


def routine(name):
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "loops.c"), os.path.join(folder, "loops.so")
        with open(source, "w") as file:
            file.write(TEXT)
        subprocess.run([os.environ.get("CC", "cc"), "-O3", "-shared", "-fPIC", "-o", library, source], check=True)
        found = getattr(ctypes.CDLL(library), name)
    found.argtypes, found.restype = SIGNATURES[name], None if name == "power" else D
    return found


def logistic_map(steps):
    yield
    yield routine("logistic_map"), (0.3, 3.7, steps)


def horner(steps):
    c, f = loop_inputs.series(steps), routine("horner")
    yield
    yield lambda c, x: f(c.ctypes.data, x, c.size), (c, 0.99)


def ar2(steps):
    f = routine("ar2")

    def call(y, a):
        g = np.empty(2)
        return [f(y.ctypes.data, a.ctypes.data, g.ctypes.data, y.size), g]

    yield
    yield call, (loop_inputs.series(steps), loop_inputs.numbers(2) / 3)


def power(size, steps):
    f = routine("power")

    def call(a):
        out = np.empty_like(a)
        f(a.ctypes.data, out.ctypes.data, a.size, steps)
        return out

    yield
    yield call, (loop_inputs.numbers(size),)


def nested(outer, middle, inner):
    f = routine("nested")
    yield
    yield lambda x, m: f(x, m, outer, middle, inner), (0.9, 0.1)
