"""Random numbers: streams whose numbers go on from call to call, functions of keys, and the densities of what they draw.

    stream = RandomStreams(seed=1);  x = stream.normal((3, 4), avg=mu, std=sigma)      # in functions, with updates of their own
    x = normal(key(1), (3, 4), mu, sigma);  first, second = split(key(1))              # pure functions of a key

Both draw the same distributions, with gradients by their parameters where a draw moves with them, and `logp(x, value)`.
"""

from symgraph.ops.random.keys import fold_in, key, split
from symgraph.random import distributions as _distributions
from symgraph.random.distributions import choice, logp, shuffle
from symgraph.random.rng_mrg import MRG_RandomStreams
from symgraph.random.streams import RandomStreams

globals().update(_distributions.FUNCTIONS)

__all__ = ["MRG_RandomStreams", "RandomStreams", "choice", "fold_in", "key", "logp", "shuffle", "split", *_distributions.FUNCTIONS]
