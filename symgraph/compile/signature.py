"""Station 1: what the user asked of `function`, checked, as flat lists."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from symgraph import source
from symgraph.errors import MissingInputError, UnusedInputError
from symgraph.expr.make import as_variable
from symgraph.expr.shared import Container, SharedVariable
from symgraph.expr.types import Composite, TensorType
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.expr.walk import ancestors, clone_nodes, derived_from
from symgraph.settings import config

__all__ = ["In", "Out", "Signature", "make_signature"]


class In:
    """An input with options.

    value: used when the caller gives none. update: an expression; the input is then a state of the function, which starts as
    `value` and takes this new value after each call. A value that is a container of another function (`f.container[x]`) is shared with that,
    and is no argument unless implicit=False. name: the keyword; strict and allow_downcast as for TensorType.filter.
    borrow and mutable are accepted for Theano's sake (arguments are never written to).
    """

    def __init__(
        self, variable: Variable, name: str | None = None, value: Any = None, update: Any = None, mutable: bool | None = None,
        strict: bool = False, allow_downcast: bool | None = None, autoname: bool = True, implicit: bool | None = None,
        borrow: bool | None = None, shared: bool = False,
    ) -> None:
        if not isinstance(variable, Variable):
            raise TypeError(f"In wants a variable, got {variable!r} of {type(variable)}")
        self.variable = variable
        self.name = name if name is not None else (variable.name if autoname else None)
        self.value = value
        self.update = update
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.implicit = implicit
        if update is not None and not variable.type.accepts(as_variable(update).type):
            raise TypeError(f"the update of {variable} is of type {as_variable(update).type}, the input of type {variable.type}")
        if isinstance(value, Container):  # of another function: both see what either does to it
            self.implicit = implicit is not False
            self.value = value = (variable.type.shared_class or SharedVariable)(variable.type, None, name, container=value)
        if value is not None and not isinstance(value, SharedVariable):
            try:
                self.value = variable.type.filter(value, strict=strict, allow_downcast=True if allow_downcast is None else allow_downcast)
            except (TypeError, ValueError) as error:
                raise _kind(error)(f"the default value of the input {variable} cannot be of its type {variable.type}: {error}") from None

    def __repr__(self) -> str:
        return f"In({self.variable}{'' if self.value is None else f', value={self.value!r}'})"


class Out:
    """An output with options; borrow is accepted for Theano's sake (results are always the caller's own)."""

    def __init__(self, variable: Any, borrow: bool = False) -> None:
        self.variable = variable
        self.borrow = borrow


class Signature:
    """inputs: the arguments, in order. states: inputs with an update, kept in shared variables. outputs: flat; `form` is
    'none', 'single', 'list' or 'dict' (with `keys`). updates: pairs (shared variable, new value). shared: every shared
    variable that outputs and updates read or write, in order of appearance. name, line: for messages.
    """

    def __init__(self) -> None:
        self.inputs: list[In] = []
        self.states: dict[Variable, SharedVariable] = {}
        self.outputs: list[Any] = []
        self.form = "list"
        self.keys: list[Any] = []
        self.updates: list[tuple[SharedVariable, Any]] = []
        self.shared: list[SharedVariable] = []
        self.name: str | None = None
        self.line: Any = None

    @property
    def variables(self) -> list[Variable]:
        return [argument.variable for argument in self.inputs]

    @property
    def computed(self) -> list[Any]:
        """Everything a call computes: outputs, then new values."""
        return self.outputs + [new for _, new in self.updates]

    def exchanged(self, pairs: Mapping[Any, Any], delete_updates: bool = False, name: str | None = None) -> Signature:
        """The same request with shared variables exchanged for others of their type, or without its updates."""
        twin = Signature()
        twin.__dict__.update(self.__dict__)
        twin.name = name or self.name
        twin.states = {x: pairs.get(state, state) for x, state in self.states.items()}
        computed = clone_nodes(self.computed, dict(pairs))
        count = len(self.outputs)
        twin.outputs = computed[:count]
        twin.updates = [] if delete_updates else [(pairs.get(x, x), new) for (x, _), new in zip(self.updates, computed[count:])]
        used = set(ancestors(twin.computed)).union(x for x, _ in twin.updates)
        twin.shared = [y for y in (pairs.get(x, x) for x in self.shared) if y in used]
        return twin

    @property
    def title(self) -> str:
        if self.name:
            return self.name
        return f"{self.line.filename}:{self.line.line}" if self.line else "symgraph.function"


def make_signature(
    inputs: Any, outputs: Any, updates: Any = None, givens: Any = None, no_default_updates: Any = False, name: str | None = None,
    allow_input_downcast: bool | None = None, on_unused_input: str | None = None,
) -> Signature:
    """Check what `function` got; the parameters are its own. Errors name the argument and where its variable was made."""
    signature = Signature()
    signature.name = name
    signature.line = source.here()
    signature.inputs = _inputs(inputs, allow_input_downcast)
    signature.form, signature.keys, signature.outputs = _outputs(outputs)
    explicit = _updates(updates)
    states = OrderedDict((i, _state(i)) for i in signature.inputs if i.update is not None or i.implicit and isinstance(i.value, SharedVariable))
    moving = [i for i in states if i.update is not None]
    signature.states = {i.variable: state for i, state in states.items()}
    replacements = _givens(givens, signature)
    replacements.update(signature.states)
    new_values = list(explicit.values()) + [as_variable(i.update) for i in moving]
    computed = asked = signature.outputs + new_values
    computed = clone_nodes(computed, replacements) if replacements else computed
    count = len(signature.outputs)
    signature.outputs = computed[:count]
    signature.updates = list(zip([*explicit, *[states[i] for i in moving]], computed[count:]))
    _default_updates(signature, replacements, no_default_updates)
    _check_inputs(signature, asked, on_unused_input)
    return signature


def _inputs(inputs: Any, allow_input_downcast: bool | None) -> list[In]:
    if not isinstance(inputs, (list, tuple)):
        raise Exception(f"Input variables of a function should be in a list or tuple (even when there is a single input), got {inputs!r}")
    result = []
    for position, x in enumerate(inputs):
        if isinstance(x, (list, tuple)) and len(x) == 2 and isinstance(x[0], Variable):
            x = In(x[0], value=x[1])
        if isinstance(x, SharedVariable) or isinstance(x, In) and isinstance(x.variable, SharedVariable):
            raise TypeError(f"Cannot use a shared variable ({x}) as explicit input. Consider substituting a non-shared variable via the "
                            "`givens` parameter")
        if isinstance(x, Constant):
            raise TypeError(f"input {position} of the function is the constant {x}")
        if not isinstance(x, (Variable, In)):
            raise TypeError(f"Unknown parameter type at input {position}: {x!r} of {type(x)}; inputs are variables or In(...)")
        if isinstance(x, Variable):
            x = In(x, allow_downcast=allow_input_downcast)
        elif x.allow_downcast is None:
            x.allow_downcast = allow_input_downcast
        if x.update is not None and x.value is None:
            raise ValueError(f"In({x.variable}, update=...) is a state and needs the value it starts from")
        result.append(x)
    seen: dict[Variable, int] = {}
    for position, argument in enumerate(result):
        if argument.variable in seen:
            raise UnusedInputError(f"the variable {argument.variable} is given twice in the list of inputs, at positions {seen[argument.variable]} "
                                   f"and {position}", line=argument.variable.line)
        seen[argument.variable] = position
    return result


def _outputs(outputs: Any) -> tuple[str, list[Any], list[Any]]:
    if outputs is None:
        return "none", [], []
    if isinstance(outputs, dict):
        keys = list(outputs)
        if not all(isinstance(key, str) for key in keys):
            raise AssertionError("the keys of a dictionary of outputs must be strings")
        keys.sort()
        return "dict", keys, [_output(outputs[key], key) for key in keys]
    if isinstance(outputs, (list, tuple)):
        return "list", [], [_output(x, k) for k, x in enumerate(outputs)]
    return "single", [], [_output(outputs, 0)]


def _output(x: Any, position: Any) -> Any:
    x = x.variable if isinstance(x, Out) else x
    if isinstance(x, (str, bytes)) or x is None:
        raise TypeError(f"output {position!r} of the function must be a variable, got {x!r}")
    if isinstance(x, Variable):
        return x
    try:
        made = as_variable(x)
    except (TypeError, ValueError) as error:
        raise TypeError(f"output {position!r} of the function must be a variable, got {x!r} of {type(x)}") from error
    if not isinstance(made.type, (TensorType, Composite)):
        raise TypeError(f"output {position!r} of the function must be a variable, got {x!r} of {type(x)}")
    return made


def _kind(error: Exception) -> type[Exception]:
    """TypeError or ValueError, whichever it is."""
    return TypeError if isinstance(error, TypeError) else ValueError


def _pairs(value: Any, what: str) -> list[tuple[Any, Any]]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        return list(value.items())
    try:
        pairs = [tuple(pair) for pair in value]
    except TypeError:
        kind = ValueError if isinstance(value, (list, tuple)) else TypeError
        raise kind(f"{what} must be a dictionary or a list of pairs, got {value!r} of {type(value)}") from None
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{what} must be pairs, got one of {[len(pair) for pair in pairs if len(pair) != 2][0]} elements")
    return pairs  # type: ignore[return-value]


def _updates(updates: Any) -> dict[SharedVariable, Any]:
    result: dict[SharedVariable, Any] = {}
    for target, new in _pairs(updates, "updates"):
        if not isinstance(target, SharedVariable):
            raise TypeError(f"update target must be a SharedVariable, got {target!r} of {type(target)}")
        if target in result:
            raise ValueError(f"this shared variable already has an update expression: {target}, {result[target]}")
        result[target] = fit_update(target, new)
    return result


def fit_update(target: SharedVariable, new: Any) -> Any:
    """The new value as a variable of the target's type; numbers and arrays are converted, variables must agree."""
    if not isinstance(new, Variable):
        if isinstance(target.type, (TensorType, Composite)):
            try:
                new = as_variable(target.type.filter(new))
            except (TypeError, ValueError) as error:
                raise _kind(error)(f"the update of {target} cannot be of its type {target.type}: {error}") from None
        else:
            new = as_variable(new)
    if isinstance(target.type, Composite) and new.type != target.type:
        raise TypeError("An update must have the same type as the original shared variable "
                        f"(shared_var={target}, shared_var.type={target.type}, update_val={new}, update_val.type={new.type})")
    if not isinstance(target.type, TensorType):
        return new
    if not isinstance(new, TensorVariable) or new.dtype != target.type.dtype or new.ndim != target.type.ndim:
        raise TypeError("An update must have the same type as the original shared variable "
                        f"(shared_var={target}, shared_var.type={target.type}, update_val={new}, update_val.type={new.type}). If the difference is "
                        "related to the broadcast pattern, you can call symgraph.tensor.unbroadcast(var, axis_to_unbroadcast[, ...]); else "
                        f"cast it: new.astype('{target.type.dtype}')")
    for axis, (mine, theirs) in enumerate(zip(target.type.shape, new.type.shape)):
        if mine is not None and theirs is not None and mine != theirs:
            raise TypeError(f"An update must have the same type as the original shared variable: dimension {axis} of {target} is {mine}, of its "
                            f"update {theirs}")
    return new


def _state(argument: In) -> SharedVariable:
    value = argument.value
    if isinstance(value, SharedVariable):
        return value
    kind = argument.variable.type.shared_class or SharedVariable
    return kind(argument.variable.type, value, argument.name)


def _givens(givens: Any, signature: Signature) -> dict[Variable, Variable]:
    result: dict[Variable, Variable] = {}
    for old, new in _pairs(givens, "givens"):
        if not isinstance(old, Variable):
            raise TypeError(f"givens must contain variables on their left, got {old!r} of {type(old)}")
        if old in result:
            raise ValueError(f"{old} stands twice in givens")
        if not isinstance(new, Variable):
            try:
                new = as_variable(old.type.filter(new))
            except (TypeError, ValueError) as error:
                raise _kind(error)(f"what is given for {old} cannot be of its type {old.type}: {error}") from None
        if isinstance(old.type, TensorType) and (
                not isinstance(new, TensorVariable) or old.type.dtype != new.type.dtype or old.type.ndim != new.type.ndim
                or any(a is not None and a != b for a, b in zip(old.type.shape, new.type.shape))):
            raise TypeError(f"Cannot convert Type {new.type} (of Variable {new}) into Type {old.type}: a given must have the type of what it "
                            f"replaces. You can try to manually convert {new} into a {old.type}.")
        if isinstance(old.type, Composite) and new.type != old.type:
            raise TypeError(f"Cannot convert Type {new.type} (of Variable {new}) into Type {old.type}: a given must have the type of what it "
                            "replaces.")
        result[old] = new
    chained = [x for old, new in result.items() for x in ancestors([new]) if x is not old and x in result and result[x] is not x]
    if chained:
        raise AssertionError(f"givens are chained: {chained[0]} is replaced, and is used in another given")
    for old in result:
        if any(old is i.variable for i in signature.inputs):
            raise RuntimeError(f"You are trying to replace variable {old} through the `givens` parameter, but this variable is an input to your "
                               "function: the argument would have no effect. Leave it out of the inputs")
    return result


def _default_updates(signature: Signature, replacements: dict[Variable, Variable], no_default_updates: Any) -> None:
    """Find the shared variables, and add their default updates, which may bring in further ones."""
    if not (isinstance(no_default_updates, (bool, list, tuple))):
        raise TypeError("no_default_updates should be True, False or a list of shared variables")
    refused = set(no_default_updates) if isinstance(no_default_updates, (list, tuple)) else set()
    updated = {target for target, _ in signature.updates}
    found: dict[SharedVariable, None] = {}
    stops: dict[Variable, None] = dict.fromkeys(i.variable for i in signature.inputs)  # what these are made of does not count
    waiting = [*signature.computed, *updated]
    while waiting:
        fresh: list[Any] = []
        for x in ancestors(waiting, stops):
            if isinstance(x, SharedVariable) and x not in found:
                found[x] = stops[x] = None
                if x.default_update is not None and no_default_updates is not True and x not in updated and x not in refused:
                    updated.add(x)
                    new = clone_nodes([fit_update(x, x.default_update)], replacements)[0]
                    signature.updates.append((x, new))
                    fresh.append(new)
        waiting = fresh
    signature.shared = list(found)


def _check_inputs(signature: Signature, asked: list[Any], on_unused_input: str | None) -> None:
    """Nothing is missing, and nothing unused. `asked`: outputs and new values before anything was replaced."""
    action = config.on_unused_input if on_unused_input is None else on_unused_input
    if action not in ("raise", "warn", "ignore"):
        raise ValueError(f"on_unused_input must be raise, warn or ignore, got {action!r}")
    given = {argument.variable for argument in signature.inputs}
    used = set()
    for x in ancestors(signature.computed, given):
        used.add(x)
        if x.owner is None and x not in given and not isinstance(x, (Constant, SharedVariable)):
            raise MissingInputError(f"Input {x} of type {x.type} of the graph, used to compute the outputs, was not provided and not given a value: "
                                    "add it to the inputs of the function or to givens", line=x.line)
    unused = [x for x in given if x not in used and x not in signature.states]
    if action == "ignore" or not unused:
        return
    used = derived_from(asked, given)  # what only the expression reads whose derivative is wanted: Theano's derivatives read it too
    for position, argument in enumerate(signature.inputs):
        if argument.variable in unused and argument.variable not in used:
            text = (f"function was asked to create a function computing outputs given certain inputs, but the provided input variable at index "
                    f"{position} is not part of the computational graph needed to compute the outputs: {argument.variable}. To make this error "
                    "into a warning, you can pass the parameter on_unused_input='warn' to function. "
                    "To disable it completely, use on_unused_input='ignore'.")
            if action == "raise":
                raise UnusedInputError(text, line=argument.variable.line)
            warnings.warn(text, stacklevel=4)
