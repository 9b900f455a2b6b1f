"""Generations: readings of all captures of a collection, one beside the other, of which one is in use.

Generation 1 is what crawls wrote when they read the pages. A later extraction of the same captures that reads anything
otherwise is the next one. A generation is made in a directory of its own, gets its name when it is whole, and is in use
from the moment at which ``generations/current`` names it; that file is replaced in one step. Crawls read and write the
one in use; the others stay as they are, and one can go back to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from newsarchive.collection.durable import make_directory, storing, write_atomically
from newsarchive.collection.layout import Layout
from newsarchive.collection.lines import read_lines
from newsarchive.errors import UnknownGeneration, UnreadableInput
from newsarchive.model.capture import Instant
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import from_json, to_document, to_line

FORMAT = 1

Reason = Literal["crawled", "extracted", "renumbered"]
"""Why there is a generation: crawls wrote it; captures were extracted again; what was imported is older than what was
there, so that revisions have other numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """``generation.json``: one generation as it was when it was made.

    It was made of generation ``base`` by ``versions`` of the program, whose code had the digest ``program``; only of
    captures from ``since`` to ``until`` (and of all others of the same addresses) where that was asked for, the rest is
    as in ``base``. It held ``articles`` with so many ``revisions``, read in so many ``runs``.
    """

    format: int = FORMAT
    number: int
    reason: Reason
    made_at: Instant
    base: int
    versions: dict[str, str]
    program: Digest
    since: date | None
    until: date | None
    runs: int
    articles: int
    revisions: int
    sightings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLineCount:
    """What a generation has of a run that was not crawled into it: so many article lines and sightings."""

    run: str
    articles: int
    sightings: int


def numbers(layout: Layout) -> tuple[int, ...]:
    """The numbers of all whole generations of a collection, in order."""
    found = (path.parent.name for path in layout.generations.glob("[1-9]*/generation.json"))
    return (1, *sorted(int(name) for name in found if name.isdecimal() and int(name) > 1))


def at_generation(layout: Layout, number: int) -> Layout:
    """The layout with the lines of generation ``number``. Raises ``UnknownGeneration``."""
    if number not in numbers(layout):
        raise UnknownGeneration(number=number, known=", ".join(map(str, numbers(layout))), path=layout.root)
    return Layout(layout.root, number)


def read_generation(layout: Layout) -> Generation | None:
    """What ``generation.json`` says of the generation of ``layout``; the first has none. Raises ``UnreadableInput``."""
    if layout.generation == 1:
        return None
    path = layout.home / "generation.json"
    try:
        return from_json(path.read_bytes(), Generation)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise UnreadableInput(path=path, reason=str(error)) from error


def use(layout: Layout) -> None:
    """Make the generation of ``layout`` the one in use. The caller holds the lock. Raises ``StorageFailed``."""
    path = layout.current
    with storing(path):
        make_directory(path.parent)
        write_atomically(path, f"{layout.generation}\n".encode())


def counted_runs(layout: Layout) -> dict[str, RunLineCount]:
    """What ``runs.jsonl`` of the generation of ``layout`` says, by run. Raises ``UnreadableInput``."""
    path = _counts(layout)
    if not path.exists():
        return {}
    return {count.run: count for _, count in read_lines(path, RunLineCount)}


def count_runs(layout: Layout, counts: Iterable[RunLineCount]) -> None:
    """Write ``runs.jsonl``, in one step. Raises ``StorageFailed``."""
    path = _counts(layout)
    with storing(path):
        make_directory(path.parent)
        write_atomically(path, map(to_line, counts))


def describe_generation(directory: Path, generation: Generation) -> None:
    """Write ``generation.json`` into ``directory``. Raises ``StorageFailed``."""
    path = directory / "generation.json"
    with storing(path):
        write_atomically(path, to_document(generation))


def missing_runs(layout: Layout, runs: Iterable[CrawlRun]) -> tuple[CrawlRun, ...]:
    """Those of ``runs`` that the generation of ``layout`` has not read. Raises ``UnreadableInput``."""
    counted = counted_runs(layout)
    return tuple(run for run in runs if run.generation != layout.generation and run.run not in counted)


def _counts(layout: Layout) -> Path:
    return layout.generations / str(layout.generation) / "runs.jsonl"
