"""Every kind of thing that can be wrong with a snapshot: its code, how bad it is, and what to do about it.

``docs/snapshots.md`` says what each code means; a test keeps page and table equal. What is wrong with a single record,
which a deep verification finds too, has the codes of ``model.faults``.
"""

from __future__ import annotations

from newsarchive.model.faults import Fault
from newsarchive.model.finding import Finding, Severity

_COPY = "Take another copy of the snapshot; where there is none, make it again from the collection."
_BUG = "Make the snapshot again; if it is still so, report this with the version in its manifest."
_TRUST = "Do not trust the snapshot; ask whoever published it."
_BESIDE = "Put the snapshot it goes on from beside it, or name its directory with --required-in."


def _fault(remedy: str, severity: Severity = "error") -> Fault:
    return Fault(severity=severity, remedy=remedy)


SNAPSHOT_FAULTS: dict[str, Fault] = {
    # the ZIP
    "snapshot-unreadable": _fault(_COPY),
    "snapshot-zip-name": _fault(_TRUST),
    "snapshot-zip-doubled": _fault(_TRUST),
    "snapshot-zip-not-stored": _fault("Make the snapshot again rather than pack it with another program."),
    "snapshot-zip-header": _fault(_COPY),
    "snapshot-zip-strange-bytes": _fault(_TRUST),
    "snapshot-zip-crc": _fault(_COPY),
    # the data package
    "snapshot-package-missing": _fault(_COPY),
    "snapshot-package-unreadable": _fault(_COPY),
    "snapshot-package-form": _fault(_BUG),
    "snapshot-package-digest": _fault(_TRUST),
    "snapshot-part-missing": _fault(_COPY),
    "snapshot-file-missing": _fault(_COPY),
    "snapshot-file-unlisted": _fault(_TRUST),
    "snapshot-file-length": _fault(_COPY),
    "snapshot-file-digest": _fault(_COPY),
    # signature and time stamp
    "snapshot-signature-missing": _fault(_TRUST),
    "snapshot-signature-form": _fault(_TRUST),
    "snapshot-signature-wrong": _fault(_TRUST),
    "snapshot-signature-key": _fault(_TRUST),
    "snapshot-time-stamp": _fault("Ask for a new time stamp, or for the one that was given for this snapshot."),
    "snapshot-time-stamp-not-checked": _fault("Name the certificate of the authority with --tsa-certificate.", "note"),
    # manifest and runs
    "snapshot-manifest-missing": _fault(_COPY),
    "snapshot-manifest-unreadable": _fault(_COPY),
    "snapshot-manifest-differs": _fault(_BUG),
    "snapshot-run-unreadable": _fault(_COPY),
    "snapshot-run-differs": _fault(_BUG),
    "snapshot-required-missing": _fault(_BESIDE),
    "snapshot-required-differs": _fault(_BESIDE),
    # the index
    "snapshot-index-unreadable": _fault(_COPY),
    "snapshot-index-block": _fault(_BUG),
    "snapshot-index-unsorted": _fault(_BUG),
    "snapshot-index-dangling": _fault(_BUG),
    "snapshot-index-differs": _fault(_BUG),
    "snapshot-index-incomplete": _fault(_BUG),
    "snapshot-index-not-replayable": _fault(_BUG),
    "snapshot-index-record-digest": _fault(_BUG),
    # records
    "snapshot-record-damaged": _fault("Run “newsarchive check” on the collection, and make the snapshot again."),
    "snapshot-revisit-dangling": _fault("Run “newsarchive check” on the collection, and make the snapshot again."),
    # articles, sightings, pages
    "snapshot-line-unreadable": _fault(_BUG),
    "snapshot-article-site": _fault(_BUG),
    "snapshot-article-capture": _fault(_BUG),
    "snapshot-article-digest": _fault(_BUG),
    "snapshot-article-doubled": _fault(_BUG),
    "snapshot-article-revision": _fault(_BUG),
    "snapshot-sighting-article": _fault(_BUG),
    "snapshot-pages-differ": _fault(_BUG),
    # --reproduce
    "snapshot-article-differs": _fault(_TRUST),
    "snapshot-article-other-version": _fault(
        "Install the version that the manifest names, and reproduce with that.", "note"
    ),
    "snapshot-article-not-read": _fault("Reproduce with a version that knows the site.", "note"),
}
"""Every code of a verification that is of snapshots alone."""


def found(code: str, where: str, message: str) -> Finding:
    """A finding of the kind ``code``. Raises ``KeyError`` for a code that is not in ``SNAPSHOT_FAULTS``."""
    fault = SNAPSHOT_FAULTS[code]
    return Finding(severity=fault.severity, code=code, where=where, message=message, remedy=fault.remedy)
