"""Writing an export: the selected articles in one format, into one directory, with a data statement.

A new export is built beside its place and moved there when it is whole. One that is there already and whose selection
grows is added to in place: the statement, written last, says how much of each file counts. In both cases the result has
the bytes that a new export would have.
"""

from __future__ import annotations

import hashlib
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal, get_args

from newsarchive import __version__
from newsarchive.collection.collection import Collection, utc_now
from newsarchive.collection.durable import make_directory, storing, write_atomically
from newsarchive.errors import UnreadableInput, UsageError
from newsarchive.export.archive import Archive, select
from newsarchive.export.folder import ExportFolder, HasChanged
from newsarchive.export.names import split
from newsarchive.export.portion import Portion
from newsarchive.export.selection import Selection
from newsarchive.export.statement import Duplicates, FormatName, Statement, Tally, in_words, site_statement
from newsarchive.model.article import Article
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import from_json, to_document, to_line

if TYPE_CHECKING:
    from newsarchive.export.duplicates import NearDuplicates

FORMATS: tuple[FormatName, ...] = get_args(FormatName)
STATEMENT = "statement.json"
README = "README.md"

Progress = Callable[[int], None]
"""Told how many articles were written so far."""

Write = Callable[[Portion, ExportFolder], None]

_PIECE_BYTES = 1 << 20

_LIBRARIES: dict[FormatName, tuple[str, ...]] = {"parquet": ("pyarrow",), "hf": ("pyarrow",), "tei": ("lxml",)}
"""What else decides the bytes of a format, beside newsarchive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export did: ``new``, ``grown``, ``anew`` with the ``reason`` why, or ``unchanged``.

    ``added`` revisions were written this time; ``statement`` says what there is now.
    """

    outcome: Literal["new", "grown", "anew", "unchanged"]
    reason: str | None
    added: int
    statement: Statement


def export(
    kind: FormatName,
    selection: Selection,
    archive: Archive,
    out: Path,
    *,
    duplicates: bool = False,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = lambda done: None,
) -> Exported:
    """Export what ``selection`` selects of ``archive`` into the directory ``out``, or bring it up to date there.

    ``duplicates``: group near-duplicates too. ``now`` gives the day for rights that depend on one.

    Raises ``UsageError`` where ``out`` holds something else, where a site is missing or a library of the format is,
    ``UnreadableInput`` for a damaged archive, ``StorageFailed`` when the disk does not take it.
    """
    out = out.resolve()
    write = _writer_of(kind)
    settled = selection.settled(now().date())
    before = _statement_in(out)
    if before is not None and (before.kind, before.asked) != (kind, str(selection)):
        there = f"{before.kind} of {before.asked!r}"
        raise UsageError(message=f"{out} holds another export, {there}; choose another directory or delete it")
    job = _Job(
        kind=kind,
        asked=selection,
        selection=settled,
        sources=tuple(map(_Source, archive.selected(settled))),
        grouping=_grouping() if duplicates else None,
        write=write,
        progress=progress,
    )
    with storing(out):
        if before is None:
            return job.build(out)
        reason = job.why_anew(before)
        if reason is None:
            try:
                return job.grow(out, before)
            except HasChanged as error:
                reason = f"{error} is not as it was exported"
        return job.build(out, reason)


class _Source:
    """One collection as it was when the export began: its committed ``runs``."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.runs = collection.runs()

    @cached_property
    def lines_digests(self) -> tuple[Digest, ...]:
        """Over the article lines of no run, of the first, of the first two … Reads all lines once."""
        sha256 = hashlib.sha256()
        digests = [Digest("sha256", sha256.hexdigest())]
        for run in self.runs:
            if (path := self.collection.articles_path(run)) is not None:
                for piece in _pieces(path):
                    sha256.update(piece)
            digests.append(Digest("sha256", sha256.hexdigest()))
        return tuple(digests)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What is to be exported. Used once: the ``grouping`` of near-duplicates takes in what goes by."""

    kind: FormatName
    asked: Selection
    selection: Selection
    sources: tuple[_Source, ...]
    grouping: NearDuplicates | None
    write: Write
    progress: Progress

    @property
    def versions(self) -> dict[str, str]:
        """Of all that decides the bytes."""
        found = {"newsarchive": __version__, **{name: version(name) for name in _LIBRARIES.get(self.kind, ())}}
        if self.grouping is not None:
            found["datasketch"] = version("datasketch")
        return found | ({"zlib": zlib.ZLIB_RUNTIME_VERSION} if self.kind == "wet" else {})

    def why_anew(self, before: Statement) -> str | None:
        """Why the export that is there cannot be added to; ``None`` when it can."""
        if before.selection != str(self.selection):
            return f"rights count as of {self.selection.as_of} now"
        if "datasketch" in before.versions and self.grouping is None:
            return "near-duplicates are not marked any more"
        if "datasketch" not in before.versions and self.grouping is not None:
            return "near-duplicates are marked now"
        if before.versions != self.versions:
            return "it was written by other versions"
        if [site.site for site in before.sites] != [source.collection.site for source in self.sources]:
            return "the archive has other sites now"
        has_grown = False
        for site, source in zip(before.sites, self.sources, strict=True):
            if site.runs > len(source.runs) or site.lines_digest != source.lines_digests[site.runs]:
                return f"what the archive has of {site.site} has changed"
            has_grown |= len(source.runs) > site.runs
        if has_grown and not self.selection.grows:
            return "there may be newer revisions"
        return "near-duplicates are looked for among all articles" if has_grown and self.grouping is not None else None

    def build(self, out: Path, reason: str | None = None) -> Exported:
        """A new export, in the place of one that is there when there is a ``reason``."""
        new, old = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
        make_directory(out.parent)
        for debris in (new, old):
            shutil.rmtree(debris, ignore_errors=True)
        new.mkdir()
        try:
            statement = self._fill(ExportFolder(new), None)
            if reason is not None:
                out.rename(old)
            new.rename(out)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)
        rows = sum(site.tally.rows for site in statement.sites)
        return Exported(outcome="anew" if reason else "new", reason=reason, added=rows, statement=statement)

    def grow(self, out: Path, before: Statement) -> Exported:
        """Add to the export that is there."""
        if all(site.runs == len(source.runs) for site, source in zip(before.sites, self.sources, strict=True)):
            return Exported(outcome="unchanged", reason=None, added=0, statement=before)
        had = sum(site.tally.rows for site in before.sites)
        statement = self._fill(ExportFolder(out, before.files), before)
        rows = sum(site.tally.rows for site in statement.sites)
        return Exported(outcome="grown", reason=None, added=rows - had, statement=statement)

    def _fill(self, folder: ExportFolder, before: Statement | None) -> Statement:
        sites = []
        done = count(1)
        for number, source in enumerate(self.sources):
            site = None if before is None else before.sites[number]
            tally = Tally() if site is None else site.tally
            portion = Portion(
                site=source.collection.site,
                since=source.collection.created_at,
                articles=self._articles(source, 0 if site is None else site.runs, tally, done),
            )
            self.write(portion, folder)
            sites.append(site_statement(portion.site, source.runs, source.lines_digests[-1], tally))
        statement = Statement(
            kind=self.kind,
            asked=str(self.asked),
            selection=str(self.selection),
            selection_digest=self.selection.digest,
            versions=self.versions,
            sites=tuple(sites),
            duplicates=None if self.grouping is None else _write_duplicates(self.grouping, folder),
            files=folder.files,
        )
        write_atomically(folder.root / README, in_words(statement).encode())
        write_atomically(folder.root / STATEMENT, to_document(statement))
        return statement

    def _articles(self, source: _Source, skip: int, tally: Tally, done: Iterator[int]) -> Iterator[Article]:
        for passage in select(source.collection, self.selection, source.runs, skip=skip):
            tally.add(passage)
            if passage.article is not None:
                if self.grouping is not None:
                    self.grouping.add(passage.article)
                yield passage.article
                self.progress(next(done))


def _write_duplicates(grouping: NearDuplicates, folder: ExportFolder) -> Duplicates:
    groups = articles = across = 0
    with folder.append("duplicates.jsonl") as file:
        for group in grouping.groups():
            groups += 1
            articles += len(group)
            across += len({split(member.site, member.article_id) for member in group}) > 1
            for member in group:
                file.write(to_line(member))
    return Duplicates(
        method=grouping.method,
        threshold=grouping.threshold,
        groups=groups,
        articles=articles,
        across_splits=across,
    )


def _statement_in(out: Path) -> Statement | None:
    """What an export left in ``out``; ``None`` where there is nothing. Raises ``UsageError`` for anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    try:
        return from_json((out / STATEMENT).read_bytes(), Statement)
    except (OSError, ValueError) as error:
        reason = f"it has no {STATEMENT}" if isinstance(error, FileNotFoundError | NotADirectoryError) else str(error)
        message = f"{out} holds something else than an export, and nothing of it is overwritten: {reason}"
        raise UsageError(message=message) from error


def _writer_of(kind: FormatName) -> Write:
    module = _import(f"newsarchive.export.{kind}", kind)
    write: Write = getattr(module, f"write_{kind}")
    return write


def _grouping() -> NearDuplicates:
    grouping: NearDuplicates = _import("newsarchive.export.duplicates", "near-duplicates").NearDuplicates()
    return grouping


def _import(module: str, what: str) -> ModuleType:
    """Import what may need a library that is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        message = f"{what}: {error.name} is missing; pip install 'newsarchive[export]'"
        raise UsageError(message=message) from error
