"""Looking at an archive leaves it as it is, and what is seen beside a crawl is of one moment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from lxml import html
from starlette.testclient import TestClient

from tests.kept import SITE, START, archive, crawling, exchange, keep
from tests.rooms import room_client, stage_client

_REVISIONS = 12


def _revise(root: Path, number: int) -> str:
    """One more crawl, which finds the article as revision ``number``; the id of its record."""
    at = START + timedelta(hours=number)
    with crawling(root / SITE, start=at) as writer:
        stored = archive(writer, exchange("/moin-100.html", f"Seite {number}".encode(), at=at))
        keep(writer, stored, f"Es ist Fassung {number}.")
    return stored.ref.record_id.removeprefix("urn:uuid:")


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    """A collection with an article in two revisions."""
    for number in (1, 2):
        _revise(tmp_path, number)
    return tmp_path


def test_serving_every_page_changes_nothing_in_the_archive(root: Path) -> None:
    record = _revise(root, 3)
    before = dict(_files(root))
    addresses = [
        *("", "/search.json?q=Fassung", "/search.csv?q=Fassung", "?q=Fassung&revisions=all", "/changes", "/overview"),
        *("/overview.json", "/articles/moin-100", "/articles/moin-100?revision=1", "/articles/moin-100/history"),
        *("/articles/moin-100/diff?old=1&new=2", "/articles/moin-100/cite.bib", f"/captures/{record}"),
    ]
    with room_client(root) as room, stage_client(root) as stage:
        assert {address: room.get(f"/{SITE}{address}").status_code for address in addresses} == dict.fromkeys(
            addresses, 200
        )
        assert stage.get(f"/captures/{SITE}/{record}.wacz").status_code == 200
    assert dict(_files(root)) == before


def _files(root: Path) -> Iterator[tuple[str, tuple[int, str]]]:
    """Each file and directory, when it was changed, and what is in it. SQLite's own notes beside the catalog, which
    are there while it is open, are no part of the archive; nor is when the directory that holds them was changed."""
    for path in sorted(root.rglob("*")):
        if not path.name.endswith(("-wal", "-shm")):
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory"
            changed = 0 if (path / "catalog.sqlite").exists() else path.stat().st_mtime_ns
            yield path.relative_to(root).as_posix(), (changed, content)


def test_every_page_seen_beside_a_crawl_is_of_one_moment(root: Path) -> None:
    over = Event()

    def crawl() -> None:
        try:
            for number in range(3, _REVISIONS + 1):
                _revise(root, number)
        finally:
            over.set()

    def look(client: TestClient) -> list[int]:
        seen: list[int] = []
        # Once more after the last crawl, so that the end is seen too.
        while not (was_over := over.is_set()) or not seen or seen[-1] < _REVISIONS:
            answer = client.get(f"/{SITE}/articles/moin-100?lang=en")
            assert answer.status_code == 200, answer.text
            text = " ".join(html.fromstring(answer.text).text_content().split())
            (number,) = {int(found) for found in re.findall(r"Es ist Fassung (\d+)\.", text)}
            assert f"Revision {number} of {number}" in text
            assert f"History: {number} revision" in text
            seen.append(number)
            if was_over:
                break
        return seen

    with room_client(root) as client, ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look, client) for _ in range(2)]
        pool.submit(crawl).result(timeout=90)
        seen = [each.result(timeout=90) for each in looking]
    for numbers in seen:
        assert numbers == sorted(numbers)
        assert numbers[-1] == _REVISIONS


def test_a_crawl_under_way_is_not_seen_before_it_is_committed(root: Path) -> None:
    with room_client(root) as client:
        with crawling(root / SITE, start=START + timedelta(days=1)) as writer:
            stored = archive(writer, exchange("/moin-100.html", b"Neu", at=START + timedelta(days=1)))
            keep(writer, stored, "Es ist Fassung 3.")
            keep(writer, archive(writer, exchange("/neu-200.html", b"Ganz neu")), "Neu", article_id="neu-200")
            assert "Es ist Fassung 2." in client.get(f"/{SITE}/articles/moin-100").text
            assert client.get(f"/{SITE}/articles/moin-100?revision=3").status_code == 404
            assert client.get(f"/{SITE}/articles/neu-200").status_code == 404
        assert "Es ist Fassung 3." in client.get(f"/{SITE}/articles/moin-100").text
        assert client.get(f"/{SITE}/articles/neu-200").status_code == 200
