"""numpy's protocols: what `np.exp(x)`, `np.add.reduce(x)` and `np.sum(x)` do with a variable among their arguments.

The tables of what is built stand in symgraph/ops/methods.py. What is in none of them is refused by a TypeError that names the nearest
there is; so is `out=`, for an expression has no memory that it could be written to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Number
from typing import Any

import numpy as np

from symgraph import source
from symgraph.errors import locate
from symgraph.expr.make import as_variable
from symgraph.expr.sizes import static_int
from symgraph.expr.variable import Constant, Variable

__all__ = ["NumpyProtocols"]

# numpy's options that say what is done anyhow
_DEFAULTS = {"out": None, "order": ("C", "K"), "dtype": None, "where": True, "initial": None, "device": None, "casting": "same_kind", "subok": True}
_PLAIN = (Variable, np.ndarray, np.generic, Number, str, bytes, list, tuple, type(None))
# What gives a changed copy where numpy writes in place
_CHANGED = {
    **dict.fromkeys(("copyto", "put", "place", "putmask"), "T.set_subtensor(x[...], y)"), "put_along_axis": "T.put_along_axis",
    "fill_diagonal": "T.fill_diagonal",
}
# What stands for functions that cannot be had of variables, where no name is near
_INSTEAD = {
    **dict.fromkeys(("array2string", "array_repr", "array_str"), "symgraph.pp(x) prints an expression"),
    **dict.fromkeys(("save", "savez", "savez_compressed", "savetxt"), "x.eval() gives the array to save"),
    **dict.fromkeys(("may_share_memory", "shares_memory"), "variables have no memory"),
    **dict.fromkeys(("can_cast", "min_scalar_type"), "x.dtype is its dtype"),
    "apply_along_axis": "symgraph.vectorize makes a function of one vector one of stacks", "einsum_path": "T.einsum chooses the order itself",
    "real_if_close": "x.real", "histogramdd": "T.histogram of each column, T.ravel_multi_index and T.bincount",
    "histogram2d": "T.digitize, T.ravel_multi_index and T.bincount", "array_equiv": "numpy.array_equal", "resize": "T.tile and x.reshape",
    "gcd": "symgraph.as_op", "lcm": "symgraph.as_op", "spacing": "symgraph.as_op", "nextafter": "symgraph.as_op", "frexp": "symgraph.as_op",
    "bitwise_count": "symgraph.as_op", "packbits": "symgraph.as_op", "unpackbits": "symgraph.as_op",
}
_TRUTH = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor", "logical_not")


class NumpyProtocols:
    """The two protocols over tables by numpy's names.

    ufuncs: what a ufunc builds of its operands; reductions, accumulations: what its `reduce` and `accumulate` build, by the name of a
    function in `functions` or a method of variables; functions: what numpy's other functions build. complete: adds to the tables what is
    loaded only when something is not in them.
    """

    def __init__(
        self, ufuncs: Mapping[str, Callable[..., Any]], reductions: Mapping[str, Callable[..., Any]], accumulations: Mapping[str, str],
        functions: Mapping[str, Callable[..., Any]], names: Mapping[str, Any], complete: Callable[[], None],
    ) -> None:
        self.ufuncs, self.reductions, self.accumulations, self.names = ufuncs, reductions, accumulations, names
        self.complete = complete
        self.partial: Mapping[str, Callable[..., Any]] = {}  # functions with `where` or `initial`
        self.know(functions)

    def know(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Take over the table of functions, which has grown."""
        self.functions = functions
        self.by_function = {found: rule for path, rule in functions.items() if (found := numpy_function(path)) is not None}

    # __array_ufunc__ --------------------------------------------------------------------------------------------------
    def ufunc(self, ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What a ufunc, or one of its methods, builds; NotImplemented where another argument's class may know more."""
        if not all(isinstance(x, _PLAIN) for x in inputs) and any(_has_protocol(x) for x in inputs):
            return NotImplemented
        options = _without_defaults(options)
        name = ufunc.__name__
        shown = f"numpy.{name}" if method == "__call__" else f"numpy.{name}.{method}"
        self._refuse(shown, options, inputs, ("where", "casting", "order", "subok", "signature"))
        if method == "at":
            raise self._error(f"{shown} writes in place, and a variable cannot be written to: use T.inc_subtensor or T.set_subtensor", inputs)
        if name not in self.ufuncs:
            self.complete()
        if name not in self.ufuncs:
            raise self._unknown(shown, name, inputs)
        if method == "__call__":
            return self._call(name, inputs, options)
        if method == "outer":
            return self._outer(name, inputs, options)
        if method == "reduce" and name not in self.reductions:
            self.complete()
        if method == "reduce" and name in self.reductions:
            axis = {"axis": 0} if "axis" not in options and len(inputs) == 1 else {}
            return self.reductions[name](*inputs, **(options | axis))
        if method == "accumulate" and (rule := self._accumulation(name)) is not None:
            axis = {"axis": 0} if "axis" not in options and len(inputs) == 1 else {}
            return self._as(rule(*inputs, **({k: v for k, v in options.items() if k != "dtype"} | axis)), options)
        if method == "reduceat" and name in self.reductions:
            return self._reduceat(name, *inputs, **options)
        raise self._unknown(shown, name, inputs)

    def _call(self, name: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        dtype = options.pop("dtype", None)
        if dtype is not None and name not in _TRUTH:
            dtype = np.dtype(dtype).name
            inputs = tuple(as_variable(x).astype(dtype) for x in inputs)  # type: ignore[attr-defined]
        return self.ufuncs[name](*inputs, **options)

    def _outer(self, name: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        left, right = (as_variable(x) for x in inputs)
        spread = left.dimshuffle(*range(left.ndim), *["x"] * right.ndim)  # type: ignore[attr-defined]
        return self._call(name, (spread, right), options)

    def _accumulation(self, name: str) -> Callable[..., Any] | None:
        word = self.accumulations.get(name)
        if word is not None and word not in self.functions and word not in self.names:
            self.complete()
        found: Any = self.functions.get(word, self.names.get(word)) if word is not None else None
        return found

    def _reduceat(self, name: str, x: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
        """Pieces from each index up to the next, each reduced; the element alone where the next is not larger. Known indices only."""
        if isinstance(indices, Constant):
            indices = indices.data
        listed = [] if isinstance(indices, Variable) else [static_int(as_variable(i)) for i in indices]
        known = [i for i in listed if i is not None]
        if isinstance(indices, Variable) or len(known) < len(listed):
            raise self._error(f"numpy.{name}.reduceat of a variable takes indices that are known", (x, indices))
        x = as_variable(x)
        front = x.swapaxes(0, axis)
        pieces = []
        following: list[int | None] = [*known[1:], None]
        for here, end in zip(known, following):
            one = end is not None and end <= here
            pieces.append(front[here] if one else self.reductions[name](front[here:end], axis=0))
        result = as_variable.stack(pieces)  # type: ignore[attr-defined]
        return self._as(result.swapaxes(0, axis), {} if dtype is None else {"dtype": dtype})

    @staticmethod
    def _as(x: Any, options: dict[str, Any]) -> Any:
        return x if options.get("dtype") is None else x.astype(np.dtype(options["dtype"]).name)

    # __array_function__ -----------------------------------------------------------------------------------------------
    def function(self, function: Any, types: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What another function of numpy's builds; NotImplemented where another argument's class may know more."""
        if not all(issubclass(t, _PLAIN) for t in types):
            return NotImplemented
        options = _without_defaults(options)
        module = function.__module__.removeprefix("numpy").strip(".")
        path = f"{module}.{function.__name__}" if module in ("linalg", "fft") else function.__name__
        self._refuse(f"numpy.{path}", options, args, ())
        partial = {"where", "initial"} & options.keys()
        if function not in self.by_function or partial:
            self.complete()
        rule = self.partial.get(path) if partial else self.by_function.get(function)
        if partial and rule is None:
            raise self._error(f"numpy.{path}: {' and '.join(sorted(partial))} cannot be said of variables", args)
        if rule is None:
            raise self._unknown(f"numpy.{path}", path, args)
        return rule(*args, **options)

    # Refusing ---------------------------------------------------------------------------------------------------------
    def _refuse(self, shown: str, options: dict[str, Any], args: tuple[Any, ...], others: tuple[str, ...]) -> None:
        if "out" in options:
            raise self._error(f"{shown}: out= is refused, for an expression has no memory to write to; take the result", args)
        for option in others:
            if option in options:
                raise self._error(f"{shown}: {option}= has no meaning for variables", args)

    def _unknown(self, shown: str, name: str, args: tuple[Any, ...]) -> TypeError:
        from difflib import get_close_matches

        known = {*self.names, *self.ufuncs, *self.functions}
        last = name.rpartition(".")[2]
        if name in _CHANGED:
            return self._error(f"{shown} writes in place, and a variable cannot be written to: {_CHANGED[name]} gives a changed copy", args)
        if name in _INSTEAD:
            return self._error(f"{shown} of a variable is not supported; the nearest that is: {_INSTEAD[name]}", args)
        near = [path for path in known if path.rpartition(".")[2] == last and path != name] or get_close_matches(last, sorted(known), 1, 0.5)
        hint = f"the nearest that is: {near[0]}" if near else "symgraph.as_op makes an op of any Python function"
        return self._error(f"{shown} of a variable is not supported; {hint}", args)

    @staticmethod
    def _error(text: str, args: Any) -> TypeError:
        """The error, with the line where the first variable among the arguments was made and the line that called."""
        stack = list(args) if isinstance(args, (list, tuple)) else [args]
        while stack:
            x = stack.pop(0)
            if isinstance(x, Variable):
                made = x.owner.line if x.owner is not None else x.line
                if made is not None:
                    said = source.describe(made).replace("\n", "\n  ")
                    text = f"{text}\n  the variable {x} was made here:\n  {said}"
                break
            if isinstance(x, (list, tuple)):
                stack = [*x, *stack]
        return locate(TypeError(text), source.here())


def numpy_function(path: str) -> Any:
    """numpy's function of this name; None if this numpy has none."""
    found: Any = np
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def of_this_numpy(rules: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The rules for functions that this numpy has."""
    return {path: rule for path, rule in rules.items() if numpy_function(path) is not None}


def _has_protocol(x: Any) -> bool:
    return not isinstance(x, _PLAIN) and getattr(type(x), "__array_ufunc__", None) is not None


def _without_defaults(options: dict[str, Any]) -> dict[str, Any]:
    """numpy's options less those that say what is done anyhow."""
    kept = {}
    for name, value in options.items():
        usual = _DEFAULTS.get(name, ...)
        if value is np._NoValue or (value is usual or (isinstance(usual, tuple) and isinstance(value, str) and value in usual)):
            continue
        kept[name] = value
    return kept
