"""``newsarchive export``: articles for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click

from newsarchive.cli.listing import counted
from newsarchive.cli.options import archive_option

# Spelled here too, so that the help need not load what writes them; a test compares the two.
FORMATS = ("jsonl", "parquet", "hf", "tei", "text", "wet")


@click.command()
@click.argument("format", type=click.Choice(FORMATS))
@click.argument("selection")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--duplicates", is_flag=True, help="Group near-duplicates and mark them in duplicates.jsonl.")
@archive_option
@click.option("--json", "as_json", is_flag=True, help="Print the data statement.")
def export(
    format: Literal["jsonl", "parquet", "hf", "tei", "text", "wet"],
    selection: str,
    out: Path,
    duplicates: bool,
    archive: Path,
    as_json: bool,
) -> None:
    """Export the articles of SELECTION into the directory OUT, with a data statement.

    SELECTION is one argument: terms like tagesschau kind:article published:2026-01..2026-03 tag:deich revision:all
    rights:drop-expired. docs/export.md explains them. An export that is there already is brought up to date.
    """
    from newsarchive.export.archive import Archive
    from newsarchive.export.export import export as write_export
    from newsarchive.export.selection import Selection

    chosen = Selection.parse(selection)
    with Archive.open(archive) as opened, _progress() as progress:
        done = write_export(format, chosen, opened, out, duplicates=duplicates, progress=progress)
    if as_json:
        from newsarchive.model.serialize import to_line

        click.echo(to_line(done.statement), nl=False)
    total = sum(site.tally.rows for site in done.statement.sites)
    outcome = {
        "new": counted(total, "article"),
        "grown": f"{counted(done.added, 'article')} added, {total:,} now",
        "anew": f"{counted(total, 'article')}, written anew: {done.reason}",
        "unchanged": f"{counted(total, 'article')}, nothing new",
    }[done.outcome]
    click.echo(f"newsarchive: {out}: {outcome}; {done.statement.selection}", err=True)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A count on the terminal; nothing where stderr is none."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,.0f} articles"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done: bar.update(task, completed=done)
