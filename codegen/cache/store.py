"""Store: compiled code by its key, in memory and on disk.

On disk each entry is a file of its own, written aside and moved into its place, so that any number of processes may read and write one
folder without a lock. A file that is cut short, changed, of another format, key or owner is as good as absent: its code is made again and
the file replaced. Code is only loaded from files that nobody but this user (or the system's administrator) can have written.
"""

from __future__ import annotations

import os
import stat
import threading
import time
import warnings
from collections.abc import Callable
from zlib import crc32

from codegen.cache.entry import Entry, pack, unpack

__all__ = ["Entry", "Store"]

SUFFIX = ".entry"
ASIDE = ".tmp"
TRIM_SHARE = 0.75  # a trim goes down to this share of the limit, so that the next put does not trim again
TRIM_ODDS = 16  # one put in so many looks at the whole folder; beside them one after each sixteenth of the limit
FRESH = 3600.0  # seconds: an entry is marked as used at most so often; files left aside are removed after so long
_warned = False


class Store:
    """Entries under a directory of at most about `limit_bytes`, the `memory` used last also in memory.

    directory: '' keeps entries in memory only. Without a directory that can be written, the same: `warn` is told so, once a process
    (None: a RuntimeWarning).

    >>> store = Store("", 0)
    >>> store.get("0af3") is None
    True
    """

    def __init__(self, directory: str | os.PathLike[str], limit_bytes: int, memory: int = 256, warn: Callable[[str], None] | None = None) -> None:
        self.directory = os.fspath(directory)
        self.limit_bytes = limit_bytes
        self.memory = memory
        self.warn = warn
        self.entries: dict[str, Entry] = {}  # the one used last stands last
        self.lock = threading.Lock()
        self.writes = bool(self.directory) and limit_bytes > 0
        self.written = 0  # bytes since this process looked at the folder's size

    def get(self, key: str) -> Entry | None:
        """The entry put under this key, by whatever process; None if there is none that can be trusted."""
        with self.lock:
            entry = self.entries.pop(key, None)
            if entry is not None:
                self.entries[key] = entry
                return entry
        if not self.directory:
            return None
        content = read_owned(self.path(key))
        entry = None if content is None else unpack(key, content)
        if entry is not None:
            self.remember(key, entry)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keeps the entry. Raises TypeError or ValueError if it cannot be written as bytes; a disk that fails is no error."""
        self.remember(key, entry)
        if not self.writes:
            return
        content = pack(key, entry)
        if len(content) > self.limit_bytes:
            return
        try:
            self.write(key, content)
        except OSError as error:
            self.writes = False
            warn_once(self.directory, error, self.warn)
            return
        self.written += len(content)
        if self.written * TRIM_ODDS > self.limit_bytes or crc32(key.encode()) % TRIM_ODDS == 0:
            self.trim()

    def trim(self) -> None:
        """Removes the entries used longest ago if all together are beyond the limit, and what a process that died left behind."""
        self.written = 0
        old = time.time() - FRESH
        found: list[tuple[float, int, str]] = []
        try:
            with os.scandir(self.directory) as files:
                for file in files:
                    if not file.name.endswith((SUFFIX, ASIDE)):
                        continue
                    try:
                        about = file.stat(follow_symlinks=False)
                        if file.name.endswith(SUFFIX):
                            found.append((about.st_mtime, about.st_size, file.path))
                        elif about.st_mtime < old:
                            os.unlink(file.path)
                    except OSError:
                        continue  # another process was quicker
        except OSError:
            return
        total = sum(size for _, size, _ in found)
        if total <= self.limit_bytes:
            return
        for _, size, path in sorted(found):
            if total <= self.limit_bytes * TRIM_SHARE:
                break
            try:
                os.unlink(path)
            except OSError:
                continue
            total -= size

    def remember(self, key: str, entry: Entry) -> None:
        with self.lock:
            self.entries.pop(key, None)
            self.entries[key] = entry
            while len(self.entries) > max(1, self.memory):
                del self.entries[next(iter(self.entries))]

    def path(self, key: str) -> str:
        if not key.isalnum():
            raise ValueError(f"not a key: {key!r}")
        return os.path.join(self.directory, key + SUFFIX)

    def write(self, key: str, content: bytes) -> None:
        path = self.path(key)
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        aside = os.path.join(self.directory, f"{key}.{os.getpid()}.{os.urandom(6).hex()}{ASIDE}")
        try:
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
            os.replace(aside, path)
        except OSError:
            try:
                os.unlink(aside)
            except OSError:
                pass
            raise


def read_owned(path: str) -> bytes | None:
    """The bytes of a plain file that only this user or the administrator may write; marks it as used. None if there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # never waits, whatever lies there
    except OSError:
        return None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o022 or about.st_uid not in (0, os.getuid()):
        os.close(descriptor)
        return None
    with open(descriptor, "rb") as file:
        try:
            content = file.read()
        except OSError:
            return None
        if about.st_mtime < time.time() - FRESH:
            try:
                os.utime(descriptor)
            except OSError:
                pass  # the administrator's file: it counts as old
    return content


def warn_once(directory: str, error: OSError, warn: Callable[[str], None] | None) -> None:
    global _warned
    if not _warned:
        _warned = True
        message = f"compiled code is not kept on disk: {directory}: {error.strerror or error}"
        if warn is None:
            warnings.warn(message, RuntimeWarning, stacklevel=4)
        else:
            warn(message)
