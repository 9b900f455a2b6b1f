"""What a site answers: status, headers, body; and the conditional requests of RFC 9110. Pure."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer without connection headers; the body is what a GET would carry.

    Status 0 is no answer: the connection is reset. A ``Date`` among the headers stands instead of the server's own.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header called ``name``, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Respondent(Protocol):
    """Anything that can be served."""

    def settle(self, base_url: str) -> None:
        """Learn the address it is served at, before the first request."""
        ...

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a GET or HEAD of ``path``; ``headers`` has lower-case names."""
        ...


class Entity:
    """Bytes that can be asked for: with a strong entity tag, and compressed once for all who accept gzip."""

    def __init__(self, body: bytes, content_type: str, last_modified: datetime | None) -> None:
        self._body = body
        self._content_type = content_type
        self._last_modified = last_modified.astimezone(UTC).replace(microsecond=0) if last_modified else None
        self._tag = hashlib.sha256(body).hexdigest()[:24]

    @cached_property
    def _gzipped(self) -> bytes:
        return gzip.compress(self._body, compresslevel=6, mtime=0)

    @cached_property
    def _plain_answer(self) -> Answer:
        return Answer(status=200, headers=self._headers(gzipped=False), body=self._body)

    @cached_property
    def _gzip_answer(self) -> Answer:
        return Answer(status=200, headers=self._headers(gzipped=True), body=self._gzipped)

    def _etag(self, *, gzipped: bool) -> str:
        # A strong tag belongs to one representation: the compressed one is another (RFC 9110 section 8.8.3.3).
        return f'"{self._tag}-gzip"' if gzipped else f'"{self._tag}"'

    def _validators(self, *, gzipped: bool) -> tuple[tuple[str, str], ...]:
        headers = [("ETag", self._etag(gzipped=gzipped)), ("Vary", "Accept-Encoding")]
        if self._last_modified:
            headers.append(("Last-Modified", format_datetime(self._last_modified, usegmt=True)))
        return (*headers, ("Cache-Control", "max-age=60"))

    def _headers(self, *, gzipped: bool) -> tuple[tuple[str, str], ...]:
        encoding = (("Content-Encoding", "gzip"),) if gzipped else ()
        return (("Content-Type", self._content_type), *encoding, *self._validators(gzipped=gzipped))

    def answer(self, headers: Mapping[str, str]) -> Answer:
        """200 with the bytes, or 304 when the request names what it already has (RFC 9110 section 13.2.2)."""
        gzipped = _accepts_gzip(headers.get("accept-encoding", ""))
        known = headers.get("if-none-match")
        if known is not None:
            if self._names(known):
                return Answer(status=304, headers=self._validators(gzipped=gzipped))
        elif self._unchanged_since(_http_date(headers.get("if-modified-since"))):
            return Answer(status=304, headers=self._validators(gzipped=gzipped))
        return self._gzip_answer if gzipped else self._plain_answer

    def _unchanged_since(self, since: datetime | None) -> bool:
        return since is not None and self._last_modified is not None and self._last_modified <= since

    def _names(self, known: str) -> bool:
        # If-None-Match compares weakly: a W/ prefix does not matter (RFC 9110 section 13.1.2).
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or not tags.isdisjoint({self._etag(gzipped=True), self._etag(gzipped=False)})


def _accepts_gzip(header: str) -> bool:
    for choice in header.lower().split(","):
        coding, _, parameters = choice.partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            name, _, value = parameters.partition("=")
            return not (name.strip() == "q" and value.strip().strip("0.") == "")
    return False


def _http_date(text: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed and parsed.tzinfo is None else parsed
