"""A collection: all of one site under ``archive/<site>/``. ``layout.py`` says what lies where."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

from filelock import FileLock, Timeout

from newsarchive.collection.catalog import Catalog, Reading, WrittenCapture
from newsarchive.collection.crawl_writer import MAX_WARC_BYTES, CrawlWriter
from newsarchive.collection.durable import make_directory, storing, temporary_of, write_atomically
from newsarchive.collection.index import Index
from newsarchive.collection.layout import Layout, check_site, run_id
from newsarchive.collection.lines import read_lines
from newsarchive.collection.plans import CoverageRow, DuePage, Plans
from newsarchive.collection.reading import read_article, read_capture
from newsarchive.collection.rebuild import has_lines_of_its_own, load_run, rebuild_catalog
from newsarchive.collection.recovery import LeftRun, RunRecovery, left_runs
from newsarchive.errors import CollectionLocked, NotACollection, UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, Instant, StoredCapture
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.links import OpenLink
from newsarchive.model.recrawl import Ladder, PageHistory
from newsarchive.model.revision import Revision, Sighting
from newsarchive.model.serialize import from_json, to_document
from newsarchive.warc.cdxj import IndexLine

FORMAT = 1
"""Version of the layout on disk. A collection of a newer one is refused, not guessed at."""

DIGEST_ALGORITHM = "sha256"

_LOCK_PATIENCE_S = 0.2


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_token() -> str:
    """Four random hex digits for the id of a run."""
    return secrets.token_hex(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """``collection.json``: what a collection decided for good when it was made."""

    format: int
    digest_algorithm: str
    site: str
    created_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask by whether a page has changed (RFC 9110 section 8.8), as it came; not both ``None``."""

    etag: str | None
    last_modified: str | None


class Collection:
    """One site's data on disk. Reading needs no lock and sees committed runs only; writing needs ``lock``.

    Use ``create``, ``open`` or ``open_or_create``; close it or use it as a context manager. The catalog is opened when
    something first needs it, and made again when it is missing, of another version, or not up to date.
    """

    def __init__(self, root: Path, descriptor: Descriptor) -> None:
        self.root = root
        self.layout = Layout.in_use(root)
        self.site = descriptor.site
        self.created_at = descriptor.created_at
        self._locked = False
        self._writer: CrawlWriter | RunRecovery | None = None
        self._opened: Catalog | None = None
        self._index: Index | None = None

    @classmethod
    def create(cls, root: Path, site: str, *, now: Callable[[], datetime] = utc_now) -> Self:
        """Make an empty collection for ``site`` in the directory ``root``, which is missing or empty.

        Raises ``NotACollection`` when ``root`` holds something else, ``StorageFailed`` when it cannot be written, and
        ``ValueError`` for a name that cannot be part of file names.
        """
        descriptor = Descriptor(
            format=FORMAT, digest_algorithm=DIGEST_ALGORITHM, site=check_site(site), created_at=now()
        )
        layout = Layout(root)
        begun = {layout.lock, temporary_of(layout.descriptor)}
        with storing(root):
            if root.exists() and (not root.is_dir() or any(path not in begun for path in root.iterdir())):
                raise NotACollection(path=root, reason="something else is there, and nothing of it is overwritten")
            make_directory(root)
        with _locked(layout), storing(layout.descriptor):
            if layout.descriptor.exists():
                raise CollectionLocked(path=root)
            write_atomically(layout.descriptor, to_document(descriptor))
        return cls(root, descriptor)

    @classmethod
    def open(cls, root: Path) -> Self:
        """Open the collection in ``root``. Raises ``NotACollection`` with the reason when it cannot be one."""
        return cls(root, read_descriptor(root))

    @classmethod
    def open_or_create(cls, root: Path, site: str, *, now: Callable[[], datetime] = utc_now) -> Self:
        """Open the collection of ``site`` in ``root``, or make it where ``root`` is missing or empty.

        Raises as ``open`` and ``create`` do, and ``NotACollection`` when it is the collection of another site.
        """
        if not Layout(root).descriptor.exists():
            try:
                return cls.create(root, site, now=now)
            except (NotACollection, CollectionLocked):
                if not Layout(root).descriptor.exists():
                    raise
                # Another process made it meanwhile.
        collection = cls.open(root)
        if collection.site != site:
            raise NotACollection(path=root, reason=f"it is the collection of {collection.site}, not of {site}")
        return collection

    def close(self) -> None:
        """Close the catalog."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def lock(self, patience_s: float = _LOCK_PATIENCE_S) -> Iterator[None]:
        """Keep all other writers out, in this process and others. Raises ``CollectionLocked`` if one is in, and still
        is after ``patience_s``.

        The lock goes with the process that holds it, however that ends. A run still open at the end is aborted.
        Inside, the generation is the one in use, whichever it was when the collection was opened.
        """
        with _locked(self.layout, patience_s):
            self._locked = True
            self.follow()
            try:
                yield
            finally:
                try:
                    if self._writer is not None and not self._writer.closed:
                        self._writer.abort()
                finally:
                    self._locked = False

    def begin_crawl(
        self,
        *,
        base_url: str,
        versions: Mapping[str, str],
        settings: Mapping[str, str | int | float | bool | None],
        warcinfo: Mapping[str, str],
        max_warc_bytes: int = MAX_WARC_BYTES,
        now: Callable[[], datetime] = utc_now,
        token: Callable[[], str] = new_token,
        new_id: Callable[[], UUID] = uuid4,
    ) -> CrawlWriter:
        """Begin a run; the caller holds ``lock``. One at a time: ``RuntimeError`` otherwise.

        ``warcinfo`` are the fields that describe the crawl in each WARC (software, http-header-user-agent, robots …).
        """
        if not self._locked:
            raise RuntimeError("a crawl begins inside Collection.lock()")
        if self._writer is not None and not self._writer.closed:
            raise RuntimeError(f"run {self._writer.run} is still being written")
        catalog = self._catalog
        # A WARC that cannot be read keeps the index from being complete, but nobody from going on archiving.
        with suppress(UnreadableInput):
            self._current_index()
        started_at = now()
        run = run_id(started_at, token())
        while self.layout.crawl(run).exists():
            run = run_id(started_at, token())
        catalog.begin_run(run)
        self._writer = writer = CrawlWriter(
            self.layout,
            catalog,
            site=self.site,
            run=run,
            started_at=started_at,
            base_url=base_url,
            versions=versions,
            settings=settings,
            warcinfo=warcinfo,
            max_warc_bytes=max_warc_bytes,
            now=now,
            new_id=new_id,
        )
        return writer

    def left_runs(self, *, everywhere: bool = False) -> tuple[LeftRun, ...]:
        """What killed and aborted runs left, in order; one that is under way is among them. For ``begin_recovery``.

        What runs left that began long before the newest committed one is found only ``everywhere``.
        """
        return left_runs(self.layout, everywhere=everywhere)

    def begin_recovery(self, left: LeftRun, *, now: Callable[[], datetime] = utc_now) -> RunRecovery:
        """Mend what a run left and begin to recover it; the caller holds ``lock``. Otherwise as ``begin_crawl``."""
        if not self._locked:
            raise RuntimeError("a recovery begins inside Collection.lock()")
        if self._writer is not None and not self._writer.closed:
            raise RuntimeError(f"run {self._writer.run} is still being written")
        self._writer = recovery = RunRecovery(self.layout, self._catalog, left, site=self.site, now=now)
        return recovery

    def runs(self) -> tuple[CrawlRun, ...]:
        """All committed runs, in the order they were committed. Raises ``UnreadableInput`` for a damaged record."""
        return tuple(sorted(map(_read_run, self.layout.crawl_records()), key=lambda run: (run.ended_at, run.run)))

    def captures(self) -> Iterator[StoredCapture]:
        """All captures of committed runs, in order of capture. Raises ``UnreadableInput`` at the first damaged one."""
        return map(self.read_capture, self._catalog.captures())

    def read_capture(self, ref: CaptureRef) -> StoredCapture:
        """The capture ``ref`` points to. Raises ``UnreadableInput`` when it is not there as ``ref`` says."""
        return read_capture(self.layout, self._catalog, ref)

    def captures_of(self, url: str, at: datetime | None = None, *, full: bool = False) -> tuple[IndexLine, ...]:
        """What the index lists of ``url``, as ``Index.captures_of`` does, of committed runs."""
        return self.index.captures_of(url, at, full=full)

    @property
    def index(self) -> Index:
        """The index of committed runs, brought up to date when first asked for, where no other process writes.

        Raises ``UnreadableInput`` where a WARC is damaged that is not listed yet.
        """
        if self._index is None:
            self._index = self._current_index()
        return self._index

    def articles(self, runs: Iterable[CrawlRun] | None = None) -> Iterator[Article]:
        """All revisions of all articles, run by run, as they were written; or those that ``runs`` wrote."""
        for run in self.runs() if runs is None else runs:
            if (path := self.articles_path(run)) is not None:
                for _, article in read_lines(path, Article):
                    yield article

    def articles_path(self, run: CrawlRun) -> Path | None:
        """The file with the articles of ``run`` in the current generation; ``None`` where it has none."""
        path = self.layout.articles_path(run.run, run.started_at)
        return path if path.exists() or has_lines_of_its_own(self.layout, run) else None

    def article(self, article_id: str, revision: int | None = None) -> Article | None:
        """One revision of an article, the newest unless said otherwise; ``None`` when there is none."""
        return read_article(self.layout, self._catalog, article_id, revision)

    def revisions(self, article_id: str) -> tuple[Revision, ...]:
        """All revisions of an article, first to last."""
        return self._catalog.revisions(article_id)

    def last_revisions(self) -> tuple[Revision, ...]:
        """The newest revision of every article, in order of capture."""
        return self._catalog.last_revisions()

    def count_articles(self) -> tuple[int, int]:
        """How many articles there are, and how many revisions of them. Goes through all of them."""
        return self._catalog.count_articles()

    def count_sightings(self) -> int:
        """How many captures were read without a new revision. Goes through all of them."""
        return self._catalog.count_sightings()

    def sightings(self, article_id: str) -> tuple[Sighting, ...]:
        """Where an article was found unchanged, and where it was found gone, in order of capture."""
        return self._catalog.sightings(article_id)

    def moves(self, article_id: str) -> frozenset[str]:
        """The ids of records in which an article was gone from an address, while the run found it at another."""
        return self._catalog.moves(article_id)

    def article_at(self, url: str) -> str | None:
        """Id of the article last read at ``url``, ``None`` when there was none."""
        return self._catalog.article_at(url)

    def last_seen(self, article_id: str) -> datetime | None:
        """When an article was last found on the site, changed or not."""
        return self._catalog.last_seen(article_id)

    def knows(self, url: str) -> bool:
        """Whether the page at ``url`` need not be asked for as a new one.

        That is so once a whole answer was captured from ``url``, or from where it redirects to, and was read: as an
        article, as a page that holds none, or as word that the page is gone. Other errors, cut answers and pages that
        were captured but never read do not count, nor does imported text. Runs that were not committed do not count
        either.
        """
        return self._catalog.knows(url)

    def page(self, url: str) -> PageHistory | None:
        """What is known of the page at ``url``; ``None`` where the site was never asked, or its answer never read."""
        return self._plans.page(url)

    def due(self, ladder: Ladder, now: datetime, limit: int | None = None) -> Iterator[DuePage]:
        """The known pages that are to be looked at again, the most overdue first, at most ``limit`` of them.

        What the ladder says of a page is remembered until the page is read again, or another ladder asked about: this
        writes to the catalog, and raises ``StorageFailed`` where it cannot.
        """
        return self._plans.due(ladder, now, limit)

    def open_links(self, now: datetime | None = None) -> Iterator[OpenLink]:
        """The links that earlier runs left open and that are to be tried at ``now``, the longest waiting first.

        Without ``now`` all of them, and after these those that were given up.
        """
        return self._plans.open_links(now)

    def coverage(self, since: date, until: date, *, zone: tzinfo = UTC) -> Iterator[CoverageRow]:
        """What became of the links that each channel listed for the days from ``since`` to ``until``.

        Days are those on the clocks of ``zone``.
        """
        return self._plans.coverage(since, until, zone)

    def validators(self, url: str, *, listing: bool = False) -> Validators | None:
        """By what to ask whether ``url`` has changed since it was last had whole; ``None`` where one must not ask so.

        Of the page of an article (or a page that holds none) that capture must have been read, or the text would never
        be. Of a ``listing`` it must be of a run that read all it fetched and came to its end, or links would be lost.
        """
        newest = self._catalog.newest_whole(url)
        if newest is None or not (newest.listings_read if listing else newest.is_read):
            return None
        if newest.etag is None and newest.last_modified is None:
            return None
        return Validators(etag=newest.etag, last_modified=newest.last_modified)

    def companion(self, url: str, run: str, *, alone: bool = False) -> StoredCapture | None:
        """The newest whole answer 200 of ``url`` in the runs up to and including ``run``, committed or being written.

        ``alone``: in that run alone, as befits captures of others, whose times are not those of our runs. Raises
        ``UnreadableInput`` when it is not there any more.
        """
        ref = self._catalog.companion(url, run, alone=alone)
        return None if ref is None else self.read_capture(ref)

    def captures_in(self, warc: str) -> Iterator[WrittenCapture]:
        """The captures in one WARC file, in the order in which they were written."""
        return self._catalog.captures_in(warc)

    def holds_capture(self, url: str, captured_at: datetime, payload_digest: Digest) -> bool:
        """Whether there is a capture of this address, second and payload, of whatever record id."""
        return self._catalog.holds_capture(url, captured_at, payload_digest)

    def capture(self, record_id: str) -> tuple[str, WrittenCapture] | None:
        """The run and the place of the capture with this record id."""
        return self._catalog.capture_of(record_id)

    def addresses(self, since: datetime, until: datetime) -> frozenset[str]:
        """The addresses that were captured from ``since`` to just before ``until``."""
        return self._catalog.addresses(since, until)

    def count_captures(self) -> int:
        """How many captures there are, of committed runs."""
        return sum(run.captures for run in self.runs())

    def reading(self, record_id: str) -> Reading | None:
        """What was read in the capture with this record id; ``None`` where it was not read."""
        return self._catalog.reading(record_id)

    def line_of_capture(self, record_id: str) -> bytes | None:
        """The article line, as it is stored, that was read in the capture with this record id."""
        place = self._catalog.line_of_capture(record_id)
        if place is None:
            return None
        _, _, file, span = place
        path = self.layout.locate(file)
        try:
            with path.open("rb") as opened:
                return os.pread(opened.fileno(), span.length, span.offset)
        except OSError as error:
            raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error

    def content_digest(self, article_id: str, revision: int) -> str | None:
        """The printed content digest of one revision, ``None`` where there is none."""
        return self._catalog.content_digest(article_id, revision)

    def leftovers(self) -> tuple[str, ...]:
        """Names of the WARCs of no committed run: what a killed or aborted crawl left, or one under way writes."""
        committed = {warc.path for run in self.runs() for warc in run.warcs}
        names = (self.layout.name_of(path) for path in self.layout.warc_files())
        return tuple(name for name in names if name not in committed)

    def rebuild(self) -> None:
        """Make the catalog and the index again. Raises ``CollectionLocked`` while another process writes."""
        with self._writing_alone():
            if self._writer is not None and not self._writer.closed:
                raise RuntimeError(f"run {self._writer.run} is still being written")
            self.close()
            self.follow()
            runs = self.runs()
            self._opened = rebuild_catalog(self.layout, runs)
            Index(self.layout).rebuild(runs)

    def follow(self) -> None:
        """Go over to the generation in use, where that has changed since the collection was opened."""
        layout = Layout.in_use(self.root)
        if layout != self.layout:
            self.close()
            self.layout = layout

    @property
    def _plans(self) -> Plans:
        return Plans(self._catalog)

    @property
    def _catalog(self) -> Catalog:
        if self._opened is None:
            self._opened = self._open_catalog()
        return self._opened

    def _open_catalog(self) -> Catalog:
        catalog = Catalog.open(self.layout.catalog)
        if catalog is not None and self._is_current(catalog):
            return catalog
        try:
            with self._writing_alone():
                if catalog is not None:
                    catalog.close()
                return self._current_catalog()
        except CollectionLocked:
            if catalog is None:
                raise
            # Whoever holds the lock is about to enter what is missing; until then it is the catalog of a moment ago.
            return catalog

    def _current_catalog(self) -> Catalog:
        """The catalog brought up to date, by what is missing or as a whole. The lock is held."""
        runs = self.runs()
        catalog = Catalog.open(self.layout.catalog)
        if catalog is None:
            return rebuild_catalog(self.layout, runs)
        held = catalog.runs()
        missing = [run for run in runs if run.run not in held]
        # Revisions build on the ones before, so only what comes after all else can be added.
        if len(held) + len(missing) != len(runs) or any(run.run not in held for run in runs[: len(held)]):
            catalog.close()
            return rebuild_catalog(self.layout, runs)
        for run in missing:
            load_run(catalog, self.layout, run)
        return catalog

    def _current_index(self) -> Index:
        index = Index(self.layout)
        if index.runs() != frozenset(self.layout.committed_runs()):
            # Whoever holds the lock is about to list what is missing; until then it is the index of a moment ago.
            with suppress(CollectionLocked), self._writing_alone():
                index.update(self.runs())
        return index

    def _is_current(self, catalog: Catalog) -> bool:
        return catalog.runs() == set(self.layout.committed_runs())

    @contextmanager
    def _writing_alone(self) -> Iterator[None]:
        if self._locked:
            yield
        else:
            with self.lock():
                yield


def find_collections(archive: Path) -> Iterator[Path]:
    """The directories in ``archive`` that hold a collection, in order of their names; of those, the ones that may be
    looked into.

    Raises ``UnreadableInput`` when ``archive`` itself may not be.
    """
    try:
        if archive.is_dir():
            yield from sorted(path for path in archive.iterdir() if holds_collection(path))
    except OSError as error:
        raise UnreadableInput(path=archive, reason=error.strerror or str(error)) from error


def holds_collection(root: Path) -> bool:
    """Whether a collection lies in the directory ``root``, as far as that may be looked into."""
    try:
        return Layout(root).descriptor.is_file()
    except OSError:
        return False


def is_in_use(layout: Layout) -> bool:
    """Whether a process writes to the collection. Asks without writing, so it works on a read-only disk too."""
    try:
        with layout.lock.open("rb") as file:
            # Held for the moment of asking, which ``_locked`` waits out.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def _locked(layout: Layout, patience_s: float = _LOCK_PATIENCE_S) -> Iterator[None]:
    # Without the kernel's own lock (some network disks) a dead process would hold the collection for ever.
    lock = FileLock(layout.lock, thread_local=False, fallback_to_soft=False)
    with storing(layout.lock):
        try:
            lock.acquire(timeout=patience_s, poll_interval=_LOCK_PATIENCE_S / 10)
        except Timeout as error:  # an OSError, but none of the disk
            raise CollectionLocked(path=layout.root) from error
    try:
        yield
    finally:
        lock.release()


def read_descriptor(root: Path) -> Descriptor:
    """What the collection in ``root`` decided for good. Raises ``NotACollection``."""
    path = Layout(root).descriptor
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        reason = "it has no collection.json" if root.exists() else "there is no such directory"
        raise NotACollection(path=root, reason=reason) from error
    except OSError as error:
        raise NotACollection(path=root, reason=f"{path.name}: {error.strerror or error}") from error
    try:
        found: dict[str, Any] = from_json(data, dict)
        if isinstance(found.get("format"), int) and found["format"] > FORMAT:
            reason = f"its format is {found['format']} and this version reads up to {FORMAT}; update newsarchive"
            raise NotACollection(path=root, reason=reason)
        descriptor = from_json(data, Descriptor)
    except ValueError as error:
        raise NotACollection(path=root, reason=f"its collection.json is none: {error}") from error
    if descriptor.digest_algorithm != DIGEST_ALGORITHM:
        reason = f"its digests are {descriptor.digest_algorithm} and this version knows {DIGEST_ALGORITHM}"
        raise NotACollection(path=root, reason=reason)
    return descriptor


def _read_run(path: Path) -> CrawlRun:
    try:
        return from_json(path.read_bytes(), CrawlRun)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise UnreadableInput(path=path, reason=str(error)) from error
