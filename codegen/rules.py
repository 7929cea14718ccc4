"""What an op can say of its own lowering. An op picks one of four rules.

Every rule carries

* `key`: a hashable, printable identity: two rules of equal key generate the same code for arguments of equal types. It goes
  into cache keys, so its text must be the same in every process.
* `sizes(s, *inputs)`: the shape of each output, ``[(size, ...), ...]``. `s` is an algebra of sizes (see `Sizes`), each input
  offers ``.dtype``, ``.shape`` (a tuple of sizes) and ``.item(k)`` (element k of a small integer input, as a size). Sizes are
  Python ints where known, else objects with ``+ - * // %``; they are compared only through `s`.

The builder `b` is codegen.loopir.builder.Builder; the rules below say what is called with it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from codegen.record import record

__all__ = ["Loops", "Pointwise", "Python", "Reduction", "Rule", "Sizes"]


class Sizes(Protocol):
    """Arithmetic on sizes, for sizes known now, at run time, or as expressions."""

    def maximum(self, a: Any, b: Any) -> Any: ...

    def minimum(self, a: Any, b: Any) -> Any: ...

    def where(self, condition: Any, a: Any, b: Any) -> Any: ...

    def less(self, a: Any, b: Any) -> Any: ...

    def equal(self, a: Any, b: Any) -> Any: ...

    def both(self, p: Any, q: Any) -> Any: ...

    def either(self, p: Any, q: Any) -> Any: ...

    def same(self, a: Any, b: Any, message: str = ..., *values: Any) -> Any:
        """The common size of two that must be equal; a failing check raises ValueError with the message."""

    def check(self, condition: Any, error: str, message: str, *values: Any) -> None:
        """Raise the error of this class name with the message, its ``{}`` filled by `values`, unless the condition holds."""


@record(frozen=True)
class Pointwise:
    """Each element of the one output on its own.

    element(b, index, *inputs) -> scalar: the output's element at `index` (a list of index values, one a dimension);
    ``inputs[k](*index)`` reads an element of input k, ``inputs[k].shape`` and ``.dtype`` describe it.
    reads: for each input "once" if each of its elements is read at most once over all output elements by plain index
    arithmetic (elementwise, transpose, slice), "many" if more often (broadcast along a dimension: told by the static
    sizes; gather), "same" if moreover the element read stands at the very index written (so the result may overwrite it).
    cost: rough number of scalar operations an element (transcendental functions 20).
    view: the elements keep their order, so that the output may be input 0 itself under another shape.
    """

    key: Hashable
    sizes: Callable[..., Any]
    element: Callable[..., Any]
    reads: tuple[str, ...] = ()
    cost: int = 1
    view: bool = False


@record(frozen=True)
class Reduction:
    """The elements of input 0 along `axes` joined into one; the other dimensions stay.

    start(b) -> tuple of accumulators; join(b, accumulators, element, position) -> accumulators (`position`: index of the
    element in the reduced dimensions, counted in C order); combine(b, left, right) -> accumulators of two runs, left before
    right, or None if the order of joining must be kept; finish(b, accumulators, count) -> the output's element.
    scattered: as join, of an element that may stand before some that have been joined; None: join wants them in order.
    """

    key: Hashable
    sizes: Callable[..., Any]
    axes: tuple[int, ...]
    start: Callable[..., Any]
    join: Callable[..., Any]
    combine: Callable[..., Any] | None
    finish: Callable[..., Any]
    scattered: Callable[..., Any] | None = None


@record(frozen=True)
class Loops:
    """The op writes its own loop nest.

    loops(b, inputs, outputs): inputs and outputs are arrays of the kernel: ``x.shape``, ``x.dtype``, ``x.load(*index)``,
    ``y.store(index, value)``, ``x.pointer``. The output memory is not initialised.
    workspace(s, *inputs) -> [(dtype, number of elements), ...]: scratch arrays handed over behind the outputs. (dtype, number, True): each
    thread has one of its own, so rounds that use it to work in are independent.
    alias: output number -> input number whose memory it takes over: the output starts as a copy of that input (which costs
    nothing where the input is not used any more). view: output 0 is input 0 under another shape, nothing is computed.
    in_parts: (check, write), of the arguments of `loops`: what it may find wrong, or None, and then the same without a check, so that it cannot
    fail half-way. With it an output may take over the memory of an argument of the call (`Program.replaced`).
    by_address: the inputs whose `pointer` is taken; all others are read by ``load`` and ``item`` alone, so that what is cheap (a range, a
    number repeated) is computed where it is read. None: all.
    name: by which a target may swap the kernel for one of its own ("gemm", ...).
    """

    key: Hashable
    sizes: Callable[..., Any]
    loops: Callable[..., Any]
    workspace: Callable[..., Sequence[tuple[Any, ...]]] | None = None
    alias: tuple[tuple[int, int], ...] = ()
    view: bool = False
    name: str = ""
    by_address: tuple[int, ...] | None = None
    in_parts: tuple[Callable[..., Any] | None, Callable[..., Any]] | None = None


@record(frozen=True)
class Python:
    """Calls back: `call(*arrays)` -> tuple of arrays of the output types. Its shapes are known once it has run.

    The key says the types only: the function is not part of the code, it comes in with the call.
    """

    key: Hashable
    call: Callable[..., Any]
    sizes: None = None


Rule = Pointwise | Reduction | Loops | Python
