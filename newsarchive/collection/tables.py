"""The tables of the catalog.

Rows of ``captures``, ``revisions``, ``sightings`` and ``links`` belong to a run and are read off its files. ``runs``
numbers the committed runs in the order in which they were committed. ``pages`` and ``open_links`` are worked out from
these rows, for the addresses that a run touched, when it is committed, and so is what an overview is read off:
``events``, ``quarters``, ``delays``, ``channel_days``; and what is searched: ``texts``, ``documents``, ``filings``,
``filed`` and ``articles``. ``run_counts``, ``reason_counts`` and ``reason_days`` repeat what the records of the runs
say, and are not compared with anything; nor is ``dues``, which remembers what a ladder said of the pages when somebody
asked.
"""

from __future__ import annotations

from datetime import UTC, datetime

SCHEMA_VERSION = 4
"""Of these tables; a catalog of another version is rebuilt."""

READ_OFF = ("captures", "revisions", "sightings", "links")
"""The tables whose rows are read off files, each row with its ``run``."""

SEARCHED = ("articles", "documents", "filings", "filed", "texts_docsize")
"""Those of them by which articles are searched; ``texts`` itself is compared by its words."""

WORKED_OUT = ("runs", "pages", "open_links", "events", "quarters", "delays", "channel_days", *SEARCHED)
"""The tables that follow from these rows and the order of the runs."""

TABLES = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, listings_read INTEGER NOT NULL
);
CREATE TABLE begun (run TEXT PRIMARY KEY) WITHOUT ROWID;

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
CREATE INDEX originals ON captures (payload_digest, chunked, captured_at)
    WHERE record_type = 'response' AND truncated IS NULL;
CREATE INDEX whole_pages ON captures (url, captured_at) WHERE status = 200 AND truncated IS NULL;

CREATE TABLE revisions (
    run TEXT NOT NULL, article_id TEXT NOT NULL, revision INTEGER NOT NULL, url TEXT NOT NULL,
    content_digest TEXT NOT NULL, captured_at TEXT NOT NULL, stand TEXT, headline TEXT, changed TEXT NOT NULL,
    published_at TEXT, modified_at TEXT, unavailable_after TEXT,
    record_id TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (article_id, revision)
) WITHOUT ROWID;
CREATE INDEX revisions_by_url ON revisions (url, captured_at);
CREATE INDEX revisions_by_record ON revisions (record_id);
CREATE INDEX revisions_by_run ON revisions (run);

CREATE TABLE sightings (
    run TEXT NOT NULL, url TEXT NOT NULL, record_id TEXT PRIMARY KEY, captured_at TEXT NOT NULL,
    article_id TEXT, revision INTEGER, reason TEXT
) WITHOUT ROWID;
CREATE INDEX sightings_by_url ON sightings (url, captured_at);
CREATE INDEX sightings_by_article ON sightings (article_id, captured_at);
CREATE INDEX sightings_by_run ON sightings (run);

-- One row for each line: of a Link (channel and what follows), or of a LeftLink (reason and tried).
CREATE TABLE links (
    run TEXT NOT NULL, line INTEGER NOT NULL, url TEXT NOT NULL,
    channel TEXT, declared_at TEXT, listed_at TEXT, record_id TEXT, at TEXT, reason TEXT, tried INTEGER,
    PRIMARY KEY (run, line)
) WITHOUT ROWID;
CREATE UNIQUE INDEX links_by_url ON links (url, channel) WHERE channel IS NOT NULL;
CREATE INDEX links_by_time ON links (at, channel) WHERE channel IS NOT NULL;

CREATE TABLE pages (
    url TEXT PRIMARY KEY, article_id TEXT, revision INTEGER, published_at TEXT, first_seen_at TEXT, changed_at TEXT,
    checked_at TEXT NOT NULL, unavailable_after TEXT, gone_at TEXT, reason TEXT
) WITHOUT ROWID;

CREATE TABLE open_links (
    url TEXT PRIMARY KEY, reason TEXT NOT NULL, attempts INTEGER NOT NULL, next_try_at TEXT NOT NULL,
    given_up INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX open_links_by_time ON open_links (given_up, next_try_at);

-- What happened to articles after their first revision. kind: edit, silent (an edit that did not move the Stand),
-- removed, returned.
CREATE TABLE events (
    at TEXT NOT NULL, article_id TEXT NOT NULL, revision INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (at, article_id, revision, kind)
) WITHOUT ROWID;
CREATE INDEX events_by_kind ON events (kind, at);
CREATE INDEX events_by_article ON events (article_id, kind);
-- quarter: of an hour, since 1970. Edits count silent ones too.
CREATE TABLE quarters (
    quarter INTEGER PRIMARY KEY, articles INTEGER NOT NULL, edits INTEGER NOT NULL, silent INTEGER NOT NULL,
    removed INTEGER NOT NULL, returned INTEGER NOT NULL
);
-- From Stand to first capture, of the articles first captured in a quarter by runs that looked for what is new, and
-- not older than the archive.
CREATE TABLE delays (
    quarter INTEGER NOT NULL, delay_s INTEGER NOT NULL, articles INTEGER NOT NULL, PRIMARY KEY (quarter, delay_s)
) WITHOUT ROWID;
-- total_…: of all runs up to and including this one.
CREATE TABLE run_counts (
    number INTEGER PRIMARY KEY, started_at TEXT NOT NULL, ended_at TEXT NOT NULL, outcome TEXT NOT NULL,
    captures INTEGER NOT NULL, received_bytes INTEGER NOT NULL, warc_bytes INTEGER NOT NULL,
    articles INTEGER NOT NULL, edits INTEGER NOT NULL, removed INTEGER NOT NULL, returned INTEGER NOT NULL,
    collected INTEGER NOT NULL, wanted INTEGER NOT NULL, findings TEXT NOT NULL,
    total_articles INTEGER NOT NULL, total_revisions INTEGER NOT NULL, total_captures INTEGER NOT NULL,
    total_warc_bytes INTEGER NOT NULL, total_line_bytes INTEGER NOT NULL
);
CREATE INDEX run_counts_by_time ON run_counts (ended_at);
CREATE TABLE reason_counts (
    number INTEGER NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (number, reason)
) WITHOUT ROWID;
-- Sums over days in UTC: of reason_counts by the end of the run, of links by their time.
CREATE TABLE reason_days (
    day TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, reason)
) WITHOUT ROWID;
CREATE TABLE channel_days (
    day TEXT NOT NULL, channel TEXT NOT NULL, links INTEGER NOT NULL, PRIMARY KEY (day, channel)
) WITHOUT ROWID;

-- What is searched (documents.py), of committed runs. What the lines of the run that is written say waits until then:
-- title, lead, body, rest: stems. at: seconds since 1970.
CREATE TABLE stemming (version TEXT NOT NULL);
CREATE TABLE waiting (
    run TEXT NOT NULL, article_id TEXT NOT NULL, revision INTEGER NOT NULL,
    title TEXT NOT NULL, lead TEXT NOT NULL, body TEXT NOT NULL, rest TEXT NOT NULL, at INTEGER NOT NULL,
    filed TEXT NOT NULL
);
CREATE INDEX waiting_by_run ON waiting (run, article_id, revision);
CREATE VIRTUAL TABLE texts USING fts5(title, lead, body, rest, content='', tokenize='ascii');
-- A row for each revision, numbered as in texts. filed: numbers of filings, each between spaces.
CREATE TABLE documents (
    document INTEGER PRIMARY KEY, article_id TEXT NOT NULL, revision INTEGER NOT NULL, at INTEGER NOT NULL,
    newest INTEGER NOT NULL, filed TEXT NOT NULL
);
CREATE UNIQUE INDEX documents_by_revision ON documents (article_id, revision);
CREATE INDEX documents_by_time ON documents (at, document);
CREATE INDEX newest_documents_by_time ON documents (at, document) WHERE newest;
-- What documents are filed under; articles: so many newest revisions are.
CREATE TABLE filings (
    number INTEGER PRIMARY KEY, facet TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, articles INTEGER NOT NULL
);
CREATE UNIQUE INDEX filings_by_key ON filings (facet, key);
CREATE TABLE filed (
    number INTEGER NOT NULL, at INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (number, at, document)
) WITHOUT ROWID;
-- How an article stands. silent: edits that did not move the Stand; found_at: when its first revision was captured;
-- gone_at: since when its page is gone.
CREATE TABLE articles (
    article_id TEXT PRIMARY KEY, revisions INTEGER NOT NULL, silent INTEGER NOT NULL, found_at TEXT NOT NULL,
    gone_at TEXT
) WITHOUT ROWID;

-- due_at: NULL while nobody has asked, 'never', or a time.
CREATE TABLE dues (url TEXT PRIMARY KEY, due_at TEXT) WITHOUT ROWID;
CREATE INDEX dues_by_time ON dues (due_at);
CREATE TABLE ladder (text TEXT NOT NULL);
"""

ANSWERED = """(
    status = 200 AND coalesce(truncated, 'length') = 'length' OR status = 304
    OR reason IN ('http-404', 'http-410', 'moved-away', 'moved', 'depublished')
)"""
"""Whether a reading, joined with its capture, says how a page stands: a whole answer, or word that it is gone.

What the size limit cut is as whole as it gets. Text that was imported came in no answer and has no status.
"""

GONE_SINCE = """
SELECT gone.captured_at, gone.reason FROM (
    SELECT captured_at, url FROM revisions WHERE article_id = :id
    UNION ALL
    SELECT captured_at, url FROM sightings WHERE article_id = :id AND reason IS NULL
    ORDER BY captured_at DESC LIMIT 1
) AS found JOIN sightings AS gone
    ON gone.article_id = :id AND gone.url = found.url AND gone.reason IS NOT NULL
    AND gone.captured_at > found.captured_at
ORDER BY gone.captured_at LIMIT 1
"""
"""The first word that an article is gone from where it was last found. Of another address it says nothing.

Rows of runs that are not committed are looked at too: there are none but those of the run that is written.
"""

# Synced only now and then: a power cut may take the last transactions, for they can be made again, but nothing else.
# The views hold what counts here: rows of committed runs, and of the run that this connection writes. They ask for each
# row by itself, so that no query has to list all runs.
SESSION = """
PRAGMA synchronous = NORMAL;
CREATE TEMP TABLE writing (run TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP VIEW counted_captures AS SELECT * FROM captures AS c
    WHERE EXISTS (SELECT 1 FROM runs WHERE runs.run = c.run)
    OR EXISTS (SELECT 1 FROM writing WHERE writing.run = c.run);
CREATE TEMP VIEW counted_revisions AS SELECT * FROM revisions AS r
    WHERE EXISTS (SELECT 1 FROM runs WHERE runs.run = r.run)
    OR EXISTS (SELECT 1 FROM writing WHERE writing.run = r.run);
CREATE TEMP VIEW counted_sightings AS SELECT * FROM sightings AS s
    WHERE EXISTS (SELECT 1 FROM runs WHERE runs.run = s.run)
    OR EXISTS (SELECT 1 FROM writing WHERE writing.run = s.run);
CREATE TEMP VIEW counted_links AS SELECT * FROM links AS l
    WHERE EXISTS (SELECT 1 FROM runs WHERE runs.run = l.run)
    OR EXISTS (SELECT 1 FROM writing WHERE writing.run = l.run);
"""


def stamp(at: datetime) -> str:
    """``at`` in UTC, in one width, so that the order of texts is the order of times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
