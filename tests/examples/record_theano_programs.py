"""Runs the programs of examples/theano_programs under the real Theano 1.0.5 and writes what they printed to `theano_programs.json`.

Theano 1.0.5 needs Python 3.7; the second program of the deck needs scikit-learn there too::

    THEANO_FLAGS=optimizer=fast_compile,linker=py,cxx= python3.7 tests/examples/record_theano_programs.py [--whole] [NAME ...]

With names, only these programs are run. They run in the size that tests take, or whole; with a C compiler (flag cxx=g++) most of that takes
less time, once all is compiled.
"""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, os.pardir, os.pardir, "examples", "theano_programs")
RECORDED = os.path.join(HERE, "theano_programs.json")
# Program: its arguments in tests. How many epochs, or rounds.
REDUCED = {
    "deck/theano_example_1": [],
    "deck/theano_example_2": [],
    "deck/powers": [],
    "logistic_regression": ["3"],
    "mlp": ["3"],
    "lenet": ["1"],
    "denoising_autoencoder": ["1"],
    "stacked_autoencoder": ["1"],
    "boltzmann_machine": ["1"],
    "deep_belief_network": ["1"],
    "lstm_sentiment": ["2"],
    "recurrent_boltzmann_machine": ["1"],
    "hamiltonian_monte_carlo": ["2"],
}


def key(name, arguments):
    """What a recording is called."""
    return " ".join([name] + arguments)


def main():
    found = {}
    if os.path.exists(RECORDED):
        with open(RECORDED) as file:
            found = json.load(file)
    whole, names = "--whole" in sys.argv, [word for word in sys.argv[1:] if word != "--whole"]
    for name in names or REDUCED:
        arguments = [] if whole else REDUCED[name]
        words = [sys.executable, os.path.join(PROGRAMS, name + ".py")] + arguments
        found[key(name, arguments)] = subprocess.check_output(words).decode().splitlines()
        print(key(name, arguments))
        with open(RECORDED, "w") as file:
            json.dump(found, file, indent=1, sort_keys=True)
            file.write("\n")


if __name__ == "__main__":
    main()
