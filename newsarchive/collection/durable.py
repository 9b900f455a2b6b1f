"""Making files last: what these functions wrote is there after a power cut, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from newsarchive.errors import StorageFailed


def sync_directory(path: Path) -> None:
    """Make the names in the directory ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """Make the directory ``path`` and those above it, where missing, and make their names durable."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(exist_ok=True)
        sync_directory(directory.parent)


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write ``data`` to ``path`` so that every reader, even after a power cut, finds the old file or the new one.

    The directory must exist. Raises ``OSError``; the old file is then untouched.
    """
    temporary = temporary_of(path)
    try:
        with temporary.open("wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def temporary_of(path: Path) -> Path:
    """Where ``write_atomically`` prepares ``path``; a killed process may leave it there, to be written over."""
    return path.with_name(f".{path.name}.new")


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn what the system says against writing into ``StorageFailed`` with the name of the file it is about."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(path=path, reason=error.strerror or str(error)) from error
