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
from newsarchive.collection.index import Index
from newsarchive.errors import UnreadableInput
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.warc.cdxj import parse_line, to_line

_ATTEMPTS = 5
_BATCH = 1000


def check_index(evidence: Evidence) -> Iterator[Finding]:
    """Both indexes, against the records. All WARC files were read.

    That two files hold the same line is no fault: it is so while files are merged, and after a kill meanwhile.
    """
    layout = evidence.layout
    where = layout.name_of(layout.indexes)
    index = Index(layout)
    try:
        listed = index.runs()
    except UnreadableInput as error:
        yield found("index-unreadable", where, f"{error}")
        return
    if listed is None:
        yield found("index-missing", where, "There is no index, or one of another version.")
        return
    judged = {run.run for run in evidence.runs}
    if judged - listed and not evidence.in_use:
        message = f"It lacks committed runs: {', '.join(sorted(judged - listed))}."
        yield found("index-behind", where, message)
    strangers = listed - {path.stem for path in layout.crawl_records()}
    if strangers:
        yield found("index-differs", where, f"It lists runs that have no record: {', '.join(sorted(strangers))}.")
    for name, full in (("replay", False), ("full", True)):
        readable = True
        with ExitStack() as opened:
            for path, file in _open_all(index, opened, full=full):
                for finding in _read(evidence, file, layout.name_of(path), replay=not full):
                    readable = readable and finding.code != "index-unreadable"
                    yield finding
        for warc, offset in evidence.inventory.unlisted(replay=not full) if readable else ():
            if evidence.warcs[warc].run in listed:
                message = f"The record has no line in the {name} index."
                yield found("index-incomplete", f"{warc}@{offset}", message)
    # What is written meanwhile is not judged. Looked up only now, so that no line can be newer.
    names = {layout.name_of(path) for path in layout.warc_files()}
    yield from _check_lines(evidence, names - evidence.warcs.keys() - evidence.leftovers)


def _open_all(index: Index, opened: ExitStack, *, full: bool) -> list[tuple[Path, BinaryIO]]:
    """All files of an index at one moment; a crawl may merge some of them into others at any time."""
    files: list[tuple[Path, BinaryIO]] = []
    for _ in range(_ATTEMPTS):
        paths = index.files(full=full)
        try:
            files = [(path, opened.enter_context(path.open("rb"))) for path in paths]
        except FileNotFoundError:
            continue
        if index.files(full=full) == paths:
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


def _check_lines(evidence: Evidence, uncommitted: set[str]) -> Iterator[Finding]:
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
