"""What durability costs: the same captures archived with one fsync a group, with one each, and with none.

``waiting`` threads hand over captures and wait for each, as downloads under way do. ``grouped`` is the archive as it
is; ``each`` has one thread, so that every capture is a group of its own; ``none`` is ``grouped`` with an fsync that
does nothing, which is what most archivers do. Rounds alternate in one process; the figures depend on the disk.

    python -m bench.commit [--captures 2000] [--waiting 16] [--rounds 5] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest import mock

from rich.console import Console
from rich.table import Table

from newsarchive.collection.collection import Collection
from newsarchive.model.capture import Capture

KINDS = ("grouped", "each", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: captures a second, fsyncs made, milliseconds of CPU a capture."""

    captures_per_s: float
    fsyncs: int
    cpu_ms: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--captures", type=int, default=2000)
    parser.add_argument("--waiting", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    captures = tuple(make_captures(options.captures))
    results: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    for _ in range(options.rounds):
        for kind in KINDS:
            results[kind].append(measure(kind, captures, options.waiting))
    if options.json:
        print(json.dumps({kind: [asdict(each) for each in rounds] for kind, rounds in results.items()}, indent=2))
    else:
        show(results, options.captures)


def make_captures(count: int) -> Iterator[Capture]:
    """Pages of 20 KB that nothing repeats in, as gzipped answers are."""
    random = Random(1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        body = random.randbytes(20_000)
        yield Capture(
            url=f"http://127.0.0.1/{number}.html",
            started_at=start + timedelta(seconds=number),
            sent=f"GET /{number}.html HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode(),
            received=f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body,
        )


def measure(kind: str, captures: tuple[Capture, ...], waiting: int) -> Measured:
    """Archive ``captures`` into a new collection beside the project, on a real disk."""
    with (
        tempfile.TemporaryDirectory(dir=Path(__file__).parent) as directory,
        Collection.create(Path(directory) / "c", "bench") as collection,
        collection.lock(),
        collection.begin_crawl(base_url="http://127.0.0.1", versions={}, settings={}, warcinfo={}) as writer,
        counted_fsync(pass_on=kind != "none") as count,
        ThreadPoolExecutor(1 if kind == "each" else waiting) as pool,
    ):
        began, cpu = time.perf_counter(), time.process_time()
        for _ in pool.map(lambda capture: writer.append(capture).result(), captures):
            pass
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
        return Measured(captures_per_s=len(captures) / wall_s, fsyncs=count(), cpu_ms=cpu_s * 1000 / len(captures))


@contextmanager
def counted_fsync(*, pass_on: bool) -> Iterator[Callable[[], int]]:
    """Count what goes to ``os.fsync``; ``pass_on``: and let it through."""
    real = os.fsync
    calls: list[object] = []

    def fsync(file: int) -> None:
        calls.append(file)
        if pass_on:
            real(file)

    with mock.patch.object(os, "fsync", fsync):
        yield lambda: len(calls)


def show(results: dict[str, list[Measured]], captures: int) -> None:
    """A table with the median of the rounds, each kind against ``none``."""
    table = Table(title=f"{captures} captures of 20 KB, median of {len(results['none'])} rounds")
    for column in ("", "captures/s", "of none", "fsyncs", "CPU ms a capture"):
        table.add_column(column, justify="right")
    base = statistics.median(each.captures_per_s for each in results["none"])
    for kind, rounds in results.items():
        speed = statistics.median(each.captures_per_s for each in rounds)
        fsyncs = statistics.median(each.fsyncs for each in rounds)
        cpu_ms = statistics.median(each.cpu_ms for each in rounds)
        table.add_row(kind, f"{speed:.0f}", f"{speed / base:.2f}", f"{fsyncs:.0f}", f"{cpu_ms:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
