"""``newsarchive demo``: the whole job against the sample site, on loopback."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from newsarchive.cli.articles import print_article
from newsarchive.cli.crawl import print_report, progress_line
from newsarchive.model.article import Article
from newsarchive.sites.registry import get_site

_SEED = 1


@click.command()
@click.option("--articles", type=click.IntRange(min=1), default=60, show_default=True, help="Size of the sample site.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the archive goes; a new temporary directory if not given.",
)
def demo(articles: int, keep: Path | None) -> None:
    """Crawl an invented news site on this machine: serve, archive, extract, show what came out.

    Nothing leaves the machine.
    """
    from newsarchive.collection.collection import Collection
    from newsarchive.crawl.run import run_crawl
    from newsarchive.samplesite.invent import invent_stories
    from newsarchive.samplesite.server import serve
    from newsarchive.samplesite.site import SampleSite

    archive = keep or Path(tempfile.mkdtemp(prefix="newsarchive-demo-"))
    with serve(SampleSite(invent_stories(articles, _SEED))) as serving, progress_line("sample site") as progress:
        click.echo(f"An invented news site of {articles} articles is served at {serving.base_url}.\n", err=True)
        report = run_crawl(
            get_site("tagesschau"),
            archive,
            base_url=serving.base_url,
            delay_s=0,
            concurrency=4,
            progress=progress,
        )
    print_report(report)
    if report.error is not None:
        raise report.error
    with Collection.open(report.directory) as collection:
        shown = max(collection.articles(), key=_richness, default=None)
    if shown is not None:
        click.echo("\n--- one of the articles ---\n")
        print_article(shown)
    click.echo("\n--- what to try next ---\n")
    click.echo(f"newsarchive articles list --archive {archive}")
    if shown is not None:
        click.echo(f"newsarchive articles show {shown.article_id} --archive {archive}")
        click.echo(f"zless {report.directory / shown.capture.warc}")
    click.echo("newsarchive crawl tagesschau --limit 5 --contact you@example.org")


def _richness(article: Article) -> tuple[int, int]:
    """How much there is to show; of equally rich articles the shorter one."""
    parts = (article.media, article.authors, article.images, article.broadcasts, article.tags, article.related)
    return len({block.kind for block in article.body}) + sum(map(bool, parts)), -len(article.text)
