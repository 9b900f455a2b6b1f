"""``newsarchive revisions``: what became of an article."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.cli.articles import print_article
from newsarchive.cli.listing import Row, print_listing
from newsarchive.cli.lookup import collection_with
from newsarchive.cli.options import archive_option, json_option
from newsarchive.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsarchive.collection.collection import Collection
    from newsarchive.history.timeline import Event
    from newsarchive.history.words import Run
    from newsarchive.model.article import Article
    from newsarchive.model.revision import Changes

_COLUMNS = ("revision", "captured_at", "stand", "change", "last_seen", "headline")

site_option = click.option("--site", help="Where to look; in all collections if not given.")


@click.group()
def revisions() -> None:
    """Look at what became of an article: edits, removals, returns."""


@revisions.command("list")
@click.argument("article")
@site_option
@archive_option
@json_option
def list_revisions(article: str, site: str | None, archive: Path, as_json: bool) -> None:
    """List what happened to ARTICLE (id or address), first to last: its revisions, removals and returns."""
    from newsarchive.history.timeline import timeline

    with collection_with(article, archive, site) as (collection, article_id):
        known = collection.revisions(article_id)
        sightings, moves = collection.sightings(article_id), collection.moves(article_id)
        events = timeline(known, sightings, dict(_changes(collection, article_id)), moves)
        print_listing(_rows(collection.site, article_id, events), _COLUMNS, as_json=as_json)


@revisions.command()
@click.argument("article")
@click.option("--revision", type=click.IntRange(min=1), help="The newest if not given.")
@site_option
@archive_option
@click.option("--json", "as_json", is_flag=True, help="The whole record, as it is stored.")
def show(article: str, revision: int | None, site: str | None, archive: Path, as_json: bool) -> None:
    """Show one revision of ARTICLE (id or address), and how it came about."""
    from newsarchive.history.printed import describe
    from newsarchive.model.revision import changes
    from newsarchive.model.serialize import to_line

    with collection_with(article, archive, site) as (collection, article_id):
        found = _revision(collection, article_id, revision)
        if as_json:
            click.echo(to_line(found), nl=False)
            return
        before = collection.article(article_id, found.revision - 1) if found.revision > 1 else None
        how = describe(changes(before, found)) if before is not None else "first"
        click.echo(f"revision {found.revision}, captured {found.capture.captured_at:%Y-%m-%d %H:%M:%S %Z}: {how}\n")
        print_article(found)


@revisions.command("diff")
@click.argument("article")
@click.argument("old", type=click.IntRange(min=1), required=False)
@click.argument("new", type=click.IntRange(min=1), required=False)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "unified", "html"]),
    default="text",
    show_default=True,
    help="For reading here, for tools, or a page for a browser.",
)
@site_option
@archive_option
def diff_revisions(article: str, old: int | None, new: int | None, style: str, site: str | None, archive: Path) -> None:
    """Show what revision NEW of ARTICLE (id or address) changed of OLD.

    NEW is the newest if not given, OLD the one before it.
    """
    from newsarchive.history.diff import diff

    with collection_with(article, archive, site) as (collection, article_id):
        after = _revision(collection, article_id, new)
        if old is None and after.revision == 1:
            raise UsageError(message=f"{article_id} has one revision only; there is nothing to compare it with.")
        before = _revision(collection, article_id, old or after.revision - 1)
    found = diff(before, after)
    if style == "html":
        from newsarchive.history.page import as_html

        click.echo(as_html(found), nl=False)
    elif style == "unified":
        from newsarchive.history.printed import as_unified

        click.echo(as_unified(found), nl=False)
    else:
        from newsarchive.history.printed import as_text, mark

        click.echo(as_text(found, show=_coloured if sys.stdout.isatty() else mark), nl=False)


def _revision(collection: Collection, article_id: str, revision: int | None) -> Article:
    found = collection.article(article_id, revision)
    if found is None:
        last = collection.revisions(article_id)[-1].revision
        raise UsageError(message=f"{article_id} has no revision {revision}; its newest is {last}.")
    return found


def _changes(collection: Collection, article_id: str) -> Iterator[tuple[int, Changes]]:
    """What each revision but the first changed, by its number."""
    from newsarchive.model.revision import changes

    before: Article | None = None
    for known in collection.revisions(article_id):
        article = collection.article(article_id, known.revision)
        if article is not None and before is not None:
            yield article.revision, changes(before, article)
        before = article


def _rows(site: str, article_id: str, events: tuple[Event, ...]) -> Iterator[Row]:
    url = None
    for event in events:
        changes = event.changes
        yield {
            "site": site,
            "article_id": article_id,
            "event": event.kind,
            "revision": event.revision,
            "url": event.url,
            "captured_at": event.captured_at,
            "last_seen": event.last_seen,
            "stand": event.stand,
            "headline": event.headline,
            "change": _told(event, url),
            "returned": event.returned or event.kind == "returned",
            "reason": event.reason,
            "fields": changes.fields if changes else (),
            "silent": changes.silent if changes else None,
            "headline_only": changes.headline_only if changes else None,
            "entries_added": changes.added if changes else (),
            "entries_removed": changes.removed if changes else (),
            "entries_edited": changes.edited if changes else (),
        }
        url = event.url


def _told(event: Event, before: str | None) -> str:
    """What happened, in a few words; ``before`` is the address it was at."""
    from newsarchive.history.printed import describe

    if event.kind == "removed":
        return f"removed ({event.reason})"
    if event.kind == "returned":
        return "returned" if event.url == before else f"returned at {event.url}"
    told = describe(event.changes) if event.changes else "first"
    return f"returned, {told}" if event.returned else told


def _coloured(run: Run) -> str:
    """A run as a terminal shows it, to be told apart without colours too."""
    if run.kind == "same":
        return run.text
    start, text, end = run.spaced
    styled = (
        click.style(text, fg="red", strikethrough=True)
        if run.kind == "removed"
        else click.style(text, fg="green", underline=True)
    )
    return f"{start}{styled}{end}"
