"""How a collection fares, at a glance: what came by days, what is missing and why, how large it is, what is next."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsarchive.collection.collection import is_in_use
from newsarchive.collection.layout import Layout
from newsarchive.collection.overview import (
    ChannelCounts,
    Due,
    Period,
    PeriodCounts,
    RunCounts,
    Tallies,
    Totals,
    last_success,
    read_due,
    read_newest_runs,
    read_totals,
)
from newsarchive.model.capture import Instant
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.finding import Finding
from newsarchive.model.serialize import from_json, to_document
from newsarchive.operation.history import next_due
from newsarchive.snapshot.listing import ListedSnapshot, list_snapshots
from newsarchive.web import formats
from newsarchive.web.charts import Chart, Series, bar_chart, line_chart
from newsarchive.web.names import OUTCOMES, REASONS
from newsarchive.web.pages import label, language_of, render
from newsarchive.web.parameters import day, whole_number
from newsarchive.web.rooms import Room, room_of, rooms_of

DAYS = 30
"""So many days are shown, if not said."""

MOST_DAYS = 3660
"""So many days are shown at most: ten years."""

_RUNS_SHOWN = 10
_MOST_BARS = 92
_WEEK = 7
_STALE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes on the disk: of all WARC files, of article lines, of the catalog, of the snapshots beside them; and how
    many are free there."""

    warc_bytes: int
    line_bytes: int
    catalog_bytes: int
    snapshot_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How the collection of ``site`` fares; days are those on the clocks of ``zone``.

    ``is_running``: a process writes to it now. ``findings`` are those of the last run. ``reasons``: why declared
    articles gave none in the runs of ``period``, by code. ``next_crawl_at``: by the schedule of the settings.
    """

    site: str
    zone: str
    period: Period
    is_running: bool
    totals: Totals
    sizes: Sizes
    last_success_at: Instant | None
    findings: tuple[Finding, ...]
    periods: tuple[PeriodCounts, ...]
    channels: tuple[ChannelCounts, ...]
    reasons: dict[str, int]
    runs: tuple[RunCounts, ...]
    due: Due
    next_crawl_at: Instant | None
    snapshots: tuple[ListedSnapshot, ...]
    unreadable_snapshots: tuple[str, ...]


def read_overview(
    room: Room, tallies: Tallies, *, days: int, until: date | None, every: timedelta | None, now: datetime
) -> Overview:
    """How the collection in ``room`` fares in the ``days`` up to ``until``, or up to its last run if not said.

    ``every``: how often it is crawled, ``None`` where no schedule is known.
    """
    view = room.view
    runs = read_newest_runs(view.catalog, _RUNS_SHOWN)
    last = until or (runs[0].ended_at if runs else now).astimezone(room.zone).date()
    tally = tallies.count(view.catalog, last, days, 1 if days <= _MOST_BARS else _WEEK, room.zone)
    snapshots, unreadable = list_snapshots(view.layout.snapshots)
    totals = read_totals(view.catalog)
    return Overview(
        site=room.site,
        zone=str(room.zone),
        period=Period(first=tally.periods[0].period.first, last=last),
        is_running=is_in_use(view.layout),
        totals=totals,
        sizes=_sizes(view.layout, totals, sum(each.length_bytes for each in snapshots)),
        last_success_at=last_success(view.catalog),
        findings=_findings(view.layout, runs[0].run) if runs else (),
        periods=tally.periods,
        channels=tally.channels,
        reasons=dict(tally.reasons),
        runs=runs,
        due=read_due(view.catalog, now),
        next_crawl_at=None if every is None else next_due(runs[0].started_at if runs else None, every, now),
        snapshots=snapshots,
        unreadable_snapshots=tuple(
            f"{Path(str(error.facts['path'])).name}: {error.facts['reason']}" for error in unreadable
        ),
    )


def show_overview(request: Request) -> Response:
    """The overview as a page with charts."""
    now = datetime.now(UTC)
    with room_of(request) as room:
        overview = _overview(request, room, now)
        last_run = overview.runs[0] if overview.runs else None
        return render(
            request,
            "overview.html.j2",
            room=room,
            overview=overview,
            charts_of=_charts(request, overview.periods),
            days=_days(request),
            is_stale=last_run is not None and now - last_run.ended_at > _STALE,
            outcomes=OUTCOMES,
            reason_names=REASONS,
            spell=_spell,
        )


def send_overview(request: Request) -> Response:
    """The same for programs."""
    with room_of(request) as room:
        overview = _overview(request, room, datetime.now(UTC))
    return Response(to_document(_for_others(overview)), media_type="application/json")


ROUTES = (Route("/{site}/overview", show_overview), Route("/{site}/overview.json", send_overview))


def _overview(request: Request, room: Room, now: datetime) -> Overview:
    return read_overview(
        room,
        request.app.state.tallies,
        days=_days(request),
        until=_until(request),
        every=rooms_of(request).every.get(room.name),
        now=now,
    )


def _days(request: Request) -> int:
    return whole_number(request, "days", least=1, most=MOST_DAYS) or DAYS


def _until(request: Request) -> date | None:
    # Days at either end of what a calendar can say have no day before or after them.
    until = day(request, "until")
    return until if until is None else min(max(until, date(1900, 1, 1)), date(9000, 1, 1))


def _for_others(overview: Overview) -> dict[str, object]:
    """The overview with paths as names: where an archive lies on this machine is nobody's business."""
    fields = {name: getattr(overview, name) for name in Overview.__slots__}
    snapshots = [
        {name: getattr(each, name) for name in ListedSnapshot.__slots__} | {"path": each.path.name}
        for each in overview.snapshots
    ]
    return fields | {"snapshots": snapshots}


def _sizes(layout: Layout, totals: Totals, snapshot_bytes: int) -> Sizes:
    def size_of(path: Path) -> int:
        with suppress(OSError):
            return path.stat().st_size
        return 0

    return Sizes(
        warc_bytes=totals.warc_bytes,
        line_bytes=totals.line_bytes,
        catalog_bytes=size_of(layout.catalog),
        snapshot_bytes=snapshot_bytes,
        free_bytes=shutil.disk_usage(layout.root).free,
    )


def _findings(layout: Layout, run: str) -> tuple[Finding, ...]:
    """What the record of ``run`` says to be wrong; nothing where it cannot be read: ``newsarchive check`` finds it."""
    with suppress(OSError, ValueError):
        return from_json(layout.crawl(run).read_bytes(), CrawlRun).findings
    return ()


def _charts(request: Request, periods: tuple[PeriodCounts, ...]) -> dict[str, Chart]:
    language = language_of(request)
    days = [counts.period.first for counts in periods]
    names = [formats.day(first, language) for first in days]
    labels = (
        names
        if any(counts.period.last != counts.period.first for counts in periods)
        else [_short(first, language) for first in days]
    )

    def said(english: str) -> str:
        return str(label(request, english))

    def count(value: float) -> str:
        return formats.number(value, language)

    def size(value: float) -> str:
        return formats.size(round(value), language)

    def bars(show: Callable[[float], str], *series: Series) -> Chart:
        return bar_chart(labels, series, show, names=names)

    longest = max((counts.delay_90th_s or 0 for counts in periods), default=0)
    return {
        "articles": bars(count, Series(name=said("new articles"), values=tuple(counts.articles for counts in periods))),
        "edits": bars(
            count,
            Series(name=said("edits that moved the Stand"), values=tuple(each.edits - each.silent for each in periods)),
            Series(name=said("silent edits"), values=tuple(each.silent for each in periods), look="hatched"),
        ),
        "removals": bars(
            count,
            Series(name=said("removals"), values=tuple(counts.removed for counts in periods)),
            Series(name=said("returns"), values=tuple(counts.returned for counts in periods), look="hatched"),
        ),
        "runs": bars(
            count,
            Series(name=said("runs that ended well"), values=tuple(each.runs - each.failed_runs for each in periods)),
            Series(name=said("failed runs"), values=tuple(each.failed_runs for each in periods), look="hatched"),
        ),
        "delay": line_chart(
            labels,
            (
                Series(name=said("median"), values=tuple(counts.delay_median_s for counts in periods)),
                Series(name=said("90 %"), values=tuple(counts.delay_90th_s for counts in periods), look="hatched"),
            ),
            lambda value: _spell(value, language),
            unit=60 if longest < 2 * 3600 else 3600,
        ),
        "size": line_chart(
            labels, (Series(name=said("WARC files"), values=tuple(each.held_bytes for each in periods)),), size
        ),
    }


def _spell(seconds: float, language: str) -> str:
    """A duration in one unit, for an axis or a table: ``45 s``, ``12 min``, ``3.5 h``."""
    if abs(seconds) < 60:
        return f"{formats.number(seconds, language)} s"
    if abs(seconds) < 2 * 3600:
        return f"{formats.number(seconds / 60, language)} min"
    hours = seconds / 3600
    return f"{formats.number(hours, language, digits=0 if hours == int(hours) or hours >= 100 else 1)} h"


def _short(on: date, language: str) -> str:
    return f"{on:%d.%m.}" if language == "de" else f"{on:%m-%d}"
