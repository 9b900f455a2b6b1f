"""Writing one crawl run: exchanges to WARC, articles, sightings and links to JSONL, and the record that commits it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from newsarchive.collection.catalog import Catalog, WrittenCapture
from newsarchive.collection.commit import GroupCommit
from newsarchive.collection.dedup import DedupedWarc
from newsarchive.collection.durable import make_directory, storing, write_atomically
from newsarchive.collection.index import Index, IndexLines
from newsarchive.collection.layout import Layout, warc_name
from newsarchive.collection.lines import LineWriter
from newsarchive.collection.page_states import Turns
from newsarchive.collection.run_facts import RunFacts
from newsarchive.collection.run_lines import RunLines
from newsarchive.errors import StorageFailed, UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import CrawlRun, Funnel, Outcome, WarcFile
from newsarchive.model.finding import Finding
from newsarchive.model.links import LeftLink, Link
from newsarchive.model.revision import Revision, Sighting
from newsarchive.model.serialize import to_document
from newsarchive.warc.records import Copy, Resource
from newsarchive.warc.writer import WarcWriter

MAX_WARC_BYTES = 1_000_000_000
"""About 1 GB, as annex C of WARC 1.1 advises."""


class CrawlWriter:
    """The one writer of one run; made by ``Collection.begin_crawl``. Its methods may be called from any thread.

    Nothing counts until ``finish`` has written ``crawls/<run>.json``. Used as a context manager, leaving without
    ``finish`` is an ``abort``. Methods that write raise ``StorageFailed``.
    """

    def __init__(
        self,
        layout: Layout,
        catalog: Catalog,
        *,
        site: str,
        run: str,
        started_at: datetime,
        base_url: str,
        versions: Mapping[str, str],
        settings: Mapping[str, str | int | float | bool | None],
        warcinfo: Mapping[str, str],
        max_warc_bytes: int,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self.run = run
        self.started_at = started_at
        self._layout = layout
        self._catalog = catalog
        self._site = site
        self._facts = RunFacts(base_url=base_url, versions=dict(versions), settings=dict(settings))
        self._warcinfo = {**warcinfo, **self._facts.to_warcinfo()}
        self._now = now
        self._new_id = new_id
        self.closed = False
        """Whether the run has ended, one way or the other."""
        self._lines = RunLines(
            layout,
            catalog,
            run,
            articles=LineWriter(layout.articles_path(run, started_at)),
            seen=LineWriter(layout.seen_path(run, started_at)),
            links=LineWriter(layout.links_path(run, started_at)),
        )
        self._index = Index(layout)
        self._index_lines = IndexLines(self._index)
        self._group = GroupCommit(
            open_warc=self._open_warc,
            enter=lambda captures: catalog.add_captures(run, captures),
            max_warc_bytes=max_warc_bytes,
        )
        self._group.start()

    @property
    def log_path(self) -> Path:
        """Where the log of this run belongs; the directory exists once this was asked for."""
        path = self._layout.log_path(self.run)
        with storing(path):
            make_directory(path.parent)
        return path

    @property
    def failure(self) -> Exception | None:
        """The error that stopped the archiving, if one did; every ``append`` after it fails with the same."""
        return self._group.failure

    def append(self, capture: Capture) -> Future[StoredCapture | None]:
        """Archive one exchange. The future is resolved once it is durable: ``None`` where no answer came.

        It is resolved on the writing thread, so a callback must hand over and not block. Waits while the queue is full.
        """
        return self._group.submit(capture)

    def append_resource(self, resource: Resource) -> Future[StoredCapture]:
        """Archive content that came without HTTP; otherwise as ``append``."""
        return self._group.submit(resource)

    def append_copy(self, copy: Copy) -> Future[StoredCapture | None]:
        """Take over a capture of others; ``None`` for a revisit of what is not there. Otherwise as ``append``."""
        return self._group.submit(copy)

    def captures(self) -> Iterator[WrittenCapture]:
        """The captures of this run so far, in the order in which they were captured."""
        return self._catalog.captures_of_run(self.run)

    def last_revision(self, article_id: str) -> Revision | None:
        """The newest revision of an article, of earlier runs or of this one."""
        return self._lines.last_revision(article_id)

    def write_article(self, article: Article) -> Revision:
        """Write a new revision of an article, numbered by the caller: 1, or one more than ``last_revision``.

        ``ValueError`` for any other number.
        """
        return self._lines.write_article(article)

    def seen(self, article: Article) -> None:
        """Note that an article was found unchanged; ``article.revision`` is the revision it still has."""
        self._lines.seen(article)

    def no_article(self, stored: StoredCapture, reason: str) -> None:
        """Note that a capture was read and holds no article; ``reason`` is the code of the problem that says why."""
        self._lines.no_article(stored, reason)

    def unmodified(self, stored: StoredCapture) -> Sighting | None:
        """Note an answer 304: what was last read whole from this address is still so, and that is given.

        ``None``, and nothing is noted, where nothing was.
        """
        return self._lines.unmodified(stored)

    def gone(self, stored: StoredCapture, reason: str) -> Sighting:
        """Note that ``stored``, the answer of an address itself, says that the page is gone.

        ``reason`` is one of ``model.revision.GONE``. That is a removal where an article was there; otherwise the page
        is one without article.
        """
        return self._lines.gone(stored, reason)

    def declare(self, link: Link) -> bool:
        """Note that a channel declared the address of an article; false where it had done so before."""
        return self._lines.declare(link)

    def leave(self, left: LeftLink) -> None:
        """Note that a wanted article could not be ended, for later runs to go on with."""
        self._lines.leave(left)

    def finish(
        self,
        outcome: Outcome,
        reason: str,
        *,
        funnel: Sequence[Funnel] = (),
        problems: Mapping[str, int] | None = None,
        findings: Sequence[Finding] = (),
    ) -> CrawlRun:
        """Seal the WARCs, make the lines durable and commit the run; gives its record.

        Works after a failed ``append`` too: what was durable before is committed. Where even that cannot be done,
        ``StorageFailed`` is raised and all files stay as they are, uncommitted.
        """
        if self.closed:
            raise RuntimeError(f"run {self.run} has ended")
        warcs = self._close()
        is_known = self._lines.put_in_order()
        turns = Turns()
        with suppress(UnreadableInput):
            turns = self._catalog.turns(self.run)
        record = CrawlRun(
            run=self.run,
            site=self._site,
            base_url=self._facts.base_url,
            started_at=self.started_at,
            ended_at=self._now(),
            outcome=outcome,
            reason=reason,
            versions=self._facts.versions,
            settings=self._facts.settings,
            warcs=warcs,
            articles_file=self._lines.articles_file,
            captures=self._group.captures,
            articles=self._lines.articles,
            problems=dict(problems or {}),
            funnel=tuple(funnel),
            findings=tuple(findings),
            revised=turns.revised,
            removed=turns.removed,
            returned=turns.returned,
            generation=self._layout.generation,
            received_bytes=self._group.received_bytes,
        )
        path = self._layout.crawl(self.run)
        with storing(path):
            make_directory(path.parent)
            write_atomically(path, to_document(record))
        if self._group.failure is None and is_known:
            # The run is committed; a catalog that cannot be told now is brought up to date when it is next opened.
            with suppress(StorageFailed):
                self._catalog.commit_run(record)
        if self._index_lines.is_complete:
            # So it is with an index.
            with suppress(StorageFailed):
                self._index.add_run(self.run, self._index_lines.sorted())
        self._index_lines.close()
        return record

    def abort(self) -> None:
        """Stop without committing. Nothing is deleted: WARCs are sealed where possible, lines stay."""
        with suppress(StorageFailed):
            self._close()
        self._index_lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.closed:
            self.abort()

    def _close(self) -> tuple[WarcFile, ...]:
        self.closed = True
        try:
            return self._group.close()
        finally:
            self._lines.close()

    def _open_warc(self, serial: int) -> DedupedWarc:
        name = warc_name(self._site, self.run, self.started_at, serial)
        path = self._layout.locate(name)
        with storing(path):
            make_directory(path.parent)
        writer = WarcWriter(
            path,
            name,
            info=self._warcinfo,
            created_at=self._now(),
            new_id=self._new_id,
            index=self._index_lines.add,
        )
        return DedupedWarc(writer, self._catalog)
