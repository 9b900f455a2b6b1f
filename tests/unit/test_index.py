"""The index in tiers: how runs are added and files merged, what a kill leaves, what a reader sees meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from newsarchive.collection import index as tiers
from newsarchive.collection.index import FAN, Index, due
from newsarchive.collection.layout import Layout
from newsarchive.errors import StorageFailed, UnreadableInput
from newsarchive.model.digest import Digest
from newsarchive.warc.cdxj import IndexLine, parse_line, to_line
from newsarchive.warc.surt import surt_key

KB = 1024


def line(path: str, *, run: int = 0, status: int = 200, second: int = 0) -> IndexLine:
    url = f"https://seeblick.example{path}"
    timestamp = f"20261122{run // 60:02}{run % 60:02}{second:02}"
    return IndexLine(
        key=surt_key(url),
        timestamp=timestamp,
        url=url,
        mime="text/html",
        status=status,
        digest=str(Digest.of(url.encode())),
        length=100,
        offset=0,
        filename=f"warc/{run:05}.warc.gz",
        record_digest=str(Digest.of(timestamp.encode())),
    )


def lines_of(run: int) -> list[IndexLine]:
    return [line("/robots.txt", run=run), line(f"/{run}.html", run=run), line("/", run=run, status=304)]


def run_id(number: int) -> str:
    return f"20261122T{number // 3600:02}{number // 60 % 60:02}{number % 60:02}Z-0000"


def add(index: Index, number: int) -> None:
    index.add_run(run_id(number), sorted(map(to_line, lines_of(number))))


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An empty index."""
    index = Index(Layout(tmp_path))
    index.update([])
    return index


def directory(index: Index, name: str = "replay") -> Path:
    return index.files(full=name == "full")[0].parent


# --- what is merged when ---


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ([], []),
        ([1] * 7, []),
        ([1] * 8, range(8)),
        ([500 * KB] * 7 + [1] * 7, []),
        ([500 * KB] * 7 + [1] * 8, range(7, 15)),
        ([500 * KB] * 8 + [1] * 3, range(11)),
        ([10**9] + [500 * KB] * 8 + [65 * KB], range(1, 10)),
        ([10**12] * 8, range(8)),
    ],
)
def test_files_of_a_size_become_one_and_take_smaller_ones_along(sizes: list[int], merged: list[int]) -> None:
    paths = [Path(f"{number:02}") for number in range(len(sizes))]
    assert due(dict(zip(paths, sizes, strict=True))) == tuple(paths[number] for number in merged)


def test_many_runs_make_few_files_and_little_is_written_again() -> None:
    """Ten thousand runs of 6 KB: as many as ten weeks of a run every ten minutes."""
    files: dict[Path, int] = {}
    written = most = 0
    for number in range(10_000):
        files[Path(f"{number:05}")] = 6 * KB
        written += 6 * KB
        while paths := due(files):
            size = sum(files.pop(path) for path in paths)
            files[paths[0]] = size
            written += size
        most = max(most, len(files))
    assert most <= 4 * FAN
    assert written <= 10 * 10_000 * 6 * KB


# --- runs come, files are merged ---


def test_runs_are_listed_and_found(index: Index) -> None:
    for number in range(30):
        add(index, number)

    assert index.runs() == {run_id(number) for number in range(30)}
    assert len(index.files()) < FAN
    everything = [listed for number in range(30) for listed in lines_of(number)]
    assert list(index.lines(full=True)) == sorted(map(to_line, everything))
    assert list(index.lines()) == sorted(to_line(listed) for listed in everything if listed.status != 304)
    assert index.captures_of("http://www.seeblick.example/7.html") == (line("/7.html", run=7),)
    assert len(index.captures_of("https://seeblick.example/robots.txt")) == 30
    assert index.captures_of("https://seeblick.example/") == ()
    assert len(index.captures_of("https://seeblick.example/", full=True)) == 30


def test_the_nearest_come_first_when_a_time_is_asked_for(index: Index) -> None:
    for number in (0, 10, 14, 30):
        add(index, number)

    at = datetime.fromisoformat("2026-11-22T00:12:00Z")
    found = index.captures_of("https://seeblick.example/robots.txt", at)
    assert [listed.timestamp[8:12] for listed in found] == ["0010", "0014", "0000", "0030"]


def test_a_run_is_listed_once(index: Index) -> None:
    add(index, 0)
    add(index, 0)

    assert len(index.files()) == 1
    assert len(list(index.lines())) == 2


def test_a_run_without_a_line_makes_no_file(index: Index) -> None:
    index.add_run(run_id(0), [])
    index.add_run(run_id(1), [to_line(line("/", status=304))])

    assert index.runs() == {run_id(0), run_id(1)}
    assert (len(index.files()), len(index.files(full=True))) == (0, 1)


def test_without_an_index_nothing_is_added_to_it(tmp_path: Path) -> None:
    index = Index(Layout(tmp_path))
    add(index, 0)

    assert index.runs() is None
    assert list(tmp_path.iterdir()) == []
    assert index.captures_of("https://seeblick.example/robots.txt") == ()


@pytest.mark.parametrize("content", ["", "newsarchive index 0\n", "newsarchive index 1", "x" * 100])
def test_an_index_of_another_format_is_none(index: Index, tmp_path: Path, content: str) -> None:
    (tmp_path / "indexes" / "runs.txt").write_text(content, encoding="utf-8")

    assert index.runs() is None


# --- kills ---


class Killed(BaseException):
    """What ends a process in the middle of things."""


def _kill(*_: object) -> None:
    raise Killed


STEPS: dict[str, tuple[object, str]] = {
    "before the files have their names": (Path, "rename"),
    "before the run is in the list": (tiers, "_append_line"),
    "before a merge": (tiers, "_merge_files"),
    "before the merged file has its name": (Path, "replace"),
    "before the merged ones go": (Path, "unlink"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_loses_nothing_and_is_done_over(
    index: Index, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(FAN - 1):
        add(index, number)
    with monkeypatch.context() as patch:
        patch.setattr(*STEPS[step], _kill)
        with pytest.raises(Killed):
            add(index, FAN - 1)
    listed = index.runs() or frozenset()
    expected = sorted(to_line(listed) for number in range(FAN) for listed in lines_of(number))
    left = sorted(to_line(found) for number in range(FAN - 1) for found in lines_of(number))

    assert list(index.lines(full=True)) in (left, expected)
    assert len(index.captures_of("https://seeblick.example/robots.txt")) in (FAN - 1, FAN)
    assert (run_id(FAN - 1) in listed) <= (list(index.lines(full=True)) == expected)

    add(index, FAN - 1)
    add(index, FAN)
    assert list(index.lines(full=True)) == sorted(to_line(one) for number in range(FAN + 1) for one in lines_of(number))
    assert len(index.captures_of("https://seeblick.example/robots.txt")) == FAN + 1
    assert list(directory(index).glob(".*")) == []


def test_a_run_written_but_not_entered_is_not_overwritten_by_itself(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file may have been merged with others under its name by the time it is added again."""
    with monkeypatch.context() as patch:
        patch.setattr(tiers, "_append_line", _kill)
        with pytest.raises(Killed):
            add(index, 0)
    for number in range(1, FAN):
        add(index, number)
    assert [path.stem for path in index.files()] == [run_id(0)]

    add(index, 0)

    assert len(index.captures_of("https://seeblick.example/robots.txt")) == FAN


def test_a_torn_line_of_the_list_is_cut_off(index: Index, tmp_path: Path) -> None:
    add(index, 0)
    runs = tmp_path / "indexes" / "runs.txt"
    runs.write_bytes(runs.read_bytes() + b"20261122T00")

    assert index.runs() == {run_id(0)}
    add(index, 1)
    assert index.runs() == {run_id(0), run_id(1)}


def test_a_disk_that_fails_leaves_the_index_as_it_was(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    add(index, 0)
    before = list(index.lines(full=True))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tiers.os, "fsync", full)
        with pytest.raises(StorageFailed, match="No space left"):
            add(index, 1)

    assert (index.runs(), list(index.lines(full=True))) == ({run_id(0)}, before)
    add(index, 1)
    assert len(index.captures_of("https://seeblick.example/robots.txt")) == 2


# --- readers beside a writer ---


def test_readers_see_all_that_was_listed_while_files_are_merged(index: Index) -> None:
    """A reader that saw a run listed finds all its lines, whatever is merged under its hands."""
    done = threading.Event()
    wrong: list[str] = []

    def read(look: Callable[[], int]) -> None:
        while not done.is_set():
            listed = len(index.runs() or ())
            if (found := look()) < listed:
                wrong.append(f"{found} of {listed}")

    looks: list[Callable[[], int]] = [
        lambda: len(index.captures_of("https://seeblick.example/robots.txt")),
        lambda: sum(b"robots.txt" in found for found in index.lines()),
    ]
    readers = [threading.Thread(target=read, args=(look,)) for look in looks]
    for reader in readers:
        reader.start()
    try:
        for number in range(120):
            add(index, number)
    finally:
        done.set()
        for reader in readers:
            reader.join(timeout=60)

    assert wrong == []


def test_a_reader_that_holds_merged_files_goes_on(index: Index) -> None:
    for number in range(FAN - 1):
        add(index, number)
    reading = index.lines()
    first = next(reading)
    add(index, FAN - 1)

    assert len(index.files()) == 1
    assert len([first, *reading]) == 2 * (FAN - 1)


def test_a_damaged_file_is_named(index: Index) -> None:
    add(index, 0)
    (path,) = index.files()
    path.write_bytes(b"example,seeblick)/robots.txt 2026 not json\n")

    with pytest.raises(UnreadableInput, match=r"replay.*not a line of a CDXJ index"):
        index.captures_of("https://seeblick.example/robots.txt")


def test_files_are_sorted_by_their_bytes(index: Index) -> None:
    for number in range(FAN + 3):
        add(index, number)

    for path in (*index.files(), *index.files(full=True)):
        lines = path.read_bytes().splitlines(keepends=True)
        assert lines == sorted(set(lines))
        assert all(parse_line(found).filename.startswith("warc/") for found in lines)
