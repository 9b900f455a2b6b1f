"""From a fetched page to a line in the archive: ExtractArticle, AttachCompanions, TrackRevision, WriteArticle, and
ArchivePictures where that is wanted.

What enters carries its ``StoredCapture``; there is no other way in.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from newsarchive.crawl.archiver import Archiver
from newsarchive.crawl.companions import Companions
from newsarchive.crawl.visits import FetchedPage
from newsarchive.crawl.workers import Workers
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


class AttachCompanions:
    """Fetches what belongs to an article and is not on its page, and reads it into the article."""

    def __init__(self, companions: Companions) -> None:
        self._companions = companions

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy."""
        return cls(Companions.of(crawler))

    async def process_item(self, item: ReadPage) -> ReadPage:
        """Attach; what cannot be had or read is missing, as it will be when the article is extracted again."""
        article = item.extraction.article
        if article is None:
            return item
        article = await self._companions.attach(article)
        return replace(item, extraction=Extraction(article=article, problems=article.problems))


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
        """Settle the article; when the disk does not take it, the crawl stops."""
        if isinstance(item, TrackedArticle):
            self._archiver.ends.extracted(item.page.article, item.article, is_new=item.is_new)
        else:
            reason = item.extraction.reason or Problem(code="no-article", message="The page holds no article.")
            self._archiver.ends.no_article(
                item.page.article, item.page.stored, reason, item.extraction.problems, is_read=item.is_read
            )
        return item


class ArchivePictures:
    """Archives the pictures of an article, where that is asked for."""

    def __init__(self, companions: Companions) -> None:
        self._companions = companions

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Made by Scrapy; only where pictures are wanted."""
        if not Archiver.of(crawler).order.with_images:
            raise NotConfigured  # without a reason, or Scrapy warns
        return cls(Companions.of(crawler))

    async def process_item(self, item: ReadPage | TrackedArticle) -> ReadPage | TrackedArticle:
        """Fetch what the collection does not hold yet."""
        if isinstance(item, TrackedArticle):
            await self._companions.archive_pictures(item.article)
        return item
