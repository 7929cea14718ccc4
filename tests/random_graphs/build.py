"""A whole random program: inputs, a graph, outputs (some twice, some inputs), updates of shared variables."""

from __future__ import annotations

from random import Random

from tests.random_graphs.generator import Generator, Item
from tests.random_graphs.operations import OPERATIONS

__all__ = ["program"]


def program(random: Random, steps: int = 30) -> tuple[Generator, list[Item], list[tuple[Item, Item]]]:
    """The generator, the outputs, and pairs (shared variable, its new value)."""
    g = Generator(random)
    for _ in range(random.randint(1, 5)):
        g.leaf()
    g.grow(random.randint(1, steps), OPERATIONS)
    outputs = [random.choice(g.items[-8:] if random.random() < 0.7 else g.items) for _ in range(random.randint(1, 5))]
    updates = []
    for s in g.shared:
        new = g.pick(lambda i, s=s: i.variable.dtype == s.variable.dtype and s.variable.type.accepts(i.variable.type) and i is not s)
        if new is not None and random.random() < 0.7:
            updates.append((s, new))
    return g, outputs, updates
