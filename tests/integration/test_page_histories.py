"""What a collection knows of pages and links over the runs: gone and back, unmodified, due, open, given up; and that
asking takes no longer the more there is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.catalog import Catalog
from newsarchive.collection.collection import Collection, Validators
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.collection.plans import CoverageRow
from newsarchive.model.capture import StoredCapture
from newsarchive.model.crawl import CrawlRun, Outcome
from newsarchive.model.finding import Finding
from newsarchive.model.links import MAX_ATTEMPTS, LeftLink, Link
from newsarchive.model.recrawl import Ladder
from newsarchive.model.revision import number
from newsarchive.warc.records import Resource
from tests.kept import (
    BASE_URL,
    SITE,
    START,
    archive,
    article_of,
    begin,
    catalog_rows,
    crawling,
    exchange,
    keep,
    ticking,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVEN = Ladder(spread=0)
MOIN = f"{BASE_URL}/moin-100.html"
FEED = f"{BASE_URL}/feed.xml"
TAGGED = ('ETag: "a1"', "Last-Modified: Sun, 22 Nov 2026 09:00:00 GMT")


def moin(writer: CrawlWriter, text: str = "Moin", *, at: datetime = START, **options: tuple[str, ...]) -> None:
    """The article, whole."""
    keep(writer, archive(writer, exchange("/moin-100.html", text.encode(), at=at, **options)), text)


def unmodified(writer: CrawlWriter, path: str = "/moin-100.html", *, at: datetime) -> StoredCapture:
    """An answer 304 to a question with the tag of ``TAGGED``."""
    asked = replace(
        exchange(path, b"", status="304 Not Modified", headers=('ETag: "a1"',), at=at),
        sent=f'GET {path} HTTP/1.1\r\nHost: seeblick.example\r\nIf-None-Match: "a1"\r\n\r\n'.encode(),
    )
    return archive(writer, asked)


def missing(writer: CrawlWriter, path: str = "/moin-100.html", *, at: datetime = START) -> StoredCapture:
    """An answer 404."""
    return archive(writer, exchange(path, b"", status="404 Not Found", at=at))


def declare(writer: CrawlWriter, path: str, *, channel: str = "feed", listed_at: datetime | None = None) -> Link:
    """Note that a feed, fetched for this, lists an address."""
    listing = archive(writer, exchange(f"/{channel}.xml"))
    link = Link(
        url=BASE_URL + path,
        channel=channel,
        declared_at=listing.ref.captured_at,
        listed_at=listed_at,
        record_id=listing.ref.record_id,
    )
    writer.declare(link)
    return link


def ended(root: Path, outcome: Outcome, *, at: datetime, **problems: int) -> None:
    """A run that fetched the feed and ended so."""
    now = ticking(at)
    with Collection.open(root) as collection, collection.lock(), begin(collection, now=now) as writer:
        archive(writer, exchange("/feed.xml", b"<rss/>", headers=('ETag: "f"',), at=at))
        writer.finish(outcome, "", problems={name.replace("_", "-"): count for name, count in problems.items()})


@contextmanager
def opened(root: Path) -> Iterator[Collection]:
    """The collection; what it says is said after a rebuild as well."""
    with Collection.open(root) as collection:
        yield collection
        before = catalog_rows(root)
        collection.rebuild()
    assert catalog_rows(root) == before
    is_sound(root)


def is_sound(root: Path) -> None:
    """The check finds nothing but what is invented here: digests of articles, and times within a run."""
    assert {finding.code for finding in check(root)} <= {"article-digest", "date-order"}


# --- gone, back, unmodified ---


def test_a_removal_ends_and_a_return_continues_the_history(tmp_path: Path) -> None:
    root = tmp_path / SITE
    days = [START + day * DAY for day in range(6)]
    with crawling(root, start=days[0]) as writer:
        moin(writer, at=days[0])
    with crawling(root, start=days[1]) as writer:
        assert writer.gone(missing(writer, at=days[1]), "http-404").is_removal
    with Collection.open(root) as collection:
        page = collection.page(MOIN)
        assert page is not None
        assert (page.first_seen_at, page.gone_at, page.checked_at) == (days[0], days[1], days[1])
        assert page.reason == "http-404"
        assert collection.last_seen("moin-100") == days[0]
        assert collection.knows(MOIN)
    with crawling(root, start=days[2]) as writer:
        writer.gone(missing(writer, at=days[2]), "http-410")
    with crawling(root, start=days[3]) as writer:
        moin(writer, at=days[3])
    with crawling(root, start=days[4]) as writer:
        writer.gone(missing(writer, at=days[4]), "http-404")
    with crawling(root, start=days[5]) as writer:
        moin(writer, "Moin Moin", at=days[5])

    with opened(root) as collection:
        assert [(found.captured_at, found.revision, found.reason) for found in collection.sightings("moin-100")] == [
            (days[1], 1, "http-404"),
            (days[2], 1, "http-410"),
            (days[3], 1, None),
            (days[4], 1, "http-404"),
        ]
        assert [run.removed for run in collection.runs()] == [0, 1, 0, 0, 1, 0]
        assert [run.returned for run in collection.runs()] == [0, 0, 0, 1, 0, 1]
        assert [run.revised for run in collection.runs()] == [0, 0, 0, 0, 0, 1]
        page = collection.page(MOIN)
        assert page is not None
        assert (page.gone_at, page.reason, page.changed_at) == (None, None, days[5])


def test_the_time_of_a_removal_is_that_of_the_first_look_that_found_it(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        moin(writer)
        for day in (1, 2, 9):
            writer.gone(missing(writer, at=START + day * DAY), "http-404")

    with opened(root) as collection:
        page = collection.page(MOIN)
        assert page is not None
        assert (page.gone_at, page.checked_at) == (START + DAY, START + 9 * DAY)
        assert [due.url for due in collection.due(EVEN, START + 32 * DAY)] == [MOIN]


def test_an_address_that_never_was_an_article_has_no_removal(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        sighting = writer.gone(missing(writer, "/nie-100.html"), "http-404")
        with pytest.raises(ValueError, match="no reason why a page is gone"):
            writer.gone(missing(writer, "/nie-101.html"), "timeout")

    assert not sighting.is_removal
    with opened(root) as collection:
        assert [run.removed for run in collection.runs()] == [0]
        assert collection.knows(f"{BASE_URL}/nie-100.html")
        assert [due.due_at for due in collection.due(EVEN, START + HOUR)] == [START + 10 * MINUTE]


def test_an_answer_304_is_a_sighting_of_what_was_there(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        moin(writer, headers=TAGGED)
        listing = exchange("/live.html", b"Liste", headers=TAGGED)
        writer.no_article(archive(writer, listing), "listing")
    with crawling(root, start=START + HOUR) as writer:
        stored = unmodified(writer, at=START + HOUR)
        sighting = writer.unmodified(stored)
        assert sighting is not None
        assert (sighting.article_id, sighting.revision, sighting.reason) == ("moin-100", 1, None)
        assert sighting.record_id == stored.ref.record_id
        none = writer.unmodified(unmodified(writer, "/live.html", at=START + HOUR))
        assert none is not None
        assert (none.article_id, none.reason) == (None, "listing")
        assert writer.unmodified(unmodified(writer, "/nie.html", at=START + HOUR)) is None

    with opened(root) as collection:
        assert collection.last_seen("moin-100") == START + HOUR
        page = collection.page(MOIN)
        assert page is not None
        assert page.checked_at == START + HOUR


def test_a_304_after_a_removal_is_a_return(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        moin(writer, headers=TAGGED)
    with crawling(root, start=START + HOUR) as writer:
        writer.gone(missing(writer, at=START + HOUR), "http-404")
    with crawling(root, start=START + 2 * HOUR) as writer:
        writer.unmodified(unmodified(writer, at=START + 2 * HOUR))

    with opened(root) as collection:
        assert [run.returned for run in collection.runs()] == [0, 0, 1]
        assert collection.page(MOIN) == replace(
            collection.page(MOIN),
            gone_at=None,
            reason=None,
            checked_at=START + 2 * HOUR,  # type: ignore[type-var]  # a page
        )


def test_a_304_speaks_of_the_text_at_its_own_address(tmp_path: Path) -> None:
    """The same article at two addresses: the older text that one of them still has is what was seen there."""
    root = tmp_path / SITE
    with crawling(root) as writer:
        moin(writer, headers=TAGGED)
        keep(writer, archive(writer, exchange("/kopie-100.html", b"neu", at=START + MINUTE)), "neu")
    with crawling(root, start=START + HOUR) as writer:
        sighting = writer.unmodified(unmodified(writer, at=START + HOUR))

    assert sighting is not None
    assert sighting.revision == 1


def test_the_times_of_a_page_are_those_of_its_newest_revision(tmp_path: Path) -> None:
    root = tmp_path / SITE
    published, modified, end = START - 9 * DAY, START - 2 * DAY, START + 700 * DAY
    with crawling(root) as writer:
        article = article_of(archive(writer, exchange("/moin-100.html")))
        writer.write_article(
            replace(article, published_at=published, modified_at=modified, unavailable_after=end, revision=1)
        )

    with opened(root) as collection:
        page = collection.page(MOIN)
        assert page is not None
        assert (page.published_at, page.changed_at, page.unavailable_after) == (published, modified, end)
        assert [due.due_at for due in collection.due(EVEN, START + DAY)] == [START + 6 * HOUR]


def test_imported_text_is_no_page_of_the_site(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        resource = Resource(url=MOIN, captured_at=START, content_type="text/plain", payload=b"Moin")
        keep(writer, writer.append_resource(resource).result(timeout=30), "Moin")

    with opened(root) as collection:
        assert collection.page(MOIN) is None
        assert not collection.knows(MOIN)
        assert list(collection.due(EVEN, START + 99 * DAY)) == []


# --- due ---


def test_what_is_due_comes_in_order_and_goes_when_it_was_read(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        for number_, minutes in enumerate((5, 0, 3)):
            stored = archive(writer, exchange(f"/{number_}-100.html", at=START + minutes * MINUTE))
            keep(writer, stored, "Moin", article_id=f"{number_}-100")

    with Collection.open(root) as collection:
        assert list(collection.due(EVEN, START + 9 * MINUTE)) == []
        due = list(collection.due(EVEN, START + 15 * MINUTE))
        assert [(page.article_id, page.revision) for page in due] == [("1-100", 1), ("2-100", 1), ("0-100", 1)]
        assert list(collection.due(EVEN, START + 15 * MINUTE, limit=2)) == due[:2]
        assert [page.due_at for page in due] == [START + minutes * MINUTE for minutes in (10, 13, 15)]
    with crawling(root, start=START + 12 * MINUTE) as writer:
        stored = archive(writer, exchange("/1-100.html", at=START + 12 * MINUTE))
        keep(writer, stored, "Moin", article_id="1-100")

    with opened(root) as collection:
        due = list(collection.due(EVEN, START + 15 * MINUTE))
        assert [page.article_id for page in due] == ["2-100", "0-100"]


def test_another_ladder_is_asked_anew(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        moin(writer)
    often = replace(EVEN, rungs=((HOUR, MINUTE),))
    never = replace(EVEN, rungs=())

    with Collection.open(tmp_path) as collection:
        for ladder, due_at in ((EVEN, START + 10 * MINUTE), (often, START + MINUTE), (EVEN, START + 10 * MINUTE)):
            assert [page.due_at for page in collection.due(ladder, START + HOUR)] == [due_at]
        assert list(collection.due(never, START + 999 * DAY)) == []


def test_many_due_pages_come_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsarchive.collection.plans._AT_ONCE", 2)
    with crawling(tmp_path) as writer:
        for number_ in range(5):
            keep(writer, archive(writer, exchange(f"/{number_}.html")), "Moin", article_id=f"{number_}")
            writer.leave(LeftLink(url=f"{BASE_URL}/offen-{number_}.html", reason="limit", tried=False))
            declare(writer, f"/{number_}.html")

    with Collection.open(tmp_path) as collection:
        assert [page.article_id for page in collection.due(EVEN, START + DAY)] == ["0", "1", "2", "3", "4"]
        assert len(list(collection.due(EVEN, START + DAY, limit=3))) == 3
        assert len(list(collection.open_links(START + DAY))) == 5
        (row,) = collection.coverage(START.date(), START.date())
        assert row.declared == 5


# --- validators ---


def test_validators_are_those_of_the_newest_whole_answer_that_was_read(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        moin(writer, headers=('ETag: W/"a1"', TAGGED[1]))
        archive(writer, exchange("/ungelesen-100.html", headers=TAGGED))
        archive(writer, exchange("/nackt-100.html"))
    with Collection.open(root) as collection:
        known = collection.validators(MOIN)
        assert known == Validators(etag='W/"a1"', last_modified="Sun, 22 Nov 2026 09:00:00 GMT")
        for path in ("ungelesen-100", "nackt-100", "nie-100"):
            assert collection.validators(f"{BASE_URL}/{path}.html") is None
    with crawling(root, start=START + HOUR) as writer:
        unmodified(writer, at=START + HOUR)
        missing(writer, at=START + 2 * HOUR)
        archive(writer, replace(exchange("/moin-100.html", headers=('ETag: "cut"',)), truncated="disconnect"))
    with Collection.open(root) as collection:
        assert collection.validators(MOIN) == known
    with crawling(root, start=START + 3 * HOUR) as writer:
        archive(writer, exchange("/moin-100.html", b"nie gelesen", headers=('ETag: "b2"',), at=START + 3 * HOUR))

    with opened(root) as collection:
        # Asked with the tag of what was never read, a 304 would say that there is nothing to read.
        assert collection.validators(MOIN) is None


def test_validators_of_a_listing_need_a_run_that_read_its_listings(tmp_path: Path) -> None:
    root = tmp_path / SITE
    Collection.create(root, SITE)
    answers = []
    runs: tuple[tuple[Outcome, int], ...] = (
        ("finished", 0),
        ("recovered", 0),
        ("limited", 0),
        ("interrupted", 0),
        ("finished", 1),
        ("failed", 0),
        ("finished", 0),
    )
    for hour, (outcome, failed) in enumerate(runs):
        ended(root, outcome, at=START + hour * HOUR, **({"listing_failed": failed} if failed else {}))
        with Collection.open(root) as collection:
            answers.append(collection.validators(FEED, listing=True) is not None)
            assert collection.validators(FEED) is None

    assert answers == [True, False, True, False, False, False, True]


def test_what_the_run_itself_fetched_gives_no_validators(tmp_path: Path) -> None:
    with Collection.create(tmp_path, SITE) as collection, collection.lock(), begin(collection) as writer:
        moin(writer, headers=TAGGED)
        assert collection.validators(MOIN) is None
        writer.finish("finished", "")
        assert collection.validators(MOIN) is not None


# --- links ---


def test_a_link_is_written_once_for_each_channel(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        first = declare(writer, "/moin-100.html")
        again = replace(first, declared_at=first.declared_at + MINUTE)
        assert not writer.declare(again)
        assert writer.declare(replace(first, channel="sections"))
    with crawling(root, start=START + DAY) as writer:
        assert not writer.declare(again)

    with opened(root) as collection:
        (path,) = root.glob("articles/*/*/*/*.links.jsonl")
        assert len(path.read_bytes().splitlines()) == 2
        assert next(run.run for run in collection.runs()) in path.name


def test_a_left_link_is_tried_later_and_later_and_given_up(tmp_path: Path) -> None:
    root = tmp_path / SITE
    at = START
    waits = []
    for attempt in range(MAX_ATTEMPTS):
        with crawling(root, start=at) as writer:
            if attempt == 0:
                declare(writer, "/zaeh-100.html", listed_at=START - HOUR)
            writer.leave(LeftLink(url=f"{BASE_URL}/zaeh-100.html", reason="timeout"))
        with Collection.open(root) as collection:
            (link,) = collection.open_links()
            ended_at = collection.runs()[-1].ended_at
            assert (link.attempts, link.channel, link.listed_at) == (attempt + 1, "feed", START - HOUR)
            assert link.is_given_up == (attempt == MAX_ATTEMPTS - 1)
            assert list(collection.open_links(link.next_try_at - MINUTE)) == []
            assert list(collection.open_links(link.next_try_at)) == ([] if link.is_given_up else [link])
        waits.append((link.next_try_at - ended_at) / MINUTE)
        at = link.next_try_at

    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280]
    with opened(root) as collection:
        assert list(collection.open_links(at + 99 * DAY)) == []


def test_what_was_never_tried_is_no_failed_attempt(tmp_path: Path) -> None:
    root = tmp_path / SITE
    for day in range(MAX_ATTEMPTS + 2):
        with crawling(root, start=START + day * DAY) as writer:
            writer.leave(LeftLink(url=MOIN, reason="limit", tried=False))

    with opened(root) as collection:
        (link,) = collection.open_links(START + 99 * DAY)
        assert (link.attempts, link.channel, link.reason) == (0, None, "limit")


@pytest.mark.parametrize("end", ["article", "no-article", "gone", "moved"])
def test_a_link_that_is_ended_is_open_no_more(tmp_path: Path, end: str) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        writer.leave(LeftLink(url=MOIN, reason="timeout"))
    with crawling(root, start=START + DAY) as writer:
        if end == "article":
            moin(writer)
        elif end == "no-article":
            writer.no_article(archive(writer, exchange("/moin-100.html")), "listing")
        elif end == "gone":
            writer.gone(missing(writer), "http-404")
        else:
            archive(writer, exchange("/moin-100.html", b"", status="301 Moved", headers=("Location: /neu-100.html",)))
            keep(writer, archive(writer, exchange("/neu-100.html")), "Moin")

    with opened(root) as collection:
        assert list(collection.open_links()) == []


def test_a_link_stays_open_while_its_page_fails(tmp_path: Path) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        moin(writer)
    for hour in (1, 2):
        with crawling(root, start=START + hour * HOUR) as writer:
            archive(writer, exchange("/moin-100.html", b"", status="503 Down", at=START + hour * HOUR))
            writer.leave(LeftLink(url=MOIN, reason="http-503"))
    with crawling(root, start=START + 3 * HOUR) as writer:
        archive(writer, exchange("/robots.txt", at=START + 3 * HOUR))

    with opened(root) as collection:
        (link,) = collection.open_links()
        assert link.attempts == 2
        # A known article that fails waits as a link does, and is not asked for as due meanwhile.
        assert list(collection.due(EVEN, link.next_try_at - MINUTE)) == []
        assert [page.due_at for page in collection.due(EVEN, link.next_try_at)] == [link.next_try_at]


def test_coverage_says_what_became_of_the_links_of_each_day(tmp_path: Path) -> None:
    root = tmp_path / SITE
    yesterday = START - DAY
    with crawling(root) as writer:
        for path in ("moin-100", "liste-100", "weg-100", "offen-100", "zaeh-100", "fremd-100", "umgezogen-100"):
            declare(writer, f"/{path}.html", listed_at=yesterday)
        declare(writer, "/moin-100.html", channel="sections")
        moin(writer)
        writer.no_article(archive(writer, exchange("/liste-100.html")), "listing")
        writer.gone(missing(writer, "/weg-100.html"), "http-404")
        writer.leave(LeftLink(url=f"{BASE_URL}/offen-100.html", reason="timeout"))
        archive(writer, exchange("/umgezogen-100.html", b"", status="301 X", headers=("Location: /moin-100.html",)))
    for day in range(1, MAX_ATTEMPTS + 1):
        with crawling(root, start=START + day * DAY) as writer:
            writer.leave(LeftLink(url=f"{BASE_URL}/zaeh-100.html", reason="timeout"))
    with crawling(root, start=START + 20 * DAY) as writer:
        writer.gone(missing(writer, at=START + 20 * DAY), "http-404")

    with opened(root) as collection:
        assert list(collection.coverage(yesterday.date(), START.date())) == [
            CoverageRow(
                channel="feed",
                day=yesterday.date(),
                declared=7,
                collected=2,
                no_article=1,
                gone=1,
                failed=1,
                open=1,
                skipped=1,
            ),
            CoverageRow(channel="sections", day=START.date(), declared=1, collected=1),
        ]
        assert [row.channel for row in collection.coverage(START.date(), START.date())] == ["sections"]
        assert list(collection.coverage(date(2026, 1, 1), date(2026, 1, 2))) == []


# --- companions, runs ---


def test_a_companion_is_the_newest_of_its_time(tmp_path: Path) -> None:
    root = tmp_path / SITE
    runs = []
    for day, text in enumerate((b"eins", b"zwei", b"drei")):
        with crawling(root, start=START + day * DAY) as writer:
            archive(writer, exchange("/ut.xml", text, at=START + day * DAY))
            archive(writer, exchange("/ut.xml", b"", status="500 Aua", at=START + day * DAY + MINUTE))
            runs.append(writer.run)

    with opened(root) as collection:
        found = [collection.companion(f"{BASE_URL}/ut.xml", run) for run in runs]
        assert [stored and stored.payload for stored in found] == [b"eins", b"zwei", b"drei"]
        assert collection.companion(f"{BASE_URL}/nie.xml", runs[2]) is None
    with (
        Collection.open(root) as collection,
        collection.lock(),
        begin(collection, now=ticking(START + 9 * DAY)) as writer,
    ):
        unchanged = archive(writer, exchange("/ut.xml", b"vier", at=START + 9 * DAY))
        assert collection.companion(f"{BASE_URL}/ut.xml", writer.run) == unchanged
        assert collection.companion(f"{BASE_URL}/ut.xml", runs[1]) == found[1]


def test_a_run_keeps_findings_and_bytes(tmp_path: Path) -> None:
    finding = Finding(severity="error", code="channel-silent", where="feed", message="Nothing.", remedy="Look.")
    with Collection.create(tmp_path, SITE) as collection, collection.lock(), begin(collection) as writer:
        capture = exchange("/moin-100.html")
        archive(writer, capture)
        record = writer.finish("failed", "", findings=[finding])

        assert record.findings == (finding,)
        assert record.received_bytes == len(capture.received)
        assert collection.runs() == (record,)


def test_a_record_of_an_older_version_is_read(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        moin(writer)
    (path,) = (tmp_path / "crawls").iterdir()
    text = path.read_text(encoding="utf-8")
    for name in ("findings", "revised", "removed", "returned", "received_bytes"):
        assert f'"{name}"' in text
    older = {key: value for key, value in json.loads(text).items() if key in _OLD_FIELDS}
    older["funnel"] = [{"channel": "feed", "declared": 1, "known": 0, "fetched": 1, "extracted": 1, "skipped": 0}]
    path.write_text(json.dumps(older), encoding="utf-8")

    (run,) = Collection.open(tmp_path).runs()
    assert isinstance(run, CrawlRun)
    assert (run.findings, run.funnel[0].day, run.funnel[0].reasons) == ((), None, {})
    is_sound(tmp_path)


_OLD_FIELDS = {
    *("format", "run", "site", "base_url", "started_at", "ended_at", "outcome", "reason", "versions", "settings"),
    *("warcs", "articles_file", "captures", "articles", "problems", "funnel"),
}


# --- how the questions are answered ---

ALLOWED = {"writing", "json_each", "begun", "ladder", "CONSTANT", "reading", "found"}
"""What may be read from end to end: tables of one row at most, values of the question itself, and what was found."""

Ask = Callable[[Collection, Catalog], object]

QUESTIONS: dict[str, Ask] = {
    "knows": lambda collection, _: collection.knows(MOIN),
    "knows a redirect": lambda collection, _: collection.knows(f"{BASE_URL}/alt-100.html"),
    "page": lambda collection, _: collection.page(MOIN),
    "due": lambda collection, _: list(collection.due(EVEN, START + DAY)),
    "open links": lambda collection, _: list(collection.open_links(START + 9 * DAY)),
    "all open links": lambda collection, _: list(collection.open_links()),
    "validators": lambda collection, _: collection.validators(MOIN),
    "companion": lambda collection, _: collection.companion(MOIN, collection.runs()[0].run),
    "sightings": lambda collection, _: collection.sightings("moin-100"),
    "last revision": lambda collection, _: collection.article("moin-100"),
    "article at": lambda collection, _: collection.article_at(MOIN),
    "last seen": lambda collection, _: collection.last_seen("moin-100"),
    "coverage": lambda collection, _: list(collection.coverage(START.date(), START.date())),
    "a run": lambda collection, _: one_more_run(collection),
}


def one_more_run(collection: Collection) -> None:
    """A run that does a bit of everything."""
    with collection.lock(), begin(collection, now=ticking(START + 2 * DAY)) as writer:
        declare(writer, "/neu-100.html")
        moin(writer, "neu", at=START + 2 * DAY)
        writer.unmodified(unmodified(writer, at=START + 2 * DAY))
        writer.gone(missing(writer, at=START + 3 * DAY), "http-404")
        writer.no_article(archive(writer, exchange("/liste.html")), "listing")
        stored = archive(writer, exchange("/noch-100.html"))
        numbered, _ = number(article_of(stored, article_id="noch-100"), writer.last_revision("noch-100"))
        writer.write_article(numbered)
        writer.leave(LeftLink(url=f"{BASE_URL}/neu-100.html", reason="timeout"))
        writer.finish("finished", "")


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_of_a_crawl_is_answered_by_reading_a_whole_table(tmp_path: Path, name: str) -> None:
    root = tmp_path / SITE
    with crawling(root) as writer:
        moin(writer, headers=TAGGED)
        declare(writer, "/moin-100.html")
        archive(writer, exchange("/alt-100.html", b"", status="301 X", headers=("Location: /moin-100.html",)))
        writer.leave(LeftLink(url=f"{BASE_URL}/offen-100.html", reason="timeout"))
    asked: list[str] = []
    with Collection.open(root) as collection:
        list(collection.due(EVEN, START))
        catalog = collection._catalog
        catalog._connection.set_trace_callback(asked.append)
        QUESTIONS[name](collection, catalog)
        catalog._connection.set_trace_callback(None)
        statements = [
            text for text in asked if text.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"))
        ]
        assert statements
        for statement in statements:
            plan = [row[3] for row in catalog._connection.execute(f"EXPLAIN QUERY PLAN {statement}")]  # as it was asked
            scanned = [step.split()[1] for step in plan if step.startswith("SCAN")]
            whole = [found for found in scanned if found not in ALLOWED and not found.startswith("(subquery")]
            assert not whole, (statement, plan)


def test_forgetting_a_killed_run_does_not_read_the_others(tmp_path: Path) -> None:
    """Done for each run of a rebuild, that would take the square of the time."""
    root = tmp_path / SITE
    for day in range(3):
        with crawling(root, start=START + day * DAY) as writer:
            moin(writer, f"Tag {day}", at=START + day * DAY)
    with Collection.open(root) as collection, collection.lock():
        killed = begin(collection, now=ticking(START + 5 * DAY))
        moin(killed, "nie", at=START + 5 * DAY)
        declare(killed, "/nie-100.html")
        killed.abort()
        before = catalog_rows(root)
        with begin(collection, now=ticking(START + 6 * DAY)) as writer:
            after = catalog_rows(root)
            writer.finish("finished", "")

    lost = {name: len(before[name]) - len(after[name]) for name in before}
    assert {name: count for name, count in lost.items() if count} == {"captures": 2, "revisions": 1, "links": 1}
    with closing(sqlite3.connect(root / "catalog.sqlite")) as connection:
        assert connection.execute("SELECT count() FROM begun").fetchone() == (0,)


def test_days_of_coverage_are_those_of_the_zone(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        declare(writer, "/spaet-100.html", listed_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))

    with Collection.open(tmp_path) as collection:
        (row,) = collection.coverage(date(2026, 11, 21), date(2026, 11, 21), zone=ZoneInfo("Europe/Berlin"))
        assert row.day == date(2026, 11, 21)
        assert [row.day for row in collection.coverage(date(2026, 11, 20), date(2026, 11, 20))] == [date(2026, 11, 20)]
