"""``newsarchive status``: how the archive stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.cli.listing import percent
from newsarchive.cli.lookup import directories_of
from newsarchive.cli.options import archive_option, json_option, settings_of
from newsarchive.errors import NotACollection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsarchive.operation.status import RunLine, SiteStatus

TROUBLE = 3
"""Exit code when the last run of a site failed or found something."""


@click.command()
@click.argument("site", required=False)
@archive_option
@json_option
@click.pass_context
def status(ctx: click.Context, site: str | None, archive: Path, as_json: bool) -> None:
    """Say how the collection of SITE stands, of every site if none is named: runs, articles, what is wrong.

    Exit code 3 when the last run of a site failed or found something, 0 otherwise.
    """
    from newsarchive.model.serialize import to_line
    from newsarchive.operation.status import read_status

    schedule = settings_of(ctx).table.schedule
    now = datetime.now(UTC)
    if not archive.is_dir():
        # Said as an error: a path that is mistyped must not keep a monitor content.
        raise NotACollection(path=archive, reason="there is no such directory")
    directories = directories_of(archive, site)
    if not directories:
        click.echo(f"newsarchive: no collections in {archive}", err=True)
    trouble = False
    for directory in directories:
        every = schedule.every if directory.name in schedule.sites else None
        found = read_status(directory, every=every, now=now)
        trouble |= found.has_trouble
        if as_json:
            click.echo(to_line({**_fields(found), "directory": str(found.directory)}), nl=False)
        else:
            click.echo("\n".join(_lines(found, now)) + "\n")
    if trouble:
        ctx.exit(TROUBLE)


def _fields(found: SiteStatus) -> dict[str, object]:
    from dataclasses import fields

    return {field.name: getattr(found, field.name) for field in fields(found)}


def _lines(found: SiteStatus, now: datetime) -> Iterator[str]:
    yield click.style(found.site, bold=True) + f"  {found.directory}"
    yield f"  now         {'a crawl is under way' if found.is_running else 'no crawl is under way'}"
    yield f"  last good   {_ago(found.last_success_at, now) if found.last_success_at else 'never'}"
    if found.next_due_at is not None:
        yield f"  next due    {_at(found.next_due_at)}{' (now)' if found.next_due_at <= now else ''}"
    if found.articles is not None:
        yield f"  articles    {found.articles:,}, in {found.revisions:,} revisions"
    else:
        yield "  articles    the catalog is being made; ask again later"
    yield f"  disk        {found.free_bytes / 1e9:,.1f} GB free"
    if found.waiting:
        yield f"  killed      {', '.join(found.waiting)}: the next crawl recovers what they left"
    for finding in found.findings:
        yield click.style(f"  ! {finding.code}: {finding.message}", fg="red")
        yield f"    → {finding.remedy}"
    if found.runs:
        yield "  last runs"
        yield from (f"    {_run(run)}" for run in found.runs)
    if found.days:
        yield "  last days   links of the channels that are collected, of those declared"
        for day in found.days:
            yield f"    {day.day}  {day.collected:,} of {day.declared:,}"


def _run(run: RunLine) -> str:
    share = "" if run.completeness is None else f", {percent(run.completeness)} complete"
    findings = f": {', '.join(run.findings)}" if run.findings else ""
    return (
        f"{_at(run.started_at)}  {run.outcome}{findings}, {run.articles} new, {run.revised} changed, "
        f"{run.captures} captures in {_span(run.duration_s)}{share}"
    )


def _at(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _ago(at: datetime, now: datetime) -> str:
    return f"{_at(at)}, {_span((now - at).total_seconds())} ago"


def _span(seconds: float) -> str:
    """In the two largest units."""
    left = max(int(seconds), 0)
    for size, unit, smaller, letter in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "m"), (60, "m", 1, "s")):
        if left >= size:
            return f"{left // size}{unit}{left % size // smaller}{letter}"
    return f"{left}s"
