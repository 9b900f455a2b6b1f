"""An archive to export from: pages of the sample site, read by the real readers, crawled twice without a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from uuid import UUID

from newsarchive.collection.collection import Collection
from newsarchive.export.archive import Archive
from newsarchive.export.export import Exported, export
from newsarchive.export.selection import Selection
from newsarchive.export.statement import FormatName
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article
from newsarchive.model.capture import Capture
from newsarchive.model.crawl import Funnel
from newsarchive.model.revision import content_digest, number
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from tests.corpus import stored_page

SITE = "tagesschau"
BASE_URL = "https://nachrichten.example"
STORIES = 30
FIRST = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
SECOND = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COPIED = "agenturmeldung-999"
"""Id of an article of the second crawl that has the text of one of the first, but for its first paragraph."""


@cache
def pages() -> tuple[tuple[Capture, Article], ...]:
    """Every article of the sample site, and the exchange it is read from; the days of capture are still to be set."""
    stories = invent_stories(STORIES, 7)
    site = SampleSite(stories, base_url=BASE_URL)
    found = []
    for story in stories:
        page = site.respond(story.path, "", {}).body
        url = BASE_URL + story.path
        article = extract(stored_page(page, url=url, captured_at=FIRST), get_site(SITE)).article
        assert article is not None, url
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n\r\n"
        sent = f"GET {story.path} HTTP/1.1\r\nHost: nachrichten.example\r\n\r\n".encode()
        found.append((Capture(url=url, started_at=FIRST, sent=sent, received=head.encode() + page), article))
    return tuple(found)


def first_crawl() -> list[tuple[Capture, Article]]:
    """Two thirds of the articles."""
    return list(pages()[: STORIES * 2 // 3])


def second_crawl() -> list[tuple[Capture, Article]]:
    """The others, a copy of one of the first, and new revisions of some of the first, silently lengthened."""
    revised = [
        (capture, replace(article, headline=f"{article.headline} – neu", text=f"{article.text}\n\nNachtrag."))
        for capture, article in pages()[: STORIES // 5]
    ]
    capture, article = pages()[1]
    copied = replace(article, article_id=COPIED, headline="Kopiert", text=f"Eine Meldung.\n\n{article.text}")
    other = replace(capture, url=f"{BASE_URL}/{COPIED}.html")
    return [*revised, *pages()[STORIES * 2 // 3 :], (other, replace(copied, url=other.url))]


def crawl(archive: Path, found: Iterable[tuple[Capture, Article]], at: datetime, *, site: str = SITE) -> None:
    """One crawl run in the collection ``archive/<site>``, begun at ``at``, with these articles."""
    seconds = count()
    ids = count(int(at.timestamp()) << 20)
    with (
        Collection.open_or_create(archive / site, site, now=lambda: FIRST) as collection,
        collection.lock(),
        collection.begin_crawl(
            base_url=BASE_URL,
            versions={"newsarchive": "0.1.0", "scrapy": "2.19.0"},
            settings={},
            warcinfo={"software": "newsarchive"},
            now=lambda: at + timedelta(seconds=next(seconds)),
            token=lambda: f"{at.month:04x}",
            new_id=lambda: UUID(int=next(ids), version=4),
        ) as writer,
    ):
        waiting = [
            (writer.append(replace(capture, started_at=at + timedelta(seconds=number))), article)
            for number, (capture, article) in enumerate(found)
        ]
        for capturing, article in waiting:
            stored = capturing.result(timeout=30)
            assert stored is not None
            kept = replace(article, site=site, capture=stored.ref)
            kept = replace(kept, content_digest=content_digest(kept))
            numbered, is_new = number(kept, writer.last_revision(kept.article_id))
            if is_new:
                writer.write_article(numbered)
            else:
                writer.seen(numbered)
        read = len(waiting)
        funnel = Funnel(channel="feed", declared=read + 2, fetched=read + 2, extracted=read, no_article=2)
        writer.finish("finished", "finished", funnel=[funnel])


def make_archive(root: Path) -> Path:
    """An archive of one collection and two crawls."""
    crawl(root, first_crawl(), FIRST)
    crawl(root, second_crawl(), SECOND)
    return root


def write(kind: FormatName, selection: str, archive: Path, out: Path, *, duplicates: bool = False) -> Exported:
    """``newsarchive export`` on a fixed day."""
    with Archive.open(archive, now=lambda: TODAY) as opened:
        return export(kind, Selection.parse(selection), opened, out, duplicates=duplicates, now=lambda: TODAY)


def selected(archive: Path, selection: str = "") -> list[Article]:
    """What the archive gives for a selection, on a fixed day."""
    with Archive.open(archive, now=lambda: TODAY) as opened:
        return list(opened.articles(selection))


def files(root: Path) -> dict[str, bytes]:
    """Every file below ``root``."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
