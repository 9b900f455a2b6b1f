"""The real pages that measurements run on: found through ``NEWSARCHIVE_CORPUS``, never part of the project.

The directory named there holds ``tagesschau/`` with ``cases.tsv``, ``pages/<case>.html.gz`` (bytes as saved) and
``gold/<case>.json`` (the visible article segmented by hand-written rules: ``{kind, text}`` in page order).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from newsarchive.model.capture import CaptureRef, StoredCapture
from newsarchive.model.digest import Digest

VARIABLE = "NEWSARCHIVE_CORPUS"
ERAS = ("e1", "e2a", "e2b", "e3")

_ADDRESSES = {
    # Fragments were saved without their address.
    "e2b-fragment-motelone": "https://www.tagesschau.de/wirtschaft/fragment-100.html",
    "e2b-archive-2023-11-04": "https://www.tagesschau.de/archiv?datum=2023-11-04&filter=wirtschaft",
}
_UNDATED = datetime(2023, 12, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of gold: ``kind`` as in the README of the corpus, ``text`` with white space folded."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One real page. ``gold`` is empty where nobody segmented it; ``captured_at`` is derived from its own dates."""

    name: str
    url: str
    captured_at: datetime
    page: bytes
    gold: tuple[Line, ...]

    @property
    def era(self) -> str:
        """Layout era: ``e1``, ``e2a``, ``e2b`` or ``e3``."""
        return self.name.partition("-")[0]

    def stored(self, coding: Literal["identity", "gzip"] = "identity") -> StoredCapture:
        """The page as a capture of a server that names no charset, in the given content coding."""
        payload = gzip.compress(self.page, mtime=0) if coding == "gzip" else self.page
        return stored_page(payload, url=self.url, captured_at=self.captured_at, coding=coding)


def stored_page(
    payload: bytes,
    *,
    url: str,
    captured_at: datetime = _UNDATED,
    content_type: str | None = "text/html",
    status: int = 200,
    coding: str = "identity",
) -> StoredCapture:
    """A body, coded as ``coding`` says, as it would come out of a WARC file."""
    headers = [("Content-Type", content_type)] if content_type is not None else []
    if coding != "identity":
        headers.append(("Content-Encoding", coding))
    ref = CaptureRef(
        record_id="<urn:uuid:00000000-0000-4000-8000-000000000000>",
        warc="warc/2023/12/01/test.warc.gz",
        offset=0,
        length=len(payload),
        captured_at=captured_at,
        status=status,
        payload_digest=Digest.of(payload),
    )
    return StoredCapture(
        ref=ref,
        url=url,
        record_type="response",
        content_type=None,
        headers=tuple(headers),
        payload=payload,
    )


def corpus_path() -> Path | None:
    """Directory of the tagesschau corpus, ``None`` when the machine has none."""
    root = os.environ.get(VARIABLE)
    return Path(root).resolve() / "tagesschau" if root else None


@cache
def load_cases() -> tuple[Case, ...]:
    """Every page of the corpus in the order of ``cases.tsv``; none when there is no corpus."""
    root = corpus_path()
    if root is None:
        return ()
    with (root / "cases.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(_load_case(root, row) for row in rows)


def gold_cases() -> tuple[Case, ...]:
    """The cases somebody segmented by hand-written rules."""
    return tuple(case for case in load_cases() if case.gold)


def case_named(name: str) -> Case:
    """The case called ``name``; raises ``KeyError`` when the corpus has none."""
    return {case.name: case for case in load_cases()}[name]


def corpus_digest() -> Digest:
    """One digest over the names and bytes of all pages and gold files: a changed corpus is another corpus."""
    root = corpus_path()
    if root is None:
        raise LookupError(f"{VARIABLE} is not set")
    listing = hashlib.sha256()
    for path in sorted([*root.glob("pages/*"), *root.glob("gold/*")]):
        listing.update(f"{path.relative_to(root)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return Digest("sha256", listing.hexdigest())


def fold(text: str | None) -> str:
    """``text`` with every run of white space as one space, none at the ends."""
    return " ".join((text or "").split())


def _load_case(root: Path, row: dict[str, str]) -> Case:
    name = row["case"]
    gold = root / "gold" / f"{name}.json"
    lines = json.loads(gold.read_text(encoding="utf-8")) if gold.exists() else []
    return Case(
        name=name,
        url=_ADDRESSES.get(name, row["url"]),
        captured_at=_captured_at(row["dates"]),
        page=gzip.decompress((root / "pages" / f"{name}.html.gz").read_bytes()),
        gold=tuple(Line(line["kind"], fold(line["text"])) for line in lines),
    )


def _captured_at(dates: str) -> datetime:
    printed = re.search(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)$", dates)
    if printed is None:
        return _UNDATED
    return datetime.fromisoformat(f"{printed[1]}T{printed[2]}+00:00") + timedelta(days=1)


needs_corpus = pytest.mark.skipif(corpus_path() is None, reason=f"{VARIABLE} names no directory of real pages")
"""Mark of tests that read the corpus."""
