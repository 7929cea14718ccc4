"""The store: what is put comes back, and nothing else ever does."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from codegen.cache import entry as entries
from codegen.cache import store as stores
from codegen.cache.entry import Entry, pack, unpack
from codegen.cache.store import Store
from codegen.layout import CallbackType, Failure, Layout
from codegen.program import ArrayType

KEY = "0123456789abcdef"


def example(size: int = 40, entry: str = "entry") -> Entry:
    layout = Layout(
        entry=entry,
        arguments=[ArrayType("float64", (None, 3)), ArrayType("bool", ())],
        results=[ArrayType("complex64", (2,))],
        constants=[np.arange(6.0).reshape(2, 3), np.array(True), np.zeros((0, 2), "float16"), np.asfortranarray(np.eye(2, 3) * 1j)],
        failures=[Failure(4, "ValueError", "sizes {} and {} differ"), Failure(-1, "IndexError", "ö")],
        callbacks=[CallbackType(3, (ArrayType("int8", (None,)),), ())],
        scratches=2,
        libraries=["dgemm"],
        work=12,
    )
    return Entry(bytes(range(256)) * size, layout, {"plan": [1, "two", None, 2.5]})


def same(a: Entry, b: Entry) -> None:
    assert a.object == b.object and a.extra == b.extra
    for x, y in zip(a.layout.constants, b.layout.constants, strict=True):
        assert x.dtype == y.dtype and x.shape == y.shape and np.array_equal(x, y) and y.flags.c_contiguous
    for name in ("entry", "arguments", "results", "failures", "callbacks", "scratches", "libraries", "work"):
        assert getattr(a.layout, name) == getattr(b.layout, name), name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folder"


def test_comes_back_from_memory_and_from_disk(folder: Path) -> None:
    store = Store(folder, 1 << 20)
    assert store.get(KEY) is None
    put = example()
    store.put(KEY, put)
    assert store.get(KEY) is put
    read = Store(folder, 1 << 20).get(KEY)
    assert read is not None
    same(put, read)
    assert [p.name for p in folder.iterdir()] == [f"{KEY}.entry"]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_one_changed_byte_anywhere_is_no_entry() -> None:
    content = pack(KEY, example(1))
    assert unpack(KEY, content) is not None
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x10
        assert unpack(KEY, bytes(changed)) is None, place


def test_cut_and_longer_files_are_no_entries() -> None:
    content = pack(KEY, example(1))
    assert all(unpack(KEY, content[:length]) is None for length in range(len(content)))
    assert unpack(KEY, content + b"\0") is None


def test_another_key_or_format_is_no_entry(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(folder, 1 << 20).put(KEY, example())
    os.rename(folder / f"{KEY}.entry", folder / "ffff.entry")
    assert Store(folder, 1 << 20).get("ffff") is None
    content = pack(KEY, example())
    monkeypatch.setattr(entries, "FORMAT", entries.FORMAT + 1)
    assert unpack(KEY, content) is None


@pytest.mark.parametrize("damage", ["cut", "empty", "writable", "owner", "folder", "link", "pipe"])
def test_what_cannot_be_trusted_is_made_again(folder: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(folder, 1 << 20).put(KEY, example())
    path = folder / f"{KEY}.entry"
    assert Store(folder, 1 << 20).get(KEY) is not None
    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-3])
        case "empty":
            path.write_bytes(b"")
        case "writable":
            path.chmod(0o666)
        case "owner":
            mine = path.stat().st_uid
            if mine == 0:
                os.chown(path, 12345, 12345)
            else:
                monkeypatch.setattr(os, "getuid", lambda: mine + 1)
        case "folder":
            path.unlink()
            path.mkdir()
        case "link":
            os.rename(path, folder / "elsewhere")
            path.symlink_to(folder / "elsewhere")
        case "pipe":
            path.unlink()
            os.mkfifo(path)
    assert Store(folder, 1 << 20).get(KEY) is None
    if damage == "folder":
        path.rmdir()
    monkeypatch.undo()
    Store(folder, 1 << 20).put(KEY, example())
    assert Store(folder, 1 << 20).get(KEY) is not None


def test_a_directory_that_cannot_be_written_costs_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_warned", False)
    (tmp_path / "file").write_text("no folder")
    store = Store(tmp_path / "file" / "below", 1 << 20)
    with pytest.warns(RuntimeWarning, match="not kept on disk"):
        store.put(KEY, example())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.put("ab", example())
        Store(tmp_path / "file", 1 << 20).put(KEY, example())
    assert store.get(KEY) is not None and store.get("ab") is not None and store.get("cd") is None


def test_without_a_directory_memory_alone() -> None:
    store = Store("", 1 << 20, memory=2)
    for key in ("a", "b", "c"):
        store.put(key, example(entry=key))
        store.get("a")
    kept = [key for key in ("a", "b", "c") if store.get(key) is not None]
    assert kept == ["a", "c"]


def test_entries_used_longest_ago_go_first(folder: Path) -> None:
    one = len(pack("k10", example()))
    store = Store(folder, 10 * one + one // 2)
    for k in range(10, 20):
        store.put(f"k{k}", example())
        os.utime(folder / f"k{k}.entry", (1000.0 + k, 1000.0 + k))
    assert Store(folder, 1 << 30).get("k10") is not None  # used: now it is the newest
    (folder / "foreign.txt").write_text("stays")
    (folder / "left.tmp").write_text("left by a process that died")
    os.utime(folder / "left.tmp", (1.0, 1.0))
    store.put("k20", example())
    store.trim()
    names = {p.stem for p in folder.glob("*.entry")}
    assert {"k10", "k19", "k20"} <= names and "k11" not in names and len(names) * one <= store.limit_bytes
    assert sorted(p.name for p in folder.iterdir() if p.suffix != ".entry") == ["foreign.txt"]


def test_puts_alone_keep_the_folder_near_its_limit(folder: Path) -> None:
    one = len(pack("k100", example()))
    store = Store(folder, 20 * one)
    for k in range(100, 200):
        store.put(f"k{k}", example())
    assert 10 <= len(list(folder.iterdir())) <= 23


def test_larger_than_the_limit_is_not_written(folder: Path) -> None:
    store = Store(folder, 100)
    store.put(KEY, example())
    assert store.get(KEY) is not None and not folder.exists()


def test_what_json_cannot_say_and_keys_that_are_no_names_are_refused(folder: Path) -> None:
    store = Store(folder, 1 << 20)
    with pytest.raises(TypeError):
        store.put(KEY, Entry(b"", example().layout, {"function": print}))
    with pytest.raises(ValueError):
        store.get("../" + KEY)


WORKER = """
import sys, warnings
warnings.simplefilter("error")
from codegen.cache.store import Entry, Store
from codegen.layout import Layout
me, folder = int(sys.argv[1]), sys.argv[2]
for turn in range(60):
    store = Store(folder, 60_000, memory=1)
    for k in range(5):
        found = store.get(f"key{k}")
        assert found is None or found.object == bytes([k]) * 5000, "torn"
        store.put(f"key{k}", Entry(bytes([k]) * 5000, Layout(f"key{k}", [], []), {"by": me}))
    store.trim()
"""


def test_processes_share_a_folder(folder: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", WORKER, str(k), str(folder)]) for k in range(3)]
    assert [p.wait(60) for p in processes] == [0, 0, 0]
    assert sorted(p.name for p in folder.iterdir()) == [f"key{k}.entry" for k in range(5)]


def test_import_is_light() -> None:
    heavy = ("llvmlite", "networkx", "scipy")
    code = f"import sys, codegen.cache.store, codegen.cache.key; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
