"""All that the catalog has of one article; and its events, which are what the history of the article says happened.

Events are worked out anew for an article that a run touched, from all there is of it: what was imported, or recovered
late, may lie before what was known, and then other things happened than it had seemed.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from newsarchive.collection.tables import stamp
from newsarchive.history.timeline import noted_changes, timeline
from newsarchive.model.digest import Digest
from newsarchive.model.revision import Revision, Sighting

REVISIONS = """
SELECT article_id, revision, url, content_digest, run, captured_at, stand, headline, changed FROM counted_revisions
WHERE article_id = ? ORDER BY revision
"""

SIGHTINGS = """
SELECT url, record_id, captured_at, article_id, revision, reason FROM counted_sightings
WHERE article_id = ? ORDER BY captured_at
"""

MOVES = """
SELECT record_id FROM counted_sightings AS gone WHERE article_id = ? AND reason IS NOT NULL AND (
    EXISTS (
        SELECT 1 FROM revisions AS found
        WHERE found.article_id = gone.article_id AND found.url <> gone.url AND found.run = gone.run
    ) OR EXISTS (
        SELECT 1 FROM sightings AS found
        WHERE found.article_id = gone.article_id AND found.url <> gone.url AND found.run = gone.run
        AND found.reason IS NULL
    )
)
"""
"""The sightings of an article that found it gone in a run that found it at another address."""

# A new article has no events, unless there is later word of it. One that is found unchanged has the same as before,
# unless it had been gone.
_TOUCHED = """
SELECT article_id FROM revisions WHERE run = :run AND (
    revision > 1
    OR EXISTS (SELECT 1 FROM revisions AS r WHERE r.article_id = revisions.article_id AND r.revision > 1)
    OR EXISTS (SELECT 1 FROM sightings AS s WHERE s.article_id = revisions.article_id AND s.reason IS NOT NULL)
)
UNION SELECT article_id FROM sightings WHERE run = :run AND article_id IS NOT NULL AND (
    reason IS NOT NULL
    OR EXISTS (SELECT 1 FROM events WHERE events.article_id = sightings.article_id AND kind = 'removed')
)
"""

_HELD = "SELECT at, revision, kind FROM events WHERE article_id = ?"


def revision_in(row: tuple[Any, ...]) -> Revision:
    """The revision that a row of ``REVISIONS`` is of."""
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


def sighting_in(row: tuple[Any, ...]) -> Sighting:
    """The sighting that a row of ``SIGHTINGS`` is of."""
    url, record_id, captured_at, article_id, revision, reason = row
    return Sighting(
        url=url,
        record_id=record_id,
        captured_at=datetime.fromisoformat(captured_at),
        article_id=article_id,
        revision=revision,
        reason=reason,
    )


def restate_events(connection: sqlite3.Connection, run: str) -> Counter[tuple[str, str]]:
    """Say anew what happened to the articles that ``run`` touched, which was just entered as committed.

    Returns how many events more, or less, there are now of each (time, kind).
    """
    more: Counter[tuple[str, str]] = Counter()
    for (article_id,) in connection.execute(_TOUCHED, {"run": run}).fetchall():
        held = set(connection.execute(_HELD, (article_id,)))
        true = set(_events(connection, article_id))
        for at, revision, kind in sorted(held - true):
            connection.execute(
                "DELETE FROM events WHERE at = ? AND article_id = ? AND revision = ? AND kind = ?",
                (at, article_id, revision, kind),
            )
            more[at, kind] -= 1
        for at, revision, kind in sorted(true - held):
            connection.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (at, article_id, revision, kind))
            more[at, kind] += 1
    return more


def _events(connection: sqlite3.Connection, article_id: str) -> Iterator[tuple[str, int, str]]:
    """Time, revision and kind of all that happened to an article after its first revision."""
    revisions = tuple(map(revision_in, connection.execute(REVISIONS, (article_id,))))
    sightings = tuple(map(sighting_in, connection.execute(SIGHTINGS, (article_id,))))
    if all(revision.revision == 1 for revision in revisions) and not any(sighting.is_removal for sighting in sightings):
        return
    moves = frozenset(record_id for (record_id,) in connection.execute(MOVES, (article_id,)))
    for event in timeline(revisions, sightings, noted_changes(revisions), moves):
        at = stamp(event.captured_at)
        if event.kind == "revision":
            yield at, event.revision, "silent" if event.changes and event.changes.silent else "edit"
        elif event.kind != "first":
            yield at, event.revision, event.kind
        if event.returned:
            yield at, event.revision, "returned"
