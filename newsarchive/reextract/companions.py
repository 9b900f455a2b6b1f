"""What hangs on an article, found in the archive: the same for a live crawl, a recovery and every later extraction."""

from __future__ import annotations

from collections.abc import Callable

from newsarchive.extraction.companions import attach, wanted
from newsarchive.model.article import Article
from newsarchive.model.capture import StoredCapture


def complete(article: Article, find: Callable[[str], StoredCapture | None]) -> Article:
    """``article`` with its companions attached, each as ``find`` has it at the time of the run.

    ``find`` is ``Collection.companion`` for that run. The text of a page that was imported has none: nobody asked its
    site at that time.
    """
    if article.capture.status is None:
        return article
    known: dict[str, StoredCapture] = {}
    asked: set[str] = set()
    # A companion may name further ones.
    while urls := [url for url in wanted(article, known) if url not in asked]:
        asked.update(urls)
        known.update((url, stored) for url in urls if (stored := find(url)) is not None)
    return attach(article, known)
