"""Sorting: arrays in order, the places that put them there, the largest elements."""

from __future__ import annotations

from symgraph.ops.sort.sort import ArgSort, ArgSortOp, Sort, SortOp, argsort, sort
from symgraph.ops.sort.topk import TopKOp, argtopk, topk, topk_and_argtopk

__all__ = ["ArgSort", "ArgSortOp", "Sort", "SortOp", "TopKOp", "argsort", "argtopk", "sort", "topk", "topk_and_argtopk"]
