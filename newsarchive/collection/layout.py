"""Every path and file name of a collection, spelled once.

::

    archive/tagesschau/
    ├── collection.json      format version, digest algorithm, site: what this collection decided for good
    ├── collection.lock      locked while a process writes; the file itself says nothing and stays
    ├── warc/2026/11/22/tagesschau-20261122093000123-<run>-00000.warc.gz    immutable once renamed from ….open
    ├── crawls/<run>.json    CrawlRun; a crawl is committed when this file exists
    ├── articles/2026/11/22/<run>.jsonl         derived: one line per new revision of an article
    ├── articles/2026/11/22/<run>.seen.jsonl    derived: one line per page that was read and brought no new revision
    ├── articles/2026/11/22/<run>.links.jsonl   derived: one line per link that is new, or was left for a later run
    ├── indexes/runs.txt                        derived: the runs that the index lists
    ├── indexes/full/<run>.cdxj                 derived: index of all captures; small files are merged as runs add up
    ├── indexes/replay/<run>.cdxj               derived: index of those that a player can show
    ├── snapshots/<name>.wacz   sealed releases, if their makers put them nowhere else
    ├── logs/<run>.log       what the crawl said while it ran, for people
    └── catalog.sqlite       derived: the index of all of this

After a later extraction that read something otherwise, also, and derived as well (``generations.py``)::

    generations/current                     number of the generation in use; the first where there is no such file
    generations/2/generation.json           when, by what and of what it was made, and what it holds
    generations/2/runs.jsonl                what it has of each run that was not crawled into it
    generations/2/report.json, report.txt   how it differs from the one before, field by field
    generations/2/articles/2026/11/22/<run>.jsonl, <run>.seen.jsonl
    generations/2/catalog.sqlite
    generations/next/                       one that is being made, and is not whole yet

Generation 1 is what lies in ``articles/`` and ``catalog.sqlite``. Each generation is a reading of all captures; the
links of crawls are no reading and lie in ``articles/`` for all of them. Crawls write on into the one in use.

Recovery keeps beside a WARC what it cut off it (``….warc.gz.tail``), and beside lines those whose captures are lost
(``….jsonl.orphans``); neither is part of the collection any more.

Truth: ``warc/``, ``crawls/``, ``collection.json``. What is derived can be made again from it.

All dates in paths are those of the start of the run, in UTC, so that everything one run wrote lies under one day.
Records name files relative to the collection, with ``/`` between the parts on every system.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Self

from newsarchive.errors import UnreadableInput

_SITE = re.compile(r"[a-z0-9][a-z0-9_]*")
_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")
_WARC = re.compile(r"[a-z0-9_]+-([0-9]{17})-([0-9]{8}T[0-9]{6}Z-[0-9a-f]{4})-[0-9]{5,}\.warc\.gz(?:\.open)?")
_LINES = re.compile(r"([0-9]{8}T[0-9]{6}Z-[0-9a-f]{4})(?:\.seen|\.links)?\.jsonl")

TAIL_SUFFIX = ".tail"
"""Ends the name of what recovery cut off a WARC, beside that WARC."""

ORPHANS_SUFFIX = ".orphans"
"""Ends the name of what recovery took out of a file of lines, beside that file."""


def check_site(site: str) -> str:
    """``site`` itself when it can be part of file names: lower-case letters, digits, ``_``. Else ``ValueError``."""
    if not _SITE.fullmatch(site):
        raise ValueError(f"a site name has lower-case letters, digits and _ only: {site!r}")
    return site


def run_id(started_at: datetime, token: str) -> str:
    """The id of a run, sorted by time: ``20261122T093000Z-`` and ``token``, four hex digits."""
    run = f"{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token}"
    if not _RUN.fullmatch(run):
        raise ValueError(f"a run id ends with four lower-case hex digits: {run!r}")
    return run


def warc_name(site: str, run: str, started_at: datetime, serial: int) -> str:
    """Name of one WARC of a run, after annex C of WARC 1.1: prefix, 17-digit timestamp, run, serial from 0."""
    at = started_at.astimezone(UTC)
    timestamp = f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03}"
    return f"warc/{_day(started_at)}/{check_site(site)}-{timestamp}-{run}-{serial:05}.warc.gz"


def run_of_warc(file_name: str) -> tuple[str, datetime] | None:
    """The run that a WARC is of, sealed or not, and when that began, to the millisecond; ``None`` for other files."""
    match = _WARC.fullmatch(file_name)
    if match is None:
        return None
    try:
        began = datetime.strptime(match[1][:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return match[2], began.replace(microsecond=int(match[1][14:]) * 1000)


def articles_name(run: str, started_at: datetime) -> str:
    """Name of the file with the articles of a run."""
    return f"articles/{_day(started_at)}/{run}.jsonl"


def seen_name(run: str, started_at: datetime) -> str:
    """Name of the file with the sightings of a run."""
    return f"articles/{_day(started_at)}/{run}.seen.jsonl"


def links_name(run: str, started_at: datetime) -> str:
    """Name of the file with the links of a run."""
    return f"articles/{_day(started_at)}/{run}.links.jsonl"


def log_name(run: str) -> str:
    """Name of the log of a run."""
    return f"logs/{run}.log"


def _day(started_at: datetime) -> str:
    return f"{started_at.astimezone(UTC):%Y/%m/%d}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the collection in the directory ``root``, with the lines of one ``generation``."""

    root: Path
    generation: int = 1

    @classmethod
    def in_use(cls, root: Path) -> Self:
        """The paths with those of the generation in use, as it is now. Raises ``UnreadableInput``."""
        path = cls(root).current
        try:
            printed = path.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return cls(root)
        except OSError as error:
            raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
        if not re.fullmatch(r"[1-9][0-9]{0,8}\n", printed):
            raise UnreadableInput(path=path, reason="it does not name a generation; write the number of one into it")
        layout = cls(root, int(printed))
        if not layout.home.is_dir():
            raise UnreadableInput(path=path, reason=f"it names generation {layout.generation}, which is not there")
        return layout

    @property
    def current(self) -> Path:
        """The file with the number of the generation in use; the first where there is none."""
        return self.generations / "current"

    @property
    def generations(self) -> Path:
        """The directory of the later generations."""
        return self.root / "generations"

    @property
    def next_generation(self) -> Path:
        """The directory in which the next generation is made."""
        return self.generations / "next"

    @property
    def home(self) -> Path:
        """The directory that holds the lines and the catalog of this generation."""
        return self.root if self.generation == 1 else self.generations / str(self.generation)

    @property
    def descriptor(self) -> Path:
        """``collection.json``."""
        return self.root / "collection.json"

    @property
    def lock(self) -> Path:
        """The file that is locked while a process writes."""
        return self.root / "collection.lock"

    @property
    def catalog(self) -> Path:
        """The SQLite index of this generation."""
        return self.home / "catalog.sqlite"

    @property
    def crawls(self) -> Path:
        """The directory of the crawl records."""
        return self.root / "crawls"

    @property
    def warcs(self) -> Path:
        """The directory of the WARC files."""
        return self.root / "warc"

    @property
    def indexes(self) -> Path:
        """The directory of the index."""
        return self.root / "indexes"

    @property
    def snapshots(self) -> Path:
        """The directory of the snapshots."""
        return self.root / "snapshots"

    def crawl(self, run: str) -> Path:
        """The record of one run."""
        return self.crawls / f"{run}.json"

    def warc_path(self, site: str, run: str, started_at: datetime, serial: int) -> Path:
        """One WARC of a run, as it is called once sealed."""
        return self.locate(warc_name(site, run, started_at, serial))

    def articles_path(self, run: str, started_at: datetime) -> Path:
        """The articles of a run."""
        return self.home / articles_name(run, started_at)

    def seen_path(self, run: str, started_at: datetime) -> Path:
        """The sightings of a run."""
        return self.home / seen_name(run, started_at)

    def links_path(self, run: str, started_at: datetime) -> Path:
        """The links of a run."""
        return self.locate(links_name(run, started_at))

    def log_path(self, run: str) -> Path:
        """The log of a run."""
        return self.locate(log_name(run))

    def locate(self, name: str) -> Path:
        """The file called ``name`` in records. ``ValueError`` when the name leads out of the collection."""
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name:
            raise ValueError(f"not the name of a file in a collection: {name!r}")
        return self.root.joinpath(*parts)

    def name_of(self, path: Path) -> str:
        """How records call the file at ``path``. ``ValueError`` when it is not in the collection."""
        return path.relative_to(self.root).as_posix()

    def committed_runs(self) -> list[str]:
        """The ids of all committed runs, in order."""
        try:
            with os.scandir(self.crawls) as entries:
                names = [entry.name.removesuffix(".json") for entry in entries if entry.name.endswith(".json")]
        except FileNotFoundError:
            return []
        return sorted(name for name in names if _RUN.fullmatch(name))

    def crawl_records(self) -> Iterator[Path]:
        """The records of all committed runs, in order of their ids."""
        return (self.crawl(run) for run in self.committed_runs())

    def warc_files(self, since: date | None = None) -> Iterator[Path]:
        """All WARC files, sealed or not, in order of their names; of runs that began on the day ``since`` or later."""
        paths = (path for day in _days(self.warcs, since) for path in day.iterdir())
        return iter(sorted(path for path in paths if _WARC.fullmatch(path.name)))

    def line_files(self, since: date | None = None) -> Iterator[tuple[str, Path]]:
        """All files of lines of this generation, in order of their names, each with the run that it is of; otherwise as
        ``warc_files``."""
        for home in dict.fromkeys((self.root, self.home)):
            paths = (path for day in _days(home / "articles", since) for path in day.iterdir())
            for path in sorted(path for path in paths if path.name.endswith(".jsonl")):
                is_shared = path.name.endswith(".links.jsonl")
                if (match := _LINES.fullmatch(path.name)) and (home == self.home or is_shared):
                    yield match[1], path


def _days(root: Path, since: date | None) -> Iterator[Path]:
    """The directories of the days in ``root``, all or from ``since`` on."""
    first = since.strftime("%Y/%m/%d") if since else ""
    return (path for path in root.glob("*/*/*") if path.relative_to(root).as_posix() >= first and path.is_dir())
