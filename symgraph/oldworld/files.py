"""What packages that read files took or gave: PyYAML before 6, h5py before 3."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

Report = Callable[[str], None]


def load_without_loader(now: Any, report: Report) -> Any:
    """yaml.load(stream): by the loader that makes Python's own types and calls nothing."""

    @wraps(now)
    def load(stream: Any, Loader: Any = None) -> Any:
        if Loader is None:
            report("without a loader: FullLoader")
            Loader = sys.modules["yaml"].FullLoader
        return now(stream, Loader)

    return load


def attributes_in_bytes(now: Any, report: Report) -> Any:
    """h5py's attributes: text that was written as bytes is read as bytes. The class is changed, for files hold it by its module."""
    read = now.__getitem__

    @wraps(read)
    def getitem(self: Any, name: Any) -> Any:
        value = read(self, name)
        kind = getattr(value, "dtype", None)
        if not isinstance(value, str) and (kind is None or kind.kind != "O"):
            return value
        h5py: Any = sys.modules["h5py"]
        stored = self.get_id(name).get_type()
        if not isinstance(stored, h5py.h5t.TypeStringID) or stored.get_cset() != h5py.h5t.CSET_ASCII:
            return value
        report("text that was written as bytes is bytes")
        if isinstance(value, str):
            return value.encode()
        for place, text in enumerate(value.flat):
            value.flat[place] = text.encode()
        return value

    now.__getitem__ = getitem
    return now
