"""Captures out of WARC files that other programs wrote: Common Crawl, wget, Heritrix, warcprox, Browsertrix …

``reader`` is strict, as our own files deserve. Here whatever can be read is read, and everything odd or damaged is
reported as a ``Finding`` and passed over. What differs from our own files, and what becomes of it:

- any WARC version, any compression (``members``), extra or missing line ends (``framing``);
- WARC-Target-URI in angle brackets (wget) or not escaped, WARC-Date with any precision, other or missing record ids;
- digests of any algorithm: those over blocks are checked, those over payloads not, since programs disagree on what
  a payload is; ours is always sha256 over the de-chunked body;
- heads of HTTP/2 written as HTTP/1, 1xx messages before the response, codings that the head claims and the body no
  longer has (``message`` here, ``coding`` at extraction);
- revisits, which become captures with the payload they refer to;
- records of other addresses than http and https (``dns:``, ``urn:``, ``metadata:`` …), which are passed over.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import NAMESPACE_URL, uuid5

from w3lib.url import safe_url_string

from newsarchive.errors import UnreadableInput
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.finding import Finding, Severity
from newsarchive.warc.framing import MAX_BLOCK_BYTES, Flaw, Framed, read_framed
from newsarchive.warc.members import MemberStream, NotWarc, WarcForm, open_form
from newsarchive.warc.message import split_received, status_of
from newsarchive.warc.records import Record, stored_capture
from newsarchive.warc.resolve import Resolver, RevisitTarget, is_not_modified, revisit_capture, revisit_target

Report = Callable[[Finding], None]
"""Takes findings as they are made, each before the capture that follows its place."""

_CAPTURES = {"response", "resource", "revisit"}
_TRUNCATIONS = {"length", "time", "disconnect", "unspecified"}
_MAX_REVISIT_CHAIN = 8
_ALGORITHMS = {"md5": "md5", "sha1": "sha1", "sha-1": "sha1", "sha256": "sha256", "sha-256": "sha256",
               "sha512": "sha512", "sha-512": "sha512"}  # fmt: skip
_DATE = re.compile(
    r"([0-9]{4})(?:-?([0-9]{2})(?:-?([0-9]{2})(?:[T ]?([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]+))?)?)?)?)?"
    r"[ ]*(?:Z|([+-])([0-9]{2}):?([0-9]{2}))?",
    re.IGNORECASE,
)

_RECOMPRESS = "Compress it again record by record, with “warcio recompress” for example."
_ORIGIN = "Get the file again from where it came from, if it is whole there."
FOREIGN_FINDINGS: dict[str, tuple[Severity, str]] = {
    "foreign-damaged": ("error", _ORIGIN),
    "foreign-cut": ("error", _ORIGIN),
    "foreign-too-large": ("warning", "Read the file with a higher limit, if the record is wanted."),
    "foreign-not-random-access": ("note", _RECOMPRESS),
    "foreign-block-digest": ("warning", "Compare the record with another copy of the file."),
    "foreign-id-missing": ("note", "Nothing: the record is known by an id made of its place."),
    "foreign-id-doubled": ("note", "Nothing: the records are told apart by their places."),
    "foreign-field-unusable": ("error", "Tell the makers of the program that wrote the file."),
    "foreign-segmented": ("warning", "Join the segments of the record first; its first one was read."),
    "foreign-http-missing": ("note", "Nothing: the record holds no HTTP response."),
    "foreign-revisit-dangling": ("error", "Import the WARC file that holds the original first."),
}  # fmt: skip
"""Severity and remedy of each code that is reported here; ``docs/reading-warcs.md`` says what they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignExchange:
    """A capture and what it was read from: its ``record``, and the ``request`` that stands beside it, if one does."""

    record: Record
    request: Record | None
    stored: StoredCapture


def read_foreign_captures(
    path: Path,
    name: str,
    *,
    report: Report,
    resolve: Resolver | None = None,
    with_not_modified: bool = False,
    max_block_bytes: int = MAX_BLOCK_BYTES,
) -> Iterator[StoredCapture]:
    """Every capture of the WARC file ``path``, in file order; ``name`` is what their refs call it.

    Damage goes to ``report``, and reading goes on at the next whole record. A revisit is resolved within the file,
    otherwise by ``resolve``. ``with_not_modified``: also those revisits that say 304, with status 304 and no payload;
    they are no captures of a page. One record is in memory at a time, of blocks up to ``max_block_bytes``.

    Where several records are compressed together, offset and length in a ref count bytes of the content, and
    ``read_foreign_capture`` cannot read it; a finding ``foreign-not-random-access`` says so.

    Raises ``UnreadableInput`` when the file cannot be read or holds no whole record.
    """
    with _opened(path) as (file, form):
        reading = _Reading(file, form, path, name, report, resolve, with_not_modified)
        yield from (capture for _, capture in reading.records(max_block_bytes) if capture is not None)


def read_foreign_exchanges(
    path: Path, name: str, *, report: Report, max_block_bytes: int = MAX_BLOCK_BYTES
) -> Iterator[ForeignExchange]:
    """As ``read_foreign_captures``, each capture with the records it was read from, as they are in the file."""
    with _opened(path) as (file, form):
        reading = _Reading(file, form, path, name, report, None, False)
        yield from reading.exchanges(max_block_bytes)


def read_foreign_capture(path: Path, ref: CaptureRef, *, resolve: Resolver | None = None) -> StoredCapture:
    """The capture ``ref`` points to in the WARC file ``path``: only its record is read.

    Raises ``UnreadableInput`` when there is no whole record, or another one, or a revisit that ``resolve`` does not
    resolve.
    """
    with _opened(path) as (file, form):
        record = _record_at(file, form, ref.offset, ref.length)
        if record is None:
            raise UnreadableInput(path=path, reason=f"there is no record of {ref.length} bytes at offset {ref.offset}")
        try:
            record = _mend(record, name=ref.warc, offset=ref.offset)
            if record.id != ref.record_id:
                raise ValueError(f"the record there is {record.id}, not {ref.record_id}")
            if record.type != "revisit":
                return stored_capture(record, warc=ref.warc, offset=ref.offset, length=ref.length)
            if is_not_modified(record):
                return _not_modified(record, warc=ref.warc, offset=ref.offset, length=ref.length)
            original = resolve(revisit_target(record)) if resolve else None
            if original is None:
                raise ValueError("the record there is a revisit of one that was not found")
            return revisit_capture(record, original, warc=ref.warc, offset=ref.offset, length=ref.length)
        except ValueError as error:
            raise UnreadableInput(path=path, reason=f"at offset {ref.offset}: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, WarcForm]]:
    try:
        with path.open("rb") as file:
            yield file, open_form(file)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except NotWarc as error:
        raise UnreadableInput(path=path, reason=str(error)) from error


@dataclass
class _Reading:
    """One file while it is read."""

    file: BinaryIO
    form: WarcForm
    path: Path
    name: str
    report: Report
    resolve: Resolver | None
    with_not_modified: bool
    # By what a revisit may name a record: the place of the last that has it. A number for each name, since files
    # of a million records are not rare.
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)
    told_not_random_access: bool = False

    def exchanges(self, max_block_bytes: int) -> Iterator[ForeignExchange]:
        """Captures with their records. A request stands before its response or behind it."""
        waiting: ForeignExchange | None = None
        request: Record | None = None
        for found, capture in self.records(max_block_bytes):
            if capture is None:
                if found.record.header("WARC-Type") not in {"request", "Request"}:
                    continue
                if waiting is not None and waiting.request is None and _belong(waiting.record, found.record):
                    waiting = replace(waiting, request=found.record)
                else:
                    request = found.record
                continue
            if waiting is not None:
                yield waiting
            own = request if request is not None and _belong(found.record, request) else None
            waiting, request = ForeignExchange(record=found.record, request=own, stored=capture), None
        if waiting is not None:
            yield waiting

    def records(self, max_block_bytes: int) -> Iterator[tuple[Framed, StoredCapture | None]]:
        """Every whole record, with the capture it holds, if any."""
        records = 0
        for found in read_framed(MemberStream(self.file, self.form), max_block_bytes=max_block_bytes):
            if isinstance(found, Flaw):
                code = {"damaged": "foreign-damaged", "cut": "foreign-cut", "too-large": "foreign-too-large"}[
                    found.kind
                ]
                self._find(code, found.offset, f"Passed over a record: {found.reason}.")
                continue
            records += 1
            self._look_at(found)
            try:
                capture = self._capture(found)
            except ValueError as error:
                self._find("foreign-field-unusable", found.offset, f"Passed over a record: {error}.")
                continue
            yield found, capture
        if not records:
            raise UnreadableInput(path=self.path, reason="it holds no whole WARC record")

    def _look_at(self, found: Framed) -> None:
        """Report what is odd about a record of any kind."""
        if not (found.addressable or self.told_not_random_access):
            self.told_not_random_access = True
            self._find("foreign-not-random-access", found.offset, "Records are compressed together, not each alone.")
        record = found.record
        # That of a revisit is often taken of the block before the payload was left out.
        digest = record.header("WARC-Block-Digest")
        if record.header("WARC-Profile") is None and _contradicts(digest, record.block):
            self._find("foreign-block-digest", found.offset, "The block is not what its digest was taken of.")
        identity = record.header("WARC-Record-ID")
        if not identity:
            self._find("foreign-id-missing", found.offset, "The record has no WARC-Record-ID.")
        elif (key := _key(identity)) in self.ids:
            self._find("foreign-id-doubled", found.offset, f"An earlier record has the id {identity} too.")
        else:
            self.ids.add(key)

    def _capture(self, found: Framed) -> StoredCapture | None:
        """The capture in a record, ``None`` where there is none. Raises ``ValueError`` for unusable fields."""
        if found.record.type not in _CAPTURES:
            return None
        record = _mend(found.record, name=self.name, offset=found.offset)
        if not record.demand("WARC-Target-URI").lower().startswith(("http://", "https://")):
            return None
        if record.header("WARC-Segment-Number"):
            self._find("foreign-segmented", found.offset, "The record is one segment of several.")
        if record.type == "revisit":
            return self._revisit(record, found)
        if record.type == "response" and status_of(record.block) is None:
            self._find("foreign-http-missing", found.offset, "The block does not begin with an HTTP status line.")
            return None
        self._remember(record, found)
        return stored_capture(record, warc=self.name, offset=found.offset, length=found.length)

    def _revisit(self, record: Record, found: Framed) -> StoredCapture | None:
        if is_not_modified(record):
            if not self.with_not_modified:
                return None
            return _not_modified(record, warc=self.name, offset=found.offset, length=found.length)
        target = revisit_target(record)
        original = self._original(target, _MAX_REVISIT_CHAIN) or (self.resolve(target) if self.resolve else None)
        self._remember(record, found)
        if original is None:
            when = f" of {target.captured_at:%Y-%m-%d %H:%M:%S} UTC" if target.captured_at else ""
            message = f"The revisit repeats a capture of {target.url}{when}, which was not found."
            self._find("foreign-revisit-dangling", found.offset, message)
            return None
        return revisit_capture(record, original, warc=self.name, offset=found.offset, length=found.length)

    def _original(self, target: RevisitTarget, chain: int) -> StoredCapture | None:
        """The capture a revisit refers to, if it lies before it in this file."""
        for key in _keys(target.record_id, target.url, target.captured_at, target.payload_digest):
            if key not in self.places:
                continue
            offset, length = self.places[key]
            record = _record_at(self.file, self.form, offset, length)
            if record is None:
                continue
            record = _mend(record, name=self.name, offset=offset)
            if _differ(target.payload_digest, record.header("WARC-Payload-Digest")):
                continue
            if record.type != "revisit":
                return stored_capture(record, warc=self.name, offset=offset, length=length)
            # Against the standard, some programs refer to revisits.
            original = self._original(revisit_target(record), chain - 1) if chain else None
            if original is not None:
                return original
        return None

    def _remember(self, record: Record, found: Framed) -> None:
        if found.addressable:
            captured_at = datetime.fromisoformat(record.demand("WARC-Date"))
            digest = record.header("WARC-Payload-Digest")
            for key in _keys(record.id, record.demand("WARC-Target-URI"), captured_at, digest):
                self.places[key] = (found.offset, found.length)

    def _find(self, code: str, offset: int, message: str) -> None:
        severity, remedy = FOREIGN_FINDINGS[code]
        where = f"{self.name}@{offset}"
        self.report(Finding(severity=severity, code=code, where=where, message=message, remedy=remedy))


def _belong(record: Record, request: Record) -> bool:
    """Whether ``request`` is the one that ``record`` answers: one names the other, or they share address and time."""
    for one, other in ((record, request), (request, record)):
        concurrent = one.header("WARC-Concurrent-To")
        if concurrent is not None and concurrent == other.header("WARC-Record-ID"):
            return True
    pairs = ((record.header(name), request.header(name)) for name in ("WARC-Target-URI", "WARC-Date"))
    return all(own is not None and own == theirs for own, theirs in pairs)


def _record_at(file: BinaryIO, form: WarcForm, offset: int, length: int) -> Record | None:
    """The one record that the ``length`` bytes at ``offset`` hold, ``None`` where they hold something else."""
    data = os.pread(file.fileno(), length, offset)
    found = list(read_framed(MemberStream(BytesIO(data), form)))
    first = found[0] if len(found) == 1 else None
    return first.record if isinstance(first, Framed) and first.addressable and first.length == length else None


def _mend(record: Record, *, name: str, offset: int) -> Record:
    """``record`` with the fields that we read as we write them, and the response alone in its block.

    Raises ``ValueError`` where its type, address or time cannot be told.
    """
    fields = {
        "WARC-Type": record.type,
        "WARC-Record-ID": f"<{record.header('WARC-Record-ID') or uuid5(NAMESPACE_URL, f'{name}@{offset}').urn}>",
        "WARC-Target-URI": _address(record.demand("WARC-Target-URI")),
        "WARC-Date": _time(record.demand("WARC-Date")).isoformat(),
    }
    if target := record.header("WARC-Refers-To-Target-URI"):
        fields["WARC-Refers-To-Target-URI"] = _address(target)
    if date := record.header("WARC-Refers-To-Date"):
        fields["WARC-Refers-To-Date"] = _time(date).isoformat()
    truncated = record.header("WARC-Truncated")
    if truncated is not None or record.header("WARC-Segment-Number"):
        reason = (truncated or "").lower()
        fields["WARC-Truncated"] = reason if reason in _TRUNCATIONS else "unspecified"
    changed = {field.lower() for field in fields}
    kept = ((field, value) for field, value in record.headers if field.lower() not in changed)
    block = record.block
    if record.type == "response":
        block = split_received(block, 0).message or block
    return Record(headers=(*fields.items(), *kept), block=block)


def _not_modified(record: Record, *, warc: str, offset: int, length: int) -> StoredCapture:
    """What a revisit record that says 304 holds: a head, and nothing else."""
    headers = (("WARC-Type", "response"), *(pair for pair in record.headers if pair[0] != "WARC-Type"))
    stored = stored_capture(replace(record, headers=headers), warc=warc, offset=offset, length=length)
    return replace(stored, ref=replace(stored.ref, status=304), record_type="revisit")


def _address(printed: str) -> str:
    """An address as printed in a record: without the angle brackets of WARC 1.0, escaped as browsers do."""
    address = printed.strip(" \t<>")
    if re.fullmatch(r"[!-~]*", address):
        return address
    try:
        return str(safe_url_string(address))
    except ValueError:
        return address


def _time(printed: str) -> datetime:
    """A time of any precision (WARC 1.1 section 4), UTC where it names no zone. Raises ``ValueError`` for none."""
    match = _DATE.fullmatch(printed.strip())
    if match is None:
        raise ValueError(f"{printed!r} is no date")
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups()
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0)) * (-1 if sign == "-" else 1)
    if second == "60":  # a leap second, which Python's times do not have
        second = "59"
    time = datetime(
        int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
        int((fraction or "0")[:6].ljust(6, "0")), timezone(offset),
    )  # fmt: skip
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{printed!r} is no date") from error


def _keys(identity: str | None, url: str, captured_at: datetime | None, digest: str | None) -> Iterator[int]:
    """What a record is looked up by, the surest first.

    Times are cut to the second, since many programs give those they refer to so.
    """
    second = f"{captured_at.astimezone(UTC):%Y%m%d%H%M%S}" if captured_at else None
    if identity:
        yield _key("id", identity)
    if second and digest:
        yield _key("all", url, second, digest.lower())
    if second:
        yield _key("time", url, second)
    if digest:
        yield _key("digest", url, digest.lower())


def _key(*parts: str) -> int:
    text = "\n".join(parts)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _differ(one: str | None, other: str | None) -> bool:
    """Whether two printed digests of the same algorithm differ."""
    if not (one and other):
        return False
    one, other = one.strip().lower(), other.strip().lower()
    return one.partition(":")[0] == other.partition(":")[0] and one != other


def _contradicts(printed: str | None, data: bytes) -> bool:
    """Whether a printed digest, in hex or Base32, is not that of ``data``; unknown algorithms never do."""
    label, _, value = (printed or "").strip().partition(":")
    algorithm = _ALGORITHMS.get(label.strip().lower())
    if algorithm is None or not value.strip():
        return False
    digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    value = value.strip()
    if len(value) == 2 * len(digest):
        return value.lower() != digest.hex()
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) != digest
    except ValueError:  # binascii.Error, or letters outside ASCII
        return True
