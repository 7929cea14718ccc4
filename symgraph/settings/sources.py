"""Where settings come from outside the code: two words of the environment and two ini files.

From strong to weak: SYMGRAPH_FLAGS, THEANO_FLAGS, ~/.symgraphrc, ~/.theanorc. The variables SYMGRAPHRC and THEANORC
name other files (several, separated as in PATH; later ones win).
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping

__all__ = ["files", "flags_of_text", "read"]

# What lies between commas; a comma inside quotes does not count, and a quote without its fellow is a letter.
_PIECE = r"""(?:[^,"']|"[^"]*"|'[^']*'|["'])+"""


def read(environ: Mapping[str, str], known: Mapping[str, object]) -> Iterator[tuple[str, bool, dict[str, str]]]:
    """The sources that say something, weak ones first: name, whether an unknown flag in it is worth a warning, flags.

    known: names of switches; in files case does not count.
    """
    # Theano never complained about what else stands in a .theanorc; and .symgraphrc is ours alone.
    for variable, default, strict in (("THEANORC", ".theanorc", False), ("SYMGRAPHRC", ".symgraphrc", True)):
        for path in files(environ, variable, default):
            yield path, strict, _flags_of_file(path, environ, known)
    for variable in ("THEANO_FLAGS", "SYMGRAPH_FLAGS"):
        text = environ.get(variable)
        if text:
            yield variable, True, flags_of_text(text, variable)


def flags_of_text(text: str, source: str) -> dict[str, str]:
    """``"device=cpu,floatX=float32"`` as a dict; of two values the later one holds. A name without value warns.

    >>> flags_of_text("floatX=float32, gcc.cxxflags='-O3,-g'", "")
    {'floatX': 'float32', 'gcc.cxxflags': '-O3,-g'}
    """
    flags: dict[str, str] = {}
    for piece in re.findall(_PIECE, text):
        name, equals, value = piece.strip().partition("=")
        name, value = name.strip(), value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if equals and name:
            flags[name] = value
        elif name or equals:
            warnings.warn(f"{source}: {piece.strip()!r} is not name=value and is ignored", UserWarning, stacklevel=2)
    return flags


def files(environ: Mapping[str, str], variable: str, default: str) -> list[str]:
    """The files of the user that exist: those that the variable names, else the one of this name in the home folder."""
    named = environ.get(variable)
    if named is not None:
        paths = [os.path.expanduser(path) for path in named.split(os.pathsep) if path]
    else:
        home = environ.get("HOME") or os.path.expanduser("~")
        paths = [os.path.join(home, default)]
        if os.name == "nt":
            paths.append(paths[0] + ".txt")
    return [path for path in paths if os.path.isfile(path)]


def _flags_of_file(path: str, environ: Mapping[str, str], known: Mapping[str, object]) -> dict[str, str]:
    """``[global]`` holds names without a dot, ``[scan]`` those that begin with ``scan.``, and so on."""
    import configparser  # 3 ms, and most users have no file

    # Theano lets a file say %(USER)s and a few more; a text with another % in it is taken as it stands.
    words = {name: environ[name] for name in ("USER", "LSCRATCH", "TMPDIR", "TEMP", "TMP") if name in environ}
    parser = configparser.ConfigParser({"PID": str(os.getpid()), **words}, default_section="\n")
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except OSError as error:
        warnings.warn(f"cannot read the settings in {path}: {error}", UserWarning, stacklevel=2)
        return {}
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not an ini file: {error}") from None
    flags = {}
    spelled = {name.lower(): name for name in known}
    inherited = parser.defaults()
    for section in parser.sections():
        for option in parser.options(section):
            if option in inherited:
                continue
            try:
                value = parser.get(section, option)
            except configparser.InterpolationError:
                value = parser.get(section, option, raw=True)
            name = option if section == "global" else f"{section}.{option}"
            flags[spelled.get(name.lower(), name)] = value
    return flags
