"""``newsarchive snapshot``: seal a collection, verify what was sealed, compare two of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from newsarchive.cli.findings import FINDINGS, print_findings, summed
from newsarchive.cli.listing import Row, counted, print_listing
from newsarchive.cli.lookup import directories_of, directory_of
from newsarchive.cli.options import archive_option, json_option
from newsarchive.cli.progress import bytes_bar
from newsarchive.errors import UsageError

if TYPE_CHECKING:
    from newsarchive.snapshot.diff import ArticleChange
    from newsarchive.snapshot.opened import Chain

_FILE = click.Path(path_type=Path, dir_okay=False)
_DIRECTORY = click.Path(path_type=Path, file_okay=False)

_required_in = click.option(
    "--required-in", type=_DIRECTORY, help="Where the snapshots lie that it goes on from; beside it if not given."
)


@click.group()
def snapshot() -> None:
    """Seal releases of a collection that anyone can verify and make again, byte for byte."""


@snapshot.command()
@click.argument("site")
@click.option("--output", type=_FILE, help="The file; snapshots/SITE-TIME.wacz in the collection if not given.")
@click.option("--until", help="Seal the runs that were committed up to this time; all if not given.")
@click.option("--requires", type=_FILE, help="An earlier snapshot: what it holds is not repeated.")
@click.option("--sign", "key", type=_FILE, help="Sign it with the private key in this file.")
@archive_option
@click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
def create(
    site: str,
    output: Path | None,
    until: str | None,
    requires: Path | None,
    key: Path | None,
    archive: Path,
    as_json: bool,
) -> None:
    """Seal the committed runs of SITE as a WACZ.

    Its bytes are a function of what it seals: made again, here or elsewhere, it is the same file. It is dated as its
    last run, or by SOURCE_DATE_EPOCH.
    """
    from newsarchive.collection.collection import Collection
    from newsarchive.model.serialize import to_line
    from newsarchive.snapshot.contents import SUFFIX
    from newsarchive.snapshot.create import create as create_snapshot
    from newsarchive.snapshot.sign import read_key

    if output is not None and output.suffix != SUFFIX:
        raise UsageError(message=f"A snapshot is called ….wacz, not {output.name}.")
    cutoff = None if until is None else _time(until)
    private_key = None if key is None else read_key(key, _password())
    with Collection.open(directory_of(archive, site)) as collection, bytes_bar(site) as progress:
        path, manifest = create_snapshot(
            collection,
            output,
            until=cutoff,
            requires=requires,
            created_at=_source_date(),
            key=private_key,
            progress=progress,
        )
    if as_json:
        click.echo(to_line(manifest), nl=False)
        return
    click.echo(
        f"{path}: {counted(len(manifest.runs), 'run')} with {counted(manifest.captures, 'capture')} and "
        f"{counted(manifest.articles, 'revision')} of articles, up to {manifest.cutoff:%Y-%m-%d %H:%M:%S} UTC"
        + (f"; goes on from {manifest.requires[-1].filename}" if manifest.requires else "")
    )


@snapshot.command()
@click.argument("file", type=_FILE)
@click.option("--deep", is_flag=True, help="Decompress every record and take every digest anew; slower.")
@click.option("--reproduce", is_flag=True, help="Extract every article again and compare the bytes; slower.")
@click.option("--key", type=_FILE, help="It must be signed with the key in this file; the public one will do.")
@click.option("--tsa-certificate", type=_FILE, help="Check the time stamp beside it by the certificates in this file.")
@_required_in
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    file: Path,
    deep: bool,
    reproduce: bool,
    key: Path | None,
    tsa_certificate: Path | None,
    required_in: Path | None,
    as_json: bool,
) -> None:
    """Read all of the snapshot FILE and say what is wrong with it.

    Exit code 3 when there are errors, 0 when there are none. docs/snapshots.md explains each code.
    """
    from newsarchive.snapshot.contents import TIME_STAMP_SUFFIX
    from newsarchive.snapshot.sign import read_public_key
    from newsarchive.snapshot.verify import verify as verify_snapshot

    stamp = file.with_name(file.name + TIME_STAMP_SUFFIX)
    authorities = None
    if tsa_certificate is not None:
        if not stamp.is_file():
            raise UsageError(message=f"There is no time stamp {stamp} to check.")
        authorities = _time_stamps().read_certificates(tsa_certificate)
    with bytes_bar(file.name) as progress:
        findings = verify_snapshot(
            file,
            deep=deep,
            reproduce=reproduce,
            required_in=required_in,
            public_key=None if key is None else read_public_key(key),
            time_stamp=stamp if stamp.is_file() else None,
            authorities=authorities,
            progress=progress,
        )
        severities = print_findings(findings, None, as_json=as_json)
    click.echo(f"{file}: {summed(severities)}", err=as_json)
    if severities["error"]:
        ctx.exit(FINDINGS)


@snapshot.command("list")
@click.argument("site", required=False)
@archive_option
@json_option
def list_snapshots(site: str | None, archive: Path, as_json: bool) -> None:
    """List the snapshots in the collection of SITE, or of all sites, oldest first."""
    columns = ("site", "name", "cutoff", "runs", "captures", "articles", "length_bytes", "goes_on_from", "signed")
    print_listing(_rows(directories_of(archive, site)), columns, as_json=as_json)


@snapshot.command("diff")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@_required_in
@json_option
def diff_snapshots(old: Path, new: Path, required_in: Path | None, as_json: bool) -> None:
    """List what became of the articles from the snapshot OLD to the snapshot NEW."""
    from newsarchive.snapshot.diff import diff

    with ExitStack() as opened:
        chains = [_chain(path, required_in, opened) for path in (old, new)]
        columns = ("kind", "article_id", "before", "after", "changed", "headline")
        print_listing(map(_change_row, diff(*chains)), columns, as_json=as_json)


@snapshot.command("key")
@click.argument("file", type=_FILE)
def create_key(file: Path) -> None:
    """Make a private key to sign snapshots with, in the new FILE, and print the public one.

    Who can read FILE can sign in your name. Keep it off the machine that crawls, and publish the public key.
    """
    from newsarchive.snapshot.sign import create_key as create_private_key
    from newsarchive.snapshot.sign import public_pem

    click.echo(public_pem(create_private_key(file)), nl=False)


@snapshot.command("bag")
@click.argument("file", type=_FILE)
@click.argument("directory", type=_DIRECTORY)
@_required_in
def bag_snapshot(file: Path, directory: Path, required_in: Path | None) -> None:
    """Make a deposit of the snapshot FILE in the new DIRECTORY: a BagIt bag, described as an RO-Crate."""
    try:
        from newsarchive.snapshot.bag import make_bag
    except ImportError as error:
        raise UsageError(message="Bags need libraries more: pip install 'newsarchive[snapshot]'.") from error

    make_bag(file, directory, required_in=required_in)
    click.echo(f"{directory}: a bag with {file.name} and what it goes on from")


@snapshot.command("timestamp")
@click.argument("file", type=_FILE)
@click.option("--authority", required=True, help="Web address of a time stamp authority (RFC 3161).")
def add_time_stamp(file: Path, authority: str) -> None:
    """Ask an authority for a time stamp of the snapshot FILE, and keep it beside that."""
    time_stamps = _time_stamps()
    given = time_stamps.ask(file, authority)
    click.echo(f"{time_stamps.time_stamp_of(file)}: existed at {given:%Y-%m-%d %H:%M:%S} UTC, says {authority}")


def _time_stamps() -> ModuleType:
    """The module for time stamps. Raises ``UsageError`` where the library it needs is not there."""
    try:
        from newsarchive.snapshot import time_stamp
    except ImportError as error:
        raise UsageError(message="Time stamps need a library more: pip install 'newsarchive[snapshot]'.") from error
    return time_stamp


def _rows(directories: list[Path]) -> Iterator[Row]:
    from newsarchive.collection.collection import read_descriptor
    from newsarchive.collection.layout import Layout
    from newsarchive.snapshot.listing import list_snapshots

    for directory in directories:
        read_descriptor(directory)
        found, unreadable = list_snapshots(Layout(directory).snapshots)
        for error in unreadable:
            click.echo(f"newsarchive: {error}", err=True)
        for each in found:
            yield {
                "site": each.site,
                "name": each.name,
                "path": str(each.path),
                "cutoff": each.cutoff,
                "created_at": each.created_at,
                "runs": each.runs,
                "captures": each.captures,
                "articles": each.articles,
                "length_bytes": each.length_bytes,
                "goes_on_from": each.goes_on_from,
                "signed": each.is_signed,
            }


def _change_row(change: ArticleChange) -> Row:
    fields = () if change.changes is None else change.changes.fields
    return {
        "kind": change.kind,
        "article_id": change.article_id,
        "before": change.before or None,
        "after": change.after or None,
        "changed": change.reason or ", ".join(fields),
        "headline": change.headline,
        "url": change.url,
        "changes": change.changes,
        "reason": change.reason,
        "at": change.at,
    }


def _chain(path: Path, required_in: Path | None, opened: ExitStack) -> Chain:
    from newsarchive.snapshot.opened import Chain, Snapshot

    last = opened.enter_context(Snapshot.open(path))
    return Chain((*(opened.enter_context(one) for one in last.open_required(required_in)), last))


def _time(printed: str) -> datetime:
    try:
        at = datetime.fromisoformat(printed)
    except ValueError as error:
        raise UsageError(message=f"{printed} is no time of the form 2026-11-22T09:30:00Z.") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _source_date() -> datetime | None:
    """SOURCE_DATE_EPOCH, in seconds since 1970, as reproducible-builds.org specifies it."""
    printed = os.environ.get("SOURCE_DATE_EPOCH")
    if not printed:
        return None
    try:
        return datetime.fromtimestamp(int(printed), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(message=f"SOURCE_DATE_EPOCH is {printed!r}, and no number of seconds.") from error


def _password() -> bytes | None:
    password = os.environ.get("NEWSARCHIVE_KEY_PASSWORD")
    return password.encode() if password else None
