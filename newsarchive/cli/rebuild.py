"""``newsarchive rebuild``: make again what is derived."""

from __future__ import annotations

from pathlib import Path

import click

from newsarchive.cli.options import archive_option


@click.command()
@click.argument("site")
@archive_option
def rebuild(site: str, archive: Path) -> None:
    """Make the catalog and the indexes of SITE again, from its WARC files, lines and crawl records.

    What is there stays in use until the new one is whole.
    """
    from newsarchive.collection.collection import Collection
    from newsarchive.sites.registry import get_site

    with Collection.open(archive / get_site(site).name) as collection:
        collection.rebuild()
        runs = collection.runs()
        click.echo(
            f"{collection.root}: catalog and indexes made again from {len(runs)} runs with "
            f"{sum(len(run.warcs) for run in runs)} WARC files."
        )
