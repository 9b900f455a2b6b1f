"""``newsarchive articles``: what a crawl has brought in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.cli.coverage import coverage
from newsarchive.cli.listing import Row, print_listing
from newsarchive.cli.lookup import directories_of
from newsarchive.cli.options import archive_option, json_option
from newsarchive.errors import UsageError

if TYPE_CHECKING:
    from newsarchive.model.article import Article


@click.group()
def articles() -> None:
    """Look at the articles of an archive."""


articles.add_command(coverage)


@articles.command("list")
@click.argument("site", required=False)
@archive_option
@json_option
def list_articles(site: str | None, archive: Path, as_json: bool) -> None:
    """List the articles of SITE, or of all sites, each as of its newest revision."""
    columns = ("site", "article_id", "revision", "stand", "last_seen", "headline")
    directories = directories_of(archive, site)
    if not directories:
        click.echo(f"newsarchive: no collections in {archive}", err=True)
    print_listing(_rows(directories), columns, as_json=as_json)


@articles.command()
@click.argument("article")
@click.option("--site", help="Where to look; in all collections if not given.")
@click.option("--revision", type=click.IntRange(min=1), help="The newest if not given.")
@archive_option
@click.option("--json", "as_json", is_flag=True, help="The whole record, as it is stored.")
def show(article: str, site: str | None, revision: int | None, archive: Path, as_json: bool) -> None:
    """Show one article. ARTICLE is its id or its address."""
    found = _find(directories_of(archive, site), article, revision)
    if found is None:
        message = f"{archive} has no {article}. 'newsarchive articles list' shows what there is."
        if revision is not None and (newest := _find(directories_of(archive, site), article, None)) is not None:
            message = f"{newest.article_id} has no revision {revision}; the newest is {newest.revision}."
        raise UsageError(message=message)
    if as_json:
        from newsarchive.model.serialize import to_line

        click.echo(to_line(found), nl=False)
    else:
        print_article(found)


def _rows(directories: list[Path]) -> Iterator[Row]:
    from newsarchive.collection.collection import Collection

    for directory in directories:
        with Collection.open(directory) as collection:
            for last in collection.last_revisions():
                yield {
                    "site": collection.site,
                    "article_id": last.article_id,
                    "revision": last.revision,
                    "url": last.url,
                    "headline": last.headline,
                    "stand": last.stand,
                    "captured_at": last.captured_at,
                    "last_seen": collection.last_seen(last.article_id),
                    "content_digest": last.content_digest,
                }


def _find(directories: list[Path], wanted: str, revision: int | None) -> Article | None:
    from newsarchive.collection.collection import Collection

    for directory in directories:
        with Collection.open(directory) as collection:
            found = collection.article(collection.article_at(wanted) or wanted, revision)
            if found is not None:
                return found
    return None


def print_article(article: Article) -> None:
    """The article as one reads it; bold lines only on a terminal."""
    head = [
        click.style(line, bold=True) if sys.stdout.isatty() else line
        for line in (article.topline, article.headline)
        if line
    ]
    facts = [
        f"{article.site} · {article.article_id} · revision {article.revision} · {article.kind}",
        article.url,
        *(author.raw for author in article.authors),
        *([article.stand_raw] if article.stand_raw else []),
    ]
    parts = ["\n".join(head), "\n".join(facts), article.text]
    parts += ["\n".join(f"({medium.kind}) {medium.title or medium.page_url}" for medium in article.media)]
    parts += ["\n".join(f"! {problem.message}" for problem in article.problems)]
    click.echo("\n\n".join(part for part in parts if part))
