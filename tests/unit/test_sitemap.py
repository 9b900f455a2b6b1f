"""Sitemaps and their indexes: what is listed, with which times, of which days, and what is refused."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime

import pytest

from newsarchive.extraction.page import Document
from newsarchive.sites import sitemap
from newsarchive.sites.channels import Listed
from newsarchive.sites.sitemap import Sitemap

BASE = "https://news.example"
CHANNEL = Sitemap(name="sitemap", paths=("/sitemap.xml",), timezone="Europe/Berlin")
FETCHED = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def document(body: str | bytes, url: str = f"{BASE}/sitemap.xml") -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document(url=url, captured_at=FETCHED, body=data, text=data.decode("utf-8", "replace"), encoding="utf-8")


def entry(path: str, changed: str = "", published: str = "", element: str = "url") -> str:
    dates = f"<lastmod>{changed}</lastmod>" if changed else ""
    if published:
        dates += f"<news:news><news:publication_date>{published}</news:publication_date></news:news>"
    return f"<{element}><loc>{BASE}{path}</loc>{dates}</{element}>"


def urlset(*entries: str) -> str:
    return f"{HEAD}<urlset {NAMESPACES}>{''.join(entries)}</urlset>"


def index(*entries: str) -> str:
    return f"{HEAD}<sitemapindex {NAMESPACES}>{''.join(entries)}</sitemapindex>"


def file(path: str, changed: str = "") -> str:
    return entry(path, changed, element="sitemap")


def paths(*, body: str, since: date | None = None, until: date | None = None) -> list[str]:
    listing = CHANNEL.read(document(body), since, until)
    return [url.removeprefix(BASE) for url in (*(link.url for link in listing.links), *listing.more)]


def test_a_news_sitemap_gives_publication_and_change() -> None:
    listing = CHANNEL.read(
        document(
            urlset(
                entry("/deich-100.html", "2026-03-12T09:05:00+01:00", "2026-03-12T08:00:00+01:00"),
                entry("/bruecke-101.html", "2026-03-11", "2026-03-11"),
                entry("/ohne-102.html"),
            )
        )
    )

    assert listing.links == (
        Listed(
            url=f"{BASE}/deich-100.html",
            at=datetime(2026, 3, 12, 7, 0, tzinfo=UTC),
            changed_at=datetime(2026, 3, 12, 8, 5, tzinfo=UTC),
        ),
        # A day is no time, and none is made up.
        Listed(url=f"{BASE}/bruecke-101.html"),
        Listed(url=f"{BASE}/ohne-102.html"),
    )
    assert (listing.more, listing.doubts) == ((), ())


def test_the_address_of_a_picture_is_not_that_of_the_article() -> None:
    picture = f"<image:image><image:loc>{BASE}/bild.jpg</image:loc></image:image>"
    body = urlset(f"<url>{picture}<loc> {BASE}/deich-100.html?a=1&amp;b=2\n</loc></url>")

    assert paths(body=body) == ["/deich-100.html?a=1&b=2"]


def test_without_days_what_is_new_or_changed_of_late_is_listed() -> None:
    body = urlset(
        entry("/neu", published="2026-03-10T08:00:00Z"),
        entry("/alt", "2025-01-01T08:00:00Z"),
        entry("/alt-und-neu", "2026-03-12T08:00:00Z", "2025-01-01T08:00:00Z"),
        entry("/alt-und-alt", "2025-01-02T08:00:00Z", "2025-01-01T08:00:00Z"),
        entry("/von-morgen", published="2026-03-13T00:10:00+01:00"),
        entry("/dieser-monat", "2026-03"),
        entry("/letztes-jahr", "2025"),
        entry("/unlesbar", "gestern"),
    )

    assert paths(body=body) == ["/neu", "/alt-und-neu", "/von-morgen", "/dieser-monat", "/unlesbar"]


def test_of_the_days_asked_for_what_may_have_come_out_in_them_is_listed() -> None:
    body = urlset(
        entry("/davor", published="2026-02-28T22:59:00Z"),
        entry("/erster", published="2026-02-28T23:00:00Z"),
        entry("/letzter", published="2026-03-02T22:59:00Z"),
        entry("/danach", published="2026-03-02T23:00:00Z"),
        entry("/nur-geaendert", "2026-03-01", "2026-01-01"),
        entry("/spaeter-geaendert", "2026-03-11"),
        entry("/frueher-geaendert", "2026-02-27"),
        entry("/undatiert"),
    )

    assert paths(body=body, since=date(2026, 3, 1), until=date(2026, 3, 2)) == [
        "/erster",
        "/letzter",
        "/spaeter-geaendert",
        "/undatiert",
    ]


INDEX = index(
    file("/sitemap-2025-12.xml", "2026-03-12T08:00:00Z"),
    file("/sitemap-2026-02.xml", "2026-02-28"),
    file("/sitemap/2026/03.xml.gz"),
    file("/sitemap-2026-03-11.xml", "2026-03-11"),
    file("/sitemap.xml?yyyy=2025&amp;mm=11&amp;dd=30"),
    file("/sitemap-2031.xml"),
    file("/sitemap-themen.xml", "2026-03-10"),
)


def test_of_an_index_the_files_with_something_new_are_gone_into_newest_first() -> None:
    assert paths(body=INDEX) == [
        "/sitemap/2026/03.xml.gz",
        "/sitemap-2025-12.xml",
        "/sitemap-2026-03-11.xml",
        "/sitemap-themen.xml",
        "/sitemap-2031.xml",
    ]


def test_of_an_index_the_files_that_can_hold_the_days_asked_for_are_gone_into() -> None:
    assert paths(body=INDEX, since=date(2025, 11, 30), until=date(2025, 12, 1)) == [
        "/sitemap-2025-12.xml",
        "/sitemap-themen.xml",
        "/sitemap.xml?yyyy=2025&mm=11&dd=30",
        "/sitemap-2031.xml",
    ]


def test_files_on_another_host_and_more_than_are_read_are_doubted() -> None:
    few = Sitemap(name="sitemap", paths=("/sitemap.xml",), timezone="Europe/Berlin", max_files=1)
    elsewhere = "<sitemap><loc>https://other.example/sitemap.xml</loc></sitemap>"
    listing = few.read(document(index(file("/a.xml"), file("/b.xml", "2026-03-12"), elsewhere, "<sitemap/>")))

    assert listing.more == (f"{BASE}/b.xml",)
    assert listing.doubts == (
        "1 of 4 entries have no address",
        "1 of 4 files of the index are on another host",
        "the index lists 2 files that are wanted; the newest 1 are read",
    )


def test_gzip_and_plain_text() -> None:
    packed = gzip.compress(urlset(entry("/deich-100.html")).encode(), mtime=0)
    text = f"\ufeff{BASE}/deich-100.html\r\n{BASE}/bruecke-101.html\r\nkeine Adresse:\r\n"

    assert [link.url for link in CHANNEL.read(document(packed)).links] == [f"{BASE}/deich-100.html"]
    assert [link.url for link in CHANNEL.read(document(text)).links][:2] == [
        f"{BASE}/deich-100.html",
        f"{BASE}/bruecke-101.html",
    ]


def test_an_empty_sitemap_is_doubtful_and_one_without_news_is_not() -> None:
    assert CHANNEL.read(document(urlset())).doubts == ("the sitemap lists nothing",)
    assert CHANNEL.read(document(urlset(entry("/alt", "2020-01-01")))).doubts == ()


def test_what_the_protocol_does_not_allow_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "MAX_ENTRIES", 2)
    listing = CHANNEL.read(document(urlset(*(entry(f"/{number}") for number in range(3)))))

    assert len(listing.links) == 2
    assert listing.doubts == ("the sitemap has 3 entries, more than 2; those after them are left out",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no sitemap"),
        ("<html><body>Nicht gefunden</body></html>", "root element is html"),
        (urlset(entry("/deich-100.html"))[:-12], "no sitemap"),
        (HEAD + '<!DOCTYPE urlset [<!ENTITY a "aaaa">]><urlset>&a;</urlset>', "no sitemap"),
        (gzip.compress(urlset().encode())[:-9], "cannot be unpacked"),
        (b"\x1f\x8b\x00\x00", "cannot be unpacked"),
        (gzip.compress(b"\0" * (51 * 1024 * 1024)), "cannot be unpacked"),
    ],
    ids=["empty", "page", "cut", "entities", "cut-gzip", "no-gzip", "bomb"],
)
def test_what_is_no_sitemap_is_refused(body: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        CHANNEL.read(document(body))


@pytest.mark.parametrize(
    ("url", "is_listed"),
    [
        (f"{BASE}/sitemap.xml", True),
        (f"{BASE}/sitemaps/2026/03.xml.gz", True),
        (f"{BASE}/News-Sitemap-3.XML", True),
        (f"{BASE}/deich-100.html", False),
        (f"{BASE}/feed.xml", False),
        ("https://other.example/sitemap.xml", False),
        ("https://[", False),
    ],
)
def test_it_knows_its_own_files(url: str, *, is_listed: bool) -> None:
    assert CHANNEL.lists(url, BASE) is is_listed


def test_it_begins_with_its_paths_whatever_the_days() -> None:
    assert list(CHANNEL.starts(BASE, None, None)) == [f"{BASE}/sitemap.xml"]
    assert list(CHANNEL.starts(BASE, date(2026, 3, 1), date(2026, 3, 2))) == [f"{BASE}/sitemap.xml"]
