"""Going back over days: newest first, stopped and gone on with, and nothing asked for twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.crawl.run import CrawlReport
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import Features, SampleSite
from tests.crawling import Hands, Watched, is_balanced


@pytest.fixture
def site() -> SampleSite:
    """Forty stories of six days, and a day on which nothing came out."""
    newest = datetime(2026, 2, 10, 21, tzinfo=ZoneInfo("Europe/Berlin"))
    return SampleSite(
        (
            replace(story, published=at, first_published=at, modified=at)
            for back, story in enumerate(reversed(invent_stories(40, 7)))
            for at in (newest - timedelta(hours=3 * back + (24 if back >= 16 else 0)),)
        ),
        features=Features(archive_page_length=4),
    )


@pytest.fixture
def hands(site: SampleSite) -> Hands:
    return Hands(watched=Watched(site))


@pytest.fixture
def base_url(hands: Hands) -> Iterator[str]:
    with serve(hands.watched, now=hands.now) as serving:
        yield serving.base_url


@pytest.fixture
def days(site: SampleSite) -> list[date]:
    """The days on which something came out, newest first."""
    return sorted({story.stand.date() for story in site.stories}, reverse=True)


def listings(hands: Hands) -> list[str]:
    """The pages of the archive that were asked for."""
    return [path for path in hands.watched.asked if path.startswith("/archiv?")]


def stories(site: SampleSite, hands: Hands) -> list[str]:
    """The stories that were asked for."""
    paths = {story.path for story in site.stories}
    return [path for path in hands.watched.asked if path in paths]


def test_days_that_are_through_are_not_asked_for_again(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path, days: list[date]
) -> None:
    def crawl(*, again: bool = False) -> CrawlReport:
        report = hands.crawl(base_url, tmp_path, since=days[-1], until=days[0], again=again)
        assert (report.error, report.record.findings) == (None, ())
        assert is_balanced(report.record)
        return report

    first = crawl()
    firsts = [path.removeprefix("/archiv?datum=") for path in listings(hands) if "pageIndex" not in path]
    span = [(days[0] - timedelta(days=back)).isoformat() for back in range((days[0] - days[-1]).days + 1)]
    assert firsts == span
    assert len(listings(hands)) > len(span)
    assert first.record.articles == len(site.stories)

    second = crawl()
    with_stories = {day.isoformat() for day in days}
    assert {path.removeprefix("/archiv?datum=") for path in listings(hands)} == set(span) - with_stories
    assert stories(site, hands) == []
    known = sum(account.known for account in second.record.funnel)
    assert known == len(site.stories)

    crawl(again=True)
    assert {path.split("=")[1][:10] for path in listings(hands)} == set(span)


def test_a_limit_stops_and_the_next_crawl_goes_on_from_there(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path, days: list[date]
) -> None:
    asked: list[str] = []
    listed: list[str] = []
    rounds = 0
    while len(asked) < len(site.stories):
        report = hands.crawl(base_url, tmp_path, since=days[-1], until=days[0], limit=7)
        assert report.error is None
        asked += stories(site, hands)
        listed += [path for path in listings(hands) if path.split("=")[1][:10] in {day.isoformat() for day in days}]
        rounds += 1
    at = {story.path: story.published for story in site.stories}

    assert rounds == -(-len(site.stories) // 7)
    assert len(set(asked)) == len(asked)
    # A day on which the limit was met may have pages that were not read.
    assert len(listed) - len(set(listed)) == 0
    newest_first: list[datetime] = [at[path] for path in asked]
    by_day = [published.date() for published in newest_first]
    assert by_day[:7] == sorted(by_day[:7], reverse=True)


def test_a_day_whose_article_failed_is_not_over(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path, days: list[date]
) -> None:
    story = site.stories[-1]
    hands.watched.first[story.path] = [Answer(status=500, headers=())] * 3
    hands.crawl(base_url, tmp_path, since=days[-1], until=days[0])
    hands.crawl(base_url, tmp_path, since=days[-1], until=days[0])

    assert stories(site, hands) == [story.path]
    with Collection.open(tmp_path / "tagesschau") as collection:
        assert collection.article_at(base_url + story.path)
        assert list(collection.open_links()) == []


def test_a_day_page_that_failed_is_asked_for_again(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path, days: list[date]
) -> None:
    hands.watched.first["/archiv"] = [Answer(status=502, headers=())] * 3
    report = hands.crawl(base_url, tmp_path, since=days[-1], until=days[0])
    assert [finding.code for finding in report.record.findings] == ["channel-unsteady"]

    hands.crawl(base_url, tmp_path, since=days[-1], until=days[0])
    assert f"/archiv?datum={days[0].isoformat()}" in listings(hands)
