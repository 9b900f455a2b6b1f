"""What one verification works with: the snapshot, how deep to look, and what is known so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsarchive.model.snapshot import SnapshotManifest
from newsarchive.snapshot.opened import Chain
from newsarchive.warc.cdxj import Sorter
from newsarchive.warc.wacz_reader import WaczFile

Progress = Callable[[int, int], None]
"""Told (bytes read, bytes to read) as a verification goes on."""


@dataclass(slots=True, kw_only=True)
class Case:
    """Handed from one part of a verification to the next.

    ``spoiled`` are the files whose bytes are not those that were sealed: what is in them is not judged any further.
    ``package`` is the data package, ``None`` where it cannot be read; ``manifest`` likewise. ``chain`` is the snapshot
    with those it requires, ``None`` where one of them is missing. ``claims`` collects what index and articles say of
    records, to be compared in the order of these.
    """

    wacz: WaczFile
    deep: bool
    required_in: Path
    claims: Sorter
    on_bytes: Callable[[int], None]
    package: dict[str, Any] | None = None
    manifest: SnapshotManifest | None = None
    chain: Chain | None = None
    spoiled: set[str] = field(default_factory=set)
    index_is_sound: bool = True

    def is_sound(self, path: str) -> bool:
        """Whether a file is there, as it was sealed."""
        return path in self.wacz.stretches and path not in self.spoiled
