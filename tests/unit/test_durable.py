"""Atomic writes: the old file or the new one, never half of either, and the disk told in the right order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsarchive.collection.durable import make_directory, storing, write_atomically
from newsarchive.errors import StorageFailed


def _name(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def test_a_write_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(b"old")

    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_disk_has_the_bytes_before_the_name_and_the_name_before_we_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.replace

    def replace(path: Path, target: Path) -> Path:
        done.append(f"rename {target}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", lambda descriptor: (done.append(f"sync {_name(descriptor)}"), sync(descriptor)))
    monkeypatch.setattr(Path, "replace", replace)

    write_atomically(tmp_path / "record.json", b"new")

    assert done == [
        f"sync {tmp_path / '.record.json.new'}",
        f"rename {tmp_path / 'record.json'}",
        f"sync {tmp_path}",
    ]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFailed, match=r"record\.json: No space left on device"), storing(path):
        write_atomically(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_name_of_each_new_directory_is_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(_name(descriptor)), sync(descriptor)))

    make_directory(tmp_path / "warc" / "2026" / "11")
    make_directory(tmp_path / "warc" / "2026" / "11")

    assert synced == [tmp_path, tmp_path / "warc", tmp_path / "warc" / "2026"]
