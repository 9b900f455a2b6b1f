"""WARC files as ours must be: one record a gzip member, nothing between. What is otherwise is told, nothing mended.

For checks. ``reader`` stops at the first damage; here reading goes on at the next member that begins with a record.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from newsarchive.model.digest import Digest
from newsarchive.warc.records import Fields, Record

MAX_CONTENT_BYTES = 1024 * 1024 * 1024
"""The largest member whose content is looked at; of larger ones only the compression is checked."""

_READ_BYTES = 1024 * 1024
# What is behind the end of a member is copied once more for each piece fed, so pieces are small.
_PIECE_BYTES = 16 * 1024
_MAGIC = b"\x1f\x8b\x08"
_RECORD_MARK = b"WARC/"
_VERSION = re.compile(r"WARC/1\.[01]")
_FIELD = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,18}")
_END = b"\r\n\r\n"

Fault = Literal["cut", "damaged", "no-member", "too-large", "no-record", "framing", "not-alone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One gzip member: offset and length in the file in bytes, its content; ``digest`` of its stored bytes."""

    offset: int
    length: int
    content: bytes
    digest: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """What could not be read at ``offset`` of the file, and why."""

    fault: Fault
    offset: int
    reason: str


class MeteredFile:
    """Reads ``file``, and takes the sha256 of all that is read, each byte once, however often it is looked at.

    ``on_bytes`` is told how many new bytes came.
    """

    def __init__(self, file: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._sha256 = hashlib.sha256()
        self._position = 0
        self.length_bytes = 0
        """How far the file was read."""

    def read(self) -> bytes:
        """The next bytes, none at the end of the file."""
        data = self._file.read(_READ_BYTES)
        self._position += len(data)
        new = self._position - self.length_bytes
        if new > 0:
            self._sha256.update(memoryview(data)[-new:])
            self.length_bytes = self._position
            self._on_bytes(new)
        return data

    def go_to(self, offset: int) -> None:
        """Read on at ``offset``, which was passed before."""
        self._file.seek(offset)
        self._position = offset

    def digest(self) -> Digest:
        """The sha256 of the file as far as it was read."""
        return Digest("sha256", self._sha256.hexdigest())


def read_members(file: MeteredFile, *, with_digests: bool) -> Iterator[Member | Misread]:
    """Every gzip member of ``file`` to its end, and what lies there instead. Raises ``OSError`` as the file does.

    ``with_digests``: with the sha256 of each as stored. One member is in memory at a time.
    """
    data, at, offset = b"", 0, 0

    def piece() -> bytes:
        nonlocal data, at
        if at == len(data):
            data, at = file.read(), 0
        taken = data[at : at + _PIECE_BYTES]
        at += len(taken)
        return taken

    while first := piece():
        found = _read_member(first, piece, offset, with_digests)
        yield found
        if isinstance(found, _Read):
            at -= found.unused
            offset += found.length
            continue
        start = _next_record(file, offset + 1)
        if start is None:
            return
        offset = start
        file.go_to(offset)
        data, at = b"", 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read(Member):
    unused: int


def _read_member(first: bytes, piece: Callable[[], bytes], offset: int, with_digest: bool) -> _Read | Misread:
    if not first.startswith(_MAGIC[: len(first)]):
        return Misread(fault="no-member", offset=offset, reason="the bytes there begin no gzip member")
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    sha256 = hashlib.sha256() if with_digest else None
    content: list[bytes] = []
    size = length = 0
    data = first
    while True:
        try:
            inflated = inflater.decompress(data)
        except zlib.error as error:
            return Misread(fault="damaged", offset=offset, reason=f"it cannot be decompressed ({error})")
        unused = len(inflater.unused_data)
        length += len(data) - unused
        size += len(inflated)
        if size <= MAX_CONTENT_BYTES:
            content.append(inflated)
        if sha256 is not None:
            sha256.update(memoryview(data)[: len(data) - unused])
        if inflater.eof:
            break
        data = piece()
        if not data:
            return Misread(fault="cut", offset=offset, reason="the file ends in the middle of a record")
    if size > MAX_CONTENT_BYTES:
        return Misread(fault="too-large", offset=offset, reason=f"its content has {size} bytes")
    return _Read(
        offset=offset,
        length=length,
        content=b"".join(content),
        digest=Digest("sha256", sha256.hexdigest()) if sha256 is not None else None,
        unused=unused,
    )


def _next_record(file: MeteredFile, offset: int) -> int | None:
    """Where the next gzip member begins, from ``offset`` on, that begins with a record; the file is read to there."""
    file.go_to(offset)
    data = file.read()
    while data:
        start = data.find(_MAGIC)
        while start >= 0:
            while len(data) - start < _PIECE_BYTES and (more := file.read()):
                data += more
            if _begins_record(data[start : start + _PIECE_BYTES]):
                return offset + start
            start = data.find(_MAGIC, start + 1)
        kept = data[-(len(_MAGIC) - 1) :]
        offset += len(data) - len(kept)
        more = file.read()
        data = kept + more if more else b""
    return None


def _begins_record(data: bytes) -> bool:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, len(_RECORD_MARK)) == _RECORD_MARK
    except zlib.error:
        return False


def parse_strictly(content: bytes) -> Record | tuple[Fault, str]:
    """The one record that ``content`` is; otherwise what is wrong: head, length, end, or further records behind it.

    Lines end with CRLF, names are tokens, values are UTF-8, nothing is folded (annotated WARC 1.1, #74).
    """
    head_end = content.find(_END)
    if head_end < 0:
        return "no-record", "its head does not end"
    try:
        version, *lines = content[:head_end].decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        return "no-record", "its head is not UTF-8"
    if not _VERSION.fullmatch(version):
        return "no-record", f"it begins with {version[:40]!r}, not with WARC/1.1"
    headers: list[tuple[str, str]] = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            return "no-record", f"the line {line[:80]!r} of its head is no field"
        headers.append((field[1], field[2]))
    fields: Fields = tuple(headers)
    printed = next((value for name, value in fields if name.lower() == "content-length"), None)
    if printed is None or not _LENGTH.fullmatch(printed):
        return "framing", "it has no Content-Length" if printed is None else f"its Content-Length is {printed!r}"
    start = head_end + len(_END)
    length = int(printed)
    if content[start + length :] != _END:
        rest = content[start + length :].lstrip(b"\r\n")
        if len(content) >= start + length and rest.startswith(_RECORD_MARK):
            return "not-alone", "further records are compressed together with it"
        found = len(content) - start - len(_END)
        return "framing", f"its Content-Length is {length}, its block has {found} bytes"
    return Record(headers=fields, block=content[start : start + length])
