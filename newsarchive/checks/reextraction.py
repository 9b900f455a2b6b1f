"""Articles extracted again from their captures: the same program must give the same line, byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from newsarchive import __version__
from newsarchive.checks.evidence import Evidence
from newsarchive.errors import UnknownSite, UnreadableInput
from newsarchive.extraction.body import TRAFILATURA_VERSION
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, ExtractorRef
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.model.serialize import from_json, to_line
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from newsarchive.warc.reader import read_capture
from newsarchive.warc.resolve import RevisitTarget


def check_extraction(evidence: Evidence) -> Iterator[Finding]:
    """Extract every article again. Lines and captures that could not be read are passed over: they are found already.

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
    for run in evidence.runs:
        if run.articles_file is not None and (path := evidence.layout.locate(run.articles_file)).is_file():
            yield from _check_file(evidence, site, path, others)
    for version, count in sorted(others.items()):
        message = f"{count} articles were read by another version, {version}, and were not compared."
        yield found("article-other-version", evidence.layout.descriptor.name, message)


def _check_file(evidence: Evidence, site: Site, path: Path, others: Counter[str]) -> Iterator[Finding]:
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
            again = extraction.article
            if again is None:
                if (article.extractor.newsarchive, article.extractor.trafilatura) == (__version__, TRAFILATURA_VERSION):
                    reason = extraction.reason.message if extraction.reason else "no reason is given."
                    yield found("article-differs", where, f"Extraction finds no article in the capture: {reason}")
                else:
                    others[_named(article.extractor)] += 1
            elif again.extractor != article.extractor:
                others[_named(article.extractor)] += 1
            elif to_line(replace(again, revision=article.revision)) != line:
                yield found("article-differs", where, f"Extraction gives another line: {_differing(article, again)}.")


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


def _differing(article: Article, again: Article) -> str:
    names = [
        name for name in Article.__slots__ if name != "revision" and getattr(article, name) != getattr(again, name)
    ]
    return f"it differs in {', '.join(names)}" if names else "its form differs"


def _named(extractor: ExtractorRef) -> str:
    return f"newsarchive {extractor.newsarchive} with trafilatura {extractor.trafilatura} and lxml {extractor.lxml}"
