"""Entry: what is kept of a compiled Program, and its bytes.

The bytes are: a head of fixed length (`HEAD`), the key, a description in JSON, the constants as .npy files, the object. The head holds a
checksum of all the rest. Nothing in it is pickled: reading an entry runs no code, and what does not fit to the last byte is no entry.
"""

from __future__ import annotations

import io
import json
from hashlib import blake2b
from struct import Struct
from typing import Any

import numpy as np

from codegen.layout import CallbackType, Failure, Layout
from codegen.program import ArrayType
from codegen.record import field, record

__all__ = ["Entry", "layout_from", "layout_to", "pack", "unpack"]

MAGIC = b"codegen\x1a"
FORMAT = 2  # goes up with every change of what follows here
HEAD = Struct("<8sIIQQQ32s")  # magic, format, length of the key, of the description, of the constants, of the object, checksum
CHECKED = HEAD.size - 32


@record()
class Entry:
    """object: object code; layout: what it wants of its caller; extra: what else the caller keeps with it, as JSON can say it.

    An Entry that came out of a Store is shared: it must not be changed.
    """

    object: bytes
    layout: Layout
    extra: dict[str, Any] = field(default_factory=dict)


def pack(key: str, entry: Entry) -> bytes:
    """The bytes of an entry. Raises TypeError if `extra` holds what JSON cannot say, ValueError for a constant of Python objects."""
    arrays = [npy(array) for array in entry.layout.constants]
    about = {"layout": layout_to(entry.layout), "extra": entry.extra, "constants": [len(array) for array in arrays]}
    name, description, constants = key.encode(), json.dumps(about, separators=(",", ":")).encode(), b"".join(arrays)
    head = HEAD.pack(MAGIC, FORMAT, len(name), len(description), len(constants), len(entry.object), b"")[:CHECKED]
    body = b"".join((name, description, constants, entry.object))
    return head + checksum(head, body) + body


def unpack(key: str, content: bytes) -> Entry | None:
    """The entry of these bytes; None unless they are an entry of this key, whole and in this format."""
    if len(content) < HEAD.size:
        return None
    magic, format, name, description, constants, size, check = HEAD.unpack_from(content)
    if magic != MAGIC or format != FORMAT or HEAD.size + name + description + constants + size != len(content):
        return None
    body = memoryview(content)[HEAD.size:]
    if checksum(content[:CHECKED], body) != check or bytes(body[:name]) != key.encode():
        return None
    about = json.loads(bytes(body[name:name + description]))
    layout = layout_from(about["layout"])
    place = name + description
    for length in about["constants"]:
        layout.constants.append(np.load(io.BytesIO(body[place:place + length]), allow_pickle=False))
        place += length
    return Entry(bytes(body[place:]), layout, about["extra"])


def checksum(head: bytes, body: bytes | memoryview) -> bytes:
    digest = blake2b(head, digest_size=32)
    digest.update(body)
    return digest.digest()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array), allow_pickle=False)
    return file.getvalue()


def layout_to(layout: Layout) -> dict[str, Any]:
    """A Layout without its constants as what JSON can say."""
    return {
        "entry": layout.entry,
        "arguments": types_to(layout.arguments),
        "results": types_to(layout.results),
        "failures": [[f.where, f.error, f.message, f.loops] for f in layout.failures],
        "callbacks": [[c.where, types_to(c.inputs), types_to(c.outputs), c.loops] for c in layout.callbacks],
        "scratches": layout.scratches,
        "libraries": list(layout.libraries),
        "takes": list(layout.takes.items()),
        "work": layout.work,
    }


def layout_from(about: dict[str, Any]) -> Layout:
    """The Layout that `layout_to` described, still without its constants."""
    return Layout(
        entry=about["entry"],
        arguments=types_from(about["arguments"]),
        results=types_from(about["results"]),
        failures=[Failure(where, error, message, tuple(loops)) for where, error, message, loops in about["failures"]],
        callbacks=[CallbackType(w, tuple(types_from(i)), tuple(types_from(o)), tuple(loops)) for w, i, o, loops in about["callbacks"]],
        scratches=about["scratches"],
        libraries=about["libraries"],
        takes=dict(about["takes"]),
        work=about["work"],
    )


def types_to(types: Any) -> list[Any]:
    return [[t.dtype, list(t.shape)] for t in types]


def types_from(types: list[Any]) -> list[ArrayType]:
    return [ArrayType(dtype, tuple(shape)) for dtype, shape in types]
