"""The scheduler of newsarchive, whose crawls get killed now and then: ``python -m tests.simulation.scheduling ORDERS``.

Each crawl it begins is a line of JSON on stdout, and each one it kills another.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Thread

import click

from newsarchive.operation.children import Children, Process, start_process
from newsarchive.operation.schedule import Plan, Schedule
from tests.simulation.orders import Orders

_LONGEST_S = 1.0
"""Crawls that are killed live up to this long from when there is a WARC that is being written."""

_POLL_S = 0.02


class Reaper:
    """Starts processes, and kills some of them while they work."""

    def __init__(self, orders: Orders) -> None:
        self._chance = Random(orders.seed)  # noqa: S311  # moments, not secrets
        self._share = orders.killed_share
        self._archive = Path(orders.archive)

    def start(self, arguments: Sequence[str]) -> Process:
        """Start one, and decide its fate."""
        process = start_process(arguments)
        assert isinstance(process, subprocess.Popen)
        click.echo(json.dumps({"begun": process.pid}))
        # Half of them at once when the WARC is there, before much can be in it.
        is_doomed, delay_s = self._chance.random() < self._share, self._chance.uniform(-_LONGEST_S, _LONGEST_S)
        if is_doomed:
            Thread(target=self._kill, args=(process, max(0.0, delay_s)), daemon=True).start()
        return process

    def _kill(self, process: subprocess.Popen[bytes], delay_s: float) -> None:
        while process.poll() is None and not any(self._archive.glob("*/warc/*/*/*/*.open")):
            time.sleep(_POLL_S)
        time.sleep(delay_s)
        if process.poll() is None:
            process.kill()
            click.echo(json.dumps({"killed": process.pid}))


def main() -> None:
    """Schedule until told to end."""
    orders = Orders.from_argument(sys.argv[1])
    plan = Plan(
        command=(sys.executable, "-m", "tests.simulation.crawling", sys.argv[1]),
        archive=Path(orders.archive),
        sites=("tagesschau",),
        every=timedelta(seconds=orders.every_s),
        jitter=timedelta(0),
        max_runtime=timedelta(minutes=2),
        grace=timedelta(seconds=20),
    )
    # The intervals are those of the real clock, so the times that schedule works with are too.
    Schedule(lambda: plan, children=Children(Reaper(orders).start)).run()


if __name__ == "__main__":
    main()
