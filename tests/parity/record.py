"""Runs the programs under the real Theano 1.0.5 and writes what they gave to `recorded.json`.

Theano 1.0.5 needs Python 3.7 with numpy below 1.22 and scipy below 1.8::

    THEANO_FLAGS=optimizer=fast_compile,linker=py,cxx= python3.7 tests/parity/record.py
    python3.7 tests/parity/record.py conv2d
    python3.7 tests/parity/record.py --new

With --new, only what has not been recorded is run. With words, only programs whose text has one of them are run, and the others stay as they
were recorded: convolutions need the C compiler.
"""

import json
import os
import sys
import warnings

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


def written(value):
    """An array as JSON can say it: dtype, shape, and its numbers in a row (complex ones as pairs)."""
    a = np.asarray(value)
    flat = a.ravel()
    numbers = [[x.real, x.imag] for x in flat.tolist()] if a.dtype.kind == "c" else flat.tolist()
    return [str(a.dtype), list(a.shape), numbers]


def builtin_class(error):
    """The nearest of Python's own classes that an error is of."""
    return next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")


def result(run):
    """{"values": ...} or {"error": ...} of a call."""
    try:
        return {"values": [written(x) for x in run()]}
    except Exception as error:
        return {"error": builtin_class(error)}


def main():
    """Record all, and say what no value came of."""
    warnings.simplefilter("ignore")
    import theano
    from old_programs import EXPRESSIONS, PROGRAMS
    from old_runs import gradient, run_expression, run_program

    words, path = sys.argv[1:], os.path.join(HERE, "recorded.json")
    before = json.load(open(path)) if words else {}
    found = {}

    def wanted(text, *names):
        if words == ["--new"] and names[0] not in before or not words or any(word in text for word in words):
            return True
        found.update((name, before[name]) for name in names if name in before)
        return False

    for text in dict.fromkeys(EXPRESSIONS):
        if not wanted(text, text, "gradient of " + text):
            continue
        found[text] = result(lambda text=text: run_expression(theano, text))
        if "values" in found[text]:
            slope = result(lambda text=text: gradient(theano, text))
            if slope.get("values"):
                found["gradient of " + text] = slope
        else:
            print(text, found[text])
    for name, text in PROGRAMS.items():
        if not wanted(text, name):
            continue
        found[name] = result(lambda text=text: run_program(theano, text))
        if "error" in found[name]:
            print(name, found[name])
    with open(path, "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items()) + "\n}\n")
    print(len(found), "recorded")


if __name__ == "__main__":
    main()
