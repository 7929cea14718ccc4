"""Programs for Python 2: rewritten by fissix as they are compiled, with the builtins that Python 2 had. Files are only read.

What fissix changes is the grammar (print, except, raise, exec, backquotes ...) and methods (has_key, iteritems). Names that mean something else now
(range, map, unicode ...) are not rewritten: a program finds those of `words2.py` where it looks for builtins. Integers are divided as they were.
Each node of the new text keeps the line that it was written on, so tracebacks show the user's own.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import io
import os
import re
import runpy
import sys
import tokenize
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType, TracebackType
from typing import Any

# Not by `import`, which would load symgraph itself: see supply.py.
words2 = import_module("symgraph.oldworld.words2")

try:
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError
    from fissix.refactor import RefactoringTool
except ImportError as error:
    raise ImportError("programs for Python 2 need the package fissix: python -m pip install 'symgraph[old]'", name="fissix") from error

__all__ = ["begin", "compiled", "run_main"]

# By turns of the names of lib2to3, whose successor fissix is.
FIXERS = ("dict except exec funcattrs has_key metaclass methodattrs ne numliterals paren print raise repr sys_exc throw tuple_params "
          "xreadlines").split()
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGES = (os.path.join(ROOT, "symgraph", ""), os.path.join(ROOT, "codegen", ""))  # Python 3, wherever they lie
OURS = (os.path.join(PACKAGES[0], "oldworld", ""), os.path.join(PACKAGES[0], "theano", "startup", ""))
BUILTINS = ModuleType("__builtin__", "The builtins of Python 2.")
_python2: set[str] = set()  # files that were compiled as Python 2
_report: list[Callable[[str], None]] = [lambda line: None]


def begin(folder: str, report: Callable[[str], None]) -> None:
    """From now on, modules below this folder are Python 2."""
    _report[0] = report
    vars(BUILTINS).update({name: value for name, value in vars(builtins).items() if name not in ("__name__", "__doc__", "__spec__", "__loader__")})
    vars(BUILTINS).update({name: getattr(words2, name) for name in words2.BUILTINS})
    vars(BUILTINS).update({f"__{name}__": getattr(words2, name) for name in words2.CALLED})
    vars(BUILTINS)["__import__"] = _import_sibling
    sys.modules["__builtin__"] = BUILTINS
    sys.meta_path.insert(0, _Finder(os.path.abspath(folder)))
    # multiprocessing's children, `-m` and folders come by runpy, which finds these names in its own before it looks for builtins.
    vars(runpy)["compile"] = lambda source, filename, mode, **options: compiled(source, filename)
    vars(runpy)["exec"] = _exec
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _show


# From text to code ----------------------------------------------------------------------------------------------------
def compiled(source: bytes | str, filename: str) -> CodeType:
    """The code of a program for Python 2. SyntaxError that names the file and the line if it is one neither for Python 2 nor for Python 3."""
    text = source if isinstance(source, str) else _decoded(source)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.endswith("\n"):
        text += "\n"
    try:
        new, lines = _rewritten(text)
    except (ParseError, TokenError, SyntaxError) as error:
        try:
            code = compile(text, filename, "exec", dont_inherit=True)
        except SyntaxError:
            raise _syntax_error(error, filename, text) from None
        _report[0](f"{filename} is Python 3 already")
        return code
    try:
        tree = ast.parse(new, filename)
    except TabError:  # Python 2 took a tab as far as the next multiple of eight
        tree = ast.parse("\n".join(_without_tabs(line) for line in new.split("\n")), filename)
    except SyntaxError as error:
        if error.lineno is not None:
            error.lineno, error.text = _old_line(lines, error.lineno), None
            error.text = text.split("\n")[error.lineno - 1]
        raise error.with_traceback(None) from None
    future = {name.name for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__" for name in node.names}
    tree = ast.fix_missing_locations(_Meanings("division" not in future, "print_function" not in future).visit(tree))
    _place(tree, lines, new.split("\n"), text.split("\n"))
    code = compile(tree, filename, "exec", dont_inherit=True)
    _python2.add(filename)
    _report[0](f"{filename} is compiled as Python 2")
    return code


def _decoded(source: bytes) -> str:
    try:
        return source.decode(tokenize.detect_encoding(io.BytesIO(source).readline)[0])
    except (SyntaxError, UnicodeDecodeError):  # Python 2 took bytes as they came
        return source.decode("latin-1")


@cache
def _tool(names: tuple[str, ...]) -> Any:
    return RefactoringTool([f"fissix.fixes.fix_{name}" for name in names])


def _rewritten(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of Python 3, and (line there, line here) wherever a line begins that was here."""
    literals = ["unicode"] if re.search(r"""\b[uU][rR]['"]""", text) else []  # it also renames, so only where it has to come
    tree = _tool((*FIXERS, *literals)).refactor_string(text, "<text>")
    lines, at, seen = [], 1, 0
    for leaf in tree.leaves():
        value = str(leaf.value)  # which some rewrites leave as a number
        at += leaf.prefix.count("\n")
        if leaf.lineno and at != seen and value.strip():
            lines.append((at, leaf.lineno))
            seen = at
        at += value.count("\n")
    return str(tree), lines


def _old_line(lines: list[tuple[int, int]], line: int) -> int:
    """The line of the old text; of a line that was put in, the one before it."""
    place = bisect_right(lines, (line, sys.maxsize)) - 1
    if place < 0:
        return line
    new, old = lines[place]
    within = old + line - new  # in a text of several lines, say
    return within if place + 1 == len(lines) or within < lines[place + 1][1] else old


def _place(tree: ast.AST, lines: list[tuple[int, int]], new: list[str], old: list[str]) -> None:
    """Give each node its place in the old text: the line, and where that was changed the whole of it, for the columns are not known."""
    same = len(new) == len(old) and all(there == here for there, here in lines)
    if same and new == old:
        return
    for node in ast.walk(tree):
        if not hasattr(node, "lineno"):
            continue
        place: Any = node
        first, last = place.lineno, place.end_lineno
        place.lineno = _old_line(lines, first)
        place.end_lineno = max(place.lineno, _old_line(lines, last))
        start, end = old[place.lineno - 1], old[min(place.end_lineno, len(old)) - 1]
        if start != new[first - 1] or end != new[last - 1]:
            place.col_offset = len(start[: len(start) - len(start.lstrip())].encode())
            place.end_col_offset = max(len(end.rstrip().encode()), place.col_offset if place.lineno == place.end_lineno else 0)


def _without_tabs(line: str) -> str:
    inner = line.lstrip(" \t")
    return line[: len(line) - len(inner)].expandtabs(8) + inner


def _syntax_error(error: Exception, filename: str, text: str) -> SyntaxError:
    if isinstance(error, ParseError):
        line, column = error.context[1]
    elif isinstance(error, SyntaxError):
        line, column = error.lineno or 1, (error.offset or 1) - 1
    else:
        line, column = error.args[1]
    lines = text.split("\n")
    made = SyntaxError("invalid syntax, in Python 2 and in Python 3")
    made.filename, made.lineno, made.offset, made.text = filename, line, column + 1, lines[min(line, len(lines)) - 1] + "\n"
    return made


# Methods that are called otherwise now; a class gets the new name as well.
METHODS = {"next": "__next__", "__nonzero__": "__bool__", "__div__": "__truediv__", "__idiv__": "__itruediv__", "__rdiv__": "__rtruediv__"}


class _Meanings(ast.NodeTransformer):
    """What reads as it did and means something else becomes a call of `words2`: the division of integers, `next`, `sort` by a comparison, the
    `message` of an error, where print puts spaces."""

    def __init__(self, division: bool, prints: bool) -> None:
        self.division = division
        self.prints = prints

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        self.generic_visit(node)
        there = {inner.name for inner in node.body if isinstance(inner, (ast.FunctionDef, ast.ClassDef))}
        for old, new in METHODS.items():
            if old in there and new not in there:
                node.body.append(ast.copy_location(ast.Assign([ast.Name(new, ast.Store())], ast.Name(old, ast.Load())), node.body[-1]))
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if self.prints and isinstance(node.func, ast.Name) and node.func.id == "print":
            node.func.id = "__print__"
        if isinstance(node.func, ast.Attribute) and node.func.attr == "next" and not node.args and not node.keywords:
            return self._call(node, "following", node.func.value)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "sort" and len(node.args) + len(node.keywords) == 1:
            (given,) = node.args or [node.keywords[0].value]
            if node.args or node.keywords[0].arg == "cmp":
                return self._call(node, "sort", node.func.value, given)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        self.generic_visit(node)
        return self._call(node, "message", node.value) if node.attr == "message" and isinstance(node.ctx, ast.Load) else node

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        walked = node.iter
        if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Attribute) and not walked.args:
            if walked.func.attr in ("items", "keys", "values"):  # they were lists, so the loop may change the dictionary
                node.iter = ast.copy_location(ast.Call(ast.Name("list", ast.Load()), [walked], []), walked)
        return node

    def _call(self, node: ast.AST, name: str, *args: Any) -> Any:
        return ast.copy_location(ast.Call(ast.Name(f"__{name}__", ast.Load()), list(args), []), node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        return self._call(node, "divide", node.left, node.right) if self.division and isinstance(node.op, ast.Div) else node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        target, value = node.target, node.value
        if not self.division or not isinstance(node.op, ast.Div):
            return node
        if isinstance(target, ast.Subscript):
            call = self._call(node, "divide_item", target.value, _index(target.slice), value)
        elif isinstance(target, ast.Attribute) and not isinstance(target.value, ast.Name):
            call = self._call(node, "divide_attribute", target.value, ast.Constant(target.attr), value)
        else:
            read = ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else ast.Attribute(target.value, target.attr, ast.Load())
            return ast.copy_location(ast.Assign([target], self._call(node, "divide_in_place", read, value)), node)
        return ast.copy_location(ast.Expr(call), node)


def _index(index: Any) -> Any:
    """What stands between brackets, as a value."""
    if isinstance(index, ast.Slice):
        parts = [part or ast.Constant(None) for part in (index.lower, index.upper, index.step)]
        return ast.Call(ast.Name("slice", ast.Load()), parts, [])
    if isinstance(index, ast.Tuple):
        return ast.Tuple([_index(part) for part in index.elts], ast.Load())
    return index


# Running it -----------------------------------------------------------------------------------------------------------
def _exec(code: Any, names: dict[str, Any]) -> None:
    if isinstance(code, CodeType) and code.co_filename in _python2:
        names["__builtins__"] = BUILTINS
    exec(code, names)


def run_main(words: Sequence[str]) -> None:
    """Run a program as python does: SCRIPT, `-` or `-c CODE`, and its arguments. This process has nothing else to do."""
    first, *rest = words
    main = sys.modules["__main__"].__dict__
    main.clear()
    main |= {"__name__": "__main__", "__doc__": None, "__package__": None, "__loader__": None, "__spec__": None, "__builtins__": builtins}
    if sys.version_info < (3, 14):
        main["__annotations__"] = {}
    source: bytes | str
    if first == "-c":
        source, filename, sys.argv, folder = rest[0], "<string>", ["-c", *rest[1:]], ""
    elif first == "-":
        source, filename, sys.argv, folder = sys.stdin.buffer.read(), "<stdin>", list(words), ""
    else:
        filename, sys.argv, folder = os.path.abspath(first), list(words), os.path.dirname(os.path.realpath(first))
        with open(first, "rb") as file:
            source = file.read()
        main |= {"__file__": filename, "__cached__": None, "__loader__": SourceFileLoader("__main__", filename)}
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = folder
    _exec(compiled(source, filename), main)


class _Loader(SourceFileLoader):
    """Compiles a file as Python 2, each time: the code that Python keeps beside a file is that of the file as it is."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compiled(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        _exec(self.get_code(module.__name__), vars(module))


class _Finder:
    """Finds the modules of one folder, but for packages that are installed there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder + os.sep

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        places = [self.folder] if path is None else [place for place in path if os.path.abspath(place).startswith(self.folder)]
        if not any(_has_module(place, name.rpartition(".")[2]) for place in places):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader) or spec.origin is None:
            return None
        origin = os.path.abspath(spec.origin)
        inner = set(origin[len(self.folder) :].split(os.sep))
        if not origin.startswith(self.folder) or origin.startswith(PACKAGES) or inner & {"site-packages", "dist-packages"}:
            return None
        return spec_from_file_location(
            name, spec.origin, loader=_Loader(name, spec.origin), submodule_search_locations=spec.submodule_search_locations)


def _has_module(folder: str, name: str) -> bool:
    return any(os.path.exists(os.path.join(folder, inner)) for inner in (f"{name}.py", os.path.join(name, "__init__.py")))


def _import_sibling(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    """`import a` in a package means its own module a, if it has one."""
    package = (globals or {}).get("__package__")
    if level == 0 and package and not isinstance(globals.get("absolute_import"), __future__._Feature):
        first = name.partition(".")[0]
        if any(_has_module(folder, first) for folder in getattr(sys.modules.get(package), "__path__", ())):
            level = 1
    return builtins.__import__(name, globals, locals, fromlist, level)


# Tracebacks -----------------------------------------------------------------------------------------------------------
def _show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """sys.excepthook: frames of this package are left out, and those of imports, which Python leaves out where it loads a file itself."""
    chain: list[BaseException | None] = [error.__cause__, error.__context__]
    seen = {id(error)}
    while chain:
        one = chain.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = _theirs(one.__traceback__)
            chain += [one.__cause__, one.__context__]
    kept = error.__traceback__ = _theirs(traceback)
    sys.__excepthook__(kind, error, kept)


def _theirs(traceback: TracebackType | None) -> TracebackType | None:
    frames = []
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith((*OURS, "<frozen importlib._bootstrap")):
            frames.append(traceback)
        traceback = traceback.tb_next
    for one, following in zip(frames, [*frames[1:], None]):
        one.tb_next = following
    return frames[0] if frames else None
