"""The examples of networks learn what they say, in less than their full size where that takes long."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

NETWORKS = Path(__file__).parents[2] / "examples" / "networks"


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(NETWORKS / f"{name}.py"))


def test_every_example_is_tested() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for path in NETWORKS.glob("*.py"):
        assert f'example("{path.stem}")' in text, path.name


def test_autoencoder_takes_noise_off() -> None:
    blotted, again = example("denoising_autoencoder")["main"](8)
    assert again < 0.5 * blotted


def test_characters_tell_languages() -> None:
    names = example("character_cnn")
    place = names["table"].get_value(borrow=True).ctypes.data
    assert names["main"](4) > 0.85
    assert names["table"].get_value(borrow=True).ctypes.data == place  # the rows were changed where they stand


def test_dropout_tells_digits() -> None:
    assert example("dropout")["main"](10) > 0.95


@pytest.mark.slow
def test_lenet_tells_digits(full: bool) -> None:
    assert example("lenet")["main"](10 if full else 3) > (0.95 if full else 0.85)


@pytest.mark.slow
def test_transformer_copies_and_sorts(full: bool) -> None:
    shares = example("transformer")["main"](300 if full else 150)
    assert shares["copied"] > 0.97 and shares["sorted"] > (0.97 if full else 0.9)
