"""``python -m symgraph run SCRIPT``: programs written for Theano, as they are.

This file is loaded first of all of symgraph, and the process becomes the program at once if Python was started with ``-m symgraph run``: loading
the rest, which the program loads again if it needs it, took longer than all else. It imports nothing that Python has not loaded anyway.

The program runs under Python itself, started again with `symgraph/theano/startup` on its path; so arguments, standard streams, exit
status, signals, tracebacks, ``__name__``, ``__file__`` and ``sys.path`` are Python's own.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from zipimport import ZipImportError, zipimporter

__all__ = ["main"]

STARTUP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "theano", "startup")
USAGE = """usage: python -m symgraph run [OPTIONS] [--] SCRIPT [ARGUMENTS]
       python -m symgraph run [OPTIONS] -m MODULE [ARGUMENTS]
       python -m symgraph run [OPTIONS] -c CODE [ARGUMENTS]

Runs a program in which `import theano` means symgraph. All else is as with python itself, but for:

  --old-world  supplies what Python, numpy and scipy had in 2015 to 2018: np.float, collections.Iterable, scipy.misc.imread ...
  --python2    compiles the program, and the modules beside it, as Python 2 (print, xrange, cPickle, has_key, 1/2 == 0 ...), with the
               old world; needs the package fissix: python -m pip install 'symgraph[old]'
  -v           says each substitution on standard error"""
OPTIONS = {"--old-world": "old-world", "--python2": "python2", "-v": "verbose"}


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; the exit status where no program takes over: 0 after help, 2 if the line was not understood."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] in (["-h"], ["--help"]) or words[1:2] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if words[:1] != ["run"]:
        return _refuse(f"no command is named {words[0]!r}; there is `run`" if words else "a command is missing; there is `run`")
    rest = words[1:]
    chosen = set()
    while rest and rest[0] in OPTIONS:
        chosen.add(OPTIONS[rest.pop(0)])
    if rest[:1] == ["--"]:
        rest = rest[1:]
    elif rest[:1] in (["-m"], ["-c"]):
        if len(rest) < 2:
            return _refuse(f"{rest[0]} needs {'a module' if rest[0] == '-m' else 'code'} behind it")
    elif rest and rest[0].startswith("-") and rest[0] != "-":
        return _refuse(f"{rest[0]} is not an option of `run`; those of Python go before `-m symgraph`")
    if not rest:
        return _refuse("a script, -m MODULE or -c CODE is missing")
    if sys.flags.ignore_environment or sys.flags.isolated or sys.flags.no_site:
        return _refuse("Python's options -E, -I and -S leave out PYTHONPATH, or what is loaded from there, by which a program finds theano")
    variables = {"SYMGRAPH_OLD_WORLD": " ".join(sorted(chosen)) if chosen - {"verbose"} else ""}
    if "python2" in chosen:
        if find_spec("fissix") is None:
            return _refuse("--python2 needs the package fissix: python -m pip install 'symgraph[old]'")
        if _is_zip(rest[0]):
            return _refuse(f"--python2 does not look into zip files; unpack {rest[0]} and run the folder")
        variables["SYMGRAPH_PYTHON2_FOLDER"] = _own_folder(rest[0])
        if rest[0] in ("-c", "-") or (os.path.isfile(rest[0]) and os.access(rest[0], os.R_OK)):  # python itself would compile these, as Python 3
            rest = [os.path.join(STARTUP, "python2.py"), *rest]
    return _replace([sys.executable, *_options_of_python(), *rest], variables)


def _options_of_python() -> list[str]:
    """Those that this process was started with, as they were written, if it was started by `-m symgraph`: some (-u, -i) leave no other trace."""
    before = _words_before()
    if before[-2:] == ["-m", "symgraph"]:
        return before[:-2]
    import subprocess

    return subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]


def _is_zip(path: str) -> bool:
    try:
        zipimporter(path)
    except ZipImportError:
        return False
    return True


def _words_before() -> list[str]:
    """What stood between `python` and the arguments."""
    return sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]


def _own_folder(program: str) -> str:
    """The folder whose modules belong to the program."""
    if os.path.isdir(program):
        return os.path.abspath(program)
    return os.path.dirname(os.path.realpath(program)) if os.path.isfile(program) else os.getcwd()


def _replace(command: list[str], variables: dict[str, str]) -> int:
    """This process becomes the command, with the folder of `sitecustomize.py` on its path."""
    path = os.environ.get("PYTHONPATH")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([STARTUP, *([path] if path else [])])} | variables
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # there a new process would not wait for the old one's console
        import subprocess

        return subprocess.call(command, env=environment)
    os.execve(command[0], command, environment)


def _refuse(message: str) -> int:
    print(f"symgraph: {message}\n\n{USAGE}", file=sys.stderr)
    return 2


# While Python looks for the module to run, sys.argv[0] is "-m"; here it has come as far as the package.
if sys.argv[:2] == ["-m", "run"] and _words_before()[-2:] == ["-m", "symgraph"]:
    sys.exit(main())
