"""The second site on its own: a real page of sportschau.de, read with what sites/sportschau.py says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from newsarchive.extraction.extract import extract
from newsarchive.extraction.page import decode, parse
from newsarchive.extraction.reader import article_json
from newsarchive.model.article import Article
from newsarchive.sites.channels import SectionPages
from newsarchive.sites.registry import get_site
from tests.corpus import case_named, needs_corpus

pytestmark = needs_corpus

SITE = get_site("sportschau")


@pytest.fixture(scope="module")
def article() -> Article:
    """The real page, read."""
    extraction = extract(case_named("e2b-sportschau-video").stored("gzip"), SITE)
    assert extraction.article is not None
    return extraction.article


def test_it_is_read_by_its_own_reader_without_a_doubt(article: Article) -> None:
    assert article.extractor.reader == "sportschau-e2b"
    assert article.problems == ()


def test_it_is_known_by_the_name_of_its_document(article: Article) -> None:
    assert article.article_id == "nachholspiele-everton-liverpool-100"


def test_its_text_is_what_the_publisher_gives_to_machines(article: Article) -> None:
    page = parse(decode(case_named("e2b-sportschau-video").stored("gzip")))
    declared = article_json(page)["articleBody"].replace("&amp;", "&")

    assert "".join(article.text.split()) == "".join(declared.split())


def test_what_stands_around_the_text(article: Article) -> None:
    assert article.topline is not None
    assert article.stand == datetime(2024, 4, 24, 20, 58, tzinfo=UTC)
    assert article.unavailable_after is not None
    assert [byline.organisation for byline in article.authors] == ["sid/dpa"]
    assert (len(article.section), len(article.tags)) == (2, 4)
    assert [(media.kind, media.duration_s) for media in article.media] == [("video", 79)]
    assert [image.role for image in article.images] == ["head", "body", "body"]


def test_the_links_of_the_page_are_articles_or_not() -> None:
    """Nine with a comma, three of regional stations, one podcast; of some 300 links of its menu none."""
    page = case_named("e2b-sportschau-video")
    listing = SectionPages(name="sections", paths=("/",)).read(decode(page.stored("gzip")))
    articles = {urlsplit(url).path for link in listing.links if (url := SITE.article_url(link.url))}

    assert not [path for path in articles if "live-und-ergebnisse" in path or "uebersicht" in path]
    assert len([path for path in articles if "," in path]) == 9
    assert len(articles) == 13


def test_the_page_names_the_feed_that_is_crawled() -> None:
    page = parse(decode(case_named("e2b-sportschau-video").stored("gzip")))
    feeds = {link.get("href") for link in page.tree.iter("link") if link.get("type") == "application/rss+xml"}
    starts = {url for channel in SITE.channels for url in channel.starts(SITE.base_url, None, None)}

    assert feeds <= starts


def test_its_sections_are_those_of_its_menu() -> None:
    page = parse(decode(case_named("e2b-sportschau-video").stored("gzip")))
    menu = {urlsplit(url).path or "/" for link in page.tree.iter("a") if (url := page.absolute(link.get("href")))}
    sections = next(channel for channel in SITE.channels if isinstance(channel, SectionPages))

    assert set(sections.paths) <= menu


def test_a_changed_headline_leaves_the_article_the_same(article: Article) -> None:
    stored = case_named("e2b-sportschau-video").stored()
    old = "rueckschlag-im-titelkampf-liverpool-verliert-bei-everton,"
    moved = replace(
        stored, url=stored.url.replace(old, "anders,"), payload=stored.payload.replace(old.encode(), b"anders,")
    )
    extraction = extract(moved, SITE)

    assert extraction.article is not None
    assert extraction.article.article_id == article.article_id
