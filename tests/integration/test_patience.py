"""What a crawl does when a server asks it to wait, fails or gives up; told by the order of requests and pauses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.crawl.run import CrawlReport
from newsarchive.errors import ExpectationsBroken
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from tests.crawling import Hands, Watched, is_balanced, total


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


def busy(status: int, retry_after: str | None = None) -> Answer:
    """An answer of a server that has too much to do."""
    headers = [("Content-Type", "text/html")]
    return Answer(status=status, headers=tuple(headers + ([("Retry-After", retry_after)] if retry_after else [])))


def codes(report: CrawlReport) -> list[str]:
    """The codes of the findings."""
    return [finding.code for finding in report.record.findings]


@pytest.mark.parametrize("status", [429, 503])
def test_nothing_is_asked_for_while_the_server_wants_a_pause(
    status: int, site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    path = site.stories[3].path
    hands.watched.first[path] = [busy(status, "30")]
    report = hands.crawl(base_url, tmp_path)
    asked = hands.watched.asked

    first = asked.index(path)
    assert asked.count(path) == 2
    assert hands.paused == [(first + 1, pytest.approx(30))]
    assert (report.error, report.record.articles, codes(report)) == (None, len(site.stories), [])


def test_a_pause_may_be_asked_for_until_a_time_on_the_clock_of_the_server(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    path = site.stories[0].path
    until = format_datetime(hands.now().replace(microsecond=0) + timedelta(seconds=45), usegmt=True)
    hands.watched.first[path] = [busy(503, until)]
    hands.crawl(base_url, tmp_path)

    ((_, paused_s),) = hands.paused
    assert 40 < paused_s <= 45


def test_pauses_double_and_tries_are_few(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    path = site.stories[3].path
    hands.watched.instead[path] = busy(500)
    report = hands.crawl(base_url, tmp_path)
    asked = hands.watched.asked

    assert asked.count(path) == 3
    assert [paused_s for _, paused_s in hands.paused] == pytest.approx([1, 2])
    assert report.error is None
    assert total(report.record).reasons == {"http-500": 1}
    with Collection.open(report.directory) as collection:
        (left,) = collection.open_links()
    assert (left.url, left.reason, left.attempts) == (base_url + path, "http-500", 1)
    assert left.next_try_at > report.record.ended_at


def test_a_host_that_asks_for_an_hour_is_left_for_the_next_run(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    path = site.stories[3].path
    hands.watched.first[path] = [busy(429, "3600")]
    report = hands.crawl(base_url, tmp_path)

    assert hands.watched.asked[-1] == path
    assert hands.paused == []
    assert isinstance(report.error, ExpectationsBroken)
    assert codes(report) == ["host-given-up"]
    had = {asked for asked, status in hands.watched.answered if status == 200}
    assert report.record.articles == len(had & {story.path for story in site.stories}) > 0
    assert is_balanced(report.record)

    hands.pass_on(hours=1)
    again = hands.crawl(base_url, tmp_path)
    assert again.error is None
    assert report.record.articles + again.record.articles == len(site.stories)


def test_a_storm_of_429_ends_with_few_requests(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    hands.watched.instead = {story.path: busy(429) for story in site.stories}
    report = hands.crawl(base_url, tmp_path)

    assert [path for path in hands.watched.asked if path in hands.watched.instead] == [site.stories[0].path] * 3
    assert codes(report) == ["host-given-up"]
    assert total(report.record).skipped + total(report.record).failed == len(site.stories)

    hands.watched.instead.clear()
    hands.pass_on(minutes=20)
    again = hands.crawl(base_url, tmp_path)
    assert (again.error, again.record.articles) == (None, len(site.stories))


def test_a_server_that_fails_for_everything_is_given_up(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    hands.watched.instead = {story.path: busy(502) for story in site.stories}
    report = hands.crawl(base_url, tmp_path)

    tried = [path for path in hands.watched.asked if path in hands.watched.instead]
    assert len(tried) < 3 * len(site.stories)
    assert codes(report) == ["host-given-up"]
