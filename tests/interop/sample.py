"""A sample collection: two crawls of a small news site where pages moved, went away and came again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from newsarchive.collection.layout import Layout
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import FEED_PATHS, SampleSite
from newsarchive.samplesite.story import Story
from newsarchive.warc.reader import read_records
from newsarchive.warc.records import Record
from tests.crawling import Crawled, Watched, crawl

_FEED = FEED_PATHS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A record and where it lies: ``warc`` relative to the collection, offset and length of its member in bytes."""

    warc: str
    offset: int
    length: int
    record: Record


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
        site.withdraw(missing.slug, missing.published, gone=False)
        first = crawl(serving.base_url, archive)
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
