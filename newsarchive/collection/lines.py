"""JSONL files of a collection: appended by the run that owns them, read by offset or from the start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Self, TypeVar

from newsarchive.collection.durable import make_directory, sync_directory
from newsarchive.errors import UnreadableInput
from newsarchive.model.serialize import from_json, to_line

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a line lies in its file, in bytes, newline included."""

    offset: int
    length: int


class LineWriter:
    """Appends records to a new file, which exists from the first record on.

    Each line is handed to the system at once, so that readers see it, and made durable every ``sync_every`` lines and
    on ``close``. Not for use by several threads at once. Raises ``OSError`` when a line cannot be written whole; what
    was written of it is then taken back.
    """

    def __init__(self, path: Path, *, sync_every: int = 100) -> None:
        self.path = path
        self.count = 0
        self._sync_every = sync_every
        self._length = 0
        self._file: FileIO | None = None

    @classmethod
    def resume(cls, path: Path, count: int) -> Self:
        """Append to the file at ``path``, which ends with the last of ``count`` whole lines; 0 where there is none."""
        writer = cls(path)
        if count:
            writer.count = count
            writer._length = path.stat().st_size
            writer._file = path.open("ab", buffering=0)
        return writer

    def append(self, record: object) -> Span:
        """Write one record as a line; says where it lies."""
        if self._file is None:
            make_directory(self.path.parent)
            self._file = self.path.open("xb", buffering=0)
            sync_directory(self.path.parent)
        line = to_line(record)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self._length)
            self._file.seek(self._length)
            raise
        span = Span(offset=self._length, length=len(line))
        self._length += len(line)
        self.count += 1
        if self.count % self._sync_every == 0:
            os.fsync(self._file.fileno())
        return span

    def close(self) -> None:
        """Make all lines durable and close the file."""
        if self._file is not None:
            file, self._file = self._file, None
            with file:
                os.fsync(file.fileno())


def read_lines(path: Path, kind: type[Record]) -> Iterator[tuple[Span, Record]]:
    """The records of a file and where they lie. Raises ``UnreadableInput`` naming the first line that is none."""
    return parse_lines(path, lambda line: from_json(line, kind))


def parse_lines(path: Path, parse: Callable[[bytes], Record]) -> Iterator[tuple[Span, Record]]:
    """As ``read_lines``, of records that ``parse`` tells apart; it raises ``ValueError`` for a line that is none."""
    offset = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield Span(offset=offset, length=len(line)), _record(line, parse, f"{path}, line {number}")
                offset += len(line)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error


def read_line(path: Path, span: Span, kind: type[Record]) -> Record:
    """The record at ``span``. Raises ``UnreadableInput`` when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(span.offset)
            line = file.read(span.length)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    return _record(line, lambda data: from_json(data, kind), f"{path}, byte {span.offset}")


def _record(line: bytes, parse: Callable[[bytes], Record], where: str) -> Record:
    if not line.endswith(b"\n"):
        raise UnreadableInput(path=where, reason="the line is cut off")
    try:
        return parse(line)
    except ValueError as error:
        raise UnreadableInput(path=where, reason=str(error)) from error
