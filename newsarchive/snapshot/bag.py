"""A deposit for repositories: a BagIt bag (RFC 8493) that holds a snapshot and what it needs, described as an RO-Crate.

In ``data/`` lie the snapshot, those it goes on from, their time stamps, and ``ro-crate-metadata.json`` (RO-Crate 1.1),
which says what each is. The bag is dated as the snapshot, so that it is the same bytes whenever it is made.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import bagit
from rocrate.rocrate import ROCrate

from newsarchive.collection.durable import storing
from newsarchive.collection.versions import SOFTWARE
from newsarchive.errors import UsageError
from newsarchive.model.snapshot import SnapshotManifest
from newsarchive.snapshot.contents import TIME_STAMP_SUFFIX
from newsarchive.snapshot.opened import Snapshot

_WACZ_MEDIA_TYPE = "application/wacz+zip"
_TIME_STAMP_MEDIA_TYPE = "application/timestamp-reply"


def make_bag(snapshot: Path, directory: Path, *, required_in: Path | None = None) -> None:
    """Make a bag of ``snapshot`` in ``directory``, which must not exist; the snapshots it requires go with it.

    Raises ``UsageError`` where ``directory`` is there, ``UnreadableInput`` where a snapshot is missing or none,
    ``StorageFailed``.
    """
    if directory.exists():
        raise UsageError(message=f"{directory} exists already, and a bag is never written over.")
    with Snapshot.open(snapshot) as opened:
        required = opened.open_required(required_in)
        manifests = {one.path: one.manifest for one in (*required, opened)}
        for one in required:
            one.close()
    last = manifests[snapshot]
    crate = ROCrate(gen_preview=False)
    crate.name = f"{last.site}: news pages as they were published, up to {last.cutoff:%Y-%m-%d}"
    crate.description = "Snapshots of a newsarchive collection: WARC files, index, pages and extracted articles."
    crate.datePublished = last.created_at
    for path, manifest in manifests.items():
        crate.add_file(path, path.name, properties=_described(manifest))
        for stamp in _stamps(path):
            crate.add_file(stamp, stamp.name, properties={"encodingFormat": _TIME_STAMP_MEDIA_TYPE})
    # The library reports every file it moves, and every error twice.
    logging.getLogger(bagit.LOGGER.name).setLevel(logging.CRITICAL)
    with storing(directory):
        crate.write(directory)
        bagit.make_bag(
            str(directory),
            {
                "Source-Organization": last.site,
                "External-Identifier": last.name,
                "Bagging-Date": f"{last.created_at:%Y-%m-%d}",
                "Bag-Software-Agent": f"{SOFTWARE} with bagit.py",
            },
            checksums=["sha256"],
        )


def _described(manifest: SnapshotManifest) -> dict[str, object]:
    return {
        "name": manifest.name,
        "encodingFormat": _WACZ_MEDIA_TYPE,
        "dateCreated": manifest.created_at.isoformat(),
        "description": f"{len(manifest.runs)} crawls with {manifest.captures} captures and {manifest.articles} "
        f"revisions of articles, sealed by {manifest.software}",
    }


def _stamps(path: Path) -> Iterator[Path]:
    stamp = path.with_name(path.name + TIME_STAMP_SUFFIX)
    if stamp.is_file():
        yield stamp
