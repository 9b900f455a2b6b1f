"""What it costs to seal a collection and to verify what was sealed, beside ``zip -0`` and ``sha256sum``.

The collection is that of ``bench.check``: pages of the sample site, each with its request. ``zip -0`` packs the same
files without compressing them, and ``sha256sum`` reads them: what no sealing can do without. Each is a process of its
own, start-up included; rounds alternate; MB are those of the WARC file.

    python -m bench.snapshot [--megabytes 500] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.check import SITE, make_collection
from bench.timing import Command, Measured, measure, median

_OURS = (sys.executable, "-m", "newsarchive", "snapshot")


def measure_all(root: Path, scratch: Path, rounds: int) -> dict[str, Measured]:
    """The median of each."""
    packed, sealed = scratch / "peer.zip", scratch / "ours.wacz"
    warcs = [path.relative_to(root) for path in root.glob("warc/*/*/*/*.warc.gz")]
    files = [*warcs, *(path.relative_to(root) for path in root.glob("articles/*/*/*/*"))]
    archive = ("--archive", root.parent)
    commands: dict[str, tuple[Sequence[Command], Callable[[], object]]] = {
        "zip -0 + sha256sum": (
            [("zip", "-0", "-q", "-r", packed, *files), ("sha256sum", *files)],
            lambda: packed.unlink(missing_ok=True),
        ),
        "snapshot create": (
            [(*_OURS, "create", SITE, "--output", sealed, *archive)],
            lambda: sealed.unlink(missing_ok=True),
        ),
        "unzip -t + sha256sum": ([("unzip", "-t", "-q", packed), ("sha256sum", *files)], lambda: None),
        "snapshot verify": ([(*_OURS, "verify", sealed)], lambda: None),
        "snapshot verify --deep": ([(*_OURS, "verify", sealed, "--deep")], lambda: None),
    }
    times: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, prepare) in commands.items():
            prepare()
            os.sync()
            times[name].append(measure(command, directory=root))
    return {name: median(measured) for name, measured in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=500, help="size of the WARC file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args()
    missing = [tool for tool in ("zip", "unzip", "sha256sum") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"The tools to compare with are missing: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="bench-snapshot-") as directory:
        root = Path(directory, SITE)
        captures = make_collection(root, options.megabytes * 1_000_000)
        length_bytes = next(root.glob("warc/*/*/*/*.warc.gz")).stat().st_size
        measured = measure_all(root, Path(directory), options.rounds)
    floors = {"create": measured["zip -0 + sha256sum"], "verify": measured["unzip -t + sha256sum"]}
    rows = {
        name: {
            **asdict(one),
            "mb_per_s": length_bytes / 1e6 / one.wall_s,
            "times": one.wall_s / floors["create" if "create" in name or "zip -0" in name else "verify"].wall_s,
        }
        for name, one in measured.items()
    }
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if options.json:
        report = {"warc_bytes": length_bytes, "captures": captures, "peak_mb": peak_mb, "commands": rows}
        print(json.dumps(report, indent=2))
        return
    title = f"{length_bytes / 1e6:.1f} MB, {captures} captures, at most {peak_mb:.0f} MB of memory"
    table = Table("command", "s", "CPU s", "MB/s", "times as long", title=title)
    for name, row in rows.items():
        table.add_row(name, *(f"{row[key]:.2f}" for key in ("wall_s", "cpu_s", "mb_per_s", "times")))
    Console().print(table)


if __name__ == "__main__":
    main()
