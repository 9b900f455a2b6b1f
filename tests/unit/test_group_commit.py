"""Group commit: one sync for all that wait, in order, and no word of success before it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from newsarchive.collection.commit import GroupCommit
from newsarchive.errors import StorageFailed
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import WarcFile
from newsarchive.model.digest import Digest
from newsarchive.warc.records import Resource
from tests.corpus import stored_page
from tests.kept import START, exchange

FULL = StorageFailed(path="x.warc.gz.open", reason="No space left on device")


@dataclass
class Disk:
    """Remembers what was done to it, in order; fails where told to, and holds ``write`` back until ``ready``."""

    done: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    ready: threading.Event = field(default_factory=threading.Event)
    writing: threading.Event = field(default_factory=threading.Event)

    def do(self, what: str) -> None:
        self.done.append(what)
        if what in self.failing:
            raise FULL


class Warc:
    """A WARC in which each exchange takes ten bytes."""

    def __init__(self, disk: Disk, serial: int) -> None:
        self._disk = disk
        self._serial = serial
        self.length_bytes = 0
        disk.do(f"open {serial}")

    def write(self, capture: Capture) -> StoredCapture | None:
        self._disk.writing.set()
        assert self._disk.ready.wait(timeout=30)
        self._disk.do(f"write {capture.url}")
        self.length_bytes += 10
        return stored_page(b"", url=capture.url) if capture.received else None

    def write_resource(self, resource: Resource) -> StoredCapture:
        self._disk.do(f"write {resource.url}")
        self.length_bytes += 10
        return stored_page(resource.payload, url=resource.url)

    def commit(self) -> None:
        self._disk.do("commit")

    def seal(self) -> WarcFile:
        self._disk.do(f"seal {self._serial}")
        return WarcFile(path=f"{self._serial}", length_bytes=self.length_bytes, records=1, digest=Digest.of(b""))

    def close(self) -> None:
        self._disk.do(f"close {self._serial}")


@contextmanager
def committing(
    disk: Disk,
    *,
    enter: Callable[[Sequence[StoredCapture]], None] = lambda captures: None,
    max_warc_bytes: int = 1000,
    max_waiting: int = 64,
) -> Iterator[GroupCommit]:
    group = GroupCommit(
        open_warc=lambda serial: Warc(disk, serial), enter=enter, max_warc_bytes=max_warc_bytes, max_waiting=max_waiting
    )
    group.start()
    try:
        yield group
    finally:
        disk.ready.set()
        with suppress(StorageFailed):
            group.close()


def submit_held_back(group: GroupCommit, disk: Disk, count: int) -> list[Future[StoredCapture | None]]:
    """Submit while the first write is held, so that all others wait together."""
    first = group.submit(exchange("/0"))
    assert disk.writing.wait(timeout=30)
    rest = [group.submit(exchange(f"/{number}")) for number in range(1, count)]
    disk.ready.set()
    return [first, *rest]


def test_all_that_wait_share_one_sync() -> None:
    disk = Disk()
    with committing(disk) as group:
        futures = submit_held_back(group, disk, 21)
        stored = [future.result(timeout=30) for future in futures]

    assert [capture and capture.url for capture in stored] == [f"https://seeblick.example/{n}" for n in range(21)]
    assert disk.done.count("commit") == 2
    assert disk.done[:3] == ["open 0", "write https://seeblick.example/0", "commit"]
    assert disk.done[-2:] == ["commit", "seal 0"]


def test_nobody_is_told_before_the_sync_and_the_catalog() -> None:
    disk = Disk()
    told: list[list[str]] = []
    disk.ready.set()
    with committing(disk, enter=lambda captures: disk.do(f"enter {len(captures)}")) as group:
        future = group.submit(exchange("/0"))
        future.add_done_callback(lambda _: told.append(list(disk.done)))
        future.result(timeout=30)

    assert told == [["open 0", "write https://seeblick.example/0", "commit", "enter 1"]]


def test_an_exchange_without_an_answer_is_durable_and_no_capture() -> None:
    disk = Disk()
    entered: list[StoredCapture] = []
    disk.ready.set()
    silent = Capture(url="https://seeblick.example/", started_at=START, sent=b"GET / HTTP/1.1\r\n\r\n", received=b"")
    with committing(disk, enter=entered.extend) as group:
        assert group.submit(silent).result(timeout=30) is None
        resource = Resource(url="urn:x", captured_at=START, content_type="text/plain", payload=b"x")
        assert group.submit(resource).result(timeout=30).payload == b"x"

    assert [capture.url for capture in entered] == ["urn:x"]
    assert group.captures == 1


def test_a_full_warc_is_sealed_and_the_next_one_opened() -> None:
    disk = Disk()
    with committing(disk, max_warc_bytes=20) as group:
        submit_held_back(group, disk, 5)
        sealed = group.close()

    assert [(warc.path, warc.length_bytes) for warc in sealed] == [("0", 20), ("1", 20), ("2", 10)]
    seal = disk.done.index("seal 0")
    assert disk.done[seal - 1 : seal + 2] == ["commit", "seal 0", "open 1"]


def test_a_failed_write_fails_what_waits_and_comes_but_not_what_was_written() -> None:
    disk = Disk(failing={"write https://seeblick.example/3"})
    with committing(disk) as group:
        futures = submit_held_back(group, disk, 6)
        late = group.submit(exchange("/late"))
        outcomes = [future.exception(timeout=30) for future in [*futures, late]]
        sealed = group.close()

    assert outcomes == [None, None, None, FULL, FULL, FULL, FULL]
    assert group.failure is FULL
    assert [warc.path for warc in sealed] == ["0"]
    assert "write https://seeblick.example/4" not in disk.done
    assert "write https://seeblick.example/late" not in disk.done


def test_after_a_failed_sync_the_file_is_left_as_it_is() -> None:
    disk = Disk(failing={"commit"})
    disk.ready.set()
    with committing(disk) as group:
        assert group.submit(exchange("/0")).exception(timeout=30) is FULL
        with pytest.raises(StorageFailed):
            group.close()

    assert disk.done == ["open 0", "write https://seeblick.example/0", "commit", "close 0"]


@pytest.mark.parametrize("failing", ["open 0", "seal 0", "enter"])
def test_every_other_failure_stops_the_writing_too(failing: str) -> None:
    disk = Disk(failing={failing})
    disk.ready.set()
    with committing(disk, enter=lambda captures: disk.do("enter"), max_warc_bytes=20) as group:
        first, second, third = (group.submit(exchange(f"/{number}")) for number in range(3))
        outcomes = [future.exception(timeout=30) for future in (first, second, third)]

    durable = {"open 0": [FULL] * 3, "seal 0": [None, None, FULL]}
    if failing in durable:
        assert outcomes == durable[failing]
    else:
        # What was synced before the catalog failed is safe and said to be so.
        assert outcomes[0] is None
    assert group.failure is FULL


def test_a_fault_of_the_program_stops_the_writing_and_is_not_dressed_up() -> None:
    disk = Disk()
    disk.ready.set()
    fault = TypeError("no capture")

    def enter(captures: Sequence[StoredCapture]) -> None:
        raise fault

    with committing(disk, enter=enter) as group:
        group.submit(exchange("/0")).result(timeout=30)
        assert group.submit(exchange("/1")).exception(timeout=30) is fault


def test_a_full_queue_makes_the_caller_wait() -> None:
    disk = Disk()
    with committing(disk, max_waiting=2) as group:
        submit_held = threading.Thread(target=lambda: [group.submit(exchange(f"/{n}")) for n in range(6)])
        submit_held.start()
        assert disk.writing.wait(timeout=30)
        assert submit_held.is_alive()
        disk.ready.set()
        submit_held.join(timeout=30)
        assert not submit_held.is_alive()

    assert len([what for what in disk.done if what.startswith("write")]) == 6


def test_nothing_is_taken_after_the_close() -> None:
    disk = Disk()
    disk.ready.set()
    with committing(disk) as group:
        assert group.close() == ()
        assert group.close() == ()
        with pytest.raises(RuntimeError, match="closed"):
            group.submit(exchange("/late"))

    assert disk.done == []
