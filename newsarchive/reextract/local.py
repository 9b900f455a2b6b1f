"""Extraction again on this machine: the captures of a collection read in parallel, into a new generation.

1. Each WARC file is read page by page by worker processes; what they read goes to a file of its own, which gets its
   name when it is whole. An extraction that was interrupted goes on with the first file that is not there.
2. When all are read, revisions are numbered and lines written (``collection/generation_writer.py``).
3. Under the lock of the collection, the new generation gets its name and is in use; where all of it is what was there,
   nothing is kept.

Crawls go on meanwhile. What they bring before the lock is taken is read too.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout
from pebble import ProcessPool

import newsarchive
from newsarchive.collection.catalog import WrittenCapture
from newsarchive.collection.collection import Collection, is_in_use, utc_now
from newsarchive.collection.durable import make_directory, storing, write_atomically
from newsarchive.collection.generation_writer import GenerationWriter, PageRules, ReadCapture, Totals
from newsarchive.collection.generations import Generation, Reason, use
from newsarchive.collection.lines import Span
from newsarchive.collection.versions import versions
from newsarchive.errors import CollectionLocked
from newsarchive.extraction.body import OPTIONS_DIGEST
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import from_json, to_document
from newsarchive.reextract.ending import NOT_THE_PAGE, gone_reason
from newsarchive.reextract.pool import PageLimits, page_pool, work_failed, worker_count
from newsarchive.reextract.reading import How, PageReading, PageWork, Work, read_work
from newsarchive.reextract.recovery import recover
from newsarchive.reextract.report import Comparison, ExtractionReport, print_report
from newsarchive.sites.site import Site

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Told (captures gone through, captures there are) as an extraction goes on."""

LOCK_PATIENCE_S = 3600.0
"""So long an extraction that is done waits for a crawl to end."""

_AT_ONCE = 16
"""So many pages are handed to a worker at once: enough that handing over costs little."""

_WHOLE = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which captures are read again; of the others is kept what is there.

    With ``since`` or ``until`` those captured on these days, on the clocks of the site, and all others of the same
    addresses, so that the revisions of an article come from one reader. Without, and without ``fill``, all. ``fill``:
    none but those of these runs of which nothing is said yet.
    """

    since: date | None = None
    until: date | None = None
    fill: frozenset[str] | None = None


def extract_again(
    collection: Collection,
    site: Site,
    *,
    limits: PageLimits | None = None,
    scope: Scope | None = None,
    progress: Progress | None = None,
    now: Callable[[], datetime] = utc_now,
    patience_s: float = LOCK_PATIENCE_S,
) -> ExtractionReport:
    """Read the captures of ``collection`` again; where anything is read otherwise, that is a new generation.

    It is in use from then on, unless articles are lost. May be interrupted at any time and called again. Raises
    ``CollectionLocked`` where another extraction is under way or a crawl does not end within ``patience_s``,
    ``StorageFailed``, and ``UnreadableInput`` for damaged records of runs.
    """
    with _alone(collection):
        extraction = _Extraction(collection, site, limits or PageLimits(), scope or Scope(), progress, now, patience_s)
        report = extraction.attempt(is_last=False)
        if report is None:
            with _lock(collection, patience_s):
                recover(collection, site, limits, now=now)
                report = extraction.attempt(is_last=True)
        if report is None:
            raise RuntimeError("nothing can change under the lock")
        return report


@contextmanager
def _lock(collection: Collection, patience_s: float) -> Iterator[None]:
    """The lock of ``collection``. Who has to wait for it is told so."""
    if is_in_use(collection.layout):
        logger.warning("A crawl is under way; waiting for its end, %.0f minutes at most.", patience_s / 60)
    with collection.lock(patience_s):
        yield


def program_digest(site: Site) -> Digest:
    """A digest of the code that decides what is read of a page of ``site``, this program's own and its readers'."""
    home = Path(newsarchive.__file__).parent
    modules = (sys.modules.get(reader.__module__) for reader in site.readers)
    own = (path for name in ("extraction", "model", "sites") for path in (home / name).rglob("*.py"))
    others = (Path(module.__file__) for module in modules if module is not None and module.__file__)
    digest = hashlib.sha256(str(OPTIONS_DIGEST).encode())
    for name, path in sorted({(path.name, path) for path in (*own, *others)}):
        digest.update(f"{name}\n".encode())
        digest.update(path.read_bytes())
    return Digest("sha256", digest.hexdigest())


def rules_of(site: Site) -> PageRules:
    """What ``site`` says of addresses."""
    return PageRules(
        is_article=lambda url: site.article_url(url) is not None,
        gone_reason=lambda url, status, location, was_article: gone_reason(
            url, status, location, site, was_article=was_article
        ),
    )


def site_of(run: CrawlRun, site: Site) -> Site:
    """``site`` as it was for ``run``, which may have crawled a copy at another address."""
    return site.at(run.base_url) if run.base_url else site


@contextmanager
def _alone(collection: Collection) -> Iterator[None]:
    """No other extraction of this collection, in this process or another."""
    path = collection.layout.generations / "lock"
    with storing(path):
        is_new = not path.parent.exists()
        make_directory(path.parent)
        lock = FileLock(path, thread_local=False, fallback_to_soft=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise CollectionLocked(path=collection.root) from error
    try:
        yield
    finally:
        if is_new and list(path.parent.iterdir()) == [path]:
            shutil.rmtree(path.parent)
        lock.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What an extraction reads, and by what. What was read for another plan is of no use."""

    program: Digest
    versions: dict[str, str]
    base: int
    since: date | None
    until: date | None
    fill: tuple[str, ...] | None


class _Extraction:
    """One extraction, from the captures to the report."""

    def __init__(
        self,
        collection: Collection,
        site: Site,
        limits: PageLimits,
        scope: Scope,
        progress: Progress | None,
        now: Callable[[], datetime],
        patience_s: float,
    ) -> None:
        self._collection = collection
        self._site = site
        self._limits = limits
        self._scope = scope
        self._progress = progress
        self._now = now
        self._patience_s = patience_s
        self._directory = collection.layout.next_generation
        self._readings = self._directory / "readings"
        self._more = 0

    def attempt(self, *, is_last: bool) -> ExtractionReport | None:
        """Read, number and write; ``None`` where runs were committed meanwhile, and nobody else may be kept out."""
        self._collection.follow()
        self._prepare()
        runs = self._collection.runs()
        self._read(runs)
        with GenerationWriter(self._collection.layout, self._directory) as writer:
            comparison = self._number(writer, runs)
            if comparison.is_same:
                writer.expect_no_change()
            for run in runs:
                writer.write_run(run, rules_of(site_of(run, self._site)))
            if is_last:
                return self._end(writer, comparison, runs)
            with _lock(self._collection, self._patience_s):
                is_still = self._collection.runs() == runs and not self._collection.left_runs()
                is_still = is_still and self._collection.layout.generation == self._plan().base
                return self._end(writer, comparison, runs) if is_still else None

    def _plan(self) -> _Plan:
        return _Plan(
            program=program_digest(self._site),
            versions=versions("trafilatura", "lxml", "warcio"),
            base=self._base,
            since=self._scope.since,
            until=self._scope.until,
            fill=None if self._scope.fill is None else tuple(sorted(self._scope.fill)),
        )

    def _prepare(self) -> None:
        """Go on with what was read for the same plan, and with nothing else."""
        self._base = self._collection.layout.generation
        plan, path = to_document(self._plan()), self._directory / "plan.json"
        with storing(path):
            if path.exists() and path.read_bytes() == plan:
                return
            if self._directory.exists():
                shutil.rmtree(self._directory)
            make_directory(self._readings)
            write_atomically(path, plan)

    def _read(self, runs: Iterable[CrawlRun]) -> None:
        """Have every WARC file read that was not yet."""
        total = sum(run.captures for run in runs)
        done = 0
        addresses = self._addresses()
        waiting: deque[_Waiting] = deque()
        with ReadingPool(self._limits) as pool, _Shards(self._readings) as shards:
            for run in runs:
                for warc in run.warcs:
                    if shards.path(warc.path).exists():
                        continue
                    for pages, passed in self._chunks(run, warc.path, addresses):
                        waiting.append(_Waiting(warc.path, passed, pool.begin(self._work(run, pages))))
                        while len(waiting) > 2 * pool.workers:
                            done += self._take(waiting.popleft(), pool, shards)
                            self._tell(done, total)
            while waiting:
                done += self._take(waiting.popleft(), pool, shards)
                self._tell(done, total)
        self._tell(total, total)

    def _take(self, waiting: _Waiting, pool: ReadingPool, shards: _Shards) -> int:
        shards.append(waiting.warc, pool.end(waiting.task))
        return waiting.passed

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)

    def _work(self, run: CrawlRun, pages: tuple[PageWork, ...]) -> Work:
        return Work(
            root=self._collection.root.resolve(),
            run=run.run,
            is_import=run.is_import,
            site=site_of(run, self._site),
            pages=pages,
        )

    def _addresses(self) -> frozenset[str] | None:
        """The addresses whose captures are read again; ``None`` for all."""
        scope, zone = self._scope, ZoneInfo(self._site.timezone)
        if scope.fill is not None:
            return frozenset()
        if scope.since is None and scope.until is None:
            return None
        first = datetime.combine(scope.since or date(1990, 1, 1), time(), zone)
        end = datetime.combine((scope.until or date(9998, 12, 30)) + timedelta(days=1), time(), zone)
        return self._collection.addresses(first, end)

    def _chunks(
        self, run: CrawlRun, warc: str, addresses: frozenset[str] | None
    ) -> Iterator[tuple[tuple[PageWork, ...], int]]:
        """The pages in a WARC file, some at a time, with how many captures were passed for them; at least one chunk."""
        site = site_of(run, self._site)
        rest: How = "fill" if run.run in (self._scope.fill or ()) else "keep"
        pages: list[PageWork] = []
        passed = 0
        for capture in self._collection.captures_in(warc):
            passed += 1
            if is_page(capture, run, site):
                how: How = "read" if addresses is None or capture.url in addresses else rest
                pages.append(PageWork(ref=capture.ref, url=capture.url, how=how))
            if len(pages) == _AT_ONCE:
                yield tuple(pages), passed
                pages, passed = [], 0
        yield tuple(pages), passed

    def _number(self, writer: GenerationWriter, runs: Iterable[CrawlRun]) -> Comparison:
        """Hand all readings to ``writer`` and have them numbered; what is missing for that is read."""
        comparison = Comparison()
        for run in runs:
            for warc in run.warcs:
                path = _shard_path(self._readings, warc.path)
                writer.add(run, _noting(path, comparison))
        while missing := writer.number():
            self._fill(writer, {run.run: run for run in runs}, missing)
        return comparison

    def _fill(self, writer: GenerationWriter, runs: dict[str, CrawlRun], record_ids: Iterable[str]) -> None:
        """Read captures that were seen unchanged, and whose text is now that of a revision of its own."""
        with ReadingPool(self._limits) as pool:
            for record_id in record_ids:
                found = self._collection.capture(record_id)
                if found is None:
                    raise RuntimeError(f"the catalog has lost {record_id}")
                run, capture = runs[found[0]], found[1]
                data = pool.end(pool.begin(self._work(run, (PageWork(ref=capture.ref, url=capture.url),))))
                path = self._readings / f"more-{self._more}{_WHOLE}"
                self._more += 1
                with storing(path):
                    path.write_bytes(data)
                writer.add(run, (read for _, read in _readings(path)))

    def _end(self, writer: GenerationWriter, comparison: Comparison, runs: tuple[CrawlRun, ...]) -> ExtractionReport:
        """Decide what becomes of what was made. The lock is held."""
        is_same = comparison.is_same and writer.is_like_base()
        counts = comparison.counts
        totals = writer.totals()
        articles, revisions = self._collection.count_articles()
        is_in_use = not is_same and not counts["lost"]
        plan = self._plan()
        report = ExtractionReport(
            site=self._site.name,
            base=self._base,
            generation=None if is_same else writer.target.generation,
            is_in_use=is_in_use,
            since=plan.since,
            until=plan.until,
            versions=plan.versions,
            pages=counts["pages"],
            kept=counts["kept"],
            same=counts["same"],
            version_only=counts["version_only"],
            changed=counts["changed"],
            gained=counts["gained"],
            lost=counts["lost"],
            other_reason=counts["other_reason"],
            other_text=counts["other_text"],
            unread=counts["unread"],
            reordered=writer.files_that_differ(iter(runs)) if is_same else 0,
            before=Totals(
                runs=len(runs), articles=articles, revisions=revisions, sightings=self._collection.count_sightings()
            ),
            after=totals,
            fields=comparison.field_reports(),
            examples_lost=tuple(comparison.examples.get("lost", ())),
            examples_gained=tuple(comparison.examples.get("gained", ())),
            findings=tuple(comparison.findings),
        )
        if is_same:
            writer.discard()
            return report
        reason: Reason = "renumbered" if self._scope.fill is not None else "extracted"
        generation = Generation(
            number=writer.target.generation,
            reason=reason,
            made_at=self._now(),
            base=plan.base,
            versions=plan.versions,
            program=plan.program,
            since=plan.since,
            until=plan.until,
            runs=totals.runs,
            articles=totals.articles,
            revisions=totals.revisions,
            sightings=totals.sightings,
        )
        text = "".join(f"{line}\n" for line in print_report(report)).encode()
        layout = writer.finish(generation, {"report.json": to_document(report), "report.txt": text})
        if is_in_use:
            use(layout)
            self._collection.follow()
        return report


@dataclass(frozen=True, slots=True)
class _Task:
    work: Work
    future: Future[bytes] | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    warc: str
    passed: int
    task: _Task


class ReadingPool:
    """Workers that read pages; a page that harms its worker is found out and is alone in what it loses."""

    def __init__(self, limits: PageLimits) -> None:
        self._limits = limits
        self._opened = ExitStack()
        self.workers = worker_count(limits)

    def begin(self, work: Work) -> _Task:
        """Hand ``work`` over."""
        future = self._pool.schedule(read_work, (work,), timeout=self._limits.timeout_s) if work.pages else None
        return _Task(work, future)

    def end(self, task: _Task) -> bytes:
        """What was read of it."""
        if task.future is None:
            return b""
        error = task.future.exception()
        if error is None:
            return task.future.result()
        work = task.work
        if len(work.pages) > 1:
            return b"".join(self.end(self.begin(replace(work, pages=(page,)))) for page in work.pages)
        failed = work_failed(error, self._limits)
        code, message = (failed.code, str(failed)) if failed else ("failed", f"{type(error).__name__}: {error}")
        page = replace(work.pages[0], failed=code, message=f"{message[:1].upper()}{message[1:]}.")
        return read_work(replace(work, pages=(page,)))

    def __enter__(self) -> ReadingPool:
        self._pool: ProcessPool = self._opened.enter_context(page_pool(self._limits))
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()


class _Shards:
    """The files of readings, one for each WARC file, each whole once it has its name. They come one after another."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._warc: str | None = None
        self._file: BinaryIO | None = None

    def path(self, warc: str) -> Path:
        """The file of a WARC file, once it is whole."""
        return _shard_path(self._directory, warc)

    def append(self, warc: str, data: bytes) -> None:
        """Add what was read in ``warc``; the one before is whole when another comes."""
        with storing(self._directory):
            if warc != self._warc:
                self._end()
                self._file = self._open_path(warc).open("wb")
                self._warc = warc
            if self._file is not None:
                self._file.write(data)

    def __enter__(self) -> _Shards:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            with storing(self._directory):
                self._end()
        elif self._file is not None:
            self._file.close()

    def _end(self) -> None:
        if self._file is None or self._warc is None:
            return
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
        self._open_path(self._warc).rename(self.path(self._warc))
        self._file, self._warc = None, None

    def _open_path(self, warc: str) -> Path:
        path = self.path(warc)
        return path.with_name(f"{path.name}.open")


def _shard_path(directory: Path, warc: str) -> Path:
    return directory / f"{warc.rpartition('/')[2]}{_WHOLE}"


def is_page(capture: WrittenCapture, run: CrawlRun, site: Site) -> bool:
    """Whether a crawl would have read this capture as the page of an article."""
    if capture.truncated is not None and not run.is_import:
        return False
    if capture.ref.status is None:
        return True
    return capture.ref.status == 200 and site.article_url(capture.url) is not None


def _readings(path: Path) -> Iterator[tuple[PageReading, ReadCapture]]:
    """What is in a file of readings."""
    with path.open("rb") as file:
        offset = 0
        while head := file.readline():
            reading = from_json(head, PageReading)
            span = Span(offset=offset + len(head), length=reading.line_length)
            offset = span.offset + span.length
            file.seek(offset)
            yield (
                reading,
                ReadCapture(
                    record_id=reading.record_id,
                    url=reading.url,
                    captured_at=reading.captured_at,
                    warc=reading.warc,
                    offset=reading.offset,
                    article_id=reading.article_id,
                    content_digest=reading.content_digest,
                    reason=reading.reason,
                    line=(path.name, span) if span.length else None,
                ),
            )


def _noting(path: Path, comparison: Comparison) -> Iterator[ReadCapture]:
    """What was read in a WARC file, each noted in ``comparison``; without what says nothing of a page."""
    for reading, read in _readings(path):
        comparison.add(reading)
        if reading.failed is None and reading.reason not in NOT_THE_PAGE:
            yield read
