"""create(): seal the committed runs of a collection as a WACZ."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.collection.collection import Collection
from newsarchive.collection.durable import make_directory, storing, sync_directory, temporary_of
from newsarchive.collection.index import Index
from newsarchive.collection.lines import read_lines
from newsarchive.collection.versions import SOFTWARE
from newsarchive.errors import UnreadableInput, UsageError
from newsarchive.model.article import Article
from newsarchive.model.crawl import CrawlRun, WarcFile
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import to_document
from newsarchive.model.snapshot import ExtractorCount, RequiredSnapshot, SnapshotManifest, SnapshotWarc
from newsarchive.snapshot import contents
from newsarchive.snapshot.opened import Snapshot
from newsarchive.snapshot.sign import sign
from newsarchive.warc.cdxj import Sorter, index_warc, merge, to_line
from newsarchive.warc.wacz import PAGES, WaczWriter, chunks_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_FILENAME = re.compile(rb'"filename": "([^"]*/)([^"/]*)"')
"""Of an index line; what is quoted within another field has its quotes escaped, and cannot look like it."""

Progress = Callable[[int, int], None]
"""Told (bytes written, bytes to write)."""


def create(
    collection: Collection,
    path: Path | None = None,
    *,
    until: datetime | None = None,
    requires: Path | None = None,
    created_at: datetime | None = None,
    key: EllipticCurvePrivateKey | None = None,
    progress: Progress | None = None,
) -> tuple[Path, SnapshotManifest]:
    """Seal the runs of ``collection`` that were committed up to ``until`` as the WACZ ``path``; where it is, and what.

    Without ``path`` it is put into ``snapshots/`` of the collection, under its name.

    ``requires`` is an earlier snapshot of the collection: what it holds, and what it requires, is not repeated. Without
    ``created_at`` the snapshot is dated as its last run, so that its bytes are a function of those runs and of ``key``.

    Reads committed runs only, so a crawl may go on meanwhile. ``path`` must not exist; it is there only when it is
    whole and on the disk. Raises ``UsageError`` where there is nothing to seal or ``requires`` does not fit,
    ``UnreadableInput`` where a file is not what its run sealed (``newsarchive check`` says more), ``StorageFailed``.
    """
    runs = tuple(run for run in collection.runs() if until is None or run.ended_at <= until)
    chain: tuple[RequiredSnapshot, ...] = ()
    if requires is not None:
        chain, sealed = _chain(collection, requires, runs)
        runs = tuple(run for run in runs if run.run not in sealed)
    if not runs:
        raise UsageError(message=f"There is no committed run of {collection.site} to seal that is not sealed already.")
    name = contents.snapshot_name(collection.site, runs[-1].ended_at, chain[-1].cutoff if chain else None)
    usual = collection.layout.snapshots / (name + contents.SUFFIX)
    if path is None and usual.exists():
        raise UsageError(
            message=f"{usual} has it all: nothing was committed since. With --output it is made elsewhere."
        )
    path = path or usual
    if path.exists():
        raise UsageError(message=f"{path} exists already, and a snapshot is never written over. Choose another name.")
    sealing = _Sealing(
        collection=collection,
        runs=runs,
        requires=chain,
        name=name,
        created_at=created_at or runs[-1].ended_at,
        key=key,
        progress=progress,
    )
    temporary = temporary_of(path)
    with storing(path):
        make_directory(path.parent)
        try:
            with temporary.open("wb") as file:
                with WaczWriter(file, created_at=sealing.created_at) as wacz:
                    manifest = sealing.write(wacz)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
    return path, manifest


def _chain(
    collection: Collection, path: Path, runs: Sequence[CrawlRun]
) -> tuple[tuple[RequiredSnapshot, ...], frozenset[str]]:
    """The snapshot at ``path`` and those it requires, and the runs in them, which must be the first of ``runs``."""
    own = {warc.path: warc.digest for run in runs for warc in run.warcs}
    names: list[str] = []
    required: list[RequiredSnapshot] = []
    with Snapshot.open(path) as last, ExitStack() as opened:
        snapshots = (*(opened.enter_context(snapshot) for snapshot in last.open_required()), last)
        for snapshot in snapshots:
            manifest = snapshot.manifest
            if manifest.site != collection.site:
                raise UsageError(message=f"{snapshot.path} is a snapshot of {manifest.site}, not of {collection.site}.")
            names += manifest.runs
            if any(own.get(warc.collection_path) != warc.digest for warc in manifest.warcs):
                raise UsageError(message=f"{snapshot.path} holds WARC files that {collection.root} does not have so.")
        required += last.manifest.requires
        required.append(last.as_required())
    if names != [run.run for run in runs[: len(names)]]:
        message = (
            f"{path} does not hold the first runs of {collection.root} up to a moment, so nothing can go on from it."
        )
        raise UsageError(message=message)
    return tuple(required), frozenset(names)


@dataclass(slots=True, kw_only=True)
class _Sealing:
    """One snapshot while it is written."""

    collection: Collection
    runs: tuple[CrawlRun, ...]
    requires: tuple[RequiredSnapshot, ...]
    name: str
    created_at: datetime
    key: EllipticCurvePrivateKey | None
    progress: Progress | None
    total_bytes: int = 0
    done: int = 0
    indexed: int = 0
    sightings: int = 0
    extractors: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def write(self, wacz: WaczWriter) -> SnapshotManifest:
        self.total_bytes = sum(warc.length_bytes for _, warc in self._warcs())
        for _, warc in self._warcs():
            wacz.add(contents.packed_warc(warc.path), self._warc(warc))
        with Sorter(self.collection.root) as sorter:
            wacz.add_index(self._index_lines(sorter))
        wacz.add(PAGES, contents.pages(self._articles()))
        articles = wacz.add(contents.ARTICLES, self._article_lines())
        wacz.add(contents.SIGHTINGS, self._sighting_lines())
        layout = self.collection.layout
        for run in self.runs:
            wacz.add(contents.packed_run(run.run), [_read(layout.crawl(run.run))])
        wacz.add(contents.COLLECTION, [_read(layout.descriptor)])
        manifest = self._manifest(articles.digest)
        wacz.add(contents.MANIFEST, [to_document(manifest)])
        required = [(snapshot.filename, str(snapshot.digest)) for snapshot in self.requires]
        key = self.key
        wacz.finish(
            contents.package_description(self.collection.site, SOFTWARE, required),
            None if key is None else lambda digest: sign(digest, self.created_at, key),
        )
        return manifest

    def _manifest(self, articles_digest: Digest) -> SnapshotManifest:
        return SnapshotManifest(
            name=self.name,
            site=self.collection.site,
            cutoff=self.runs[-1].ended_at,
            created_at=self.created_at,
            software=SOFTWARE,
            requires=self.requires,
            runs=tuple(run.run for run in self.runs),
            warcs=tuple(
                SnapshotWarc(
                    path=contents.packed_warc(warc.path),
                    collection_path=warc.path,
                    run=run.run,
                    length_bytes=warc.length_bytes,
                    records=warc.records,
                    digest=warc.digest,
                )
                for run, warc in self._warcs()
            ),
            captures=sum(run.captures for run in self.runs),
            indexed=self.indexed,
            articles=sum(self.extractors.values()),
            sightings=self.sightings,
            articles_digest=articles_digest,
            extractors=tuple(
                ExtractorCount(newsarchive=newsarchive, trafilatura=trafilatura, lxml=lxml, articles=count)
                for (newsarchive, trafilatura, lxml), count in sorted(self.extractors.items())
            ),
        )

    def _warcs(self) -> Iterator[tuple[CrawlRun, WarcFile]]:
        return ((run, warc) for run in self.runs for warc in run.warcs)

    def _warc(self, warc: WarcFile) -> Iterator[bytes]:
        """The bytes of a WARC, which must be those that its run sealed."""
        path = self.collection.layout.locate(warc.path)
        sha256, length = hashlib.sha256(), 0
        try:
            with path.open("rb", buffering=0) as file:
                for chunk in chunks_of(file):
                    sha256.update(chunk)
                    length += len(chunk)
                    self._wrote(len(chunk))
                    yield chunk
        except OSError as error:
            raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
        if (length, Digest("sha256", sha256.hexdigest())) != (warc.length_bytes, warc.digest):
            raise UnreadableInput(path=path, reason="it is not the file that its run sealed, by size or sha256")

    def _index_lines(self, sorter: Sorter) -> Iterator[bytes]:
        """The replay index of the runs, with the names that WARC files have here."""
        index = self.collection.index
        listed = index.runs() or frozenset()
        names = {warc.path for run, warc in self._warcs() if run.run in listed}
        for run, warc in self._warcs():
            if run.run not in listed:
                # It was committed a moment ago, and who committed it is about to list it.
                for record in index_warc(self.collection.layout.locate(warc.path), warc.path):
                    if record.is_replayable:
                        sorter.add(to_line(record))
        for line in merge([_lines_in(index, names), sorter.sorted()]):
            self.indexed += 1
            # Sorted still: where lines are alike up to here, files of a run lie in one directory, and those by time.
            yield _FILENAME.sub(rb'"filename": "\2"', line)

    def _articles(self) -> Iterator[Article]:
        for path in self._article_files():
            for _, article in read_lines(path, Article):
                extractor = article.extractor
                self.extractors[extractor.newsarchive, extractor.trafilatura, extractor.lxml] += 1
                yield article

    def _article_lines(self) -> Iterator[bytes]:
        for path in self._article_files():
            yield from _chunks(path)

    def _article_files(self) -> Iterator[Path]:
        return (path for run in self.runs if (path := self.collection.articles_path(run)) is not None)

    def _sighting_lines(self) -> Iterator[bytes]:
        for run in self.runs:
            path = self.collection.layout.seen_path(run.run, run.started_at)
            if path.exists():
                for chunk in _chunks(path):
                    self.sightings += chunk.count(b"\n")
                    yield chunk

    def _wrote(self, new: int) -> None:
        self.done += new
        if self.progress is not None:
            self.progress(self.done, self.total_bytes)


def _lines_in(index: Index, names: set[str]) -> Iterator[bytes]:
    wanted = {name.encode() for name in names}
    for line in index.lines():
        match = _FILENAME.search(line)
        if match and match[1] + match[2] in wanted:
            yield line


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            yield from chunks_of(file)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error


def _read(path: Path) -> bytes:
    return b"".join(_chunks(path))
