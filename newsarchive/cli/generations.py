"""``newsarchive generations``: look at what extractions gave, and go over to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.cli.listing import print_listing
from newsarchive.cli.options import archive_option, json_option

if TYPE_CHECKING:
    from newsarchive.collection.layout import Layout

_COLUMNS = ("number", "in_use", "made_at", "reason", "base", "newsarchive", "articles", "revisions", "sightings")


@click.group()
def generations() -> None:
    """Look at what extractions gave, and go over to another."""


@generations.command(name="list")
@click.argument("site")
@archive_option
@json_option
def list_generations(site: str, archive: Path, as_json: bool) -> None:
    """List the generations of SITE: readings of all its captures, one of them in use."""
    from newsarchive.collection.layout import Layout
    from newsarchive.sites.registry import get_site

    print_listing(_rows(Layout.in_use(archive / get_site(site).name)), _COLUMNS, as_json=as_json)


@generations.command()
@click.argument("site")
@click.argument("number", type=click.IntRange(min=1))
@archive_option
@json_option
def show(site: str, number: int, archive: Path, as_json: bool) -> None:
    """Show how generation NUMBER of SITE differs from the one it was made of."""
    from newsarchive.collection.generations import at_generation
    from newsarchive.collection.layout import Layout
    from newsarchive.sites.registry import get_site

    layout = at_generation(Layout(archive / get_site(site).name), number)
    path = layout.home / ("report.json" if as_json else "report.txt")
    if layout.generation == 1:
        click.echo("Generation 1 is what crawls read; there is nothing it differs from.", err=True)
    elif not path.exists():
        click.echo(f"{path} is not there.", err=True)
    else:
        click.echo(path.read_text(encoding="utf-8"), nl=False)


@generations.command()
@click.argument("site")
@click.argument("number", type=click.IntRange(min=1))
@archive_option
def use(site: str, number: int, archive: Path) -> None:
    """Make generation NUMBER of SITE the one that is in use. Nothing is deleted.

    What was crawled since is read into it first, by this version of the program.
    """
    from newsarchive.collection.collection import Collection
    from newsarchive.reextract.going_back import use_generation
    from newsarchive.sites.registry import get_site

    with Collection.open(archive / get_site(site).name) as collection, collection.lock():
        switch = use_generation(collection, get_site(site), number)
        read = f"; {switch.runs} later runs were read into it, {switch.articles} revisions" if switch.runs else ""
        click.echo(f"{collection.root}: generation {switch.number} is in use, it was {switch.before}{read}.")


def _rows(layout: Layout) -> Iterator[dict[str, object]]:
    from newsarchive.collection.collection import Collection
    from newsarchive.collection.generations import at_generation, numbers, read_generation

    for number in numbers(layout):
        made = read_generation(at_generation(layout, number))
        row: dict[str, object] = {"number": number, "in_use": number == layout.generation}
        if made is not None:
            row |= {"made_at": made.made_at, "reason": made.reason, "base": made.base}
            row |= {"newsarchive": made.versions.get("newsarchive"), "articles": made.articles}
            row |= {"revisions": made.revisions, "sightings": made.sightings, "program": str(made.program)}
            row |= {"since": made.since and made.since.isoformat(), "until": made.until and made.until.isoformat()}
        else:
            with Collection.open(layout.root) as collection:
                row |= {"made_at": collection.created_at, "reason": "crawled"}
        yield dict.fromkeys(_COLUMNS) | row
