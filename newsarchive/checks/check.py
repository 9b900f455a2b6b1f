"""check(directory): everything in a collection is read and compared, and what is wrong comes back as findings.

Both kinds of check read every byte of the WARC files, article lines and index files once, undo the compression, look
at the form of every record and line, compare the sha256 of each WARC file with the one it was sealed with, resolve
every reference between records, lines, index and catalog, and compare the catalog row by row.

``deep`` also takes anew the digests that are in the files themselves (blocks, payloads, index lines), undoes content
codings to the end, has SQLite look at every page of the catalog, and extracts every article and sighting again. What
it finds more is what was wrong before a file was sealed.

What follows from a finding is not listed again: a line whose capture lies in a WARC file that is missing, say. So after
mending, check again.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from newsarchive.checks.catalog import check_catalog
from newsarchive.checks.evidence import Evidence, Progress
from newsarchive.checks.index import check_index
from newsarchive.checks.inventory import Inventory
from newsarchive.checks.lines import check_lines
from newsarchive.checks.runs import check_leftovers, check_runs, find_leftovers, list_files, read_runs
from newsarchive.checks.warcs import check_references, check_warcs
from newsarchive.collection.catalog import Catalog
from newsarchive.collection.collection import is_in_use, read_descriptor
from newsarchive.collection.generations import RunLineCount, counted_runs, read_generation
from newsarchive.collection.layout import Layout
from newsarchive.errors import NewsarchiveError, NotACollection, StorageFailed, UnreadableInput
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding


def check(directory: Path, *, deep: bool = False, progress: Progress | None = None) -> Iterator[Finding]:
    """Everything that is wrong with the collection in ``directory``, as it is found.

    Reads only, so it can run beside a crawl, of which nothing is judged before it is committed, and on a read-only
    disk. Memory does not grow with the collection; a temporary file does. ``progress`` is told as bytes are read.

    Raises ``NotACollection`` where there is none, or one of a newer version.
    """
    layout = Layout(directory)
    site, findings = _read_descriptor(layout)
    yield from findings
    layout, counted, findings = _read_generation(layout)
    yield from findings
    # In this order: what a crawl that began later made is not listed, and one that ended meanwhile is committed.
    files = list_files(layout)
    in_use = is_in_use(layout)
    runs, findings = read_runs(layout)
    yield from findings
    try:
        with tempfile.TemporaryDirectory(prefix="newsarchive-check-") as scratch, Inventory() as inventory:
            fresh = Path(scratch, "catalog.sqlite")
            with closing(Catalog.create(fresh)) as catalog:
                evidence = Evidence(
                    layout=layout,
                    site=site,
                    deep=deep,
                    in_use=in_use,
                    runs=runs,
                    leftovers=frozenset() if in_use else find_leftovers(layout, runs, files),
                    inventory=inventory,
                    catalog=catalog,
                    on_bytes=_Meter(progress, _total(layout, runs, deep=deep)),
                    counted=counted,
                )
                if findings:
                    inventory.lose()
                    evidence.lines_are_sound = False
                yield from check_runs(evidence)
                yield from check_leftovers(evidence)
                yield from check_warcs(evidence)
                yield from check_references(evidence)
                yield from check_lines(evidence)
            yield from check_index(evidence)
            yield from check_catalog(evidence, fresh)
            if deep:
                # Imported here: trafilatura and its dictionaries take longer to load than a small collection to check.
                from newsarchive.checks.reextraction import check_extraction

                yield from check_extraction(evidence, fresh)
    except (sqlite3.Error, StorageFailed) as error:
        message = f"The check could not go on, since it found no room for its notes in {tempfile.gettempdir()}: {error}"
        raise NewsarchiveError(message=message) from error


def _read_descriptor(layout: Layout) -> tuple[str | None, tuple[Finding, ...]]:
    """The site, or why it cannot be told. Raises ``NotACollection`` where nothing else speaks for a collection."""
    try:
        return read_descriptor(layout.root).site, ()
    except NotACollection as error:
        if not (layout.crawls.is_dir() or layout.warcs.is_dir()):
            raise
        return None, (found("descriptor-unreadable", layout.descriptor.name, f"{error.facts['reason']}."),)


def _read_generation(layout: Layout) -> tuple[Layout, dict[str, RunLineCount], tuple[Finding, ...]]:
    """The layout with the generation in use, and what that says that it has; the first where that cannot be told."""
    try:
        layout = Layout.in_use(layout.root)
        read_generation(layout)
        return layout, counted_runs(layout), ()
    except UnreadableInput as error:
        where = layout.name_of(layout.current)
        return layout, {}, (found("generation-unreadable", where, f"{error}"),)


class _Meter:
    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, new: int) -> None:
        self._done += new
        if self._progress is not None:
            self._progress(self._done, max(self._total, self._done))


def _total(layout: Layout, runs: tuple[CrawlRun, ...], *, deep: bool) -> int:
    """About how many bytes there are to read."""
    warcs = sum(warc.length_bytes for run in runs for warc in run.warcs)
    lines = sum(path.stat().st_size for _, path in layout.line_files())
    index = sum(path.stat().st_size for path in layout.root.glob("indexes/*/*.cdxj"))
    return warcs + lines * (2 if deep else 1) + index
