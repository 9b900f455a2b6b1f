"""Two days of schedule in minutes, its crawls killed at random, and the scheduler too.

``python -m tests.simulation.hours [--hours 48] [--pace 200]``: a crawl every ten simulated minutes by the real
scheduler, each a process of its own by a clock that runs ``pace`` times too fast.
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import click

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.model.crawl import CrawlRun
from newsarchive.samplesite.life import plan_life
from newsarchive.samplesite.listings import Features
from newsarchive.samplesite.server import serve
from tests.crawling import PROJECT, environment
from tests.simulation.clock import Clock
from tests.simulation.orders import Orders
from tests.simulation.quarter import LEAD_DAYS, START
from tests.simulation.world import World

EVERY = timedelta(minutes=10)
_TICK_S = 0.25


@dataclass(slots=True, kw_only=True)
class Lived:
    """What was seen of the schedule: crawls begun and killed, restarts of the scheduler, its memory over time."""

    begun: int = 0
    killed: int = 0
    restarts: int = 0
    resident_kib: list[list[int]] = field(default_factory=list)


@click.command()
@click.option("--hours", default=48.0, show_default=True)
@click.option("--pace", default=200.0, show_default=True, help="How many times too fast the clock runs.")
@click.option("--articles", default=120, show_default=True)
@click.option("--restarts", default=6, show_default=True, help="How often the scheduler is killed.")
@click.option("--killed-share", default=0.3, show_default=True, help="How many of the crawls are killed.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(
    hours: float, pace: float, articles: int, restarts: int, killed_share: float, seed: int, as_json: bool
) -> None:
    """Live through it, and look at what is left; exit code 1 when something is lost."""
    with tempfile.TemporaryDirectory(prefix="newsarchive-schedule-") as directory:
        result = live(
            Path(directory), hours=hours, pace=pace, articles=articles, restarts=restarts, killed_share=killed_share,
            seed=seed,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(result))
    else:
        for name, value in result.items():
            click.echo(f"{name.replace('_', ' '):28} {value}")
    sys.exit(1 if result["failings"] else 0)


def live(
    archive: Path, *, hours: float, pace: float, articles: int, restarts: int, killed_share: float, seed: int
) -> dict[str, Any]:
    """Run the schedule for so many simulated hours, and look at the collection."""
    start = START.astimezone(UTC) + timedelta(hours=6)
    clock = Clock(start, pace)
    days = max(1, round(hours / 24))
    life = plan_life(articles, LEAD_DAYS + days, seed, start - timedelta(days=LEAD_DAYS))
    world = World(life, clock, features=Features(reservations=True))
    chance = Random(seed)  # noqa: S311  # moments, not secrets
    end = start + timedelta(hours=hours)
    kills = sorted(start + (end - start) * chance.uniform(0.1, 0.9) for _ in range(restarts))
    lived = Lived()
    began = time.monotonic()
    with serve(world.served, now=clock, tell=world.hear) as serving:
        orders = Orders(
            archive=str(archive), base_url=serving.base_url, at=start.isoformat(), pace=pace,
            origin_s=clock.origin_s, every_s=max(1, round(EVERY.total_seconds() / pace)), killed_share=killed_share,
            seed=seed,
        )  # fmt: skip
        with (archive / "schedule.log").open("ab") as log, (archive / "begun.jsonl").open("ab") as told:
            scheduler = _schedule(orders, told, log)
            lived.resident_kib.append([])
            while (now := clock()) < end:
                world.go_on(now)
                if kills and now >= kills[0]:
                    kills.pop(0)
                    scheduler.kill()
                    scheduler.wait()
                    lived.restarts += 1
                    scheduler = _schedule(replace(orders, seed=seed + lived.restarts), told, log)
                    lived.resident_kib.append([])
                assert scheduler.poll() is None, (archive / "schedule.log").read_text(encoding="utf-8")
                lived.resident_kib[-1].append(_resident_kib(scheduler.pid))
                time.sleep(_TICK_S)
            scheduler.send_signal(signal.SIGTERM)
            exit_code = scheduler.wait(timeout=60)
            world.go_on(end)
            last = subprocess.run(
                [sys.executable, "-m", "tests.simulation.crawling", orders.to_argument(), "tagesschau"],
                check=False, cwd=PROJECT, env=environment(), stderr=log,
            ).returncode  # fmt: skip
    for line in (archive / "begun.jsonl").read_text(encoding="utf-8").splitlines():
        lived.begun += "begun" in line
        lived.killed += "killed" in line
    return _result(archive / "tagesschau", world, lived, round(time.monotonic() - began), exit_code, last)


def _schedule(orders: Orders, told: Any, log: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.simulation.scheduling", orders.to_argument()]
    return subprocess.Popen(command, cwd=PROJECT, env=environment(), stdout=told, stderr=log)


def _result(directory: Path, world: World, lived: Lived, took_s: int, exit_code: int, last: int) -> dict[str, Any]:
    with Collection.open(directory) as collection:
        runs = collection.runs()
        left = [run.run for run in collection.left_runs()]
        leftovers = collection.leftovers()
        numbers = Counter((article.article_id, article.revision) for article in collection.articles())
        newest = {
            revision.article_id: collection.article(revision.article_id) for revision in collection.last_revisions()
        }
    findings = [finding.code for finding in check(directory, deep=True) if finding.severity != "note"]
    failings = [f"run {before.run} overlaps {after.run}" for before, after in _overlaps(runs)]
    failings += [f"run {run} is left" for run in left] + [f"{name} belongs to no run" for name in leftovers]
    failings += [f"{slug} has revision {number} twice" for (slug, number), count in numbers.items() if count > 1]
    failings += [f"check --deep: {code}" for code in findings]
    for story in world.site.stories:
        article = newest.get(story.slug)
        if article is None:
            failings.append(f"{story.slug} was never found")
        elif not any(
            (article.headline, article.text.split()) == (state.headline, " ".join(state.pieces()).split())
            for state in world.playback.states[story.slug]
        ):
            failings.append(f"{story.slug} says what its page never said")
    if last:
        failings.append(f"the last crawl ended with exit code {last}")
    grown = [
        statistics.median(life[-len(life) // 5 :]) / statistics.median(life[len(life) // 5 : 2 * len(life) // 5])
        for life in lived.resident_kib
        if len(life) >= 10
    ]
    return {
        "took_s": took_s,
        "crawls_begun": lived.begun,
        "crawls_killed": lived.killed,
        "scheduler_killed": lived.restarts,
        "scheduler_exit_code": exit_code,
        "runs_committed": len(runs),
        "outcomes": dict(Counter(run.outcome for run in runs)),
        "articles": len(newest),
        "revisions": numbers.total(),
        "requests": sum(world.requests.values()),
        "scheduler_mib": [round(max(life) / 1024) for life in lived.resident_kib if life],
        "scheduler_growth": [round(each, 3) for each in grown],
        "failings": failings,
    }


def _overlaps(runs: tuple[CrawlRun, ...]) -> list[tuple[CrawlRun, CrawlRun]]:
    ordered = sorted(runs, key=lambda run: run.started_at)
    return [(before, after) for before, after in pairwise(ordered) if after.started_at < before.ended_at]


def _resident_kib(pid: int) -> int:
    rows = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next((int(row.split()[1]) for row in rows if row.startswith("VmRSS:")), 0)


if __name__ == "__main__":
    main()
