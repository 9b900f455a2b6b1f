"""An onlooker sees what was committed when it looked, whatever others do meanwhile, and writes nothing."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.collection.generations import use
from newsarchive.collection.layout import Layout
from newsarchive.collection.onlooker import Onlooker
from newsarchive.errors import CatalogMissing, NotACollection, UnreadableInput
from tests.kept import SITE, START, archive, begin, crawling, exchange, keep

DAY = timedelta(days=1)


def _crawl(root: Path, text: str, *, days: int = 0) -> None:
    with crawling(root, start=START + days * DAY) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html", text.encode())), text)


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def test_an_article_and_its_capture_are_read(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")
    _crawl(tmp_path, "Moin moin", days=1)

    with Onlooker(tmp_path) as onlooker, onlooker.look() as view:
        newest, first = view.article("moin-100"), view.article("moin-100", 1)
        assert onlooker.site == SITE
        assert newest is not None
        assert first is not None
        assert (newest.text, first.text) == ("Moin moin", "Moin")
        assert view.read_capture(first.capture).payload == b"Moin"
        assert view.article("moin-101") is None


def test_whoever_asks_for_too_much_is_told_so_and_the_next_look_is_whole(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    with Onlooker(tmp_path, most_s=0) as onlooker:
        with onlooker.look() as view, pytest.raises(UnreadableInput, match="it takes too long; ask for less"):
            view.catalog.rows(endless)
        with onlooker.look() as view:
            assert view.article("moin-100") is not None


def test_a_look_is_of_one_moment_and_the_next_of_a_later_one(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")

    with Onlooker(tmp_path) as onlooker:
        with onlooker.look() as view:
            before = view.catalog.revisions("moin-100")
            _crawl(tmp_path, "Moin moin", days=1)
            assert view.catalog.revisions("moin-100") == before
            with onlooker.look() as later:
                assert len(later.catalog.revisions("moin-100")) == 2
        with onlooker.look() as view:
            assert len(view.catalog.revisions("moin-100")) == 2


def test_what_a_run_under_way_has_written_does_not_count(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")

    with Collection.open(tmp_path) as collection, collection.lock(), begin(collection) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html", b"Moin moin")), "Moin moin")
        with Onlooker(tmp_path) as onlooker, onlooker.look() as view:
            assert len(view.catalog.revisions("moin-100")) == 1


def test_a_catalog_made_anew_and_another_generation_are_followed(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")

    with Onlooker(tmp_path) as onlooker, Collection.open(tmp_path) as collection:
        with onlooker.look() as before:
            collection.rebuild()
            assert len(before.catalog.revisions("moin-100")) == 1
        _crawl(tmp_path, "Moin moin", days=1)
        with onlooker.look() as view:
            assert len(view.catalog.revisions("moin-100")) == 2
        second = Layout(tmp_path, 2)
        second.home.mkdir(parents=True)
        use(second)
        with pytest.raises(CatalogMissing, match="newsarchive rebuild seeblick"), onlooker.look():
            pass


def test_nothing_can_be_written_and_nothing_is(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")
    before = _files(tmp_path)

    with Onlooker(tmp_path) as onlooker, onlooker.look() as view:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            view.catalog.change_revision("moin-100", 1, ["headline"])
        assert view.article("moin-100") is not None

    assert _files(tmp_path) == before


def test_a_catalog_is_read_as_it_lies_where_sqlite_may_not_write_beside_it(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")
    # Stands in for a read-only disk: SQLite cannot make the file that it shares with others.
    barrier = tmp_path / "catalog.sqlite-shm"
    barrier.symlink_to(tmp_path / "nowhere" / "shm")

    with Onlooker(tmp_path) as onlooker:
        for _ in range(2):
            with onlooker.look() as view:
                assert len(view.catalog.revisions("moin-100")) == 1
        barrier.unlink()
        _crawl(tmp_path, "Moin moin", days=1)
        barrier.symlink_to(tmp_path / "nowhere" / "shm")
        with onlooker.look() as view:
            assert len(view.catalog.revisions("moin-100")) == 2


def test_threads_look_at_once(tmp_path: Path) -> None:
    _crawl(tmp_path, "Moin")
    together = Barrier(8)

    with Onlooker(tmp_path) as onlooker:

        def look(_: int) -> int:
            with onlooker.look() as view:
                together.wait(timeout=60)
                return len(view.catalog.revisions("moin-100"))

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(look, range(16))) == [1] * 16


@pytest.mark.parametrize("harm", ["missing", "of another version", "damaged", "damaged in its schema"])
def test_a_catalog_that_cannot_be_used_is_named_with_its_remedy(tmp_path: Path, harm: str) -> None:
    _crawl(tmp_path, "Moin")
    path = Layout(tmp_path).catalog
    if harm == "missing":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    elif harm == "damaged in its schema":
        # What SQLite says of it quotes it, and is no UTF-8 then.
        content = path.read_bytes()
        assert b"tablebegunbegun" in content
        path.write_bytes(content.replace(b"tablebegunbegun", b"tableb\xffgunb\xffgun"))
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 2")
        connection.close()

    with (
        Onlooker(tmp_path) as onlooker,
        pytest.raises(CatalogMissing, match="newsarchive rebuild seeblick"),
        onlooker.look(),
    ):
        pass


def test_what_is_no_collection_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotACollection, match=r"no collection\.json"):
        Onlooker(tmp_path)
