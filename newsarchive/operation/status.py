"""How a collection stands, for a person: runs, what was collected, what is wrong, what is next."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

from newsarchive.collection.collection import Collection, is_in_use
from newsarchive.errors import CollectionLocked, UnreadableInput
from newsarchive.model.crawl import CrawlRun, Outcome
from newsarchive.model.finding import Finding
from newsarchive.operation.history import completeness, is_success, newest_runs, next_due

_RUNS_SHOWN = 5
_DAYS_SHOWN = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run: how it ended, what it brought, and its share of the articles that were declared (0 to 1)."""

    run: str
    started_at: datetime
    duration_s: float
    outcome: Outcome
    articles: int
    revised: int
    captures: int
    completeness: float | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """The articles of one UTC day: how many channels ``declared`` and were wanted, how many of them are ``collected``:
    read, or found to hold no article or to be gone."""

    day: date
    declared: int
    collected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStatus:
    """How the collection of a site stands.

    ``is_running``: a process writes to it now. ``waiting``: killed runs that the next crawl recovers. ``next_due_at``
    by the schedule of the settings, ``None`` where the site is not in it. ``articles`` and ``revisions`` are ``None``
    while the catalog is being made. ``findings`` are those of the last run.
    """

    site: str
    directory: Path
    is_running: bool
    waiting: tuple[str, ...]
    last_success_at: datetime | None
    next_due_at: datetime | None
    articles: int | None
    revisions: int | None
    free_bytes: int
    runs: tuple[RunLine, ...]
    days: tuple[DayLine, ...]
    findings: tuple[Finding, ...]

    @property
    def has_trouble(self) -> bool:
        """Whether the last run failed or found something."""
        return bool(self.findings) or bool(self.runs and self.runs[0].outcome == "failed")


def read_status(directory: Path, *, every: timedelta | None, now: datetime) -> SiteStatus:
    """How the collection in ``directory`` stands at ``now``; ``every``: how often it is crawled, ``None`` if never.

    Raises ``NotACollection``.
    """
    with Collection.open(directory) as collection:
        running = is_in_use(collection.layout)
        left = () if running else tuple(left.run for left in collection.left_runs())
        runs = tuple(islice(newest_runs(directory), _RUNS_SHOWN))
        articles: int | None = None
        revisions: int | None = None
        days: tuple[DayLine, ...] = ()
        with suppress(CollectionLocked, UnreadableInput):
            articles, revisions = collection.count_articles()
            days = tuple(_days(collection, now))
        return SiteStatus(
            site=collection.site,
            directory=directory,
            is_running=running,
            waiting=left,
            last_success_at=next((run.ended_at for run in newest_runs(directory) if is_success(run)), None),
            next_due_at=None if every is None else next_due(runs[0].started_at if runs else None, every, now),
            articles=articles,
            revisions=revisions,
            free_bytes=shutil.disk_usage(directory).free,
            runs=tuple(map(_line, runs)),
            days=days,
            findings=runs[0].findings if runs else (),
        )


def _line(run: CrawlRun) -> RunLine:
    return RunLine(
        run=run.run,
        started_at=run.started_at,
        duration_s=(run.ended_at - run.started_at).total_seconds(),
        outcome=run.outcome,
        articles=run.articles - run.revised,
        revised=run.revised,
        captures=run.captures,
        completeness=completeness(run.funnel),
        findings=tuple(finding.code for finding in run.findings),
    )


def _days(collection: Collection, now: datetime) -> Iterator[DayLine]:
    today = now.date()
    rows = collection.coverage(today - timedelta(days=_DAYS_SHOWN - 1), today)
    for day, of_day in groupby(rows, key=lambda row: row.day):
        same = tuple(of_day)
        yield DayLine(
            day=day,
            declared=sum(row.declared - row.skipped for row in same),
            collected=sum(row.collected + row.no_article + row.gone for row in same),
        )
