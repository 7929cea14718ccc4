"""Variables whose values are generators of numpy, `numpy.random.RandomState`: in native code their four parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.types import Composite, TensorType, tensor_type
from symgraph.expr.variable import Variable

__all__ = ["RandomStateType", "is_random_state", "random_state_type"]


def is_random_state(value: Any) -> bool:
    """Whether a value is a RandomState; without loading numpy.random, which takes its time."""
    return type(value).__module__.startswith("numpy.random") and type(value) is np.random.RandomState


class RandomStateType(Composite):
    """Generators by the Mersenne twister: 624 words, the place among them, and a normal number that was drawn ahead, if there is one."""

    variable_class = Variable

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The generator itself; TypeError for anything else."""
        if not is_random_state(value):
            raise TypeError(f"expected a numpy.random.RandomState, got {type(value).__name__}")
        return value

    def values_eq(self, a: Any, b: Any) -> bool:
        return all(bool((x == y).all()) for x, y in zip(self.split(a), self.split(b)))

    def part_types(self) -> Sequence[TensorType]:
        return [tensor_type("uint32", (624,)), tensor_type("int64", ()), tensor_type("int64", ()), tensor_type("float64", ())]

    def split(self, value: Any) -> list[np.ndarray]:
        name, words, place, ahead, number = value.get_state(legacy=True)
        if name != "MT19937":
            raise TypeError(f"a RandomState of numpy's Mersenne twister is expected, got one by {name}")
        return [np.ascontiguousarray(words, "uint32"), np.asarray(place, "int64"), np.asarray(ahead, "int64"),
                np.asarray(number if ahead else 0.0, "float64")]

    def splits(self, value: Any) -> bool:
        return is_random_state(value)

    def join(self, arrays: Sequence[np.ndarray]) -> Any:
        words, place, ahead, number = arrays
        made = np.random.RandomState(0)
        made.set_state(("MT19937", words, int(place), int(ahead), float(number)))
        return made

    def __eq__(self, other: object) -> bool:
        return type(other) is RandomStateType

    def __hash__(self) -> int:
        return hash(RandomStateType)

    def __str__(self) -> str:
        return "RandomStateType"

    __repr__ = __str__


random_state_type = RandomStateType()
