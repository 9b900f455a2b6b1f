"""``newsarchive check``: read everything again and say what is wrong."""

from __future__ import annotations

from pathlib import Path

import click

from newsarchive.cli.findings import FINDINGS, print_findings, summed
from newsarchive.cli.lookup import directory_of
from newsarchive.cli.options import archive_option, json_option
from newsarchive.cli.progress import bytes_bar
from newsarchive.errors import NotACollection


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
        return [directory_of(archive, site)]
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

    read = 0
    with bytes_bar(directory.name) as show:

        def progress(done: int, total: int) -> None:
            nonlocal read
            read = done
            show(done, total)

        findings = check_collection(directory, deep=deep, progress=progress)
        severities = print_findings(findings, directory.name, as_json=as_json)
    kind = "deep check" if deep else "check"
    click.echo(f"{directory.name}: {kind} of {read / 1e6:,.1f} MB: {summed(severities)}", err=as_json)
    return severities["error"]
