"""How long the reading room takes to answer, over many articles, while a process writes one crawl after the other.

Server and writer are processes of their own. Each page is asked for again and again over one connection, every time
with other words or another article, so that nothing is answered from what was remembered; times are those of the
client, from the request to the last byte, one request at a time. ``ratio`` is that beside a bare route of Starlette
behind the same uvicorn, measured in the same run.

    python -m bench.web [--articles 100000] [--runs 5000] [--requests 60] [--archive DIR] [--quiet] [--json]

``--archive`` takes, or makes and keeps, the collection there: making it takes some minutes, and 2 GB. ``--quiet``
measures without the writer.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest import mock
from urllib.parse import quote, urlencode, urlsplit

from rich.console import Console
from rich.table import Table

from newsarchive.collection.collection import Collection
from newsarchive.collection.onlooker import Onlooker
from tests.manyarticles import SITE, Newsroom, make_collection, word

LIMIT_MS = 100
"""What a page may take at the median."""

_UNTIL = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_NEW_A_RUN = 20
_BARE_BYTES = 20_000
_WARM_UP = 3

_COMMON = ("Gemeinde", "Verwaltung", "Landesregierung", "Menschen", "Frist", "Euro", "Prozent", "Entscheidung")
"""Words that a large part of all articles has."""

BARE = f"""
import contextlib
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

PAGE = "x" * {_BARE_BYTES}

def show(request):
    return HTMLResponse(PAGE)

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(f"http://127.0.0.1:{{self.servers[0].sockets[0].getsockname()[1]}}/", flush=True)

app = Starlette(routes=[Route("/", show)])
with contextlib.suppress(KeyboardInterrupt):
    Server(uvicorn.Config(app, host="127.0.0.1", port=0, http="h11", ws="none", lifespan="off", log_config=None)).run()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One kind of page: how often it was asked for, milliseconds at the median and the 95th percentile, and how many
    times that of the bare route the median is."""

    page: str
    requests: int
    median_ms: float
    p95_ms: float
    largest_bytes: int
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A whole run. ``ready_s``: from the start of the command to its address; ``first_ms``: the first search of a
    server just started; memory is that of the server, in MiB; ``committed``: runs that were written meanwhile."""

    articles: int
    runs: int
    catalog_mib: float
    ready_s: float
    first_ms: float
    at_first_mib: float
    peak_mib: float
    committed: int
    pages: tuple[Measured, ...]


def addresses(articles: tuple[str, ...], told: tuple[str, ...], chance: Random) -> dict[str, Callable[[], str]]:
    """For each page what gives one address after the other, from ids of ``articles``, and of those that were edited."""

    def rare() -> str:
        return word(chance.randrange(200, 20_000))

    def common() -> str:
        return chance.choice(_COMMON)

    def search(**parameters: str) -> str:
        return f"/{SITE}?{urlencode({'lang': 'de', **parameters})}"

    def of_article(article: str, more: str = "") -> str:
        return f"/{SITE}/articles/{quote(article)}{more}"

    def day() -> str:
        return f"{_UNTIL - timedelta(days=chance.randrange(60, 600)):%Y-%m-%d}"

    return {
        "search, a seldom word": lambda: search(q=rare()),
        "search, a common word": lambda: search(q=common(), **{"from": day()}),
        "search, two common words": lambda: search(q=f"{common()} {common()} -{rare()}"),
        "search, a phrase": lambda: search(q=f'"{common()} {common()}" OR "die {common()}" {rare()}'),
        "search, the beginning of a word": lambda: search(q=f"{word(chance.randrange(20, 300))[:5]}*"),
        "search, by time, narrowed": lambda: search(
            q=common(), sort="newest", state=chance.choice(("revised", "silent", "removed")), to=day()
        ),
        "search, without words": lambda: search(**{"from": day()}),
        "search as JSON": lambda: f"/{SITE}/search.json?{urlencode({'q': f'{common()} {rare()}'})}",
        "article": lambda: of_article(chance.choice(articles)),
        "article with revisions": lambda: of_article(chance.choice(told)),
        "history": lambda: of_article(chance.choice(told), "/history"),
        "diff": lambda: of_article(chance.choice(told), "/diff?old=1&new=2"),
        "changes": lambda: f"/{SITE}/changes?{urlencode({'lang': chance.choice(('de', 'en'))})}",
        "overview, 30 days": lambda: f"/{SITE}/overview?{urlencode({'days': 28 + chance.randrange(5)})}",
        "overview, 365 days": lambda: f"/{SITE}/overview?{urlencode({'days': 360 + chance.randrange(10)})}",
    }


def ids(root: Path, revision: int) -> tuple[str, ...]:
    """Ids of articles that have that revision, at most a few thousand from all over the collection."""
    with Onlooker(root) as onlooker, onlooker.look() as view:
        rows = view.catalog.rows("SELECT article_id FROM revisions WHERE revision = ?", revision)
    return tuple(article_id for (article_id,) in rows[:: len(rows) // 3000 + 1])


@contextmanager
def started(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of ours that prints one line when it is ready, ended with SIGINT; and that line."""
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def ask(connection: http.client.HTTPConnection, address: str) -> tuple[float, int]:
    """Milliseconds that the answer took, and its bytes."""
    began = time.perf_counter()
    connection.request("GET", address, headers={"Accept-Language": "de"})
    answer = connection.getresponse()
    length = len(answer.read())
    took_ms = (time.perf_counter() - began) * 1000
    assert answer.status == 200, (answer.status, address)
    return took_ms, length


def measure(base_url: str, address: Callable[[], str], requests: int) -> tuple[list[float], int]:
    """Milliseconds of so many answers, after a few that are not counted; and the bytes of the largest."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=120)
    for _ in range(_WARM_UP):
        ask(connection, address())
    answers = [ask(connection, address()) for _ in range(requests)]
    connection.close()
    return [took_ms for took_ms, _ in answers], max(length for _, length in answers)


def memory_mib(process: subprocess.Popen[str], row: str) -> float:
    """What the kernel says of a process: ``VmRSS`` now, ``VmHWM`` at most."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(row)) / 1024


def write(root: Path) -> None:
    """Commit one run after the other, as fast as it goes, until interrupted."""
    with mock.patch.object(os, "fsync", return_value=None), Collection.open(root) as collection, collection.lock():
        runs = collection.runs()
        # Numbers that no writer before this one has used.
        newsroom = Newsroom(2, first=10**6 * len(runs))
        at = runs[-1].started_at
        print(len(runs), flush=True)
        while True:
            at += timedelta(minutes=10)
            newsroom.write_run(collection, at, _NEW_A_RUN)


def run(options: argparse.Namespace, archive: Path) -> Result:
    """Measure everything over the collection in ``archive``."""
    root = archive / SITE
    with Collection.open(root) as collection:
        articles, _ = collection.count_articles()
    runs = len(list(root.glob("crawls/*.json")))
    pages = addresses(ids(root, 1), ids(root, 2), Random(7))
    began = time.perf_counter()
    with (
        started("-m", "newsarchive", "serve", "--archive", str(archive), "--port", "0") as (server, base_url),
        started("-c", BARE) as (_, bare_url),
    ):
        ready_s = time.perf_counter() - began
        first_ms, _ = ask(http.client.HTTPConnection(urlsplit(base_url).netloc), pages["search, a seldom word"]())
        at_first_mib = memory_mib(server, "VmRSS")
        with started("-m", "bench.web", "--write", str(root)) if not options.quiet else _nobody():
            bare, _ = measure(bare_url, lambda: "/", options.requests)
            measured = []
            for page, address in pages.items():
                took_ms, largest = measure(base_url, address, options.requests)
                median_ms = statistics.median(took_ms)
                measured.append(
                    Measured(
                        page=page,
                        requests=len(took_ms),
                        median_ms=median_ms,
                        p95_ms=statistics.quantiles(took_ms, n=20)[-1],
                        largest_bytes=largest,
                        ratio=median_ms / statistics.median(bare),
                    )
                )
        return Result(
            articles=articles,
            runs=runs,
            catalog_mib=(root / "catalog.sqlite").stat().st_size / 2**20,
            ready_s=ready_s,
            first_ms=first_ms,
            at_first_mib=at_first_mib,
            peak_mib=memory_mib(server, "VmHWM"),
            committed=len(list(root.glob("crawls/*.json"))) - runs,
            pages=tuple(measured),
        )


@contextmanager
def _nobody() -> Iterator[None]:
    yield


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--archive", type=Path, help="where the collection is, or is made and kept")
    parser.add_argument("--quiet", action="store_true", help="nobody writes meanwhile")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        try:
            write(options.write)
        except KeyboardInterrupt:
            return
    with tempfile.TemporaryDirectory() as directory:
        archive = options.archive or Path(directory)
        if not (archive / SITE).is_dir():
            make_collection(archive / SITE, articles=options.articles, runs=options.runs, until=_UNTIL)
        result = run(options, archive)
    if options.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        show(result)


def show(result: Result) -> None:
    """A table for people."""
    table = Table(
        title=f"{result.articles:,} articles of {result.runs:,} runs, {result.committed} runs committed meanwhile"
    )
    for column in ("page", "requests", "median, ms", "95 %, ms", "kB at most", "of the bare route"):
        table.add_column(column, justify="left" if column == "page" else "right")
    for page in result.pages:
        table.add_row(
            page.page,
            str(page.requests),
            f"{page.median_ms:.1f}",
            f"{page.p95_ms:.1f}",
            f"{page.largest_bytes / 1000:.0f}",
            f"{page.ratio:.1f}",
        )
    console = Console(width=120)
    console.print(table)
    console.print(
        f"ready in {result.ready_s:.1f} s, first search {result.first_ms:.0f} ms; {result.at_first_mib:.0f} MiB after "
        f"it, {result.peak_mib:.0f} MiB at most; the catalog has {result.catalog_mib:.0f} MiB"
    )
    slow = [page.page for page in result.pages if page.median_ms > LIMIT_MS]
    console.print(f"over {LIMIT_MS} ms at the median: {'; '.join(slow) or 'none'}")


if __name__ == "__main__":
    main()
