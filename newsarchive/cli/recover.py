"""``newsarchive recover``: bring back what killed crawls left."""

from __future__ import annotations

from pathlib import Path

import click

from newsarchive.cli.options import archive_option


@click.command()
@click.argument("site", required=False)
@archive_option
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON, one object a run.")
def recover(site: str | None, archive: Path, as_json: bool) -> None:
    """Bring back what killed crawls of SITE left, of every site in the archive if none is named.

    The whole records are kept and sealed, what was captured and not read is extracted, and the run is committed. What
    is cut off is kept beside the file it was cut off. The next crawl does the same by itself before it begins.
    """
    from newsarchive.collection.collection import Collection, find_collections
    from newsarchive.model.serialize import to_line
    from newsarchive.reextract.recovery import describe
    from newsarchive.reextract.recovery import recover as recover_collection
    from newsarchive.sites.registry import get_site

    directories = [archive / get_site(site).name] if site else list(find_collections(archive))
    for directory in directories:
        with Collection.open(directory) as collection, collection.lock():
            recovered = recover_collection(collection, get_site(collection.site), everywhere=True)
            for run in recovered:
                click.echo(to_line(run) if as_json else "\n".join((*describe(run), "")), nl=False)
            if not recovered and not as_json:
                click.echo(f"{directory}: nothing to recover.")
            # Asking for the index brings it up to date.
            _ = collection.index
    if not directories:
        click.echo(f"{archive} holds no collection, so there is nothing to recover.", err=True)
