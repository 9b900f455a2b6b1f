"""The catalog, compared row by row with one made anew from everything that was read."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from newsarchive.checks.evidence import Evidence
from newsarchive.collection.catalog import SCHEMA_VERSION
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding


def check_catalog(evidence: Evidence, fresh: Path) -> Iterator[Finding]:
    """Whether the catalog is sound and says what the files say; ``fresh`` is the one made anew, now closed.

    Rows are compared only where everything they are read off was sound.
    """
    path = evidence.layout.catalog
    where = evidence.layout.name_of(path)
    if not path.is_file():
        yield found("catalog-missing", where, "There is no catalog.")
        return
    try:
        with _compared(fresh, path) as connection:
            yield from _compare(evidence, connection, where)
    except sqlite3.Error as error:
        yield found("catalog-damaged", where, f"SQLite cannot read it: {error}.")


def _compare(evidence: Evidence, connection: sqlite3.Connection, where: str) -> Iterator[Finding]:
    (version,) = connection.execute("PRAGMA held.user_version").fetchone()
    if version != SCHEMA_VERSION:
        yield found("catalog-missing", where, f"The catalog is of version {version}, not {SCHEMA_VERSION}.")
        return
    pragma = "PRAGMA held.integrity_check(1)" if evidence.deep else "PRAGMA held.quick_check(1)"
    ((verdict,), *_) = connection.execute(pragma).fetchall()
    if verdict != "ok":
        yield found("catalog-damaged", where, f"SQLite finds it damaged: {' '.join(verdict.split())}.")
        return
    held = {run for (run,) in connection.execute("SELECT run FROM held.runs")}
    judged = {run.run for run in evidence.runs}
    committed = {path.stem for path in evidence.layout.crawl_records()}
    if held - committed:
        message = f"It holds runs that have no record: {', '.join(sorted(held - committed))}."
        yield found("catalog-differs", where, message)
    if judged - held and not evidence.in_use:
        message = f"It lacks committed runs: {', '.join(sorted(judged - held))}."
        yield found("catalog-behind", where, message)
    if not (evidence.inventory.is_sound and evidence.lines_are_sound):
        return
    connection.execute("CREATE TEMP TABLE both AS SELECT run FROM main.runs INTERSECT SELECT run FROM held.runs")
    names = [name for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    for name in sorted(set(names) - {"runs"}):
        # No value can go wrong here: the names are those of the tables of our own fresh catalog.
        missing, surplus = (
            connection.execute(
                f"SELECT count() FROM (SELECT * FROM {one}.{name} WHERE run IN both "  # noqa: S608 (see above)
                f"EXCEPT SELECT * FROM {other}.{name})"
            ).fetchone()[0]
            for one, other in (("main", "held"), ("held", "main"))
        )
        if missing or surplus:
            message = f"Of the {name} it lacks {missing} rows that the files give, and has {surplus} that they do not."
            yield found("catalog-differs", where, message)


@contextmanager
def _compared(fresh: Path, path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to ``fresh`` as ``main`` and to the catalog at ``path`` as ``held``, both only read.

    A catalog on a read-only disk cannot be opened where it lies, since its log needs a file beside it; a copy can.
    """
    with closing(sqlite3.connect(_address(fresh), uri=True, isolation_level=None)) as connection:
        try:
            connection.execute("ATTACH ? AS held", (_address(path),))
            connection.execute("SELECT count() FROM held.sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.execute("DETACH held")
        else:
            yield connection
            return
        with tempfile.TemporaryDirectory(prefix="newsarchive-") as directory:
            copy = Path(directory, path.name)
            for suffix in ("", "-wal"):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    shutil.copyfile(part, copy.with_name(copy.name + suffix))
            connection.execute("ATTACH ? AS held", (f"file:{quote(str(copy))}",))
            yield connection
            connection.execute("DETACH held")


def _address(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro"
