"""The catalog: a SQLite index of captures, revisions and sightings. Never the truth, always rebuildable.

Every row is read off a file: ``captures`` off the WARCs, ``revisions`` off ``articles/….jsonl``, ``sightings`` off
``articles/….seen.jsonl``, ``runs`` off ``crawls/``. A live crawl enters the same rows as it goes, so that a rebuilt
catalog equals the one it replaces. Rows belong to a run; those of a run that was never committed count for nothing
and go when the next crawl begins.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urldefrag, urljoin

from newsarchive.collection.lines import Span
from newsarchive.errors import StorageFailed, UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.revision import Revision, Sighting
from newsarchive.warc.message import is_chunked
from newsarchive.warc.records import Original

SCHEMA_VERSION = 2
"""Of the tables below; a catalog of another version is rebuilt."""

_TABLES = """
CREATE TABLE runs (run TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE captures (
    run TEXT NOT NULL, url TEXT NOT NULL, captured_at TEXT NOT NULL, status INTEGER, record_id TEXT NOT NULL,
    warc TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, payload_digest TEXT NOT NULL,
    record_type TEXT NOT NULL, truncated TEXT, location TEXT, chunked INTEGER NOT NULL, etag TEXT, last_modified TEXT,
    PRIMARY KEY (warc, offset)
) WITHOUT ROWID;
CREATE INDEX captures_by_url ON captures (url, captured_at);
CREATE INDEX captures_by_time ON captures (captured_at, warc, offset);
CREATE INDEX captures_by_record ON captures (record_id);
CREATE INDEX captures_by_run ON captures (run);
CREATE INDEX originals ON captures (payload_digest, chunked) WHERE record_type = 'response' AND truncated IS NULL;

CREATE TABLE revisions (
    run TEXT NOT NULL, article_id TEXT NOT NULL, revision INTEGER NOT NULL, url TEXT NOT NULL,
    content_digest TEXT NOT NULL, captured_at TEXT NOT NULL, stand TEXT, headline TEXT, changed TEXT NOT NULL,
    record_id TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (article_id, revision)
) WITHOUT ROWID;
CREATE INDEX revisions_by_url ON revisions (url);
CREATE INDEX revisions_by_run ON revisions (run);

CREATE TABLE sightings (
    run TEXT NOT NULL, url TEXT NOT NULL, record_id TEXT PRIMARY KEY, captured_at TEXT NOT NULL,
    article_id TEXT, revision INTEGER, reason TEXT
) WITHOUT ROWID;
CREATE INDEX sightings_by_url ON sightings (url);
CREATE INDEX sightings_by_article ON sightings (article_id, captured_at);
CREATE INDEX sightings_by_run ON sightings (run);

CREATE VIEW readings AS
    SELECT run, url, record_id, captured_at, article_id FROM revisions
    UNION ALL
    SELECT run, url, record_id, captured_at, article_id FROM sightings;
"""

# Synced only now and then: a power cut may take the last transactions, for they can be made again, but nothing else.
_SESSION = """
PRAGMA synchronous = NORMAL;
CREATE TEMP TABLE writing (run TEXT NOT NULL);
CREATE TEMP VIEW counted AS SELECT run FROM runs UNION ALL SELECT run FROM writing;
"""

_FORGET = (
    "DELETE FROM captures WHERE run NOT IN (SELECT run FROM runs)",
    "DELETE FROM revisions WHERE run NOT IN (SELECT run FROM runs)",
    "DELETE FROM sightings WHERE run NOT IN (SELECT run FROM runs)",
)

# A page is known once a whole, successful answer of it was read. What the size limit cut is as whole as it gets. The
# chain follows redirects the way the crawl did: the newest answer of each address says where it leads.
_KNOWN = """
WITH RECURSIVE chain (url, hops) AS (
    SELECT ?, 0
    UNION
    SELECT newest.location, hops + 1 FROM chain JOIN captures AS newest ON newest.url = chain.url
    WHERE newest.location IS NOT NULL AND hops < 10 AND newest.captured_at = (
        SELECT max(captured_at) FROM captures WHERE url = chain.url AND run IN (SELECT run FROM counted)
    )
)
SELECT EXISTS (
    SELECT 1 FROM chain JOIN readings USING (url) JOIN captures USING (record_id)
    WHERE readings.run IN (SELECT run FROM counted)
    AND captures.status = 200 AND coalesce(captures.truncated, 'length') = 'length'
)
"""

_CAPTURES = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM captures
WHERE (captured_at, warc, offset) > (?, ?, ?) AND run IN (SELECT run FROM counted)
ORDER BY captured_at, warc, offset LIMIT 1000
"""

_RESPONSE = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM captures
WHERE record_id = ? AND record_type = 'response' AND run IN (SELECT run FROM counted)
"""

_ORIGINAL = """
SELECT record_id, url, captured_at, payload_digest FROM captures
WHERE payload_digest = ? AND chunked = ? AND record_type = 'response' AND truncated IS NULL
AND run IN (SELECT run FROM runs) ORDER BY captured_at, warc, offset LIMIT 1
"""

# The newest capture that had one of the validators, or the response whose payload that one repeats.
_VALIDATED = """
SELECT original.record_id, original.url, original.captured_at, original.payload_digest
FROM captures AS asked JOIN captures AS original USING (payload_digest)
WHERE asked.url = ? AND asked.status = 200 AND asked.truncated IS NULL AND asked.run IN (SELECT run FROM runs)
AND (asked.etag IN (SELECT value FROM json_each(?)) OR asked.last_modified = ?)
AND original.record_type = 'response' AND original.truncated IS NULL AND original.run IN (SELECT run FROM runs)
ORDER BY asked.captured_at DESC, original.record_id = asked.record_id DESC, original.captured_at LIMIT 1
"""

_CAPTURE = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest FROM captures
WHERE run = ? AND record_id = ?
"""

_UNREAD = """
SELECT record_id, warc, offset, length, captured_at, status, payload_digest, url FROM captures
WHERE run = ? AND (status = 200 OR status IS NULL) AND truncated IS NULL
AND record_id NOT IN (SELECT record_id FROM readings)
ORDER BY warc, offset
"""

_REVISIONS = """
SELECT article_id, revision, url, content_digest, run, captured_at, stand, headline, changed FROM revisions
WHERE article_id = ? AND run IN (SELECT run FROM counted) ORDER BY revision
"""

_LAST_REVISIONS = """
SELECT article_id, max(revision), url, content_digest, run, captured_at, stand, headline, changed FROM revisions
WHERE run IN (SELECT run FROM counted) GROUP BY article_id ORDER BY captured_at, article_id
"""

_LINE = """
SELECT file, offset, length FROM revisions
WHERE article_id = ? AND revision = ? AND run IN (SELECT run FROM counted)
"""

_ARTICLE_AT = """
SELECT article_id FROM readings WHERE url = ? AND article_id IS NOT NULL AND run IN (SELECT run FROM counted)
ORDER BY captured_at DESC LIMIT 1
"""

_LAST_SEEN = """
SELECT max(captured_at) FROM readings WHERE article_id = ? AND run IN (SELECT run FROM counted)
"""


class Catalog:
    """An open catalog. One connection, shared by the threads of a process; other processes may read meanwhile.

    Only rows of committed runs count, and those of the run that this object writes. Methods that write raise
    ``StorageFailed``.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._turn = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Open the catalog at ``path``; ``None`` when it is missing, damaged or of another version."""
        if not path.is_file():
            return None
        connection = _connect(path)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == SCHEMA_VERSION:
                connection.executescript(_SESSION)
                connection.execute("SELECT 1 FROM runs, captures, readings LIMIT 1")
                return cls(connection, path)
        except sqlite3.Error:
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
                connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT; {_SESSION}")
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

    def begin_run(self, run: str) -> None:
        """Forget the runs that were never committed; from now on the rows of ``run`` count here."""
        with self.transaction() as connection:
            for statement in _FORGET:
                connection.execute(statement)
            connection.execute("INSERT INTO writing VALUES (?)", (run,))

    def commit_run(self, run: str) -> None:
        """The rows of ``run`` are whole and count from now on, for everyone."""
        with self.transaction() as connection:
            connection.execute("INSERT INTO runs VALUES (?)", (run,))
            connection.execute("DELETE FROM writing WHERE run = ?", (run,))

    def add_captures(self, run: str, captures: Iterable[StoredCapture]) -> None:
        """Enter what was written to the WARCs of ``run``."""
        with self.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO captures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_capture_row(run, stored) for stored in captures),
            )

    def add_revision(self, article: Article, revision: Revision, file: str, span: Span) -> None:
        """Enter one article line: ``span`` in ``file``."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    revision.run,
                    revision.article_id,
                    revision.revision,
                    revision.url,
                    str(revision.content_digest),
                    _stamp(revision.captured_at),
                    revision.stand and revision.stand.isoformat(),
                    revision.headline,
                    " ".join(revision.changed),
                    article.capture.record_id,
                    file,
                    span.offset,
                    span.length,
                ),
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
                        _stamp(sighting.captured_at),
                        sighting.article_id,
                        sighting.revision,
                        sighting.reason,
                    )
                    for sighting in sightings
                ),
            )

    def runs(self) -> frozenset[str]:
        """The committed runs it holds."""
        return frozenset(run for (run,) in self._rows("SELECT run FROM runs"))

    def knows(self, url: str) -> bool:
        """Whether a whole, successful answer of ``url``, or of where it redirects to, was read before."""
        ((known,),) = self._rows(_KNOWN, url)
        return bool(known)

    def captures(self) -> Iterator[CaptureRef]:
        """All captures in order of their time."""
        after: tuple[str, str, int] = ("", "", -1)
        while page := [_capture_ref(row) for row in self._rows(_CAPTURES, *after)]:
            yield from page
            after = (_stamp(page[-1].captured_at), page[-1].warc, page[-1].offset)

    def response(self, record_id: str) -> CaptureRef | None:
        """Where the response record of this id lies."""
        rows = self._rows(_RESPONSE, record_id)
        return _capture_ref(rows[0]) if rows else None

    def original(self, payload_digest: Digest, *, chunked: bool) -> Original | None:
        """The first whole response with this payload, framed so. Of committed runs alone, not of the one written."""
        rows = self._rows(_ORIGINAL, str(payload_digest), chunked)
        return _original(rows[0]) if rows else None

    def validated(self, url: str, *, etags: Sequence[str], last_modified: str | None) -> Original | None:
        """The response that was had of ``url`` when it bore one of these validators. Of committed runs alone.

        ``etags`` are opaque tags, as ``opaque_tag`` gives them.
        """
        rows = self._rows(_VALIDATED, url, json.dumps(etags), last_modified)
        return _original(rows[0]) if rows else None

    def capture(self, run: str, record_id: str) -> CaptureRef | None:
        """The capture of ``run`` with this record id."""
        rows = self._rows(_CAPTURE, run, record_id)
        return _capture_ref(rows[0]) if rows else None

    def count_captures(self, run: str) -> int:
        """How many captures ``run`` has."""
        ((count,),) = self._rows("SELECT count(*) FROM captures WHERE run = ?", run)
        return int(count)

    def is_read(self, record_id: str) -> bool:
        """Whether a line says what was read in the capture with this record id."""
        return bool(self._rows("SELECT 1 FROM readings WHERE record_id = ? LIMIT 1", record_id))

    def unread(self, run: str) -> tuple[tuple[str, CaptureRef], ...]:
        """The whole, successful captures of ``run`` of which no line says what was read, and their addresses."""
        return tuple((url, _capture_ref(row)) for *row, url in self._rows(_UNREAD, run))

    def last_revision(self, article_id: str) -> Revision | None:
        """The newest revision of an article."""
        rows = self._rows(f"{_REVISIONS} DESC LIMIT 1", article_id)
        return _revision(rows[0]) if rows else None

    def revisions(self, article_id: str) -> tuple[Revision, ...]:
        """All revisions of an article, first to last."""
        return tuple(_revision(row) for row in self._rows(_REVISIONS, article_id))

    def last_revisions(self) -> tuple[Revision, ...]:
        """The newest revision of every article, in order of capture."""
        return tuple(_revision(row) for row in self._rows(_LAST_REVISIONS))

    def line_of(self, article_id: str, revision: int) -> tuple[str, Span] | None:
        """File and place of the line of one revision."""
        rows = self._rows(_LINE, article_id, revision)
        return (rows[0][0], Span(offset=rows[0][1], length=rows[0][2])) if rows else None

    def article_at(self, url: str) -> str | None:
        """Id of the article last read at ``url``."""
        rows = self._rows(_ARTICLE_AT, url)
        return rows[0][0] if rows else None

    def last_seen(self, article_id: str) -> datetime | None:
        """When the article was last found on the site, changed or not."""
        ((seen,),) = self._rows(_LAST_SEEN, article_id)
        return None if seen is None else datetime.fromisoformat(seen)

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._turn:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise UnreadableInput(path=self._path, reason=f"{error}; delete it, it is made again") from error


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)


def _stamp(at: datetime) -> str:
    """``at`` in UTC, in one width, so that the order of texts is the order of times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _capture_row(run: str, stored: StoredCapture) -> tuple[object, ...]:
    ref = stored.ref
    etag = stored.header("ETag")
    return (
        run,
        stored.url,
        _stamp(ref.captured_at),
        ref.status,
        ref.record_id,
        ref.warc,
        ref.offset,
        ref.length,
        str(ref.payload_digest),
        stored.record_type,
        stored.truncated,
        _redirect(stored),
        is_chunked(stored.headers),
        etag and opaque_tag(etag),
        stored.header("Last-Modified"),
    )


def opaque_tag(etag: str) -> str:
    """An entity tag without the mark of a weak one, which does not count when pages are asked for (RFC 9110, 8.8.3)."""
    return etag.strip().removeprefix("W/")


def _redirect(stored: StoredCapture) -> str | None:
    """Where a redirect leads, as the crawl would ask for it."""
    location = stored.header("Location")
    if location is None or stored.ref.status not in {301, 302, 303, 307, 308}:
        return None
    try:
        return urldefrag(urljoin(stored.url, location.strip())).url
    except ValueError:
        return None


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


def _original(row: tuple[Any, ...]) -> Original:
    record_id, url, captured_at, payload_digest = row
    return Original(
        record_id=record_id,
        url=url,
        captured_at=datetime.fromisoformat(captured_at),
        payload_digest=Digest.parse(payload_digest),
    )


def _revision(row: tuple[Any, ...]) -> Revision:
    article_id, revision, url, content_digest, run, captured_at, stand, headline, changed = row
    return Revision(
        article_id=article_id,
        revision=revision,
        url=url,
        content_digest=Digest.parse(content_digest),
        run=run,
        captured_at=datetime.fromisoformat(captured_at),
        stand=None if stand is None else datetime.fromisoformat(stand),
        headline=headline,
        changed=tuple(changed.split()),
    )
