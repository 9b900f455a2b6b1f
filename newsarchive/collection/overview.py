"""How a collection fares, read off the counts that committed runs left (``run_counts.py``): by days, channels, reasons.

Nothing here goes through all articles, captures or runs; what is read grows with the time asked about.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import chain, repeat
from math import ceil
from typing import Any

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.run_counts import quarter_of
from newsarchive.collection.tables import stamp
from newsarchive.model.capture import Instant

_MAX_REMEMBERED = 16
"""So many tallies are kept, each of some hundred numbers."""

_QUARTERS = """
SELECT period.key, sum(articles), sum(edits), sum(silent), sum(removed), sum(returned)
FROM json_each(?) AS period CROSS JOIN quarters
ON quarter >= json_extract(period.value, '$[0]') AND quarter < json_extract(period.value, '$[1]')
GROUP BY period.key
"""

_DELAYS = """
SELECT period.key, json_group_array(delay_s), json_group_array(articles)
FROM json_each(?) AS period CROSS JOIN delays
ON quarter >= json_extract(period.value, '$[0]') AND quarter < json_extract(period.value, '$[1]')
GROUP BY period.key
"""

_RUNS = """
SELECT period.key, count(*), sum(outcome = 'failed'), sum(captures), sum(received_bytes), sum(warc_bytes)
FROM json_each(?) AS period CROSS JOIN run_counts
ON ended_at >= json_extract(period.value, '$[2]') AND ended_at < json_extract(period.value, '$[3]')
GROUP BY period.key
"""

_HELD = """
SELECT period.key, (
    SELECT total_warc_bytes FROM run_counts WHERE ended_at < json_extract(period.value, '$[3]')
    ORDER BY ended_at DESC LIMIT 1
) FROM json_each(?) AS period
"""

_TOTALS = """
SELECT number, total_articles, total_revisions, total_captures, total_warc_bytes, total_line_bytes
FROM run_counts ORDER BY number DESC LIMIT 1
"""

_NEWEST_RUNS = """
SELECT run, started_at, ended_at, outcome, captures, articles, edits, removed, returned, collected, wanted, findings,
    received_bytes
FROM run_counts CROSS JOIN runs USING (number) ORDER BY number DESC LIMIT ?
"""

_LAST_SUCCESS = """
SELECT ended_at FROM run_counts WHERE outcome IN ('finished', 'limited') ORDER BY number DESC LIMIT 1
"""

_REASONS = """
SELECT reason, sum(count) FROM (
    SELECT reason, count FROM reason_days WHERE day >= :whole_day AND day < :end_day
    UNION ALL
    SELECT reason, count FROM run_counts CROSS JOIN reason_counts USING (number)
    WHERE ended_at >= :first AND ended_at < :whole_day
    UNION ALL
    SELECT reason, count FROM run_counts CROSS JOIN reason_counts USING (number)
    WHERE ended_at >= :end_day AND ended_at < :end
) GROUP BY reason ORDER BY 2 DESC, reason
"""

# Only one run can have rows without being committed, and it is in ``begun``.
_DECLARED = """
SELECT channel, sum(links) FROM (
    SELECT channel, links FROM channel_days WHERE day >= :whole_day AND day < :end_day
    UNION ALL
    SELECT channel, count(*) FROM links
    WHERE channel IS NOT NULL AND at >= :first AND at < :whole_day AND run NOT IN (SELECT run FROM begun)
    GROUP BY channel
    UNION ALL
    SELECT channel, count(*) FROM links
    WHERE channel IS NOT NULL AND at >= :end_day AND at < :end AND run NOT IN (SELECT run FROM begun)
    GROUP BY channel
) GROUP BY channel
"""

_NOT_ENDED = """
SELECT channel, sum(NOT given_up), sum(given_up)
FROM open_links CROSS JOIN links ON links.url = open_links.url AND channel IS NOT NULL AND at >= ? AND at < ?
WHERE NOT EXISTS (SELECT 1 FROM pages WHERE pages.url = open_links.url AND first_seen_at IS NOT NULL)
AND links.run NOT IN (SELECT run FROM begun) GROUP BY channel
"""

_DUE = "SELECT count(*) FROM dues WHERE due_at <= ?"

_NEXT_DUE = "SELECT min(due_at) FROM dues WHERE due_at > ? AND due_at < 'never'"

_NOT_PLANNED = "SELECT count(*) FROM dues WHERE due_at IS NULL"

_OPEN = "SELECT count(*), min(next_try_at) FROM open_links WHERE given_up = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days in a row, the first and the last of them included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCounts:
    """What came in one period.

    Articles by their first capture; ``edits``, ``silent`` ones among them, by that of the revision; removals and
    returns by the capture that shows them. Of runs, ``failed_runs`` among them, with their ``captures`` and bytes,
    those that were committed in it. ``held_bytes``: of all WARC files at its end. ``delay_median_s`` and
    ``delay_90th_s``: from the Stand to the first capture, for half and for nine tenths of ``delayed`` articles not
    longer; ``None`` where there are none.
    """

    period: Period
    articles: int
    edits: int
    silent: int
    removed: int
    returned: int
    runs: int
    failed_runs: int
    captures: int
    received_bytes: int
    warc_bytes: int
    held_bytes: int
    delayed: int
    delay_median_s: int | None
    delay_90th_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCounts:
    """Of the addresses that a channel ``declared``, how many are ``open``, so that a later run asks for them, and how
    many were ``given_up``. All others have come to an end: read, no article, gone, or not wanted."""

    channel: str
    declared: int
    open: int
    given_up: int

    @property
    def completeness(self) -> float:
        """The share that has come to an end, 0 to 1."""
        return 1 - (self.open + self.given_up) / self.declared


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """One committed run; as in ``CrawlRun``. ``articles`` were new; of those ``wanted`` it ``collected`` so many."""

    run: str
    started_at: Instant
    ended_at: Instant
    outcome: str
    captures: int
    articles: int
    edits: int
    removed: int
    returned: int
    collected: int
    wanted: int
    findings: tuple[str, ...]
    received_bytes: int

    @property
    def completeness(self) -> float | None:
        """Collected of wanted articles, 0 to 1; ``None`` where none was declared."""
        return self.collected / self.wanted if self.wanted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All that a collection has in ``runs`` committed runs; ``line_bytes`` are those of article lines."""

    runs: int
    articles: int
    revisions: int
    captures: int
    warc_bytes: int
    line_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to be looked at again, as far as it was worked out: ``now``, within an hour, within a day, the next time.

    ``not_planned`` pages were read since the last crawl asked what is due. ``open_links`` are asked for again, the
    first of them at ``next_try_at``; ``given_up`` are not.
    """

    now: int
    within_hour: int
    within_day: int
    next_at: Instant | None
    not_planned: int
    open_links: int
    next_try_at: Instant | None
    given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came in some days: by periods, oldest first; by channel; and by reasons why declared articles gave none."""

    periods: tuple[PeriodCounts, ...]
    channels: tuple[ChannelCounts, ...]
    reasons: tuple[tuple[str, int], ...]


class Tallies:
    """Counts what came in a collection. Remembers what was counted last, for as long as no further run is committed;
    for use by several threads at once."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[Hashable, Tally] = OrderedDict()
        self._turn = threading.Lock()

    def count(self, catalog: Catalog, last: date, days: int, length: int, zone: tzinfo) -> Tally:
        """What came in the ``days`` up to and including ``last``, in periods of ``length`` days, on ``zone``'s
        clocks."""
        key = (catalog.edition(), last, days, length, str(zone))
        with self._turn:
            if (known := self._remembered.get(key)) is not None:
                self._remembered.move_to_end(key)
                return known
        periods = periods_until(last, days, length)
        whole = Period(first=periods[0].first, last=last)
        tally = Tally(
            periods=read_periods(catalog, periods, zone),
            channels=read_channels(catalog, whole, zone),
            reasons=read_reasons(catalog, whole, zone),
        )
        with self._turn:
            self._remembered[key] = tally
            while len(self._remembered) > _MAX_REMEMBERED:
                self._remembered.popitem(last=False)
        return tally


def periods_until(last: date, days: int, length: int) -> tuple[Period, ...]:
    """The ``days`` up to and including ``last`` as periods of so many days, oldest first; the first may be shorter."""
    ends = range(0, days, length)
    return tuple(
        Period(
            first=last - timedelta(days=min(before + length, days) - 1),
            last=last - timedelta(days=before),
        )
        for before in reversed(ends)
    )


def read_periods(catalog: Catalog, periods: Sequence[Period], zone: tzinfo) -> tuple[PeriodCounts, ...]:
    """What came in each of ``periods``, on the clocks of ``zone``."""
    bounds = [_bounds(period.first, period.last, zone) for period in periods]
    asked = json.dumps([(quarter_of(first), quarter_of(end), stamp(first), stamp(end)) for first, end in bounds])
    found = {key: counts for key, *counts in catalog.rows(_QUARTERS, asked)}
    runs = {key: counts for key, *counts in catalog.rows(_RUNS, asked)}
    held = {key: held_bytes or 0 for key, held_bytes in catalog.rows(_HELD, asked)}
    delays = {
        key: sorted(chain.from_iterable(map(repeat, json.loads(delays_s), json.loads(articles))))
        for key, delays_s, articles in catalog.rows(_DELAYS, asked)
    }
    return tuple(
        _period_counts(period, found.get(key), runs.get(key), held[key], delays.get(key, ()))
        for key, period in enumerate(periods)
    )


def _period_counts(
    period: Period,
    counts: Sequence[int] | None,
    runs: Sequence[int] | None,
    held_bytes: int,
    delays: Sequence[int],
) -> PeriodCounts:
    articles, edits, silent, removed, returned = counts or (0,) * 5
    all_runs, failed_runs, captures, received_bytes, warc_bytes = runs or (0,) * 5
    return PeriodCounts(
        period=period,
        articles=articles,
        edits=edits,
        silent=silent,
        removed=removed,
        returned=returned,
        runs=all_runs,
        failed_runs=failed_runs,
        captures=captures,
        received_bytes=received_bytes,
        warc_bytes=warc_bytes,
        held_bytes=held_bytes,
        delayed=len(delays),
        delay_median_s=quantile(delays, 0.5),
        delay_90th_s=quantile(delays, 0.9),
    )


def quantile(values: Sequence[int], share: float) -> int | None:
    """The least of the ``values``, which rise, that is not below ``share`` of them all; ``None`` where there are
    none."""
    return values[max(ceil(len(values) * share) - 1, 0)] if values else None


def read_channels(catalog: Catalog, period: Period, zone: tzinfo) -> tuple[ChannelCounts, ...]:
    """What has become, to this day, of the addresses that each channel listed in ``period`` or, without a time beside
    them, declared in it for the first time; in order of their names."""
    bounds = _bounds(period.first, period.last, zone)
    first, end = map(stamp, bounds)
    whole_day, end_day = _whole_days(*bounds)
    declared_by = catalog.rows(_DECLARED, first=first, end=end, whole_day=whole_day, end_day=end_day)
    not_ended = {channel: counts for channel, *counts in catalog.rows(_NOT_ENDED, first, end)}
    return tuple(
        ChannelCounts(
            channel=channel,
            declared=declared,
            open=not_ended.get(channel, (0, 0))[0],
            given_up=not_ended.get(channel, (0, 0))[1],
        )
        for channel, declared in sorted(declared_by)
    )


def read_reasons(catalog: Catalog, period: Period, zone: tzinfo) -> tuple[tuple[str, int], ...]:
    """Why declared articles gave none in the runs that were committed in ``period``, by code: the most frequent
    first."""
    bounds = _bounds(period.first, period.last, zone)
    first, end = map(stamp, bounds)
    whole_day, end_day = _whole_days(*bounds)
    rows = catalog.rows(_REASONS, first=first, end=end, whole_day=whole_day, end_day=end_day)
    return tuple((reason, count) for reason, count in rows)


def read_totals(catalog: Catalog) -> Totals:
    """All that there is."""
    rows = catalog.rows(_TOTALS)
    runs, articles, revisions, captures, warc_bytes, line_bytes = rows[0] if rows else (0,) * 6
    return Totals(
        runs=runs,
        articles=articles,
        revisions=revisions,
        captures=captures,
        warc_bytes=warc_bytes,
        line_bytes=line_bytes,
    )


def read_newest_runs(catalog: Catalog, most: int) -> tuple[RunCounts, ...]:
    """The runs that were committed last, at most so many, the newest first."""
    return tuple(map(_run_counts, catalog.rows(_NEWEST_RUNS, most)))


def _run_counts(row: Sequence[Any]) -> RunCounts:
    run, started_at, ended_at, outcome, captures, articles, edits, removed, returned, *rest = row
    collected, wanted, findings, received_bytes = rest
    return RunCounts(
        run=run,
        started_at=datetime.fromisoformat(started_at),
        ended_at=datetime.fromisoformat(ended_at),
        outcome=outcome,
        captures=captures,
        articles=articles,
        edits=edits,
        removed=removed,
        returned=returned,
        collected=collected,
        wanted=wanted,
        findings=tuple(findings.split()),
        received_bytes=received_bytes,
    )


def last_success(catalog: Catalog) -> datetime | None:
    """When the last run ended that did what it was asked to; ``None`` when none did."""
    rows = catalog.rows(_LAST_SUCCESS)
    return datetime.fromisoformat(rows[0][0]) if rows else None


def read_due(catalog: Catalog, now: datetime) -> Due:
    """What is to be looked at again, seen from ``now``."""

    def count(until: datetime) -> int:
        return int(catalog.rows(_DUE, stamp(until))[0][0])

    ((next_at,),) = catalog.rows(_NEXT_DUE, stamp(now))
    ((not_planned,),) = catalog.rows(_NOT_PLANNED)
    ((open_links, next_try_at),) = catalog.rows(_OPEN, False)
    ((given_up, _),) = catalog.rows(_OPEN, True)
    return Due(
        now=count(now),
        within_hour=count(now + timedelta(hours=1)),
        within_day=count(now + timedelta(days=1)),
        next_at=_instant(next_at),
        not_planned=not_planned,
        open_links=open_links,
        next_try_at=_instant(next_try_at),
        given_up=given_up,
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _bounds(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """When ``first`` begins and the day after ``last``."""
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _whole_days(first: datetime, end: datetime) -> tuple[str, str]:
    """The first of the whole days in UTC from ``first`` to ``end``, and the one after the last of them.

    They compare with stamps as the midnights they begin with. Of a day that no zone shifts that far there is none.
    """
    begun = first.astimezone(UTC)
    whole = begun.date() + timedelta(days=begun.time() > time())
    return whole.isoformat(), max(end.astimezone(UTC).date(), whole).isoformat()
