"""What follows from the rows of a run when it is committed: how the pages it touched stand, and which links are open.

The work is that of the run: of each address that it read, its readings are taken in, and no others. Done for run after
run in the order in which they were committed, it gives the same tables whether a crawl, a recovery or a rebuild does
it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from newsarchive.collection.tables import ANSWERED, stamp
from newsarchive.model.links import MAX_ATTEMPTS, next_try_at
from newsarchive.model.revision import GONE

_TOUCHED = """
SELECT url, min(captured_at) FROM (
    SELECT url, captured_at FROM revisions WHERE run = :run
    UNION ALL
    SELECT url, captured_at FROM sightings WHERE run = :run
) AS reading GROUP BY url
"""

_READINGS = f"""
SELECT reading.run, reading.captured_at, reading.article_id, reading.revision, reading.reason FROM (
    SELECT run, captured_at, record_id, article_id, revision, NULL AS reason FROM counted_revisions
        WHERE url = :url AND captured_at > :after
    UNION ALL
    SELECT run, captured_at, record_id, article_id, revision, reason FROM counted_sightings
        WHERE url = :url AND captured_at > :after
) AS reading
WHERE EXISTS (SELECT 1 FROM captures WHERE captures.record_id = reading.record_id AND {ANSWERED})
ORDER BY reading.captured_at, reading.record_id
"""  # noqa: S608 (our own condition)

_PAGE = "SELECT article_id, revision, first_seen_at, checked_at, gone_at, reason FROM pages WHERE url = ?"

_TIMES = """
SELECT captured_at, published_at, modified_at, unavailable_after FROM revisions WHERE article_id = ? AND revision = ?
"""

# What was left when a crawl was stopped may have been read when it was recovered.
_LEFT = """
SELECT url, reason, tried FROM links WHERE run = :run AND channel IS NULL
AND NOT EXISTS (SELECT 1 FROM revisions WHERE revisions.url = links.url AND revisions.run = links.run)
AND NOT EXISTS (SELECT 1 FROM sightings WHERE sightings.url = links.url AND sightings.run = links.run)
ORDER BY line
"""

_TRIED = """
SELECT DISTINCT open_links.url FROM captures CROSS JOIN open_links USING (url) WHERE captures.run = ?
"""


# An article that moved is gone at its old address and no more than that.
_FOUND_ELSEWHERE = """
SELECT EXISTS (
    SELECT 1 FROM revisions WHERE article_id = :id AND url <> :url AND (run = :run OR captured_at >= :since)
) OR EXISTS (
    SELECT 1 FROM sightings
    WHERE article_id = :id AND url <> :url AND reason IS NULL AND (run = :run OR captured_at >= :since)
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What a run found changed: later revisions than the first, articles gone since, articles there again."""

    revised: int = 0
    removed: int = 0
    returned: int = 0


@dataclass(slots=True, kw_only=True)
class _Page:
    """How the page at one address stands after the readings that it has taken in; as in ``PageHistory``."""

    article_id: str | None = None
    revision: int | None = None
    first_seen_at: str | None = None
    checked_at: str = ""
    gone_at: str | None = None
    reason: str | None = None

    def take(self, captured_at: str, article_id: str | None, revision: int | None, reason: str | None) -> None:
        """Take in the next reading."""
        if article_id is not None:
            self.article_id, self.revision = article_id, revision
            if reason is None:
                self.first_seen_at = self.first_seen_at or captured_at
        is_gone = reason is not None and (article_id is not None or reason in GONE)
        self.gone_at = (self.gone_at or captured_at) if is_gone else None
        self.checked_at, self.reason = captured_at, reason


def work_out(connection: sqlite3.Connection, run: str, ended_at: datetime, is_known: Callable[[str], bool]) -> None:
    """Bring the tables that follow from the rows up to date with ``run``, which was just entered as committed."""
    for url, first in connection.execute(_TOUCHED, {"run": run}):
        _restate(connection, url, first)
    left = connection.execute(_LEFT, {"run": run}).fetchall()
    _close(connection, run, {url for url, _, _ in left}, is_known)
    for url, reason, tried in left:
        _leave(connection, url, reason, tried=bool(tried), left_at=ended_at)


def count_turns(connection: sqlite3.Connection, run: str) -> Turns:
    """What ``run``, which is being written, found changed."""
    (revised,) = connection.execute("SELECT count(*) FROM revisions WHERE run = ? AND revision > 1", (run,)).fetchone()
    counts = Counter(
        kind
        for url, first in connection.execute(_TOUCHED, {"run": run})
        for kind in _turns(connection, url, *_before(connection, url, first), run)
    )
    return Turns(revised=revised, removed=counts["removed"], returned=counts["returned"])


def _turns(
    connection: sqlite3.Connection, url: str, page: _Page, readings: Sequence[tuple[Any, ...]], run: str
) -> Iterator[Literal["removed", "returned"]]:
    """Take in the readings of the page at ``url``, and say of those of ``run`` by which the article went or came back.

    One that was found at another address, in the run that misses it at this one or since then, did neither.
    """
    for reader, *reading in readings:
        was_there, gone_since = page.article_id is not None, page.gone_at
        page.take(*reading)
        is_gone = page.gone_at is not None
        if reader != run or not was_there or is_gone == (gone_since is not None) or (not is_gone and page.reason):
            continue
        asked = {"id": page.article_id, "url": url, "run": run if is_gone else None, "since": gone_since}
        if not connection.execute(_FOUND_ELSEWHERE, asked).fetchone()[0]:
            yield "removed" if is_gone else "returned"


def _before(connection: sqlite3.Connection, url: str, first: str) -> tuple[_Page, Sequence[tuple[Any, ...]]]:
    """How a page stood before a run whose first reading of it is of the time ``first``, and the readings since.

    Where the run was recovered late, and later runs have read the page, it is all readings.
    """
    row = connection.execute(_PAGE, (url,)).fetchone()
    page = _Page()
    if row is not None and row[3] < first:
        article_id, revision, first_seen_at, checked_at, gone_at, reason = row
        page = _Page(
            article_id=article_id,
            revision=revision,
            first_seen_at=first_seen_at,
            checked_at=checked_at,
            gone_at=gone_at,
            reason=reason,
        )
    return page, connection.execute(_READINGS, {"url": url, "after": page.checked_at}).fetchall()


def _restate(connection: sqlite3.Connection, url: str, first: str) -> None:
    """Say anew how the page at ``url`` stands, which the run read at the time ``first`` and perhaps later."""
    page, readings = _before(connection, url, first)
    if not readings:
        return
    for _, *reading in readings:
        page.take(*reading)
    published_at = changed_at = unavailable_after = None
    times = connection.execute(_TIMES, (page.article_id, page.revision)).fetchone()
    if times is not None:
        found_at, published_at, modified_at, unavailable_after = times
        changed_at = found_at if page.revision != 1 else modified_at
    connection.execute(
        "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(url, page.article_id, page.revision, published_at, page.first_seen_at, changed_at),
            *(page.checked_at, unavailable_after, page.gone_at, page.reason),
        ),
    )
    connection.execute("INSERT OR REPLACE INTO dues VALUES (?, NULL)", (url,))


def _close(connection: sqlite3.Connection, run: str, left: set[str], is_known: Callable[[str], bool]) -> None:
    """End the open links that the run asked for, found and did not leave again."""
    for (url,) in connection.execute(_TRIED, (run,)).fetchall():
        if url not in left and is_known(url):
            connection.execute("DELETE FROM open_links WHERE url = ?", (url,))


def _leave(connection: sqlite3.Connection, url: str, reason: str, *, tried: bool, left_at: datetime) -> None:
    """Note that a link was left open, once more or for the first time."""
    held = connection.execute("SELECT attempts FROM open_links WHERE url = ?", (url,)).fetchone()
    attempts = (held[0] if held else 0) + tried
    connection.execute(
        "INSERT OR REPLACE INTO open_links VALUES (?, ?, ?, ?, ?)",
        (url, reason, attempts, stamp(next_try_at(left_at, attempts)), attempts >= MAX_ATTEMPTS),
    )
    connection.execute("UPDATE dues SET due_at = NULL WHERE url = ?", (url,))
