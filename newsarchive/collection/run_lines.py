"""The lines of one run: articles and sightings, and what the catalog knows of them."""

from __future__ import annotations

import threading

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.durable import storing
from newsarchive.collection.layout import Layout
from newsarchive.collection.lines import LineWriter, read_line
from newsarchive.model.article import Article
from newsarchive.model.capture import StoredCapture
from newsarchive.model.revision import Revision, Sighting, compare


class RunLines:
    """Writes the articles and sightings of ``run``, which the catalog counts as the one being written.

    ``articles`` and ``seen`` are the writers of its two files. Methods may be called from any thread; those that write
    raise ``StorageFailed``.
    """

    def __init__(self, layout: Layout, catalog: Catalog, run: str, articles: LineWriter, seen: LineWriter) -> None:
        self._layout = layout
        self._catalog = catalog
        self._run = run
        self._articles = articles
        self._seen = seen
        self._turn = threading.Lock()

    @property
    def articles_file(self) -> str | None:
        """Name of the file with the articles, ``None`` while there is none."""
        return self._layout.name_of(self._articles.path) if self._articles.count else None

    @property
    def articles(self) -> int:
        """Articles written so far."""
        return self._articles.count

    def last_revision(self, article_id: str) -> Revision | None:
        """The newest revision of an article, of earlier runs or of this one."""
        return self._catalog.last_revision(article_id)

    def write_article(self, article: Article) -> Revision:
        """Write a new revision of an article, numbered by the caller: 1, or one more than ``last_revision``.

        ``ValueError`` for any other number.
        """
        with self._turn:
            last = self._catalog.last_revision(article.article_id)
            if article.revision != (last.revision + 1 if last else 1):
                raise ValueError(f"revision {article.revision} of {article.article_id} cannot follow {last}")
            revision = revision_of(article, self._run, self._article(last) if last else None)
            with storing(self._articles.path):
                span = self._articles.append(article)
            self._catalog.add_revision(article, revision, self._layout.name_of(self._articles.path), span)
        return revision

    def seen(self, article: Article) -> None:
        """Note that an article was found unchanged; ``article.revision`` is the revision it still has."""
        self._sight(
            Sighting(
                url=article.url,
                record_id=article.capture.record_id,
                captured_at=article.capture.captured_at,
                article_id=article.article_id,
                revision=article.revision,
            )
        )

    def no_article(self, stored: StoredCapture, reason: str) -> None:
        """Note that a capture was read and holds no article; ``reason`` is the code of the problem that says why."""
        self._sight(
            Sighting(url=stored.url, record_id=stored.ref.record_id, captured_at=stored.ref.captured_at, reason=reason)
        )

    def close(self) -> None:
        """Make all lines durable; nothing can be written after this."""
        with self._turn, storing(self._articles.path):
            try:
                self._articles.close()
            finally:
                with storing(self._seen.path):
                    self._seen.close()

    def _sight(self, sighting: Sighting) -> None:
        with self._turn:
            with storing(self._seen.path):
                self._seen.append(sighting)
            self._catalog.add_sightings(self._run, [sighting])

    def _article(self, revision: Revision) -> Article | None:
        where = self._catalog.line_of(revision.article_id, revision.revision)
        return where and read_line(self._layout.locate(where[0]), where[1], Article)


def revision_of(article: Article, run: str, before: Article | None) -> Revision:
    """What the catalog keeps of the ``article`` that ``run`` wrote; ``before`` is the revision it follows, if any."""
    return Revision(
        article_id=article.article_id,
        revision=article.revision,
        url=article.url,
        content_digest=article.content_digest,
        run=run,
        captured_at=article.capture.captured_at,
        stand=article.stand,
        headline=article.headline,
        changed=compare(before, article) if before else (),
    )
