"""``newsarchive demo``: the whole job against the sample site, on loopback."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from newsarchive.cli.articles import print_article
from newsarchive.cli.crawl import print_report, progress_line
from newsarchive.cli.serve import DEFAULT_PORT, serve
from newsarchive.errors import AddressInUse
from newsarchive.model.article import Article
from newsarchive.sites.registry import get_site

_SEED = 1
_SITE = "tagesschau"
_TOPIC = "Fähre"
"""What the hand-written story of the sample site is about, whose every edit is there to be seen."""


@click.command()
@click.option("--articles", type=click.IntRange(min=3), default=60, show_default=True, help="Size of the sample site.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("archive/demo"),
    show_default=True,
    help="Where the archive goes; one that is there already is shown, not written to.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]),
    metavar="TIME",
    help="When the week ends that is lived through, as 2026-11-22T12:00:00Z; now if not given.",
)
@click.option(
    "--serve/--no-serve",
    "serves",
    default=None,
    help="Open the reading room at the end, until Ctrl-C; done on a terminal if neither is given.",
)
@click.option("--port", type=click.IntRange(0, 65_534), default=DEFAULT_PORT, show_default=True, help="As of serve.")
@click.pass_context
def demo(ctx: click.Context, articles: int, keep: Path, until: datetime | None, serves: bool | None, port: int) -> None:
    """Live through a week of an invented news site on this machine: serve, archive, extract, show what came out.

    The site publishes, edits, silently and not, and removes, and is crawled again and again meanwhile, by a clock of
    its own. Nothing leaves the machine.
    """
    from newsarchive.collection.collection import Collection
    from newsarchive.collection.layout import Layout

    directory = keep / _SITE
    if Layout(directory).descriptor.is_file():
        click.echo(f"The demo in {directory} is shown as it is; for a new one, remove it.", err=True)
    else:
        _live_and_crawl(keep, articles, until or datetime.now(UTC))
    with Collection.open(directory) as collection:
        revisions = tuple(collection.articles())
    found = max(revisions, key=_richness, default=None)
    told = max(
        (article for article in revisions if _TOPIC in (article.topline or "")),
        key=lambda article: article.revision,
        default=None,
    )
    if found is not None:
        click.echo("\n--- one of the articles ---\n")
        print_article(found)
    click.echo("\n--- what to try next ---\n")
    program = _program()
    click.echo(f"{program} articles list --archive {keep}")
    if found is not None:
        click.echo(f"{program} articles show {found.article_id} --archive {keep}")
        click.echo(f"zless {directory / found.capture.warc}")
    if told is not None:
        click.echo(f"{program} revisions diff {told.article_id} --archive {keep}")
    click.echo(f"{program} crawl tagesschau --limit 5 --contact you@example.org")
    click.echo(f"{program} serve --archive {keep}  # then open http://127.0.0.1:{port or DEFAULT_PORT}/")
    if sys.stdout.isatty() if serves is None else serves:
        click.echo(f"\n--- the reading room: search it for {_TOPIC}, see its history, replay it ---\n")
        try:
            ctx.invoke(serve, archive=keep, port=port)
        except AddressInUse as error:
            click.echo(f"newsarchive: {error} Another port is taken for the demo.", err=True)
            ctx.invoke(serve, archive=keep, port=0)


def _program() -> str:
    """How this program is called from where one is."""
    called = Path(sys.argv[0])
    if called.name != "newsarchive" or shutil.which("newsarchive") is not None:
        return "newsarchive"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)


def _live_and_crawl(archive: Path, articles: int, until: datetime) -> None:
    """Serve the sample site for the week before ``until``, as its clock has it, and crawl it as it goes."""
    from newsarchive.crawl.run import run_crawls
    from newsarchive.samplesite.life import Playback
    from newsarchive.samplesite.listings import Features
    from newsarchive.samplesite.server import serve as serve_site
    from newsarchive.samplesite.site import SampleSite
    from newsarchive.samplesite.week import DAYS, moments, plan_week

    site = SampleSite((), features=Features(dressed=True), weight_bytes=0)
    life = Playback(plan_week(articles, _SEED, until), site)
    clock = _Clock()

    def turns() -> Iterator[datetime]:
        for at in moments(until):
            clock.set(at)
            life.play(at)
            yield at

    with serve_site(site, now=clock) as serving, progress_line("sample site") as progress:
        click.echo(f"An invented news site is served at {serving.base_url}; {DAYS} days go by.\n", err=True)
        reports = run_crawls(
            get_site(_SITE),
            archive,
            turns(),
            base_url=serving.base_url,
            delay_s=0,
            concurrency=4,
            with_images=True,
            now=clock,
            progress=progress,
        )
    click.echo(f"{len(reports)} crawls in {DAYS} days; this was the last one:\n")
    print_report(reports[-1])
    if reports[-1].error is not None:
        raise reports[-1].error


class _Clock:
    """Runs as clocks do, from wherever it is set to."""

    def __init__(self) -> None:
        self.set(datetime.now(UTC))

    def set(self, at: datetime) -> None:
        """Let it be ``at`` now."""
        self._at, self._since_s = at, time.monotonic()

    def __call__(self) -> datetime:
        """The time."""
        return self._at + timedelta(seconds=time.monotonic() - self._since_s)


def _richness(article: Article) -> tuple[int, int]:
    """How much there is to show; of equally rich articles the shorter one."""
    parts = (article.media, article.authors, article.images, article.broadcasts, article.tags, article.related)
    return len({block.kind for block in article.body}) + sum(map(bool, parts)), -len(article.text)
