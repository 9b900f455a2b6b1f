"""Feeds, section pages and archive pages: what is listed, in which order, with which time, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from newsarchive.extraction.page import Document, Unreadable
from newsarchive.sites.channels import ArchivePages, Channel, Listed, OverviewPage, RssFeed, SectionPages

BASE = "https://news.example"
FEED = RssFeed(name="feed", paths=("/index~rss2.xml",))
SECTIONS = SectionPages(name="sections", paths=("/", "/inland"))
ARCHIVE = ArchivePages(
    name="archive",
    path="/archiv?datum={day}",
    timezone="Europe/Berlin",
    link_class=("teaser-xs__link", "teaser-right__link"),
    total_class="ergebnisse__anzahl",
    paging_class="paginierung",
    period_class="archive__headline",
)
OVERVIEW = OverviewPage(name="overview", path="/infoservices/sitemap-102.html", timezone="Europe/Berlin", least_links=2)
BY_PATH = replace(ARCHIVE, path="/{day}/index.html")

OLD_TEASER = """
<li class="columns teaser-xs twelve"><div class="teaser-xs__teaserinfo"><a class="teaser-xs__link extra"
 href="https://news.example/inland/bruecke-{number}.html"><p class="teaser-xs__topline-container"><strong></strong>
<span class="teaser-xs__date">  {time} </span></p><h3><span class="teaser-xs__headline">Die Brü\u00adcke</span></h3></a>
</div></li>"""

NEW_TEASER = """
<div class="teaser-right twelve" data-teaserdate="{epoch}">
<a class="teaser-right__link" href="/inland/deich-{number}.html">
<h3 class="teaser-right__headline-wrapper">Der Deich</h3><div class="teaser-right__date">{time}</div></a></div>"""

PAGING = """
<div class="paginierung meldungsfooter">
<div class="ergebnisse"><span class="ergebnisse__anzahl">{total}</span> Einträge</div>
<ul class="paginierung__liste"><li class="active">1</li><li><a href="?datum=2022-03-01&pageIndex=2">2</a></li>
<li class="next"><a href="?datum=2022-03-01&pageIndex=2"></a></li></ul></div>"""


def document(body: str | bytes, url: str = f"{BASE}/archiv?datum=2022-03-01") -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document(
        url=url,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        body=data,
        text=data.decode("utf-8", "replace"),
        encoding="utf-8",
    )


def feed(*items: str) -> Document:
    return document(
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Neues</title>'
        + "".join(f"<item>{item}</item>" for item in items)
        + "</channel></rss>",
        f"{BASE}/index~rss2.xml",
    )


def test_a_feed_lists_links_with_their_times_in_its_order() -> None:
    listing = FEED.read(
        feed(
            "<link>https://news.example/inland/deich-100.html</link><pubDate>Sat, 25 Apr 2026 20:43:28 +0200</pubDate>",
            "<link>https://news.example/inland/bruecke-101.html</link>",
            "<title>ohne Link</title>",
        )
    )

    assert listing.links == (
        Listed(url="https://news.example/inland/deich-100.html", at=datetime(2026, 4, 25, 18, 43, 28, tzinfo=UTC)),
        Listed(url="https://news.example/inland/bruecke-101.html"),
    )
    assert listing.doubts == ()


def test_a_cut_feed_gives_what_it_still_says_and_is_broken() -> None:
    whole = feed(
        "<link>https://news.example/inland/deich-100.html</link>", "<link>https://news.example/x-101.html</link>"
    )
    listing = FEED.read(document(whole.body[: whole.body.index(b"</item>") + 12]))

    assert [link.url for link in listing.links] == ["https://news.example/inland/deich-100.html"]
    assert "no XML" in (listing.broken or "")


def test_links_of_a_feed_are_resolved_and_those_that_are_none_left_out() -> None:
    listing = FEED.read(
        feed("<link> /inland/deich-100.html </link>", "<link>mailto:post@news.example</link>", "<link>//[</link>")
    )

    assert [link.url for link in listing.links] == ["https://news.example/inland/deich-100.html"]


def test_an_empty_feed_is_doubtful() -> None:
    assert FEED.read(feed()).doubts == ("the feed lists nothing",)


@pytest.mark.parametrize(
    "body", ["", "<html><body><p>Wartungsarbeiten</p></body></html>", b"\x00\xff\xfe\x80", "/etc/passwd"]
)
def test_what_is_no_feed_is_refused(body: str | bytes) -> None:
    with pytest.raises(ValueError, match="no RSS or Atom feed"):
        FEED.read(document(body))


def test_a_section_page_lists_every_link_once_and_resolved() -> None:
    listing = SECTIONS.read(
        document(
            '<html><body><a href="/inland/deich-100.html">Deich</a><a href=" https://other.example/x ">x</a>'
            '<a href="bruecke-101.html">Brücke</a><a href="/inland/deich-100.html#kommentare">K</a><a>ohne</a>'
            '<a href="/inland/deich-100.html">noch einmal</a><a href="javascript:void(0)">js</a></body></html>',
            f"{BASE}/inland/",
        )
    )

    assert [link.url for link in listing.links] == [
        "https://news.example/inland/deich-100.html",
        "https://other.example/x",
        "https://news.example/inland/bruecke-101.html",
        "https://news.example/inland/deich-100.html#kommentare",
    ]


def test_a_page_without_links_is_refused() -> None:
    with pytest.raises(ValueError, match="no links"):
        SECTIONS.read(document("<html><body><p>Wartungsarbeiten</p></body></html>"))
    with pytest.raises(Unreadable):
        SECTIONS.read(document(""))


def test_an_archive_page_of_the_older_layout() -> None:
    listing = ARCHIVE.read(
        document(
            "<html><body><ul>"
            + OLD_TEASER.format(number=101, time="01.03.2022 - 18:52 Uhr")
            + OLD_TEASER.format(number=100, time="01.03.2022 - 07:05 Uhr")
            + '<li class="copytext-element-wrapper"><a href="/archiv/besonderes-100.html">Besonderes</a></li></ul>'
            + PAGING.format(total="1.418")
            + "</body></html>"
        )
    )

    assert [(link.url, link.at) for link in listing.links] == [
        ("https://news.example/inland/bruecke-101.html", datetime(2022, 3, 1, 17, 52, tzinfo=UTC)),
        ("https://news.example/inland/bruecke-100.html", datetime(2022, 3, 1, 6, 5, tzinfo=UTC)),
    ]
    assert listing.more == ("https://news.example/archiv?datum=2022-03-01&pageIndex=2",)
    assert listing.total == 1418
    assert listing.doubts == ()


def test_an_archive_page_of_the_newer_layout_prefers_the_exact_time() -> None:
    teaser = NEW_TEASER.format(epoch="1699108914", number=100, time="04.11.2023 • 15:41 Uhr")
    listing = ARCHIVE.read(document(f"<html><body>{teaser}</body></html>"))

    assert listing.links == (
        Listed(url="https://news.example/inland/deich-100.html", at=datetime(2023, 11, 4, 14, 41, 54, tzinfo=UTC)),
    )


@pytest.mark.parametrize("epoch", ["", "gestern", "9" * 30])
def test_a_broken_exact_time_gives_way_to_the_printed_one(epoch: str) -> None:
    teaser = NEW_TEASER.format(epoch=epoch, number=100, time="04.07.2023 • 15:41 Uhr")
    listing = ARCHIVE.read(document(f"<html><body>{teaser}</body></html>"))

    assert [link.at for link in listing.links] == [datetime(2023, 7, 4, 13, 41, tzinfo=UTC)]


def test_links_without_a_readable_time_are_kept_and_doubted() -> None:
    teaser = OLD_TEASER.format(number=100, time="gestern")
    listing = ARCHIVE.read(document(f"<html><body>{teaser}</body></html>"))

    assert [link.at for link in listing.links] == [None]
    assert listing.doubts == ("1 of 1 links have no readable time",)


def test_a_day_without_articles_is_no_error_but_a_page_without_listing_is() -> None:
    assert ARCHIVE.read(document(f"<html><body>{PAGING.format(total=0)}</body></html>")).links == ()
    with pytest.raises(ValueError, match="no archive listing"):
        ARCHIVE.read(document("<html><body><p>Neues Design</p></body></html>"))
    with pytest.raises(ValueError, match="announces 12 links and shows none"):
        ARCHIVE.read(document(f"<html><body>{PAGING.format(total=12)}</body></html>"))


def test_days_are_begun_with_the_newest_and_only_by_channels_that_know_days() -> None:
    since, until = date(2022, 2, 27), date(2022, 3, 1)

    assert list(ARCHIVE.starts(BASE, since, until)) == [
        "https://news.example/archiv?datum=2022-03-01",
        "https://news.example/archiv?datum=2022-02-28",
        "https://news.example/archiv?datum=2022-02-27",
    ]
    assert list(ARCHIVE.starts(BASE, None, None)) == []
    assert list(SECTIONS.starts(BASE, None, None)) == ["https://news.example/", "https://news.example/inland"]
    assert list(SECTIONS.starts(BASE, since, until)) == []
    assert list(FEED.starts(BASE, since, until)) == ["https://news.example/index~rss2.xml"]


HEADING = '<h3 class="archive__dachzeile">Alle Meldungen vom</h3><h2 class="archive__headline">{}</h2>'


def test_the_first_of_a_month_may_be_answered_with_the_month() -> None:
    """Every link is one, whatever day stands beside it, and the month is what was asked for."""
    listing = ARCHIVE.read(
        document(
            "<html><body>"
            + HEADING.format("März 2022")
            + OLD_TEASER.format(number=101, time="31.03.2022 - 18:52 Uhr")
            + OLD_TEASER.format(number=100, time="01.03.2022 - 07:05 Uhr")
            + PAGING.format(total=2)
            + "</body></html>"
        )
    )

    assert [link.at.day for link in listing.links if link.at] == [31, 1]
    assert listing.more == ("https://news.example/archiv?datum=2022-03-01&pageIndex=2",)
    assert listing.doubts == ()


@pytest.mark.parametrize(
    ("heading", "doubts"),
    [
        ("1. März 2022", ()),
        ("2. März 2022", ("the page asked for 2022-03-01 lists 2022-03-02 to 2022-03-02",)),
        ("April 2022", ("the page asked for 2022-03-01 lists 2022-04-01 to 2022-04-30",)),
        ("Neueste Meldungen", ()),
    ],
)
def test_a_page_of_other_days_than_asked_for_is_doubted(heading: str, doubts: tuple[str, ...]) -> None:
    teaser = OLD_TEASER.format(number=100, time="01.03.2022 - 07:05 Uhr")
    listing = ARCHIVE.read(document(f"<html><body>{HEADING.format(heading)}{teaser}</body></html>"))

    assert (len(listing.links), listing.doubts) == (1, doubts)


def test_filters_narrow_the_archive_to_sections() -> None:
    narrow = replace(ARCHIVE, filters=("inland", "wissen"))
    day = date(2022, 3, 1)

    assert list(narrow.starts(BASE, day, day)) == [
        "https://news.example/archiv?datum=2022-03-01&filter=inland",
        "https://news.example/archiv?datum=2022-03-01&filter=wissen",
    ]


def test_the_overview_lists_what_stands_in_its_content() -> None:
    listing = OVERVIEW.read(
        document(
            """<html><body><header><a href="/impressum-100.html">Impressum</a></header>
            <a href="#inhalt">Zum Inhalt</a>
            <nav><ul><li><a href="/inland">Inland</a></li></ul></nav>
            <main><h2>Inland</h2><ul>
            <li><a href="/inland/deich-100.html"><img src="x.jpg"></a>
            <a href="/inland/deich-100.html#mehr">Der Deich</a> 12.03.2026 - 18:20 Uhr</li>
            <li><a href="/inland/bruecke-101.html">Die Brücke</a></li></ul></main>
            <footer><a href="/kontakt-100.html">Kontakt</a></footer></body></html>""",
            f"{BASE}{OVERVIEW.path}",
        )
    )

    assert listing.links == (
        Listed(url="https://news.example/inland/deich-100.html", at=datetime(2026, 3, 12, 17, 20, tzinfo=UTC)),
        Listed(url="https://news.example/inland/bruecke-101.html"),
    )


def test_an_overview_with_too_few_links_is_refused() -> None:
    with pytest.raises(ValueError, match="shows 1 links, fewer than 2"):
        OVERVIEW.read(document('<html><body><a href="/inland/deich-100.html">Der Deich</a></body></html>'))
    assert list(OVERVIEW.starts(BASE, date(2026, 1, 1), date(2026, 1, 2))) == []


@pytest.mark.parametrize(
    ("channel", "url", "is_listed"),
    [
        (FEED, f"{BASE}/index~rss2.xml", True),
        (FEED, f"{BASE}/index~atom.xml", False),
        (FEED, "https://other.example/index~rss2.xml", False),
        (SECTIONS, f"{BASE}/", True),
        (SECTIONS, BASE, True),
        (SECTIONS, "http://news.example/inland/", True),
        (SECTIONS, f"{BASE}/inland?page=2", False),
        (SECTIONS, f"{BASE}/inland/deich-100.html", False),
        (SECTIONS, "https://[", False),
        (ARCHIVE, f"{BASE}/archiv?datum=2022-03-01", True),
        (ARCHIVE, f"{BASE}/archiv/?datum=2022-03-01&pageIndex=2", True),
        (ARCHIVE, f"{BASE}/archiv?datum=2022-02-30", False),
        (ARCHIVE, f"{BASE}/archiv", False),
        (ARCHIVE, f"{BASE}/inland?datum=2022-03-01", False),
        (ARCHIVE, "https://[", False),
        (ARCHIVE, f"{BASE}/archiv?datum=2022-03-01&filter=inland", True),
        (BY_PATH, f"{BASE}/2022-03-01/index.html", True),
        (BY_PATH, f"{BASE}/2022-03-01/deich.html", False),
        (OVERVIEW, f"{BASE}/infoservices/sitemap-102.html", True),
        (OVERVIEW, f"{BASE}/infoservices/sitemap-103.html", False),
    ],
)
def test_each_channel_knows_its_own_pages(channel: Channel, url: str, *, is_listed: bool) -> None:
    assert channel.lists(url, BASE) is is_listed


@pytest.mark.parametrize("channel", [FEED, SECTIONS, ARCHIVE, BY_PATH, OVERVIEW])
def test_what_a_channel_begins_with_is_a_page_of_it(channel: Channel) -> None:
    days = date(2022, 2, 27), date(2022, 3, 1)
    starts = [*channel.starts(BASE, None, None), *channel.starts(BASE, *days)]

    assert starts
    assert [url for url in starts if not channel.lists(url, BASE)] == []
