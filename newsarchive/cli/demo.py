"""``newsarchive demo``: the whole job against the sample site, on loopback."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.padding import Padding

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

    directory = keep or Path(tempfile.mkdtemp(prefix="newsarchive-demo-"))
    console = Console(highlight=False, soft_wrap=True)
    with serve(SampleSite(invent_stories(articles, _SEED))) as serving, progress_line("sample site") as progress:
        click.echo(f"An invented news site of {articles} articles is served at {serving.base_url}.\n", err=True)
        report = run_crawl(
            get_site("tagesschau"),
            directory,
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
        console.rule("one of the articles")
        _show(shown, console)
        console.rule()
    console.print("What to try next:\n")
    warc = report.directory / report.record.warcs[0].path
    if report.record.articles_file is not None:
        console.print(
            f"  head -1 {report.directory / report.record.articles_file} | python3 -m json.tool", markup=False
        )
    console.print(f"  zless {warc}", markup=False)
    console.print("  newsarchive crawl tagesschau --limit 5 --contact you@example.org", markup=False)


def _richness(article: Article) -> int:
    """How much there is to show."""
    kinds = {block.kind for block in article.body}
    return len(kinds) + 2 * bool(article.media) + bool(article.authors) + bool(article.broadcasts) + bool(article.tags)


def _show(article: Article, console: Console) -> None:
    for line in (article.topline, article.headline):
        if line:
            console.print(line, style="bold", markup=False)
    for line in (article.stand_raw, *(author.raw for author in article.authors)):
        if line:
            console.print(line, markup=False)
    console.print()
    for paragraph in article.text.split("\n\n")[:4]:
        console.print(Padding(paragraph, (0, 0, 1, 0)), markup=False, soft_wrap=False)
    facts = {
        "media": [f"{medium.kind}: {medium.title} ({medium.duration_s or '?'} s)" for medium in article.media],
        "images": [f"{image.alt} | {image.credit}" for image in article.images],
        "broadcasts": [broadcast.raw for broadcast in article.broadcasts],
        "tags": [tag.name for tag in article.tags],
        "archived": [f"{article.capture.warc}, byte {article.capture.offset}, {article.capture.payload_digest}"],
    }
    for name, values in facts.items():
        for value in values:
            console.print(f"{name:<11}{value}", markup=False)
