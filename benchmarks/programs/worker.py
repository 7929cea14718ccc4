"""One side's process: `python worker.py MODULE [RECURSION_LIMIT]` answers one JSON line for each JSON line it is
sent.

A program is a generator function of the module. It builds its graph and yields; compiles and yields `(f,
arguments)`, where `f(*arguments)` is one call. Requests:

* `{"do": "versions"}` -> versions of the packages
* `{"do": "compile", "program": "add", "arguments": []}` -> seconds to build, seconds from there to the first result,
  and the numbers that the first three calls gave (training steps change with each call)
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


def numbers(result):
    """The result as a short list of floats: of each array its shape, sum, first and last element."""
    if isinstance(result, (list, tuple)):
        return [number for part in result for number in numbers(part)]
    array = np.asarray(result, dtype="float64")
    ends = [array.flat[0], array.flat[array.size - 1]] if array.size else []
    return [float(number) for number in (*array.shape, array.sum(), *ends)]


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
        found = numbers(result)
        for _ in range(CALLS_COMPARED - 1):
            found += numbers(function(*given))
        return {"build": built - start, "compile": end - built, "numbers": found}

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
