"""Loops and branches, with nestings of variables as state: names only.

>>> import symgraph.tensor as T
>>> from symgraph import loops
>>> x = T.dscalar('x')
>>> loops.iterate(lambda x: T.cos(x), x, 2).eval({x: 0.0})
array(0.54030231)
"""

from symgraph.late import late

__all__ = ["cond", "fixed_point", "fold", "fori", "iterate", "switch_case", "while_"]

__getattr__, __dir__ = late(__name__, {
    "symgraph.gradient.fixedpoint": "fixed_point",  # above the loops, for it says its own derivative
    "symgraph.loops.conditional": "cond switch_case",
    "symgraph.loops.nested": "fold fori iterate while_",
})
