"""Going over to another generation: what it has not read is read into it first, so that it is of all captures."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from newsarchive.collection.catalog import Catalog, WrittenCapture
from newsarchive.collection.collection import Collection, utc_now
from newsarchive.collection.durable import storing
from newsarchive.collection.generations import RunLineCount, at_generation, count_runs, counted_runs, missing_runs, use
from newsarchive.collection.layout import Layout
from newsarchive.collection.lines import LineWriter
from newsarchive.collection.plans import Plans
from newsarchive.collection.rebuild import rebuild_catalog
from newsarchive.collection.run_lines import RunLines
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.revision import GONE, number
from newsarchive.model.serialize import from_json
from newsarchive.reextract.ending import NOT_THE_PAGE, gone_reason
from newsarchive.reextract.local import ReadingPool, is_page, site_of
from newsarchive.reextract.pool import PageLimits
from newsarchive.reextract.reading import PageReading, PageWork, Work
from newsarchive.reextract.recovery import recover
from newsarchive.sites.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What going over to generation ``number`` took: ``runs`` that it had not read were read by this program."""

    before: int
    number: int
    runs: int
    articles: int


def use_generation(
    collection: Collection,
    site: Site,
    generation: int,
    limits: PageLimits | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
) -> Switch:
    """Make ``generation`` the one in use; runs it lacks, since they came later, are read into it first.

    Their lines say which program read them. The caller holds the lock. May be called again after it was killed. Raises
    ``UnknownGeneration``, ``StorageFailed`` and ``UnreadableInput``.
    """
    target = at_generation(collection.layout, generation)
    recover(collection, site, limits, now=now)
    before = collection.layout
    missing = missing_runs(target, collection.runs())
    articles = 0
    if missing and target != before:
        covered = {run.run for run in missing}
        read = [run for run in collection.runs() if run.run not in covered]
        catalog = Catalog.open(target.catalog)
        if catalog is None or catalog.runs() != {run.run for run in read}:
            if catalog is not None:
                catalog.close()
            catalog = rebuild_catalog(target, read)
        with closing(catalog):
            for run in missing:
                count = _read_run(collection, target, catalog, run, site_of(run, site), limits or PageLimits())
                count_runs(target, [*counted_runs(target).values(), count])
                articles += count.articles
    use(target)
    collection.follow()
    return Switch(before=before.generation, number=generation, runs=len(missing), articles=articles)


def _read_run(
    collection: Collection, target: Layout, catalog: Catalog, run: CrawlRun, site: Site, limits: PageLimits
) -> RunLineCount:
    """Write the lines of ``run`` into ``target``, numbered after what is there."""
    paths = (target.articles_path(run.run, run.started_at), target.seen_path(run.run, run.started_at))
    for path in paths:
        with storing(path):
            path.unlink(missing_ok=True)
    articles, seen = map(LineWriter, paths)
    nothing = LineWriter(target.home / "no-links")
    catalog.begin_run(run.run)
    catalog.copy_run(run.run, collection.layout.catalog)
    lines = RunLines(target, catalog, run.run, articles=articles, seen=seen, links=nothing)
    plans = Plans(catalog)
    captures = {capture.ref.record_id: capture for capture in catalog.written(run.run)}
    pages = (
        Work(
            root=collection.root.resolve(),
            run=run.run,
            is_import=run.is_import,
            site=site,
            pages=(PageWork(ref=capture.ref, url=capture.url),),
        )
        for capture in captures.values()
        if is_page(capture, run, site)
    )
    found = {reading.record_id: (reading, line) for reading, line in _readings(pages, limits)}
    for capture in sorted(captures.values(), key=lambda capture: (capture.ref.captured_at, capture.ref.offset)):
        reading, line = found.get(capture.ref.record_id, (None, b""))
        if reading is None:
            _end(collection, lines, plans, capture, site)
        elif line:
            article, is_new = number(from_json(line, Article), lines.last_revision(reading.article_id or ""))
            if is_new:
                lines.write_article(article)
            else:
                lines.seen(article)
        elif reading.failed is None and reading.reason is not None and reading.reason not in NOT_THE_PAGE:
            stored = collection.read_capture(capture.ref)
            if reading.reason in GONE:
                lines.gone(stored, reading.reason)
            else:
                lines.no_article(stored, reading.reason)
    lines.close()
    catalog.commit_run(run)
    return RunLineCount(run=run.run, articles=articles.count, sightings=seen.count)


def _end(collection: Collection, lines: RunLines, plans: Plans, capture: WrittenCapture, site: Site) -> None:
    """Write what an answer says that is no page."""
    if capture.ref.status in {None, 200} or site.article_url(capture.url) is None:
        return
    if capture.ref.status == 304:
        lines.unmodified(collection.read_capture(capture.ref))
        return
    page = plans.page(capture.url)
    was_article = page is not None and page.first_seen_at is not None
    reason = gone_reason(capture.url, capture.ref.status, capture.location, site, was_article=was_article)
    if reason is not None:
        lines.gone(collection.read_capture(capture.ref), reason)


def _readings(pages: Iterable[Work], limits: PageLimits) -> Iterator[tuple[PageReading, bytes]]:
    with ReadingPool(limits) as pool:
        tasks = deque(map(pool.begin, pages))
        while tasks:
            if data := pool.end(tasks.popleft()):
                head, _, line = data.partition(b"\n")
                yield from_json(head, PageReading), line
