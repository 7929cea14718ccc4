"""The grammar of the loop IR.

A Module is one `entry` and its `kernels`. A Function's body is a block: a list of nodes, run in order. Values are numbered and
typed and each is given once (SSA); operands are Values or Python numbers (constants of the type the operation asks for).
Only control nests: For, While, If. No expression trees, so nothing recurses deeper than the loop nest.

Types of values: 'bool', 'int8' ... 'uint64', 'float16', 'float32', 'float64', and pointers: 'float64*' (elements of that
type), 'void*'. 'index' is not a type: sizes and indices are int64. There are no complex values: the builder makes pairs of
real ones. float16 is loaded, stored and converted only: the builder computes in float32 and rounds after each operation.
"""

from __future__ import annotations

from codegen.record import field, record

__all__ = [
    "Assign", "Block", "Call", "Callback", "External", "Fail", "For", "Function", "If", "Library", "Load", "Local", "Module", "Node", "Operand",
    "Pulse", "Result", "Scratch", "Split", "Store", "Value", "While",
]


@record(eq=False)
class Value:
    """A numbered value; `number` is unique within its Function."""

    number: int
    type: str

    def __str__(self) -> str:
        return f"%{self.number}"


Operand = Value | int | float | bool
Block = list["Node"]


@record()
class Assign:
    """out = operation(*args), without effect on memory. The operations are listed in codegen/loopir/operations.py."""

    out: Value
    operation: str
    args: tuple[Operand, ...]


@record()
class Load:
    """out = pointer[index]; the element type is that of the pointer, bool is kept in memory as one byte, 0 or 1."""

    out: Value
    pointer: Value
    index: Operand


@record()
class Store:
    """pointer[index] = value."""

    pointer: Value
    index: Operand
    value: Operand


@record()
class Local:
    """out = address of `count` (a constant) elements of uninitialised memory that lives as long as the function runs."""

    out: Value
    count: int


@record()
class For:
    """for index = start; index < stop; index += step (a constant > 0), carrying values round.

    `carried` are the names of the carried values inside the body, `initial` what they start as, `yields` what the body hands to
    the next round, `results` what they are after the last (the initial ones if there was none).
    kind: 'serial'; 'rest': serial, the few rounds that accumulators side by side leave over; 'independent': no round reads what another writes,
    carries nothing, rounds may run in any order or together.
    """

    index: Value
    start: Operand
    stop: Operand
    step: int
    body: Block
    carried: tuple[Value, ...] = ()
    initial: tuple[Operand, ...] = ()
    yields: tuple[Operand, ...] = ()
    results: tuple[Value, ...] = ()
    kind: str = "serial"


@record()
class While:
    """Runs `body` again as long as `condition`, computed at its end, is true: the body runs at least once."""

    body: Block
    condition: Operand
    carried: tuple[Value, ...] = ()
    initial: tuple[Operand, ...] = ()
    yields: tuple[Operand, ...] = ()
    results: tuple[Value, ...] = ()


@record()
class If:
    """results = the yields of the block taken."""

    condition: Operand
    then: Block
    otherwise: Block = field(default_factory=list)
    then_yields: tuple[Operand, ...] = ()
    otherwise_yields: tuple[Operand, ...] = ()
    results: tuple[Value, ...] = ()
    likely: bool | None = None


@record()
class Call:
    """Calls a kernel of the module by name. A kernel that may fail returns a status; if it is not 0 the caller returns it too."""

    kernel: str
    args: tuple[Operand, ...]


@record()
class Split:
    """Calls a kernel, whose first two parameters are a range, for all of start .. stop: at once, or for parts of it in any order or together.

    Parts begin at `start` plus multiples of `multiple`. work: roughly how many scalar operations it all is; a caller with threads decides by it.
    library: the kernel calls routines of a library. A status that is not 0 is that of the first part with one, and the caller returns it too.
    """

    kernel: str
    start: Operand
    stop: Operand
    args: tuple[Operand, ...]
    work: Operand
    multiple: int = 1
    library: bool = False


@record()
class Library:
    """Calls a routine of a library (BLAS, LAPACK) by the Fortran convention: everything by address.

    `args` are pointers, passed as they are, or scalars, which are put into memory first. `name` without decoration: 'dgemm'.
    `slot` is its place in Module.libraries.
    """

    slot: int
    args: tuple[Operand, ...]


@record()
class External:
    """out = a function of a library of Python's (scipy.special), called by value: `double f(double ..., int)`, 0 as the int.

    Without effect but for its value. out and args are float64. `slot` is its place in Module.libraries, where it is called
    'scipy.special.betainc/3': the module, its name there, and the number of its arguments.
    """

    out: Value
    slot: int
    args: tuple[Operand, ...]


@record()
class Callback:
    """Calls function number `slot` of the caller, handing over the addresses and sizes of arrays.

    arrays: (pointer, sizes) of each input. outs: for each output its pointer and sizes, given by the called one; the memory
    stays valid until the next call of the same slot. A failing callback makes the entry return its `number`.
    """

    slot: int
    arrays: tuple[tuple[Value, tuple[Operand, ...]], ...]
    outs: tuple[tuple[Value, tuple[Value, ...]], ...]
    number: int


@record()
class Result:
    """out = memory for result number `slot`, of these sizes, given by the caller; entry only.

    Where there is no memory, the entry notes the sizes and returns `number`.
    """

    out: Value
    slot: int
    sizes: tuple[Operand, ...]
    number: int = -1


@record()
class Scratch:
    """out = address, 64-byte aligned, of scratch block number `slot`, which has at least `size` bytes; entry only.

    A block stays as it is until the entry returns or asks for the same slot again: then it grows if it must, keeps its contents,
    and may have moved. So memory whose size shows late, or grows with a loop, costs nothing until it is needed. Where there is no
    memory, the entry notes the size and returns `number`.
    """

    out: Value
    size: Operand
    slot: int = 0
    number: int = -1


@record()
class Pulse:
    """Asks the caller whether to go on; leaves the entry with status -2 if not. counters: int64[3], see codegen/lower/pulse.py; entry only."""

    counters: Value


@record()
class Fail:
    """Leaves the function with a status that is not 0, having noted up to 8 integer `values` for the message."""

    number: int
    values: tuple[Operand, ...] = ()


Node = Assign | Load | Store | Local | For | While | If | Call | Split | Library | External | Callback | Result | Scratch | Pulse | Fail


@record()
class Function:
    """A kernel: its parameters are pointers and scalars. Or the entry, whose only parameter is the context (type 'context*').

    fails: it may return a status that is not 0 (a kernel that cannot fail returns nothing).
    """

    name: str
    parameters: tuple[Value, ...]
    body: Block
    fails: bool = False
    readonly: frozenset[int] = frozenset()  # positions of pointer parameters through which nothing is written
    distinct: frozenset[int] = frozenset()  # positions of pointer parameters whose memory no other parameter reaches


@record()
class Module:
    """libraries: names of the routines whose addresses come in with the call, by slot."""

    entry: Function
    kernels: list[Function] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
