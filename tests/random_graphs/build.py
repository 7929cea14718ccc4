"""A whole random program: inputs, a graph, outputs (some twice, some inputs), updates of shared variables."""

from __future__ import annotations

from random import Random

from tests.random_graphs.generator import Generator, Item
from tests.random_graphs.loops import loop
from tests.random_graphs.operations import OPERATIONS

__all__ = ["program"]


def program(random: Random, steps: int = 30) -> tuple[Generator, list[Item], list[tuple[Item, Item]]]:
    """The generator, the outputs, and pairs (shared variable, its new value).

    Each program is made of a few of the operations only, picked at random: so some are all elementwise, some full of writes into
    arrays, and what one operation hides another program without it shows.
    """
    g = Generator(random)
    g.alike = random.random() < 0.5
    for _ in range(random.randint(1, 5)):
        g.leaf()
    every = (*OPERATIONS, loop, loop)
    operations = random.sample(every, random.randint(3, 12)) if random.random() < 0.7 else every
    g.grow(random.randint(1, steps), operations)
    recent = g.items[-8:]
    outputs = [random.choice(recent if random.random() < 0.8 else g.items) for _ in range(random.choice((1, 1, 2, 2, 3, 5)))]
    updates = []
    for s in g.shared:
        new = g.pick(lambda i, s=s: i.variable.dtype == s.variable.dtype and s.variable.type.accepts(i.variable.type) and i is not s)
        if new is not None and random.random() < 0.7:
            updates.append((s, new))
    return g, outputs, updates
