"""The index of a collection: which capture of an address lies where. Derived from the WARCs.

Two directories of sorted CDXJ files: ``full/`` lists every response, revisit and resource, ``replay/`` those a player
can show. Files are searched where they lie, never loaded. A run adds one file to each, named after it; as files of a
size become many, they are merged into one of the next size, so that a line is written again only a few times in its
life and the number of files grows with the logarithm of the number of runs.

Files appear and change in one step, and what a merge has taken up goes only after the merged file is there. A reader
may therefore meet a line twice, never too few, and takes it once. ``runs.txt`` names the runs that are listed, and is
extended last: whatever a kill leaves undone is done over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from io import FileIO
from itertools import count
from pathlib import Path
from typing import TypeVar

from newsarchive.collection.durable import make_directory, storing, sync_directory, write_atomically
from newsarchive.collection.layout import Layout
from newsarchive.errors import UnreadableInput
from newsarchive.model.crawl import CrawlRun
from newsarchive.warc.cdxj import IndexLine, Sorter, find, index_warc, merge, parse_line, read, to_line
from newsarchive.warc.surt import surt_key

FORMAT = "newsarchive index 1"
"""First line of ``runs.txt``; an index of another format is made again."""

FAN = 8
"""So many files of one size become one, and so many times larger is the next size."""

_SMALLEST_BYTES = 64 * 1024
_ATTEMPTS = 10

Found = TypeVar("Found")


class Index:
    """The index of the collection in ``layout``. Reading needs no lock; methods that write need that of the collection.

    Those raise ``StorageFailed``; what was there then stays as usable as it was.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._runs = layout.indexes / "runs.txt"
        self._directories = {True: layout.indexes / "full", False: layout.indexes / "replay"}

    def runs(self) -> frozenset[str] | None:
        """The runs that are listed; ``None`` where there is no index, or one of another format."""
        try:
            first, *runs = self._runs.read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreadableInput(path=self._runs, reason=error.strerror or str(error)) from error
        # The last piece is empty, or a line that was cut.
        return frozenset(runs[:-1]) if first == FORMAT and runs else None

    def files(self, *, full: bool = False) -> tuple[Path, ...]:
        """The files of the replay index, or of the full one, in order of their names."""
        return tuple(sorted(self._directories[full].glob("[!.]*.cdxj")))

    def captures_of(self, url: str, at: datetime | None = None, *, full: bool = False) -> tuple[IndexLine, ...]:
        """What the replay index, or the full one, lists of ``url``: in order of time, or the nearest to ``at`` first.

        These are the captures of all addresses with its SURT key. Raises ``UnreadableInput``.
        """
        key = surt_key(url)
        lines = self._look(full, lambda paths: {line for path in paths for line in find(path, key)})
        try:
            found = [parse_line(line) for line in sorted(lines)]
            if at is not None:
                found.sort(key=lambda line: abs(_instant(line.timestamp) - at))
        except ValueError as error:
            raise UnreadableInput(path=self._directories[full], reason=str(error)) from error
        return tuple(found)

    def lines(self, *, full: bool = False) -> Iterator[bytes]:
        """Every line of the replay index, or of the full one, in byte order. Raises ``UnreadableInput``."""
        with ExitStack() as opened:

            def open_all(paths: Sequence[Path]) -> list[FileIO]:
                with ExitStack() as attempt:
                    files = [attempt.enter_context(FileIO(path)) for path in paths]
                    opened.enter_context(attempt.pop_all())
                    return files

            yield from merge(map(read, self._look(full, open_all)))

    def update(self, runs: Sequence[CrawlRun]) -> None:
        """List the committed ``runs``, and nothing else: what is missing is read off its WARCs.

        Raises ``UnreadableInput`` at the first damage in one of those.
        """
        listed = self.runs()
        if listed is None or not listed <= {run.run for run in runs}:
            self.rebuild(runs)
            return
        for run in runs:
            if run.run not in listed:
                with self.sorter() as sorter:
                    self._read_warcs([run], sorter)
                    self.add_run(run.run, sorter.sorted())

    def rebuild(self, runs: Sequence[CrawlRun]) -> None:
        """Make the index of the committed ``runs`` again from their WARCs, and put it in the place of the one there is.

        Raises ``UnreadableInput`` at the first damage; the index there is then stays.
        """
        with storing(self._layout.indexes), self.sorter() as sorter:
            self._read_warcs(runs, sorter)
            old = [*self.files(full=True), *self.files()]
            # Without this list the index counts for nothing, so whatever interrupts the change, it is made over.
            if self._runs.exists():
                self._runs.unlink()
                sync_directory(self._layout.indexes)
            self._write_files(max((run.run for run in runs), default="none"), sorter.sorted())
            for path in old:
                path.unlink()
            write_atomically(self._runs, "".join(f"{name}\n" for name in (FORMAT, *(run.run for run in runs))).encode())

    def add_run(self, run: str, lines: Iterable[bytes]) -> None:
        """List a run, given its lines in order. Does nothing where it is listed, or where there is no index at all."""
        listed = self.runs()
        if listed is None or run in listed:
            return
        with storing(self._layout.indexes):
            self._write_files(run, lines)
            _append_line(self._runs, run)
            for directory in self._directories.values():
                while paths := due({path: path.stat().st_size for path in directory.glob("[!.]*.cdxj")}):
                    _merge_files(paths)

    def sorter(self) -> Sorter:
        """What puts the lines of a run in order, however many they are; close it."""
        return Sorter(self._layout.root)

    def _read_warcs(self, runs: Iterable[CrawlRun], sorter: Sorter) -> None:
        for run in runs:
            for warc in run.warcs:
                for line in index_warc(self._layout.locate(warc.path), warc.path):
                    with storing(self._layout.indexes):
                        sorter.add(to_line(line))

    def _write_files(self, run: str, lines: Iterable[bytes]) -> None:
        """Write ``lines`` to a new file in each directory; none where there is no line for it."""
        name = next(name for name in _names(run) if not any((at / name).exists() for at in self._directories.values()))
        with ExitStack() as opened:
            files = {}
            for full, directory in self._directories.items():
                make_directory(directory)
                _clear(directory)
                files[full] = opened.enter_context((directory / f".{name}.new").open("wb"))
            for line in lines:
                files[True].write(line)
                if parse_line(line).is_replayable:
                    files[False].write(line)
            for file in files.values():
                file.flush()
                os.fsync(file.fileno())
        for directory in self._directories.values():
            temporary = directory / f".{name}.new"
            if temporary.stat().st_size:
                temporary.rename(directory / name)
            else:
                temporary.unlink()
            sync_directory(directory)

    def _look(self, full: bool, look: Callable[[Sequence[Path]], Found]) -> Found:
        """What ``look`` finds in the files there are; once more where a merge took one away meanwhile."""
        try:
            for _ in range(_ATTEMPTS):
                try:
                    return look(self.files(full=full))
                except FileNotFoundError:
                    continue
            return look(self.files(full=full))
        except OSError as error:
            path = error.filename or self._directories[full]
            raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error


class IndexLines:
    """The lines of the run that is written, as its records are; what is too much for the memory waits on the disk.

    ``is_complete``: no line was lost, for want of room say. An index never keeps a crawl from archiving; a run whose
    lines are not complete is listed later, from its WARCs.
    """

    def __init__(self, index: Index) -> None:
        self._sorter = index.sorter()
        self.is_complete = True

    def add(self, line: IndexLine) -> None:
        """Take the line of a record that was written."""
        if self.is_complete:
            try:
                self._sorter.add(to_line(line))
            except OSError:
                self.is_complete = False

    def sorted(self) -> Iterator[bytes]:
        """All lines, in order."""
        return self._sorter.sorted()

    def close(self) -> None:
        """Let go of the lines."""
        self._sorter.close()


def due(sizes: Mapping[Path, int]) -> tuple[Path, ...]:
    """Which files of one directory, given their sizes in bytes, are to be merged next; none when all is well.

    A size class is ``FAN`` times as large as the one below. Once one has ``FAN`` files, they become one, and take with
    them whatever is smaller.
    """
    classes = {path: _size_class(size) for path, size in sizes.items()}
    for size_class in sorted(set(classes.values())):
        if list(classes.values()).count(size_class) >= FAN:
            return tuple(sorted(path for path, its_class in classes.items() if its_class <= size_class))
    return ()


def _size_class(size: int) -> int:
    return next(number for number in count() if size <= _SMALLEST_BYTES * FAN**number)


def _names(run: str) -> Iterator[str]:
    # The second and later ones are needed after a kill between the writing of a file and its entry in the list.
    return (f"{run}.cdxj" if number == 0 else f"{run}.{number}.cdxj" for number in count())


def _merge_files(paths: Sequence[Path]) -> None:
    """Make one file of all, under the name of the first. Readers of the others are not disturbed."""
    temporary = paths[0].with_name(f".{paths[0].name}.new")
    with ExitStack() as opened:
        merged = opened.enter_context(temporary.open("wb"))
        merged.writelines(merge([read(opened.enter_context(FileIO(path))) for path in paths]))
        merged.flush()
        os.fsync(merged.fileno())
    temporary.replace(paths[0])
    sync_directory(paths[0].parent)
    for path in paths[1:]:
        path.unlink()
    sync_directory(paths[0].parent)


def _append_line(path: Path, line: str) -> None:
    with path.open("r+b") as file:
        # A power cut may have left part of a line.
        file.truncate(path.read_bytes().rfind(b"\n") + 1)
        file.seek(0, os.SEEK_END)
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def _clear(directory: Path) -> None:
    for left in directory.glob(".*.new"):
        left.unlink()


def _instant(timestamp: str) -> datetime:
    return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
