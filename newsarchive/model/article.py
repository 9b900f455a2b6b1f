"""The article record, schema 1: what one page says, raw and parsed side by side.

A value that the page does not give is ``None`` or ``()``, never guessed. Every parsed time keeps its raw
text in ``times_raw`` (or in the ``raw`` of its own record) with the place it came from. The order of the
fields is the order of the keys in the JSON line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsarchive.model.capture import CaptureRef, Instant
from newsarchive.model.digest import Digest

SCHEMA_VERSION = 1

ArticleKind = Literal["article", "liveblog", "video", "audio", "gallery", "listing"]
BlockKind = Literal["paragraph", "heading", "list", "quote", "table", "infobox", "image", "video", "audio", "embed"]
Role = Literal["head", "body"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A doubt about one page, said aloud: ``code`` is stable and documented, ``message`` is for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTime:
    """A time as the page prints it: ``field`` of the record it feeds (``None``: kept for its own sake),
    ``source`` where it stood (``json-ld datePublished``, ``meta date`` …), ``raw`` text, ``at`` as parsed."""

    field: str | None
    source: str
    raw: str
    at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """One author: ``name`` and ``organisation`` parted where the page allows it, ``raw`` as printed."""

    name: str | None
    organisation: str | None
    url: str | None
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A topic the page is filed under: its ``name`` as shown and the ``slug`` of its address."""

    name: str
    slug: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One piece of the body, in page order.

    ``text``: paragraph, heading, quote, infobox (paragraphs joined by blank lines). ``level``: heading, 1 to 6.
    ``items``: list. ``rows``: table. ``title``: infobox headline, table caption. ``ref``: position in
    ``Article.images`` (image) or ``Article.media`` (video, audio), from 0. ``url``, ``service``: embed.
    """

    kind: BlockKind
    text: str | None = None
    level: int | None = None
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    title: str | None = None
    ref: int | None = None
    url: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One way to fetch a video or audio: ``width_px`` where the page gives it, ``quality`` as the page names it."""

    url: str
    mime_type: str | None
    width_px: int | None
    quality: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One subtitle: from ``start_s`` to ``end_s``, seconds from the start of the video, ``text`` in its lines."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtitle:
    """A subtitle file: ``format`` as the page names it (``ebutt``, ``webvtt``), ``language`` as a BCP 47 tag.

    ``capture`` is where the file lies once it was archived, ``cues`` what it says, in order of time.
    """

    url: str
    format: str | None
    language: str | None
    capture: CaptureRef | None = None
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """The still picture of a video: ``credit`` parted from the description ``alt``."""

    url: str | None
    alt: str | None
    credit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A video or audio of the article itself, never of a teaser.

    ``caption`` is the line under the player, ``raw`` the printed line that programme, station and air time
    were read from; ``page_url`` is the page of the clip.
    """

    kind: Literal["video", "audio"]
    role: Role
    title: str | None = None
    caption: str | None = None
    duration_s: int | None = None
    programme: str | None = None
    station: str | None = None
    broadcast_at: Instant | None = None
    media_id: str | None = None
    page_url: str | None = None
    streams: tuple[Stream, ...] = ()
    subtitles: tuple[Subtitle, ...] = ()
    poster: Poster | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of the article: ``alt`` and ``caption`` without the ``credit``, which stands alone."""

    url: str | None
    alt: str | None
    caption: str | None
    credit: str | None
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One programme that carried the topic; ``raw`` is the printed reference it was read from."""

    station: str | None
    programme: str | None
    at: Instant | None
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One entry of a live blog; ``time`` with the date where the page prints it, ``time_raw`` as printed.

    ``parts`` is what it holds beside its text, in page order: pictures, players, boxes, tables, embeds.
    """

    id: str | None
    time: Instant | None
    time_raw: str | None
    heading: str | None
    text: str
    parts: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A teaser of another article inside this one; never part of ``text``."""

    url: str | None
    label: str | None
    topline: str | None
    headline: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractorRef:
    """What read the page: versions of the code that decides the output, the reader, a digest of all options."""

    newsarchive: str
    trafilatura: str
    lxml: str
    reader: str
    options_digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One revision of one article. ``revision`` is 1 until the history of the collection says otherwise."""

    schema: int = SCHEMA_VERSION
    site: str
    article_id: str
    revision: int = 1
    url: str
    canonical_url: str | None
    language: str | None
    kind: ArticleKind
    label: str | None
    topline: str | None
    headline: str | None
    seo_title: str | None
    lead: str | None
    description: str | None
    stand: Instant | None
    stand_raw: str | None
    published_at: Instant | None
    modified_at: Instant | None
    first_published_at: Instant | None
    unavailable_after: Instant | None
    times_raw: tuple[RawTime, ...]
    authors: tuple[Byline, ...]
    section: tuple[str, ...]
    tags: tuple[Tag, ...]
    text: str
    body: tuple[Block, ...]
    media: tuple[Media, ...]
    images: tuple[Image, ...]
    broadcasts: tuple[Broadcast, ...]
    updates: tuple[Update, ...]
    related: tuple[Related, ...]
    corrections: tuple[str, ...]
    robots: tuple[str, ...]
    rights: str | None
    content_digest: Digest
    capture: CaptureRef
    extractor: ExtractorRef
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What extraction makes of a capture: an article, or ``reason`` why the page is none.

    ``problems`` are those of the article, or what was noticed on the way to none.
    """

    article: Article | None
    reason: Problem | None = None
    problems: tuple[Problem, ...] = ()
