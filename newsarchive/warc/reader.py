"""Reading captures back from WARC files with one gzip member a record.

warcio parses the records; their members are cut here, since warcio takes a damaged or cut tail for the end of
the file. Damage is never passed over: it raises ``UnreadableInput`` with the place.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecordLoader

from newsarchive.errors import UnreadableInput
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.warc.records import Record, stored_capture
from newsarchive.warc.resolve import Resolver, RevisitTarget, is_not_modified, revisit_target, unresolved_capture

_READ_BYTES = 256 * 1024


def read_captures(path: Path, name: str, *, resolve: Resolver | None = None) -> Iterator[StoredCapture]:
    """Every capture of the WARC file ``path``, in file order; ``name`` is what their refs call it.

    Those are the responses, resources and revisits. A revisit has the payload of the response it refers to, which lies
    before it in this file or is found by ``resolve``.
    Raises ``UnreadableInput`` at the first damage, after the captures before it; a revisit of what is not there is one.
    """
    places: dict[str, tuple[int, int]] = {}

    def original(target: RevisitTarget) -> StoredCapture | None:
        if target.record_id in places:
            offset, length = places[target.record_id]
            record = _record_at(path, offset, length)
            return stored_capture(record, warc=name, offset=offset, length=length)
        return resolve(target) if resolve else None

    for offset, length, record in read_records(path):
        try:
            if record.type not in ("response", "revisit", "resource"):
                continue
            stored = _stored(record, warc=name, offset=offset, length=length, resolve=original)
            if record.type == "response":
                places[record.id] = (offset, length)
        except ValueError as error:
            raise _damaged(path, offset, error) from error
        yield stored


def read_heads(path: Path, name: str) -> Iterator[StoredCapture]:
    """As ``read_captures``, but a revisit comes without the payload it repeats, and nothing is looked up for it."""
    for offset, length, record in read_records(path):
        try:
            if record.type == "revisit":
                yield unresolved_capture(record, warc=name, offset=offset, length=length)
            elif record.type in ("response", "resource"):
                yield stored_capture(record, warc=name, offset=offset, length=length)
        except ValueError as error:
            raise _damaged(path, offset, error) from error


def read_capture(path: Path, ref: CaptureRef, *, resolve: Resolver | None = None) -> StoredCapture:
    """The capture ``ref`` points to in the WARC file ``path``: exactly its member is read.

    ``resolve`` finds the response whose payload a revisit repeats. Raises ``UnreadableInput`` when the member is
    damaged, or is another record than ``ref`` says, or a revisit of what is not found.
    """
    try:
        return read_member(_bytes_at(path, ref.offset, ref.length), ref, resolve=resolve)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise _damaged(path, ref.offset, error) from error


def read_member(data: bytes, ref: CaptureRef, *, resolve: Resolver | None = None) -> StoredCapture:
    """The capture that ``data`` holds, the gzip member ``ref`` points to, wherever that was read from.

    Raises ``ValueError`` for what ``read_capture`` calls damage.
    """
    record = only_record(data, ref.length)
    if record.id != ref.record_id:
        raise ValueError(f"the record there is {record.id}, not {ref.record_id}")
    return _stored(record, warc=ref.warc, offset=ref.offset, length=ref.length, resolve=resolve)


def _record_at(path: Path, offset: int, length: int) -> Record:
    """The one record that the ``length`` bytes at ``offset`` hold. Raises ``ValueError`` for anything else."""
    return only_record(_bytes_at(path, offset, length), length)


def _bytes_at(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def only_record(data: bytes, length: int) -> Record:
    """The record that ``data`` holds as one gzip member of ``length`` bytes. Raises ``ValueError`` for others."""
    records = list(_members(BytesIO(data)))
    if [found for _, found, _ in records] != [length]:
        raise ValueError(f"there is no record of {length} bytes")
    return parse_record(records[0][2])


def _stored(record: Record, *, warc: str, offset: int, length: int, resolve: Resolver | None) -> StoredCapture:
    if record.type != "revisit":
        return stored_capture(record, warc=warc, offset=offset, length=length)
    stored = unresolved_capture(record, warc=warc, offset=offset, length=length)
    if is_not_modified(record):
        return stored
    original = resolve(revisit_target(record)) if resolve else None
    if original is None:
        raise ValueError(f"it repeats the payload of {record.header('WARC-Refers-To')}, which is not there")
    if original.ref.payload_digest != stored.ref.payload_digest:
        raise ValueError(f"it repeats the payload of {original.ref.record_id}, which is another")
    return replace(stored, payload=original.payload)


def read_records(path: Path) -> Iterator[tuple[int, int, Record]]:
    """Every record of the WARC file ``path``: offset and length of its member in bytes, and the record itself.

    Raises ``UnreadableInput`` at the first damage.
    """
    offset = 0
    try:
        with path.open("rb") as file:
            for offset, length, content in _members(file):
                record = parse_record(content)
                yield offset, length, record
                offset += length
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise _damaged(path, offset, error) from error


def parse_record(content: bytes) -> Record:
    """Read one WARC record from its uncompressed bytes. Raises ``ValueError`` when it is not a whole one."""
    stream = BytesIO(content)
    try:
        parsed = ArcWarcRecordLoader().parse_record_stream(stream, known_format="warc", no_record_parse=True)
    except (ArchiveLoadFailed, EOFError) as error:
        raise ValueError("no WARC record") from error
    block = parsed.raw_stream.read()
    if parsed.length != len(block) or stream.read() != b"\r\n\r\n":
        raise ValueError("the record is not as long as its Content-Length says")
    return Record(headers=tuple(parsed.rec_headers.headers), block=block)


def _members(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Offset, length and content of each gzip member. Raises ``ValueError`` for anything else than whole members."""
    offset = 0
    data = file.read(_READ_BYTES)
    while data or offset == 0:
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        content: list[bytes] = []
        length = 0
        while not inflater.eof:
            if not data:
                raise ValueError("the file ends in the middle of a record" if length else "the file is empty")
            try:
                content.append(inflater.decompress(data))
            except zlib.error as error:
                raise ValueError(f"no whole gzip member ({error})") from error
            length += len(data)
            data = inflater.unused_data or file.read(_READ_BYTES)
        length -= len(inflater.unused_data)
        yield offset, length, b"".join(content)
        offset += length


def _damaged(path: Path, offset: int, error: ValueError) -> UnreadableInput:
    return UnreadableInput(path=path, reason=f"damaged at offset {offset}: {error}")
