"""What happened to the articles of a collection, the latest first, and which of them changed most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.tables import stamp
from newsarchive.model.capture import Instant

EventKind = Literal["edit", "silent", "removed", "returned"]

_EVENT = """
SELECT events.at, events.article_id, events.revision, kind, revisions.url, revisions.headline, revisions.stand,
    changed, (SELECT reason FROM sightings
        WHERE kind = 'removed' AND sightings.article_id = events.article_id AND sightings.captured_at = events.at)
FROM (
    SELECT * FROM events {which} ORDER BY at DESC, article_id DESC, revision DESC, kind DESC LIMIT ? OFFSET ?
) AS events
LEFT JOIN revisions ON revisions.article_id = events.article_id AND revisions.revision = events.revision
ORDER BY events.at DESC, events.article_id DESC, events.revision DESC, kind DESC
"""

_MOST_CHANGED = """
SELECT article_id, count(*) AS edits, sum(kind = 'silent') AS silent, max(at) AS last, (
    SELECT headline FROM counted_revisions AS latest WHERE latest.article_id = changed.article_id
    ORDER BY revision DESC LIMIT 1
) FROM (
    SELECT article_id, kind, at FROM events WHERE at >= ? AND at < ? AND kind IN ('edit', 'silent')
) AS changed
GROUP BY article_id HAVING silent >= ? ORDER BY {order}, last DESC, article_id LIMIT ?
"""

_RECORDS = """
SELECT captured_at, record_id FROM counted_sightings WHERE article_id = :id
UNION ALL
SELECT captured_at, record_id FROM counted_revisions WHERE article_id = :id
"""

_ORDERS = {"edits": "edits DESC", "silent": "silent DESC, edits DESC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to an article after its first revision, as of the capture that shows it.

    ``edit`` and ``silent`` (the Stand did not move): ``revision`` is new, ``changed`` its fields that differ.
    ``removed``, with the ``reason``, and ``returned``: of an article that was that revision. ``url`` and ``headline``
    are those of the revision.
    """

    at: Instant
    article_id: str
    revision: int
    kind: EventKind
    url: str | None
    headline: str | None
    stand: Instant | None
    changed: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedArticle:
    """An article with its ``edits``, ``silent`` ones among them, and when the last of them was found."""

    article_id: str
    edits: int
    silent: int
    last_at: Instant
    headline: str | None


def read_happenings(
    catalog: Catalog, *, kinds: Collection[EventKind] = (), skip: int = 0, most: int
) -> tuple[Happening, ...]:
    """What happened, the latest first, but for the first ``skip``, at most so many; of ``kinds`` only, if any."""
    which = f"WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
    return tuple(map(_happening, catalog.rows(_EVENT.format(which=which), *sorted(kinds), most, skip)))


def count_happenings(catalog: Catalog, kinds: Collection[EventKind] = ()) -> int:
    """How much happened; of ``kinds`` only, if any."""
    ((edits, silent, removed, returned),) = catalog.rows(
        "SELECT sum(edits - silent), sum(silent), sum(removed), sum(returned) FROM quarters"
    )
    counts = {"edit": edits, "silent": silent, "removed": removed, "returned": returned}
    return sum(counts[kind] or 0 for kind in (kinds or counts))


def last_happening(catalog: Catalog) -> datetime | None:
    """When the last thing happened, ``None`` when nothing did."""
    ((at,),) = catalog.rows("SELECT max(at) FROM events")
    return None if at is None else datetime.fromisoformat(at)


def records_of(catalog: Catalog, article_id: str) -> dict[datetime, str]:
    """The ids of the records in which an article was read, or found gone, by the time of their capture."""
    return {datetime.fromisoformat(at): record_id for at, record_id in catalog.rows(_RECORDS, id=article_id)}


def read_most_changed(
    catalog: Catalog, since: datetime, until: datetime, *, order: Literal["edits", "silent"] = "edits", most: int
) -> tuple[ChangedArticle, ...]:
    """The articles with the most edits from ``since`` to just before ``until``; with the most silent ones, if in that
    ``order``, and then only those that have any."""
    statement = _MOST_CHANGED.format(order=_ORDERS[order])
    rows = catalog.rows(statement, stamp(since), stamp(until), int(order == "silent"), most)
    return tuple(
        ChangedArticle(
            article_id=article_id, edits=edits, silent=silent, last_at=datetime.fromisoformat(at), headline=headline
        )
        for article_id, edits, silent, at, headline in rows
    )


def _happening(row: Sequence[Any]) -> Happening:
    at, article_id, revision, kind, url, headline, stand, changed, reason = row
    is_edit = kind in {"edit", "silent"}
    return Happening(
        at=datetime.fromisoformat(at),
        article_id=article_id,
        revision=revision,
        kind=kind,
        url=url,
        headline=headline,
        stand=None if stand is None else datetime.fromisoformat(stand),
        changed=tuple(changed.split()) if is_edit and changed else (),
        reason=reason,
    )
