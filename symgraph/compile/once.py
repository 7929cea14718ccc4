"""`x.eval()` of an expression that is evaluated for the first time: by numpy's rules, at once, where compiled code gives the same to the last bit.

Most expressions are evaluated once: a start value, a shape, a look at something in a prompt. Compiling takes longer than they do, by a factor of
a hundred. So the first evaluation runs the expression as it is written, node by node, if it is small and each node is one of those whose
numpy rule and native code agree exactly; the second compiles. What sums floats, or takes an exponential, is compiled at once: one
expression should not have two values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.compile.modes import Mode
from symgraph.compile.signature import Signature
from symgraph.compile.stepwise import StepwiseFunction
from symgraph.compile.userpasses import user_passes
from symgraph.expr.dtypes import CONTINUOUS, DISCRETE, INTEGER
from symgraph.expr.evaluate import running_by
from symgraph.expr.op import Apply
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant, Variable
from symgraph.settings import config

__all__ = ["EXACT", "EXACT_ELEMENTWISE", "evaluated_once"]

NODES = 100  # larger expressions are compiled
BYTES = 2**26  # so are those that make more; passes would have fused them
ROUNDS = 500  # and draws whose numpy rule goes round more often

# Classes of ops, all of symgraph, that move elements, count, or draw, and so give the same bits by any rule.
EXACT = frozenset([
    *("AdvancedSubtensor", "Alloc", "AllOf", "AnyOf", "Arange", "ArangeLength", "ArgMax", "ArgMin", "Cast", "DimShuffle", "ExtractDiag", "Eye"),
    *("FittingMask", "Flatten", "Identity", "Join", "MakeVector", "Max", "Min", "Nonzero", "Rebroadcast", "Repeat", "Reshape", "Roll", "Shape"),
    *("ShapeItem", "SpecifyShape", "Split", "Subtensor", "Tile", "mrg_uniform"),
])
EXACT_OF_INTEGERS = frozenset(["Sum", "Prod"])  # which wrap around: their order does not matter

# Elementwise functions that IEEE arithmetic defines to the last bit.
EXACT_ELEMENTWISE = frozenset([
    *("abs", "and_", "ceil", "clip", "eq", "floor", "ge", "gt", "identity", "invert", "isfinite", "isinf", "isnan", "le", "logical_not", "lt"),
    *("maximum", "minimum", "neg", "neq", "or_", "round_half_away", "round_half_even", "second", "sign", "switch", "trunc", "xor"),
])
# These too, if there is one of each family and no operand is read twice: passes regroup what is more.
SUMS, PRODUCTS = frozenset(["add", "sub"]), frozenset(["mul", "reciprocal", "sqrt", "square", "true_div"])


class _Large(Exception):
    """It makes more than is worth while."""


def evaluated_once(signature: Signature, mode: Mode, order: Sequence[Apply], values: Sequence[Any]) -> Any:
    """What a function of this signature returns for `values`, with its updates made; None where it has to be compiled, for any reason: then
    nothing has been done."""
    if not _plain(mode) or len(order) > NODES or not _exact(order) or not all(isinstance(x.type, TensorType) for x in signature.computed):
        return None
    made = 0

    def run(node: Apply, arrays: list[Any]) -> list[Any]:
        nonlocal made
        if hasattr(node.op, "rounds") and node.op.rounds(*arrays) > ROUNDS:
            raise _Large
        results = node.op.run(node, arrays)
        made += sum(x.nbytes for x in results)
        if made > BYTES:
            raise _Large
        return results

    try:
        with running_by(run):
            return StepwiseFunction(signature, mode, signature.computed, None)(*values)
    except Exception:
        return None  # what is wrong, compiled code says: its messages are the ones that users know


def _plain(mode: Mode) -> bool:
    """Whether nobody wants to see or to change how the function is made."""
    watched = config.profile or config.print_global_stats or config.optimizer_verbose or config.device != "cpu"
    return not (watched or user_passes(mode) or mode.check or mode.rules or mode.linker == "py" or type(mode) is not Mode)


def _exact(order: Sequence[Apply]) -> bool:
    known: set[Variable] = set()  # what constants alone make: passes compute it by numpy's rules as well
    read: list[Variable] = []
    families = []
    for node in order:
        op, name = node.op, type(node.op).__name__
        if op.is_foreign or any(getattr(x.type, "dtype", "") not in (*DISCRETE, "float32", "float64") for x in (*node.inputs, *node.outputs)):
            return False
        varying = [x for x in node.inputs if not isinstance(x, Constant) and x not in known]
        if not varying:
            known.update(node.outputs)
        if name == "Cast" and op.dtype in INTEGER and node.inputs[0].type.dtype in CONTINUOUS:
            return False  # of numbers that are too large it is undefined
        if name in EXACT or name in EXACT_OF_INTEGERS and node.outputs[0].type.dtype in DISCRETE:
            continue
        if name != "Elementwise":
            return False
        function = op.row.name
        if function in EXACT_ELEMENTWISE:
            continue
        family = SUMS if function in SUMS else PRODUCTS if function in PRODUCTS else None
        if family is None:
            return False
        if varying and node.outputs[0].type.dtype in CONTINUOUS:
            read += varying
            families.append(family)
    return len(families) == len(set(families)) and len(read) == len(set(read))
