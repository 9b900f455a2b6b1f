"""Recovering a collection: what killed crawls left is made whole, and what they captured and did not read is read."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from newsarchive.collection.collection import Collection, utc_now
from newsarchive.collection.mending import MendedLines, MendedWarc
from newsarchive.collection.recovery import RunRecovery
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Extraction
from newsarchive.model.capture import StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.revision import number
from newsarchive.reextract.pool import PageLimits, WorkFailed, read_pages
from newsarchive.sites.site import Site

logger = logging.getLogger(__name__)

End = Literal["articles", "unchanged", "no_article", "unread"]
"""What became of a page that was captured and not yet read; as in ``RecoveredRun``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredRun:
    """What became of one run that was killed or aborted.

    ``record`` is what was committed, ``None`` where no exchange was left. Of the pages that were captured and not yet
    read, so many were ``articles`` (new revisions), ``unchanged``, or held ``no_article``; ``unread`` ones could not be
    read, and the next crawl fetches them again.
    """

    run: str
    record: CrawlRun | None
    warcs: tuple[MendedWarc, ...]
    lines: tuple[MendedLines, ...]
    articles: int
    unchanged: int
    no_article: int
    unread: int


def recover(
    collection: Collection,
    site: Site,
    limits: PageLimits | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
) -> tuple[RecoveredRun, ...]:
    """Recover every run that left files and no record, first to last; none where all is in order.

    The caller holds the lock of the collection. May be repeated at any time, also after it was killed. Raises
    ``StorageFailed``, and ``UnreadableInput`` for files that cannot be what a crawl of ours left.
    """
    recovered = []
    for left in collection.left_runs():
        with collection.begin_recovery(left, now=now) as recovery:
            recovered.append(_recover(recovery, collection, site, limits or PageLimits()))
    return tuple(recovered)


def describe(recovered: RecoveredRun) -> Iterator[str]:
    """What became of a run, in sentences for people."""
    for warc in recovered.warcs:
        if warc.tail is not None:
            yield f"{warc.name}: cut off {warc.tail_bytes} bytes ({warc.reason}); they are kept in {warc.tail}."
        if warc.is_removed:
            yield f"{warc.name}: removed, since it held no exchange."
    for lines in recovered.lines:
        if lines.orphaned:
            yield f"{lines.name}: took out {lines.orphaned} lines without a capture; they are kept in {lines.orphans}."
        if lines.broken or lines.outdated:
            yield (
                f"{lines.name}: dropped {lines.broken} broken and {lines.outdated} outdated lines; "
                "what their captures hold was read again."
            )
    if recovered.record is None:
        yield f"Run {recovered.run} left no exchange, so there is nothing to recover of it."
        return
    records = sum(warc.records for warc in recovered.warcs if not warc.is_removed)
    kept = sum(lines.kept for lines in recovered.lines)
    yield (
        f"Run {recovered.run} is recovered: {records} whole records and {kept} lines kept; of the pages not yet read, "
        f"{recovered.articles} gave articles, {recovered.unchanged} were unchanged, {recovered.no_article} held none, "
        f"{recovered.unread} could not be read."
    )


def _recover(recovery: RunRecovery, collection: Collection, site: Site, limits: PageLimits) -> RecoveredRun:
    site = site.at(recovery.base_url) if recovery.base_url else site
    wanted = [ref for url, ref in recovery.unread() if ref.status is None or site.article_url(url) is not None]
    ends: Counter[End] = Counter()

    def pages() -> Iterator[StoredCapture]:
        for ref in wanted:
            try:
                page = collection.read_capture(ref)
            except UnreadableInput as error:
                # Its payload lies in an earlier WARC that is damaged. That must not keep a site from being archived.
                logger.warning("%s", error)
                ends["unread"] += 1
                continue
            if page.record_type != "resource" or _is_text(page):
                yield page

    if wanted:
        for page, extraction in read_pages(pages(), site, limits):
            ends[_write(recovery, page, extraction)] += 1
    return RecoveredRun(
        run=recovery.run,
        record=recovery.finish("The crawl was killed or could not be ended; what it left was recovered."),
        warcs=recovery.mended_warcs,
        lines=recovery.mended_lines,
        articles=ends["articles"],
        unchanged=ends["unchanged"],
        no_article=ends["no_article"],
        unread=ends["unread"],
    )


def _write(recovery: RunRecovery, page: StoredCapture, extraction: Extraction | WorkFailed) -> End:
    """Do with a page what the crawl would have done."""
    if isinstance(extraction, WorkFailed):
        logger.warning("%s: no article: %s", page.url, extraction)
        recovery.problems[f"extraction-{extraction.code}"] += 1
        return "unread"
    if extraction.article is None:
        reason = extraction.reason.code if extraction.reason else "no-article"
        recovery.problems.update((reason, *(problem.code for problem in extraction.problems)))
        recovery.lines.no_article(page, reason)
        return "no_article"
    recovery.problems.update(problem.code for problem in extraction.problems)
    article, is_new = number(extraction.article, recovery.lines.last_revision(extraction.article.article_id))
    if is_new:
        recovery.lines.write_article(article)
        return "articles"
    recovery.lines.seen(article)
    return "unchanged"


def _is_text(page: StoredCapture) -> bool:
    """Whether this is the imported text of a page, and not bytes that came in place of an answer."""
    return (page.content_type or "").startswith("text/plain")
