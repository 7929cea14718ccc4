"""Draws by numpy's RandomState, under Theano's names: functions of a generator that give it, after the draw, and the draw."""

from symgraph.expr.randomstate import RandomStateType, random_state_type
from symgraph.ops.random.numpystreams import RandomStreamsBase
from symgraph.ops.random.randomstate import (
    RandomFunction,
    binomial,
    choice,
    choice_helper,
    multinomial,
    multinomial_helper,
    normal,
    permutation,
    permutation_helper,
    poisson,
    random_integers,
    random_integers_helper,
    uniform,
)

__all__ = [
    "RandomFunction", "RandomStateType", "RandomStreamsBase", "binomial", "choice", "choice_helper", "multinomial", "multinomial_helper",
    "normal", "permutation", "permutation_helper", "poisson", "random_integers", "random_integers_helper", "random_state_type", "uniform",
]
