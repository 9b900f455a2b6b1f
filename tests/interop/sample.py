"""A sample collection: two crawls of a small news site where pages moved, went away and came again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from newsarchive.collection.layout import Layout
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.listings import FEED_PATHS
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import Story
from newsarchive.warc.reader import read_records
from newsarchive.warc.records import Record
from tests.crawling import Crawled, Watched, crawl

SENT_AGAIN = "/inland"
"""A page that both crawls have whole, and the same."""

_FEED = FEED_PATHS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A record and where it lies: ``warc`` relative to the collection, offset and length of its member in bytes."""

    warc: str
    offset: int
    length: int
    record: Record

    @property
    def url(self) -> str:
        """WARC-Target-URI."""
        return self.record.demand("WARC-Target-URI")

    @property
    def at(self) -> datetime:
        """WARC-Date, as indexes and replay know it: in whole seconds."""
        return datetime.fromisoformat(self.record.demand("WARC-Date")).astimezone(UTC).replace(microsecond=0)

    @property
    def timestamp(self) -> str:
        """The same in 14 digits."""
        return f"{self.at:%Y%m%d%H%M%S}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The collection in ``root``, of the site at ``base_url``, after two crawls.

    ``told``: a story that stands in the first crawl; ``alias``: a path that gave the same bytes in the second.
    ``moved``: where a story was before it moved; ``missing``: where one was taken down without a word.
    """

    root: Path
    base_url: str
    told: Story
    alias: str
    moved: str
    missing: str
    crawls: tuple[Crawled, ...]

    @property
    def warcs(self) -> tuple[Path, ...]:
        """The WARC files, oldest first."""
        return tuple(Layout(self.root).warc_files())

    def records(self) -> Iterator[Stored]:
        """Every record."""
        for path in self.warcs:
            name = Layout(self.root).name_of(path)
            for offset, length, record in read_records(path):
                yield Stored(warc=name, offset=offset, length=length, record=record)

    def captures(self) -> list[Stored]:
        """What can be replayed, oldest first: all answers but those that only say that nothing changed."""
        kinds = ("response", "revisit", "resource")
        return [
            stored
            for stored in self.records()
            if stored.record.type in kinds and not stored.record.block.startswith(b"HTTP/1.1 304")
        ]

    def captures_of(self, path: str) -> list[Stored]:
        """The captures of one path of the site."""
        return [stored for stored in self.captures() if stored.url == self.base_url + path]


def crawl_sample(archive: Path) -> Sample:
    """Crawl a site of a dozen stories twice into ``archive``."""
    stories = sorted(invent_stories(12, 7), key=lambda story: story.published, reverse=True)
    site = SampleSite(stories)
    watched = Watched(site)
    told, moved, missing = [story for story in stories if story.kind == "article"][:3]
    alias = told.path.replace(told.slug, f"noch-einmal-{told.slug}")
    with serve(watched) as serving:
        # Feeds lag behind: this one still names the addresses of stories that moved or went.
        watched.instead[_FEED] = site.respond(_FEED, "", {})
        site.move(moved.slug, moved.path.replace(moved.slug, f"umgezogen-{moved.slug}"), moved.published)
        site.withdraw(missing.slug, missing.published, "missing")
        # Without a validator it is sent whole again, and becomes a revisit of the same payload.
        page = site.respond(SENT_AGAIN, "", {"accept-encoding": "gzip"})
        headers = tuple((name, value) for name, value in page.headers if name not in {"ETag", "Last-Modified"})
        watched.instead[SENT_AGAIN] = replace(page, headers=headers)
        first = crawl(serving.base_url, archive)
        # Indexes count in seconds: no address is captured twice in one.
        ended = int(time.time())
        while int(time.time()) == ended:
            time.sleep(0.05)
        feed = watched.instead[_FEED]
        watched.instead[_FEED] = replace(feed, body=feed.body.replace(told.path.encode(), alias.encode()))
        watched.instead[alias] = site.respond(told.path, "", {"accept-encoding": "gzip"})
        second = crawl(serving.base_url, archive)
    return Sample(
        root=first.directory,
        base_url=serving.base_url,
        told=told,
        alias=alias,
        moved=moved.path,
        missing=missing.path,
        crawls=(first, second),
    )
