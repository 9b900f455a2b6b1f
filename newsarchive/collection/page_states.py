"""What follows from the rows of a run when it is committed: how the pages it touched stand, and which links are open.

The work is that of the run: of each address that the run read, the readings are gone through, and of no other. Done for
run after run in the order in which they were committed, it gives the same tables whether a crawl, a recovery or a
rebuild does it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from newsarchive.collection.tables import ANSWERED, stamp
from newsarchive.model.links import MAX_ATTEMPTS, next_try_at
from newsarchive.model.revision import GONE

_TOUCHED = """
SELECT url FROM revisions WHERE run = :run UNION SELECT url FROM sightings WHERE run = :run
"""

_READINGS = f"""
SELECT reading.captured_at, reading.article_id, reading.revision, reading.reason FROM (
    SELECT captured_at, record_id, article_id, revision, NULL AS reason FROM counted_revisions WHERE url = :url
    UNION ALL
    SELECT captured_at, record_id, article_id, revision, reason FROM counted_sightings WHERE url = :url
) AS reading
WHERE EXISTS (SELECT 1 FROM captures WHERE captures.record_id = reading.record_id AND {ANSWERED})
ORDER BY reading.captured_at, reading.record_id
"""  # noqa: S608 (our own condition)

_TURNS = """
SELECT run, article_id, reason FROM (
    SELECT run, captured_at, record_id, article_id, NULL AS reason FROM counted_revisions WHERE url = :url
    UNION ALL
    SELECT run, captured_at, record_id, article_id, reason FROM counted_sightings WHERE url = :url
) ORDER BY captured_at, record_id
"""

_TIMES = """
SELECT captured_at, published_at, modified_at, unavailable_after FROM revisions WHERE article_id = ? AND revision = ?
"""

_LEFT = "SELECT url, reason, tried FROM links WHERE run = ? AND channel IS NULL ORDER BY line"

_TRIED = """
SELECT DISTINCT open_links.url FROM captures CROSS JOIN open_links USING (url) WHERE captures.run = ?
"""


def work_out(connection: sqlite3.Connection, run: str, ended_at: datetime, is_known: Callable[[str], bool]) -> None:
    """Bring the tables that follow from the rows up to date with ``run``, which was just entered as committed."""
    read = {url for (url,) in connection.execute(_TOUCHED, {"run": run})}
    for url in sorted(read):
        _restate(connection, url)
    lines = connection.execute(_LEFT, (run,)).fetchall()
    # What was left when a crawl was stopped may have been read when it was recovered.
    left = [line for line in lines if line[0] not in read]
    _close(connection, run, {url for url, _, _ in left}, is_known)
    for url, reason, tried in left:
        _leave(connection, url, reason, tried=bool(tried), left_at=ended_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What a run found changed: later revisions than the first, articles gone since, articles there again."""

    revised: int = 0
    removed: int = 0
    returned: int = 0


def count_turns(connection: sqlite3.Connection, run: str) -> Turns:
    """What ``run``, which is committed or being written, found changed."""
    revised, removed, returned = 0, 0, 0
    (revised,) = connection.execute("SELECT count(*) FROM revisions WHERE run = ? AND revision > 1", (run,)).fetchone()
    for (url,) in connection.execute(_TOUCHED, {"run": run}).fetchall():
        was_gone = False
        for reader, article_id, reason in connection.execute(_TURNS, {"url": url}).fetchall():
            if article_id is None:
                continue
            is_gone = reason is not None
            removed += reader == run and is_gone and not was_gone
            returned += reader == run and was_gone and not is_gone
            was_gone = is_gone
    return Turns(revised=revised, removed=removed, returned=returned)


def _restate(connection: sqlite3.Connection, url: str) -> None:
    """Say anew how the page at ``url`` stands."""
    readings: Sequence[tuple[Any, ...]] = connection.execute(_READINGS, {"url": url}).fetchall()
    if not readings:
        return
    articles = [reading for reading in readings if reading[1] is not None]
    published_at = changed_at = unavailable_after = article_id = revision = None
    if articles:
        _, article_id, revision, _ = articles[-1]
        times = connection.execute(_TIMES, (article_id, revision)).fetchone()
        if times is not None:
            found_at, published_at, modified_at, unavailable_after = times
            changed_at = found_at if revision > 1 else modified_at
    checked_at, _, _, reason = readings[-1]
    first_seen_at = next((at for at, found, _, why in readings if found is not None and why is None), None)
    gone = list(takewhile(lambda reading: _is_gone(*reading[1:]), reversed(readings)))
    gone_at = gone[-1][0] if gone else None
    connection.execute(
        "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(url, article_id, revision, published_at, first_seen_at, changed_at),
            *(checked_at, unavailable_after, gone_at, reason),
        ),
    )
    connection.execute("INSERT OR REPLACE INTO dues VALUES (?, NULL)", (url,))


def _is_gone(article_id: str | None, _revision: int | None, reason: str | None) -> bool:
    return reason is not None and (article_id is not None or reason in GONE)


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
