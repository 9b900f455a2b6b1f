"""WARC files of others into a collection: their captures of the site, at the times at which they were made.

One run for each file. Its records are copied with their blocks untouched, and with word of where they come from; then
the pages are read in order of capture, like our own. What comes before what the collection has already cannot be
numbered after it: then all revisions are numbered anew, in order of capture, in a generation of its own.

An import that was interrupted is simply done again. What is in the collection already is known by its record id, or by
address, second and payload, and passed over; a file that was imported whole is known by its sha256.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from newsarchive.collection.catalog import WrittenCapture
from newsarchive.collection.collection import Collection, utc_now
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.collection.versions import SOFTWARE, versions
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Extraction
from newsarchive.model.capture import StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.finding import Finding
from newsarchive.model.revision import GONE, number
from newsarchive.reextract.companions import complete
from newsarchive.reextract.ending import NOT_THE_PAGE, gone_reason
from newsarchive.reextract.local import Scope, extract_again
from newsarchive.reextract.pool import PageLimits, WorkFailed, read_pages
from newsarchive.reextract.recovery import describe, recover
from newsarchive.reextract.report import ExtractionReport
from newsarchive.sites.site import Site
from newsarchive.warc.foreign import Report, read_foreign_exchanges
from newsarchive.warc.message import redirect_target
from newsarchive.warc.records import Copy
from newsarchive.warc.rules import is_record_id

logger = logging.getLogger(__name__)

_WAITING = 64
"""So many copies wait for the disk at most."""

_READ_BYTES = 1 << 20
_HOSTS_TOLD = 10

Progress = Callable[[int, int], None]
"""Told (bytes read, bytes there are) of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcImport:
    """What became of one file.

    Of its ``captures`` so many were ``imported``, were ``known`` already, are of ``other_hosts``, are of the site but
    ``not_articles``, or are revisits of what was not imported (``dangling``). ``hosts`` counts the captures of the ten
    other hosts that have the most. Of the pages imported so many gave new revisions
    (``articles``), were ``unchanged``, held ``no_article``, were ``gone``, could not be read (``unread``), or lie
    between what the collection had (``earlier``), and are numbered in ``renumbered``. ``run`` is the one that took them
    in, ``None`` where there was nothing to take; ``was_known``: the whole file was imported before.
    """

    source: str
    digest: Digest
    run: str | None
    was_known: bool
    captures: int = 0
    imported: int = 0
    known: int = 0
    other_hosts: int = 0
    not_articles: int = 0
    dangling: int = 0
    articles: int = 0
    unchanged: int = 0
    no_article: int = 0
    gone: int = 0
    unread: int = 0
    earlier: int = 0
    hosts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcImportReport:
    """What became of all files, and of the numbering, where that had to be done anew."""

    files: tuple[WarcImport, ...]
    renumbered: ExtractionReport | None


def import_warcs(
    paths: tuple[Path, ...],
    site: Site,
    archive_dir: Path,
    *,
    every: bool = False,
    limits: PageLimits | None = None,
    report: Report,
    progress: Callable[[Path], Progress | None] = lambda _: None,
    now: Callable[[], datetime] = utc_now,
) -> WarcImportReport:
    """Take in what the WARC files at ``paths`` have of ``site``: articles, and redirects that lead to one.

    ``every``: all that they have of its host. What is odd about the files goes to ``report``. Raises
    ``UnreadableInput`` for what is no WARC file (what was imported before stays), and what writing a collection raises.
    """
    with Collection.open_or_create(archive_dir / site.name, site.name, now=now) as collection:
        files = []
        for path in paths:
            with collection.lock():
                _recover(collection, site, limits, now)
                importing = _Import(collection, path, site, every, limits or PageLimits(), report, now)
                files.append(importing.run(progress(path)))
        unfilled = _unfilled(collection)
        renumbered = None
        if unfilled:
            renumbered = extract_again(collection, site, limits=limits, scope=Scope(fill=unfilled), now=now)
        return WarcImportReport(files=tuple(files), renumbered=renumbered)


def _recover(collection: Collection, site: Site, limits: PageLimits | None, now: Callable[[], datetime]) -> None:
    for run in recover(collection, site, limits, now=now):
        for sentence in describe(run):
            logger.warning("%s", sentence)


def _unfilled(collection: Collection) -> frozenset[str]:
    """The imports that had to leave captures unread, since they lie between what was numbered, and still are so."""
    marked = (run for run in collection.runs() if run.is_import and run.problems.get(EARLIER))
    # A generation that was made since has them all.
    return frozenset(run.run for run in marked if run.generation == collection.layout.generation)


EARLIER = "earlier-than-known"
"""Counts, among the problems of a run, the captures that lie between revisions that had been numbered."""


class _Import:
    """One file on its way into the collection; the lock is held."""

    def __init__(
        self,
        collection: Collection,
        path: Path,
        site: Site,
        every: bool,
        limits: PageLimits,
        report: Report,
        now: Callable[[], datetime],
    ) -> None:
        self._collection = collection
        self._path = path
        self._site = site
        self._every = every
        self._limits = limits
        self._report = report
        self._now = now
        self._counts: Counter[str] = Counter()
        self._hosts: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()

    def run(self, progress: Progress | None) -> WarcImport:
        """Import it."""
        digest = _digest_of(self._path, progress)
        before = next(
            (run for run in self._collection.runs() if _has_imported(run, digest, self._site, self._every)), None
        )
        if before is not None:
            return WarcImport(source=self._path.name, digest=digest, run=before.run, was_known=True)
        with self._collection.begin_crawl(
            base_url=self._site.base_url,
            versions=versions("trafilatura", "lxml", "warcio"),
            settings={
                "import": "warc",
                "source": self._path.name,
                "source_digest": str(digest),
                "source_bytes": self._path.stat().st_size,
                "all": self._every,
            },
            warcinfo={
                "software": SOFTWARE,
                "isPartOf": self._site.name,
                "description": f"copied from {self._path.name}, {digest}",
            },
            now=self._now,
        ) as writer:
            self._copy(writer)
            run = None
            if self._counts["imported"]:
                self._read(writer)
                run = writer.finish("finished", "imported", problems=dict(sorted(self._problems.items()))).run
        return WarcImport(
            source=self._path.name,
            digest=digest,
            run=run,
            was_known=False,
            hosts=dict(self._hosts.most_common(_HOSTS_TOLD)),
            **self._counts,
        )

    def _copy(self, writer: CrawlWriter) -> None:
        waiting: list[tuple[Copy, Future[StoredCapture | None]]] = []
        met: set[int] = set()
        for exchange in read_foreign_exchanges(self._path, self._path.name, report=self._report):
            self._counts["captures"] += 1
            stored = exchange.stored
            if not self._is_wanted(stored):
                self._pass_over(stored.url)
                continue
            key = _key(stored)
            if key in met or self._collection.holds_capture(
                stored.url, stored.ref.captured_at, stored.ref.payload_digest
            ):
                self._counts["known"] += 1
                continue
            met.add(key)
            copy = Copy(
                record=exchange.record,
                request=exchange.request,
                stored=stored,
                source=self._path.name,
                record_id=self._record_id(stored, met),
            )
            waiting.append((copy, writer.append_copy(copy)))
            if len(waiting) == _WAITING:
                self._settle(waiting)
        self._settle(waiting)

    def _settle(self, waiting: list[tuple[Copy, Future[StoredCapture | None]]]) -> None:
        for copy, future in waiting:
            is_copied = future.result() is not None
            self._counts["imported" if is_copied else "dangling"] += 1
            if not is_copied:
                ref = copy.stored.ref
                self._report(
                    Finding(
                        severity="warning",
                        code="import-revisit-dangling",
                        where=f"{copy.source}@{ref.offset}",
                        message=f"What the revisit of {copy.stored.url} repeats was not imported, so it was left out.",
                        remedy="Import the WARC file that holds the original, then this one again.",
                    )
                )
        waiting.clear()

    def _pass_over(self, url: str) -> None:
        host = _host(url)
        if host == self._site.host:
            self._counts["not_articles"] += 1
        else:
            self._counts["other_hosts"] += 1
            self._hosts[host] += 1

    def _is_wanted(self, stored: StoredCapture) -> bool:
        if self._every:
            return _host(stored.url) == self._site.host
        if self._site.article_url(stored.url) is not None:
            return True
        target = redirect_target(stored)
        return target is not None and self._site.article_url(target) is not None

    def _record_id(self, stored: StoredCapture, met: set[int]) -> str:
        """Its own id, where it has one that is a URI and no other capture has it."""
        own = stored.ref.record_id
        key = _number("id", own)
        if is_record_id(f"<{own}>") and key not in met and self._collection.capture(own) is None:
            met.add(key)
            return own
        place = f"{self._path.name}@{stored.ref.offset} {stored.url} {stored.ref.captured_at.isoformat()}"
        return uuid5(NAMESPACE_URL, place).urn

    def _read(self, writer: CrawlWriter) -> None:
        """Read what was copied, in order of capture."""
        waiting: deque[WrittenCapture] = deque()
        for page, extraction in read_pages(self._pages(writer, waiting), self._site, self._limits):
            while (capture := waiting.popleft()).ref != page.ref:
                self._end(writer, capture)
            self._counts[self._write(writer, page, extraction)] += 1
        while waiting:
            self._end(writer, waiting.popleft())

    def _pages(self, writer: CrawlWriter, waiting: deque[WrittenCapture]) -> Iterator[StoredCapture]:
        """The pages of articles among what was copied; ``waiting`` gets all of it, in the same order."""
        for capture in writer.captures():
            waiting.append(capture)
            if capture.ref.status == 200 and self._site.article_url(capture.url) is not None:
                yield self._collection.read_capture(capture.ref)

    def _write(self, writer: CrawlWriter, page: StoredCapture, extraction: Extraction | WorkFailed) -> str:
        if isinstance(extraction, WorkFailed):
            self._problems[f"extraction-{extraction.code}"] += 1
            return "unread"
        if extraction.article is None:
            reason = extraction.reason.code if extraction.reason else "no-article"
            self._problems.update((reason, *(problem.code for problem in extraction.problems)))
            if reason in NOT_THE_PAGE:
                return "unread"
            if self._is_earlier(page.url, page.ref.captured_at):
                return self._postpone()
            if reason in GONE:
                writer.gone(page, reason)
                return "gone"
            writer.no_article(page, reason)
            return "no_article"
        read = complete(extraction.article, lambda url: self._collection.companion(url, writer.run, alone=True))
        last = writer.last_revision(read.article_id)
        if last is not None and last.captured_at > read.capture.captured_at:
            return self._postpone()
        if self._is_earlier(page.url, page.ref.captured_at):
            return self._postpone()
        self._problems.update(problem.code for problem in read.problems)
        article, is_new = number(read, last)
        if is_new:
            writer.write_article(article)
            return "articles"
        writer.seen(article)
        return "unchanged"

    def _end(self, writer: CrawlWriter, capture: WrittenCapture) -> None:
        """What an answer says that is no page."""
        if capture.ref.status in {None, 200} or self._site.article_url(capture.url) is None:
            return
        page = self._collection.page(capture.url)
        was_article = page is not None and page.first_seen_at is not None
        reason = gone_reason(capture.url, capture.ref.status, capture.location, self._site, was_article=was_article)
        if reason is None:
            return
        if self._is_earlier(capture.url, capture.ref.captured_at):
            self._counts[self._postpone()] += 1
            return
        writer.gone(self._collection.read_capture(capture.ref), reason)
        self._counts["gone"] += 1

    def _is_earlier(self, url: str, captured_at: datetime) -> bool:
        """Whether the page was looked at later by a run that is committed."""
        page = self._collection.page(url)
        return page is not None and page.checked_at > captured_at

    def _postpone(self) -> str:
        self._problems[EARLIER] += 1
        return "earlier"


def _has_imported(run: CrawlRun, digest: Digest, site: Site, every: bool) -> bool:
    settings = run.settings
    is_whole = run.is_import and run.outcome == "finished" and settings.get("source_digest") == str(digest)
    return is_whole and run.base_url == site.base_url and bool(settings.get("all")) >= every


def _host(url: str) -> str:
    """Of an address as others wrote it, which may be none: then as a whole."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return url


def _digest_of(path: Path, progress: Progress | None) -> Digest:
    sha256 = hashlib.sha256()
    try:
        total, done = path.stat().st_size, 0
        with path.open("rb") as file:
            while data := file.read(_READ_BYTES):
                sha256.update(data)
                done += len(data)
                if progress is not None:
                    progress(done, total)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    return Digest("sha256", sha256.hexdigest())


def _key(stored: StoredCapture) -> int:
    return _number(stored.url, f"{stored.ref.captured_at:%Y%m%d%H%M%S}", str(stored.ref.payload_digest))


def _number(*parts: str) -> int:
    """A number that stands for ``parts``, so that millions of them take little room."""
    return int.from_bytes(hashlib.blake2b("\n".join(parts).encode(), digest_size=8).digest())
