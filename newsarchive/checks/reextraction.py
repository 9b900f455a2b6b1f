"""Articles extracted again from their captures: the same program must give the same line, byte for byte.

And sightings: what was seen unchanged must be read from its capture as that revision. Of an answer 304 that is the
response it refers to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from newsarchive import __version__
from newsarchive.checks.evidence import Evidence
from newsarchive.checks.inventory import SightedRecord
from newsarchive.collection.catalog import Catalog
from newsarchive.errors import StorageFailed, UnknownSite, UnreadableInput
from newsarchive.extraction.body import TRAFILATURA_VERSION
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, ExtractorRef
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.model.revision import GONE, Sighting
from newsarchive.model.serialize import from_json, to_line
from newsarchive.reextract.companions import complete
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from newsarchive.warc.reader import read_capture
from newsarchive.warc.resolve import RevisitTarget

_OF_COMPANIONS = {"media", "rights", "problems"}
"""The fields of an article that what hangs on it has a part in."""


def check_extraction(evidence: Evidence, fresh: Path) -> Iterator[Finding]:
    """Extract every article again; ``fresh`` is the catalog made anew, now closed.

    Lines and captures that could not be read are passed over: they are found already.

    What another version of the program wrote is counted, not judged.
    """
    if evidence.site is None:
        return
    try:
        site = get_site(evidence.site)
    except UnknownSite:
        message = f"This version knows no site {evidence.site}, so no article was extracted again."
        yield found("article-not-read", evidence.layout.descriptor.name, message)
        return
    others: Counter[str] = Counter()
    catalog = Catalog.open(fresh)
    if catalog is None:
        raise StorageFailed(path=fresh, reason="it cannot be read back")
    with closing(catalog):
        for run in evidence.runs:
            at = site.at(run.base_url) if run.base_url else site
            if (path := evidence.layout.articles_path(run.run, run.started_at)).is_file():
                yield from _check_articles(evidence, at, path, others, partial(_companion, evidence, catalog, run))
            path = evidence.layout.seen_path(run.run, run.started_at)
            if _wrote_this_program(run) and path.is_file():
                yield from _check_sightings(evidence, at, path)
    for version, count in sorted(others.items()):
        message = f"{count} articles were read by another version, {version}, and were not compared."
        yield found("article-other-version", evidence.layout.descriptor.name, message)


def _check_articles(
    evidence: Evidence, site: Site, path: Path, others: Counter[str], find: Callable[[str], StoredCapture | None]
) -> Iterator[Finding]:
    name = evidence.layout.name_of(path)
    offset = 0
    with path.open("rb") as file:
        for line in file:
            where = f"{name}@{offset}"
            offset += len(line)
            evidence.on_bytes(len(line))
            try:
                article = from_json(line, Article)
                extraction = extract(_capture(evidence, article.capture), site)
            except (ValueError, UnreadableInput):
                continue
            again = extraction.article and complete(extraction.article, find)
            if again is None:
                if (article.extractor.newsarchive, article.extractor.trafilatura) == (__version__, TRAFILATURA_VERSION):
                    reason = extraction.reason.message if extraction.reason else "no reason is given."
                    yield found("article-differs", where, f"Extraction finds no article in the capture: {reason}")
                else:
                    others[_named(article.extractor)] += 1
            elif again.extractor != article.extractor:
                others[_named(article.extractor)] += 1
            elif to_line(replace(again, revision=article.revision)) != line:
                differing = _differing(article, again)
                # What hangs on an article may lie in a file that is missing or damaged, which is found already.
                if evidence.inventory.is_sound or not differing <= _OF_COMPANIONS:
                    how = f"it differs in {', '.join(sorted(differing))}" if differing else "its form differs"
                    yield found("article-differs", where, f"Extraction gives another line: {how}.")


def _check_sightings(evidence: Evidence, site: Site, path: Path) -> Iterator[Finding]:
    name = evidence.layout.name_of(path)
    offset = 0
    with path.open("rb") as file:
        for line in file:
            where = f"{name}@{offset}"
            offset += len(line)
            evidence.on_bytes(len(line))
            try:
                sighting = from_json(line, Sighting)
            except ValueError:
                continue
            message = None if sighting.reason in GONE else _misread(evidence, site, sighting)
            if message is not None:
                yield found("sighting-differs", where, message)


def _misread(evidence: Evidence, site: Site, sighting: Sighting) -> str | None:
    """What is wrong with a sighting; ``None`` where nothing is, or where its capture cannot be read."""
    record = evidence.inventory.source_of(sighting.record_id)
    if record is None:
        return None
    if record.status == 304 and record.refers_to is None:
        return "The server answered 304, and to what is not known."
    said = None
    if sighting.article_id is not None:
        said = evidence.inventory.content_digest(sighting.article_id, sighting.revision or 0)
        if said is None:
            return None
    if record.source is None or not evidence.inventory.is_first(record.source, sighting.url, said or ""):
        return None
    try:
        stored = _source(evidence, record, sighting)
    except (ValueError, UnreadableInput):
        return None
    article = extract(stored, site).article
    if (article.article_id if article else None) != sighting.article_id:
        return f"Extraction finds {article.article_id if article else 'no article'} in its capture."
    if article is not None and str(article.content_digest) != said:
        return f"Extraction finds another text in its capture than that of revision {sighting.revision}."
    return None


def _source(evidence: Evidence, record: SightedRecord, sighting: Sighting) -> StoredCapture:
    """The response that a sighting is about, as if it had just been had. Raises ``UnreadableInput``."""
    ref = CaptureRef(
        record_id=record.source or "",
        warc=record.warc or "",
        offset=record.offset or 0,
        length=record.length or 0,
        captured_at=sighting.captured_at,
        status=None,
        payload_digest=Digest.of(b""),
    )
    return replace(read_capture(evidence.layout.locate(ref.warc), ref), url=sighting.url)


def _companion(evidence: Evidence, catalog: Catalog, run: CrawlRun, url: str) -> StoredCapture | None:
    """What was had of ``url`` at the time of ``run``, as far as it can be read."""
    ref = catalog.companion(url, run.run, alone=run.is_import)
    try:
        return None if ref is None else _capture(evidence, ref)
    except (ValueError, UnreadableInput):
        return None


def _wrote_this_program(run: CrawlRun) -> bool:
    return (run.versions.get("newsarchive"), run.versions.get("trafilatura")) == (__version__, TRAFILATURA_VERSION)


def _capture(evidence: Evidence, ref: CaptureRef) -> StoredCapture:
    """The capture at ``ref``. Not by way of the collection, which would make a missing catalog again."""

    def resolve(target: RevisitTarget) -> StoredCapture | None:
        place = target.record_id and evidence.inventory.place_of(target.record_id)
        if not target.record_id or not place:
            return None
        warc, offset, length = place
        original = replace(ref, record_id=target.record_id, warc=warc, offset=offset, length=length)
        return read_capture(evidence.layout.locate(warc), original)

    return read_capture(evidence.layout.locate(ref.warc), ref, resolve=resolve)


def _differing(article: Article, again: Article) -> frozenset[str]:
    return frozenset(
        name for name in Article.__slots__ if name != "revision" and getattr(article, name) != getattr(again, name)
    )


def _named(extractor: ExtractorRef) -> str:
    return f"newsarchive {extractor.newsarchive} with trafilatura {extractor.trafilatura} and lxml {extractor.lxml}"
