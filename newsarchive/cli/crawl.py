"""``newsarchive crawl``: archive a site and extract its articles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from newsarchive.cli.options import archive_option
from newsarchive.sites.registry import get_site

if TYPE_CHECKING:
    from newsarchive.crawl.run import CrawlReport
    from newsarchive.crawl.run import Progress as CrawlProgress

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("site")
@click.option("--since", type=_DAY, metavar="DAY", help="First day wanted, as 2026-01-06.")
@click.option("--until", type=_DAY, metavar="DAY", help="Last day wanted; today if not given.")
@click.option("--limit", type=click.IntRange(min=1), help="Fetch at most so many article pages.")
@archive_option
@click.option("--base-url", help="Where the site is, if not at its own address: a copy on this machine, say.")
@click.option(
    "--delay", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Seconds between two requests."
)
@click.option(
    "--contact",
    envvar="NEWSARCHIVE_CONTACT",
    show_envvar=True,
    default="",
    help="Web or e-mail address of whoever is responsible; sent with every request.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def crawl(
    site: str,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    archive: Path,
    base_url: str | None,
    delay: float,
    contact: str,
    as_json: bool,
) -> None:
    """Archive SITE: every exchange into WARC files, every article into a line of JSON.

    Without --since, the feed and the section pages are read: what is new. With it, the feed and the archive pages,
    for what is of these days.
    Articles that the collection knows are not fetched again. Ctrl-C ends the crawl in order.
    """
    from newsarchive.crawl.run import run_crawl

    with progress_line(site) as progress:
        report = run_crawl(
            get_site(site),
            archive,
            base_url=base_url,
            since=since and since.date(),
            until=until and until.date(),
            limit=limit,
            contact=contact,
            delay_s=delay,
            log_to_stderr=progress is None,
            progress=progress,
        )
    if as_json:
        print_report_json(report)
    else:
        print_report(report)
    if report.error is not None:
        raise report.error


@contextmanager
def progress_line(site: str) -> Iterator[Callable[[CrawlProgress], None] | None]:
    """A line on the terminal that follows a crawl; ``None`` where stderr is no terminal and log lines are wanted."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} links"),
        TextColumn("{task.fields[articles]} articles, {task.fields[problems]} problems"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task(site, total=None, articles=0, problems=0)

        def show(progress: CrawlProgress) -> None:
            line.update(
                task,
                completed=progress.settled,
                total=progress.declared,
                articles=progress.extracted,
                problems=progress.problems,
            )

        yield show


def print_report(report: CrawlReport) -> None:
    """The summary for people, on stdout: the funnel of each channel, problems, and where the files are."""
    from newsarchive.reextract.recovery import describe

    console = Console(highlight=False, soft_wrap=True)
    record = report.record
    table = Table(box=None, pad_edge=False, title=f"{record.site}, {record.outcome}", title_justify="left")
    table.add_column("channel")
    columns = {
        "found": "declared",
        "known": "known",
        "fetched": "fetched",
        "articles": "extracted",
        "no article": "no_article",
        "failed": "failed",
        "skipped": "skipped",
    }
    for title in columns:
        table.add_column(title, justify="right")
    for channel in record.funnel:
        table.add_row(channel.channel, *(str(getattr(channel, name)) for name in columns.values()))
    totals = [sum(getattr(channel, name) for channel in record.funnel) for name in columns.values()]
    table.add_row("all", *map(str, totals), style="bold")
    console.print(table)
    problems = ", ".join(f"{code} {count}" for code, count in sorted(record.problems.items()))
    console.print(f"\nproblems   {problems or 'none'}", markup=False)
    if record.articles_file is not None:
        console.print(f"articles   {report.directory / record.articles_file} ({record.articles} lines)", markup=False)
    for warc in record.warcs:
        console.print(f"warc       {report.directory / warc.path} ({_size(warc.length_bytes)})", markup=False)
    console.print(f"log        {report.log}", markup=False)
    for run in report.recovered:
        for sentence in describe(run):
            console.print(f"recovered  {sentence}", markup=False)


def print_report_json(report: CrawlReport) -> None:
    """The report for programs, on stdout: ``directory``, ``log``, ``error`` (or null), the record of the ``run``, and
    what was ``recovered`` of killed ones."""
    from newsarchive.model.serialize import to_document

    error = report.error and {"exit_code": report.error.exit_code, "message": str(report.error)}
    document = {"directory": str(report.directory), "log": str(report.log), "error": error, "run": report.record}
    click.echo(to_document({**document, "recovered": report.recovered}), nl=False)


def _size(length_bytes: int) -> str:
    return f"{length_bytes / 1e6:.1f} MB" if length_bytes >= 100_000 else f"{length_bytes / 1e3:.1f} kB"
