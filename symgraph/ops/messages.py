"""Arrays sent from process to process as a function runs, by MPI: needs mpi4py, which is loaded with the first message.

`send` and `recv` wait; `isend` and `irecv` give a request and an array, for `MPISendWait` and `MPIRecvWait` to wait for. Which of a function's
messages that do not depend on each other goes first is not said: where two processes both send and receive, begin with the sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from symgraph.errors import SymgraphError
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import generic, tensor_type

__all__ = [
    "MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait", "irecv", "isend", "mpi_cmps", "mpi_enabled", "mpi_keys", "mpi_send_wait_cmp",
    "mpi_send_wait_key", "mpi_tag_cmp", "mpi_tag_key", "recv", "send",
]

mpi_enabled = find_spec("mpi4py") is not None


class NoMessages(SymgraphError, NameError):
    """mpi4py is not installed: a NameError, as in Theano."""


def _world() -> Any:
    """All processes."""
    try:
        return import_module("mpi4py.MPI").COMM_WORLD
    except ImportError as error:
        raise NoMessages(f"messages between processes need mpi4py: {error}") from error


class Pending:
    """A message under way: the request, and the array that it reads or fills. Values of a function are copied as it runs, so the array goes along."""

    def __init__(self, request: Any, data: np.ndarray) -> None:
        self.request, self.data = request, data

    def wait(self) -> np.ndarray:
        """The array, once the message has gone or come."""
        self.request.wait()
        return self.data


class _Message(Op):
    """Base: something that happens in every call, with no derivatives."""

    tag: int

    def do_constant_folding(self, node: Apply) -> bool:
        """Never."""
        return False

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * len(node.outputs) for _ in node.inputs]


class MPISend(_Message):
    """Begins to send an array: a request, and the array itself. ``MPISend(dest, tag)(x)``: to the process of that rank."""

    __props__ = ("dest", "tag")

    def __init__(self, dest: int, tag: int) -> None:
        self.dest, self.tag = dest, tag

    def make_node(self, *inputs: Any) -> Apply:
        (data,) = map(as_tensor, inputs)
        return Apply(self, [data], [generic(), data.type()])

    def compute(self, data: Any) -> Any:
        own = np.array(data, order="C")
        return Pending(_world().Isend(own, self.dest, self.tag), own), data

    def __str__(self) -> str:
        return f"MPISend{{dest: {self.dest}, tag: {self.tag}}}"


class MPIRecv(_Message):
    """Begins to receive an array of that shape and dtype: a request, and an array that is not to be read before the request has been waited for."""

    __props__ = ("source", "tag", "shape", "dtype")

    def __init__(self, source: int, tag: int, shape: Sequence[int], dtype: Any) -> None:
        self.source, self.tag, self.shape, self.dtype = source, tag, tuple(shape), np.dtype(dtype).name
        self.broadcastable = (False,) * len(self.shape)

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, [], [generic(), tensor_type(self.dtype, (None,) * len(self.shape))()])

    def compute(self) -> Any:
        data = np.zeros(self.shape, self.dtype)
        return Pending(_world().Irecv(data, self.source, self.tag), data), data

    def __str__(self) -> str:
        return f"MPIRecv{{source: {self.source}, tag: {self.tag}, shape: {self.shape}, dtype: {self.dtype}}}"


class MPISendWait(_Message):
    """Waits until an array has been sent, and gives True: ``MPISendWait(tag)(request, data)``."""

    __props__ = ("tag",)

    def __init__(self, tag: int) -> None:
        self.tag = tag

    def make_node(self, *inputs: Any) -> Apply:
        request, data = inputs
        return Apply(self, [request, data], [generic()])

    def compute(self, request: Any, data: Any) -> Any:
        request.wait()
        return True


class MPIRecvWait(_Message):
    """Waits until an array has come, and gives it: ``MPIRecvWait(tag)(request, data)``."""

    __props__ = ("tag",)

    def __init__(self, tag: int) -> None:
        self.tag = tag

    def make_node(self, *inputs: Any) -> Apply:
        request, data = inputs
        return Apply(self, [request, data], [data.type()])

    def compute(self, request: Any, data: Any) -> Any:
        return request.wait()


def isend(var: Any, dest: int, tag: int) -> Any:
    """Begin to send an array to the process `dest`: a request and the array."""
    return MPISend(dest, tag)(var)


def send(var: Any, dest: int, tag: int) -> Any:
    """Send an array to the process `dest`: True, once it is sent. It is sent if a function is asked for that."""
    return MPISendWait(tag)(*isend(var, dest, tag))


def irecv(shape: Sequence[int], dtype: Any, source: int, tag: int) -> Any:
    """Begin to receive an array of that shape and dtype from the process `source`: a request and the array."""
    return MPIRecv(source, tag, shape, dtype)()


def recv(shape: Sequence[int], dtype: Any, source: int, tag: int) -> Any:
    """The array of that shape and dtype which the process `source` sends.

    Raises NameError in the call without mpi4py.
    """
    return MPIRecvWait(tag)(*irecv(shape, dtype, source, tag))


def mpi_send_wait_key(a: Any) -> int:
    """For sorting nodes: beginnings of messages first, waits last."""
    return 1 if isinstance(a.op, (MPIRecvWait, MPISendWait)) else -1 if isinstance(a.op, (MPIRecv, MPISend)) else 0


def mpi_tag_key(a: Any) -> int:
    """For sorting nodes: messages by their tags."""
    return int(a.op.tag) if isinstance(a.op, _Message) else 0


def mpi_send_wait_cmp(a: Any, b: Any) -> int:
    """`mpi_send_wait_key` of two nodes compared: -1, 0 or 1."""
    return (mpi_send_wait_key(a) > mpi_send_wait_key(b)) - (mpi_send_wait_key(a) < mpi_send_wait_key(b))


def mpi_tag_cmp(a: Any, b: Any) -> int:
    """`mpi_tag_key` of two nodes compared: -1, 0 or 1."""
    return (mpi_tag_key(a) > mpi_tag_key(b)) - (mpi_tag_key(a) < mpi_tag_key(b))


mpi_keys, mpi_cmps = (mpi_send_wait_key, mpi_tag_key), (mpi_send_wait_cmp, mpi_tag_cmp)
