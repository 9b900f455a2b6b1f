"""What a capture of a collection says, read in a process of its own: the work that an extraction spreads.

A worker opens the collection itself, so that nothing but places and what was read passes between the processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from newsarchive.collection.collection import Collection
from newsarchive.collection.generation_writer import with_revision
from newsarchive.errors import UnreadableInput
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, Instant, StoredCapture
from newsarchive.model.serialize import from_json, to_line
from newsarchive.reextract.companions import complete
from newsarchive.sites.site import Site

Before = Literal["article", "unchanged", "none", "unread"]
"""What the generation in use says of a capture: a revision of an article, an article unchanged, no article, nothing."""

How = Literal["read", "keep", "fill"]

NOT_FIELDS = frozenset({"schema", "revision", "content_digest", "capture", "extractor"})
"""Fields of an article that say nothing of its page."""

_EXCERPT_CHARACTERS = 200
_CONTEXT_CHARACTERS = 40
# Companions are few for many pages: robots.txt and the like. Subtitles are read once each.
_KEPT_COMPANIONS = 16
_KEPT_COLLECTIONS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWork:
    """One capture, and how to come by what it says.

    ``read`` it; ``keep`` what the generation in use says of it, if that says anything; ``fill``: keep that, and read it
    where nothing is said. ``failed``: why it cannot be read, and ``message`` for people.
    """

    ref: CaptureRef
    url: str
    how: How = "read"
    failed: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Captures of one ``run`` of the collection in ``root``, and the ``site`` as it was for that run.

    ``is_import``: the run took in what others captured; what hangs on an article must then be of the same run.
    """

    root: Path
    run: str
    is_import: bool
    site: Site
    pages: tuple[PageWork, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field that differs from before: both values as JSON, cut around the first difference."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What a capture says: an article, or the ``reason`` why there is none, or why it could not be read (``failed``).

    ``was``, ``was_article_id``, ``was_revision`` and ``was_reason`` are what the generation in use says of it;
    ``is_same``: this is what it says, byte for byte but for the number of the revision; ``is_kept``: and it was not
    even read again; ``changes``: how the article
    line differs. ``line_length`` is that of the article line, as revision 1, that follows; 0 where none does.
    """

    record_id: str
    url: str
    captured_at: Instant
    warc: str
    offset: int
    article_id: str | None = None
    content_digest: str | None = None
    reason: str | None = None
    failed: str | None = None
    message: str | None = None
    was: Before
    was_article_id: str | None = None
    was_revision: int | None = None
    was_reason: str | None = None
    is_same: bool = False
    is_kept: bool = False
    changes: tuple[FieldChange, ...] = ()
    line_length: int = 0


def read_work(work: Work) -> bytes:
    """The readings of all pages of ``work``, each a line, followed by the article line where there is one."""
    return b"".join(_written(work))


def _written(work: Work) -> Iterator[bytes]:
    collection = _opened(work.root)
    collection.follow()
    for page in work.pages:
        if page.failed is not None:
            yield to_line(replace(_plain(page, collection, failed=page.failed), message=page.message))
        elif page.how == "keep" or (page.how == "fill" and collection.reading(page.ref.record_id) is not None):
            yield from _kept(page, collection)
        else:
            try:
                stored = collection.read_capture(page.ref)
                if stored.record_type != "resource" or _is_text(stored):
                    yield from _read(page, stored, work, collection)
            except UnreadableInput as error:
                yield to_line(replace(_plain(page, collection, failed="unreadable"), message=str(error)))


def _read(page: PageWork, stored: StoredCapture, work: Work, collection: Collection) -> Iterator[bytes]:
    extraction = extract(stored, work.site)
    if extraction.article is None:
        reason = extraction.reason
        plain = _plain(page, collection, reason=reason.code if reason else "no-article")
        yield to_line(replace(plain, message=reason.message if reason else None))
        return
    article = complete(extraction.article, lambda url: _companion(work.root, url, work.run, alone=work.is_import))
    line = to_line(article)
    reading = replace(
        _plain(page, collection),
        article_id=article.article_id,
        content_digest=str(article.content_digest),
        line_length=len(line),
    )
    if reading.was == "article" and (held := collection.line_of_capture(page.ref.record_id)) is not None:
        is_same = with_revision(held, 1) == line
        reading = replace(reading, is_same=is_same, changes=() if is_same else tuple(_changes(held, article)))
    elif reading.was == "unchanged":
        said = collection.content_digest(reading.was_article_id or "", reading.was_revision or 0)
        is_same = (reading.was_article_id, said) == (reading.article_id, reading.content_digest)
        reading = replace(reading, is_same=is_same)
    yield to_line(reading)
    yield line


def _kept(page: PageWork, collection: Collection) -> Iterator[bytes]:
    reading = replace(_plain(page, collection), is_same=True, is_kept=True)
    if reading.was == "article":
        held = collection.line_of_capture(page.ref.record_id) or b""
        article = from_json(held, Article)
        line = with_revision(held, 1)
        yield to_line(
            replace(
                reading,
                article_id=article.article_id,
                content_digest=str(article.content_digest),
                line_length=len(line),
            )
        )
        yield line
    elif reading.was == "unchanged":
        said = collection.content_digest(reading.was_article_id or "", reading.was_revision or 0)
        yield to_line(replace(reading, article_id=reading.was_article_id, content_digest=said))
    elif reading.was == "none":
        yield to_line(replace(reading, reason=reading.was_reason))


def _plain(
    page: PageWork, collection: Collection, *, reason: str | None = None, failed: str | None = None
) -> PageReading:
    """A reading of no article, beside what the generation in use says."""
    held = collection.reading(page.ref.record_id)
    was: Before = "unread"
    if held is not None:
        is_line = collection.line_of_capture(page.ref.record_id) is not None
        was = "article" if is_line else "none" if held.reason is not None else "unchanged"
    return PageReading(
        record_id=page.ref.record_id,
        url=page.url,
        captured_at=page.ref.captured_at,
        warc=page.ref.warc,
        offset=page.ref.offset,
        reason=reason,
        failed=failed,
        was=was,
        was_article_id=held.article_id if held else None,
        was_revision=held.revision if held else None,
        was_reason=held.reason if held else None,
        is_same=was == "none" and held is not None and held.reason == reason,
    )


def _changes(held: bytes, article: Article) -> Iterator[FieldChange]:
    before = from_json(held, Article)
    for name in Article.__slots__:
        old, new = getattr(before, name), getattr(article, name)
        if name not in NOT_FIELDS and old != new:
            yield FieldChange(field=name, **_excerpts(old, new))


def _excerpts(old: object, new: object) -> dict[str, str]:
    texts = [to_line(value).decode().rstrip("\n") for value in (old, new)]
    shortest = min(map(len, texts))
    first = next((at for at in range(shortest) if texts[0][at] != texts[1][at]), shortest)
    start = max(0, first - _CONTEXT_CHARACTERS)
    before, after = (
        f"{'…' if start else ''}{text[start : start + _EXCERPT_CHARACTERS]}"
        f"{'…' if len(text) > start + _EXCERPT_CHARACTERS else ''}"
        for text in texts
    )
    return {"before": before, "after": after}


@lru_cache(maxsize=_KEPT_COLLECTIONS)
def _opened(root: Path) -> Collection:
    return Collection.open(root)


@lru_cache(maxsize=_KEPT_COMPANIONS)
def _companion(root: Path, url: str, run: str, *, alone: bool) -> StoredCapture | None:
    """What was had of ``url`` at the time of ``run``, as far as it can be read."""
    try:
        return _opened(root).companion(url, run, alone=alone)
    except UnreadableInput:
        return None


def _is_text(stored: StoredCapture) -> bool:
    """Whether this is the imported text of a page, and not bytes that came in place of an answer."""
    return (stored.content_type or "").startswith("text/plain")
