"""``newsarchive check``: read everything again and say what is wrong."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.cli.options import archive_option, json_option
from newsarchive.errors import NotACollection

if TYPE_CHECKING:
    from newsarchive.model.finding import Finding

FINDINGS = 3
"""Exit code when a check finds errors; warnings and notes alone do not count."""

_SHOWN = 20
"""So many findings of one code are shown to people; programs get all."""

_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}


@click.command()
@click.argument("site", required=False)
@click.option("--deep", is_flag=True, help="Take every digest anew and extract every article again; slower.")
@archive_option
@json_option
@click.pass_context
def check(ctx: click.Context, site: str | None, deep: bool, archive: Path, as_json: bool) -> None:
    """Read all that is archived of SITE, or of all sites, and say what is wrong.

    Nothing is changed, and a crawl may run meanwhile. Exit code 3 when there are errors, 0 when there are none.
    docs/findings.md explains each code.
    """
    errors = 0
    for directory in _directories(archive, site):
        errors += _check(directory, deep=deep, as_json=as_json)
    if errors:
        ctx.exit(FINDINGS)


def _directories(archive: Path, site: str | None) -> list[Path]:
    from newsarchive.collection.layout import Layout

    if site is not None:
        return [archive / site]
    # One that has lost its collection.json is the first that should be looked at.
    found = [
        path
        for path in (sorted(archive.iterdir()) if archive.is_dir() else [])
        if any(part.exists() for part in (Layout(path).descriptor, Layout(path).crawls, Layout(path).warcs))
    ]
    if not found:
        raise NotACollection(path=archive, reason="there is no collection in it")
    return found


def _check(directory: Path, *, deep: bool, as_json: bool) -> int:
    """Check one collection and print what is found; the number of errors."""
    from newsarchive.checks.check import check as check_collection

    codes: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    read = 0
    with _progress_bar(directory.name) as show:

        def progress(done: int, total: int) -> None:
            nonlocal read
            read = done
            show(done, total)

        for finding in check_collection(directory, deep=deep, progress=progress):
            codes[finding.code] += 1
            severities[finding.severity] += 1
            if as_json:
                _print_json(directory.name, finding)
            elif codes[finding.code] <= _SHOWN:
                _print(directory.name, finding)
    for code, count in codes.items():
        if count > _SHOWN and not as_json:
            click.echo(f"{count - _SHOWN} more of {code}; --json lists them all.\n")
    counts = ", ".join(f"{severities[name]} {name}s" for name in ("error", "warning", "note") if severities[name])
    kind = "deep check" if deep else "check"
    click.echo(f"{directory.name}: {kind} of {read / 1e6:,.1f} MB: {counts or 'nothing wrong'}", err=as_json)
    return severities["error"]


def _print(site: str, finding: Finding) -> None:
    severity = click.style(finding.severity, fg=_COLOURS[finding.severity], bold=True)
    # click takes the colours out again where stdout is no terminal.
    click.echo(f"{severity} {finding.code}: {site}/{finding.where}\n  {finding.message}\n  → {finding.remedy}\n")


def _print_json(site: str, finding: Finding) -> None:
    from newsarchive.model.serialize import to_line

    fields = ("severity", "code", "where", "message", "remedy")
    click.echo(to_line({"site": site, **{name: getattr(finding, name) for name in fields}}), nl=False)


@contextmanager
def _progress_bar(site: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal, told (bytes read, bytes to read); nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    # Findings go through the bar only where both are on the terminal, never when stdout is a file.
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(site, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
