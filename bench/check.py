"""How fast a collection is checked: ours, plain and deep, beside ``warcio check`` and ``fastwarc check -p``.

The collection is made of pages of the sample site, each with its request and some bytes of its own, gzipped as servers
send them, and an article line for one page in ten. The others are given its WARC file, ours all of it: index, lines and
catalog too. Each check is a process of its own, start-up included; rounds alternate; MB are those of the WARC file.

    python -m bench.check [--megabytes 50] [--rounds 3] [--json]          after make interop-tools
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.timing import Command, Measured, measure, median
from newsarchive.collection.collection import Collection
from newsarchive.extraction.extract import extract
from newsarchive.model.capture import Capture
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site

TOOLS = Path(__file__).parents[1] / ".venv-interop" / "bin"
SITE = "tagesschau"
BASE_URL = "https://nachrichten.example"
START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
EXTRACTED_OF = 10
"""One page in so many is an article of its own."""


def make_collection(root: Path, length_bytes: int) -> int:
    """A collection with one WARC file of about that length; the number of captures."""
    stories = invent_stories(60, 1)
    site = SampleSite(stories, base_url=BASE_URL)
    pages = [(story.path, site.respond(story.path, "", {}).body) for story in stories]
    captures = written = 0
    with (
        Collection.create(root, SITE, now=lambda: START) as collection,
        collection.lock(),
        collection.begin_crawl(base_url=BASE_URL, versions={}, settings={}, warcinfo={"software": "bench"}) as writer,
    ):
        while written < length_bytes:
            path, page = pages[captures % len(pages)]
            body = gzip.compress(page + f"<!-- {captures} -->".encode(), 6)
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
            )
            stem, _, ending = path.rpartition("-")
            address = f"{stem}-{captures}{ending.lstrip('0123456789')}"
            stored = writer.append(
                Capture(
                    url=BASE_URL + address,
                    started_at=START + timedelta(seconds=captures),
                    sent=f"GET {address} HTTP/1.1\r\nHost: nachrichten.example\r\n\r\n".encode(),
                    received=f"{head}\r\n\r\n".encode() + body,
                    ip_address="127.0.0.1",
                )
            ).result()
            captures += 1
            written += len(body) + 1_000
            if stored is not None and captures % EXTRACTED_OF == 0:
                article = extract(stored, get_site(SITE)).article
                if article is not None and writer.last_revision(article.article_id) is None:
                    writer.write_article(article)
        writer.finish("finished", "finished")
    return captures


def measure_all(root: Path, rounds: int) -> dict[str, Measured]:
    """The median of each check."""
    (warc,) = root.glob("warc/*/*/*/*.warc.gz")
    ours: list[str | Path] = [sys.executable, "-m", "newsarchive", "check", "--archive", root.parent]
    commands: Mapping[str, Command] = {
        "newsarchive check": ours,
        "newsarchive check --deep": [*ours, "--deep"],
        "warcio check": [TOOLS / "warcio", "check", warc],
        "fastwarc check -p": [TOOLS / "fastwarc", "check", "-p", warc],
    }
    times: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(measure([command], may_fail=True))
    return {name: median(measured) for name, measured in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=50, help="size of the WARC file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args()
    if not (TOOLS / "warcio").exists():
        sys.exit("The tools to compare with are missing: make interop-tools")
    with tempfile.TemporaryDirectory(prefix="bench-check-") as directory:
        root = Path(directory, SITE)
        captures = make_collection(root, options.megabytes * 1_000_000)
        length_bytes = next(root.glob("warc/*/*/*/*.warc.gz")).stat().st_size
        measured = measure_all(root, options.rounds)
    ours = measured["newsarchive check"]
    rows = {
        name: {
            **asdict(one),
            "mb_per_s": length_bytes / 1e6 / one.wall_s,
            "ratio": ours.wall_s / one.wall_s,
        }
        for name, one in measured.items()
    }
    if options.json:
        print(json.dumps({"warc_bytes": length_bytes, "captures": captures, "checks": rows}, indent=2))
        return
    title = f"{length_bytes / 1e6:.1f} MB, {captures} captures; ratio: speed beside newsarchive check"
    table = Table("check", "s", "CPU s", "MB/s", "ratio", title=title)
    for name, row in rows.items():
        table.add_row(name, *(f"{row[key]:.2f}" for key in ("wall_s", "cpu_s", "mb_per_s", "ratio")))
    Console().print(table)


if __name__ == "__main__":
    main()
