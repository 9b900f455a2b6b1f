"""Looking at a collection while others write to it, without ever writing.

``Collection`` brings a catalog up to date that is behind, which takes the lock; an onlooker takes what is there. Each
look is one read transaction: all that is read inside is of one moment, whatever is committed meanwhile.

Nothing in the collection changes by it, but that SQLite keeps ``catalog.sqlite-wal`` and ``catalog.sqlite-shm`` beside
a catalog that is open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.collection import is_in_use, read_descriptor
from newsarchive.collection.layout import Layout
from newsarchive.collection.reading import read_article, read_capture
from newsarchive.errors import CatalogMissing, UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, StoredCapture

_MAX_IDLE = 4
"""So many connections are kept for the next looks."""

MAX_LOOK_S = 10.0
"""So long may one look go on asking; whoever asks for more keeps all others waiting."""

_PATIENCE_S = 0.5
_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class View:
    """A collection as it is during one look. ``catalog`` holds the rows of committed runs and can only be read."""

    layout: Layout
    catalog: Catalog

    def article(self, article_id: str, revision: int | None = None) -> Article | None:
        """One revision of an article, the newest unless said otherwise; ``None`` when there is none.

        Raises ``UnreadableInput`` when its line is not where the catalog says.
        """
        return read_article(self.layout, self.catalog, article_id, revision)

    def read_capture(self, ref: CaptureRef) -> StoredCapture:
        """The capture ``ref`` points to. Raises ``UnreadableInput`` when it is not there as ``ref`` says."""
        return read_capture(self.layout, self.catalog, ref)


@dataclass(frozen=True, slots=True)
class _File:
    """Which file lies at a path. ``as_it_lies``: how it lay when it was opened without regard to its log."""

    path: Path
    device: int
    inode: int
    as_it_lies: tuple[int, int] | None = None


class Onlooker:
    """Reads the collection in the directory ``root``. For use by several threads at once.

    A statement that still runs ``most_s`` seconds after the look began ends with ``UnreadableInput``. Raises
    ``NotACollection``. Close it, or use it as a context manager.
    """

    def __init__(self, root: Path, *, most_s: float = MAX_LOOK_S) -> None:
        self.root = root
        self._most_s = most_s
        self.site = read_descriptor(root).site
        self._idle: list[tuple[_File, Catalog]] = []
        self._turn = threading.Lock()

    @contextmanager
    def look(self) -> Iterator[View]:
        """The collection as it is now, for as long as the look takes; keep it short.

        Each look follows the generation in use, and a catalog that was made anew. Raises ``CatalogMissing`` when there
        is none of this version, ``UnreadableInput`` when it cannot be read.
        """
        layout = Layout.in_use(self.root)
        file, catalog = self._begin(layout)
        try:
            yield View(layout, catalog)
        finally:
            self._end(file, catalog)

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._turn:
            idle, self._idle = self._idle, []
        for _, catalog in idle:
            catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, layout: Layout) -> tuple[_File, Catalog]:
        """A connection in a read transaction, and the file it is to, which lies in the place of the catalog."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            file = _file_at(layout.catalog)
            if file is not None and (found := self._connect(file)) is not None:
                with ExitStack() as on_failure:
                    on_failure.callback(found[1].close)
                    found[1].begin_reading(_ends_after(self._most_s))
                    # Only so it is sure that the file that was opened, and its log, are those that lay there.
                    if _is_at(found[0]):
                        on_failure.pop_all()
                        return found
            # For a moment there is none while one is put in the place of another.
            if time.monotonic() >= deadline or not is_in_use(layout):
                raise CatalogMissing(path=layout.catalog, site=self.site)
            time.sleep(_PAUSE_S)

    def _connect(self, file: _File) -> tuple[_File, Catalog] | None:
        with self._turn:
            kept, self._idle = self._idle, []
            stale = [(held, catalog) for held, catalog in kept if not _is_same(held, file) or not _is_at(held)]
            self._idle = [entry for entry in kept if entry not in stale]
            found = self._idle.pop() if self._idle else None
        for _, catalog in stale:
            catalog.close()
        if found is not None:
            return found
        opened = Catalog.open_to_read(file.path)
        if opened is not None:
            return file, opened
        # SQLite cannot read one with a log where it may not write beside it, unless told that nobody writes.
        state = _as_it_lies(file.path)
        if state is None:
            return None
        opened = Catalog.open_to_read(file.path, as_it_lies=True)
        return None if opened is None else (_File(file.path, file.device, file.inode, state), opened)

    def _end(self, file: _File, catalog: Catalog) -> None:
        catalog.end_reading()
        with self._turn:
            if len(self._idle) < _MAX_IDLE:
                self._idle.append((file, catalog))
                return
        catalog.close()


def _ends_after(most_s: float) -> Callable[[], bool]:
    end = time.monotonic() + most_s
    return lambda: time.monotonic() > end


def _file_at(path: Path) -> _File | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    return _File(path, status.st_dev, status.st_ino)


def _is_same(one: _File, other: _File) -> bool:
    return (one.path, one.device, one.inode) == (other.path, other.device, other.inode)


def _is_at(file: _File) -> bool:
    """Whether it still lies at its path, and untouched where that must be."""
    now = _file_at(file.path)
    return now is not None and _is_same(now, file) and (file.as_it_lies in {None, _as_it_lies(file.path)})


def _as_it_lies(path: Path) -> tuple[int, int] | None:
    """Size and time of change of a catalog to whose log nothing was written; ``None`` where something was."""
    log = path.with_name(f"{path.name}-wal")
    try:
        if log.exists() and log.stat().st_size:
            return None
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
