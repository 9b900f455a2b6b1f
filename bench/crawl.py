"""Pages per second and CPU per page: the whole crawl beside bare Scrapy, on the same sample site in one run.

``bare`` is Scrapy as it comes, with its own download handler and no pipelines; it asks for the very addresses that
``full`` asks for, by the same headers and as many at once, and does nothing with the answers. ``archived`` is our
crawl without extraction: listings read, every exchange in a WARC, sealed and committed. ``full`` is all of it:
articles extracted, compared with what is known, written as JSON lines.

Rounds alternate; each crawl is a process of its own, the site is served by another one, and all of them share the
machine. Time runs from the opening of the spider to the commit of the run. CPU is that of the whole process tree,
start-up and workers included, the server not.

    python -m bench.crawl [--articles 1500] [--rounds 5] [--concurrency 16] [--json]
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response

from newsarchive.collection.collection import Collection
from newsarchive.crawl.run import run_crawl
from newsarchive.crawl.settings import COOKIES_ENABLED, DEFAULT_REQUEST_HEADERS, ROBOTSTXT_OBEY
from newsarchive.errors import NothingExtracted
from newsarchive.samplesite.invent import invent_stories
from newsarchive.sites.registry import get_site

KINDS = ("bare", "archived", "full")

_SUBREAPER = 36
"""``PR_SET_CHILD_SUBREAPER`` of prctl(2): orphans of our crawls become our children, so that their CPU is counted."""

_SINCE = date(2025, 12, 31)
"""From this day on the sample site has about 60 articles a day, in the markup of today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One crawl: pages fetched, seconds on the clock, seconds of CPU of all its processes."""

    pages: int
    wall_s: float
    cpu_s: float


class BareSpider(Spider):
    """Asks for ``addresses`` and does nothing with the answers."""

    name = "bare"
    addresses: tuple[str, ...] = ()

    async def start(self) -> AsyncIterator[Request]:
        for address in self.addresses:
            yield Request(address, meta={"handle_httpstatus_all": True})

    def parse(self, response: Response) -> None:
        """Nothing."""


def crawl_bare(addresses: list[str], concurrency: int) -> dict[str, float]:
    """Fetch ``addresses`` with Scrapy as it comes."""
    process = AsyncCrawlerProcess(
        {
            "ROBOTSTXT_OBEY": ROBOTSTXT_OBEY,
            "DEFAULT_REQUEST_HEADERS": DEFAULT_REQUEST_HEADERS,
            "COOKIES_ENABLED": COOKIES_ENABLED,
            "CONCURRENT_REQUESTS": concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
            "LOG_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    crawler = process.create_crawler(BareSpider)
    BareSpider.addresses = tuple(addresses)
    clock = _watch(crawler)
    process.crawl(crawler)
    process.start()
    return {"pages": len(addresses), "wall_s": clock[1] - clock[0]}


def _watch(crawler: Crawler) -> list[float]:
    """The times at which the spider of ``crawler`` is opened and closed."""
    times: list[float] = []

    def note() -> None:
        times.append(time.perf_counter())

    crawler.signals.connect(note, signals.spider_opened, weak=False)
    crawler.signals.connect(note, signals.spider_closed, weak=False)
    return times


def crawl_ours(base_url: str, until: str, directory: str, concurrency: int, *, extracts: bool) -> dict[str, float]:
    """Crawl the sample site as ``newsarchive crawl`` does; unless it ``extracts``, pages are archived and not read."""
    settings: dict[str, Any] = {"AUTOTHROTTLE_ENABLED": False}
    if not extracts:
        settings["ITEM_PIPELINES"] = {}
    report = run_crawl(
        get_site("tagesschau"),
        Path(directory),
        base_url=base_url,
        since=_SINCE,
        until=date.fromisoformat(until),
        delay_s=0,
        concurrency=concurrency,
        settings=settings,
    )
    # A crawl that reads nothing is no success by its own measure.
    if report.error is not None and (extracts or not isinstance(report.error, NothingExtracted)):
        raise report.error
    took = report.record.ended_at - report.record.started_at
    return {"pages": report.record.captures - 1, "wall_s": took.total_seconds()}


def measure(kind: str, *arguments: str) -> Measured:
    """Run one crawl in a process of its own."""
    before = _cpu_of_children()
    bystanders = len(_children())
    done = subprocess.run(
        [sys.executable, "-m", "bench.crawl", "--run", kind, *arguments], capture_output=True, text=True, check=False
    )
    _reap(bystanders)
    if done.returncode:
        raise SystemExit(done.stderr)
    printed: dict[str, Any] = json.loads(done.stdout)
    return Measured(pages=int(printed["pages"]), wall_s=printed["wall_s"], cpu_s=_cpu_of_children() - before)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _reap(bystanders: int) -> None:
    """Wait for what the crawl left behind, until only ``bystanders`` are left: its fork server ends a moment later."""
    while len(_children()) > bystanders:
        os.waitpid(-1, os.WNOHANG)
        time.sleep(0.005)


def _children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


@contextmanager
def serve_sample_site(articles: int) -> Iterator[str]:
    """The sample site in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "newsarchive.samplesite", "--articles", str(articles)],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def compare(articles: int, rounds: int, concurrency: int) -> dict[str, list[Measured]]:
    """Alternate both crawls over one served site. The first full crawl warms the server and finds the addresses."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    results: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    until = max(story.stand for story in invent_stories(articles, 1)).date().isoformat()
    with serve_sample_site(articles) as base_url, tempfile.TemporaryDirectory() as directory:
        root, at_once = Path(directory), str(concurrency)
        measure("full", base_url, until, str(root / "first"), at_once)
        with Collection.open(root / "first" / "tagesschau") as collection:
            asked = [capture.url for capture in collection.captures() if not capture.url.endswith("/robots.txt")]
        (root / "asked.json").write_text(json.dumps(asked))
        for number in range(rounds):
            results["bare"].append(measure("bare", str(root / "asked.json"), at_once))
            for kind in ("archived", "full"):
                results[kind].append(measure(kind, base_url, until, str(root / f"{kind}-{number}"), at_once))
    return results


def summarize(results: dict[str, list[Measured]]) -> dict[str, dict[str, float]]:
    """Medians over the rounds: pages per second, CPU milliseconds per page."""
    return {
        kind: {
            "pages": statistics.median(run.pages for run in runs),
            "pages_per_s": statistics.median(run.pages / run.wall_s for run in runs),
            "cpu_ms_per_page": 1000 * statistics.median(run.cpu_s / run.pages for run in runs),
        }
        for kind, runs in results.items()
    }


def ratios(results: dict[str, list[Measured]], kind: str) -> list[float]:
    """Speed of ``kind`` as a share of bare Scrapy, round by round: neighbours in time, so what else the machine did
    it did to both."""
    return [
        ours.pages / ours.wall_s / (bare.pages / bare.wall_s)
        for bare, ours in zip(results["bare"], results[kind], strict=True)
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        kind, *rest = options.run
        if kind == "bare":
            took = crawl_bare(json.loads(Path(rest[0]).read_text()), int(rest[1]))
        else:
            took = crawl_ours(rest[0], rest[1], rest[2], int(rest[3]), extracts=kind == "full")
        print(json.dumps(took))
        return
    results = compare(options.articles, options.rounds, options.concurrency)
    summary = summarize(results)
    if options.json:
        rounds = {kind: [asdict(run) for run in runs] for kind, runs in results.items()}
        shares = {kind: ratios(results, kind) for kind in KINDS}
        print(json.dumps({"cores": os.cpu_count(), "medians": summary, "ratios": shares, "rounds": rounds}, indent=2))
        return
    table = Table(title=f"{options.rounds} rounds, {options.concurrency} requests at once, {os.cpu_count()} cores")
    for column in ("", "pages", "pages/s", "CPU ms/page", "of bare", "lowest", "highest"):
        table.add_column(column, justify="right")
    for kind, row in summary.items():
        shares_of_bare = ratios(results, kind)
        table.add_row(
            kind,
            f"{row['pages']:.0f}",
            f"{row['pages_per_s']:.0f}",
            f"{row['cpu_ms_per_page']:.1f}",
            *(f"{pick(shares_of_bare):.2f}" for pick in (statistics.median, min, max)),
        )
    Console().print(table)


if __name__ == "__main__":
    main()
