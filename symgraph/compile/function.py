"""`function`: from expressions to something one can call. The stations in order are in docs/architecture.md."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from functools import cache, partial
from importlib import import_module
from typing import Any

from symgraph.compile import modes, named, stepwise
from symgraph.compile.devices import check_device
from symgraph.compile.early import early_key, written_order
from symgraph.compile.face import FunctionFace
from symgraph.compile.once import evaluated_once
from symgraph.compile.parts import has_parts, make_parts_function
from symgraph.compile.signature import Signature, make_signature
from symgraph.errors import StochasticOrder
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Variable
from symgraph.settings import config

__all__ = ["compile_signature", "evaluated", "function"]


def function(
    inputs: Any, outputs: Any = None, mode: Any = None, updates: Any = None, givens: Any = None, no_default_updates: Any = False,
    accept_inplace: bool = False, name: str | None = None, rebuild_strict: bool = True, allow_input_downcast: bool | None = None,
    profile: Any = None, on_unused_input: str | None = None,
) -> Any:
    """Compile expressions into a function of `inputs`.

    inputs: a list of variables, or of `In` for defaults, states and options; values are given by position or by name. outputs: a
    variable (the function returns its value), a list, a dictionary with strings as keys, or None. updates: pairs (shared
    variable, new value), applied together after the outputs are computed from the old values. givens: pairs (variable,
    what stands for it). no_default_updates: True, or the shared variables whose default updates are left out. mode: a name or a
    `Mode`; None: the settings'. allow_input_downcast: True: cast any argument; False: never to a less precise dtype; None:
    Python floats to floatX only. on_unused_input: 'raise', 'warn' or 'ignore'. profile: True, a message, or a
    `symgraph.compile.ProfileStats`: measure calls and kernels (`f.profile`; a table when the program ends); None: as the setting `profile` says.
    accept_inplace and rebuild_strict are accepted for Theano's sake.

    Raises TypeError for what is no variable or of the wrong type, MissingInputError, UnusedInputError, ValueError for a second
    update of one variable; the function itself raises TypeError for arguments, ValueError for shapes that do not fit,
    IndexError, and leaves every shared variable as it was when it fails.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> f = function([x, y], x + y)
    >>> f(2, 3)
    array(5.)
    """
    chosen = named.resolve(mode)
    check_device()
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a function must be a string, got {name!r}")
    signature = make_signature(inputs, outputs, updates, givens, no_default_updates, name, allow_input_downcast, on_unused_input)
    if profile or (profile is None and (config.profile or config.print_global_stats or hasattr(chosen, "stats"))):
        made: FunctionFace = import_module("symgraph.compile.profiling").profiled(signature, chosen, profile, compile_signature)
        return made
    return compile_signature(signature, chosen)


def compile_signature(signature: Signature, mode: modes.Mode, clock: bool = False) -> FunctionFace:
    """Stations 1b to 10; with `clock` always all of them, and native code that measures its kernels.

    It runs without looking for garbage: graphs and code are many objects, of which few are garbage, and each look takes longer than the one
    before."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _compile(signature, mode, clock)
    finally:
        _promote()
        if collecting:
            gc.enable()


@cache
def _promote() -> None:
    """What the first compilation in a process imported (35,000 objects) counts as old at once: else Python looks at all of it within the next
    lines of the user's, for 33 ms. Not if somebody froze objects, who would find them thawed."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()


def _compile(signature: Signature, mode: modes.Mode, clock: bool) -> FunctionFace:
    order = written_order(signature)
    if has_parts(order, (*signature.variables, *signature.shared, *signature.computed)):
        return make_parts_function(signature, mode, partial(compile_signature, clock=clock))
    if mode.linker == "py" or mode.check or not _native(signature):
        return _stepwise(signature, mode, clock)
    from symgraph.compile import native

    key = None if clock else early_key(signature, mode, order, native.version(mode.linker))
    if key is not None:
        known = native.load_known(signature, mode, key, order, compile_signature)
        if known is not None:
            return known
    native.prepare()
    from symgraph.compile.optimised import optimised_graph

    watch = native.Watch(signature.title)
    try:
        graph = optimised_graph(signature, mode, watch, visible=bool(clock))
        made = native.make_native(signature, mode, graph.outputs, graph.origin, key, order, compile_signature, watch, clock)
    except native.NotNative:
        return _stepwise(signature, mode, clock)
    if clock or hasattr(graph, "mark"):
        made._graph = graph  # what is measured are its nodes; and passes of the user's own shall not run again for who looks at it
    return made


def _native(signature: Signature) -> bool:
    return all(isinstance(x.type, TensorType) for x in (*signature.variables, *signature.shared, *signature.computed))


def _stepwise(signature: Signature, mode: modes.Mode, clock: bool) -> FunctionFace:
    from symgraph.compile import native
    from symgraph.compile.optimised import optimised_graph

    graph = optimised_graph(signature, mode, visible=bool(clock))
    computed = graph.outputs
    if mode.check:
        for _ in range(getattr(mode, "patience", 1) - 1):
            again = optimised_graph(signature, mode).outputs
            if not import_module("symgraph.graph.alike").equal_computations(computed, again):
                raise StochasticOrder(f"the passes gave two graphs for {signature.title}; a rule of a mode does not always do the same",
                                      line=signature.line)
        return stepwise.CheckedFunction(signature, mode, computed, compile_signature, native.node_callable)
    kind = stepwise.HookedFunction if hasattr(mode, "hooks") else stepwise.StepwiseFunction
    made = kind(signature, mode, computed, compile_signature)
    if clock or hasattr(graph, "mark"):
        made._graph = graph
    return made


def evaluated(x: Any, inputs_to_values: Any = None) -> Any:
    """The value of a variable, given those of the variables it depends on.

    The first time, a small expression whose value takes no rounding that could be done otherwise is computed by numpy's rules (`once.py`);
    else it is compiled, and the function is kept, so that evaluating again is a call.

    >>> import symgraph.tensor as T
    >>> a, b = T.dscalars('a', 'b')
    >>> (a * b).eval({a: 2.0, b: 3.0})
    array(6.)
    """
    given = {} if inputs_to_values is None else inputs_to_values
    if not isinstance(given, dict):
        raise TypeError(f"eval wants a dictionary variable -> value, got {given!r} of {type(given)}")
    for v in given:
        if not isinstance(v, Variable):
            raise TypeError(f"the keys of the dictionary for eval are variables, got {v!r} of {type(v)}")
    inputs: Sequence[Any] = sorted(given, key=id)
    kept = x.__dict__.setdefault("_evaluate", {})
    key = tuple(map(id, inputs))
    values = [given[v] for v in inputs]
    if key not in kept:
        check_device()
        signature = make_signature(list(inputs), x, on_unused_input="ignore")
        found = evaluated_once(signature, named.resolve(None), written_order(signature), values)
        if found is not None:
            kept[key] = None
            return found
    if kept.get(key) is None:
        kept[key] = function(list(inputs), x, on_unused_input="ignore")
    return kept[key](*values)


Variable.eval = evaluated  # type: ignore[attr-defined]  # here, because it compiles
FunctionFace.compile = staticmethod(compile_signature)
