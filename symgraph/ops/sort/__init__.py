"""Sorting: arrays in order, the places that put them there, the largest elements."""

from __future__ import annotations

from symgraph.ops.sort.quantile import (
    argpartition,
    lexsort,
    median,
    nanmedian,
    nanpercentile,
    nanquantile,
    partition,
    percentile,
    quantile,
)
from symgraph.ops.sort.sort import ArgSort, ArgSortOp, Sort, SortOp, argsort, sort
from symgraph.ops.sort.topk import TopKOp, argtopk, topk, topk_and_argtopk

__all__ = ["ArgSort", "ArgSortOp", "Sort", "SortOp", "TopKOp", "argpartition", "argsort", "argtopk", "lexsort", "median", "nanmedian",
           "nanpercentile", "nanquantile", "partition", "percentile", "quantile", "sort", "topk", "topk_and_argtopk"]

# numpy's functions, in numpy's signatures
NUMPY = {f.__name__: f for f in (argpartition, lexsort, median, nanmedian, nanpercentile, nanquantile, partition, percentile, quantile)}
