"""Articles extracted again from their captures: the same program must give the same line, byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from newsarchive import __version__
from newsarchive.checks.evidence import Evidence
from newsarchive.collection.collection import Collection
from newsarchive.errors import NewsarchiveError, UnknownSite
from newsarchive.extraction.body import TRAFILATURA_VERSION
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, ExtractorRef
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.model.serialize import from_json, to_line
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site


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
    with Collection.open(evidence.layout.root) as collection:
        for run in evidence.runs:
            if run.articles_file is not None and (path := evidence.layout.locate(run.articles_file)).is_file():
                yield from _check_file(evidence, collection, site, path, others)
    for version, count in sorted(others.items()):
        message = f"{count} articles were read by another version, {version}, and were not compared."
        yield found("article-other-version", evidence.layout.descriptor.name, message)


def _check_file(
    evidence: Evidence, collection: Collection, site: Site, path: Path, others: Counter[str]
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
                extraction = extract(collection.read_capture(article.capture), site)
            except (ValueError, NewsarchiveError):
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


def _differing(article: Article, again: Article) -> str:
    names = [
        name for name in Article.__slots__ if name != "revision" and getattr(article, name) != getattr(again, name)
    ]
    return f"it differs in {', '.join(names)}" if names else "its form differs"


def _named(extractor: ExtractorRef) -> str:
    return f"newsarchive {extractor.newsarchive} with trafilatura {extractor.trafilatura} and lxml {extractor.lxml}"
