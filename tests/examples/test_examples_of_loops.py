"""The examples of loops do what they say, in less than their full size where that takes long."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

LOOPS = Path(__file__).parents[2] / "examples" / "loops"


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(LOOPS / f"{name}.py"))


def test_every_example_is_tested() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for path in LOOPS.glob("*.py"):
        assert f'example("{path.stem}")' in text, path.name


def test_elman_repeats_what_it_saw() -> None:
    assert example("elman")["main"](100) > 0.9


def test_gru_adds() -> None:
    names = example("gru")
    first = float(names["judge"](*names["sums"](500)))
    assert first > 0.1 and names["main"](150) < 0.05


@pytest.mark.slow
def test_lstm_writes_sentences(full: bool) -> None:
    names = example("lstm_language_model")
    history, written = names["main"](4 if full else 2)
    assert history[0] > 1.5 and history[-1] < (0.3 if full else 1.5) and written.startswith("the river")
    assert sum(word in names["TEXT"] for word in written.split()) >= (6 if full else 3)


def test_two_directions_know_more_than_one() -> None:
    shares = example("bidirectional")["main"](120)
    assert shares["both"] > 0.97 and shares["forwards"] < 0.85


def test_hidden_markov_counts() -> None:
    names = example("hidden_markov")
    faces = names["throws"](60)
    start, moves, emissions = np.array([0.3, 0.7]), np.array([[0.9, 0.1], [0.3, 0.7]]), np.random.RandomState(0).dirichlet(np.ones(6), 2)
    likelihood, first, transitions, seen = names["expected_counts"](faces, np.log(start), np.log(moves), np.log(emissions))
    # forwards and backwards, as in the textbook
    alpha, beta = [start * emissions[:, faces[0]]], [np.ones(2)]
    for face in faces[1:]:
        alpha.append(alpha[-1] @ moves * emissions[:, face])
    for face in faces[:0:-1]:
        beta.insert(0, moves @ (emissions[:, face] * beta[0]))
    total = alpha[-1].sum()
    states = np.array(alpha) * np.array(beta) / total
    pairs = sum(np.outer(a, emissions[:, face] * b) * moves for a, b, face in zip(alpha, beta[1:], faces[1:])) / total
    assert np.isclose(likelihood, np.log(total))
    assert np.allclose(first, states[0]) and np.allclose(transitions, pairs)
    assert np.allclose(seen, [[states[faces == face, k].sum() for face in range(6)] for k in range(2)])
    history = names["fit"](names["throws"](400))[0]
    assert all(a < b for a, b in zip(history, history[1:])) and np.round([history[0], history[-1]], 1).tolist() == [-726.3, -700.4]


def test_kalman_filter_finds_the_noise() -> None:
    names = example("kalman_filter")
    variances, (seen, filtered) = names["main"]()
    assert np.allclose(variances, [0.0092, 0.2711], rtol=0.02) and filtered < 0.7 * seen
    value, gradient, _ = names["newton"](names["track"](400)[1], np.log(variances))
    assert np.isfinite(value) and np.abs(gradient).max() < 1e-3


def test_lotka_volterra_finds_the_rates() -> None:
    names = example("lotka_volterra")
    losses, found = names["main"](300)
    assert losses[0] > 1 and losses[-1] < 1e-4 and np.allclose(found, names["RATES"], atol=1e-2)


def test_mandelbrot() -> None:
    names = example("mandelbrot")
    share, few = names["main"]()
    assert abs(share - 0.211) < 0.001 and few == 5
    counts, steps = names["picture"](-2.2, 0.8, -1.2, 1.2, 30, 20, 50)
    x, y = np.meshgrid(np.linspace(-2.2, 0.8, 30), np.linspace(1.2, -1.2, 20))
    for point, count in zip((x + 1j * y).ravel(), counts.ravel()):
        z, inside = 0j, 0
        while inside < 50 and abs(z) <= 2:
            z, inside = z * z + point, inside + 1
        assert inside == count
    assert steps == 50


def test_a_glider() -> None:
    history = example("game_of_life")["main"]()
    first = example("game_of_life")["glider"]()
    assert np.array_equal(history[3], np.roll(first, (1, 1), axis=(0, 1))) and np.array_equal(history[31], first)


def test_hamiltonian_monte_carlo_samples_the_banana() -> None:
    names = example("hamiltonian_monte_carlo")
    share, means, deviations = names["main"](100)
    assert 0.9 < share < 1 and np.allclose(means, [0, 1], atol=0.1) and np.allclose(deviations, [1, 1.5], atol=0.2)
    first, _ = names["sample"](np.zeros((200, 2)), 3)
    second, _ = names["sample"](np.zeros((200, 2)), 3)  # the stream goes on from call to call
    assert not np.isclose(first, second).any()


def test_a_boltzmann_machine_learns_bars_and_stripes() -> None:
    before, after = example("restricted_boltzmann_machine")["main"](300)
    assert before < -6 and after > -3.6


def test_connectionist_temporal_classification() -> None:
    differences, before, after, best = example("connectionist_temporal_classification")["main"]()
    assert np.abs(differences).max() < 1e-10 and before < 0.01 and after > 0.9 and best == [1, 3, 3, 2]


def test_newton_by_a_loop_and_by_the_theorem() -> None:
    looped, root, by_loop, by_theorem, bent, eccentricity = example("newton")["main"]()
    times = np.linspace(0.1, 6.1, 30)
    assert np.allclose(root - 0.6 * np.sin(root), times, rtol=0, atol=1e-12) and np.allclose(looped, root, rtol=0, atol=1e-12)
    exact = np.sin(root) / (1 - 0.6 * np.cos(root))
    assert np.allclose(by_loop, exact, rtol=1e-11) and np.allclose(by_theorem, exact, rtol=1e-11)
    assert np.isclose(bent[0], bent[1], rtol=1e-9) and abs(eccentricity - 0.6) < 1e-6
