"""A site crawled for a quarter of simulated time: the plan, and the loop that sets the clock and crawls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from newsarchive.crawl.run import CrawlReport
from newsarchive.samplesite.faults import Fault
from newsarchive.samplesite.life import Life, plan_life
from newsarchive.samplesite.listings import Features
from newsarchive.samplesite.server import Serving
from newsarchive.samplesite.story import BERLIN, in_berlin
from tests.simulation.plain import PlainCrawler
from tests.simulation.world import World

START = datetime(2026, 2, 2, 0, 0, tzinfo=BERLIN)
"""A Monday; German clocks are put forward eight weeks later."""

FEATURES = Features(
    feed_length=12, front_length=12, section_length=10, overview_length=30, archive_page_length=12, reservations=True
)
"""Short lists, so that an outage of some hours makes every one of them drop articles."""

LEAD_DAYS = 2
"""Days that the site lives before the first crawl, which fetches them from the archive."""

TAIL_DAYS = 8
"""Days after the last event: what falls due once a week has its turn."""

_HOURS = tuple(range(6, 23, 2))
_CATCH_UP_HOUR = 4
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One crawl that is due: ``since`` asks for that day and all since, from the dated archive."""

    at: datetime
    since: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """From ``since`` to ``until`` the host refuses connections."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to happen: the ``life`` of the site, its ``faults``, when connections are refused, when to crawl."""

    life: Life
    faults: tuple[Fault, ...]
    refusals: tuple[Refusal, ...]
    turns: tuple[Turn, ...]

    def is_refusing(self, at: datetime) -> bool:
        """Whether the host refuses connections then."""
        return any(refusal.since <= at < refusal.until for refusal in self.refusals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one crawl went: the error it ended with, the codes of its findings, and the faults that were on meanwhile."""

    turn: Turn
    error: str | None
    findings: tuple[str, ...]
    troubled: tuple[str, ...]

    @property
    def is_cut_short(self) -> bool:
        """Whether the host was given up on the way, or could not be reached at all."""
        return self.error == "UnreachableHost" or "host-given-up" in self.findings


@dataclass(slots=True)
class Course:
    """What came of a quarter: how each crawl went, and what a crawler that knows nothing would have asked for."""

    ran: list[Ran] = field(default_factory=list)
    plain: PlainCrawler = field(default_factory=PlainCrawler)


def plan(articles: int, days: int, seed: int) -> Plan:
    """A life of ``articles`` in ``days``, with faults in every week of it, and crawls every two hours by day.

    The site has lived for ``LEAD_DAYS`` by then. Once a night the dated archive of the last two days is gone through.
    After the last day there is one crawl a day for ``TAIL_DAYS``, where the days are many enough that something can
    fall due in it.
    """
    last = days + (TAIL_DAYS if days > TAIL_DAYS else 1)
    return Plan(
        life=plan_life(articles, LEAD_DAYS + days, seed, _hour(-LEAD_DAYS, 0).astimezone(UTC)),
        faults=tuple(_faults(days, seed)),
        refusals=tuple(
            Refusal(since=_hour(day, 9), until=_hour(day, 13)) for day in range(days) if day % 7 == min(3, days - 1)
        ),
        turns=tuple(_turns(days, last)),
    )


async def play(
    plan: Plan,
    world: World,
    serving: Serving,
    crawl: Callable[[Turn], Awaitable[CrawlReport]],
    progress: Callable[[Turn], None] = lambda turn: None,
) -> Course:
    """Go through the turns of ``plan``: the clock is set, what is due happens, and then ``crawl`` is awaited."""
    course = Course()
    for turn in plan.turns:
        world.advance(turn.at)
        refusing = plan.is_refusing(turn.at)
        door: AbstractContextManager[None] = serving.refusing() if refusing else nullcontext()
        with door:
            report = await crawl(turn)
        course.plain.crawl(world.site)
        kinds = {
            fault.kind for fault in plan.faults if fault.since and fault.until and fault.since <= turn.at < fault.until
        }
        course.ran.append(
            Ran(
                turn=turn,
                error=type(report.error).__name__ if report.error else None,
                findings=tuple(finding.code for finding in report.record.findings),
                troubled=tuple(sorted({*kinds, *({"refused"} if refusing else ())})),
            )
        )
        progress(turn)
    return course


def _turns(days: int, last: int) -> Iterator[Turn]:
    for day in range(last):
        catch_up = _hour(day, _CATCH_UP_HOUR)
        yield Turn(at=catch_up, since=(catch_up - (_DAY if day else LEAD_DAYS * _DAY)).date())
        for hour in _HOURS if day < days else (12,):
            yield Turn(at=_hour(day, hour), since=None)


def _faults(days: int, seed: int) -> Iterator[Fault]:
    """Each week: a busy host, pages that fail, a login wall, a feed gone wrong, pages without the printed time."""
    chance = Random(seed)  # noqa: S311  # hours, not secrets
    for week in range(0, days, 7):
        left = days - week
        digits = f"{chance.randrange(10)}{chance.randrange(10)}"
        yield _during(Fault(kind="busy", retry_after_s=1800), week + min(1, left - 1), 11, chance.choice((3, 5)))
        if left > 2:
            yield _during(Fault(kind="error", path=rf"/.*-\d*[{digits}]\.html"), week + 2, 13, 4)
        if left > 4:
            yield _during(Fault(kind="login-wall"), week + 4, 9, 3)
            yield _during(Fault(kind=chance.choice(("feed-empty", "feed-broken"))), week + 4, 17, 2)
        if left > 5:
            yield _during(Fault(kind="stand-gone"), week + 5, 13, 3)
            yield _during(Fault(kind="clock-off"), week + 5, 17, 2)
        if left > 6:
            yield _during(Fault(kind="reset", path=r"/.*\.html"), week + 6, 9, 3)


def _during(fault: Fault, day: int, hour: int, hours: int) -> Fault:
    return replace(fault, since=_hour(day, hour), until=_hour(day, hour + hours))


def _hour(day: int, hour: int) -> datetime:
    """That hour of that day on German clocks, whichever offset they have then."""
    at = (START + timedelta(days=day)).replace(hour=hour)
    return in_berlin(at)
