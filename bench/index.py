"""Look-up time and memory of the index at 10^4, 10^6 and 10^7 lines, against the smallest in the same run.

Each size is an index as a collection has it: runs of ``--run-lines`` captures, files merged in tiers, made in a
temporary directory and deleted. Look-ups are of addresses chosen at random, a tenth of them not there; each opens the
files, finds the lines and parses them. Memory is what the process has grown by, from before the index was opened to the
end of the look-ups.

The largest takes ten minutes to make and 4 GB of disk: it is left out unless ``--largest`` is given.

    python -m bench.index [--largest] [--lookups 2000] [--run-lines 10000] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newsarchive.collection.index import Index
from newsarchive.collection.layout import Layout

SIZES = (10**4, 10**6, 10**7)

_DIGEST = "0123456789abcdef" * 4
_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One size: lines, files and bytes of the replay index, seconds to make it, microseconds of the median look-up and
    of the 99th in a hundred, KiB the process grew by."""

    lines: int
    files: int
    size_bytes: int
    making_s: float
    lookup_us: float
    slow_lookup_us: float
    grown_kib: int


def line(number: int, run: int) -> bytes:
    """A line as the sample site's pages have it; ``number`` decides the address, ``run`` the time and the file."""
    path = f"inland/meldung-{number * 7919 % 10**8:08}.html"
    timestamp = f"202611{run // 1440 % _DAYS + 1:02}{run // 60 % 24:02}{run % 60:02}00"
    warc = f"warc/2026/11/22/tagesschau-{timestamp}000-{run:06}-00000.warc.gz"
    return (
        f'de,tagesschau)/{path} {timestamp} {{"url": "https://www.tagesschau.de/{path}", "mime": "text/html", '
        f'"status": "200", "digest": "sha256:{_DIGEST}", "length": "20000", "offset": "{number * 20000}", '
        f'"filename": "{warc}", "recordDigest": "sha256:{_DIGEST}"}}\n'
    ).encode()


def make(root: Path, lines: int, run_lines: int) -> Index:
    """An index of ``lines`` lines."""
    index = Index(Layout(root))
    index.update([])
    for run, first in enumerate(range(0, lines, run_lines)):
        index.add_run(f"{run:08}", sorted(line(number, run) for number in range(first, min(first + run_lines, lines))))
    return index


def look_up(root: Path, lines: int, lookups: int) -> tuple[float, float, int]:
    """Median and 99th percentile of ``lookups`` look-ups in µs, and what the process grew by in KiB."""
    chosen = random.Random(20261122)
    before = _resident_kib()
    index = Index(Layout(root))
    taken = []
    for _ in range(lookups):
        is_there = chosen.random() < 0.9
        number = chosen.randrange(lines) if is_there else 10**8 - 1
        url = f"https://www.tagesschau.de/inland/meldung-{number * 7919 % 10**8:08}.html"
        began = time.perf_counter()
        found = index.captures_of(url if is_there else f"{url}?missing")
        taken.append((time.perf_counter() - began) * 1e6)
        assert len(found) == is_there, url
    taken.sort()
    return statistics.median(taken), taken[len(taken) * 99 // 100], _resident_kib() - before


def measure(lines: int, lookups: int, run_lines: int) -> Measured:
    """Make an index and look into it, the latter in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        began = time.perf_counter()
        index = make(root, lines, run_lines)
        making_s = time.perf_counter() - began
        done = subprocess.run(
            [sys.executable, "-m", "bench.index", "--look-up", directory, str(lines), str(lookups)],
            check=True,
            capture_output=True,
            text=True,
        )
        lookup_us, slow_lookup_us, grown_kib = json.loads(done.stdout)
        return Measured(
            lines=lines,
            files=len(index.files()),
            size_bytes=sum(path.stat().st_size for path in index.files()),
            making_s=making_s,
            lookup_us=lookup_us,
            slow_lookup_us=slow_lookup_us,
            grown_kib=grown_kib,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", action="store_true")
    parser.add_argument("--lookups", type=int, default=2000)
    parser.add_argument("--run-lines", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--look-up", nargs=3, metavar=("ROOT", "LINES", "LOOKUPS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look_up:
        root, lines, lookups = options.look_up
        print(json.dumps(look_up(Path(root), int(lines), int(lookups))))
        return
    sizes = SIZES if options.largest else SIZES[:-1]
    measured = [measure(lines, options.lookups, options.run_lines) for lines in sizes]
    ratios = [one.lookup_us / measured[0].lookup_us for one in measured]
    if options.json:
        print(json.dumps([{**asdict(one), "ratio": ratio} for one, ratio in zip(measured, ratios, strict=True)]))
        return
    table = Table(title="Looking up one address in the index")
    for column in ("lines", "files", "MB", "making, s", "look-up, µs", "99th of 100, µs", "ratio", "memory, KiB"):
        table.add_column(column, justify="right")
    for one, ratio in zip(measured, ratios, strict=True):
        table.add_row(
            f"{one.lines:,}", str(one.files), f"{one.size_bytes / 1e6:,.0f}", f"{one.making_s:.1f}",
            f"{one.lookup_us:.0f}", f"{one.slow_lookup_us:.0f}", f"{ratio:.2f}", f"{one.grown_kib:,}",
        )  # fmt: skip
    Console().print(table)


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS:"))


if __name__ == "__main__":
    main()
