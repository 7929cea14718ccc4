"""The names of Theano's `scan_module` and of its `scan_utils` and `scan_op`: names only."""

import sys

from symgraph.expr.walk import replace as clone
from symgraph.graph.alike import equal_computations
from symgraph.loops.chunks import scan_checkpoints
from symgraph.loops.folds import foldl, foldr, map, reduce
from symgraph.loops.loopop import LoopOp as Scan
from symgraph.loops.result import until
from symgraph.loops.scan import scan

__all__ = ["Scan", "clone", "equal_computations", "foldl", "foldr", "map", "reduce", "scan", "scan_checkpoints", "scan_op", "scan_utils", "until"]

scan_utils = scan_op = sys.modules[__name__]
