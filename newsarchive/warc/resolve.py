"""Revisits: what a revisit record refers to, and the capture it becomes with the payload it left out. Pure.

A revisit (WARC 1.1 section 6.7) has its own head and time, and the payload of a record that was written before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from newsarchive.model.capture import CaptureRef, Instant, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.warc.message import parse_head, status_of
from newsarchive.warc.records import Record

_NOT_MODIFIED = "server-not-modified"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisitTarget:
    """The record whose payload a revisit repeats, as far as the revisit names it.

    ``url`` is that of the revisit itself where it names no other; ``payload_digest`` is as printed, of any algorithm.
    """

    url: str
    captured_at: Instant | None
    record_id: str | None
    payload_digest: str | None


Resolver = Callable[[RevisitTarget], StoredCapture | None]
"""Finds the capture a revisit refers to; ``None`` when it is not there."""


def is_not_modified(record: Record) -> bool:
    """Whether a revisit record says that the server answered 304 (profile server-not-modified)."""
    profile = record.header("WARC-Profile")
    return _NOT_MODIFIED in profile if profile else status_of(record.block) == 304


def revisit_target(record: Record) -> RevisitTarget:
    """What a revisit record refers to.

    Raises ``ValueError`` where WARC-Target-URI is missing, or the time referred to is none.
    """
    url = record.header("WARC-Refers-To-Target-URI") or record.demand("WARC-Target-URI")
    date = record.header("WARC-Refers-To-Date")
    refers_to = record.header("WARC-Refers-To")
    return RevisitTarget(
        url=url.strip("<>"),
        captured_at=datetime.fromisoformat(date).astimezone(UTC) if date else None,
        record_id=refers_to.strip("<>") if refers_to else None,
        payload_digest=record.header("WARC-Payload-Digest"),
    )


def revisit_capture(record: Record, original: StoredCapture, *, warc: str, offset: int, length: int) -> StoredCapture:
    """The capture that a revisit record at ``offset`` of ``warc`` stands for, with the payload of ``original``.

    Status and headers are its own where it kept a head (WARC 1.1 section 6.7.2), otherwise those of ``original``.
    Raises ``ValueError`` without a field that WARC 1.1 demands.
    """
    status = status_of(record.block)
    ref = replace(
        original.ref,
        record_id=record.id,
        warc=warc,
        offset=offset,
        length=length,
        captured_at=datetime.fromisoformat(record.demand("WARC-Date")).astimezone(UTC),
    )
    url = record.demand("WARC-Target-URI").strip("<>")
    if status is None:
        return replace(
            original, ref=ref, url=url, record_type="resource" if original.record_type == "resource" else "revisit"
        )
    head = parse_head(record.block)
    return replace(
        original,
        ref=replace(ref, status=status),
        url=url,
        record_type="revisit",
        content_type=head.header("Content-Type"),
        headers=head.headers,
    )


def unresolved_capture(record: Record, *, warc: str, offset: int, length: int) -> StoredCapture:
    """What a revisit record of ours says by itself, at ``offset`` of ``warc``: all of the capture but the payload.

    After a 304 that is all there is: no payload was received. Otherwise the payload digest tells what is missing.
    Raises ``ValueError`` without a field that WARC 1.1 demands.
    """
    head = parse_head(record.block)
    return StoredCapture(
        ref=CaptureRef(
            record_id=record.id,
            warc=warc,
            offset=offset,
            length=length,
            captured_at=datetime.fromisoformat(record.demand("WARC-Date")).astimezone(UTC),
            status=status_of(record.block),
            payload_digest=Digest.of(b"")
            if is_not_modified(record)
            else Digest.parse(record.demand("WARC-Payload-Digest")),
        ),
        url=record.demand("WARC-Target-URI").strip("<>"),
        record_type="revisit",
        content_type=head.header("Content-Type"),
        headers=head.headers,
        payload=b"",
    )
