"""``python -m tests.quality.history``: the real captures of one address over time, replayed as a history and printed.

Each capture is archived in a run of its own, read, and compared with what the collection has: as the crawl does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from newsarchive.cli import main as newsarchive
from newsarchive.collection.collection import Collection
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article
from newsarchive.model.capture import Capture
from newsarchive.model.revision import number
from newsarchive.sites.registry import get_site
from tests.corpus import VARIABLE, Case, case_named, corpus_path

SERIES = {
    "khashoggi-177": tuple(f"e1-khashoggi-{number}" for number in range(7)),
    "thaci-kosovo-101": ("e2a-thaci-0", "e2a-thaci-1"),
}
"""The captures of one address, in order, by the id of its article."""

SITE = get_site("tagesschau")


@contextmanager
def replayed(root: Path) -> Iterator[Collection]:
    """A collection in ``root`` that met every capture of ``SERIES`` in its order, an hour between the runs."""
    with Collection.create(root, SITE.name) as collection, collection.lock():
        for names in SERIES.values():
            for position, name in enumerate(names):
                _meet(collection, case_named(name), position)
        yield collection


def _meet(collection: Collection, case: Case, position: int) -> None:
    # The pages do not say when they were saved, only when they were last modified, which several share.
    at = case.captured_at + timedelta(hours=position)
    with collection.begin_crawl(
        base_url=SITE.base_url, versions={}, settings={}, warcinfo={}, now=lambda: at
    ) as writer:
        stored = writer.append(_exchange(case, at=at)).result(timeout=60)
        article = None if stored is None else extract(stored, SITE).article
        if article is None:
            raise AssertionError(f"{case.name} gave no article")
        article, is_new = number(article, writer.last_revision(article.article_id))
        if is_new:
            writer.write_article(article)
        else:
            writer.seen(article)
        writer.finish("finished", "finished")


def _exchange(case: Case, *, at: datetime) -> Capture:
    address = urlsplit(case.url)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(case.page)}\r\n\r\n"
    return Capture(
        url=case.url,
        started_at=at,
        sent=f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode(),
        received=head.encode() + case.page,
    )


def revision_pairs(collection: Collection, article_id: str) -> list[tuple[Article, Article]]:
    """Each revision of an article with the one after it."""
    found = [collection.article(article_id, known.revision) for known in collection.revisions(article_id)]
    articles = [article for article in found if article is not None]
    return list(pairwise(articles))


def main() -> int:
    """Print the history of every article of ``SERIES``, and the diff of each of its revisions."""
    if corpus_path() is None:
        sys.stdout.write(f"{VARIABLE} is not set: there are no captures to replay.\n")
        return 1
    with TemporaryDirectory() as directory:
        with replayed(Path(directory) / SITE.name) as collection:
            revisions = {article_id: len(collection.revisions(article_id)) for article_id in SERIES}
        for article_id, names in SERIES.items():
            sys.stdout.write(f"\n=== {article_id}: {len(names)} captures, {revisions[article_id]} revisions\n\n")
            sys.stdout.flush()
            _run("revisions", "list", article_id, "--archive", directory)
            for newer in range(2, revisions[article_id] + 1):
                sys.stdout.write("\n")
                _run("revisions", "diff", article_id, str(newer - 1), str(newer), "--archive", directory)
    return 0


def _run(*arguments: str) -> None:
    newsarchive(list(arguments), standalone_mode=False)


if __name__ == "__main__":
    sys.exit(main())
