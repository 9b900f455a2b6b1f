"""Recovering a collection: what killed crawls left is made whole, and what they captured and did not read is read."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from newsarchive.collection.collection import Collection, utc_now
from newsarchive.collection.mending import MendedLines, MendedWarc
from newsarchive.collection.recovery import RunRecovery
from newsarchive.errors import UnreadableInput
from newsarchive.extraction.page import decode
from newsarchive.model.article import Extraction
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.links import LeftLink, Link
from newsarchive.model.revision import GONE, number
from newsarchive.reextract.companions import complete
from newsarchive.reextract.ending import NOT_THE_PAGE, gone_reason
from newsarchive.reextract.pool import PageLimits, WorkFailed, read_each, read_pages
from newsarchive.sites.channels import Channel, Listing
from newsarchive.sites.site import Site

logger = logging.getLogger(__name__)

End = Literal["articles", "unchanged", "no_article", "gone", "unread"]
"""What became of a page that was captured and not yet read; as in ``RecoveredRun``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredRun:
    """What became of one run that was killed or aborted.

    ``record`` is what was committed, ``None`` where no exchange was left. Of the pages that were captured and not yet
    read, so many were ``articles`` (new revisions), ``unchanged``, held ``no_article``, or were ``gone``; ``unread``
    ones could not be read, and the next crawl fetches them again. ``left``: links it had declared and not ended, which
    the next crawl asks for.
    """

    run: str
    record: CrawlRun | None
    warcs: tuple[MendedWarc, ...]
    lines: tuple[MendedLines, ...]
    articles: int
    unchanged: int
    no_article: int
    gone: int
    unread: int
    left: int


def recover(
    collection: Collection,
    site: Site,
    limits: PageLimits | None = None,
    *,
    everywhere: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> tuple[RecoveredRun, ...]:
    """Recover every run that left files and no record, first to last; none where all is in order.

    ``everywhere``: as in ``Collection.left_runs``. The caller holds the lock of the collection. May be repeated at any
    time, also after it was killed. Raises ``StorageFailed``, and ``UnreadableInput`` for files that cannot be what a
    crawl of ours left.
    """
    recovered = []
    for left in collection.left_runs(everywhere=everywhere):
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
        f"{recovered.gone} were gone, {recovered.unread} could not be read."
    )
    if recovered.left:
        yield f"{recovered.left} links that it had found and not ended are left for the next crawl."


def _recover(recovery: RunRecovery, collection: Collection, site: Site, limits: PageLimits) -> RecoveredRun:
    site = site.at(recovery.base_url) if recovery.base_url else site
    ends: Counter[End] = Counter()
    pages = []
    for capture in recovery.unread():
        status = capture.ref.status
        if status is not None and site.article_url(capture.url) is None:
            continue
        was_article = recovery.was_article(capture.url)
        reason = gone_reason(capture.url, status, capture.location, site, was_article=was_article)
        if not (status in {None, 200, 304} or reason):
            continue
        stored = _read(collection, capture.ref)
        if stored is None:
            ends["unread"] += 1
        elif reason is not None:
            recovery.lines.gone(stored, reason)
            ends["gone"] += 1
        elif status == 304:
            # What the question was about may never have been read; then this answer says nothing.
            if (sighting := recovery.lines.unmodified(stored)) is not None:
                ends["no_article" if sighting.reason else "unchanged"] += 1
        elif stored.record_type != "resource" or _is_text(stored):
            pages.append(capture.ref)

    if pages:
        whole = (stored for ref in pages if (stored := _read(collection, ref)) is not None)
        for page, extraction in read_pages(whole, site, limits):
            ends[_write(recovery, collection, page, extraction)] += 1
    left = _recover_links(recovery, collection, site, limits)
    return RecoveredRun(
        run=recovery.run,
        record=recovery.finish("The crawl was killed or could not be ended; what it left was recovered."),
        warcs=recovery.mended_warcs,
        lines=recovery.mended_lines,
        articles=ends["articles"],
        unchanged=ends["unchanged"],
        no_article=ends["no_article"],
        gone=ends["gone"],
        unread=ends["unread"],
        left=left,
    )


def _read(collection: Collection, ref: CaptureRef) -> StoredCapture | None:
    try:
        return collection.read_capture(ref)
    except UnreadableInput as error:
        # Its payload lies in an earlier WARC that is damaged. That must not keep a site from being archived.
        logger.warning("%s", error)
        return None


def _recover_links(recovery: RunRecovery, collection: Collection, site: Site, limits: PageLimits) -> int:
    """Declare what the listings of the run list, and leave what was wanted and not ended; how many were left."""
    links = {link.url: link.listed_at for link in recovery.links() if isinstance(link, Link)}
    for link in _listed(recovery, collection, site, limits):
        links.setdefault(link.url, link.listed_at)
        recovery.lines.declare(link)
    already = {link.url for link in recovery.links() if isinstance(link, LeftLink)}
    wanted = _wanted(recovery.settings, site)
    left = [
        url
        for url, listed_at in links.items()
        if wanted(listed_at) and url not in already and not recovery.is_settled(url)
    ]
    for url in left:
        recovery.lines.leave(LeftLink(url=url, reason="killed", tried=False))
    return len(left)


def _listed(recovery: RunRecovery, collection: Collection, site: Site, limits: PageLimits) -> Iterator[Link]:
    """The articles that the pages of channels list which the run has."""
    pages = []
    days = _days(recovery.settings)
    for capture in recovery.captures():
        if capture.ref.status == 200 and site.article_url(capture.url) is None:
            of_url = (channel for channel in site.channels if channel.lists(capture.url, site.base_url))
            channel = next(of_url, None)
            if channel is not None and (stored := _read(collection, capture.ref)) is not None:
                pages.append((stored, (channel, days)))
    if not pages:
        return
    channels = {stored.ref.record_id: channel for stored, (channel, _) in pages}
    for stored, listing in read_each(_read_listing, pages, limits):
        channel = channels[stored.ref.record_id]
        if isinstance(listing, WorkFailed):
            logger.warning("%s of channel %s could not be read: %s", stored.url, channel.name, listing)
            recovery.problems["listing-failed"] += 1
            continue
        for listed in listing.links:
            if (article := site.article_url(listed.url)) is not None:
                yield Link(
                    url=article,
                    channel=channel.name,
                    declared_at=stored.ref.captured_at,
                    listed_at=listed.at,
                    record_id=stored.ref.record_id,
                )


def _read_listing(stored: StoredCapture, by: tuple[Channel, tuple[date, date] | None]) -> Listing:
    """Read as the run did: a channel that tells days apart lists those that the run asked for."""
    channel, days = by
    return channel.read(decode(stored), *(days or (None, None)))


def _wanted(settings: Mapping[str, object], site: Site) -> Callable[[datetime | None], bool]:
    """Whether a run of these settings wanted an article of a time; one without a time it did."""
    days, zone = _days(settings), ZoneInfo(site.timezone)
    return lambda at: at is None or days is None or days[0] <= at.astimezone(zone).date() <= days[1]


def _days(settings: Mapping[str, object]) -> tuple[date, date] | None:
    """The first and last day that a run of these settings asked for; ``None`` when it asked for none."""
    try:
        since, until = (date.fromisoformat(str(settings[name])) for name in ("since", "until"))
    except (KeyError, ValueError):
        return None
    return since, until


def _write(
    recovery: RunRecovery, collection: Collection, page: StoredCapture, extraction: Extraction | WorkFailed
) -> End:
    """Do with a page what the crawl would have done."""
    if isinstance(extraction, WorkFailed):
        logger.warning("%s: no article: %s", page.url, extraction)
        recovery.problems[f"extraction-{extraction.code}"] += 1
        return "unread"
    if extraction.article is None:
        reason = extraction.reason.code if extraction.reason else "no-article"
        recovery.problems.update((reason, *(problem.code for problem in extraction.problems)))
        if reason in GONE:
            recovery.lines.gone(page, reason)
            return "gone"
        if reason in NOT_THE_PAGE:
            return "unread"
        recovery.lines.no_article(page, reason)
        return "no_article"
    is_import = recovery.settings.get("import") == "warc"
    read = complete(extraction.article, lambda url: _companion(collection, url, recovery.run, alone=is_import))
    last = recovery.lines.last_revision(read.article_id)
    if is_import and last is not None and last.captured_at > read.capture.captured_at:
        # It comes between revisions that are numbered already; the next import or extraction numbers them anew.
        return "unread"
    recovery.problems.update(problem.code for problem in read.problems)
    article, is_new = number(read, last)
    if is_new:
        recovery.lines.write_article(article)
        return "articles"
    recovery.lines.seen(article)
    return "unchanged"


def _companion(collection: Collection, url: str, run: str, *, alone: bool) -> StoredCapture | None:
    try:
        return collection.companion(url, run, alone=alone)
    except UnreadableInput as error:
        logger.warning("%s", error)
        return None


def _is_text(page: StoredCapture) -> bool:
    """Whether this is the imported text of a page, and not bytes that came in place of an answer."""
    return (page.content_type or "").startswith("text/plain")
