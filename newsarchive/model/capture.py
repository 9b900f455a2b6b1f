"""A capture: one archived HTTP exchange at one time, before and after it is stored.

``Capture`` is what the download handler hands over, ``CaptureRef`` says where it lies, ``StoredCapture`` is
what extraction reads: the same whether it comes from the live crawl or from a WARC file years later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from newsarchive.model.digest import Digest

Instant = Annotated[datetime, Meta(tz=True)]
"""A time that knows its offset; naive times are refused when a record is read."""

Truncation = Literal["length", "time", "disconnect", "unspecified"]
"""Reasons of the WARC-Truncated field, WARC 1.1 section 5.13."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One HTTP exchange exactly as it crossed the wire (after TLS).

    ``sent`` and ``received`` hold every byte; ``received`` may start with 1xx messages and may end early.
    ``surplus`` counts the bytes at its end that came after the message was complete.
    """

    url: str
    started_at: Instant
    sent: bytes
    received: bytes
    surplus: int = 0
    ip_address: str | None = None
    protocols: tuple[str, ...] = ("http/1.1",)
    cipher_suite: str | None = None
    certificates: tuple[bytes, ...] = ()
    truncated: Truncation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRef:
    """Where a capture lies: WARC file relative to the collection, offset and length of the gzip member in bytes.

    ``status`` is the HTTP status, ``None`` for records that are no HTTP response (a flat text, say).
    ``payload_digest`` covers the de-chunked, still content-encoded body.
    """

    record_id: str
    warc: str
    offset: int
    length: int
    captured_at: Instant
    status: int | None
    payload_digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCapture:
    """A capture as extraction reads it.

    ``payload`` is the de-chunked, still content-encoded body; ``headers`` are the HTTP headers in their order,
    names as sent; for a ``resource`` record (no HTTP) they are empty and ``content_type`` is the record's own.
    ``record_type`` is that of the WARC record; of a ``revisit`` the payload was stored with an earlier response.
    """

    ref: CaptureRef
    url: str
    record_type: Literal["response", "revisit", "resource"]
    content_type: str | None
    headers: tuple[tuple[str, str], ...]
    payload: bytes
    truncated: Truncation | None = None

    def header(self, name: str) -> str | None:
        """The first header called ``name``, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)
