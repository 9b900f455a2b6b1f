"""``newsarchive site``: the sites that can be crawled."""

from __future__ import annotations

import click

from newsarchive.cli.listing import print_listing
from newsarchive.cli.options import json_option


@click.group()
def site() -> None:
    """Look at the sites that can be crawled."""


@site.command("list")
@json_option
def list_sites(as_json: bool) -> None:
    """List the sites and where they are."""
    from newsarchive.sites.registry import all_sites

    rows = [
        {
            "site": known.name,
            "title": known.title,
            "address": known.base_url,
            "language": known.language,
            "channels": [channel.name for channel in known.channels],
        }
        for known in all_sites().values()
    ]
    print_listing(rows, ("site", "title", "address"), as_json=as_json)
