"""Payloads stored once: what becomes a revisit, of what, and that it reads like the whole response."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.collection.reading import read_original
from newsarchive.errors import UnreadableInput
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.warc.reader import read_captures, read_records
from newsarchive.warc.records import IDENTICAL_PAYLOAD, NOT_MODIFIED, Record, Resource
from tests.kept import BASE_URL, SITE, START, archive, begin, catalog_rows, crawling, exchange, ticking

DAY = timedelta(days=1)
ROBOTS = b"User-agent: *\nDisallow: /secret\n"
CHUNKED = ("Transfer-Encoding: chunked", "X-Framing: chunks")


def chunked(path: str, body: bytes, *sizes: int) -> Capture:
    """``body`` in chunks of these sizes; the rest in one."""
    framed, rest = b"", body
    for size in (*sizes, len(body)):
        part, rest = rest[:size], rest[size:]
        framed += b"%x\r\n%b\r\n" % (len(part), part) if part else b""
    whole = exchange(path, b"", headers=CHUNKED)
    head = whole.received.replace(b"Content-Length: 0\r\n", b"")
    return replace(whole, received=head + framed + b"0\r\n\r\n")


def asking(capture: Capture, *lines: str) -> Capture:
    """``capture`` of a conditional request."""
    return replace(
        capture, sent=capture.sent.removesuffix(b"\r\n") + "".join(f"{x}\r\n" for x in lines).encode() + b"\r\n"
    )


def records_of(root: Path, run: int) -> list[Record]:
    """The records of the first WARC of a run, without its warcinfo."""
    warc = Collection.open(root).runs()[run].warcs[0]
    return [record for _, _, record in read_records(root / warc.path)][1:]


def stored_in(root: Path, *captures: Capture, day: int = 0) -> list[StoredCapture]:
    """Archive ``captures`` in a run of their own."""
    at = START + day * DAY
    with crawling(root, start=at) as writer:
        return [archive(writer, replace(capture, started_at=at)) for capture in captures]


def kinds(stored: list[StoredCapture]) -> list[str]:
    return [capture.record_type for capture in stored]


# --- what the record says ---


def test_a_payload_met_again_is_a_revisit_with_all_that_players_need(tmp_path: Path) -> None:
    (first,) = stored_in(tmp_path, exchange("/robots.txt", ROBOTS, headers=("Server: a",)))
    (again,) = stored_in(tmp_path, exchange("/copy", ROBOTS, headers=("Server: b",), status="203 Copy"), day=1)

    revisit, request = records_of(tmp_path, 1)
    head = b"HTTP/1.1 203 Copy\r\nServer: b\r\nContent-Length: %d\r\n\r\n" % len(ROBOTS)
    assert revisit.type == "revisit"
    assert revisit.block == head
    assert revisit.headers[2:4] == (
        ("WARC-Date", "2026-11-23T09:30:00.123456Z"),
        ("WARC-Target-URI", f"{BASE_URL}/copy"),
    )
    assert revisit.headers[5:] == (
        ("WARC-Protocol", "http/1.1"),
        ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"),
        ("WARC-Refers-To", f"<{first.ref.record_id}>"),
        ("WARC-Refers-To-Target-URI", f"{BASE_URL}/robots.txt"),
        ("WARC-Refers-To-Date", "2026-11-22T09:30:00.123456Z"),
        ("WARC-Truncated", "length"),
        ("WARC-Payload-Digest", str(Digest.of(ROBOTS))),
        ("WARC-Block-Digest", str(Digest.of(head))),
        ("Content-Type", "application/http;msgtype=response"),
        ("Content-Length", str(len(head))),
    )
    assert request.header("WARC-Concurrent-To") == f"<{revisit.id}>"
    assert (again.ref.record_id, again.ref.status, again.payload, again.truncated) == (revisit.id, 203, ROBOTS, None)
    assert again.header("Server") == "b"


def test_what_the_writer_gives_is_what_is_read_again(tmp_path: Path) -> None:
    page = exchange("/a.html", gzip.compress(b"<p>Moin"), headers=("Content-Type: text/html", "Content-Encoding: gzip"))
    interim = replace(page, received=b"HTTP/1.1 103 Early Hints\r\n\r\n" + page.received + b"more", surplus=4)
    stored = stored_in(tmp_path, page, page, chunked("/c", b"Moin Moin", 3), chunked("/c", b"Moin Moin", 1, 2))
    stored += stored_in(tmp_path, interim, chunked("/d", b"Moin Moin", 4), exchange("/new", b"new"), day=1)

    assert kinds(stored) == ["response", "revisit", "response", "revisit", "revisit", "revisit", "response"]
    with Collection.open(tmp_path) as collection:
        assert [collection.read_capture(capture.ref) for capture in stored] == stored
        assert sorted(collection.captures(), key=repr) == sorted(stored, key=repr)
        first, second = (tmp_path / run.warcs[0].path for run in collection.runs())
        assert list(read_captures(first, stored[0].ref.warc)) == stored[:4]
        resolve = partial(read_original, collection.layout, collection._catalog)
        assert list(read_captures(second, stored[4].ref.warc, resolve=resolve)) == stored[4:]
    assert {capture.payload for capture in stored[2:4]} == {b"Moin Moin"}


def test_a_revisit_never_refers_to_a_revisit(tmp_path: Path) -> None:
    (first,) = stored_in(tmp_path, exchange("/a", ROBOTS))
    for day in range(1, 4):
        stored_in(tmp_path, exchange("/a", ROBOTS), exchange("/b", ROBOTS), day=day)

    targets = {
        record.header("WARC-Refers-To")
        for run in range(1, 4)
        for record in records_of(tmp_path, run)
        if record.type == "revisit"
    }
    assert targets == {f"<{first.ref.record_id}>"}


# --- what does not become one ---


def test_a_payload_framed_otherwise_is_stored_again(tmp_path: Path) -> None:
    stored = stored_in(tmp_path, exchange("/a", ROBOTS), chunked("/a", ROBOTS), exchange("/a", ROBOTS))
    stored += stored_in(tmp_path, chunked("/a", ROBOTS), exchange("/a", ROBOTS), day=1)

    assert kinds(stored) == ["response", "response", "revisit", "revisit", "revisit"]
    targets = [record.header("WARC-Refers-To") for record in records_of(tmp_path, 1) if record.type == "revisit"]
    assert targets == [f"<{stored[1].ref.record_id}>", f"<{stored[0].ref.record_id}>"]


@pytest.mark.parametrize(
    "capture",
    [
        exchange("/empty", b""),
        exchange("/empty", b"", status="301 Moved", headers=("Location: /a",)),
        exchange("/unchanged", b"", status="304 Not Modified"),
        replace(exchange("/cut", ROBOTS), truncated="disconnect"),
        replace(exchange("/large", ROBOTS), truncated="length"),
        replace(exchange("/ssh", ROBOTS), received=b"SSH-2.0 " + ROBOTS, truncated="unspecified"),
    ],
)
def test_what_has_no_payload_or_not_all_of_it_is_stored_as_it_is(tmp_path: Path, capture: Capture) -> None:
    stored = stored_in(tmp_path, capture, capture)
    stored += stored_in(tmp_path, capture, day=1)

    assert "revisit" not in kinds(stored)


def test_nothing_refers_to_a_cut_answer_or_to_content_without_http(tmp_path: Path) -> None:
    stored_in(tmp_path, replace(exchange("/a", ROBOTS), truncated="length"))
    with crawling(tmp_path) as writer:
        resource = Resource(url=BASE_URL, captured_at=START, content_type="text/plain", payload=ROBOTS)
        stored = [writer.append_resource(resource).result(timeout=30) for _ in range(2)]
    stored += stored_in(tmp_path, exchange("/a", ROBOTS), day=1)

    assert kinds(stored) == ["resource", "resource", "response"]


def test_another_file_of_the_same_run_is_no_ground_to_build_on(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path / SITE, SITE)
    with collection, collection.lock(), begin(collection, max_warc_bytes=1) as writer:
        stored = [archive(writer, exchange("/a", ROBOTS)) for _ in range(2)]
        writer.finish("finished", "finished")

    assert len({capture.ref.warc for capture in stored}) == 2
    assert kinds(stored) == ["response", "response"]


def test_nothing_refers_to_a_run_that_failed(tmp_path: Path) -> None:
    with Collection.create(tmp_path / SITE, SITE) as collection, collection.lock():
        with begin(collection) as writer:
            lost = archive(writer, exchange("/a", ROBOTS))
        with begin(collection, now=ticking(START + DAY)) as writer:
            kept = archive(writer, exchange("/a", ROBOTS, at=START + DAY))
            writer.finish("finished", "finished")

        assert kinds([lost, kept]) == ["response", "response"]
        (tmp_path / SITE / lost.ref.warc).unlink()
        assert list(collection.captures()) == [kept]


# --- 304 ---

ETAG = 'ETag: W/"one"'
MODIFIED = "Last-Modified: Sun, 22 Nov 2026 08:00:00 GMT"
UNCHANGED = exchange("/a.html", b"", status="304 Not Modified", headers=(ETAG,))


@pytest.mark.parametrize(
    "lines",
    [
        ('If-None-Match: W/"one"',),
        ('If-None-Match: "zero", "one"', "If-Modified-Since: Mon, 23 Nov 2026 08:00:00 GMT"),
        ("If-Modified-Since: Sun, 22 Nov 2026 08:00:00 GMT",),
    ],
)
def test_a_304_is_a_revisit_of_the_capture_that_was_asked_about(tmp_path: Path, lines: tuple[str, ...]) -> None:
    page = exchange("/a.html", ROBOTS, headers=(ETAG, MODIFIED))
    (first,) = stored_in(tmp_path, page)
    stored_in(tmp_path, exchange("/a.html", b"else", headers=('ETag: "two"',)), day=1)
    (again,) = stored_in(tmp_path, asking(UNCHANGED, *lines), day=2)

    revisit, request = records_of(tmp_path, 2)
    assert (revisit.type, revisit.block) == ("revisit", UNCHANGED.received)
    assert revisit.header("WARC-Profile") == NOT_MODIFIED
    assert revisit.header("WARC-Refers-To") == f"<{first.ref.record_id}>"
    assert revisit.header("WARC-Refers-To-Target-URI") == f"{BASE_URL}/a.html"
    assert revisit.header("WARC-Refers-To-Date") == "2026-11-22T09:30:00.123456Z"
    assert revisit.header("WARC-Payload-Digest") == str(Digest.of(ROBOTS))
    assert revisit.header("WARC-Truncated") is None
    assert lines[0].encode() in request.block
    assert (again.record_type, again.ref.status, again.payload) == ("revisit", 304, b"")
    with Collection.open(tmp_path) as collection:
        assert collection.read_capture(again.ref) == again
        full, replay = (
            [found.status for found in collection.captures_of(f"{BASE_URL}/a.html", full=full)]
            for full in (True, False)
        )
    assert (full, replay) == ([200, 200, 304], [200, 200])


def test_a_304_about_a_capture_that_is_a_revisit_refers_to_its_original(tmp_path: Path) -> None:
    (first,) = stored_in(tmp_path, exchange("/a.html", ROBOTS, headers=('ETag: "zero"',)))
    (second,) = stored_in(tmp_path, exchange("/a.html", ROBOTS, headers=(ETAG,)), day=1)
    stored_in(tmp_path, asking(UNCHANGED, 'If-None-Match: "one"'), day=2)

    assert second.record_type == "revisit"
    assert records_of(tmp_path, 2)[0].header("WARC-Refers-To") == f"<{first.ref.record_id}>"


@pytest.mark.parametrize("lines", [(), ('If-None-Match: "unknown"',), ("If-Modified-Since: yesterday",)])
def test_a_304_about_nothing_that_is_known_is_a_response(tmp_path: Path, lines: tuple[str, ...]) -> None:
    stored_in(tmp_path, exchange("/a.html", ROBOTS, headers=(ETAG, MODIFIED)))
    stored = stored_in(tmp_path, asking(UNCHANGED, *lines), day=1)

    assert kinds(stored) == ["response"]
    with Collection.open(tmp_path) as collection:
        assert len(collection.captures_of(f"{BASE_URL}/a.html")) == 1


# --- derived files, damage ---


def test_catalog_and_index_made_again_say_the_same_of_revisits(tmp_path: Path) -> None:
    for day in range(3):
        stored_in(
            tmp_path,
            exchange("/robots.txt", ROBOTS, headers=(ETAG, MODIFIED)),
            chunked("/a", b"%d" % day),
            asking(replace(UNCHANGED, url=f"{BASE_URL}/robots.txt"), 'If-None-Match: "one"'),
            day=day,
        )
    rows = catalog_rows(tmp_path)
    with Collection.open(tmp_path) as collection:
        live = [list(collection.index.lines(full=full)) for full in (True, False)]
        collection.rebuild()
        rebuilt = [list(collection.index.lines(full=full)) for full in (True, False)]

    assert catalog_rows(tmp_path) == rows
    assert rebuilt == live
    assert [len(lines) for lines in live] == [9, 6]


def test_a_revisit_of_what_is_gone_is_said_to_be_damaged(tmp_path: Path) -> None:
    stored_in(tmp_path, exchange("/a", ROBOTS))
    (again,) = stored_in(tmp_path, exchange("/a", ROBOTS), day=1)
    with Collection.open(tmp_path) as collection:
        first, second = collection.runs()
        with pytest.raises(UnreadableInput, match=r"it repeats the payload of .*, which is not there"):
            list(read_captures(tmp_path / second.warcs[0].path, again.ref.warc))
        (tmp_path / first.warcs[0].path).unlink()
        with pytest.raises(UnreadableInput, match="No such file"):
            collection.read_capture(again.ref)


def test_the_profiles_are_those_of_warc_1_1() -> None:
    assert {IDENTICAL_PAYLOAD, NOT_MODIFIED} == {
        "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "http://netpreserve.org/warc/1.1/revisit/server-not-modified",
    }


# --- the index of a collection ---


def test_an_index_that_is_lost_or_behind_is_made_good(tmp_path: Path) -> None:
    for day in range(3):
        stored_in(tmp_path, exchange("/a", b"%d" % day), day=day)
    collection = Collection.open(tmp_path)
    runs = [run.run for run in collection.runs()]
    live = list(collection.index.lines())
    for path in collection.index.files():
        path.unlink()
    listed = tmp_path / "indexes" / "runs.txt"
    listed.unlink()
    assert list(Collection.open(tmp_path).index.lines()) == live

    listed.write_text("".join(f"{name}\n" for name in ("newsarchive index 1", *runs[:-1])), encoding="ascii")
    behind = Collection.open(tmp_path)
    assert list(behind.index.lines()) == live
    assert behind.index.runs() == set(runs)

    (tmp_path / "crawls" / f"{runs[-1]}.json").rename(tmp_path / "put-aside.json")
    assert list(Collection.open(tmp_path).index.lines()) == live[:2]


def test_a_damaged_warc_does_not_keep_a_crawl_from_going_on(tmp_path: Path) -> None:
    stored_in(tmp_path, exchange("/a", ROBOTS))
    warc = tmp_path / Collection.open(tmp_path).runs()[0].warcs[0].path
    warc.write_bytes(warc.read_bytes()[:-5])
    (tmp_path / "indexes" / "runs.txt").unlink()

    stored_in(tmp_path, exchange("/b", b"b"), day=1)

    with Collection.open(tmp_path) as collection:
        assert len(collection.runs()) == 2
        with pytest.raises(UnreadableInput, match=warc.name):
            collection.captures_of(f"{BASE_URL}/b")
