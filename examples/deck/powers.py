"""Element-wise powers of a vector by scan, as in the deck, and the same loop in numpy."""

import numpy as np

import symgraph
import symgraph.tensor as T

k = T.iscalar("k")
A = T.vector("A")

# the value of a step is that of the one before, times A
result, updates = symgraph.scan(
    fn=lambda prior_result, A: prior_result * A,
    outputs_info=T.ones_like(A),
    non_sequences=A,
    n_steps=k,
)

# scan gives A ** 1 to A ** k; only the last is wanted, so only the last is kept in memory
final_result = result[-1]
power = symgraph.function(inputs=[A, k], outputs=final_result, updates=updates)


def numpy_power(M, k):
    """The same in numpy. (The deck starts from a copy of M, which gives M ** (k + 1).)"""
    result = np.ones_like(M)
    for _ in range(k):
        result = result * M
    return result


if __name__ == "__main__":
    print(power(range(10), 2))
    print(power(range(10), 4))
    assert np.array_equal(power(range(10), 4), numpy_power(np.arange(10.0), 4))
