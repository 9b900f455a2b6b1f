"""Making the catalog again from what it is derived from: WARCs, lines and crawl records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.durable import storing, sync_directory
from newsarchive.collection.layout import Layout, links_name
from newsarchive.collection.lines import Span, parse_lines, read_line, read_lines
from newsarchive.collection.run_lines import revision_of
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.links import parse_link_line
from newsarchive.model.revision import Sighting, compare
from newsarchive.warc.reader import read_heads


def rebuild_catalog(layout: Layout, runs: Iterable[CrawlRun]) -> Catalog:
    """Make the catalog of the committed ``runs``, first to last, and put it in the place of the one there is.

    The caller holds the lock of the collection. Raises ``UnreadableInput`` when a file of a run is damaged: the
    catalog there is, if any, then stays.
    """
    path = layout.catalog
    fresh = path.with_name(f"{path.name}.new")
    with storing(fresh):
        _remove(fresh)
        catalog = Catalog.create(fresh)
        try:
            for run in runs:
                load_run(catalog, layout, run)
        finally:
            catalog.close()
        # The old log must be gone before the new file comes, or SQLite would play it into that.
        _remove(path)
        fresh.replace(path)
        sync_directory(path.parent)
    rebuilt = Catalog.open(path)
    if rebuilt is None:
        raise UnreadableInput(path=path, reason="the catalog just written cannot be read back")
    return rebuilt


def load_run(catalog: Catalog, layout: Layout, run: CrawlRun) -> None:
    """Enter all that one committed run wrote. Runs are loaded first to last."""
    with catalog.transaction():
        catalog.begin_run(run.run)
        for warc in run.warcs:
            load_captures(catalog, layout, run.run, warc.path)
        articles = layout.articles_path(run.run, run.started_at)
        if articles.exists() or has_lines_of_its_own(layout, run):
            load_articles(catalog, layout, run.run, layout.name_of(articles))
        seen = layout.seen_path(run.run, run.started_at)
        if seen.exists():
            load_sightings(catalog, layout, run.run, layout.name_of(seen))
        links = links_name(run.run, run.started_at)
        if layout.locate(links).exists():
            load_links(catalog, layout, run.run, links)
        catalog.commit_run(run)


def has_lines_of_its_own(layout: Layout, run: CrawlRun) -> bool:
    """Whether ``run`` itself wrote articles into this generation, so that their file must be there."""
    return run.articles_file == layout.name_of(layout.articles_path(run.run, run.started_at))


def load_captures(catalog: Catalog, layout: Layout, run: str, warc: str) -> None:
    """Enter the captures of one sealed WARC of ``run``."""
    catalog.add_captures(run, read_heads(layout.locate(warc), warc))


def load_articles(catalog: Catalog, layout: Layout, run: str, file: str) -> None:
    """Enter the articles of ``run``, which are in the file called ``file``."""

    def line(article_id: str, revision: int) -> Article | None:
        place = catalog.line_of(article_id, revision)
        return place and read_line(layout.locate(place[0]), place[1], Article)

    for span, article in read_lines(layout.locate(file), Article):
        enter_article(catalog, article, run, file, span, line)


def enter_article(
    catalog: Catalog,
    article: Article,
    run: str,
    file: str,
    span: Span,
    line: Callable[[str, int], Article | None],
) -> None:
    """Enter one article line of ``run``. ``line`` reads that of a revision, where it has been entered.

    What was imported may come before what is entered already: a run that was committed earlier then has the next one.
    """
    before = line(article.article_id, article.revision - 1)
    catalog.add_revision(article, revision_of(article, run, before), file, span)
    after = line(article.article_id, article.revision + 1)
    if after is not None:
        catalog.change_revision(article.article_id, after.revision, compare(article, after))


def load_sightings(catalog: Catalog, layout: Layout, run: str, file: str) -> None:
    """Enter the sightings of ``run``, which are in the file called ``file``."""
    catalog.add_sightings(run, (sighting for _, sighting in read_lines(layout.locate(file), Sighting)))


def load_links(catalog: Catalog, layout: Layout, run: str, file: str) -> None:
    """Enter the links of ``run``, which are in the file called ``file``."""
    lines = parse_lines(layout.locate(file), parse_link_line)
    catalog.add_links(run, ((number, line) for number, (_, line) in enumerate(lines)))


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
