"""The sample site over time: lists, archive, feed, conditional requests, and what changes when stories change."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import feedparser
import pytest
from lxml import etree, html

from newsarchive.errors import UnreadableInput, UsageError
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.listings import FEED_PATHS, NEWS_SITEMAP_PATH, OVERVIEW_PATH, SITEMAP_PATH, Features
from newsarchive.samplesite.saved import SavedPages
from newsarchive.samplesite.site import Removal, SampleSite
from newsarchive.samplesite.story import Story

BASE = "http://127.0.0.1:8000"
LATER = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


@cache
def stories() -> tuple[Story, ...]:
    return invent_stories(130, seed=1)


def make_site(count: int = 130) -> SampleSite:
    return SampleSite(stories()[:count], base_url=BASE, weight_bytes=0, features=Features(archive_page_length=20))


def get(site: SampleSite, path: str, query: str = "", **headers: str) -> Answer:
    return site.respond(path, query, {name.replace("_", "-"): value for name, value in headers.items()})


def archive_links(site: SampleSite, query: str) -> tuple[int, list[str], list[str]]:
    """(declared total, teaser paths, addresses of the other pages) of one archive page."""
    page = html.document_fromstring(get(site, "/archiv", query).body)
    total = int(page.find_class("ergebnisse__anzahl")[0].text_content())
    links = [link.get("href") for link in page.find_class("teaser-right__link")]
    return total, links, [link.get("href") for link in page.find_class("paginierung__liste--link")]


def walk_archive(site: SampleSite, query: str) -> tuple[int, list[str]]:
    """The declared total of a day and every teaser found by following its paging links."""
    seen, waiting, links, total = set(), [query], [], 0
    while waiting:
        asked = waiting.pop(0)
        if asked in seen:
            continue
        seen.add(asked)
        total, found, more = archive_links(site, asked)
        links += found
        waiting += [urlsplit(address).query for address in more if "pageIndex=1" not in address.split("&")]
    return total, links


def test_archive_pages_add_up_and_reach_every_story() -> None:
    site = make_site()
    reached = []
    for day in {story.stand.date() for story in site.stories}:
        total, links = walk_archive(site, f"datum={day.isoformat()}")
        assert total == len(links) == len(set(links))
        reached += links
    assert sorted(reached) == sorted(story.path for story in site.stories)
    busiest = max(
        ({story.stand.date() for story in site.stories}), key=lambda day: archive_links(site, f"datum={day}")[0]
    )
    assert archive_links(site, f"datum={busiest}")[2], "no day is long enough to need paging"


def test_archive_filters_by_section() -> None:
    site = make_site()
    day = site.stories[0].stand.date()
    total, links = walk_archive(site, f"datum={day}&filter=inland")
    of_day = {story.path for story in site.stories if story.stand.date() == day}
    assert set(links) == {path for path in of_day if path.startswith("/inland/")}
    assert 0 < total < len(of_day)


def test_archive_teasers_print_the_stand() -> None:
    site = make_site()
    day = site.stories[0].stand.date()
    page = html.document_fromstring(get(site, "/archiv", f"datum={day}").body)
    by_path = {story.path: story for story in site.stories}
    boxes = page.find_class("teaser-right")
    assert len(boxes) == 20
    for box in boxes:
        story = by_path[box.find_class("teaser-right__link")[0].get("href")]
        assert int(box.get("data-teaserdate")) == int(story.published.timestamp())
        assert box.find_class("teaser-right__date")[0].text_content() == f"{story.stand:%d.%m.%Y • %H:%M} Uhr"


@pytest.mark.parametrize(
    "query", ["datum=gestern", "datum=2026-01-01&pageIndex=99", "datum=2026-01-01&pageIndex=x", "filter=sport"]
)
def test_archive_refuses_what_makes_no_sense(query: str) -> None:
    assert get(make_site(30), "/archiv", query).status == 404


def test_empty_archive_day_says_so() -> None:
    assert archive_links(make_site(30), "datum=2024-06-01") == (0, [], [])


@pytest.mark.parametrize("path", FEED_PATHS)
def test_feed_lists_the_newest_forty(path: str) -> None:
    site = make_site()
    answer = get(site, path)
    feed = feedparser.parse(answer.body)
    assert not feed.bozo
    newest = sorted(site.stories, key=lambda story: story.published, reverse=True)[:40]
    assert [entry.link for entry in feed.entries] == [BASE + story.path for story in newest]
    assert [entry.title for entry in feed.entries] == [story.seo_title for story in newest]
    assert [entry.id for entry in feed.entries] == [story.external_id for story in newest]
    assert [entry.published for entry in feed.entries] == [
        format_datetime(story.published.replace(microsecond=0)) for story in newest
    ]
    assert f"<link>{BASE}{newest[0].path}</link>".encode() in answer.body


@pytest.mark.parametrize(
    "path", ["/", "/inland", "/ausland", "/wirtschaft", "/wissen", "/kultur", "/investigativ", "/faktenfinder"]
)
def test_front_and_section_pages_list_their_newest(path: str) -> None:
    site = make_site()
    answer = get(site, path)
    assert answer.status == 200
    page = html.document_fromstring(answer.body)
    links = [link.get("href") for link in page.find_class("teaser__link")]
    prefix = "/" if path == "/" else f"{path}/"
    assert links == [story.path for story in site.stories if story.path.startswith(prefix)][: 40 if path == "/" else 60]


def test_robots_forbids_search_and_login_only() -> None:
    site = make_site(5)
    rules = RobotFileParser()
    rules.parse(get(site, "/robots.txt").body.decode().splitlines())
    assert not rules.can_fetch("newsarchive", f"{BASE}/suche?searchText=deich")
    assert not rules.can_fetch("newsarchive", f"{BASE}/login")
    assert all(rules.can_fetch("newsarchive", BASE + story.path) for story in site.stories)
    assert get(site, "/suche").status == 200
    assert b'type="password"' in get(site, "/login").body


def test_gzip_is_another_representation() -> None:
    site = make_site(5)
    path = site.stories[0].path
    plain, packed = get(site, path), get(site, path, accept_encoding="gzip, deflate")
    assert plain.header("Content-Encoding") is None
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.body[4:8] == b"\0\0\0\0", "a time in the gzip header"
    assert plain.header("ETag") != packed.header("ETag")
    assert plain.header("Vary") == packed.header("Vary") == "Accept-Encoding"
    assert get(site, path, accept_encoding="gzip;q=0, br").header("Content-Encoding") is None
    assert get(site, path, accept_encoding="br, *;q=0.5").header("Content-Encoding") == "gzip"


def test_conditional_requests() -> None:
    site = make_site(5)
    story = site.stories[0]
    answer = get(site, story.path)
    tag, modified = answer.header("ETag"), answer.header("Last-Modified")
    assert tag is not None
    assert not tag.startswith("W/")
    assert modified == format_datetime(story.modified.astimezone(UTC).replace(microsecond=0), usegmt=True)
    same = get(site, story.path, if_none_match=f'"other", {tag}')
    assert (same.status, same.body, same.header("ETag")) == (304, b"", tag)
    assert get(site, story.path, if_none_match=f"W/{tag}").status == 304
    assert get(site, story.path, if_none_match="*").status == 304
    assert get(site, story.path, if_none_match='"other"').status == 200
    assert get(site, story.path, if_modified_since=modified).status == 304
    assert get(site, story.path, if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT").status == 200
    assert get(site, story.path, if_modified_since="yesterday").status == 200
    # If-None-Match rules out If-Modified-Since (RFC 9110 section 13.1.3).
    assert get(site, story.path, if_none_match='"other"', if_modified_since=modified).status == 200


def test_publish_brings_a_story_into_every_list() -> None:
    site = make_site(20)
    new = stories()[-1]
    before = get(site, "/").header("ETag")
    assert get(site, new.path).status == 404
    site.publish(new, LATER)
    assert get(site, new.path).status == 200
    assert get(site, "/").header("ETag") != before
    assert new.path.encode() in get(site, "/").body
    assert new.path.encode() in get(site, FEED_PATHS[0]).body
    assert new.path in walk_archive(site, f"datum={new.stand.date()}")[1]
    assert get(site, "/").header("Last-Modified") == "Sun, 01 Feb 2026 12:00:00 GMT"
    with pytest.raises(UsageError, match="already has"):
        site.publish(new, LATER)


def test_edit_changes_the_page_and_not_the_stand() -> None:
    site = make_site(20)
    story = next(story for story in site.stories if story.kind == "article")
    old = get(site, story.path)
    edited = site.edit(story.slug, lambda before: replace(before, headline="Neuer Titel nach Kritik"), LATER)
    new = get(site, story.path)
    assert edited == site.story(story.slug)
    assert (edited.stand, edited.published, edited.path) == (story.stand, story.published, story.path)
    assert edited.modified == LATER
    assert b"Neuer Titel nach Kritik" in new.body
    assert b"Neuer Titel nach Kritik" not in old.body
    assert story.stand_raw.encode() in new.body
    assert new.header("ETag") != old.header("ETag")
    assert get(site, story.path, if_modified_since=old.header("Last-Modified") or "").status == 200


@pytest.mark.parametrize(("how", "status"), [("gone", 410), ("missing", 404), ("front-page", 302), ("notice", 200)])
def test_withdrawn_stories_leave_every_list(how: Removal, status: int) -> None:
    site = make_site(20)
    story = site.stories[0]
    site.withdraw(story.slug, LATER, how)
    answer = get(site, story.path)
    assert answer.status == status
    assert answer.header("ETag") is None
    assert b"<article" not in answer.body
    assert story.path.encode() not in get(site, "/").body
    assert all(get(site, medium.page_url or "").status == 404 for medium in story.media)
    with pytest.raises(UsageError, match="no story"):
        site.story(story.slug)
    assert site.restore(story.slug, LATER + timedelta(days=1)).path == story.path
    assert story.headline.split()[0].encode() in get(site, story.path).body
    with pytest.raises(UsageError, match="not taken out"):
        site.restore(story.slug, LATER)


def test_moved_stories_redirect_for_good() -> None:
    site = make_site(20)
    story = site.stories[0]
    site.move(story.slug, "/inland/umgezogen-100.html", LATER)
    site.move(story.slug, "/inland/gesellschaft/umgezogen-100.html", LATER)
    for old in (story.path, "/inland/umgezogen-100.html"):
        answer = get(site, old)
        assert (answer.status, answer.header("Location")) == (301, f"{BASE}/inland/gesellschaft/umgezogen-100.html")
    page = get(site, "/inland/gesellschaft/umgezogen-100.html")
    assert f'<link rel="canonical" href="{BASE}/inland/gesellschaft/umgezogen-100.html"/>'.encode() in page.body
    site.move(story.slug, story.path, LATER)
    assert get(site, story.path).status == 200
    with pytest.raises(UsageError, match="taken"):
        site.move(story.slug, site.stories[1].path, LATER)


def test_settling_elsewhere_changes_every_absolute_address() -> None:
    site = make_site(20)
    story = site.stories[0]
    get(site, story.path)
    site.settle("http://127.0.0.1:9999/")
    assert site.base_url == "http://127.0.0.1:9999"
    for path in (story.path, "/", FEED_PATHS[0], "/archiv"):
        body = get(site, path).body
        assert BASE.encode() not in body
        assert b"http://127.0.0.1:9999/" in body


def test_topic_pages_list_what_carries_the_tag() -> None:
    site = make_site()
    story = site.stories[0]
    answer = get(site, f"/thema/{story.tags[0].slug}")
    assert answer.status == 200
    assert story.path.encode() in answer.body
    assert get(site, "/thema/unbekannt").status == 404


def test_saved_pages_come_back_byte_for_byte() -> None:
    page = "<html><body>Größe</body></html>".encode()
    saved = SavedPages(
        {"/a-100.html": gzip.compress(page), "/archiv?datum=2023-11-04": b"<p>alt</p>", "/f~rss2.xml": b"<rss/>"}
    )
    assert saved.respond("/a-100.html", "", {}).body == page
    assert gzip.decompress(saved.respond("/a-100.html", "", {"accept-encoding": "gzip"}).body) == page
    assert saved.respond("/archiv", "datum=2023-11-04", {}).body == b"<p>alt</p>"
    assert saved.respond("/archiv", "datum=2023-11-05", {}).status == 404
    assert (saved.respond("/f~rss2.xml", "", {}).header("Content-Type") or "").startswith("application/xml")
    tag = saved.respond("/a-100.html", "", {}).header("ETag") or ""
    assert saved.respond("/a-100.html", "", {"if-none-match": tag}).status == 304
    contents = html.document_fromstring(saved.respond("/", "", {}).body)
    assert {link.get("href") for link in contents.iter("a")} == set(saved.paths) - {"/"}


def test_saved_page_that_is_broken_gzip_is_named() -> None:
    with pytest.raises(UnreadableInput, match=r"/a-100\.html"):
        SavedPages({"/a-100.html": b"\x1f\x8bnonsense"})


def test_overview_links_everything_that_is_out() -> None:
    site = make_site(50)
    page = html.document_fromstring(get(site, OVERVIEW_PATH).body)
    listed = sorted(link.get("href") for link in page.xpath("//li/a[@class='textlink']"))
    # Beside them it links to the sections, as such pages do.
    assert [path for path in listed if path.endswith(".html")] == sorted(story.path for story in site.stories)
    assert "/inland" in listed


def test_lists_drop_what_no_longer_fits() -> None:
    site = SampleSite(stories(), base_url=BASE, weight_bytes=0, features=Features(feed_length=3, section_length=2))
    assert len(feedparser.parse(get(site, FEED_PATHS[0]).body).entries) == 3
    assert len(html.document_fromstring(get(site, "/inland").body).find_class("teaser__link")) == 2


def test_the_first_of_a_month_can_show_the_month() -> None:
    site = SampleSite(stories(), base_url=BASE, weight_bytes=0, features=Features(month_view=True))
    january = [story for story in site.stories if (story.stand.year, story.stand.month) == (2026, 1)]
    total, links = walk_archive(site, "datum=2026-01-01")
    assert (total, sorted(links)) == (len(january), sorted(story.path for story in january))
    assert "Januar 2026</h2>" in get(site, "/archiv", "datum=2026-01-01").body.decode()
    assert walk_archive(site, "datum=2026-01-02")[0] < total


def test_sitemaps_where_there_are_any() -> None:
    bare, site = make_site(60), SampleSite(stories()[:60], base_url=BASE, features=Features(sitemaps=True))
    assert get(bare, SITEMAP_PATH).status == 404
    assert b"Sitemap" not in get(bare, "/robots.txt").body
    assert f"Sitemap: {BASE}{SITEMAP_PATH}".encode() in get(site, "/robots.txt").body
    named = etree.fromstring(get(site, SITEMAP_PATH).body).xpath("//*[local-name()='loc']/text()")
    found = {
        path: etree.fromstring(get(site, path).body).xpath("//*[local-name()='loc']/text()")
        for path in (url.removeprefix(BASE) for url in named)
    }
    news = found.pop(NEWS_SITEMAP_PATH)
    assert sorted(url for urls in found.values() for url in urls) == sorted(BASE + story.path for story in site.stories)
    assert 0 < len(news) < 60
    assert f"<news:publication_date>{site.stories[0].published.isoformat(timespec='seconds')}".encode() in (
        get(site, NEWS_SITEMAP_PATH).body
    )
    assert get(site, "/sitemap-1999-01.xml").status == 404


def test_reservations_and_crawl_delay_where_there_are_any() -> None:
    site = SampleSite((), base_url=BASE, features=Features(reservations=True, crawl_delay_s=0.5))
    rules = get(site, "/robots.txt").body.decode()
    assert f"License: {BASE}/rsl.xml" in rules
    assert "Crawl-delay: 0.5" in rules
    assert json.loads(get(site, "/.well-known/tdmrep.json").body)[0]["tdm-reservation"] == 1
    assert etree.fromstring(get(site, "/rsl.xml").body).tag == "{https://rslstandard.org/rsl}rsl"
    assert get(make_site(3), "/.well-known/tdmrep.json").status == get(make_site(3), "/rsl.xml").status == 404


def test_a_line_above_the_navigation_changes_pages_and_no_story() -> None:
    site = make_site(60)
    one, other = [story for story in site.stories if story.kind == "article" and story.era == "e3"][:2]
    before = {story.slug: get(site, story.path) for story in (one, other)}
    site.announce("Eilmeldung", LATER, one.slug)
    assert get(site, one.path).header("ETag") != before[one.slug].header("ETag")
    assert get(site, one.path, if_modified_since=before[one.slug].header("Last-Modified") or "").status == 200
    assert get(site, other.path).header("ETag") == before[other.slug].header("ETag")
    site.announce("Neues Menü", LATER + timedelta(hours=1))
    assert b"Neues Men" in get(site, other.path).body
    assert b"Eilmeldung" in get(site, one.path).body
    assert site.story(one.slug) == one
