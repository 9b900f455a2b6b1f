"""The catalog, compared row by row with one made anew from everything that was read."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from newsarchive.checks.evidence import Evidence
from newsarchive.collection import stems
from newsarchive.collection.tables import READ_OFF, SCHEMA_VERSION, WORKED_OUT
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
    yield from _findings(evidence, fresh, path, where)


def _findings(evidence: Evidence, fresh: Path, path: Path, where: str) -> list[Finding]:
    """Compare without leaving a trace: SQLite makes files beside a catalog that it opens in the ordinary way.

    So, where its log is empty, it is read as it lies, and again if somebody has begun to write meanwhile. What cannot
    be read with its log may just lie on a read-only disk, so a copy has the last word.
    """
    state = _state(path)
    if not state.log_bytes:
        findings = _look(evidence, fresh, _address(path, "immutable=1"), where)
        if _state(path) == state:
            return findings
    findings = _look(evidence, fresh, _address(path, "mode=ro"), where)
    if any(finding.code == "catalog-damaged" for finding in findings):
        with tempfile.TemporaryDirectory(prefix="newsarchive-check-") as directory:
            copy = _copied(path, Path(directory))
            findings = _look(evidence, fresh, _address(copy, "mode=rw"), where)
    return findings


def _look(evidence: Evidence, fresh: Path, address: str, where: str) -> list[Finding]:
    try:
        with closing(sqlite3.connect(_address(fresh, "mode=ro"), uri=True, isolation_level=None)) as connection:
            connection.execute("ATTACH ? AS held", (address,))
            return list(_compare(evidence, connection, where))
    except sqlite3.Error as error:
        return [found("catalog-damaged", where, f"SQLite cannot read it: {error}.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Sizes and time of change, by which one sees that a catalog was written to."""

    length_bytes: int
    changed_at_ns: int
    log_bytes: int


def _state(path: Path) -> _State:
    log = path.with_name(f"{path.name}-wal")
    status = path.stat()
    return _State(
        length_bytes=status.st_size,
        changed_at_ns=status.st_mtime_ns,
        log_bytes=log.stat().st_size if log.exists() else 0,
    )


def _compare(evidence: Evidence, connection: sqlite3.Connection, where: str) -> Iterator[Finding]:
    (version,) = connection.execute("PRAGMA held.user_version").fetchone()
    if version != SCHEMA_VERSION:
        yield found("catalog-missing", where, f"The catalog is of version {version}, not {SCHEMA_VERSION}.")
        return
    ((stemming,), *_) = (*connection.execute("SELECT version FROM held.stemming"), (None,))
    if stemming != stems.VERSION:
        yield found("catalog-missing", where, "The catalog is searched by stems of another version of the stemmer.")
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
    everything = "WHERE true"
    same_runs = held == judged
    for name in (*READ_OFF, *(WORKED_OUT if same_runs else ())):
        which = "WHERE run IN both" if name in READ_OFF else everything
        # No value can go wrong here: the names are those of our own tables.
        missing, surplus = (
            connection.execute(
                f"SELECT count() FROM (SELECT * FROM {one}.{name} {which} "  # noqa: S608 (see above)
                f"EXCEPT SELECT * FROM {other}.{name})"
            ).fetchone()[0]
            for one, other in (("main", "held"), ("held", "main"))
        )
        if missing or surplus:
            message = f"Of the {name} it lacks {missing} rows that the files give, and has {surplus} that they do not."
            yield found("catalog-differs", where, message)
    if same_runs and (unlike := _unlike_words(connection)):
        yield found("catalog-differs", where, f"Of the words that are searched {unlike} are not those of the lines.")


def _unlike_words(connection: sqlite3.Connection) -> int:
    """How many words do not stand in as many documents, as often, in one catalog as in the other.

    Of which document a word is, is not compared; how many words each has is, as rows.
    """
    for one in ("main", "held"):
        connection.execute(f"CREATE VIRTUAL TABLE temp.{one}_words USING fts5vocab({one}, texts, col)")
    ((count,),) = connection.execute(
        "SELECT count(DISTINCT term) FROM (SELECT * FROM (SELECT * FROM main_words EXCEPT SELECT * FROM held_words) "
        "UNION ALL SELECT * FROM (SELECT * FROM held_words EXCEPT SELECT * FROM main_words))"
    )
    return int(count)


def _copied(path: Path, directory: Path) -> Path:
    for suffix in ("", "-wal"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            shutil.copyfile(part, directory / part.name)
    return directory / path.name


def _address(path: Path, how: str) -> str:
    return f"file:{quote(str(path))}?{how}"
