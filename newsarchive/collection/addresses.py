"""What was captured of one address: the capture nearest to a time, those around it. Functions over a catalog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsarchive.collection.catalog import Catalog, WrittenCapture
from newsarchive.collection.tables import stamp

_WHOLE = "status = 200 AND truncated IS NULL"
_WITH_CONTENT = "status IS NOT 304"

_BEFORE = """
SELECT record_id FROM counted_captures
WHERE url = :url AND (captured_at, record_id) < (:at, :id) AND {condition}
ORDER BY captured_at DESC, record_id DESC LIMIT :limit
"""

_AFTER = """
SELECT record_id FROM counted_captures
WHERE url = :url AND (captured_at, record_id) > (:at, :id) AND {condition}
ORDER BY captured_at, record_id LIMIT :limit
"""

_COUNT = "SELECT count(*) FROM counted_captures WHERE url = :url AND (captured_at, record_id) {side} (:at, :id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The captures of one address around one of them, in order of time: some before and after it, and how many."""

    before: tuple[WrittenCapture, ...]
    after: tuple[WrittenCapture, ...]
    count_before: int
    count_after: int


def nearest(catalog: Catalog, url: str, at: datetime, *, whole: bool) -> WrittenCapture | None:
    """The capture of ``url`` nearest to ``at``, the earlier one of two that are as near; ``None`` where there is none.

    Only whole answers 200 count, or, unless ``whole``, all but those that only say that nothing has changed.
    """
    # Behind every id: what was captured at this very moment is among the earlier ones.
    place = {"url": url, "at": stamp(at), "id": "\U0010ffff", "limit": 1}
    condition = _WHOLE if whole else _WITH_CONTENT
    found = [
        capture
        for query in (_BEFORE, _AFTER)
        for (record_id,) in catalog.rows(query.format(condition=condition), **place)
        if (capture := find_capture(catalog, record_id)) is not None
    ]
    return min(found, key=lambda capture: abs(capture.ref.captured_at - at), default=None)


def last_before(catalog: Catalog, capture: WrittenCapture) -> WrittenCapture | None:
    """The newest capture of the same address before ``capture`` that does not only say that nothing has changed."""
    rows = catalog.rows(_BEFORE.format(condition=_WITH_CONTENT), **_place(capture), limit=1)
    return find_capture(catalog, rows[0][0]) if rows else None


def neighbours(catalog: Catalog, capture: WrittenCapture, limit: int) -> Neighbours:
    """The captures of the same address around ``capture``, at most ``limit`` on each side."""
    place = _place(capture)

    def around(query: str) -> tuple[WrittenCapture, ...]:
        rows = catalog.rows(query.format(condition="1"), **place, limit=limit)
        found = (find_capture(catalog, record_id) for (record_id,) in rows)
        return tuple(capture for capture in found if capture is not None)

    def count(side: str) -> int:
        ((number,),) = catalog.rows(_COUNT.format(side=side), **place)
        return int(number)

    return Neighbours(
        before=around(_BEFORE)[::-1], after=around(_AFTER), count_before=count("<"), count_after=count(">")
    )


def find_capture(catalog: Catalog, record_id: str) -> WrittenCapture | None:
    """The capture with this record id; ``None`` where there is none."""
    found = catalog.capture_of(record_id)
    return None if found is None else found[1]


def _place(capture: WrittenCapture) -> dict[str, str]:
    return {"url": capture.url, "at": stamp(capture.ref.captured_at), "id": capture.ref.record_id}
