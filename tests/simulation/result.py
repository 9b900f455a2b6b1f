"""The result of a simulated quarter: as data, as tables, and whether it is as it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.simulation.quarter import Course, Plan
from tests.simulation.verdict import Verdict
from tests.simulation.world import World

_EXPECTED_ERRORS = {
    "busy", "refused", "login-wall", "feed-empty", "feed-broken", "stand-gone", "clock-off", "reset", "error",
}  # fmt: skip
"""Faults under which a crawl may end with an error; without one it may not."""
_LOUD = frozenset({"busy", "refused", "login-wall", "feed-empty", "feed-broken", "clock-off"})
"""Faults under which every crawl must say that something is wrong; the others strike only what happens to be due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Politeness:
    """How the site was asked: requests for articles for each article and day that it was known, against a crawler that
    fetches everything every time, and what both received."""

    requests: dict[str, int]
    statuses: dict[int, int]
    unchanged: int
    unchanged_304: int
    unvalidated: int
    disallowed: int
    article_requests_a_day: float
    plain_article_requests_a_day: float
    sent_bytes: int
    plain_bytes: int

    @property
    def share_304(self) -> float:
        """Of requests that named a validator for what had not changed, those answered 304."""
        return self.unchanged_304 / self.unchanged if self.unchanged else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Requests of one crawl as the server got them: how many, the seconds promised between two, the seconds that passed
    on average, the shortest time between two, the most in any second. ``is_kept``: all together they took as long as
    promised; single ones the machine may have brought closer together."""

    requests: int
    promised_s: float
    mean_s: float
    shortest_s: float
    most_in_a_second: int
    is_kept: bool


def rate(times: Sequence[datetime], promised_s: float) -> Rate:
    """Of requests at these times, in order."""
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    second = timedelta(seconds=1)
    return Rate(
        requests=len(times),
        promised_s=promised_s,
        mean_s=sum(gaps) / len(gaps),
        shortest_s=min(gaps),
        most_in_a_second=max(sum(time <= each < time + second for each in times) for time in times),
        # The two ends may each have been told late.
        is_kept=sum(gaps) >= promised_s * (len(gaps) - 2),
    )


def politeness(plan: Plan, world: World, course: Course) -> Politeness:
    """Of what the server saw."""
    end = plan.turns[-1].at
    article_days = sum((end - story.published).total_seconds() / 86400 for story in plan.life.stories.values())
    return Politeness(
        requests=dict(world.requests),
        statuses=dict(sorted(world.statuses.items())),
        unchanged=world.unchanged.total(),
        unchanged_304=world.unchanged[304],
        unvalidated=world.unvalidated,
        disallowed=len(world.disallowed),
        article_requests_a_day=world.requests["article"] / article_days,
        plain_article_requests_a_day=course.plain.articles / article_days,
        sent_bytes=world.sent_bytes,
        plain_bytes=course.plain.received_bytes,
    )


def quiet_crawls(course: Course) -> list[str]:
    """Crawls that said nothing of a fault, and such that complained without one."""
    told = []
    for ran in course.ran:
        spoke = ran.error is not None or bool(ran.findings)
        if _LOUD & set(ran.troubled) and not spoke and ran.turn.since is None:
            told.append(f"{ran.turn.at:%d.%m. %H:%M}: {', '.join(ran.troubled)}, and nothing was said")
        if spoke and not ran.troubled:
            told.append(f"{ran.turn.at:%d.%m. %H:%M}: {ran.error} {', '.join(ran.findings)} without a cause")
    return told


def failings(verdict: Verdict, seen: Politeness, course: Course) -> list[str]:
    """What is not as it should be, one sentence each; none when all is."""
    told = [missed for row in verdict.rows for missed in row.missed]
    told += [f"made up: {each}" for each in verdict.surplus]
    told += [f"wrong: {each}" for each in verdict.wrong]
    told += [f"late: {each}" for each in verdict.late_looks]
    told += quiet_crawls(course)
    if seen.share_304 < 0.99:
        told.append(f"only {seen.share_304:.2%} of unchanged pages were answered 304")
    if seen.disallowed:
        told.append(f"{seen.disallowed} requests that robots.txt disallows")
    return told


def as_data(plan: Plan, world: World, verdict: Verdict, course: Course) -> dict[str, Any]:
    """Everything, for JSON."""
    seen = politeness(plan, world, course)
    return {
        "articles": len(plan.life.stories),
        "events": len(plan.life.events),
        "crawls": len(course.ran),
        "revisions": verdict.revisions,
        "rows": [asdict(row) for row in verdict.rows],
        "quiet": [asdict(row) for row in verdict.quiet],
        "politeness": {**asdict(seen), "share_304": seen.share_304},
        "days": {str(day): counts for day, counts in verdict.days.items()},
        "coverage": {str(day): counts for day, counts in verdict.coverage.items()},
        "open_links": verdict.open_links,
        "troubles": Counter(
            f"{'+'.join(ran.troubled) or 'none'}: {' '.join((ran.error or 'success', *sorted(set(ran.findings))))}"
            for ran in course.ran
        ),
        "failings": failings(verdict, seen, course),
    }


def show(data: dict[str, Any]) -> None:
    """Print the tables."""
    console = Console(width=120)
    title = (
        f"{data['articles']} articles, {data['events']} events, {data['crawls']} crawls, "
        f"{sum(data['politeness']['requests'].values())} requests, {data['took_s']} s"
    )
    table = Table("happened", "injected", "found", "explained", "missed", title=title)
    for row in data["rows"]:
        why = ", ".join(f"{count} {reason}" for reason, count in row["explained"].items())
        table.add_row(row["kind"], str(row["injected"]), str(row["found"]), why, str(len(row["missed"])))
    table.add_section()
    for row in data["quiet"]:
        table.add_row(row["kind"], str(row["injected"]), "-", "no edit: must not be a revision", "0")
    console.print(table)
    days, coverage = data["days"].values(), data["coverage"].values()
    seen, seen_rate = data["politeness"], data["rate"]
    lines = {
        "revisions in the collection": data["revisions"],
        "days of publication with every article": f"{sum(all_ == found for all_, found in days)} of {len(days)}",
        "collected of declared, by coverage": f"{sum(collected for _, collected in coverage)} of "
        f"{sum(declared for declared, _ in coverage)}, "
        f"lowest of a day {min(collected / declared for declared, collected in coverage if declared):.1%}",
        "links left open at the end": data["open_links"],
        "requests": ", ".join(f"{count} {kind}" for kind, count in seen["requests"].items()),
        "answers": ", ".join(f"{count} × {status or 'reset'}" for status, count in seen["statuses"].items()),
        "unchanged, answered 304": f"{seen['unchanged_304']} of {seen['unchanged']} ({seen['share_304']:.2%})",
        "unchanged, asked for without a validator": seen["unvalidated"],
        "disallowed by robots.txt": seen["disallowed"],
        "requests per article and day": f"{seen['article_requests_a_day']:.2f}, "
        f"fetching everything {seen['plain_article_requests_a_day']:.2f}",
        "megabytes": f"{seen['sent_bytes'] / 1e6:.0f}, fetching everything {seen['plain_bytes'] / 1e6:.0f}",
        "highest rate": f"{seen_rate['most_in_a_second']} in a second, {seen_rate['shortest_s']:.3f} s apart; "
        f"promised {seen_rate['promised_s']} s, kept on average {seen_rate['mean_s']:.3f} s",
        "check": ", ".join(data["check"]) or "no finding",
    }
    for name, value in lines.items():
        console.print(f"{name:42} {value}", highlight=False)
    console.print()
    for trouble, count in sorted(data["troubles"].items()):
        console.print(f"{count:5} crawls under {trouble}", highlight=False)
    for failing in data["failings"][:100]:
        console.print(f"FAILED {failing}", highlight=False)
