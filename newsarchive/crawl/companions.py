"""Fetching what belongs to articles and is not on their pages: subtitles, reservations of the site, pictures.

Each is asked for at most once a run, conditionally, before it is first used. What an article gets is what the
collection holds of it up to this run, so that the article is the same when it is extracted again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http.request import NO_CALLBACK

from newsarchive.crawl.archiver import Archiver, stored_capture
from newsarchive.crawl.failures import describe
from newsarchive.crawl.robots import Robots
from newsarchive.crawl.workers import Workers
from newsarchive.errors import NewsarchiveError
from newsarchive.extraction.companions import ROBOTS_PATH, wanted
from newsarchive.model.article import Article
from newsarchive.model.capture import StoredCapture
from newsarchive.reextract.companions import complete
from newsarchive.reextract.pool import WorkFailed

logger = logging.getLogger(__name__)


class Companions:
    """The companions of the articles of one crawl; a Scrapy extension."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._asked: dict[str, asyncio.Future[StoredCapture | None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy."""
        return cls(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The companions of ``crawler``."""
        companions = crawler.get_extension(cls)
        if companions is None:
            raise RuntimeError("EXTENSIONS lacks the companions")
        return companions

    async def attach(self, article: Article) -> Article:
        """``article`` with what its companions say of it."""
        found: dict[str, StoredCapture] = {}
        asked: set[str] = set()
        # A companion may name further ones.
        while urls := [url for url in wanted(article, found) if url not in asked]:
            asked.update(urls)
            for url in urls:
                stored = await self._once(url)
                if stored is not None:
                    found[url] = stored
        if not found:
            return article
        try:
            return await Workers.of(self._crawler).run(complete, article, found.get)
        except WorkFailed as error:
            logger.warning("%s: what belongs to it was not read: %s", article.url, error)
            return article

    async def archive_pictures(self, article: Article) -> None:
        """Archive the pictures of ``article`` that the collection does not hold yet."""
        for url in dict.fromkeys(_pictures(article)):
            if url not in self._asked and Archiver.of(self._crawler).kept(url) is None:
                await self._once(url)

    async def _once(self, url: str) -> StoredCapture | None:
        if url not in self._asked:
            self._asked[url] = asyncio.ensure_future(self._ask(url))
        return await asyncio.shield(self._asked[url])

    async def _ask(self, url: str) -> StoredCapture | None:
        """What is at ``url`` now, else what the collection holds of it."""
        stored = self._robots(url) if urlsplit(url).path == ROBOTS_PATH else await self._fetch(url)
        is_new = stored is not None and stored.ref.status == 200 and stored.truncated is None
        return stored if is_new else Archiver.of(self._crawler).kept(url)

    def _robots(self, url: str) -> StoredCapture | None:
        """What the middleware that obeys robots.txt has fetched."""
        robots = self._crawler.get_downloader_middleware(Robots)
        return None if robots is None else robots.capture_of(url)

    async def _fetch(self, url: str) -> StoredCapture | None:
        if not Archiver.of(self._crawler).may_ask(url):
            return None
        request = Request(
            url,
            headers=Archiver.of(self._crawler).conditions(url, listing=True),
            meta={"handle_httpstatus_all": True, "allow_offsite": True},
            callback=NO_CALLBACK,
        )
        try:
            return stored_capture(await self._crawler.engine.download_async(request))
        except NewsarchiveError:
            return None  # the crawl is stopping for it
        except Exception as error:
            logger.info("%s: %s", url, describe(error))
            return None


def _pictures(article: Article) -> Iterator[str]:
    yield from (image.url for image in article.images if image.url)
    yield from (medium.poster.url for medium in article.media if medium.poster is not None and medium.poster.url)
