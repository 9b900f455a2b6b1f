"""A disk that fails, at every single thing a crawl asks of it: what was safe stays as it was, and the next goes on."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.errors import StorageFailed
from newsarchive.model.capture import StoredCapture
from newsarchive.reextract.recovery import recover
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from tests.crawling import crawl
from tests.failingdisk import FailingDisk, failing
from tests.kept import BASE_URL, SITE, START, archive, begin, catalog_rows, crawling, exchange, keep, ticking
from tests.torture import lines_of

ERRORS = {"ENOSPC": 1, "EIO": 5, "EDQUOT": 5, "EACCES": 5, "EROFS": 5}
"""Each, and at every how many steps it is tried: the program does not tell them apart, so one of them has to do."""

DAY = timedelta(days=1)


def crawl_on(root: Path, durable: list[StoredCapture]) -> None:
    """A run of three pages over two WARC files; ``durable`` gets what it was told is safe."""
    with (
        Collection.open(root) as collection,
        collection.lock(),
        begin(collection, now=ticking(START + DAY), max_warc_bytes=1500) as writer,
    ):
        for number in range(3):
            stored = archive(writer, exchange(f"/new/{number}.html", b"Moin %d" % number, at=START + DAY))
            durable.append(stored)
            keep(writer, stored, f"Moin {number}", article_id=f"new-{number}")
            keep(writer, stored, "Moin", article_id="moin-100")
        writer.finish("finished", "finished")


def failure_of(root: Path, durable: list[StoredCapture]) -> StorageFailed | None:
    """What ``crawl_on`` fails with, if it does."""
    try:
        crawl_on(root, durable)
    except StorageFailed as error:
        return error
    return None


def committed_files(root: Path) -> dict[Path, str]:
    """The truth so far: sha256 of WARCs, records and lines."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for name in ("warc", "crawls", "articles")
        for path in sorted((root / name).rglob("*"))
        if path.is_file()
    }


def make(root: Path) -> dict[Path, str]:
    """A collection with one committed run; its files."""
    with crawling(root) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")
    return committed_files(root)


def is_good_again(root: Path, committed: dict[Path, str], durable: list[StoredCapture]) -> None:
    """The next crawl goes on: nothing durable is lost, nothing committed has changed, nothing is wrong."""
    assert {path: committed_files(root).get(path) for path in committed} == committed
    with Collection.open(root) as collection, collection.lock():
        recover(collection, get_site("tagesschau").at(BASE_URL), now=ticking(START + 2 * DAY))
        assert collection.left_runs() == ()
        kept = list(collection.captures())
        for stored in durable:
            assert stored in kept
    with crawling(root, start=START + 3 * DAY) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html", at=START + 3 * DAY)), "Moin Moin")
    assert {path: committed_files(root).get(path) for path in committed} == committed
    live = catalog_rows(root)
    with Collection.open(root) as collection:
        collection.rebuild()
    assert catalog_rows(root) == live
    # The digests of invented articles are those of their texts alone.
    wrong = [finding for finding in check(root) if finding.severity == "error" and finding.code != "article-digest"]
    assert wrong == []


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("error", ERRORS)
def test_every_step_of_a_crawl_may_fail(tmp_path: Path, error: str, lasting: bool) -> None:
    make(tmp_path / SITE)
    with failing(FailingDisk(tmp_path, 0)) as disk:
        crawl_on(tmp_path / SITE, [])
    assert disk.steps > 30
    failed = 0
    steps = range(1 + ERRORS[error] // 2, disk.steps + 1, ERRORS[error])
    for step in steps:
        root = tmp_path / str(step) / SITE
        committed = make(root)
        durable: list[StoredCapture] = []
        with failing(FailingDisk(root.parent, getattr(errno, error), at=step, lasting=lasting)):
            said = failure_of(root, durable)
        if said is not None:
            failed += 1
            assert os.strerror(getattr(errno, error)) in str(said)
            assert said.exit_code == 13
        is_good_again(root, committed, durable)
    # What comes after the record of the run is derived, and a failure there is made good by the next command.
    assert failed >= len(steps) * 0.7


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that is soon full, where the system lets us have one."""
    directory = tmp_path / "disk"
    directory.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4M", "small", directory], capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield directory
    finally:
        subprocess.run(["umount", directory], check=True)


def test_a_full_disk_ends_the_crawl_and_with_room_it_goes_on(small_disk: Path, tmp_path: Path) -> None:
    stories = invent_stories(25, seed=1)
    with serve(SampleSite(stories)) as serving:
        first = crawl(serving.base_url, small_disk, "--limit", "3")
        assert first.exit_code == 0, first.stderr
        committed = committed_files(first.directory)
        filling = small_disk / "filling"
        free = os.statvfs(small_disk)
        filling.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - 300_000)))

        stopped = crawl(serving.base_url, small_disk)

        assert stopped.exit_code == 13, stopped.stderr
        assert "No space left on device" in stopped.stderr or "disk is full" in stopped.stderr
        assert "Traceback" not in stopped.stderr
        assert {path: committed_files(first.directory).get(path) for path in committed} == committed

        filling.unlink()
        subprocess.run(["mount", "-o", "remount,size=64M", small_disk], check=True)
        again = crawl(serving.base_url, small_disk)
        whole = crawl(serving.base_url, tmp_path / "whole")
    assert again.exit_code == 0, again.stderr
    assert lines_of(again.directory) == lines_of(whole.directory)
    assert {path: committed_files(first.directory).get(path) for path in committed} == committed
    assert [finding for finding in check(again.directory) if finding.severity == "error"] == []


def test_a_file_that_may_not_grow_ends_the_crawl(tmp_path: Path) -> None:
    with serve(SampleSite(invent_stories(10, seed=1))) as serving:
        first = crawl(serving.base_url, tmp_path, "--limit", "3")
        committed = committed_files(first.directory)

        stopped = crawl(
            serving.base_url,
            tmp_path,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        )

        assert stopped.exit_code == 13, stopped.stderr
        assert "Traceback" not in stopped.stderr
        assert {path: committed_files(first.directory).get(path) for path in committed} == committed
        again = crawl(serving.base_url, tmp_path)
    assert again.exit_code == 0, again.stderr
    assert len(lines_of(first.directory)) == 10
    assert [finding for finding in check(again.directory) if finding.severity == "error"] == []
