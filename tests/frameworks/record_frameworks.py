"""Runs the programs of a framework under the real Theano 1.0.5 and writes what they came to into `recorded.json`.

In a virtual environment of Python 3.7, with compilers for Theano's convolutions::

    pip install "setuptools<48" "numpy<1.22" "scipy<1.8" "h5py<3" "pyyaml<6" six Theano==1.0.5
    pip install --no-deps --target keras209 Keras==2.0.9
    PYTHONPATH=keras209 python tests/frameworks/record_frameworks.py keras_two
    pip install --no-deps --target keras122 Keras==1.2.2
    PYTHONPATH=keras122 python tests/frameworks/record_frameworks.py keras_one
    pip install --no-deps --target lasagne01 Lasagne==0.1
    PYTHONPATH=lasagne01 python tests/frameworks/record_frameworks.py lasagne_one

With words behind, only the programs of those names are run, and the others stay as they were recorded.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(HERE, "recorded.json")


def rounded(value):
    """Numbers to nine digits."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float("%.9g" % value) if isinstance(value, float) else value


def main():
    """Record, and say what failed."""
    module, names = sys.argv[1], sys.argv[2:]
    found = os.path.join(tempfile.mkdtemp(), "found.json")
    subprocess.check_call([sys.executable, os.path.join(HERE, "session.py"), module, found] + names)
    with open(found) as file:
        results = json.load(file)
    with open(PATH) as file:
        recorded = json.load(file)
    programs = recorded.setdefault(module, {}) if names else {}
    recorded[module] = programs
    for name, result in results.items():
        if "error" in result:
            sys.exit("%s failed:\n%s" % (name, result["error"]))
        programs[name] = rounded(result["value"])
    blocks = []
    for module, programs in sorted(recorded.items()):
        rows = ["  %s: %s" % (json.dumps(name), json.dumps(value)) for name, value in sorted(programs.items())]
        blocks.append("%s: {\n%s\n}" % (json.dumps(module), ",\n".join(rows)))
    with open(PATH, "w") as file:
        file.write("{\n" + ",\n".join(blocks) + "\n}\n")


if __name__ == "__main__":
    main()
