"""What happened to an article: revisions, removals and returns in one order, each with when it was last so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from newsarchive.history.timeline import Event, noted_changes, timeline
from newsarchive.model.digest import Digest
from newsarchive.model.revision import Changes, Revision, Sighting
from tests.kept import START

URL = "https://seeblick.example/moin-100.html"
MOVED = "https://seeblick.example/see/moin-100.html"
EDIT = Changes(fields=("body",), silent=True, headline_only=False)


def revision(number: int, hour: int) -> Revision:
    return Revision(
        article_id="moin-100",
        revision=number,
        url=URL,
        content_digest=Digest.of(b""),
        run=f"r{number}",
        captured_at=START + timedelta(hours=hour),
        stand=START,
        headline=f"Moin {number}",
        changed=(),
    )


def sighting(hour: int, number: int | None = 1, reason: str | None = None, url: str = URL) -> Sighting:
    return Sighting(
        url=url,
        record_id=f"<urn:uuid:{hour}>",
        captured_at=START + timedelta(hours=hour),
        article_id=None if number is None else "moin-100",
        revision=number,
        reason=reason,
    )


def told(events: tuple[Event, ...]) -> list[tuple[str, int, float, float]]:
    return [
        (
            event.kind,
            event.revision,
            (event.captured_at - START) / timedelta(hours=1),
            (event.last_seen - START) / timedelta(hours=1),
        )
        for event in events
    ]


def test_sightings_move_last_seen_and_nothing_else() -> None:
    events = timeline([revision(1, 0), revision(2, 5)], [sighting(1), sighting(3), sighting(8, 2)], {2: EDIT})

    assert told(events) == [("first", 1, 0, 3), ("revision", 2, 5, 8)]
    assert [event.changes for event in events] == [None, EDIT]


def test_a_removal_has_its_reason_and_a_return_ends_it() -> None:
    gone = [sighting(2, 1, "http-404"), sighting(4, 1, "http-410")]

    events = timeline([revision(1, 0)], [*gone, sighting(6), sighting(7)], {})

    assert told(events) == [("first", 1, 0, 0), ("removed", 1, 2, 4), ("returned", 1, 6, 7)]
    assert [event.reason for event in events] == [None, "http-404", None]


def test_a_new_revision_can_be_the_return() -> None:
    events = timeline([revision(1, 0), revision(2, 5)], [sighting(2, 1, "moved-away")], {2: EDIT})

    assert told(events) == [("first", 1, 0, 0), ("removed", 1, 2, 2), ("revision", 2, 5, 5)]
    assert [event.returned for event in events] == [False, False, True]


def test_an_article_that_moved_returns_at_its_new_address() -> None:
    events = timeline([revision(1, 0)], [sighting(2, 1, "moved"), sighting(2, 1, url=MOVED)], {})

    assert [(event.kind, event.url) for event in events] == [("first", URL), ("removed", URL), ("returned", MOVED)]


def test_the_order_in_which_it_is_told_does_not_matter() -> None:
    revisions = [revision(1, 0), revision(2, 5)]
    sightings = [sighting(1), sighting(2, 1, "http-404"), sighting(9, 2)]

    assert timeline(revisions[::-1], sightings[::-1], {2: EDIT}) == timeline(revisions, sightings, {2: EDIT})


def test_a_page_without_article_is_no_part_of_it() -> None:
    assert told(timeline([revision(1, 0)], [sighting(2, None, "front-page")], {})) == [("first", 1, 0, 0)]


def test_what_the_catalog_notes_of_changes() -> None:
    edits = [
        revision(1, 0),
        replace(revision(2, 1), changed=("topline", "headline")),
        replace(revision(3, 2), changed=("body", "updates"), stand=START + timedelta(hours=1)),
        replace(revision(4, 3), changed=("body",), stand=None),
    ]

    assert noted_changes(edits[::-1]) == {
        2: Changes(fields=("topline", "headline"), silent=True, headline_only=True),
        3: Changes(fields=("body", "updates"), silent=False, headline_only=False),
        4: Changes(fields=("body",), silent=False, headline_only=False),
    }
    # Nothing is known to have changed where the revision before was not read yet.
    assert noted_changes([revision(1, 0), revision(2, 1)])[2] == Changes(fields=(), silent=False, headline_only=False)
