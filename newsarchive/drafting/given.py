"""The page that a draft is made from: a saved file, or a capture in a WARC file."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from newsarchive.errors import UnreadableInput, UsageError
from newsarchive.extraction.page import Document, Unreadable, decode
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.warc.foreign import read_foreign_captures

_GZIP_MAGIC = b"\x1f\x8b"
_WARC_MAGIC = b"WARC/"
_SHOWN_ADDRESSES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """``stored``: the page, without content coding and with no header but its type; ``document``: the same, decoded;
    ``robots``: the robots.txt of its host, where the WARC file holds it."""

    stored: StoredCapture
    document: Document
    robots: str | None = None


def read_given(path: Path, url: str | None, at: datetime | None) -> Given:
    """The page in ``path``.

    Of a WARC file the capture of ``url`` (needed where it holds several pages) at ``at``, the last one if that is not
    given. A file that is no WARC is the page itself, or its visible text when its name ends in ``.txt``: ``url`` is
    needed then, and ``at`` is when the file was last written if not given.

    Raises ``UsageError`` when these do not name one page, ``UnreadableInput`` when the file holds none.
    """
    if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc):
        raise UsageError(message=f"--url {url}: not an address such as https://news.example/politics/story.html.")
    try:
        with path.open("rb") as file:
            start = file.read(len(_WARC_MAGIC))
        if start.startswith(_GZIP_MAGIC):
            with gzip.open(path) as unpacked:
                start = unpacked.read(len(_WARC_MAGIC))
        if start == _WARC_MAGIC:
            return _from_warc(path, url, at)
        return _from_page(path, url, at)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableInput(path=path, reason=str(error)) from error


def _from_page(path: Path, url: str | None, at: datetime | None) -> Given:
    if url is None:
        raise UsageError(message=f"{path} does not say where it came from; give its address with --url.")
    payload = path.read_bytes()
    if payload.startswith(_GZIP_MAGIC):
        payload = gzip.decompress(payload)
    is_text = path.name.endswith((".txt", ".txt.gz"))
    ref = CaptureRef(
        record_id="<urn:uuid:00000000-0000-4000-8000-000000000000>",
        warc="",
        offset=0,
        length=len(payload),
        captured_at=at or datetime.fromtimestamp(int(path.stat().st_mtime), UTC),
        status=None if is_text else 200,
        payload_digest=Digest.of(payload),
    )
    stored = StoredCapture(
        ref=ref,
        url=url,
        record_type="resource" if is_text else "response",
        content_type="text/plain; charset=utf-8" if is_text else None,
        headers=() if is_text else (("Content-Type", "text/html"),),
        payload=payload,
    )
    return _decoded(stored, path)


def _from_warc(path: Path, url: str | None, at: datetime | None) -> Given:
    pages: list[StoredCapture] = []
    robots: dict[str, str] = {}
    for stored in read_foreign_captures(path, path.name, report=lambda finding: None):
        if urlsplit(stored.url).path == "/robots.txt" and stored.ref.status == 200:
            robots[urlsplit(stored.url).netloc] = stored.payload.decode("utf-8", "replace")
        elif (stored.url == url if url else _is_page(stored)) and (at is None or stored.ref.captured_at == at):
            # Of one address the last capture is kept.
            pages = [page for page in pages if page.url != stored.url] + [stored]
    if not pages:
        wanted = f"no capture of {url}" if url else "no page"
        raise UnreadableInput(path=path, reason=f"it holds {wanted}{f' at {at.isoformat()}' if at else ''}")
    if len(pages) > 1:
        listed = "\n".join(f"  {page.url}" for page in pages[:_SHOWN_ADDRESSES])
        rest = f"\n  and {len(pages) - _SHOWN_ADDRESSES} more" if len(pages) > _SHOWN_ADDRESSES else ""
        raise UsageError(message=f"{path} holds {len(pages)} pages; say which with --url:\n{listed}{rest}")
    given = _decoded(pages[0], path)
    return replace(given, robots=robots.get(urlsplit(given.stored.url).netloc))


def _is_page(stored: StoredCapture) -> bool:
    kind = (stored.header("content-type") or stored.content_type or "").partition(";")[0].strip().casefold()
    return stored.ref.status in {200, None} and kind in {"text/html", "application/xhtml+xml"}


def _decoded(stored: StoredCapture, path: Path) -> Given:
    try:
        document = decode(stored)
    except Unreadable as error:
        raise UnreadableInput(path=path, reason=str(error)) from error
    kind = stored.header("content-type")
    plain = replace(
        stored,
        payload=document.body,
        headers=(("Content-Type", kind),) if kind else (),
        ref=replace(stored.ref, length=len(document.body), payload_digest=Digest.of(document.body)),
    )
    return Given(stored=plain, document=document)
