"""What a check has read so far: every record, article line and index line, in a database that lives as long as it.

SQLite keeps it in a temporary file that has no name, so that a collection of millions of records needs no more memory
than a small one. Everything that one record says of another is asked here, once all of them are known.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from types import TracebackType
from typing import Any, Self

from newsarchive.collection.lines import Span
from newsarchive.collection.tables import stamp
from newsarchive.model.article import Article

_TABLES = """
CREATE TABLE warcs (number INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, sound INTEGER NOT NULL);

CREATE TABLE records (
    warc INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, id TEXT, type TEXT, url TEXT, at TEXT,
    status INTEGER, payload_digest TEXT, truncated TEXT, chunked INTEGER, short INTEGER, method TEXT,
    warcinfo TEXT, profile TEXT, refers_to TEXT, refers_to_url TEXT, refers_to_at TEXT,
    replayable INTEGER, line INTEGER, member INTEGER,
    PRIMARY KEY (warc, offset)
) WITHOUT ROWID;

CREATE TABLE concurrent (warc INTEGER NOT NULL, offset INTEGER NOT NULL, id TEXT NOT NULL);

CREATE TABLE articles (
    article_id TEXT NOT NULL, revision INTEGER NOT NULL, content_digest TEXT NOT NULL,
    file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    warc TEXT NOT NULL, at_byte INTEGER NOT NULL, member_length INTEGER NOT NULL, record_id TEXT NOT NULL,
    url TEXT NOT NULL, at TEXT NOT NULL, status INTEGER, payload_digest TEXT NOT NULL,
    PRIMARY KEY (article_id, revision)
) WITHOUT ROWID;

CREATE TABLE sightings (
    file TEXT NOT NULL, offset INTEGER NOT NULL, record_id TEXT NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL,
    article_id TEXT, revision INTEGER
);

CREATE TABLE links (
    file TEXT NOT NULL, offset INTEGER NOT NULL, url TEXT NOT NULL, channel TEXT NOT NULL, record_id TEXT NOT NULL,
    at TEXT NOT NULL
);

CREATE TABLE verified (record_id TEXT, url TEXT, said TEXT, PRIMARY KEY (record_id, url, said)) WITHOUT ROWID;

CREATE TABLE lines (
    replay INTEGER NOT NULL, file TEXT NOT NULL, number INTEGER NOT NULL, warc TEXT NOT NULL, at_byte INTEGER NOT NULL,
    line INTEGER NOT NULL, member INTEGER
);
"""

_KEYS = """
CREATE INDEX IF NOT EXISTS records_by_id ON records (id);
CREATE INDEX IF NOT EXISTS records_by_type ON records (type);
CREATE INDEX IF NOT EXISTS concurrent_by_id ON concurrent (id);
"""

# Each of these lists what is wrong. What points into a file that is missing or damaged is not listed: that is a
# consequence of a finding already made.
_DOUBLED_IDS = """
SELECT name, offset, id, count FROM (
    SELECT warc, offset, id, row_number() OVER (PARTITION BY id ORDER BY warc, offset) AS place,
        count() OVER (PARTITION BY id) AS count
    FROM records WHERE id IN (SELECT id FROM records WHERE id IS NOT NULL GROUP BY id HAVING count() > 1)
) JOIN warcs ON number = warc WHERE place > 1 ORDER BY warc, offset
"""

_LOST_WARCINFO = """
SELECT name, offset, warcinfo FROM records AS r JOIN warcs ON number = r.warc
WHERE sound AND warcinfo IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM records AS w WHERE w.id = r.warcinfo AND w.warc = r.warc AND w.type = 'warcinfo'
) ORDER BY r.warc, offset
"""

_LOST_CONCURRENT = """
SELECT name, offset, id FROM concurrent AS c JOIN warcs ON number = c.warc
WHERE sound AND NOT EXISTS (SELECT 1 FROM records AS r WHERE r.id = c.id AND r.warc = c.warc)
ORDER BY c.warc, offset
"""

_ODD_CONCURRENT = """
SELECT name, r.offset, o.at <> r.at, o.url <> r.url
FROM concurrent AS c JOIN records AS r ON (r.warc, r.offset) = (c.warc, c.offset)
JOIN records AS o ON o.id = c.id AND o.warc = c.warc JOIN warcs ON number = r.warc
WHERE o.at <> r.at OR o.url <> r.url ORDER BY r.warc, r.offset
"""

_SHORT = """
SELECT name, s.offset FROM records AS s JOIN warcs ON number = s.warc
WHERE s.short AND sound AND NOT EXISTS (
    SELECT 1 FROM concurrent AS c JOIN records AS q ON (q.warc, q.offset) = (c.warc, c.offset)
    WHERE c.id = s.id AND q.method = 'HEAD'
) ORDER BY s.warc, s.offset
"""

_REVISITS = """
SELECT name, r.offset, r.profile, r.url, r.at, r.refers_to, r.refers_to_url, r.refers_to_at, r.payload_digest,
    r.chunked, t.type, t.url, t.at, t.payload_digest, t.chunked, t.truncated
FROM records AS r JOIN warcs ON number = r.warc LEFT JOIN records AS t ON t.id = r.refers_to
WHERE r.type = 'revisit' AND r.refers_to IS NOT NULL ORDER BY r.warc, r.offset
"""

_ODD_ARTICLES = """
SELECT a.file, a.offset, a.warc, a.at_byte, r.id IS NULL,
    r.id IS NOT a.record_id, r.length IS NOT a.member_length, r.url IS NOT a.url, r.at IS NOT a.at,
    r.status IS NOT a.status, r.payload_digest IS NOT a.payload_digest
FROM articles AS a LEFT JOIN warcs ON name = a.warc LEFT JOIN records AS r ON (r.warc, r.offset) = (number, a.at_byte)
WHERE (sound IS NOT 0 OR r.id IS NOT NULL) AND (
    r.id IS NOT a.record_id OR r.length IS NOT a.member_length OR r.url IS NOT a.url OR r.at IS NOT a.at
    OR r.status IS NOT a.status OR r.payload_digest IS NOT a.payload_digest
) ORDER BY a.file, a.offset
"""

_LOST_REVISIONS = """
SELECT file, offset, article_id, revision FROM articles AS a
WHERE revision > 1 AND NOT EXISTS (
    SELECT 1 FROM articles AS b WHERE b.article_id = a.article_id AND b.revision = a.revision - 1
) ORDER BY file, offset
"""

_IDLE_REVISIONS = """
SELECT a.file, a.offset, a.article_id, a.revision FROM articles AS a
JOIN articles AS b ON b.article_id = a.article_id AND b.revision = a.revision - 1
WHERE a.content_digest = b.content_digest ORDER BY a.file, a.offset
"""

_ODD_SIGHTINGS = """
SELECT s.file, s.offset, s.record_id FROM sightings AS s
WHERE NOT EXISTS (SELECT 1 FROM records AS r WHERE r.id = s.record_id AND r.url = s.url AND r.at = s.at)
ORDER BY s.file, s.offset
"""

_LOST_SIGHTINGS = """
SELECT s.file, s.offset, s.article_id, s.revision FROM sightings AS s
WHERE s.article_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM articles AS a WHERE a.article_id = s.article_id AND a.revision = s.revision
) ORDER BY s.file, s.offset
"""

_ODD_LINKS = """
SELECT l.file, l.offset, l.record_id FROM links AS l
WHERE NOT EXISTS (SELECT 1 FROM records AS r WHERE r.id = l.record_id AND r.at = l.at)
ORDER BY l.file, l.offset
"""

_DOUBLED_LINKS = """
SELECT file, offset, url, channel FROM (
    SELECT *, row_number() OVER (PARTITION BY url, channel ORDER BY rowid) AS place FROM links
) WHERE place > 1 ORDER BY file, offset
"""

_SOURCE = """
SELECT s.status, s.type, s.refers_to, t.id, name, t.offset, t.length
FROM records AS s LEFT JOIN records AS t ON t.id = coalesce(s.refers_to, s.id) AND t.type IN ('response', 'resource')
LEFT JOIN warcs ON number = t.warc
WHERE s.id = ? LIMIT 1
"""

_ODD_LINES = """
SELECT l.file, l.number, l.warc, l.at_byte, w.number IS NULL, r.line IS NULL, r.line IS NOT l.line,
    r.member IS NOT l.member
FROM lines AS l LEFT JOIN warcs AS w ON name = l.warc
LEFT JOIN records AS r ON (r.warc, r.offset) = (w.number, l.at_byte)
WHERE coalesce(sound, 1) AND (r.line IS NULL OR r.line IS NOT l.line OR (:deep AND r.member IS NOT l.member))
    AND (w.number IS NOT NULL OR l.warc NOT IN (SELECT value FROM json_each(:uncommitted)))
ORDER BY l.file, l.number
"""

_UNLISTED = """
SELECT name, offset FROM records AS r JOIN warcs AS w ON number = r.warc
WHERE sound AND r.line IS NOT NULL AND (r.replayable OR NOT :replay) AND NOT EXISTS (
    SELECT 1 FROM lines AS l WHERE l.replay = :replay AND l.warc = name AND l.at_byte = r.offset
) ORDER BY r.warc, offset
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEntry:
    """What other records, lines and rows may say of one record; ids without brackets, times in UTC and one width.

    ``line`` and ``member`` are numbers made of its index line and of the digest of its gzip member, see ``number_of``;
    ``line`` is ``None`` where no index lists such records. ``short``: the body of a response ends before its length.
    """

    offset: int
    length: int
    id: str | None
    type: str
    url: str | None
    at: str | None
    status: int | None = None
    payload_digest: str | None = None
    truncated: str | None = None
    chunked: bool = False
    short: bool = False
    method: str | None = None
    warcinfo: str | None = None
    profile: str | None = None
    refers_to: str | None = None
    refers_to_url: str | None = None
    refers_to_at: str | None = None
    replayable: bool = True
    line: int | None = None
    member: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleEntry:
    """What other lines and rows may say of one article line, and where it says that its capture lies."""

    article_id: str
    revision: int
    content_digest: str
    file: str
    offset: int
    length: int
    warc: str
    at_byte: int
    member_length: int
    record_id: str
    url: str
    at: str
    status: int | None
    payload_digest: str

    @classmethod
    def of(cls, article: Article, file: str, span: Span) -> Self:
        """What the line at ``span`` of ``file`` says, which is that of ``article``."""
        ref = article.capture
        return cls(
            article_id=article.article_id,
            revision=article.revision,
            content_digest=str(article.content_digest),
            file=file,
            offset=span.offset,
            length=span.length,
            warc=ref.warc,
            at_byte=ref.offset,
            member_length=ref.length,
            record_id=ref.record_id,
            url=article.url,
            at=stamp(ref.captured_at),
            status=ref.status,
            payload_digest=str(ref.payload_digest),
        )


@dataclass(frozen=True, slots=True)
class SightedRecord:
    """The record of a sighting, and id and place of the response that has its payload: itself, or what it refers to."""

    status: int | None
    type: str
    refers_to: str | None
    source: str | None
    warc: str | None
    offset: int | None
    length: int | None


Row = tuple[Any, ...]

# astuple() copies deeply, which takes longer than everything else that is done with an entry.
_record_row = attrgetter(*(field.name for field in fields(RecordEntry)))
_article_row = attrgetter(*(field.name for field in fields(ArticleEntry)))


class Inventory:
    """Everything read so far. A context manager; gone when left."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES} BEGIN;")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def add_warc(self, name: str) -> int:
        """Note a WARC file of a committed run; the number its records are entered under."""
        self._connection.execute("INSERT OR IGNORE INTO warcs (name, sound) VALUES (?, 1)", (name,))
        return int(self._rows("SELECT number FROM warcs WHERE name = ?", name)[0][0])

    def spoil(self, warc: int) -> None:
        """Note that a WARC file is missing or damaged, so that what points into it may point nowhere."""
        self._connection.execute("UPDATE warcs SET sound = 0 WHERE number = ?", (warc,))

    def place_of(self, record_id: str) -> tuple[str, int, int] | None:
        """WARC, offset and length of the response record of this id; all records are known."""
        found = self._rows(
            "SELECT name, offset, length FROM records JOIN warcs ON number = warc WHERE id = ? AND type = 'response'",
            record_id,
        )
        return (found[0][0], found[0][1], found[0][2]) if found else None

    def lose(self) -> None:
        """Note that there are WARC files of which not even the names are known."""
        self.spoil(self.add_warc(""))

    @property
    def is_sound(self) -> bool:
        """Whether every WARC file is there and undamaged."""
        return not self._rows("SELECT 1 FROM warcs WHERE NOT sound LIMIT 1")

    def add_records(self, warc: int, entries: Iterable[tuple[RecordEntry, tuple[str, ...]]]) -> None:
        """Enter records of one WARC file, each with the ids it is concurrent to."""
        records, concurrent = [], []
        for entry, ids in entries:
            records.append((warc, *_record_row(entry)))
            concurrent += [(warc, entry.offset, other) for other in ids]
        self._connection.executemany(
            "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            records,
        )
        self._connection.executemany("INSERT INTO concurrent VALUES (?, ?, ?)", concurrent)

    def add_article(self, entry: ArticleEntry) -> bool:
        """Enter an article line; whether it is the first of this id and revision."""
        statement = "INSERT OR IGNORE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        return self._connection.execute(statement, _article_row(entry)).rowcount == 1

    def article_line(self, article_id: str, revision: int) -> tuple[str, int, int] | None:
        """File, offset and length of the line of one revision."""
        found = self._rows(
            "SELECT file, offset, length FROM articles WHERE (article_id, revision) = (?, ?)", article_id, revision
        )
        return (found[0][0], found[0][1], found[0][2]) if found else None

    def add_sighting(
        self, file: str, offset: int, record_id: str, url: str, at: str, article_id: str | None, revision: int | None
    ) -> None:
        """Enter a sighting."""
        row = (file, offset, record_id, url, at, article_id, revision)
        self._connection.execute("INSERT INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def add_link(self, file: str, offset: int, url: str, channel: str, record_id: str, at: str) -> None:
        """Enter a link that a channel declared."""
        row = (file, offset, url, channel, record_id, at)
        self._connection.execute("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?)", row)

    def content_digest(self, article_id: str, revision: int) -> str | None:
        """What the line of one revision says of its content."""
        found = self._rows(
            "SELECT content_digest FROM articles WHERE (article_id, revision) = (?, ?)", article_id, revision
        )
        return found[0][0] if found else None

    def is_first(self, record_id: str, url: str, said: str) -> bool:
        """Whether this is the first time that this is said of that record at that address."""
        statement = "INSERT OR IGNORE INTO verified VALUES (?, ?, ?)"
        return self._connection.execute(statement, (record_id, url, said)).rowcount == 1

    def source_of(self, record_id: str) -> SightedRecord | None:
        """The record of a sighting, and the response it refers to, if it does; all records are known."""
        found = self._rows(_SOURCE, record_id)
        return SightedRecord(*found[0]) if found else None

    def add_lines(self, rows: Iterable[tuple[bool, str, int, str, int, int, int | None]]) -> None:
        """Enter index lines: replay index or not, file, number, WARC, offset there, line, member."""
        self._connection.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def finish_records(self) -> None:
        """All records are known; must be called before anything below."""
        self._connection.executescript(_KEYS)

    def doubled_ids(self) -> list[Row]:
        """(WARC, offset, id, how often) of records whose id an earlier one has."""
        return self._rows(_DOUBLED_IDS)

    def lost_warcinfos(self) -> list[Row]:
        """(WARC, offset, id) of records whose warcinfo is not in their file."""
        return self._rows(_LOST_WARCINFO)

    def lost_concurrents(self) -> list[Row]:
        """(WARC, offset, id) of records that are concurrent to one that is not in their file."""
        return self._rows(_LOST_CONCURRENT)

    def odd_concurrents(self) -> list[Row]:
        """(WARC, offset, other time, other address) of records that do not agree with what they are concurrent to."""
        return self._rows(_ODD_CONCURRENT)

    def short_responses(self) -> list[Row]:
        """(WARC, offset) of responses that are shorter than they say and do not answer a HEAD request."""
        return self._rows(_SHORT)

    def revisits(self) -> Iterator[Row]:
        """Each revisit that names a record, and that record; see the query for the columns."""
        return iter(self._connection.execute(_REVISITS))

    def odd_articles(self) -> list[Row]:
        """(file, offset, WARC, offset there, no record there, what differs …) of lines whose capture is another."""
        return self._rows(_ODD_ARTICLES)

    def lost_revisions(self) -> list[Row]:
        """(file, offset, article, revision) of revisions whose predecessor is missing."""
        return self._rows(_LOST_REVISIONS)

    def idle_revisions(self) -> list[Row]:
        """(file, offset, article, revision) of revisions that say what the one before says."""
        return self._rows(_IDLE_REVISIONS)

    def odd_sightings(self) -> list[Row]:
        """(file, offset, record id) of sightings of a capture that is not there."""
        return self._rows(_ODD_SIGHTINGS)

    def lost_sightings(self) -> list[Row]:
        """(file, offset, article, revision) of sightings of a revision that is not there."""
        return self._rows(_LOST_SIGHTINGS)

    def odd_links(self) -> list[Row]:
        """(file, offset, record id) of links of a listing that is not there."""
        return self._rows(_ODD_LINKS)

    def doubled_links(self) -> list[Row]:
        """(file, offset, url, channel) of links that have a line already."""
        return self._rows(_DOUBLED_LINKS)

    def odd_lines(self, *, deep: bool, uncommitted: str) -> list[Row]:
        """Index lines that do not say what their record says; ``uncommitted``: a JSON list of WARCs not to look at."""
        return self._connection.execute(_ODD_LINES, {"deep": deep, "uncommitted": uncommitted}).fetchall()

    def unlisted(self, *, replay: bool) -> list[Row]:
        """(WARC, offset) of records that the replay index, or the full one, should list and does not."""
        self._connection.execute("CREATE INDEX IF NOT EXISTS lines_by_place ON lines (replay, warc, at_byte)")
        return self._connection.execute(_UNLISTED, {"replay": replay}).fetchall()

    def _rows(self, statement: str, *values: object) -> list[Row]:
        return self._connection.execute(statement, values).fetchall()


def number_of(data: bytes) -> int:
    """A number that stands for ``data``: 63 bits, so that millions of them are told apart and take little room."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()) >> 1
