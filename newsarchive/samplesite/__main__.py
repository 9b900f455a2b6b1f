"""``python -m newsarchive.samplesite``: the sample site as a process of its own; prints its address on stdout."""

from __future__ import annotations

import contextlib
import sys
import threading

import click

from newsarchive.errors import NewsarchiveError
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.pages import DEFAULT_WEIGHT_BYTES
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite


@click.command()
@click.option("--articles", default=60, show_default=True, type=click.IntRange(min=1), help="How many articles.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same site.")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--weight", "weight_bytes", default=DEFAULT_WEIGHT_BYTES, show_default=True, type=click.IntRange(min=0),
              help="Bytes of drawings each page carries besides its text.")  # fmt: skip
def main(articles: int, seed: int, port: int, weight_bytes: int) -> None:
    """Serve an invented news site on loopback until interrupted."""
    site = SampleSite(invent_stories(articles, seed), weight_bytes=weight_bytes)
    try:
        with contextlib.suppress(KeyboardInterrupt), serve(site, port) as serving:
            click.echo(serving.base_url)
            threading.Event().wait()
    except NewsarchiveError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
