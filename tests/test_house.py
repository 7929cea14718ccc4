"""The rules of the house, read off the files: who may import whom, how long a file is, what it is called, what it says.

The tables at the top are the rules; docs/architecture.md gives the reasons. Each check takes a tree of files and
returns what is wrong with it, so the second half of this file shows that each of them can fail.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

# From the ground up: a unit (a file or folder of the package; "" is its __init__) may import itself and what stands in
# a row above its own. Units of one row do not know each other.
LAYERS: dict[str, list[list[str]]] = {
    "symgraph": [
        ["settings", "late", "launch", "oldworld"],
        ["source"],
        ["errors"],
        ["expr"],
        ["ops", "graph"],
        ["loops", "printing"],
        ["batching", "syntax"],
        ["passes"],
        ["compile"],
        ["gradient"],
        ["tensor", "sparse", "scan_module", "ifelse", "archive", "typed_list"],
        ["random"],
        [""],
        ["nn", "optim", "train", "keras"],
        ["theano"],
        ["__main__"],
    ],
    "codegen": [
        ["errors"],
        ["record"],
        ["rules"],
        ["program"],
        ["layout", "archive"],
        ["loopir"],
        ["lower", "opt", "targets"],
        ["cache", "runtime"],
        ["stations"],
        ["compile"],
        [""],
    ],
}

DOOR = "symgraph.compile.handoff"  # the only file of symgraph that imports codegen

# A file of symgraph/ops imports these of symgraph, and its own family; an op is never built on another op's file.
OPS_MAY_IMPORT = (
    "symgraph.expr",
    "symgraph.settings",
    "symgraph.errors",
    "symgraph.source",
    "symgraph.ops.elementwise",
)
WHERE_OPS_MEET = ("symgraph.ops", "symgraph.ops.methods", "symgraph.ops.further")

# May be imported inside a function: optional, or too slow to load before it is needed.
SLOW = {
    *("networkx", "llvmlite", "scipy", "opt_einsum"),
    *("pycuda", "rich", "safetensors", "yaml"),
    *("configparser", "difflib", "shutil", "subprocess", "tempfile", "webbrowser", "cProfile"),
}
ONLY_COMPILING = "symgraph.graph.graph"  # whatever loads this, with all the passes, is slow too, and a warm start goes without
# Files of ours that a warm start, or `import symgraph`, shall not load; the one file that loads each does it in a function.
LATE = {
    "codegen.stations": "codegen.compile", "symgraph.compile.native": "symgraph.compile.function",
    "symgraph.compile.checking": "symgraph.compile.named",
    "symgraph.ops.further": "symgraph.ops.methods", "symgraph.ops.sparse.methods": "symgraph.ops.methods",
    "symgraph.tensor.further": "symgraph.tensor", "symgraph.gradient.control": "symgraph.gradient.reverse",
}
NOT_LOADED_BY_IMPORT_SYMGRAPH = {"networkx", "llvmlite", "scipy", "opt_einsum", "pycuda", "rich"}

LONGEST_FILE = 450
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "basic", "core", "misc", "common"}
NAMES_OF_THEANO = "symgraph/theano/"  # its module tree is given

# No letter of these patterns must match the pattern's own text.
MACHINE_PATH = re.compile(r"/(?:home|Users|root|work|tmp)/\w|[A-Z]:\\+(?:Users|home)")
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b")

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("symgraph", "codegen", "tests", "examples", "benchmarks", "docs", ".ci")
TEXTS = {".py", ".md", ".toml", ".ll", ".c", ".h", ".html", ".yaml", ".txt", ""}

Tree = dict[str, str]  # the text of each file by its path, with / between folders


def _read_tree() -> Tree:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found += [path for path in ROOT.iterdir() if path.suffix in (".md", ".toml")]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(found)
        if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts
    }


# --- Reading imports ---


class Import(NamedTuple):
    target: str  # the module whose code is run: symgraph.expr.op, numpy
    line: int
    kind: str  # "top", "function", or "typing": only the type checker reads it


class Module(NamedTuple):
    path: str
    tree: ast.Module
    imports: list[Import]


def modules_of(tree: Tree) -> dict[str, Module]:
    """The modules of the two packages by name, each with what it imports."""
    paths = {_module_name(path): path for path in tree if path.endswith(".py") and path.split("/")[0] in LAYERS}
    modules = {}
    for name, path in paths.items():
        parsed, statements = _parsed(path, tree[path])
        package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
        found = [one for node, kind in statements for one in _targets(node, kind, package, paths)]
        modules[name] = Module(path, parsed, found)
    return modules


@cache
def _parsed(path: str, text: str) -> tuple[ast.Module, list[tuple[ast.AST, str]]]:
    """A file's tree, and its imports with the kind of each: all checks read the same."""
    parsed = ast.parse(text, path)
    return parsed, [(node, kind) for node, kind in _statements(parsed, "top") if isinstance(node, (ast.Import, ast.ImportFrom))]


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _statements(node: ast.AST, kind: str) -> Iterator[tuple[ast.AST, str]]:
    """Every node under this one with the kind of import that it would be."""
    for child in ast.iter_child_nodes(node):
        below = kind
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            below = "function"
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            below = "typing"
        yield child, kind
        yield from _statements(child, below)


def _targets(node: ast.AST, kind: str, package: str, paths: dict[str, str]) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, kind)
    elif isinstance(node, ast.ImportFrom):
        source = node.module or ""
        if node.level:
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join([*parents, source] if source else parents)
        # `from a import b` runs a.b if that is a module, else a; the packages above run too, which makes no circle.
        for alias in node.names:
            inner = f"{source}.{alias.name}"
            yield Import(inner if inner in paths else source, node.lineno, kind)


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


# --- The checks ---


def wrong_direction(tree: Tree) -> list[str]:
    """Imports against the layers, past the door, or of files that do not exist."""
    modules = modules_of(tree)
    wrong = []
    for name, module in modules.items():
        storey, unit = _unit(name)
        if _height(storey, unit) is None:
            wrong.append(f"{module.path}: {unit} has no place in the layers of {storey}")
            continue
        for target, line, _ in module.imports:
            if not _within(target, tuple(LAYERS)):
                continue
            where = f"{module.path}:{line} imports {target}"
            other_storey, other_unit = _unit(target)
            if other_storey != storey:
                if name != DOOR:
                    wrong.append(f"{where}: only {DOOR} goes through the door")
            elif target not in modules:
                wrong.append(f"{where}: there is no such file")
            elif other_unit != unit:
                here, there = _height(storey, unit), _height(storey, other_unit)
                if here is None or there is None or there >= here:
                    wrong.append(f"{where}: {other_unit or '__init__'} does not lie below {unit or '__init__'}")
    return wrong


def _unit(module: str) -> tuple[str, str]:
    storey, _, rest = module.partition(".")
    return storey, rest.partition(".")[0]


def _height(storey: str, unit: str) -> int | None:
    return next((height for height, row in enumerate(LAYERS[storey]) if unit in row), None)


def wrong_ops(tree: Tree) -> list[str]:
    """Op files that know another op."""
    wrong = []
    for name, module in modules_of(tree).items():
        if not name.startswith("symgraph.ops.") or name in WHERE_OPS_MEET:
            continue
        family = ".".join(name.split(".")[:3])
        for target, line, _ in module.imports:
            if target.partition(".")[0] == "symgraph" and not _within(target, (*OPS_MAY_IMPORT, family)):
                wrong.append(f"{module.path}:{line} imports {target}: an op file imports expr/ and elementwise")
    return wrong


def imports_in_functions(tree: Tree) -> list[str]:
    """Imports inside functions that are neither of a slow package nor of a file of ours that loads one."""
    modules = modules_of(tree)
    return [
        f"{module.path}:{line} imports {target} inside a function"
        for name, module in modules.items()
        for target, line, kind in module.imports
        if kind == "function" and not _loads_slow(target, modules) and LATE.get(target) != name
    ]


def _loads_slow(target: str, modules: dict[str, Module]) -> bool:
    seen, stack = set(), [target]
    while stack:
        name = stack.pop()
        if name.partition(".")[0] in SLOW or name == ONLY_COMPILING:
            return True
        if name in modules and name not in seen:
            seen.add(name)
            stack += [one.target for one in modules[name].imports if one.kind == "top"]
    return False


def circles(tree: Tree) -> list[str]:
    """Files that import each other in a ring when they are loaded."""
    modules = modules_of(tree)
    needs = {
        name: sorted({one.target for one in module.imports if one.kind == "top" and one.target in modules} - {name})
        for name, module in modules.items()
    }
    while True:  # take away what needs nothing that is left, until nothing can be taken
        free = [name for name, needed in needs.items() if not any(other in needs for other in needed)]
        if not free:
            break
        for name in free:
            del needs[name]
    return [
        f"{name} and {other} lie on a circle of imports"
        for name, needed in needs.items()
        for other in needed
        if other in needs
    ]


def long_files(tree: Tree) -> list[str]:
    """Python files that one cannot hold in the head."""
    lengths = {path: text.count("\n") for path, text in tree.items() if path.endswith(".py")}
    return [f"{path} has {length} lines" for path, length in lengths.items() if length > LONGEST_FILE]


def empty_names(tree: Tree) -> list[str]:
    """Files and folders whose names say nothing."""
    return [
        f"{path}: a name that says nothing"
        for path in tree
        if not path.startswith(NAMES_OF_THEANO)
        and any(PurePosixPath(part).stem.strip("_") in EMPTY_NAMES for part in path.split("/"))
    ]


def equal_names(tree: Tree) -> list[str]:
    """Files of tests that pytest would take for each other: their folders are no packages."""
    first: dict[str, str] = {}
    files = [path for path in tree if path.startswith("tests/") and path.endswith(".py") and not path.endswith("conftest.py")]
    return [f"{path} has the name of {first[PurePosixPath(path).name]}" for path in files if first.setdefault(PurePosixPath(path).name, path) != path]


def unwanted_words(tree: Tree) -> list[str]:
    """Paths of a machine, and notes about what is not done."""
    return [
        f"{path}:{number}: {found.group()}"
        for path, text in tree.items()
        for number, line in enumerate(text.split("\n"), 1)
        for found in (MACHINE_PATH.search(line), UNFINISHED.search(line))
        if found
    ]


def swallowed_errors(tree: Tree) -> list[str]:
    """Handlers that catch every error and do nothing."""
    wrong = []
    for module in modules_of(tree).values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and all(isinstance(one, ast.Pass) for one in node.body):
                if node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"):
                    wrong.append(f"{module.path}:{node.lineno} swallows every error")
    return wrong


def missing_words(tree: Tree) -> list[str]:
    """Files that are not empty, and public functions and classes at their top, that do not say what they are."""
    wrong = []
    for module in modules_of(tree).values():
        if module.tree.body and ast.get_docstring(module.tree) is None:
            wrong.append(f"{module.path} does not say what it is")
        public = _names_in_all(module.tree)
        for node in module.tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is None:
                if node.name in public if public is not None else not node.name.startswith("_"):
                    wrong.append(f"{module.path}:{node.lineno} {node.name} has no docstring")
    return wrong


def _names_in_all(tree: ast.Module) -> set[str] | None:
    """The names in __all__; None if there is no such list, or none that can be read."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            if isinstance(node.value, (ast.List, ast.Tuple)):
                return {str(one.value) for one in node.value.elts if isinstance(one, ast.Constant)}
    return None


CHECKS: list[Callable[[Tree], list[str]]] = [
    wrong_direction,
    wrong_ops,
    imports_in_functions,
    circles,
    long_files,
    empty_names,
    equal_names,
    unwanted_words,
    swallowed_errors,
    missing_words,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_house(check: Callable[[Tree], list[str]]) -> None:
    wrong = check(_read_tree())
    assert not wrong, f"{check.__doc__}\n" + "\n".join(wrong)


@pytest.mark.parametrize("package", sorted(LAYERS))
def test_import_loads_no_slow_package(package: str) -> None:
    program = f"import sys, {package}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not NOT_LOADED_BY_IMPORT_SYMGRAPH & set(run.stdout.split())


# --- Each check can fail ---

SOUND: Tree = {
    "symgraph/__init__.py": '"""Face."""\nfrom symgraph.compile.function import function\n',
    "symgraph/settings.py": '"""Settings."""\n',
    "symgraph/expr/__init__.py": '"""Expressions."""\n',
    "symgraph/expr/op.py": '"""Op."""\nfrom symgraph import settings\n',
    "symgraph/ops/__init__.py": '"""Ops."""\n',
    "symgraph/ops/elementwise.py": '"""Pattern."""\nfrom symgraph.expr import op\n',
    "symgraph/ops/unary.py": '"""Unary."""\nimport numpy\nfrom .elementwise import row\n',
    "symgraph/ops/methods.py": '"""Methods."""\nfrom symgraph.ops import unary\n',
    "symgraph/graph.py": '"""Graph."""\nimport networkx\n',
    "symgraph/compile/__init__.py": '"""Compile."""\n',
    "symgraph/compile/handoff.py": '"""Door."""\nimport codegen\nfrom codegen.program import Program\n',
    "symgraph/compile/function.py": '"""Function."""\ndef function():\n    """F."""\n    from symgraph import graph\n',
    "codegen/__init__.py": '"""Face."""\n',
    "codegen/program.py": '"""Program."""\nimport numpy\n',
    "tests/test_sound.py": '"""Tests."""\n',
    "README.md": "# symgraph\n",
}


def test_a_sound_tree_passes() -> None:
    assert [wrong for check in CHECKS for wrong in check(SOUND)] == []


@pytest.mark.parametrize(
    ("check", "path", "text", "says"),
    [
        (wrong_direction, "symgraph/expr/a.py", "from symgraph.ops import unary", "ops does not lie below expr"),
        (wrong_direction, "symgraph/expr/a.py", "from ..ops.unary import x", "ops does not lie below expr"),
        (wrong_direction, "symgraph/ops/a.py", "def f():\n    import symgraph.graph", "graph does not lie below ops"),
        (wrong_direction, "symgraph/compile/a.py", "import symgraph", "__init__ does not lie below compile"),
        (wrong_direction, "symgraph/compile/a.py", "from symgraph import function", "__init__ does not lie below"),
        (wrong_direction, "symgraph/compile/a.py", "from codegen import rules", "goes through the door"),
        (wrong_direction, "symgraph/ops/a.py", "if TYPE_CHECKING:\n    import codegen", "goes through the door"),
        (wrong_direction, "codegen/program.py", "from symgraph.expr import op", "goes through the door"),
        (wrong_direction, "codegen/program.py", "import codegen.loopir", "there is no such file"),
        (wrong_direction, "symgraph/attic.py", "", "attic has no place in the layers"),
        (wrong_ops, "symgraph/ops/a.py", "from symgraph.ops.unary import exp", "an op file imports expr/"),
        (wrong_ops, "symgraph/ops/a.py", "from symgraph.ops import methods", "an op file imports expr/"),
        (wrong_ops, "symgraph/ops/family/a.py", "from symgraph.ops.unary import exp", "an op file imports expr/"),
        (imports_in_functions, "symgraph/compile/a.py", "def f():\n    import json", "json inside a function"),
        (
            imports_in_functions,
            "symgraph/compile/a.py",
            "def f():\n    from symgraph.expr import op",
            "inside a function",
        ),
        (
            imports_in_functions,
            "symgraph/ops/a.py",
            "class A:\n    def f(self):\n        import json",
            "inside a function",
        ),
        (circles, "symgraph/settings.py", "import symgraph.expr.op", "lie on a circle"),
        (long_files, "tests/test_a.py", "x = 1\n" * 451, "has 451 lines"),
        (empty_names, "codegen/lower/utils.py", "", "says nothing"),
        (empty_names, "symgraph/core/a.py", "", "says nothing"),
        (equal_names, "tests/ops/test_sound.py", "", "has the name of tests/test_sound.py"),
        (unwanted_words, "docs/a.md", "see /ho" + "me/someone/x", ":1: /ho"),
        (unwanted_words, "codegen/a.py", "x = 1\n# TO" + "DO: more", ":2: TO"),
        (swallowed_errors, "codegen/a.py", "try:\n    x\nexcept Exception:\n    pass", "swallows every error"),
        (swallowed_errors, "codegen/a.py", "try:\n    x\nexcept:\n    pass", "swallows every error"),
        (missing_words, "codegen/a.py", "x = 1", "does not say what it is"),
        (missing_words, "codegen/a.py", '"""A."""\ndef f(): ...', "f has no docstring"),
        (missing_words, "codegen/a.py", '"""A."""\n__all__ = ["_f"]\ndef _f(): ...', "_f has no docstring"),
    ],
)
def test_each_check_can_fail(check: Callable[[Tree], list[str]], path: str, text: str, says: str) -> None:
    assert any(says in wrong for wrong in check({**SOUND, path: text}))


def test_what_is_allowed() -> None:
    allowed = {
        "symgraph/ops/family/__init__.py": '"""A family of ops in a folder."""\n',
        "symgraph/ops/family/a.py": '"""A."""\nfrom symgraph.ops.family.b import b\nfrom . import b\n',
        "symgraph/ops/family/b.py": '"""B."""\ntry:\n    x\nexcept KeyError:\n    pass\ndef _f():\n    import scipy\n',
        "symgraph/expr/variable.py": '"""V."""\nif TYPE_CHECKING:\n    from symgraph.expr.op import Op\n',
        "symgraph/expr/op.py": '"""Op."""\nfrom symgraph.expr.variable import Variable\n',
        "symgraph/theano/tensor/basic.py": '"""Names of Theano."""\nfrom symgraph import function\n',
    }
    assert [wrong for check in CHECKS for wrong in check({**SOUND, **allowed})] == []
