"""The Scrapy side of archiving: opens the collection, stores each exchange, commits the run.

One extension does it, so that ``newsarchive crawl`` and ``scrapy crawl`` write the same. A crawl that cannot archive
stops; why is kept in ``Archiver.error``.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, NotConfigured
from scrapy.http import Response

from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.collection.plans import DuePage
from newsarchive.collection.versions import SOFTWARE, versions
from newsarchive.crawl.clock import now_of
from newsarchive.crawl.ends import ArticleEnds
from newsarchive.crawl.ledger import Ledger
from newsarchive.crawl.logs import logging_to_file
from newsarchive.crawl.order import CrawlOrder
from newsarchive.crawl.outcome import judge, verdict
from newsarchive.crawl.vitals import Vitals
from newsarchive.crawl.wire import STORED_CAPTURE
from newsarchive.crawl.workers import Workers
from newsarchive.errors import CaptureLost, Interrupted, NewsarchiveError, UnreadableInput, UsageError
from newsarchive.log_lines import formatter
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import CrawlRun, Outcome
from newsarchive.model.finding import Finding
from newsarchive.model.links import OpenLink
from newsarchive.reextract.recovery import RecoveredRun, describe, recover
from newsarchive.sites.channels import Listed

logger = logging.getLogger(__name__)

_VERSIONS_OF = ("scrapy", "twisted", "trafilatura", "lxml", "warcio", "feedparser")


def stored_capture(response: Response) -> StoredCapture:
    """The capture of a response. Raises ``CaptureLost`` for one that was not archived."""
    stored = response.meta.get(STORED_CAPTURE)
    if not isinstance(stored, StoredCapture):
        raise CaptureLost(url=response.url)
    return stored


class Archiver:
    """Takes the captures of one crawl and keeps its books; a Scrapy extension.

    ``order`` is what the crawl is asked to do, ``directory`` that of the collection, ``ledger`` what became of each
    link, ``vitals`` what was seen of the site as a whole; ``error`` is why the crawl is no success, ``findings`` what
    is wrong with it, ``record`` what was committed at its end; ``recovered`` what was made of the runs that were killed
    before it.
    """

    def __init__(self, crawler: Crawler, order: CrawlOrder) -> None:
        self._crawler = crawler
        self._collection: Collection | None = None
        self._writer: CrawlWriter | None = None
        self._resources = ExitStack()
        self._stopping: asyncio.Future[None] | None = None
        self._ends: ArticleEnds | None = None
        self.now = now_of(crawler.settings)
        self.order = order
        self.directory = Path(crawler.settings["NEWSARCHIVE_ARCHIVE_DIR"]) / order.site.name
        zone = ZoneInfo(order.site.timezone)
        self._started_at = self.now()
        channels = [channel.name for channel in order.site.channels] if order.recrawl != "only" else []
        self.ledger = Ledger(channels, today=self._started_at.astimezone(zone).date(), zone=zone)
        self.vitals = Vitals()
        self.log_path: Path = self.directory
        self.error: Exception | None = None
        self.findings: tuple[Finding, ...] = ()
        self.record: CrawlRun | None = None
        self.recovered: tuple[RecoveredRun, ...] = ()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy; only for spiders that carry a ``CrawlOrder``."""
        order = getattr(crawler.spider, "order", None)
        if not isinstance(order, CrawlOrder):
            raise NotConfigured("only crawls of news sites are archived")
        archiver = cls(crawler, order)
        crawler.signals.connect(archiver.open, signals.spider_opened)
        crawler.signals.connect(archiver.close, signals.spider_closed)
        return archiver

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The archiver of ``crawler``."""
        archiver = crawler.get_extension(cls)
        if archiver is None:
            raise RuntimeError("EXTENSIONS lacks the archiver")
        return archiver

    @property
    def writer(self) -> CrawlWriter:
        """What writes this run, once it is open."""
        if self._writer is None:
            raise RuntimeError("the collection is not open")
        return self._writer

    @property
    def ends(self) -> ArticleEnds:
        """What settles articles, once the run is open."""
        if self._ends is None:
            raise RuntimeError("the collection is not open")
        return self._ends

    @property
    def collection(self) -> Collection:
        """Where the run is written to, once it is open."""
        if self._collection is None:
            raise RuntimeError("the collection is not open")
        return self._collection

    def open(self) -> None:
        """Open and lock the collection and begin the run; a crawl that may not begin is closed before any request."""
        try:
            self._refuse_anonymous()
            self._begin()
        except NewsarchiveError as error:
            self.error = error
            self._resources.close()
            logger.critical("%s", error, extra={"event": "run-refused", "exit_code": error.exit_code})
            raise CloseSpider("refused") from error

    def log_form(self, form: str) -> logging.Formatter:
        """How lines of this crawl look; plain ones as ``form`` says."""
        lines = self._crawler.settings["NEWSARCHIVE_LOG_LINES"]
        return formatter(lines, form, facts=lambda: self.facts)

    @property
    def facts(self) -> dict[str, str]:
        """What every line of the log is about: the ``site``, and the ``run`` once it has begun."""
        run = {} if self._writer is None else {"run": self._writer.run}
        return {"site": self.order.site.name, **run}

    async def archive(self, capture: Capture) -> StoredCapture | None:
        """Store ``capture``; returns once it is durable. Raises ``StorageFailed``."""
        stored = await asyncio.wrap_future(self.writer.append(capture))
        if stored is not None:
            self.vitals.note_answer(stored)
        return stored

    def stop(self, error: Exception) -> None:
        """End the crawl because something cannot be archived. The first error is the one that counts."""
        if self.error is None:
            self.error = error
            logger.critical("The crawl stops: %s", error, extra={"event": "run-stops"})
            self._stopping = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="failed"))

    def knows(self, article: str, link: Listed | None = None) -> bool:
        """Whether the page at this address need not be asked for: it was read before, and the ``link`` to it does not
        say that it was changed, or brought back, since then."""
        if not self.collection.knows(article):
            return False
        if link is None or (link.at is None and link.changed_at is None):
            return True
        page = self.collection.page(article)
        if page is None:
            return True
        is_changed = link.changed_at is not None and link.changed_at > page.checked_at
        is_back = page.gone_at is not None and link.at is not None and link.at > page.gone_at
        return not is_changed and not is_back

    def was_article(self, url: str) -> bool:
        """Whether an article was read at this address before."""
        page = self.collection.page(url)
        return page is not None and page.first_seen_at is not None

    def conditions(self, url: str, *, listing: bool = False) -> dict[str, str]:
        """Headers that ask for ``url`` only if it has changed since it was last had (RFC 9110, 13.1)."""
        known = self.collection.validators(url, listing=listing)
        if known is None:
            return {}
        pairs = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified))
        return {name: value for name, value in pairs if value is not None}

    def kept(self, url: str) -> StoredCapture | None:
        """The newest whole answer of ``url`` that the collection holds, where it can be read."""
        try:
            return self.collection.companion(url, self.writer.run)
        except UnreadableInput as error:
            logger.warning("%s", error)
            return None

    def open_links(self) -> Iterator[OpenLink]:
        """What earlier runs left open and is to be tried again."""
        return self.collection.open_links(self._started_at)

    def due_pages(self) -> Iterator[DuePage]:
        """The known pages that are to be looked at again, the most overdue first."""
        return self.collection.due(self.order.site.recrawl, self._started_at)

    async def close(self, reason: str) -> None:
        """Seal and commit the run and give the collection free."""
        if self._writer is None:
            return
        outcome = self._conclude(reason)
        try:
            # Sealing reads and syncs files; progress and signals go on meanwhile.
            self.record = await asyncio.to_thread(
                self._writer.finish,
                outcome,
                str(self.error or reason),
                funnel=self.ledger.funnel(),
                problems=self.ledger.problems,
                findings=self.findings,
            )
        except NewsarchiveError as error:
            self.error = self.error or error
            logger.critical("The run could not be committed: %s", error, extra={"event": "run-not-committed"})
        else:
            logger.info("The run is committed: %s", self.record.outcome, extra=_counts(self.record))
        finally:
            self._resources.close()

    def may_ask(self, url: str) -> bool:
        """Whether ``url`` may be asked for, wherever it is: a crawl of a copy on this machine leaves it for nothing."""
        host = urlsplit(url).hostname
        return host == self.order.host or not is_loopback(self.order.host)

    def _refuse_anonymous(self) -> None:
        if not self._crawler.settings["NEWSARCHIVE_CONTACT"] and not is_loopback(self.order.host):
            raise UsageError(
                message=f"{self.order.site.title} would be asked by somebody unknown. Say who is responsible with "
                "--contact or NEWSARCHIVE_CONTACT: a web or e-mail address that is sent with every request."
            )

    def _begin(self) -> None:
        settings, order = self._crawler.settings, self.order
        self._collection = self._resources.enter_context(
            Collection.open_or_create(self.directory, order.site.name, now=self.now)
        )
        self._resources.enter_context(self._collection.lock())
        # No request is out yet, so there is nothing that must not wait for this.
        self.recovered = recover(self._collection, order.site, Workers.of(self._crawler).limits, now=self.now)
        self._writer = self._collection.begin_crawl(
            base_url=order.site.base_url,
            versions=versions(*_VERSIONS_OF),
            settings={
                "since": order.since.isoformat() if order.since else None,
                "until": order.until.isoformat() if order.until else None,
                "limit": order.limit,
                "recrawl": order.recrawl,
                "follow_links": order.follow_links,
                "with_images": order.with_images,
                "user_agent": settings["USER_AGENT"],
                "obey_robots_txt": settings.getbool("ROBOTSTXT_OBEY"),
                "delay_s": settings.getfloat("DOWNLOAD_DELAY"),
                "concurrency": settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            },
            warcinfo={
                "software": SOFTWARE,
                "http-header-user-agent": settings["USER_AGENT"],
                "robots": "classic" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
                "isPartOf": order.site.name,
                **({"operator": settings["NEWSARCHIVE_CONTACT"]} if settings["NEWSARCHIVE_CONTACT"] else {}),
            },
            now=self.now,
        )
        self._ends = ArticleEnds(
            self._writer, self.ledger, self.vitals, floors=tuple(order.site.expect.fields), stop=self.stop
        )
        self.log_path = self._writer.log_path
        self._resources.enter_context(
            logging_to_file(self.log_path, level=settings["LOG_LEVEL"], form=self.log_form(settings["LOG_FORMAT"]))
        )
        for run in self.recovered:
            for sentence in describe(run):
                logger.warning("%s", sentence, extra={"event": "run-recovered", "recovered": run.run})

    def _conclude(self, reason: str) -> Outcome:
        """Close the books; decide how the crawl ended."""
        self.ends.settle_rest(is_proper_end=reason == "finished")
        if self.error is not None:
            return "failed"
        if reason == "shutdown":
            self.error = Interrupted(path=self.directory)
            return "interrupted"
        if reason != "finished":
            return "failed"
        self.error = self._judge()
        if self.error is not None:
            logger.critical("%s", self.error, extra={"event": "run-failed"})
            return "failed"
        return "limited" if self.ledger.limited else "finished"

    def _judge(self) -> NewsarchiveError | None:
        """Measure the run by what is expected of the site: its findings, and the error that they make together."""
        site, funnel, asks_for_days = self.order.site, self.ledger.funnel(), self.order.since is not None
        signs = self.vitals.channels.values()
        self.findings = judge(site, funnel, self.vitals, asks_for_days=asks_for_days)
        for finding in self.findings:
            level = logging.ERROR if finding.severity == "error" else logging.WARNING
            facts = {"event": "finding", "code": finding.code, "where": finding.where}
            logger.log(level, "%s (%s): %s", finding.code, finding.where, finding.message, extra=facts)
        return verdict(
            site,
            funnel,
            self.findings,
            any_listing=any(channel.is_alive for channel in signs) or not any(channel.troubles for channel in signs),
            may_be_empty=self.vitals.may_be_empty(asks_for_days=asks_for_days),
            log=self.log_path,
        )


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or an IP address, is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _counts(record: CrawlRun) -> dict[str, str | int]:
    """The facts of the last line of the log."""
    return {
        "event": "run-committed",
        "outcome": record.outcome,
        "captures": record.captures,
        "articles": record.articles,
        "revised": record.revised,
        "removed": record.removed,
        "returned": record.returned,
        "received_bytes": record.received_bytes,
    }
