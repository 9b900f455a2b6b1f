"""A crawl that finds nothing new, in collections with ever more known articles: its work must not grow with them.

The site lists the same articles as ever, and so many known pages are due; everything is answered 304. All other
articles are too old to be looked at. Collections are made through the public API, only without waiting for the disk;
before the measured crawl there is one that works out when each page is due, as the first crawl after a rebuild does.
Each crawl is a process of its own, start-up included; memory is its most, without the process that reads pages, which
knows of no collection.

    python -m bench.nochange [--largest] [--listed 40] [--due 100] [--rounds 3] [--run-articles 1000] [--json]

``--largest`` adds the collection of a million articles, which takes a quarter of an hour to make, and 4 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article
from newsarchive.model.capture import Capture, CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.links import Link
from newsarchive.samplesite.answer import Answer, Entity
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.listings import HTML
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site

SITE = "tagesschau"
SIZES = (10**3, 10**5, 10**6)
SECTIONS = ("inland", "ausland", "wirtschaft", "wissen", "kultur", "investigativ", "faktenfinder")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_BETWEEN = timedelta(days=32)
"""From one crawl to the next: all pages that are due once a month are due again."""

_YOUNG, _OLD, _OLDER = timedelta(days=40), timedelta(days=700), timedelta(days=1100)
"""How long ago the pages that fall due were published; the others archived, a year old by then; and published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One crawl: requests, seconds on the clock and of CPU, the most MiB it had."""

    requests: int
    wall_s: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What was measured of one size: the making of the collection, the crawl that plans, and those after it."""

    articles: int
    runs: int
    size_bytes: int
    making_s: float
    first: Measured
    later: tuple[Measured, ...]


class Unchanging:
    """A site whose articles never change: one page at every address of an article. The first ``listed`` are listed."""

    def __init__(self, listed: int) -> None:
        self._story = next(story for story in invent_stories(20, 1) if story.kind == "article" and story.era == "e3")
        self._listed = listed
        self._page = Entity(b"<!DOCTYPE html><title>Meldung</title>", HTML, self._story.modified)
        self.tag = self._page.answer({}).header("ETag") or ""
        self.answers: Counter[int] = Counter()
        self.set_clock(NOW)

    def set_clock(self, at: datetime) -> None:
        """Let it be that time at the site; from there on time passes."""
        self._began, self._at = time.perf_counter(), at

    def now(self) -> datetime:
        """The time at the site."""
        return self._at + timedelta(seconds=time.perf_counter() - self._began)

    @property
    def asked_articles(self) -> int:
        """How many requests for articles were answered 304, all the others being a fault."""
        assert set(self.answers) <= {304}, self.answers
        return self.answers.total()

    def settle(self, base_url: str) -> None:
        """Make the lists."""
        stories = [
            replace(self._story, slug=f"meldung-{number}", path=path_of(number)) for number in range(self._listed)
        ]
        self._lists = SampleSite(stories, base_url=base_url, weight_bytes=0)

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """A list, or the page."""
        if "/meldung-" not in path:
            return self._lists.respond(path, query, headers)
        answer = self._page.answer({name: value for name, value in headers.items() if name != "accept-encoding"})
        self.answers[answer.status] += 1
        return answer


def path_of(number: int) -> str:
    """The address of an article."""
    return f"/{SECTIONS[number % len(SECTIONS)]}/meldung-{number}.html"


def make(root: Path, articles: int, due: int, run_articles: int, base_url: str, tag: str) -> None:
    """A collection of ``articles``, all too old to be looked at but ``due`` of them; pages bear the entity ``tag``."""
    with (
        mock.patch.object(os, "fsync", return_value=None),
        Collection.create(root, SITE, now=lambda: NOW - _OLD) as collection,
        collection.lock(),
    ):
        template = _template(base_url)
        firsts = range(0, articles, run_articles)
        for run, first in enumerate(firsts):
            at = NOW - _OLD + run * timedelta(minutes=10)
            numbers = range(articles - first - 1, max(-1, articles - first - run_articles - 1), -1)
            with begin(collection, base_url, at) as writer:
                add(writer, [number for number in numbers if number >= due], template, base_url, tag, at)
                writer.finish("finished", "finished")
        at = NOW - _YOUNG + timedelta(days=5)
        with begin(collection, base_url, at) as writer:
            young = replace(template, published_at=NOW - _YOUNG, first_published_at=NOW - _YOUNG, modified_at=None)
            add(writer, range(due), young, base_url, tag, at)
            writer.finish("finished", "finished")


def begin(collection: Collection, base_url: str, at: datetime) -> CrawlWriter:
    """A run at that time."""
    return collection.begin_crawl(
        base_url=base_url, versions={}, settings={}, warcinfo={"software": "bench"}, now=lambda: at
    )


def add(writer: CrawlWriter, numbers: Iterable[int], template: Article, base_url: str, tag: str, at: datetime) -> None:
    """Archive the pages of articles, write their lines, and note that the feed declared them."""
    pending = [(number, writer.append(capture_of(number, base_url, tag, at))) for number in numbers]
    for number, future in pending:
        stored = future.result()
        assert stored is not None
        url = base_url + path_of(number)
        link = Link(url=url, channel="feed", declared_at=at, listed_at=at, record_id=stored.ref.record_id)
        writer.declare(link)
        writer.write_article(
            replace(template, article_id=f"meldung-{number}", url=url, canonical_url=url, capture=stored.ref)
        )


def capture_of(number: int, base_url: str, tag: str, at: datetime) -> Capture:
    """The page of one article; short, for what it says is not read again."""
    path = path_of(number)
    body = f"<!DOCTYPE html><title>Meldung {number}</title>".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {HTML}\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n"
    return Capture(
        url=base_url + path,
        started_at=at,
        sent=f"GET {path} HTTP/1.1\r\nHost: {urlsplit(base_url).netloc}\r\n\r\n".encode(),
        received=head.encode() + body,
        ip_address="127.0.0.1",
    )


def _template(base_url: str) -> Article:
    """An article with what every line has, and a short text."""
    story = next(story for story in invent_stories(20, 1) if story.kind == "article" and story.era == "e3")
    body = SampleSite([story], base_url=base_url, weight_bytes=0).respond(story.path, "", {}).body
    digest = Digest.of(body)
    ref = CaptureRef(record_id="", warc="", offset=0, length=0, captured_at=NOW, status=200, payload_digest=digest)
    stored = StoredCapture(
        ref=ref,
        url=base_url + story.path,
        record_type="response",
        content_type=HTML,
        headers=(("Content-Type", HTML),),
        payload=body,
    )
    article = extract(stored, get_site(SITE).at(base_url)).article
    assert article is not None
    published_at = NOW - _OLDER
    return replace(
        article, body=article.body[:1], text=article.text[:500], media=(), images=(), related=(), broadcasts=(),
        published_at=published_at, first_published_at=published_at, modified_at=published_at, stand=published_at,
        times_raw=(), unavailable_after=None, revision=1,
    )  # fmt: skip


def crawl(archive: str, base_url: str, at: str) -> None:
    """One crawl in this process; prints what it took."""
    from newsarchive.crawl.run import run_crawl

    began, origin = time.perf_counter(), datetime.fromisoformat(at)
    report = run_crawl(
        get_site(SITE),
        Path(archive),
        base_url=base_url,
        delay_s=0,
        concurrency=4,
        now=lambda: origin + timedelta(seconds=time.perf_counter() - began),
    )
    wall_s = time.perf_counter() - began
    # ru_maxrss among these is no use: it begins with that of the process that started this one.
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "requests": report.record.captures,
                "wall_s": wall_s,
                "cpu_s": sum(each.ru_utime + each.ru_stime for each in used),
                "peak_mib": _peak_kib() / 1024,
                "new": report.record.articles,
                "error": str(report.error) if report.error else None,
            }
        )
    )


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmHWM:"))


def measure_crawl(archive: Path, base_url: str, at: datetime, due: int, site: Unchanging) -> Measured:
    """One crawl in a process of its own, and whether it asked for what was due and found nothing new."""
    site.answers.clear()
    site.set_clock(at)
    done = subprocess.run(
        [sys.executable, "-m", "bench.nochange", "--crawl", str(archive), base_url, at.isoformat()],
        check=True,
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    new, error = told.pop("new"), told.pop("error")
    assert (new, error) == (0, None), (new, error)
    assert site.asked_articles == due, (site.asked_articles, due)
    return Measured(**told)


def measure(articles: int, options: argparse.Namespace) -> Size:
    """Make a collection of that size, let one crawl plan it, and measure those after it."""
    site = Unchanging(options.listed)
    with tempfile.TemporaryDirectory(dir=options.directory) as directory, serve(site, now=site.now) as serving:
        root = Path(directory, SITE)
        began = time.perf_counter()
        make(root, articles, options.due, options.run_articles, serving.base_url, site.tag)
        making_s = time.perf_counter() - began
        crawls = [
            measure_crawl(Path(directory), serving.base_url, NOW + number * _BETWEEN, options.due, site)
            for number in range(options.rounds + 2)
        ]
        return Size(
            articles=articles,
            runs=len(list(root.glob("crawls/*.json"))),
            size_bytes=sum(path.stat().st_size for path in root.rglob("*") if path.is_file()),
            making_s=making_s,
            first=crawls[0],
            later=tuple(crawls[2:]),
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", action="store_true")
    parser.add_argument("--listed", type=int, default=40)
    parser.add_argument("--due", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run-articles", type=int, default=1000)
    parser.add_argument("--directory", type=Path, help="where collections are made, on a disk with room")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--crawl", nargs=3, metavar=("ARCHIVE", "BASE_URL", "AT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.crawl:
        crawl(*options.crawl)
        return
    sizes = [measure(articles, options) for articles in (SIZES if options.largest else SIZES[:-1])]
    if options.json:
        print(json.dumps([asdict(size) for size in sizes], indent=2))
        return
    table = Table(title=f"A crawl without news, {options.listed} articles listed, {options.due} due")
    for column in (
        "articles", "runs", "MB", "making, s", "requests", "s", "ratio", "CPU s", "ratio", "MiB", "ratio", "first, s",
    ):  # fmt: skip
        table.add_column(column, justify="right")
    for size in sizes:
        cells = [f"{size.articles:,}", str(size.runs), f"{size.size_bytes / 1e6:,.0f}", f"{size.making_s:.0f}"]
        cells.append(str(size.later[0].requests))
        for name, form in (("wall_s", ".2f"), ("cpu_s", ".2f"), ("peak_mib", ".0f")):
            value = median(size, name)
            cells += [format(value, form), f"{value / median(sizes[0], name):.2f}"]
        table.add_row(*cells, f"{size.first.wall_s:.1f}")
    Console(width=120).print(table)


def median(size: Size, name: str) -> float:
    """The median of one figure over the crawls that had nothing to plan."""
    return float(statistics.median(getattr(crawl, name) for crawl in size.later))


if __name__ == "__main__":
    main()
