"""``newsarchive articles coverage``: how complete the archive is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from newsarchive.cli.days import DAY
from newsarchive.cli.listing import Row, print_listing
from newsarchive.cli.lookup import directories_of
from newsarchive.cli.options import archive_option, json_option
from newsarchive.errors import UsageError

_COUNTS = ("declared", "collected", "no_article", "gone", "failed", "open", "skipped")


@click.command()
@click.argument("site", required=False)
@click.option("--since", type=DAY, metavar="DAY", help="First day; a week before the last one if not given.")
@click.option("--until", type=DAY, metavar="DAY", help="Last day; today if not given.")
@archive_option
@json_option
def coverage(site: str | None, since: datetime | None, until: datetime | None, archive: Path, as_json: bool) -> None:
    """Say what became of the articles that the channels of SITE linked, or of all sites, by day and channel."""
    directories = directories_of(archive, site)
    rows = _rows(directories, since.date() if since else None, until.date() if until else None)
    print_listing(rows, ("site", "day", "channel", *_COUNTS), as_json=as_json)


def _rows(directories: list[Path], since: date | None, until: date | None) -> Iterator[Row]:
    from newsarchive.collection.collection import Collection, utc_now
    from newsarchive.sites.registry import get_site

    for directory in directories:
        with Collection.open(directory) as collection:
            zone = ZoneInfo(get_site(collection.site).timezone)
            last = until or utc_now().astimezone(zone).date()
            first = since or last - timedelta(days=6)
            if first > last:
                raise UsageError(message=f"--since {first} lies after {last}, the last day.")
            for row in collection.coverage(first, last, zone=zone):
                counts = {name: getattr(row, name) for name in _COUNTS}
                yield {"site": collection.site, "day": row.day, "channel": row.channel, **counts}
