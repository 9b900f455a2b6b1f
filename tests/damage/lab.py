"""Tools to do damage with: to the bytes of a file, or to what is in it with everything around it made to fit again."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from newsarchive.collection.catalog import Catalog
from newsarchive.collection.collection import Collection
from newsarchive.collection.index import Index
from newsarchive.collection.layout import Layout
from newsarchive.collection.rebuild import rebuild_catalog
from newsarchive.errors import NewsarchiveError
from newsarchive.model.article import Article
from newsarchive.model.capture import StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import from_json, to_line
from newsarchive.warc.message import payload_of
from newsarchive.warc.reader import read_records
from newsarchive.warc.records import Record, stored_capture
from newsarchive.warc.resolve import unresolved_capture

Match = Callable[[Record], bool]
Change = Callable[[Record], Record | bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A record and where its gzip member lies."""

    record: Record
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Lab:
    """The collection in ``root``. Runs are called by the end of their id: ``aa``, ``bb``, ``cc``."""

    root: Path

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    def one(self, pattern: str) -> Path:
        """The one file that fits ``pattern``."""
        (path,) = self.root.glob(pattern)
        return path

    def warc(self, run: str) -> Path:
        return self.one(f"warc/*/*/*/*{run}-*.warc.gz")

    def crawl(self, run: str) -> Path:
        return self.one(f"crawls/*{run}.json")

    def articles(self, run: str) -> Path:
        return self.one(f"articles/*/*/*/*{run}.jsonl")

    def seen(self, run: str) -> Path:
        return self.one(f"articles/*/*/*/*{run}.seen.jsonl")

    def links(self, run: str) -> Path:
        return self.one(f"articles/*/*/*/*{run}.links.jsonl")

    def index(self, run: str, kind: str = "replay") -> Path:
        return self.one(f"indexes/{kind}/*{run}.cdxj")

    def records(self, run: str) -> list[Place]:
        return [
            Place(record=record, offset=offset, length=length)
            for offset, length, record in read_records(self.warc(run))
        ]

    def place(self, run: str, match: Match) -> Place:
        """The first record that fits."""
        return next(place for place in self.records(run) if match(place.record))

    # Damage to bytes.

    def edit(self, path: Path, change: Callable[[bytes], bytes]) -> None:
        """Change the bytes of a file, and nothing else."""
        path.write_bytes(change(path.read_bytes()))

    def flip(self, path: Path, offset: int) -> None:
        """Turn round one bit; an offset below 0 counts from the end."""
        data = bytearray(path.read_bytes())
        data[offset] ^= 0x10
        path.write_bytes(data)

    # Damage within, with everything around it made to fit.

    def change(self, run: str, match: Match, how: Change) -> None:
        """Change the first record that fits, and seal the file again. ``how`` gives a record or its bytes."""
        places = self.records(run)
        number = next(number for number, place in enumerate(places) if match(place.record))
        changed = how(places[number].record)
        content = changed if isinstance(changed, bytes) else printed(changed)
        members = self._members(run, places)
        members[number] = [gzip.compress(content, mtime=0)] if content else []
        self.seal(run, places, members)

    def arrange(self, run: str, how: Callable[[list[list[bytes]]], None]) -> None:
        """Let ``how`` change the gzip members, a list for each record, and seal the file again."""
        places = self.records(run)
        members = self._members(run, places)
        how(members)
        self.seal(run, places, members)

    def _members(self, run: str, places: list[Place]) -> list[list[bytes]]:
        data = self.warc(run).read_bytes()
        return [[data[place.offset : place.offset + place.length]] for place in places]

    def seal(self, run: str, places: list[Place], members: list[list[bytes]]) -> None:
        """Write the WARC file of ``members`` and have run record, lines, index and catalog agree with it."""
        path = self.warc(run)
        moved: dict[int, tuple[int, int]] = {}
        offset = 0
        for place, written in zip(places, members, strict=True):
            if written:
                moved[place.offset] = (offset, len(written[0]))
            offset += sum(map(len, written))
        data = b"".join(b"".join(written) for written in members)
        path.write_bytes(data)
        with self.crawl_record(run) as record:
            (warc,) = record["warcs"]
            warc["length_bytes"] = len(data)
            warc["digest"] = f"sha256:{hashlib.sha256(data).hexdigest()}"
            warc["records"] = sum(map(len, members))
        name = self.layout.name_of(path)

        def move(article: Article) -> Article:
            ref = article.capture
            if ref.warc != name or ref.offset not in moved:
                return article
            new_offset, length = moved[ref.offset]
            return replace(article, capture=replace(ref, offset=new_offset, length=length))

        self.change_articles(run, move)

    def change_articles(self, run: str, how: Callable[[Article], Article]) -> None:
        """Change the article lines of a run and what is derived from them."""
        path = self.articles(run)
        articles = [from_json(line, Article) for line in path.read_bytes().splitlines()]
        path.write_bytes(b"".join(to_line(how(article)) for article in articles))
        self.derive()

    @contextmanager
    def crawl_record(self, run: str) -> Iterator[dict[str, Any]]:
        """The record of a run, to be changed."""
        path = self.crawl(run)
        record = json.loads(path.read_bytes())
        yield record
        path.write_text(json.dumps(record), encoding="utf-8")

    def derive(self) -> None:
        """Make index and catalog again, as far as they can be made of what is there."""
        with Collection.open(self.root) as collection:
            runs = collection.runs()
        with suppress(NewsarchiveError, ValueError):
            Index(self.layout).rebuild(runs)
        try:
            rebuild_catalog(self.layout, runs).close()
        except NewsarchiveError:
            self._enter_captures()

    def _enter_captures(self) -> None:
        """Put into the catalog what each capture says by itself, where not all of them can be read whole."""
        with Collection.open(self.root) as collection:
            runs = collection.runs()
        for run in runs:
            for warc in run.warcs:
                captures: list[StoredCapture] = []
                with suppress(NewsarchiveError):
                    for offset, length, record in read_records(self.layout.locate(warc.path)):
                        kind = record.header("WARC-Type")
                        make = unresolved_capture if kind == "revisit" else stored_capture
                        with suppress(ValueError):
                            captures.append(make(record, warc=warc.path, offset=offset, length=length))
                self.sql("DELETE FROM captures WHERE warc = ?", warc.path)
                catalog = Catalog.open(self.layout.catalog)
                assert catalog is not None
                with closing(catalog):
                    catalog.add_captures(run.run, captures)

    def sql(self, statement: str, *values: object) -> None:
        """Change the catalog. What its log holds goes into the file, so that that is all there is."""
        with closing(sqlite3.connect(self.layout.catalog, isolation_level=None)) as connection:
            connection.execute(statement, values)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def lines(self, path: Path, how: Callable[[list[bytes]], list[bytes]]) -> None:
        """Change the lines of a file, and nothing else."""
        self.edit(path, lambda data: b"".join(how(data.splitlines(keepends=True))))


def printed(record: Record, *, version: bytes = b"WARC/1.1") -> bytes:
    """A record as it stands in a file before compression, whatever is in it."""
    lines = (version, *(f"{name}: {value}".encode() for name, value in record.headers), b"", record.block, b"", b"")
    return b"\r\n".join(lines)


def of_type(kind: str, path: str = "") -> Match:
    """Records of a type, of an address that ends with ``path``."""
    return lambda record: record.type == kind and (record.header("WARC-Target-URI") or "").endswith(path)


def with_field(name: str, value: str | None) -> Callable[[Record], Record]:
    """Give a field another value; ``None`` takes it away. What is not there yet is added."""

    def change(record: Record) -> Record:
        others = tuple(pair for pair in record.headers if pair[0] != name)
        if value is None:
            return replace(record, headers=others)
        if record.header(name) is None:
            return replace(record, headers=(*record.headers, (name, value)))
        return replace(record, headers=tuple((key, value if key == name else old) for key, old in record.headers))

    return change


def add_field(name: str, value: str) -> Callable[[Record], Record]:
    """Add a field, though it may be there."""
    return lambda record: replace(record, headers=(*record.headers, (name, value)))


def with_block(how: Callable[[bytes], bytes]) -> Callable[[Record], Record]:
    """Change the block, and length and digests with it: what an archiver with that fault would have written."""

    def change(record: Record) -> Record:
        block = how(record.block)
        new = {"Content-Length": str(len(block)), "WARC-Block-Digest": str(Digest.of(block))}
        if record.type in {"response", "request"}:
            new["WARC-Payload-Digest"] = str(Digest.of(payload_of(block)))
        return Record(headers=tuple((name, new.get(name, value)) for name, value in record.headers), block=block)

    return change
