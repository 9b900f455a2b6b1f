"""What WARC 1.1 and our own way of writing it demand of a single record. Pure: each breach is a code and a message.

The codes are those of ``model.faults``. Rules that need other records are in ``checks``.
"""

from __future__ import annotations

import ipaddress
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from newsarchive.model.digest import Digest
from newsarchive.warc.message import Head, chunks_end, is_chunked, parse_head, payload_of, status_of
from newsarchive.warc.records import IDENTICAL_PAYLOAD, NOT_MODIFIED, Record

Breach = tuple[str, str]
"""A code of ``model.faults``, and the message."""

_TYPES = {"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"}
_WITH_PAYLOAD = {"response", "resource", "request", "conversion", "continuation", "revisit"}
_MANDATORY = ("WARC-Type", "WARC-Record-ID", "WARC-Date", "Content-Length")
_MANDATORY_OF = {
    "response": ("WARC-Target-URI",),
    "resource": ("WARC-Target-URI",),
    "request": ("WARC-Target-URI",),
    "revisit": ("WARC-Target-URI", "WARC-Profile"),
    "conversion": ("WARC-Target-URI",),
    "continuation": ("WARC-Target-URI", "WARC-Segment-Number", "WARC-Segment-Origin-ID"),
}
_FORBIDDEN_ON = {
    "warc-refers-to": {"warcinfo", "response", "resource", "request", "continuation"},
    "warc-concurrent-to": {"warcinfo", "conversion", "continuation"},
    "warc-ip-address": {"warcinfo", "conversion", "continuation"},
    "warc-target-uri": {"warcinfo"},
    "warc-warcinfo-id": {"warcinfo"},
    "warc-filename": _TYPES - {"warcinfo"},
    "warc-profile": _TYPES - {"revisit"},
    "warc-refers-to-target-uri": _TYPES - {"revisit"},
    "warc-refers-to-date": _TYPES - {"revisit"},
    "warc-payload-digest": _TYPES - _WITH_PAYLOAD,
    "warc-identified-payload-type": _TYPES - _WITH_PAYLOAD,
    "warc-segment-origin-id": _TYPES - {"continuation"},
    "warc-segment-total-length": _TYPES - {"continuation"},
}
"""WARC 1.1 section 5; that only revisits have WARC-Refers-To-… is their description in section 6.7."""

_REPEATABLE = {"warc-concurrent-to", "warc-protocol"}
_IDS = ("WARC-Record-ID", "WARC-Concurrent-To", "WARC-Refers-To", "WARC-Warcinfo-ID")
_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:[!-;=?-~]+>")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-;=?-~]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")
_MEDIA_TYPE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*;.*)?")
_TRUNCATED = {"length", "time", "disconnect", "unspecified"}
_REQUEST_LINE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \S+ HTTP/[0-9](?:\.[0-9])?")
_NO_BODY = {204, 304}
_PROBE_BYTES = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


def time_of(printed: str) -> datetime:
    """A WARC-Date (section 5.4, to the second or finer). Raises ``ValueError`` for anything else."""
    if not _DATE.fullmatch(printed):
        raise ValueError(f"no time of the form 2026-11-22T09:30:00Z: {printed!r}")
    return datetime.fromisoformat(printed).astimezone(UTC)


def is_record_id(printed: str) -> bool:
    """Whether ``printed`` is a URI in angle brackets, as WARC-Record-ID asks for."""
    return _ID.fullmatch(printed) is not None


def check_fields(record: Record) -> Iterator[Breach]:
    """Which fields a record of its type must have, may have, may not have; and whether they are of their form."""
    names = [name.lower() for name, _ in record.headers]
    for name in sorted({name for name in names if names.count(name) > 1} - _REPEATABLE):
        yield "field-doubled", f"The field {name} comes more than once."
    missing = [name for name in _MANDATORY if name.lower() not in names]
    if missing:
        yield from (("field-missing", f"The record has no {name}.") for name in missing)
        if "WARC-Type" in missing:
            return
    kind = record.type
    if kind not in _TYPES:
        yield "type-unknown", f"WARC 1.1 knows no record type {kind!r}."
        return
    yield from (
        ("field-missing", f"A {kind} record must have {name}.")
        for name in _MANDATORY_OF.get(kind, ())
        if name.lower() not in names
    )
    if record.block and kind != "continuation" and "content-type" not in names:
        yield "field-missing", f"A {kind} record with a block should have Content-Type."
    yield from (
        ("field-forbidden", f"A {kind} record may not have {name}.")
        for name, _ in record.headers
        if kind in _FORBIDDEN_ON.get(name.lower(), ())
    )
    yield from _check_values(record)
    yield from _check_digest_fields(record, kind)


def _check_values(record: Record) -> Iterator[Breach]:
    for name, value in record.headers:
        field = name.lower()
        if field in _ID_FIELDS and not _ID.fullmatch(value):
            yield "id-invalid", f"{name} is no URI in angle brackets: {value!r}."
        elif field in {"warc-target-uri", "warc-refers-to-target-uri"} and not _URI.fullmatch(value):
            yield "uri-invalid", f"{name} is no escaped URI: {value!r}."
        elif field in {"warc-date", "warc-refers-to-date"}:
            try:
                time_of(value)
            except ValueError:
                yield "date-invalid", f"{name} is no time of the form 2026-11-22T09:30:00Z: {value!r}."
        elif field == "warc-truncated" and value not in _TRUNCATED:
            yield "truncated-invalid", f"WARC-Truncated gives a reason that WARC 1.1 does not know: {value!r}."
        elif field == "warc-ip-address" and not _is_address(value):
            yield "address-invalid", f"WARC-IP-Address is none: {value!r}."
        elif field == "content-type" and not _MEDIA_TYPE.fullmatch(value):
            yield "media-type-invalid", f"Content-Type is no media type: {value!r}."


_ID_FIELDS = {name.lower() for name in _IDS}


def _check_digest_fields(record: Record, kind: str) -> Iterator[Breach]:
    demanded = ["WARC-Block-Digest", *(["WARC-Payload-Digest"] if kind in {"response", "resource"} else [])]
    for name in ("WARC-Block-Digest", "WARC-Payload-Digest"):
        value = record.header(name)
        if value is None:
            if name in demanded:
                yield "digest-missing", f"The {kind} record has no {name}, so that damage of it may go unseen."
        elif not _is_digest(value):
            yield "digest-invalid", f"{name} is not of the form sha256:<64 hex digits>: {value!r}."


def check_digests(record: Record) -> Iterator[Breach]:
    """Whether the digests are those of the bytes. Payloads are de-chunked and not decoded (section 5.9)."""
    printed = record.header("WARC-Block-Digest")
    if printed is not None and _is_digest(printed) and str(Digest.of(record.block)) != printed:
        yield "block-digest", "The block is not the one its WARC-Block-Digest was taken of."
    printed = record.header("WARC-Payload-Digest")
    kind = (record.header("WARC-Type") or "").lower()
    if printed is None or kind not in {"response", "resource", "request"} or not _is_digest(printed):
        return
    payload = record.block if kind == "resource" else payload_of(record.block)
    if str(Digest.of(payload)) != printed:
        yield "payload-digest", "The payload is not the one its WARC-Payload-Digest was taken of."


def check_request(record: Record) -> Iterator[Breach]:
    """Whether the block is a whole HTTP request."""
    head = parse_head(record.block)
    if not _REQUEST_LINE.fullmatch(head.start_line) or not _has_end(record.block, head):
        yield "http-head", "The block does not begin with the head of an HTTP request."


def check_response(record: Record, head: Head, *, deep: bool) -> Iterator[Breach]:
    """Whether the block is an HTTP response as it crossed the wire: framing, length and content coding fit the head.

    ``deep``: the content coding is undone to the end, not only at its beginning. A body shorter than its
    Content-Length is left to ``is_short``.
    """
    status = status_of(record.block)
    cut = record.header("WARC-Truncated") is not None
    if status is None or not (cut or _has_end(record.block, head)):
        yield "http-head", "The block does not begin with the head of an HTTP response."
        return
    if 100 <= status <= 199:
        yield "http-interim", f"The block begins with a {status} message, which players take for the response."
        return
    if not head.start_line.startswith("HTTP/1."):
        yield "http-version", f"Players take {head.start_line[:10]!r} for no response."
    body = memoryview(record.block)[head.length :]
    if cut or not body:
        return
    if is_chunked(head.headers):
        if not chunks_end(record.block[head.length :]):
            yield "http-chunked", "The head says that the body comes in chunks, and it does not, or not to the end."
            return
        payload = payload_of(record.block)
    else:
        length = _content_length(head)
        if length is not None and len(body) > length and status not in _NO_BODY:
            yield "http-length", f"The body has {len(body)} bytes, the head says {length}."
        payload = bytes(body)
    coding = ",".join(value for name, value in head.headers if name.lower() == "content-encoding")
    coding = coding.rpartition(",")[2].strip().lower()
    if not _can_decode(payload, coding, whole=deep):
        yield "http-coding", f"The head says Content-Encoding: {coding}, and the body is not of it."


def is_short(record: Record, head: Head) -> bool:
    """Whether the body of a response ends before its Content-Length, and the record does not say that it was cut.

    That is right for answers to HEAD, so somebody must look at the request.
    """
    if record.header("WARC-Truncated") is not None or is_chunked(head.headers) or status_of(record.block) in _NO_BODY:
        return False
    length = _content_length(head)
    return length is not None and len(record.block) - head.length < length


def check_revisit(record: Record) -> Iterator[Breach]:
    """What section 6.7 and every player demand of a revisit: a known profile and all three WARC-Refers-To fields.

    Of server-not-modified revisits the record id may be missing, since what was not sent again may have been found in
    another collection.
    """
    profile = record.header("WARC-Profile")
    if profile is not None and profile not in {IDENTICAL_PAYLOAD, NOT_MODIFIED}:
        yield "revisit-profile", f"The profile is none of WARC 1.1: {profile!r}."
        return
    wanted = ["WARC-Refers-To-Target-URI", "WARC-Refers-To-Date"]
    if profile == IDENTICAL_PAYLOAD:
        wanted += ["WARC-Refers-To", "WARC-Payload-Digest"]
    missing = [name for name in wanted if record.header(name) is None]
    if missing:
        yield "revisit-fields", f"The revisit has no {', '.join(missing)}; no player finds what it refers to."
    own, theirs = (record.header(name) for name in ("WARC-Date", "WARC-Refers-To-Date"))
    try:
        if own and theirs and time_of(theirs) > time_of(own):
            yield "date-order", "The revisit refers to a capture that is later than itself."
    except ValueError:
        return  # said already


def _content_length(head: Head) -> int | None:
    values = {value for name, value in head.headers if name.lower() == "content-length"}
    value = values.pop() if len(values) == 1 else ""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _has_end(block: bytes, head: Head) -> bool:
    return block[: head.length].endswith((b"\n\n", b"\n\r\n"))


def _can_decode(payload: bytes, coding: str, *, whole: bool) -> bool:
    """Whether the content coding can be undone; ``whole``: to the end. Codings that are not known always can."""
    if not payload or coding not in {"gzip", "x-gzip", "deflate"}:
        return True
    if coding == "deflate":
        windows = [zlib.MAX_WBITS, -zlib.MAX_WBITS]  # RFC 9110 section 8.4.1.2, and what some servers send
    elif payload.startswith(_GZIP_MAGIC):
        windows = [zlib.MAX_WBITS | 16]
    else:
        return False
    return any(_inflates(payload, window, whole=whole) for window in windows)


def _inflates(payload: bytes, window: int, *, whole: bool) -> bool:
    inflater = zlib.decompressobj(window)
    data = payload if whole else payload[:_PROBE_BYTES]
    try:
        # Piece by piece: what a few bytes may swell to is not kept.
        while data and not inflater.eof:
            inflater.decompress(data, _PROBE_BYTES * 16)
            data = inflater.unconsumed_tail
        if whole:
            inflater.flush()
    except zlib.error:
        return False
    return inflater.eof or not whole


def _is_digest(printed: str) -> bool:
    try:
        Digest.parse(printed)
    except ValueError:
        return False
    return True


def _is_address(printed: str) -> bool:
    try:
        ipaddress.ip_address(printed)
    except ValueError:
        return False
    return True
