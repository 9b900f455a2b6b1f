"""A quarter of a news site, crawled in simulated time: what happened and what of it was found.

``python -m tests.simulation [--days N] [--articles N]``; the long form takes a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, Unpack

import click
from scrapy.utils.reactor import install_reactor

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.crawl.run import CrawlOptions, CrawlReport, crawl_once
from newsarchive.samplesite.server import serve
from newsarchive.sites.registry import get_site
from tests.simulation.clock import Clock
from tests.simulation.quarter import FEATURES, START, Plan, Turn, plan, play
from tests.simulation.result import as_data, rate, show
from tests.simulation.verdict import judge
from tests.simulation.world import World

Result = TypeVar("Result")

DELAY_S = 0.2
"""Seconds between requests, promised in the last crawl."""

PACED_PAGES = 40
"""Articles asked for in that crawl, at most."""


@click.command()
@click.option("--days", default=90, show_default=True, type=click.IntRange(min=1))
@click.option("--articles", default=3000, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True)
@click.option("--archive", type=click.Path(path_type=Path), help="Keep the collection here; a new directory.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def main(days: int, articles: int, seed: int, archive: Path | None, as_json: bool) -> None:
    """Simulate, compare, print; exit code 1 when something was missed or made up."""
    logging.getLogger().addHandler(logging.NullHandler())  # what each crawl has to say is in its own log
    with tempfile.TemporaryDirectory(prefix="newsarchive-simulation-") as directory:
        result = simulate(plan(articles, days, seed), archive or Path(directory))
    if as_json:
        click.echo(json.dumps(result, default=str))
    else:
        show(result)
    sys.exit(1 if result["failings"] or result["check"] or not result["rate"]["is_kept"] else 0)


def simulate(plan: Plan, archive: Path) -> dict[str, Any]:
    """Play ``plan`` against a crawler that writes to ``archive``, and compare."""
    site = get_site("tagesschau")
    world = World(plan.life, Clock(START), features=FEATURES, faults=plan.faults)
    began = time.monotonic()
    with serve(world.served, now=world.clock, tell=world.hear) as serving:

        async def crawl(turn: Turn, **options: Unpack[CrawlOptions]) -> CrawlReport:
            usual: CrawlOptions = {
                "base_url": serving.base_url,
                "since": turn.since,
                "delay_s": 0,
                "concurrency": 4,
                "now": world.clock,
                # What a host asks to wait is told from its answers; waiting itself would only take time.
                "settings": {"AUTOTHROTTLE_ENABLED": False, "NEWSARCHIVE_SLEEP": _pass, "NEWSARCHIVE_WORKERS": 1},
            }
            usual.update(options)
            return await crawl_once(site, archive, **usual)

        def progress(turn: Turn) -> None:
            if sys.stderr.isatty():
                click.echo(f"\r{turn.at:%d.%m. %H:%M}  {sum(world.requests.values())} requests", nl=False, err=True)

        async def whole() -> dict[str, Any]:
            course = await play(plan, world, serving, crawl, progress)
            took_s = round(time.monotonic() - began)
            with Collection.open(archive / site.name) as collection:
                data = as_data(plan, world, judge(plan, world, collection, course), course)
            # A month later much is due, and now time runs as it does, so that the rate can be seen.
            world.advance(plan.turns[-1].at + timedelta(days=32))
            world.times.clear()
            await crawl(Turn(at=world.clock(), since=None), delay_s=DELAY_S, limit=PACED_PAGES, settings={})
            data["rate"] = asdict(rate(world.times, DELAY_S))
            findings = [finding.code for finding in check(archive / site.name) if finding.severity != "note"]
            return {"took_s": took_s, "check": findings, **data}

        return in_reactor(whole())


async def _pass(_seconds: float) -> None:
    await asyncio.sleep(0.001)


def in_reactor(work: Coroutine[Any, Any, Result]) -> Result:
    """Run ``work`` under Twisted's reactor on asyncio, which runs once in a process."""
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    ended: list[asyncio.Task[Result]] = []

    def begin() -> None:
        task = asyncio.ensure_future(work)
        ended.append(task)
        task.add_done_callback(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    return ended[0].result()


if __name__ == "__main__":
    main()
