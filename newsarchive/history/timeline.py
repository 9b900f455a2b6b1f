"""What happened to an article, in order: revisions, removals and returns, and how long each revision stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Literal

from newsarchive.model.capture import Instant
from newsarchive.model.revision import Changes, Revision, Sighting

EventKind = Literal["first", "revision", "removed", "returned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, as of the capture that shows it.

    ``first``, ``revision``: ``revision`` begins; ``changes`` says what is new (``None`` for the first), ``returned``
    that the article had been gone. ``removed``: the article, as of ``revision``, is gone, ``reason`` why. ``returned``:
    it is back, unchanged. ``last_seen``: when what began here was last found so.
    """

    kind: EventKind
    revision: int
    url: str
    captured_at: Instant
    last_seen: Instant
    stand: Instant | None = None
    headline: str | None = None
    changes: Changes | None = None
    reason: str | None = None
    returned: bool = False


def timeline(
    revisions: Sequence[Revision],
    sightings: Sequence[Sighting],
    changes: Mapping[int, Changes],
    moves: AbstractSet[str] = frozenset(),
) -> tuple[Event, ...]:
    """What happened to one article, given all of it in any order, and what each revision but the first changed.

    ``moves`` are the ids of records in which it was gone from an address, when it was at another. That is no removal,
    nor is it one when an address is found empty from which the article had moved before.
    """
    found: list[tuple[datetime, int, Revision | Sighting]] = [
        *((revision.captured_at, 0, revision) for revision in revisions),
        *(
            (sighting.captured_at, 1, sighting)
            for sighting in sightings
            if sighting.article_id is not None and sighting.record_id not in moves
        ),
    ]
    found.sort(key=lambda each: each[:2])
    events: list[Event] = []
    gone = False
    address: str | None = None
    for captured_at, _, each in found:
        if isinstance(each, Revision) or not each.is_removal:
            address = each.url
        elif address not in {None, each.url}:
            continue
        if isinstance(each, Revision):
            events.append(_begins(each, changes.get(each.revision), gone))
        elif each.is_removal != gone:
            kind: EventKind = "removed" if each.is_removal else "returned"
            events.append(
                Event(
                    kind=kind,
                    revision=each.revision or 0,
                    url=each.url,
                    captured_at=captured_at,
                    last_seen=captured_at,
                    reason=each.reason,
                )
            )
        elif events:
            events[-1] = _seen(events[-1], captured_at)
        gone = isinstance(each, Sighting) and each.is_removal
    return tuple(events)


def noted_changes(revisions: Sequence[Revision]) -> dict[int, Changes]:
    """What each revision but the first changed, as far as can be told without reading it: all but the entries of live
    blogs."""
    changes: dict[int, Changes] = {}
    for before, after in pairwise(sorted(revisions, key=lambda revision: revision.revision)):
        changes[after.revision] = Changes(
            fields=after.changed,
            silent=bool(after.changed) and before.stand is not None and before.stand == after.stand,
            headline_only=bool(after.changed) and set(after.changed) <= {"headline", "topline"},
        )
    return changes


def _begins(revision: Revision, changes: Changes | None, gone: bool) -> Event:
    return Event(
        kind="first" if revision.revision == 1 else "revision",
        revision=revision.revision,
        url=revision.url,
        captured_at=revision.captured_at,
        last_seen=revision.captured_at,
        stand=revision.stand,
        headline=revision.headline,
        changes=changes,
        returned=gone,
    )


def _seen(event: Event, at: datetime) -> Event:
    return replace(event, last_seen=at)
