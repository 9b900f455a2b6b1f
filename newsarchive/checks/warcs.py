"""The WARC files of committed runs, read to the last byte; what each record must be alone and beside the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from newsarchive.checks.evidence import Evidence
from newsarchive.checks.inventory import RecordEntry, Row, number_of
from newsarchive.collection.tables import stamp
from newsarchive.model.capture import CaptureRef, StoredCapture, Truncation
from newsarchive.model.crawl import CrawlRun, WarcFile
from newsarchive.model.digest import Digest
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.warc.cdxj import index_line, to_line
from newsarchive.warc.message import Head, is_chunked, parse_head, status_of
from newsarchive.warc.records import IDENTICAL_PAYLOAD, Record
from newsarchive.warc.resolve import unresolved_capture
from newsarchive.warc.rules import (
    check_digests,
    check_fields,
    check_request,
    check_response,
    check_revisit,
    is_short,
    time_of,
)
from newsarchive.warc.strict import Fault, Member, MeteredFile, Misread, parse_strictly, read_members

_CODES: dict[Fault, str] = {
    "cut": "warc-cut",
    "damaged": "warc-damaged",
    "no-member": "warc-garbage",
    "too-large": "warc-too-large",
    "no-record": "record-head",
    "framing": "record-length",
    "not-alone": "record-not-alone",
}
_CAPTURES = {"response", "resource", "revisit"}
_TRUNCATIONS: dict[str | None, Truncation | None] = {
    None: None,
    "length": "length",
    "time": "time",
    "disconnect": "disconnect",
}
_BATCH = 1000


def check_warcs(evidence: Evidence) -> Iterator[Finding]:
    """Every WARC file of every run, one after the other."""
    for run in evidence.runs:
        captures: int | None = 0
        for warc in run.warcs:
            reading = _Reading(evidence=evidence, run=run, warc=warc, number=evidence.inventory.add_warc(warc.path))
            yield from reading.read()
            captures = None if captures is None or not reading.sound else captures + reading.captures
        if captures is not None and captures != run.captures:
            where = evidence.layout.name_of(evidence.layout.crawl(run.run))
            yield found("run-captures", where, f"It counts {run.captures} captures, its WARC files hold {captures}.")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One WARC file while it is read."""

    evidence: Evidence
    run: CrawlRun
    warc: WarcFile
    number: int
    sound: bool = True
    records: int = 0
    captures: int = 0
    entries: list[tuple[RecordEntry, tuple[str, ...]]] = field(default_factory=list)
    stored: list[StoredCapture] = field(default_factory=list)

    def read(self) -> Iterator[Finding]:
        name = self.warc.path
        try:
            path = self.evidence.layout.locate(name)
        except ValueError as error:
            yield self._spoil("warc-missing", name, _sentence(str(error)))
            return
        try:
            with path.open("rb") as opened:
                file = MeteredFile(opened, self.evidence.on_bytes)
                for item in read_members(file, with_digests=self.evidence.deep):
                    yield from self._misread(item) if isinstance(item, Misread) else self._member(item)
                    if len(self.entries) >= _BATCH:
                        self._enter()
                # Damage at the end may leave bytes that no member was looked for in; they count for the digest.
                while file.read():
                    pass
        except FileNotFoundError:
            yield self._spoil("warc-missing", name, f"The WARC file of run {self.run.run} is not there.")
            return
        except OSError as error:
            yield self._spoil("warc-unreadable", name, f"The file cannot be read: {error.strerror or error}.")
            return
        self._enter()
        yield from self._whole(file)

    def _whole(self, file: MeteredFile) -> Iterator[Finding]:
        """Whether the file is the one that was sealed."""
        name, warc = self.warc.path, self.warc
        if file.length_bytes != warc.length_bytes:
            message = f"The file has {file.length_bytes} bytes; it was sealed with {warc.length_bytes}."
            yield self._spoil("warc-length", name, message)
        elif file.digest() != warc.digest:
            yield found("warc-digest", name, f"The file is not the one that was sealed: its sha256 is {file.digest()}.")
        if self.sound and self.records != warc.records:
            message = f"The file holds {self.records} records; it was sealed with {warc.records}."
            yield found("warc-records", name, message)

    def _misread(self, misread: Misread) -> Iterator[Finding]:
        yield self._spoil(_CODES[misread.fault], self._where(misread.offset), _sentence(misread.reason))

    def _member(self, member: Member) -> Iterator[Finding]:
        record = parse_strictly(member.content)
        where = self._where(member.offset)
        if not isinstance(record, Record):
            fault, reason = record
            yield self._spoil(_CODES[fault], where, _sentence(reason))
            return
        if not self.records and not _is_warcinfo(record):
            yield found("warcinfo-missing", self.warc.path, "The file does not begin with a warcinfo record.")
        self.records += 1
        for code, message in self._breaches(record):
            yield found(code, where, message)
        if record.header("WARC-Type") is None:
            return
        self._note(record, member)

    def _breaches(self, record: Record) -> Iterator[tuple[str, str]]:
        yield from check_fields(record)
        kind = (record.header("WARC-Type") or "").lower()
        content_type = (record.header("Content-Type") or "").lower().replace(" ", "")
        if kind == "warcinfo":
            filename = record.header("WARC-Filename")
            if filename is not None and filename != self.warc.path.rpartition("/")[2]:
                yield "warcinfo-filename", f"Its warcinfo record says that the file is called {filename}."
        elif self.run.is_import and kind in {"response", "request"}:
            pass  # What others wrote of an exchange is not for us to judge; its digests and fields are ours.
        elif kind == "response" and content_type.startswith("application/http"):
            yield from check_response(record, parse_head(record.block), deep=self.evidence.deep)
        elif kind == "request" and content_type.startswith("application/http"):
            yield from check_request(record)
        elif kind == "revisit":
            yield from check_revisit(record)
        at = _time(record.header("WARC-Date"))
        if at is not None and at > self.run.ended_at:
            yield "date-order", f"WARC-Date is later than the end of the run: {record.header('WARC-Date')}."
        if self.evidence.deep:
            yield from check_digests(record)

    def _note(self, record: Record, member: Member) -> None:
        # Looked up a dozen times: the first field of each name, whatever its case.
        first = {name.lower(): value for name, value in reversed(record.headers)}
        kind = record.type
        head = parse_head(record.block) if kind in {"response", "revisit", "request"} and record.block else None
        at = _time(first.get("warc-date"))
        status = status_of(record.block) if kind in {"response", "revisit"} else None
        entry = RecordEntry(
            offset=member.offset,
            length=member.length,
            id=_id(first.get("warc-record-id")),
            type=kind,
            url=first.get("warc-target-uri"),
            at=_stamped(at),
            status=status,
            payload_digest=first.get("warc-payload-digest"),
            truncated=first.get("warc-truncated"),
            chunked=head is not None and is_chunked(head.headers),
            short=kind == "response" and head is not None and not self.run.is_import and is_short(record, head),
            method=head.start_line.partition(" ")[0] if kind == "request" and head is not None else None,
            warcinfo=_id(first.get("warc-warcinfo-id")),
            profile=first.get("warc-profile"),
            refers_to=_id(first.get("warc-refers-to")),
            refers_to_url=first.get("warc-refers-to-target-uri"),
            refers_to_at=_stamped(_time(first.get("warc-refers-to-date"))),
            member=None if member.digest is None else number_of(str(member.digest).encode()),
        )
        if kind in _CAPTURES:
            self.captures += 1
            entry = self._with_line(entry, record, member)
            self._keep(entry, record, head, at)
        concurrent = tuple(value.strip("<>") for name, value in record.headers if name.lower() == "warc-concurrent-to")
        self.entries.append((entry, concurrent))

    def _with_line(self, entry: RecordEntry, record: Record, member: Member) -> RecordEntry:
        """``entry`` with the line that the index should have of it."""
        try:
            line = index_line(
                record, filename=self.warc.path, offset=member.offset, length=member.length, record_digest=""
            )
        except ValueError:
            return entry  # a field is missing, which is a finding already
        printed = to_line(replace(line, record_digest=None))
        return replace(entry, line=number_of(printed), replayable=line.is_replayable)

    def _keep(self, entry: RecordEntry, record: Record, head: Head | None, at: datetime | None) -> None:
        """Hand the capture to the catalog, without its payload, of which that knows the digest only."""
        digest = _digest(entry.payload_digest)
        if entry.id is None or entry.url is None or at is None or digest is None:
            return  # a field is missing or of another form, which is a finding already
        if entry.type == "revisit":
            self.stored.append(
                unresolved_capture(record, warc=self.warc.path, offset=entry.offset, length=entry.length)
            )
            return
        ref = CaptureRef(
            record_id=entry.id,
            warc=self.warc.path,
            offset=entry.offset,
            length=entry.length,
            captured_at=at,
            status=entry.status,
            payload_digest=digest,
        )
        self.stored.append(
            StoredCapture(
                ref=ref,
                url=entry.url,
                record_type="resource" if entry.type == "resource" else "response",
                content_type=record.header("Content-Type"),
                headers=head.headers if head is not None else (),
                payload=b"",
                truncated=_TRUNCATIONS.get(entry.truncated, "unspecified"),
            )
        )

    def _enter(self) -> None:
        self.evidence.inventory.add_records(self.number, self.entries)
        self.evidence.catalog.add_captures(self.run.run, self.stored)
        self.entries.clear()
        self.stored.clear()

    def _spoil(self, code: str, where: str, message: str) -> Finding:
        self.sound = False
        self.evidence.inventory.spoil(self.number)
        return found(code, where, message)

    def _where(self, offset: int) -> str:
        return f"{self.warc.path}@{offset}"


def check_references(evidence: Evidence) -> Iterator[Finding]:
    """What records say of one another. All WARC files were read."""
    inventory = evidence.inventory
    inventory.finish_records()
    for warc, offset, identity, count in inventory.doubled_ids():
        yield found("record-id-doubled", f"{warc}@{offset}", f"{count} records have the id {identity}.")
    for warc, offset, identity in inventory.lost_warcinfos():
        yield found("warcinfo-id", f"{warc}@{offset}", f"There is no warcinfo record {identity} in the file.")
    for warc, offset, identity in inventory.lost_concurrents():
        message = f"It is concurrent to {identity}, which is not in the file."
        yield found("concurrent-dangling", f"{warc}@{offset}", message)
    for warc, offset, other_time, other_address in inventory.odd_concurrents():
        differs = " and ".join(["the time"] * other_time + ["the address"] * other_address)
        yield found("concurrent-differs", f"{warc}@{offset}", f"The record it is concurrent to differs in {differs}.")
    for warc, offset in inventory.short_responses():
        message = "The body is shorter than its Content-Length, and the record does not say that it was cut."
        yield found("http-length", f"{warc}@{offset}", message)
    is_sound = inventory.is_sound
    for row in inventory.revisits():
        yield from _check_target(row, is_sound=is_sound)


def _check_target(row: Row, *, is_sound: bool) -> Iterator[Finding]:
    """A revisit and what it refers to."""
    (warc, offset, profile, _, _, refers_to, refers_to_url, refers_to_at, digest, chunked) = row[:10]
    kind, url, at, target_digest, target_chunked, target_truncated = row[10:]
    where = f"{warc}@{offset}"
    identical = profile == IDENTICAL_PAYLOAD
    if kind is None:
        if is_sound:
            yield found("revisit-dangling", where, f"The revisit refers to {refers_to}, which no WARC file holds.")
        return
    if kind == "revisit":
        yield found("revisit-of-revisit", where, f"The revisit refers to {refers_to}, a revisit itself.")
        return
    if kind != "response" or (identical and target_truncated is not None):
        state = "cut" if kind == "response" else f"a {kind} record"
        yield found("revisit-target", where, f"The revisit refers to {refers_to}, which is {state}.")
        return
    for what, own, theirs in (("address", refers_to_url, url), ("time", refers_to_at, at)):
        if own is not None and own != theirs:
            message = f"The revisit gives another {what} for the record it refers to ({own}) than that has ({theirs})."
            yield found("revisit-target", where, message)
    if digest is not None and digest != target_digest:
        yield found("revisit-digest", where, f"The payload of {refers_to} has another digest than the revisit says.")
    if identical and chunked != target_chunked:
        message = f"Of the revisit and {refers_to} one is chunked and one is not; players then serve a broken body."
        yield found("revisit-chunking", where, message)


def _is_warcinfo(record: Record) -> bool:
    return (record.header("WARC-Type") or "").lower() == "warcinfo"


def _id(printed: str | None) -> str | None:
    return None if printed is None else printed.strip("<>")


def _time(printed: str | None) -> datetime | None:
    try:
        return None if printed is None else time_of(printed).astimezone(UTC)
    except ValueError:
        return None


def _stamped(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _digest(printed: str | None) -> Digest | None:
    try:
        return None if printed is None else Digest.parse(printed)
    except ValueError:
        return None


def _sentence(reason: str) -> str:
    return f"{reason[0].upper()}{reason[1:]}."
