"""RandomStreams: draws that go on from call to call, each with its own key in a shared variable."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

import symgraph.tensor as T
from symgraph.expr.shared import SharedVariable, shared
from symgraph.ops.random.keys import ChildKeys, key, next_key
from symgraph.random.distributions import FUNCTIONS, TABLE, bound, choice, document, shuffle, signature_of

__all__ = ["RandomStreams"]


class RandomStreams:
    """Random numbers by Philox (Salmon et al., 2011), with methods as numpy's and Theano's streams have: normal, uniform, binomial ...

    seed: an int from 0 to 2**64 - 1; None: another one each time (TypeError, ValueError for others). Every draw has a key of its own, child
    number 0, 1, ... of that of the seed, in a shared variable (`draw.rng`); each call of a function that uses the draw counts it on
    (`default_update`), unless the function was made with no_default_updates. The numbers depend on seed, draw, call and place alone: not on
    target, threads, or what else a function computes.

    >>> import symgraph
    >>> stream = RandomStreams(seed=1)
    >>> f = symgraph.function([], stream.uniform((2,)))
    >>> first, second = f(), f()
    >>> stream.seed(1)
    >>> bool((f() == first).all()), bool((first == second).any())
    (True, False)
    """

    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[SharedVariable, Any]] = []
        self._made = 0  # children of the key given away: draws and streams
        self._places: list[int] = []  # the child that each of state_updates is
        self._start(seed)

    def _start(self, seed: Any) -> None:
        if seed is None:
            seed = secrets.randbits(64)
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise TypeError(f"a seed is an int, or None, got {seed!r} of {type(seed).__name__}")
        self.default_instance_seed = int(seed)
        self._key = key(int(seed)).data

    def _child(self, number: int) -> np.ndarray:
        return ChildKeys().compute(self._key, np.asarray(number, "int64"))  # type: ignore[no-any-return]

    def seed(self, seed: Any = None) -> None:
        """Begin again, every draw made so far and those to come, from a seed; None: from the one that the stream began with."""
        self._start(self.default_instance_seed if seed is None else seed)
        for (state, _), place in zip(self.state_updates, self._places):
            state.set_value(self._child(place))

    def spawn(self, count: int = 1) -> list[RandomStreams]:
        """New streams that have nothing in common with this one or each other. TypeError, ValueError if count is no int of at least 0."""
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
            raise TypeError(f"the number of streams is an int, got {count!r}")
        if count < 0:
            raise ValueError(f"the number of streams must not be negative, got {count}")
        found = []
        for _ in range(count):
            stream = RandomStreams(0)
            stream._key = self._child(self._made)
            stream.default_instance_seed = int(stream._key[0]) | int(stream._key[1]) << 32
            self._made += 1
            found.append(stream)
        return found

    def updates(self) -> list[tuple[SharedVariable, Any]]:
        """Pairs of a draw's key and the next one, as `updates` of a function takes them."""
        return list(self.state_updates)

    def get_state(self) -> dict[str, Any]:
        """Where the stream and its draws stand, for `set_state`."""
        return {"key": self._key.copy(), "made": self._made, "states": [state.get_value() for state, _ in self.state_updates]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from where `get_state` was taken. ValueError, and no change, if it is of a stream with another number of draws."""
        states = [np.asarray(x) for x in state["states"]]
        if len(states) != len(self.state_updates):
            raise ValueError(f"a state of {len(states)} draws, and the stream has {len(self.state_updates)}")
        if any(x.dtype != np.uint32 or x.shape != (4,) for x in (np.asarray(state["key"]), *states)):
            raise ValueError("a state is made of keys, vectors of 4 uint32")
        self._key, self._made = np.array(state["key"]), int(state["made"])
        for (variable, _), value in zip(self.state_updates, states):
            variable.set_value(value)

    def gen(self, op: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """A draw by any function whose first argument is a key: `stream.gen(random.normal, (3,), 0.0, 2.0)`.

        The draw has `rng`, its key, and `update`, the pair of it and the next one.
        """
        state = shared(self._child(self._made), shape=(4,))
        state.tag.is_rng = True
        out = op(state, *args, **options)
        following = next_key(state)
        state.default_update = following
        out.rng, out.update = state, (state, following)
        self.state_updates.append(out.update)
        self._places.append(self._made)
        self._made += 1
        return out

    def __getitem__(self, item: SharedVariable) -> Any:
        """The key that a draw stands at: `stream[draw.rng]`."""
        return item.get_value(borrow=True)

    def __setitem__(self, item: SharedVariable, value: Any) -> None:
        item.set_value(value)

    def choice(self, size: Any = None, a: Any = 2, replace: bool = True, p: Any = None, ndim: int | None = None, dtype: str | None = None) -> Any:
        """Elements of the vector a, or of 0, ... a - 1, with or without replacement; see `symgraph.random.choice`."""
        return self.gen(choice, size, a, replace, p, ndim, dtype)

    def shuffle(self, x: Any, axis: int = 0) -> Any:
        """x with the slices along an axis in random order."""
        return self.gen(shuffle, x, axis)

    def shuffle_row_elements(self, input: Any) -> Any:
        """Every row (along the last dimension) of the input in an order of its own; `permutation` of the result is that order."""
        x = T.as_tensor(input)
        order = self.permutation(x.shape[:-1], x.shape[-1], ndim=x.ndim - 1)  # type: ignore[attr-defined]
        shuffled = T.take_along_axis(x, order, axis=-1)
        shuffled.permutation = order
        return shuffled


def _method(name: str) -> Callable[..., Any]:
    row, function = TABLE[name], FUNCTIONS[name]
    signature = signature_of(row, "self", "size")

    def draw(*args: Any, **options: Any) -> Any:
        given = bound(row, signature, args, options)
        rest = {key: value for key, value in given.items() if key not in ("self", "size")}
        return given["self"].gen(function, given["size"], **rest)

    draw.__name__, draw.__qualname__ = name, f"RandomStreams.{name}"
    draw.__doc__ = document(row, "size")
    draw.__signature__ = signature  # type: ignore[attr-defined]
    return draw


for _name in TABLE:
    setattr(RandomStreams, _name, _method(_name))
