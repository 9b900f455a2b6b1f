"""Re-extraction in articles per second on one core and on two, beside plain trafilatura on one; and its memory.

A collection of so many captures is written, each of a page of its own: those of the real pages in NEWSARCHIVE_CORPUS
where that is set, else of the sample site, told apart by a mark. Each measurement is a process of its own over a copy:
bound to one processor with one worker, and to two with two. The time is that of the whole extraction, from the first
capture to the generation in use. Memory is the largest that the main process, and any worker, had; it is measured over
a tenth of the captures too, since it should be the same.

Where other programs keep the processors busy, times say little. So the processor time is measured too, of the main
process and of all workers: what two cores can give at best is (workers + main) / (workers / 2 + main).

    NEWSARCHIVE_CORPUS=… python -m bench.reextract [--captures 3000] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import trafilatura
from rich.console import Console
from rich.table import Table

from newsarchive.collection.collection import Collection
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.reextract.local import extract_again
from newsarchive.reextract.pool import PageLimits
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site
from tests.corpus import load_cases

BASE_URL = "https://www.tagesschau.de"
START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_PLAIN_PAGES = 200
_WAITING = 256
"""So many captures wait for the disk at most."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.reextract", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--captures", type=int, default=3000, help="how many (default: 3000)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(_measure(Path(chosen.measure), chosen.workers)))
        return 0
    with tempfile.TemporaryDirectory(prefix="newsarchive-bench-") as directory:
        few, many = Path(directory, "few", "tagesschau"), Path(directory, "many", "tagesschau")
        _write(few, max(1, chosen.captures // 10))
        _write(many, chosen.captures)
        processors = sorted(os.sched_getaffinity(0))
        if len(processors) < 2:
            print("There is one processor only, so nothing can be compared.", file=sys.stderr)
            return 1
        found = {
            "plain": _plainly(processors[0]),
            "few": _start(few, processors[:1]),
            "one": _start(many, processors[:1]),
            "two": _start(many, processors[:2]),
        }
    if chosen.json:
        print(json.dumps(found, indent=2))
    else:
        _show(found)
    return 0


def _pages() -> Iterator[tuple[str, bytes]]:
    """Path and body of pages, over and over, each a little different."""
    site = get_site("tagesschau")
    real = [(case.url.removeprefix(BASE_URL), case.page) for case in load_cases() if site.article_url(case.url)]
    sample = SampleSite(invent_stories(76, 1))
    sample.settle(BASE_URL)
    pages = real or [(story.path, sample.respond(story.path, "", {}).body) for story in invent_stories(76, 1)]
    number = 0
    while True:
        for path, body in pages:
            number += 1
            own = path.replace(".html", f"{number}.html")
            yield own, body.replace(path.encode(), own.encode()) + f"<!-- {number} -->".encode()


def _write(root: Path, captures: int) -> None:
    root.parent.mkdir()
    with (
        Collection.create(root, "tagesschau") as collection,
        collection.lock(),
        collection.begin_crawl(
            base_url=BASE_URL, versions={}, settings={}, warcinfo={"software": "bench"}, max_warc_bytes=50_000_000
        ) as writer,
    ):
        waiting: deque[Future[StoredCapture | None]] = deque()
        for number, (path, body) in enumerate(islice(_pages(), captures)):
            if len(waiting) == _WAITING:
                waiting.popleft().result()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
            waiting.append(
                writer.append(
                    Capture(
                        url=BASE_URL + path,
                        started_at=START + timedelta(seconds=number),
                        sent=f"GET {path} HTTP/1.1\r\nHost: www.tagesschau.de\r\n\r\n".encode(),
                        received=head.encode() + body,
                    )
                )
            )
        for future in waiting:
            future.result()
        writer.finish("finished", "written")


def _start(root: Path, processors: list[int]) -> dict[str, float]:
    """``_measure`` in a process of its own, over a copy, bound to ``processors``."""
    with tempfile.TemporaryDirectory(prefix="newsarchive-bench-") as directory:
        copy = Path(directory, "tagesschau")
        shutil.copytree(root, copy)
        command = [sys.executable, "-m", "bench.reextract", "--measure", str(copy), "--workers", str(len(processors))]
        bound = ["taskset", "-c", ",".join(map(str, processors)), *command]
        done = subprocess.run(bound, capture_output=True, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        return found


def _measure(root: Path, workers: int) -> dict[str, float]:
    processes = _Processes()
    with Collection.open(root) as collection:
        started, main_s = time.perf_counter(), time.process_time()
        with processes:
            report = extract_again(collection, get_site("tagesschau"), limits=PageLimits(workers=workers))
        taken_s, main_s = time.perf_counter() - started, time.process_time() - main_s
    workers_s = processes.others_s
    return {
        "pages": report.pages,
        "articles": report.after.revisions,
        "seconds": taken_s,
        "articles_per_s": report.pages / taken_s,
        "main_ms": 1000 * main_s / report.pages,
        "workers_ms": 1000 * workers_s / report.pages,
        "main_mib": processes.peak_mib[True],
        "worker_mib": processes.peak_mib[False],
    }


class _Processes:
    """Looks, ten times a second, at what this process and those below it use."""

    def __init__(self) -> None:
        self.peak_mib = {True: 0.0, False: 0.0}
        self._ticks: dict[int, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @property
    def others_s(self) -> float:
        """Processor time of all processes below this one, from their start."""
        ticks = sum(count for process, count in self._ticks.items() if process != os.getpid())
        return ticks / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self._look()
        self._look()

    def _look(self) -> None:
        parents: dict[int, int] = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                parents[int(path.name)] = int(fields[1])
                if self._is_ours(int(path.name), parents):
                    self._ticks[int(path.name)] = int(fields[11]) + int(fields[12])
                    printed = re.search(r"VmHWM:\s+(\d+) kB", (path / "status").read_text())
                    is_main = int(path.name) == os.getpid()
                    if printed is not None:
                        self.peak_mib[is_main] = max(self.peak_mib[is_main], int(printed[1]) / 1024)
            except (OSError, IndexError):
                continue  # it has ended

    def _is_ours(self, process: int, parents: dict[int, int]) -> bool:
        while process > 1:
            if process == os.getpid():
                return True
            process = parents.get(process, 0)
        return False


def _plainly(processor: int) -> dict[str, float]:
    """Plain trafilatura with metadata, in this process, on one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        pages = [body.decode("utf-8", "replace") for _, body in islice(_pages(), _PLAIN_PAGES)]
        for page in pages[:10]:
            trafilatura.bare_extraction(page, with_metadata=True)
        started, cpu_s = time.perf_counter(), time.process_time()
        for page in pages:
            trafilatura.bare_extraction(
                page, favor_precision=False, include_tables=True, deduplicate=False, with_metadata=True
            )
        taken_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
    finally:
        os.sched_setaffinity(0, before)
    speed = len(pages) / taken_s
    return {"pages": len(pages), "seconds": taken_s, "articles_per_s": speed, "main_ms": 1000 * cpu_s / len(pages)}


def _show(found: dict[str, dict[str, float]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("", "captures", "articles/s", "main ms", "workers ms", "main MiB", "worker MiB"):
        table.add_column(column, justify="right" if column else "left")
    names = {"plain": "trafilatura, 1 core", "few": "1 core, a tenth", "one": "1 core", "two": "2 cores"}
    for key, name in names.items():
        row = found[key]
        cpu = [f"{row[part]:.2f}" if part in row else "" for part in ("main_ms", "workers_ms")]
        memory = [f"{row[part]:.0f}" if part in row else "" for part in ("main_mib", "worker_mib")]
        table.add_row(name, f"{row['pages']:.0f}", f"{row['articles_per_s']:.1f}", *cpu, *memory)
    console = Console(highlight=False)
    console.print(table)
    speed = {key: row["articles_per_s"] for key, row in found.items()}
    console.print(f"\n2 cores to 1: {speed['two'] / speed['one']:.2f} (aim: 1.8)")
    console.print(f"1 core to plain trafilatura: {speed['one'] / speed['plain']:.2f} (aim: 6)")
    main_ms, workers_ms = found["one"]["main_ms"], found["one"]["workers_ms"]
    console.print(f"at best, by processor time: {(workers_ms + main_ms) / (workers_ms / 2 + main_ms):.2f}")
    plain_ms = found["plain"]["main_ms"]
    console.print(f"to plain trafilatura, by processor time: {plain_ms / (workers_ms + main_ms):.2f}")
    growth = found["one"]["main_mib"] - found["few"]["main_mib"]
    console.print(f"memory for ten times as many captures: {growth:+.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
