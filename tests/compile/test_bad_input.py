"""Each entry point called wrongly: the error's class, what it names, and whether it shows the user's line.

A row: what is done, with the variables below; the class; words that the message must hold; whether it shows where the
variable was made (this file).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import In, function, scan, shared
from symgraph.errors import MissingInputError, UnusedInputError

x, z = T.dvectors("x", "z")
y = T.dscalar("y")
i = T.iscalar("i")
m = T.dmatrix("m")
n = T.fvector("n")
wide = T.dmatrix("wide", shape=(None, 10))
row = T.row("row")
s = shared(np.zeros(3), name="s")
HERE = f'File "{__file__}", line '
ROWS: dict[str, tuple[Any, type[Exception], tuple[str, ...], bool]] = {}


def bad(name: str, action: Any, kind: type[Exception], *words: str, shows_line: bool = False) -> None:
    assert name not in ROWS
    ROWS[name] = (action, kind, words, shows_line)


# function(...)
bad("inputs that are no list", lambda: function(x, x), Exception, "list or tuple", "got x")
bad("a number as input", lambda: function([x, 3], x), TypeError, "input 1", "3", "int")
bad("None as input", lambda: function([None], x), TypeError, "input 0", "None")
bad("a shared variable as input", lambda: function([s], s), TypeError, "shared variable (s)", "givens")
bad("a constant as input", lambda: function([T.constant(1)], x), TypeError, "input 0", "constant")
bad("an input twice", lambda: function([x, y, x], x * y), UnusedInputError, "x is given twice", "0 and 2", shows_line=True)
bad("an unused input", lambda: function([x, y], x),
    UnusedInputError, "index 1", "not part of the computational graph", "y", "on_unused_input='ignore'",
    shows_line=True)
bad("a missing input", lambda: function([x], x * y), MissingInputError, "Input y", "float64, scalar", "givens", shows_line=True)
bad("an input missing for an update", lambda: function([], None, updates=[(s, s + y)]), MissingInputError, "Input y", shows_line=True)
bad("text as output", lambda: function([x], "abc"), TypeError, "output 0", "'abc'")
bad("an object as output", lambda: function([x], [x, object()]), TypeError, "output 1", "object object")
bad("None among outputs", lambda: function([x], [x, None]), TypeError, "output 1", "None")
bad("a key that is no text", lambda: function([x], {1: x}), AssertionError, "keys", "strings")
bad("a mode that is not known", lambda: function([x], x, mode="FAST"), ValueError, "'FAST'", "FAST_RUN")
bad("a mode that is none", lambda: function([x], x, mode=7), TypeError, "mode", "7", "int")
bad("a linker that is not known", lambda: symgraph.Mode(linker="gcc"), KeyError, "'gcc'", "llvm", "py", shows_line=True)
bad("an optimizer that is not known", lambda: symgraph.Mode(optimizer="zip"), KeyError, "fast_run", "fast_compile", shows_line=True)
bad("on_unused_input", lambda: function([x], x, on_unused_input="no"), ValueError, "raise, warn or ignore", "'no'")
bad("no_default_updates", lambda: function([x], x, no_default_updates="no"), TypeError, "True, False or a list")
bad("a name that is a number", lambda: function([x], x, name=3), TypeError, "name", "3")
bad("an unknown option", lambda: function([x], x, inputs_to_values=3), TypeError, "inputs_to_values")
# updates and givens
bad("updating an input", lambda: function([x], x, updates=[(x, x + 1)]), TypeError, "SharedVariable", "got x")
bad("updating by another dtype", lambda: function([n], n, updates=[(s, n)]),
    TypeError, "same type", "=s", "float64, vector", "=n", "float32, vector",
    "astype('float64')")
bad("updating by fewer dimensions", lambda: function([], s, updates=[(s, s.sum())]), TypeError, "same type", "vector", "scalar")
bad("updating by another size", lambda: function([], None, updates=[(shared(np.zeros(2), name="t", shape=(2,)), np.zeros(3))]),
    TypeError, "t", "2", "3")
bad("updating by an array of two dimensions", lambda: function([], s, updates=[(s, np.zeros((2, 2)))]),
    TypeError, "update of s", "expected 1, got 2")
bad("updating by text", lambda: function([], s, updates={s: "a"}), ValueError, "update of s", "'a'")
bad("updating twice", lambda: function([x], x, updates=[(s, x), (s, x + 1)]), ValueError, "already has an update", "s, x")
bad("updates of three", lambda: function([x], x, updates=[(s, x, 1)]), ValueError, "pairs", "3")
bad("updates that are a number", lambda: function([x], x, updates=5), TypeError, "updates", "5")
bad("a given for an input", lambda: function([x], x, givens={x: x + 1}), RuntimeError, "replace variable x")
bad("givens in a circle", lambda: function([x], x, givens={y: x.sum(), x: x * y}), AssertionError, "chain")
bad("givens in a chain", lambda: function([z], x, givens=[(x, z + y), (y, z.sum())]), AssertionError, "chain", "y")
bad("a given of another dtype", lambda: function([x, i], x * y, givens={y: i}), TypeError, "int32, scalar", "Variable i", "float64, scalar")
bad("a given of other dimensions", lambda: function([x], x * y, givens={y: x}), TypeError, "vector", "scalar")
bad("a given of what is no variable", lambda: function([x], x, givens={3: y}), TypeError, "left", "3")
bad("a given that is text", lambda: function([x], x * y, givens={y: "a"}), ValueError, "given for y", "float64, scalar", "'a'")
bad("a given twice", lambda: function([x], x * y, givens=[(y, 1.0), (y, 2.0)]), ValueError, "y stands twice")
# In
bad("In of a number", lambda: In(3), TypeError, "In", "3")
bad("a state without start", lambda: function([In(y, update=y + 1)], y), ValueError, "y", "needs the value")
bad("a state of another type", lambda: In(y, value=1, update=x), TypeError, "update of y", "vector", "scalar")
bad("a default that is text", lambda: In(y, value="a"), ValueError, "input y", "'a'")
bad("a default of one dimension", lambda: In(y, value=[1, 2]), TypeError, "input y", "expected 0, got 1")
# shared
bad("shared of a variable", lambda: shared(x), TypeError, "value, not a variable")
bad("an unknown option of shared", lambda: shared(3, foo=4), TypeError, "'foo'")
bad("set_value of a number", lambda: s.set_value(3), TypeError, "shared variable s", "expected 1, got 0", shows_line=True)
bad("set_value of text", lambda: s.set_value(["a"]), ValueError, "shared variable s", "'a'", shows_line=True)
bad("set_value that loses", lambda: shared(np.zeros(1, "int32")).set_value([1.5]), TypeError, "int32", "1.5", shows_line=True)
# the call
bad("too many arguments", lambda: function([x], x)([1], 2), TypeError, "Too many parameter passed to theano function", "takes 1, got 2")
bad("no argument", lambda: function([x, y], x * y)([1]), TypeError, "Missing required input: y", shows_line=True)
bad("an unknown name", lambda: function([x, y], x * y)([1], 2, q=3),
    TypeError, "Unknown input or state: q. The function has 2 named inputs (x, y).")
bad("an argument twice", lambda: function([x, y], x * y)([1], 2, x=3), TypeError, "x", "twice")
bad("too few dimensions", lambda: function([y, x], x * y, name="scale")(2, 1), TypeError,
    "Bad input argument 'x' to theano function with name \"scale\" at index 1 (0-based)", "expected 1, got 0", shows_line=True)
bad("too many dimensions", lambda: function([x], x)(np.zeros((2, 3))),
    TypeError, "'x'", "index 0", "expected 1, got 2 with shape (2, 3)", shows_line=True)
bad("text as argument", lambda: function([x, y], x * y)([1], "a"), ValueError, "'y'", "index 1", "'a'", shows_line=True)
bad("None as argument", lambda: function([x, y], x * y)([1], None), TypeError, "'y'", "index 1", "None", shows_line=True)
bad("a variable as argument", lambda: function([x], x)(z), TypeError, "'x'", "found a Variable", shows_line=True)
bad("a shared variable as argument", lambda: function([x], x)(s), TypeError, "'x'", "shared", shows_line=True)
bad("a complex argument", lambda: function([x], x)([1j]), TypeError, "'x'", "complex", "float64", shows_line=True)
bad("an object as argument", lambda: function([x], x)(object()), TypeError, "'x'", "object", shows_line=True)
bad("a ragged argument", lambda: function([x], x)([[1], [1, 2]]), ValueError, "'x'", "inhomogeneous", shows_line=True)
bad("float64 for float32", lambda: function([n], n)(np.zeros(2)),
    TypeError, "'n'", "float32", "float64", "allow_input_downcast=True", shows_line=True)
bad("a large int for int32", lambda: function([i], i)(2**40), TypeError, "'i'", "int32", "1099511627776", shows_line=True)
bad("an int beyond int64", lambda: function([T.lscalar("l")], 1, on_unused_input="ignore")(2**70),
    TypeError, "'l'", "int64", shows_line=True)
bad("a fraction for int32", lambda: function([i], i)(1.5), TypeError, "'i'", "1.5", "array(1", shows_line=True)
bad("a known size that is wrong", lambda: function([wide], wide * 1)(np.zeros((2, 9))),
    TypeError, "'wide'", "dimension 1 must be 10", "(2, 9)",
    shows_line=True)
bad("a row of two", lambda: function([row], row * 1)(np.zeros((2, 9))), TypeError, "'row'", "broadcastable", "(2, 9)", shows_line=True)
bad("an input of None name", lambda: function([T.dvector()], 1, on_unused_input="ignore")(1),
    TypeError, "index 0", "expected 1", shows_line=True)
# sizes and indices at run time
bad("sizes of a sum", lambda: function([x, z], x + z)([1, 2], [1, 2, 3]), ValueError, "input[0].shape[0] = 2, input[1].shape[0] = 3",
    "in add of x: float64(2), z: float64(3)", shows_line=True)
bad("size 1 that was not declared", lambda: function([x, z], x + z)([1], [1, 2, 3]),
    ValueError, "x: float64(1), z: float64(3)", shows_line=True)
bad("sizes of a product", lambda: function([m, x], T.dot(m, x))(np.zeros((2, 3)), [1, 2]),
    ValueError, "m: float64(2, 3), x: float64(2)", shows_line=True)
bad("an index too large", lambda: function([x, i], x[i])([1, 2], 5), IndexError, "index 5", "size 2", "x: float64(2)", shows_line=True)
bad("an index too small", lambda: function([x, i], x[i])([1, 2], -3), IndexError, "index -3", "size 2", shows_line=True)
bad("an index into nothing", lambda: function([x], x[-1])([]), IndexError, "-1", "size 0", shows_line=True)
bad("a reshape", lambda: function([x], x.reshape((2, 3)))([1, 2]), ValueError, "2 elements", "(2, 3)", shows_line=True)
bad("a label out of range", lambda: function([m, i], m[T.arange(2), T.stack([i, i])])(np.zeros((2, 3)), 3),
    IndexError, "3", shows_line=True)
# eval and copy
bad("eval without a value", lambda: (x * y).eval({x: [1]}), MissingInputError, "Input y", shows_line=True)
bad("eval of a list", lambda: (x * y).eval([1]), TypeError, "dictionary", "[1]")
bad("eval by name", lambda: (x * y).eval({"x": [1], y: 2}), TypeError, "keys", "'x'")
bad("swapping inputs", lambda: function([x], x).copy(swap={x: s}), TypeError, "swap", "x")
bad("swapping what is not used", lambda: function([x], x, name="f").copy(swap={s: shared(np.zeros(3))}), ValueError, "s is not used", "f")
bad("swapping another type", lambda: function([], s * 1).copy(swap={s: shared(1)}), TypeError, "float64, vector", "int64, scalar")
bad("a state that is not there", lambda: function([x], x, name="f")["q"], TypeError, "f", "'q'", shows_line=True)
# variables used as values
bad("a variable in an if", lambda: 1 if x > 1 else 0, TypeError, "boolean")
bad("len of a variable", lambda: len(x), TypeError, "len()", "shape")
bad("a loop over a variable", lambda: list(x), TypeError, "iterat")
bad("assigning to an element", lambda: x.__setitem__(0, 1), TypeError, "set_subtensor")
bad("adding text", lambda: x + "a", TypeError, "str")
bad("adding None", lambda: x + None, TypeError, "NoneType")
bad("an index that is a fraction", lambda: x[1.5], TypeError, "1.5")
bad("too many indices", lambda: x[1, 2], IndexError, "1 dimensions", "2")
# types
bad("a dtype that is none", lambda: symgraph.TensorType("float65", (False,)), TypeError, "'float65'", "float64")
bad("a size as broadcastable", lambda: symgraph.TensorType("float64", (3,)), TypeError, "3", "shape=")
bad("a negative size", lambda: T.tensor("float64", shape=(-1,)), ValueError, "(-1,)")
bad("a number as name", lambda: T.dvector(3), TypeError, "name", "3")
# scan
bad("a scan without end", lambda: scan(lambda: 1), ValueError, "n_steps")
bad("a fraction of steps", lambda: scan(lambda: 1, n_steps=1.5), TypeError, "n_steps", "1.5")
bad("steps below 0", lambda: scan(lambda: 1, n_steps=-1), ValueError, "n_steps", "-1")
bad("a step that gives None", lambda: scan(lambda a: None, sequences=x), ValueError, "None")
bad("a step that gives an object", lambda: scan(lambda a: object(), sequences=x), ValueError, "object object")
bad("a tap of the future", lambda: scan(lambda a: a, outputs_info={"initial": x, "taps": [1]}, n_steps=2), ValueError, "output 0", "[1]")
bad("more outputs than told", lambda: scan(lambda a: [a, a], outputs_info=[y], n_steps=2), ValueError, "1 outputs", "returned 2")
bad("a state that changes dtype", lambda: scan(lambda a: a * y, outputs_info=[T.fscalar("q")], n_steps=2),
    ValueError, "float32", "float64", "cast")
bad("a strict scan", lambda: scan(lambda a: a + y, sequences=x, strict=True, name="loop"), ValueError, "loop", "y", "non_sequences",
    shows_line=True)
bad("more steps than rows", lambda: function([x, i], scan(lambda a: a, sequences=x, n_steps=i)[0])([1, 2], 7),
    ValueError, "2 rows", "7 steps", shows_line=True)
bad("fewer than no steps", lambda: function([x, i], scan(lambda a: a, sequences=x, n_steps=i)[0])([1, 2], -1),
    ValueError, "-1", shows_line=True)
# settings
bad("a wrong setting", lambda: symgraph.config.change_flags(floatX="a").__enter__(), ValueError, "floatX", "'a'", "float32")
bad("an unknown setting", lambda: symgraph.config.change_flags(flotX="a").__enter__(), AttributeError, "flotX", "floatX")


@pytest.mark.parametrize("name", ROWS)
def test_a_wrong_call(name: str) -> None:
    action, kind, words, shows_line = ROWS[name]
    with pytest.raises(kind) as caught:
        action()
    message = str(caught.value)
    missing = [word for word in words if word not in message]
    assert not missing, f"{missing} not in: {message}"
    assert (HERE in message) == shows_line, message


ANYWHERE = ("sizes of a sum", "size 1 that was not declared", "sizes of a product", "an index too large", "an index into nothing",
    "a reshape",
            "more steps than rows", "fewer than no steps", "too few dimensions")


@pytest.mark.parametrize("linker", ["c", "py"])
@pytest.mark.parametrize("name", ANYWHERE)
def test_a_wrong_call_on_other_linkers(name: str, linker: str) -> None:
    action, kind, _, _ = ROWS[name]
    with symgraph.config.change_flags(linker=linker), pytest.raises(kind) as caught:
        action()
    assert HERE in str(caught.value)


def test_the_line_is_the_one_where_the_node_was_made() -> None:
    a, b = T.dvectors("a", "b")
    good = a * 2 + b.sum()
    wrong = a - b  # this line
    f = function([a, b], good + wrong * 2, name="difference")
    with pytest.raises(ValueError) as caught:
        f([1, 2], [1, 2, 3])
    assert [entry for entry in caught.value.args[0].splitlines() if "# this line" in entry]
    assert caught.value.line.line == test_the_line_is_the_one_where_the_node_was_made.__code__.co_firstlineno + 3
