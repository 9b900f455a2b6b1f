"""The whole job against the sample site: what is fetched, what is archived, what comes out as articles."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsarchive import __version__
from newsarchive.collection.collection import Collection
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.listings import OVERVIEW_PATH, Features
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import Story
from newsarchive.sites.registry import all_sites
from tests.crawling import SCRAPY, Crawled, Watched, crawl, crawl_command, finish, is_balanced, same_lines

FEED = "/infoservices/alle-meldungen-100~rss2.xml"
HTML = (("Content-Type", "text/html;charset=UTF-8"),)


@dataclass(frozen=True, kw_only=True)
class Town:
    """A served site of 40 stories, of which each of these has its own misfortune when the first crawl comes."""

    site: SampleSite
    watched: Watched
    base_url: str
    archive: Path
    upcoming: Story
    withdrawn: Story
    disallowed: Story
    moved: Story
    moved_to: str
    away: Story
    circling: Story
    blank: Story

    @property
    def lost(self) -> set[str]:
        """Paths at which there is no article to be had."""
        return {story.path for story in (self.withdrawn, self.disallowed, self.away, self.circling, self.blank)}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    upcoming, *stories = sorted(invent_stories(41, 7), key=lambda story: story.published, reverse=True)
    site = SampleSite(stories, features=Features(archive_page_length=8))
    watched = Watched(site)
    newest = [story for story in stories if story.kind == "article"]
    with serve(watched) as serving:
        town = Town(
            site=site,
            watched=watched,
            base_url=serving.base_url,
            archive=tmp_path_factory.mktemp("town"),
            upcoming=upcoming,
            withdrawn=newest[0],
            disallowed=newest[1],
            moved=newest[2],
            moved_to=f"/kultur/{newest[2].path.rsplit('/', 1)[-1]}",
            away=newest[3],
            circling=newest[4],
            blank=newest[5],
        )
        # The feed is from before the withdrawal and the move, as feeds are.
        watched.instead[FEED] = site.respond(FEED, "", {})
        at = newest[0].published + timedelta(minutes=1)
        site.withdraw(town.withdrawn.slug, at)
        site.move(town.moved.slug, town.moved_to, at)
        watched.instead |= {
            "/robots.txt": Answer(
                status=200,
                headers=(("Content-Type", "text/plain"),),
                body=f"User-agent: *\nDisallow: {town.disallowed.path}\n".encode(),
            ),
            town.away.path: Answer(status=302, headers=(("Location", "https://elsewhere.example/away-100.html"),)),
            town.circling.path: Answer(status=302, headers=(("Location", f"{town.circling.path}?again"),)),
            town.blank.path: Answer(status=200, headers=HTML, body=b"<html><body><p>Wartung</p></body></html>"),
        }
        yield town


@pytest.fixture(scope="module")
def first(town: Town) -> Crawled:
    """The first crawl of the town."""
    return crawl(town.base_url, town.archive)


@pytest.fixture(scope="module")
def asked_first(town: Town, first: Crawled) -> list[str]:
    """What the server was asked in the first crawl."""
    asked = list(town.watched.asked)
    town.watched.asked.clear()
    return asked


def test_every_listed_story_becomes_an_article(town: Town, first: Crawled) -> None:
    assert first.exit_code == 0, first.stderr

    assert first.paths(town.base_url) == {story.path for story in town.site.stories} - town.lost
    by_path = {article.url.removeprefix(town.base_url): article for article in first.articles}
    for story in town.site.stories:
        if story.path in by_path:
            article = by_path[story.path]
            assert (article.headline, article.topline, article.stand_raw) == (
                story.headline,
                story.topline,
                story.stand_raw,
            )
            assert article.revision == 1


def test_each_line_comes_again_from_its_place_in_the_warc(first: Crawled) -> None:
    lines = list(same_lines(first))

    assert len(lines) == first.run.articles > 30
    assert all(line == again for line, again in lines)


def test_the_books_balance(first: Crawled) -> None:
    assert is_balanced(first.run)
    assert first.total.extracted == first.run.articles
    assert first.total.no_article == 1
    assert first.run.outcome == "finished"


def test_misfortunes_are_counted_by_what_they_are(town: Town, first: Crawled) -> None:
    problems = first.run.problems
    reasons = {sighting.url.removeprefix(town.base_url): sighting.reason for sighting in first.sightings}

    assert {code: problems.get(code) for code in ("http-410", "moved-away", "redirect-loop")} == {
        "http-410": 1,
        "moved-away": 1,
        "redirect-loop": 1,
    }
    assert (first.total.gone, first.total.failed) == (2, 1)
    assert reasons == {
        town.withdrawn.path: "http-410",
        town.away.path: "moved-away",
        town.blank.path: "layout-unknown",
    }
    assert first.total.reasons == {**dict.fromkeys(reasons.values(), 1), "redirect-loop": 1, "robots-disallowed": 1}


def test_robots_txt_is_obeyed_and_archived(town: Town, first: Crawled, asked_first: list[str]) -> None:
    assert asked_first[0] == "/robots.txt"
    assert asked_first.count("/robots.txt") == 1
    assert town.disallowed.path not in asked_first
    assert first.run.problems["robots-disallowed"] == 1
    assert first.total.skipped == 1
    assert town.watched.agents == {f"newsarchive/{__version__}"}


def test_every_answer_is_archived(town: Town, first: Crawled, asked_first: list[str]) -> None:
    with Collection.open(first.directory) as collection:
        captures = list(collection.captures())

    assert sorted(capture.url.removeprefix(town.base_url) for capture in captures) == sorted(asked_first)
    status = {capture.url.removeprefix(town.base_url): capture.ref.status for capture in captures}
    assert status["/robots.txt"] == 200
    assert status[town.withdrawn.path] == 410
    assert status[town.moved.path] == 301
    assert status[town.moved_to] == 200
    assert status[town.away.path] == 302


def test_a_moved_article_is_fetched_once(town: Town, first: Crawled, asked_first: list[str]) -> None:
    assert asked_first.count(town.moved_to) == 1
    assert town.moved_to in first.paths(town.base_url)


def test_warcio_finds_no_fault(first: Crawled) -> None:
    paths = [str(first.directory / warc.path) for warc in first.run.warcs]
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *paths], capture_output=True, text=True, check=False
    )

    assert paths
    assert checked.returncode == 0, checked.stdout


def test_the_report_says_where_things_are(first: Crawled) -> None:
    report = first.report

    assert report["error"] is None
    assert Path(report["log"]).read_text("utf-8").count("robots.txt asks not to fetch it") == 1
    assert Path(report["directory"], report["run"]["articles_file"]).is_file()
    assert all(Path(report["directory"], warc["path"]).is_file() for warc in report["run"]["warcs"])


@pytest.fixture(scope="module")
def edited(town: Town, first: Crawled, asked_first: list[str]) -> Story:
    """A story that got another address and another text after the first crawl."""
    story = next(story for story in town.site.stories if story.kind == "article" and story.path not in town.lost)
    at = story.published + timedelta(hours=1)
    edited = town.site.edit(story.slug, lambda old: replace(old, headline=f"{old.headline} - Korrektur"), at)
    return town.site.move(edited.slug, f"/wissen/{edited.path.rsplit('/', 1)[-1]}", at)


@pytest.fixture(scope="module")
def second(town: Town, first: Crawled, edited: Story) -> Crawled:
    """The next crawl: a story came out, one was edited, the feed is up to date."""
    del town.watched.instead[FEED]
    town.site.publish(town.upcoming, town.upcoming.modified)
    return crawl(town.base_url, town.archive)


def test_known_articles_are_not_fetched_again(town: Town, first: Crawled, second: Crawled, edited: Story) -> None:
    asked = set(town.watched.asked)

    assert second.exit_code == 0, second.stderr
    assert asked.isdisjoint(first.paths(town.base_url) | {town.blank.path, town.moved.path})
    assert second.paths(town.base_url) == {town.upcoming.path, edited.path}
    assert is_balanced(second.run)
    assert second.total.known >= len(first.articles) - 1


def test_an_edited_article_is_the_next_revision(second: Crawled, edited: Story) -> None:
    article = next(article for article in second.articles if article.headline == edited.headline)
    with Collection.open(second.directory) as collection:
        revisions = collection.revisions(article.article_id)

    assert article.revision == 2
    assert [revision.revision for revision in revisions] == [1, 2]
    assert revisions[1].changed == ("headline",)
    assert all(line == again for line, again in same_lines(second))


def by_scrapy(base_url: str, archive: Path) -> list[str]:
    """Scrapy's own command for a crawl of three pages."""
    arguments = ("crawl", "tagesschau", "-a", f"base_url={base_url}", "-a", "limit=3")
    return [*SCRAPY, *arguments, "-s", f"NEWSARCHIVE_ARCHIVE_DIR={archive}", "-s", "DOWNLOAD_DELAY=0"]


def by_newsarchive(base_url: str, archive: Path) -> list[str]:
    """Our command for the same."""
    return crawl_command(base_url, archive, "--limit", "3")


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("command", [by_newsarchive, by_scrapy])
def test_a_limit_takes_the_newest_and_ends_in_order(
    command: Callable[[str, Path], list[str]], town: Town, tmp_path: Path
) -> None:
    town.watched.asked.clear()
    crawled = finish(command(town.base_url, tmp_path), tmp_path)

    assert crawled.exit_code == 0, crawled.stderr
    assert crawled.run.outcome == "limited"
    newest = [story.path for story in town.site.stories[:3]]
    assert [path for path in town.watched.asked if path.endswith(".html") and path != OVERVIEW_PATH] == [
        path for path in newest if path != town.disallowed.path
    ]
    assert crawled.paths(town.base_url) == set(newest) - town.lost
    assert crawled.total.declared - crawled.total.skipped <= 3
    assert all(line == again for line, again in same_lines(crawled))


@pytest.mark.usefixtures("second")
def test_days_are_read_from_the_archive_pages(town: Town, tmp_path: Path) -> None:
    days = sorted({story.stand.date() for story in town.site.stories}, reverse=True)
    until, since = days[0], days[2]
    wanted = {story.path for story in town.site.stories if since <= story.stand.date() <= until}
    town.watched.asked.clear()
    crawled = crawl(town.base_url, tmp_path, "--since", since.isoformat(), "--until", until.isoformat())

    assert crawled.exit_code == 0, crawled.stderr
    assert crawled.paths(town.base_url) == wanted - town.lost
    asked = town.watched.asked
    assert set(asked) & {story.path for story in town.site.stories} == wanted - {town.disallowed.path}
    listings = [path for path in asked if path.startswith("/archiv")]
    firsts = [path for path in listings if "pageIndex" not in path]
    every_day = [(until - timedelta(days=back)).isoformat() for back in range((until - since).days + 1)]
    assert firsts == [f"/archiv?datum={day}" for day in every_day]
    assert len(listings) > len(firsts)
    assert crawled.run.settings["since"] == since.isoformat()
    assert "/inland" not in asked


def test_scrapy_knows_the_sites() -> None:
    listed = finish([*SCRAPY, "list"], Path())

    assert listed.stdout.split() == list(all_sites())
    assert listed.stderr == ""
