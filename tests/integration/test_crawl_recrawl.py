"""Crawling a site again and again: what stayed is not sent again; what changed, went or came back is noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.collection.events import read_happenings
from newsarchive.collection.onlooker import Onlooker
from newsarchive.collection.search import Search, Searcher
from newsarchive.collection.standing import Standing, standing_of
from newsarchive.crawl.run import CrawlReport
from newsarchive.errors import UsageError
from newsarchive.history.timeline import noted_changes, timeline
from newsarchive.model.crawl import Funnel
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import IMAGE_HOST, invent_stories
from newsarchive.samplesite.listings import FEED_PATHS
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import Removal, SampleSite
from newsarchive.samplesite.story import Story, in_berlin
from newsarchive.sites.registry import get_site
from newsarchive.warc.reader import read_records
from tests.crawling import Hands, Watched, is_balanced, total

FEED = FEED_PATHS[0]


@pytest.fixture
def site() -> SampleSite:
    """A site whose stories came out minutes ago, so that all of them are due soon."""
    late = in_berlin(datetime.now(UTC).replace(microsecond=0)) - timedelta(minutes=5)
    return SampleSite(
        replace(story, published=at, first_published=at, modified=at)
        for place, story in enumerate(invent_stories(12, 11))
        for at in (late - timedelta(seconds=60 - place),)
    )


@pytest.fixture
def hands(site: SampleSite) -> Hands:
    return Hands(watched=Watched(site))


@pytest.fixture
def base_url(hands: Hands) -> Iterator[str]:
    with serve(hands.watched, now=hands.now) as serving:
        yield serving.base_url


@pytest.fixture
def first(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> CrawlReport:
    """The first crawl; twelve minutes have passed since."""
    report = hands.crawl(base_url, tmp_path)
    assert (report.error, report.record.articles) == (None, len(site.stories))
    hands.pass_on(minutes=12)
    return report


def stories_asked(site: SampleSite, hands: Hands) -> dict[str, int]:
    """The status of each story that was asked for."""
    paths = {story.path for story in site.stories}
    return {path: status for path, status in hands.watched.answered if path in paths}


def accounts(report: CrawlReport, channel: str) -> list[Funnel]:
    """What the books have under one name."""
    return [account for account in report.record.funnel if account.channel == channel]


def some_article(site: SampleSite) -> Story:
    """An article of the site."""
    return next(story for story in site.stories if story.kind == "article")


@pytest.mark.usefixtures("first")
def test_what_did_not_change_is_answered_304(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    second = hands.crawl(base_url, tmp_path)

    assert second.error is None
    assert stories_asked(site, hands) == dict.fromkeys((story.path for story in site.stories), 304)
    statuses = {status for path, status in hands.watched.answered if path != "/robots.txt" and status != 404}
    assert statuses == {304}
    assert ("/robots.txt", 200) in hands.watched.answered
    assert (second.record.articles, second.record.revised) == (0, 0)
    assert [account.not_modified for account in accounts(second, "recrawl")] == [len(site.stories)]
    assert is_balanced(second.record)
    assert second.record.findings == ()

    types = [
        record.header("WARC-Profile")
        for warc in second.record.warcs
        for _, _, record in read_records(second.directory / warc.path)
        if record.type == "revisit"
    ]
    assert sum("server-not-modified" in (profile or "") for profile in types) >= len(site.stories)
    with Collection.open(second.directory) as collection:
        article = collection.article_at(base_url + site.stories[0].path)
        assert article is not None
        assert collection.last_seen(article) > second.record.started_at  # type: ignore[operator]
        assert len(collection.revisions(article)) == 1


@pytest.mark.usefixtures("first")
def test_known_articles_can_be_left_alone(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    report = hands.crawl(base_url, tmp_path, recrawl="no")

    assert stories_asked(site, hands) == {}
    assert FEED in hands.watched.asked
    assert accounts(report, "recrawl") == []


@pytest.mark.usefixtures("first")
def test_nothing_but_what_is_due_can_be_asked_for(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    report = hands.crawl(base_url, tmp_path, recrawl="only")

    assert set(hands.watched.asked) - {"/robots.txt"} == {story.path for story in site.stories}
    assert {account.channel for account in report.record.funnel} == {"recrawl"}
    assert (report.error, report.record.findings) == (None, ())
    with pytest.raises(UsageError, match="goes without --since"):
        hands.crawl(base_url, tmp_path, recrawl="only", since=site.stories[0].stand.date())


@pytest.mark.usefixtures("first")
def test_what_is_not_due_is_not_asked_for(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    hands.crawl(base_url, tmp_path)
    hands.pass_on(minutes=3)
    hands.crawl(base_url, tmp_path)

    assert stories_asked(site, hands) == {}


@pytest.mark.usefixtures("first")
def test_an_edit_is_a_revision(site: SampleSite, hands: Hands, base_url: str, tmp_path: Path) -> None:
    story = some_article(site)
    edited = site.edit(story.slug, lambda old: replace(old, headline=f"{old.headline} - neu"), hands.now())
    report = hands.crawl(base_url, tmp_path)

    assert (report.record.articles, report.record.revised) == (1, 1)
    with Collection.open(report.directory) as collection:
        article_id = collection.article_at(base_url + story.path)
        assert article_id is not None
        revisions = collection.revisions(article_id)
    assert [revision.changed for revision in revisions] == [(), ("headline",)]
    assert revisions[-1].headline == edited.headline


@pytest.mark.parametrize(
    ("how", "reason"),
    [("gone", "http-410"), ("missing", "http-404"), ("front-page", "moved-away"), ("notice", "depublished")],
)
@pytest.mark.usefixtures("first")
def test_a_removal_ends_an_article_and_a_return_goes_on_with_it(
    how: Removal, reason: str, site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    story = some_article(site)
    site.withdraw(story.slug, hands.now(), how)
    removed = hands.crawl(base_url, tmp_path)

    assert (removed.error, removed.record.removed, removed.record.returned) == (None, 1, 0)
    assert [account.reasons for account in accounts(removed, "recrawl")] == [{reason: 1}]
    assert total(removed.record).failed == 0

    hands.pass_on(days=1, hours=2)
    site.publish(story, hands.now())
    returned = hands.crawl(base_url, tmp_path)
    assert (returned.error, returned.record.removed, returned.record.returned) == (None, 0, 1)
    with Collection.open(returned.directory) as collection:
        article_id = collection.article_at(base_url + story.path)
        assert article_id is not None
        sightings = collection.sightings(article_id)
        page = collection.page(base_url + story.path)
    assert [sighting.reason for sighting in sightings if sighting.reason] == [reason]
    assert page is not None
    assert page.gone_at is None


@pytest.mark.usefixtures("first")
def test_an_article_that_moved_goes_on_at_its_new_address(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    story = some_article(site)
    moved = site.move(story.slug, f"/wissen/{story.path.rsplit('/', 1)[-1]}", hands.now())
    report = hands.crawl(base_url, tmp_path)

    with Collection.open(report.directory) as collection:
        before, after = collection.page(base_url + story.path), collection.page(base_url + moved.path)
        assert collection.article_at(base_url + moved.path) == collection.article_at(base_url + story.path)
    assert before is not None
    assert (before.reason, before.gone_at is not None) == ("moved", True)
    assert after is not None
    assert after.gone_at is None
    assert hands.watched.asked.count(moved.path) == 1

    # It is an address that is gone, not the article.
    article_id = story.slug
    assert (report.record.removed, report.record.returned) == (0, 0)
    with Collection.open(report.directory) as collection:
        revisions, sightings = collection.revisions(article_id), collection.sightings(article_id)
        assert [sighting.reason for sighting in sightings if sighting.is_removal] == ["moved"]
        events = timeline(revisions, sightings, noted_changes(revisions), collection.moves(article_id))
    assert [event.kind for event in events if event.kind not in {"first", "revision"}] == []
    with Onlooker(report.directory) as onlooker, onlooker.look() as view:
        assert [happening.kind for happening in read_happenings(view.catalog, most=9)] == []
        assert standing_of(view.catalog, article_id) == Standing(last_seen=events[-1].last_seen)
        removed = Search(filed=(("state", "removed"),))
        assert Searcher().find(view.catalog, removed, UTC).count == 0


def test_what_a_feed_dropped_meanwhile_is_had_all_the_same(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    only_feed = replace(get_site("tagesschau"), channels=get_site("tagesschau").channels[:1])
    some = hands.crawl(base_url, tmp_path, site=only_feed, limit=3)
    assert (some.record.outcome, some.record.articles) == ("limited", 3)
    assert total(some.record).reasons == {"limit": len(site.stories) - 3}

    listed = site.respond(FEED, "", {}).body
    first_item, last_item = listed.index(b"<item"), listed.rindex(b"</item>") + len(b"</item>")
    one = listed[: listed.index(b"</item>") + len(b"</item>")] + listed[last_item:]
    assert first_item < len(one) < len(listed)
    hands.watched.instead[FEED] = Answer(status=200, headers=(("Content-Type", "text/xml"),), body=one)
    hands.pass_on(minutes=1)
    rest = hands.crawl(base_url, tmp_path, site=only_feed, recrawl="no")

    assert rest.record.articles == len(site.stories) - 3
    assert sum(account.extracted for account in accounts(rest, "left")) == len(site.stories) - 3


def test_a_crawl_of_certain_days_does_not_hide_the_others(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).date()
    past = hands.crawl(base_url, tmp_path, since=long_ago, until=long_ago)
    assert (past.record.articles, stories_asked(site, hands)) == (0, {})

    now = hands.crawl(base_url, tmp_path)
    assert now.record.articles == len(site.stories)


def test_links_inside_articles_are_followed_where_that_is_asked_for(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    only_feed = replace(get_site("tagesschau"), channels=get_site("tagesschau").channels[:1])
    listed = site.respond(FEED, "", {}).body
    end = listed.rindex(b"</item>") + len(b"</item>")
    hands.watched.instead[FEED] = Answer(
        status=200,
        headers=(("Content-Type", "text/xml"),),
        body=listed[: listed.index(b"</item>") + len(b"</item>")] + listed[end:],
    )
    plain = hands.crawl(base_url, tmp_path / "plain", site=only_feed)
    followed = hands.crawl(base_url, tmp_path / "followed", site=only_feed, follow_links=True)

    assert plain.record.articles == 1
    assert followed.record.articles > 1
    assert sum(account.extracted for account in accounts(followed, "links")) == followed.record.articles - 1
    assert is_balanced(followed.record)


class OwnPictures:
    """The site with its pictures on its own host."""

    def __init__(self, site: SampleSite) -> None:
        self._site = site

    def settle(self, base_url: str) -> None:
        self._site.settle(base_url)

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        if path.startswith("/image/"):
            return Answer(status=200, headers=(("Content-Type", "image/jpeg"),), body=path.encode())
        answer = self._site.respond(path, query, {})
        body = answer.body.replace(IMAGE_HOST.encode(), self._site.base_url.encode())
        return Answer(status=answer.status, headers=(("Content-Type", answer.header("Content-Type") or ""),), body=body)


def test_pictures_are_archived_where_that_is_asked_for(site: SampleSite, tmp_path: Path) -> None:
    hands = Hands(watched=Watched(OwnPictures(site)))

    def pictures(archive: Path, *, with_images: bool) -> list[str]:
        report = hands.crawl(serving.base_url, archive, with_images=with_images)
        assert report.error is None
        return [path for path in hands.watched.asked if path.startswith("/image/")]

    with serve(hands.watched, now=hands.now) as serving:
        assert pictures(tmp_path / "plain", with_images=False) == []
        once = pictures(tmp_path / "pictures", with_images=True)
        hands.pass_on(minutes=12)
        again = pictures(tmp_path / "pictures", with_images=True)
    assert once
    assert len(once) == len(set(once))
    assert again == []


def test_a_copy_on_this_machine_sends_nobody_to_the_hosts_it_links(
    site: SampleSite, hands: Hands, base_url: str, tmp_path: Path
) -> None:
    report = hands.crawl(base_url, tmp_path, with_images=True)

    assert report.error is None
    with Collection.open(report.directory) as collection:
        assert any(article.images for article in collection.articles())
        assert all(capture.url.startswith(base_url) for capture in collection.captures())
    assert "host-unknown" not in report.log.read_text("utf-8")
