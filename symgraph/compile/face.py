"""What every compiled function offers beside the call, whatever runs it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from itertools import combinations
from typing import Any

import numpy as np

from symgraph.compile.arguments import Arguments
from symgraph.compile.modes import Mode
from symgraph.compile.profile import Profile
from symgraph.compile.signature import Signature
from symgraph.errors import AliasedMemoryError, UnknownInputError
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Variable
from symgraph.settings import config

__all__ = ["FunctionFace"]

_CELLS = frozenset("input_storage output_storage container finder inv_finder value fn free n_returned_outputs unpack_single return_none output_keys"
                   " sync_shared nodes_with_inner_function indices".split())


def restored(signature: Signature, mode: Mode, defaults: dict[int, Any] | None = None, trust_input: bool = False) -> Any:
    """A function that comes out of a pickle; None if the settings say so."""
    if not config.unpickle_function:
        return None
    made = FunctionFace.compile(signature, mode)
    made.arguments.defaults.update(defaults or {})
    made.trust_input = trust_input
    return made


class FunctionFace:
    """A compiled function: call it with values for its inputs.

    ``f[x]`` and ``f['name']`` read, and set, the value of a state, a default or a shared variable it uses.
    """

    signature: Signature
    mode: Mode
    arguments: Arguments
    name: str | None
    trust_input = False  # Theano's: arguments are taken unchecked; here checking costs little, and is always done
    pickle_aliased_memory_strategy = "warn"  # "ignore", "raise": what pickling does where shared variables are views of one array
    stations: Sequence[tuple[str, float]] = ()  # how long compiling took; nothing for one that was known
    _graph: Any = None
    compile: Any = None  # Signature, Mode -> function; set by symgraph/compile/function.py, which builds on this file

    # States and defaults ----------------------------------------------------------------------------------------------
    def _cell(self, key: Any) -> Any:
        for variable, state in self.signature.states.items():
            if key is variable or key == state.name:
                return state
        for x in self.signature.shared:
            if key is x or (isinstance(key, str) and key == x.name):
                return x
        for position, argument in enumerate(self.arguments.inputs):
            if key is argument.variable or (isinstance(key, str) and key == argument.name):
                return position
        raise UnknownInputError(f"the function {self.signature.title} has no input, state or shared variable {key!r}")

    def __getitem__(self, key: Any) -> Any:
        cell = self._cell(key)
        return cell.get_value(borrow=True) if isinstance(cell, SharedVariable) else self.arguments.defaults.get(cell)

    def __setitem__(self, key: Any, value: Any) -> None:
        cell = self._cell(key)
        if isinstance(cell, SharedVariable):
            cell.set_value(value)
        else:
            self.arguments.set_default(cell, self.arguments.inputs[cell].variable.type.filter(value))

    def __contains__(self, key: Any) -> bool:
        try:
            self._cell(key)
        except KeyError:
            return False
        return True

    # Copies -----------------------------------------------------------------------------------------------------------
    def copy(self, share_memory: bool = False, swap: Any = None, delete_updates: bool = False, name: str | None = None, profile: Any = None) -> Any:
        """The same function, with shared variables exchanged as `swap` (old -> new, of equal types) says, or without its updates.

        share_memory is accepted for Theano's sake: intermediate memory belongs to a call.
        """
        pairs = dict(swap or {})
        for old, new in pairs.items():
            if not isinstance(old, SharedVariable) or not isinstance(new, SharedVariable):
                raise TypeError(f"swap exchanges shared variables, got {old!r} -> {new!r}")
            if old not in self.signature.shared:
                raise ValueError(f"{old} is not used by the function {self.signature.title}")
            if not old.type.accepts(new.type):
                raise TypeError(f"{old} of type {old.type} cannot be swapped with {new} of type {new.type}")
        lent = {i.variable for i in self.signature.inputs if isinstance(i.value, SharedVariable)}
        for variable, x in self.signature.states.items():
            if variable not in lent:
                pairs.setdefault(x, type(x)(x.type, x.get_value(), x.name))  # a copy goes on from the state that this has now, on its own
        return self._with_defaults(self._rebuilt(self.signature.exchanged(pairs, delete_updates, name)))

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        fresh = {x: type(x)(x.type, x.get_value(), x.name) for x in self.signature.states.values()}
        return self._with_defaults(self._rebuilt(self.signature.exchanged(fresh, False, self.name)))

    def _with_defaults(self, made: Any) -> Any:
        """A copy, which takes along what `f[x] = value` has said."""
        made.arguments.defaults.update(self.arguments.defaults)
        made.trust_input = self.trust_input
        return made

    def __reduce__(self) -> Any:
        """A function is pickled as what was asked for; it unpickles by compiling, or from the cache. AliasedMemoryError, or a warning,
        where two shared variables are views of one array: after the pickle they are not."""
        if self.pickle_aliased_memory_strategy != "ignore":
            held = [(x, x.get_value(borrow=True)) for x in self.signature.shared]
            for (x, mine), (y, other) in combinations([pair for pair in held if isinstance(pair[1], np.ndarray)], 2):
                if mine is not other and np.may_share_memory(mine, other):
                    text = f"the shared variables {x} and {y} are views of one array; in a pickle each has an array of its own"
                    if self.pickle_aliased_memory_strategy == "raise":
                        raise AliasedMemoryError(text)
                    warnings.warn(text, stacklevel=2)
        return restored, (self.signature, self.mode, self.arguments.defaults, self.trust_input)

    def _rebuilt(self, signature: Signature) -> Any:
        raise TypeError(f"{type(self).__name__} cannot be copied")

    # Looking inside ---------------------------------------------------------------------------------------------------
    @property
    def maker(self) -> Any:
        """Theano's name for the object that holds `fgraph`, `inputs`, shared variables among them, and `outputs`: a view of the function."""
        return import_module("symgraph.compile.maker").Made(self)

    @property
    def graph(self) -> Any:
        """The graph after the passes: its `toposort()`, `inputs`, `outputs`, `apply_nodes`, `variables`. It is not compiled again when changed."""
        if self._graph is None:
            from symgraph.compile.optimised import optimised_graph

            self._graph = optimised_graph(self.signature, self.mode, visible=True)
        return self._graph

    @property
    def fgraph(self) -> Any:
        """Theano's name of `graph`, usually as ``f.maker.fgraph``."""
        return self.graph

    @property
    def profile(self) -> Profile:
        """What was done to the expression, how often, and how long it took; the passes are run for it if they were not. Its `measure`
        tells which ops a call spends its time in, those within loops too."""
        return Profile(self.graph.report, self.stations, self._by_variable, self.graph.outputs)

    def _by_variable(self, *args: Any, **kwargs: Any) -> dict[Variable, Any]:
        """The arguments of a call by the variables that they are values of."""
        return dict(zip((i.variable for i in self.arguments.inputs), self.arguments.convert(args, kwargs)))

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """Theano's, of each argument: whether it has to be given, whether its default comes again after each call, the default."""
        known = self.arguments.defaults
        return [(k not in known, k in known, known.get(k)) for k in range(len(self.arguments.inputs))]

    @property
    def inputs(self) -> Sequence[Any]:
        """The inputs as In objects."""
        return self.signature.inputs

    @property
    def outputs(self) -> Sequence[Variable]:
        """The outputs as the user wrote them."""
        return self.signature.outputs

    def __getattr__(self, name: str) -> Any:
        """What Theano's functions had beside: `symgraph/compile/maker.py`."""
        if name not in _CELLS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if "_cells" not in self.__dict__:
            self.__dict__["_cells"] = import_module("symgraph.compile.maker").Cells(self)
        return getattr(self._cells, name)

    def get_shared(self) -> list[SharedVariable]:
        """The shared variables the function reads or updates."""
        return list(self.signature.shared)

    def __str__(self) -> str:
        names = ", ".join(str(i.name or i.variable) for i in self.arguments.inputs)
        return f"<symgraph function {self.signature.title}({names})>"

    __repr__ = __str__
