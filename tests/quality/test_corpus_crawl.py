"""The real pages, served on loopback at their own paths, crawled by the tagesschau spider."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.errors import ExpectationsBroken
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article
from newsarchive.samplesite.saved import SavedPages
from newsarchive.samplesite.server import serve
from newsarchive.sites.registry import get_site
from tests.corpus import VARIABLE, Case, corpus_path, load_cases
from tests.crawling import Crawled, crawl, same_lines

pytestmark = pytest.mark.skipif(corpus_path() is None, reason=f"{VARIABLE} is not set")

SITE = get_site("tagesschau")
# What a page says of its own address or of the one it was fetched from, and where its capture lies.
OF_THE_CRAWL = {"url", "capture", "canonical_url", "related", "media", "images", "authors"}


def served() -> dict[str, Case]:
    """One page for each path that the spider takes for an article; of several captures the last."""
    paths = {urlsplit(case.url).path: case for case in load_cases()}
    return {path: case for path, case in paths.items() if SITE.urls.is_article(path)}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    with serve(SavedPages({path: case.page for path, case in served().items()})) as site:
        return crawl(site.base_url, tmp_path_factory.mktemp("corpus"))


def test_every_article_page_is_found_and_read(crawled: Crawled) -> None:
    # Of the channels, only the front page and some sections were saved, and the others are missed.
    assert crawled.exit_code == ExpectationsBroken.exit_code, crawled.stderr
    assert {finding.code for finding in crawled.run.findings} == {"channel-failed"}
    assert {urlsplit(article.url).path for article in crawled.articles} == set(served())
    assert len(crawled.articles) == 11


def test_lines_say_what_the_saved_pages_say(crawled: Crawled) -> None:
    for article in crawled.articles:
        case = served()[urlsplit(article.url).path]
        saved = extract(case.stored(), SITE).article

        assert saved is not None
        assert plain(article) == plain(saved), case.name


def plain(article: Article) -> dict[str, object]:
    return {
        name: getattr(article, name) for name in Article.__dataclass_fields__ if name not in OF_THE_CRAWL | {"problems"}
    }


def test_each_line_comes_again_from_its_place_in_the_warc(crawled: Crawled) -> None:
    lines = list(same_lines(crawled))

    assert len(lines) == len(crawled.articles)
    assert all(line == again for line, again in lines)


def test_warcio_finds_nothing(crawled: Crawled) -> None:
    (warc,) = crawled.run.warcs
    checked = subprocess.run(
        (str(Path(sys.executable).with_name("warcio")), "check", "-v", str(crawled.directory / warc.path)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert checked.returncode == 0, checked.stdout
    # Pages that are not there all say so with the same bytes, stored once; warcio does not look behind a revisit.
    revisits = checked.stdout.count("not checked (revisit)")
    assert checked.stdout.count("digest pass") + revisits == warc.records
    assert "fail" not in checked.stdout


def test_payloads_are_the_saved_bytes(crawled: Crawled) -> None:
    with Collection.open(crawled.directory) as collection:
        for article in crawled.articles:
            stored = collection.read_capture(article.capture)
            assert stored.header("content-encoding") == "gzip"
            assert gzip.decompress(stored.payload) == served()[urlsplit(article.url).path].page
            assert stored.ref == article.capture
