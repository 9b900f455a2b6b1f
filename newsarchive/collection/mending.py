"""Making whole the files a killed process was writing: WARCs down to their whole records, lines down to the good ones.

Nothing that might be evidence is thrown away: what is cut off a WARC is kept beside it under its name and ``.tail``,
lines whose captures are lost under the name of their file and ``.orphans``. These are written first and the files cut
after, so that whoever is killed in between finds it all again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from newsarchive.collection.durable import storing, sync_directory, write_atomically
from newsarchive.collection.layout import ORPHANS_SUFFIX, TAIL_SUFFIX, Layout
from newsarchive.model.crawl import WarcFile
from newsarchive.warc.recover import survey
from newsarchive.warc.writer import OPEN_SUFFIX

_COPY_BYTES = 1024 * 1024

Verdict = Literal["kept", "broken", "outdated", "orphaned"]
"""Of a line: it is good; it cannot be read; other lines count in its place; or its capture is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedWarc:
    """What became of a WARC, called ``name`` now: its first ``length_bytes`` with ``records`` are kept.

    ``tail_bytes`` were no whole records, because of ``reason``, and are in the file called ``tail``. ``is_removed``:
    the records that were kept held no exchange, so that the file is gone. Names are relative to the collection.
    """

    name: str
    length_bytes: int
    records: int
    tail_bytes: int = 0
    tail: str | None = None
    reason: str | None = None
    is_removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedLines:
    """What became of the lines of the file ``name``, relative to the collection: how many of each verdict.

    The orphaned ones are in the file called ``orphans``.
    """

    name: str
    kept: int
    broken: int = 0
    outdated: int = 0
    orphaned: int = 0
    orphans: str | None = None


def mend_warc(layout: Layout, path: Path) -> tuple[MendedWarc, WarcFile | None, bytes | None]:
    """Cut ``path`` down to its whole records, durably, and give it its final name.

    The caller knows that no other file has that name. Gives what became of it, how the record of a run lists it
    (``None`` where it was removed), and the block of its warcinfo record. Raises ``StorageFailed``.
    """
    sealed = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
    tail = sealed.with_name(sealed.name + TAIL_SUFFIX)
    with storing(path), path.open("r+b") as file:
        found = survey(file)
        if found.tail_bytes:
            write_atomically(tail, _pieces(file, found.length_bytes))
            file.truncate(found.length_bytes)
        os.fsync(file.fileno())
        if not found.exchanges:
            path.unlink()
        elif path != sealed:
            path.rename(sealed)
        sync_directory(path.parent)
    name = layout.name_of(sealed)
    mended = MendedWarc(
        name=name,
        length_bytes=found.length_bytes,
        records=found.records,
        tail_bytes=found.tail_bytes,
        tail=layout.name_of(tail) if found.tail_bytes else None,
        reason=found.reason,
        is_removed=not found.exchanges,
    )
    if not found.exchanges:
        return mended, None, found.warcinfo
    listed = WarcFile(path=name, length_bytes=found.length_bytes, records=found.records, digest=found.digest)
    return mended, listed, found.warcinfo


def mend_lines(layout: Layout, path: Path, judge: Callable[[bytes], Verdict]) -> MendedLines:
    """Leave in the file ``path`` the lines that ``judge``, asked in order, wants kept; durably.

    A file without such lines is removed. Raises ``StorageFailed``.
    """
    verdicts: list[Verdict] = []
    orphans: list[bytes] = []
    beside = path.with_name(path.name + ORPHANS_SUFFIX)
    with storing(path), path.open("rb") as file:
        for line in file:
            verdicts.append(judge(line) if line.endswith(b"\n") else "broken")
            if verdicts[-1] == "orphaned":
                orphans.append(line)
        if orphans:
            earlier = beside.read_bytes().splitlines(keepends=True) if beside.exists() else []
            write_atomically(beside, b"".join(dict.fromkeys((*earlier, *orphans))))
        if "kept" not in verdicts:
            path.unlink()
            sync_directory(path.parent)
        elif set(verdicts) == {"kept"}:
            os.fsync(file.fileno())
        else:
            file.seek(0)
            write_atomically(path, (line for line, verdict in zip(file, verdicts, strict=True) if verdict == "kept"))
    counts = Counter(verdicts)
    return MendedLines(
        name=layout.name_of(path),
        kept=counts["kept"],
        broken=counts["broken"],
        outdated=counts["outdated"],
        orphaned=counts["orphaned"],
        orphans=layout.name_of(beside) if orphans else None,
    )


def _pieces(file: BinaryIO, offset: int) -> Iterator[bytes]:
    file.seek(offset)
    while data := file.read(_COPY_BYTES):
        yield data
