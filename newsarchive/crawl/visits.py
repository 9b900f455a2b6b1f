"""Asking for the pages of articles: which, how, and what their answers mean.

Redirects are followed here and not by Scrapy's middleware, so that each declared link has an end in the books wherever
it leads. What the collection has of a page is asked for conditionally.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from newsarchive.crawl.archiver import Archiver, stored_capture
from newsarchive.crawl.ends import LIMIT, ArticleEnds
from newsarchive.crawl.failures import RobotsDisallowed, code_of, describe
from newsarchive.crawl.ledger import LEFT
from newsarchive.errors import NewsarchiveError
from newsarchive.model.capture import StoredCapture
from newsarchive.model.links import OpenLink
from newsarchive.reextract.ending import gone_reason
from newsarchive.sites.channels import Listed
from newsarchive.warc.message import redirect_target

MAX_REDIRECTS = 5

NEW, KNOWN = 0, -20
"""Priorities of requests: what is new before what is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page to be read: the ``article`` address it was declared under, and its capture."""

    article: str
    stored: StoredCapture


Reader = Callable[[StoredCapture], Awaitable[Iterator[Request]]]
"""Reads the links of a page of an article and gives the requests they lead to."""


class ArticleVisits:
    """Makes the requests for articles of one crawl; ``follow`` reads the links inside them, where that is wanted."""

    def __init__(self, archiver: Archiver, follow: Reader | None = None) -> None:
        self._archiver = archiver
        self._order = archiver.order
        self._follow_links = follow
        self._requested = 0

    @property
    def is_limit_reached(self) -> bool:
        """Whether no more pages may be asked for."""
        return self._order.limit is not None and self._requested >= self._order.limit

    def listed(self, link: Listed, article: str, channel: str) -> Iterator[Request]:
        """What a channel declares: ask for it where it is wanted and not known."""
        if not self._archiver.ledger.declare(channel, article, link.at):
            return
        if not self._order.wants(link.at):
            self._ends.not_wanted(article)
        elif self._archiver.knows(article, link):
            self._ends.known(article)
        else:
            yield from self._ask(article, NEW)

    def left(self, link: OpenLink) -> Iterator[Request]:
        """What an earlier run left open."""
        if self._order.wants(link.listed_at) and self._archiver.ledger.declare(LEFT, link.url, link.listed_at):
            yield from self._ask(link.url, NEW)

    def due(self, article: str) -> Iterator[Request]:
        """What is known and to be looked at again."""
        if self._archiver.ledger.take_up(article):
            yield from self._ask(article, KNOWN)

    async def answered(self, response: Response, article: str, hops: int) -> AsyncIterator[Request | FetchedPage]:
        """Hand the page of an article on, or follow where it leads, or say what is wrong."""
        stored = stored_capture(response)
        if response.status == 200:
            yield FetchedPage(article=article, stored=stored)
            if self._follow_links is not None:
                for request in await self._follow_links(stored):
                    yield request
        elif response.status == 304:
            self._ends.unmodified(article, stored)
        elif (target := redirect_target(stored)) is not None:
            for request in self._redirected(target, article, hops, stored):
                yield request
        elif (
            reason := gone_reason(stored.url, response.status, None, self._order.site, was_article=False)
        ) is not None:
            self._ends.gone(article, stored, reason, f"the server answered {response.status}")
        else:
            self._ends.failed(article, f"http-{response.status}", f"the server answered {response.status}")

    def unanswered(self, failure: Failure) -> None:
        """The page of an article could not be fetched."""
        article: str = failure.request.cb_kwargs["article"]  # type: ignore[attr-defined]  # set by Scrapy
        error: BaseException = failure.value  # type: ignore[assignment]  # Twisted's annotation allows none
        if isinstance(error, NewsarchiveError):
            return  # the crawl is stopping for it
        if isinstance(error, RobotsDisallowed):
            self._ends.disallowed(article)
        elif isinstance(error, IgnoreRequest):
            self._ends.left(article, code_of(error), describe(error))
        else:
            self._ends.failed(article, code_of(error), describe(error))

    @property
    def _ends(self) -> ArticleEnds:
        return self._archiver.ends

    def _ask(self, article: str, priority: int) -> Iterator[Request]:
        if self.is_limit_reached:
            self._archiver.ledger.limited = True
            self._ends.left(article, LIMIT)
        else:
            self._requested += 1
            yield self._request(article, article, priority)

    def _request(self, url: str, article: str, priority: int, hops: int = 0) -> Request:
        return Request(
            url,
            headers=self._archiver.conditions(url),
            callback=self.answered,
            errback=self.unanswered,
            cb_kwargs={"article": article, "hops": hops},
            meta={"handle_httpstatus_all": True},
            priority=priority,
        )

    def _redirected(self, target: str, article: str, hops: int, stored: StoredCapture) -> Iterator[Request]:
        site = self._order.site
        moved_to = site.article_url(target)
        was_article = self._archiver.was_article(stored.url)
        reason = gone_reason(stored.url, stored.ref.status, target, site, was_article=was_article)
        if hops >= MAX_REDIRECTS:
            self._ends.failed(article, "redirect-loop", f"more than {MAX_REDIRECTS} redirects")
        elif moved_to is None and reason is None:
            self._ends.failed(article, "redirected-to-login", f"it redirects to {target}, which asks for a login")
        elif moved_to is None:
            self._ends.gone(article, stored, "moved-away", f"it redirects to {target}, which is no article")
        else:
            if reason is not None:
                self._ends.moved(stored, target)
            is_same = moved_to == article
            # What is known there is left alone, and not claimed: it may be due itself.
            if is_same or (not self._archiver.knows(moved_to) and self._archiver.ledger.claim(moved_to)):
                yield self._request(target, article, NEW, hops + 1)
            else:
                self._ends.known(article, was_asked=True)
