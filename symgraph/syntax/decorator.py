"""@symbolic: a Python function whose branches and loops on symbolic values become branches and loops of the graph."""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from symgraph.errors import locate
from symgraph.source import Where
from symgraph.syntax.names import Liveness
from symgraph.syntax.rewriting import PREFIX, RUN, Conditions, Rewriter
from symgraph.syntax.run import Run

__all__ = ["symbolic"]

_REFUSED: dict[Any, str] = {
    ast.Yield: "a generator (`yield`)", ast.YieldFrom: "a generator (`yield from`)", ast.Await: "`await`", ast.AsyncFor: "`async for`",
    ast.AsyncWith: "`async with`",
}


def symbolic(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of variables, written as plain Python: `if`, `for` and `while` on symbolic values become branches and loops.

    With Python values the function does what it did before. With variables

    * ``if``, ``elif``, ``else``, ``a if c else b`` on a scalar compute the side that is taken only (`symgraph.ifelse`); names that are set
      differently, and results that are returned early, are chosen from both sides, and must agree in structure, dtype and dimensions;
    * ``for x in v`` runs over the rows of a variable, ``for i in range(n)`` over integers (`zip`, `enumerate`, `reversed` too), ``while``
      as long as its condition holds; names that are set in the body and read in the next round, or afterwards, are the state of a
      loop (`symgraph.loops`); ``break`` and ``continue`` on symbolic conditions work;
    * a list that is empty before a loop, and gets one ``out.append(row)`` in each round, is the stack of these rows afterwards;
    * ``and``, ``or``, ``not``, chained comparisons and ``==`` are those of values, ``x[i] = y`` gives x another value.

    A loop over a Python list or range stays Python: it is unrolled, as before. Numbers that a symbolic loop changes begin as int64 or floatX.

    Raises TypeError for what cannot be expressed, with its name and line: generators at once; when called with variables, a name that has a value on
    one path only, results that do not fit, a return in a symbolic loop, a jump out of `try` or `with` on a symbolic condition, loops with
    an `else`, ``raise`` and ``assert`` on a symbolic condition, and changes of objects (``self.x = ...``, ``list.pop()``) in a symbolic branch
    or loop.

    >>> import symgraph.tensor as T
    >>> @symbolic
    ... def collatz(n):
    ...     steps = 0
    ...     while n != 1:
    ...         n = n // 2 if n % 2 == 0 else 3 * n + 1
    ...         steps += 1
    ...     return steps
    >>> n = T.lscalar('n')
    >>> collatz(n).eval({n: 27}), collatz(27)
    (array(111), 111)
    """
    if not isinstance(function, types.FunctionType) or function.__name__ == "<lambda>":
        raise TypeError(f"symbolic rewrites functions that are written with def, got {function!r}")
    tree = _parsed(function)
    _check(tree, function)
    code = _compiled(tree, function)
    run = Run(function.__code__.co_filename, function.__name__)
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ())) | {RUN: types.CellType(run)}
    closure = tuple([cells[name] for name in code.co_freevars])
    made = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    made.__kwdefaults__ = function.__kwdefaults__
    return functools.wraps(function)(made)


def _parsed(function: Any) -> Any:
    """The syntax tree of a function, with the lines of its file."""
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError) as error:
        raise TypeError(f"symbolic needs the text of {function.__qualname__}: {error}") from None
    indented = lines[0][:1].isspace()
    tree = ast.parse(("if 1:\n" if indented else "") + "".join(lines))
    ast.increment_lineno(tree, first - 1 - indented)
    found: Any = tree.body[0]
    return found.body[0] if indented else found


def _check(tree: Any, function: Any) -> None:
    where = function.__code__.co_filename
    if not isinstance(tree, ast.FunctionDef):
        raise locate(TypeError(f"symbolic: {function.__qualname__} is no plain function"), Where.at(where, tree.lineno, function.__name__))
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if type(node) in _REFUSED or isinstance(node, ast.AsyncFunctionDef):
            text = f"symbolic: {_REFUSED.get(type(node), 'an async function')} in {function.__qualname__} cannot be expressed"
            raise locate(TypeError(text), Where.at(where, node.lineno, function.__name__))
        stack += ast.iter_child_nodes(node)


def _compiled(tree: Any, function: Any) -> types.CodeType:
    """The code of the rewritten function, whose free names are those of the old one and the Run."""
    Conditions().visit(tree)
    for node in [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]:
        node.sym_always = Liveness(node).always  # type: ignore[attr-defined]
    tree.decorator_list = []
    _without_defaults(tree.args)
    tree.returns = None
    Rewriter().function(tree, tree.sym_always)
    tree.name = f"{PREFIX}function"  # its own name means what it means outside: a function that calls itself calls the rewritten one
    free = [name for name in function.__code__.co_freevars if name != "__class__"]
    factory = ast.parse(f"def {PREFIX}factory({', '.join([*free, RUN])}): pass").body[0]
    factory.body = [tree]  # type: ignore[attr-defined]
    owner = function.__qualname__.split(".")[-2:-1]
    if owner and owner[0] != "<locals>":  # so that names with two underscores mean what they meant
        holder: Any = ast.parse(f"class {owner[0]}: pass").body[0]
        holder.body = [factory]
        factory = holder
    module = ast.fix_missing_locations(ast.Module([factory], []))
    flags = function.__code__.co_flags & _FUTURE
    code: Any = compile(module, function.__code__.co_filename, "exec", flags, dont_inherit=True)
    return _renamed(_find(code, tree.name), function.__name__, function.__qualname__)


_FUTURE = 0x1000000  # annotations as text, the one future that is left


def _without_defaults(arguments: Any) -> None:
    """Defaults and annotations have been computed already."""
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [None if one is None else ast.Constant(None) for one in arguments.kw_defaults]
    for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if one is not None:
            one.annotation = None


def _find(code: types.CodeType, name: str) -> types.CodeType:
    inner = next(one for one in code.co_consts if isinstance(one, types.CodeType))
    while inner.co_name != name:
        inner = next(one for one in inner.co_consts if isinstance(one, types.CodeType))
    return inner


def _renamed(code: types.CodeType, name: str, qualified: str) -> types.CodeType:
    """The code, and what was made of its parts, under the name that the user knows."""
    constants = tuple([_renamed(one, name, qualified) if isinstance(one, types.CodeType) else one for one in code.co_consts])
    if not code.co_name.startswith(PREFIX):
        return code.replace(co_consts=constants)
    names: dict[str, Any] = {"co_name": name} | ({"co_qualname": qualified} if hasattr(code, "co_qualname") else {})
    return code.replace(co_consts=constants, **names)
