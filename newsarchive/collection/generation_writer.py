"""Writing a generation: readings of captures, in any order, become numbered lines, in order of capture.

The readings are put into a temporary database, so that memory does not grow with them. Revisions are then numbered for
the whole history of each article at once, in order of capture: what was captured at a time comes before what was
captured later, whichever run brought it. Of live crawls that is the order in which they numbered them.

What an answer without a page says follows from the readings of its address: of a 304 that of the newest whole answer
before its run, of a removal the article last read there.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import quote

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.durable import make_directory, storing, sync_directory, write_atomically
from newsarchive.collection.generations import Generation, RunLineCount, describe_generation, numbers
from newsarchive.collection.layout import Layout, articles_name, seen_name
from newsarchive.collection.lines import Span
from newsarchive.collection.run_lines import revision_of
from newsarchive.collection.tables import stamp
from newsarchive.errors import StorageFailed
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.revision import GONE, Sighting
from newsarchive.model.serialize import from_json, to_line

_TABLES = """
CREATE TABLE readings (
    record_id TEXT PRIMARY KEY, run_number INTEGER NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL,
    warc TEXT NOT NULL, offset INTEGER NOT NULL, article_id TEXT, digest TEXT, reason TEXT,
    file TEXT, line_at INTEGER, line_length INTEGER
) WITHOUT ROWID;
CREATE INDEX readings_by_article ON readings (article_id, at, warc, offset) WHERE article_id IS NOT NULL;
CREATE INDEX readings_by_url ON readings (url, at);
CREATE TABLE numbers (
    record_id TEXT PRIMARY KEY, article_id TEXT NOT NULL, revision INTEGER NOT NULL, is_line INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE lines (
    article_id TEXT, revision INTEGER, record_id TEXT NOT NULL, PRIMARY KEY (article_id, revision)
) WITHOUT ROWID;
"""

_TO_NUMBER = """
SELECT record_id, article_id, digest FROM readings WHERE article_id IS NOT NULL ORDER BY article_id, at, warc, offset
"""

_WITHOUT_LINE = """
SELECT record_id FROM numbers CROSS JOIN readings USING (record_id) WHERE is_line AND line_length IS NULL
"""

_CAPTURES = """
SELECT c.record_id, c.url, c.captured_at, c.status, c.location, c.truncated,
    r.record_id IS NOT NULL, r.reason, r.file, r.line_at, r.line_length, n.article_id, n.revision, n.is_line
FROM held.captures AS c LEFT JOIN readings AS r USING (record_id) LEFT JOIN numbers AS n USING (record_id)
WHERE c.run = ? AND (r.record_id IS NOT NULL OR c.truncated IS NULL)
ORDER BY c.captured_at, c.warc, c.offset
"""

_NEWEST_WHOLE = """
SELECT n.article_id, n.revision, r.reason, r.record_id IS NOT NULL FROM (
    SELECT record_id FROM held.captures AS c CROSS JOIN held.runs USING (run)
    WHERE url = :url AND status = 200 AND truncated IS NULL AND held.runs.number < :number
    ORDER BY captured_at DESC LIMIT 1
) AS newest LEFT JOIN readings AS r USING (record_id) LEFT JOIN numbers AS n USING (record_id)
"""

_LAST_ARTICLE = """
SELECT n.article_id, n.revision FROM readings CROSS JOIN numbers AS n USING (record_id)
WHERE url = :url AND run_number <= :number AND at <= :at ORDER BY at DESC LIMIT 1
"""

_WAS_ARTICLE = """
SELECT EXISTS (
    SELECT 1 FROM readings CROSS JOIN numbers USING (record_id) CROSS JOIN held.captures AS c USING (record_id)
    WHERE readings.url = :url AND run_number < :number AND reason IS NULL AND c.status IS NOT NULL
)
"""

_LINE = """
SELECT file, line_at, line_length FROM lines CROSS JOIN readings USING (record_id)
WHERE lines.article_id = ? AND lines.revision = ?
"""

_SIGHTINGS = "run, url, record_id, captured_at, article_id, revision, reason"
_REVISIONS = "run, record_id, article_id, revision, content_digest"

_KEPT_FILES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCapture:
    """What was read in a capture: an article with its digest, or the reason why there is none.

    ``line``: name of the file below the writer's ``readings``, and place there, of the article line as revision 1;
    ``None`` where nobody has it, since the article was seen unchanged.
    """

    record_id: str
    url: str
    captured_at: datetime
    warc: str
    offset: int
    article_id: str | None
    content_digest: str | None
    reason: str | None
    line: tuple[str, Span] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """What a site says of addresses: whether one is of an article; why an answer that is no page ends one.

    ``gone_reason`` is asked as ``reextract.ending`` answers: address, status, location, whether an article was there.
    """

    is_article: Callable[[str], bool]
    gone_reason: Callable[[str, int | None, str | None, bool], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a generation holds."""

    runs: int
    articles: int
    revisions: int
    sightings: int


_Said = tuple[str | None, int | None, str | None]
"""Article, revision and reason, as in ``Sighting``."""


class GenerationWriter:
    """Makes the generation after all that there are, of the captures that the catalog of ``base`` knows.

    It lies in ``directory`` until ``finish``; what is found there of an attempt before, but for ``readings``, is
    made again. One process at a time. Methods raise ``StorageFailed``.
    """

    def __init__(self, base: Layout, directory: Path) -> None:
        self._base = base
        self._directory = directory
        self.target = Layout(base.root, numbers(base)[-1] + 1)
        """The layout that it will be part of."""
        with storing(directory):
            make_directory(directory)
            self._clear()
        work = directory / "work.sqlite"
        with self._storing(work):
            self._work = sqlite3.connect(work, isolation_level=None, uri=True)
            self._work.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {_TABLES} COMMIT;")
            self._work.execute("ATTACH ? AS held", (f"file:{quote(str(base.catalog))}?mode=ro",))
        self._catalog = Catalog.create(directory / "catalog.sqlite")
        self._counts: list[RunLineCount] = []
        self._opened: dict[str, BinaryIO] = {}

    def add(self, run: CrawlRun, readings: Iterator[ReadCapture]) -> None:
        """Enter readings of captures of ``run``; one that has a reading already gets the new one."""
        with self._storing(self._directory):
            rows = self._work.execute("SELECT number FROM held.runs WHERE run = ?", (run.run,)).fetchall()
            number = rows[0][0]
            self._work.execute("BEGIN")
            self._work.executemany(
                "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(number, reading) for reading in readings),
            )
            self._work.execute("COMMIT")

    def number(self) -> tuple[str, ...]:
        """Number the revisions; gives the ids of captures that have new ones of them and whose lines nobody has.

        With readings of these it is to be done again.
        """
        with self._storing(self._directory):
            self._work.execute("BEGIN")
            self._work.execute("DELETE FROM numbers")
            article_id, digest, revision = None, None, 0
            for record_id, of, says in self._work.execute(_TO_NUMBER):
                if of != article_id:
                    article_id, digest, revision = of, None, 0
                is_line = revision == 0 or says != digest
                revision, digest = revision + is_line, says
                self._work.execute("INSERT INTO numbers VALUES (?, ?, ?, ?)", (record_id, of, revision, is_line))
            self._work.execute("DELETE FROM lines")
            self._work.execute(
                "INSERT INTO lines SELECT article_id, revision, record_id FROM numbers WHERE is_line = 1"
            )
            self._work.execute("COMMIT")
            return tuple(record_id for (record_id,) in self._work.execute(_WITHOUT_LINE))

    def expect_no_change(self) -> None:
        """All that was read says what the base says, so that most likely nothing is kept of what is written now.

        Should it be kept all the same, its catalog is made when somebody needs it.
        """
        self._catalog.is_searched = False

    def write_run(self, run: CrawlRun, rules: PageRules) -> None:
        """Write the lines of ``run``. All is numbered; runs come in the order in which they were committed."""
        with self._storing(self._directory):
            ((number,),) = self._work.execute("SELECT number FROM held.runs WHERE run = ?", (run.run,)).fetchall()
        articles = _Lines(self._directory / articles_name(run.run, run.started_at))
        seen = _Lines(self._directory / seen_name(run.run, run.started_at))
        file = self.target.name_of(self.target.articles_path(run.run, run.started_at))
        self._catalog.begin_run(run.run)
        self._catalog.copy_run(run.run, self._base.catalog)
        with articles, seen, self._catalog.transaction():
            for row in self._rows(run.run):
                (record_id, url, at, status, location, _, is_read, *reading) = row
                reason, of, line_at, line_length, article_id, revision, is_line = reading
                if is_read and reason is None and is_line:
                    line = self._read(of, line_at, line_length, revision=revision)
                    article = from_json(line, Article)
                    before = self._line(article_id, revision - 1) if revision > 1 else None
                    span = articles.append(line)
                    self._catalog.add_revision(article, revision_of(article, run.run, before), file, span)
                    continue
                said: _Said | None
                if is_read and (reason is None or reason not in GONE):
                    said = (article_id, revision, reason)
                elif is_read:
                    said = (*self._last_article(url, number, at), reason)
                else:
                    said = self._without_page(url, at, status, location, number, rules)
                if said is None:
                    continue
                if not is_read or reason is not None:
                    self._note(record_id, number, url, at, said)
                sighting = Sighting(
                    url=url,
                    record_id=record_id,
                    captured_at=datetime.fromisoformat(at),
                    article_id=said[0],
                    revision=said[1],
                    reason=said[2],
                )
                seen.append(to_line(sighting))
                self._catalog.add_sightings(run.run, [sighting])
            self._catalog.commit_run(run)
        self._counts.append(RunLineCount(run=run.run, articles=articles.count, sightings=seen.count))

    def totals(self) -> Totals:
        """What it holds so far."""
        articles, revisions = self._catalog.count_articles()
        return Totals(
            runs=len(self._counts),
            articles=articles,
            revisions=revisions,
            sightings=sum(count.sightings for count in self._counts),
        )

    def is_like_base(self) -> bool:
        """Whether the same captures give the same revisions and sightings as in the generation it is made of.

        What the lines themselves say is for the caller to know.
        """
        with self._storing(self._directory):
            self._work.execute("ATTACH ? AS made", (str(self._directory / "catalog.sqlite"),))
            try:
                return not any(
                    self._work.execute(
                        f"SELECT EXISTS (SELECT {columns} FROM {one}.{table} "  # noqa: S608 (our own tables)
                        f"WHERE run IN (SELECT run FROM made.runs) EXCEPT SELECT {columns} FROM {other}.{table})"
                    ).fetchone()[0]
                    for table, columns in (("sightings", _SIGHTINGS), ("revisions", _REVISIONS))
                    for one, other in (("held", "made"), ("made", "held"))
                )
            finally:
                self._work.execute("DETACH made")

    def files_that_differ(self, runs: Iterator[CrawlRun]) -> int:
        """How many files of lines are not, byte for byte, those of the generation it is made of."""
        return sum(
            not _are_equal(self._directory / name, self._base.home / name)
            for run in runs
            for name in (articles_name(run.run, run.started_at), seen_name(run.run, run.started_at))
        )

    def finish(self, generation: Generation, files: Mapping[str, bytes]) -> Layout:
        """Give it its name, with ``files`` beside the lines; it is whole then, and not yet in use."""
        self._close()
        directory, target = self._directory, self.target
        with storing(directory):
            for name, data in files.items():
                write_atomically(directory / name, data)
            write_atomically(directory / "runs.jsonl", map(to_line, self._counts))
            self._remove("work.sqlite", "readings", "plan.json")
            if not self._catalog.is_searched:
                self._remove("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm")
            for path in (directory, *(path for path in directory.rglob("*") if path.is_dir())):
                sync_directory(path)
            describe_generation(directory, generation)
            if target.home.exists():  # without generation.json: of runs that were only counted
                shutil.rmtree(target.home)
            directory.rename(target.home)
            sync_directory(target.home.parent)
        return target

    def discard(self) -> None:
        """Take it away, with all that was read for it."""
        self._close()
        with storing(self._directory):
            shutil.rmtree(self._directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._close_readings()
        self._work.close()
        self._catalog.close()

    def _clear(self) -> None:
        self._remove("work.sqlite", "catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "articles")

    def _remove(self, *names: str) -> None:
        for name in names:
            path = self._directory / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _rows(self, run: str) -> Iterator[tuple[Any, ...]]:
        # They are sorted before the first comes, so what is noted meanwhile does not change them.
        return iter(self._work.execute(_CAPTURES, (run,)))

    def _without_page(
        self, url: str, at: str, status: int | None, location: str | None, number: int, rules: PageRules
    ) -> _Said | None:
        """What an answer says that was not read as a page; ``None`` where it says nothing."""
        if status in {None, 200} or not rules.is_article(url):
            return None
        if status == 304:
            found = self._work.execute(_NEWEST_WHOLE, {"url": url, "number": number}).fetchone()
            return None if found is None or not found[3] else (found[0], found[1], found[2])
        was_article = bool(self._work.execute(_WAS_ARTICLE, {"url": url, "number": number}).fetchone()[0])
        reason = rules.gone_reason(url, status, location, was_article)
        return None if reason is None else (*self._last_article(url, number, at), reason)

    def _last_article(self, url: str, number: int, at: str) -> tuple[str | None, int | None]:
        found = self._work.execute(_LAST_ARTICLE, {"url": url, "number": number, "at": at}).fetchone()
        return (None, None) if found is None else (found[0], found[1])

    def _note(self, record_id: str, number: int, url: str, at: str, said: _Said) -> None:
        """Remember what was said of an article without reading it, for what comes later at this address."""
        article_id, revision, reason = said
        if article_id is None:
            return
        self._work.execute(
            "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, '', 0, NULL, NULL, ?, NULL, NULL, NULL)",
            (record_id, number, url, at, reason),
        )
        self._work.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?, ?, 0)", (record_id, article_id, revision))

    def _line(self, article_id: str, revision: int) -> Article | None:
        found = self._work.execute(_LINE, (article_id, revision)).fetchone()
        return None if found is None else from_json(self._read(*found, revision=revision), Article)

    def _read(self, file: str, at: int, length: int, *, revision: int) -> bytes:
        if file not in self._opened:
            if len(self._opened) == _KEPT_FILES:
                self._close_readings()
            self._opened[file] = (self._directory / "readings" / file).open("rb")
        return with_revision(os.pread(self._opened[file].fileno(), length, at), revision)

    def _close_readings(self) -> None:
        for file in self._opened.values():
            file.close()
        self._opened.clear()

    @staticmethod
    def _storing(path: Path) -> _Storing:
        return _Storing(path)


class _Storing:
    """Turns what SQLite and the system say against writing into ``StorageFailed``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error):
            raise StorageFailed(path=self._path, reason=str(error)) from error


class _Lines:
    """A file of lines that is there once it has one, durable when closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._length = 0
        self.count = 0

    def append(self, line: bytes) -> Span:
        with storing(self._path):
            if self._file is None:
                make_directory(self._path.parent)
                self._file = self._path.open("wb")
            self._file.write(line)
        span = Span(offset=self._length, length=len(line))
        self._length += len(line)
        self.count += 1
        return span

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        with storing(self._path), self._file as file:
            file.flush()
            os.fsync(file.fileno())


def with_revision(line: bytes, revision: int) -> bytes:
    """The article line ``line`` as that of another ``revision``."""
    # No value of an earlier key can hold these bytes: a quotation mark inside a text is written with a backslash.
    start = line.index(_REVISION) + len(_REVISION)
    return b"%b%d%b" % (line[:start], revision, line[line.index(b",", start) :])


_REVISION = b',"revision":'


def _row(number: int, reading: ReadCapture) -> tuple[object, ...]:
    file, span = reading.line or (None, None)
    return (
        *(reading.record_id, number, reading.url, stamp(reading.captured_at), reading.warc, reading.offset),
        *(reading.article_id, reading.content_digest, reading.reason),
        *(file, span and span.offset, span and span.length),
    )


def _are_equal(one: Path, other: Path) -> bool:
    with suppress(FileNotFoundError):
        if one.stat().st_size == other.stat().st_size:
            with one.open("rb") as first, other.open("rb") as second:
                while (data := first.read(1 << 20)) == second.read(1 << 20):
                    if not data:
                        return True
        return False
    return not one.exists() and not other.exists()
