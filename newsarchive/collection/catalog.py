"""The catalog: a SQLite index of captures, revisions, sightings and links. Never the truth, always rebuildable.

Every row is read off a file: ``captures`` off the WARCs, ``revisions`` off ``articles/….jsonl``, ``sightings`` off
``articles/….seen.jsonl``, ``links`` off ``articles/….links.jsonl``, ``runs`` off ``crawls/``. A live crawl enters the
same rows as it goes, so that a rebuilt catalog equals the one it replaces. Rows belong to a run; those of a run that
was never committed count for nothing and go when the next crawl begins. What follows from the rows, and is asked for by
every crawl, is worked out when a run is committed (``page_states.py``), so that no crawl has to read what grows with
the archive.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from newsarchive.collection import stems
from newsarchive.collection.documents import enter_documents, wait
from newsarchive.collection.histories import MOVES, REVISIONS, SIGHTINGS, revision_in, sighting_in
from newsarchive.collection.lines import Span
from newsarchive.collection.page_states import Turns, count_turns, work_out
from newsarchive.collection.run_counts import enter_counts
from newsarchive.collection.tables import ANSWERED, READ_OFF, SCHEMA_VERSION, SESSION, TABLES, stamp
from newsarchive.errors import StorageFailed, UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.links import LeftLink, Link
from newsarchive.model.revision import Revision, Sighting
from newsarchive.warc.message import is_chunked, redirect_target
from newsarchive.warc.records import Original

_STEPS_AT_ONCE = 100_000
"""Steps of SQLite's machine between two looks at the clock: some milliseconds."""

MAX_HOPS = 10
"""So many redirects are followed to find whether a page is known."""

_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged catalog is answered with: what SQLite says of a damaged schema may be no text itself."""

_FORGET = tuple(f"DELETE FROM {table} WHERE run = ?" for table in (*READ_OFF, "waiting"))  # noqa: S608 (names of our own tables)

_READ_AT = f"""
SELECT EXISTS (
    SELECT 1 FROM counted_sightings AS reading CROSS JOIN captures USING (record_id)
    WHERE reading.url = :url AND {ANSWERED}
) OR EXISTS (
    SELECT 1 FROM counted_revisions AS reading CROSS JOIN (SELECT NULL AS reason) CROSS JOIN captures USING (record_id)
    WHERE reading.url = :url AND {ANSWERED}
)
"""  # noqa: S608 (our own condition)

_LOCATION = """
SELECT location FROM counted_captures WHERE url = ? ORDER BY captured_at DESC LIMIT 1
"""

_CAPTURES = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM counted_captures
WHERE (captured_at, warc, offset) > (?, ?, ?)
ORDER BY captured_at, warc, offset LIMIT 1000
"""

_RESPONSE = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM counted_captures
WHERE record_id = ? AND record_type = 'response'
"""

_ORIGINAL = """
SELECT record_id, url, captured_at, payload_digest FROM captures
WHERE payload_digest = ? AND chunked = ? AND record_type = 'response' AND truncated IS NULL
AND EXISTS (SELECT 1 FROM runs WHERE runs.run = captures.run) ORDER BY captured_at, warc, offset LIMIT 1
"""

# The newest capture that had one of the validators …
_VALIDATED = """
SELECT record_id, payload_digest FROM captures
WHERE url = ? AND status = 200 AND truncated IS NULL
AND (etag IN (SELECT value FROM json_each(?)) OR last_modified = ?)
AND EXISTS (SELECT 1 FROM runs WHERE runs.run = captures.run)
ORDER BY captured_at DESC LIMIT 1
"""

# … and it, or else the first response whose payload it repeats.
_ORIGINAL_OF = """
SELECT record_id, url, captured_at, payload_digest FROM captures
WHERE payload_digest = ? AND record_type = 'response' AND truncated IS NULL
AND (record_id = ? OR ? IS NULL)
AND EXISTS (SELECT 1 FROM runs WHERE runs.run = captures.run) ORDER BY captured_at, warc, offset LIMIT 1
"""

_NEWEST_WHOLE = """
SELECT captures.record_id, etag, last_modified, listings_read,
    EXISTS (SELECT 1 FROM revisions WHERE revisions.record_id = captures.record_id)
    OR EXISTS (SELECT 1 FROM sightings WHERE sightings.record_id = captures.record_id)
FROM captures CROSS JOIN runs USING (run)
WHERE url = ? AND status = 200 AND truncated IS NULL ORDER BY captured_at DESC LIMIT 1
"""

_READING_OF = """
SELECT article_id, revision, NULL FROM revisions WHERE record_id = :record_id
UNION ALL
SELECT article_id, revision, reason FROM sightings WHERE record_id = :record_id
LIMIT 1
"""

_LAST_READINGS = """
SELECT article_id, revision, reason FROM (
    SELECT article_id, revision, NULL AS reason, captured_at FROM counted_revisions WHERE url = :url
    UNION ALL
    SELECT article_id, revision, reason, captured_at FROM counted_sightings WHERE url = :url
) ORDER BY captured_at DESC
"""

# ``number`` of the run that is written is not known yet: it is the newest of all.
_COMPANION = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM counted_captures AS capture
WHERE url = :url AND status = 200 AND truncated IS NULL
AND coalesce((SELECT number FROM runs WHERE runs.run = capture.run), 9e9)
    <= coalesce((SELECT number FROM runs WHERE runs.run = :run), 9e9)
ORDER BY captured_at DESC LIMIT 1
"""

_COMPANION_OF_RUN = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM captures
WHERE url = :url AND run = :run AND status = 200 AND truncated IS NULL ORDER BY captured_at DESC LIMIT 1
"""

_CAPTURES_IN = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest, url, location, truncated
FROM captures WHERE warc = ? AND offset > ? ORDER BY offset LIMIT 1000
"""

_CAPTURE_OF = """
SELECT run, record_id, warc, offset, length, captured_at, status, payload_digest, url, location, truncated
FROM counted_captures WHERE record_id = ?
"""

_CAPTURES_OF_RUN = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest, url, location, truncated
FROM captures WHERE run = ? AND (captured_at, warc, offset) > (?, ?, ?) ORDER BY captured_at, warc, offset LIMIT 1000
"""

_HOLDS = """
SELECT EXISTS (
    SELECT 1 FROM counted_captures WHERE url = ? AND captured_at >= ? AND captured_at < ? AND payload_digest = ?
)
"""

_CAPTURE = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM captures
WHERE record_id = ? AND run = ?
"""

_WRITTEN = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest, url, location, truncated FROM captures
WHERE run = ? AND truncated IS NULL
"""

_NOT_READ = """
AND NOT EXISTS (SELECT 1 FROM revisions WHERE revisions.record_id = captures.record_id)
AND NOT EXISTS (SELECT 1 FROM sightings WHERE sightings.record_id = captures.record_id)
"""

_READ_IN = """
SELECT EXISTS (SELECT 1 FROM revisions WHERE url = :url AND run = :run)
    OR EXISTS (SELECT 1 FROM sightings WHERE url = :url AND run = :run)
"""

_LAST_REVISIONS = """
SELECT article_id, max(revision), url, content_digest, run, captured_at, stand, headline, changed
FROM counted_revisions GROUP BY article_id ORDER BY captured_at, article_id
"""

# Lines stand in order of capture; of one article read twice in a run the revisions stay in order in any case.
_LINES_IN_ORDER = """
SELECT article_id, revision, span, length FROM (
    SELECT article_id, revision, revisions.offset AS span, revisions.length AS length, warc, captures.offset AS place,
        max(captures.captured_at) OVER (PARTITION BY article_id ORDER BY revision) AS turn
    FROM revisions CROSS JOIN captures USING (record_id) WHERE revisions.run = :run AND captures.run = :run
) ORDER BY turn, warc, place, revision
"""

_SIGHTINGS_IN_ORDER = """
SELECT sightings.url, record_id, sightings.captured_at, article_id, revision, reason
FROM sightings CROSS JOIN captures USING (record_id) WHERE sightings.run = :run AND captures.run = :run
ORDER BY captures.captured_at, warc, offset
"""

_LINE_OF = "SELECT article_id, revision, file, offset, length FROM counted_revisions WHERE record_id = ?"

_LINE = "SELECT file, offset, length FROM counted_revisions WHERE article_id = ? AND revision = ?"

_ARTICLE_AT = """
SELECT article_id FROM (
    SELECT article_id, captured_at FROM counted_revisions WHERE url = :url
    UNION ALL
    SELECT article_id, captured_at FROM counted_sightings WHERE url = :url AND article_id IS NOT NULL
) ORDER BY captured_at DESC LIMIT 1
"""

_LAST_SEEN = """
SELECT max(
    coalesce((SELECT captured_at FROM counted_revisions WHERE article_id = :id ORDER BY revision DESC LIMIT 1), ''),
    coalesce((SELECT captured_at FROM counted_sightings WHERE article_id = :id AND reason IS NULL
        ORDER BY captured_at DESC LIMIT 1), '')
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCapture:
    """A whole answer 200: its validators as they came, whether it was read, and whether its run read all listings."""

    record_id: str
    etag: str | None
    last_modified: str | None
    is_read: bool
    listings_read: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says of a capture; as in ``Sighting``, and without reason also of an article line."""

    article_id: str | None
    revision: int | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCapture:
    """A capture as it was written; ``location`` is where it redirects to, ``truncated`` why it was cut."""

    url: str
    ref: CaptureRef
    location: str | None
    truncated: str | None = None


class Catalog:
    """An open catalog. One connection, shared by the threads of a process; other processes may read meanwhile.

    Only rows of committed runs count, and those of the run that this object writes. Methods that write raise
    ``StorageFailed``.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.is_searched = True
        """Whether what is committed is entered for searching too. One without is for comparing, and not to be kept."""
        self._turn = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Open the catalog at ``path``; ``None`` when it is missing, damaged or of another version."""
        return cls._begun(_connect(path), path) if path.is_file() else None

    @classmethod
    def open_to_read(cls, path: Path, *, as_it_lies: bool = False) -> Self | None:
        """Open the catalog at ``path`` so that nothing can be written; ``None`` as with ``open``.

        ``as_it_lies``: without regard to its log and to locks. For one that nobody writes to, on a read-only disk, say.
        """
        address = f"file:{quote(str(path.absolute()))}?{'immutable=1' if as_it_lies else 'mode=ro'}"
        try:
            connection = _connect(address)
        except sqlite3.Error:
            return None
        return cls._begun(connection, path)

    @classmethod
    def _begun(cls, connection: sqlite3.Connection, path: Path) -> Self | None:
        """It with all that a session needs; ``None``, and closed, where it is none of this version."""
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == SCHEMA_VERSION and _stemming(connection) == stems.VERSION:
                connection.executescript(SESSION)
                # No row of it: that the tables are there is all there is to know, and one that is empty makes the
                # others be gone through in every combination.
                connection.execute(
                    "SELECT 1 FROM runs, counted_captures, counted_revisions, counted_sightings, counted_links, "
                    "pages, open_links, dues, begun, ladder, events, quarters, delays, run_counts, "
                    "reason_counts, reason_days, channel_days, "
                    "waiting, texts, documents, filings, filed, articles LIMIT 0"
                )
                return cls(connection, path)
        except _ERRORS:
            pass
        connection.close()
        return None

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty catalog at ``path``, where no file may be."""
        try:
            with ExitStack() as on_failure:
                connection = _connect(path)
                on_failure.callback(connection.close)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT; {SESSION}")
                connection.execute("INSERT INTO stemming VALUES (?)", (stems.VERSION,))
                on_failure.pop_all()
        except sqlite3.Error as error:
            raise StorageFailed(path=path, reason=str(error)) from error
        return cls(connection, path)

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside is written or none of it; inner transactions are part of the outer one."""
        with self._turn:
            if self._connection.in_transaction:
                yield self._connection
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._connection.rollback()
                    raise
            except sqlite3.Error as error:
                raise StorageFailed(path=self._path, reason=str(error)) from error

    def begin_reading(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """From now on see what is committed at this moment, until ``end_reading``.

        ``is_over`` is asked now and then while a statement runs; when it is, the statement ends with
        ``UnreadableInput``, which is also raised where nothing can be read at all.
        """
        self._connection.set_progress_handler(is_over, _STEPS_AT_ONCE)
        self.rows("BEGIN")
        self.rows("SELECT 1 FROM runs LIMIT 1")

    def end_reading(self) -> None:
        """From now on see again what is committed at each."""
        with self._turn:
            self._connection.set_progress_handler(None, 0)
            self._connection.rollback()

    def begin_run(self, run: str) -> None:
        """Forget the runs that were never committed; from now on the rows of ``run`` count here."""
        with self.transaction() as connection:
            begun = [left for (left,) in connection.execute("SELECT run FROM begun")]
            for left in {run, *begun}:
                for statement in _FORGET:
                    connection.execute(statement, (left,))
            connection.execute("DELETE FROM begun")
            connection.execute("INSERT INTO begun VALUES (?)", (run,))
            connection.execute("DELETE FROM writing")
            connection.execute("INSERT INTO writing VALUES (?)", (run,))

    def commit_run(self, record: CrawlRun) -> None:
        """The rows of the run are whole and count from now on, for everyone.

        What follows from them for the pages that the run touched is worked out.
        """
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO runs (run, listings_read) VALUES (?, ?)", (record.run, _has_read_its_listings(record))
            )
            connection.execute("DELETE FROM begun WHERE run = ?", (record.run,))
            connection.execute("DELETE FROM writing WHERE run = ?", (record.run,))
            work_out(connection, record.run, record.ended_at, self.knows)
            enter_counts(connection, record)
            if self.is_searched:
                enter_documents(connection, record.run)

    def add_captures(self, run: str, captures: Iterable[StoredCapture]) -> None:
        """Enter what was written to the WARCs of ``run``."""
        with self.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO captures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_capture_row(run, stored) for stored in captures),
            )

    def copy_run(self, run: str, held: Path) -> None:
        """Enter the captures and links of ``run`` as the catalog at ``held``, of another generation, has them.

        The caller is in no transaction.
        """
        with self._turn:
            try:
                self._connection.execute("ATTACH ? AS held", (str(held),))
                try:
                    for table in ("captures", "links"):
                        statement = f"INSERT OR IGNORE INTO main.{table} SELECT * FROM held.{table} WHERE run = ?"  # noqa: S608 (our tables)
                        self._connection.execute(statement, (run,))
                finally:
                    self._connection.execute("DETACH held")
            except sqlite3.Error as error:
                raise StorageFailed(path=self._path, reason=str(error)) from error

    def add_revision(self, article: Article, revision: Revision, file: str, span: Span) -> None:
        """Enter one article line: ``span`` in ``file``."""
        with self.transaction() as connection:
            entered = connection.execute(
                "INSERT OR IGNORE INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    revision.run,
                    revision.article_id,
                    revision.revision,
                    revision.url,
                    str(revision.content_digest),
                    stamp(revision.captured_at),
                    revision.stand and revision.stand.isoformat(),
                    revision.headline,
                    " ".join(revision.changed),
                    _stamp_or_none(article.published_at or article.first_published_at),
                    _stamp_or_none(article.modified_at or article.stand),
                    _stamp_or_none(article.unavailable_after),
                    article.capture.record_id,
                    file,
                    span.offset,
                    span.length,
                ),
            )
            if entered.rowcount and self.is_searched:
                wait(connection, revision.run, article)

    def change_revision(self, article_id: str, revision: int, changed: Sequence[str]) -> None:
        """Note which fields of a revision that was entered differ from the one before it."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE revisions SET changed = ? WHERE article_id = ? AND revision = ?",
                (" ".join(changed), article_id, revision),
            )

    def add_sightings(self, run: str, sightings: Iterable[Sighting]) -> None:
        """Enter pages that were read and brought no new revision."""
        with self.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        run,
                        sighting.url,
                        sighting.record_id,
                        stamp(sighting.captured_at),
                        sighting.article_id,
                        sighting.revision,
                        sighting.reason,
                    )
                    for sighting in sightings
                ),
            )

    def add_links(self, run: str, lines: Iterable[tuple[int, Link | LeftLink]]) -> None:
        """Enter lines of a file of links, each with its number in the file, from 0."""
        with self.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_link_row(run, number, line) for number, line in lines),
            )

    def holds_link(self, url: str, channel: str) -> bool:
        """Whether this channel declared this address before."""
        statement = "SELECT 1 FROM counted_links WHERE url = ? AND channel = ? AND channel IS NOT NULL"
        return bool(self.rows(statement, url, channel))

    def links(self, run: str) -> Iterator[Link | LeftLink]:
        """What ``run`` has in its file of links, in order."""
        statement = "SELECT url, channel, declared_at, listed_at, record_id, reason, tried FROM links WHERE run = ?"
        return (_link(row) for row in self.rows(f"{statement} ORDER BY line", run))

    def edition(self) -> tuple[str, int, str]:
        """What stays the same for as long as no further run is committed, and no other catalog is in its place."""
        rows = self.rows("SELECT number, run FROM runs ORDER BY number DESC LIMIT 1")
        number, run = rows[0] if rows else (0, "")
        return str(self._path), number, run

    def runs(self) -> frozenset[str]:
        """The committed runs it holds."""
        return frozenset(run for (run,) in self.rows("SELECT run FROM runs"))

    def knows(self, url: str) -> bool:
        """Whether a whole answer of ``url``, or of where it redirects to, was read before."""
        return any(self.rows(_READ_AT, url=address) != [(0,)] for address in self.way(url))

    def way(self, url: str) -> Iterator[str]:
        """``url`` and the addresses it redirects to, as the newest answer of each says."""
        met: list[str] = []
        while url not in met and len(met) <= MAX_HOPS:
            yield url
            met.append(url)
            newest = self.rows(_LOCATION, url)
            if not newest or newest[0][0] is None:
                return
            url = newest[0][0]

    def captures(self) -> Iterator[CaptureRef]:
        """All captures in order of their time."""
        after: tuple[str, str, int] = ("", "", -1)
        while page := [_capture_ref(row) for row in self.rows(_CAPTURES, *after)]:
            yield from page
            after = (stamp(page[-1].captured_at), page[-1].warc, page[-1].offset)

    def response(self, record_id: str) -> CaptureRef | None:
        """Where the response record of this id lies."""
        rows = self.rows(_RESPONSE, record_id)
        return _capture_ref(rows[0]) if rows else None

    def original(self, payload_digest: Digest, *, chunked: bool) -> Original | None:
        """The first whole response with this payload, framed so. Of committed runs alone, not of the one written."""
        rows = self.rows(_ORIGINAL, str(payload_digest), chunked)
        return _original(rows[0]) if rows else None

    def validated(self, url: str, *, etags: Sequence[str], last_modified: str | None) -> Original | None:
        """The response that was had of ``url`` when it bore one of these validators. Of committed runs alone.

        ``etags`` are opaque tags, as ``opaque_tag`` gives them.
        """
        # A weak tag is the same whether or not its mark came with it.
        tags = json.dumps([*etags, *(f"W/{etag}" for etag in etags)])
        for record_id, payload_digest in self.rows(_VALIDATED, url, tags, last_modified):
            for wanted in (record_id, None):
                if rows := self.rows(_ORIGINAL_OF, payload_digest, wanted, wanted):
                    return _original(rows[0])
        return None

    def newest_whole(self, url: str) -> WholeCapture | None:
        """What is known of the newest whole answer 200 of ``url``, in committed runs."""
        rows = self.rows(_NEWEST_WHOLE, url)
        if not rows:
            return None
        record_id, etag, last_modified, listings_read, is_read = rows[0]
        return WholeCapture(
            record_id=record_id,
            etag=etag,
            last_modified=last_modified,
            is_read=bool(is_read),
            listings_read=bool(listings_read),
        )

    def reading(self, record_id: str) -> Reading | None:
        """What was read in the capture with this record id."""
        rows = self.rows(_READING_OF, record_id=record_id)
        return Reading(*rows[0]) if rows else None

    def last_article(self, url: str) -> Reading | None:
        """The article last read at ``url``, whatever has become of it."""
        rows = self.rows(_LAST_READINGS, url=url)
        return next((Reading(*row) for row in rows if row[0] is not None), None)

    def captures_in(self, warc: str) -> Iterator[WrittenCapture]:
        """The captures in one WARC file, in the order in which they were written."""
        after = -1
        while rows := self.rows(_CAPTURES_IN, warc, after):
            yield from map(_written, rows)
            after = rows[-1][2]

    def captures_of_run(self, run: str) -> Iterator[WrittenCapture]:
        """The captures of ``run``, in the order in which they were captured."""
        after: tuple[str, str, int] = ("", "", -1)
        while found := [_written(row) for row in self.rows(_CAPTURES_OF_RUN, run, *after)]:
            yield from found
            last = found[-1].ref
            after = (stamp(last.captured_at), last.warc, last.offset)

    def holds_capture(self, url: str, captured_at: datetime, payload_digest: Digest) -> bool:
        """Whether there is a capture of this address, second and payload."""
        second = stamp(captured_at)[:19]
        return self.rows(_HOLDS, url, f"{second}.000000", f"{second}.999999+", str(payload_digest)) != [(0,)]

    def capture_of(self, record_id: str) -> tuple[str, WrittenCapture] | None:
        """The run and the place of the capture with this record id."""
        rows = self.rows(_CAPTURE_OF, record_id)
        return (rows[0][0], _written(rows[0][1:])) if rows else None

    def addresses(self, since: datetime, until: datetime) -> frozenset[str]:
        """The addresses that were captured from ``since`` to just before ``until``."""
        statement = "SELECT DISTINCT url FROM counted_captures WHERE captured_at >= ? AND captured_at < ?"
        return frozenset(url for (url,) in self.rows(statement, stamp(since), stamp(until)))

    def companion(self, url: str, run: str, *, alone: bool = False) -> CaptureRef | None:
        """The newest whole answer 200 of ``url`` in the runs up to and including ``run``, or in that one ``alone``."""
        rows = self.rows(_COMPANION_OF_RUN if alone else _COMPANION, url=url, run=run)
        return _capture_ref(rows[0]) if rows else None

    def capture(self, run: str, record_id: str) -> CaptureRef | None:
        """The capture of ``run`` with this record id."""
        rows = self.rows(_CAPTURE, record_id, run)
        return _capture_ref(rows[0]) if rows else None

    def count_captures(self, run: str) -> int:
        """How many captures ``run`` has."""
        ((count,),) = self.rows("SELECT count(*) FROM captures WHERE run = ?", run)
        return int(count)

    def is_read(self, record_id: str) -> bool:
        """Whether a line says what was read in the capture with this record id."""
        return self.reading(record_id) is not None

    def is_read_in(self, run: str, url: str) -> bool:
        """Whether ``run`` has a line that says what was read at this address."""
        return self.rows(_READ_IN, run=run, url=url) != [(0,)]

    def unread(self, run: str) -> tuple[WrittenCapture, ...]:
        """The captures of ``run`` that were not cut and of which no line says what was read, as they were written."""
        return tuple(_written(row) for row in self.rows(f"{_WRITTEN} {_NOT_READ} ORDER BY warc, offset", run))

    def written(self, run: str) -> tuple[WrittenCapture, ...]:
        """The captures of ``run`` that were not cut, as they were written."""
        return tuple(_written(row) for row in self.rows(f"{_WRITTEN} ORDER BY warc, offset", run))

    def turns(self, run: str) -> Turns:
        """What ``run`` found changed."""
        with self._turn:
            try:
                return count_turns(self._connection, run)
            except sqlite3.Error as error:
                raise self._unreadable(error) from error

    def is_open(self, url: str) -> bool:
        """Whether earlier runs left this address open."""
        return bool(self.rows("SELECT 1 FROM open_links WHERE url = ?", url))

    def last_revision(self, article_id: str) -> Revision | None:
        """The newest revision of an article."""
        rows = self.rows(f"{REVISIONS} DESC LIMIT 1", article_id)
        return revision_in(rows[0]) if rows else None

    def revisions(self, article_id: str) -> tuple[Revision, ...]:
        """All revisions of an article, first to last."""
        return tuple(revision_in(row) for row in self.rows(REVISIONS, article_id))

    def last_revisions(self) -> tuple[Revision, ...]:
        """The newest revision of every article, in order of capture."""
        return tuple(revision_in(row) for row in self.rows(_LAST_REVISIONS))

    def count_articles(self) -> tuple[int, int]:
        """How many articles there are, and how many revisions of them."""
        statement = "SELECT count(DISTINCT article_id), count(*) FROM counted_revisions"
        ((articles, revisions),) = self.rows(statement)
        return articles, revisions

    def count_sightings(self) -> int:
        """How many sightings there are."""
        ((count,),) = self.rows("SELECT count(*) FROM counted_sightings")
        return int(count)

    def line_of(self, article_id: str, revision: int) -> tuple[str, Span] | None:
        """File and place of the line of one revision."""
        rows = self.rows(_LINE, article_id, revision)
        return (rows[0][0], Span(offset=rows[0][1], length=rows[0][2])) if rows else None

    def sightings(self, article_id: str) -> tuple[Sighting, ...]:
        """All sightings of an article, removals among them, in order of capture."""
        return tuple(map(sighting_in, self.rows(SIGHTINGS, article_id)))

    def moves(self, article_id: str) -> frozenset[str]:
        """The ids of records in which an article was gone from an address, while the run found it at another."""
        return frozenset(record_id for (record_id,) in self.rows(MOVES, article_id))

    def lines_in_order(self, run: str) -> tuple[tuple[str, int, Span], ...]:
        """Article, revision and place of the article lines of ``run``, in order of capture."""
        rows = self.rows(_LINES_IN_ORDER, run=run)
        return tuple(
            (article_id, revision, Span(offset=at, length=length)) for article_id, revision, at, length in rows
        )

    def sightings_in_order(self, run: str) -> tuple[Sighting, ...]:
        """The sightings of ``run``, in order of capture."""
        return tuple(map(sighting_in, self.rows(_SIGHTINGS_IN_ORDER, run=run)))

    def move_lines(self, spans: Iterable[tuple[str, int, Span]]) -> None:
        """Note that the lines of revisions lie at other places of their file now."""
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE revisions SET offset = ? WHERE article_id = ? AND revision = ?",
                ((span.offset, article_id, revision) for article_id, revision, span in spans),
            )

    def line_of_capture(self, record_id: str) -> tuple[str, int, str, Span] | None:
        """Article, revision, file and place of the article line that was read in the capture with this record id."""
        rows = self.rows(_LINE_OF, record_id)
        if not rows:
            return None
        article_id, revision, file, offset, length = rows[0]
        return article_id, revision, file, Span(offset=offset, length=length)

    def content_digest(self, article_id: str, revision: int) -> str | None:
        """What a revision says, as a digest."""
        rows = self.rows(
            "SELECT content_digest FROM counted_revisions WHERE article_id = ? AND revision = ?", article_id, revision
        )
        return rows[0][0] if rows else None

    def article_at(self, url: str) -> str | None:
        """Id of the article last read at ``url``."""
        rows = self.rows(_ARTICLE_AT, url=url)
        return rows[0][0] if rows else None

    def last_seen(self, article_id: str) -> datetime | None:
        """When the article was last found on the site, changed or not."""
        ((seen,),) = self.rows(_LAST_SEEN, id=article_id)
        return datetime.fromisoformat(seen) if seen else None

    def rows(self, statement: str, *values: object, **named: object) -> list[tuple[Any, ...]]:
        """All rows that ``statement`` gives for its values, by place or by name. Raises ``UnreadableInput``."""
        with self._turn:
            try:
                return self._connection.execute(statement, named or values).fetchall()
            except _ERRORS as error:
                raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> UnreadableInput:
        if str(error) == "interrupted":
            return UnreadableInput(path=self._path, reason="it takes too long; ask for less")
        # It is locked, or the disk fails: the file itself is not to blame.
        is_sound = isinstance(error, sqlite3.OperationalError)
        return UnreadableInput(path=self._path, reason=f"{error}{'' if is_sound else '; delete it, it is made again'}")


def _connect(path: Path | str) -> sqlite3.Connection:
    """A connection to the file at a path, or to that at a ``file:`` address."""
    return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False, uri=isinstance(path, str))


def _stemming(connection: sqlite3.Connection) -> str | None:
    """Of which version the stems are by which articles are searched."""
    row = connection.execute("SELECT version FROM stemming").fetchone()
    return None if row is None else str(row[0])


def _stamp_or_none(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _has_read_its_listings(record: CrawlRun) -> bool:
    """Whether every listing that the run fetched was read, and what it lists was wanted: one that asked for certain
    days left the rest for others to find."""
    is_whole = record.outcome in {"finished", "limited"} and not record.problems.get("listing-failed")
    return is_whole and not record.settings.get("since")


def _link_row(run: str, number: int, line: Link | LeftLink) -> tuple[object, ...]:
    if isinstance(line, LeftLink):
        return (run, number, line.url, None, None, None, None, None, line.reason, line.tried)
    declared_at = stamp(line.declared_at)
    listed_at = _stamp_or_none(line.listed_at)
    return (
        *(run, number, line.url, line.channel, declared_at, listed_at, line.record_id),
        *(listed_at or declared_at, None, None),
    )


def _link(row: tuple[Any, ...]) -> Link | LeftLink:
    url, channel, declared_at, listed_at, record_id, reason, tried = row
    if channel is None:
        return LeftLink(url=url, reason=reason, tried=bool(tried))
    return Link(
        url=url,
        channel=channel,
        declared_at=datetime.fromisoformat(declared_at),
        listed_at=None if listed_at is None else datetime.fromisoformat(listed_at),
        record_id=record_id,
    )


def _capture_row(run: str, stored: StoredCapture) -> tuple[object, ...]:
    ref = stored.ref
    etag = stored.header("ETag")
    return (
        run,
        stored.url,
        stamp(ref.captured_at),
        ref.status,
        ref.record_id,
        ref.warc,
        ref.offset,
        ref.length,
        str(ref.payload_digest),
        stored.record_type,
        stored.truncated,
        redirect_target(stored),
        is_chunked(stored.headers),
        etag and etag.strip(),
        stored.header("Last-Modified"),
    )


def opaque_tag(etag: str) -> str:
    """An entity tag without the mark of a weak one, which does not count when pages are asked for (RFC 9110, 8.8.3)."""
    return etag.strip().removeprefix("W/")


def _capture_ref(row: Sequence[Any]) -> CaptureRef:
    record_id, warc, offset, length, captured_at, status, payload_digest = row
    return CaptureRef(
        record_id=record_id,
        warc=warc,
        offset=offset,
        length=length,
        captured_at=datetime.fromisoformat(captured_at),
        status=status,
        payload_digest=Digest.parse(payload_digest),
    )


def _written(row: tuple[Any, ...]) -> WrittenCapture:
    *ref, url, location, truncated = row
    return WrittenCapture(url=url, ref=_capture_ref(ref), location=location, truncated=truncated)


def _original(row: tuple[Any, ...]) -> Original:
    record_id, url, captured_at, payload_digest = row
    return Original(
        record_id=record_id,
        url=url,
        captured_at=datetime.fromisoformat(captured_at),
        payload_digest=Digest.parse(payload_digest),
    )
