"""Articles of a snapshot extracted again from its captures: the same program must give the same line, byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from newsarchive.errors import UnknownSite
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, ExtractorRef
from newsarchive.model.finding import Finding
from newsarchive.model.serialize import from_json, to_line
from newsarchive.reextract.companions import complete
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from newsarchive.snapshot import contents
from newsarchive.snapshot.case import Case
from newsarchive.snapshot.faults import found
from newsarchive.snapshot.opened import Chain


def check_reproduction(case: Case) -> Iterator[Finding]:
    """Extract every article again. Lines and captures that cannot be read are passed over: they are found already.

    What another version of the program wrote is counted, not judged.
    """
    if case.manifest is None or case.chain is None or not case.is_sound(contents.ARTICLES):
        return
    try:
        site = get_site(case.manifest.site)
    except UnknownSite:
        message = f"This version knows no site {case.manifest.site}, so no article was extracted again."
        yield found("snapshot-article-not-read", contents.ARTICLES, message)
        return
    runs = {warc.collection_path: warc.run for warc in case.manifest.warcs}
    others: Counter[str] = Counter()
    offset = 0
    with case.wacz.open(contents.ARTICLES) as file:
        for line in file:
            where = f"{contents.ARTICLES}@{offset}"
            offset += len(line)
            case.on_bytes(len(line))
            try:
                article = from_json(line, Article)
                again = _again(case.chain, article, site, runs.get(article.capture.warc))
            except ValueError:
                continue
            yield from _compare(where, line, article, again, others)
    for version, count in sorted(others.items()):
        message = f"{count} articles were read by another version, {version}, and were not compared."
        yield found("snapshot-article-other-version", contents.ARTICLES, message)


def _again(chain: Chain, article: Article, site: Site, run: str | None) -> tuple[Article, ...]:
    """The article as extraction gives it: with what hangs on it, and without, as some crawls wrote it."""
    extracted = extract(chain.read_capture(article.capture), site).article
    if extracted is None:
        return ()
    extracted = replace(extracted, revision=article.revision)
    return (extracted,) if run is None else (complete(extracted, lambda url: chain.companion(url, run)), extracted)


def _compare(
    where: str, line: bytes, article: Article, again: tuple[Article, ...], others: Counter[str]
) -> Iterator[Finding]:
    if any(to_line(one) == line for one in again):
        return
    if not again:
        yield found("snapshot-article-differs", where, "Extraction finds no article in the capture.")
    elif again[0].extractor != article.extractor:
        others[_named(article.extractor)] += 1
    else:
        names = [name for name in Article.__slots__ if getattr(article, name) != getattr(again[0], name)]
        message = f"Extraction gives another line: it differs in {', '.join(names) or 'its form'}."
        yield found("snapshot-article-differs", where, message)


def _named(extractor: ExtractorRef) -> str:
    return f"newsarchive {extractor.newsarchive} with trafilatura {extractor.trafilatura} and lxml {extractor.lxml}"
