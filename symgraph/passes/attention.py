"""Attention as it is written, softmax(scale q k' + mask) v, and what derivatives make of it, computed in tiles: no matrix of all scores is made.

A softmax is looked at with everything that reads it. Only where all of that is known, the product with v and the products of the gradient, it
is replaced as a whole; where the probabilities are wanted for something else they have to be made, and everything stays as it is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.ops.create import Arange
from symgraph.ops.layout import DimShuffle, Reshape
from symgraph.ops.linalg import Dot
from symgraph.ops.linalg.batched import BatchedDot
from symgraph.ops.nnet.attention import Attention, AttentionGrad
from symgraph.ops.nnet.softmax import Softmax
from symgraph.ops.reduce import Sum
from symgraph.ops.shape import SpecifyShape
from symgraph.passes.expressions import same_size, variable_of
from symgraph.passes.match import inputs_of, is_constant, node_of, scalar_value
from symgraph.passes.replacement import call, number, with_ones
from symgraph.passes.shapes import Sizer

__all__ = ["attention"]

_HIDDEN = -1e6  # a score that is replaced by so little counts for nothing


def attention(graph: Graph) -> Counter[str]:
    """Every attention of a graph that is used as such becomes one op, and another for its gradient."""
    fired: Counter[str] = Counter()
    for node in graph.toposort():
        if type(node.op) is Softmax and node in graph:
            found = _Reading(graph, node).replacements()
            if found:
                graph.replace_all(found, "attention")
                fired["attention"] += 1
    return fired


class _Matrix(NamedTuple):
    """A matrix, or a stack of them, that is read transposed or not."""

    x: Any
    transposed: bool

    def value(self, transposed: bool = False) -> Any:
        if self.transposed == transposed:
            return self.x
        return DimShuffle(self.x.ndim, (*range(self.x.ndim - 2), self.x.ndim - 1, self.x.ndim - 2))(self.x)


def _matrix(x: Any, transposed: bool = False) -> _Matrix:
    while x.owner is not None and _turns(x.owner):
        x, transposed = x.owner.inputs[0], not transposed
    return _Matrix(x, transposed)


def _turns(node: Apply) -> bool:
    """Whether a node transposes matrices as products take them."""
    return isinstance(node.op, DimShuffle) and node.op.order in ((1, 0), (0, 2, 1))


class _Product(NamedTuple):
    """A product read as left @ right; from the side of its right factor, `turned`: right' @ left', transposed."""

    node: Apply
    left: _Matrix
    right: _Matrix
    turned: bool = False

    def result(self, value: Any) -> Any:
        """What stands for the node, where this is the value of left @ right."""
        return _Matrix(value, self.turned).value()


def _product(node: Any, position: int = 0) -> _Product | None:
    """The product that a node computes, seen from the factor at this position as the left one."""
    if node is None or not isinstance(node.op, (Dot, BatchedDot)) or any(x.ndim < 2 for x in node.inputs):
        return None
    (a, b), ta, tb = node.inputs, node.op.transpose_a, node.op.transpose_b
    if position == 0:
        return _Product(node, _matrix(a, ta), _matrix(b, tb))
    return _Product(node, _matrix(b, not tb), _matrix(a, not ta), True)


class _Scores(NamedTuple):
    product: _Product
    factors: list[Any]  # without dimensions
    added: list[Any]
    seen: Any  # a mask of bools
    fill: float
    causal: bool = False
    shown: int = 1  # where in its choice a score that is seen stands


class _Reading:
    """One softmax, and what stands around it."""

    def __init__(self, graph: Graph, node: Apply) -> None:
        self.graph, self.node = graph, node
        self.p = node.outputs[0]
        self.sizer = Sizer(graph.given)

    # Looking through moves that keep the matrices ---------------------------------------------------------------------
    def _keeps(self, node: Apply) -> bool:
        """Whether a node only joins or parts the dimensions in front of the last two. It is enough that one of these is known to stay: if the
        other did not, the first would not fit what is made of them, and the call would be an error."""
        if isinstance(node.op, SpecifyShape):
            return True
        if not isinstance(node.op, Reshape):
            return False
        x, y = node.inputs[0], node.outputs[0]
        if (x.ndim, y.ndim) not in ((3, 4), (4, 3)):
            return False
        return any(n is m or n == m or same_size(n, m) for n, m in zip(self.sizer.of(x)[-2:], self.sizer.of(y)[-2:]))

    def _plain(self, x: Any) -> Any:
        while x.owner is not None and self._keeps(x.owner):
            x = x.owner.inputs[0]
        return x

    def _readers(self, x: Any) -> Iterator[tuple[Apply | None, int]]:
        """What reads x, or x seen otherwise; None: the caller of the function gets it."""
        pending = [x]
        while pending:
            y = pending.pop()
            if self.graph.is_output(y):
                yield None, 0
            for user, position in self.graph.users(y):
                if position == 0 and (self._keeps(user) or _turns(user)):
                    pending.append(user.outputs[0])
                else:
                    yield user, position

    # The scores -------------------------------------------------------------------------------------------------------
    def _scores(self) -> _Scores | None:
        x, seen, fill = self.node.inputs[0], None, -math.inf
        choice, terms = inputs_of(x, "switch"), inputs_of(x, "add")
        causal, shown = False, 1
        if choice is not None and _is_later(choice[0]) and _is_hidden(choice[1]):
            seen, x, causal, shown = choice[0], choice[2], True, 2
        elif choice is not None:
            if not _is_hidden(choice[2]) or choice[0].dtype != "bool":
                return None
            seen, x, fill, causal = choice[0], choice[1], float(scalar_value(choice[2])), _is_causal(choice[0])
        elif terms is not None:
            for k, term in enumerate(terms):
                found = self._scaled(term)
                if found is not None and term.ndim == x.ndim and all(y.dtype == x.dtype for y in terms):
                    others = terms[:k] + terms[k + 1 :]
                    added = [y for y in others if not _hides_later(y, len(others) == 1)]
                    return _Scores(*found, added, None, fill, len(added) < len(others))
            return None
        found = self._scaled(x)
        return None if found is None else _Scores(*found, [], seen, fill, causal, shown)

    def _scaled(self, x: Any) -> tuple[_Product, list[Any]] | None:
        """The product and the factors where x is a product times numbers."""
        factors: list[Any] = []
        while True:
            x = self._plain(x)
            terms, fraction = inputs_of(x, "mul"), inputs_of(x, "true_div")
            if terms is not None:
                rest = [y for y in terms if not all(y.broadcastable)]
                if len(rest) != 1 or any(y.dtype != x.dtype for y in terms):
                    return None
                factors += [y for y in terms if all(y.broadcastable)]
                x = rest[0]
            elif fraction is not None:
                if not all(fraction[1].broadcastable) or any(y.dtype != x.dtype for y in fraction):
                    return None
                factors.append(call("reciprocal", fraction[1]))
                x = fraction[0]
            else:
                found = _product(x.owner)
                return None if found is None else (found, [DimShuffle(y.ndim, ())(y) if y.ndim else y for y in factors])

    # Everything -------------------------------------------------------------------------------------------------------
    def replacements(self) -> list[tuple[Any, Any]] | None:
        """What stands for the products with the probabilities; None where there is something else."""
        p = self.p
        if not 2 <= p.ndim <= 4 or self.node.op.axis != p.ndim - 1 or p.dtype not in ("float32", "float64"):
            return None
        scores = self._scores()
        if scores is None:
            return None
        q, k = scores.product.left, scores.product.right
        forward: list[_Product] = []
        by_values: list[_Product] = []
        slopes: list[Apply] = []
        weighted: list[Apply] = []
        for user, position in self._readers(p):
            product = _product(user, position) if user is not None else None
            if product is not None:
                (by_values if product.left.transposed else forward).append(product)
            elif user is not None and inputs_of(user.outputs[0], "mul") is not None:
                (weighted if self._is_summed(user) else slopes).append(user)
            else:
                return None
        if len(forward) > 1 or len(by_values) > 1 or len(slopes) > 1 or len(weighted) > 1:
            return None
        if not slopes and not by_values:
            return self._forward(scores, q, k, forward[0]) if forward else None
        return self._whole(scores, q, k, forward, by_values, slopes, weighted)

    def _is_summed(self, node: Apply) -> bool:
        users = self.graph.users(node.outputs[0])
        return len(users) == 1 and isinstance(users[0][0].op, Sum) and not self.graph.is_output(node.outputs[0])

    def _forward(self, scores: _Scores, q: _Matrix, k: _Matrix, product: _Product) -> list[tuple[Any, Any]]:
        out = self._attention(scores, q.value(), k.value(True), product.right.value())[0]
        return [self._pair(product, out)]

    def _whole(
        self, scores: _Scores, q: _Matrix, k: _Matrix, forward: list[_Product], by_values: list[_Product], slopes: list[Apply], weighted: list[Apply]
    ) -> list[tuple[Any, Any]] | None:
        """With the gradient: by = g v', the slopes P (by - sum(by P)), their products with k and q; and P' g."""
        if len(slopes) != 1 or len(weighted) != 1:
            return None
        found = self._slope(slopes[0], weighted[0])
        if found is None:
            return None
        by, factors = found
        inner = _product(self._plain(by).owner)
        if inner is None:
            return None
        g, v = inner.left, inner.right  # g v', so v is read transposed
        values = _Matrix(v.x, not v.transposed)
        if forward and forward[0].right != values:
            return None
        if by_values and by_values[0].right != g:
            return None
        by_queries: list[_Product] = []
        by_keys: list[_Product] = []
        ends = self._ends(slopes[0].outputs[0], scores, factors)
        if ends is None:
            return None
        for product in ends:
            own = by_keys if product.left.transposed else by_queries
            if product.right != (q if product.left.transposed else _Matrix(k.x, not k.transposed)):
                return None
            own.append(product)
        made = self._attention(scores, q.value(), k.value(True), values.value(), g.value())
        out, by_q, by_k, by_v = made
        ratio = self._ratio(factors, scores.factors)
        if ratio is not None:
            by_q, by_k = call("mul", by_q, ratio), call("mul", by_k, ratio)
        pairs = [(forward, out), (by_values, by_v), (by_queries, by_q), (by_keys, by_k)]
        return [self._pair(product, value) for products, value in pairs for product in products]

    def _slope(self, node: Apply, weighted: Apply) -> tuple[Any, list[Any]] | None:
        """by and the factors, where a node is mul(P, sub(by, sum(by P)), factors)."""
        rest = [y for y in node.inputs if y is not self.p]
        factors = [y for y in rest if all(y.broadcastable)]
        rest = [y for y in rest if not all(y.broadcastable)]
        terms = inputs_of(rest[0], "sub") if len(rest) == 1 else None
        if terms is None or len(node.inputs) != 2 + len(factors):
            return None
        by, total = terms
        kept = node_of(total, DimShuffle)
        last = self.p.ndim - 1
        summed = node_of(kept.inputs[0], Sum) if kept is not None and kept.op.order == (*range(last), "x") else None
        if summed is None or summed.op.axes != (last,) or summed.inputs[0] is not weighted.outputs[0]:
            return None
        if len(weighted.inputs) != 2 or not any(y is self.p for y in weighted.inputs) or not any(y is by for y in weighted.inputs):
            return None
        return by, factors

    def _ends(self, x: Any, scores: _Scores, factors: list[Any]) -> list[_Product] | None:
        """The products that read the slopes, perhaps times numbers and where they count; the numbers go to `factors`."""
        while True:
            readers = list(self._readers(x))
            if any(user is None for user, _ in readers):
                return None
            if len(readers) == 1 and (user := readers[0][0]) is not None and _product(user) is None:
                y = user.outputs[0]
                choice, terms = inputs_of(y, "switch"), inputs_of(y, "mul")
                if choice is not None and choice[0] is scores.seen:
                    kept, rest = choice[scores.shown], choice[3 - scores.shown]
                    if not is_constant(rest, 0) or self._plain(kept) is not self._plain(x):
                        return None
                    x = y
                    continue
                fraction = inputs_of(y, "true_div")
                if fraction is not None and all(fraction[1].broadcastable) and fraction[1].dtype == y.dtype:
                    factors.append(call("reciprocal", fraction[1]))
                    x = y
                    continue
                others = [z for z in terms or () if not all(z.broadcastable)]
                if terms is None or len(others) != 1:
                    return None
                factors += [z for z in terms if all(z.broadcastable)]
                x = y
                continue
            found = [_product(user, position) for user, position in readers]
            return None if any(product is None for product in found) else found  # type: ignore[return-value]

    def _ratio(self, above: list[Any], below: list[Any]) -> Any:
        """The factors of the slopes over those of the scores, without dimensions; None: 1."""
        above, below = ([DimShuffle(y.ndim, ())(y) if y.ndim else y for y in side] for side in (above, below))
        for y in list(above):
            same = next((z for z in below if _equal(y, z)), None)
            if same is not None:
                above.remove(y)
                below.remove(same)
        if not above and not below:
            return None
        x = self._times(above)
        return call("true_div", x, self._times(below)) if below else x

    def _times(self, factors: list[Any]) -> Any:
        return number(1, self.p) if not factors else factors[0] if len(factors) == 1 else call("mul", *factors)

    # Building ---------------------------------------------------------------------------------------------------------
    def _four(self, x: Any) -> Any:
        """Matrices, or a stack of them as products take them, in four dimensions: batch, heads, and two."""
        if x.ndim == 2:
            return DimShuffle(2, ("x", "x", 0, 1))(x)
        if self.p.ndim == 3:
            return DimShuffle(3, (0, "x", 1, 2))(x)
        sizes = [*map(variable_of, self.sizer.of(self.p)[:2]), *map(variable_of, self.sizer.of(x)[1:])]
        return Reshape()(x, *sizes)

    def _mask(self, x: Any) -> Any:
        ndim = self.p.ndim
        if x.ndim < ndim:
            x = DimShuffle(x.ndim, (*["x"] * (ndim - x.ndim), *range(x.ndim)))(x)
        return DimShuffle(ndim, {2: ("x", "x", 0, 1), 3: (0, "x", 1, 2), 4: (0, 1, 2, 3)}[ndim])(x) if ndim < 4 else x

    def _attention(self, scores: _Scores, q: Any, k: Any, v: Any, g: Any = None) -> list[Any]:
        """The output; with g also what q, k and v get of it. All in four dimensions."""
        scale = self._times(scores.factors)
        given = [self._four(x) for x in (q, k, v)]
        causal = scores.causal
        masks = [] if scores.seen is None or causal else [self._mask(scores.seen)]
        if scores.added:
            masks = [self._mask(scores.added[0] if len(scores.added) == 1 else call("add", *scores.added))]
        fill = -math.inf if causal else scores.fill
        out, logs = Attention(causal, fill)(*given, scale, *masks)
        if g is None:
            return [out]
        g = self._four(g)
        away = Sum((3,), out.dtype, out.dtype)(call("mul", out, g))
        return [out, *AttentionGrad(causal, fill)(*given, scale, logs, away, g, *masks)]

    def _pair(self, product: _Product, value: Any) -> tuple[Any, Any]:
        """A product and what stands for it, brought back from four dimensions."""
        old = product.node.outputs[0]
        if old.ndim == 2:
            made = DimShuffle(4, (2, 3))(value)
        elif self.p.ndim == 3:
            made = DimShuffle(4, (0, 2, 3))(value)
        else:
            sizes = self.sizer.of(old)
            rows, columns = (sizes[2], sizes[1]) if product.turned else sizes[1:]
            made = Reshape()(value, *[variable_of(n) for n in (sizes[0], rows, columns)])
        return old, with_ones(product.result(made), old)


def _equal(y: Any, z: Any) -> bool:
    """Whether two numbers are known to be the same, or to be one over the same."""
    inner = [inputs_of(x, "reciprocal") for x in (y, z)]
    if inner[0] is not None and inner[1] is not None:
        y, z = inner[0][0], inner[1][0]
    value = scalar_value(y)
    return y is z or (value is not None and value == scalar_value(z))


def _is_hidden(x: Any) -> bool:
    """Whether a score is so little that it counts for nothing."""
    value = scalar_value(x)
    return value is not None and value <= _HIDDEN


def _hides_later(x: Any, alone: bool) -> bool:
    """Whether what is added to scores is 0 where i >= j, and hides the others. As each row then has a score that is seen, it may replace them as
    well; unless something else is added (not alone) that hides as much: then it has to be -inf."""
    choice = inputs_of(x, "switch")
    if choice is None:
        return False
    where, seen, hidden = choice
    if not _is_causal(where):
        seen, hidden = (hidden, seen) if _is_later(where) else (None, hidden)
    return seen is not None and scalar_value(seen) == 0 and (_is_hidden(hidden) if alone else scalar_value(hidden) == -math.inf)


def _is_causal(seen: Any) -> bool:
    """Whether bools are i >= j: counted down the rows, and along them."""
    return _compares(seen, "ge", "le")


def _is_later(hidden: Any) -> bool:
    """Whether bools are i < j."""
    return _compares(hidden, "lt", "gt")


def _compares(x: Any, name: str, turned: str) -> bool:
    """Whether bools compare the numbers of rows with those of columns, by one name or, the other way round, by the other."""
    terms = inputs_of(x, name) or (inputs_of(x, turned) or [])[::-1]
    if not terms:
        return False
    (i, order_i), (j, order_j) = (_counted(y) for y in terms)
    return i is not None and i is j and order_i == (0, "x") and order_j in (("x", 0), (0,))


def _counted(x: Any) -> tuple[Any, tuple[Any, ...]]:
    """The node that counts from 0 by 1, and how its numbers lie."""
    order: tuple[Any, ...] = tuple(range(x.ndim))
    if (moved := node_of(x, DimShuffle)) is not None:
        order, x = moved.op.order, moved.inputs[0]
    found = node_of(x, Arange)
    if found is None or not is_constant(found.inputs[0], 0) or not is_constant(found.inputs[2], 1):
        return None, order
    return found, order
