"""Making the catalog again from what it is derived from: WARCs, lines and crawl records."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.durable import storing, sync_directory
from newsarchive.collection.layout import Layout, links_name, seen_name
from newsarchive.collection.lines import parse_lines, read_line, read_lines
from newsarchive.collection.run_lines import revision_of
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.links import parse_link_line
from newsarchive.model.revision import Sighting
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
        if run.articles_file is not None:
            load_articles(catalog, layout, run.run, run.articles_file)
        seen = seen_name(run.run, run.started_at)
        if layout.locate(seen).exists():
            load_sightings(catalog, layout, run.run, seen)
        links = links_name(run.run, run.started_at)
        if layout.locate(links).exists():
            load_links(catalog, layout, run.run, links)
        catalog.commit_run(run)


def load_captures(catalog: Catalog, layout: Layout, run: str, warc: str) -> None:
    """Enter the captures of one sealed WARC of ``run``."""
    catalog.add_captures(run, read_heads(layout.locate(warc), warc))


def load_articles(catalog: Catalog, layout: Layout, run: str, file: str) -> None:
    """Enter the articles of ``run``, which are in the file called ``file``."""
    for span, article in read_lines(layout.locate(file), Article):
        before = catalog.line_of(article.article_id, article.revision - 1)
        previous = before and read_line(layout.locate(before[0]), before[1], Article)
        catalog.add_revision(article, revision_of(article, run, previous), file, span)


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
