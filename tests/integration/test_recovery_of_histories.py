"""What a killed crawl had found out about pages and links is not lost: 304s, removals, redirects, feeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.model.capture import Capture
from newsarchive.model.links import LeftLink, Link
from newsarchive.reextract.recovery import RecoveredRun, describe, recover
from tests.integration.test_recovery import BASE_URL, BEGUN, PATHS, SITE, TOWN, begin, keep, killed, page
from tests.kept import archive, catalog_rows, ticking

HOUR = timedelta(hours=1)
LATER = BEGUN + HOUR
FEED = "/infoservices/alle-meldungen-100~rss2.xml"


def answer(path: str, status: str, *headers: str, at: datetime = LATER, asked: str = "") -> Capture:
    """An answer without content."""
    lines = (f"HTTP/1.1 {status}", *headers, *(["Content-Length: 0"] if not status.startswith("304") else []), "", "")
    return Capture(
        url=BASE_URL + path,
        started_at=at,
        sent=f"GET {path} HTTP/1.1\r\nHost: news.example\r\n{asked}\r\n".encode(),
        received="\r\n".join(lines).encode(),
    )


def unmodified(path: str, at: datetime = LATER) -> Capture:
    """An answer 304 to a question with the tag that the page has."""
    tag = TOWN.respond(path, "", {}).header("ETag")
    return answer(path, "304 Not Modified", f"ETag: {tag}", at=at, asked=f"If-None-Match: {tag}\r\n")


def crawled(root: Path, paths: list[str]) -> None:
    """A first crawl that comes to its end."""
    with Collection.open_or_create(root, SITE.name) as collection, collection.lock(), begin(collection) as writer:
        for path in paths:
            keep(writer, archive(writer, page(path)))
        writer.finish("finished", "")


def with_feed(writer: CrawlWriter) -> None:
    """The feed, captured and not read."""
    archive(writer, page(FEED, LATER))


def stopped(root: Path, work: Callable[[CrawlWriter], None], **settings: str) -> None:
    """A second crawl that is killed after ``work``."""
    if not settings:
        killed(root, work, at=LATER)
        return
    with Collection.open_or_create(root, SITE.name) as collection, collection.lock():
        writer = collection.begin_crawl(
            base_url=BASE_URL,
            versions={},
            settings=dict(settings),
            warcinfo={},
            now=ticking(LATER),
            token=lambda: "0a1b",
        )
        work(writer)
        writer.abort()


def recovered(root: Path) -> RecoveredRun:
    """What became of the killed run; a rebuild and a check agree with it."""
    with Collection.open(root) as collection, collection.lock():
        (run,) = recover(collection, SITE, now=ticking(LATER + 9 * HOUR))
        rows = catalog_rows(root)
        collection.rebuild()
    assert catalog_rows(root) == rows
    assert [finding for finding in check(root, deep=True) if finding.severity == "error"] == []
    return run


def test_answers_that_no_line_mentions_are_told_as_the_crawl_would_have(tmp_path: Path) -> None:
    root = tmp_path / SITE.name
    crawled(root, PATHS[:4])

    def work(writer: CrawlWriter) -> None:
        archive(writer, unmodified(PATHS[0]))
        archive(writer, answer(PATHS[1], "404 Not Found"))
        archive(writer, answer(PATHS[2], "301 Moved", "Location: /"))
        archive(writer, answer(PATHS[3], "301 Moved", f"Location: {PATHS[4]}"))
        archive(writer, page(PATHS[4], LATER))
        archive(writer, answer("/inland/nie-100.html", "410 Gone"))
        archive(writer, answer("/inland/aua-100.html", "500 Aua"))
        archive(writer, unmodified(PATHS[5]))  # of what was never read
        archive(writer, answer(FEED, "404 Not Found"))

    stopped(root, work)
    run = recovered(root)

    assert (run.articles, run.unchanged, run.gone, run.unread) == (1, 1, 4, 0)
    assert run.record is not None
    assert (run.record.removed, run.record.returned, run.record.revised) == (3, 0, 0)
    with Collection.open(root) as collection:
        known = {path: collection.page(BASE_URL + path) for path in PATHS[:4]}
        reasons = {path: found.reason for path, found in known.items() if found is not None}
        assert reasons == dict(zip(PATHS, (None, "http-404", "moved-away", "moved"), strict=False))
        first = collection.page(BASE_URL + PATHS[0])
        assert first is not None
        assert first.checked_at == LATER
        assert not collection.knows(f"{BASE_URL}/inland/aua-100.html")
        assert not collection.knows(BASE_URL + PATHS[5])
        never = collection.page(f"{BASE_URL}/inland/nie-100.html")
        assert never is not None
        assert never.reason == "http-410"


def test_a_feed_that_was_fetched_and_not_read_is_read(tmp_path: Path) -> None:
    root = tmp_path / SITE.name

    def work(writer: CrawlWriter) -> None:
        archive(writer, page(FEED))
        archive(writer, page("/robots.txt"))
        keep(writer, archive(writer, page(PATHS[0])))

    killed(root, work)
    run = recovered(root)

    stories = {BASE_URL + story.path for story in TOWN.stories}
    assert run.left == len(stories) - 1
    assert f"{run.left} links that it had found and not ended are left for the next crawl." in describe(run)
    with Collection.open(root) as collection:
        left = list(collection.open_links(LATER + 9 * HOUR + timedelta(minutes=1)))
        assert {link.url for link in left} == stories - {BASE_URL + PATHS[0]}
        assert {(link.channel, link.reason, link.attempts) for link in left} == {("feed", "killed", 0)}
        assert all(link.listed_at is not None for link in left)
        # What was read of the feed on this occasion is no ground to ask whether the feed has changed.
        assert collection.validators(BASE_URL + FEED, listing=True) is None


def test_links_outside_the_days_that_were_asked_for_are_not_left(tmp_path: Path) -> None:
    root = tmp_path / SITE.name

    stopped(root, with_feed, since="2001-01-01", until="2001-01-02")

    run = recovered(root)
    assert run.left == 0
    with Collection.open(root) as collection:
        assert list(collection.open_links()) == []
        assert len(catalog_rows(root)["links"]) == len(TOWN.stories)


def test_a_broken_feed_keeps_nothing_from_being_recovered(tmp_path: Path) -> None:
    root = tmp_path / SITE.name

    def work(writer: CrawlWriter) -> None:
        archive(writer, replace(page(FEED), received=b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nMoin"))
        keep(writer, archive(writer, page(PATHS[0])))

    killed(root, work)
    run = recovered(root)

    assert run.record is not None
    assert run.record.problems["listing-failed"] == 1
    assert run.record.articles == 1


def written_links(writer: CrawlWriter) -> None:
    """A feed whose links were written, one of them read, and one left."""
    stored = archive(writer, page(FEED))
    for path in PATHS[:3]:
        writer.declare(
            Link(
                url=BASE_URL + path,
                channel="feed",
                declared_at=stored.ref.captured_at,
                listed_at=None,
                record_id=stored.ref.record_id,
            )
        )
    archive(writer, page(PATHS[0]))
    writer.leave(LeftLink(url=BASE_URL + PATHS[0], reason="stopped", tried=False))
    writer.leave(LeftLink(url=BASE_URL + PATHS[1], reason="timeout"))


def links_file(root: Path) -> Path:
    """The links of the killed run."""
    (path,) = root.glob("articles/*/*/*/*.links.jsonl")
    return path


def test_links_that_were_written_are_kept(tmp_path: Path) -> None:
    root = tmp_path / SITE.name
    killed(root, written_links)
    before = links_file(root).read_bytes().splitlines()

    run = recovered(root)

    (mended,) = [lines for lines in run.lines if lines.name.endswith(".links.jsonl")]
    assert (mended.kept, mended.broken, mended.outdated, mended.orphaned) == (5, 0, 0, 0)
    assert links_file(root).read_bytes().splitlines()[:5] == before
    with Collection.open(root) as collection:
        links = {link.url: link for link in collection.open_links()}
        # Left when the crawl was stopped; its capture was there, though, and was read by the recovery.
        assert BASE_URL + PATHS[0] not in links
        assert links[BASE_URL + PATHS[1]].attempts == 1
        assert links[BASE_URL + PATHS[2]].reason == "killed"


@pytest.mark.parametrize(("cut", "broken"), [(9, 1), (0, 0)])
def test_a_line_that_was_cut_is_dropped_and_read_off_the_feed_again(tmp_path: Path, cut: int, broken: int) -> None:
    root = tmp_path / SITE.name
    killed(root, written_links)
    path = links_file(root)
    path.write_bytes(path.read_bytes()[: -cut or None])

    run = recovered(root)

    (mended,) = [lines for lines in run.lines if lines.name.endswith(".links.jsonl")]
    assert mended.broken == broken
    with Collection.open(root) as collection:
        assert BASE_URL + PATHS[1] in {link.url for link in collection.open_links()}


def test_links_of_a_listing_that_is_lost_are_put_aside(tmp_path: Path) -> None:
    root = tmp_path / SITE.name

    def work(writer: CrawlWriter) -> None:
        keep(writer, archive(writer, page(PATHS[3])))
        written_links(writer)

    killed(root, work)
    (warc,) = root.glob("warc/*/*/*/*.open")
    data = warc.read_bytes()
    end = [place for place in range(len(data)) if data[place : place + 3] == b"\x1f\x8b\x08"][3]
    warc.write_bytes(data[:end])

    run = recovered(root)

    (mended,) = [lines for lines in run.lines if lines.name.endswith(".links.jsonl")]
    assert mended.orphaned == 3
    assert mended.orphans is not None
    assert len((root / mended.orphans).read_bytes().splitlines()) == 3


def test_a_link_that_a_committed_run_has_is_not_declared_again(tmp_path: Path) -> None:
    root = tmp_path / SITE.name
    killed(root, written_links)
    recovered(root)
    count = len(catalog_rows(root)["links"])

    stopped(root, with_feed)
    with Collection.open(root) as collection, collection.lock():
        (run,) = recover(collection, SITE, now=ticking(LATER + 20 * HOUR))

    assert run.left == 0
    assert len(catalog_rows(root)["links"]) == count


def test_recovering_twice_gives_the_same(tmp_path: Path) -> None:
    root = tmp_path / SITE.name
    crawled(root, PATHS[:2])

    def work(writer: CrawlWriter) -> None:
        archive(writer, page(FEED, LATER))
        archive(writer, unmodified(PATHS[0]))
        archive(writer, answer(PATHS[1], "404 Not Found"))

    stopped(root, work)
    (record,) = set((root / "crawls").iterdir())
    recovered(root)
    rows = catalog_rows(root)
    # Killed just before the record was written: the lines are there.
    (new,) = set((root / "crawls").iterdir()) - {record}
    new.unlink()
    run = recovered(root)

    assert (run.unchanged, run.gone, run.left) == (0, 0, 0)
    assert catalog_rows(root) == rows


def test_what_lies_among_older_runs_is_found_when_it_is_looked_for(tmp_path: Path) -> None:
    root = tmp_path / SITE.name
    killed(root, with_feed, at=BEGUN)
    aside = tmp_path / "aside"
    (root / "warc").rename(aside)
    with Collection.open(root) as collection, collection.lock(), begin(collection, BEGUN + 90 * HOUR) as writer:
        keep(writer, archive(writer, page(PATHS[0], BEGUN + 90 * HOUR)))
        writer.finish("finished", "")
    (warc,) = aside.glob("*/*/*/*.open")
    place = root / "warc" / warc.relative_to(aside)
    place.parent.mkdir(parents=True)
    warc.rename(place)

    with Collection.open(root) as collection, collection.lock():
        assert collection.left_runs() == ()
        assert recover(collection, SITE, now=ticking(LATER + 99 * HOUR)) == ()
        (run,) = recover(collection, SITE, everywhere=True, now=ticking(LATER + 99 * HOUR))
    assert run.left == len(TOWN.stories) - 1


def test_what_is_recovered_late_takes_its_place_in_the_history(tmp_path: Path) -> None:
    root = tmp_path / SITE.name
    crawled(root, PATHS[:2])

    def work(writer: CrawlWriter) -> None:
        archive(writer, answer(PATHS[0], "404 Not Found"))
        archive(writer, answer(PATHS[1], "404 Not Found"))

    stopped(root, work)
    with Collection.open(root) as collection, collection.lock(), begin(collection, LATER + HOUR) as writer:
        keep(writer, archive(writer, page(PATHS[0], LATER + HOUR)))
        writer.finish("finished", "")
    run = recovered(root)

    assert run.record is not None
    assert run.record.removed == 2
    with Collection.open(root) as collection:
        there, gone = (collection.page(BASE_URL + path) for path in PATHS[:2])
        assert there is not None
        assert gone is not None
        assert (there.gone_at, there.checked_at) == (None, LATER + HOUR)
        assert gone.gone_at == LATER
