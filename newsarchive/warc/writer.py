"""Writing one WARC file: ``.open`` while it grows, durable at each commit, immutable once sealed.

One gzip member a record (WARC 1.1 Annex D), serialised by warcio with the block untouched. The records of one
capture are written in one piece; if that fails, the file is cut back to the last whole record, so that what is
in the file is always readable.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsarchive.errors import StorageFailed
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import WarcFile
from newsarchive.model.digest import Digest
from newsarchive.warc.cdxj import LISTED, IndexLine, index_line
from newsarchive.warc.records import (
    Answer,
    Copy,
    NewId,
    Original,
    Record,
    Resource,
    answer_of,
    capture_records,
    copied_records,
    resource_record,
    stored_answer,
    stored_capture,
    warcinfo_record,
)

OPEN_SUFFIX = ".open"


class WarcWriter:
    """Writes the WARC file ``path``, which the collection knows by ``name`` (its path relative to the collection).

    Creates ``<path>.open`` in a directory that exists and writes the warcinfo record with ``info`` (field names of
    WARC 1.1 section 6.2: software, operator, http-header-user-agent …). ``new_id`` gives the record ids; ``index``
    takes the line of each record that an index lists, once the record is written.
    Every method raises ``StorageFailed`` when the disk does not take it; neither file is ever overwritten.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        *,
        info: Mapping[str, str],
        created_at: datetime,
        new_id: NewId,
        index: Callable[[IndexLine], None] | None = None,
    ) -> None:
        self._path = path
        self._open_path = path.with_name(path.name + OPEN_SUFFIX)
        self._name = name
        self._new_id = new_id
        self._index = index
        self._sha256 = hashlib.sha256()
        self._known_certificates: set[bytes] = set()
        self.length_bytes = 0
        self.records = 0
        warcinfo = warcinfo_record(path.name, created_at, info, new_id=new_id)
        self._warcinfo_id = warcinfo.id
        try:
            if path.exists():
                raise FileExistsError("there is a sealed WARC of this name already")
            self._file = self._open_path.open("xb", buffering=0)
        except OSError as error:
            raise self._failed(error) from error
        try:
            self._append([warcinfo])
            _sync_directory(path.parent)
        except OSError as error:
            self._withdraw()
            raise self._failed(error) from error
        except StorageFailed:
            self._withdraw()
            raise

    def write(
        self, capture: Capture, *, answer: Answer | None = None, original: Original | None = None
    ) -> StoredCapture | None:
        """Write the records of ``capture``; gives what ``reader`` will read of it, ``None`` where no answer came.

        ``answer`` is ``answer_of(capture)``, where the caller has it. With an ``original`` a revisit of it is written.
        Durable after the next ``commit``.
        """
        if answer is None:
            answer = answer_of(capture)
        records = capture_records(
            capture,
            answer,
            original=original,
            warcinfo_id=self._warcinfo_id,
            new_id=self._new_id,
            known_certificates=self._known_certificates,
        )
        offset, length = self._append(records)
        self._known_certificates.update(capture.certificates)
        if records[0].type == "request":
            return None
        return stored_answer(records[0], answer, capture, warc=self._name, offset=offset, length=length)

    def write_resource(self, resource: Resource) -> StoredCapture:
        """Write content that came without HTTP; otherwise as ``write``."""
        record = resource_record(resource, warcinfo_id=self._warcinfo_id, new_id=self._new_id)
        offset, length = self._append([record])
        return stored_capture(record, warc=self._name, offset=offset, length=length)

    def write_copy(self, copy: Copy, *, original: Original | None = None) -> StoredCapture:
        """Take over a capture of others; ``original`` where it is a revisit. Otherwise as ``write``."""
        records = copied_records(copy, original=original, warcinfo_id=self._warcinfo_id, new_id=self._new_id)
        offset, length = self._append(records)
        ref = replace(copy.stored.ref, record_id=copy.record_id, warc=self._name, offset=offset, length=length)
        return replace(copy.stored, ref=ref, record_type="revisit" if original else copy.stored.record_type)

    def commit(self) -> None:
        """Return once everything written is on the disk."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from error

    def seal(self) -> WarcFile:
        """Commit, and give the file its final name; nothing can be written after this."""
        self.commit()
        try:
            self._file.close()
            if self._path.exists():
                raise FileExistsError("there is a sealed WARC of this name already")
            self._open_path.rename(self._path)
            _sync_directory(self._path.parent)
        except OSError as error:
            raise self._failed(error) from error
        return WarcFile(
            path=self._name,
            length_bytes=self.length_bytes,
            records=self.records,
            digest=Digest("sha256", self._sha256.hexdigest()),
        )

    def close(self) -> None:
        """Let go of the file without sealing it; what was committed stays in ``<path>.open``."""
        self._file.close()

    def _withdraw(self) -> None:
        """Remove the file, which holds nothing yet. Where even that fails, recovery does it."""
        self.close()
        with suppress(OSError):
            self._open_path.unlink()

    def _append(self, records: Sequence[Record]) -> tuple[int, int]:
        """Write ``records`` behind one another; offset and length of the first."""
        members = [encode_record(record) for record in records]
        data = memoryview(b"".join(members))
        offset = self.length_bytes
        try:
            rest = data
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            try:
                self._file.truncate(offset)
                self._file.seek(offset)
            except OSError:
                self._file.close()
            raise self._failed(error) from error
        self._sha256.update(data)
        self.length_bytes += len(data)
        self.records += len(members)
        if self._index is not None:
            at = offset
            for record, member in zip(records, members, strict=True):
                if record.type in LISTED:
                    digest = str(Digest.of(member))
                    line = index_line(record, filename=self._name, offset=at, length=len(member), record_digest=digest)
                    self._index(line)
                at += len(member)
        return offset, len(members[0])

    def _failed(self, error: OSError) -> StorageFailed:
        return StorageFailed(path=self._open_path, reason=error.strerror or str(error))


def encode_record(record: Record) -> bytes:
    """``record`` as one gzip member; the same record gives the same bytes.

    Raises ``ValueError`` for a field that holds a line break, which would forge further fields.
    """
    for name, value in record.headers:
        if "\n" in value or "\r" in value:
            raise ValueError(f"line break in {name}: {value!r}")
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    # Without parsed HTTP headers warcio copies the block; with all digests given it adds none of its own (sha1), except
    # to metadata, which it takes for records with a payload.
    writer.NO_PAYLOAD_DIGEST_TYPES = ("warcinfo", "metadata", "revisit")
    writer.write_record(
        ArcWarcRecord(
            "warc",
            # This only tells warcio what to write, and it writes no block of what it knows to be a revisit.
            "response" if record.type == "revisit" else record.type,
            StatusAndHeaders("", list(record.headers), protocol="WARC/1.1"),
            BytesIO(record.block),
            None,
            record.header("Content-Type"),
            len(record.block),
        )
    )
    return buffer.getvalue()


def _sync_directory(path: Path) -> None:
    # A new or renamed file survives a power cut only when its directory entry is on the disk too.
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
