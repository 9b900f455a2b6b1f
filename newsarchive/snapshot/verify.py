"""verify(): everything in a snapshot is read and compared, and what is wrong comes back as findings.

Every byte is read once and compared with its seals: the CRC-32 of the ZIP, the sha256 of the data package, whose own
sha256 may be signed and time-stamped. Then what is sealed is held against itself: manifest and runs, index and records
both ways, articles and the captures they were read in, pages and articles, revisits and what they repeat.

``deep`` decompresses every record, holds it against WARC 1.1, and takes the digests in it anew; ``reproduce`` extracts
every article again. Both find what was wrong before the snapshot was made.

What follows from a finding is not listed again: a file whose bytes are not those that were sealed is judged no further.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.errors import UnreadableInput
from newsarchive.model.finding import Finding
from newsarchive.snapshot.case import Case, Progress
from newsarchive.snapshot.faults import found
from newsarchive.snapshot.lines import check_lines
from newsarchive.snapshot.packing import check_packing, check_signature
from newsarchive.snapshot.records import check_index, check_records
from newsarchive.snapshot.sealed_runs import check_manifest
from newsarchive.warc.cdxj import Sorter
from newsarchive.warc.wacz import PACKAGE_DIGEST
from newsarchive.warc.wacz_reader import WaczFile

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def verify(
    path: Path,
    *,
    deep: bool = False,
    reproduce: bool = False,
    required_in: Path | None = None,
    public_key: str | None = None,
    time_stamp: Path | None = None,
    authorities: list[Certificate] | None = None,
    progress: Progress | None = None,
) -> Iterator[Finding]:
    """Everything that is wrong with the snapshot at ``path``, as it is found. Changes nothing.

    ``required_in`` is where the snapshots lie that it goes on from, beside it if not given. ``public_key``: it must be
    signed with that key (base64, as in signatures). ``time_stamp``: the stamp to check, by the certificates of
    ``authorities``. Memory does not grow with the snapshot; temporary files do.

    Raises ``UnreadableInput`` where there is no such file.
    """
    if not path.is_file():
        raise UnreadableInput(path=path, reason="there is no such file")
    try:
        wacz = WaczFile(path)
    except UnreadableInput as error:
        yield found("snapshot-unreadable", path.name, f"{error}")
        return
    with (
        wacz,
        tempfile.TemporaryDirectory(prefix="newsarchive-verify-") as scratch,
        Sorter(Path(scratch)) as claims,
    ):
        meter = _Meter(progress, sum(stretch.length for stretch in wacz.stretches.values()))
        case = Case(wacz=wacz, deep=deep, required_in=required_in or path.parent, claims=claims, on_bytes=meter)
        yield from check_packing(case)
        yield from check_signature(case, public_key)
        if time_stamp is not None:
            yield from _check_time_stamp(case, time_stamp, authorities)
        yield from check_manifest(case)
        try:
            yield from check_index(case)
            yield from check_lines(case)
            yield from check_records(case)
            if reproduce:
                # Imported here: trafilatura and its dictionaries take longer to load than a small snapshot to verify.
                from newsarchive.snapshot.reproduction import check_reproduction

                yield from check_reproduction(case)
        finally:
            if case.chain is not None:
                for snapshot in case.chain.snapshots[:-1]:
                    snapshot.close()


def _check_time_stamp(case: Case, path: Path, authorities: list[Certificate] | None) -> Iterator[Finding]:
    if authorities is None:
        message = "There is a time stamp, and no certificate of an authority to check it by."
        yield found("snapshot-time-stamp-not-checked", path.name, message)
        return
    if not case.is_sound(PACKAGE_DIGEST):
        return
    # Imported here: only who checks time stamps needs the library for them.
    from newsarchive.snapshot.time_stamp import check

    try:
        check(path.read_bytes(), case.wacz.read(PACKAGE_DIGEST), authorities)
    except (OSError, ValueError) as error:
        yield found("snapshot-time-stamp", path.name, f"It does not vouch for this snapshot: {error}.")


class _Meter:
    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, new: int) -> None:
        self._done += new
        if self._progress is not None:
            self._progress(self._done, max(self._total, self._done))
