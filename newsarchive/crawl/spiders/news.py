"""The crawl of a news site: the same for every site; what differs is in its ``Site``.

What is new comes first: the channels, newest first. When there is room, the links that earlier runs left open, and the
known pages that are due. Nothing is read here: listings go to a worker, pages to the pipelines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from typing import Any, ClassVar, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from newsarchive.crawl.archiver import Archiver
from newsarchive.crawl.clock import now_of
from newsarchive.crawl.order import CrawlOrder
from newsarchive.crawl.settings import user_agent
from newsarchive.crawl.visits import ArticleVisits
from newsarchive.crawl.walk import LINKS, ChannelWalk
from newsarchive.crawl.workers import Workers
from newsarchive.errors import UsageError
from newsarchive.model.capture import StoredCapture
from newsarchive.sites.channels import Channel
from newsarchive.sites.site import Site


class NewsSpider(Spider):
    """Crawls ``site`` as its ``order`` says. By Scrapy's own command the order is made of words, all optional
    (``scrapy crawl tagesschau -a since=2026-01-01``):

    ``since``, ``until``: the first and last day wanted, ISO dates, both inclusive; ``until`` is today if not given.
    ``limit``: fetch at most so many article pages. ``base_url``: where the site is, if not at its own address.
    ``recrawl``: no, yes or only. ``follow_links``, ``with_images``, ``again``: yes or no.
    """

    site: ClassVar[Site]

    def __init__(self, name: str | None = None, *, order: CrawlOrder) -> None:
        super().__init__(name)
        self.order = order
        self.allowed_domains = [order.host]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, order: CrawlOrder | None = None, **words: str) -> Self:
        """Made by Scrapy. Words that make no sense end the process before anything is asked for."""
        if order is None:
            try:
                order = CrawlOrder.parse(cls.site, words, now=now_of(crawler.settings)())
            except UsageError as error:
                # Any other exception would be printed with its stack, as a fault of the program.
                raise SystemExit(f"newsarchive: {error}") from error
        return super().from_crawler(crawler, *args, order=order)

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Scrapy's hook for settings of a spider: the contact goes into the user agent."""
        super().update_settings(settings)
        settings.set("USER_AGENT", user_agent(settings["NEWSARCHIVE_CONTACT"]), priority="spider")

    @cached_property
    def archiver(self) -> Archiver:
        """The extension that archives this crawl."""
        return Archiver.of(self.crawler)

    @cached_property
    def visits(self) -> ArticleVisits:
        """What asks for the pages of articles."""
        return ArticleVisits(self.archiver, self._follow_links if self.order.follow_links else None)

    async def start(self) -> AsyncIterator[Request]:
        """The first listing of every channel; then, as there is room, what is open and what is due."""
        if self.order.recrawl != "only":
            for channel in self.order.site.channels:
                async for request in self._walk(channel).next():
                    yield request
            for link in self.archiver.open_links():
                for request in self.visits.left(link):
                    await self._room()
                    yield request
                if self._stops_short():
                    return
        if self.order.recrawl != "no":
            for page in self.archiver.due_pages():
                for request in self.visits.due(page.url):
                    await self._room()
                    yield request
                if self._stops_short():
                    return

    def _stops_short(self) -> bool:
        """Whether the limit is reached. What is open or due stays so for the next run."""
        self.archiver.ledger.limited |= self.visits.is_limit_reached
        return self.visits.is_limit_reached

    async def _room(self) -> None:
        """Wait until nothing else is to be asked for, so that few requests are held in memory."""
        await self.crawler.signals.wait_for(signals.scheduler_empty)

    def _walk(self, channel: Channel) -> ChannelWalk:
        return ChannelWalk(channel, self.archiver, self.visits, Workers.of(self.crawler))

    async def _follow_links(self, stored: StoredCapture) -> Iterator[Request]:
        """Requests for the articles that a page links."""
        return await self._links.read_links(stored)

    @cached_property
    def _links(self) -> ChannelWalk:
        return self._walk(LINKS)
