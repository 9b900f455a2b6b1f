"""Writing a WACZ (1.1.1) whose bytes depend on its input alone: no clock, no compression, no order but the caller's.

Every file is stored as it is. The specification demands that of what is compressed already; of the rest it is wanted
here, since what deflate makes of the same bytes differs from one zlib to the next. So the index, which must be gzip for
players to read it in parts, is gzip whose blocks are stored (RFC 1951 section 3.2.4): the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import BinaryIO, Self

from newsarchive.model.digest import Digest

WACZ_VERSION = "1.1.1"
PACKAGE = "datapackage.json"
PACKAGE_DIGEST = "datapackage-digest.json"
ARCHIVE = "archive/"
INDEX_NAME = "index.cdx.gz"
INDEX = f"indexes/{INDEX_NAME}"
INDEX_OF_INDEX = "indexes/index.idx"
PAGES = "pages/pages.jsonl"

LINES_A_BLOCK = 1024
"""So many lines of the index are in one gzip member, which players load as a whole."""

_READ_BYTES = 1024 * 1024
_WRITE_BYTES = 256 * 1024
_MAX_STORED_BYTES = 65_535
_TIME_FIELD = 0x5455
"""Extended time stamp (extrafld.txt of Info-ZIP): flags, then the time of modification in seconds since 1970, UTC."""

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name, no time, system unknown (RFC 1952 section 2.3)."""

Sign = Callable[[Digest], Mapping[str, str]]
"""Gives the ``signedData`` (wacz-auth 0.1.0) for the digest of the data package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """A file of a WACZ, as its data package lists it: path in the WACZ, size and sha256."""

    path: str
    length_bytes: int
    digest: Digest


class WaczWriter:
    """Writes a WACZ to ``file``, which is seekable and empty. ``created_at`` is the time of every file in it.

    Times in a ZIP know no zone and no year before 1980; they are UTC here. Every method raises ``OSError`` as the file
    does. What ``finish`` has not ended is no WACZ; use it as a context manager, so that such a one is let go of.
    """

    def __init__(self, file: BinaryIO, *, created_at: datetime) -> None:
        at = created_at.astimezone(UTC)
        self._created = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        self._time = (at.year, at.month, at.day, at.hour, at.minute, at.second) if at.year >= 1980 else _FIRST_TIME
        # Other readers go by this, which knows a zone. ReplayWeb.page does not look at the header before a file, where
        # room for a large size moves the content, unless the directory has such an extra field.
        self._extra = struct.pack("<HHBI", _TIME_FIELD, 5, 1, min(max(int(at.timestamp()), 0), 0xFFFFFFFF))
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, strict_timestamps=True)
        self.files: list[PackedFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # It ends the file, or tries to, and thinks no more of it.
        with suppress(OSError, ValueError):
            self._zip.close()

    def add(self, path: str, chunks: Iterable[bytes]) -> PackedFile:
        """Store ``chunks``, one after the other, as the file ``path``. ``ValueError`` where there is one already."""
        if any(packed.path == path for packed in self.files):
            raise ValueError(f"there is a file {path} already")
        sha256, length = hashlib.sha256(), 0
        info = zipfile.ZipInfo(path, self._time)
        info.create_system = 3  # Unix, wherever this runs
        info.external_attr = 0o100644 << 16
        info.extra = self._extra
        # The size is not known before, so room is left for a large one: always, or bytes would depend on a guess.
        with self._zip.open(info, "w", force_zip64=True) as entry:
            for chunk in _joined(chunks):
                sha256.update(chunk)
                length += entry.write(chunk)
        packed = PackedFile(path=path, length_bytes=length, digest=Digest("sha256", sha256.hexdigest()))
        self.files.append(packed)
        return packed

    def add_index(self, lines: Iterable[bytes]) -> None:
        """Store the sorted lines of a CDXJ index, in blocks, and the index of these."""
        blocks: list[bytes] = []
        self.add(INDEX, _in_blocks(lines, blocks))
        head = json.dumps({"format": "cdxj-gzip-1.0", "filename": INDEX_NAME})
        self.add(INDEX_OF_INDEX, [f"!meta 0 {head}\n".encode(), *blocks])

    def finish(self, description: Mapping[str, object], sign: Sign | None = None) -> Digest:
        """Write the data package with ``description`` (title, software …) and end the file; the package's digest."""
        resources = [
            {
                # Frictionless wants names in lower case.
                "name": packed.path.rpartition("/")[2].lower(),
                "path": packed.path,
                "hash": str(packed.digest),
                "bytes": packed.length_bytes,
                # Else Frictionless takes lines for a table, guesses the types of its columns, and finds them wrong.
                **({"type": "file"} if packed.path.endswith(".jsonl") else {}),
            }
            for packed in self.files
        ]
        package = {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            **description,
            "created": self._created,
            "resources": resources,
        }
        digest = self.add(PACKAGE, [document(package)]).digest
        signed = {} if sign is None else {"signedData": dict(sign(digest))}
        self.add(PACKAGE_DIGEST, [document({"path": PACKAGE, "hash": str(digest), **signed})])
        self._zip.close()
        return digest


_FIRST_TIME = (1980, 1, 1, 0, 0, 0)


def document(content: object) -> bytes:
    """``content`` as indented JSON."""
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """What is in ``file`` from where it stands, in large pieces."""
    while chunk := file.read(_READ_BYTES):
        yield chunk


def _joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth the trouble: lines are many and short."""
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= _WRITE_BYTES:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    yield b"".join(waiting)


def block_line(first_line: bytes, *, offset: int, length: int, digest: Digest) -> bytes:
    """The line of the index of an index for one block, given the first line in it."""
    key, timestamp, _ = first_line.split(b" ", 2)
    place = json.dumps({"offset": offset, "length": length, "digest": str(digest)})
    return b"%b %b %b\n" % (key, timestamp, place.encode())


def stored_gzip(data: bytes) -> bytes:
    """``data`` as one gzip member that stores it."""
    blocks = [data[at : at + _MAX_STORED_BYTES] for at in range(0, len(data), _MAX_STORED_BYTES)] or [b""]
    heads = (
        struct.pack("<BHH", at == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) for at, block in enumerate(blocks)
    )
    stored = b"".join(head + block for head, block in zip(heads, blocks, strict=True))
    return _GZIP_HEAD + stored + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _in_blocks(lines: Iterable[bytes], blocks: list[bytes]) -> Iterator[bytes]:
    """``lines`` as gzip members of ``LINES_A_BLOCK`` lines; their lines in the index of the index go to ``blocks``."""
    waiting: list[bytes] = []
    offset = 0

    def packed() -> bytes:
        nonlocal offset
        member = stored_gzip(b"".join(waiting))
        blocks.append(block_line(waiting[0], offset=offset, length=len(member), digest=Digest.of(member)))
        offset += len(member)
        waiting.clear()
        return member

    for line in lines:
        waiting.append(line)
        if len(waiting) == LINES_A_BLOCK:
            yield packed()
    if waiting:
        yield packed()
