"""``newsarchive import``: take in what others saved."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from newsarchive.cli.listing import counted
from newsarchive.cli.options import archive_option
from newsarchive.errors import UnreadableInput


@click.group()
def imports() -> None:
    """Take in what others saved."""


@imports.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--url", required=True, help="Address of the page the text is of.")
@click.option("--site", "site_name", help="The site it belongs to; found by the address if not given.")
@click.option(
    "--captured-at",
    help="When the text was saved, as 2026-01-06T23:00; now if not given. Without an offset it is the site's own time.",
)
@archive_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole record.")
def text(file: Path, url: str, site_name: str | None, captured_at: str | None, archive: Path, as_json: bool) -> None:
    """Read FILE, the visible text of one page, into the collection of its site (- for standard input).

    The text is stored as a WARC resource record, so that it can be extracted again.
    """
    from newsarchive.cli.articles import print_article
    from newsarchive.imports.text import import_text
    from newsarchive.model.serialize import to_line
    from newsarchive.sites.registry import get_site, site_at

    site = get_site(site_name) if site_name else site_at(url)
    at = _parse_time(captured_at, site.timezone) if captured_at else datetime.now(UTC)
    report = import_text(_read(file), source=file.name, url=url, site=site, archive_dir=archive, captured_at=at)
    if as_json:
        click.echo(to_line(report.article), nl=False)
    else:
        print_article(report.article)
    state = f"revision {report.article.revision}" if report.is_new else "nothing new"
    where = report.directory / report.article.capture.warc
    click.echo(f"newsarchive: {report.article.article_id}: {state}, stored in {where}", err=True)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UnreadableInput(path=file, reason=error.strerror or str(error)) from error


def _parse_time(printed: str, timezone: str) -> datetime:
    try:
        at = datetime.fromisoformat(printed)
    except ValueError:
        raise click.BadParameter(f"{printed!r} is no time like 2026-01-06T23:00", param_hint="--captured-at") from None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


@imports.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--site", "site_name", required=True, help="The site whose articles are wanted.")
@click.option(
    "--base-url", metavar="URL", help="Where the site was when it was captured; its own address if not given."
)
@click.option("--all", "every", is_flag=True, help="Everything of the host of the site, not articles alone.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read pages; one a processor if not given.")
@archive_option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def warc(
    files: tuple[Path, ...],
    site_name: str,
    base_url: str | None,
    every: bool,
    workers: int | None,
    archive: Path,
    as_json: bool,
) -> None:
    """Take what WARC FILES of others have of a site into its collection, at the times at which it was captured.

    Articles are taken, and redirects that lead to one. Records are copied as they are, with word of where they come
    from, and read like our own. What is there already is passed over, so an import may simply be done again.
    """
    import os

    from newsarchive.cli.extract import report_finding
    from newsarchive.imports.warc import import_warcs
    from newsarchive.model.serialize import to_document
    from newsarchive.reextract.pool import PageLimits
    from newsarchive.reextract.report import print_report
    from newsarchive.sites.registry import get_site, web_host

    site = get_site(site_name)
    if base_url is not None:
        web_host(base_url)
        site = site.at(base_url)
    done = import_warcs(
        files,
        site,
        archive,
        every=every,
        limits=PageLimits(workers=workers or os.cpu_count() or 1),
        report=report_finding,
    )
    if as_json:
        click.echo(to_document(done), nl=False)
        return
    for file in done.files:
        if file.was_known:
            click.echo(f"{file.source}: imported before, in run {file.run}")
            continue
        click.echo(
            f"{file.source}: {counted(file.captures, 'capture')}, {file.imported} imported, {file.known} known, "
            f"{file.other_hosts} of other hosts, {file.not_articles} no articles by their address, "
            f"{file.dangling} dangling; {counted(file.articles, 'article')}, {file.unchanged} unchanged, "
            f"{file.no_article} no article, {file.gone} gone, {file.earlier} earlier than what was there, "
            f"{file.unread} not read"
        )
        if file.captures == file.other_hosts and file.hosts:
            hosts = ", ".join(f"{host} {count}" for host, count in file.hosts.items())
            click.echo(f"  nothing is of {site.host}; hosts in the file: {hosts} (--base-url says where a site was)")
    if done.renumbered is not None:
        click.echo("\n".join(print_report(done.renumbered)))
