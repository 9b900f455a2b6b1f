"""Reading snapshots: what one says of itself, and the captures and articles of one with those it goes on from."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from newsarchive.collection.layout import run_of_warc
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.revision import Sighting
from newsarchive.model.serialize import from_json
from newsarchive.model.snapshot import RequiredSnapshot, SnapshotManifest
from newsarchive.snapshot import contents
from newsarchive.warc.cdxj import IndexLine, parse_line
from newsarchive.warc.reader import parse_record, read_member
from newsarchive.warc.resolve import RevisitTarget
from newsarchive.warc.surt import surt_key
from newsarchive.warc.wacz import ARCHIVE, PACKAGE_DIGEST, chunks_of
from newsarchive.warc.wacz_reader import WaczFile

Line = TypeVar("Line")

FORMAT = 1
"""Version of what is in a snapshot. A newer one is refused, not guessed at."""


class Snapshot:
    """One snapshot. Use ``open``; close it or use it as a context manager."""

    def __init__(self, wacz: WaczFile, manifest: SnapshotManifest) -> None:
        self.wacz = wacz
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the snapshot at ``path``. Raises ``UnreadableInput`` when it is none; says nothing of what is in it."""
        wacz = WaczFile(path)
        try:
            return cls(wacz, read_manifest(wacz))
        except ValueError as error:
            wacz.close()
            raise UnreadableInput(path=path, reason=f"it is no snapshot of this program: {error}") from error

    @property
    def path(self) -> Path:
        """The file."""
        return self.wacz.path

    @property
    def is_signed(self) -> bool:
        """Whether it bears a signature, of whatever worth."""
        return PACKAGE_DIGEST in self.wacz.stretches and b'"signedData"' in self.wacz.read(PACKAGE_DIGEST)

    def close(self) -> None:
        """Let go of the file."""
        self.wacz.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open_required(self, directory: Path | None = None) -> tuple[Snapshot, ...]:
        """Open the snapshots it requires, oldest first: in ``directory``, or beside it.

        Raises ``UnreadableInput`` where one is not there or is of another size than it was.
        """
        where = directory or self.path.parent
        with ExitStack() as opened:
            snapshots = []
            for required in self.manifest.requires:
                snapshots.append(opened.enter_context(Snapshot.open(where / required.filename)))
                if snapshots[-1].wacz.length_bytes != required.length_bytes:
                    reason = f"it is not the snapshot {required.name} that {self.path.name} goes on from"
                    raise UnreadableInput(path=snapshots[-1].path, reason=reason)
            opened.pop_all()
            return tuple(snapshots)

    def as_required(self) -> RequiredSnapshot:
        """How a snapshot that goes on from it refers to it. Reads all of it, for its sha256."""
        return RequiredSnapshot(
            name=self.manifest.name,
            filename=self.path.name,
            length_bytes=self.wacz.length_bytes,
            digest=digest_of(self.path),
            cutoff=self.manifest.cutoff,
            runs=len(self.manifest.runs),
        )

    def articles(self) -> Iterator[tuple[bytes, Article]]:
        """Every article line and what it says. Raises ``UnreadableInput`` for one that is none."""
        for line in self._lines(contents.ARTICLES):
            yield line, self._parsed(line, Article)

    def sightings(self) -> Iterator[Sighting]:
        """Every sighting. Raises as ``articles`` does."""
        for line in self._lines(contents.SIGHTINGS):
            yield self._parsed(line, Sighting)

    def _lines(self, path: str) -> Iterator[bytes]:
        if path not in self.wacz.stretches:
            raise UnreadableInput(path=self.path, reason=f"there is no {path} in it")
        with self.wacz.open(path) as file:
            yield from file

    def _parsed(self, line: bytes, kind: type[Line]) -> Line:
        try:
            return from_json(line, kind)
        except ValueError as error:
            raise UnreadableInput(path=self.path, reason=f"a line of its articles is none: {error}") from error


@dataclass(frozen=True, slots=True)
class Chain:
    """Snapshots that go on from one another, oldest first: together a collection up to a moment."""

    snapshots: Sequence[Snapshot]

    def read_capture(self, ref: CaptureRef) -> StoredCapture:
        """The capture ``ref`` points to. Raises ``ValueError`` where it is not there as ``ref`` says."""
        return read_member(self._member(ref.warc, ref.offset, ref.length), ref, resolve=self.original)

    def original(self, target: RevisitTarget) -> StoredCapture | None:
        """What a revisit refers to, found as players find it: by address and time."""
        line = self.original_line(target)
        return None if line is None else self._capture(line)

    def original_line(self, target: RevisitTarget) -> IndexLine | None:
        """The index line of that. Raises ``ValueError`` where an index cannot be read."""
        if target.captured_at is None:
            return None
        timestamp = f"{target.captured_at.astimezone(UTC):%Y%m%d%H%M%S}"
        return next(
            (
                line
                for line in self._lines_of(target.url)
                if (line.url, line.timestamp, line.digest) == (target.url, timestamp, target.payload_digest)
                and line.mime != "warc/revisit"
            ),
            None,
        )

    def companion(self, url: str, run: str) -> StoredCapture | None:
        """The newest whole answer 200 of ``url`` in the runs up to and including ``run``: ``Collection.companion``."""
        order = {name: at for at, name in enumerate(run for one in self.snapshots for run in one.manifest.runs)}
        lines = sorted(
            (line for line in self._lines_of(url) if (line.url, line.status) == (url, 200)),
            key=lambda line: line.timestamp,
            reverse=True,
        )
        until = [line for line in lines if _place(line, order) <= order[run]]
        # Index lines know whole seconds only, records know better.
        for _, group in groupby(until, key=lambda line: line.timestamp):
            whole = [stored for stored in map(self._capture, group) if stored.truncated is None]
            if whole:
                return max(whole, key=lambda stored: stored.ref.captured_at)
        return None

    def _lines_of(self, url: str) -> Iterator[IndexLine]:
        key = surt_key(url)
        return (parse_line(line) for snapshot in self.snapshots for line in snapshot.wacz.find(key))

    def _capture(self, line: IndexLine) -> StoredCapture:
        data = self._member(line.filename, line.offset, line.length)
        record = parse_record(zlib.decompress(data, zlib.MAX_WBITS | 16))
        ref = CaptureRef(
            record_id=record.id,
            warc=line.filename,
            offset=line.offset,
            length=line.length,
            captured_at=datetime.min.replace(tzinfo=UTC),
            status=line.status,
            payload_digest=Digest.parse(line.digest),
        )
        stored = read_member(data, ref, resolve=self.original)
        names = {warc.path: warc.collection_path for one in self.snapshots for warc in one.manifest.warcs}
        return replace(stored, ref=replace(stored.ref, warc=names.get(ARCHIVE + line.filename, line.filename)))

    def _member(self, warc: str, offset: int, length: int) -> bytes:
        path = contents.packed_warc(warc)
        for snapshot in reversed(self.snapshots):
            if path in snapshot.wacz.stretches:
                return snapshot.wacz.at(path, offset, length)
        raise ValueError(f"there is no {path}")


def read_manifest(wacz: WaczFile) -> SnapshotManifest:
    """The manifest in ``wacz``. Raises ``ValueError`` where there is none, or one of a newer version."""
    if contents.MANIFEST not in wacz.stretches:
        raise ValueError(f"there is no {contents.MANIFEST} in it")
    manifest = from_json(wacz.read(contents.MANIFEST), SnapshotManifest)
    if manifest.format > FORMAT:
        raise ValueError(f"its format is {manifest.format} and this version reads up to {FORMAT}; update newsarchive")
    return manifest


def digest_of(path: Path) -> Digest:
    """The sha256 of a file. Raises ``UnreadableInput``."""
    sha256 = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            for chunk in chunks_of(file):
                sha256.update(chunk)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    return Digest("sha256", sha256.hexdigest())


def _place(line: IndexLine, order: dict[str, int]) -> int:
    found = run_of_warc(line.filename)
    return order.get(found[0], len(order)) if found else len(order)
