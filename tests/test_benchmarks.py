"""The comparison of results in benchmarks: sides that round otherwise agree, sides that computed something else do not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.agreement import agree
from benchmarks.harness import Samples, agreement
from benchmarks.programs.worker import summaries

draw = np.random.default_rng(0)
LONG = draw.standard_normal(100_000)  # its sum cancels
SINGLE = LONG.astype("float32")


def turned(values: np.ndarray) -> np.ndarray:
    return values * (1 + 3 * np.finfo(values.dtype).eps * np.sign(np.sin(np.arange(values.size, dtype=values.dtype))))


SAME = {
    "single precision, rounded otherwise": (SINGLE, turned(SINGLE)),
    "single and double": (SINGLE, LONG),
    "double, rounded otherwise": (LONG, turned(LONG)),
    "sums in another order": (np.cumsum(SINGLE)[-1:], np.array([SINGLE.sum(dtype="float64")])),
    "zero but for rounding": (np.array([1e-18, 1.0]), np.array([0.0, 1.0])),
    "complex": (LONG + 1j, turned(LONG) + 1j),
    "not finite": (np.array([np.nan, np.inf, 1]), np.array([np.nan, np.inf, 1])),
    "empty": (np.zeros((0, 3)), np.zeros((0, 3))),
    "0-d and Python's": (np.float64(2.5), 2.5),
    "several": ([LONG, SINGLE], (LONG, SINGLE)),
}
OTHER = {
    "single precision, of another size": (SINGLE, SINGLE * np.float32(1.001)),
    "double from single precision": (LONG, SINGLE.astype("float64")),
    "a sign": (SINGLE, -SINGLE),
    "the last element": (SINGLE, np.append(SINGLE[:-1], np.float32(7))),
    "an order": (SINGLE, np.roll(SINGLE, 1)),
    "a shape": (SINGLE, SINGLE.reshape(10, -1)),
    "integers by one": (np.arange(1000), np.append(np.arange(999), 1000)),
    "imaginary parts": (LONG + 1j, LONG - 1j),
    "NaN and a number": (np.array([np.nan, 1]), np.array([0.0, 1])),
    "an infinity's sign": (np.array([np.inf, 1]), np.array([-np.inf, 1])),
    "one of several": ([LONG, SINGLE], [LONG, -SINGLE]),
    "a part missing": ([LONG, SINGLE], [LONG]),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_the_same(name: str) -> None:
    ours, theirs = (json.loads(json.dumps(summaries(x))) for x in SAME[name])
    assert agree(ours, theirs) and agree(theirs, ours)


@pytest.mark.parametrize("name", OTHER)
def test_what_is_not(name: str) -> None:
    ours, theirs = (json.loads(json.dumps(summaries(x))) for x in OTHER[name])
    assert not agree(ours, theirs) and not agree(theirs, ours)


def test_the_last_side_with_results_judges() -> None:
    found = {"one": Samples(summaries=[summaries(SINGLE)] * 3), "other": Samples(summaries=[summaries(SINGLE), summaries(-SINGLE)]),
             "judge": Samples(summaries=[summaries(LONG)] * 2), "absent": Samples(failure="absent")}
    assert agreement(found) == {"one": True, "other": False, "judge": True}
    assert agreement({"absent": Samples()}) == {}
