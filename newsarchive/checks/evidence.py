"""What one check works with: the collection, how deep to look, and what is known so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from newsarchive.checks.inventory import Inventory
from newsarchive.collection.catalog import Catalog
from newsarchive.collection.generations import RunLineCount
from newsarchive.collection.layout import Layout
from newsarchive.model.crawl import CrawlRun

Progress = Callable[[int, int], None]
"""Told (bytes read, bytes to read) as a check goes on."""


@dataclass(slots=True, kw_only=True)
class Evidence:
    """Handed from one part of a check to the next.

    ``site`` is ``None`` where collection.json does not tell. ``in_use``: a process writes to the collection, and may be
    about to enter what is missing. ``runs`` are the committed runs that are judged, first to last; ``leftovers`` the
    names of files that belong to none, and that nobody is writing. ``catalog`` is one made anew from what is read, to
    compare with the one there is.
    """

    layout: Layout
    site: str | None
    deep: bool
    in_use: bool
    runs: tuple[CrawlRun, ...]
    leftovers: frozenset[str]
    inventory: Inventory
    catalog: Catalog
    on_bytes: Callable[[int], None]
    lines_are_sound: bool = True
    """Whether every article and sighting line could be read."""

    counted: dict[str, RunLineCount] = field(default_factory=dict)
    """What the generation in use says that it has of runs that were not crawled into it."""

    def expected_articles(self, run: CrawlRun) -> int | None:
        """How many article lines there should be of ``run``; ``None`` where nothing says so."""
        if run.generation == self.layout.generation:
            return run.articles if run.articles_file is not None else None
        counted = self.counted.get(run.run)
        return None if counted is None else counted.articles

    @property
    def warcs(self) -> dict[str, CrawlRun]:
        """The WARC files that are judged, and the run of each."""
        return {warc.path: run for run in self.runs for warc in run.warcs}
