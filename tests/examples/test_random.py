"""The examples of random numbers do what they say, in less than their full size."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples" / "random"



def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def test_every_example_is_tested() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f'example("{path.stem}")' in text, path.name


def test_an_autoencoder_learns_digits() -> None:
    before, after, estimate, drawn = example("variational_autoencoder")["main"](epochs=12)
    assert before < -45 and after > -29 and after < estimate < -20
    assert drawn.shape == (8, 64) and drawn.min() >= 0 and drawn.max() <= 1


def test_dropout_drops_and_keeps_the_mean() -> None:
    names = example("dropout")
    stream = names["RandomStreams"](1)
    x = names["dropped"](stream, names["T"].ones((200, 100)), 0.25).eval()
    assert set(np.unique(x)) == {0.0, 1 / 0.75}
    assert abs(x.mean() - 1) < 0.02


def test_dropout_knows_when_it_does_not_know() -> None:
    wrong, aside, rest = example("dropout")["main"](30)
    assert wrong < 0.2 and aside > 3 * rest
