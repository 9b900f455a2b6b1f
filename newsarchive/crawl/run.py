"""Running one crawl in this process, with progress and a report at its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from newsarchive.crawl.archiver import Archiver
from newsarchive.crawl.logs import logging_to_stderr
from newsarchive.crawl.settings import crawl_settings
from newsarchive.crawl.spiders.sites import spider_class
from newsarchive.errors import NewsarchiveError
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


def run_crawl(
    site: Site,
    archive_dir: Path,
    *,
    base_url: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int | None = None,
    contact: str = "",
    delay_s: float = 1.0,
    concurrency: int = 1,
    log_to_stderr: bool = False,
    progress: Callable[[Progress], None] | None = None,
    **settings: Any,
) -> CrawlReport:
    """Crawl ``site`` into ``archive_dir/<site>`` and say what came of it.

    Once per process, for a reactor runs once; signals are handled meanwhile: the first SIGINT or SIGTERM ends the
    crawl in order, the second at once. ``settings`` are changes of ``crawl.settings``.

    Raises ``NewsarchiveError`` when nothing could be committed: ``UsageError``, ``CollectionLocked``,
    ``StorageFailed`` … ; what goes wrong later is in the report.
    """
    process = AsyncCrawlerProcess(
        crawl_settings(
            NEWSARCHIVE_ARCHIVE_DIR=str(archive_dir),
            NEWSARCHIVE_CONTACT=contact,
            DOWNLOAD_DELAY=delay_s,
            CONCURRENT_REQUESTS_PER_DOMAIN=concurrency,
            CONCURRENT_REQUESTS=concurrency,
            LOG_ENABLED=False,
            **settings,
        )
    )
    crawler = process.create_crawler(spider_class(site))
    crawl = process.crawl(
        crawler,
        base_url=base_url,
        since=since and since.isoformat(),
        until=until and until.isoformat(),
        limit=limit and str(limit),
    )

    def report(response: Response) -> None:
        if progress is not None:
            progress(_progress(Archiver.of(crawler), response.url))

    # Signals hold their receivers weakly; this one lives as long as the crawl.
    crawler.signals.connect(report, signals.response_received)
    crawler.signals.connect(report, signals.item_scraped)
    with logging_to_stderr() if log_to_stderr else nullcontext():
        process.start()
    if not crawl.done():
        raise KeyboardInterrupt  # the second signal
    crawl.result()
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
    funnel = archiver.ledger.funnel()
    return Progress(
        declared=sum(channel.declared for channel in funnel),
        settled=sum(channel.known + channel.fetched + channel.failed + channel.skipped for channel in funnel),
        extracted=sum(channel.extracted for channel in funnel),
        problems=archiver.ledger.problems.total(),
        url=url,
    )
