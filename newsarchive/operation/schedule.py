"""Crawls again and again, in the foreground, until a signal ends it. The one module that knows APScheduler.

Nothing is kept of its own: when a site is due follows from the runs in its collection. A schedule that was killed, or a
machine that slept, goes on with one run for all those that were missed. What runs at once of one site runs in turn, for
only one process can write to a collection.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.interval import IntervalTrigger

from newsarchive.collection.collection import is_in_use
from newsarchive.collection.layout import Layout
from newsarchive.errors import CollectionLocked, NewsarchiveError
from newsarchive.operation.backfill import next_days
from newsarchive.operation.children import Children
from newsarchive.operation.history import days_crawled, last_start
from newsarchive.operation.inbox import Inbox

logger = logging.getLogger(__name__)

_MOST_AT_ONCE = 64
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Days of the past to fetch: from ``since`` to ``until`` (yesterday if ``None``), ``days`` at a time, ``every`` so
    often."""

    since: date
    until: date | None
    days: int
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is crawled when: ``sites`` into ``archive``, ``every`` so often and up to ``jitter`` later.

    ``command`` crawls when a site and options are put behind it. A crawl is asked to end after ``max_runtime`` and
    killed ``grace`` later.
    """

    command: tuple[str, ...]
    archive: Path
    sites: tuple[str, ...]
    every: timedelta
    jitter: timedelta
    max_runtime: timedelta
    grace: timedelta
    backfill: Backfill | None = None


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Schedule:
    """Runs crawls by a plan that ``load`` gives, now and whenever settings are to be read anew.

    ``children`` runs them, ``scheduler`` says when; ``now`` is the clock.
    """

    def __init__(
        self,
        load: Callable[[], Plan],
        *,
        children: Children | None = None,
        scheduler: BaseScheduler | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._load = load
        self._now = now
        self._children = children or Children()
        self._scheduler = scheduler or BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(_MOST_AT_ONCE)}
        )
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._inbox: Inbox | None = None
        self._plan = load()

    def run(self) -> signal.Signals:
        """Crawl until SIGTERM or SIGINT, and say which it was. SIGHUP: read the settings anew.

        Crawls under way are asked to end, and killed after the grace of the plan, or at a second signal.
        """
        with Inbox((*_ENDING, signal.SIGHUP)) as self._inbox:
            self.begin()
            while (told := self._inbox.read()) not in _ENDING:
                if told == signal.SIGHUP:
                    self.reload()
            self._end(self._inbox)
        return signal.Signals(told)

    def begin(self) -> None:
        """Plan the jobs and start the scheduler."""
        self._scheduler.add_listener(self._was_running, EVENT_JOB_MAX_INSTANCES)
        # What it says of runs that overlap is said here.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._add_jobs()
        self._scheduler.start()

    def reload(self) -> None:
        """Read the settings anew; wrong ones are refused with a line, and the schedule goes on as it was."""
        try:
            self._plan = self._load()
        except NewsarchiveError as error:
            logger.error("The settings are left as they were: %s", error, extra={"event": "settings-refused"})
            return
        self._scheduler.remove_all_jobs()
        logger.info("The settings were read anew.", extra={"event": "settings-read"})
        self._add_jobs()

    def _add_jobs(self) -> None:
        plan = self._plan
        for site in plan.sites:
            first = self._first(last_start(plan.archive / site), plan.every)
            self._add_job(self._crawl, site, site, plan.every, first)
            logger.info(
                "%s: first crawl at %s", site, f"{first:%Y-%m-%d %H:%M:%SZ}", extra={"event": "planned", "site": site}
            )
            if plan.backfill is not None:
                # The news of now come first.
                self._add_job(self._fill, f"{site} backfill", site, plan.backfill.every, first + timedelta(seconds=1))

    def _add_job(self, work: Callable[[str], None], job: str, site: str, every: timedelta, first: datetime) -> None:
        self._scheduler.add_job(
            work,
            IntervalTrigger(
                seconds=int(every.total_seconds()), jitter=self._plan.jitter.total_seconds() or None, timezone=UTC
            ),
            args=(site,),
            id=job,
            next_run_time=first,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def _first(self, last: datetime | None, every: timedelta) -> datetime:
        now = self._now()
        # A clock that was set back must not keep a site waiting for longer than usual.
        return now if last is None else min(max(now, last + every), now + every)

    def _crawl(self, site: str) -> None:
        self._run(site, ())

    def _fill(self, site: str) -> None:
        plan = self._plan
        if plan.backfill is None:
            return
        last = plan.backfill.until or (self._now().date() - timedelta(days=1))
        days = next_days(plan.backfill.since, last, at_most=plan.backfill.days, done=days_crawled(plan.archive / site))
        if days is not None:
            self._run(site, ("--since", days[0].isoformat(), "--until", days[1].isoformat()))

    def _run(self, site: str, options: Sequence[str]) -> None:
        plan = self._plan
        with self._turns[site]:
            facts = {"site": site, "options": " ".join(options)}
            if is_in_use(Layout(plan.archive / site)):
                _skip(site, facts)
                return
            logger.info("%s: crawl begins", " ".join((site, *options)), extra={"event": "crawl-begins", **facts})
            try:
                ended = self._children.run(
                    (*plan.command, site, *options),
                    max_runtime_s=plan.max_runtime.total_seconds(),
                    grace_s=plan.grace.total_seconds(),
                )
            except OSError as error:
                logger.error("%s: cannot be started: %s", site, error, extra={"event": "crawl-not-started", **facts})
                return
            finally:
                if self._inbox is not None:
                    self._inbox.nudge()
        if ended is None:
            return
        facts |= {"exit_code": str(ended.exit_code)}
        if ended.was_hung:
            message = "%s: crawl took longer than max_runtime and was ended"
            logger.error(message, site, extra={"event": "crawl-hung", **facts})
        elif ended.exit_code == CollectionLocked.exit_code:
            _skip(site, facts)
        elif ended.exit_code:
            message = "%s: crawl ended with exit code %d"
            logger.warning(message, site, ended.exit_code, extra={"event": "crawl-failed", **facts})
        else:
            logger.info("%s: crawl ended", site, extra={"event": "crawl-ended", **facts})

    def _end(self, inbox: Inbox) -> None:
        """Stop the scheduler and the crawls."""
        self._scheduler.remove_all_jobs()
        running = self._children.count
        if running:
            logger.info("Ending: %d crawls are asked to end.", running, extra={"event": "schedule-ending"})
        self._children.stop()
        with suppress(TimeoutError):
            while self._children.count and inbox.read(self._plan.grace.total_seconds()) not in _ENDING:
                pass
        if self._children.count:
            message = "%d crawls did not end in time and are killed; the next crawl recovers what they left."
            logger.error(message, self._children.count, extra={"event": "crawls-killed"})
            self._children.kill()
        self._scheduler.shutdown()
        logger.info("The schedule has ended.", extra={"event": "schedule-ended"})

    def _was_running(self, event: JobEvent) -> None:
        message = "%s: still running when it was due again; one run will do"
        logger.info(message, event.job_id, extra={"event": "crawl-overlaps"})


def _skip(site: str, facts: dict[str, str]) -> None:
    message = "%s: skipped, for another crawl of it is under way"
    logger.info(message, site, extra={"event": "crawl-skipped", **facts})
