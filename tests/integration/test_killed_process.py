"""What a process leaves behind that did not get to say goodbye: no lock, whole records, nothing committed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.errors import CollectionLocked
from newsarchive.warc.reader import read_heads
from tests.kept import BASE_URL, SITE, START, archive, crawling, exchange, keep

HOLDS_THE_LOCK = """
import sys
from pathlib import Path
from newsarchive.collection.collection import Collection

with Collection.open(Path(sys.argv[1])).lock():
    print("ready", flush=True)
    sys.stdin.read()
"""

LEAVES_A_CHILD = """
import os, sys
from pathlib import Path
from newsarchive.collection.collection import Collection

with Collection.open(Path(sys.argv[1])).lock():
    if os.fork() == 0:
        print("ready", flush=True)
        sys.stdin.read()
        os._exit(0)
    sys.stdin.read()
"""

CRAWLS = """
import sys
from pathlib import Path
from newsarchive.collection.collection import Collection
from tests.kept import START, archive, begin, exchange, keep

with Collection.open(Path(sys.argv[1])) as collection, collection.lock(), begin(collection) as writer:
    for number in range(5):
        keep(writer, archive(writer, exchange(f"/{number}.html")), "Moin", article_id=f"moin-{number}")
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def running(program: str, root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has said that it is ready, and waits until its stdin is closed."""
    arguments = [sys.executable, "-c", program, str(root)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A collection with one committed run."""
    with crawling(tmp_path / SITE) as writer:
        keep(writer, archive(writer, exchange("/0.html")), "Moin", article_id="moin-0")
    return tmp_path / SITE


def test_another_process_is_kept_out_while_one_writes(root: Path) -> None:
    collection = Collection.open(root)
    with running(HOLDS_THE_LOCK, root) as process:
        with pytest.raises(CollectionLocked, match=SITE), collection.lock():
            pytest.fail("two writers at once")
        process.communicate(timeout=30)
        with collection.lock():
            pass


def test_a_dead_process_holds_nothing(root: Path) -> None:
    collection = Collection.open(root)
    with running(HOLDS_THE_LOCK, root) as process:
        process.kill()
        process.wait(timeout=30)

        with collection.lock():
            pass


def test_nor_does_a_child_that_outlives_it(root: Path) -> None:
    collection = Collection.open(root)
    with running(LEAVES_A_CHILD, root) as process:
        process.kill()
        process.wait(timeout=30)

        with collection.lock():
            pass


def test_a_killed_crawl_leaves_whole_records_and_commits_nothing(root: Path) -> None:
    committed = Collection.open(root).runs()
    with running(CRAWLS, root) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)

    with Collection.open(root) as collection:
        assert collection.runs() == committed
        assert [article.article_id for article in collection.articles()] == ["moin-0"]
        assert [stored.url for stored in collection.captures()] == [f"{BASE_URL}/0.html"]
        assert not collection.knows(f"{BASE_URL}/1.html")
        (leftover,) = collection.leftovers()
    assert leftover.endswith("-00000.warc.gz.open")
    urls = [stored.url for stored in read_heads(root / leftover, leftover)]
    assert urls == [f"{BASE_URL}/{number}.html" for number in range(5)]


def test_the_crawl_after_a_killed_one_goes_on(root: Path) -> None:
    with running(CRAWLS, root) as process:
        process.kill()
        process.wait(timeout=30)
    leftovers = Collection.open(root).leftovers()
    left = (root / leftovers[0]).read_bytes()

    start = START + timedelta(days=1)
    with crawling(root, start=start) as writer:
        for number in range(5):
            stored = archive(writer, exchange(f"/{number}.html", at=start))
            keep(writer, stored, "Moin", article_id=f"moin-{number}")

    with Collection.open(root) as collection:
        assert [revision.article_id for revision in collection.last_revisions()] == [f"moin-{n}" for n in range(5)]
        assert [len(collection.revisions(f"moin-{number}")) for number in range(5)] == [1] * 5
        assert collection.leftovers() == leftovers
    assert (root / leftovers[0]).read_bytes() == left
