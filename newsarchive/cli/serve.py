"""``newsarchive serve``: open the reading room."""

from __future__ import annotations

from pathlib import Path

import click

from newsarchive.cli.options import archive_option, settings_of
from newsarchive.errors import NotACollection, UsageError

DEFAULT_PORT = 8321
"""Where the reading room is found; the stage is at the next port."""


@click.command()
@archive_option
@click.option(
    "--port",
    type=click.IntRange(0, 65_534),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port of the reading room; the next one is taken too, for archived pages. 0 takes two that are free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; with any other than this machine's own, others can read the archive.",
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="A name by which others reach this machine; requests for any other name are refused. Can be repeated.",
)
@click.option("--open", "opens", is_flag=True, help="Open it in a browser.")
@click.pass_context
def serve(ctx: click.Context, archive: Path, port: int, host: str, names: tuple[str, ...], opens: bool) -> None:
    """Open the reading room: search, read and replay the collections of the archive in a browser, until Ctrl-C.

    It only reads; crawls may go on meanwhile.
    """
    from newsarchive.collection.collection import find_collections, holds_collection
    from newsarchive.web.server import serve as run

    if not archive.is_dir():
        raise NotACollection(path=archive, reason="there is no such directory")
    if holds_collection(archive):
        message = (
            f"{archive} is a single collection; give the directory it lies in: --archive {archive.absolute().parent}"
        )
        raise UsageError(message=message)
    if next(find_collections(archive), None) is None:
        raise NotACollection(path=archive, reason="there is no collection in it; newsarchive crawl SITE makes one")

    schedule = settings_of(ctx).table.schedule
    every = dict.fromkeys(schedule.sites, schedule.every)

    def when_ready(address: str) -> None:
        click.echo(address)
        click.echo("newsarchive: the reading room is open at this address; Ctrl-C closes it", err=True)
        if opens:
            click.launch(address)

    try:
        run(archive, host=host, port=port, names=names, every=every, when_ready=when_ready)
    except KeyboardInterrupt:
        # How a server is meant to end.
        click.echo(err=True)
