"""What a committed run adds to the counts that an overview is read off: events, quarters of hours, delays, reasons.

Entered when a run is committed, for what it wrote and the articles it touched alone, so that no overview has to go
through what grows with the archive. Times are kept as quarters of an hour since 1970: the days of any time zone begin
with one.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime
from typing import Any

from newsarchive.collection.histories import restate_events
from newsarchive.collection.tables import stamp
from newsarchive.model.crawl import CrawlRun, count_collected

QUARTER_S = 900

_WRITTEN = "SELECT revision, captured_at, stand, length FROM revisions WHERE run = ?"

_ADD_QUARTER = """
INSERT INTO quarters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (quarter) DO UPDATE SET
    articles = articles + excluded.articles, edits = edits + excluded.edits, silent = silent + excluded.silent,
    removed = removed + excluded.removed, returned = returned + excluded.returned
"""

_COUNTED = ("articles", "edits", "silent", "removed", "returned")
_COUNTED_AS = {"edit": "edits", "silent": "silent", "removed": "removed", "returned": "returned"}

_ADD_DELAY = """
INSERT INTO delays VALUES (?, ?, ?) ON CONFLICT (quarter, delay_s) DO UPDATE SET articles = articles + excluded.articles
"""

_ADD_REASON = """
INSERT INTO reason_days VALUES (?, ?, ?) ON CONFLICT (day, reason) DO UPDATE SET count = count + excluded.count
"""

_ADD_LINKS = """
INSERT INTO channel_days
SELECT substr(at, 1, 10), channel, count(*) FROM links WHERE run = ? AND channel IS NOT NULL GROUP BY 1, 2
ON CONFLICT (day, channel) DO UPDATE SET links = links + excluded.links
"""

_TOTALS = """
SELECT total_articles, total_revisions, total_captures, total_warc_bytes, total_line_bytes
FROM run_counts WHERE number < ? ORDER BY number DESC LIMIT 1
"""


def quarter_of(at: datetime) -> int:
    """The quarter of an hour that holds ``at``, counted since 1970."""
    return int(at.timestamp()) // QUARTER_S


def enter_counts(connection: sqlite3.Connection, record: CrawlRun) -> None:
    """Enter what the run of ``record``, which was just entered as committed, adds."""
    quarters: Counter[tuple[int, str]] = Counter()
    delays: Counter[tuple[int, int]] = Counter()
    counts: Counter[str] = Counter(removed=record.removed, returned=record.returned)
    # What is older than the archive could not be found any sooner.
    (began,) = connection.execute("SELECT min(started_at) FROM run_counts").fetchone()
    first_news = datetime.fromisoformat(began) if began else record.started_at
    for revision, captured_at, stand, length in connection.execute(_WRITTEN, (record.run,)):
        at = datetime.fromisoformat(captured_at)
        counts["line_bytes"] += length
        if revision == 1:
            counts["articles"] += 1
            quarters[quarter_of(at), "articles"] += 1
            dated = None if stand is None else datetime.fromisoformat(stand)
            if dated is not None and dated >= first_news and _looks_for_news(record):
                delays[quarter_of(at), round((at - dated).total_seconds())] += 1
        else:
            counts["edits"] += 1
    for (printed, kind), more in restate_events(connection, record.run).items():
        quarter = quarter_of(datetime.fromisoformat(printed))
        quarters[quarter, _COUNTED_AS[kind]] += more
        if kind == "silent":
            quarters[quarter, "edits"] += more
    connection.executemany(
        _ADD_QUARTER,
        (
            (quarter, *(quarters[quarter, name] for name in _COUNTED))
            for quarter in sorted({quarter for quarter, _ in quarters})
        ),
    )
    connection.execute(_ADD_LINKS, (record.run,))
    connection.executemany(_ADD_DELAY, ((*key, articles) for key, articles in sorted(delays.items())))
    _enter_run(connection, record, counts)


def _enter_run(connection: sqlite3.Connection, record: CrawlRun, counts: Counter[str]) -> None:
    (number,) = connection.execute("SELECT number FROM runs WHERE run = ?", (record.run,)).fetchone()
    before: tuple[Any, ...] = connection.execute(_TOTALS, (number,)).fetchone() or (0,) * 5
    warc_bytes = sum(warc.length_bytes for warc in record.warcs)
    added = (
        counts["articles"],
        counts["articles"] + counts["edits"],
        record.captures,
        warc_bytes,
        counts["line_bytes"],
    )
    collected, wanted = count_collected(record.funnel)
    connection.execute(
        "INSERT INTO run_counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(number, stamp(record.started_at), stamp(record.ended_at), record.outcome),
            *(record.captures, record.received_bytes, warc_bytes),
            *(counts[name] for name in ("articles", "edits", "removed", "returned")),
            *(collected, wanted, " ".join(finding.code for finding in record.findings)),
            *(held + more for held, more in zip(before, added, strict=True)),
        ),
    )
    reasons = sum((Counter(channel.reasons) for channel in record.funnel), Counter[str]())
    connection.executemany(
        "INSERT INTO reason_counts VALUES (?, ?, ?)", ((number, *counted) for counted in sorted(reasons.items()))
    )
    ended_on = stamp(record.ended_at)[:10]
    connection.executemany(_ADD_REASON, ((ended_on, *counted) for counted in sorted(reasons.items())))


def _looks_for_news(record: CrawlRun) -> bool:
    """Whether it asked for what is new: what is fetched of the past says nothing of how soon an article is found."""
    return not record.settings.get("import") and not record.settings.get("since")
