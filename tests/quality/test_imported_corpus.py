"""The real pages in WARC files of other makers, imported: the same articles as when crawled, but for the capture."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.extraction.extract import extract
from newsarchive.imports.warc import import_warcs
from newsarchive.model.article import Article
from newsarchive.reextract.pool import PageLimits
from newsarchive.sites.registry import get_site
from tests.corpus import load_cases, needs_corpus, stored_page
from tests.foreign import ADDRESS, COMPRESSIONS, browsertrix, cc_news

LIMITS = PageLimits(workers=1)
STYLES = {
    "common-crawl": (cc_news, "gzip", datetime(2026, 2, 1, 12, tzinfo=UTC)),
    "browsertrix": (browsertrix, "gzip", datetime(2026, 2, 1, 12, 0, 0, 123000, tzinfo=UTC)),
}


def pages() -> dict[str, bytes]:
    """The articles of the corpus by path; no page has two articles of one id."""
    site = get_site("tagesschau")
    return {urlsplit(case.url).path: case.page for case in load_cases() if site.article_url(case.url) is not None}


@needs_corpus
@pytest.mark.parametrize("style", STYLES)
def test_imported_pages_give_the_articles_that_crawled_ones_give(tmp_path: Path, style: str) -> None:
    site = get_site("tagesschau")
    write, compression, at = STYLES[style]
    file = tmp_path / f"{style}.warc.gz"
    file.write_bytes(COMPRESSIONS[compression](list(write(pages()))))

    done = import_warcs((file,), site, tmp_path, limits=LIMITS, report=lambda _: None)

    wanted: dict[str, Article] = {}
    for path, page in pages().items():
        stored = stored_page(page, url=ADDRESS + path, captured_at=at)
        article = extract(stored, site).article
        if article is not None:
            wanted.setdefault(article.article_id, article)
    with Collection.open(tmp_path / "tagesschau") as collection:
        articles = {article.article_id: article for article in collection.articles() if article.revision == 1}
        for article_id, article in articles.items():
            assert collection.read_capture(article.capture).payload == pages()[urlsplit(article.url).path]
            assert replace(article, capture=wanted[article_id].capture) == wanted[article_id]
    assert set(articles) == set(wanted)
    assert len(wanted) >= 10
    assert done.files[0].imported == len(pages())
    assert [finding for finding in check(tmp_path / "tagesschau", deep=True) if finding.severity == "error"] == []
