"""The lines of one run: articles, sightings and links, and what the catalog knows of them."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.durable import storing, write_atomically
from newsarchive.collection.layout import Layout
from newsarchive.collection.lines import LineWriter, Span, read_line, read_lines
from newsarchive.errors import StorageFailed, UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import StoredCapture
from newsarchive.model.links import LeftLink, Link
from newsarchive.model.revision import GONE, Revision, Sighting, compare
from newsarchive.model.serialize import to_line


class RunLines:
    """Writes the articles, sightings and links of ``run``, which the catalog counts as the one being written.

    ``articles``, ``seen`` and ``links`` are the writers of its files. Methods may be called from any thread; those that
    write raise ``StorageFailed``.
    """

    def __init__(
        self, layout: Layout, catalog: Catalog, run: str, articles: LineWriter, seen: LineWriter, links: LineWriter
    ) -> None:
        self._layout = layout
        self._catalog = catalog
        self._run = run
        self._articles = articles
        self._seen = seen
        self._links = links
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

    def unmodified(self, stored: StoredCapture) -> Sighting | None:
        """Note that the server answered 304: what it last sent whole from this address is still so.

        Gives what that was, the same article and revision, or no article for the same reason; ``None``, and notes
        nothing, where it was never read.
        """
        before = self._catalog.newest_whole(stored.url)
        reading = self._catalog.reading(before.record_id) if before else None
        if reading is None:
            return None
        sighting = Sighting(
            url=stored.url,
            record_id=stored.ref.record_id,
            captured_at=stored.ref.captured_at,
            article_id=reading.article_id,
            revision=reading.revision,
            reason=reading.reason,
        )
        self._sight(sighting)
        return sighting

    def gone(self, stored: StoredCapture, reason: str) -> Sighting:
        """Note that the page at an address is gone: the removal of the article that was there, if one was.

        ``stored`` is the answer of that very address, ``reason`` one of ``GONE``; ``ValueError`` otherwise.
        """
        if reason not in GONE:
            raise ValueError(f"{reason} is no reason why a page is gone")
        article = self._catalog.last_article(stored.url)
        sighting = Sighting(
            url=stored.url,
            record_id=stored.ref.record_id,
            captured_at=stored.ref.captured_at,
            article_id=article.article_id if article else None,
            revision=article.revision if article else None,
            reason=reason,
        )
        self._sight(sighting)
        return sighting

    def declare(self, link: Link) -> bool:
        """Note that a channel declared an address; false, and nothing is noted, where it did so before."""
        with self._turn:
            if self._catalog.holds_link(link.url, link.channel):
                return False
            self._write_link(link)
        return True

    def leave(self, left: LeftLink) -> None:
        """Note that an article which is wanted could not be ended, so that a later run does it."""
        with self._turn:
            self._write_link(left)

    def close(self) -> None:
        """Make all lines durable; nothing can be written after this."""
        with self._turn, storing(self._articles.path):
            try:
                self._articles.close()
            finally:
                try:
                    with storing(self._seen.path):
                        self._seen.close()
                finally:
                    with storing(self._links.path):
                        self._links.close()

    def put_in_order(self) -> bool:
        """Put the lines, which are closed, into the order in which their pages were captured.

        Pages are read beside one another, and end in any order. So that the same captures give the same files, lines
        stand in order of capture, and in that of revisions where an article was read twice. Where the disk has no room
        for it they stay as they were. False where the catalog does not know any more where they lie.
        """
        with suppress(StorageFailed, UnreadableInput):
            self._order_sightings()
        moved: list[tuple[str, int, Span]] = []
        try:
            self._order_articles(moved)
        except (StorageFailed, UnreadableInput):
            return not moved
        return True

    def _order_articles(self, moved: list[tuple[str, int, Span]]) -> None:
        """Order them; ``moved`` is filled once they are, so that the catalog has to know it."""
        lines = self._catalog.lines_in_order(self._run) if self._articles.count > 1 else ()
        if len(lines) != self._articles.count or all(
            before.offset < after.offset for (_, _, before), (_, _, after) in pairwise(lines)
        ):
            return
        places = []
        offset = 0
        for article_id, revision, span in lines:
            places.append((article_id, revision, replace(span, offset=offset)))
            offset += span.length
        path = self._articles.path
        with self._catalog.transaction(), storing(path), path.open("rb") as file:
            self._catalog.move_lines(places)
            write_atomically(path, (os.pread(file.fileno(), span.length, span.offset) for _, _, span in lines))
            moved.extend(places)

    def _order_sightings(self) -> None:
        sightings = self._catalog.sightings_in_order(self._run) if self._seen.count > 1 else ()
        path = self._seen.path
        if len(sightings) != self._seen.count or all(
            wanted == held for wanted, (_, held) in zip(sightings, read_lines(path, Sighting), strict=True)
        ):
            return
        with storing(path):
            write_atomically(path, map(to_line, sightings))

    def _write_link(self, line: Link | LeftLink) -> None:
        number = self._links.count
        with storing(self._links.path):
            self._links.append(line)
        self._catalog.add_links(self._run, [(number, line)])

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
