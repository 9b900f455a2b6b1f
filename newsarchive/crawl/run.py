"""Running crawls in this process, with progress and a report at the end of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, AsyncCrawlerRunner, Crawler, CrawlerRunnerBase
from scrapy.http import Response
from twisted.internet.error import ReactorNotRunning

from newsarchive.collection.collection import utc_now
from newsarchive.crawl.archiver import Archiver
from newsarchive.crawl.order import CrawlOrder, Recrawl
from newsarchive.crawl.settings import crawl_settings
from newsarchive.crawl.spiders.sites import spider_class
from newsarchive.errors import NewsarchiveError
from newsarchive.log_lines import LogLines, formatter, logging_to_stderr
from newsarchive.model.crawl import CrawlRun
from newsarchive.reextract.recovery import RecoveredRun
from newsarchive.sites.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a crawl is: articles ``declared`` by channels, ``settled`` of them, ``extracted`` of those, problems so
    far, and the page that was read last."""

    declared: int
    settled: int
    extracted: int
    problems: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlReport:
    """A committed crawl: its ``record``, the ``directory`` of the collection its paths are relative to, its ``log``,
    the ``error`` that makes it no success, if any, and what was ``recovered`` before it of runs that were killed."""

    record: CrawlRun
    directory: Path
    log: Path
    error: NewsarchiveError | None
    recovered: tuple[RecoveredRun, ...] = ()


class CrawlOptions(TypedDict, total=False):
    """What a crawl may be told; all but ``settings`` as in ``CrawlOrder`` and ``crawl.settings``.

    ``log_format`` is how lines of the log look, ``now`` tells the time, ``progress`` is called with each answer and
    each article; ``settings`` are changes of ``crawl.settings`` by name.
    """

    base_url: str | None
    since: date | None
    until: date | None
    limit: int | None
    recrawl: Recrawl | None
    follow_links: bool
    with_images: bool
    again: bool
    contact: str
    delay_s: float
    concurrency: int
    log_format: LogLines
    now: Callable[[], datetime]
    progress: Callable[[Progress], None] | None
    settings: Mapping[str, Any]


def run_crawl(
    site: Site, archive_dir: Path, *, log_to_stderr: bool = False, **options: Unpack[CrawlOptions]
) -> CrawlReport:
    """Crawl ``site`` into ``archive_dir/<site>`` and say what came of it.

    Once per process, for it starts the reactor; signals are handled meanwhile: the first SIGINT or SIGTERM ends the
    crawl in order, the second at once.

    Raises ``NewsarchiveError`` when nothing could be committed: ``UsageError``, ``CollectionLocked``,
    ``StorageFailed`` … ; what goes wrong later is in the report.
    """
    order = _order(site, options)
    process = AsyncCrawlerProcess(_settings(archive_dir, options))
    crawler = _crawler(process, order, options)
    crawl = process.crawl(crawler, order=order)
    form = formatter(options.get("log_format", "plain"), facts=lambda: _facts(crawler, site))
    with logging_to_stderr(form) if log_to_stderr else nullcontext():
        process.start()
    if not crawl.done():
        raise KeyboardInterrupt  # the second signal
    crawl.result()
    return _report(crawler)


def run_crawls(
    site: Site, archive_dir: Path, turns: Iterable[object], **options: Unpack[CrawlOptions]
) -> tuple[CrawlReport, ...]:
    """Crawl once for each of ``turns``, one after the other; between two crawls the iteration over ``turns`` goes on.

    Otherwise as ``run_crawl``. Ends early with a crawl that was interrupted or went wrong.
    """
    process = AsyncCrawlerProcess(_settings(archive_dir, options))
    reports: list[CrawlReport] = []

    async def in_turn() -> None:
        from twisted.internet import reactor

        try:
            for _ in turns:
                order = _order(site, options)
                crawler = _crawler(process, order, options)
                await process.crawl(crawler, order=order)
                reports.append(_report(crawler))
                if reports[-1].error is not None or reports[-1].record.outcome != "finished":
                    return
        finally:
            with suppress(ReactorNotRunning):
                reactor.stop()  # type: ignore[misc]  # typed as a module of functions, it is an object

    work = asyncio.get_event_loop().create_task(in_turn())
    process.start(stop_after_crawl=False)
    if not work.done():
        raise KeyboardInterrupt  # the second signal
    work.result()
    return tuple(reports)


async def crawl_once(site: Site, archive_dir: Path, **options: Unpack[CrawlOptions]) -> CrawlReport:
    """As ``run_crawl``, where an asyncio reactor is running, and as often as wanted. Signals are not handled."""
    order = _order(site, options)
    runner = AsyncCrawlerRunner(_settings(archive_dir, options))
    crawler = _crawler(runner, order, options)
    await runner.crawl(crawler, order=order)
    return _report(crawler)


def _order(site: Site, options: CrawlOptions) -> CrawlOrder:
    return CrawlOrder.of(
        site,
        now=options.get("now", utc_now)(),
        base_url=options.get("base_url"),
        since=options.get("since"),
        until=options.get("until"),
        limit=options.get("limit"),
        recrawl=options.get("recrawl"),
        follow_links=options.get("follow_links", False),
        with_images=options.get("with_images", False),
        again=options.get("again", False),
    )


def _settings(archive_dir: Path, options: CrawlOptions) -> dict[str, Any]:
    now, concurrency = options.get("now", utc_now), options.get("concurrency", 1)
    changes: dict[str, Any] = {
        "NEWSARCHIVE_ARCHIVE_DIR": str(archive_dir),
        "NEWSARCHIVE_CONTACT": options.get("contact", ""),
        "NEWSARCHIVE_LOG_LINES": options.get("log_format", "plain"),
        # Scrapy copies settings deeply: a function stays what it is, the method of a clock would get another clock.
        "NEWSARCHIVE_NOW": lambda: now(),
        "DOWNLOAD_DELAY": options.get("delay_s", 1.0),
        "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
        "CONCURRENT_REQUESTS": concurrency,
        "LOG_ENABLED": False,
    }
    return crawl_settings(**changes | dict(options.get("settings", {})))


def _crawler(runner: CrawlerRunnerBase, order: CrawlOrder, options: CrawlOptions) -> Crawler:
    crawler = runner.create_crawler(spider_class(order.site))
    progress = options.get("progress")

    def report(response: Response) -> None:
        if progress is not None:
            progress(_progress(Archiver.of(crawler), response.url))

    # Signals hold their receivers weakly; this one must live as long as the crawl.
    crawler.signals.connect(report, signals.response_received, weak=False)
    crawler.signals.connect(report, signals.item_scraped, weak=False)
    return crawler


def _facts(crawler: Crawler, site: Site) -> dict[str, str]:
    """What a line is about; before there is a run, and where there are no extensions yet, the site."""
    return {"site": site.name} if crawler.extensions is None else Archiver.of(crawler).facts


def _report(crawler: Crawler) -> CrawlReport:
    archiver = Archiver.of(crawler)
    if archiver.record is None:
        raise archiver.error or RuntimeError("the crawl ended without a record")
    if archiver.error is not None and not isinstance(archiver.error, NewsarchiveError):
        raise archiver.error
    return CrawlReport(
        record=archiver.record,
        directory=archiver.directory,
        log=archiver.log_path,
        error=archiver.error,
        recovered=archiver.recovered,
    )


def _progress(archiver: Archiver, url: str) -> Progress:
    ledger = archiver.ledger
    return Progress(
        declared=ledger.declared,
        settled=ledger.settled,
        extracted=ledger.extracted,
        problems=ledger.problems.total(),
        url=url,
    )
