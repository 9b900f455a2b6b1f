"""The real listings, read by the channels of tagesschau.de, and the real pages, crawled by its spider."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsarchive.errors import ExpectationsBroken
from newsarchive.extraction.extract import extract
from newsarchive.extraction.page import decode
from newsarchive.model.article import Article
from newsarchive.samplesite.saved import SavedPages
from newsarchive.samplesite.server import serve
from newsarchive.sites.channels import Channel, Listing
from newsarchive.sites.registry import get_site
from tests.corpus import case_named, corpus_path, load_cases, needs_corpus, stored_page
from tests.crawling import Crawled, crawl, same_lines

pytestmark = needs_corpus

SITE = get_site("tagesschau")


def channel(name: str) -> Channel:
    return next(channel for channel in SITE.channels if channel.name == name)


def read(channel_name: str, case: str) -> Listing:
    return channel(channel_name).read(decode(case_named(case).stored("gzip")))


def articles(listing: Listing) -> list[str]:
    return [article for link in listing.links if (article := SITE.article_url(link.url))]


def test_an_archive_page_of_january_2022() -> None:
    listing = read("archive", "e2a-archive-month")

    assert (len(listing.links), len(articles(listing)), listing.total, listing.doubts) == (140, 140, 418, ())
    times = [link.at for link in listing.links if link.at]
    assert times == sorted(times, reverse=True)
    assert (times[0], times[-1]) == (
        datetime(2022, 1, 31, 19, 23, tzinfo=UTC),
        datetime(2022, 1, 22, 10, 17, tzinfo=UTC),
    )
    assert [urlsplit(url).query for url in listing.more] == [f"datum=2022-01-01&pageIndex={page}" for page in (2, 3)]


def test_an_archive_page_of_november_2023() -> None:
    listing = read("archive", "e2b-archive-2023-11-04")

    assert [link.at for link in listing.links] == [datetime(2023, 11, 4, 14, 41, 54, tzinfo=UTC)]
    assert (len(articles(listing)), listing.total, listing.more) == (1, 1, ())


@pytest.mark.parametrize(
    ("case", "asked", "doubts"),
    [
        ("e2a-archive-month", "2022-01-01", ()),
        ("e2a-archive-month", "2022-02-01", ("the page asked for 2022-02-01 lists 2022-01-01 to 2022-01-31",)),
        ("e2b-archive-2023-11-04", "2023-11-04", ()),
        ("e2b-archive-2023-11-04", "2023-11-05", ("the page asked for 2023-11-05 lists 2023-11-04 to 2023-11-04",)),
    ],
)
def test_an_archive_page_says_which_days_it_lists(case: str, asked: str, doubts: tuple[str, ...]) -> None:
    """The first of a month was answered with the month in 2022: 140 links of ten days, and no fault."""
    page = case_named(case).stored("gzip")
    listing = channel("archive").read(decode(replace(page, url=f"{SITE.base_url}/archiv?datum={asked}")))

    assert (bool(listing.links), listing.doubts) == (True, doubts)


def test_a_feed_of_april_2026() -> None:
    root = corpus_path()
    assert root is not None
    stored = stored_page(
        (root / "feeds" / "alle-meldungen-rss2.xml").read_bytes(), url=SITE.base_url, content_type=None
    )
    listing = channel("feed").read(decode(stored))

    assert (len(listing.links), len(articles(listing)), listing.doubts) == (40, 40, ())
    assert listing.links[0].at == datetime(2026, 4, 25, 18, 43, 28, tzinfo=UTC)


def test_the_front_page_of_2016() -> None:
    listing = read("sections", "e1-frontpage-2016")

    assert len(articles(listing)) == 40
    assert not [url for url in articles(listing) if "index" in url or "~" in url or "/archiv" in url]


@pytest.fixture(scope="module")
def pages() -> dict[str, bytes]:
    """The real article pages by path, of several captures of one address the last."""
    cases = [case for case in load_cases() if SITE.article_url(case.url)]
    return {urlsplit(case.url).path: case.page for case in cases}


@pytest.fixture(scope="module")
def served(pages: dict[str, bytes]) -> Iterator[str]:
    with serve(SavedPages(pages)) as serving:
        yield serving.base_url


@pytest.fixture(scope="module")
def crawled(served: str, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl(served, tmp_path_factory.mktemp("real"))


def test_the_real_pages_crawled_give_what_they_give_otherwise(
    crawled: Crawled, served: str, pages: dict[str, bytes]
) -> None:
    # Of the channels, only the front page and some sections were saved, and the others are missed.
    assert crawled.exit_code == ExpectationsBroken.exit_code, crawled.stderr
    assert {finding.code for finding in crawled.run.findings} == {"channel-failed"}
    expected = {path: extract(stored_page(page, url=served + path), SITE).article for path, page in pages.items()}
    found = {urlsplit(article.url).path: article for article in crawled.articles}

    def content(of: dict[str, Article] | dict[str, Article | None]) -> dict[str, str]:
        return {path: str(article.content_digest) for path, article in of.items() if article is not None}

    assert len(found) == len(pages) == 10
    assert content(found) == content(expected)


def test_the_real_pages_come_again_from_the_warc(crawled: Crawled) -> None:
    lines = list(same_lines(crawled))
    warcs = [str(crawled.directory / warc.path) for warc in crawled.run.warcs]
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *warcs], capture_output=True, text=True, check=False
    )

    assert len(lines) == crawled.run.articles
    assert all(line == again for line, again in lines)
    assert checked.returncode == 0, checked.stdout
    assert all(Path(warc).is_file() for warc in warcs)
