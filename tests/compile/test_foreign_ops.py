"""Ops, types and lists of the user's own in Theano's manner: what is refused and how it is told. What works is compared with Theano itself
(tests/parity/old_ops.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import Apply, Op, Type, function, typed_list
from symgraph.errors import MethodNotDefined
from symgraph.expr.parameters import EnumList, Params, ParamsType
from symgraph.graph import COp, OpenMPOp, SingletonType

x = T.dvector("x")


def of(perform: Any, **more: Any) -> Op:
    """An op from vectors to vectors with this perform."""
    members = {"itypes": [T.dvector], "otypes": [T.dvector], "__props__": (), "perform": perform, "__module__": "a_program"}
    return type("Mine", (Op,), members | more)()


def put(value: Any) -> Any:
    """A perform that leaves this value, or what it makes of the input."""

    def perform(self: Any, node: Any, inputs: Any, output_storage: Any) -> None:
        output_storage[0][0] = value(inputs[0]) if callable(value) else value

    return perform


WRONG_RESULTS: dict[str, tuple[Any, str]] = {
    "another dtype": (lambda v: v.astype("complex64"), r"output 0 of Mine .*TensorType\(float64, vector\).*complex64 and shape \(2,\)"),
    "more digits": (lambda v: v.astype("longdouble"), "float128"),
    "more dimensions": (lambda v: v[None], r"shape \(1, 2\)"),
    "integers": (lambda v: v.astype("int64"), "int64"),
    "nothing": (None, r"nothing was put into output_storage\[0\]\[0\]"),
    "text": ("abc", "'abc' of str"),
    "a number for a vector": (3.0, "3.0 of float"),
}


@pytest.mark.parametrize("case", WRONG_RESULTS)
@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_what_perform_leaves_is_looked_at(case: str, linker: str) -> None:
    value, message = WRONG_RESULTS[case]
    w = symgraph.shared(np.zeros(2))
    f = function([x], of(put(value))(x) + 1, updates=[(w, w + x)], mode=symgraph.Mode(linker))
    with pytest.raises(TypeError, match=message) as caught:
        f([1.0, 2.0])
    assert "test_foreign_ops.py" in str(caught.value) and w.get_value().tolist() == [0, 0]


def test_numbers_and_lists_that_are_the_same_are_taken() -> None:
    assert function([x], of(put([5.0, 6.0]))(x))([1.0]).tolist() == [5, 6]
    scalar = of(put(lambda v: float(v.sum())), otypes=[T.dscalar])
    assert function([x], scalar(x) * 2)([1.0, 2.0]) == 6


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_an_error_of_perform_keeps_its_class_and_names_the_line(linker: str) -> None:
    def perform(self: Any, node: Any, inputs: Any, output_storage: Any) -> None:
        raise ValueError("the moon is full")

    y = of(perform)(x)  # the line that is named
    with pytest.raises(ValueError, match="the moon is full") as caught:
        function([x], y + 1, mode=symgraph.Mode(linker))([1.0])
    assert "in Mine of x: float64(1)" in str(caught.value) and "the line that is named" in str(caught.value)


class InC(Op):
    """C code alone."""

    __props__ = ()
    itypes, otypes = [T.dvector], [T.dvector]

    def c_code(self, node: Any, name: Any, inputs: Any, outputs: Any, sub: Any) -> str:
        return "not compiled"


class InBoth(InC):
    """C code and Python."""

    perform = put(lambda v: v * 2)


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_c_code_is_not_compiled(linker: str) -> None:
    with pytest.raises(MethodNotDefined, match=r"InC cannot be run: C code .*write perform\(self, node, inputs, output_storage\)"):
        function([x], InC()(x), mode=symgraph.Mode(linker))


def test_c_code_in_files() -> None:
    with pytest.raises(MethodNotDefined, match="Files cannot be run: C code"):
        function([x], type("Files", (COp,), {"itypes": [T.dvector], "otypes": [T.dvector]})("a.c", "APPLY")(x))
    threads = type("Threads", (OpenMPOp,), {"itypes": [T.dvector], "otypes": [T.dvector], "perform": put(lambda v: v + 1)})(openmp=True)
    assert function([x], threads(x))([1.0]) == 2


def test_c_code_beside_perform_is_noted_once() -> None:
    with pytest.warns(UserWarning, match="the C code of InBoth is not compiled") as caught:
        f = function([x], InBoth()(x))
        g = function([x], InBoth()(x) + 1)
    assert f([1.0]) == 2 and g([1.0]) == 3 and len(caught) == 1 and caught[0].filename == __file__


class Unfinished(Op):
    """make_node gives no Apply."""

    def make_node(self, a: Any) -> Any:
        return [a]


class Untyped(Op):
    """make_node hands on what is no variable."""

    def make_node(self, a: Any) -> Apply:
        return Apply(self, [a], [x.type()])


L = typed_list.TypedListType(T.dvector)("L")

REFUSED: dict[str, tuple[type[Exception], Callable[[], Any], str]] = {
    "no Apply": (TypeError, lambda: Unfinished()(x), "must return an Apply"),
    "no variable": (TypeError, lambda: Untyped()(3.0), "the inputs of an Apply must be variables"),
    "too few": (ValueError, lambda: of(put(0))(), "expected 1 inputs but got 0"),
    "another type": (TypeError, lambda: of(put(0))(T.dmatrix()), "expected inputs of types"),
    "no field": (TypeError, lambda: ParamsType(a=3), "must be a type"),
    "too few parameters": (TypeError, lambda: Params(ParamsType(a=symgraph.generic)), "needs the fields a"),
    "no attribute": (AttributeError, lambda: ParamsType(a=symgraph.generic).get_params(object()), "unable to find the field 'a'"),
    "no constant": (ValueError, lambda: EnumList("A", ("B", "b")).filter(7), "none of A, B"),
    "a name in small letters": (AttributeError, lambda: EnumList("a"), "in capitals"),
    "a list of no type": (TypeError, lambda: typed_list.TypedListType(3), "items of one type"),
    "depth": (ValueError, lambda: typed_list.TypedListType(T.dvector, -1), "depth"),
    "no list": (TypeError, lambda: typed_list.length(x), "TypedListType"),
    "an item of another type": (TypeError, lambda: L.append(T.dmatrix()), "items of L"),
    "lists of two types": (TypeError, lambda: L.extend(typed_list.TypedListType(T.fvector)()), "one type"),
    "an index that is no integer": (TypeError, lambda: L[1.5], "integer"),
    "a mask": (TypeError, lambda: L[x], "integer"),
    "iterating": (TypeError, lambda: list(L), "iterated"),
    "no list in the call": (TypeError, lambda: function([L], L[0])(3), "expected a python list"),
    "a wrong item in the call": (TypeError, lambda: function([L], L[0])([[1j]]), "Bad input argument 'L'"),
    "no such place": (IndexError, lambda: function([L], L[2])([[1.0]]), "GetItem"),
    "no such item": (ValueError, lambda: function([L, x], L.ind(x))([[1.0]], [2.0]), "not in the list"),
    "removing what is not there": (ValueError, lambda: function([L, x], L.remove(x))([[1.0]], [2.0]), "not in the list"),
    "a gradient through a list": (MethodNotDefined, lambda: T.grad(typed_list.make_list((x, x))[0].sum(), x), "no gradient"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    error, made, message = REFUSED[case]
    with pytest.raises(error, match=message):
        made()


def test_lists_are_the_callers_own() -> None:
    given = [np.array([1.0, 2.0])]
    whole, first = function([L], [L.reverse(), L[0]])(given)
    whole[0][0] = first[0] = 9
    w = symgraph.expr.shared.SharedVariable("w", L.type, [[1.0]], False)  # Theano's order
    function([x], [], updates=[(w, typed_list.append(w, x))])([2.0])
    assert given[0].tolist() == [1, 2] and [v.tolist() for v in w.get_value()] == [[1], [2]]


def test_parameters() -> None:
    words = EnumList("SUM", ("MEAN", "mean"))
    kinds = ParamsType(kind=words, scale=T.dscalar)

    def perform(self: Any, node: Any, inputs: Any, output_storage: Any, params: Any) -> None:
        v = inputs[0]
        output_storage[0][0] = np.atleast_1d((v.mean() if params.kind == kinds.MEAN else v.sum()) * params.scale)

    op = of(perform, params_type=kinds, kind="mean", scale=2.0)
    assert function([x], op(x))([1.0, 3.0]).tolist() == [4] and op(x).owner.run_params().kind == 1
    assert kinds == ParamsType(scale=T.dscalar, kind=EnumList("SUM", ("MEAN", "mean"))) != ParamsType(kind=words)
    with pytest.raises(AttributeError):
        op(x).owner.run_params().kind = 3


def test_types() -> None:
    class Text(SingletonType):
        def filter(self, value: Any, strict: bool = False, allow_downcast: Any = None) -> str:
            if not isinstance(value, str):
                raise TypeError("no text")
            return value

    class Sized(Type):
        __props__ = ("n",)

        def __init__(self, n: int) -> None:
            self.n = n

    assert Text() is Text() and Text() == Text() != symgraph.generic and Sized(1) == Sized(1) != Sized(2) and hash(Sized(1)) == hash(Sized(1))
    text = Text()("text")
    assert function([text], text)("abc") == "abc" and Text().value_validity_msg(3) == "no text" and Text().make_constant("a").data == "a"
    with pytest.raises(TypeError, match="no text"):
        function([text], text)(3)
    with pytest.raises(TypeError, match="Cannot convert Type"):
        Text().filter_variable(x)
