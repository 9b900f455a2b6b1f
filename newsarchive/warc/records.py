"""Captures as WARC 1.1 records, and records as stored captures. Pure: no file, no clock, ids from the caller.

What one capture becomes (WARC 1.1 sections 5 and 6, and the annotated edition):

========================  =================================================================================
response                  the message as it crossed the wire, first of the records; 1xx messages before it and
                          bytes after its end are left out, since players cannot read a block that has them
revisit                   in its place, where the payload was stored before (``Original``): the head alone, profile
                          identical-payload-digest; or where the server said 304 to a question about what was
                          stored before: the message as it came, profile server-not-modified
resource                  in its place, where the bytes do not begin with an HTTP status line
request                   the bytes sent
metadata                  ``application/warc-fields``, only where there is something to say; each value is JSON,
                          bytes in it are text of one character a byte (Latin-1):

                          ``interim_responses``  the 1xx messages
                          ``surplus``            what came after the end of the message
                          ``not_http``           why there is a resource and no response
                          ``no_response``        why nothing came: a reason of the WARC-Truncated field
                          ``imported_from``      of a capture that others made: file, offset and length there
                          ``imported_headers``   the named fields of its record as they were there, and
                                                 ``imported_request_headers`` those of its request
                          ``certificates``       the chain the server showed, leaf first: ``sha256`` of each,
                                                 and its ``pem`` at the first mention in a WARC file
========================  =================================================================================

All records of a capture share WARC-Date; request and metadata point to the first record by WARC-Concurrent-To.

Metadata of any other type is taken for content by indexers (cdxj-indexer, pywb's, warcio.js), under the address and
the time of the response, which it then hides in replay. It has no payload (WARC 1.1 section 4), so no digest of one.
"""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from newsarchive.model.capture import Capture, CaptureRef, Instant, StoredCapture, Truncation
from newsarchive.model.digest import Digest
from newsarchive.warc.message import Head, Received, parse_head, payload_of, split_received, status_of

NewId = Callable[[], UUID]
"""Where record ids come from: ``uuid.uuid4``, or something repeatable."""

Fields = tuple[tuple[str, str], ...]
"""Named fields of a record, in order; a name may come again."""

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
"""Profile of a revisit whose payload was stored with an earlier response (WARC 1.1 section 6.7.2)."""

NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
"""Profile of a revisit where the server said so itself (WARC 1.1 section 6.7.3)."""

_HTTP_RESPONSE = "application/http;msgtype=response"
_HTTP_REQUEST = "application/http;msgtype=request"
_TRUNCATIONS: dict[str | None, Truncation | None] = {
    None: None,
    "length": "length",
    "time": "time",
    "disconnect": "disconnect",
}
_CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One WARC record: its named fields in order, and its block."""

    headers: Fields
    block: bytes

    @property
    def type(self) -> str:
        """``response``, ``request`` … in lower case. Raises ``ValueError`` where the field is missing."""
        return self.demand("WARC-Type").lower()

    @property
    def id(self) -> str:
        """The record id without angle brackets. Raises ``ValueError`` where the field is missing."""
        return self.demand("WARC-Record-ID").strip("<>")

    def header(self, name: str) -> str | None:
        """The first field called ``name``, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def demand(self, name: str) -> str:
        """The field called ``name``. Raises ``ValueError`` where it is missing."""
        value = self.header(name)
        if value is None:
            raise ValueError(f"the record has no {name}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Content that came without HTTP, a flat text say, and the address it stands for."""

    url: str
    captured_at: Instant
    content_type: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A capture out of a WARC file of others, to be taken over with its block untouched.

    ``record`` and ``request`` are as they stand in the file called ``source``, ``stored`` is what was read of them
    there: its ref says where. ``record_id`` is its id with us: its own, where no other capture has that.
    """

    record: Record
    request: Record | None
    stored: StoredCapture
    source: str
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, taken apart once for all who need a part.

    ``status`` and ``head`` are ``None`` where the bytes do not begin with an HTTP status line; the payload is then all
    of the message.
    """

    received: Received
    status: int | None
    head: Head | None
    payload: bytes
    payload_digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A response that a revisit record may refer to: it will not be lost before the revisit is."""

    record_id: str
    url: str
    captured_at: Instant
    payload_digest: Digest


def answer_of(capture: Capture) -> Answer:
    """Take apart what ``capture`` received."""
    received = split_received(capture.received, capture.surplus)
    status = status_of(received.message)
    payload = received.message if status is None else payload_of(received.message)
    return Answer(
        received=received,
        status=status,
        head=None if status is None else parse_head(received.message),
        payload=payload,
        payload_digest=Digest.of(payload),
    )


def warcinfo_record(filename: str, created_at: datetime, fields: Mapping[str, str], *, new_id: NewId) -> Record:
    """The record that opens a WARC file and describes those after it (WARC 1.1 section 6.2, Annex B.1)."""
    lines = {**fields, "format": "WARC File Format 1.1", "conformsTo": _CONFORMS_TO}
    return _record(
        "warcinfo",
        new_id(),
        created_at,
        (("WARC-Filename", filename),),
        content_type="application/warc-fields",
        block="".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode(),
    )


def capture_records(
    capture: Capture,
    answer: Answer,
    *,
    original: Original | None = None,
    warcinfo_id: str,
    new_id: NewId,
    known_certificates: Set[bytes] = frozenset(),
) -> tuple[Record, ...]:
    """The records of one exchange in the order they are written: response, revisit or resource, request, metadata.

    ``original``: the response whose payload this one repeats, or which it says is not modified; that the two may be
    told for one another is for the caller to know. ``known_certificates``: those (DER) that the WARC file already
    spells out. Without an answer the request is first.
    """
    received = answer.received
    event = (
        ("WARC-Target-URI", capture.url),
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        *((("WARC-IP-Address", capture.ip_address),) if capture.ip_address else ()),
        *(("WARC-Protocol", protocol) for protocol in capture.protocols),
        *((("WARC-Cipher-Suite", capture.cipher_suite),) if capture.cipher_suite else ()),
    )
    cut = (("WARC-Truncated", capture.truncated),) if capture.truncated else ()
    remarks: dict[str, object] = {}
    records: list[Record] = []

    def add(kind: str, content_type: str, block: bytes, payload: Digest | None, fields: Fields = ()) -> None:
        concurrent = (("WARC-Concurrent-To", f"<{records[0].id}>"),) if records else ()
        digest = () if payload is None else (("WARC-Payload-Digest", str(payload)),)
        fields = (*event, *concurrent, *fields, *digest)
        records.append(_record(kind, new_id(), capture.started_at, fields, content_type=content_type, block=block))

    if answer.head is not None and original is not None:
        not_modified = answer.status == 304
        block = received.message if not_modified else received.message[: answer.head.length]
        add("revisit", _HTTP_RESPONSE, block, original.payload_digest, _revisit_fields(original, whole=not_modified))
    elif answer.head is not None:
        add("response", _HTTP_RESPONSE, received.message, answer.payload_digest, cut)
    elif received.message:
        add("resource", "application/octet-stream", received.message, answer.payload_digest, cut)
        remarks["not_http"] = "The bytes received do not begin with an HTTP status line."
    else:
        remarks["no_response"] = capture.truncated or "unspecified"
    add("request", _HTTP_REQUEST, capture.sent, Digest.of(payload_of(capture.sent)))
    if received.interim:
        remarks["interim_responses"] = received.interim.decode("latin-1")
    if received.surplus:
        remarks["surplus"] = received.surplus.decode("latin-1")
    if capture.certificates:
        remarks["certificates"] = [
            {"sha256": Digest.of(der).value}
            | ({} if der in known_certificates else {"pem": ssl.DER_cert_to_PEM_cert(der)})
            for der in capture.certificates
        ]
    if remarks:
        lines = (f"{name}: {json.dumps(value, sort_keys=True)}\r\n" for name, value in sorted(remarks.items()))
        add("metadata", "application/warc-fields", "".join(lines).encode(), None)
    return tuple(records)


def stored_answer(
    record: Record, answer: Answer, capture: Capture, *, warc: str, offset: int, length: int
) -> StoredCapture:
    """What will be read of the first of the records of ``capture``, which lies at ``offset`` of ``warc``."""
    kind: Literal["response", "revisit", "resource"] = "resource" if answer.head is None else "response"
    return StoredCapture(
        ref=CaptureRef(
            record_id=record.id,
            warc=warc,
            offset=offset,
            length=length,
            captured_at=datetime.fromisoformat(record.demand("WARC-Date")).astimezone(UTC),
            status=answer.status,
            payload_digest=answer.payload_digest,
        ),
        url=capture.url,
        record_type="revisit" if record.type == "revisit" else kind,
        content_type=record.header("Content-Type") if answer.head is None else answer.head.header("Content-Type"),
        headers=() if answer.head is None else answer.head.headers,
        payload=answer.payload,
        truncated=capture.truncated,
    )


def _revisit_fields(original: Original, *, whole: bool) -> Fields:
    """What WARC 1.1 section 6.7 asks of a revisit; players need all three fields that say what it refers to.

    ``whole``: the block is all that was received, as with a 304. Otherwise the payload was left out, which is a
    truncation for the reason ``length`` (section 6.7.2).
    """
    return (
        ("WARC-Profile", NOT_MODIFIED if whole else IDENTICAL_PAYLOAD),
        ("WARC-Refers-To", f"<{original.record_id}>"),
        ("WARC-Refers-To-Target-URI", original.url),
        ("WARC-Refers-To-Date", _date(original.captured_at)),
        *(() if whole else (("WARC-Truncated", "length"),)),
    )


def remarks_of(metadata: Record) -> dict[str, object]:
    """What a metadata record of ``capture_records`` says. Raises ``ValueError`` for one that is not of that form."""
    fields = (line.partition(": ") for line in metadata.block.decode().splitlines())
    return {name: json.loads(value) for name, _, value in fields}


def resource_record(resource: Resource, *, warcinfo_id: str, new_id: NewId) -> Record:
    """The record of content without HTTP (WARC 1.1 section 6.4)."""
    return _record(
        "resource",
        new_id(),
        resource.captured_at,
        (
            ("WARC-Target-URI", resource.url),
            ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
            ("WARC-Payload-Digest", str(Digest.of(resource.payload))),
        ),
        content_type=resource.content_type,
        block=resource.payload,
    )


def conversion_record(
    *, url: str, captured_at: datetime, refers_to: str, content_type: str, payload: bytes, new_id: NewId
) -> Record:
    """The record of what a capture was turned into (WARC 1.1 section 6.8); ``refers_to`` is the id of its record."""
    return _record(
        "conversion",
        new_id(),
        captured_at,
        (
            ("WARC-Target-URI", url),
            ("WARC-Refers-To", f"<{refers_to.strip('<>')}>"),
            ("WARC-Payload-Digest", str(Digest.of(payload))),
        ),
        content_type=content_type,
        block=payload,
    )


def copied_records(
    copy: Copy, *, original: Original | None = None, warcinfo_id: str, new_id: NewId
) -> tuple[Record, ...]:
    """The records that take over a capture of others: the answer, the request where there is one, and metadata.

    Blocks are untouched, but that 1xx messages before a response move into the metadata, as with captures of our own;
    ids and times are those of the source. Named fields are written anew, as we read them; ``imported_headers`` in the
    metadata has them as they were, ``imported_from`` the file and the place. ``original``: of a revisit, the response
    it refers to with us.
    """
    stored, source = copy.stored, copy.record
    received = split_received(source.block, 0) if source.type == "response" else None
    block = source.block if received is None else received.message or source.block
    kept = ("WARC-IP-Address", "WARC-Protocol", "WARC-Cipher-Suite")
    event = (
        ("WARC-Target-URI", stored.url),
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        *((name, value) for name, value in source.headers if name in kept and _is_usable(name, value)),
    )
    first = f"<{copy.record_id}>"
    concurrent = (("WARC-Concurrent-To", first),)
    at = stored.ref.captured_at
    cut = (("WARC-Truncated", stored.truncated),) if stored.truncated else ()
    digest = (("WARC-Payload-Digest", str(stored.ref.payload_digest)),)
    if original is not None:
        fields: Fields = (
            *_revisit_fields(original, whole=stored.ref.status == 304),
            ("WARC-Payload-Digest", str(original.payload_digest)),
        )
        records = [_identified("revisit", first, at, (*event, *fields), content_type=_HTTP_RESPONSE, block=block)]
    else:
        kind, content_type = ("resource", stored.content_type) if received is None else ("response", _HTTP_RESPONSE)
        content_type = content_type or "application/octet-stream"
        records = [_identified(kind, first, at, (*event, *cut, *digest), content_type=content_type, block=block)]
    remarks: dict[str, object] = {
        "imported_from": {"file": copy.source, "offset": stored.ref.offset, "length": stored.ref.length},
        "imported_headers": [list(field) for field in source.headers],
    }
    if received is not None and received.interim and received.message:
        remarks["interim_responses"] = received.interim.decode("latin-1")
    if copy.request is not None:
        payload = (("WARC-Payload-Digest", str(Digest.of(payload_of(copy.request.block)))),)
        asked = (*event, *concurrent, *payload)
        records.append(_record("request", new_id(), at, asked, content_type=_HTTP_REQUEST, block=copy.request.block))
        remarks["imported_request_headers"] = [list(field) for field in copy.request.headers]
    lines = (f"{name}: {json.dumps(value, sort_keys=True)}\r\n" for name, value in sorted(remarks.items()))
    records.append(
        _record(
            "metadata",
            new_id(),
            at,
            (*event, *concurrent),
            content_type="application/warc-fields",
            block="".join(lines).encode(),
        )
    )
    return tuple(records)


def _is_usable(name: str, value: str) -> bool:
    """Whether the field of another program may stand in a record of ours."""
    if name != "WARC-IP-Address":
        return value.isprintable()
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def stored_capture(record: Record, *, warc: str, offset: int, length: int) -> StoredCapture:
    """What extraction reads of a response or resource record that lies at ``offset`` of ``warc``.

    The payload digest is taken from the bytes, not from the record: other archivers digest other things.
    Raises ``ValueError`` for a record of another type, or without a field that WARC 1.1 demands of it.
    """
    target = record.demand("WARC-Target-URI").strip("<>")
    ref = CaptureRef(
        record_id=record.id,
        warc=warc,
        offset=offset,
        length=length,
        captured_at=datetime.fromisoformat(record.demand("WARC-Date")).astimezone(UTC),
        status=None,
        payload_digest=Digest.of(record.block),
    )
    truncated = _TRUNCATIONS.get(record.header("WARC-Truncated"), "unspecified")
    if record.type == "resource":
        return StoredCapture(
            ref=ref,
            url=target,
            record_type="resource",
            content_type=record.header("Content-Type"),
            headers=(),
            payload=record.block,
            truncated=truncated,
        )
    if record.type != "response":
        raise ValueError(f"a {record.type} record is no capture")
    head = parse_head(record.block)
    payload = payload_of(record.block)
    return StoredCapture(
        ref=replace(ref, status=status_of(record.block), payload_digest=Digest.of(payload)),
        url=target,
        record_type="response",
        content_type=head.header("Content-Type"),
        headers=head.headers,
        payload=payload,
        truncated=truncated,
    )


def _record(kind: str, identity: UUID, at: datetime, fields: Fields, *, content_type: str, block: bytes) -> Record:
    return _identified(kind, f"<{identity.urn}>", at, fields, content_type=content_type, block=block)


def _identified(kind: str, identity: str, at: datetime, fields: Fields, *, content_type: str, block: bytes) -> Record:
    headers = (
        ("WARC-Type", kind),
        ("WARC-Record-ID", identity),
        ("WARC-Date", _date(at)),
        *fields,
        ("WARC-Block-Digest", str(Digest.of(block))),
        ("Content-Type", content_type),
        ("Content-Length", str(len(block))),
    )
    return Record(headers=headers, block=block)


def _date(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
