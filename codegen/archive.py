"""Several object files in one, as `ar` keeps them: code that was compiled in parts is stored and linked as a whole.

Source of the format: `ar(5)`; a member is a head of 60 bytes in text and its content, padded to an even length.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["members", "packed"]

MAGIC = b"!<arch>\n"
HEAD = 60
SIZE = slice(48, 58)


def packed(objects: Sequence[bytes]) -> bytes:
    """The archive of these files, named part0.o, part1.o, ...; one alone stays as it is.

    >>> packed([b"one"]), members(packed([b"one", b"three"]))
    (b'one', [b'one', b'three'])
    """
    if len(objects) == 1:
        return objects[0]
    parts = [MAGIC]
    for k, content in enumerate(objects):
        parts += [f"{f'part{k}.o/':<16}{0:<12}{0:<6}{0:<6}{'644':<8}{len(content):<10}`\n".encode(), content, b"\n" * (len(content) % 2)]
    return b"".join(parts)


def members(content: bytes) -> list[bytes]:
    """The files of an archive, or the one file that it is. Raises ValueError for an archive that is cut off."""
    if not content.startswith(MAGIC):
        return [content]
    found, at = [], len(MAGIC)
    while at < len(content):
        size = int(content[at:at + HEAD][SIZE])
        at += HEAD
        if at + size > len(content):
            raise ValueError("the archive ends within a file")
        found.append(content[at:at + size])
        at += size + size % 2
    return found
