"""Faults of the sample site: each strikes where and when it should, and nothing else changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest

from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.faults import Fault, FaultKind, Faulty
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.listings import FEED_PATHS
from newsarchive.samplesite.site import SampleSite

BASE = "http://127.0.0.1:8000"
NOON = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
STORIES = invent_stories(12, seed=1)
ARTICLE = next(story.path for story in STORIES if story.kind == "article" and story.era == "e3")


def answer(fault: Fault, path: str, at: datetime = NOON, **headers: str) -> Answer:
    site = Faulty(SampleSite(STORIES, base_url=BASE, weight_bytes=0), lambda: at, [fault])
    return site.respond(path, "", {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("kind", "status"), [("error", 500), ("busy", 503), ("forbidden", 403), ("missing", 404), ("reset", 0)]
)
def test_faults_that_answer_with_a_status(kind: FaultKind, status: int) -> None:
    assert answer(Fault(kind=kind), ARTICLE).status == status
    assert answer(Fault(kind=kind, path="/robots.txt"), ARTICLE).status == 200


def test_a_fault_begins_and_ends() -> None:
    fault = Fault(kind="busy", since=NOON, until=NOON + timedelta(hours=1), retry_after_s=120)
    before, during, after = (answer(fault, "/", NOON + timedelta(minutes=shift)) for shift in (-1, 59, 60))
    assert [each.status for each in (before, during, after)] == [200, 503, 200]
    assert during.header("Retry-After") == "120"


def test_feeds_are_emptied_or_broken_and_pages_are_not() -> None:
    empty = feedparser.parse(answer(Fault(kind="feed-empty"), FEED_PATHS[0]).body)
    assert (empty.version, empty.bozo, empty.entries) == ("rss20", False, [])
    assert feedparser.parse(answer(Fault(kind="feed-broken"), FEED_PATHS[0]).body).bozo
    assert b"<item>" in answer(Fault(kind="clock-off"), FEED_PATHS[0]).body
    assert b"<article" in answer(Fault(kind="feed-empty"), ARTICLE).body


@pytest.mark.parametrize(
    ("kind", "path", "lost"),
    [
        ("stand-gone", ARTICLE, b"Stand: "),
        ("body-renamed", ARTICLE, b"textabsatz"),
        ("login-wall", ARTICLE, b"<article"),
        ("archive-renamed", "/archiv", b"teaser-right__link"),
    ],
)
def test_what_a_page_loses(kind: FaultKind, path: str, lost: bytes) -> None:
    whole = SampleSite(STORIES, base_url=BASE, weight_bytes=0).respond(path, "", {})
    altered = answer(Fault(kind=kind), path)
    assert altered.status == 200
    assert lost in whole.body
    assert lost not in altered.body
    assert altered.header("ETag") not in {None, whole.header("ETag")}
    assert answer(Fault(kind=kind), path, if_none_match=whole.header("ETag") or "").status == 200
    assert answer(Fault(kind=kind), "/robots.txt").body.startswith(b"User-agent")


def test_a_clock_that_is_off_says_so_in_the_date() -> None:
    date = answer(Fault(kind="clock-off"), ARTICLE).header("Date")
    assert date is not None
    assert parsedate_to_datetime(date) == NOON + timedelta(hours=1)
