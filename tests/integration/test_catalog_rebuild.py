"""The catalog is never the truth: whatever happens to it, it is made again from the files and says the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.collection.rebuild import load_captures, rebuild_catalog
from newsarchive.errors import CollectionLocked, UnreadableInput
from newsarchive.warc.records import Resource
from tests.kept import BASE_URL, START, archive, begin, catalog_rows, crawling, exchange, keep, ticking

DAY = timedelta(days=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A collection of three runs with a bit of everything."""
    with crawling(tmp_path / "seeblick", start=START - DAY):
        pass
    for day, text in enumerate(("Moin", "Moin", "Moin Moin")):
        at = START + day * DAY
        with crawling(tmp_path / "seeblick", start=at) as writer:
            archive(writer, exchange("/robots.txt", at=at))
            keep(writer, archive(writer, exchange("/moin-100.html", at=at)), text)
            keep(writer, archive(writer, exchange(f"/new-{day}.html", at=at)), "Neu", article_id=f"new-{day}")
            archive(
                writer, exchange("/old.html", b"", status="301 Moved", headers=("Location: /moin-100.html",), at=at)
            )
            writer.no_article(archive(writer, exchange("/live.html", at=at)), "listing")
            archive(writer, exchange("/down.html", status="503 Down", at=at))
            resource = Resource(url=f"{BASE_URL}/text.html", captured_at=at, content_type="text/plain", payload=b"Moin")
            keep(writer, writer.append_resource(resource).result(timeout=30), text, article_id="text")
    return tmp_path / "seeblick"


def _touch_catalog(root: Path) -> None:
    with Collection.open(root) as collection:
        assert collection.knows(f"{BASE_URL}/moin-100.html")


def _fall_behind(root: Path) -> None:
    """Leave of the last run in the catalog what there is when a crawl is killed just before its run counts there."""
    with Collection.open(root) as collection:
        *runs, last = collection.runs()
        with closing(rebuild_catalog(collection.layout, runs)) as catalog:
            catalog.begin_run(last.run)
            for warc in last.warcs:
                load_captures(catalog, collection.layout, last.run, warc.path)


def test_the_live_catalog_holds_it_all(root: Path) -> None:
    rows = catalog_rows(root)

    assert {table: len(found) for table, found in rows.items()} == {
        "runs": 4,
        "captures": 21,
        "revisions": 7,
        "sightings": 5,
        "links": 0,
        "pages": 5,
        "open_links": 0,
        "events": 2,
        "quarters": 3,
        "delays": 3,
        "run_counts": 4,
        "reason_counts": 0,
        "reason_days": 0,
        "channel_days": 0,
    }


def test_a_rebuilt_catalog_equals_the_live_one(root: Path) -> None:
    live = catalog_rows(root)

    with Collection.open(root) as collection:
        collection.rebuild()
        first = catalog_rows(root)
        collection.rebuild()
        assert collection.knows(f"{BASE_URL}/old.html")

    assert first == live
    assert catalog_rows(root) == live


def _delete(catalog: Path) -> None:
    catalog.unlink()


def _garble(catalog: Path) -> None:
    catalog.write_bytes(b"this is no database, however long one looks at it" * 100)


def _empty(catalog: Path) -> None:
    catalog.write_bytes(b"")


def _other_version(catalog: Path) -> None:
    with closing(sqlite3.connect(catalog)) as connection:
        connection.execute("PRAGMA user_version = 99")


def _lose_a_table(catalog: Path) -> None:
    with closing(sqlite3.connect(catalog)) as connection:
        connection.execute("DROP TABLE sightings")


@pytest.mark.parametrize("damage", [_delete, _garble, _empty, _other_version, _lose_a_table])
def test_a_catalog_that_cannot_be_used_is_made_again(root: Path, damage: Callable[[Path], None]) -> None:
    live = catalog_rows(root)
    damage(root / "catalog.sqlite")

    _touch_catalog(root)

    assert catalog_rows(root) == live


def test_a_catalog_that_is_behind_is_brought_up_to_date(root: Path) -> None:
    live = catalog_rows(root)
    _fall_behind(root)

    _touch_catalog(root)

    assert catalog_rows(root) == live


def test_a_catalog_with_a_gap_or_with_too_much_is_made_again(root: Path) -> None:
    live = catalog_rows(root)
    _, first, *_ = Collection.open(root).runs()
    with closing(sqlite3.connect(root / "catalog.sqlite")) as connection, connection:
        connection.execute("DELETE FROM runs WHERE run = ?", (first.run,))
    _touch_catalog(root)
    assert catalog_rows(root) == live

    (root / "crawls" / f"{first.run}.json").rename(root / "crawl-put-aside.json")
    with Collection.open(root) as collection:
        # What was revision 2 has no revision 1 before it any more, so nothing can be said of its changes.
        assert [(found.revision, found.changed) for found in collection.revisions("moin-100")] == [(2, ())]
    assert len(catalog_rows(root)["captures"]) == 14


def test_what_an_uncommitted_run_entered_is_no_part_of_a_rebuild(root: Path) -> None:
    live = catalog_rows(root)
    with Collection.open(root) as collection, collection.lock():
        with begin(collection, now=ticking(START + 9 * DAY)) as writer:
            keep(writer, archive(writer, exchange("/lost.html")), "Verloren", article_id="lost")
        assert catalog_rows(root) != live
        collection.rebuild()

    assert catalog_rows(root) == live


def test_a_damaged_warc_stops_the_rebuild_and_keeps_the_catalog_there_is(root: Path) -> None:
    live = catalog_rows(root)
    with Collection.open(root) as collection:
        warc = root / collection.runs()[1].warcs[0].path
        warc.write_bytes(warc.read_bytes()[:-10])
        with pytest.raises(UnreadableInput, match=warc.name):
            collection.rebuild()

    assert catalog_rows(root) == live
    _touch_catalog(root)


def test_an_interrupted_rebuild_is_done_over(root: Path) -> None:
    live = catalog_rows(root)
    (root / "catalog.sqlite").rename(root / "catalog.sqlite.new")

    _touch_catalog(root)

    assert catalog_rows(root) == live
    assert not (root / "catalog.sqlite.new").exists()


def test_the_log_of_the_old_catalog_is_not_played_into_the_new_one(root: Path) -> None:
    live = catalog_rows(root)
    killed = sqlite3.connect(root / "catalog.sqlite")
    killed.execute("PRAGMA wal_autocheckpoint = 0")
    with killed:
        killed.execute("DELETE FROM captures")
    left = (root / "catalog.sqlite-wal").read_bytes()
    killed.close()
    (root / "catalog.sqlite").write_bytes(b"damaged")
    (root / "catalog.sqlite-wal").write_bytes(left)

    _touch_catalog(root)

    assert catalog_rows(root) == live


def test_a_rebuild_needs_the_lock_and_reading_does_not(root: Path) -> None:
    with Collection.open(root) as writing, Collection.open(root) as reading, writing.lock():
        with pytest.raises(CollectionLocked):
            reading.rebuild()
        assert len(list(reading.captures())) == 21
        (root / "catalog.sqlite").unlink()
        with Collection.open(root) as late, pytest.raises(CollectionLocked):
            late.knows(BASE_URL)
        assert len(list(late.articles())) == 7


def test_a_reader_makes_do_with_the_catalog_of_a_moment_ago(root: Path) -> None:
    _fall_behind(root)

    with Collection.open(root) as writing, Collection.open(root) as reading, writing.lock():
        assert len(list(reading.captures())) == 14
