"""Which snapshots lie in a directory, and what each says of itself. Whether it is true, ``verify`` finds out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from newsarchive.errors import UnreadableInput
from newsarchive.model.capture import Instant
from newsarchive.snapshot.contents import SUFFIX, TIME_STAMP_SUFFIX
from newsarchive.snapshot.opened import Snapshot

_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSnapshot:
    """A snapshot as its manifest describes it; as in ``SnapshotManifest``. ``goes_on_from`` is the name of the newest
    snapshot that it requires. ``is_signed``, ``has_time_stamp``: there is one, of whatever worth."""

    path: Path
    site: str
    name: str
    cutoff: Instant
    created_at: Instant
    runs: int
    captures: int
    articles: int
    length_bytes: int
    goes_on_from: str | None
    is_signed: bool
    has_time_stamp: bool


def list_snapshots(directory: Path) -> tuple[tuple[ListedSnapshot, ...], tuple[UnreadableInput, ...]]:
    """The snapshots in ``directory``, oldest first, and why others cannot be read; none where it is missing.

    A file that has not changed since is not read again.
    """
    found, unreadable = [], []
    for path in sorted(directory.glob(f"[!.]*{SUFFIX}")):
        try:
            status = path.stat()
            has_time_stamp = path.with_name(path.name + TIME_STAMP_SUFFIX).is_file()
            found.append(_read(path, status.st_size, status.st_mtime_ns, has_time_stamp))
        except UnreadableInput as error:
            unreadable.append(error)
        except OSError as error:
            unreadable.append(UnreadableInput(path=path, reason=error.strerror or str(error)))
    return tuple(sorted(found, key=lambda each: (each.cutoff, each.path))), tuple(unreadable)


@lru_cache(maxsize=_REMEMBERED)
def _read(path: Path, length_bytes: int, _changed_at_ns: int, has_time_stamp: bool) -> ListedSnapshot:
    """What the file says that is so long and was changed then."""
    with Snapshot.open(path) as opened:
        manifest = opened.manifest
        return ListedSnapshot(
            path=path,
            site=manifest.site,
            name=manifest.name,
            cutoff=manifest.cutoff,
            created_at=manifest.created_at,
            runs=len(manifest.runs),
            captures=manifest.captures,
            articles=manifest.articles,
            length_bytes=length_bytes,
            goes_on_from=manifest.requires[-1].name if manifest.requires else None,
            is_signed=opened.is_signed,
            has_time_stamp=has_time_stamp,
        )
