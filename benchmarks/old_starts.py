"""How soon old programs begin: `import theano` through `python -m symgraph run`, and Keras 2.0.9 until its first epoch.

Imports are timed within the process (that of theano holds that of numpy). The Keras program builds a perceptron on pictures of MNIST's size
(784-512-512-10, dropout, RMSprop) and calls `fit`; the clock runs from the start of the process to the beginning of the first epoch, with an empty
cache of compiled code (cold) and a full one (warm). Byte code of installed packages is on disk. Keras is installed from the package index into
the folder of the peers, without what it asks for, once.
"""

import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Failure, first_line_seconds, interpreter_of, temporary_folder
from benchmarks.peers import FOLDER
from benchmarks.sides import named

(SIDE,) = named("symgraph")
KERAS = "Keras==2.0.9"
GOALS = {"import theano": 0.25, "Keras, cold": 2.0}
IMPORT = "import time; begun = time.perf_counter(); import {0}; print(time.perf_counter() - begun)"
PERCEPTRON = """
import os, sys
import numpy as np
import keras
from keras.layers import Dense, Dropout
from keras.models import Sequential

class Begun(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        print("begun", flush=True)
        os._exit(0)

x, y = np.random.rand(2000, 784).astype("float32"), np.eye(10)[np.random.randint(0, 10, 2000)]
model = Sequential([Dense(512, activation="relu", input_shape=(784,)), Dropout(.2), Dense(512, activation="relu"), Dropout(.2),
                    Dense(10, activation="softmax")])
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x, y, batch_size=128, verbose=0, callbacks=[Begun()], epochs=1)
"""


def keras_folder() -> Path:
    """Where Keras is, installed if it is not; raises Failure where no package index is reached."""
    folder = FOLDER / KERAS.replace("==", "-")
    if not folder.exists():
        beside = [package for module, package in (("h5py", "h5py"), ("yaml", "pyyaml"), ("six", "six")) if find_spec(module) is None]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), KERAS, *beside]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Failure((done.stderr.strip().splitlines() or ["not installed"])[-1][:200])
    return folder


def run_by(words: list[str]) -> list[str]:
    return [interpreter_of(SIDE), "-m", "symgraph", "run", *words]


def import_seconds(module: str, cache: str) -> float:
    """Of the import alone, under `python -m symgraph run`."""
    command = run_by(["-c", IMPORT.format(module)])
    return float(subprocess.run(command, env=SIDE.environment(cache), cwd=cache, capture_output=True, text=True, check=True).stdout)


def keras_seconds(cache: str, path: str) -> float:
    """From the start of the process to the first epoch."""
    environment = SIDE.environment(cache) | {"HOME": cache, "KERAS_BACKEND": "theano", "THEANO_FLAGS": "floatX=float32"}
    environment["PYTHONPATH"] += f":{path}"
    return first_line_seconds(run_by(["--old-world", "-c", PERCEPTRON]), environment, cache)


def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds of each kind of start, a round after another; the first round, which writes byte code, is thrown away."""
    found: dict[str, list[float]] = {"import numpy": [], "import theano": [], "Keras, cold": [], "Keras, warm": []}
    keras = str(keras_folder())
    for turn in range(rounds + 1):
        with temporary_folder() as cache:
            imports = [import_seconds(module, cache) for module in ("numpy", "theano")]
            took = [*imports, *[keras_seconds(cache, keras) for _ in range(2)]]
        if turn:
            for kind, one in zip(found.values(), took, strict=True):
                kind.append(one)
    return found


def run(quick: bool = False) -> Path:
    """Write results/old_starts.md."""
    rows = ["| start | median | best | goal | rounds |", "| --- | --- | --- | --- | --- |"]
    told = []
    try:
        for name, took in measure(3 if quick else 11).items():
            goal = GOALS.get(name)
            rows.append(f"| {name} | {report.duration(statistics.median(took))} | {report.duration(min(took))} | "
                        f"{'' if goal is None else report.duration(goal)} | {len(took)} |")
            if goal is not None:
                told.append(f"{name}: {'kept' if statistics.median(took) <= goal else '**missed**'}")
    except Failure as failure:
        rows.append(f"| {failure} | | | | |")
    sections = [" ".join((__doc__ or "").split()), "\n".join(rows), "Goals, by the median: " + (", ".join(told) or "not measured") + "."]
    return report.write("old_starts", "Starts of old programs", sections, [SIDE])

