"""Every switch once. `config` is the one object that holds them, `symgraph.config` to a user.

table: the switches as data; values: what a switch accepts; sources: the environment and the files of the user;
switchboard: the object and `change_flags`.
"""

from symgraph.settings.switchboard import ChangeFlags, Section, Settings, config

__all__ = ["ChangeFlags", "Section", "Settings", "config"]
