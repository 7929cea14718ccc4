"""The contract of an op, on one page.

An Op says what can be done to variables; an Apply is one use of it. An op's parameters are the attributes named in
`__props__`: ops of one class with equal parameters are equal. One class holds, side by side:

* `output_types(*inputs)`: the types of the outputs, from those of the inputs; raises TypeError or ValueError on bad input;
* `sizes(s, *inputs)`: the shape rule, written once, for static, run-time and symbolic sizes (see codegen/rules.py, `Sizes`);
* `compute(*arrays)`: the numpy rule, judge of all targets;
* `grad(inputs, output_grads)` or `L_op(inputs, outputs, output_grads)`: reverse mode, in Variable's methods;
* `batch(inputs, stacked)`: the op on stacks of its arguments;
* its lowering: `element` (pointwise), `start/join/combine/finish` with `axes` (reduction), `loops`, or none: a Python call.

A user's op may be written as for Theano: `make_node`, `perform(node, inputs, output_storage)`, `grad`, `infer_shape`.

>>> class Double(Op):
...     def make_node(self, x):
...         return Apply(self, [x], [x.type()])
...     def perform(self, node, inputs, output_storage):
...         output_storage[0][0] = inputs[0] * 2
...     def grad(self, inputs, output_grads):
...         return [output_grads[0] * 2]
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any
from weakref import WeakSet

import numpy as np

from symgraph import source
from symgraph.errors import GradientNotDefined, MethodNotDefined
from symgraph.expr import foreign
from symgraph.expr.ccode import OpInC
from symgraph.expr.dims import STATIC, Known, static_shape
from symgraph.expr.make import as_variable
from symgraph.expr.types import TensorType, tensor_type
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.settings import config

__all__ = ["Apply", "Op"]


class Apply:
    """One op applied to inputs, giving outputs. line: where the user wrote it."""

    __slots__ = ("__weakref__", "_tag", "inputs", "line", "op", "outputs")

    def __init__(self, op: Op, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.op: Any = op  # rules know more of it than that it is an Op
        self.inputs: list[Any] = list(inputs)
        self.outputs: list[Any] = list(outputs)
        self.line: Any = None
        self._tag: Any = None
        for index, output in enumerate(self.outputs):
            if output.owner is None:
                output.owner = self
                output.index = index
            elif output.owner is not self or output.index != index:
                raise ValueError(f"output {index} of {op} already belongs to another node")

    @property
    def nin(self) -> int:
        return len(self.inputs)

    @property
    def nout(self) -> int:
        return len(self.outputs)

    @property
    def tag(self) -> Any:
        if self._tag is None:
            self._tag = type("Tag", (), {})()
        return self._tag

    def default_output(self) -> Variable:
        """The output that stands for the whole node."""
        default = self.op.default_output
        if default is None:
            if len(self.outputs) != 1:
                raise ValueError(f"{self.op} has {len(self.outputs)} outputs and no default one")
            default = 0
        return self.outputs[default]

    @property
    def out(self) -> Variable:
        return self.default_output()

    @property
    def fgraph(self) -> Any:
        """The graph that holds it; see `Variable.fgraph`."""
        return self.outputs[0].fgraph

    def get_parents(self) -> list[Any]:
        """The inputs, in a list of their own."""
        return list(self.inputs)

    def run_params(self) -> Any:
        """The parameters that the op's `perform` gets as a further argument; None if it gets none."""
        found = foreign.params_of(self.op, self)
        return found[0] if found else None

    @property
    def params_type(self) -> Any:
        """The type of the op's parameters, or None."""
        return self.op.params_type

    def clone(self) -> Apply:
        """The same op on the same inputs, with outputs of its own."""
        return self.clone_with(self.inputs)

    def clone_with(self, inputs: Sequence[Variable]) -> Apply:
        """The same op on other inputs; the outputs keep their types, names and line."""
        outputs = [output.clone() for output in self.outputs]
        for output in outputs:
            if output._tag is not None:  # test values are of the old inputs: kept for where the new ones have none
                held = output._tag.__dict__
                held.pop("missing", None)
                if "test_value" in held:
                    held["earlier"] = held.pop("test_value")
        node = Apply(self.op, inputs, outputs)
        node.line = self.line
        return node

    def clone_with_new_inputs(self, inputs: Sequence[Any], strict: bool = True) -> Apply:
        """The op on other inputs. Where one is of another type, the op makes its node anew; strict: TypeError for one that cannot stand
        for the old."""
        fresh = [new if new.type == old.type or not strict else old.type.filter_variable(new) for old, new in zip(self.inputs, inputs)]
        if all(new.type == old.type for old, new in zip(self.inputs, fresh)):
            return self.clone_with(fresh)
        node = self.op.make_node(*fresh)
        node.line = self.line
        return node

    def __reduce__(self) -> Any:
        """Pickled after everything it depends on, one node after another, so that a long chain needs no deep recursion."""
        if self in _announced:
            _announced.discard(self)
            before: list[Apply] = []
        else:
            before = _before(self)
            _announced.update(before)
        outputs = [(x.type, x.name, x.line, x.__getstate__()["_tag"]) for x in self.outputs]
        return _restored, (before, self.op, self.inputs, outputs, self.line)

    def __setstate__(self, state: Any) -> None:
        """Pickles of Theano's come here; ours have no state."""
        raise TypeError("this is a pickle of an expression that Theano wrote: shared variables, constants and inputs can be loaded from those, "
                        "expressions have to be written again")

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.inputs))})"

    __repr__ = __str__


_announced: WeakSet[Apply] = WeakSet()  # nodes that stand in a list which is being pickled, and are not pickled yet


def _before(node: Apply) -> list[Apply]:
    """The nodes that a node depends on, each after those that it needs itself."""
    order: list[Apply] = []
    seen = {node}
    stack: list[tuple[Apply, int]] = [(node, 0)]
    while stack:
        top, position = stack.pop()
        if position == len(top.inputs):
            order.append(top)
            continue
        stack.append((top, position + 1))
        owner = top.inputs[position].owner
        if owner is not None and owner not in seen:
            seen.add(owner)
            stack.append((owner, 0))
    return order[:-1]


def _restored(before: list[Apply], op: Op, inputs: list[Any], outputs: list[Any], line: Any) -> Apply:
    made = []
    for type, name, where, tag in outputs:
        x = type.make_variable(name)
        x.line, x._tag = where, tag
        made.append(x)
    node = Apply(op, inputs, made)
    node.line = line
    return node


class Op(OpInC):
    """Base of all ops; see the top of this file."""

    __props__: tuple[str, ...] = ()
    default_output: int | None = None
    view_map: dict[int, list[int]] = {}
    destroy_map: dict[int, list[int]] = {}
    itypes: Any = None  # with otypes: types of the inputs and outputs, of which the default make_node makes its node
    otypes: Any = None
    params_type: Any = None  # of what perform gets as a fourth argument; see `get_params`
    says_params = False  # whether a class says `get_params` itself
    is_foreign = False  # written by a user: its code gets guarded values, and what it gives is looked at
    holomorphic = False  # its gradient is written as for real numbers, and serves for complex ones: these are conjugated around it

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.is_foreign = cls.is_foreign or not cls.__module__.startswith("symgraph.")
        cls.says_params = cls.get_params is not Op.get_params

    # Use --------------------------------------------------------------------------------------------------------------
    def __call__(self, *inputs: Any, return_list: bool = False, **parameters: Any) -> Any:
        """Apply to inputs: the output, or the list of outputs if there are several."""
        node = self.make_node(*inputs, **parameters)
        if self.is_foreign:
            _check_node(self, node)
        if node.line is None:
            node.line = source.here()
        for watch in Op.watchers:
            watch(node)
        if self.default_output is not None and (self.is_foreign or not return_list):
            return [node.outputs[self.default_output]] if return_list else node.outputs[self.default_output]
        return node.outputs[0] if len(node.outputs) == 1 and not return_list else list(node.outputs)

    watchers: tuple[Any, ...] = ()  # called with each new node; one of them computes test values (symgraph/expr/testvalues.py)

    def make_node(self, *inputs: Any) -> Apply:
        """Check the inputs and make the node. Most ops leave this as it is and say `output_types`, or `itypes` and `otypes`."""
        variables = [x if isinstance(x, Variable) else as_variable(x) for x in inputs]
        if self.itypes is not None and self.otypes is not None:
            if len(variables) != len(self.itypes):
                raise ValueError(f"We expected {len(self.itypes)} inputs but got {len(variables)} for {self}")
            for position, (x, t) in enumerate(zip(variables, self.itypes)):
                if not t.accepts(x.type):
                    raise TypeError(f"We expected inputs of types {self.itypes} for {self} but got {x} of type {x.type} as input {position}")
            return Apply(self, variables, [t() for t in self.otypes])
        return Apply(self, variables, [t.variable_class(t) for t in self.output_types(*variables)])

    # Types and sizes --------------------------------------------------------------------------------------------------
    def output_types(self, *inputs: Any) -> Sequence[Any]:
        """The type of each output. The default: dtypes from `output_dtypes`, static sizes from `sizes`."""
        shapes = self.static_sizes(*inputs)
        return [tensor_type(dtype, shape) for dtype, shape in zip(self.output_dtypes(*inputs), shapes)]

    def output_dtypes(self, *inputs: Any) -> Sequence[str]:
        """The dtype of each output."""
        raise MethodNotDefined(f"{type(self).__name__} must define make_node, output_types or output_dtypes")

    def sizes(self, s: Any, *inputs: Any) -> Any:
        """The shape of each output, in the algebra `s`."""
        raise MethodNotDefined(f"{type(self).__name__} does not define sizes")

    def static_sizes(self, *inputs: Any) -> list[tuple[int | None, ...]]:
        """The shape rule on what is known of the sizes now."""
        return [static_shape(shape) for shape in self.sizes(STATIC, *map(known, inputs))]

    has_sizes = property(lambda self: type(self).sizes is not Op.sizes)

    # Values -----------------------------------------------------------------------------------------------------------
    def compute(self, *arrays: Any) -> Any:
        """The numpy rule: arrays in, the array (or tuple of arrays) out."""
        raise MethodNotDefined(f"{type(self).__name__} must define compute or perform")

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        """Theano's form of `compute`: results go to ``output_storage[k][0]``."""
        results = self.compute(*inputs)
        for place, value in zip(output_storage, results if isinstance(results, (tuple, list)) else (results,)):
            place[0] = value

    def get_params(self, node: Apply) -> Any:
        """What `perform` gets as a fourth argument. By default that is nothing, or, where `params_type` is a ParamsType, the attributes of
        the op that it names."""
        make = getattr(self.params_type, "params_of", None)
        if make is None:
            raise MethodNotDefined(f"{type(self).__name__} has no parameters, or must define get_params")
        return make(self)

    def make_thunk(self, node: Apply, storage_map: Any, compute_map: Any, no_recycling: Any = (), impl: Any = None) -> Any:
        """A function without arguments that computes a node from the cells of its inputs into those of its outputs. An op may define this
        in place of `perform`. storage_map: variable -> list of its value; compute_map: variable -> list of whether it is computed."""
        self.prepare_node(node, storage_map=storage_map, compute_map=compute_map, impl="py")
        inputs, outputs = [storage_map[x] for x in node.inputs], [storage_map[x] for x in node.outputs]

        def thunk() -> None:
            perform: Any = self.perform
            perform(node, [cell[0] for cell in inputs], outputs, *foreign.params_of(self, node))
            for x in node.outputs:
                compute_map[x][0] = True

        thunk.inputs, thunk.outputs, thunk.lazy = inputs, outputs, False  # type: ignore[attr-defined]
        return thunk

    make_py_thunk = make_thunk

    def prepare_node(self, node: Apply, storage_map: Any, compute_map: Any, impl: Any) -> None:
        """What an op does to a node before it is run for the first time; impl: "py". Nothing, unless a class says otherwise."""

    add_tag_trace = staticmethod(source.add_tag_trace)

    def do_constant_folding(self, node: Apply) -> bool:
        """Whether a node with constant inputs may be computed as a function is compiled."""
        return True

    def ready(self) -> None:
        """Called before it is compiled or run: MethodNotDefined for a user's op without code that can be run."""
        if self.is_foreign:
            cls = type(self)
            foreign.ready(self, any(getattr(cls, name) is not getattr(Op, name) for name in ("perform", "compute", "make_thunk", "run")))

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        """The values of a node's outputs by the numpy rule, as arrays of exactly the outputs' dtypes."""
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        cls = type(self)
        if self.is_foreign:
            given = foreign.arguments_of(self, arrays)
            with np.errstate(**NUMPY_ERRORS):
                if cls.make_thunk is not Op.make_thunk or cls.prepare_node is not Op.prepare_node:
                    foreign.thunk_of(self, node)(given, storage)
                else:
                    perform: Any = self.perform  # with a fourth argument, where the op says parameters
                    perform(node, given, storage, *foreign.params_of(self, node))
            return [foreign.checked(self, k, output, place[0]) for k, (place, output) in enumerate(zip(storage, node.outputs))]
        given = list(arrays) if cls.perform is Op.perform else foreign.arguments_of(self, arrays)
        with np.errstate(**NUMPY_ERRORS):
            self.perform(node, given, storage)
        return [np.asarray(place[0]) if isinstance(output, TensorVariable) and type(place[0]) is not np.ndarray else place[0]
                for place, output in zip(storage, node.outputs)]

    # Derivatives ------------------------------------------------------------------------------------------------------
    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        """For each input the derivative of a scalar, given its derivative by each output; None: the input has no influence."""
        raise GradientNotDefined(f"{self} has no gradient: {type(self).__name__} must define grad or L_op")

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        """As `grad`, with the outputs at hand."""
        return self.grad(inputs, output_grads)

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Forward mode, for ops where it is cheap: the tangent of each output (a tangent may be None: zero)."""
        raise MethodNotDefined(f"{type(self).__name__} does not define R_op")

    # Stacks -----------------------------------------------------------------------------------------------------------
    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> Sequence[Any] | None:
        """The outputs for a stack of examples: inputs marked in `stacked` have one dimension more in front, of equal size for all
        of them, the others are shared by all examples. An output gets that dimension in front, or is given without it if all
        examples share it. None: there is no rule, and a loop over the examples does it. At least one input is stacked."""
        return None

    # Values of several arrays ------------------------------------------------------------------------------------------
    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any] | None:
        """A node with inputs or outputs of a Composite type, on the arrays they are made of: `inputs` has a list of tensor variables
        for each such input, the variable itself for others; the outputs likewise. None: there is no rule, `compute` is called back.
        """
        return None

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """[input][output]: whether a small change of the input's value changes the output's."""
        return [[True] * len(node.outputs) for _ in node.inputs]

    # Identity ---------------------------------------------------------------------------------------------------------
    def props(self) -> tuple[Any, ...]:
        """The values of the parameters."""
        return tuple(getattr(self, name) for name in self.__props__)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or "__props__" not in _declared(type(self)):
            return False
        return self.props() == other.props()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self.props())) if "__props__" in _declared(type(self)) else object.__hash__(self)

    def __str__(self) -> str:
        if not self.__props__:
            return type(self).__name__
        write = repr if self.is_foreign else str  # Theano's way for ops written for it
        return f"{type(self).__name__}{{{', '.join(f'{name}={write(getattr(self, name))}' for name in self.__props__)}}}"

    __repr__ = __str__


def _check_node(op: Op, node: Any) -> None:
    """What a user's make_node gave; TypeError if it is no Apply of variables."""
    if not isinstance(node, Apply):
        raise TypeError(f"make_node of {op} must return an Apply, got {node!r} of {type(node)}")
    for what, variables in (("inputs", node.inputs), ("outputs", node.outputs)):
        for x in variables:
            if not isinstance(x, Variable):
                raise TypeError(f"the {what} of an Apply must be variables, make_node of {op} gave {x!r} of {type(x)}")


_declares: dict[type, frozenset[str]] = {}


def _declared(cls: type) -> frozenset[str]:
    """The names a class says itself below Op: an op without `__props__` is equal to itself only."""
    found = _declares.get(cls)
    if found is None:
        found = _declares[cls] = frozenset(name for base in cls.__mro__[: cls.__mro__.index(Op)] for name in vars(base))
    return found


def known(x: Any) -> Known:
    """What a shape rule may know of a variable as the expression is built."""
    if not isinstance(x.type, TensorType):
        return Known("object", ())
    values = x.data if isinstance(x, Constant) and x.data.dtype.kind in "biu" and x.data.size <= 64 else None
    return Known(x.type.dtype, x.type.shape, values)


# What numpy does about division by zero and so on while a numpy rule runs: the settings numpy.seterr_*.
NUMPY_ERRORS: dict[str, Any] = {}


def _numpy_errors(value: Any) -> None:
    said = {"all": config.numpy.seterr_all, "divide": config.numpy.seterr_divide, "over": config.numpy.seterr_over,
            "under": config.numpy.seterr_under, "invalid": config.numpy.seterr_invalid}
    NUMPY_ERRORS.clear()
    NUMPY_ERRORS.update({kind: action for kind, action in said.items() if action != "None"})


_numpy_errors(None)
for kind in ("all", "divide", "over", "under", "invalid"):
    config.on_change(f"numpy.seterr_{kind}", _numpy_errors)

TEST_VALUES = "symgraph.expr.testvalues"


def _compute_test_values(action: str) -> None:
    """What the setting compute_test_value asks for: the watcher that computes them is there, or it is not."""
    others = tuple(watch for watch in Op.watchers if getattr(watch, "__module__", "") != TEST_VALUES)
    Op.watchers = others if action == "off" else (import_module(TEST_VALUES).computed, *others)


config.on_change("compute_test_value", _compute_test_values)
