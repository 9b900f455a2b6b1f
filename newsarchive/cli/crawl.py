"""``newsarchive crawl``: archive a site and extract its articles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from newsarchive.cli.days import DAY
from newsarchive.cli.listing import percent
from newsarchive.cli.options import (
    SettingOption,
    archive_option,
    contact_option,
    is_given,
    log_format_option,
    metrics_option,
    settings_of,
)
from newsarchive.cli.talk import say
from newsarchive.config.tables import MAX_DELAY_S
from newsarchive.errors import Interrupted, NewsarchiveError, StorageFailed, UsageError

if TYPE_CHECKING:
    from newsarchive.crawl.run import CrawlReport
    from newsarchive.crawl.run import Progress as CrawlProgress
    from newsarchive.log_lines import LogLines
    from newsarchive.model.crawl import CrawlRun, Funnel


@click.command()
@click.argument("site")
@click.option("--since", type=DAY, metavar="DAY", help="First day wanted, as 2026-01-06.")
@click.option("--until", type=DAY, metavar="DAY", help="Last day wanted; today if not given.")
@click.option(
    "--limit",
    cls=SettingOption,
    setting="crawl.limit",
    type=click.IntRange(min=1),
    help="Fetch at most so many article pages.",
)
@click.option("--no-recrawl", is_flag=True, help="Look at no known article again.")
@click.option("--recrawl-due", is_flag=True, help="Look only at known articles that are due.")
@click.option(
    "--follow-links/--no-follow-links",
    cls=SettingOption,
    setting="crawl.follow_links",
    help="Follow the links inside articles, too.",
)
@click.option(
    "--with-images/--no-images",
    cls=SettingOption,
    setting="crawl.with_images",
    help="Archive the pictures of articles, too.",
)
@click.option("--again", is_flag=True, help="With --since: ask for listings of past days that the archive holds.")
@archive_option
@click.option("--base-url", help="Where the site is, if not at its own address: a copy on this machine, say.")
@click.option(
    "--delay",
    cls=SettingOption,
    setting="crawl.delay_s",
    type=click.FloatRange(min=0, max=MAX_DELAY_S),
    default=1.0,
    show_default=True,
    help="Seconds between two requests.",
)
@contact_option
@metrics_option
@log_format_option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def crawl(
    ctx: click.Context,
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
    metrics: Path | None,
    log_format: LogLines,
    as_json: bool,
) -> None:
    """Archive SITE: every exchange into WARC files, every article into a line of JSON.

    Without --since, the feed and the section pages are read for what is new, and known articles that are due are
    looked at again. With it, the feed and the archive pages are read, newest day first, for what is of these days.
    Ctrl-C ends the crawl in order; the next one goes on from there.
    """
    from newsarchive.config.sites import check_sites, configured_site
    from newsarchive.crawl.run import run_crawl

    if no_recrawl and recrawl_due:
        raise UsageError(message="--no-recrawl and --recrawl-due exclude each other.")
    settings = settings_of(ctx)
    check_sites(settings)
    wanted = configured_site(settings, site)
    # Whoever says how lines are to look wants lines.
    in_lines = log_format == "json" or is_given(ctx, "log_format")
    with (
        nullcontext() if in_lines else progress_line(site) as progress,
        _metered(wanted.name, metrics, archive) as meter,
    ):
        report = run_crawl(
            wanted,
            archive,
            base_url=base_url or settings.site(site).base_url,
            since=since and since.date(),
            until=until and until.date(),
            limit=limit,
            recrawl="no" if no_recrawl else "only" if recrawl_due else None,
            follow_links=follow_links,
            with_images=with_images,
            again=again,
            contact=contact,
            delay_s=delay,
            log_format=log_format,
            log_to_stderr=progress is None,
            progress=progress,
        )
        meter.record = report.record
        meter.exit_code = report.error.exit_code if report.error else 0
    if as_json:
        print_report_json(report)
    else:
        print_report(report)
    if report.error is not None:
        raise report.error


@dataclass(slots=True)
class _Meter:
    """What the metrics are told of a crawl."""

    record: CrawlRun | None = None
    exit_code: int = NewsarchiveError.exit_code


@contextmanager
def _metered(site: str, metrics: Path | None, archive: Path) -> Iterator[_Meter]:
    """Leave metrics of the crawl inside, however it ends; where they cannot be written, that is said and no more."""
    meter = _Meter()
    started_at = datetime.now(UTC)
    try:
        yield meter
    except NewsarchiveError as error:
        meter.exit_code = error.exit_code
        raise
    except KeyboardInterrupt:
        meter.exit_code = Interrupted.exit_code
        raise
    finally:
        if metrics is not None:
            from newsarchive.operation.metrics import CrawlEnd, record_crawl

            end = CrawlEnd(
                site=site,
                started_at=started_at,
                ended_at=datetime.now(UTC),
                exit_code=meter.exit_code,
                record=meter.record,
            )
            try:
                record_crawl(metrics, end, archive / site)
            except StorageFailed as error:
                say(click.get_current_context(), f"no metrics: {error}", "metrics-not-written", level="warning")


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
    console.print(f"\ncomplete   {'nothing was declared' if share is None else f'{percent(share)} of what was wanted'}")
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
