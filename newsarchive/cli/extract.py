"""``newsarchive extract``: extract again from an archive, or from any WARC files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.cli.days import DAY
from newsarchive.cli.findings import FINDINGS
from newsarchive.cli.listing import counted
from newsarchive.cli.options import archive_option
from newsarchive.errors import UsageError

if TYPE_CHECKING:
    from newsarchive.model.finding import Finding
    from newsarchive.reextract.pool import PageLimits

LOST = 3
"""Exit code when articles are lost, so that what was extracted is not in use."""


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="SITE | FILE…")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read pages; one a processor if not given.")
@click.option("--since", type=DAY, metavar="DAY", help="First day of captures to read again, as 2026-01-06.")
@click.option("--until", type=DAY, metavar="DAY", help="Last day of captures to read again.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True, help="Seconds for one page."
)
@click.option("--memory", type=click.IntRange(min=256), default=2048, show_default=True, help="Megabytes for one page.")
@click.option("--site", "site_name", help="With FILE: the site whose readers read every page.")
@click.option("--all", "every", is_flag=True, help="With FILE: every page that reads like an article.")
@archive_option
@click.option("--json", "as_json", is_flag=True, help="With SITE: print the report as JSON.")
@click.pass_context
def extract(
    ctx: click.Context,
    what: tuple[str, ...],
    workers: int | None,
    since: datetime | None,
    until: datetime | None,
    timeout: float,
    memory: int,
    site_name: str | None,
    every: bool,
    archive: Path,
    as_json: bool,
) -> None:
    """Extract again from the archive of SITE, or from WARC files into lines on stdout (- for standard input).

    Of SITE all captures are read, or those of the days given. Where anything is read otherwise than before, that is a
    new generation with a report, in use from then on; otherwise nothing is written. What was interrupted goes on.
    Of a FILE, of whatever program, the articles of its pages are printed as JSON, one a line.
    """
    import os

    from newsarchive.reextract.pool import PageLimits

    limits = PageLimits(workers=workers or os.cpu_count() or 1, timeout_s=timeout, memory_bytes=memory * 1024**2)
    if _are_files(what):
        if not _are_files(what[:1]):
            raise UsageError(message=f"{what[0]} is no file; the site of the files is given as --site {what[0]}.")
        if since or until or as_json:
            raise UsageError(message="--since, --until and --json are for a site, not for WARC files.")
        _extract_files(ctx, what, limits, site_name=site_name, every=every)
        return
    if len(what) > 1 or site_name or every:
        raise UsageError(message="Give one site, or WARC files; --site and --all are for WARC files.")
    if since and until and since > until:
        raise UsageError(message=f"--since {since.date()} lies after --until {until.date()}.")
    _extract_site(ctx, what[0], limits, since=since, until=until, archive=archive, as_json=as_json)


def _are_files(what: tuple[str, ...]) -> bool:
    return any(name == "-" or "." in name or "/" in name or Path(name).is_file() for name in what)


def _extract_site(
    ctx: click.Context,
    name: str,
    limits: PageLimits,
    *,
    since: datetime | None,
    until: datetime | None,
    archive: Path,
    as_json: bool,
) -> None:
    from newsarchive.collection.collection import Collection
    from newsarchive.model.serialize import to_document
    from newsarchive.reextract.local import Scope, extract_again
    from newsarchive.reextract.report import print_report
    from newsarchive.sites.registry import get_site

    scope = Scope(since=since and since.date(), until=until and until.date())
    with Collection.open(archive / get_site(name).name) as collection, progress_bar(name) as progress:
        report = extract_again(collection, get_site(name), limits=limits, scope=scope, progress=progress)
    if as_json:
        click.echo(to_document(report), nl=False)
    else:
        click.echo("\n".join(print_report(report)))
    if report.lost:
        click.echo(
            f"newsarchive: generation {report.generation} is not in use, since articles are lost in it; "
            f"“newsarchive generations use {name} {report.generation}” takes it all the same.",
            err=True,
        )
        ctx.exit(LOST)


def _extract_files(
    ctx: click.Context, names: tuple[str, ...], limits: PageLimits, *, site_name: str | None, every: bool
) -> None:
    from newsarchive.reextract.shard import Tally, extract_warc, spooled
    from newsarchive.sites.registry import get_site

    site = get_site(site_name) if site_name else None
    tally = Tally()
    damage = 0

    def report(finding: Finding) -> None:
        nonlocal damage
        damage += finding.severity == "error"
        report_finding(finding)

    out = sys.stdout.buffer
    for name in names:
        with spooled(name, sys.stdin.buffer) as path:
            shown = "stdin" if name == "-" else Path(name).name
            for line in extract_warc(path, shown, site, limits, report=report, tally=tally, every=every):
                out.write(line)
    out.flush()
    reasons = ", ".join(f"{code} {count}" for code, count in sorted(tally.reasons.items()))
    found = f"{counted(tally.articles, 'article')} of {counted(tally.captures, 'capture')}"
    click.echo(f"newsarchive: {found}{f'; none: {reasons}' if reasons else ''}", err=True)
    if damage:
        ctx.exit(FINDINGS)


def report_finding(finding: Finding) -> None:
    """Say on stderr what is odd about a WARC file of others, where it matters."""
    if finding.severity != "note":
        click.echo(f"{finding.severity} {finding.code}: {finding.where}: {finding.message}", err=True)


@contextmanager
def progress_bar(site: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on the terminal, told (captures read, captures there are); ``None`` where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("captures"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(site, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
