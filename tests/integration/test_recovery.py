"""What a killed crawl left is made whole, read and committed; doing it again, or after a kill, gives the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.errors import StorageFailed
from newsarchive.extraction.extract import extract
from newsarchive.extraction.page import Page
from newsarchive.extraction.reader import PageReader
from newsarchive.imports.text import import_text
from newsarchive.model.article import Article
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.revision import number
from newsarchive.model.serialize import to_line
from newsarchive.reextract.recovery import RecoveredRun, describe, recover
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from newsarchive.warc.reader import read_captures
from newsarchive.warc.records import Resource
from tests.kept import archive, catalog_rows, ticking

BASE_URL = "http://news.example"
SITE = get_site("tagesschau").at(BASE_URL)
BEGUN = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)
TOWN = SampleSite(invent_stories(6, seed=1), base_url=BASE_URL, weight_bytes=0)
TEXT = """Der Deich wird höher

Stand: 22.11.2026 • 08:15 Uhr

Der Ort hat lange gewartet, nun rollen die Bagger, und alle schauen ihnen dabei zu.
""".encode()
PATHS = [story.path for story in TOWN.stories if story.kind == "article"]


def page(path: str, at: datetime = BEGUN) -> Capture:
    """The exchange for one page of the sample site."""
    answer = TOWN.respond(path, "", {})
    head = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in answer.headers)]
    return Capture(
        url=BASE_URL + path,
        started_at=at,
        sent=f"GET {path} HTTP/1.1\r\nHost: news.example\r\n\r\n".encode(),
        received="\r\n".join([*head, f"Content-Length: {len(answer.body)}", "", ""]).encode("latin-1") + answer.body,
    )


def begin(collection: Collection, at: datetime = BEGUN) -> CrawlWriter:
    """A run of the crawl; the lock is held."""
    return collection.begin_crawl(
        base_url=BASE_URL,
        versions={"newsarchive": "0", "scrapy": "0"},
        settings={"limit": None, "delay_s": 0.5, "user_agent": "ä"},
        warcinfo={"software": "newsarchive/0"},
        now=ticking(at),
        token=lambda: "0a1b",
    )


def keep(writer: CrawlWriter, stored: StoredCapture) -> Article:
    """Do what the crawl does with a page that holds an article."""
    found = extract(stored, SITE).article
    assert found is not None
    article, is_new = number(found, writer.last_revision(found.article_id))
    if is_new:
        writer.write_article(article)
    else:
        writer.seen(article)
    return article


def crawl(root: Path, paths: list[str], at: datetime = BEGUN) -> None:
    """A crawl that comes to its end."""
    with Collection.open_or_create(root, SITE.name) as collection, collection.lock(), begin(collection, at) as writer:
        for path in paths:
            keep(writer, archive(writer, page(path, at)))
        writer.finish("finished", "finished")


def killed(root: Path, work: Callable[[CrawlWriter], None], at: datetime = BEGUN) -> None:
    """What is in ``root`` when a crawl is killed after ``work``: what is there while it is still under way."""
    under_way = root.with_name(f"{root.name}-under-way")
    if root.exists():
        root.rename(under_way)
    with (
        Collection.open_or_create(under_way, SITE.name) as collection,
        collection.lock(),
        begin(collection, at) as writer,
    ):
        work(writer)
        shutil.copytree(under_way, root)
    shutil.rmtree(under_way)


def half_read(writer: CrawlWriter) -> None:
    """Four pages, of which one is an article that is written, one holds none, and two are not read; and robots.txt."""
    archive(writer, page("/robots.txt"))
    keep(writer, archive(writer, page(PATHS[0])))
    writer.no_article(archive(writer, page(PATHS[1])), "listing")
    archive(writer, page(PATHS[2]))
    archive(writer, page("/gibt/es/nicht-100.html"))
    archive(writer, page(PATHS[3]))


def recovered(root: Path, site: Site = SITE) -> tuple[RecoveredRun, ...]:
    """Recover the collection in ``root``."""
    with Collection.open(root) as collection, collection.lock():
        return recover(collection, site, now=ticking(BEGUN + timedelta(days=9)))


def open_warc(root: Path) -> Path:
    """The WARC that was being written."""
    (path,) = root.glob("warc/*/*/*/*.open")
    return path


def lines_file(root: Path) -> Path:
    """The articles of the killed run."""
    return next(path for path in root.glob("articles/*/*/*/*.jsonl") if not path.name.endswith(".seen.jsonl"))


def articles(root: Path) -> list[bytes]:
    """All article lines of a collection."""
    with Collection.open(root) as collection:
        return [to_line(article) for article in collection.articles()]


def is_in_order(root: Path) -> None:
    """Nothing is left over, and what is derived says what it would say if it were made again."""
    live = catalog_rows(root)
    with Collection.open(root) as collection:
        assert collection.left_runs() == ()
        assert collection.leftovers() == ()
        collection.rebuild()
    assert catalog_rows(root) == live


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the collection is."""
    return tmp_path / SITE.name


def test_a_killed_run_becomes_a_committed_one(root: Path) -> None:
    killed(root, half_read)
    left = open_warc(root).read_bytes()

    (run,) = recovered(root)

    assert (run.articles, run.unchanged, run.no_article, run.unread) == (2, 0, 0, 0)
    with Collection.open(root) as collection:
        (record,) = collection.runs()
        assert record == run.record
        assert record.outcome == "recovered"
        assert record.started_at == BEGUN.replace(microsecond=123000)
        assert (record.base_url, record.versions) == (BASE_URL, {"newsarchive": "0", "scrapy": "0"})
        assert record.settings == {"limit": None, "delay_s": 0.5, "user_agent": "ä"}
        assert (record.captures, record.articles, record.problems["listing"]) == (6, 3, 1)
        (warc,) = record.warcs
        assert (root / warc.path).read_bytes() == left
        assert warc.length_bytes == len(left)
        assert [article.url for article in collection.articles()] == [BASE_URL + PATHS[n] for n in (0, 2, 3)]
        assert [collection.knows(BASE_URL + path) for path in PATHS[:4]] == [True] * 4
        assert len(collection.captures_of(BASE_URL + PATHS[0])) == 1
        for article in collection.articles():
            again = extract(collection.read_capture(article.capture), SITE).article
            assert again is not None
            assert number(again, None) == (article, True)
    is_in_order(root)
    assert recovered(root) == ()
    assert any("is recovered" in sentence for sentence in describe(run))


def test_a_record_that_was_cut_is_kept_beside(root: Path) -> None:
    killed(root, half_read)
    path = open_warc(root)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:300])

    (run,) = recovered(root)

    (warc,) = run.warcs
    assert warc.tail_bytes == 300
    assert warc.tail is not None
    assert (root / warc.tail).read_bytes() == whole[:300]
    assert (root / warc.name).read_bytes() == whole
    assert f"cut off 300 bytes (the file ends in the middle of a record); they are kept in {warc.tail}" in " ".join(
        describe(run)
    )
    is_in_order(root)


def test_a_line_that_was_cut_is_made_again(root: Path) -> None:
    killed(root, half_read)
    path = lines_file(root)
    line = path.read_bytes()
    path.write_bytes(line[:-100])

    (run,) = recovered(root)

    assert run.lines[0].broken == 1
    assert line in articles(root)
    assert run.articles == 3
    is_in_order(root)


def test_a_line_whose_capture_is_lost_is_taken_out_and_kept_beside(root: Path) -> None:
    killed(root, half_read)
    line = lines_file(root).read_bytes()
    path = open_warc(root)
    captures = list(read_captures(path, "x"))
    written = captures[1].ref.offset
    path.write_bytes(path.read_bytes()[: written + 10])

    (run,) = recovered(root)

    assert run.lines[0].orphaned == 1
    assert run.lines[0].orphans is not None
    assert (root / run.lines[0].orphans).read_bytes() == line
    assert run.record is not None
    assert run.record.articles_file is None
    assert articles(root) == []
    assert list(root.glob("articles/*/*/*/*.jsonl")) == []
    is_in_order(root)


def test_a_file_without_any_exchange_is_removed(root: Path) -> None:
    killed(root, lambda writer: None)
    with Collection.open(root) as collection:
        assert collection.left_runs() == ()

    killed(root, half_read)
    path = open_warc(root)
    first = next(iter(read_captures(path, "x"))).ref
    path.write_bytes(path.read_bytes()[: first.offset + 20])
    (run,) = recovered(root)

    assert run.record is None
    assert run.warcs[0].is_removed
    assert run.warcs[0].tail_bytes == 20
    with Collection.open(root) as collection:
        assert collection.runs() == ()
    assert "removed, since it held no exchange" in " ".join(describe(run))
    is_in_order(root)


def test_a_sealed_file_of_a_run_without_a_record_is_recovered_as_it_is(root: Path) -> None:
    killed(root, half_read)
    path = open_warc(root)
    sealed = path.with_suffix("")
    path.rename(sealed)
    left = sealed.read_bytes()

    (run,) = recovered(root)

    assert run.record is not None
    assert [root / warc.path for warc in run.record.warcs] == [sealed]
    assert sealed.read_bytes() == left
    is_in_order(root)


def test_a_sealed_file_is_never_written_over(root: Path) -> None:
    killed(root, half_read)
    path = open_warc(root)
    path.with_suffix("").write_bytes(b"something else")

    with pytest.raises(StorageFailed, match="sealed and open"):
        recovered(root)

    assert path.exists()
    assert path.with_suffix("").read_bytes() == b"something else"


def test_recovering_a_second_time_after_it_was_stopped_gives_the_same(root: Path) -> None:
    killed(root, half_read)
    path = open_warc(root)
    path.write_bytes(path.read_bytes() + b"\x1f\x8b\x08")
    at_once, stopped = root.with_name("at-once"), root.with_name("stopped")
    shutil.copytree(root, at_once)
    shutil.copytree(root, stopped)
    recovered(at_once)

    with Collection.open(stopped) as collection, collection.lock():
        (left,) = collection.left_runs()
        with collection.begin_recovery(left) as recovery:
            (ref, *_) = [found.ref for found in recovery.unread() if PATHS[2] in found.url]
            read = extract(collection.read_capture(ref), SITE).article
            assert read is not None
            recovery.lines.write_article(number(read, None)[0])
    with lines_file(stopped).open("ab") as file:
        file.write(b'{"schema": 1, "sit')
    assert Collection.open(stopped).runs() == ()
    recovered(stopped)

    assert _files(stopped) == _files(at_once)
    is_in_order(stopped)


def _files(root: Path) -> dict[str, bytes]:
    """What recovery made: WARCs, tails, lines."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for name in ("warc", "articles")
        for path in sorted((root / name).rglob("*"))
        if path.is_file()
    }


def test_what_is_committed_before_and_after_it_is_left_alone(root: Path) -> None:
    crawl(root, PATHS[:1], BEGUN - timedelta(days=1))
    killed(root, half_read)
    crawl(root, PATHS[:3], BEGUN + timedelta(days=1))
    committed = _files(root)
    del committed[open_warc(root).relative_to(root).as_posix()]
    before = articles(root)

    (run,) = recovered(root)

    # Of the article that was there before only a sighting was noted. What the later run wrote as first revision stays
    # that; the same text found on the day before is a sighting of it.
    assert (run.articles, run.unchanged) == (1, 1)
    assert articles(root)[: len(before)] == before
    now = _files(root)
    assert {name: now[name] for name in committed if "20261122" not in name} == {
        name: data for name, data in committed.items() if "20261122" not in name
    }
    with Collection.open(root) as collection:
        assert [len(collection.revisions(found.article_id)) for found in collection.last_revisions()] == [1, 1, 1, 1]
        assert collection.runs()[-1].run == run.run
    is_in_order(root)


def test_a_line_that_another_run_has_overtaken_is_numbered_anew(root: Path) -> None:
    killed(root, _write)
    crawl(root, PATHS[:1], BEGUN + timedelta(days=1))

    (run,) = recovered(root)

    assert run.lines[0].outdated == 1
    with Collection.open(root) as collection:
        (last,) = collection.last_revisions()
        assert last.revision == 1
    is_in_order(root)


def _write(writer: CrawlWriter) -> None:
    keep(writer, archive(writer, page(PATHS[0])))


def test_lines_that_stand_twice_count_once(root: Path) -> None:
    killed(root, half_read)
    line = lines_file(root).read_bytes()
    lines_file(root).write_bytes(line * 2)
    (seen,) = root.glob("articles/*/*/*/*.seen.jsonl")
    seen.write_bytes(seen.read_bytes() * 2)

    (run,) = recovered(root)

    assert [(lines.kept, lines.outdated) for lines in run.lines] == [(1, 1), (1, 1)]
    assert articles(root).count(line) == 1
    is_in_order(root)


class Deadly(PageReader):
    """A reader that takes its process with it."""

    @classmethod
    def open(cls, page: Page, zone: ZoneInfo) -> None:
        """End the process that reads."""
        os._exit(3)


def test_a_page_that_cannot_be_read_is_fetched_again(root: Path) -> None:
    killed(root, half_read)

    (run,) = recovered(root, replace(SITE, readers=(Deadly,)))

    assert run.unread == 2
    assert run.record is not None
    assert run.record.problems["extraction-died"] == run.unread
    with Collection.open(root) as collection:
        assert [collection.knows(BASE_URL + path) for path in PATHS[:3]] == [True, True, False]


def test_a_page_whose_payload_lies_in_a_damaged_file_is_fetched_again(root: Path) -> None:
    crawl(root, PATHS[:1], BEGUN - timedelta(days=1))
    (earlier,) = root.glob("warc/*/*/*/*.warc.gz")
    killed(root, lambda writer: archive(writer, page(PATHS[0])) and None)
    earlier.write_bytes(bytes(earlier.stat().st_size))

    (run,) = recovered(root)

    assert (run.articles, run.unchanged, run.unread) == (0, 0, 1)
    assert run.record is not None
    assert run.record.captures == 1


def test_the_text_of_a_page_that_was_imported_is_read(root: Path) -> None:
    def work(writer: CrawlWriter) -> None:
        resource = Resource(
            url=BASE_URL + PATHS[0], captured_at=BEGUN, content_type="text/plain; charset=utf-8", payload=TEXT
        )
        writer.append_resource(resource).result(timeout=30)
        other = Resource(url=BASE_URL, captured_at=BEGUN, content_type="application/octet-stream", payload=b"Moin")
        writer.append_resource(other).result(timeout=30)

    killed(root, work)

    (run,) = recovered(root)

    assert (run.articles, run.no_article, run.unread) == (1, 0, 0)
    is_in_order(root)


def test_an_import_recovers_first(root: Path) -> None:
    killed(root, half_read)

    report = import_text(
        TEXT,
        source="-",
        url=BASE_URL + "/inland/gespeichert-100.html",
        site=SITE,
        archive_dir=root.parent,
        captured_at=BEGUN + timedelta(days=1),
    )

    assert report.is_new
    with Collection.open(root) as collection:
        assert [run.outcome for run in collection.runs()] == ["recovered", "finished"]
    is_in_order(root)
