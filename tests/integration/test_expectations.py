"""What breaks at a site breaks the first run after it: with one finding, the right exit code, and no data lost."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import urlsplit

import pytest
import trustme
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from newsarchive.collection.collection import Collection
from newsarchive.crawl.run import CrawlReport
from newsarchive.crawl.settings import crawl_settings
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.listings import FEED_PATHS
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from tests.crawling import PROJECT, Hands, Watched, is_balanced
from tests.rawserver import Act, RawServer

HTML = (("Content-Type", "text/html;charset=UTF-8"),)
XML = (("Content-Type", "application/rss+xml;charset=UTF-8"),)
FEED = FEED_PATHS[0]


@pytest.fixture
def site() -> SampleSite:
    return SampleSite(invent_stories(12, 11))


@pytest.fixture
def hands(site: SampleSite) -> Hands:
    return Hands(watched=Watched(site))


@pytest.fixture
def base_url(hands: Hands) -> Iterator[str]:
    with serve(hands.watched, now=hands.now) as serving:
        yield serving.base_url


def found(report: CrawlReport) -> list[tuple[str, str]]:
    """Severity and code of the findings."""
    return [(finding.severity, finding.code) for finding in report.record.findings]


def exit_code(report: CrawlReport) -> int:
    """The code with which the command would end."""
    return report.error.exit_code if report.error else 0


def answers_of(site: SampleSite, path: str) -> bytes:
    """The body of the page at ``path``."""
    return site.respond(path, "", {}).body


def empty_feed(site: SampleSite) -> dict[str, Answer]:
    return {FEED: Answer(status=200, headers=XML, body=b'<rss version="2.0"><channel><title>t</title></channel></rss>')}


def broken_feed(site: SampleSite) -> dict[str, Answer]:
    whole = answers_of(site, FEED)
    return {FEED: Answer(status=200, headers=XML, body=whole[: len(whole) // 2])}


def dead_feed(site: SampleSite) -> dict[str, Answer]:
    return {FEED: Answer(status=404, headers=HTML)}


def moved_feed(site: SampleSite) -> dict[str, Answer]:
    return {FEED: Answer(status=301, headers=(("Location", "https://elsewhere.example/feed"),))}


def without_stand(site: SampleSite) -> dict[str, Answer]:
    return {
        story.path: Answer(
            status=200, headers=HTML, body=answers_of(site, story.path).replace(b"Stand: ", b"").replace(b"Stand ", b"")
        )
        for story in site.stories
    }


def without_article_layout(site: SampleSite) -> dict[str, Answer]:
    page = Answer(status=200, headers=HTML, body=b"<html><body><main><h1>Alles neu</h1></main></body></html>")
    return {story.path: page for story in site.stories}


def login_redirect(site: SampleSite) -> dict[str, Answer]:
    return {story.path: Answer(status=302, headers=(("Location", "/login?next=x"),)) for story in site.stories}


def login_page(site: SampleSite) -> dict[str, Answer]:
    return {story.path: site.respond("/login", "", {}) for story in site.stories}


def articles_refused(site: SampleSite) -> dict[str, Answer]:
    return {story.path: Answer(status=403, headers=HTML) for story in site.stories}


class Everything(dict[str, Answer]):
    """The same answer for every path but robots.txt."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def get(self, path: str, default: object = None) -> Answer | None:  # type: ignore[override]
        return None if path == "/robots.txt" else self._answer


def all_refused(site: SampleSite) -> dict[str, Answer]:
    return Everything(Answer(status=403, headers=HTML))


Break = Callable[[SampleSite], dict[str, Answer]]


@pytest.mark.parametrize(
    ("breaks", "code", "ends_with", "is_all_had"),
    [
        (empty_feed, "channel-silent", 18, True),
        (broken_feed, "channel-changed", 18, True),
        (dead_feed, "channel-failed", 18, True),
        (moved_feed, "channel-failed", 18, True),
        (without_stand, "article-field-missing", 18, True),
        (without_article_layout, "layout-unknown", 14, False),
        (login_redirect, "login-wall", 14, False),
        (login_page, "login-wall", 14, False),
        (articles_refused, "access-refused", 14, False),
        (all_refused, "access-refused", 11, False),
    ],
)
def test_a_break_is_one_finding_in_the_run_after_it(
    breaks: Break,
    code: str,
    ends_with: int,
    is_all_had: bool,
    site: SampleSite,
    hands: Hands,
    base_url: str,
    tmp_path: Path,
) -> None:
    hands.watched.instead = breaks(site)
    report = hands.crawl(base_url, tmp_path)

    assert found(report) == [("error", code)]
    assert exit_code(report) == ends_with
    assert report.record.outcome == "failed"
    assert is_balanced(report.record)
    assert (report.record.articles == len(site.stories)) == is_all_had

    hands.watched.instead = {}
    hands.pass_on(days=2)
    mended = hands.crawl(base_url, tmp_path)
    assert (found(mended), exit_code(mended)) == ([], 0)
    with Collection.open(report.directory) as collection:
        had = {collection.article_at(base_url + story.path) for story in site.stories}
    assert (None not in had) == (code != "layout-unknown")


def test_a_body_that_nobody_finds_is_one_finding(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    hands.watched.instead = {
        story.path: Answer(
            status=200,
            headers=HTML,
            body=re.sub(
                rb'<p class="textabsatz[^>]*>.*?</p>', b"<ts-absatz></ts-absatz>", answers_of(site, story.path)
            ),
        )
        for story in site.stories
    }
    report = hands.crawl(base_url, tmp_path)

    assert [(finding.code, finding.where) for finding in report.record.findings] == [("article-field-missing", "body")]
    assert exit_code(report) in {14, 18}


def test_an_archive_page_of_another_layout(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    hands.watched.instead["/archiv"] = Answer(status=200, headers=HTML, body=b"<html><body><p>neu</p></body></html>")
    day = site.stories[0].stand.date()
    report = hands.crawl(base_url, tmp_path, since=day, until=day)

    assert found(report) == [("error", "channel-changed")]
    assert exit_code(report) == 18


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off(hours: int, site: SampleSite, hands: Hands, tmp_path: Path) -> None:
    with serve(hands.watched, now=lambda: datetime.now(UTC) + timedelta(hours=hours)) as serving:
        report = hands.crawl(serving.base_url, tmp_path)

    assert found(report) == [("error", "clock-off")]
    assert exit_code(report) == 18
    assert report.record.articles == len(site.stories)


def test_a_server_that_is_not_there(hands: Hands, tmp_path: Path) -> None:
    with serve(hands.watched) as serving:
        gone = serving.base_url
    report = hands.crawl(gone, tmp_path)

    assert found(report) == [("error", "host-unreachable")]
    assert exit_code(report) == 11
    assert "robots.txt could not be had: connection-refused" in str(report.error)


def robots(status: int) -> dict[str, Answer]:
    return {"/robots.txt": Answer(status=status, headers=HTML)}


@pytest.mark.parametrize("status", [500, 503, 429])
def test_nothing_is_fetched_without_robots_txt(status: int, hands: Hands, base_url: str, tmp_path: Path) -> None:
    hands.watched.instead = robots(status)
    report = hands.crawl(base_url, tmp_path)

    assert set(hands.watched.asked) == {"/robots.txt"}
    assert len(hands.watched.asked) == 3
    assert found(report) == [("error", "robots-unavailable")]
    assert exit_code(report) == 11
    assert str(status) in str(report.error)


def test_a_robots_txt_that_never_comes_forbids_everything(hands: Hands, tmp_path: Path) -> None:
    with RawServer({"/robots.txt": [Act.TEAR]}) as server:
        report = hands.crawl(server.url(""), tmp_path)
    assert [served.path for served in server.served] == ["/robots.txt"] * len(server.served)
    assert found(report) == [("error", "host-unreachable")]


@pytest.mark.parametrize("status", [404, 403])
def test_a_robots_txt_that_is_not_there_allows_everything(
    status: int, site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    hands.watched.instead = robots(status)
    report = hands.crawl(base_url, tmp_path)

    assert (found(report), exit_code(report), report.record.articles) == ([], 0, len(site.stories))


def test_a_site_that_wants_nobody_is_left_alone(hands: Hands, base_url: str, tmp_path: Path) -> None:
    text = (("Content-Type", "text/plain"),)
    hands.watched.instead["/robots.txt"] = Answer(status=200, headers=text, body=b"User-agent: *\nDisallow: /\n")
    report = hands.crawl(base_url, tmp_path)

    assert hands.watched.asked == ["/robots.txt"]
    assert found(report) == [("error", "access-refused")]
    assert exit_code(report) == 11


@pytest.mark.parametrize("is_expired", [False, True])
def test_a_certificate_that_is_expired(
    is_expired: bool, site: SampleSite, hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    end = datetime.now(UTC) + timedelta(days=-1 if is_expired else 1)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_before=end - timedelta(days=9), not_after=end).configure_cert(tls)
    feed = answers_of(site, FEED)
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n"
    script = [ok % len(feed) + feed]
    only_feed = replace(get_site("tagesschau"), channels=get_site("tagesschau").channels[:1])
    with RawServer({"/robots.txt": [ok % 0], FEED: script}, tls) as server:
        report = hands.crawl(server.url(""), tmp_path / "archive", site=only_feed)

    if is_expired:
        assert server.served == []
        assert found(report) == [("error", "certificate-invalid")]
        assert exit_code(report) == 11
    else:
        assert [served.path for served in server.served] == ["/robots.txt", FEED]


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.nameless", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=PROJECT)

    assert done.stdout.splitlines()[0] == "11 host-unknown"
    assert "robots.txt could not be had: host-unknown" in done.stdout
    assert "Traceback" not in done.stderr


class Delays:
    """Notes the delay of the downloader with each answer; an extension."""

    noted: ClassVar[dict[str, float]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        delays = cls()
        delays.noted.clear()

        def note(response: Response) -> None:
            (slot,) = crawler.engine.downloader.slots.values()
            cls.noted[urlsplit(response.url).path] = slot.delay

        crawler.signals.connect(note, signals.response_received, weak=False)
        return delays


@pytest.mark.parametrize("throttles", [False, True])
def test_crawl_delay_is_the_least(throttles: bool, hands: Hands, base_url: str, tmp_path: Path) -> None:
    text = (("Content-Type", "text/plain"),)
    wish = b"User-agent: newsarchive\nCrawl-delay: 0.05\n\nUser-agent: *\nCrawl-delay: 9\n"
    hands.watched.instead["/robots.txt"] = Answer(status=200, headers=text, body=wish)
    extensions = {**crawl_settings()["EXTENSIONS"], Delays: 900}
    settings = {"EXTENSIONS": extensions, "AUTOTHROTTLE_ENABLED": throttles}
    report = hands.crawl(base_url, tmp_path, limit=3, settings=settings)

    assert report.error is None
    delays = [delay for path, delay in Delays.noted.items() if path != "/robots.txt"]
    assert len(delays) > 3
    assert all(delay >= 0.05 for delay in delays)
    assert throttles or set(delays) == {0.05}
