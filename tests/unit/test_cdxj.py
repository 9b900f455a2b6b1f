"""CDXJ: the lines of our records, binary search in files, merging and sorting of any size."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.model.digest import Digest
from newsarchive.warc.cdxj import IndexLine, Sorter, find, index_warc, merge, parse_line, to_line
from newsarchive.warc.records import Resource
from newsarchive.warc.writer import WarcWriter
from tests.kept import START, exchange

LINE = IndexLine(
    key="example,seeblick)/a",
    timestamp="20261122093000",
    url="https://seeblick.example/a",
    mime="text/html",
    status=200,
    digest=str(Digest.of(b"a")),
    length=7,
    offset=0,
    filename="warc/a.warc.gz",
    record_digest=str(Digest.of(b"b")),
)


def test_a_line_is_written_as_the_indexers_write_it() -> None:
    digests = f'"digest": "{LINE.digest}", "length": "7", "offset": "0", "filename": "warc/a.warc.gz"'
    assert to_line(LINE).decode() == (
        'example,seeblick)/a 20261122093000 {"url": "https://seeblick.example/a", "mime": "text/html", '
        f'"status": "200", {digests}, "recordDigest": "{LINE.record_digest}"}}\n'
    )


@pytest.mark.parametrize(
    "line", [LINE, replace(LINE, status=None), replace(LINE, record_digest=None), replace(LINE, url="https://x/\"'é")]
)
def test_a_line_is_read_back_as_it_was_written(line: IndexLine) -> None:
    assert parse_line(to_line(line)) == line


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"a b\n", b"a 1 {}\n", b"a 1 []\n", b'a 1 {"url"\n', b"\xff 1 {}\n", to_line(LINE)[:-9]],
)
def test_what_is_no_line_is_said_so(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a line of a CDXJ index"):
        parse_line(line)


def test_the_writer_lists_what_reading_the_file_lists(tmp_path: Path) -> None:
    listed: list[IndexLine] = []
    path = tmp_path / "a.warc.gz"
    writer = WarcWriter(path, "warc/a.warc.gz", info={}, created_at=START, new_id=uuid4, index=listed.append)
    stored = [
        writer.write(exchange("/a", headers=("Content-Type: text/html; charset=utf-8",))),
        writer.write(exchange("/b", b"", status="304 Not Modified")),
        writer.write(replace(exchange("/c"), received=b"SSH-2.0", truncated="unspecified")),
        writer.write_resource(Resource(url="urn:d", captured_at=START, content_type="text/plain", payload=b"d")),
    ]
    assert writer.write(replace(exchange("/silent"), received=b"", truncated="time")) is None
    writer.seal()

    assert list(index_warc(path, "warc/a.warc.gz")) == listed
    assert [(line.mime, line.status, line.is_replayable) for line in listed] == [
        ("text/html", 200, True),
        ("unk", 304, False),
        ("application/octet-stream", None, True),
        ("text/plain", None, True),
    ]
    data = path.read_bytes()
    for line, capture in zip(listed, stored, strict=True):
        assert capture is not None
        assert (line.offset, line.length, line.url) == (capture.ref.offset, capture.ref.length, capture.url)
        assert line.digest == str(capture.ref.payload_digest)
        assert line.record_digest == str(Digest.of(data[line.offset : line.offset + line.length]))
        assert line.timestamp == "20261122093000"


# --- search, merge, sort ---

KEYS = st.text(alphabet="ab)/,.é-~", min_size=1, max_size=4)
ENTRIES = st.dictionaries(KEYS, st.sets(st.integers(0, 10**6), min_size=1, max_size=6), max_size=40)


def _lines(entries: dict[str, set[int]], width: int) -> list[bytes]:
    """Lines of these keys and numbers, ``width`` bytes or more; not in order."""
    return [f"{key} {number:014} {'x' * width}\n".encode() for key, numbers in entries.items() for number in numbers]


@given(ENTRIES, KEYS, st.sampled_from([0, 1, 300, 5000]))
def test_search_finds_what_a_dictionary_finds(entries: dict[str, set[int]], other: str, width: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "a.cdxj"
        path.write_bytes(b"".join(sorted(_lines(entries, width))))
        for key in [*entries, other, "", "\U0010ffff"]:
            expected = sorted(_lines({key: entries.get(key, set())}, width))
            assert list(find(path, key)) == expected


@given(ENTRIES, st.integers(1, 5), st.integers(1, 400))
def test_merging_parts_and_sorting_in_chunks_give_the_sorted_whole(
    entries: dict[str, set[int]], parts: int, chunk_bytes: int
) -> None:
    lines = _lines(entries, 10)
    whole = sorted(lines)
    assert list(merge([sorted(lines[part::parts]) for part in range(parts)])) == whole
    assert list(merge([whole, whole, []])) == whole
    with tempfile.TemporaryDirectory() as directory:
        with Sorter(Path(directory), chunk_bytes=chunk_bytes) as sorter:
            for line in [*lines, *lines[:5]]:
                sorter.add(line)
            assert list(sorter.sorted()) == whole
            assert list(sorter.sorted()) == whole
        assert list(Path(directory).iterdir()) == []


def test_search_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(find(tmp_path / "missing.cdxj", "a"))
