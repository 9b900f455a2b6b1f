"""``newsarchive site``: the sites that can be crawled, and drafts of new ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from newsarchive.cli.listing import print_listing
from newsarchive.cli.options import json_option

_REVIEW = "Read every line of it against the page. Before you publish a case, put invented words for its text."


def _page_options(command: Callable[..., None]) -> Callable[..., None]:
    """``--from``, ``--url``, ``--at`` and ``--out``: the page to work from, and where to."""
    options = (
        click.option(
            "--from",
            "source",
            required=True,
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="A saved page, or a WARC file that holds it.",
        ),
        click.option("--url", help="Address of the page; needed unless a WARC file holds one page only."),
        click.option("--at", help="When the page was captured, as 2026-01-06T23:00+01:00."),
        click.option(
            "--out", type=click.Path(path_type=Path, file_okay=False), help="Write there, not to the checkout."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def site() -> None:
    """Look at the sites that can be crawled, and add one."""


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


@site.command("new")
@click.argument("name")
@_page_options
@click.option(
    "--timezone", callback=lambda _context, _option, value: _check_zone(value), help="IANA name, as Europe/Berlin."
)
def new_site(name: str, source: Path, url: str | None, at: str | None, out: Path | None, timezone: str | None) -> None:
    """Draft the site NAME from one of its pages, best an article: its file and a first golden case."""
    from newsarchive.drafting.create import create_site, find_places
    from newsarchive.drafting.given import read_given

    created = create_site(name, read_given(source, url, _read_time(at)), find_places(out), _check_zone(timezone))
    click.echo(created.file)
    click.echo(created.case)
    draft = created.draft
    click.echo(
        f"newsarchive: {draft.articles} of {draft.links} links of the page look like articles; "
        f"feeds: {', '.join(draft.feeds) or 'none named'}; "
        f"sitemaps: {', '.join(draft.sitemaps) or 'none named'}; zone: {draft.timezone}",
        err=True,
    )
    _say_outcome(created.extraction)
    click.echo(f"newsarchive: next, docs/add-a-site.md. {_REVIEW}", err=True)


@site.command("record-case")
@click.argument("site_name", metavar="SITE")
@click.argument("case_name", metavar="CASE")
@_page_options
def record_golden_case(
    site_name: str, case_name: str, source: Path, url: str | None, at: str | None, out: Path | None
) -> None:
    """Make a golden case of SITE from a page, as a directory CASE."""
    from newsarchive.drafting.case import record_case
    from newsarchive.drafting.create import find_places
    from newsarchive.drafting.given import read_given
    from newsarchive.sites.registry import get_site

    known = get_site(site_name)
    cases = find_places(out).cases
    extraction = record_case(cases, case_name, read_given(source, url, _read_time(at)).stored, known)
    click.echo(cases / case_name)
    _say_outcome(extraction)
    click.echo(f"newsarchive: its article.json says what came out, not what should. {_REVIEW}", err=True)


def _say_outcome(extraction: dict[str, Any]) -> None:
    article, reason = extraction["article"], extraction["reason"]
    if article is None:
        click.echo(f"newsarchive: no article: {reason['message']}", err=True)
    else:
        blocks, reader = len(article["body"]), article["extractor"]["reader"]
        click.echo(f"newsarchive: {reader} read “{article['headline']}”, {blocks} blocks", err=True)
    for problem in extraction["problems"]:
        click.echo(f"newsarchive: {problem['code']}: {problem['message']}", err=True)


def _read_time(printed: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(printed) if printed else None
    except ValueError:
        at = None
    if printed and (at is None or at.tzinfo is None):
        raise click.BadParameter(f"{printed!r} is no time like 2026-01-06T23:00+01:00", param_hint="--at")
    return at


def _check_zone(name: str | None) -> str | None:
    try:
        return ZoneInfo(name).key if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"{name!r} is no IANA time zone like Europe/Berlin", param_hint="--timezone") from None
