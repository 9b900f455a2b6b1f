"""extract(stored, site): a stored capture becomes an article. Open this first.

The live crawl and every later re-extraction call this same function. It is pure: the same bytes give the same
article on any day, in any order, on any machine. It reads no clock, no file and no network; the only time it
knows is the one of the capture.

    stored capture ── decode ── parse ── pick the reader ── read the fields ── put together ── article
                        │         │           │
                        └─────────┴───────────┴── or the reason why the page is no article
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from lxml import etree

import newsarchive
from newsarchive.extraction import normalize, reservations
from newsarchive.extraction.body import OPTIONS_DIGEST, TRAFILATURA_VERSION, Part
from newsarchive.extraction.page import Document, Unreadable, decode, parse
from newsarchive.extraction.reader import PageReader, Reading
from newsarchive.extraction.times import occurs_twice, parse_stand
from newsarchive.model.article import (
    Article,
    Block,
    Extraction,
    ExtractorRef,
    Image,
    Media,
    Problem,
    RawTime,
    Update,
)
from newsarchive.model.capture import StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.revision import content_digest

LEAST_TEXT_SHARE = 0.98
"""Share of the publisher's own ``articleBody`` that the text must hold, else it is a problem."""

_NOT_YET = Digest.of(b"")
"""Stands in for the content digest until the fields it covers are together."""

_LXML_VERSION = ".".join(str(part) for part in etree.LXML_VERSION[:3])


class TextReader(Protocol):
    """Reads the visible text of a page that survived without its markup."""

    def read(self, document: Document) -> Reading:
        """Read every field. Raises ``Unreadable`` when the text is not that of an article."""
        ...


class ReadableSite(Protocol):
    """What extraction needs to know of a site."""

    @property
    def name(self) -> str:
        """The site's name."""
        ...

    @property
    def timezone(self) -> str:
        """IANA name of the zone its printed times mean."""
        ...

    @property
    def readers(self) -> tuple[type[PageReader], ...]:
        """Its readers; the first that knows the layout of a page reads it."""
        ...

    @property
    def text_reader(self) -> TextReader:
        """What reads flat texts of its pages."""
        ...


def extract(stored: StoredCapture, site: ReadableSite) -> Extraction:
    """The article in ``stored``, or the reason why there is none. Never raises for anything a page can contain."""
    if stored.ref.status not in {None, 200}:
        return _none(Problem(code="http-status", message=f"The server answered {stored.ref.status}."))
    try:
        document = decode(stored)
        if stored.record_type == "resource":
            return _extract_resource(stored, site, document)
        page = parse(document)
    except Unreadable as unreadable:
        return _none(unreadable.problem)
    zone = ZoneInfo(site.timezone)
    reader = next((reader for layout in site.readers if (reader := layout.open(page, zone)) is not None), None)
    if reader is None:
        message = f"No reader of {site.name} knows the layout of this page."
        return _none(Problem(code="layout-unknown", message=message), *page.problems)
    if (reason := reader.no_article()) is not None:
        return _none(reason, *page.problems)
    return _put_together(stored, site, reader.read(), page.problems)


def _extract_resource(stored: StoredCapture, site: ReadableSite, document: Document) -> Extraction:
    """A capture without HTTP: the flat text of a page, or bytes that came in place of an answer."""
    if not (stored.content_type or "").startswith("text/plain"):
        message = f"The capture is {stored.content_type}, neither an HTTP response nor the text of a page."
        return _none(Problem(code="not-http", message=message))
    return _put_together(stored, site, site.text_reader.read(document), document.problems)


def _none(reason: Problem, *problems: Problem) -> Extraction:
    return Extraction(article=None, reason=reason, problems=problems)


def _put_together(
    stored: StoredCapture, site: ReadableSite, reading: Reading, problems: Iterable[Problem]
) -> Extraction:
    body, updates, media, images = _number_parts(reading)
    text = normalize.plain_text(reading.lead, body, updates)
    times, stand_problems = _with_stand(reading, ZoneInfo(site.timezone), stored.ref.captured_at)
    if not text and not media:
        message = "The page has the layout of an article, but neither text nor media."
        return _none(Problem(code="empty-article", message=message), *problems, *reading.problems)
    doubts = (
        *problems,
        *reading.problems,
        *reading.body.problems,
        *stand_problems,
        *_doubt_times(times, stored.ref.captured_at),
        *_doubt_text(text, reading),
        *_doubt_capture(stored),
    )
    article = Article(
        site=site.name,
        article_id=reading.slug,
        url=stored.url,
        canonical_url=reading.canonical_url,
        language=reading.language,
        kind=reading.kind,
        label=reading.label,
        topline=reading.topline,
        headline=reading.headline,
        seo_title=reading.seo_title,
        lead=reading.lead,
        description=reading.description,
        stand=_first_time(times, "stand"),
        stand_raw=reading.stand_raw,
        published_at=_first_time(times, "published_at"),
        modified_at=_first_time(times, "modified_at"),
        first_published_at=_first_time(times, "first_published_at"),
        unavailable_after=_first_time(times, "unavailable_after"),
        times_raw=times,
        authors=reading.authors,
        section=reading.section,
        tags=reading.tags,
        text=text,
        body=body,
        media=media,
        images=images,
        broadcasts=reading.broadcasts,
        updates=updates,
        related=reading.related,
        corrections=reading.corrections,
        robots=(*reading.robots, *_robots_of_head(stored)),
        rights=reservations.join(reading.rights, *reservations.in_headers(stored.url, stored.headers)),
        content_digest=_NOT_YET,
        capture=stored.ref,
        extractor=ExtractorRef(
            newsarchive=newsarchive.__version__,
            trafilatura=TRAFILATURA_VERSION,
            lxml=_LXML_VERSION,
            reader=reading.reader,
            options_digest=OPTIONS_DIGEST,
        ),
        problems=tuple(dict.fromkeys(doubts)),
    )
    article = replace(article, content_digest=content_digest(article))
    return Extraction(article=article, problems=article.problems)


def _number_parts(
    reading: Reading,
) -> tuple[tuple[Block, ...], tuple[Update, ...], tuple[Media, ...], tuple[Image, ...]]:
    """Media and images get their place in the record, and the body and the entries a block that points there."""
    media = [part for part in reading.head if isinstance(part, Media)]
    images = [part for part in reading.head if isinstance(part, Image)]
    blocks = tuple(_block(part, media, images) for part in reading.body.parts)
    updates = tuple(
        replace(entry.update, parts=tuple(_block(part, media, images) for part in entry.parts))
        for entry in reading.entries
    )
    return blocks, updates, tuple(media), tuple(images)


def _block(part: Part, media: list[Media], images: list[Image]) -> Block:
    if isinstance(part, Media):
        media.append(part)
        return Block(kind=part.kind, ref=len(media) - 1)
    if isinstance(part, Image):
        images.append(part)
        return Block(kind="image", ref=len(images) - 1)
    return part


def _with_stand(
    reading: Reading, zone: ZoneInfo, captured_at: datetime
) -> tuple[tuple[RawTime, ...], tuple[Problem, ...]]:
    """The times of the page, the Stand first, read with the help of a time that says the same to the second."""
    if reading.stand_raw is None:
        return reading.times, ()
    near = _first_time(reading.times, "published_at") or captured_at
    stand = parse_stand(reading.stand_raw, zone, near)
    times = (RawTime(field="stand", source="Stand line", raw=reading.stand_raw, at=stand), *reading.times)
    if stand is None:
        message = f"The Stand line cannot be read as a time: {reading.stand_raw!r}."
        return times, (Problem(code="stand-unreadable", message=message),)
    if near is captured_at and occurs_twice(stand, zone):
        message = f"{reading.stand_raw!r} happened twice that night; the one nearer to the capture was taken."
        return times, (Problem(code="stand-ambiguous", message=message),)
    return times, ()


def _first_time(times: Iterable[RawTime], field: str) -> datetime | None:
    return next((time.at for time in times if time.field == field and time.at is not None), None)


def _doubt_times(times: Iterable[RawTime], captured_at: datetime) -> Iterator[Problem]:
    for time in times:
        if time.at is None and time.field not in {None, "stand"}:
            yield Problem(code="time-unreadable", message=f"{time.source} cannot be read as a time: {time.raw!r}.")
        elif time.at is not None and time.field not in {None, "unavailable_after"} and time.at > captured_at:
            yield Problem(code="time-in-future", message=f"{time.source} lies after the capture: {time.raw!r}.")


def _doubt_text(text: str, reading: Reading) -> Iterator[Problem]:
    if not reading.headline:
        yield Problem(code="headline-missing", message="The page shows no headline.")
    if not reading.declared_text:
        return
    ours, declared = (normalize.fold(part) or "" for part in (text, reading.declared_text))
    if ours == declared:
        return
    share = shared_share(declared, ours)
    if share < LEAST_TEXT_SHARE:
        message = f"The text holds {share:.1%} of the publisher's own articleBody, less than {LEAST_TEXT_SHARE:.0%}."
        yield Problem(code="text-incomplete", message=message)


def shared_share(wanted: str, given: str) -> float:
    """Share of the words of ``wanted``, weighed by their length, that ``given`` has too, 0 to 1."""
    words = Counter(wanted.split())
    found = words & Counter(given.split())
    return sum(len(word) * count for word, count in found.items()) / (
        sum(len(word) * count for word, count in words.items()) or 1
    )


def _robots_of_head(stored: StoredCapture) -> Iterator[str]:
    """The directives that the HTTP head gives (``X-Robots-Tag``), as they came."""
    values = (value for name, value in stored.headers if name.lower() == "x-robots-tag")
    return (directives for value in values if (directives := normalize.fold(value)))


def _doubt_capture(stored: StoredCapture) -> Iterator[Problem]:
    if stored.truncated is not None:
        yield Problem(code="capture-truncated", message=f"The capture was cut ({stored.truncated}).")
