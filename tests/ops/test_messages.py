"""Messages between processes, by a stand-in for mpi4py within one: what is sent to a rank and tag is what is received from there."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.ops import messages


class World:
    """A communicator whose messages come as they are waited for, as those of a slow net."""

    def __init__(self) -> None:
        self.sent: dict[tuple[int, int], list[np.ndarray]] = {}

    def Isend(self, data: np.ndarray, dest: int, tag: int) -> Any:
        def wait() -> None:
            self.sent.setdefault((dest, tag), []).append(data.copy())

        return types.SimpleNamespace(wait=wait)

    def Irecv(self, data: np.ndarray, source: int, tag: int) -> Any:
        def wait() -> None:
            data[...] = self.sent[source, tag].pop(0)

        return types.SimpleNamespace(wait=wait)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    for name in ("mpi4py", "mpi4py.MPI"):
        module: Any = types.ModuleType(name)
        module.COMM_WORLD = found
        monkeypatch.setitem(sys.modules, name, module)
    return found


@pytest.mark.parametrize("linker", ["llvm", "c", "py"])
def test_what_is_sent_is_received(world: World, linker: str) -> None:
    x = T.dmatrix("x")
    mode = symgraph.Mode(linker=linker)
    send = symgraph.function([x], [T.send(T.exp(x).T, 1, 7), T.exp(x).sum()], mode=mode)
    receive = symgraph.function([], T.dot(T.recv((3, 2), "float64", 1, 7), [1.0, 2.0]) + 1, mode=mode)
    for factor in (1.0, 2.0):
        value = np.arange(6.0).reshape(2, 3) * factor
        assert send(value)[0] is True
        np.testing.assert_allclose(receive(), np.exp(value).T @ [1.0, 2.0] + 1)


def test_a_message_that_is_not_waited_for_hands_on(world: World) -> None:
    x = T.fvector("x")
    request, data = T.isend(x, 0, 1)
    assert data.type == x.type
    assert symgraph.function([x], data * 2)(np.ones(2, "float32")).tolist() == [2, 2]
    assert not world.sent and request.type == symgraph.generic


def test_messages_have_no_influence_on_a_cost(world: World) -> None:
    x = T.dvector("x")
    assert T.grad((T.isend(x, 0, 1)[1] * 2 + x).sum(), x).eval({x: [5.0]}).tolist() == [1.0]


def test_without_mpi4py(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mpi4py", "mpi4py.MPI"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(NameError, match="mpi4py"):
        T.recv((2,), "float64", 0, 1).eval()


def test_order_of_nodes() -> None:
    x = T.dvector("x")
    wait, begin, other = T.recv((2,), "float64", 0, 3).owner, T.isend(x, 0, 2)[0].owner, (x + 1).owner
    assert sorted([wait, other, begin], key=messages.mpi_send_wait_key) == [begin, other, wait]
    assert [messages.mpi_send_wait_cmp(a, b) for a, b in ((wait, begin), (begin, wait), (other, other))] == [1, -1, 0]
    assert [messages.mpi_tag_key(node) for node in (wait, begin, other)] == [3, 2, 0] and messages.mpi_tag_cmp(wait, begin) == 1
