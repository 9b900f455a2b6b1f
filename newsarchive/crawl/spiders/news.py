"""The crawl of a news site: from its channels to requests for articles, and from their answers to pages to read.

The same for every site; what differs is in its ``Site``. Nothing is read here: listings go to a worker, pages to the
pipelines. Redirects are followed here and not by Scrapy's middleware, so that each declared link has an end in the
ledger wherever it leads.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure
from w3lib.url import safe_url_string

from newsarchive.crawl.archiver import Archiver, stored_capture
from newsarchive.crawl.ledger import Ledger
from newsarchive.crawl.order import CrawlOrder
from newsarchive.crawl.settings import user_agent
from newsarchive.crawl.workers import Workers
from newsarchive.errors import NewsarchiveError, UsageError
from newsarchive.extraction.page import Unreadable, decode
from newsarchive.model.capture import StoredCapture
from newsarchive.reextract.pool import WorkFailed
from newsarchive.sites.channels import Channel, Listed, Listing
from newsarchive.sites.site import Site

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 5

# A site that is down is not asked for every day of ten years. Where nothing could be reached yet, one page is enough.
_GIVE_UP_AFTER = 3

# Listings of today before articles; the day before only when the articles of this day are through, so that a crawl
# of ten years holds the links of one day and goes back in time as it goes on.
_LISTING, _ARTICLE, _EARLIER_DAY = 10, 0, -10

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FAILURES = {
    CannotResolveHostError: "host-unknown",
    DownloadConnectionRefusedError: "connection-refused",
    DownloadTimeoutError: "timeout",
    ResponseDataLossError: "answer-cut",
    DownloadCancelledError: "answer-too-large",
    DownloadFailedError: "connection-failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page to be read: the ``article`` address it was declared under, and its capture."""

    article: str
    stored: StoredCapture


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The way through one channel: its ``starts`` still to come, and the listing that is being read.

    ``waiting``: pages of it still to come; ``total``: links it announced; ``failures``: pages that failed in a row.
    ``first_link``: the first of the channel; ``has_articles``: some link was the address of an article.
    """

    channel: Channel
    starts: Iterator[str]
    pages: set[str] = field(default_factory=set)
    waiting: int = 0
    total: int | None = None
    links: set[str] = field(default_factory=set)
    failures: int = 0
    first_link: str | None = None
    has_articles: bool = False


class NewsSpider(Spider):
    """Crawls ``site``. Arguments, all optional, as text (``scrapy crawl tagesschau -a since=2026-01-01``):

    ``since``, ``until``: the first and last day wanted, ISO dates, both inclusive; ``until`` is today if not given.
    ``limit``: fetch at most so many article pages. ``base_url``: where the site is, if not at its own address.
    """

    site: ClassVar[Site]

    def __init__(
        self,
        name: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: str | None = None,
        base_url: str | None = None,
        **unknown: str,
    ) -> None:
        if unknown:
            # Scrapy would take any name, and a misspelt base_url would send the crawl to the live site.
            raise UsageError(message=f"a crawl of a news site has no argument {', '.join(unknown)}.")
        super().__init__(name)
        self.order = CrawlOrder.parse(
            self.site, base_url=base_url, since=since, until=until, limit=limit, now=datetime.now(UTC)
        )
        self.allowed_domains = [self.order.host]
        self._requested = 0

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Scrapy's hook for settings of a spider: the contact goes into the user agent."""
        super().update_settings(settings)
        settings.set("USER_AGENT", user_agent(settings["NEWSARCHIVE_CONTACT"]), priority="spider")

    @cached_property
    def archiver(self) -> Archiver:
        """The extension that archives this crawl."""
        return Archiver.of(self.crawler)

    @property
    def ledger(self) -> Ledger:
        """The books of this crawl."""
        return self.archiver.ledger

    async def start(self) -> AsyncIterator[Request]:
        """The first listing of every channel."""
        site = self.order.site
        for channel in site.channels:
            starts = channel.starts(site.base_url, self.order.since, self.order.until)
            for request in self._next_listing(_Walk(channel=channel, starts=starts), _LISTING):
                yield request

    async def read_listing(self, response: Response, walk: _Walk, hops: int) -> AsyncIterator[Request]:
        """Turn one page of a channel into requests for articles, further pages and the next listing."""
        if (target := _redirect_target(response)) is not None and hops < MAX_REDIRECTS:
            if urlsplit(target).hostname == self.order.host:
                yield self._listing_request(target, walk, hops=hops + 1)
                return
            self._listing_failed(walk, response.url, f"it redirects to another host: {target}")
        elif response.status != 200:
            self._listing_failed(walk, response.url, f"the server answered {response.status}")
        else:
            listing = await self._read(stored_capture(response), walk)
            if listing is not None:
                for request in self._listed(listing, walk):
                    yield request
        for request in self._listing_done(walk):
            yield request

    def listing_error(self, failure: Failure) -> Iterator[Request]:
        """A page of a channel could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        walk: _Walk = request.cb_kwargs["walk"]
        if isinstance(failure.value, NewsarchiveError):
            return  # the crawl is stopping for it
        self._listing_failed(walk, request.url, _describe(failure))
        if not self.ledger.listings_read:
            walk.failures = _GIVE_UP_AFTER
        yield from self._listing_done(walk)

    def read_article(self, response: Response, article: str, hops: int) -> Iterator[Request | FetchedPage]:
        """Hand the page of an article on, or follow where it leads, or say what is wrong."""
        if response.status == 200:
            yield FetchedPage(article=article, stored=stored_capture(response))
        elif (target := _redirect_target(response)) is not None:
            yield from self._follow(target, article, hops)
        else:
            self._article_failed(article, f"http-{response.status}", f"the server answered {response.status}")

    def article_error(self, failure: Failure) -> None:
        """The page of an article could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        article: str = request.cb_kwargs["article"]
        if isinstance(failure.value, NewsarchiveError):
            return  # the crawl is stopping for it
        if isinstance(failure.value, IgnoreRequest):
            self.ledger.problems["robots-disallowed"] += 1
            self.ledger.settle(article, "skipped")
            logger.info("%s: robots.txt asks not to fetch it", article)
        else:
            self._article_failed(article, _code(failure), _describe(failure))

    def _next_listing(self, walk: _Walk, priority: int) -> Iterator[Request]:
        url = next(walk.starts, None)
        if url is None:
            self._channel_ended(walk)
            return
        if self._limit_reached():
            self.ledger.limited = True
            return
        walk.pages, walk.links, walk.total = {url}, set(), None
        walk.waiting = 1
        yield self._listing_request(url, walk, priority=priority)

    def _listing_request(self, url: str, walk: _Walk, *, priority: int = _LISTING, hops: int = 0) -> Request:
        return Request(
            url,
            callback=self.read_listing,
            errback=self.listing_error,
            cb_kwargs={"walk": walk, "hops": hops},
            meta={"handle_httpstatus_all": True},
            priority=priority,
        )

    async def _read(self, stored: StoredCapture, walk: _Walk) -> Listing | None:
        try:
            listing = await Workers.of(self.crawler).run(read_listing, stored, walk.channel)
        except (ValueError, Unreadable, WorkFailed) as error:
            self._listing_failed(walk, stored.url, str(error))
            return None
        self.ledger.listings_read += 1
        walk.failures = 0
        for doubt in listing.doubts:
            self.ledger.problems["listing-doubtful"] += 1
            logger.warning("%s of channel %s: %s", stored.url, walk.channel.name, doubt)
        return listing

    def _listed(self, listing: Listing, walk: _Walk) -> Iterator[Request]:
        walk.links.update(link.url for link in listing.links)
        walk.total = listing.total if walk.total is None else walk.total
        articles = [(link, article) for link in listing.links if (article := self.order.site.article_url(link.url))]
        walk.first_link = walk.first_link or next((link.url for link in listing.links), None)
        walk.has_articles |= bool(articles)
        for link, article in articles:
            yield from self._listed_article(link, article, walk.channel)
        for url in listing.more:
            if url not in walk.pages and not self._limit_reached():
                walk.pages.add(url)
                walk.waiting += 1
                yield self._listing_request(url, walk)

    def _listed_article(self, link: Listed, article: str, channel: Channel) -> Iterator[Request]:
        if not self.ledger.declare(channel.name, article):
            return
        if not self.order.wants(link.at):
            self.ledger.settle(article, "skipped")
        elif self.archiver.knows(article):
            self.ledger.settle(article, "known")
        elif self._limit_reached():
            self.ledger.limited = True
            self.ledger.settle(article, "skipped")
        else:
            self._requested += 1
            yield self._article_request(article, article)

    def _article_request(self, url: str, article: str, hops: int = 0) -> Request:
        return Request(
            url,
            callback=self.read_article,
            errback=self.article_error,
            cb_kwargs={"article": article, "hops": hops},
            meta={"handle_httpstatus_all": True},
            priority=_ARTICLE,
        )

    def _follow(self, target: str, article: str, hops: int) -> Iterator[Request]:
        moved_to = self.order.site.article_url(target)
        if hops >= MAX_REDIRECTS:
            self._article_failed(article, "redirect-loop", f"more than {MAX_REDIRECTS} redirects")
        elif moved_to is None:
            self._article_failed(article, "redirected-away", f"it redirects to {target}, which is no article")
        elif moved_to == article or (self.ledger.claim(moved_to) and not self.archiver.knows(moved_to)):
            yield self._article_request(target, article, hops + 1)
        else:
            self.ledger.settle(article, "known")

    def _listing_done(self, walk: _Walk) -> Iterator[Request]:
        walk.waiting -= 1
        if walk.waiting:
            return
        if walk.total is not None and len(walk.links) < walk.total and not self._limit_reached():
            self.ledger.problems["listing-incomplete"] += 1
            logger.warning(
                "channel %s announced %d links, %d were found", walk.channel.name, walk.total, len(walk.links)
            )
        if walk.failures >= _GIVE_UP_AFTER:
            logger.error("channel %s is given up", walk.channel.name)
            self._channel_ended(walk)
            return
        yield from self._next_listing(walk, _LISTING if self.order.since is None else _EARLIER_DAY)

    def _channel_ended(self, walk: _Walk) -> None:
        if walk.first_link is not None and not walk.has_articles:
            self.ledger.problems["channel-without-articles"] += 1
            message = "channel %s: no link is the address of an article of %s, the first is %s"
            logger.warning(message, walk.channel.name, self.order.site.base_url, walk.first_link)

    def _listing_failed(self, walk: _Walk, url: str, reason: str) -> None:
        walk.failures += 1
        self.ledger.problems["listing-failed"] += 1
        self.ledger.listing_failures.append(f"{url}: {reason}")
        logger.error("%s of channel %s could not be read: %s", url, walk.channel.name, reason)

    def _article_failed(self, article: str, code: str, reason: str) -> None:
        self.ledger.problems[code] += 1
        self.ledger.settle(article, "failed")
        logger.warning("%s: %s", article, reason)

    def _limit_reached(self) -> bool:
        return self.order.limit is not None and self._requested >= self.order.limit


def read_listing(stored: StoredCapture, channel: Channel) -> Listing:
    """What a stored page of a channel lists: the work that is done in a worker. Raises as ``Channel.read`` does."""
    return channel.read(decode(stored))


def _redirect_target(response: Response) -> str | None:
    location = response.headers.get("Location")
    if response.status not in _REDIRECTS or not location:
        return None
    try:
        target = urljoin(response.url, safe_url_string(location.strip()))
        return target if urlsplit(target).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _code(failure: Failure) -> str:
    return next((code for kind, code in _FAILURES.items() if isinstance(failure.value, kind)), "fetch-failed")


def _describe(failure: Failure) -> str:
    if isinstance(failure.value, IgnoreRequest):
        return "robots.txt asks not to fetch it"
    return f"{_code(failure)} ({failure.getErrorMessage()})"
