"""The index files: sorted, a line for each record that is there, none for one that is not, all of them true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from newsarchive.checks.evidence import Evidence
from newsarchive.checks.inventory import number_of
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.warc.cdxj import parse_line, to_line

REPLAY = "replay"
"""The index for players: without what they cannot show."""

FULL = "full"
"""The index of every capture."""

_ATTEMPTS = 5
_BATCH = 1000


def check_index(evidence: Evidence, *, uncommitted: frozenset[str]) -> Iterator[Finding]:
    """Both indexes, against the records. All WARC files were read.

    ``uncommitted``: names of WARC files that a crawl is writing; lines about them are not judged.
    """
    directory = evidence.layout.root / "indexes"
    for name in (REPLAY, FULL):
        with ExitStack() as opened:
            files = _open_all(directory / name, opened)
            if not files:
                if evidence.warcs:
                    yield found("index-missing", f"indexes/{name}", "There is no index.")
                continue
            readable = True
            for path, file in files:
                for finding in _read(evidence, file, evidence.layout.name_of(path), replay=name == REPLAY):
                    readable = readable and finding.code != "index-unreadable"
                    yield finding
            for warc, offset in evidence.inventory.unlisted(replay=name == REPLAY) if readable else ():
                message = f"The record at byte {offset} of {warc} has no line in the {name} index."
                yield found("index-incomplete", f"{warc}@{offset}", message)
    yield from _check_lines(evidence, uncommitted)


def _open_all(directory: Path, opened: ExitStack) -> list[tuple[Path, BinaryIO]]:
    """All files of an index at one moment; a crawl may merge some of them into others at any time."""
    files: list[tuple[Path, BinaryIO]] = []
    for _ in range(_ATTEMPTS):
        paths = sorted(directory.glob("[!.]*.cdxj"))
        try:
            files = [(path, opened.enter_context(path.open("rb"))) for path in paths]
        except FileNotFoundError:
            continue
        if sorted(directory.glob("[!.]*.cdxj")) == paths:
            return files
    return files


def _read(evidence: Evidence, file: BinaryIO, name: str, *, replay: bool) -> Iterator[Finding]:
    before = b""
    rows: list[tuple[bool, str, int, str, int, int, int | None]] = []
    for number, line in enumerate(file, start=1):
        evidence.on_bytes(len(line))
        where = f"{name}:{number}"
        try:
            if not line.endswith(b"\n"):
                raise ValueError("the line is cut off")
            parsed = parse_line(line)
        except ValueError as error:
            yield found("index-unreadable", where, f"It is no index line: {error}.")
            continue
        if line == before:
            yield found("index-doubled", where, "The line is there twice.")
            continue
        if line < before:
            yield found("index-unsorted", where, "The line belongs before the one above it.")
        before = line
        if replay and not parsed.is_replayable:
            yield found("index-not-replayable", where, "The replay index lists a 304, which has nothing to show.")
        member = None if parsed.record_digest is None else number_of(parsed.record_digest.encode())
        printed = number_of(to_line(replace(parsed, record_digest=None)))
        rows.append((replay, name, number, parsed.filename, parsed.offset, printed, member))
        if len(rows) == _BATCH:
            evidence.inventory.add_lines(rows)
            rows.clear()
    evidence.inventory.add_lines(rows)


def _check_lines(evidence: Evidence, uncommitted: frozenset[str]) -> Iterator[Finding]:
    inventory = evidence.inventory
    names = json.dumps(sorted(uncommitted))
    for file, number, warc, at_byte, no_file, no_record, differs, _ in inventory.odd_lines(
        deep=evidence.deep, uncommitted=names
    ):
        where = f"{file}:{number}"
        if no_file:
            yield found("index-dangling", where, f"The line points into {warc}, which is no file of a committed run.")
        elif no_record:
            message = f"The line points to byte {at_byte} of {warc}, where no record of a capture begins."
            yield found("index-dangling", where, message)
        elif differs:
            message = f"The line says something else than the record at byte {at_byte} of {warc}."
            yield found("index-differs", where, message)
        else:
            message = f"The recordDigest is not that of the bytes stored at byte {at_byte} of {warc}."
            yield found("index-record-digest", where, message)
