"""The inside of a function in Theano's words: where its arguments and results lie, the object that makes functions, older names of inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from symgraph.compile.face import FunctionFace
from symgraph.compile.function import function
from symgraph.compile.modes import Mode
from symgraph.compile.named import get_mode, mode_names, register_mode
from symgraph.compile.signature import In

__all__ = ["Cells", "FunctionMaker", "Param", "orig_function", "pfunc", "predefined_modes"]


class Made:
    """What `f.maker` is: the function, but for the inputs, which are all that its graph starts from.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x, w = T.dscalar('x'), symgraph.shared(2.0, name='w')
    >>> symgraph.function([x], x * w).maker.inputs
    [In(x), In(w)]
    """

    def __init__(self, of: FunctionFace) -> None:
        self._of = of

    @property
    def inputs(self) -> list[In]:
        """The arguments, then the shared variables that the function reads or writes."""
        signature = self._of.signature
        return [*signature.inputs, *(In(x) for x in signature.shared)]

    expanded_inputs = inputs

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._of, name)


class Cell:
    """Where an argument, or a result, lies: `data`. What is put there goes through the `filter` of the type."""

    def __init__(self, variable: Any, data: Any = None, strict: bool = False, allow_downcast: bool | None = None) -> None:
        self.variable, self.type, self.name = variable, variable.type, variable.name
        self.strict, self.allow_downcast = strict, allow_downcast
        self.storage = [data]

    @property
    def data(self) -> Any:
        return self.storage[0]

    @data.setter
    def data(self, value: Any) -> None:
        self.storage[0] = None if value is None else self.type.filter(value, strict=self.strict, allow_downcast=self.allow_downcast)

    @property
    def value(self) -> Any:
        """The same, as older programs call it."""
        return self.data

    def __repr__(self) -> str:
        return f"<{self.data!r}>"


class Cells:
    """What a function of Theano's had beside the call, made when it is first asked for.

    input_storage: a cell for each argument, then those of the shared variables; output_storage: one for each result. `fn()` is a call with what
    lies in the first, which leaves its results in the second and returns nothing. container, finder: cells by variable or name; value: what lies
    in them, to read and to set.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> f = symgraph.function([x], [x * x])
    >>> f.input_storage[0].data = 3
    >>> f.fn()
    >>> f.output_storage[0].data
    array(9.)
    """

    def __init__(self, of: FunctionFace) -> None:
        self.of = of
        signature, arguments = of.signature, of.arguments
        self.given = [Cell(i.variable, arguments.defaults.get(k), i.strict, i.allow_downcast) for k, i in enumerate(arguments.inputs)]
        self.input_storage = [*self.given, *[x.container for x in signature.shared]]
        self.output_storage = [Cell(x) for x in signature.outputs]
        self.n_returned_outputs = len(signature.outputs)
        self.unpack_single = signature.form == "single"
        self.return_none = signature.form == "none"
        self.output_keys = list(signature.keys) or None
        self.indices = list(zip(signature.inputs, self.given))
        self.finder: dict[Any, Any] = {}
        for argument, cell in zip(arguments.inputs, self.given):
            self.finder[argument.variable] = cell
            if argument.name is not None:
                self.finder[argument.name] = cell
        for x in signature.shared:
            self.finder[x] = x.container
            if x.name is not None:
                self.finder.setdefault(x.name, x.container)
        for variable, state in signature.states.items():
            self.finder[variable] = state.container
        for position, argument in enumerate(signature.inputs):
            self.finder.setdefault(position, self.finder.get(argument.variable))
        self.inv_finder = {cell: argument for argument, cell in zip(arguments.inputs, self.given)}
        self.container = self.finder
        self.value = Values(self)

    def fn(self) -> None:
        """Call the function with what lies in `input_storage`."""
        call: Any = self.of
        found = call(*[cell.data for cell in self.given])
        results = [found] if self.unpack_single else [] if found is None else list(found.values()) if isinstance(found, dict) else found
        for cell, value in zip(self.output_storage, results):
            cell.storage[0] = value

    def free(self) -> None:
        """Forget the results, and the arguments that have no default."""
        for cell in self.output_storage:
            cell.storage[0] = None
        for k, cell in enumerate(self.given):
            cell.storage[0] = self.of.arguments.defaults.get(k)

    def sync_shared(self) -> None:
        """Nothing: values of shared variables are where the call left them."""

    @property
    def nodes_with_inner_function(self) -> list[Any]:
        """The nodes, after the passes, that hold a body: loops, branches."""
        return [node for node in self.of.graph.toposort() if hasattr(node.op, "inner_outputs")]


class Values(MutableMapping[Any, Any]):
    """What lies in the cells of a function, by variable or name; what is set is the default from then on, as by `f[x] = value`."""

    def __init__(self, cells: Cells) -> None:
        self.cells, self.of = cells, cells.of

    def __getitem__(self, key: Any) -> Any:
        return self.of[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.of[key] = value
        if isinstance(cell := self.cells.finder.get(key), Cell):
            cell.data = value

    def __delitem__(self, key: Any) -> None:
        raise TypeError("the inputs of a function stay as they are")

    def __iter__(self) -> Iterator[Any]:
        return iter([*(i.variable for i in self.of.arguments.inputs), *self.of.signature.states, *self.of.signature.shared])

    def __len__(self) -> int:
        return len(list(iter(self)))


class FunctionMaker:
    """What makes functions of these inputs and outputs: `create()` gives one. The parameters are those of `symgraph.function`; accept_inplace,
    function_builder, profile, fgraph and output_keys are accepted for Theano's sake.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> FunctionMaker([In(x)], x + 1, 'FAST_RUN').create()(2)
    array(3.)
    """

    def __init__(
        self, inputs: Any, outputs: Any, mode: Any = None, accept_inplace: bool = False, function_builder: Callable[..., Any] | None = None,
        profile: Any = None, on_unused_input: str | None = None, fgraph: Any = None, output_keys: Any = None, name: str | None = None,
    ) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.mode: Mode = get_mode(mode)
        self.name, self.profile, self.on_unused_input, self.output_keys = name, profile, on_unused_input, output_keys
        self.unpack_single = not isinstance(outputs, (list, tuple))
        self._first: Any = self._made()  # what is wrong is said here, as Theano does

    @property
    def fgraph(self) -> Any:
        """The graph after the passes."""
        if self._first is None:
            self._first = self._made()
        return self._first.fgraph

    def create(self, input_storage: Any = None, trustme: bool = False, storage_map: Any = None) -> Any:
        """A new function. input_storage: a start value for each input, or None; in Theano's cells or as they are."""
        made = self._first if self._first is not None else self._made()
        self._first = None
        for k, value in enumerate(input_storage or ()):
            value = getattr(value, "data", value) if isinstance(value, Cell) or hasattr(value, "storage") else value
            if value is not None:
                made[made.arguments.inputs[k].variable] = value
        return made

    def _made(self) -> Any:
        return function(self.inputs, self.outputs, mode=self.mode, profile=self.profile, on_unused_input=self.on_unused_input, name=self.name)


def orig_function(inputs: Any, outputs: Any, mode: Any = None, accept_inplace: bool = False, name: str | None = None, profile: Any = None,
                  on_unused_input: str | None = None, output_keys: Any = None) -> Any:
    """`symgraph.function` in the order of arguments that Theano's inner function has.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> orig_function([x], [x * 2])(3)
    [array(6.)]
    """
    return function(inputs, outputs, mode=mode, name=name, profile=profile, on_unused_input=on_unused_input)


def Param(  # Theano's name
    variable: Any, default: Any = None, name: str | None = None, mutable: bool | None = None, strict: bool = False,
    allow_downcast: bool | None = None, implicit: bool | None = None, borrow: bool | None = None,
) -> In:
    """An input with a default: the older name of `In`, which calls it `value`."""
    return In(variable, name=name, value=default, mutable=mutable, strict=strict, allow_downcast=allow_downcast, implicit=implicit, borrow=borrow)


def pfunc(params: Any, outputs: Any = None, **options: Any) -> Any:
    """`function`, whose inputs are called params."""
    return function(params, outputs, **options)


class _Modes(MutableMapping[str, Any]):
    """Modes by their names; a new one is registered, a known name stays what it is."""

    def __getitem__(self, name: str) -> Any:
        if name not in mode_names():
            raise KeyError(name)
        return get_mode(name)

    def __setitem__(self, name: str, mode: Any) -> None:
        register_mode(name, mode)

    def __delitem__(self, name: str) -> None:
        raise TypeError("a mode that has a name keeps it")

    def __iter__(self) -> Iterator[str]:
        return iter(mode_names())

    def __len__(self) -> int:
        return len(mode_names())


predefined_modes: Any = _Modes()
