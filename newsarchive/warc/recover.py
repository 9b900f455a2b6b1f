"""What a killed crawl left of a WARC file -> exactly its whole records.

A record is whole when its gzip member is complete and passes its checksum, holds one record and nothing else, as long
as its Content-Length says, and when its block has the digest it claims. Whole records are those before the first that
is not: a writer appends, and what it was told is on the disk lies before what it was not.

Reads only, one record in memory at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from typing import BinaryIO

from newsarchive.model.digest import Digest
from newsarchive.warc.records import Record
from newsarchive.warc.strict import MeteredFile, Misread, parse_strictly, read_members

_READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRecord:
    """A whole record, and offset and length of its gzip member in bytes."""

    offset: int
    length: int
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What of a file is whole: its first ``length_bytes``, which hold ``records`` and have ``digest``.

    ``exchanges`` counts the records that are no warcinfo, ``warcinfo`` is the block of the first that is one.
    ``tail_bytes`` come behind; ``reason`` says why they are no whole records, and is ``None`` where there are none.
    """

    length_bytes: int
    records: int
    exchanges: int
    digest: Digest
    warcinfo: bytes | None
    tail_bytes: int
    reason: str | None


def read_whole(file: BinaryIO) -> Iterator[WholeRecord | Misread]:
    """The whole records of ``file`` from its start; what ends them early, if anything does, comes last.

    Raises ``OSError`` as the file does.
    """
    file.seek(0)
    for member in read_members(MeteredFile(file, lambda _: None), with_digests=False):
        if isinstance(member, Misread):
            yield member
            return
        record = parse_strictly(member.content)
        if isinstance(record, tuple):
            yield Misread(fault=record[0], offset=member.offset, reason=record[1])
            return
        if record.header("WARC-Block-Digest") not in {None, str(Digest.of(record.block))}:
            yield Misread(fault="damaged", offset=member.offset, reason="its block is not the one it was digested from")
            return
        yield WholeRecord(offset=member.offset, length=member.length, record=record)


def survey(file: BinaryIO) -> Survey:
    """Read ``file`` and say what of it is whole. Raises ``OSError`` as the file does."""
    length_bytes = records = exchanges = 0
    warcinfo: bytes | None = None
    reason: str | None = None
    for found in read_whole(file):
        if isinstance(found, Misread):
            reason = found.reason
            break
        length_bytes = found.offset + found.length
        records += 1
        if found.record.header("WARC-Type") != "warcinfo":
            exchanges += 1
        elif warcinfo is None:
            warcinfo = found.record.block
    return Survey(
        length_bytes=length_bytes,
        records=records,
        exchanges=exchanges,
        digest=_digest(file, length_bytes),
        warcinfo=warcinfo,
        tail_bytes=file.seek(0, SEEK_END) - length_bytes,
        reason=reason,
    )


def _digest(file: BinaryIO, length_bytes: int) -> Digest:
    sha256 = hashlib.sha256()
    file.seek(0)
    while length_bytes and (data := file.read(min(length_bytes, _READ_BYTES))):
        sha256.update(data)
        length_bytes -= len(data)
    return Digest("sha256", sha256.hexdigest())
