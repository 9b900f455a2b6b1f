"""A small collection to test with: invented exchanges, articles and a clock that moves on by one second a look."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.model.article import SCHEMA_VERSION, Article, Block, ExtractorRef
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.revision import number

SITE = "seeblick"
BASE_URL = "https://seeblick.example"
START = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)


def ticking(start: datetime = START) -> Callable[[], datetime]:
    """A clock: ``start``, then one second more at each look."""
    seconds = count()
    return lambda: start + timedelta(seconds=next(seconds))


def tokens() -> Callable[[], str]:
    """Run tokens in place of random ones: ``0000``, ``0001`` …"""
    numbers = count()
    return lambda: f"{next(numbers):04x}"


def exchange(
    path: str,
    body: bytes = b"Moin",
    *,
    status: str = "200 OK",
    headers: tuple[str, ...] = (),
    at: datetime = START,
) -> Capture:
    """One exchange as a well-behaved server would answer it."""
    lines = (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", "")
    return Capture(
        url=BASE_URL + path,
        started_at=at,
        sent=f"GET {path} HTTP/1.1\r\nHost: seeblick.example\r\n\r\n".encode(),
        received="\r\n".join(lines).encode() + body,
    )


def article_of(
    stored: StoredCapture, text: str = "Moin", *, article_id: str = "moin-100", revision: int = 1
) -> Article:
    """An article as extraction might have read it from ``stored``; its content digest is that of ``text``."""
    return Article(
        schema=SCHEMA_VERSION,
        site=SITE,
        article_id=article_id,
        url=stored.url,
        canonical_url=None,
        language="de",
        kind="article",
        label=None,
        topline="Seeblick",
        headline="Das Wetter wird besser",
        seo_title=None,
        lead=None,
        description=None,
        stand=datetime.fromisoformat("2026-11-22T10:15:00+01:00"),
        stand_raw="22.11.2026 • 10:15 Uhr",
        published_at=None,
        modified_at=None,
        first_published_at=None,
        unavailable_after=None,
        times_raw=(),
        authors=(),
        section=(),
        tags=(),
        text=text,
        body=(Block(kind="paragraph", text=text),),
        media=(),
        images=(),
        broadcasts=(),
        updates=(),
        related=(),
        corrections=(),
        robots=(),
        rights=None,
        content_digest=Digest.of(text.encode()),
        capture=stored.ref,
        extractor=ExtractorRef(
            newsarchive="0", trafilatura="0", lxml="0", reader="invented", options_digest=Digest.of(b"")
        ),
        problems=(),
    )


def begin(
    collection: Collection,
    *,
    now: Callable[[], datetime] | None = None,
    token: Callable[[], str] | None = None,
    max_warc_bytes: int = 1_000_000,
) -> CrawlWriter:
    """A run with invented facts about itself; the lock is held."""
    return collection.begin_crawl(
        base_url=BASE_URL,
        versions={"newsarchive": "0"},
        settings={"limit": None, "delay_s": 0.5},
        warcinfo={"software": "newsarchive/0"},
        max_warc_bytes=max_warc_bytes,
        now=now or ticking(),
        token=token or tokens(),
    )


def archive(writer: CrawlWriter, capture: Capture) -> StoredCapture:
    """Append and wait for it to be durable."""
    stored = writer.append(capture).result(timeout=30)
    assert stored is not None
    return stored


def keep(writer: CrawlWriter, stored: StoredCapture, text: str, *, article_id: str = "moin-100") -> Article:
    """Do what the crawl does with an article: number it, write it if it is new, else note it as seen."""
    article, is_new = number(article_of(stored, text, article_id=article_id), writer.last_revision(article_id))
    if is_new:
        writer.write_article(article)
    else:
        writer.seen(article)
    return article


@contextmanager
def crawling(root: Path, *, start: datetime = START) -> Iterator[CrawlWriter]:
    """A run of its own in the collection at ``root``, finished at the end."""
    now = ticking(start)
    with (
        Collection.open_or_create(root, SITE) as collection,
        collection.lock(),
        begin(collection, now=now) as writer,
    ):
        yield writer
        writer.finish("finished", "finished")


_TABLES = {
    "runs": "SELECT * FROM runs",
    "captures": "SELECT * FROM captures",
    "revisions": "SELECT * FROM revisions",
    "sightings": "SELECT * FROM sightings",
    "links": "SELECT * FROM links",
    "pages": "SELECT * FROM pages",
    "open_links": "SELECT * FROM open_links",
    "events": "SELECT * FROM events",
    "quarters": "SELECT * FROM quarters",
    "delays": "SELECT * FROM delays",
    "run_counts": "SELECT * FROM run_counts",
    "reason_counts": "SELECT * FROM reason_counts",
    "reason_days": "SELECT * FROM reason_days",
    "channel_days": "SELECT * FROM channel_days",
}


def catalog_rows(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything the catalog at ``root`` says of the files, whatever the order in which it was told."""
    with closing(sqlite3.connect(root / "catalog.sqlite")) as connection:
        return {name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in _TABLES.items()}
