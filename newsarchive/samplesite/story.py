"""What the sample site publishes: the ground truth that an extraction of its pages is compared with.

The parts of a story are the records of the article model, so that comparing is ``==``. Addresses on the site
itself are paths (``/inland/…``) until ``Story.at`` makes them absolute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal, Self
from zoneinfo import ZoneInfo

from newsarchive.model.article import ArticleKind, Block, Broadcast, Byline, Image, Media, Related, Tag, Update

Era = Literal["e2b", "e3"]

BERLIN = ZoneInfo("Europe/Berlin")

BROADCAST_TITLE = "Dieses Thema im Programm: "
"""What the line with references to programmes begins with."""


def in_berlin(at: datetime) -> datetime:
    """``at`` on German clocks, with a fixed offset.

    A fixed offset, because times within the hour repeated in autumn never equal a time of another zone
    when they carry a zone with rules (PEP 495).
    """
    local = at.astimezone(BERLIN)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta(0)), fold=0)


def absolute(base_url: str, address: str) -> str:
    """``address`` as it is known from outside: paths are put on ``base_url``, the rest is left alone."""
    return base_url + address if address.startswith("/") else address


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaser:
    """A box about another article, standing after block number ``after`` (-1: before the first).

    ``player`` is the kind of medium that plays right inside the box, ``service`` the name printed instead of
    "mehr" when the link leads to another broadcaster.
    """

    after: int
    related: Related
    at: date
    shorttext: str
    image: Image
    player: Literal["video", "audio"] | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One page of the site.

    ``path`` is where it stands, ``slug`` the id of the content, which outlives a move. ``stand`` is the printed
    time, whole minutes; ``published`` the same moment with its seconds; all times are German local times with a
    fixed offset. ``blocks`` is the body after the lead, in page order; a block of kind image, video or audio
    points into ``images`` or ``media``, where those of the head come first. A picture that is the poster of a
    player is no image. ``keywords`` are those of the meta tag, of which ``tags`` are shown. ``source`` is the
    line under an agency report.
    """

    slug: str
    path: str
    external_id: str
    era: Era
    kind: ArticleKind
    section: tuple[tuple[str, str], ...]
    """Name and path of each step of the breadcrumb, without the front page."""
    label: str | None = None
    topline: str | None
    headline: str
    seo_title: str
    lead: str | None
    published: datetime
    first_published: datetime
    modified: datetime
    unavailable_after: datetime | None
    stand_dotted: bool
    authors: tuple[Byline, ...] = ()
    source: str | None = None
    blocks: tuple[Block, ...] = ()
    media: tuple[Media, ...] = ()
    images: tuple[Image, ...] = ()
    head_poster: Image | None = None
    tags: tuple[Tag, ...] = ()
    keywords: tuple[str, ...] = ()
    broadcasts: tuple[Broadcast, ...] = ()
    teasers: tuple[Teaser, ...] = ()
    updates: tuple[Update, ...] = ()
    corrections: tuple[str, ...] = ()

    @property
    def stand(self) -> datetime:
        """The printed time: ``published`` without its seconds."""
        return self.published.replace(second=0, microsecond=0)

    @property
    def stand_raw(self) -> str:
        """The Stand line as printed."""
        between = " • " if self.stand_dotted else " "
        return f"Stand: {self.stand:%d.%m.%Y}{between}{self.stand:%H:%M} Uhr"

    @property
    def first_published_at(self) -> datetime | None:
        """First publication as far as the page tells it: pages of era E2b print the Stand there instead."""
        return self.first_published if self.era == "e3" else None

    @property
    def description(self) -> str:
        """The lead with the byline appended, as meta description, feed and JSON-LD carry it."""
        lead = self.lead or self.headline
        names = " und ".join(author.name for author in self.authors if author.name)
        return f"{lead} Von {names}." if names else lead

    @property
    def related(self) -> tuple[Related, ...]:
        """The articles that the boxes are about."""
        return tuple(teaser.related for teaser in self.teasers)

    @property
    def bylines(self) -> tuple[Byline, ...]:
        """Everyone the page names as its origin: the authors, then the agencies it was written from."""
        if self.source is None:
            return self.authors
        agencies = self.source.removeprefix("Quelle: ")
        return (*self.authors, Byline(name=None, organisation=agencies, url=None, raw=self.source))

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Every paragraph of the body in page order, those of live-blog entries included, without the lead."""
        return tuple(block.text for block in self.blocks if block.kind == "paragraph" and block.text)

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading of the body in page order, those of live-blog entries included."""
        return tuple(block.text for block in self.blocks if block.kind == "heading" and block.text)

    @property
    def article_body(self) -> str:
        """What the JSON-LD of the page calls ``articleBody``: lead, headings and paragraphs joined by spaces."""
        return " ".join(self._told("paragraph", "heading"))

    def pieces(self) -> tuple[str, ...]:
        """The reading text in page order: lead, headings, paragraphs, list items, quotes; nothing else."""
        return tuple(self._told("paragraph", "heading", "list", "quote"))

    def _told(self, *kinds: str) -> Iterator[str]:
        if self.lead:
            yield self.lead
        for block in self.blocks:
            if block.kind in kinds:
                yield from block.items
                if block.text:
                    yield block.text

    def at(self, base_url: str) -> Self:
        """The same story with every address absolute, as the site at ``base_url`` serves it."""

        def moved(address: str | None) -> str | None:
            return absolute(base_url, address) if address else address

        return replace(
            self,
            path=absolute(base_url, self.path),
            authors=tuple(replace(author, url=moved(author.url)) for author in self.authors),
            media=tuple(
                replace(
                    medium,
                    page_url=moved(medium.page_url),
                    subtitles=tuple(replace(each, url=absolute(base_url, each.url)) for each in medium.subtitles),
                )
                for medium in self.media
            ),
            teasers=tuple(
                replace(teaser, related=replace(teaser.related, url=moved(teaser.related.url)))
                for teaser in self.teasers
            ),
        )


def utc_text(at: datetime) -> str:
    """``2026-01-22T12:38:44.378Z``: a true UTC time with milliseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def local_text(at: datetime) -> str:
    """``2026-01-22T13:38:44.378+01:00``: a local time with milliseconds and offset."""
    return in_berlin(at).isoformat(timespec="milliseconds")


def false_utc_text(at: datetime) -> str:
    """``2026-01-22T13:38:44Z``: German local time with a Z that is not true, as tracking data print it."""
    return f"{in_berlin(at):%Y-%m-%dT%H:%M:%S}Z"
