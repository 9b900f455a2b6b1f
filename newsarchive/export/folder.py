"""The directory of an export: which files it has, how long they are, and their digests.

An export may grow: files that take more at their end, files that are replaced, and files that are added and never
touched again. Of the last there may be a million, so they are listed in a file of their own, ``SHA256SUMS``, which
grows too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from newsarchive.model.digest import Digest

SUMS = "SHA256SUMS"
"""Lists the files that are written once, as ``sha256sum --check`` reads it."""

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file of an export: name relative to it, size and digest."""

    name: str
    length_bytes: int
    digest: Digest


class HasChanged(Exception):
    """A file of an export is not as the export left it, so that nothing can be added to it."""


class GrowingFile:
    """Takes bytes at its end. ``length_bytes`` are in it so far."""

    def __init__(self, file: BinaryIO, length_bytes: int, sha256: hashlib._Hash) -> None:
        self._file = file
        self._sha256 = sha256
        self.length_bytes = length_bytes

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._file.write(data)
        self._sha256.update(data)
        self.length_bytes += len(data)

    @property
    def digest(self) -> Digest:
        """Of all that is in it."""
        return Digest("sha256", self._sha256.hexdigest())


class ExportFolder:
    """The directory ``root``, with the ``files`` that an export left there before, if one did."""

    def __init__(self, root: Path, files: Iterable[ExportedFile] = ()) -> None:
        self.root = root
        self._files = {file.name: file for file in files}
        self._sums: GrowingFile | None = None

    @property
    def files(self) -> tuple[ExportedFile, ...]:
        """The files it has, in order of their names; not those listed in ``SHA256SUMS``."""
        return tuple(file for _, file in sorted(self._files.items()))

    def names(self, prefix: str) -> tuple[str, ...]:
        """The names of its files that begin with ``prefix``, in order."""
        return tuple(sorted(name for name in self._files if name.startswith(prefix)))

    def length(self, name: str) -> int:
        """Size of the file ``name`` in bytes, 0 where there is none."""
        return self._files[name].length_bytes if name in self._files else 0

    @contextmanager
    def append(self, name: str) -> Iterator[GrowingFile]:
        """Go on with the file ``name``, or begin it.

        What a killed export left at its end is cut off. Raises ``HasChanged`` when what was there before has changed.
        """
        path = self._path(name)
        length = self.length(name)
        with _opened(path, "r+b" if name in self._files else "wb") as file:
            growing = GrowingFile(file, length, self._digested(file, name, length))
            file.truncate()
            yield growing
        self._note(name, growing.length_bytes, growing.digest)

    @contextmanager
    def replace(self, name: str) -> Iterator[tuple[Path | None, Path]]:
        """(the file ``name`` as it is, where to write its successor). Raises ``HasChanged`` as ``append`` does."""
        path = self._path(name)
        old = None
        if name in self._files:
            with _opened(path, "rb") as file:
                self._digested(file, name, self.length(name))
            old = path
        new = path.with_name(f".{path.name}.new")
        try:
            yield old, new
            with new.open("rb") as file:
                digest = Digest("sha256", hashlib.file_digest(file, "sha256").hexdigest())
            length = new.stat().st_size
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        self._note(name, length, digest)

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Inside, files can be ``add``\\ ed."""
        with self.append(SUMS) as self._sums:
            yield
        self._sums = None

    def add(self, name: str, data: bytes) -> None:
        """Write the file ``name`` once and for all, inside ``adding``."""
        if self._sums is None:
            raise RuntimeError("files are added inside ExportFolder.adding()")
        self._path(name).write_bytes(data)
        self._sums.write(f"{Digest.of(data).value}  {name}\n".encode())

    def _path(self, name: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _note(self, name: str, length: int, digest: Digest) -> None:
        self._files[name] = ExportedFile(name=name, length_bytes=length, digest=digest)

    def _digested(self, file: BinaryIO, name: str, length: int) -> hashlib._Hash:
        """The digest of the first ``length`` bytes, which must be that of the file ``name`` as it was left."""
        sha256 = hashlib.sha256()
        rest = length
        while rest and (piece := file.read(min(rest, _PIECE_BYTES))):
            sha256.update(piece)
            rest -= len(piece)
        if name in self._files and sha256.hexdigest() != self._files[name].digest.value:
            raise HasChanged(name)
        return sha256


@contextmanager
def _opened(path: Path, mode: Literal["rb", "r+b", "wb"]) -> Iterator[BinaryIO]:
    try:
        file = path.open(mode)
    except FileNotFoundError as error:
        raise HasChanged(path.name) from error
    with file:
        yield file
