"""CDXJ: one line a record, sorted by the bytes, so that a file of any size is searched where it lies.

A line is ``<SURT key> <14-digit time> <JSON>`` (CDXJ 0.1.0). It says what cdxj-indexer says of the same record, field
by field in its order and with numbers as text, and ``recordDigest``: the sha256 of the gzip member as it is stored.
Two things more are ruled here: ``mime`` is ``unk`` where the server named none, for the field must be there, and a
file holds no line twice.

Files are sorted as by ``LC_ALL=C sort``. Every line ends with a newline.
"""

from __future__ import annotations

import heapq
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from newsarchive.errors import UnreadableInput
from newsarchive.model.digest import Digest
from newsarchive.warc.message import parse_head, status_of
from newsarchive.warc.reader import read_records
from newsarchive.warc.records import Record
from newsarchive.warc.surt import surt_key

LISTED = frozenset({"response", "revisit", "resource"})
"""The types of our records that an index lists."""

_MIME_END = re.compile(r"[;\s]")
_BLOCK_BYTES = 8 * 1024
_READ_BYTES = 256 * 1024
_CHUNK_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLine:
    """What an index says of one record: where it lies and what a player must know to choose it.

    ``timestamp`` has 14 digits, UTC. ``filename`` is the WARC file relative to the collection, ``offset`` and
    ``length`` are those of its gzip member in bytes. ``digest`` is that of the payload, as printed in the record;
    ``status`` is ``None`` for records without HTTP, ``record_digest`` where the index does not give it.
    """

    key: str
    timestamp: str
    url: str
    mime: str
    status: int | None
    digest: str
    length: int
    offset: int
    filename: str
    record_digest: str | None = None

    @property
    def is_replayable(self) -> bool:
        """Whether a player can show it: a 304 has nothing to show, and would hide the capture it speaks of."""
        return self.status != 304


def index_line(record: Record, *, filename: str, offset: int, length: int, record_digest: str) -> IndexLine:
    """The line of one of our records, of a type that is ``LISTED``.

    Raises ``ValueError`` without a field that WARC 1.1 demands.
    """
    url = record.demand("WARC-Target-URI").strip("<>")
    content_type = record.header("Content-Type")
    status = None
    if record.type != "resource":
        status = status_of(record.block)
        content_type = parse_head(record.block).header("Content-Type")
    mime = "warc/revisit" if record.type == "revisit" else _MIME_END.split(content_type or "", maxsplit=1)[0]
    captured_at = datetime.fromisoformat(record.demand("WARC-Date")).astimezone(UTC)
    return IndexLine(
        key=surt_key(url),
        timestamp=f"{captured_at:%Y%m%d%H%M%S}",
        url=url,
        mime=mime or "unk",
        status=status,
        digest=record.demand("WARC-Payload-Digest"),
        length=length,
        offset=offset,
        filename=filename,
        record_digest=record_digest,
    )


def index_warc(path: Path, name: str) -> Iterator[IndexLine]:
    """The lines of one of our WARC files, in file order; ``name`` is what they call it.

    Raises ``UnreadableInput`` at the first damage.
    """
    with ExitStack() as opened:
        file: IO[bytes] | None = None
        for offset, length, record in read_records(path):
            file = file or opened.enter_context(path.open("rb", buffering=0))
            try:
                if record.type not in LISTED:
                    continue
                member = Digest.of(os.pread(file.fileno(), length, offset))
                line = index_line(record, filename=name, offset=offset, length=length, record_digest=str(member))
            except ValueError as error:
                raise UnreadableInput(path=path, reason=f"damaged at offset {offset}: {error}") from error
            yield line


def to_line(line: IndexLine) -> bytes:
    """``line`` as it stands in a file, newline included."""
    fields = {
        "url": line.url,
        "mime": line.mime,
        **({} if line.status is None else {"status": str(line.status)}),
        "digest": line.digest,
        "length": str(line.length),
        "offset": str(line.offset),
        "filename": line.filename,
        **({} if line.record_digest is None else {"recordDigest": line.record_digest}),
    }
    return f"{line.key} {line.timestamp} {json.dumps(fields)}\n".encode()


def parse_line(line: bytes) -> IndexLine:
    """Read one line, ours or that of another indexer. Raises ``ValueError`` for what is none."""
    try:
        key, timestamp, printed = line.decode().split(" ", 2)
        fields = json.loads(printed)
        status = fields.get("status")
        return IndexLine(
            key=key,
            timestamp=timestamp,
            url=str(fields["url"]),
            mime=str(fields.get("mime", "unk")),
            status=int(status) if status not in {None, "", "-"} else None,
            digest=str(fields["digest"]),
            length=int(fields["length"]),
            offset=int(fields["offset"]),
            filename=str(fields["filename"]),
            record_digest=fields.get("recordDigest"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a line of a CDXJ index: {line[:200]!r}") from error


def find(path: Path, key: str) -> Iterator[bytes]:
    """The lines of the sorted file ``path`` that have ``key``, in their order.

    A binary search: about forty small reads in a file of ten million lines, nothing of it kept. Raises ``OSError``.
    """
    wanted = key.encode() + b" "
    with path.open("rb", buffering=0) as file:
        start = _first_at_least(file, wanted)
        file.seek(start)
        for line in read(file):
            if not line.startswith(wanted):
                return
            yield line


def _first_at_least(file: IO[bytes], wanted: bytes) -> int:
    """Offset of the first line that is not less than ``wanted``; the end of the file where all are."""
    # All lines that begin before ``low`` are less; the line that begins at ``high``, or after it, is not.
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2 if high - low > _BLOCK_BYTES else low
        begin, line = _line_after(file, middle, low)
        if begin >= high:
            high = middle
        elif line < wanted:
            low = begin + len(line)
        elif middle == low:
            return begin
        else:
            high = middle
    return low


def _line_after(file: IO[bytes], position: int, low: int) -> tuple[int, bytes]:
    """The first line that begins at ``position`` or after it, and where; ``low`` is known to begin one."""
    begin = position
    if position > low:
        # One byte back: a line that begins at ``position`` itself is not to be missed.
        begin = position - 1
        file.seek(begin)
        begin += len(_through_newline(file))
    file.seek(begin)
    return begin, _through_newline(file)


def _through_newline(file: IO[bytes]) -> bytes:
    """What follows up to a newline and with it, or up to the end."""
    pieces: list[bytes] = []
    while piece := file.read(1024):
        end = piece.find(b"\n")
        if end >= 0:
            pieces.append(piece[: end + 1])
            break
        pieces.append(piece)
    return b"".join(pieces)


def read(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of ``file`` from where it stands, each with its newline; little at first, then more at a time."""
    rest, size = b"", _BLOCK_BYTES
    while data := file.read(size):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line + b"\n"
        size = min(size * 2, _READ_BYTES)
    if rest:
        yield rest


def merge(sources: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """The lines of sorted ``sources`` as one sorted stream, equal ones once."""
    return (line for line, _ in groupby(heapq.merge(*sources)))


class Sorter:
    """Sorts any number of lines in bounded memory: what is too much waits in unnamed files in ``directory``.

    Raises ``OSError`` when those cannot be written. Close it, or use it as a context manager.
    """

    def __init__(self, directory: Path, *, chunk_bytes: int = _CHUNK_BYTES) -> None:
        self._directory = directory
        self._chunk_bytes = chunk_bytes
        self._files = ExitStack()
        self._chunks: list[IO[bytes]] = []
        self._lines: list[bytes] = []
        self._bytes = 0

    def add(self, line: bytes) -> None:
        """Take one line."""
        self._lines.append(line)
        self._bytes += len(line)
        if self._bytes >= self._chunk_bytes:
            self._put_aside()

    def sorted(self) -> Iterator[bytes]:
        """All lines taken, in order, equal ones once."""
        for chunk in self._chunks:
            chunk.seek(0)
        return merge([*map(read, self._chunks), sorted(self._lines)])

    def close(self) -> None:
        """Let go of the lines."""
        self._files.close()
        self._chunks.clear()
        self._lines.clear()

    def __enter__(self) -> Sorter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put_aside(self) -> None:
        chunk = self._files.enter_context(TemporaryFile(dir=self._directory))  # noqa: SIM115  (``close`` closes it)
        chunk.writelines(sorted(self._lines))
        chunk.flush()
        self._chunks.append(chunk)
        self._lines.clear()
        self._bytes = 0
