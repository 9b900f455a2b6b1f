"""The runs of a collection, newest first, as far as somebody wants to look back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from newsarchive.collection.layout import Layout
from newsarchive.model.crawl import CrawlRun, Funnel, count_collected
from newsarchive.model.serialize import from_json

_ENOUGH_TRIES = 3


def newest_runs(directory: Path) -> Iterator[CrawlRun]:
    """The committed runs of the collection in ``directory``, by their start, newest first; none where there is no
    collection.

    Records are read one at a time. One that cannot be read is left out: ``newsarchive check`` finds it.
    """
    for path in reversed(list(Layout(directory).crawl_records())):
        try:
            yield from_json(path.read_bytes(), CrawlRun)
        except (OSError, ValueError):
            continue


def is_success(run: CrawlRun) -> bool:
    """Whether a run did what it was asked to."""
    return run.outcome in {"finished", "limited"}


def next_due(last_started_at: datetime | None, every: timedelta, now: datetime) -> datetime:
    """When a site is due that is crawled ``every`` so often, and was last at ``last_started_at``, if ever."""
    return now if last_started_at is None else max(last_started_at + every, now)


def last_start(directory: Path) -> datetime | None:
    """When the newest run began that looked for what is new; ``None`` when there was none."""
    return next((run.started_at for run in newest_runs(directory) if _looks_for_news(run)), None)


def days_crawled(directory: Path) -> Iterator[tuple[date, date]]:
    """First and last day of every run that asked for days and came to its end; of those that found the site not as
    expected, from the third time on, for old days may have what will never be as expected."""
    failed: Counter[tuple[date, date]] = Counter()
    for run in newest_runs(directory):
        since, until = run.settings.get("since"), run.settings.get("until")
        if not isinstance(since, str) or not isinstance(until, str):
            continue
        days = date.fromisoformat(since), date.fromisoformat(until)
        # A run that met no link at all met no site.
        failed[days] += run.outcome == "failed" and any(row.declared for row in run.funnel)
        if run.outcome == "finished" or failed[days] == _ENOUGH_TRIES:
            yield days


def completeness(funnel: Iterable[Funnel]) -> float | None:
    """Collected of declared articles, as ``count_collected`` counts: 0 to 1; ``None`` for none declared."""
    collected, wanted = count_collected(funnel)
    return collected / wanted if wanted else None


def _looks_for_news(run: CrawlRun) -> bool:
    """Whether a run was not about certain days, or known articles alone."""
    return run.settings.get("since") is None and run.settings.get("recrawl") != "only"
