"""``newsarchive crawl``: archive a site and extract its articles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from newsarchive.cli.days import DAY
from newsarchive.cli.options import archive_option
from newsarchive.errors import UsageError
from newsarchive.sites.registry import get_site

if TYPE_CHECKING:
    from newsarchive.crawl.run import CrawlReport
    from newsarchive.crawl.run import Progress as CrawlProgress
    from newsarchive.model.crawl import Funnel


@click.command()
@click.argument("site")
@click.option("--since", type=DAY, metavar="DAY", help="First day wanted, as 2026-01-06.")
@click.option("--until", type=DAY, metavar="DAY", help="Last day wanted; today if not given.")
@click.option("--limit", type=click.IntRange(min=1), help="Fetch at most so many article pages.")
@click.option("--no-recrawl", is_flag=True, help="Look at no known article again.")
@click.option("--recrawl-due", is_flag=True, help="Look only at known articles that are due.")
@click.option("--follow-links", is_flag=True, help="Follow the links inside articles, too.")
@click.option("--with-images", is_flag=True, help="Archive the pictures of articles, too.")
@click.option("--again", is_flag=True, help="With --since: ask for listings of past days that the archive holds.")
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
    no_recrawl: bool,
    recrawl_due: bool,
    follow_links: bool,
    with_images: bool,
    again: bool,
    archive: Path,
    base_url: str | None,
    delay: float,
    contact: str,
    as_json: bool,
) -> None:
    """Archive SITE: every exchange into WARC files, every article into a line of JSON.

    Without --since, the feed and the section pages are read for what is new, and known articles that are due are
    looked at again. With it, the feed and the archive pages are read, newest day first, for what is of these days.
    Ctrl-C ends the crawl in order; the next one goes on from there.
    """
    from newsarchive.crawl.run import run_crawl

    if no_recrawl and recrawl_due:
        raise UsageError(message="--no-recrawl and --recrawl-due exclude each other.")
    with progress_line(site) as progress:
        report = run_crawl(
            get_site(site),
            archive,
            base_url=base_url,
            since=since and since.date(),
            until=until and until.date(),
            limit=limit,
            recrawl="no" if no_recrawl else "only" if recrawl_due else None,
            follow_links=follow_links,
            with_images=with_images,
            again=again,
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
    from newsarchive.operation.history import completeness
    from newsarchive.reextract.recovery import describe

    console = Console(highlight=False, soft_wrap=True)
    record = report.record
    table = Table(box=None, pad_edge=False, title=f"{record.site}, {record.outcome}", title_justify="left")
    table.add_column("channel")
    columns = {
        "found": "declared",
        "known": "known",
        "fetched": "fetched",
        "not modified": "not_modified",
        "articles": "extracted",
        "no article": "no_article",
        "gone": "gone",
        "failed": "failed",
        "skipped": "skipped",
    }
    for title in columns:
        table.add_column(title, justify="right")
    for name in dict.fromkeys(account.channel for account in record.funnel):
        table.add_row(name, *_totals([account for account in record.funnel if account.channel == name], columns))
    table.add_row("all", *_totals(record.funnel, columns), style="bold")
    console.print(table)
    share = completeness(record.funnel)
    console.print(f"\ncomplete   {'nothing was declared' if share is None else f'{share:.1%} of what was wanted'}")
    console.print(f"revisions  {record.revised} changed, {record.removed} removed, {record.returned} returned")
    problems = ", ".join(f"{code} {count}" for code, count in sorted(record.problems.items()))
    console.print(f"problems   {problems or 'none'}", markup=False)
    for finding in record.findings:
        console.print(f"{finding.severity:<10} {finding.code} ({finding.where}): {finding.message}", markup=False)
    if record.articles_file is not None:
        console.print(f"articles   {report.directory / record.articles_file} ({record.articles} lines)", markup=False)
    for warc in record.warcs:
        console.print(f"warc       {report.directory / warc.path} ({_size(warc.length_bytes)})", markup=False)
    console.print(f"log        {report.log}", markup=False)
    for run in report.recovered:
        for sentence in describe(run):
            console.print(f"recovered  {sentence}", markup=False)


def _totals(accounts: Sequence[Funnel], columns: Mapping[str, str]) -> Iterator[str]:
    return (str(sum(getattr(account, name) for account in accounts)) for name in columns.values())


def print_report_json(report: CrawlReport) -> None:
    """The report for programs, on stdout: ``directory``, ``log``, ``error`` (or null), ``completeness`` (0 to 1, or
    null), the record of the ``run``, and what was ``recovered`` of killed ones."""
    from newsarchive.model.serialize import to_document
    from newsarchive.operation.history import completeness

    error = report.error and {"exit_code": report.error.exit_code, "message": str(report.error)}
    document = {
        "directory": str(report.directory),
        "log": str(report.log),
        "error": error,
        "completeness": completeness(report.record.funnel),
        "run": report.record,
        "recovered": report.recovered,
    }
    click.echo(to_document(document), nl=False)


def _size(length_bytes: int) -> str:
    return f"{length_bytes / 1e6:.1f} MB" if length_bytes >= 100_000 else f"{length_bytes / 1e3:.1f} kB"
