"""The plan of a site's life is the truth: an editorial event changes the content digest of the page, no other does."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Extraction
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.samplesite.life import EDITS, REMOVALS, Event, Life, Playback, plan_life
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.story import Story
from newsarchive.sites.registry import get_site

BASE = "http://127.0.0.1:8000"
START = datetime(2026, 3, 20, 5, 0, tzinfo=UTC)


@cache
def life() -> Life:
    return plan_life(150, 12, seed=3, start=START)


def read(site: SampleSite, path: str, at: datetime) -> Article:
    article = extraction(site, path, at).article
    assert article is not None, path
    return article


def extraction(site: SampleSite, path: str, at: datetime) -> Extraction:
    answer = site.respond(path, "", {})
    assert answer.status == 200, path
    ref = CaptureRef(
        record_id="urn:uuid:0",
        warc="w.warc.gz",
        offset=0,
        length=0,
        captured_at=at + timedelta(minutes=1),
        status=200,
        payload_digest=Digest.of(answer.body),
    )
    stored = StoredCapture(
        ref=ref,
        url=BASE + path,
        record_type="response",
        content_type="text/html",
        headers=answer.headers,
        payload=answer.body,
    )
    return extract(stored, get_site("tagesschau").at(BASE))


def test_a_plan_holds_everything_that_can_happen() -> None:
    events = plan_life(600, 60, seed=1, start=START).events
    kinds = Counter(event.kind for event in events)
    assert set(kinds) == {
        "publish", *EDITS, "stand", "teaser", "navigation", "tags", "relaunch", "move", *REMOVALS, "restore",
    }  # fmt: skip
    assert kinds["publish"] == 600
    assert kinds["relaunch"] == 1
    assert {event.stand_moves for event in events if event.kind == "headline"} == {True, False}
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert all(event.at < START + timedelta(days=61) for event in events)
    assert plan_life(600, 60, seed=1, start=START).events == events
    assert plan_life(600, 60, seed=2, start=START).events != events


def test_what_is_removed_is_left_alone_until_it_returns() -> None:
    out: set[str] = set()
    for event in life().events:
        assert event.slug not in out or event.kind == "restore", event
        if event.kind in REMOVALS and event.slug is not None:
            out.add(event.slug)
        elif event.kind == "restore":
            out.remove(event.slug or "")


def test_editorial_events_and_no_others_change_what_a_page_says() -> None:
    site = SampleSite((), base_url=BASE, weight_bytes=0)
    playback = Playback(life(), site)
    before: dict[str, Article] = {}
    met: Counter[str] = Counter()
    for event in life().events:
        playback.play(event.at)
        if event.slug is None or event.kind in REMOVALS:
            continue
        story = site.story(event.slug)
        article = read(site, story.path, event.at)
        assert_says(article, playback.states[event.slug][-1], event)
        old = before.get(event.slug)
        before[event.slug] = article
        if old is not None:
            met[event.kind] += 1
            assert (article.content_digest != old.content_digest) == event.is_editorial, event
            assert (article.stand != old.stand) == event.stand_moves, event
            assert article.article_id == old.article_id
    assert set(met) >= {*EDITS, "stand", "teaser", "navigation", "tags"}


def assert_says(article: Article, story: Story, event: Event) -> None:
    assert article.headline == story.headline, event
    assert article.lead == story.lead, event
    assert article.text.split() == " ".join(story.pieces()).split(), event
    assert article.updates == story.updates, event
    assert article.problems == (), event


@pytest.mark.parametrize("kind", sorted(REMOVALS))
def test_removals_take_the_page_away(kind: str) -> None:
    longer = plan_life(600, 60, seed=1, start=START)
    event = next(event for event in longer.events if event.kind == kind)
    site = SampleSite((), base_url=BASE, weight_bytes=0)
    playback = Playback(longer, site)
    playback.play(event.at - timedelta(seconds=1))
    story = site.story(event.slug or "")
    if kind == "expire":
        assert story.unavailable_after == event.at
    playback.play(event.at)
    answer = site.respond(story.path, "", {})
    status = {"gone": 410, "missing": 404, "expire": 404, "front-page": 302, "notice": 200}[kind]
    assert answer.status == status
    assert b"<article" not in answer.body
    if kind == "notice":
        reason = extraction(site, story.path, event.at).reason
        assert reason is not None
        assert reason.code == "depublished"
