"""A collection on disk: made, opened, refused; runs written, committed, read back; what it knows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsarchive.collection import layout
from newsarchive.collection.collection import Collection, find_collections
from newsarchive.errors import CollectionLocked, NotACollection, UnreadableInput
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import CrawlRun, Funnel
from newsarchive.model.links import LeftLink, Link, parse_link_line
from newsarchive.model.revision import Sighting
from newsarchive.model.serialize import from_json
from newsarchive.warc.records import Resource
from tests.kept import BASE_URL, SITE, START, archive, article_of, begin, crawling, exchange, keep, ticking

DAY = timedelta(days=1)


# --- make, open, refuse ---


def test_a_collection_is_opened_as_it_was_made(tmp_path: Path) -> None:
    root = tmp_path / "archive" / SITE

    made = Collection.create(root, SITE, now=ticking())
    opened = Collection.open(root)

    assert (opened.site, opened.created_at) == (made.site, made.created_at) == (SITE, START)
    assert json.loads((root / "collection.json").read_bytes()) == {
        "format": 1,
        "digest_algorithm": "sha256",
        "site": SITE,
        "created_at": "2026-11-22T09:30:00.123456Z",
    }


def test_open_or_create_does_the_one_or_the_other(tmp_path: Path) -> None:
    made = Collection.open_or_create(tmp_path / SITE, SITE, now=ticking())
    opened = Collection.open_or_create(tmp_path / SITE, SITE, now=ticking(START + DAY))

    assert opened.created_at == made.created_at == START


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "it has no collection.json"),
        (b"", "its collection.json is none: "),
        (b"[]", "its collection.json is none: "),
        (b'{"name": "something else"}', "its collection.json is none: .*missing required field"),
        (
            b'{"format": 2, "digest_algorithm": "sha512", "sites": ["seeblick"]}',
            "its format is 2 and this version reads up to 1; update newsarchive",
        ),
        (
            b'{"format": 1, "digest_algorithm": "md5", "site": "x", "created_at": "2026-11-22T09:30:00Z"}',
            "its digests are md5",
        ),
        (
            b'{"format": 1, "digest_algorithm": "sha256", "site": "x", "created_at": "2026-11-22T09:30:00"}',
            "its collection.json is none: .*created_at",
        ),
    ],
)
def test_what_is_no_collection_is_refused_with_the_reason(tmp_path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "collection.json").write_bytes(content)

    with pytest.raises(NotACollection, match=reason):
        Collection.open(tmp_path)


def test_a_directory_that_is_not_there_and_a_file_are_no_collections(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    with pytest.raises(NotACollection, match="there is no such directory"):
        Collection.open(tmp_path / "missing")
    with pytest.raises(NotACollection, match="Not a directory"):
        Collection.open(tmp_path / "file")


def test_nothing_is_made_where_something_else_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_bytes(b"precious")

    with pytest.raises(NotACollection, match="something else is there"):
        Collection.open_or_create(tmp_path, SITE)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_collection_is_of_one_site_for_good(tmp_path: Path) -> None:
    Collection.create(tmp_path, SITE)

    with pytest.raises(NotACollection, match="it is the collection of seeblick, not of bergblick"):
        Collection.open_or_create(tmp_path, "bergblick")
    with pytest.raises(NotACollection, match="something else is there"):
        Collection.create(tmp_path, SITE)


def test_collections_are_found_in_an_archive(tmp_path: Path) -> None:
    Collection.create(tmp_path / "b", SITE)
    Collection.create(tmp_path / "a", SITE)
    (tmp_path / "notes").mkdir()
    (tmp_path / "README.md").touch()

    assert [path.name for path in find_collections(tmp_path)] == ["a", "b"]
    assert list(find_collections(tmp_path / "missing")) == []


# --- a run ---


def test_a_run_is_read_back_as_it_was_finished(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path, SITE)
    with collection, collection.lock():
        writer = begin(collection)
        stored = archive(writer, exchange("/moin-100.html"))
        article = keep(writer, stored, "Moin")
        assert collection.runs() == ()
        record = writer.finish(
            "limited",
            "10 articles",
            funnel=[Funnel(channel="feed", declared=2, known=1, fetched=1, extracted=1)],
            problems={"no-stand": 1},
        )

        assert collection.runs() == (record,)
        assert list(collection.articles()) == [article]
        assert list(collection.captures()) == [stored]

    assert record.run == "20261122T093000Z-0000"
    assert record.articles_file == "articles/2026/11/22/20261122T093000Z-0000.jsonl"
    assert [warc.path for warc in record.warcs] == [
        "warc/2026/11/22/seeblick-20261122093000123-20261122T093000Z-0000-00000.warc.gz"
    ]
    assert (record.captures, record.articles, record.outcome) == (1, 1, "limited")
    assert record.started_at == START < record.ended_at
    assert from_json((tmp_path / "crawls" / f"{record.run}.json").read_bytes(), CrawlRun) == record
    assert stored.ref.warc == record.warcs[0].path
    assert collection.leftovers() == ()


def test_a_run_without_articles_has_no_articles_file(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        archive(writer, exchange("/robots.txt"))

    (record,) = Collection.open(tmp_path).runs()
    assert (record.articles_file, record.articles, record.captures) == (None, 0, 1)
    assert not (tmp_path / "articles").exists()


def test_a_run_that_fetched_nothing_is_a_run(tmp_path: Path) -> None:
    with crawling(tmp_path):
        pass

    (record,) = Collection.open(tmp_path).runs()
    assert (record.warcs, record.captures) == ((), 0)


def test_warcs_roll_over_and_every_capture_is_found_again(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path, SITE)
    with collection, collection.lock(), begin(collection, max_warc_bytes=2000) as writer:
        futures = [writer.append(exchange(f"/{number}", body=b"%d" % number)) for number in range(20)]
        stored = [future.result(timeout=30) for future in futures]
        record = writer.finish("finished", "finished")

        assert len(record.warcs) > 2
        assert [capture and collection.read_capture(capture.ref) for capture in stored] == stored
    assert [warc.path[-13:-8] for warc in record.warcs] == [f"{n:05}" for n in range(len(record.warcs))]
    for warc in record.warcs:
        assert (tmp_path / warc.path).stat().st_size == warc.length_bytes


def test_captures_come_in_order_of_capture_whatever_order_they_were_stored_in(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        for minute in (5, 1, 3):
            archive(writer, exchange(f"/{minute}", at=START + timedelta(minutes=minute)))
    with crawling(tmp_path, start=START + DAY) as writer:
        archive(writer, exchange("/next-day", at=START + DAY))

    with Collection.open(tmp_path) as collection:
        urls = [stored.url.removeprefix(BASE_URL) for stored in collection.captures()]

    assert urls == ["/1", "/3", "/5", "/next-day"]


def test_a_run_begins_under_the_lock_and_alone(tmp_path: Path) -> None:
    with Collection.create(tmp_path, SITE) as collection:
        with pytest.raises(RuntimeError, match=r"inside Collection\.lock"):
            begin(collection)
        with collection.lock():
            begin(collection)
            with pytest.raises(RuntimeError, match="still being written"):
                begin(collection)
            with pytest.raises(RuntimeError, match="still being written"):
                collection.rebuild()


def test_two_runs_of_one_second_and_one_token_do_not_meet(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        first = writer.run
    with crawling(tmp_path) as writer:
        second = writer.run

    assert (first, second) == ("20261122T093000Z-0000", "20261122T093000Z-0001")


def test_the_lock_is_not_given_twice(tmp_path: Path) -> None:
    with Collection.create(tmp_path, SITE) as one, Collection.open(tmp_path) as other, one.lock():
        with pytest.raises(CollectionLocked, match="in use by another"), other.lock():
            pytest.fail("two writers at once")
        with pytest.raises(CollectionLocked), one.lock():
            pytest.fail("two writers at once")
        with begin(one):
            pass
    with other.lock():
        pass


def test_a_finished_run_takes_nothing_more(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        pass

    with pytest.raises(RuntimeError, match="closed"):
        writer.append(exchange("/late"))
    with pytest.raises(RuntimeError, match="has ended"):
        writer.finish("finished", "finished")


def test_a_revision_with_a_wrong_number_is_refused(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        stored = archive(writer, exchange("/moin-100.html"))
        with pytest.raises(ValueError, match="revision 2 of moin-100"):
            writer.write_article(replace(article_of(stored), revision=2))
        writer.write_article(article_of(stored))
        with pytest.raises(ValueError, match="revision 1 of moin-100"):
            writer.write_article(article_of(stored))

    assert len(list(Collection.open(tmp_path).articles())) == 1


# --- revisions over several runs ---


def test_revisions_are_counted_over_runs_and_say_what_changed(tmp_path: Path) -> None:
    texts = ["Moin", "Moin", "Moin Moin", "Moin"]
    for day, text in enumerate(texts):
        with crawling(tmp_path, start=START + day * DAY) as writer:
            keep(writer, archive(writer, exchange("/moin-100.html", at=START + day * DAY)), text)

    with Collection.open(tmp_path) as collection:
        revisions = collection.revisions("moin-100")
        assert [(found.revision, found.captured_at, found.changed) for found in revisions] == [
            (1, START, ()),
            (2, START + 2 * DAY, ("body",)),
            (3, START + 3 * DAY, ("body",)),
        ]
        assert [found.text for found in collection.articles()] == ["Moin", "Moin Moin", "Moin"]
        assert collection.last_revisions() == revisions[-1:]
        assert collection.last_seen("moin-100") == START + 3 * DAY
        second = collection.article("moin-100", 2)
        assert second is not None
        assert second.text == "Moin Moin"
        assert collection.article("moin-100") == list(collection.articles())[-1]
        assert collection.article("moin-100", 9) is collection.article("nobody-1") is None
        assert collection.article_at(f"{BASE_URL}/moin-100.html") == "moin-100"
        assert collection.article_at(f"{BASE_URL}/elsewhere.html") is collection.last_seen("nobody-1") is None


def test_an_article_found_unchanged_moves_only_last_seen(tmp_path: Path) -> None:
    for day in range(3):
        with crawling(tmp_path, start=START + day * DAY) as writer:
            keep(writer, archive(writer, exchange("/moin-100.html", at=START + day * DAY)), "Moin")

    with Collection.open(tmp_path) as collection:
        assert [revision.captured_at for revision in collection.revisions("moin-100")] == [START]
        assert collection.last_seen("moin-100") == START + 2 * DAY


# --- what it knows ---


def test_a_page_is_known_once_it_was_read(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")
        writer.no_article(archive(writer, exchange("/login.html")), "login")
        archive(writer, exchange("/never-read.html"))
        writer.no_article(archive(writer, exchange("/down.html", status="503 Service Unavailable")), "http-status")
        writer.no_article(archive(writer, exchange("/gone.html", status="410 Gone")), "http-status")
        writer.no_article(archive(writer, replace(exchange("/cut.html"), truncated="disconnect")), "cut")
        writer.no_article(archive(writer, replace(exchange("/slow.html"), truncated="time")), "cut")
        writer.no_article(archive(writer, replace(exchange("/huge.html"), truncated="length")), "cut")

    with Collection.open(tmp_path) as collection:
        known = {
            path
            for path in ("moin-100", "login", "never-read", "down", "gone", "cut", "slow", "huge", "never-asked")
            if collection.knows(f"{BASE_URL}/{path}.html")
        }

    assert known == {"moin-100", "login", "huge"}


def test_a_page_that_failed_and_came_back_is_known(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        writer.no_article(archive(writer, exchange("/moin-100.html", status="500 Oops")), "http-status")
    with Collection.open(tmp_path) as collection:
        assert not collection.knows(f"{BASE_URL}/moin-100.html")
    with crawling(tmp_path, start=START + DAY) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html", at=START + DAY)), "Moin")

    with Collection.open(tmp_path) as collection:
        assert collection.knows(f"{BASE_URL}/moin-100.html")


def test_an_address_that_redirects_to_a_known_page_is_known(tmp_path: Path) -> None:
    def moved(path: str, to: str) -> Capture:
        return exchange(path, b"", status="301 Moved Permanently", headers=(f"Location: {to}",))

    with crawling(tmp_path) as writer:
        archive(writer, moved("/a.html", "/b.html#top"))
        archive(writer, moved("/b.html", f"{BASE_URL}/moin-100.html"))
        keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")
        archive(writer, moved("/x.html", "/never-asked.html"))
        archive(writer, moved("/loop.html", "/loop.html"))
        archive(writer, moved("/broken.html", "http://[broken/"))

    with Collection.open(tmp_path) as collection:
        assert collection.knows(f"{BASE_URL}/a.html")
        assert collection.knows(f"{BASE_URL}/b.html")
        assert not collection.knows(f"{BASE_URL}/x.html")
        assert not collection.knows(f"{BASE_URL}/loop.html")
        assert not collection.knows(f"{BASE_URL}/broken.html")


def test_imported_text_does_not_keep_the_page_from_being_fetched(tmp_path: Path) -> None:
    url = f"{BASE_URL}/moin-100.html"
    with crawling(tmp_path) as writer:
        text = Resource(url=url, captured_at=START, content_type="text/plain; charset=utf-8", payload=b"Moin")
        keep(writer, writer.append_resource(text).result(timeout=30), "Moin")

    with Collection.open(tmp_path) as collection:
        assert collection.article_at(url) == "moin-100"
        assert not collection.knows(url)


def test_a_run_knows_what_it_has_read_itself(tmp_path: Path) -> None:
    with Collection.create(tmp_path, SITE) as collection, collection.lock(), begin(collection) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")

        assert collection.knows(f"{BASE_URL}/moin-100.html")
        with Collection.open(tmp_path) as reader:
            assert not reader.knows(f"{BASE_URL}/moin-100.html")


# --- readers beside a writer; runs that end badly ---


def test_a_reader_beside_a_writer_sees_committed_runs_and_nothing_else(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        first = archive(writer, exchange("/first.html"))
        keep(writer, first, "Eins", article_id="first")
    with Collection.open(tmp_path) as collection, collection.lock():
        later = begin(collection, now=ticking(START + DAY))
        for number in range(10):
            keep(later, archive(later, exchange(f"/{number}", at=START + DAY)), "Zwei", article_id=f"later-{number}")
            with Collection.open(tmp_path) as reader:
                assert list(reader.captures()) == [first]
                assert [article.article_id for article in reader.articles()] == ["first"]
                assert [revision.article_id for revision in reader.last_revisions()] == ["first"]
                assert reader.article("later-0") is reader.last_seen("later-0") is None
        with Collection.open(tmp_path) as reader:
            assert len(reader.last_revisions()) == 1
            later.finish("finished", "finished")
            assert len(list(reader.captures())) == 11
            assert len(reader.last_revisions()) == 11


def test_a_run_that_ends_in_an_error_is_sealed_and_not_committed(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path, SITE)
    stored: list[StoredCapture] = []

    def fail() -> None:
        with collection, collection.lock(), begin(collection) as writer:
            stored.append(archive(writer, exchange("/moin-100.html")))
            keep(writer, stored[0], "Moin")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert collection.runs() == ()
    assert list(collection.articles()) == []
    assert collection.leftovers() == (stored[0].ref.warc,)
    assert collection.read_capture(stored[0].ref) == stored[0]


def test_the_next_run_starts_afresh_and_leaves_leftovers_alone(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path, SITE)
    with collection, collection.lock():
        with begin(collection) as writer:
            keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")
        leftovers = collection.leftovers()
        with begin(collection, now=ticking(START + DAY)) as writer:
            assert not collection.knows(f"{BASE_URL}/moin-100.html")
            assert keep(writer, archive(writer, exchange("/moin-100.html")), "Moin").revision == 1
            writer.finish("finished", "finished")

        assert len(leftovers) == 1
        assert collection.leftovers() == leftovers
        assert len(collection.revisions("moin-100")) == 1


def test_a_run_left_open_is_aborted_with_the_lock(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path, SITE)
    with collection, collection.lock():
        writer = begin(collection)
        archive(writer, exchange("/moin-100.html"))

    assert writer.closed
    assert [name.endswith(".warc.gz") for name in collection.leftovers()] == [True]


# --- references that lead nowhere ---


def test_a_reference_that_leads_nowhere(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        stored = archive(writer, exchange("/moin-100.html"))
    collection = Collection.open(tmp_path)

    with pytest.raises(UnreadableInput, match="No such file"):
        collection.read_capture(replace(stored.ref, warc="warc/2026/11/22/gone.warc.gz"))
    with pytest.raises(UnreadableInput, match="not the name of a file in a collection"):
        collection.read_capture(replace(stored.ref, warc="../../secret.warc.gz"))
    with pytest.raises(UnreadableInput, match="damaged at offset"):
        collection.read_capture(replace(stored.ref, offset=stored.ref.offset + 1))


def test_a_damaged_crawl_record_is_named(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        pass
    record = tmp_path / "crawls" / f"{writer.run}.json"
    record.write_bytes(record.read_bytes()[:100])

    with pytest.raises(UnreadableInput, match=writer.run):
        Collection.open(tmp_path).runs()


# --- the drawings of the layout ---

DRAWINGS = {
    "module": layout.__doc__ or "",
    "docs": (Path(__file__).parents[2] / "docs" / "archive-layout.md").read_text(encoding="utf-8"),
}


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_what_is_on_the_disk_is_what_is_drawn(tmp_path: Path, drawing: str) -> None:
    with crawling(tmp_path) as writer:
        writer.log_path.write_text("Moin\n", encoding="utf-8")
        stored = archive(writer, exchange("/moin-100.html"))
        keep(writer, stored, "Moin")
        keep(writer, stored, "Moin")
        writer.leave(LeftLink(url=f"{BASE_URL}/spaeter-100.html", reason="limit", tried=False))

    # Snapshots and further generations are made on request.
    made_later = re.compile(r"snapshots/|generations?[/.]")
    drawn = {name for name in re.findall(r"[├└]── (\S+)", DRAWINGS[drawing]) if not made_later.match(name)}
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {name.replace(writer.run, "<run>").replace(SITE, "tagesschau") for name in found} == drawn


def test_the_lines_of_the_documentation_are_sightings_and_links() -> None:
    examples = [line for line in DRAWINGS["docs"].splitlines() if line.startswith("{")]

    assert [from_json(line, Sighting).reason for line in examples[:3]] == [None, "listing", "http-404"]
    assert [type(parse_link_line(line.encode())) for line in examples[3:]] == [Link, LeftLink]
