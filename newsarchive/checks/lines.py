"""Article lines, sightings and links: each line by itself, against the others, and against the captures it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from newsarchive.checks.evidence import Evidence
from newsarchive.checks.inventory import ArticleEntry
from newsarchive.collection.layout import links_name
from newsarchive.collection.lines import Span, read_line
from newsarchive.collection.rebuild import enter_article
from newsarchive.collection.tables import stamp
from newsarchive.errors import NewsarchiveError
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.model.links import LeftLink, Link, parse_link_line
from newsarchive.model.revision import Sighting, content_digest
from newsarchive.model.serialize import from_json

Line = TypeVar("Line", Article, Sighting)
Parsed = TypeVar("Parsed")


def check_lines(evidence: Evidence) -> Iterator[Finding]:
    """Every line of every run, first to last. All WARC files were read."""
    for run in evidence.runs:
        yield from _check_articles(evidence, run)
        path = evidence.layout.seen_path(run.run, run.started_at)
        if path.exists():
            yield from _check_sightings(evidence, run, evidence.layout.name_of(path))
        name = links_name(run.run, run.started_at)
        if evidence.layout.locate(name).exists():
            yield from _check_links(evidence, run, name)
        evidence.catalog.commit_run(run)
    yield from _check_references(evidence)


def _check_articles(evidence: Evidence, run: CrawlRun) -> Iterator[Finding]:
    path = evidence.layout.articles_path(run.run, run.started_at)
    name = evidence.layout.name_of(path)
    expected = evidence.expected_articles(run)
    if expected is None:
        return
    if not path.is_file():
        if expected:
            yield _spoil(evidence, "lines-missing", name, f"The {expected} articles of run {run.run} are not there.")
        return
    count = 0
    readable = True
    for span, article in _read(evidence, path, Article):
        count += 1
        if isinstance(article, Finding):
            readable = False
            yield article
        else:
            yield from _check_article(evidence, run, name, span, article)
    if readable and count != expected:
        evidence.lines_are_sound = False
        yield found("lines-count", name, f"The file has {count} lines; {expected} were written.")


def _check_article(evidence: Evidence, run: CrawlRun, name: str, span: Span, article: Article) -> Iterator[Finding]:
    where = f"{name}@{span.offset}"
    entry = ArticleEntry.of(article, name, span)
    if evidence.site is not None and article.site != evidence.site:
        yield found("article-site", where, f"The article is one of {article.site}, not of {evidence.site}.")
    if content_digest(article) != article.content_digest:
        yield found("article-digest", where, "The content digest is not that of what the line says.")
    if not evidence.inventory.add_article(entry):
        message = f"Revision {article.revision} of {article.article_id} has a line already."
        yield found("article-doubled", where, message)
        return
    enter_article(evidence.catalog, article, run.run, name, span, partial(_line, evidence))


def _line(evidence: Evidence, article_id: str, revision: int) -> Article | None:
    place = evidence.inventory.article_line(article_id, revision)
    if place is None:
        return None
    name, offset, length = place
    try:
        return read_line(evidence.layout.locate(name), Span(offset=offset, length=length), Article)
    except NewsarchiveError:
        return None  # the file changed under us; it is found by those who read it


def _check_sightings(evidence: Evidence, run: CrawlRun, name: str) -> Iterator[Finding]:
    sightings: list[Sighting] = []
    for span, sighting in _read(evidence, evidence.layout.locate(name), Sighting):
        if isinstance(sighting, Finding):
            yield sighting
            continue
        sightings.append(sighting)
        evidence.inventory.add_sighting(
            name,
            span.offset,
            sighting.record_id,
            sighting.url,
            stamp(sighting.captured_at),
            sighting.article_id,
            sighting.revision,
        )
        if len(sightings) == 1000:
            evidence.catalog.add_sightings(run.run, sightings)
            sightings.clear()
    evidence.catalog.add_sightings(run.run, sightings)


def _check_links(evidence: Evidence, run: CrawlRun, name: str) -> Iterator[Finding]:
    links: list[tuple[int, Link | LeftLink]] = []
    lines = _parse(evidence, evidence.layout.locate(name), parse_link_line, "link")
    for number, (span, link) in enumerate(lines):
        if isinstance(link, Finding):
            yield link
            continue
        links.append((number, link))
        if isinstance(link, Link):
            evidence.inventory.add_link(
                name, span.offset, link.url, link.channel, link.record_id, stamp(link.declared_at)
            )
        if len(links) == 1000:
            evidence.catalog.add_links(run.run, links)
            links.clear()
    evidence.catalog.add_links(run.run, links)


def _read(evidence: Evidence, path: Path, kind: type[Line]) -> Iterator[tuple[Span, Line | Finding]]:
    """The lines of a file, or what is wrong with each."""
    return _parse(evidence, path, lambda line: from_json(line, kind), kind.__name__.lower())


def _parse(
    evidence: Evidence, path: Path, parse: Callable[[bytes], Parsed], what: str
) -> Iterator[tuple[Span, Parsed | Finding]]:
    """The lines of a file, or what is wrong with each."""
    name = evidence.layout.name_of(path)
    offset = 0
    try:
        with path.open("rb") as file:
            for line in file:
                span = Span(offset=offset, length=len(line))
                offset += len(line)
                evidence.on_bytes(len(line))
                where = f"{name}@{span.offset}"
                if not line.endswith(b"\n"):
                    yield span, _spoil(evidence, "line-unreadable", where, "The line is cut off.")
                    continue
                try:
                    yield span, parse(line)
                except ValueError as error:
                    message = f"The line is no {what}: {error}."
                    yield span, _spoil(evidence, "line-unreadable", where, message)
    except OSError as error:
        span = Span(offset=offset, length=0)
        yield span, _spoil(evidence, "line-unreadable", name, f"The file cannot be read: {error.strerror or error}.")


def _check_references(evidence: Evidence) -> Iterator[Finding]:
    inventory = evidence.inventory
    names = ("the id", "the length", "the address", "the time", "the status", "the payload digest")
    for file, offset, warc, at_byte, nothing, *differences in inventory.odd_articles():
        if nothing:
            message = f"No record begins at byte {at_byte} of {warc}, where the capture of the line should lie."
        else:
            differing = ", ".join(name for name, differs in zip(names, differences, strict=True) if differs)
            message = f"The record at byte {at_byte} of {warc} is another than the line says: {differing}."
        yield found("article-capture", f"{file}@{offset}", message)
    if inventory.is_sound:
        for file, offset, record_id in inventory.odd_sightings():
            message = f"There is no capture {record_id} of that address and time."
            yield found("sighting-capture", f"{file}@{offset}", message)
        for file, offset, record_id in inventory.odd_links():
            message = f"There is no capture {record_id} of that time that could have listed it."
            yield found("link-capture", f"{file}@{offset}", message)
    if evidence.lines_are_sound:
        for file, offset, article, revision in inventory.lost_revisions():
            message = f"Revision {revision} of {article} has no revision {revision - 1} before it."
            yield found("article-revision", f"{file}@{offset}", message)
        for file, offset, article, revision in inventory.lost_sightings():
            message = f"It sees revision {revision} of {article}, which has no line."
            yield found("sighting-article", f"{file}@{offset}", message)
    for file, offset, url, channel in inventory.doubled_links():
        message = f"Channel {channel} declared {url} before."
        yield found("link-doubled", f"{file}@{offset}", message)
    for file, offset, article, revision in inventory.idle_revisions():
        message = f"Revision {revision} of {article} says what the one before it says."
        yield found("article-revision", f"{file}@{offset}", message)


def _spoil(evidence: Evidence, code: str, where: str, message: str) -> Finding:
    evidence.lines_are_sound = False
    return found(code, where, message)
