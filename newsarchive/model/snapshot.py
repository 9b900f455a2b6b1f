"""A snapshot: what is sealed in one WACZ, and what it takes to verify it and to make it again."""

from __future__ import annotations

from dataclasses import dataclass

from newsarchive.model.capture import Instant
from newsarchive.model.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotWarc:
    """A WARC in a snapshot: its path in the WACZ, and the one in the collection, by which articles refer to it."""

    path: str
    collection_path: str
    run: str
    length_bytes: int
    records: int
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractorCount:
    """How many article lines were read by which version of the program."""

    newsarchive: str
    trafilatura: str
    lxml: str
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredSnapshot:
    """An earlier snapshot that this one goes on from: name of its file, size and sha256 of that, its last run."""

    name: str
    filename: str
    length_bytes: int
    digest: Digest
    cutoff: Instant
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotManifest:
    """What one snapshot seals.

    ``runs`` are the committed runs in it, in the order they were committed; ``cutoff`` is when the last of them was,
    and ``created_at`` the same unless the maker said otherwise. ``requires`` are the snapshots with all runs before,
    oldest first; empty where the snapshot stands for itself. The counts are of this snapshot alone: ``captures`` of its
    runs, ``indexed`` lines of its index, ``articles`` lines, that is revisions, and ``sightings`` lines.
    """

    format: int = 1
    name: str
    site: str
    cutoff: Instant
    created_at: Instant
    software: str
    requires: tuple[RequiredSnapshot, ...]
    runs: tuple[str, ...]
    warcs: tuple[SnapshotWarc, ...]
    captures: int
    indexed: int
    articles: int
    sightings: int
    articles_digest: Digest
    extractors: tuple[ExtractorCount, ...]
