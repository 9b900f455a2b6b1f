"""What the catalog says of what is to be done next: pages that are due, links that are open; and how far one has come.

Nothing here reads what grows with the archive: only what is due or open, or was listed in the days asked for. A ladder
that is asked about for the first time is worked out for every page once, and remembered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Literal

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.tables import stamp
from newsarchive.model.capture import Instant
from newsarchive.model.links import OpenLink
from newsarchive.model.recrawl import Ladder, PageHistory, due_at

_PAGE = "SELECT url, published_at, first_seen_at, changed_at, checked_at, unavailable_after, gone_at, reason FROM pages"

_UNPLANNED = """
SELECT pages.url, published_at, first_seen_at, changed_at, checked_at, unavailable_after, gone_at, pages.reason,
    open_links.next_try_at
FROM dues CROSS JOIN pages USING (url) LEFT JOIN open_links USING (url) WHERE due_at IS NULL LIMIT 10000
"""

_DUE = """
SELECT dues.url, article_id, revision, due_at FROM dues CROSS JOIN pages USING (url)
WHERE due_at <= ? AND (due_at, dues.url) > (?, ?) ORDER BY due_at, dues.url LIMIT ?
"""

_OPEN = """
SELECT url, reason, attempts, next_try_at FROM open_links
WHERE given_up = ? AND next_try_at <= ? AND (next_try_at, url) > (?, ?) ORDER BY next_try_at, url LIMIT ?
"""

_FIRST_LINK = """
SELECT channel, declared_at, listed_at FROM counted_links WHERE url = ? AND channel IS NOT NULL
ORDER BY declared_at LIMIT 1
"""

_LISTED = """
SELECT channel, url, at, line, run FROM counted_links
WHERE channel IS NOT NULL AND at >= ? AND at < ? AND (at, run, line) > (?, ?, ?) ORDER BY at, run, line LIMIT ?
"""

_AT_ONCE = 1000

_NEVER = "never"
"""Sorts behind every time."""

_LAST = "9999"
"""Sorts behind every time and before ``_NEVER``."""

Standing = Literal["collected", "no_article", "gone", "failed", "open", "skipped"]
"""What has become of a declared link; as in ``CoverageRow``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """A page to look at again: its address, what was last read there, and since when it is due.

    Without ``article_id`` no article was there yet.
    """

    url: str
    article_id: str | None
    revision: int | None
    due_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """What has become, to this day, of the articles that one channel listed for one day.

    ``declared = collected + no_article + gone + failed + open + skipped``: an article was read at the address (whether
    it is still there or not); the page holds none; it was gone before it was read; it was given up; a later run will
    ask for it; it was not wanted when it was declared.
    """

    channel: str
    day: date
    declared: int = 0
    collected: int = 0
    no_article: int = 0
    gone: int = 0
    failed: int = 0
    open: int = 0
    skipped: int = 0


class Plans:
    """What ``catalog`` says of what is to be done."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def page(self, url: str) -> PageHistory | None:
        """What is known of the page at ``url``; ``None`` where the site was never asked, or its answer never read."""
        rows = self._catalog.rows(f"{_PAGE} WHERE url = ?", url)
        return _history(rows[0]) if rows else None

    def due(self, ladder: Ladder, now: datetime, limit: int | None = None) -> Iterator[DuePage]:
        """The pages that are due, the most overdue first, at most ``limit`` of them.

        Remembers what the ladder says, so it writes. Raises ``StorageFailed``.
        """
        self._plan(ladder)
        after = ("", "")
        left = limit
        while left is None or left > 0:
            count = _AT_ONCE if left is None else min(left, _AT_ONCE)
            rows = self._catalog.rows(_DUE, stamp(now), *after, count)
            for url, article_id, revision, due in rows:
                yield DuePage(url=url, article_id=article_id, revision=revision, due_at=datetime.fromisoformat(due))
            if len(rows) < count:
                return
            after = (rows[-1][3], rows[-1][0])
            left = None if left is None else left - count

    def open_links(self, now: datetime | None = None) -> Iterator[OpenLink]:
        """The links that earlier runs left open and that are to be tried at ``now``, the longest waiting first.

        Without ``now`` all of them, and after these those that were given up.
        """
        yield from self._open_links(given_up=False, until=_LAST if now is None else stamp(now))
        if now is None:
            yield from self._open_links(given_up=True, until=_LAST)

    def coverage(self, since: date, until: date, zone: tzinfo) -> Iterator[CoverageRow]:
        """For every day from ``since`` to ``until``, on the clocks of ``zone``, and every channel: what became of the
        links listed for that day, or, without a time beside them, declared on it. In order of days and channels."""
        first = stamp(datetime.combine(since, time(), zone))
        end = stamp(datetime.combine(until + timedelta(days=1), time(), zone))
        counts: dict[tuple[date, str], Counter[Standing]] = {}
        for channel, url, at in self._listed(first, end):
            day = datetime.fromisoformat(at).astimezone(zone).date()
            counts.setdefault((day, channel), Counter())[self._standing(url)] += 1
        for (day, channel), found in sorted(counts.items()):
            yield CoverageRow(
                channel=channel, day=day, declared=found.total(), **{str(end): count for end, count in found.items()}
            )

    def _plan(self, ladder: Ladder) -> None:
        """Ask the ladder about every page it was not asked about yet."""
        text = repr(ladder)
        if self._catalog.rows("SELECT text FROM ladder") != [(text,)]:
            with self._catalog.transaction() as connection:
                connection.execute("DELETE FROM ladder")
                connection.execute("INSERT INTO ladder VALUES (?)", (text,))
                connection.execute("UPDATE dues SET due_at = NULL")
        while rows := self._catalog.rows(_UNPLANNED):
            planned = [(_planned(_history(row[:-1]), ladder, row[-1]), row[0]) for row in rows]
            with self._catalog.transaction() as connection:
                connection.executemany("UPDATE dues SET due_at = ? WHERE url = ?", planned)

    def _open_links(self, *, given_up: bool, until: str) -> Iterator[OpenLink]:
        after = ("", "")
        while rows := self._catalog.rows(_OPEN, given_up, until, *after, _AT_ONCE):
            for url, reason, attempts, next_try_at in rows:
                link = self._catalog.rows(_FIRST_LINK, url)
                channel, declared_at, listed_at = link[0] if link else (None, None, None)
                yield OpenLink(
                    url=url,
                    channel=channel,
                    declared_at=_instant(declared_at),
                    listed_at=_instant(listed_at),
                    reason=reason,
                    attempts=attempts,
                    next_try_at=datetime.fromisoformat(next_try_at),
                )
            after = (rows[-1][3], rows[-1][0])

    def _listed(self, first: str, end: str) -> Iterator[tuple[str, str, str]]:
        after: tuple[str, str, int] = ("", "", -1)
        while rows := self._catalog.rows(_LISTED, first, end, *after, _AT_ONCE):
            for channel, url, at, _, _ in rows:
                yield channel, url, at
            after = (rows[-1][2], rows[-1][4], rows[-1][3])

    def _standing(self, url: str) -> Standing:
        pages = [page for address in self._catalog.way(url) if (page := self.page(address)) is not None]
        if any(page.first_seen_at is not None for page in pages):
            return "collected"
        if found := self._catalog.rows("SELECT given_up FROM open_links WHERE url = ?", url):
            return "failed" if found[0][0] else "open"
        if pages:
            return "gone" if pages[-1].gone_at is not None else "no_article"
        return "skipped"


def _planned(history: PageHistory, ladder: Ladder, next_try_at: str | None) -> str:
    """When to look at a page, which also waits for the time to try it again where it failed."""
    due = due_at(history, ladder)
    return _NEVER if due is None else max(stamp(due), next_try_at or "")


def _history(row: Sequence[Any]) -> PageHistory:
    url, published_at, first_seen_at, changed_at, checked_at, unavailable_after, gone_at, reason = row
    return PageHistory(
        url=url,
        published_at=_instant(published_at),
        first_seen_at=_instant(first_seen_at),
        changed_at=_instant(changed_at),
        checked_at=datetime.fromisoformat(checked_at),
        unavailable_after=_instant(unavailable_after),
        gone_at=_instant(gone_at),
        reason=reason,
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
