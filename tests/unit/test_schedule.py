"""The schedule, by a clock that is moved by hand and with crawls that are told how to end."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler

from newsarchive.collection.collection import Collection
from newsarchive.errors import UsageError
from newsarchive.operation.backfill import next_days
from newsarchive.operation.children import Children, Ended
from newsarchive.operation.schedule import Backfill, Plan, Schedule
from tests.kept import SITE, crawling

START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class ByHand(BaseScheduler):
    """The scheduler without a thread of its own: jobs run inside ``advance``."""

    def __init__(self, clock: time_machine.Coordinates) -> None:
        super().__init__(timezone=UTC, executors={"default": DebugExecutor()})
        self._clock = clock

    def shutdown(self, wait: bool = True) -> None:
        super().shutdown(wait)

    def wakeup(self) -> None:
        """Nobody sleeps."""

    def advance(self, until: datetime) -> None:
        """Run what is due up to ``until``."""
        while (wait_s := self._process_jobs()) is not None and now() + timedelta(seconds=wait_s) <= until:
            self._clock.shift(wait_s)
        self._clock.move_to(max(until, now()))


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class Crawl:
    """A crawl that takes so long by the clock and ends so; ``deaf`` ones do not end when asked to."""

    clock: time_machine.Coordinates
    takes: timedelta = MINUTE
    exit_code: int = 0
    deaf: bool = False
    told: list[str] = field(default_factory=list)

    def wait(self, timeout: float | None = None) -> int:
        left = timedelta(0) if "kill" in self.told or ("end" in self.told and not self.deaf) else self.takes
        if timeout is not None and left.total_seconds() > timeout:
            self.clock.shift(timeout)
            raise subprocess.TimeoutExpired("crawl", timeout)
        self.clock.shift(left)
        return -9 if "kill" in self.told else self.exit_code

    def terminate(self) -> None:
        self.told.append("end")

    def kill(self) -> None:
        self.told.append("kill")


@dataclass
class Lab:
    """A schedule under test: when which crawls began, and how crawls are to be."""

    clock: time_machine.Coordinates
    plan: Plan
    crawl: Callable[[], Crawl]
    began: list[tuple[datetime, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = ByHand(self.clock)
        self.schedule = Schedule(lambda: self.plan, children=Children(self._start), scheduler=self.scheduler, now=now)

    def _start(self, arguments: Sequence[str]) -> Crawl:
        self.began.append((now(), tuple(arguments)))
        return self.crawl()

    @property
    def minutes(self) -> list[float]:
        """When crawls began, in minutes since the start."""
        return [(at - START) / MINUTE for at, _ in self.began]


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def lab(clock: time_machine.Coordinates, tmp_path: Path) -> Lab:
    plan = Plan(
        command=("crawl",),
        archive=tmp_path,
        sites=(SITE,),
        every=10 * MINUTE,
        jitter=timedelta(0),
        max_runtime=6 * HOUR,
        grace=2 * MINUTE,
    )
    return Lab(clock, plan, lambda: Crawl(clock))


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.startswith("newsarchive.")]


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [getattr(record, "event", "") for record in lines(caplog)]


# --- when ---


def test_a_site_is_crawled_at_once_and_then_at_its_interval(lab: Lab) -> None:
    lab.schedule.begin()
    lab.scheduler.advance(START + 48 * HOUR - MINUTE)

    assert lab.minutes == [10 * turn for turn in range(48 * 6)]
    assert {arguments for _, arguments in lab.began} == {("crawl", SITE)}


def test_runs_missed_while_the_machine_slept_are_one(lab: Lab, clock: time_machine.Coordinates) -> None:
    lab.schedule.begin()
    lab.scheduler.advance(START + 15 * MINUTE)
    clock.move_to(START + 5 * HOUR + MINUTE)
    lab.scheduler.advance(START + 5 * HOUR + 25 * MINUTE)

    assert lab.minutes == [0, 10, 301, 310, 320]


def test_runs_missed_while_a_crawl_took_long_are_one(lab: Lab, clock: time_machine.Coordinates) -> None:
    lab.crawl = lambda: Crawl(clock, takes=35 * MINUTE if len(lab.began) == 1 else MINUTE)
    lab.schedule.begin()
    lab.scheduler.advance(START + HOUR)

    assert lab.minutes == [0, 35, 40, 50, 60]


@pytest.mark.parametrize(("ago", "first"), [(3 * MINUTE, 7), (2 * HOUR, 0), (-2 * HOUR, 10)])
def test_after_a_restart_it_goes_on_from_the_last_run(lab: Lab, tmp_path: Path, ago: timedelta, first: int) -> None:
    with crawling(tmp_path / SITE, start=START - ago):
        pass
    lab.schedule.begin()
    lab.scheduler.advance(START + 15 * MINUTE)

    assert lab.minutes[0] == pytest.approx(first, abs=0.01)


def test_jitter_makes_it_later_and_never_by_more_than_it_may(lab: Lab) -> None:
    lab = replace(lab, plan=replace(lab.plan, jitter=MINUTE))
    lab.schedule.begin()
    lab.scheduler.advance(START + 48 * HOUR)

    gaps = [later - earlier for earlier, later in zip(lab.minutes, lab.minutes[1:], strict=False)]
    assert min(gaps) >= 10
    assert max(gaps) <= 11
    assert len(set(gaps)) > 100


def test_two_sites_do_not_wait_for_each_other(lab: Lab) -> None:
    lab = replace(lab, plan=replace(lab.plan, sites=(SITE, "other")))
    lab.schedule.begin()
    lab.scheduler.advance(START + 25 * MINUTE)

    assert sorted(arguments[-1] for _, arguments in lab.began) == ["other"] * 3 + [SITE] * 3


# --- how crawls end ---


@pytest.mark.parametrize(
    ("exit_code", "event", "level"),
    [
        (0, "crawl-ended", "INFO"),
        (12, "crawl-skipped", "INFO"),
        (14, "crawl-failed", "WARNING"),
        (-9, "crawl-failed", "WARNING"),
    ],
)
def test_each_end_is_one_line(
    lab: Lab, clock: time_machine.Coordinates, caplog: pytest.LogCaptureFixture, exit_code: int, event: str, level: str
) -> None:
    caplog.set_level(logging.INFO)
    lab.crawl = lambda: Crawl(clock, exit_code=exit_code)
    lab.schedule.begin()
    lab.scheduler.advance(START + 5 * MINUTE)

    assert events(caplog) == ["planned", "crawl-begins", event]
    assert lines(caplog)[-1].levelname == level
    assert vars(lines(caplog)[-1])["exit_code"] == str(exit_code)


def test_a_crawl_is_not_begun_while_another_one_of_its_site_is_under_way(
    lab: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lab.schedule.begin()
    with Collection.create(tmp_path / SITE, SITE, now=now) as collection, collection.lock():
        lab.scheduler.advance(START + 15 * MINUTE)
    lab.scheduler.advance(START + 25 * MINUTE)

    assert lab.minutes == [20]
    assert events(caplog) == ["planned", "crawl-skipped", "crawl-skipped", "crawl-begins", "crawl-ended"]


def test_a_crawl_that_cannot_be_started_does_not_end_the_schedule(
    lab: Lab, clock: time_machine.Coordinates, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> Crawl:
        if len(lab.began) == 1:
            raise FileNotFoundError("no such program")
        return Crawl(clock)

    lab.crawl = refuse
    lab.schedule.begin()
    lab.scheduler.advance(START + 15 * MINUTE)

    assert lab.minutes == [0, 10]
    assert "crawl-not-started" in events(caplog)


@pytest.mark.parametrize(("deaf", "told"), [(False, ["end"]), (True, ["end", "kill"])])
def test_a_hung_crawl_is_asked_to_end_and_then_killed(
    lab: Lab, clock: time_machine.Coordinates, caplog: pytest.LogCaptureFixture, deaf: bool, told: list[str]
) -> None:
    hung = Crawl(clock, takes=1000 * HOUR, deaf=deaf)
    lab.crawl = lambda: hung if len(lab.began) == 1 else Crawl(clock)
    lab.schedule.begin()
    lab.scheduler.advance(START + 7 * HOUR)

    assert hung.told == told
    assert events(caplog) == ["crawl-hung"]
    assert lab.minutes[1] == pytest.approx(6 * 60 + (2 if deaf else 0))


# --- settings read anew ---


def test_settings_are_read_anew(lab: Lab) -> None:
    lab.schedule.begin()
    lab.scheduler.advance(START + 15 * MINUTE)
    lab.plan = replace(lab.plan, every=30 * MINUTE, command=("other", "crawl"))
    lab.schedule.reload()
    lab.scheduler.advance(START + 80 * MINUTE)

    # There is no run in the archive, so a site that is planned anew is due.
    assert lab.minutes == [0, 10, 15, 45, 75]
    assert lab.began[-1][1] == ("other", "crawl", SITE)


def test_wrong_settings_are_refused_and_the_schedule_goes_on(
    clock: time_machine.Coordinates, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    plans: list[Plan | None] = [lab.plan, None]

    def load() -> Plan:
        plan = plans.pop(0)
        if plan is None:
            raise UsageError(message="newsarchive.toml: there is no setting sits.")
        return plan

    began: list[str] = []
    scheduler = ByHand(clock)
    schedule = Schedule(
        load, children=Children(lambda _: began.append("") or Crawl(clock)), scheduler=scheduler, now=now
    )
    schedule.begin()
    scheduler.advance(START + 5 * MINUTE)
    schedule.reload()
    scheduler.advance(START + 15 * MINUTE)

    assert len(began) == 2
    assert events(caplog) == ["settings-refused"]
    assert "there is no setting sits" in caplog.text


# --- the past ---


def test_the_past_is_fetched_day_by_day_newest_first_after_the_news(lab: Lab) -> None:
    lab = replace(
        lab, plan=replace(lab.plan, backfill=Backfill(since=date(2026, 11, 18), until=None, days=2, every=HOUR))
    )
    lab.schedule.begin()
    lab.scheduler.advance(START + 5 * MINUTE)

    assert [arguments[1:] for _, arguments in lab.began] == [
        (SITE,),
        (SITE, "--since", "2026-11-20", "--until", "2026-11-21"),
    ]


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ([], (8, 10)),
        ([(8, 10)], (5, 7)),
        ([(10, 10)], (7, 9)),
        ([(9, 9)], (10, 10)),
        ([(8, 10), (2, 6)], (7, 7)),
        ([(2, 6), (7, 10)], (1, 1)),
        ([(2, 9), (5, 10)], (1, 1)),
        ([(1, 10)], None),
        ([(1, 4), (5, 30)], None),
        ([(11, 30)], (8, 10)),
    ],
)
def test_no_day_of_the_past_is_asked_for_twice(done: list[tuple[int, int]], expected: tuple[int, int] | None) -> None:
    def days(pair: tuple[int, int]) -> tuple[date, date]:
        return date(2026, 1, pair[0]), date(2026, 1, pair[1])

    found = next_days(date(2026, 1, 1), date(2026, 1, 10), at_most=3, done=map(days, done))

    assert found == (expected and days(expected))


# --- the end ---


class Patient:
    """A crawl that runs until it is asked to end, or, where it is deaf, until it is killed."""

    def __init__(self, *, deaf: bool) -> None:
        self.began = threading.Event()
        self.deaf = deaf
        self.told: list[str] = []
        self._over = threading.Event()

    def wait(self, timeout: float | None = None) -> int:
        self.began.set()
        self._over.wait()
        return 130

    def terminate(self) -> None:
        self.told.append("end")
        if not self.deaf:
            self._over.set()

    def kill(self) -> None:
        self.told.append("kill")
        self._over.set()


def _run_until_told(plan: Plan, crawl: Patient, *numbers: signal.Signals) -> signal.Signals:
    """Run a schedule in this thread, as a process would, and send the signals once its crawl has begun."""
    schedule = Schedule(lambda: plan, children=Children(lambda _: crawl))

    def tell() -> None:
        crawl.began.wait()
        for number in numbers:
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        return schedule.run()
    finally:
        thread.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_schedule_and_asks_its_crawls_to_end(lab: Lab, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    crawl = Patient(deaf=False)

    assert _run_until_told(lab.plan, crawl, number) is number
    assert crawl.told == ["end"]
    assert signal.getsignal(number) is before


def test_a_crawl_that_does_not_end_in_time_is_killed(lab: Lab) -> None:
    crawl = Patient(deaf=True)

    _run_until_told(replace(lab.plan, grace=timedelta(milliseconds=1)), crawl, signal.SIGTERM)
    assert crawl.told == ["end", "kill"]


def test_a_second_signal_does_not_wait(lab: Lab) -> None:
    crawl = Patient(deaf=True)

    _run_until_told(replace(lab.plan, grace=HOUR), crawl, signal.SIGINT, signal.SIGTERM)
    assert crawl.told == ["end", "kill"]


def test_nothing_is_begun_once_all_are_stopped() -> None:
    children = Children(lambda _: pytest.fail("it was begun"))
    children.stop()

    assert children.run(["crawl"], max_runtime_s=1, grace_s=1) is None


def test_a_real_process_that_dies_is_an_exit_code() -> None:
    ended = Children().run(["/bin/sh", "-c", "kill -KILL $$"], max_runtime_s=60, grace_s=1)

    assert ended == Ended(exit_code=-9)
