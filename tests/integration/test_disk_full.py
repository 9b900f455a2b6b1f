"""A disk that takes no more: the crawl hears of it, and all that was archived before is there, byte for byte.

The limit on the size of a file plays the full disk: the system takes what fits and refuses the rest, in mid-record.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.collection.lines import LineWriter, read_lines
from newsarchive.errors import StorageFailed
from newsarchive.model.capture import StoredCapture
from newsarchive.model.revision import Sighting
from tests.fulldisk import no_file_above
from tests.kept import BASE_URL, SITE, START, archive, begin, catalog_rows, exchange, keep

LARGE = os.urandom(400_000)


def test_what_was_archived_before_is_committed_and_intact(tmp_path: Path) -> None:
    stored: list[StoredCapture] = []
    with Collection.create(tmp_path, SITE) as collection, collection.lock(), begin(collection) as writer:
        for number in range(3):
            stored.append(archive(writer, exchange(f"/{number}.html")))
            keep(writer, stored[-1], "Moin", article_id=f"moin-{number}")
        with no_file_above(200_000):
            failed = writer.append(exchange("/large.html", LARGE)).exception(timeout=30)
            later = writer.append(exchange("/later.html")).exception(timeout=30)
        record = writer.finish("failed", str(failed))

        assert isinstance(failed, StorageFailed)
        assert later is failed is writer.failure
        assert "File too large" in str(failed)
        assert (record.captures, record.outcome) == (3, "failed")
        assert list(collection.captures()) == stored
    live = catalog_rows(tmp_path)
    with Collection.open(tmp_path) as collection:
        assert list(collection.captures()) == stored
        assert collection.knows(f"{BASE_URL}/2.html")
        assert len(list(collection.articles())) == 3
        assert collection.leftovers() == ()
        collection.rebuild()
    names = ("runs", "pages", "quarters", "run_counts")
    not_worked_out: dict[str, list[tuple[object, ...]]] = {name: [] for name in names}
    assert catalog_rows(tmp_path) | not_worked_out == live | not_worked_out


def test_a_run_that_cannot_even_be_committed_says_so_and_leaves_its_files(tmp_path: Path) -> None:
    with Collection.create(tmp_path, SITE) as collection, collection.lock(), begin(collection) as writer:
        stored = archive(writer, exchange("/0.html"))
        with no_file_above(100), pytest.raises(StorageFailed, match=f"{writer.run}.json"):
            writer.finish("finished", "finished")

        assert collection.runs() == ()
        assert collection.leftovers() == (stored.ref.warc,)
        assert collection.read_capture(stored.ref) == stored
    assert list((tmp_path / "crawls").iterdir()) == []


def test_an_article_line_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    lines = LineWriter(tmp_path / "a.jsonl")
    short = Sighting(url=BASE_URL, record_id="urn:uuid:1", captured_at=START)
    long = Sighting(url=BASE_URL + "/x" * 1000, record_id="urn:uuid:2", captured_at=START)
    first = lines.append(short)
    with no_file_above(500), pytest.raises(OSError, match="File too large"):
        lines.append(long)
    second = lines.append(short)
    lines.close()

    assert list(read_lines(lines.path, Sighting)) == [(first, short), (second, short)]
    assert lines.count == 2


def test_a_collection_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    with no_file_above(10), pytest.raises(StorageFailed, match=r"collection\.json: File too large"):
        Collection.create(tmp_path / SITE, SITE)

    assert Collection.open_or_create(tmp_path / SITE, SITE).runs() == ()


def test_a_directory_that_must_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageFailed, match="Not a directory"):
        Collection.open_or_create(tmp_path / "file" / SITE, SITE)
