"""One side's process: `python worker.py MODULE [RECURSION_LIMIT]` answers one JSON line for each JSON line it is
sent.

A program is a generator function of the module. It builds its graph and yields; compiles and yields `(f,
arguments)`, where `f(*arguments)` is one call. Requests:

* `{"do": "versions"}` -> versions of the packages
* `{"do": "compile", "program": "add", "arguments": []}` -> seconds to build, seconds from there to the first result,
  and summaries of what the first three calls gave (training steps change with each call),
  of slow ones two
* `{"do": "forget"}`: lets go of what is compiled
* `{"do": "time", "program": "add", "arguments": [], "number": 1000}` -> seconds for that many calls of it, compiled

Runs on Python 3.7 and later.
"""

import importlib
import json
import os
import sys
import threading
import time
import timeit

import numpy as np

CALLS_COMPARED = 3
SLOW = 0.5  # seconds of a call: of slower ones two are compared
SHOWN = 9


def summaries(result):
    """A result as a list: a summary of each array in it."""
    if isinstance(result, (list, tuple)):
        return [found for part in result for found in summaries(part)]
    return [summary(np.asarray(result))]


def summary(array):
    """What benchmarks/agreement.py compares: shape, distance of 1 to the next number of the dtype (0 if it is exact), how many numbers are
    finite, sums of these and of their absolute values, and up to SHOWN elements from the first to the last. Complex numbers count as two."""
    shape = array.shape
    array = np.ascontiguousarray(array)
    if array.dtype.kind == "c":
        array = array.view(array.real.dtype)
    epsilon = float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0
    values = array.astype("float64").ravel()
    places = np.unique(np.linspace(0, values.size - 1, SHOWN).astype("int64")) if values.size else []
    finite = values[np.isfinite(values)]
    return {
        "shape": list(shape),
        "epsilon": epsilon,
        "finite": int(finite.size),
        "sum": float(finite.sum()),
        "absolute": float(np.abs(finite).sum()),
        "some": [float(values[place]) for place in places],
    }


def finish(result):
    """Wait for a result that is still being computed (JAX) by reading it."""
    for part in result if isinstance(result, (list, tuple)) else [result]:
        np.asarray(part)


class Worker:
    """Compiles and times the programs of one module; keeps what is compiled."""

    def __init__(self, module):
        self.programs = importlib.import_module(module)
        self.compiled = {}

    def versions(self):
        found = {"python": "{}.{}.{}".format(*sys.version_info[:3])}
        found.update(self.programs.versions())
        return found

    def compile(self, program, arguments):
        start = time.perf_counter()
        steps = getattr(self.programs, program)(*arguments)
        next(steps)
        built = time.perf_counter()
        function, given = next(steps)
        result = function(*given)
        finish(result)
        end = time.perf_counter()
        self.compiled[program, tuple(arguments)] = function, given
        found = [summaries(result)]
        for _ in range(CALLS_COMPARED - 1):
            begun = time.perf_counter()
            found.append(summaries(function(*given)))
            if time.perf_counter() - begun > SLOW:
                break
        return {"build": built - start, "compile": end - built, "summaries": found}

    def forget(self):
        self.compiled.clear()

    def time(self, program, arguments, number):
        function, given = self.compiled[program, tuple(arguments)]
        names = [f"argument{index}" for index in range(len(given))]
        # The setup makes locals of the function and its arguments, so that the loop holds nothing but the call.
        setup = "call = given_call\n" + "\n".join(f"{name} = given[{i}]" for i, name in enumerate(names))
        timer = timeit.Timer(f"call({', '.join(names)})", setup, globals={"given_call": function, "given": given})
        return {"seconds": timer.timeit(number)}


def answer(worker, request):
    request = dict(request)
    try:
        return {"answer": getattr(worker, request.pop("do"))(**request)}
    except Exception as failure:  # told to the parent, which reports it in the table
        lines = str(failure).strip().splitlines() or [""]
        return {"failure": f"{type(failure).__name__}: {lines[0][:200]}"}


def main():
    # Answers go through a copy of stdout; whatever a package prints goes to stderr.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        worker = Worker(sys.argv[1])
        ready = {"answer": "ready"}
    except ImportError as failure:
        worker, ready = None, {"failure": f"not installed: {failure}"}
    replies.write(json.dumps(ready) + "\n")
    replies.flush()
    for line in sys.stdin:
        replies.write(json.dumps(answer(worker, json.loads(line))) + "\n")
        replies.flush()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        # Only for peers that walk graphs by recursion: a higher limit and a stack to hold it.
        sys.setrecursionlimit(int(sys.argv[2]))
        threading.stack_size(1 << 29)
        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    else:
        main()
