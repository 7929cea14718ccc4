"""Switches of a program's own, in the words of `theano.configparser`: AddConfigVar puts one into `symgraph.config`.

    AddConfigVar("mine.depth", "how deep to go", IntParam(3, lambda depth: depth > 0))
    config.mine.depth        # 3, or what THEANO_FLAGS=mine.depth=5 says, or the section [mine] of ~/.theanorc
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

from symgraph.settings import sources
from symgraph.settings.switchboard import Settings, config
from symgraph.settings.table import TABLE

__all__ = [
    "THEANO_FLAGS", "AddConfigVar", "BoolParam", "ConfigParam", "EnumStr", "FloatParam", "IntParam", "StrParam", "TheanoConfigParser",
    "TheanoConfigWarning", "TypedParam", "change_flags", "config", "config_files_from_theanorc", "fetch_val_for_key", "get_config_hash",
    "parse_config_string",
]

TheanoConfigParser = Settings
change_flags = config.change_flags
THEANO_FLAGS = os.environ.get("THEANO_FLAGS", "")


class TheanoConfigWarning(Warning):
    """A class of warnings that programs filter by; ours are UserWarning."""


class ConfigParam:
    """What a switch accepts: `filter` takes a value from code, or a text from the environment, to the value that is kept, or raises.

    default: a value, or a function that gives it when it is first asked for. allow_override=False: it may not be set by the program.
    """

    def __init__(self, default: Any, filter: Callable[[Any], Any] | None = None, allow_override: bool = True) -> None:
        self.default, self.filter, self.allow_override = default, filter, allow_override
        self.fullname = ""
        self.doc = ""
        self.in_c_key = True
        self._declared = False

    def accept(self, value: Any) -> Any:
        """The value that is kept; what `filter` raises, and Exception for a switch that may not be set."""
        if self._declared and not self.allow_override:
            raise Exception(f"the setting {self.fullname} cannot be changed by the program: it was declared with allow_override=False")
        return value if self.filter is None else self.filter(value)

    def first(self) -> Any:
        """The default of a function, worked out once."""
        if not hasattr(self, "_first"):
            self._first = self.default() if self.filter is None else self.filter(self.default())
        return self._first

    def __str__(self) -> str:
        return f"{self.fullname} ({type(self).__name__})"


class EnumStr(ConfigParam):
    """One of several words; the first is the default. convert: a function that a value goes through before it is compared."""

    def __init__(self, default: str, *options: str, convert: Callable[[Any], Any] | None = None, allow_override: bool = True) -> None:
        self.all = (default, *options)
        for word in self.all:
            if not isinstance(word, str):
                raise ValueError(f"the values of an EnumStr are texts, got {word!r} of {type(word)}")

        def accepted(value: Any) -> Any:
            value = value if convert is None else convert(value)
            if value not in self.all:
                raise ValueError(f'Invalid value ("{value}") for configuration variable "{self.fullname}". Valid options are {self.all}')
            return value

        super().__init__(default, accepted, allow_override)


class TypedParam(ConfigParam):
    """A value of a type, which is called with whatever is given. is_valid: a function that says whether the value may be taken."""

    def __init__(self, default: Any, mytype: Callable[[Any], Any], is_valid: Callable[[Any], Any] | None = None, allow_override: bool = True) -> None:
        self.mytype = mytype

        def accepted(value: Any) -> Any:
            proper = mytype(value)
            if is_valid is not None and not is_valid(proper):
                raise ValueError(f'Invalid value ({value}) for configuration variable "{self.fullname}".')
            return proper

        super().__init__(default, accepted, allow_override)


def StrParam(default: Any, is_valid: Callable[[Any], Any] | None = None, allow_override: bool = True) -> TypedParam:
    """A text, taken as it is."""
    return TypedParam(default, str, is_valid, allow_override)


def IntParam(default: Any, is_valid: Callable[[Any], Any] | None = None, allow_override: bool = True) -> TypedParam:
    """An integer."""
    return TypedParam(default, int, is_valid, allow_override)


def FloatParam(default: Any, is_valid: Callable[[Any], Any] | None = None, allow_override: bool = True) -> TypedParam:
    """A float."""
    return TypedParam(default, float, is_valid, allow_override)


def BoolParam(default: Any, is_valid: Callable[[Any], Any] | None = None, allow_override: bool = True) -> TypedParam:
    """A bool: True, 'True', 'true', '1', 1 and their opposites."""

    def truth(value: Any) -> bool | None:
        return True if value in ("True", "true", "1", True) else False if value in ("False", "false", "0", False) else None

    return TypedParam(default, truth, is_valid or (lambda value: value is not None), allow_override)


def AddConfigVar(name: str, doc: str, configparam: ConfigParam, root: Any = config, in_c_key: bool = True) -> None:
    """A new switch ``config.<name>`` (``section.name`` lies in a section). Its value is what THEANO_FLAGS, SYMGRAPH_FLAGS or the user's files say,
    else the default of `configparam`. in_c_key: whether code compiled under another value of it is not to be used.

    Raises AttributeError if there is a switch of this name, TypeError for what is no ConfigParam, and what `configparam` raises for a value
    that may not be.

    >>> AddConfigVar('example.depth', 'how deep to go', IntParam(3, lambda depth: depth > 0))
    >>> config.example.depth = '5'
    >>> config.example.depth
    5
    """
    if not isinstance(configparam, ConfigParam):
        raise TypeError(f"the third argument of AddConfigVar is a ConfigParam, got {configparam!r} of {type(configparam)}")
    configparam.fullname, configparam.doc, configparam.in_c_key = name, doc, in_c_key
    root.declare(name, configparam.first if callable(configparam.default) else configparam.default, configparam.accept, doc, in_c_key)
    configparam._declared = True


class ConfigVariable:
    """A switch as an object, of which `theano.configparser._config_var_list` holds one for each: programs read and set it by these methods."""

    def __init__(self, fullname: str) -> None:
        self.fullname = fullname
        self.doc = TABLE[fullname].doc

    def __get__(self, section: Any, kind: Any = None) -> Any:
        return config._value(self.fullname)

    def __set__(self, section: Any, value: Any) -> None:
        config._keep([(self.fullname, config.checked(self.fullname, value))])

    def __repr__(self) -> str:
        return f"<setting {self.fullname}>"


def __getattr__(name: str) -> Any:
    if name == "_config_var_list":
        return [ConfigVariable(fullname) for fullname in TABLE]
    raise AttributeError(f"module {__name__} has no attribute {name!r}")


def fetch_val_for_key(key: str, delete_key: bool = False) -> str:
    """What the user's environment and files say of a switch, as text; KeyError if they say nothing. delete_key is accepted for Theano's sake."""
    for _, _, flags in reversed(list(sources.read(os.environ, TABLE))):
        if key in flags:
            return flags[key]
    raise KeyError(key)


def parse_config_string(config_string: str, issue_warnings: bool = True) -> dict[str, str]:
    """``"a=1,b.c=2"`` as a dictionary. issue_warnings is accepted for Theano's sake: a piece without a value always warns."""
    return sources.flags_of_text(config_string, "the text")


def config_files_from_theanorc() -> list[str]:
    """The files that are read as .theanorc: those that the variable THEANORC names, else ~/.theanorc; of these, those that exist."""
    return sources.files(os.environ, "THEANORC", ".theanorc")


def get_config_hash() -> str:
    """A digest of all switches that compiled code may depend on."""
    return hashlib.sha256(repr(config.code_key()).encode()).hexdigest()
