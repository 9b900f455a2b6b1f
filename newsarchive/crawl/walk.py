"""The way through one channel: from its first listing over further pages to the next, newest first.

Nothing is read here: listings go to a worker. A listing of days long over that the collection holds is not asked for
again but read from there, so that a crawl of ten years goes on where it was stopped.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from newsarchive.crawl.archiver import Archiver, stored_capture
from newsarchive.crawl.failures import NotAsked, code_of, describe
from newsarchive.crawl.outcome import LISTING_BROKEN, LISTING_UNREADABLE
from newsarchive.crawl.visits import MAX_REDIRECTS, ArticleVisits
from newsarchive.crawl.vitals import Trouble
from newsarchive.crawl.workers import Workers
from newsarchive.errors import NewsarchiveError, StorageFailed
from newsarchive.extraction.page import Unreadable, decode
from newsarchive.model.capture import StoredCapture
from newsarchive.model.links import Link
from newsarchive.reextract.pool import WorkFailed
from newsarchive.sites.channels import Channel, Listing, SectionPages
from newsarchive.warc.message import redirect_target

logger = logging.getLogger(__name__)

# A site that is down is not asked for every day of ten years. Where nothing could be reached yet, one page is enough.
_GIVE_UP_AFTER = 3

# Listings of today before articles; the day before only when the articles of this day are through, so that a crawl
# of ten years holds the links of one day and goes back in time as it goes on.
FIRST, EARLIER_DAY = 10, -10

# A site may still enter the last articles of a day on the next.
_LONG_OVER = timedelta(days=2)


LINKS = SectionPages(name="links", paths=())
"""The channel of the links inside articles, which has no pages of its own."""


class ChannelWalk:
    """Walks through ``channel``; links of articles go to ``visits``."""

    def __init__(self, channel: Channel, archiver: Archiver, visits: ArticleVisits, workers: Workers) -> None:
        self.channel = channel
        self._archiver = archiver
        self._order = archiver.order
        self._visits = visits
        self._workers = workers
        self._signs = archiver.vitals.channel(channel.name)
        base_url, since, until = self._order.site.base_url, self._order.since, self._order.until
        self._starts = channel.starts(base_url, since, until)
        # A page that is offered only when days are asked for lists what was on that day, for good.
        self._lists_days = since is not None and next(channel.starts(base_url, None, None), None) is None
        self._pages: set[str] = set()
        self._waiting = 0
        self._total: int | None = None
        self._links: set[str] = set()
        self._failures = 0

    async def next(self, priority: int = FIRST) -> AsyncIterator[Request]:
        """The request for the next listing; what the collection holds of listings on the way is read from there."""
        for url in self._starts:
            if self._visits.is_limit_reached:
                self._archiver.ledger.limited = True
                return
            self._pages, self._links, self._total, self._waiting = {url}, set(), None, 0
            pages = [url]
            while pages:
                page = pages.pop(0)
                kept = await self._kept(page)
                if kept is None:
                    self._waiting += 1
                    yield self._request(page, priority)
                else:
                    for request in self._listed(*kept):
                        yield request
                    pages.extend(self._further(kept[0]))
            if self._waiting:
                return

    async def answered(self, response: Response, hops: int) -> AsyncIterator[Request]:
        """Turn one page of the channel into requests for articles, further pages and the next listing."""
        stored = stored_capture(response)
        target = redirect_target(stored)
        if target is not None and hops < MAX_REDIRECTS:
            if urlsplit(target).hostname == self._order.host and not self._is_login(target):
                yield self._request(target, FIRST, hops + 1)
                return
            code = "redirected-to-login" if self._is_login(target) else "redirected-away"
            self._failed(code, response.url, f"it redirects to {target}")
        elif response.status == 304:
            self._signs.unmodified += 1
        elif response.status != 200:
            self._failed(f"http-{response.status}", response.url, f"the server answered {response.status}")
        else:
            listing = await self._read(stored)
            if listing is not None:
                for request in self._listed(listing, stored):
                    yield request
                for url in self._further(listing):
                    self._waiting += 1
                    yield self._request(url)
        async for request in self._done():
            yield request

    async def unanswered(self, failure: Failure) -> AsyncIterator[Request]:
        """A page of the channel could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        error: BaseException = failure.value  # type: ignore[assignment]  # Twisted's annotation allows none
        if isinstance(error, NewsarchiveError):
            return  # the crawl is stopping for it
        self._failed(code_of(error), request.url, describe(error))
        is_final = isinstance(error, NotAsked) and error.is_final
        if is_final or (not self._signs.is_alive and not isinstance(error, IgnoreRequest)):
            self._failures = _GIVE_UP_AFTER
        async for following in self._done():
            yield following

    async def read_links(self, stored: StoredCapture) -> Iterator[Request]:
        """Requests for what the page of an article links; one whose links cannot be read is no fault of a channel."""
        try:
            return self._listed(await self._workers.run(read_listing, stored, self.channel, None, None), stored)
        except (ValueError, Unreadable, WorkFailed):
            return iter(())

    def _is_login(self, target: str) -> bool:
        return self._order.site.urls.is_login(urlsplit(target).path)

    def _request(self, url: str, priority: int = FIRST, hops: int = 0) -> Request:
        return Request(
            url,
            headers=self._archiver.conditions(url, listing=True),
            callback=self.answered,
            errback=self.unanswered,
            cb_kwargs={"hops": hops},
            meta={"handle_httpstatus_all": True},
            priority=priority,
        )

    async def _kept(self, url: str) -> tuple[Listing, StoredCapture] | None:
        """The listing at ``url`` as the collection holds it, where it lists days that were long over then, so that it
        will never be another one."""
        stored = self._archiver.kept(url) if self._lists_days and not self._order.again else None
        if stored is None:
            return None
        try:
            listing = await self._workers.run(read_listing, stored, self.channel, self._order.since, self._order.until)
        except (ValueError, Unreadable, WorkFailed):
            return None
        times = [link.at for link in listing.links if link.at is not None]
        if not times or max(times) + _LONG_OVER > stored.ref.captured_at:
            return None
        logger.info("%s: read from the archive", url, extra=self._said("listing-kept", url))
        self._signs.kept += 1
        return listing, stored

    async def _read(self, stored: StoredCapture) -> Listing | None:
        try:
            order = self._order
            listing = await self._workers.run(read_listing, stored, self.channel, order.since, order.until)
        except (ValueError, Unreadable, WorkFailed) as error:
            self._failed(LISTING_UNREADABLE, stored.url, str(error))
            return None
        self._signs.read += 1
        self._failures = 0
        for doubt in listing.doubts:
            self._archiver.ledger.problems["listing-doubtful"] += 1
            facts = self._said("listing-doubtful", stored.url)
            logger.warning("%s of channel %s: %s", stored.url, self.channel.name, doubt, extra=facts)
        if listing.broken is not None:
            self._failed(LISTING_BROKEN, stored.url, listing.broken)
        return listing

    def _listed(self, listing: Listing, stored: StoredCapture) -> Iterator[Request]:
        """Requests for what a listing links, which the collection learns of."""
        site = self._order.site
        self._links.update(link.url for link in listing.links)
        self._total = listing.total if self._total is None else self._total
        self._signs.links += len(listing.links)
        self._signs.first_link = self._signs.first_link or next((link.url for link in listing.links), None)
        for link in listing.links:
            article = site.article_url(link.url)
            if article is None:
                continue
            self._signs.articles += 1
            self._declare(
                Link(
                    url=article,
                    channel=self.channel.name,
                    declared_at=stored.ref.captured_at,
                    listed_at=link.at,
                    record_id=stored.ref.record_id,
                )
            )
            yield from self._visits.listed(link, article, self.channel.name)

    def _further(self, listing: Listing) -> Iterator[str]:
        """Addresses of further pages that this one names first."""
        for url in listing.more:
            if url not in self._pages and not self._visits.is_limit_reached:
                self._pages.add(url)
                yield url

    def _declare(self, link: Link) -> None:
        try:
            self._archiver.writer.declare(link)
        except StorageFailed as error:
            self._archiver.stop(error)

    async def _done(self) -> AsyncIterator[Request]:
        """One page is through; after the last one of a listing comes the next listing."""
        self._waiting -= 1
        if self._waiting:
            return
        if self._total is not None and len(self._links) < self._total and not self._visits.is_limit_reached:
            self._archiver.ledger.problems["listing-incomplete"] += 1
            message = "channel %s announced %d links, %d were found"
            facts = self._said("listing-incomplete")
            logger.warning(message, self.channel.name, self._total, len(self._links), extra=facts)
        if self._failures >= _GIVE_UP_AFTER:
            logger.error("channel %s is given up", self.channel.name, extra=self._said("channel-given-up"))
            return
        async for request in self.next(FIRST if self._order.since is None else EARLIER_DAY):
            yield request

    def _failed(self, code: str, url: str, reason: str) -> None:
        self._failures += 1
        self._archiver.ledger.problems["listing-failed"] += 1
        self._signs.troubles.append(Trouble(code=code, url=url, message=reason))
        facts = self._said("listing-failed", url) | {"code": code}
        logger.error("%s of channel %s could not be read: %s", url, self.channel.name, reason, extra=facts)

    def _said(self, event: str, url: str | None = None) -> dict[str, str]:
        """The facts of a line of the log."""
        return {"event": event, "channel": self.channel.name, **({} if url is None else {"url": url})}


def read_listing(stored: StoredCapture, channel: Channel, since: date | None, until: date | None) -> Listing:
    """What a stored page of a channel lists: the work that is done in a worker. Raises as ``Channel.read`` does."""
    return channel.read(decode(stored), since, until)
