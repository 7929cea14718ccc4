"""The derivatives of ops with a body: which rule serves which kind of control (`Op.control`).

Loops and branches stand below the derivatives, so they cannot say their rules themselves. A reverse rule is called as
``rule(node, output_grads, useful, null_gradients)``: an entry of output_grads is None where nothing comes back, `useful` says for which
inputs a gradient is wanted; it gives one entry an input. A forward rule is called as ``rule(node, tangents)`` (None: does not move) and
gives one entry an output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.gradient.branches import branch_grads, branch_tangents, gathered, written
from symgraph.gradient.loops import loop_tangents
from symgraph.gradient.reverseloop import loop_grads

__all__ = ["FORWARD", "REVERSE", "gathered", "written"]

REVERSE: dict[str, Callable[..., list[Any]]] = {"branch": branch_grads, "loop": loop_grads}
FORWARD: dict[str, Callable[..., list[Any]]] = {"branch": branch_tangents, "loop": loop_tangents}
