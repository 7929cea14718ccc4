"""Graph tools for users: walks, copies, sameness, text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import graph

x, y, z = T.dvectors("x", "y", "z")


def test_walks_of_a_small_graph() -> None:
    s = symgraph.shared(np.ones(2), name="s")
    total = x + y
    out = total * s * 2
    assert graph.inputs([out]) == graph.graph_inputs([out]) and set(graph.explicit_graph_inputs([out])) == {x, y}
    assert graph.explicit_graph_inputs(out) == [x, y]
    assert s in graph.inputs([out]) and len(graph.inputs([out])) == 4
    assert total in graph.ancestors([out]) and x not in graph.ancestors([out], blockers=[total])
    assert set(graph.variables([x, y], [total])) == {x, y, total}
    assert graph.orphans([x], [total]) == [y]
    assert graph.variables_and_orphans([x, z], [total]) == ([total, x, y, z], [y])
    assert graph.ops([x, y], [out]) == set(graph.io_toposort([x, y], [out])) == set(graph.list_of_nodes([x, y], [out]))
    assert graph.io_toposort([x, y], [out])[0] is total.owner and graph.list_of_nodes([x, y], [out])[-1] is total.owner
    assert graph.toposort([out], [total])[0] is not total.owner
    assert graph.is_in_ancestors(out.owner, total.owner) and not graph.is_in_ancestors(total.owner, out.owner)
    assert isinstance(x, graph.Node) and isinstance(out.owner, graph.Node) and not isinstance(3, graph.Node)


def test_truncated_inputs_leave_out_what_is_not_needed() -> None:
    total = x + y
    double = total * 2
    assert graph.truncated_graph_inputs([double + y], [double]) == [double, y]
    inputs = graph.truncated_graph_inputs([double], [total, x])
    assert total in inputs and x not in inputs


def test_orders() -> None:
    a, b = T.exp(x), T.sin(x)
    order = graph.io_toposort([x], [a + b], orderings={a.owner: [b.owner]})
    assert order.index(b.owner) < order.index(a.owner)
    with pytest.raises(ValueError, match="circle"):
        graph.io_toposort([x], [a + b], orderings={a.owner: [b.owner], b.owner: [a.owner]})
    with pytest.raises(ValueError, match="circle"):
        graph.general_toposort([1], lambda n: [1])
    found, reached = graph.stack_search([1], lambda n: [n + 1, n + 2] if n < 3 else None, "dfs", build_inv=True)
    assert sorted(found) == [1, 2, 3, 4] and reached[3] == [1, 2]
    with pytest.raises(ValueError, match="bfs or dfs"):
        graph.stack_search([1], lambda n: None, "other")
    with pytest.raises(TypeError, match="list of variables"):
        graph.ancestors([1])


def test_long_chains_need_no_recursion() -> None:
    long: Any = x
    other: Any = x
    for _ in range(5000):
        long, other = long + 1, other + 1
    assert graph.equal_computations([long], [other]) and len(graph.ancestors(long)) > 5000
    assert len(graph.as_string([x], [long])[0]) > 5000
    assert graph.equal_computations(graph.map_variables(lambda v: y if v is x else None, [long]), [other], [y], [x])


@pytest.mark.parametrize(("first", "second", "same"), [
    (lambda: x + y, lambda: x + y, True),
    (lambda: x + y, lambda: y + x, False),
    (lambda: x + 1, lambda: x + 1, True),
    (lambda: x + 1, lambda: x + 2, False),
    (lambda: x.sum(0), lambda: x.sum(), True),
    (lambda: x[:3], lambda: x[:4], False),
    (lambda: x, lambda: x, True),
    (lambda: x, lambda: y, False),
    (lambda: T.constant(np.arange(4000.0)), lambda: T.constant(np.arange(4000.0)), True),
    (lambda: x + T.constant(np.arange(4000.0)), lambda: x + T.constant(np.arange(1, 4001.0)), False),
    (lambda: x.astype("float32"), lambda: x, False),
])
def test_same_graph(first: Any, second: Any, same: bool) -> None:
    assert graph.is_same_graph(first(), second()) is same
    assert graph.equal_computations([first()], [second()]) is same


def test_equal_computations_with_partners() -> None:
    assert graph.equal_computations([x - y], [y - x], [x, y], [y, x])
    assert not graph.equal_computations([x - y], [x - y], [x], [y])
    shared = x * 2
    assert not graph.equal_computations([shared], [shared], [x], [y])
    assert graph.equal_computations([x + 1, 3.0], [y + 1, 3.0], [x], [y])
    assert graph.is_same_graph(x * 2, y * 2, givens={x: y}) and not graph.is_same_graph(x * 2, z * 2, givens={x: y})
    with pytest.raises(ValueError, match="compared"):
        graph.equal_computations([x], [x, y])
    with pytest.raises(ValueError, match="in_xs"):
        graph.equal_computations([x], [x], [x], [])


def test_clones() -> None:
    (new,), (out,) = graph.clone([x], [x * y])
    assert new is not x and out.owner.inputs[0] is new and out.owner.inputs[1] is not y
    (new,), (out,) = graph.clone([x], [x * y], copy_orphans=False)
    assert out.owner.inputs[1] is y
    same, (out,) = graph.clone([x], [x * y], copy_inputs=False)
    assert same == [x] and out.owner.inputs == [x, y]
    s = symgraph.shared(np.ones(2))
    old = x * s
    known = graph.clone_get_equiv([x], [old])
    assert known[s] is s and known[old.owner] is known[old].owner
    assert graph.clone_replace([x + y], replace={x: y})[0].eval({y: np.ones(2)}).tolist() == [2, 2]
    with pytest.raises(TypeError):
        graph.clone_replace(x, {x: T.dmatrix()})
    with pytest.raises(TypeError, match="no option"):
        graph.clone_replace(x, {x: y}, nonsense=1)


def test_graph_replace() -> None:
    total = x + y
    out = total * x
    changed = graph.graph_replace(out, {total: T.exp(x), x: z})
    value = changed.eval({x: np.zeros(1), z: np.full(1, 3.0)})
    assert value.tolist() == [3.0]
    assert graph.graph_replace([out], [(x, np.ones(1))])[0].eval({y: np.ones(1)}).tolist() == [2.0]
    with pytest.raises(ValueError, match="do not depend on z"):
        graph.graph_replace(out, {z: x})
    assert graph.graph_replace(out, {z: x}, strict=False) is out
    with pytest.raises(TypeError, match="cannot be replaced"):
        graph.graph_replace(out, {x: T.dmatrix()})


def test_map_variables() -> None:
    new = graph.map_variables(lambda v: T.cos(v.owner.inputs[0]) if v.owner and str(v.owner.op) == "sin" else None, [T.sin(T.sin(x)) + 1])
    assert new[0].eval({x: np.zeros(1)}) == np.cos(1.0) + 1
    same = T.sin(x)
    assert graph.map_variables(lambda v: None, [same]) == [same]
    with pytest.raises(TypeError, match="replacer gave"):
        graph.map_variables(lambda v: 3, [x + y])


def test_map_variables_in_bodies_of_loops() -> None:
    steps, _ = symgraph.scan(lambda row, before: T.sin(row) + before, sequences=[x], outputs_info=[np.float64(0)])
    swap = lambda v: T.cos(v.owner.inputs[0]) if v.owner and str(v.owner.op) == "sin" else None
    new = graph.map_variables(swap, [steps])[0]
    assert new.eval({x: np.zeros(3)}).tolist() == [1, 2, 3] and steps.eval({x: np.zeros(3)}).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="none of its inputs"):
        graph.map_variables(lambda v: z.sum() if v.owner and str(v.owner.op) == "sin" else None, [steps])


def test_connection_pattern() -> None:
    stopped = symgraph.disconnected_grad(x)
    assert graph.io_connection_pattern([x, y], [stopped * y, stopped, x]) == [[False, False, True], [True, False, False]]


def test_nodes_constructed() -> None:
    with graph.nodes_constructed() as made:
        out = T.exp(x)
    after = T.sin(x)
    assert made == [out] and after not in made


def test_view_roots_and_text() -> None:
    class View(symgraph.Op):
        __props__ = ()
        view_map = {0: [0]}

        def make_node(self, v: Any) -> Any:
            return symgraph.Apply(self, [v], [v.type()])

    assert graph.view_roots(View()(View()(x))) == [x] and graph.view_roots(x + y) != [x]
    total = x + y
    assert graph.as_string([x, y], [total * total, total]) == ["mul(*1 -> add(x, y), *1)", "*1"]
    assert graph.as_string([total], [total * 2]) == [f"mul({total}, {T.constant(2).__class__.__name__}{{2}})"]
    assert graph.op_as_string([x, y], total.owner) == "add(x, y)"
