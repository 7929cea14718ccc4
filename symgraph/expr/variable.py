"""Variables: what an expression is made of. Operators and methods of tensors are bound by symgraph/ops/methods.py."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from symgraph import source
from symgraph.errors import locate
from symgraph.expr.types import TensorType, Type, generic
from symgraph.settings import config

if TYPE_CHECKING:
    from symgraph.expr.op import Apply

__all__ = ["Constant", "SymbolicTensor", "Tag", "TensorConstant", "TensorVariable", "Variable"]


class Tag:
    """Room for what others attach to a variable (test values, traces); attributes come and go."""

    def __repr__(self) -> str:
        return f"Tag({self.__dict__})"


class Variable:
    """A value to come: an input, or output number `index` of the Apply `owner`.

    type: what values it may take. name: for print-outs, and to pass it by keyword.
    """

    __slots__ = ("__dict__", "__weakref__", "_tag", "index", "line", "name", "owner", "type")

    graph_at_work: Any = None  # while a rewrite runs that was written as for Theano, with a node and no graph

    def __init__(self, type: Type, owner: Apply | None = None, index: int | None = None, name: str | None = None) -> None:
        self.type: Any = type
        self.owner = owner
        self.index = index
        self.name = name
        self.line: Any = None
        self._tag: Tag | None = None

    @property
    def tag(self) -> Tag:
        """Room for what others attach: `x.tag.test_value`, say."""
        if self._tag is None:
            self._tag = Tag()
        return self._tag

    @tag.setter
    def tag(self, value: Tag) -> None:
        self._tag = value

    @property
    def fgraph(self) -> Any:
        """The graph that holds it: of those a user makes (`FunctionGraph`) and looks at, or the one that a user's rewrite works on."""
        found = self.__dict__.get("_fgraph") or Variable.graph_at_work
        if found is None:
            raise AttributeError(f"{self} is in no graph that is looked at or rewritten")
        return found

    @property
    def clients(self) -> Any:
        """Where it is read in `fgraph`: pairs (node, position), and ("output", position)."""
        return self.fgraph.clients(self)

    def get_parents(self) -> list[Any]:
        """The node that computes it, in a list; an empty list for a variable without owner."""
        return [] if self.owner is None else [self.owner]

    def clone(self) -> Any:
        """A fresh variable of the same type and name, without owner."""
        copy = self.type.make_variable(self.name)
        copy.line = self.line
        if self._tag is not None:
            copy.tag.__dict__.update(self._tag.__dict__)
        return copy

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is not None:
            op = self.owner.op
            if self.index == op.default_output or len(self.owner.outputs) == 1:
                return f"{op}.out" if self.index and op.default_output is not None else f"{op}.{self.index}"
            return f"{op}.{self.index}"
        return f"<{self.type}>"

    def __repr__(self) -> str:
        value = getattr(self._tag, "test_value", None) if config.print_test_value else None
        return str(self) if value is None else f"{self}\n{value!r}"

    # Identity, so that variables can stand in dictionaries; `eq` and `neq` build expressions.
    __hash__ = object.__hash__

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.owner is not None:
            return _output_of, (self.owner, self.index)
        return super().__reduce_ex__(max(protocol, 2))

    def __getstate__(self) -> Any:
        extra = {key: value for key, value in self.__dict__.items() if not key.startswith("_")}  # what was kept for speed stays here
        tag = self._tag
        if hasattr(tag, "test_value") and not config.pickle_test_value:
            tag = Tag()
            tag.__dict__ |= {key: value for key, value in self.tag.__dict__.items() if key != "test_value"}
        return {slot: getattr(self, slot) for slot in ("type", "index", "name", "line")} | {"_tag": tag, "owner": None, "extra": extra}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "extra" not in state:
            state = _from_theano(state, self)
        self.__dict__.update(state.pop("extra"))
        for slot, value in state.items():
            setattr(self, slot, value)


def _from_theano(state: dict[str, Any], variable: Variable) -> dict[str, Any]:
    """The state of a variable as Theano 1.0.5 pickled it, in our words: it had a `tag` always, no line, and its attributes in one dictionary."""
    ours = {slot: state.pop(slot, None) for slot in ("type", "index", "name", "owner")} | {"line": None, "_tag": state.pop("tag", None)}
    if not isinstance(ours["type"], Type):
        raise TypeError(f"this pickle of a {type(variable).__name__} is damaged, or of no version of Theano that is known: its type is "
                        f"{ours['type']!r}")
    if isinstance(variable, Constant):
        ours["data"] = state.pop("data")
    return ours | {"extra": {name: value for name, value in state.items() if name not in ("auto_name", "cached", "container", "default_update")}}


def _output_of(owner: Apply, index: int) -> Variable:
    return owner.outputs[index]


class TensorVariable(Variable):
    """A variable whose value is an array; `dtype`, `ndim`, `broadcastable` are those of its TensorType."""

    __slots__ = ()
    __array_priority__ = 1000  # numpy arrays on the left let the variable's operators do the work
    type: TensorType

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # operators and methods are bound by symgraph/ops/methods.py

    @property
    def dtype(self) -> str:
        """The dtype by its numpy name."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.type.ndim

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """For each dimension whether its size is known to be 1, so that it broadcasts."""
        return self.type.broadcastable

    @property
    def static_shape(self) -> tuple[int | None, ...]:
        """The sizes known now; None for the others (`shape` is the symbolic one)."""
        return self.type.shape


class SymbolicTensor(TensorVariable):
    """An array to come, neither known nor shared. `T.TensorVariable` is this class, for programs tell variables from shared ones by it."""

    __slots__ = ()


class Constant(Variable):
    """A known value (`data`); it may not be changed."""

    __slots__ = ("data",)

    def __init__(self, type: Type, data: Any, name: str | None = None) -> None:
        super().__init__(type, name=name)
        self.data = type.filter(data) if self.__class__ is Constant else data  # others are made of what has been filtered

    @property
    def value(self) -> Any:
        """The value itself."""
        return self.data

    def key(self) -> Any:
        """Hashable; equal for constants that can stand for each other."""
        return id(self.data)

    def signature(self) -> Any:
        """The type and the value: constants with equal ones can stand for each other."""
        return self.type, self.data

    def merge_signature(self) -> Any:
        """What `signature` says."""
        return self.signature()

    def equals(self, other: Any) -> bool:
        """Whether the other is a constant of the same type and value."""
        return isinstance(other, Constant) and self.type == other.type and bool(self.type.values_eq(self.data, other.data))

    def clone(self) -> Constant:
        return type(self)(self.type, self.data, self.name)

    def __str__(self) -> str:
        return self.name if self.name is not None else f"{type(self).__name__}{{{_text(self.data)}}}"

    def __getstate__(self) -> Any:
        return super().__getstate__() | {"data": self.data}


class TensorConstant(Constant, TensorVariable):
    """A known array."""

    __slots__ = ("_key",)
    _key: Any

    def key(self) -> Any:
        """dtype, sizes and bytes of the array (its identity above 4 kB: comparing costs more than it saves)."""
        try:
            return self._key
        except AttributeError:
            data = self.data
            content = data.tobytes() if data.nbytes <= 4096 else id(data)
            self._key = (data.dtype.str, data.shape, self.type.shape, content)
            return self._key


def _text(data: Any) -> str:
    if isinstance(data, np.ndarray):
        if data.ndim == 0:
            return str(data.item())
        if data.size > 1 and data.size and (data == data.flat[0]).all():
            return f"{data.shape} of {data.flat[0].item()}"
    text = " ".join(str(data).split())
    return text if len(text) <= 24 else f"{text[:10]}..{text[-10:]}"


def make_generic(name: str | None = None) -> Variable:
    """A variable of any Python object."""
    return generic.make_variable(name)


def _look_at_float64(self: Any, *args: Any, **options: Any) -> None:
    Variable.__init__(self, *args, **options)
    if self.type.dtype != "float64":
        return
    message, line = "a float64 variable is made, and the setting warn_float64 asks to be told", source.here()
    if config.warn_float64 == "raise":
        raise locate(TypeError(message), line)
    warnings.warn_explicit(message, UserWarning, line.filename, line.line)
    if config.warn_float64 == "pdb":
        breakpoint()


def _watch_float64(action: str) -> None:
    """What the setting warn_float64 asks for: the look at each variable is there, or it is not."""
    if action != "ignore":
        SymbolicTensor.__init__ = _look_at_float64  # type: ignore[method-assign]
    elif "__init__" in vars(SymbolicTensor):
        del SymbolicTensor.__init__


config.on_change("warn_float64", _watch_float64)
Type.variable_class = Type.Variable = Variable  # type: ignore[attr-defined]
Type.constant_class = Type.Constant = Constant  # type: ignore[attr-defined]
TensorType.variable_class = TensorType.Variable = SymbolicTensor  # type: ignore[attr-defined]
TensorType.constant_class = TensorType.Constant = TensorConstant  # type: ignore[attr-defined]
