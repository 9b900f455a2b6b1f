"""From a fetched page to a line in the archive: ExtractArticle, TrackRevision, WriteArticle.

What enters carries its ``StoredCapture``; there is no other way in.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Self

from scrapy.crawler import Crawler

from newsarchive.crawl.archiver import Archiver
from newsarchive.crawl.spiders.news import FetchedPage
from newsarchive.crawl.workers import Workers
from newsarchive.errors import StorageFailed
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Extraction, Problem
from newsarchive.model.revision import number
from newsarchive.reextract.pool import WorkFailed
from newsarchive.sites.site import Site

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """A page and what extraction made of it.

    ``is_read``: extraction came to its end. A page that no worker could read is not noted as seen, so that the next
    crawl asks for it again.
    """

    page: FetchedPage
    extraction: Extraction
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedArticle:
    """An article with its revision number; ``is_new``: this revision is not in the archive yet."""

    page: FetchedPage
    article: Article
    is_new: bool


class ExtractArticle:
    """Has the page read in a worker process, so that neither its size nor its faults reach the crawl."""

    def __init__(self, workers: Workers, site: Site) -> None:
        self._workers = workers
        self._site = site

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy."""
        return cls(Workers.of(crawler), Archiver.of(crawler).order.site)

    async def process_item(self, item: FetchedPage) -> ReadPage:
        """Extract; a worker that gives nothing is a page without an article, with the reason."""
        try:
            extraction = await self._workers.run(extract, item.stored, self._site)
            return ReadPage(page=item, extraction=extraction, is_read=True)
        except WorkFailed as error:
            reason = Problem(code=f"extraction-{error.code}", message=f"No article: {error}.")
        except Exception as error:
            # extract() raises for nothing a page can contain, so this is a fault of the program. The capture is safe
            # and the page can be read again once the fault is mended.
            logger.exception("%s: extraction failed", item.stored.url)
            reason = Problem(code="extraction-failed", message=f"No article: {type(error).__name__}: {error}")
        return ReadPage(page=item, extraction=Extraction(article=None, reason=reason), is_read=False)


class TrackRevision:
    """Numbers the article: the same content as last time is the same revision, other content the next one."""

    def __init__(self, archiver: Archiver) -> None:
        self._archiver = archiver

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy."""
        return cls(Archiver.of(crawler))

    def process_item(self, item: ReadPage) -> ReadPage | TrackedArticle:
        """Compare with the last revision; pages without an article go on as they are."""
        article = item.extraction.article
        if article is None:
            return item
        numbered, is_new = number(article, self._archiver.writer.last_revision(article.article_id))
        return TrackedArticle(page=item.page, article=numbered, is_new=is_new)


class WriteArticle:
    """Writes a line per new revision, notes the rest as seen, and enters the end of each page in the books."""

    def __init__(self, archiver: Archiver) -> None:
        self._archiver = archiver

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy."""
        return cls(Archiver.of(crawler))

    def process_item(self, item: ReadPage | TrackedArticle) -> ReadPage | TrackedArticle:
        """Write; when the disk does not take it, the crawl stops."""
        try:
            if isinstance(item, TrackedArticle):
                self._write(item)
            else:
                self._note(item)
        except StorageFailed as error:
            # Said once, by the crawl that stops; raised here, Scrapy would print it again, with the item and the stack.
            self._archiver.stop(error)
        return item

    def _write(self, item: TrackedArticle) -> None:
        article = item.article
        if item.is_new:
            self._archiver.writer.write_article(article)
            logger.info("%s: %s", article.url, article.headline)
        else:
            self._archiver.writer.seen(article)
            logger.info("%s: unchanged", article.url)
        for problem in article.problems:
            self._archiver.ledger.problems[problem.code] += 1
            logger.warning("%s: %s", article.url, problem.message)
        self._archiver.ledger.settle(item.page.article, "extracted")

    def _note(self, item: ReadPage) -> None:
        reason = item.extraction.reason or Problem(code="no-article", message="The page holds no article.")
        if item.is_read:
            self._archiver.writer.no_article(item.page.stored, reason.code)
        for problem in (reason, *item.extraction.problems):
            self._archiver.ledger.problems[problem.code] += 1
            logger.warning("%s: %s", item.page.stored.url, problem.message)
        self._archiver.ledger.settle(item.page.article, "no_article")
