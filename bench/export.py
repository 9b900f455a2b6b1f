"""How fast articles are exported, and in how much memory: each format, beside others that convert the same lines.

The archive is made of articles of the sample site, under ids of their own, written in runs of a thousand. Beside the
formats: ``sha256sum`` of the article lines, DuckDB and Polars turning the same lines into Parquet. Each is a process of
its own, start-up included; speeds are by CPU time, ``ratio`` is that beside ``sha256sum``, ``peak_mb`` the most memory
that the process had.
``--half`` measures half as many articles too: memory that does not grow is flat.

    python -m bench.export [--articles 100000] [--half] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newsarchive.collection.collection import Collection
from newsarchive.collection.layout import Layout, articles_name, run_id
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import to_document, to_line
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site

SITE = "tagesschau"
BASE_URL = "https://nachrichten.example"
START = datetime(2025, 1, 1, 6, 0, tzinfo=UTC)
RUN_ARTICLES = 1_000

DUCKDB = """
import duckdb, sys
duckdb.sql(f"COPY (FROM read_json('{sys.argv[1]}/articles/*/*/*/*.jsonl', format = 'newline_delimited')) "
    f"TO '{sys.argv[2]}.parquet' (FORMAT parquet, COMPRESSION zstd)")
"""
POLARS = """
import polars, sys
polars.scan_ndjson(f"{sys.argv[1]}/articles/*/*/*/*.jsonl", infer_schema_length=None).sink_parquet(
    f"{sys.argv[2]}.parquet", compression="zstd")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One process: seconds on the clock and of CPU, most memory in use, its exit code."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    exit_code: int


def invented() -> list[Article]:
    """The articles of a small sample site."""
    stories = invent_stories(60, 1)
    site = SampleSite(stories, base_url=BASE_URL)
    found = []
    for story in stories:
        page = site.respond(story.path, "", {}).body
        ref = CaptureRef(
            record_id="<urn:uuid:00000000-0000-4000-8000-000000000000>",
            warc="warc/2025/01/01/bench.warc.gz",
            offset=0,
            length=len(page),
            captured_at=START,
            status=200,
            payload_digest=Digest.of(page),
        )
        stored = StoredCapture(
            ref=ref,
            url=BASE_URL + story.path,
            record_type="response",
            content_type="text/html",
            headers=(("Content-Type", "text/html; charset=utf-8"),),
            payload=page,
        )
        article = extract(stored, get_site(SITE)).article
        if article is not None:
            found.append(article)
    return found


def make_archive(root: Path, count: int) -> int:
    """A collection with ``count`` articles and no captures; the bytes of its article lines."""
    with Collection.create(root / SITE, SITE, now=lambda: START):
        layout = Layout(root / SITE)
    layout.crawls.mkdir()
    models = invented()
    written = 0
    for first in range(0, count, RUN_ARTICLES):
        began = START + timedelta(hours=6 * (first // RUN_ARTICLES))
        run = run_id(began, f"{first // RUN_ARTICLES:04x}")
        name = articles_name(run, began)
        path = layout.locate(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for number in range(first, min(first + RUN_ARTICLES, count)):
                model = models[number % len(models)]
                at = began + timedelta(seconds=number - first)
                capture = replace(model.capture, captured_at=at, record_id=f"<urn:uuid:{number:032x}>")
                text = f"Meldung {number}.\n\n{model.text}"
                article = replace(model, article_id=f"meldung-{number}", text=text, capture=capture)
                written += file.write(to_line(article))
        record = CrawlRun(
            run=run,
            site=SITE,
            base_url=BASE_URL,
            started_at=began,
            ended_at=began + timedelta(hours=1),
            outcome="finished",
            reason="finished",
            versions={},
            settings={},
            warcs=(),
            articles_file=name,
            captures=0,
            articles=min(RUN_ARTICLES, count - first),
            problems={},
            funnel=(),
        )
        layout.crawl(run).write_bytes(to_document(record))
    with Collection.open(root / SITE) as collection:
        collection.rebuild()
    return written


def measure(command: Sequence[str | Path]) -> Measured:
    """Run one process to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    exit_code = os.waitstatus_to_exitcode(status)
    process.returncode = exit_code
    said = process.stderr.read().decode() if process.stderr is not None else ""
    if exit_code:
        print(said[-500:], file=sys.stderr)
    return Measured(
        wall_s=wall_s, cpu_s=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss / 1024, exit_code=exit_code
    )


def measure_all(count: int) -> tuple[int, dict[str, Measured]]:
    """(bytes of the article lines, what each process took)."""
    with tempfile.TemporaryDirectory(prefix="bench-export-") as directory:
        root, out = Path(directory, "archive"), Path(directory, "out")
        out.mkdir()
        # In a process of its own: a child begins with the memory of the process that starts it.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as maker:
            length_bytes = maker.submit(make_archive, root, count).result()
        lines = f"{root / SITE}/articles/*/*/*/*.jsonl"
        ours = [sys.executable, "-m", "newsarchive", "export"]
        commands: Mapping[str, Sequence[str | Path]] = {
            "sha256sum": ["sh", "-c", f"cat {lines} | sha256sum"],
            **{
                f"export {kind}": [*ours, kind, "revision:all", out / kind, "--archive", root]
                for kind in ("jsonl", "parquet", "hf", "wet", "text", "tei")
            },
            "export jsonl, latest": [*ours, "jsonl", "", out / "latest", "--archive", root],
            "export jsonl, --duplicates": [
                *(*ours, "jsonl", "revision:all", out / "duplicates", "--archive", root, "--duplicates"),
            ],
            "export parquet, nothing new": [*ours, "parquet", "revision:all", out / "parquet", "--archive", root],
            "duckdb, lines to parquet": [sys.executable, "-c", DUCKDB, root / SITE, out / "duckdb"],
            "polars, lines to parquet": [sys.executable, "-c", POLARS, root / SITE, out / "polars"],
        }
        return length_bytes, {name: measure(command) for name, command in commands.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--half", action="store_true", help="measure half as many articles too")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args()
    counts = [options.articles // 2, options.articles] if options.half else [options.articles]
    results = []
    for count in counts:
        length_bytes, measured = measure_all(count)
        base = measured["sha256sum"]
        rows = {
            name: {
                **asdict(one),
                "articles_per_cpu_s": count / one.cpu_s,
                "mb_per_cpu_s": length_bytes / 1e6 / one.cpu_s,
                "ratio": base.cpu_s / one.cpu_s,
            }
            for name, one in measured.items()
        }
        results.append({"articles": count, "line_bytes": length_bytes, "processes": rows})
        if not options.json:
            title = f"{count:,} articles, {length_bytes / 1e6:,.0f} MB of lines; ratio: speed beside sha256sum"
            table = Table("process", "s", "CPU s", "articles/CPU s", "MB/CPU s", "ratio", "peak MB", title=title)
            for name, row in rows.items():
                cells = (
                    row["wall_s"],
                    row["cpu_s"],
                    row["articles_per_cpu_s"],
                    row["mb_per_cpu_s"],
                    row["ratio"],
                    row["peak_mb"],
                )
                table.add_row(name, *(f"{cell:,.2f}" if cell < 100 else f"{cell:,.0f}" for cell in cells))
            Console().print(table)
    if options.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
