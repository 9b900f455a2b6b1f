"""An archive as one reads it in Python: ``newsarchive.open`` gives it, and every export goes through it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from newsarchive.collection.collection import Collection, find_collections, utc_now
from newsarchive.collection.layout import Layout
from newsarchive.errors import NotACollection, UsageError
from newsarchive.export.rights import Passage, under
from newsarchive.export.selection import Selection
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.revision import Revision

_REMEMBERED = 1 << 16
"""So many articles are remembered by the number of the revision that is wanted of them."""


class Archive:
    """The collections of one directory, or one of them alone, for reading. What is committed later is seen too.

    Close it, or use it as a context manager. ``now`` gives the day for rights that depend on one.
    """

    def __init__(self, collections: Iterable[Collection], *, now: Callable[[], datetime] = utc_now) -> None:
        self._collections = {collection.site: collection for collection in collections}
        self._now = now

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, now: Callable[[], datetime] = utc_now) -> Self:
        """Open a collection, or a directory of collections.

        Raises ``NotACollection`` where ``path`` is neither, ``UsageError`` where it has two collections of one site.
        """
        root = Path(path)
        directories = [root] if Layout(root).descriptor.is_file() else list(find_collections(root))
        if not directories:
            raise NotACollection(path=root, reason="it holds no collection.json, nor does a directory in it")
        found: dict[str, Collection] = {}
        for directory in directories:
            collection = Collection.open(directory)
            if collection.site in found:
                both = f"{found[collection.site].root} and {directory}"
                raise UsageError(message=f"{both} are both of {collection.site}; open one of them")
            found[collection.site] = collection
        return cls(found.values(), now=now)

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites of its collections, in order."""
        return tuple(sorted(self._collections))

    def collection(self, site: str) -> Collection:
        """The collection of a site. Raises ``UsageError`` when there is none."""
        if site not in self._collections:
            raise UsageError(message=f"there is no collection of {site} here; there are {', '.join(self.sites)}")
        return self._collections[site]

    def articles(self, selection: str | Selection = "") -> Iterator[Article]:
        """The revisions selected, site by site, in the order in which they were written.

        The newest revision of every article unless the selection says otherwise. Raises ``UsageError`` for a selection
        that cannot be read or names a site that is not here, ``UnreadableInput`` at the first damaged line.
        """
        chosen = Selection.parse(selection) if isinstance(selection, str) else selection
        settled = chosen.settled(self._now().date())
        for collection in self.selected(settled):
            for found in select(collection, settled, collection.runs()):
                if found.article is not None:
                    yield found.article

    def article(self, article_id: str, revision: int | None = None) -> Article | None:
        """One revision of an article, the newest unless said otherwise; ``None`` when no collection has it."""
        found = (self.collection(site).article(article_id, revision) for site in self.sites)
        return next((article for article in found if article is not None), None)

    def revisions(self, article_id: str) -> tuple[Revision, ...]:
        """All revisions of an article, first to last, of the first collection that has it."""
        return next(filter(None, (self.collection(site).revisions(article_id) for site in self.sites)), ())

    def selected(self, selection: Selection) -> tuple[Collection, ...]:
        """The collections that ``selection`` asks for. Raises ``UsageError`` when one is missing."""
        return tuple(map(self.collection, selection.sites or self.sites))

    def close(self) -> None:
        """Close what was opened."""
        for collection in self._collections.values():
            collection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def select(
    collection: Collection, selection: Selection, runs: tuple[CrawlRun, ...], *, skip: int = 0
) -> Iterator[Passage]:
    """What is selected of ``runs`` of ``collection``, but for the first ``skip`` of them, in the order of writing.

    ``selection`` is settled. Those that are left out for their rights are among them.
    """
    zone = time_zone(collection.site)
    is_wanted = _revisions_wanted(collection, selection, runs, zone)
    for article in collection.articles(runs[skip:]):
        if selection.holds(article, zone) and is_wanted(article):
            yield under(selection.rights, article, selection.as_of, zone)


def time_zone(site: str) -> tzinfo:
    """That of a known site, UTC for others."""
    # Knowing the sites means loading all that reads their pages.
    from newsarchive.sites.registry import all_sites

    known = all_sites().get(site)
    return UTC if known is None else ZoneInfo(known.timezone)


def _revisions_wanted(
    collection: Collection, selection: Selection, runs: tuple[CrawlRun, ...], zone: tzinfo
) -> Callable[[Article], bool]:
    """Whether a revision is the one wanted of its article, among those of the days of capture that are asked for."""
    if selection.revision == "all":
        return lambda article: True
    pick = max if selection.revision == "latest" else min
    captured = selection.captured
    # A run that is committed meanwhile may bring newer ones.
    read = {run.run for run in runs}

    @lru_cache(_REMEMBERED)
    def wanted(article_id: str) -> int:
        return pick(
            revision.revision
            for revision in collection.revisions(article_id)
            if revision.run in read and (captured is None or captured.hold(revision.captured_at, zone))
        )

    return lambda article: article.revision == wanted(article.article_id)
