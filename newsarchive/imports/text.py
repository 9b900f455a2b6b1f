"""The flat text of a page into a collection: a WARC ``resource`` record, and the article extracted from it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsarchive.collection.collection import Collection
from newsarchive.collection.versions import SOFTWARE, versions
from newsarchive.errors import UnreadableInput
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Extraction
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.revision import number
from newsarchive.reextract.recovery import describe, recover
from newsarchive.sites.registry import web_host
from newsarchive.sites.site import Site
from newsarchive.warc.records import Resource

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; charset=utf-8"

_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body)\b", re.IGNORECASE | re.DOTALL
)

MAX_TEXT_BYTES = 8 * 1024 * 1024
"""More than this is not the text of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What was imported: the article as it now stands in the collection, and the run that brought it.

    ``is_new``: it is a new revision; otherwise the collection had this text already.
    """

    article: Article
    is_new: bool
    record: CrawlRun
    directory: Path


def import_text(
    text: bytes, *, source: str, url: str, site: Site, archive_dir: Path, captured_at: datetime
) -> ImportReport:
    """Store ``text``, the visible text of the page at ``url``, and extract it.

    ``captured_at`` is when the text was saved, as far as known. ``source`` names the text in messages and in the
    record of the run. Raises ``UnreadableInput`` when the text is no article (nothing is written then), ``UsageError``
    for an address that is none, and what writing a collection raises.
    """
    web_host(url)
    _check(text, source, url, site, captured_at)
    directory = archive_dir / site.name
    with (
        Collection.open_or_create(directory, site.name) as collection,
        _alone(collection, site),
        collection.begin_crawl(
            base_url=site.base_url,
            versions=versions("trafilatura", "lxml", "warcio"),
            settings={"import": "text", "source": source, "url": url},
            warcinfo={"software": SOFTWARE, "isPartOf": site.name, "description": "imported text of a page"},
        ) as writer,
    ):
        resource = Resource(url=url, captured_at=captured_at, content_type=CONTENT_TYPE, payload=text)
        stored = writer.append_resource(resource).result()
        read = _article(extract(stored, site), source)
        article, is_new = number(read, writer.last_revision(read.article_id))
        if is_new:
            writer.write_article(article)
        else:
            writer.seen(article)
        record = writer.finish("finished", "imported", problems={problem.code: 1 for problem in article.problems})
    return ImportReport(article=article, is_new=is_new, record=record, directory=directory)


@contextmanager
def _alone(collection: Collection, site: Site) -> Iterator[None]:
    """The lock, with what killed runs left recovered."""
    with collection.lock():
        for run in recover(collection, site):
            for sentence in describe(run):
                logger.warning("%s", sentence)
        yield


def _check(text: bytes, source: str, url: str, site: Site, captured_at: datetime) -> None:
    """Extract once before anything is written, so that what is no article leaves no trace."""
    if len(text) > MAX_TEXT_BYTES:
        raise UnreadableInput(path=source, reason=f"it has {len(text)} bytes, more than the text of any page")
    nowhere = CaptureRef(
        record_id="", warc="", offset=0, length=0, captured_at=captured_at, status=None, payload_digest=Digest.of(text)
    )
    stored = StoredCapture(
        ref=nowhere, url=url, record_type="resource", content_type=CONTENT_TYPE, headers=(), payload=text
    )
    if _HTML.match(text):
        reason = "it is HTML, and wanted is the text that a browser shows; a page that was saved comes as a WARC file"
        raise UnreadableInput(path=source, reason=reason)
    _article(extract(stored, site), source)


def _article(extraction: Extraction, source: str) -> Article:
    if extraction.article is None:
        reason = extraction.reason.message if extraction.reason else "it holds no article"
        raise UnreadableInput(path=source, reason=reason.rstrip("."))
    return extraction.article
