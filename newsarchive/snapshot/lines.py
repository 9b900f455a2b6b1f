"""Articles, sightings and pages of a snapshot: each line by itself, and all of them against one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from newsarchive.checks.inventory import ArticleEntry, Inventory
from newsarchive.collection.lines import Span
from newsarchive.collection.tables import stamp
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.finding import Finding
from newsarchive.model.revision import Sighting, content_digest
from newsarchive.model.serialize import from_json
from newsarchive.snapshot import contents
from newsarchive.snapshot.case import Case
from newsarchive.snapshot.claims import article_claim
from newsarchive.snapshot.faults import found
from newsarchive.warc.wacz import PAGES

Line = TypeVar("Line", Article, Sighting)


def check_lines(case: Case) -> Iterator[Finding]:
    """Every article line, its page, and every sighting. Collects what articles claim of their captures."""
    with Inventory() as inventory:
        whole = _enter_required(case, inventory)
        if case.is_sound(contents.ARTICLES):
            count = 0
            pages = _Pages(case)
            yield from pages.compare(contents.PAGES_HEAD)
            for where, offset, length, article in _read(case, contents.ARTICLES, Article):
                count += 1
                if isinstance(article, Finding):
                    whole = False
                    case.spoiled.add(contents.ARTICLES)
                    yield article
                    continue
                yield from _check_article(case, where, article)
                if case.is_sound(contents.ARTICLES):
                    yield from pages.compare(contents.page(article))
                if not inventory.add_article(
                    ArticleEntry.of(article, contents.ARTICLES, Span(offset=offset, length=length))
                ):
                    message = f"Revision {article.revision} of {article.article_id} has a line already."
                    yield found("snapshot-article-doubled", where, message)
            if case.is_sound(contents.ARTICLES):
                yield from pages.compare(None)
            if case.manifest is not None and count != case.manifest.articles:
                message = f"There are {count} lines; the manifest says {case.manifest.articles}."
                yield found("snapshot-manifest-differs", contents.ARTICLES, message)
        else:
            whole = False
        if case.is_sound(contents.SIGHTINGS):
            for where, offset, _, sighting in _read(case, contents.SIGHTINGS, Sighting):
                if isinstance(sighting, Finding):
                    yield sighting
                    continue
                at = stamp(sighting.captured_at)
                inventory.add_sighting(
                    where, offset, sighting.record_id, sighting.url, at, sighting.article_id, sighting.revision
                )
        if whole:
            yield from _check_references(inventory)


def _check_references(inventory: Inventory) -> Iterator[Finding]:
    for _, offset, article_id, revision in inventory.lost_revisions():
        message = f"Revision {revision} of {article_id} has no revision {revision - 1} before it."
        yield found("snapshot-article-revision", f"{contents.ARTICLES}@{offset}", message)
    for _, offset, article_id, revision in inventory.idle_revisions():
        message = f"Revision {revision} of {article_id} says what the one before it says."
        yield found("snapshot-article-revision", f"{contents.ARTICLES}@{offset}", message)
    for where, _, article_id, revision in inventory.lost_sightings():
        message = f"It sees revision {revision} of {article_id}, which has no line."
        yield found("snapshot-sighting-article", where, message)


def _enter_required(case: Case, inventory: Inventory) -> bool:
    """Enter the articles of the snapshots that this one goes on from; whether all that came before is known."""
    if case.chain is None:
        return False
    try:
        for snapshot in case.chain.snapshots[:-1]:
            for _, article in snapshot.articles():
                inventory.add_article(ArticleEntry.of(article, snapshot.path.name, Span(offset=0, length=0)))
    except UnreadableInput:
        return False
    return True


def _check_article(case: Case, where: str, article: Article) -> Iterator[Finding]:
    if case.manifest is not None and article.site != case.manifest.site:
        message = f"The article is one of {article.site}, not of {case.manifest.site}."
        yield found("snapshot-article-site", where, message)
    if content_digest(article) != article.content_digest:
        yield found("snapshot-article-digest", where, "The content digest is not that of what the line says.")
    case.claims.add(article_claim(where, article.url, article.capture))


class _Pages:
    """The pages, compared with those that the articles make, one after the other; the first difference is told."""

    def __init__(self, case: Case) -> None:
        self._lines = iter(case.wacz.open(PAGES)) if case.is_sound(PAGES) else None
        self._number = 0

    def compare(self, wanted: bytes | None) -> Iterator[Finding]:
        """The next line must be ``wanted``; ``None``: there must be none."""
        if self._lines is None:
            return
        self._number += 1
        if next(self._lines, None) != wanted:
            self._lines = None
            message = "The pages are not those of the articles, from this line on."
            yield found("snapshot-pages-differ", f"{PAGES}:{self._number}", message)


def _read(case: Case, path: str, kind: type[Line]) -> Iterator[tuple[str, int, int, Line | Finding]]:
    """The lines of a file: place, offset, length, and what is in it or wrong with it."""
    offset = 0
    with case.wacz.open(path) as file:
        for line in file:
            where = f"{path}@{offset}"
            try:
                record: Line | Finding = _within_measure(from_json(line, kind))
            except ValueError as error:
                message = f"The line is no {kind.__name__.lower()}: {error}."
                record = found("snapshot-line-unreadable", where, message)
            yield where, offset, len(line), record
            offset += len(line)


def _within_measure(record: Line) -> Line:
    """``record`` itself. Raises ``ValueError`` where a number in it is none of any file."""
    if isinstance(record, Article):
        ref = record.capture
        numbers = [record.revision, ref.offset, ref.length, ref.status or 0]
    else:
        numbers = [record.revision or 0]
    if not all(0 <= number < 2**63 for number in numbers):
        raise ValueError("a number in it is negative, or too large")
    return record
