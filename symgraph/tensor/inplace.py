"""Theano's `exp_inplace` and its kin. Where a result is kept is planned as code is made, and arguments are never overwritten; so `exp_inplace` is
`exp`, and so on."""

from __future__ import annotations

from typing import Any

import symgraph.tensor as T

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    if not name.endswith("_inplace"):
        raise AttributeError(f"symgraph.tensor.inplace has no {name!r}")
    return getattr(T, name.removesuffix("_inplace"))
